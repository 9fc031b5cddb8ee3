//! Which file columns a formula reads in the end: formulas of columns opened up, `valid` included, each
//! with the relations that lead there.

use std::collections::BTreeSet;

use crate::model::expr::RowExpr;
use crate::model::project::{ColumnRef, Model, SourceId};

/// Collects the file columns behind a formula of a source's rows.
pub fn of_expr(model: &Model, source: SourceId, prefix: &[usize], expr: &RowExpr, out: &mut BTreeSet<ColumnRef>) {
    expr.leaves(&mut |leaf| {
        let hops: Vec<usize> = prefix.iter().chain(&leaf.hops).copied().collect();
        of_column(model, source, &ColumnRef { hops, column: leaf.column }, out);
    });
}

/// Collects the file columns behind a column.
pub fn of_column(model: &Model, source: SourceId, at: &ColumnRef, out: &mut BTreeSet<ColumnRef>) {
    keys_on_the_way(model, source, &at.hops, out);
    let column = model.column(source, at);
    if let Some(formula) = &column.formula {
        of_expr(model, source, &at.hops, formula, out);
        return;
    }
    if !out.insert(at.clone()) {
        return;
    }
    if let Some(valid) = &column.valid {
        of_expr(model, source, &at.hops, valid, out);
    }
    // A `to` after the as-of is missing; rows are cut by the source's own time or `from`.
    let here = model.source(model.target(source, &at.hops));
    for own in [here.time, here.span.map(|s| s.from)].into_iter().flatten() {
        let own = ColumnRef { hops: at.hops.clone(), column: own };
        if here.columns[own.column].formula.is_none() {
            out.insert(own);
        }
    }
}

/// The keys that a chain of relations joins by, at both ends.
fn keys_on_the_way(model: &Model, source: SourceId, hops: &[usize], out: &mut BTreeSet<ColumnRef>) {
    for (depth, hop) in hops.iter().enumerate() {
        let at = model.target(source, &hops[..depth]);
        let relation = &model.source(at).relations[*hop];
        for key in &relation.key {
            of_column(model, source, &ColumnRef { hops: hops[..depth].to_vec(), column: *key }, out);
        }
        for key in &model.source(relation.to).key {
            of_column(model, source, &ColumnRef { hops: hops[..=depth].to_vec(), column: *key }, out);
        }
    }
}
