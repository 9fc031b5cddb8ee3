//! Syntax -> typed expressions, the same way for rows and results; what differs (names, aggregates,
//! filters) a [`Scope`] answers. An operand with an error fits everything, so that one mistake is one
//! diagnostic.

use super::Resolver;
use super::calls;
use super::comparisons::{check_comparison, compare, text_test};
use super::operators::binary;
use crate::diagnostic::near::did_you_mean;
use crate::diagnostic::{Diagnostic, codes};
use crate::model::expr::{Compare, Expr, Kind, PeriodBorder, Value};
use crate::model::signature::Class;
use crate::model::types::{Type, Unit};
use crate::source::Span;
use crate::syntax::ast::{self, ExprKind, InPeriod, PeriodField, UnaryOp};

/// What names and calls mean here.
pub(super) trait Scope {
    /// What formulas of this scope read.
    type Leaf: Clone;
    /// A name.
    fn name(&mut self, r: &mut Resolver<'_>, path: &ast::Path, span: Span) -> Expr<Self::Leaf>;
    /// A call of a function that is no scalar.
    fn call(&mut self, r: &mut Resolver<'_>, call: &ast::Call, class: Class, span: Span) -> Expr<Self::Leaf>;
    /// Whether a name stands for something here.
    fn knows(&self, r: &Resolver<'_>, name: &str) -> bool;
    /// `period.start` and its like.
    fn period(&mut self, r: &mut Resolver<'_>, border: PeriodBorder, span: Span) -> Expr<Self::Leaf>;
    /// What `... in period` asks about, and whether it is the day after it that counts; `None` where an
    /// error was reported.
    fn in_period(
        &mut self,
        r: &mut Resolver<'_>,
        subject: &InPeriod,
        span: Span,
    ) -> Option<(Expr<Self::Leaf>, bool)>;
    /// `kpi is on_track`.
    fn stands(
        &mut self,
        r: &mut Resolver<'_>,
        operand: &ast::Expr,
        status: ast::Status,
        span: Span,
    ) -> Expr<Self::Leaf>;
    /// `formula over last 3 months`.
    fn windowed(
        &mut self,
        r: &mut Resolver<'_>,
        operand: &ast::Expr,
        window: &ast::Window,
        span: Span,
    ) -> Expr<Self::Leaf>;
    /// `(formula where condition)`.
    fn filtered(
        &mut self,
        r: &mut Resolver<'_>,
        formula: &ast::Expr,
        condition: &ast::Expr,
        span: Span,
    ) -> Expr<Self::Leaf>;
}

/// What stands where an error was reported.
pub(super) fn poison<L>(span: Span) -> Expr<L> {
    literal(Value::Missing, Type::Unknown, Unit::none(), span)
}

/// A constant.
pub(super) fn literal<L>(value: Value, ty: Type, unit: Unit, span: Span) -> Expr<L> {
    Expr { kind: Kind::Literal(value), ty, unit, span }
}

pub(super) fn boolean<L>(kind: Kind<L>, span: Span) -> Expr<L> {
    Expr { kind, ty: Type::Boolean, unit: Unit::none(), span }
}

/// Types an expression.
pub(super) fn lower<S: Scope>(r: &mut Resolver<'_>, scope: &mut S, expr: &ast::Expr) -> Expr<S::Leaf> {
    let span = expr.span;
    match &expr.kind {
        ExprKind::Literal(value) => match r.literal(value, span) {
            Some((value, ty, unit)) => literal(value, ty, unit, span),
            None => poison(span),
        },
        ExprKind::Name(path) => scope.name(r, path, span),
        ExprKind::Unary { op, operand, .. } => unary(r, scope, *op, operand, span),
        ExprKind::Binary { op, op_span, left, right } => binary(r, scope, *op, *op_span, (left, right), span),
        ExprKind::In { operand, list, negated } => {
            let operand = lower(r, scope, operand);
            let list: Vec<_> = list.iter().map(|e| lower(r, scope, e)).collect();
            for item in &list {
                check_comparison(r, &operand, item);
            }
            not_if(*negated, boolean(Kind::In(Box::new(operand), list), span))
        }
        ExprKind::Between { operand, low, high, negated } => {
            let operand = lower(r, scope, operand);
            let (low, high) = (lower(r, scope, low), lower(r, scope, high));
            let low = compare(r, Compare::GtEq, operand.clone(), low, span);
            let high = compare(r, Compare::LtEq, operand, high, span);
            not_if(*negated, boolean(Kind::And(Box::new(low), Box::new(high)), span))
        }
        ExprKind::IsMissing { operand, negated } => {
            let operand = lower(r, scope, operand);
            not_if(*negated, boolean(Kind::IsMissing(Box::new(operand)), span))
        }
        ExprKind::TextMatch { op, operand, pattern, negated } => {
            let operand = lower(r, scope, operand);
            let pattern = lower(r, scope, pattern);
            not_if(*negated, text_test(r, *op, operand, pattern, span))
        }
        ExprKind::Call(call) => calls::call(r, scope, call, span),
        ExprKind::Filtered { formula, condition } => scope.filtered(r, formula, condition, span),
        ExprKind::PeriodField(field) => {
            let border = match field {
                PeriodField::Start => PeriodBorder::Start,
                PeriodField::End => PeriodBorder::End,
                PeriodField::LastDay => PeriodBorder::LastDay,
            };
            scope.period(r, border, span)
        }
        ExprKind::InPeriod { subject, negated } => not_if(*negated, in_period(r, scope, subject, span)),
        ExprKind::IsStatus { operand, status, negated } => {
            not_if(*negated, scope.stands(r, operand, status.node, span))
        }
        ExprKind::Windowed { operand, window } => scope.windowed(r, operand, window, span),
    }
}

/// `COLUMN in period`, `started in period`, `ended in period`, wherever it stands.
fn in_period<S: Scope>(r: &mut Resolver<'_>, scope: &mut S, subject: &InPeriod, span: Span) -> Expr<S::Leaf> {
    let Some((day, after)) = scope.in_period(r, subject, span) else { return poison(span) };
    if !day.ty.is_time() {
        if day.ty != Type::Unknown {
            r.report(
                Diagnostic::new(&codes::TYPE_MISMATCH, format!("{} in a period", a(day.ty)))
                    .at(day.span, format!("{}, where a date or time is expected", day.ty)),
            );
        }
        return poison(span);
    }
    // The day after an inclusive end lies in the period where the end lies a day earlier.
    let (first, end) = if after {
        (PeriodBorder::Before, PeriodBorder::LastDay)
    } else {
        (PeriodBorder::Start, PeriodBorder::End)
    };
    let (first, end) = (scope.period(r, first, span), scope.period(r, end, span));
    let from = compare(r, Compare::GtEq, day.clone(), first, span);
    let to = compare(r, Compare::Lt, day, end, span);
    boolean(Kind::And(Box::new(from), Box::new(to)), span)
}

fn not_if<L>(negated: bool, expr: Expr<L>) -> Expr<L> {
    if negated {
        let span = expr.span;
        boolean(Kind::Not(Box::new(expr)), span)
    } else {
        expr
    }
}

fn unary<S: Scope>(
    r: &mut Resolver<'_>,
    scope: &mut S,
    op: UnaryOp,
    operand: &ast::Expr,
    span: Span,
) -> Expr<S::Leaf> {
    let operand = lower(r, scope, operand);
    match op {
        UnaryOp::Not => {
            expect_condition(r, &operand);
            boolean(Kind::Not(Box::new(operand)), span)
        }
        UnaryOp::Minus | UnaryOp::Plus => {
            if !operand.ty.is_number() && operand.ty != Type::Duration {
                r.report(
                    Diagnostic::new(&codes::TYPE_MISMATCH, format!("a sign before {}", a(operand.ty)))
                        .at(operand.span, format!("{}, where a number is expected", operand.ty)),
                );
                return poison(span);
            }
            if op == UnaryOp::Plus {
                return Expr { span, ..operand };
            }
            let (ty, unit) = (operand.ty, operand.unit.clone());
            let kind = match operand.kind {
                Kind::Literal(Value::Integer(n)) => Kind::Literal(Value::Integer(-n)),
                Kind::Literal(Value::Decimal(n, s)) => Kind::Literal(Value::Decimal(-n, s)),
                Kind::Literal(Value::Duration(n)) => Kind::Literal(Value::Duration(-n)),
                kind => Kind::Neg(Box::new(Expr { kind, ..operand })),
            };
            Expr { kind, ty, unit, span }
        }
    }
}

/// "a number", "an integer".
pub(super) fn a(ty: Type) -> String {
    let name = ty.to_string();
    if name.starts_with('i') || name.starts_with('u') { format!("an {name}") } else { format!("a {name}") }
}

/// Reports an operand that is no condition.
pub(super) fn expect_condition<L>(r: &mut Resolver<'_>, operand: &Expr<L>) -> bool {
    let fits = matches!(operand.ty, Type::Boolean | Type::Unknown);
    if !fits {
        r.report(
            Diagnostic::new(
                &codes::TYPE_MISMATCH,
                format!("{} where a condition is expected", a(operand.ty)),
            )
            .at(operand.span, operand.ty.to_string())
            .help("a comparison such as `amount > 0`"),
        );
    }
    fits
}

/// Help for a name among others; kept here so that every scope words it alike.
pub(super) fn unknown(name: &str, span: Span, headline: String, valid: &[&str]) -> Diagnostic {
    let mut diagnostic = Diagnostic::new(&codes::UNKNOWN_NAME, headline).at(span, "unknown name");
    diagnostic.help = did_you_mean(name, valid.iter().copied());
    diagnostic
}
