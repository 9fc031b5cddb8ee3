//! What the formulas of KPIs read of other KPIs, without what those read in turn.

use std::collections::HashSet;
use std::sync::Arc;

use super::made::shown;
use crate::model::expr::{ResultExpr, ResultLeaf};
use crate::model::project::{Kpi, Model};

/// Each KPI with each that its formula, target or baseline names, once, in the order of the files. What a KPI's
/// target reads of the KPI itself (`1.1 * ago(revenue, 1 year)`) ties it to no other, and is left out; what it costs
/// and brings is not what it is, and is left out too.
pub fn reads(model: &Model) -> Vec<(&str, &str)> {
    let mut all = Vec::new();
    for kpi in shown(model) {
        let mut named = HashSet::new();
        for formula in formulas(kpi) {
            direct(formula, &mut HashSet::new(), &mut named);
        }
        let read = shown(model).filter(|other| other.name != kpi.name && named.contains(other.name.as_str()));
        all.extend(read.map(|other| (kpi.name.as_str(), other.name.as_str())));
    }
    all
}

/// What is written of a KPI; the value of the period before is made of its formula.
fn formulas(kpi: &Kpi) -> impl Iterator<Item = &ResultExpr> {
    let wanted = [&kpi.judge.target, &kpi.judge.baseline].into_iter().flatten();
    std::iter::once(&kpi.formula).chain(wanted).map(|f| &**f)
}

/// The KPIs that a formula names, also for each entity and for other cells.
fn direct<'a>(formula: &'a ResultExpr, seen: &mut HashSet<*const ResultExpr>, named: &mut HashSet<&'a str>) {
    formula.leaves(&mut |leaf| match leaf {
        ResultLeaf::Kpi(name, _) => {
            named.insert(name);
        }
        ResultLeaf::Across(_, body) => {
            if seen.insert(Arc::as_ptr(body)) {
                direct(body, seen, named);
            }
        }
        ResultLeaf::Per(per) => {
            if seen.insert(&raw const per.formula) {
                for part in per.parts() {
                    direct(part, seen, named);
                }
            }
        }
        ResultLeaf::History(history) => {
            for part in &history.of {
                if seen.insert(std::ptr::from_ref(part)) {
                    direct(part, seen, named);
                }
            }
        }
        ResultLeaf::Judged(asked) => {
            named.insert(&asked.name);
        }
        ResultLeaf::Bound(_)
        | ResultLeaf::Measure(_)
        | ResultLeaf::Period(..)
        | ResultLeaf::Stated(_)
        | ResultLeaf::Table(_) => {}
    });
}

#[cfg(test)]
mod tests {
    use super::super::samples::{kpi, model, of_kpis};
    use super::*;
    use crate::model::expr::{Across, Kind};

    #[test]
    fn only_what_a_formula_itself_names() {
        let base = kpi("base");
        let middle = kpi("middle").reads(&of_kpis(&[&base.kpi]));
        let top = kpi("top").reads(&of_kpis(&[&middle.kpi, &middle.kpi]));
        let all = model(vec![top, middle, base]);
        assert_eq!(reads(&all), [("top", "middle"), ("middle", "base")]);
    }

    #[test]
    fn other_periods_and_targets_count_and_the_kpi_itself_does_not() {
        let base = kpi("base");
        let of_base = of_kpis(&[&base.kpi]);
        let total = ResultLeaf::Across(Across::ShareOfTotal, Arc::new(of_base.clone()));
        let share = kpi("share").reads(&ResultExpr { kind: Kind::Leaf(total), ..of_base });
        let mut judged = kpi("judged");
        judged.kpi.judge.target = Some(Arc::new(of_kpis(&[&share.kpi, &judged.kpi])));
        judged.kpi.judge.baseline = Some(Arc::new(of_kpis(&[&base.kpi])));
        let mut hidden = kpi("(card: pay)").reads(&of_kpis(&[&base.kpi]));
        hidden.kpi.hidden = true;
        let all = model(vec![base, share, judged, hidden]);
        assert_eq!(reads(&all), [("share", "base"), ("judged", "base"), ("judged", "share")]);
    }
}
