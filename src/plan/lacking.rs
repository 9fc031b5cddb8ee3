//! Which rows lack an exchange rate. A formula is missing in a row *for lack of a rate* where it would not
//! be if every rate were there; a measure counts such rows, so that its value is missing and never smaller.
//! Where a formula deals with a missing value itself (`coalesce`, `is missing`), nothing is lacking.

use datafusion::logical_expr::{Expr, lit, when};

use super::lower::Lowering;
use crate::model::expr::{Kind, RowExpr, RowLeaf};
use crate::model::project::{ColumnRef, Measure};
use crate::model::rates::RATE;

/// Rows that lack a rate.
pub struct Lacking {
    /// Those that count, or may, and whose argument or condition is missing for it.
    pub rows: Expr,
    /// Those among them that may count: a condition is missing for it.
    pub undecided: Option<Expr>,
}

impl Lowering<'_> {
    /// Which rows a measure cannot tell of for lack of a rate; none where it converts nothing.
    pub fn lacking(&self, measure: &Measure) -> Option<Lacking> {
        let mut conditions = Vec::new();
        if let Some(filter) = &measure.filter {
            flattened(filter, true, &mut conditions);
        }
        // A row counts, or would if its conditions were known.
        let mut counts: Option<Expr> = None;
        let mut unknown: Option<Expr> = None;
        for condition in conditions {
            let holds = match self.lacks(condition) {
                None => self.expr(condition),
                Some(lacks) => {
                    unknown = Some(either(unknown, lacks.clone()));
                    self.expr(condition).is_true().or(lacks)
                }
            };
            counts = Some(match counts {
                Some(before) => before.and(holds),
                None => holds,
            });
        }
        let counted = |rows: Expr| match &counts {
            Some(counts) => counts.clone().and(rows),
            None => rows,
        };
        let arguments: Vec<&RowExpr> = [&measure.argument, &measure.weight].into_iter().flatten().collect();
        let rows = match (unknown.clone(), self.any_lacks(&arguments)) {
            (None, None) => return None,
            (Some(rows), None) | (None, Some(rows)) => rows,
            (Some(a), Some(b)) => a.or(b),
        };
        Some(Lacking { rows: counted(rows), undecided: unknown.map(counted) })
    }

    /// Where a formula is missing for lack of a rate; none where that cannot be.
    fn lacks(&self, expr: &RowExpr) -> Option<Expr> {
        match &expr.kind {
            Kind::Literal(_) | Kind::IsMissing(_) | Kind::Leaf(RowLeaf::Period(_)) => None,
            Kind::Leaf(RowLeaf::Column(column)) => self.column_lacks(column),
            // A missing currency or day has no rate.
            Kind::Call(RATE, _) => Some(self.expr(expr).is_null()),
            Kind::Call("if", args) => self.branches_lack(args),
            // Known where one part decides, whatever the others lack.
            Kind::And(..) | Kind::Or(..) | Kind::In(..) | Kind::Call("coalesce", _) => {
                let mut parts = Vec::new();
                match &expr.kind {
                    Kind::And(..) => flattened(expr, true, &mut parts),
                    Kind::Or(..) => flattened(expr, false, &mut parts),
                    _ => parts = expr.children(),
                }
                let any = parts.into_iter().filter_map(|p| self.lacks(p)).reduce(Expr::or)?;
                Some(self.expr(expr).is_null().and(any))
            }
            _ => self.any_lacks(&expr.children()),
        }
    }

    /// Where one of several parts lacks a rate and none of the others is missing for a reason of its own.
    fn any_lacks(&self, parts: &[&RowExpr]) -> Option<Expr> {
        let mut others = Vec::new();
        let mut any: Option<Expr> = None;
        for part in parts {
            match self.lacks(part) {
                Some(lacks) => {
                    any = Some(either(any, lacks));
                }
                None if matches!(part.kind, Kind::Literal(_)) => {}
                None => others.push(self.expr(part).is_not_null()),
            }
        }
        Some(others.into_iter().fold(any?, Expr::and))
    }

    /// `if(c, a, else)`: where the condition that decides is lacking, or the value that it picks.
    fn branches_lack(&self, args: &[RowExpr]) -> Option<Expr> {
        let lacks: Vec<Option<Expr>> = args.iter().map(|a| self.lacks(a)).collect();
        if lacks.iter().all(Option::is_none) {
            return None;
        }
        let or_no = |at: usize| lacks[at].clone().unwrap_or_else(|| lit(false));
        let otherwise = args.len().checked_sub(1)?;
        let picked = (0..otherwise).step_by(2).rev().try_fold(or_no(otherwise), |rest, at| {
            let condition = self.expr(&args[at]);
            when(condition.clone().is_null(), or_no(at)).when(condition, or_no(at + 1)).otherwise(rest)
        });
        picked.ok()
    }

    /// A column's formula, or what it must satisfy, may lack a rate.
    fn column_lacks(&self, at: &ColumnRef) -> Option<Expr> {
        let hops: Vec<usize> = self.prefix.iter().chain(&at.hops).copied().collect();
        let source = self.model.target(self.source, &hops);
        let column = &self.model.source(source).columns[at.column];
        let mut here = Lowering {
            prefix: hops.clone(),
            unchecked: self.unchecked.clone(),
            moment: self.moment.clone(),
            ..*self
        };
        if let Some(formula) = &column.formula {
            return here.lacks(formula);
        }
        let absolute = ColumnRef { hops, column: at.column };
        let valid = column.valid.as_ref().filter(|_| !self.unchecked.contains(&absolute))?;
        here.unchecked.push(absolute);
        let lacks = here.lacks(valid)?;
        let own = ColumnRef { hops: Vec::new(), column: at.column };
        Some(here.raw_column(&own).0.is_not_null().and(lacks))
    }
}

fn either(before: Option<Expr>, more: Expr) -> Expr {
    match before {
        Some(before) => before.or(more),
        None => more,
    }
}

/// The parts of a chain of `and` (or of `or`), from the left.
fn flattened<'e>(expr: &'e RowExpr, and: bool, parts: &mut Vec<&'e RowExpr>) {
    let mut below = vec![expr];
    while let Some(expr) = below.pop() {
        match &expr.kind {
            Kind::And(a, b) if and => below.extend([&**b, &**a]),
            Kind::Or(a, b) if !and => below.extend([&**b, &**a]),
            _ => parts.push(expr),
        }
    }
}
