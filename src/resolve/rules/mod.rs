//! `rules:` and `waivers:` -> rules of the model. What a rule reads is computed like every formula over results:
//! rules that ask the same members for the same periods share one KPI that is not shown, the sheet.

mod each;
mod message;
mod names;
mod operands;
mod scope;
mod sheets;
mod waivers;

use std::sync::Arc;

use super::Resolver;
use super::expand::by_names;
use super::kpis::texts;
use super::lower::{expect_condition, lower};
use super::results::ResultScope;
use super::strategy::day;
use crate::diagnostic::{Diagnostic, codes};
use crate::model::calendar::Grain;
use crate::model::expr::{ResultExpr, ResultLeaf};
use crate::model::project::TimeBinding;
use crate::model::rules::{Axis, Operand, Rule, Severity};
use crate::model::types::Type;
use crate::model::verdict::{OnMissing, Policy};
use crate::rulefile::raw::RawRule;
use crate::source::Spanned;
use crate::syntax::ast::{DurationUnit, ExprKind, Literal};
use crate::syntax::{parse_mapped, print};

use names::Names;
pub(super) use scope::RuleScope;

/// A rule while it is read.
struct Reading {
    scope: ResultScope,
    names: Names,
    shown: Vec<String>,
    operands: Vec<Operand>,
    /// All that is computed for it.
    formulas: Vec<ResultExpr>,
}

impl Reading {
    /// The place of a formula among those that are computed.
    fn place(&mut self, formula: ResultExpr) -> usize {
        let key = |formula: &ResultExpr| {
            let mut key = String::new();
            formula.key(&mut key);
            key
        };
        let wanted = key(&formula);
        let found = self.formulas.iter().position(|f| key(f) == wanted);
        found.unwrap_or_else(|| {
            self.formulas.push(formula);
            self.formulas.len() - 1
        })
    }
}

/// What is said of a rule, whatever it asks.
fn head_of(raw: &RawRule) -> Rule {
    Rule {
        name: raw.name.node.clone(),
        defined: raw.name.span,
        label: texts(raw.label.as_ref()),
        description: texts(raw.description.as_ref()),
        axis: match raw.axis.as_ref().map(|a| a.node.as_str()) {
            Some("activities") => Axis::Activities,
            Some("areas") => Axis::Areas,
            _ => Axis::StrategicDirection,
        },
        severity: raw.severity.as_ref().and_then(|s| Severity::named(&s.node)).unwrap_or_default(),
        each: Vec::new(),
        shown: Vec::new(),
        grain: Grain::Day,
        timeless: true,
        text: String::new(),
        sheet: 0,
        condition: 0,
        filter: None,
        operands: Vec::new(),
        policy: Policy::default(),
        min_n: None,
        message: Vec::new(),
        action: texts(raw.action.as_ref()),
        owner: raw.owner.as_ref().map(|o| o.node.clone()),
        from: day(raw.from.as_ref()),
        until: day(raw.until.as_ref()),
        waivers: Vec::new(),
        lacks: None,
    }
}

/// A rule that nothing can be asked of.
fn not_applicable(raw: &RawRule, lacks: String) -> Rule {
    let text = raw.when.as_ref().and_then(|w| w.expr.as_ref()).map(print).unwrap_or_default();
    Rule { text, lacks: Some(lacks), ..head_of(raw) }
}

impl Resolver<'_> {
    /// The rules, after all KPIs.
    pub(super) fn rules(&mut self) {
        let raw = self.raw;
        let mut sheets = sheets::Sheets::default();
        let names = self.names();
        for written in raw.rules.values() {
            let rule = match self.lacks(written, &names) {
                Some(lacks) => Some(not_applicable(written, lacks)),
                None => self.rule(written, &names, &mut sheets),
            };
            self.model.rules.extend(rule);
        }
        self.waivers();
    }

    fn rule(&mut self, raw: &RawRule, names: &Names, sheets: &mut sheets::Sheets) -> Option<Rule> {
        let each = self.asked(raw, names)?;
        let clash = each.members.iter().find_map(|m| self.raw.kpis.get(&m.name));
        if let (Some(kpi), Some(at)) = (clash, &raw.each) {
            self.report(
                Diagnostic::new(&codes::AMBIGUOUS_NAME, format!("`{}` is a member and a KPI", kpi.name.node))
                    .at(at.span, "the member that is asked")
                    .also(kpi.name.span, "the KPI"),
            );
            return None;
        }
        let scope = RuleScope { members: each.members };
        let scope = ResultScope { rule: Some(Arc::new(scope)), ..ResultScope::default() };
        let mut reading = Reading {
            scope,
            names: names.clone(),
            shown: each.shown.clone(),
            operands: Vec::new(),
            formulas: Vec::new(),
        };
        let written = &by_names(raw.when.as_ref()?.expr.as_ref()?, names);
        let condition = self.condition(&mut reading, written)?;
        let filter = match &each.filter {
            None => None,
            Some(filter) => Some(self.condition(&mut reading, filter)?),
        };
        self.operands(&mut reading, written);
        let mut message = Vec::new();
        for (lang, text) in raw.message.iter().flat_map(|m| &m.texts) {
            message.push((lang.clone(), self.message(&mut reading, text)?));
        }
        let timeless = self.is_timeless(&reading);
        let grain = match (&raw.grain, timeless) {
            (None, true) => Grain::Day,
            (written, _) => self.grain_or_month(written.as_ref())?,
        };
        let policy = Policy {
            hold_for: self.periods_of(raw.hold_for.as_ref(), grain)?,
            clear_after: self.periods_of(raw.clear_after.as_ref(), grain)?,
            on_missing: match raw.on_missing.as_ref().map(|o| o.node.as_str()) {
                Some("fires") => OnMissing::Fires,
                Some("previous") => OnMissing::Previous,
                _ => OnMissing::Unknown,
            },
        };
        let Reading { mut operands, formulas, .. } = reading;
        let (sheet, places) = sheets.add(self, raw, (grain, timeless), &each.dimensions, formulas)?;
        for operand in &mut operands {
            operand.place = places[operand.place];
            operand.named = operand.named.map(|at| places[at]);
            if let Some(stands) = &mut operand.stands {
                stands.statuses = stands.statuses.map(|at| places[at]);
                stands.target = places[stands.target];
                stands.attainment = places[stands.attainment];
            }
        }
        Some(Rule {
            each: each.dimensions,
            shown: each.shown,
            grain,
            timeless,
            text: print(written),
            sheet,
            condition: places[condition],
            filter: filter.map(|at| places[at]),
            operands,
            policy,
            min_n: raw.min_n.as_ref().map(|n| n.node),
            message,
            ..head_of(raw)
        })
    }

    /// A condition's place among what is computed.
    fn condition(&mut self, reading: &mut Reading, written: &crate::syntax::ast::Expr) -> Option<usize> {
        let typed = lower(self, &mut reading.scope, written);
        if typed.ty == Type::Unknown || !expect_condition(self, &typed) {
            return None;
        }
        Some(reading.place(typed))
    }

    /// Whether definitions alone are read: nothing that has a time.
    fn is_timeless(&self, reading: &Reading) -> bool {
        reading.formulas.iter().all(|formula| {
            let of_results = formula.any_leaf(&|leaf| {
                matches!(
                    leaf,
                    ResultLeaf::Kpi(..)
                        | ResultLeaf::Judged(_)
                        | ResultLeaf::Bound(_)
                        | ResultLeaf::Stated(_)
                        | ResultLeaf::Table(_)
                        | ResultLeaf::Period(..)
                        | ResultLeaf::Across(..)
                        | ResultLeaf::History(_)
                )
            });
            let timed = |id: &crate::model::project::MeasureId| {
                let measure = &self.model.measures[id.0];
                let defined = self.model.source(measure.source).catalogue;
                !defined || matches!(measure.time, TimeBinding::At(_))
            };
            !of_results && !formula.measures().iter().any(timed)
        })
    }

    /// `for: 2 periods`: how many of the rule's grain.
    fn periods_of(&mut self, written: Option<&Spanned<String>>, grain: Grain) -> Option<u32> {
        let Some(written) = written else { return Some(1) };
        let parsed = parse_mapped(&written.node, &|_, _| written.span).ok();
        let found = match parsed.map(|e| e.kind) {
            Some(ExprKind::Literal(Literal::Duration { number, unit })) => {
                let count = number.parse::<u32>().ok().filter(|n| *n > 0);
                let of = match unit.node {
                    DurationUnit::Period => Some(None),
                    unit => self.unit_grain(unit).map(Some),
                };
                match (count, of) {
                    (Some(count), Some(None)) => Some(i64::from(count)),
                    (Some(count), Some(Some(unit))) => self.model.calendar.periods_in(count, unit, grain),
                    _ => None,
                }
            }
            _ => None,
        };
        let found = found.and_then(|n| u32::try_from(n).ok()).filter(|n| *n > 0);
        if found.is_none() {
            let name = self.model.calendar.grain_name(grain);
            self.report(
                Diagnostic::new(&codes::BAD_RULE, format!("`{}` is no number of periods", written.node))
                    .at(written.span, format!("a whole number of periods of grain {name} is expected"))
                    .help("`2 periods`"),
            );
        }
        found
    }
}
