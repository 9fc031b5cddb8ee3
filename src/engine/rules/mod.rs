//! The sheets of rules -> each rule's verdicts: a sheet's cells since the data begins, and who is asked there;
//! then its rules, on as many threads as there are processors where that pays.

mod verdicts;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;
use std::thread::ScopedJoinHandle;

use chrono::NaiveDate;

use super::coverage::{self, Coverage};
use super::failure;
use super::run::{Outcomes, Run};
use super::runner::Runner;
use super::table::{Beside, Made};
use crate::diagnostic::Diagnostic;
use crate::model::calendar::Grain;
use crate::model::expr::{ResultExpr, ResultLeaf};
use crate::model::findings::RuleTable;
use crate::model::outcome::KpiCost;
use crate::model::project::{Dimension, Kpi, MeasureId};
use crate::plan::scan::Scans;
use crate::plan::{BreakdownPlan, RulesPlan, TablePlan};
use crate::results::asked::Known;
use crate::results::set::Members;

use verdicts::Sheet;

/// So many cells of rules pay for threads.
const WORTH_THREADS: usize = 100_000;

/// Formulas of formulas are evaluated on the stack.
const STACK: usize = 16 * 1024 * 1024;

impl Run<'_> {
    /// Since when the data of each sheet tells anything.
    pub(super) async fn since(
        &self,
        plan: &RulesPlan,
        scans: &Scans<'_>,
        runner: &dyn Runner,
    ) -> Outcomes<BTreeMap<usize, NaiveDate>> {
        let mut first: BTreeMap<MeasureId, NaiveDate> = BTreeMap::new();
        for group in &self.graph.groups {
            let found = coverage::of_group(self.model, scans, group, runner).await;
            let (found, _) = found.map_err(|e| vec![failure::of_query(&e, &[])])?;
            if let Coverage::From(day) = found {
                first.extend(group.measures.iter().map(|id| (*id, day)));
            }
        }
        let of = |kpi: usize| {
            let sheet = &self.model.kpis[kpi];
            let bound = sheet.beside.iter().any(|f| f.is_bound());
            let totals = plan.totals.iter().filter(|t| bound && t.grain == sheet.grains[0]);
            let all = totals.map(|t| &self.model.kpis[t.kpi]).chain([sheet]);
            let read = all.flat_map(Kpi::formulas).flat_map(ResultExpr::measures);
            read.filter_map(|id| first.get(&id)).min().map(|day| (kpi, *day))
        };
        Ok(plan.sheets.iter().filter_map(|t| of(t.kpi)).collect())
    }

    /// The answers of all rules.
    pub(super) async fn rules(
        &self,
        plan: &RulesPlan,
        made: &Made<'_>,
        costs: &[KpiCost],
    ) -> Result<Vec<RuleTable>, Vec<Diagnostic>> {
        let known = self.known(plan, made, costs).await?;
        let lacking = plan.rules.iter().filter(|r| self.model.rules[**r].lacks.is_some());
        let mut found: BTreeMap<usize, RuleTable> =
            lacking.map(|r| (*r, self.empty(&self.model.rules[*r]))).collect();
        for sheet in &plan.sheets {
            let of =
                |r: &usize| self.model.rules[*r].lacks.is_none() && self.model.rules[*r].sheet == sheet.kpi;
            let rules = plan.rules.iter().copied().filter(of);
            let tables = self.sheet(plan, sheet, &rules.collect::<Vec<_>>(), made, &known).await;
            found.extend(tables.map_err(|problem| vec![problem])?);
        }
        Ok(found.into_values().collect())
    }

    /// What is known of KPIs beside the measures of a sheet: their totals, costs and benefits.
    async fn known(
        &self,
        plan: &RulesPlan,
        made: &Made<'_>,
        costs: &[KpiCost],
    ) -> Outcomes<BTreeMap<Grain, Known>> {
        let mut all: BTreeMap<Grain, Known> = BTreeMap::new();
        let yearly: BTreeMap<String, [Option<f64>; 2]> = costs
            .iter()
            .map(|c| (c.kpi.clone(), [&c.cost, &c.benefit].map(|y| y.as_ref().and_then(|y| y.amount))))
            .collect();
        for sheet in &plan.sheets {
            all.entry(sheet.grain).or_insert_with(|| Known { yearly: yearly.clone(), ..Known::default() });
        }
        for total in &plan.totals {
            let table = self.table(total, made, &[]).await.map_err(|problem| vec![problem])?;
            let rows = table.breakdowns.into_iter().next().map_or_else(Vec::new, |b| b.rows);
            let rows = rows.into_iter().map(|row| (row.start, row)).collect();
            if let Some(known) = all.get_mut(&total.grain) {
                known.totals.insert(table.kpi, rows);
            }
        }
        Ok(all)
    }

    async fn sheet(
        &self,
        rules: &RulesPlan,
        plan: &TablePlan,
        places: &[usize],
        made: &Made<'_>,
        known: &BTreeMap<Grain, Known>,
    ) -> Result<Vec<(usize, RuleTable)>, Diagnostic> {
        let kpi = &self.model.kpis[plan.kpi];
        let Some(breakdown) = plan.breakdowns.last() else { return Ok(Vec::new()) };
        let mut active = self.active(plan, breakdown, made.scans, made.runner).await?;
        if active.is_empty() {
            active = stated_members(plan, breakdown, kpi);
        }
        let mut known = known.get(&plan.grain).cloned().unwrap_or_default();
        for asked in kpi.formulas().iter().flat_map(|f| f.judged()) {
            let measures = asked.formula.measures();
            let complete = self.complete(plan.grain, &plan.computed, &measures);
            let timings = self.timings(plan.grain, &plan.computed, &measures, &complete);
            known.timings.insert(asked.name.clone(), timings);
        }
        let known = Arc::new(known);
        let beside = Beside { filling: &active, known: Some(&known) };
        let (cells, level) = self.whole((plan, breakdown), made, beside)?;
        // Where it is known who there is, nobody else is asked; never those without a name.
        let there: HashSet<&Members> = active.iter().map(|(m, _)| m).collect();
        let is_asked = |members: &Members| {
            members.iter().all(Option::is_some) && (breakdown.population.is_none() || there.contains(members))
        };
        let asked = cells.combos.iter().map(is_asked).collect();
        let sheet = Sheet {
            plan,
            kpi,
            combos: &cells.combos,
            width: cells.width(),
            away: cells.inactive(&active),
            asked,
            since: rules.request.rules.as_ref().and_then(|r| r.since.as_ref()?.get(&plan.kpi).copied()),
            labels: self.label_maps(breakdown, made.labels),
            results: made.results,
            all: rules.request.rules.as_ref().is_some_and(|r| r.all),
        };
        let judge = |places: &[usize]| self.judged(places, &sheet, &level);
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        if threads == 1 || level.size() * places.len() < WORTH_THREADS {
            return judge(places);
        }
        let parts: Vec<_> = std::thread::scope(|scope| {
            let parts = places.chunks(places.len().div_ceil(threads));
            let spawned: Vec<_> = parts
                .map(|part| {
                    let thread = std::thread::Builder::new().stack_size(STACK);
                    (part, thread.spawn_scoped(scope, move || judge(part)))
                })
                .collect();
            let done = |(part, thread): (&[usize], std::io::Result<ScopedJoinHandle<'_, _>>)| match thread {
                Ok(thread) => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
                // The system has no further thread to give.
                Err(_) => judge(part),
            };
            spawned.into_iter().map(done).collect()
        });
        Ok(parts.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
    }
}

/// Where no rows say who there is: whom stated results are of.
fn stated_members(plan: &TablePlan, breakdown: &BreakdownPlan, sheet: &Kpi) -> Vec<(Members, Vec<bool>)> {
    let dimensions: Vec<String> = breakdown.dimensions.iter().map(Dimension::name).collect();
    let mut found: BTreeSet<Members> = BTreeSet::new();
    for formula in sheet.formulas() {
        formula.each_leaf(&mut |leaf| {
            if let ResultLeaf::Stated(stated) = leaf {
                found.extend(stated.results.members(plan.grain, &dimensions));
            }
        });
    }
    let periods = plan.computed.clone().count();
    found.into_iter().filter(|m| !m.is_empty()).map(|members| (members, vec![true; periods])).collect()
}
