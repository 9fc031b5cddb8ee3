//! Results that a test states: they stand in place of a KPI's formula, its target and its status, with the type
//! and unit that the formula has.

use std::sync::Arc;

use super::Resolver;
use super::results::ResultScope;
use crate::diagnostic::{Diagnostic, codes};
use crate::model::expr::{Expr, Kind, ResultExpr, ResultLeaf};
use crate::model::judge::Judge;
use crate::model::stated::{Stated, StatedResults, StatedWhat};
use crate::model::types::{Type, Unit};
use crate::rulefile::raw::RawKpi;
use crate::source::Span;

impl Resolver<'_> {
    /// What is asked of a KPI that its stated results cannot say.
    pub(super) fn beyond_stated(&self, name: &str, scope: &ResultScope, used: Span) -> Option<Diagnostic> {
        self.stated.iter().find(|s| s.kpi == name)?;
        let beyond = if scope.window.is_some() {
            "over a window"
        } else if !scope.filters.is_empty() {
            "for a part of its rows"
        } else if scope.per.is_some() {
            "for each entity inside a formula"
        } else {
            return None;
        };
        Some(
            Diagnostic::new(&codes::BAD_TEST, format!("the results of `{name}` are given"))
                .at(used, format!("and what it is {beyond} does not follow from them"))
                .help(format!("give the rows of the sources that `{name}` reads")),
        )
    }

    /// What is stated in place of a formula; `None` where that cannot say what is asked.
    pub(super) fn in_place_of(
        &mut self,
        kpi: &RawKpi,
        formula: Option<ResultExpr>,
        results: &Arc<StatedResults>,
    ) -> Option<ResultExpr> {
        let name = &kpi.name;
        // Without the project's data the type may not be known.
        let (ty, unit) = match formula {
            Some(formula) => (formula.ty, formula.unit),
            None => {
                let unit = kpi.unit.as_ref().filter(|u| u.node != "percent");
                (Type::Float, unit.map_or_else(Unit::none, |u| Unit::declared(&u.node)))
            }
        };
        if !(ty.is_number() || matches!(ty, Type::Duration | Type::Boolean)) {
            self.report(
                Diagnostic::new(&codes::BAD_TEST, format!("the results of `{}` cannot be given", name.node))
                    .at(name.span, format!("it is {}", super::lower::a(ty)))
                    .help(format!("give the rows of the sources that `{}` reads", name.node)),
            );
            return None;
        }
        Some(leaf(results, StatedWhat::Value, ty, unit, name.span))
    }

    /// Targets and statuses that are stated, in place of what the KPI says of itself.
    pub(super) fn judged_as_stated(&self, judge: &mut Judge, formula: &ResultExpr, kpi: &RawKpi) {
        let Some(results) = self.stated.iter().find(|s| s.kpi == kpi.name.node) else { return };
        judge.paced = false;
        if results.targets {
            let target = leaf(results, StatedWhat::Target, formula.ty, formula.unit.clone(), formula.span);
            judge.target = Some(Arc::new(target));
        }
        if results.statuses {
            let words = leaf(results, StatedWhat::Status, Type::Text, Unit::none(), formula.span);
            judge.stated = Some(Arc::new(words));
        }
    }
}

fn leaf(results: &Arc<StatedResults>, what: StatedWhat, ty: Type, unit: Unit, span: Span) -> ResultExpr {
    let stated = Stated { results: Arc::clone(results), what };
    Expr { kind: Kind::Leaf(ResultLeaf::Stated(Arc::new(stated))), ty, unit, span }
}
