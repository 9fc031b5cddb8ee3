//! Comparisons and tests of texts -> typed conditions. Durations meet numbers whose unit is a length of time.

use super::Resolver;
use super::literals::micros;
use super::lower::{a, boolean, literal, poison};
use super::operators::{UNITS, described, named};
use crate::diagnostic::{Diagnostic, codes};
use crate::model::expr::{Arith, Compare, Expr, Kind, TextTest, Value};
use crate::model::types::{Type, Unit};
use crate::model::typing::{self, Misfit};
use crate::source::Span;
use crate::syntax::ast::{self, TextOp};

/// Types a comparison; durations meet numbers whose unit is a length of time.
pub(super) fn compare<L: Clone>(
    r: &mut Resolver<'_>,
    op: Compare,
    left: Expr<L>,
    right: Expr<L>,
    span: Span,
) -> Expr<L> {
    let left = in_unit_of(left, &right);
    let right = in_unit_of(right, &left);
    if !check_comparison(r, &left, &right) {
        return poison(span);
    }
    boolean(Kind::Compare(op, Box::new(left), Box::new(right)), span)
}

/// A duration beside a number of days is taken as a number of days.
fn in_unit_of<L>(expr: Expr<L>, other: &Expr<L>) -> Expr<L> {
    if expr.ty != Type::Duration || !other.ty.is_number() {
        return expr;
    }
    let Some(length) = duration_unit(&other.unit.to_string()) else { return expr };
    let span = expr.span;
    let one = literal(Value::Duration(length), Type::Duration, Unit::none(), span);
    Expr {
        kind: Kind::Arith(Arith::Div, Box::new(expr), Box::new(one)),
        ty: Type::Float,
        unit: other.unit.clone(),
        span,
    }
}

/// The length of one of a named unit of time, in microseconds.
pub(super) fn duration_unit(name: &str) -> Option<i64> {
    micros(match name.trim_end_matches('s') {
        "second" => ast::DurationUnit::Second,
        "minute" => ast::DurationUnit::Minute,
        "hour" => ast::DurationUnit::Hour,
        "day" => ast::DurationUnit::Day,
        "week" => ast::DurationUnit::Week,
        _ => return None,
    })
}

pub(super) fn check_comparison<L>(r: &mut Resolver<'_>, left: &Expr<L>, right: &Expr<L>) -> bool {
    let Err(misfit) = typing::comparison((left.ty, &left.unit), (right.ty, &right.unit)) else { return true };
    let (what, code) = match misfit {
        Misfit::Units => (
            format!("`{}` and `{}` cannot be compared", named(&left.unit), named(&right.unit)),
            &codes::UNIT_MISMATCH,
        ),
        _ => (format!("{} and {} cannot be compared", a(left.ty), a(right.ty)), &codes::TYPE_MISMATCH),
    };
    let mut diagnostic =
        Diagnostic::new(code, what).at(right.span, described(right)).also(left.span, described(left));
    diagnostic.help = match misfit {
        Misfit::Units => Some(UNITS.to_owned()),
        _ => comparison_help(left, right),
    };
    r.report(diagnostic);
    false
}

fn comparison_help<L>(left: &Expr<L>, right: &Expr<L>) -> Option<String> {
    let (literal, other) = match (&left.kind, &right.kind) {
        (_, Kind::Literal(v)) => (v, left),
        (Kind::Literal(v), _) => (v, right),
        _ => return None,
    };
    match (literal, other.ty) {
        (Value::Text(t), Type::Date | Type::Timestamp | Type::Integer | Type::Decimal(_) | Type::Float) => {
            Some(format!("without quotes: {t}"))
        }
        (Value::Text(t), Type::Boolean) => Some(format!("true or false, without quotes: {t}")),
        (Value::Integer(n), Type::Text) => Some(format!("a text stands in quotes: \"{n}\"")),
        _ => None,
    }
}

pub(super) fn text_test<L>(
    r: &mut Resolver<'_>,
    op: TextOp,
    operand: Expr<L>,
    pattern: Expr<L>,
    span: Span,
) -> Expr<L> {
    let mut fits = true;
    for side in [&operand, &pattern] {
        if !matches!(side.ty, Type::Text | Type::Unknown) {
            r.report(
                Diagnostic::new(&codes::TYPE_MISMATCH, format!("{} where a text is expected", a(side.ty)))
                    .at(side.span, side.ty.to_string()),
            );
            fits = false;
        }
    }
    let op = match op {
        TextOp::Contains => TextTest::Contains,
        TextOp::StartsWith => TextTest::StartsWith,
        TextOp::EndsWith => TextTest::EndsWith,
        TextOp::Matches => TextTest::Matches,
    };
    if let (TextTest::Matches, Kind::Literal(Value::Text(regex))) = (op, &pattern.kind)
        && let Err(problem) = regex::RegexBuilder::new(regex).size_limit(1 << 20).build()
    {
        let problem = problem.to_string();
        let problem = problem.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
        r.report(
            Diagnostic::new(&codes::INVALID_VALUE, "not a regular expression").at(pattern.span, problem),
        );
        fits = false;
    }
    if !fits {
        return poison(span);
    }
    boolean(Kind::Text(op, Box::new(operand), Box::new(pattern)), span)
}
