//! Formulas over results, one cell at a time: every aggregate looks at every row of its source and asks
//! whether it counts in the period. Slow, and as the language says it.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use chrono::{Months, NaiveDate};
use rumbo::Reason;

use super::aggregate::{Answer, aggregate};
use super::calendar::{Grain, Window, plus};
use super::cells::{Look, seen};
use super::formula::{Aggregate, Formula, Kpi, Moment, Path, Row};
use super::rows::At;
use super::schema::{SOURCES, Src};
use super::value::Value;
use super::world::{World, total_order};

/// Where a formula is looked at.
#[derive(Clone, Debug)]
pub struct Here<'a> {
    pub period: i64,
    /// The day from which rows no longer count: an earlier period up to the same point.
    pub cut: Option<NaiveDate>,
    pub window: Option<Window>,
    pub filters: Vec<&'a Row>,
    /// The members of the cell; none in the total.
    pub members: Vec<(Path, Value)>,
    /// The combinations of the breakdown, among which a rank is.
    pub combos: Rc<Vec<Vec<Value>>>,
    /// Whether they are entities, all of which are there for the period.
    pub entities: bool,
}

type RowsKey = (usize, i64, Option<NaiveDate>, Option<String>, Vec<usize>);

/// The evaluator of one data set at one grain.
pub struct Naive<'a> {
    pub world: &'a World,
    pub kpis: &'a [Kpi],
    pub grain: Grain,
    /// Whether a window of the cell at hand begins before its source's coverage.
    pub short: Cell<bool>,
    /// Whether the cell at hand hangs on less than floats can tell.
    pub unsure: Cell<bool>,
    kept: RefCell<HashMap<RowsKey, Rc<Vec<usize>>>>,
    /// Of each conversion the base events that are credited.
    pub(super) credits: RefCell<HashMap<usize, Rc<Vec<usize>>>>,
}

impl<'a> Naive<'a> {
    pub fn new(world: &'a World, kpis: &'a [Kpi], grain: Grain) -> Self {
        let (short, unsure) = (Cell::new(false), Cell::new(false));
        let (kept, credits) = (RefCell::default(), RefCell::default());
        Self { world, kpis, grain, short, unsure, kept, credits }
    }

    /// The period that holds the as-of, if it is not over.
    pub fn open(&self) -> Option<i64> {
        let settings = &self.world.settings;
        let last = settings.calendar.index(self.grain, settings.as_of);
        (!settings.is_over(settings.calendar.end(self.grain, last))).then_some(last)
    }

    /// A formula in a cell.
    pub fn eval(&self, formula: &'a Formula, here: &Here<'a>) -> Answer {
        match formula {
            Formula::Lit(value) => Answer { value: value.clone(), reason: None, n: None, skipped: 0 },
            Formula::Aggregate(aggregate) => self.aggregate(aggregate, here),
            Formula::Convert(convert) => self.convert(convert, here),
            Formula::Kpi(place) => self.eval(&self.kpis[*place].formula, here),
            Formula::Window(of, window) => self.eval(of, &Here { window: Some(*window), ..here.clone() }),
            Formula::Filter(of, condition) => {
                let mut here = here.clone();
                here.filters.push(condition);
                self.eval(of, &here)
            }
            Formula::Shift(shift, of, count, unit, same_point) => {
                let back = self.periods(*count, *unit);
                self.shift(*shift, of, back, *same_point, here)
            }
            Formula::Rolling(of, periods) => self.rolling(of, *periods, here),
            Formula::Total(of, by) => self.eval(of, &Self::whole(here, by)),
            Formula::ShareOfTotal(of) => {
                let whole = self.eval(of, &Self::whole(here, &[]));
                let own = self.eval(of, here);
                // No division that is written: the least n.
                Answer { n: own.n.min(whole.n), ..self.arith('/', &own, &whole) }
            }
            Formula::Per(per) => self.per(per, here),
            Formula::Rank(of) => {
                let lower = matches!(&**of, Formula::Kpi(place) if self.kpis[*place].lower);
                self.rank(of, lower, here)
            }
            _ => {
                let parts: Vec<Answer> = formula.parts().into_iter().map(|p| self.eval(p, here)).collect();
                self.scalar(formula, &parts)
            }
        }
    }

    fn whole(here: &Here<'a>, by: &[Path]) -> Here<'a> {
        let members = here.members.iter().filter(|(dimension, _)| by.contains(dimension)).cloned();
        Here { members: members.collect(), ..here.clone() }
    }

    /// How many periods an offset is.
    pub fn periods(&self, count: i64, unit: Option<Grain>) -> i64 {
        match (unit, self.grain) {
            (None, _) => count,
            (Some(Grain::Week), Grain::Day) => 7 * count,
            (Some(unit), grain) => match (unit.months(), grain.months()) {
                (Some(unit), Some(grain)) => count * unit / grain,
                _ => count,
            },
        }
    }

    /// A period some periods back. In the open period, or in one that stands for it, up to the same point.
    pub fn earlier(&self, here: &Here<'a>, back: i64, same_point: bool) -> Here<'a> {
        let calendar = &self.world.settings.calendar;
        let period = here.period - back;
        let pointed = here.cut.is_some() || self.open() == Some(here.period);
        let cut = (same_point && pointed).then(|| {
            let open = calendar.index(self.grain, self.world.settings.as_of);
            let (day, back) = (self.world.settings.as_of, open - period);
            let point = match self.grain.months() {
                Some(months) => day - Months::new((months * back) as u32),
                None if self.grain == Grain::Week => plus(day, -7 * back),
                None => plus(day, -back),
            };
            plus(point, 1).min(calendar.end(self.grain, period))
        });
        Here { period, cut, ..here.clone() }
    }

    fn rolling(&self, of: &'a Formula, periods: i64, here: &Here<'a>) -> Answer {
        let each: Vec<Answer> =
            (0..periods).rev().map(|back| self.eval(of, &self.earlier(here, back, false))).collect();
        let mut sum = each[0].clone();
        for next in &each[1..] {
            sum = self.arith('+', &sum, next);
        }
        let count = Answer { n: None, ..Answer::of(Value::int(periods), 0, 0) };
        let n = sum.n;
        let mut mean = Answer { n, ..self.arith('/', &sum, &count) };
        if mean.reason == Some(Reason::OutsideData) {
            mean.reason = Some(Reason::NoPreviousPeriod);
        }
        if self.open() == Some(here.period) {
            mean = Answer { value: Value::Missing, reason: Some(Reason::NotClosed), ..mean };
        }
        mean
    }

    fn rank(&self, of: &'a Formula, lower: bool, here: &Here<'a>) -> Answer {
        let own = self.eval(of, here);
        if own.value.is_missing() {
            return own;
        }
        let named = |members: &[(Path, Value)]| !members.iter().any(|(_, m)| m.is_missing());
        if !named(&here.members) {
            return Answer { value: Value::Missing, reason: Some(Reason::NoValues), ..own };
        }
        let dimensions: Vec<&Path> = here.members.iter().map(|(d, _)| d).collect();
        // Those that are shown for the sake of other periods change no place.
        let mut there: Vec<Vec<Value>> = Vec::new();
        let by: Vec<Path> = dimensions.iter().map(|d| (*d).clone()).collect();
        let whole = Here { members: Vec::new(), ..here.clone() };
        seen(self, of, &whole, Look::OfValue, &by, &mut |members| there.push(members));
        let ranked = |c: &&Vec<Value>| c.len() == dimensions.len() && (here.entities || there.contains(c));
        let mut place = 1;
        for combo in here.combos.iter().filter(ranked) {
            let members = dimensions.iter().map(|d| (*d).clone()).zip(combo.iter().cloned()).collect();
            let there = Here { members, ..here.clone() };
            let other = self.eval(of, &there);
            if named(&there.members) && !other.value.is_missing() {
                let better = if lower { "<" } else { ">" };
                place += i64::from(self.compare(better, &other.value, &own.value) == Some(true));
            }
        }
        Answer { value: Value::int(place), ..own }
    }

    /// The first day of a window, if it has one, and the day after its last.
    pub(super) fn border(&self, here: &Here<'_>) -> (Option<NaiveDate>, NaiveDate) {
        let calendar = &self.world.settings.calendar;
        let whole = calendar.end(self.grain, here.period);
        let end = here.cut.unwrap_or(whole);
        let start = match here.window {
            None => Some(calendar.start(self.grain, here.period)),
            // That of a period up to a point begins as the whole one's does.
            Some(window) => calendar.window(window, self.grain, here.period, whole),
        };
        (start, end)
    }

    /// The rows of an aggregate that count in a period, whatever member they belong to.
    pub fn rows(&self, aggregate: &Aggregate, here: &Here<'_>) -> Rc<Vec<usize>> {
        let filters = here.filters.iter().map(|f| std::ptr::from_ref::<Row>(f) as usize).collect();
        let window = here.window.map(|w| format!("{w:?}"));
        let key = (std::ptr::from_ref(aggregate) as usize, here.period, here.cut, window, filters);
        if let Some(found) = self.kept.borrow().get(&key) {
            return Rc::clone(found);
        }
        let (start, end) = self.border(here);
        let source = aggregate.source;
        let counts = |row: &usize| {
            let moment = self.moment(aggregate, *row, here);
            let at = At { world: self.world, source, row: *row, start, end, moment, dimensions: false };
            let over = At { dimensions: true, ..at };
            self.counts(aggregate, &at)
                && at.keeps(aggregate.filter.as_ref())
                && here.filters.iter().all(|f| over.keeps(Some(f)))
        };
        let all = match self.held(aggregate, here) {
            Some(held) => held,
            None => (0..self.world.rows[source].len()).collect(),
        };
        let found: Rc<Vec<usize>> = Rc::new(all.into_iter().filter(counts).collect());
        self.kept.borrow_mut().insert(key, Rc::clone(&found));
        found
    }

    /// Whether a row counts in a period, by its time or its span.
    fn counts(&self, aggregate: &Aggregate, at: &At<'_>) -> bool {
        let source = &SOURCES[at.source];
        let within = |path: &[&str]| {
            let value = self.world.path(at.source, at.row, path, None);
            let day = self.world.day(&value).filter(|_| !self.world.is_later(&value));
            day.is_some_and(|day| at.start.is_none_or(|start| start <= day) && day < at.end)
        };
        let from = source
            .span
            .and_then(|(from, _)| self.world.day(&self.world.path(at.source, at.row, &[from], None)));
        let to = if aggregate.including_ended { None } else { self.world.until(at.source, at.row) };
        match &aggregate.moment {
            // Those that hold were looked for before.
            Moment::Start | Moment::End | Moment::AsOf(_) if source.snapshot.is_some() => true,
            Moment::Own => source.time.is_none_or(|time| within(&[time])),
            Moment::On(path) => within(path),
            Moment::Start => {
                let Some(start) = at.start else { return false };
                from.is_some_and(|from| from < start) && to.is_none_or(|to| to >= start)
            }
            Moment::End => from.is_some_and(|from| from < at.end) && to.is_none_or(|to| to >= at.end),
            Moment::AsOf(day) => from.is_some_and(|from| from <= *day) && to.is_none_or(|to| to > *day),
            Moment::During => {
                let empty = to.is_some() && to <= from;
                from.is_some_and(|from| from < at.end)
                    && !empty
                    && to.is_none_or(|to| at.start.is_none_or(|start| to > start))
            }
        }
    }

    /// Notes where the window of a period begins before what a source covers.
    pub(super) fn note_window(&self, source: Src, on: Option<&[&str]>, here: &Here<'_>) {
        let calendar = &self.world.settings.calendar;
        let timed = SOURCES[source].own_time().is_some() || on.is_some();
        let first = self.world.first_day(source, on).filter(|_| timed && here.window.is_some());
        let covered = first.map(|first| calendar.start(self.grain, calendar.index(self.grain, first)));
        let (start, _) = self.border(here);
        if start.is_some() && start < covered {
            self.short.set(true);
        }
    }

    /// Whether a period lies in what an aggregate's source covers.
    pub(super) fn is_covered(&self, call: &Aggregate, here: &Here<'_>) -> bool {
        self.is_known(call.source, on_of(call), here)
            && self.held(call, here).is_none_or(|held| !held.is_empty())
    }

    /// Whether a period lies in what a source covers; the rows of a lookup count in every one.
    pub(super) fn is_known(&self, source: Src, on: Option<&[&str]>, here: &Here<'_>) -> bool {
        let calendar = &self.world.settings.calendar;
        let last = calendar.index(self.grain, self.world.settings.as_of);
        let timed = SOURCES[source].own_time().is_some() || on.is_some();
        let first = self.world.first_day(source, on).map(|first| calendar.index(self.grain, first));
        !timed || (first.is_some_and(|first| first <= here.period) && here.period <= last)
    }

    /// The rows that count in a cell.
    pub(super) fn rows_of(&self, call: &Aggregate, here: &Here<'_>) -> Vec<usize> {
        let rows = self.rows(call, here);
        let ours = rows.iter().copied().filter(|row| {
            here.members.iter().all(|(d, member)| {
                self.world.member(call.source, *row, d, self.moment(call, *row, here)) == *member
            })
        });
        ours.collect()
    }

    fn aggregate(&self, call: &Aggregate, here: &Here<'_>) -> Answer {
        let (start, end) = self.border(here);
        self.note_window(call.source, on_of(call), here);
        // Balances of nobody are not known to be none.
        if !self.is_covered(call, here) {
            return Answer::missing(Reason::OutsideData);
        }
        let mut ours = self.rows_of(call, here);
        if matches!(call.name, "first" | "last") {
            ours.sort_by(|a, b| total_order(&self.place(call, *a), &self.place(call, *b)));
        }
        let arguments: Vec<Vec<Value>> = ours
            .iter()
            .map(|row| {
                let (source, row) = (call.source, *row);
                let moment = self.moment(call, row, here);
                let at = At { world: self.world, source, row, start, end, moment, dimensions: false };
                call.args.iter().map(|a| at.eval(a)).collect()
            })
            .collect();
        aggregate(call.name, call.part, ours.len(), &arguments)
    }
}

/// The column, other than the source's own, that an aggregate's rows count on.
pub(super) fn on_of(call: &Aggregate) -> Option<&[&'static str]> {
    if let Moment::On(path) = &call.moment { Some(path) } else { None }
}
