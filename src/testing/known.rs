//! Which KPIs a test needs: those that it names, and what these use. What else a project defines may be
//! wrong without harm to the test.

use std::collections::BTreeSet;

use super::expect::Expected;
use crate::rulefile::raw::{Formula, RawFloor, RawKpi, RawProject, RawStatus, RawTarget};
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

/// The KPIs that an expectation reads: its own, or those of its scorecard.
pub fn named(raw: &RawProject, expected: &Expected) -> Vec<String> {
    let name = &expected.name.node;
    let Some(card) = raw.scorecards.get(name).filter(|_| expected.card) else { return vec![name.clone()] };
    let pay = card.pay.iter().flat_map(|p| p.base.iter().chain(&p.needs));
    card.kpis.iter().map(|(kpi, _)| kpi.node.clone()).chain(pay.flat_map(names)).collect()
}

fn names(formula: &Formula) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(expr) = &formula.expr {
        walk(expr, &mut |e| {
            if let ExprKind::Name(path) = &e.kind {
                found.extend(path.parts.first().map(|p| p.node.clone()));
            }
        });
    }
    found
}
