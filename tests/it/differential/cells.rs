//! What a KPI's table should be: the asked-for periods by the members that its aggregates saw for them,
//! in order, each with its answer.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use chrono::NaiveDate;
use rumbo::Reason;

use super::calendar::{Grain, plus};
use super::formula::{Aggregate, Fill, Formula, Kpi, Path, Shift};
use super::naive::{Here, Naive};
use super::schema::{SOURCES, TOUCHES};
use super::value::Value;
use super::world::World;

/// One row of a result.
#[allow(clippy::struct_excessive_bools)]
#[derive(Clone, Debug)]
pub struct Cell {
    pub period: String,
    pub start: NaiveDate,
    pub end: NaiveDate,
    pub members: Vec<Value>,
    pub value: Value,
    pub reason: Option<Reason>,
    pub n: i64,
    pub skipped: i64,
    pub complete: bool,
    pub window_complete: bool,
    /// Whether the value hangs on less than floats can tell.
    pub unsure: bool,
}

/// The rows of a breakdown; the total has no dimensions.
#[derive(Clone, Debug)]
pub struct Expected {
    pub dimensions: Vec<Path>,
    pub cells: Vec<Cell>,
}

/// The total and the breakdowns of a KPI at a grain.
pub fn expected(world: &World, kpis: &[Kpi], kpi: usize, grain: Grain) -> Vec<Expected> {
    let naive = Naive::new(world, kpis, grain);
    let mut all = vec![breakdown(&naive, &kpis[kpi], &[])];
    all.extend(kpis[kpi].by.iter().map(|by| breakdown(&naive, &kpis[kpi], by)));
    all
}

/// Members by code point, missing ones last.
type Key = Vec<(bool, String)>;

fn key(members: &[Value]) -> Key {
    members.iter().map(|m| (m.is_missing(), m.plain())).collect()
}

fn breakdown(naive: &Naive<'_>, kpi: &Kpi, by: &[Path]) -> Expected {
    let settings = &naive.world.settings;
    let calendar = &settings.calendar;
    let periods =
        calendar.index(naive.grain, settings.from)..=calendar.index(naive.grain, plus(settings.to, -1));
    let here = |period: i64| Here {
        period,
        cut: None,
        window: None,
        filters: Vec::new(),
        members: Vec::new(),
        combos: Rc::new(Vec::new()),
        entities: false,
    };
    let mut combos: BTreeMap<Key, Vec<Value>> = BTreeMap::new();
    if by.is_empty() {
        combos.insert(Vec::new(), Vec::new());
    }
    // For each period what its value was made of.
    let mut now: BTreeSet<(i64, Key)> = BTreeSet::new();
    for period in periods.clone() {
        if kpi.fill == Fill::Observed {
            let mut saw = |members: Vec<Value>| _ = now.insert((period, key(&members)));
            seen(naive, &kpi.formula, &here(period), Look::OfValue, by, &mut saw);
        }
        let mut saw = |members: Vec<Value>| _ = combos.insert(key(&members), members);
        seen(naive, &kpi.formula, &here(period), Look::OfCells, by, &mut saw);
    }
    let active = if kpi.fill == Fill::Entities && !by.is_empty() { active(naive, by) } else { Vec::new() };
    let mut added: BTreeMap<Key, Vec<i64>> = BTreeMap::new();
    for (member, from, to) in active {
        let members = vec![member];
        let held: Vec<i64> = periods
            .clone()
            .filter(|p| from.is_none_or(|f| f < calendar.end(naive.grain, *p)))
            .filter(|p| to.is_none_or(|t| t > calendar.start(naive.grain, *p)))
            .collect();
        if !combos.contains_key(&key(&members)) && !held.is_empty() {
            added.insert(key(&members), held);
            combos.insert(key(&members), members);
        }
    }
    let list: Rc<Vec<Vec<Value>>> = Rc::new(combos.values().cloned().collect());
    let mut cells = Vec::new();
    for period in periods {
        for (name, members) in &combos {
            if kpi.fill == Fill::Observed && !now.contains(&(period, name.clone())) {
                continue;
            }
            if added.get(name).is_some_and(|held| !held.contains(&period)) {
                continue;
            }
            let here = Here {
                members: by.iter().cloned().zip(members.iter().cloned()).collect(),
                combos: Rc::clone(&list),
                ..here(period)
            };
            cells.push(cell(naive, kpi, &here, members));
        }
    }
    Expected { dimensions: by.to_vec(), cells }
}

fn cell(naive: &Naive<'_>, kpi: &Kpi, here: &Here<'_>, members: &[Value]) -> Cell {
    let settings = &naive.world.settings;
    let start = settings.calendar.start(naive.grain, here.period);
    let end = settings.calendar.end(naive.grain, here.period);
    let fresh = kpi.formula.aggregates(naive.kpis).iter().all(|a| {
        let until = settings.fresh_until.filter(|_| a.source == TOUCHES);
        until.is_none_or(|day| end <= plus(day, 1))
    });
    // The last base events of a period have to have had their time, and what follows them to be known.
    let mut matured = true;
    kpi.formula.walk(naive.kpis, &mut |f| {
        if let Formula::Convert(convert) = f {
            let settled = plus(end, convert.hours.div_euclid(24) + i64::from(convert.hours % 24 > 0));
            let until = settings.fresh_until.filter(|_| convert.target.source == TOUCHES);
            matured &= settings.is_over(settled) && until.is_none_or(|day| settled <= plus(day, 1));
        }
    });
    naive.short.set(false);
    naive.unsure.set(false);
    let answer = naive.eval(&kpi.formula, here);
    Cell {
        period: settings.calendar.name(naive.grain, start),
        start,
        end,
        members: members.to_vec(),
        value: answer.value,
        reason: answer.reason,
        n: answer.n.unwrap_or(0),
        skipped: answer.skipped,
        complete: settings.is_over(end) && fresh && matured,
        window_complete: !naive.short.get(),
        unsure: naive.unsure.get(),
    }
}

/// What is looked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// What a value is made of: of an earlier period what lies up to the same point.
    OfValue,
    /// What cells there are for it: also what it would see of the whole earlier period.
    OfCells,
}

/// The combinations that the aggregates of a formula see for a period: in it, and in those that it looks
/// back to.
pub fn seen<'a>(
    naive: &Naive<'a>,
    formula: &'a Formula,
    here: &Here<'a>,
    look: Look,
    by: &[Path],
    saw: &mut dyn FnMut(Vec<Value>),
) {
    match formula {
        Formula::Aggregate(call) => seen_by(naive, call, here, by, saw),
        Formula::Convert(convert) => seen_by(naive, &convert.base, here, by, saw),
        Formula::Kpi(place) => seen(naive, &naive.kpis[*place].formula, here, look, by, saw),
        Formula::Window(of, window) => {
            seen(naive, of, &Here { window: Some(*window), ..here.clone() }, look, by, saw);
        }
        Formula::Filter(of, condition) => {
            let mut here = here.clone();
            here.filters.push(condition);
            seen(naive, of, &here, look, by, saw);
        }
        Formula::Per(per) => {
            // Where nothing is known of what is asked of the entities, none is seen.
            if naive.knows_entities(per, here) {
                naive.seen_entities(per, here, by).into_iter().for_each(saw);
            }
        }
        Formula::Shift(shift, of, count, unit, same_point) => {
            if look == Look::OfCells || matches!(shift, Shift::Change | Shift::Growth) {
                seen(naive, of, here, look, by, saw);
            }
            let point = *same_point && look == Look::OfValue;
            seen(naive, of, &naive.earlier(here, naive.periods(*count, *unit), point), look, by, saw);
        }
        Formula::Rolling(of, periods) => {
            for back in 0..*periods {
                seen(naive, of, &naive.earlier(here, back, false), look, by, saw);
            }
        }
        _ => {
            for part in formula.parts() {
                seen(naive, part, here, look, by, saw);
            }
        }
    }
}

/// Outside what its source covers an aggregate sees nothing.
fn seen_by(
    naive: &Naive<'_>,
    call: &Aggregate,
    here: &Here<'_>,
    by: &[Path],
    saw: &mut dyn FnMut(Vec<Value>),
) {
    if naive.is_covered(call, here) {
        for row in naive.rows(call, here).iter() {
            let moment = naive.moment(call, *row, here);
            saw(by.iter().map(|d| naive.world.member(call.source, *row, d, moment)).collect());
        }
    }
}

/// The members of an entity with the days that they are active from and to.
fn active(naive: &Naive<'_>, by: &[Path]) -> Vec<(Value, Option<NaiveDate>, Option<NaiveDate>)> {
    let found = SOURCES.iter().position(|s| s.entity.is_some_and(|(e, _)| by.iter().any(|p| *p == [e])));
    let Some(source) = found else { return Vec::new() };
    let rows = 0..naive.world.rows[source].len();
    rows.map(|row| {
        let from =
            SOURCES[source].span.and_then(|s| naive.world.day(&naive.world.path(source, row, &[s.0], None)));
        (naive.world.path(source, row, &[], None), from, naive.world.until(source, row))
    })
    .collect()
}
