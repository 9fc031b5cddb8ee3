//! What is asked for -> a table for each KPI, grain and list of breakdowns, scorecards' among them, with how far
//! each looks back, and the sets that its measures need.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use chrono::{Months, NaiveDate};

use super::groups::scan_groups;
use super::population::population;
use super::request::MOST_PERIODS;
use super::steps::Ground;
use super::{
    BreakdownPlan, CardPlan, CostPlan, Cut, GroupSet, PlanGraph, Request, RulesPlan, ScanGroup, TablePlan,
    per, rules,
};
use crate::diagnostic::near::did_you_mean;
use crate::diagnostic::{Diagnostic, Diagnostics, codes};
use crate::model::calendar::Grain;
use crate::model::expr::{Across, ResultExpr};
use crate::model::project::{ColumnRef, Dimension, Fill, Kpi, MeasureId, Model};
use crate::resolve::{dimension, momentless, unfit_offsets, unfit_windows};

/// A KPI at a grain, with its breakdowns.
struct Wanted<'a> {
    kpi: usize,
    grain: Grain,
    by: &'a [Vec<Dimension>],
    /// Whether it is for a scorecard: whoever is there has one, seen or not.
    card: bool,
    /// Which periods.
    when: When,
}

/// Which periods are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// Those that are asked for.
    Asked,
    /// The last closed one.
    Last,
    /// Those that rules are asked for, known since this day.
    Judged(Option<NaiveDate>),
    /// All that rules look at, known since this day.
    History(Option<NaiveDate>),
    /// The day of the as-of.
    Now,
}

/// The periods of a table.
struct Span {
    asked: Range<i64>,
    /// The first that is computed, look-back aside.
    from: i64,
    notes: Vec<Diagnostic>,
}

pub(super) fn plan(model: &Model, request: &Request) -> Result<PlanGraph, Vec<Diagnostic>> {
    let mut planner = Planner {
        model,
        request,
        problems: Diagnostics::new(),
        notes: Vec::new(),
        lookbacks: BTreeMap::new(),
        hulls: BTreeMap::new(),
        sets: BTreeMap::new(),
    };
    let asked = planner.asked_kpis();
    let each: Vec<[Vec<Dimension>; 1]> = model.scorecards.iter().map(|c| [c.each.clone()]).collect();
    let cards = planner.asked_cards();
    let mut wanted: Vec<Wanted<'_>> = Vec::new();
    for kpi in asked {
        let definition = &model.kpis[kpi];
        let by: &[Vec<Dimension>] = request.by.as_deref().unwrap_or(&definition.by);
        let grains = request.grains.as_ref().unwrap_or(&definition.grains);
        wanted.extend(grains.iter().map(|grain| Wanted {
            kpi,
            grain: *grain,
            by,
            card: false,
            when: When::Asked,
        }));
    }
    let shown = wanted.len();
    let mut plans = Vec::new();
    for card in cards {
        let definition = &model.scorecards[card];
        let first = wanted.len();
        let table = |kpi: usize| Wanted {
            kpi,
            grain: definition.grain,
            by: &each[card],
            card: true,
            when: When::Asked,
        };
        wanted.extend(definition.kpis.iter().map(|(kpi, _)| table(*kpi)));
        wanted.extend(
            definition.pay.iter().flat_map(|pay| std::iter::once(pay.base).chain(pay.needs)).map(table),
        );
        plans.push((card, first..wanted.len()));
    }
    let judged = planner.asked_rules();
    let sheets = rules::wanted(model, request, &judged);
    let mut costs: Vec<(usize, Vec<bool>)> = Vec::new();
    {
        let told = wanted[..shown].iter().map(|w| w.kpi).filter(|_| request.scorecards.is_some());
        let priced: BTreeSet<usize> = told.chain(rules::priced(model, &sheets)).collect();
        for kpi in priced {
            let definition = &model.kpis[kpi];
            let amounts = [(false, definition.cost), (true, definition.benefit)];
            let amounts = amounts.into_iter().filter_map(|(benefit, amount)| Some((benefit, amount?)));
            let mut which = Vec::new();
            for (benefit, amount) in amounts {
                which.push(benefit);
                wanted.push(Wanted {
                    kpi: amount.kpi,
                    grain: amount.grain,
                    by: &[],
                    card: false,
                    when: When::Last,
                });
            }
            if !which.is_empty() {
                costs.push((kpi, which));
            }
        }
    }
    let before = wanted.len();
    for sheet in &sheets {
        wanted.push(Wanted {
            kpi: sheet.kpi,
            grain: sheet.grain,
            by: std::slice::from_ref(&sheet.each),
            card: false,
            when: sheet.when,
        });
    }
    let of_rules = before..wanted.len();
    let totals = rules::totals(model, &sheets);
    let named = |(kpi, grain, when): &(usize, Grain, When)| Wanted {
        kpi: *kpi,
        grain: *grain,
        by: &[],
        card: false,
        when: *when,
    };
    wanted.extend(totals.iter().map(named));
    planner.look_back(&wanted);
    let planned: Vec<Option<TablePlan>> = wanted.iter().map(|w| planner.table(w)).collect();
    if planner.problems.has_errors() {
        return Err(planner.problems.0);
    }
    let Planner { notes, sets, .. } = planner;
    // Without an error every table was planned.
    let mut tables: Vec<TablePlan> = planned.into_iter().flatten().collect();
    let all = tables.len();
    let mut hidden = tables.split_off(shown.min(all)).into_iter();
    let cards = plans
        .into_iter()
        .map(|(card, of)| CardPlan { card, tables: hidden.by_ref().take(of.len()).collect() });
    let cards: Vec<CardPlan> = cards.collect();
    let costs = costs.into_iter().map(|(kpi, which)| {
        let tables = which.into_iter().zip(hidden.by_ref()).collect();
        CostPlan { kpi, tables }
    });
    let costs: Vec<CostPlan> = costs.collect();
    let of_rules: Vec<TablePlan> = hidden.by_ref().take(of_rules.len()).collect();
    let totals: Vec<TablePlan> = hidden.collect();
    let rules = (!judged.is_empty()).then(|| RulesPlan {
        rules: judged.into_iter().collect(),
        sheets: of_rules,
        totals,
        request: request.clone(),
    });
    let groups = scan_groups(model, sets);
    let every = || {
        let priced = costs.iter().flat_map(|c| &c.tables).map(|(_, table)| table);
        let judged = rules.iter().flat_map(|r| r.sheets.iter().chain(&r.totals));
        tables.iter().chain(cards.iter().flat_map(|c| &c.tables)).chain(priced).chain(judged)
    };
    let populations: Vec<ScanGroup> = every()
        .flat_map(|t: &TablePlan| &t.breakdowns)
        .filter_map(|b| b.population.as_ref().map(|p| p.group.clone()))
        .collect();
    let mut ground = Ground::default();
    groups.iter().chain(&populations).for_each(|g| ground.group(model, g));
    ground.name_spans(model);
    let rates = super::rates::add(model, groups.iter().chain(&populations), &mut ground);
    let kpis = every().map(|t| t.kpi).collect();
    let tables_read = super::values::add(model, &kpis, &mut ground);
    Ok(PlanGraph { tables, cards, costs, rules, groups, ground, rates, tables_read, notes })
}

struct Planner<'a> {
    model: &'a Model,
    request: &'a Request,
    problems: Diagnostics,
    notes: Vec<Diagnostic>,
    /// How far the tables of each grain look back: shared, so that they share scans.
    lookbacks: BTreeMap<Grain, i64>,
    /// All periods that the tables of each grain read: shared, too.
    hulls: BTreeMap<Grain, Range<i64>>,
    /// For each measure, all sets that are asked of it.
    sets: BTreeMap<MeasureId, BTreeSet<GroupSet>>,
}

impl Planner<'_> {
    fn look_back(&mut self, wanted: &[Wanted<'_>]) {
        for w in wanted {
            let formulas = self.model.kpis[w.kpi].formulas();
            let back = formulas.iter().map(|f| f.lookback(w.grain, &self.model.calendar)).max().unwrap_or(0);
            let most = self.lookbacks.entry(w.grain).or_default();
            *most = back.max(*most);
        }
        for w in wanted {
            let Ok(span) = self.span(w) else { continue };
            let back = self.lookbacks.get(&w.grain).copied().unwrap_or(0);
            let (start, end) = (span.from.saturating_sub(back), span.asked.end);
            let hull = self.hulls.entry(w.grain).or_insert(start..end);
            *hull = hull.start.min(start)..hull.end.max(end);
        }
    }

    /// The periods that are wanted.
    fn span(&self, wanted: &Wanted<'_>) -> Result<Span, Diagnostic> {
        let (calendar, request, grain) = (&self.model.calendar, self.request, wanted.grain);
        let since = |day: Option<NaiveDate>, asked: &Range<i64>| {
            let first = day.map_or(asked.start, |day| calendar.index_from(grain, day));
            first.max(asked.end - MOST_PERIODS).min(asked.start)
        };
        match wanted.when {
            When::Last => {
                let asked = self.last_closed(grain)?;
                Ok(Span { from: asked.start, asked, notes: Vec::new() })
            }
            When::Now => {
                let now = calendar.index(grain, request.as_of.day);
                Ok(Span { from: now, asked: now..now + 1, notes: Vec::new() })
            }
            When::Asked => {
                let (asked, notes) = request.periods(grain, calendar)?;
                Ok(Span { from: asked.start, asked, notes })
            }
            When::Judged(day) => {
                let (mut asked, notes) = request.judged(grain, calendar)?;
                if request.from.is_none() && request.rules.as_ref().is_some_and(|r| r.whole) {
                    asked.start = since(day, &asked);
                }
                Ok(Span { from: since(day, &asked), asked, notes })
            }
            When::History(day) => {
                let (asked, notes) = request.judged(grain, calendar)?;
                let back = self.lookbacks.get(&grain).copied().unwrap_or(0);
                let from = since(day, &asked);
                let first = calendar.bounds(grain).map_or(from - back, |all| (from - back).max(all.start));
                Ok(Span { from: first, asked: first..asked.end, notes })
            }
        }
    }

    fn table(&mut self, wanted: &Wanted<'_>) -> Option<TablePlan> {
        let (model, request, grain) = (self.model, self.request, wanted.grain);
        let definition = &model.kpis[wanted.kpi];
        let breakdowns = breakdowns(model, wanted, definition, &mut self.problems);
        let (from, periods) = match self.span(wanted) {
            Ok(span) => {
                let new: Vec<Diagnostic> =
                    span.notes.into_iter().filter(|n| !self.notes.contains(n)).collect();
                self.notes.extend(new);
                (span.from, span.asked)
            }
            Err(problem) => {
                self.problems.merge(problem);
                return None;
            }
        };
        let formulas = definition.formulas();
        let name = model.calendar.grain_name(grain);
        for formula in &formulas {
            let mut unfit = unfit_offsets(formula, grain, &model.calendar);
            unfit.extend(unfit_windows(model, formula, grain));
            for problem in unfit {
                let asked = format!("asked for grain {name} of `{}`", definition.name);
                self.problems.merge(problem.note(asked));
            }
        }
        let own = definition.formula.lookback(grain, &model.calendar);
        if own > MOST_PERIODS {
            let headline = format!("`{}` looks {own} periods of grain {name} back", definition.name);
            self.problems.merge(
                Diagnostic::new(&codes::BAD_REQUEST, headline)
                    .at(definition.formula.span, format!("more than {MOST_PERIODS} cannot be computed")),
            );
            return None;
        }
        let all = formulas.iter().map(|f| f.lookback(grain, &model.calendar)).max().unwrap_or(own);
        let cuts = cuts(model, request, &formulas, grain, &periods);
        // Before an own calendar's first period there is none to look at.
        let earlier = |back: i64| {
            let start = from - back;
            model.calendar.bounds(grain).map_or(start, |all| start.max(all.start))
        };
        let hull = self.hulls.get(&grain).cloned().unwrap_or(earlier(all)..periods.end);
        let hull = match model.calendar.bounds(grain) {
            Some(all) => hull.start.max(all.start)..hull.end,
            None => hull,
        };
        for breakdown in &breakdowns {
            for (id, keys) in breakdown.all_keys() {
                let sets = self.sets.entry(id).or_default();
                let periods = (hull.start, hull.end);
                sets.insert(GroupSet { grain, periods, keys: keys.clone(), until: None });
                sets.extend(cuts.iter().map(|cut| cut.set(model, request, grain, keys.clone())));
            }
        }
        Some(TablePlan {
            kpi: wanted.kpi,
            grain,
            computed: earlier(all)..periods.end,
            periods,
            cuts,
            breakdowns,
            fill: if wanted.card { Fill::Entities } else { definition.fill },
        })
    }

    /// The last period of a grain that is closed at the as-of.
    fn last_closed(&self, grain: Grain) -> Result<Range<i64>, Diagnostic> {
        let (calendar, as_of) = (&self.model.calendar, &self.request.as_of);
        let at = calendar.index(grain, as_of.day);
        let last = if as_of.closes(calendar.end(grain, at)) { at } else { at - 1 };
        if calendar.has(grain, last) {
            return Ok(last..last + 1);
        }
        let name = calendar.grain_name(grain);
        Err(Diagnostic::new(&codes::BAD_REQUEST, format!("no period of grain {name} is closed at the as-of")))
    }

    fn asked_kpis(&mut self) -> BTreeSet<usize> {
        let model = self.model;
        let shown = || model.kpis.iter().enumerate().filter(|(_, k)| !k.hidden);
        let Some(names) = &self.request.kpis else { return shown().map(|(i, _)| i).collect() };
        let mut found = BTreeSet::new();
        for name in names {
            match shown().find(|(_, k)| k.name == *name) {
                // In the order of the files, whatever order they were asked for in.
                Some((index, _)) => {
                    found.insert(index);
                }
                None => {
                    let mut problem =
                        Diagnostic::new(&codes::BAD_REQUEST, format!("no KPI is named `{name}`"));
                    problem.help = did_you_mean(name, shown().map(|(_, k)| k.name.as_str()));
                    self.problems.push(problem);
                }
            }
        }
        found
    }

    fn asked_rules(&mut self) -> BTreeSet<usize> {
        let model = self.model;
        let Some(asked) = &self.request.rules else { return BTreeSet::new() };
        if asked.names.is_empty() {
            return (0..model.rules.len()).collect();
        }
        let mut found = BTreeSet::new();
        for name in &asked.names {
            match model.rules.iter().position(|r| r.name == *name) {
                Some(place) => {
                    found.insert(place);
                }
                None => {
                    let mut problem =
                        Diagnostic::new(&codes::BAD_REQUEST, format!("no rule is named `{name}`"));
                    problem.help = did_you_mean(name, model.rules.iter().map(|r| r.name.as_str()));
                    self.problems.push(problem);
                }
            }
        }
        found
    }

    fn asked_cards(&mut self) -> BTreeSet<usize> {
        let model = self.model;
        let Some(names) = &self.request.scorecards else { return BTreeSet::new() };
        if names.is_empty() {
            return (0..model.scorecards.len()).collect();
        }
        let mut found = BTreeSet::new();
        for name in names {
            match model.scorecards.iter().position(|c| c.name == *name) {
                Some(index) => {
                    found.insert(index);
                }
                None => {
                    let mut problem =
                        Diagnostic::new(&codes::BAD_REQUEST, format!("no scorecard is named `{name}`"));
                    problem.help = did_you_mean(name, model.scorecards.iter().map(|c| c.name.as_str()));
                    self.problems.push(problem);
                }
            }
        }
        found
    }
}

/// The total and the breakdowns of a KPI, with every measure's way to every dimension.
fn breakdowns(
    model: &Model,
    wanted: &Wanted<'_>,
    kpi: &Kpi,
    problems: &mut Diagnostics,
) -> Vec<BreakdownPlan> {
    let measures = kpi.measures_here();
    let formulas = kpi.formulas();
    let total = BreakdownPlan {
        dimensions: Vec::new(),
        keys: measures.iter().map(|m| (*m, Vec::new())).collect(),
        coarser: Vec::new(),
        population: None,
        pers: per::plans(model, kpi, &formulas, &[], problems),
    };
    // A sheet of rules asks certain members, or the whole; not both.
    let judged = matches!(wanted.when, When::Judged(_) | When::Now);
    let mut all = vec![total];
    if judged && wanted.by.iter().any(|d| !d.is_empty()) {
        all.clear();
    }
    for dimensions in wanted.by.iter().filter(|d| !d.is_empty()) {
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
            let coarser = coarser(kpi, dimensions, judged);
            let pers = per::plans(model, kpi, &formulas, dimensions, problems);
            let mut plan =
                BreakdownPlan { dimensions: dimensions.clone(), keys, coarser, population: None, pers };
            let reached = plan.keys.values().all(|k| k.len() == dimensions.len());
            if judged {
                plan.population = rules::population(model, dimensions);
            } else if wanted.card && reached {
                plan.population = population(model, kpi, &plan).ok();
            } else if kpi.fill == Fill::Entities && reached {
                match population(model, kpi, &plan) {
                    Ok(population) => plan.population = Some(population),
                    Err(problem) => problems.merge(problem),
                }
            } else if kpi.judge.wants() && reached {
                // Whoever is not there is not judged: nothing of a leaver is good.
                plan.population = population(model, kpi, &plan).ok().filter(|p| p.from);
            }
            all.push(plan);
        }
    }
    all
}

/// The places of the dimensions that each `total(... by ...)` of a formula keeps, where they are some of a
/// breakdown's but not all; none of them where the breakdown stands alone, without the total beside it.
fn coarser(kpi: &Kpi, dimensions: &[Dimension], alone: bool) -> Vec<Vec<usize>> {
    let mut all: Vec<Vec<usize>> = Vec::new();
    for across in kpi.formulas().iter().flat_map(|f| f.across_here()) {
        let kept = match across {
            Across::Total(by) => kept(by, dimensions),
            Across::ShareOfTotal => Vec::new(),
            _ => continue,
        };
        if (alone || !kept.is_empty()) && kept.len() < dimensions.len() && !all.contains(&kept) {
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
    formulas: &[&ResultExpr],
    grain: Grain,
    periods: &Range<i64>,
) -> Vec<Cut> {
    let (calendar, day) = (&model.calendar, request.as_of.day);
    let Some(open) = calendar.at(grain, day) else { return Vec::new() };
    if !periods.contains(&open) || request.as_of.closes(calendar.end(grain, open)) {
        return Vec::new();
    }
    let mut cuts = Vec::new();
    let points = formulas.iter().flat_map(|f| f.same_points(&|offset| offset.periods(grain, calendar)));
    for back in points.collect::<BTreeSet<i64>>() {
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
