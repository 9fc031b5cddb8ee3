//! AST -> canonical text: one way to write each formula, with no bracket that is not needed. What it
//! prints parses to the same tree.

mod clauses;
mod constants;
#[cfg(test)]
mod tests;

use std::fmt::Write as _;

use super::ast::{BinaryOp, Expr, ExprKind, InPeriod, Path, UnaryOp};
use super::words;
use clauses::{write_call, write_window};
pub use constants::print_path;
use constants::push_name;
pub(super) use constants::quoted;
use constants::write_literal;

/// How tight a construct binds, loosest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Or,
    And,
    Not,
    Test,
    Sum,
    Product,
    Sign,
    Power,
    Windowed,
    Value,
    /// A name, call or bracket: what a window can follow.
    Subject,
}

/// The canonical text of a formula.
pub fn print(expr: &Expr) -> String {
    let mut out = String::new();
    write(&mut out, expr, Level::Or);
    out
}

fn level(expr: &Expr) -> Level {
    match &expr.kind {
        ExprKind::Literal(_) => Level::Value,
        ExprKind::Name(_) | ExprKind::PeriodField(_) | ExprKind::Call(_) | ExprKind::Filtered { .. } => {
            Level::Subject
        }
        ExprKind::Unary { op: UnaryOp::Not, .. } => Level::Not,
        ExprKind::Unary { .. } => Level::Sign,
        ExprKind::Binary { op, .. } => binary_level(*op),
        ExprKind::In { .. }
        | ExprKind::Between { .. }
        | ExprKind::IsMissing { .. }
        | ExprKind::IsStatus { .. }
        | ExprKind::TextMatch { .. }
        | ExprKind::InPeriod { .. } => Level::Test,
        ExprKind::Windowed { .. } => Level::Windowed,
    }
}

fn binary_level(op: BinaryOp) -> Level {
    match op {
        BinaryOp::Or => Level::Or,
        BinaryOp::And => Level::And,
        BinaryOp::Add | BinaryOp::Sub => Level::Sum,
        BinaryOp::Mul | BinaryOp::Div => Level::Product,
        BinaryOp::Pow => Level::Power,
        BinaryOp::Eq | BinaryOp::NotEq | BinaryOp::Lt | BinaryOp::LtEq | BinaryOp::Gt | BinaryOp::GtEq => {
            Level::Test
        }
    }
}

/// The levels that the left and the right side of an operator need to stand without brackets.
fn sides(op: BinaryOp) -> (Level, Level) {
    match binary_level(op) {
        Level::Or => (Level::Or, Level::And),
        Level::And => (Level::And, Level::Not),
        Level::Sum => (Level::Sum, Level::Product),
        Level::Product => (Level::Product, Level::Sign),
        Level::Power => (Level::Windowed, Level::Sign),
        _ => (Level::Sum, Level::Sum),
    }
}

fn write(out: &mut String, expr: &Expr, least: Level) {
    let brackets = level(expr) < least;
    if brackets {
        out.push('(');
    }
    match &expr.kind {
        ExprKind::Literal(literal) => write_literal(out, literal),
        ExprKind::Name(path) => write_value_name(out, path),
        ExprKind::PeriodField(field) => {
            out.push_str("period.");
            out.push_str(words::period_field_word(*field));
        }
        ExprKind::Unary { op: UnaryOp::Not, operand, .. } => {
            out.push_str("not ");
            write(out, operand, Level::Not);
        }
        ExprKind::Unary { op, operand, .. } => {
            out.push(if *op == UnaryOp::Minus { '-' } else { '+' });
            let at = out.len();
            write(out, operand, Level::Sign);
            if out[at..].starts_with(['-', '+']) {
                out.insert(at, ' ');
            }
        }
        ExprKind::Binary { op, left, right, .. } => {
            let (left_level, right_level) = sides(*op);
            write(out, left, left_level);
            let _ = write!(out, " {} ", words::binary_word(*op));
            write(out, right, right_level);
        }
        ExprKind::In { operand, list, negated } => {
            write_tested(out, operand, *negated, " in (");
            write_list(out, list, |out, item| write(out, item, Level::Or));
            out.push(')');
        }
        ExprKind::Between { operand, low, high, negated } => {
            write_tested(out, operand, *negated, " between ");
            write(out, low, Level::Sum);
            out.push_str(" and ");
            write(out, high, Level::Sum);
        }
        ExprKind::IsMissing { operand, negated } => write_is(out, operand, *negated, "missing"),
        ExprKind::IsStatus { operand, status, negated } => {
            write_is(out, operand, *negated, words::status_word(status.node));
        }
        ExprKind::TextMatch { op, operand, pattern, negated } => {
            write_tested(out, operand, *negated, " ");
            out.push_str(words::text_op_word(*op));
            out.push(' ');
            write(out, pattern, Level::Sum);
        }
        ExprKind::InPeriod { subject, negated } => {
            match subject {
                InPeriod::Started => out.push_str("started"),
                InPeriod::Ended => out.push_str("ended"),
                InPeriod::Column(column) => write_column(out, column),
            }
            out.push_str(if *negated { " not in period" } else { " in period" });
        }
        ExprKind::Call(call) => write_call(out, call),
        ExprKind::Filtered { formula, condition } => {
            out.push('(');
            write(out, formula, Level::Or);
            out.push_str(" where ");
            write(out, condition, Level::Or);
            out.push(')');
        }
        ExprKind::Windowed { operand, window } => {
            write(out, operand, Level::Subject);
            write_window(out, window);
        }
    }
    if brackets {
        out.push(')');
    }
}

/// A name where `period.start` would be something else.
fn write_value_name(out: &mut String, path: &Path) {
    let text = print_path(path);
    match path.parts.as_slice() {
        [period, field] if period.node == "period" && words::period_field(&field.node).is_some() => {
            let _ = write!(out, "`period`{}", &text["period".len()..]);
        }
        _ => out.push_str(&text),
    }
}

/// What lies `in period`, where the bare words `started` and `ended` would be the row's span.
fn write_column(out: &mut String, column: &Expr) {
    match &column.kind {
        ExprKind::Name(Path { parts })
            if parts.len() == 1 && matches!(parts[0].node.as_str(), "started" | "ended") =>
        {
            push_name(out, &parts[0].node, false);
        }
        _ => write(out, column, Level::Sum),
    }
}

fn write_tested(out: &mut String, operand: &Expr, negated: bool, test: &str) {
    write(out, operand, Level::Sum);
    out.push_str(if negated { " not" } else { "" });
    out.push_str(test);
}

fn write_is(out: &mut String, operand: &Expr, negated: bool, state: &str) {
    write(out, operand, Level::Sum);
    out.push_str(if negated { " is not " } else { " is " });
    out.push_str(state);
}

fn write_list<T>(out: &mut String, items: &[T], mut each: impl FnMut(&mut String, &T)) {
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            out.push_str(", ");
        }
        each(out, item);
    }
}
