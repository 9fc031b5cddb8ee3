//! The results of scan groups -> a KPI's table: its measures meet on (period, members) in grids, one for
//! each breakdown with the coarser and the cut ones that its formula needs, and the formula is computed.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

use chrono::{Days, NaiveDate};
use datafusion::common::{DataFusionError, Result as DfResult};

use super::coverage::Coverage;
use super::failure;
use super::fill::Active;
use super::run::{GroupResult, Run, local};
use super::runner::Runner;
use crate::diagnostic::Diagnostic;
use crate::functions::Env;
use crate::functions::clock::LocalClock;
use crate::model::calendar::Grain;
use crate::model::expr::{Across, Kind, ResultExpr, RowLeaf};
use crate::model::looks::{Backs, Looks};
use crate::model::outcome::{Breakdown, KpiTable, Reason};
use crate::model::project::{
    self, Aggregate, AsOf, ColumnRef, Fill, Measure, MeasureId, SourceId, TimeBinding, Window,
};
use crate::plan::own_windows::{Reach, complete_from, reach};
use crate::plan::period::day_number;
use crate::plan::scan::Scans;
use crate::plan::tables::kept;
use crate::plan::{BreakdownPlan, TablePlan};
use crate::results::asked::Known;
use crate::results::cells::{Cells, MeasureRows, Sight};
use crate::results::evaluate::{Coarser, Evaluator, Level};
use crate::results::hidden::Lines;
use crate::results::judge::{self, Timing};
use crate::results::outcome::{Shown, breakdown};
use crate::results::set::Members;
use crate::results::tables::Tables;

/// A day in microseconds.
const DAY: i64 = 86_400_000_000;

/// What the run has made before tables.
#[derive(Clone, Copy)]
pub(super) struct Made<'a> {
    pub(super) results: &'a [GroupResult],
    pub(super) tables: &'a Arc<Tables>,
    pub(super) labels: &'a BTreeMap<SourceId, HashMap<String, String>>,
    pub(super) scans: &'a Scans<'a>,
    pub(super) runner: &'a dyn Runner,
}

/// What a breakdown's grid has beside the rows of its measures.
#[derive(Clone, Copy)]
pub(super) struct Beside<'a> {
    /// Members that are there in some periods whether seen or not.
    pub(super) filling: &'a [(Members, Vec<bool>)],
    /// What the rules of a sheet know of KPIs.
    pub(super) known: Option<&'a Arc<Known>>,
}

/// The results that a table is made of.
pub(super) struct Meeting<'a> {
    pub(super) table: &'a TablePlan,
    pub(super) plan: &'a BreakdownPlan,
    pub(super) results: &'a [GroupResult],
    pub(super) tables: &'a Arc<Tables>,
    /// What is computed on it.
    pub(super) formulas: &'a [&'a ResultExpr],
    /// Where the formula looks, and so which rows make cells; all do where absent: of entities.
    pub(super) looks: Option<&'a Looks>,
    /// What is known beside its measures.
    pub(super) known: &'a Arc<Known>,
}

impl Meeting<'_> {
    /// The periods that are so many before one that is asked for.
    pub(super) fn periods_of(&self, backs: Option<&Backs>) -> BTreeSet<i64> {
        let of = |back: &i64| {
            let back = *back;
            self.table.periods.clone().map(move |period| period - back)
        };
        backs.into_iter().flatten().flat_map(of).collect()
    }
}

/// What is known of a table's periods.
pub(super) struct Times {
    /// Which are closed, and complete in every source.
    pub(super) complete: Vec<bool>,
    /// Which have windows that begin in what their sources cover.
    pub(super) windows: Vec<bool>,
    /// What their judgement needs.
    pub(super) timings: Vec<Timing>,
}

impl Run<'_> {
    /// Computes a table; members that are there `also` have cells whether seen or not.
    pub(super) async fn table(
        &self,
        table: &TablePlan,
        made: &Made<'_>,
        also: &[(Members, Vec<bool>)],
    ) -> Result<KpiTable, Diagnostic> {
        let Made { results, labels, scans, runner, .. } = *made;
        let kpi = &self.model.kpis[table.kpi];
        let times = self.timed(table, results);
        let mut breakdowns = Vec::new();
        for plan in &table.breakdowns {
            let active = self.active(table, plan, scans, runner).await?;
            let active: Vec<_> = active.into_iter().chain(also.iter().cloned()).collect();
            let fills = table.fill == Fill::Entities || !also.is_empty();
            let filling: &[_] = if fills { &active } else { &[] };
            let (cells, level) = self.whole((table, plan), made, Beside { filling, known: None })?;
            breakdowns.push(self.breakdown((table, plan), (&cells, &level), &active, &times, labels)?);
        }
        Ok(KpiTable {
            kpi: kpi.name.clone(),
            label: local(&kpi.label, self.lang),
            grain: self.model.calendar.grain_name(table.grain).to_owned(),
            ty: kpi.formula.ty,
            unit: kpi.unit.clone(),
            percent: kpi.percent,
            decimals: kpi.decimals,
            judged: kpi.judge.wants(),
            breakdowns,
        })
    }

    /// What is known of a table's periods.
    pub(super) fn timed(&self, table: &TablePlan, results: &[GroupResult]) -> Times {
        let measures = self.model.kpis[table.kpi].formula.measures();
        let complete = self.complete(table.grain, &table.periods, &measures);
        let looks = Looks::of(&self.model.kpis[table.kpi].formula, table.grain, &self.model.calendar);
        let windows = self.windows_complete(table, results, &looks);
        let timings = self.timings(table.grain, &table.periods, &measures, &complete);
        Times { complete, windows, timings }
    }

    /// When the members of a breakdown are there.
    pub(super) async fn active(
        &self,
        table: &TablePlan,
        plan: &BreakdownPlan,
        scans: &Scans<'_>,
        runner: &dyn Runner,
    ) -> Result<Vec<(Members, Vec<bool>)>, Diagnostic> {
        let Some(population) = &plan.population else { return Ok(Vec::new()) };
        let active = Active::read(self.model, scans, population, runner).await;
        Ok(active.map_err(|e| self.of_table(table, &e))?.periods(table, &self.model.calendar))
    }

    fn of_table(&self, table: &TablePlan, error: &DataFusionError) -> Diagnostic {
        failure::of_query(error, std::slice::from_ref(&self.model.kpis[table.kpi].name))
    }

    /// The grid of a breakdown, with members that are there whether seen or not.
    pub(super) fn whole(
        &self,
        (table, plan): (&TablePlan, &BreakdownPlan),
        made: &Made<'_>,
        beside: Beside<'_>,
    ) -> Result<(Cells, Level), Diagnostic> {
        let Beside { filling, known } = beside;
        let kpi = &self.model.kpis[table.kpi];
        let formulas = kpi.formulas();
        let looks = Looks::of(&kpi.formula, table.grain, &self.model.calendar);
        // A sheet of rules has no formula of its own: whatever a rule reads makes its cells.
        let looks = known.is_none().then_some(&looks);
        let nothing = Arc::default();
        let known = known.unwrap_or(&nothing);
        let (results, tables) = (made.results, made.tables);
        let meeting = Meeting { table, plan, results, tables, formulas: &formulas, looks, known };
        let all: Vec<usize> = (0..plan.dimensions.len()).collect();
        self.level(&meeting, &all, filling).map_err(|e| self.of_table(table, &e))
    }

    /// The rows of a breakdown, from its grid.
    pub(super) fn breakdown(
        &self,
        (table, plan): (&TablePlan, &BreakdownPlan),
        (cells, level): (&Cells, &Level),
        active: &[(Members, Vec<bool>)],
        times: &Times,
        labels: &BTreeMap<SourceId, HashMap<String, String>>,
    ) -> Result<Breakdown, Diagnostic> {
        let kpi = &self.model.kpis[table.kpi];
        let away = cells.inactive(active);
        let env = Env { timezone: self.model.calendar.timezone };
        let mut evaluator = Evaluator::of(level, env);
        let (column, beside) = judge::evaluate(&mut evaluator, &kpi.formula, &kpi.judge).map_err(|f| {
            failure::of_kernel(&f, &format!("the KPI `{}`", kpi.name)).at(kpi.defined, "this KPI")
        })?;
        let shown = Shown {
            model: self.model,
            grain: table.grain,
            dimensions: plan.dimensions.iter().map(crate::model::project::Dimension::name).collect(),
            labels: self.label_maps(plan, labels),
            observed: table.fill == Fill::Observed,
            periods: table.periods.clone(),
            complete: &times.complete,
            window_complete: &times.windows,
        };
        let judged = |cell: usize, period: usize| {
            let timing = Timing { inactive: away[cell], ..times.timings[period] };
            judge::judged(&kpi.judge, &column, &beside, cell, timing)
        };
        breakdown(cells, &column, &judged, &shown).map_err(|e| self.of_table(table, &e))
    }

    /// Which of the asked-for periods have windows that begin in what their sources cover, those of earlier
    /// periods that the formula looks at among them. `all time` begins before everything by its nature.
    fn windows_complete(&self, table: &TablePlan, results: &[GroupResult], looks: &Looks) -> Vec<bool> {
        let calendar = &self.model.calendar;
        let mut complete = vec![true; table.periods.clone().count()];
        for (group, result) in self.graph.groups.iter().zip(results) {
            let TimeBinding::Ranged(ranged) = &group.time else { continue };
            let (Some(window), Coverage::From(day)) = (ranged.window, result.coverage) else { continue };
            if window == Window::AllTime {
                continue;
            }
            let backs: BTreeSet<i64> = group.measures.iter().flat_map(|m| looks.at(*m)).collect();
            let covered = day_number(calendar.start(table.grain, calendar.index_from(table.grain, day)));
            for back in backs {
                let (start, end) = (table.periods.start - back, table.periods.end - back);
                // Before an own calendar's first period there is no window.
                let first = calendar.bounds(table.grain).map_or(start, |all| start.max(all.start));
                let these = complete_from(calendar, window, table.grain, first..end, covered);
                let skipped = usize::try_from(first - start).unwrap_or(0);
                for (complete, this) in complete.iter_mut().skip(skipped).zip(these) {
                    *complete &= this;
                }
            }
        }
        complete
    }

    /// The grid of some of a breakdown's dimensions, by their places.
    pub(super) fn level(
        &self,
        meeting: &Meeting<'_>,
        dimensions: &[usize],
        active: &[(Members, Vec<bool>)],
    ) -> DfResult<(Cells, Level)> {
        let Meeting { table, plan, .. } = meeting;
        let rows = self.rows(meeting, dimensions, None);
        let own = self.seeing(meeting, &rows, &table.computed);
        let inners = self.inners(meeting, dimensions, None)?;
        let inside = Self::seen_around(meeting, &inners);
        let total = dimensions.is_empty();
        // A rank or a sum that must not tell of few, in the period before: of all who were there then.
        let whole = Meeting { looks: None, ..*meeting };
        let among = meeting.looks.is_some() && self.model.kpis[table.kpi].is_among_members();
        let others = if among { self.seeing(&whole, &rows, &table.computed) } else { Vec::new() };
        let others_inside = if among { Self::seen_around(&whole, &inners) } else { Vec::new() };
        let sight = Sight { measures: &own, inside: &inside };
        let beside = Sight { measures: &others, inside: &others_inside };
        let cells = Cells::of(sight, beside, table.computed.clone(), total, table.fill, active);
        let calendar = &self.model.calendar;
        let open = calendar.index(table.grain, self.as_of.day);
        // In a gap of an own calendar the period before it is over, as any that the as-of closes.
        let closed = self.as_of.closes(calendar.end(table.grain, open));
        let open_at =
            (table.computed.contains(&open) && !closed).then_some((open - table.computed.start) as usize);
        let mut level = self.grid(&cells, &rows, table.grain, false)?;
        Self::put(&mut level, &cells, inners);
        level.open = open_at;
        level.lines = self.lines(meeting, &cells);
        level.dimensions = dimensions.iter().map(|i| plan.dimensions[*i].path.clone()).collect();
        level.tables = Arc::clone(meeting.tables);
        level.known = Arc::clone(meeting.known);
        let mut cuts: BTreeMap<i64, Level> = BTreeMap::new();
        for cut in &table.cuts {
            let period = open - cut.back;
            let rows = self.rows(meeting, dimensions, Some((period, cut.until)));
            let one = cells.in_period(period);
            let mut cut_level = self.grid(&one, &rows, table.grain, true)?;
            let inners = self.inners(meeting, dimensions, Some((cut.back, period, cut.until)))?;
            Self::put(&mut cut_level, &one, inners);
            cut_level.lines.clone_from(&level.lines);
            cut_level.dimensions.clone_from(&level.dimensions);
            cut_level.tables = Arc::clone(meeting.tables);
            cuts.insert(cut.back, cut_level);
        }
        for kept in Self::coarser_than(meeting, dimensions) {
            let places: Vec<usize> = kept.iter().map(|k| dimensions[*k]).collect();
            let (theirs, coarser) = self.level(meeting, &places, &[])?;
            let find = |members: &Members| {
                let of: Members = kept.iter().map(|k| members[*k].clone()).collect();
                theirs.combos.iter().position(|c| *c == of)
            };
            let combos: Vec<Option<usize>> = cells.combos.iter().map(find).collect();
            for (back, cut) in &mut cuts {
                if let Some(whole) = coarser.cuts.get(back) {
                    let (kept, combos) = (kept.clone(), combos.clone());
                    cut.coarser.push(Coarser { kept, level: (**whole).clone(), combos });
                }
            }
            level.coarser.push(Coarser { kept, level: coarser, combos });
        }
        level.cuts = nested(cuts);
        Ok((cells, level))
    }

    /// The grid of an earlier period, cut at the same point as the open one.
    pub(super) fn cut_level(
        &self,
        meeting: &Meeting<'_>,
        dimensions: &[usize],
        cut: (i64, i64, chrono::NaiveDate),
    ) -> DfResult<(Cells, Level)> {
        let (_, period, until) = cut;
        let rows = self.rows(meeting, dimensions, Some((period, until)));
        let (whole, periods) = (Meeting { looks: None, ..*meeting }, period..period + 1);
        let own = self.seeing(&whole, &rows, &periods);
        let inners = self.inners(meeting, dimensions, Some(cut))?;
        let inside = Self::seen_around(&whole, &inners);
        let total = dimensions.is_empty();
        let sight = Sight { measures: &own, inside: &inside };
        let cells = Cells::of(sight, Sight::default(), periods, total, meeting.table.fill, &[]);
        let mut level = self.grid(&cells, &rows, meeting.table.grain, true)?;
        Self::put(&mut level, &cells, inners);
        level.lines = self.lines(meeting, &cells);
        level.dimensions = dimensions.iter().map(|i| meeting.plan.dimensions[*i].path.clone()).collect();
        level.tables = Arc::clone(meeting.tables);
        Ok((cells, level))
    }

    /// The lines of a grid's combinations, where a formula looks at them.
    fn lines(&self, meeting: &Meeting<'_>, cells: &Cells) -> Option<Arc<Lines>> {
        let hides = self.model.kpis[meeting.table.kpi].hides();
        hides.then(|| Arc::new(Lines::of(&cells.combos)))
    }

    /// The rows of measures that see members, with the periods that they see them in: which the formula looks at
    /// and the source reaches. A column of an entity sees none.
    fn seeing<'a>(
        &self,
        meeting: &Meeting<'_>,
        rows: &[(MeasureRows<'a>, Coverage)],
        periods: &Range<i64>,
    ) -> Vec<(MeasureRows<'a>, BTreeSet<i64>)> {
        let mut seeing = Vec::new();
        for (row, coverage) in rows {
            let looked = meeting.looks.map(|looks| looks.here.get(&row.id));
            if looked == Some(None) || self.model.measures[row.id.0].aggregate == Aggregate::Own {
                continue;
            }
            let looked = looked.map(|backs| meeting.periods_of(backs));
            let reached = self.reached(meeting.table.grain, periods, row, *coverage);
            let sees = periods.clone().zip(reached).filter(|(_, reached)| *reached).map(|(period, _)| period);
            let sees = sees.filter(|period| looked.as_ref().is_none_or(|all| all.contains(period)));
            seeing.push((row.clone(), sees.collect()));
        }
        seeing
    }

    /// A grid with its measures alone.
    fn grid(
        &self,
        cells: &Cells,
        rows: &[(MeasureRows<'_>, Coverage)],
        grain: Grain,
        cut: bool,
    ) -> DfResult<Level> {
        let mut measures = HashMap::new();
        let mut reached = vec![true; cells.width()];
        for (row, coverage) in rows {
            let covered = self.reached(grain, &cells.periods, row, *coverage);
            reached.iter_mut().zip(&covered).for_each(|(all, this)| *all &= this);
            let measure = &self.model.measures[row.id.0];
            let mut column = cells.column(row, measure, &covered)?;
            if cut && measure.matures > 0 {
                // What came after the same point was credited too: no earlier cohort can be cut there. Before the data
                // there is none.
                let there = covered.repeat(cells.combos.len());
                column = column
                    .without(&there, Reason::NotClosed)
                    .map_err(|f| DataFusionError::External(Box::new(f)))?;
            }
            measures.insert(row.id, column);
        }
        Ok(Level {
            grain,
            calendar: self.model.calendar.clone(),
            width: cells.width(),
            named: cells.combos.iter().map(|m| m.iter().all(Option::is_some)).collect(),
            dimensions: Vec::new(),
            combos: cells.combos.clone(),
            tables: Arc::default(),
            measures,
            open: cut.then_some(0),
            cuts: BTreeMap::new(),
            coarser: Vec::new(),
            lines: None,
            known: Arc::default(),
            first: cells.periods.start,
            covered: reached,
            pers: HashMap::new(),
            belongs: None,
            counts: None,
        })
    }

    /// The measures' rows of some of a breakdown's dimensions, whole or cut.
    fn rows<'a>(
        &self,
        meeting: &Meeting<'a>,
        dimensions: &[usize],
        cut: Option<(i64, chrono::NaiveDate)>,
    ) -> Vec<(MeasureRows<'a>, Coverage)> {
        let places = meeting.plan.keys.iter().filter_map(|(id, keys)| {
            let keys: Vec<ColumnRef> = dimensions.iter().map(|i| keys[*i].clone()).collect();
            self.graph
                .place(*id, meeting.table.grain, &keys, (&meeting.table.computed, cut))
                .map(|(g, s)| (*id, g, s))
        });
        places
            .map(|(id, g, s)| {
                let always = self.graph.groups[g].time == TimeBinding::Always;
                let (set, first) = (&meeting.results[g].sets[s], self.graph.groups[g].sets[s].periods.0);
                (MeasureRows { set, id, always, first }, meeting.results[g].coverage)
            })
            .collect()
    }

    /// The coarser breakdowns that a formula needs beside some dimensions, as places among them.
    fn coarser_than(meeting: &Meeting<'_>, dimensions: &[usize]) -> Vec<Vec<usize>> {
        let here: Vec<_> = dimensions.iter().map(|i| meeting.plan.dimensions[*i].clone()).collect();
        let mut all: Vec<Vec<usize>> = Vec::new();
        for across in meeting.formulas.iter().flat_map(|f| f.across_here()) {
            let kept = match across {
                Across::Total(by) => kept(by, &here),
                Across::ShareOfTotal => Vec::new(),
                _ => continue,
            };
            if kept.len() < here.len() && !all.contains(&kept) {
                all.push(kept);
            }
        }
        all
    }

    pub(super) fn label_maps<'m>(
        &self,
        plan: &BreakdownPlan,
        labels: &'m BTreeMap<SourceId, HashMap<String, String>>,
    ) -> Vec<Option<&'m HashMap<String, String>>> {
        let own = plan.keys.iter().next().map(|(id, keys)| (*id, &keys[..]));
        let asked = || plan.pers.first().map(|p| (p.members, &p.ways[1..]));
        let Some((id, keys)) = own.or_else(asked) else {
            return plan.dimensions.iter().map(|_| None).collect();
        };
        let source = self.model.measures[id.0].source;
        keys.iter()
            .map(|key| {
                let target = self.model.target(source, &key.hops);
                let here = self.model.source(target);
                (here.key == [key.column]).then(|| labels.get(&target)).flatten()
            })
            .collect()
    }

    /// Which periods a measure's source reaches.
    fn reached(
        &self,
        grain: Grain,
        periods: &Range<i64>,
        rows: &MeasureRows<'_>,
        coverage: Coverage,
    ) -> Vec<bool> {
        let calendar = &self.model.calendar;
        let last = calendar.index(grain, self.as_of.day);
        let first = match coverage {
            Coverage::From(day) => calendar.index_from(grain, day),
            Coverage::Always | Coverage::Never => i64::MAX,
        };
        let window = match &self.model.measures[rows.id.0].time {
            TimeBinding::Ranged(ranged) => ranged.window,
            _ => None,
        };
        let there = |p: i64| window.is_none_or(|w| reach(calendar, w, grain, p) != Reach::Nothing);
        let covered = |p: i64| coverage == Coverage::Always || (first <= p && p <= last && there(p));
        // A balance that nobody has is not known to be none.
        let present = rows.set.present.as_ref();
        let held =
            |p: i64| i32::try_from(p - rows.first).is_ok_and(|p| present.is_none_or(|all| all.contains(&p)));
        periods.clone().map(|p| covered(p) && held(p)).collect()
    }

    /// Of each of some periods what its judgement needs to know of time.
    pub(super) fn timings(
        &self,
        grain: Grain,
        periods: &Range<i64>,
        measures: &[MeasureId],
        complete: &[bool],
    ) -> Vec<Timing> {
        let calendar = &self.model.calendar;
        let fresh: Vec<AsOf> = measures
            .iter()
            .filter_map(|m| self.model.source(self.model.measures[m.0].source).fresh_until)
            .collect();
        let reached = fresh.iter().chain([&self.as_of]).min_by_key(|f| f.instant);
        // Days by the local clock: a day on which it changes is a day.
        let mut clock = LocalClock::new(calendar.timezone);
        let days = |from: NaiveDate, to: NaiveDate| f64::from(day_number(to) - day_number(from));
        let mut into = |reached: &AsOf| match clock.local(reached.instant.timestamp_micros()) {
            Some(local) if !reached.whole_day => local.rem_euclid(DAY) as f64 / DAY as f64,
            _ => 1.0,
        };
        let timing = |(period, complete): (i64, &bool)| {
            let (start, end) = (calendar.start(grain, period), calendar.end(grain, period));
            let closed = self.as_of.closes(end);
            let unreached = fresh.iter().any(|f| if closed { !f.closes(end) } else { f.day < start });
            let elapsed = reached.filter(|_| !closed && !complete).map(|reached| {
                let passed = days(start, reached.day) + into(reached);
                passed.clamp(0.0, days(start, end)) / days(start, end).max(1.0)
            });
            Timing { stale: unreached, elapsed, inactive: false }
        };
        periods.clone().zip(complete).map(timing).collect()
    }

    /// Which periods are closed at the as-of and complete in every source.
    pub(super) fn complete(&self, grain: Grain, periods: &Range<i64>, measures: &[MeasureId]) -> Vec<bool> {
        let calendar = &self.model.calendar;
        let fresh: Vec<AsOf> = measures
            .iter()
            .filter_map(|m| self.model.source(self.model.measures[m.0].source).fresh_until)
            .chain([self.as_of])
            .collect();
        // A cohort is complete when its last member has had its time, and its targets are known that long.
        let settled: Vec<(AsOf, Days)> = measures
            .iter()
            .map(|m| &self.model.measures[m.0])
            .flat_map(|measure| {
                let wait = u64::try_from(measure.matures).unwrap_or(0).div_ceil(86_400_000_000);
                let targets = self.targets(measure).and_then(|of| self.model.source(of).fresh_until);
                targets.into_iter().chain([self.as_of]).map(move |known| (known, Days::new(wait)))
            })
            .collect();
        let closed = |p: i64| {
            let end = calendar.end(grain, p);
            let after = |wait: Days| end.checked_add_days(wait).unwrap_or(NaiveDate::MAX);
            fresh.iter().all(|f| f.closes(end))
                && settled.iter().all(|(known, wait)| known.closes(after(*wait)))
        };
        periods.clone().map(closed).collect()
    }

    /// The source of the target events that a measure counts the followers among.
    fn targets(&self, measure: &Measure) -> Option<SourceId> {
        let Kind::Leaf(RowLeaf::Column(flag)) = &measure.argument.as_ref()?.kind else { return None };
        match self.model.column(measure.source, flag).made.as_deref()? {
            project::Made::Converted(conversion) => Some(conversion.source),
            _ => None,
        }
    }
}

/// Cut periods that know those before them, at the same point.
fn nested(cuts: BTreeMap<i64, Level>) -> BTreeMap<i64, Arc<Level>> {
    let mut done: BTreeMap<i64, Arc<Level>> = BTreeMap::new();
    for (back, mut level) in cuts.into_iter().rev() {
        level.cuts = done.iter().map(|(further, cut)| (further - back, Arc::clone(cut))).collect();
        done.insert(back, Arc::new(level));
    }
    done
}
