//! Which KPIs a test needs: those that it names, and what these use. What else a project defines may be
//! wrong without harm to the test.

use std::collections::BTreeSet;

use super::expect::{Expected, Subject};
use super::given::ours;
use crate::rulefile::raw::{
    Formula, RawFloor, RawKpi, RawProject, RawRule, RawScorecard, RawStatus, RawTarget,
};
use crate::syntax::ast::ExprKind;
use crate::syntax::walk::walk;

/// The KPIs that some need, themselves included.
pub fn needed(raw: &RawProject, named: impl IntoIterator<Item = String>) -> BTreeSet<String> {
    let mut needed = BTreeSet::new();
    let mut waiting: Vec<String> = named.into_iter().collect();
    // A function may name a KPI; which ones are called is not looked at.
    let functions = raw.functions.values().filter_map(|f| f.formula.as_ref());
    waiting.extend(functions.flat_map(names));
    while let Some(name) = waiting.pop() {
        let Some(kpi) = raw.kpis.get(&name) else { continue };
        if needed.insert(name) {
            waiting.extend(formulas(kpi).into_iter().flat_map(names));
        }
    }
    needed
}

/// Every formula of a KPI.
fn formulas(kpi: &RawKpi) -> Vec<&Formula> {
    let target = match &kpi.target {
        Some(RawTarget::Formula(formula)) => Some(formula),
        _ => None,
    };
    let floors = kpi.status.iter().flat_map(|s: &RawStatus| [&s.on_track, &s.at_risk, &s.off_track]);
    let mut found: Vec<&Formula> = Vec::new();
    for floor in floors.flatten() {
        match floor {
            RawFloor::Floor(formula) => found.push(formula),
            RawFloor::Range(range) => found.extend(range.low.iter().chain(&range.high)),
        }
    }
    let amounts = kpi.cost.iter().chain(&kpi.benefit).filter_map(|a| a.amount.as_ref());
    found.extend(kpi.formula.iter().chain(target).chain(&kpi.baseline).chain(amounts));
    found
}

/// The KPIs that an expectation reads: its own, or those of its scorecard or its rule.
pub fn named(raw: &RawProject, expected: &Expected) -> Vec<String> {
    let name = &expected.name.node;
    match expected.of {
        Subject::Kpi => vec![name.clone()],
        Subject::Scorecard => raw.scorecards.get(name).map(of_scorecard).unwrap_or_default(),
        Subject::Rule => raw.rules.get(name).map(|rule| of_rule(raw, rule)).unwrap_or_default(),
    }
}

fn of_scorecard(card: &RawScorecard) -> Vec<String> {
    let pay = card.pay.iter().flat_map(|p| p.base.iter().chain(&p.needs));
    card.kpis.iter().map(|(kpi, _)| kpi.node.clone()).chain(pay.flat_map(names)).collect()
}

/// The names that a rule reads, parameters by what they stand for.
fn of_rule(raw: &RawProject, rule: &RawRule) -> Vec<String> {
    let filter = rule.each.as_ref().and_then(|e| e.filter.as_ref());
    let mut found: Vec<String> = rule.when.iter().chain(filter).flat_map(paths).collect();
    let written = rule.each.iter().flat_map(|e| &e.dimensions);
    // What stands in braces is a formula; the words around it are taken for names too, which costs a KPI at most.
    let told = rule.message.iter().flat_map(|m| m.texts.values());
    let texts = written.chain(rule.each.iter().flat_map(|e| &e.pair)).chain(told);
    let word = |c: char| !(c.is_alphanumeric() || matches!(c, '.' | '_'));
    found.extend(texts.flat_map(|text| text.node.split(word)).map(str::to_owned));
    let meant = |path: String| {
        let mut parts = path.split('.');
        let first = parts.next().unwrap_or_default();
        let param = (first == "params").then(|| raw.params.get(parts.next()?)?.names.as_ref()).flatten();
        let meant = param.map_or(first, |p| p.node.split('.').next().unwrap_or_default());
        meant.to_owned()
    };
    found.into_iter().map(meant).filter(|name| !name.is_empty()).collect()
}

/// Whether an expectation is about the project's own definitions, which are all needed then.
pub fn of_definitions(raw: &RawProject, expected: &Expected) -> bool {
    let mut named = named(raw, expected);
    let kpis = needed(raw, named.clone());
    named.extend(kpis.iter().filter_map(|kpi| raw.kpis.get(kpi)).flat_map(formulas).flat_map(names));
    raw.sources.values().filter(|source| ours(source)).any(|source| {
        let entity = source.entity.as_ref().map(|e| &e.node);
        named
            .iter()
            .any(|name| !raw.kpis.contains_key(name) && (*name == source.name.node || Some(name) == entity))
    })
}

fn names(formula: &Formula) -> Vec<String> {
    let first = |path: String| path.split('.').next().unwrap_or_default().to_owned();
    paths(formula).into_iter().map(first).collect()
}

fn paths(formula: &Formula) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(expr) = &formula.expr {
        walk(expr, &mut |e| {
            if let ExprKind::Name(path) = &e.kind {
                found.push(path.text());
            }
        });
    }
    found
}
