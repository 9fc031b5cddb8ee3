//! Conditions of aggregates: they are looked at for every row and never reach a reader, so comparisons of
//! texts with constants are kernels of ours that compare views as numbers, several times as fast as
//! DataFusion's operators.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, StringViewArray, make_view};
use arrow::buffer::{BooleanBuffer, Buffer};
use arrow::compute::{and_kleene, cast, or_kleene};
use arrow::datatypes::DataType;
use arrow::error::ArrowError;
use datafusion::logical_expr::Expr;

use super::lower::Lowering;
use super::udf;
use crate::functions::{Env, Failure};
use crate::model::expr::{Compare, Kind, RowExpr, Value};
use crate::model::types::Type;

/// Texts up to this many bytes are in their views whole.
const INLINE: usize = 12;

impl Lowering<'_> {
    /// A formula as the condition of an aggregate.
    pub fn mask(&self, expr: &RowExpr) -> Expr {
        let env = Env { timezone: self.model.calendar.timezone };
        match &expr.kind {
            Kind::Compare(Compare::Eq, a, b) if a.ty == Type::Text && text(b).is_some() => {
                is_one_of(self.expr(a), text(b).into_iter().collect(), env)
            }
            Kind::Compare(Compare::NotEq, a, b) if a.ty == Type::Text && text(b).is_some() => {
                self.opposite(is_one_of(self.expr(a), text(b).into_iter().collect(), env))
            }
            Kind::In(operand, list) if operand.ty == Type::Text && list.iter().all(|e| text(e).is_some()) => {
                is_one_of(self.expr(operand), list.iter().filter_map(text).collect(), env)
            }
            Kind::Not(operand) => self.opposite(self.mask(operand)),
            // Without errors both sides may be looked at for every row, and the answers put together by bits.
            Kind::And(a, b) if cannot_fail(a) && cannot_fail(b) => {
                together("and", and_kleene, [self.mask(a), self.mask(b)], env)
            }
            Kind::Or(a, b) if cannot_fail(a) && cannot_fail(b) => {
                together("or", or_kleene, [self.mask(a), self.mask(b)], env)
            }
            _ => self.expr(expr),
        }
    }
}

fn text(expr: &RowExpr) -> Option<String> {
    match &expr.kind {
        Kind::Literal(Value::Text(text)) => Some(text.clone()),
        _ => None,
    }
}

/// Whether a condition is made of columns, constants and comparisons only.
fn cannot_fail(expr: &RowExpr) -> bool {
    match &expr.kind {
        Kind::Literal(_) | Kind::Leaf(_) => true,
        Kind::Not(a) | Kind::IsMissing(a) => cannot_fail(a),
        Kind::And(a, b) | Kind::Or(a, b) | Kind::Compare(_, a, b) => cannot_fail(a) && cannot_fail(b),
        Kind::In(a, list) => cannot_fail(a) && list.iter().all(cannot_fail),
        _ => false,
    }
}

type Logic = fn(&BooleanArray, &BooleanArray) -> Result<BooleanArray, ArrowError>;

fn together(name: &str, logic: Logic, sides: [Expr; 2], env: Env) -> Expr {
    let kernel = move |args: &[ArrayRef], _: usize| {
        let [a, b] = [truths(&args[0])?, truths(&args[1])?];
        Ok(Arc::new(logic(a.as_boolean(), b.as_boolean()).map_err(|e| failed(&e))?) as ArrayRef)
    };
    udf::call(name, env, DataType::Boolean, Arc::new(kernel), sides.into())
}

/// Of a constant that is missing too.
fn truths(array: &ArrayRef) -> Result<ArrayRef, Failure> {
    cast(array, &DataType::Boolean).map_err(|e| failed(&e))
}

fn failed(error: &ArrowError) -> Failure {
    Failure::Internal(error.to_string())
}

fn is_one_of(column: Expr, wanted: Vec<String>, env: Env) -> Expr {
    let name = format!("is {wanted:?}");
    let kernel = move |args: &[ArrayRef], _: usize| one_of(&args[0], &wanted);
    udf::call(name, env, DataType::Boolean, Arc::new(kernel), vec![column])
}

#[allow(clippy::needless_bitwise_bool, reason = "no branch in the inner loop")]
fn one_of(array: &ArrayRef, wanted: &[String]) -> Result<ArrayRef, Failure> {
    let views = cast(array, &DataType::Utf8View).map_err(|e| failed(&e))?;
    let texts = views.as_string_view();
    let short: Vec<u128> =
        wanted.iter().filter(|w| w.len() <= INLINE).map(|w| make_view(w.as_bytes(), 0, 0)).collect();
    let bits = match (short.as_slice(), short.len() == wanted.len()) {
        ([one], true) => each_view(texts, |view| view == *one),
        (_, true) => each_view(texts, |view| short.iter().fold(false, |found, w| found | (view == *w))),
        _ => BooleanBuffer::collect_bool(texts.len(), |row| {
            texts.is_valid(row) && wanted.iter().any(|w| w == texts.value(row))
        }),
    };
    Ok(Arc::new(BooleanArray::new(bits, texts.nulls().cloned())))
}

/// A bit for each view, by words of 64.
fn each_view(texts: &StringViewArray, test: impl Fn(u128) -> bool) -> BooleanBuffer {
    let word = |views: &[u128]| {
        views.iter().enumerate().fold(0_u64, |word, (i, view)| word | (u64::from(test(*view)) << i))
    };
    let words: Vec<u64> = texts.views().chunks(64).map(word).collect();
    BooleanBuffer::new(Buffer::from_vec(words), 0, texts.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_long_texts_and_missing_ones() {
        let long = "a text of more than twelve bytes";
        let rows = [Some("web"), None, Some("we"), Some(long), Some(""), Some("a text of more than 12")];
        let many: Vec<Option<&str>> = rows.iter().cycle().take(200).copied().collect();
        let texts: ArrayRef = Arc::new(StringViewArray::from(many.clone()));
        for wanted in [vec!["web"], vec!["web", ""], vec![long], vec![long, "we"], vec![]] {
            let wanted: Vec<String> = wanted.into_iter().map(str::to_owned).collect();
            let expected: BooleanArray =
                many.iter().map(|t| t.map(|t| wanted.iter().any(|w| w == t))).collect();
            let found = one_of(&texts, &wanted).unwrap();
            assert_eq!(found.as_boolean(), &expected, "{wanted:?}");
            let found = one_of(&texts.slice(7, 100), &wanted).unwrap();
            assert_eq!(found.as_boolean(), &expected.slice(7, 100), "{wanted:?}");
        }
    }
}
