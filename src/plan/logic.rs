//! `and` and `not` over rows -> DataFusion's where they stay three-valued. Of two lists of one value its simplifier
//! makes one, and where nothing is left says true or false, though the value may be missing: `x not in (1) or x not
//! in (2)` and `x in (1) and x in (2)` are not known then (apache/datafusion#24258, merged after 55.2). So no list
//! is negated where it sees it, and of two in an `and` it sees one.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray};
use arrow::datatypes::DataType;
use datafusion::logical_expr::{BinaryExpr, Expr, Operator};

use super::lower::Lowering;
use super::udf;
use crate::functions::Failure;

impl Lowering<'_> {
    /// `a and b`.
    pub(super) fn both(&self, a: Expr, b: Expr) -> Expr {
        if listed(&a).is_none_or(|value| listed(&b) != Some(value)) {
            return a.and(b);
        }
        let same = |args: &[ArrayRef], _: usize| Ok(Arc::clone(&args[0]));
        a.and(udf::call("same", self.env(), DataType::Boolean, Arc::new(same), vec![b]))
    }

    /// `not a`.
    pub(super) fn opposite(&self, a: Expr) -> Expr {
        // Readers and joins know what is not missing.
        if let Expr::IsNull(value) = a {
            return Expr::IsNotNull(value);
        }
        let not = |args: &[ArrayRef], _: usize| {
            let held = args[0].as_boolean_opt();
            let held = held.ok_or_else(|| Failure::Internal(format!("not of {}", args[0].data_type())))?;
            let not = arrow::compute::not(held).map_err(|e| Failure::Internal(e.to_string()))?;
            Ok(Arc::new(not) as ArrayRef)
        };
        udf::call("not", self.env(), DataType::Boolean, Arc::new(not), vec![a])
    }
}

/// The value of which the simplifier makes a condition a list.
fn listed(condition: &Expr) -> Option<&Expr> {
    match condition {
        Expr::InList(list) => Some(bare(&list.expr)),
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Or, right }) => {
            compared(left).filter(|value| compared(right) == Some(value))
        }
        _ => None,
    }
}

/// The value that a condition compares with one or several.
fn compared(condition: &Expr) -> Option<&Expr> {
    match condition {
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq, right }) => {
            Some(bare(if matches!(**left, Expr::Literal(..)) { right } else { left }))
        }
        _ => listed(condition),
    }
}

/// A value without the casts that the simplifier takes from it.
fn bare(value: &Expr) -> &Expr {
    match value {
        Expr::Cast(cast) => bare(&cast.expr),
        _ => value,
    }
}
