//! What a KPI reads of which nothing is known: columns that no file is there to tell of, and that are
//! neither given nor declared. Without a type they have no values, and a result of them would say nothing.

use std::collections::BTreeSet;

use super::expect::{Expected, bad};
use super::known::{named, needed, of_definitions};
use crate::diagnostic::Diagnostic;
use crate::model::expr::{Expr, ResultExpr, ResultLeaf, RowExpr, RowLeaf};
use crate::model::project::{ColumnRef, Made, MeasureId, Model, SourceId};
use crate::model::types::Type;
use crate::rulefile::raw::RawProject;
use crate::source::{Span, Spanned};
use crate::syntax::ast::ExprKind;
use crate::syntax::walk::walk;

/// Why a KPI cannot be computed, if it reads such a column.
pub fn unknown(raw: &RawProject, model: &Model, expected: &Expected) -> Option<Diagnostic> {
    // What is not known is none of the definitions either: a verdict over the others would be of another project.
    let read =
        if of_definitions(raw, expected) { raw.kpis.keys().cloned().collect() } else { named(raw, expected) };
    let mut kpis = read.into_iter().filter(|name| raw.kpis.contains_key(name));
    kpis.find_map(|name| of_kpi(raw, model, &Spanned::new(name, expected.name.span)))
}

fn of_kpi(raw: &RawProject, model: &Model, kpi: &Spanned<String>) -> Option<Diagnostic> {
    let place = match model.kpi(&kpi.node) {
        Some(found) => {
            Search { model, measures: BTreeSet::new(), columns: BTreeSet::new() }.result(&found.formula)?
        }
        None => written(raw, model, &kpi.node).unwrap_or(kpi.span),
    };
    let problem = bad(format!("`{}` reads what nothing is known of", kpi.node), place, "of no type");
    let problem = if place == kpi.span { problem } else { problem.also(kpi.span, "expected here") };
    Some(
        problem
            .note("the data of the project is not there, and no column of this name is given or declared")
            .help("rows with the column in the test, or its type under `columns:` of the source"),
    )
}

/// The first `source.column` in the formula of a KPI that is no column.
fn written(raw: &RawProject, model: &Model, kpi: &str) -> Option<Span> {
    let mut found = None;
    for name in needed(raw, [kpi.to_owned()]) {
        let Some(expr) = raw.kpis.get(&name).and_then(|k| k.formula.as_ref()?.expr.as_ref()) else {
            continue;
        };
        walk(expr, &mut |e| {
            let ExprKind::Name(path) = &e.kind else { return };
            let [source, column] = path.parts.as_slice() else { return };
            let Some(id) = model.source_named(&source.node) else { return };
            let here = model.source(id);
            if here.column_named(&column.node).is_none() && here.relation_named(&column.node).is_none() {
                found = found.or(Some(e.span));
            }
        });
    }
    found
}

struct Search<'a> {
    model: &'a Model,
    measures: BTreeSet<MeasureId>,
    columns: BTreeSet<(usize, usize)>,
}

impl Search<'_> {
    fn result(&mut self, formula: &ResultExpr) -> Option<Span> {
        if let Some(span) = untyped(formula) {
            return Some(span);
        }
        let mut bodies: Vec<&ResultExpr> = Vec::new();
        formula.leaves(&mut |leaf| match leaf {
            ResultLeaf::Kpi(_, body) | ResultLeaf::Across(_, body) => bodies.push(body),
            ResultLeaf::History(history) => bodies.extend(&history.of),
            ResultLeaf::Per(per) => bodies.extend(per.parts()),
            ResultLeaf::Judged(asked) => bodies.extend(asked.formulas()),
            ResultLeaf::Bound(bound) => bodies.push(&bound.name),
            ResultLeaf::Measure(_)
            | ResultLeaf::Period(..)
            | ResultLeaf::Stated(_)
            | ResultLeaf::Table(_) => {}
        });
        bodies
            .into_iter()
            .find_map(untyped)
            .or_else(|| formula.measures().into_iter().find_map(|id| self.measure(id)))
    }

    fn measure(&mut self, id: MeasureId) -> Option<Span> {
        if !self.measures.insert(id) {
            return None;
        }
        let measure = &self.model.measures[id.0];
        let parts = [&measure.argument, &measure.weight, &measure.filter];
        parts.into_iter().flatten().find_map(|part| self.row(measure.source, part)).or_else(|| {
            measure.time.columns().into_iter().find_map(|at| self.column(measure.source, at, measure.span))
        })
    }

    fn row(&mut self, source: SourceId, expr: &RowExpr) -> Option<Span> {
        if let Some(span) = untyped(expr) {
            return Some(span);
        }
        let mut columns: Vec<ColumnRef> = Vec::new();
        expr.leaves(&mut |leaf| {
            if let RowLeaf::Column(at) = leaf {
                columns.push(at.clone());
            }
        });
        columns.into_iter().find_map(|at| self.column(source, &at, expr.span))
    }

    fn column(&mut self, source: SourceId, at: &ColumnRef, used: Span) -> Option<Span> {
        let target = self.model.target(source, &at.hops);
        if !self.columns.insert((target.0, at.column)) {
            return None;
        }
        let column = &self.model.source(target).columns[at.column];
        let own = column.formula.iter().chain(&column.valid);
        let found = own.into_iter().find_map(|formula| self.row(target, formula));
        found.or_else(|| match column.made.as_deref() {
            Some(Made::Fact { measure, .. }) => self.measure(*measure),
            Some(_) => None,
            None => (column.formula.is_none() && column.ty == Type::Unknown).then_some(used),
        })
    }
}

/// The innermost part of an expression that has no type.
fn untyped<L>(expr: &Expr<L>) -> Option<Span> {
    let mut waiting = vec![expr];
    let mut found = None;
    while let Some(next) = waiting.pop() {
        if next.ty == Type::Unknown {
            found = Some(next.span);
        }
        waiting.extend(next.children());
    }
    found
}
