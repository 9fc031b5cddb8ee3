//! The tree from above: the direct parts of an expression, and all of it in reading order. For stages
//! that look for something and need not know every construct.

use super::ast::{Expr, ExprKind, InPeriod, MomentKind};

/// Calls `visit` with each direct part of an expression, in reading order.
pub fn children<'a>(expr: &'a Expr, visit: &mut dyn FnMut(&'a Expr)) {
    match &expr.kind {
        ExprKind::Literal(_) | ExprKind::Name(_) | ExprKind::PeriodField(_) => {}
        ExprKind::Unary { operand, .. }
        | ExprKind::IsMissing { operand, .. }
        | ExprKind::IsStatus { operand, .. }
        | ExprKind::Windowed { operand, .. } => visit(operand),
        ExprKind::Binary { left, right, .. } => {
            visit(left);
            visit(right);
        }
        ExprKind::In { operand, list, .. } => {
            visit(operand);
            list.iter().for_each(visit);
        }
        ExprKind::Between { operand, low, high, .. } => {
            visit(operand);
            visit(low);
            visit(high);
        }
        ExprKind::TextMatch { operand, pattern, .. } => {
            visit(operand);
            visit(pattern);
        }
        ExprKind::InPeriod { subject, .. } => {
            if let InPeriod::Column(column) = subject {
                visit(column);
            }
        }
        ExprKind::Call(call) => {
            for argument in &call.args {
                visit(&argument.expr);
                if let Some(MomentKind::AsOf(day)) = argument.moment.as_ref().map(|m| &m.kind) {
                    visit(day);
                }
                if let Some(filter) = &argument.filter {
                    visit(filter);
                }
            }
            call.named.iter().for_each(|(_, value)| visit(value));
        }
        ExprKind::Filtered { formula, condition } => {
            visit(formula);
            visit(condition);
        }
    }
}

/// Calls `visit` with the expression and every part of it, outer before inner, left before right.
/// It keeps its own stack, so that the depth of the tree does not matter.
pub fn walk<'a>(expr: &'a Expr, visit: &mut dyn FnMut(&'a Expr)) {
    let mut waiting = vec![expr];
    while let Some(next) = waiting.pop() {
        visit(next);
        let from = waiting.len();
        children(next, &mut |child| waiting.push(child));
        waiting[from..].reverse();
    }
}

/// How many levels the tree has; a constant or a name has one.
pub fn depth(expr: &Expr) -> usize {
    let mut deepest = 0;
    let mut waiting = vec![(expr, 1)];
    while let Some((next, level)) = waiting.pop() {
        deepest = deepest.max(level);
        children(next, &mut |child| waiting.push((child, level + 1)));
    }
    deepest
}
