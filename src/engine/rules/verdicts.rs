//! The verdicts of a sheet's rules: the condition in every cell, the states that this leads to, and of all that is
//! no plain `holds` the values that were read.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, AsArray};
use chrono::NaiveDate;

use crate::diagnostic::Diagnostic;
use crate::engine::coverage::Coverage;
use crate::engine::failure;
use crate::engine::run::{GroupResult, Run, local};
use crate::functions::Env;
use crate::model::findings::{Finding, JudgedPeriod, RuleTable, Standing, Told};
use crate::model::judge::Status;
use crate::model::outcome::{Member, Reason};
use crate::model::project::{Kpi, MeasureId};
use crate::model::rules::{Piece, Rule, Shown, Stands};
use crate::model::verdict::{State, Step, Verdict, states};
use crate::plan::TablePlan;
use crate::results::evaluate::{Column, Evaluator, Level};
use crate::results::outcome::{exact_of, number};
use crate::results::set::Members;

/// What a sheet's rules are judged on.
pub(super) struct Sheet<'a> {
    pub(super) plan: &'a TablePlan,
    pub(super) kpi: &'a Kpi,
    pub(super) combos: &'a [Members],
    pub(super) width: usize,
    /// By cell, whether nobody is there.
    pub(super) away: Vec<bool>,
    /// The combinations that are asked at all.
    pub(super) asked: Vec<bool>,
    /// Since when the data tells anything.
    pub(super) since: Option<NaiveDate>,
    /// Labels of members, for each dimension.
    pub(super) labels: Vec<Option<&'a HashMap<String, String>>>,
    pub(super) results: &'a [GroupResult],
    /// Whether more is told of every verdict, also of those that hold.
    pub(super) all: bool,
}

/// What was computed for a rule, by its place beside the sheet's KPI.
type Columns = HashMap<usize, Column>;

impl Run<'_> {
    /// The answers of some rules, one after the other: what a rule reads is gone when the next is judged, but for
    /// KPIs, which are computed once.
    pub(super) fn judged(
        &self,
        places: &[usize],
        sheet: &Sheet<'_>,
        level: &Level,
    ) -> Result<Vec<(usize, RuleTable)>, Diagnostic> {
        let mut evaluator = Evaluator::of(level, Env { timezone: self.model.calendar.timezone });
        let mut judge = |place: usize| {
            let rule = &self.model.rules[place];
            let mut read = HashMap::new();
            for at in read_by(rule) {
                let formula = &*sheet.kpi.beside[at];
                let column = evaluator
                    .eval(formula)
                    .map_err(|f| failure::of_kernel(&f, "what a rule reads").at(formula.span, "this"))?;
                read.insert(at, column);
            }
            Ok((place, self.judge_rule(rule, sheet, &read)?))
        };
        places.iter().map(|place| judge(*place)).collect()
    }

    /// The first computed period that a rule's own data tells anything of.
    fn begins(&self, sheet: &Sheet<'_>, rule: &Rule) -> usize {
        let formula = &sheet.kpi.beside[rule.condition];
        let measures = formula.measures();
        let of = |id: &MeasureId| {
            let at = self.graph.groups.iter().position(|g| g.measures.contains(id))?;
            match sheet.results[at].coverage {
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

    fn judge_rule(&self, rule: &Rule, sheet: &Sheet<'_>, columns: &Columns) -> Result<RuleTable, Diagnostic> {
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
        let name = |period: i64| {
            if rule.timeless { self.as_of.day.to_string() } else { calendar.name(plan.grain, period) }
        };
        let names: Vec<Arc<str>> = plan.computed.clone().map(|period| name(period).into()).collect();
        let period = |at: usize| JudgedPeriod {
            period: names[at].to_string(),
            start: starts[at],
            end: calendar.end(plan.grain, plan.computed.start + at as i64),
            complete: complete[at],
        };
        let begins = self.begins(sheet, rule);
        let in_effect = |at: usize| {
            let start = starts[at];
            at >= begins && rule.from.is_none_or(|f| f <= start) && rule.until.is_none_or(|u| start <= u)
        };
        let condition = truth(&columns[&rule.condition]);
        let filter = rule.filter.map(|place| truth(&columns[&place]));
        let rows = columns[&rule.condition].n.as_ref();
        let mut table = self.empty(rule);
        table.periods = asked.clone().map(period).collect();
        let (mut findings, mut cells): (Vec<Finding>, Vec<usize>) = (Vec::new(), Vec::new());
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
            let named = members.iter().zip(sheet.labels.iter().chain(std::iter::repeat(&None)));
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
                if plain && !sheet.all {
                    continue;
                }
                let since = state.since.map(|s| (names[s].clone(), starts[s]));
                cells.push(cell(at));
                findings.push(Finding {
                    member: place,
                    period: shown,
                    verdict,
                    beneath: state.verdict,
                    stale: state.stale,
                    since,
                    held: state.held,
                    clearing: state.clearing,
                    why: why(&state, &columns[&rule.condition], cell(at), few(at), in_effect(at)),
                    left: state.left,
                    condition: condition[cell(at)],
                    values: Vec::new(),
                    waiver,
                });
            }
        }
        for (finding, values) in findings.iter_mut().zip(self.values(rule, columns, &cells)?) {
            finding.values = values;
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

    /// The values of what a rule reads in some cells: of each cell, of each operand.
    fn values(&self, rule: &Rule, columns: &Columns, cells: &[usize]) -> Result<Vec<Vec<Told>>, Diagnostic> {
        let mut all: Vec<Vec<Told>> = cells.iter().map(|_| Vec::with_capacity(rule.operands.len())).collect();
        for operand in &rule.operands {
            let at = |place: usize| &columns[&place];
            let texts =
                |column: &Column| exact_of(column, cells, self.model).map_err(|e| failure::of_query(&e, &[]));
            let column = at(operand.place);
            let exact = texts(column)?;
            let names = operand.named.map(|place| texts(at(place))).transpose()?;
            let mut shown: HashMap<String, Option<Arc<Shown>>> = HashMap::new();
            let mut of_name = |name: &str| {
                shown.entry(name.to_owned()).or_insert_with(|| self.model.kpi(name).map(how_shown)).clone()
            };
            for (row, (cell, exact)) in cells.iter().zip(exact).enumerate() {
                let name = names.as_ref().and_then(|names| names[row].as_deref());
                all[row].push(Told {
                    value: number(column, *cell),
                    exact,
                    reason: Reason::from_u8(column.reasons[*cell]),
                    n: column.n.as_ref().map(|n| n[*cell]),
                    stands: operand.stands.as_ref().map(|stands| standing(stands, columns, *cell)),
                    shown: name.and_then(&mut of_name),
                });
            }
        }
        Ok(all)
    }
}

/// How a KPI stands in a cell.
fn standing(stands: &Stands, columns: &Columns, cell: usize) -> Standing {
    let number_at = |place: usize| number(&columns[&place], cell);
    let is = |place: usize| number_at(place).map(|n| n > 0.0);
    let all = [Status::OnTrack, Status::AtRisk, Status::OffTrack];
    let found = stands.statuses.iter().zip(all).find(|(place, _)| is(**place) == Some(true));
    Standing {
        status: found.map_or(Status::Unknown, |(_, status)| status),
        why: Reason::from_u8(columns[&stands.statuses[0]].reasons[cell]),
        target: number_at(stands.target),
        attainment: number_at(stands.attainment),
    }
}

/// How a KPI's values are shown.
fn how_shown(kpi: &Kpi) -> Arc<Shown> {
    let (ty, unit) = (kpi.formula.ty, kpi.unit.clone());
    Arc::new(Shown { ty, unit, percent: kpi.percent, decimals: kpi.decimals })
}

/// The places of all that a rule reads beside its sheet's KPI, each once.
fn read_by(rule: &Rule) -> BTreeSet<usize> {
    let own = std::iter::once(rule.condition).chain(rule.filter);
    let operands = rule.operands.iter().flat_map(|o| {
        let stands = o.stands.iter().flat_map(|s| s.statuses.into_iter().chain([s.target, s.attainment]));
        std::iter::once(o.place).chain(o.named).chain(stands)
    });
    own.chain(operands).collect()
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
