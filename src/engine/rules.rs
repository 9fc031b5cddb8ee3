//! The sheets of rules -> each rule's verdicts: its condition in every cell since the data begins, the states
//! that this leads to, and of all that is no plain `holds` the values that were read.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, AsArray};
use chrono::NaiveDate;

use super::coverage::{self, Coverage};
use super::failure;
use super::run::{GroupResult, Outcomes, Run, local};
use super::runner::Runner;
use super::table::{Beside, Made};
use crate::diagnostic::Diagnostic;
use crate::functions::Env;
use crate::model::calendar::Grain;
use crate::model::expr::{ResultExpr, ResultLeaf};
use crate::model::findings::{Finding, JudgedPeriod, RuleTable, Standing, Told};
use crate::model::judge::Status;
use crate::model::outcome::{KpiCost, Member, Reason};
use crate::model::project::{Dimension, Kpi, MeasureId};
use crate::model::rules::{Operand, Piece, Rule, Shown};
use crate::model::verdict::{State, Step, Verdict, states};
use crate::plan::scan::Scans;
use crate::plan::{BreakdownPlan, RulesPlan, TablePlan};
use crate::results::asked::Known;
use crate::results::evaluate::{Column, Evaluator};
use crate::results::outcome::value;
use crate::results::set::Members;

/// What a sheet's rules are judged on.
struct Sheet<'a> {
    plan: &'a TablePlan,
    kpi: &'a Kpi,
    combos: &'a [Members],
    width: usize,
    /// By cell, whether nobody is there.
    away: Vec<bool>,
    /// The combinations that are asked at all.
    asked: Vec<bool>,
    /// Since when the data tells anything.
    since: Option<NaiveDate>,
    /// What was computed, by its place beside the KPI.
    columns: HashMap<usize, Column>,
}

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
        let env = Env { timezone: self.model.calendar.timezone };
        let mut evaluator = Evaluator::of(&level, env);
        let mut columns = HashMap::new();
        for place in self.read_by(places) {
            let column = evaluator.shared(&kpi.beside[place]).map_err(|f| {
                let at = kpi.beside[place].span;
                failure::of_kernel(&f, "what a rule reads").at(at, "this")
            })?;
            columns.insert(place, column);
        }
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
            columns,
        };
        let labels = self.label_maps(breakdown, made.labels);
        let all = rules.request.rules.as_ref().is_some_and(|r| r.all);
        places
            .iter()
            .map(|place| {
                let table = self.judge_rule(&self.model.rules[*place], &sheet, made.results, &labels, all)?;
                Ok((*place, table))
            })
            .collect()
    }

    /// The places of all that some rules read beside their sheet's KPI.
    fn read_by(&self, rules: &[usize]) -> Vec<usize> {
        let mut all: Vec<usize> = Vec::new();
        for rule in rules.iter().map(|place| &self.model.rules[*place]) {
            let own = std::iter::once(rule.condition).chain(rule.filter);
            let operands = rule.operands.iter().flat_map(|o| {
                let stands =
                    o.stands.iter().flat_map(|s| s.statuses.into_iter().chain([s.target, s.attainment]));
                std::iter::once(o.place).chain(o.named).chain(stands)
            });
            all.extend(own.chain(operands));
        }
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The first computed period that a rule's own data tells anything of.
    fn begins(&self, sheet: &Sheet<'_>, rule: &Rule, results: &[GroupResult]) -> usize {
        let formula = &sheet.kpi.beside[rule.condition];
        let measures = formula.measures();
        let of = |id: &MeasureId| {
            let at = self.graph.groups.iter().position(|g| g.measures.contains(id))?;
            match results[at].coverage {
                Coverage::From(day) => Some(self.model.calendar.index_from(rule.grain, day)),
                _ => None,
            }
        };
        let first = measures.iter().filter_map(of).min();
        // Of what members name, the whole sheet's data tells.
        let named = formula.is_bound().then_some(sheet.since).flatten();
        let named = named.map(|day| self.model.calendar.index_from(rule.grain, day));
        let asked = (sheet.plan.periods.start - sheet.plan.computed.start).max(0);
        let begins = [first, named].into_iter().flatten().min();
        begins.map_or(asked, |first| (first - sheet.plan.computed.start).clamp(0, asked)) as usize
    }

    fn judge_rule(
        &self,
        rule: &Rule,
        sheet: &Sheet<'_>,
        results: &[GroupResult],
        labels: &[Option<&HashMap<String, String>>],
        all: bool,
    ) -> Result<RuleTable, Diagnostic> {
        let calendar = &self.model.calendar;
        let plan = sheet.plan;
        let measures = sheet.kpi.beside[rule.condition].measures();
        let complete = if rule.timeless {
            vec![true; plan.computed.clone().count()]
        } else {
            self.complete(plan.grain, &plan.computed, &measures)
        };
        let asked: Range<usize> = {
            let from = (plan.periods.start - plan.computed.start).max(0) as usize;
            from..from + plan.periods.clone().count()
        };
        let starts: Vec<NaiveDate> = plan.computed.clone().map(|p| calendar.start(plan.grain, p)).collect();
        let period = |at: usize| JudgedPeriod {
            period: if rule.timeless {
                self.as_of.day.to_string()
            } else {
                calendar.name(plan.grain, plan.computed.start + at as i64)
            },
            start: starts[at],
            end: calendar.end(plan.grain, plan.computed.start + at as i64),
            complete: complete[at],
        };
        let begins = self.begins(sheet, rule, results);
        let in_effect = |at: usize| {
            let start = starts[at];
            at >= begins && rule.from.is_none_or(|f| f <= start) && rule.until.is_none_or(|u| start <= u)
        };
        let condition = truth(&sheet.columns[&rule.condition]);
        let filter = rule.filter.map(|place| truth(&sheet.columns[&place]));
        let rows = sheet.columns[&rule.condition].n.as_ref();
        let mut table = self.empty(rule);
        table.periods = asked.clone().map(period).collect();
        let mut findings: Vec<Finding> = Vec::new();
        for (combo, members) in sheet.combos.iter().enumerate().filter(|(c, _)| sheet.asked[*c]) {
            let cell = |at: usize| combo * sheet.width + at;
            let there = |at: usize| {
                !sheet.away[cell(at)] && filter.as_ref().is_none_or(|f| f[cell(at)] == Some(true))
            };
            if !(0..sheet.width).any(there) {
                continue;
            }
            let few = |at: usize| rule.min_n.is_some_and(|least| rows.is_some_and(|n| n[cell(at)] < least));
            let step = |at: usize| Step {
                there: in_effect(at) && there(at),
                condition: condition[cell(at)].filter(|_| !few(at)),
                open: !complete[at],
            };
            let states = states((0..sheet.width).map(step), rule.policy);
            let place = table.members.len();
            let named = members.iter().zip(labels.iter().chain(std::iter::repeat(&None)));
            let named = named.map(|(key, labels)| {
                let key = key.clone().unwrap_or_default();
                Member { label: labels.and_then(|l| l.get(&key)).cloned(), key }
            });
            table.members.push(named.collect());
            for (shown, at) in asked.clone().enumerate() {
                let state = states[at];
                let waiver = rule.waivers.iter().position(|w| w.covers(members, starts[at]));
                let waived = matches!(state.verdict, Verdict::Fires | Verdict::Pending);
                let waiver = waiver.filter(|_| waived);
                let verdict = if waiver.is_some() { Verdict::Waived } else { state.verdict };
                table.verdicts.push(verdict);
                let plain =
                    matches!(verdict, Verdict::Holds) || (verdict == Verdict::NotApplicable && !state.left);
                if plain && !all {
                    continue;
                }
                let since = state.since.map(|s| {
                    let index = plan.computed.start + s as i64;
                    let name = if rule.timeless {
                        self.as_of.day.to_string()
                    } else {
                        calendar.name(plan.grain, index)
                    };
                    (name, starts[s])
                });
                findings.push(Finding {
                    member: place,
                    period: shown,
                    verdict,
                    beneath: state.verdict,
                    stale: state.stale,
                    since,
                    held: state.held,
                    clearing: state.clearing,
                    why: why(&state, &sheet.columns[&rule.condition], cell(at), few(at), in_effect(at)),
                    left: state.left,
                    condition: condition[cell(at)],
                    values: self.values(rule, sheet, cell(at))?,
                    waiver,
                });
            }
        }
        findings.sort_by_key(|f| (f.period, f.member));
        table.findings = findings;
        Ok(table)
    }

    /// A rule's answers without any.
    pub(super) fn empty(&self, rule: &Rule) -> RuleTable {
        let message = |lang: &str| rule.message.iter().find(|(l, _)| l == lang).map(|(_, m)| m.clone());
        let message = self
            .lang
            .and_then(message)
            .or_else(|| message(""))
            .or_else(|| message("en"))
            .or_else(|| rule.message.first().map(|m| m.1.clone()))
            .unwrap_or_else(|| plain_message(rule));
        RuleTable {
            rule: rule.name.clone(),
            label: local(&rule.label, self.lang),
            description: local(&rule.description, self.lang),
            axis: rule.axis,
            severity: rule.severity,
            owner: rule.owner.clone(),
            action: local(&rule.action, self.lang),
            grain: (!rule.timeless).then(|| self.model.calendar.grain_name(rule.grain).to_owned()),
            dimensions: rule.shown.clone(),
            text: rule.text.clone(),
            hold_for: rule.policy.hold_for,
            clear_after: rule.policy.clear_after,
            operands: rule.operands.clone(),
            message,
            waivers: rule.waivers.clone(),
            periods: Vec::new(),
            members: Vec::new(),
            verdicts: Vec::new(),
            findings: Vec::new(),
            lacks: rule.lacks.clone(),
        }
    }

    /// The values of what a rule reads in a cell.
    fn values(&self, rule: &Rule, sheet: &Sheet<'_>, cell: usize) -> Result<Vec<Told>, Diagnostic> {
        let told = |operand: &Operand| {
            let column = &sheet.columns[&operand.place];
            let (number, exact) = value(column, cell, self.model).map_err(|e| failure::of_query(&e, &[]))?;
            let at = |place: usize| &sheet.columns[&place];
            let number_at = |place: usize| crate::results::outcome::number(at(place), cell);
            let stands = operand.stands.as_ref().map(|stands| {
                let is = |place: usize| number_at(place).map(|n| n > 0.0);
                let all = [Status::OnTrack, Status::AtRisk, Status::OffTrack];
                let found = stands.statuses.iter().zip(all).find(|(place, _)| is(**place) == Some(true));
                Standing {
                    status: found.map_or(Status::Unknown, |(_, status)| status),
                    why: Reason::from_u8(at(stands.statuses[0]).reasons[cell]),
                    target: number_at(stands.target),
                    attainment: number_at(stands.attainment),
                }
            });
            let name = match operand.named {
                Some(place) => value(at(place), cell, self.model).map_err(|e| failure::of_query(&e, &[]))?.1,
                None => None,
            };
            let shown = name.and_then(|name| self.model.kpi(&name)).map(|kpi| {
                let (ty, unit) = (kpi.formula.ty, kpi.unit.clone());
                Arc::new(Shown { ty, unit, percent: kpi.percent, decimals: kpi.decimals })
            });
            Ok(Told { value: number, exact, reason: Reason::from_u8(column.reasons[cell]), stands, shown })
        };
        rule.operands.iter().map(told).collect()
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

/// What is said where a rule has no message: who, and what holds.
fn plain_message(rule: &Rule) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for at in 0..rule.shown.len() {
        pieces.push(Piece::Member(at));
        pieces.push(Piece::Text(if at + 1 < rule.shown.len() { ", ".to_owned() } else { ": ".to_owned() }));
    }
    pieces.push(Piece::Text(rule.text.clone()));
    pieces
}

/// Why a verdict is unknown, stale or not applicable.
fn why(state: &State, condition: &Column, cell: usize, few: bool, in_effect: bool) -> Option<Reason> {
    match state.verdict {
        Verdict::NotApplicable if in_effect => Some(Reason::NotActive),
        Verdict::NotApplicable => Some(Reason::NotInEffect),
        _ if few => Some(Reason::TooFewRows),
        _ => Reason::from_u8(condition.reasons[cell]),
    }
}

/// A condition in every cell.
fn truth(column: &Column) -> Vec<Option<bool>> {
    match column.values.as_boolean_opt() {
        Some(values) => values.iter().collect(),
        None => vec![None; column.values.len()],
    }
}
