//! `+ - * / ^`, `and`, `or` -> typed expressions; months added to dates; what does not fit is told with
//! both sides.

use super::Resolver;
use super::comparisons::compare;
use super::literals::{micros, months};
use super::lower::{Scope, a, boolean, expect_condition, lower, poison};
use crate::diagnostic::{Diagnostic, codes};
use crate::model::expr::{Arith, Compare, Expr, Kind, Value};
use crate::model::types::{Type, Unit};
use crate::model::typing::{self, Misfit};
use crate::source::Span;
use crate::syntax::ast::{self, BinaryOp, ExprKind};

/// Types an operator and its two operands.
pub(super) fn binary<S: Scope>(
    r: &mut Resolver<'_>,
    scope: &mut S,
    op: BinaryOp,
    op_span: Span,
    (left, right): (&ast::Expr, &ast::Expr),
    span: Span,
) -> Expr<S::Leaf> {
    let arith = match op {
        BinaryOp::Add => Arith::Add,
        BinaryOp::Sub => Arith::Sub,
        BinaryOp::Mul => Arith::Mul,
        BinaryOp::Div => Arith::Div,
        BinaryOp::Pow => Arith::Pow,
        BinaryOp::And | BinaryOp::Or => {
            let (left, right) = (lower(r, scope, left), lower(r, scope, right));
            expect_condition(r, &left);
            expect_condition(r, &right);
            let (left, right) = (Box::new(left), Box::new(right));
            let kind = if op == BinaryOp::And { Kind::And(left, right) } else { Kind::Or(left, right) };
            return boolean(kind, span);
        }
        comparison => {
            let comparison = match comparison {
                BinaryOp::Eq => Compare::Eq,
                BinaryOp::NotEq => Compare::NotEq,
                BinaryOp::Lt => Compare::Lt,
                BinaryOp::LtEq => Compare::LtEq,
                BinaryOp::Gt => Compare::Gt,
                _ => Compare::GtEq,
            };
            let (left, right) = (lower(r, scope, left), lower(r, scope, right));
            return compare(r, comparison, left, right, span);
        }
    };
    if let (Arith::Add | Arith::Sub, Some(n)) = (arith, calendar_months(right)) {
        let left = lower(r, scope, left);
        if !left.ty.is_time() {
            r.report(
                Diagnostic::new(&codes::TYPE_MISMATCH, format!("months added to {}", a(left.ty)))
                    .at(left.span, left.ty.to_string())
                    .also(right.span, "months, quarters and years go with dates"),
            );
            return poison(span);
        }
        let n = if arith == Arith::Sub { -n } else { n };
        let (ty, unit) = (left.ty, Unit::none());
        return Expr { kind: Kind::AddMonths(Box::new(left), n), ty, unit, span };
    }
    if arith == Arith::Div {
        warn_one_sided(r, left, right, op_span);
    }
    let (left, right) = (lower(r, scope, left), lower(r, scope, right));
    let typed = typing::arithmetic(arith, (left.ty, &left.unit), (right.ty, &right.unit));
    match typed {
        Ok((ty, unit)) => {
            let ty = if whole_days(arith, &left, &right) { Type::Date } else { ty };
            Expr { kind: Kind::Arith(arith, Box::new(left), Box::new(right)), ty, unit, span }
        }
        Err(misfit) => {
            report_misfit(r, &misfit, &left, &right, op_span, verb(arith));
            poison(span)
        }
    }
}

/// A window binds to what stands directly before it, which in a quotient is seldom meant.
fn warn_one_sided(r: &mut Resolver<'_>, left: &ast::Expr, right: &ast::Expr, at: Span) {
    let window = |side: &ast::Expr| {
        let mut found = None;
        crate::syntax::walk::walk(side, &mut |e| {
            if let ExprKind::Windowed { window, .. } = &e.kind {
                found = found.or(Some(window.span));
            }
        });
        found
    };
    // A constant has no period to differ.
    let constant = |side: &ast::Expr| {
        let mut reads = false;
        crate::syntax::walk::walk(side, &mut |e| {
            reads |= matches!(e.kind, ExprKind::Call(_) | ExprKind::Name(_));
        });
        !reads
    };
    let found = match (window(left), window(right)) {
        (Some(window), None) if !constant(right) => window,
        (None, Some(window)) if !constant(left) => window,
        _ => return,
    };
    r.diagnostics.merge(
        Diagnostic::new(&codes::WINDOW_ON_ONE_SIDE, "a window on one side of a division")
            .at(found, "binds to what stands directly before it")
            .also(at, "the other side is of the period alone")
            .help("parentheses give it to both: `(a / b) over last 3 months`"),
    );
}

/// A date and whole days make a date.
fn whole_days<L>(op: Arith, left: &Expr<L>, right: &Expr<L>) -> bool {
    let day = micros(ast::DurationUnit::Day).unwrap_or(1);
    matches!(op, Arith::Add | Arith::Sub)
        && left.ty == Type::Date
        && matches!(right.kind, Kind::Literal(Value::Duration(n)) if n % day == 0)
}

fn calendar_months(expr: &ast::Expr) -> Option<i32> {
    match &expr.kind {
        ExprKind::Literal(ast::Literal::Duration { number, unit }) => {
            number.parse::<i32>().ok()?.checked_mul(months(unit.node)?)
        }
        _ => None,
    }
}

fn verb(op: Arith) -> &'static str {
    match op {
        Arith::Add => "added",
        Arith::Sub => "subtracted",
        Arith::Mul => "multiplied",
        Arith::Div => "divided",
        Arith::Pow => "raised to a power",
    }
}

pub(super) fn described<L>(expr: &Expr<L>) -> String {
    if expr.unit.is_none() { expr.ty.to_string() } else { format!("{} in {}", expr.ty, expr.unit) }
}

fn report_misfit<L>(
    r: &mut Resolver<'_>,
    misfit: &Misfit,
    left: &Expr<L>,
    right: &Expr<L>,
    at: Span,
    verb: &str,
) {
    let (l, rt) = (described(left), described(right));
    let diagnostic = match misfit {
        Misfit::Types => Diagnostic::new(
            &codes::TYPE_MISMATCH,
            format!("{} and {} cannot be {verb}", a(left.ty), a(right.ty)),
        ),
        Misfit::Units => Diagnostic::new(
            &codes::UNIT_MISMATCH,
            format!("`{}` and `{}` cannot be {verb}", named(&left.unit), named(&right.unit)),
        ),
        Misfit::Digits => {
            Diagnostic::new(&codes::TOO_MANY_DIGITS, "a product with more than 38 digits after the point")
        }
    };
    let help = match misfit {
        Misfit::Types
            if [left, right].iter().any(|e| e.ty == Type::Text && matches!(e.kind, Kind::Leaf(_))) =>
        {
            "a column of numbers that is read as text is declared: `columns: {NAME: {type: \"decimal(18,2)\"}}`"
        }
        Misfit::Types => "numbers go with numbers, durations with dates and durations",
        Misfit::Units => UNITS,
        Misfit::Digits => "one of the two with fewer digits, or as `type: float`",
    };
    r.report(diagnostic.at(at, "").also(left.span, l).also(right.span, rt).help(help));
}

/// Help for units that do not fit.
pub(super) const UNITS: &str = "amounts in different units stay apart; a column's own one is its `unit:`";

pub(super) fn named(unit: &Unit) -> String {
    if unit.is_none() { "number".to_owned() } else { unit.to_string() }
}
