//! Requested KPIs -> tables and scan groups. Equal measures are one; measures of the same source, time
//! column, grains and breakdowns are one group and so one pass over the data.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use chrono::Months;

use super::columns::Inputs;
use super::population::population;
use super::request::MOST_PERIODS;
use super::steps::{Ground, is_ordered};
use super::{BreakdownPlan, Cut, GroupSet, PlanGraph, Request, ScanGroup, TablePlan, per};
use crate::diagnostic::near::did_you_mean;
use crate::diagnostic::{Diagnostic, Diagnostics, codes};
use crate::model::calendar::Grain;
use crate::model::expr::{Across, ResultExpr};
use crate::model::project::{ColumnRef, Dimension, Fill, Kpi, MeasureId, Model, Moment, Ranged, TimeBinding};
use crate::resolve::{dimension, momentless, unfit_offsets, unfit_windows};

pub(super) fn plan(model: &Model, request: &Request) -> Result<PlanGraph, Vec<Diagnostic>> {
    let mut problems = Diagnostics::new();
    let mut notes: Vec<Diagnostic> = Vec::new();
    let mut tables = Vec::new();
    let asked = asked_kpis(model, request, &mut problems);
    // Tables of one grain share how far they look back, so that they share scans.
    let lookback = |grain: Grain| {
        asked.iter().map(|k| model.kpis[*k].formula.lookback(grain, &model.calendar)).max().unwrap_or(0)
    };
    let name = |grain: Grain| model.calendar.grain_name(grain);
    // For each measure, all sets that are asked of it.
    let mut wanted: BTreeMap<MeasureId, BTreeSet<GroupSet>> = BTreeMap::new();
    for &kpi in &asked {
        let definition = &model.kpis[kpi];
        let breakdowns = breakdowns(model, request, definition, &mut problems);
        let grains = request.grains.as_ref().unwrap_or(&definition.grains);
        for grain in grains {
            let periods = match request.periods(*grain, &model.calendar) {
                Ok((periods, told)) => {
                    notes.extend(told.into_iter().filter(|n| !notes.contains(n)).collect::<Vec<_>>());
                    periods
                }
                Err(problem) => {
                    problems.merge(problem);
                    continue;
                }
            };
            let mut unfit = unfit_offsets(&definition.formula, *grain, &model.calendar);
            unfit.extend(unfit_windows(model, &definition.formula, *grain));
            for problem in unfit {
                problems.merge(problem.note(format!(
                    "asked for grain {} of `{}`",
                    name(*grain),
                    definition.name
                )));
            }
            let own = definition.formula.lookback(*grain, &model.calendar);
            if own > MOST_PERIODS {
                let headline =
                    format!("`{}` looks {own} periods of grain {} back", definition.name, name(*grain));
                problems.merge(
                    Diagnostic::new(&codes::BAD_REQUEST, headline)
                        .at(definition.formula.span, format!("more than {MOST_PERIODS} cannot be computed")),
                );
                continue;
            }
            let cuts = cuts(model, request, &definition.formula, *grain, &periods);
            // Before an own calendar's first period there is none to look at.
            let earlier = |back: i64| {
                let start = periods.start - back;
                model.calendar.bounds(*grain).map_or(start, |all| start.max(all.start))
            };
            let first = earlier(lookback(*grain));
            for breakdown in &breakdowns {
                for (id, keys) in breakdown.all_keys() {
                    let sets = wanted.entry(id).or_default();
                    let (grain, end) = (*grain, periods.end);
                    sets.insert(GroupSet { grain, periods: (first, end), keys: keys.clone(), until: None });
                    sets.extend(cuts.iter().map(|cut| cut.set(model, request, grain, keys.clone())));
                }
            }
            tables.push(TablePlan {
                kpi,
                grain: *grain,
                computed: earlier(own)..periods.end,
                periods,
                cuts,
                breakdowns: breakdowns.clone(),
                fill: definition.fill,
            });
        }
    }
    if problems.has_errors() {
        return Err(problems.0);
    }
    let groups = scan_groups(model, wanted);
    let populations: Vec<ScanGroup> = tables
        .iter()
        .flat_map(|t: &TablePlan| &t.breakdowns)
        .filter_map(|b| b.population.as_ref().map(|p| p.group.clone()))
        .collect();
    let mut ground = Ground::default();
    groups.iter().chain(&populations).for_each(|g| ground.group(model, g));
    ground.name_spans(model);
    let rates = super::rates::add(model, groups.iter().chain(&populations), &mut ground);
    Ok(PlanGraph { tables, groups, ground, rates, notes })
}

fn asked_kpis(model: &Model, request: &Request, problems: &mut Diagnostics) -> Vec<usize> {
    let Some(names) = &request.kpis else { return (0..model.kpis.len()).collect() };
    let mut found = BTreeSet::new();
    for name in names {
        match model.kpis.iter().position(|k| k.name == *name) {
            // In the order of the files, whatever order they were asked for in.
            Some(index) => {
                found.insert(index);
            }
            None => {
                let mut problem = Diagnostic::new(&codes::BAD_REQUEST, format!("no KPI is named `{name}`"));
                problem.help = did_you_mean(name, model.kpis.iter().map(|k| k.name.as_str()));
                problems.push(problem);
            }
        }
    }
    found.into_iter().collect()
}

/// The total and the breakdowns of a KPI, with every measure's way to every dimension.
fn breakdowns(model: &Model, request: &Request, kpi: &Kpi, problems: &mut Diagnostics) -> Vec<BreakdownPlan> {
    let measures = kpi.formula.measures_here();
    let asked: &[Vec<Dimension>] = request.by.as_deref().unwrap_or(&kpi.by);
    let total = BreakdownPlan {
        dimensions: Vec::new(),
        keys: measures.iter().map(|m| (*m, Vec::new())).collect(),
        coarser: Vec::new(),
        population: None,
        pers: per::plans(model, kpi, &[&kpi.formula], &[], problems),
    };
    let mut all = vec![total];
    for dimensions in asked.iter().filter(|d| !d.is_empty()) {
        let mut keys = BTreeMap::new();
        for id in &measures {
            let source = model.measures[id.0].source;
            let ways: Vec<ColumnRef> = dimensions
                .iter()
                .filter_map(|d| match dimension(model, source, d, kpi) {
                    Ok(way) => match momentless(model, &model.measures[id.0], &way, d) {
                        None => Some(way),
                        Some(problem) => {
                            problems.merge(problem.note(format!("asked of `{}`", kpi.name)));
                            None
                        }
                    },
                    Err(problem) => {
                        let text = &model.measures[id.0].text;
                        if let Some(problem) = problem {
                            problems.merge(problem.note(format!("needed by `{text}` of `{}`", kpi.name)));
                        }
                        None
                    }
                })
                .collect();
            keys.insert(*id, ways);
        }
        let names = |b: &[Dimension]| b.iter().map(Dimension::name).collect::<Vec<_>>();
        if !all.iter().any(|b| names(&b.dimensions) == names(dimensions)) {
            let coarser = coarser(kpi, dimensions);
            let pers = per::plans(model, kpi, &[&kpi.formula], dimensions, problems);
            let mut plan =
                BreakdownPlan { dimensions: dimensions.clone(), keys, coarser, population: None, pers };
            let reached = plan.keys.values().all(|k| k.len() == dimensions.len());
            if kpi.fill == Fill::Entities && reached {
                match population(model, kpi, &plan) {
                    Ok(population) => plan.population = Some(population),
                    Err(problem) => problems.push(problem),
                }
            }
            all.push(plan);
        }
    }
    all
}

/// The places of the dimensions that each `total(... by ...)` of a formula keeps, where they are some of a
/// breakdown's but not all.
fn coarser(kpi: &Kpi, dimensions: &[Dimension]) -> Vec<Vec<usize>> {
    let mut all: Vec<Vec<usize>> = Vec::new();
    for across in kpi.formula.across_here() {
        let Across::Total(by) = across else { continue };
        let kept = kept(by, dimensions);
        if !kept.is_empty() && kept.len() < dimensions.len() && !all.contains(&kept) {
            all.push(kept);
        }
    }
    all
}

/// The places among a breakdown's dimensions of those that are named.
pub fn kept(by: &[Vec<String>], dimensions: &[Dimension]) -> Vec<usize> {
    (0..dimensions.len()).filter(|i| by.contains(&dimensions[*i].path)).collect()
}

/// The earlier periods that the open one, if it is asked for, is compared with, cut at the same point.
fn cuts(
    model: &Model,
    request: &Request,
    formula: &ResultExpr,
    grain: Grain,
    periods: &Range<i64>,
) -> Vec<Cut> {
    let (calendar, day) = (&model.calendar, request.as_of.day);
    let Some(open) = calendar.at(grain, day) else { return Vec::new() };
    if !periods.contains(&open) || request.as_of.closes(calendar.end(grain, open)) {
        return Vec::new();
    }
    let mut cuts = Vec::new();
    for back in formula.same_points(&|offset| offset.periods(grain, calendar)) {
        if !calendar.has(grain, open - back) {
            continue;
        }
        let months = match grain {
            Grain::Month => Some(back),
            Grain::Quarter => Some(back * 3),
            Grain::Year => Some(back * 12),
            Grain::Day | Grain::Week | Grain::Own(_) => None,
        };
        let point = match months {
            Some(months) => u32::try_from(months).ok().and_then(|m| day.checked_sub_months(Months::new(m))),
            None => Some(day - (calendar.start(grain, open) - calendar.start(grain, open - back))),
        };
        // A shorter period earlier is taken whole.
        let next = point.and_then(|p| p.succ_opt());
        let Some(until) = next.map(|u| u.min(calendar.end(grain, open - back))) else { continue };
        let cut = Cut { back, until };
        if !cuts.contains(&cut) {
            cuts.push(cut);
        }
    }
    cuts
}

impl Cut {
    /// The set of a scan group that computes it.
    pub fn set(&self, model: &Model, request: &Request, grain: Grain, keys: Vec<ColumnRef>) -> GroupSet {
        let period = model.calendar.index(grain, request.as_of.day) - self.back;
        GroupSet { grain, periods: (period, period + 1), keys, until: Some(self.until) }
    }
}

impl BreakdownPlan {
    /// The keys of each measure, of the breakdown and of the coarser ones that it needs.
    pub fn all_keys(&self) -> Vec<(MeasureId, Vec<ColumnRef>)> {
        let mut all = Vec::new();
        let whole: Vec<usize> = (0..self.dimensions.len()).collect();
        for kept in std::iter::once(&whole).chain(&self.coarser) {
            let own = self.keys.iter().filter(|(_, keys)| keys.len() == whole.len());
            all.extend(own.map(|(id, keys)| (*id, kept.iter().map(|i| keys[*i].clone()).collect())));
            if !kept.is_empty() {
                all.extend(self.pers.iter().map(|p| (p.members, p.keys_of(kept))));
            }
        }
        all.extend(self.pers.iter().flat_map(|p| p.inner.all_keys()));
        all
    }
}

fn scan_groups(model: &Model, wanted: BTreeMap<MeasureId, BTreeSet<GroupSet>>) -> Vec<ScanGroup> {
    let mut groups: Vec<ScanGroup> = Vec::new();
    for (id, sets) in wanted {
        let measure = &model.measures[id.0];
        let sets: Vec<GroupSet> = sets.into_iter().collect();
        let mut group =
            ScanGroup { source: measure.source, time: measure.time.clone(), sets, measures: vec![id] };
        if inputs(model, &group, &group.sets).period {
            group.time = by_period(group.time);
        }
        let same = groups
            .iter_mut()
            .find(|g| (g.source, &g.time, &g.sets) == (group.source, &group.time, &group.sets));
        match same {
            Some(same) => same.measures.push(id),
            None => groups.push(group),
        }
    }
    groups
}

/// The same rows in the same periods, one period at a time: what is asked of a row depends on it.
fn by_period(time: TimeBinding) -> TimeBinding {
    let moment = match time {
        TimeBinding::Ranged(_) => return time,
        TimeBinding::Always => Moment::Always,
        TimeBinding::At(column) => Moment::At(column),
    };
    TimeBinding::Ranged(Box::new(Ranged { moment, window: None, fresh: false, within: Vec::new() }))
}

/// What some sets of a group read, with the relations that lead there.
pub fn inputs<'m>(model: &'m Model, group: &ScanGroup, sets: &[GroupSet]) -> Inputs<'m> {
    let mut all = Inputs::new(model, group.source);
    let own = group.measures.iter().flat_map(|id| model.measures[id.0].time.columns());
    for column in group.time.columns().into_iter().chain(own) {
        all.column(column);
    }
    all.borders(&[]);
    for key in sets.iter().flat_map(|s| &s.keys) {
        all.column(key);
    }
    for id in &group.measures {
        let measure = &model.measures[id.0];
        for expr in [&measure.argument, &measure.weight, &measure.filter].into_iter().flatten() {
            all.expr(&[], expr);
        }
        if is_ordered(&measure.aggregate) {
            for column in model.source(group.source).file_columns() {
                all.column(&ColumnRef { hops: Vec::new(), column });
            }
        }
    }
    all
}
