//! The tree of operators: the grammar's flat lists ordered by precedence, and tests put on what they
//! test. Recurses only where brackets do; long chains are folded in loops.

use pest::iterators::Pair;

use super::{Builder, Built, MAX_NESTING, Rule};
use crate::diagnostic::{Diagnostic, codes};
use crate::source::Span;
use crate::syntax::ast::{BinaryOp, Expr, ExprKind, InPeriod, TextOp, UnaryOp};
use crate::syntax::words;

/// Operators before a value, outermost first.
type Prefixes = Vec<(UnaryOp, Span)>;

impl Builder<'_> {
    /// `expr`: conditions joined by `and` and `or`, of which `and` binds tighter.
    pub(super) fn expr(&self, pair: Pair<'_, Rule>) -> Built<Expr> {
        let mut any: Option<(Expr, Span)> = None;
        let mut all: Option<(Expr, Span)> = None;
        let mut parts = pair.into_inner().peekable();
        loop {
            let condition = self.condition(&mut parts)?;
            let joined = match all.take() {
                Some((left, op_span)) => binary(BinaryOp::And, op_span, left, condition),
                None => condition,
            };
            let Some(logic) = parts.next() else {
                return Ok(match any {
                    Some((left, op_span)) => binary(BinaryOp::Or, op_span, left, joined),
                    None => joined,
                });
            };
            let op_span = self.span(&logic);
            if logic.as_str() == "and" {
                all = Some((joined, op_span));
            } else {
                any = Some(match any {
                    Some((left, left_span)) => (binary(BinaryOp::Or, left_span, left, joined), op_span),
                    None => (joined, op_span),
                });
            }
        }
    }

    fn condition<'p>(
        &self,
        parts: &mut std::iter::Peekable<impl Iterator<Item = Pair<'p, Rule>>>,
    ) -> Built<Expr> {
        let mut nots = Prefixes::new();
        while let Some(not) = parts.next_if(|p| p.as_rule() == Rule::not_word) {
            nots.push((UnaryOp::Not, self.span(&not)));
        }
        let sum = parts.next().ok_or_else(|| self.lost())?;
        let started = Some(sum.as_str()).and_then(|name| match name.trim_end() {
            "started" => Some(InPeriod::Started),
            "ended" => Some(InPeriod::Ended),
            _ => None,
        });
        let mut value = self.sum(sum)?;
        let is_test =
            |p: &Pair<'_, Rule>| matches!(p.as_rule(), Rule::comparison | Rule::is_test | Rule::negatable);
        if let Some(test) = parts.next_if(is_test) {
            let first = self.span(&test);
            value = self.test(value, started, test)?;
            if let Some(second) = parts.next_if(is_test) {
                return Err(Box::new(
                    Diagnostic::new(&codes::CHAINED_COMPARISON, "comparisons do not chain")
                        .at(self.span(&second), "a second comparison")
                        .also(first, "the first one")
                        .help("join two comparisons by `and`: `a < b and b < c`; for a range write `b between a and c`"),
                ));
            }
        }
        self.prefixed(nots, value)
    }

    fn test(&self, left: Expr, started: Option<InPeriod>, test: Pair<'_, Rule>) -> Built<Expr> {
        let span = left.span.to(self.span(&test));
        let rule = test.as_rule();
        let mut parts = test.into_inner().peekable();
        let mut next = || parts.next().ok_or_else(|| self.lost());
        if rule == Rule::comparison {
            let op = next()?;
            let kind = match op.as_str() {
                "=" => BinaryOp::Eq,
                "!=" => BinaryOp::NotEq,
                "<" => BinaryOp::Lt,
                "<=" => BinaryOp::LtEq,
                ">" => BinaryOp::Gt,
                _ => BinaryOp::GtEq,
            };
            let right = self.sum(next()?)?;
            return Ok(binary(kind, self.span(&op), left, right));
        }
        let mut part = next()?;
        if part.as_rule() == Rule::is_word {
            part = next()?;
        }
        let negated = part.as_rule() == Rule::not_word;
        if negated {
            part = next()?;
        }
        let operand = Box::new(left);
        let kind = match part.as_rule() {
            Rule::state => match words::status(part.as_str()) {
                Some(status) => {
                    let status = crate::source::Spanned::new(status, self.span(&part));
                    ExprKind::IsStatus { operand, status, negated }
                }
                None => ExprKind::IsMissing { operand, negated },
            },
            Rule::in_test => {
                let body = part.into_inner().nth(1).ok_or_else(|| self.lost())?;
                if body.as_rule() == Rule::period_word {
                    let subject = started.unwrap_or(InPeriod::Column(operand));
                    ExprKind::InPeriod { subject, negated }
                } else {
                    let items = body.into_inner().filter(|p| p.as_rule() == Rule::expr);
                    let list = items.map(|p| self.expr(p)).collect::<Built<Vec<_>>>()?;
                    ExprKind::In { operand, list, negated }
                }
            }
            Rule::between => {
                let mut ends = part.into_inner().filter(|p| p.as_rule() == Rule::sum);
                let low = Box::new(self.sum(ends.next().ok_or_else(|| self.lost())?)?);
                let high = Box::new(self.sum(ends.next().ok_or_else(|| self.lost())?)?);
                ExprKind::Between { operand, low, high, negated }
            }
            Rule::text_test => {
                let mut parts = part.into_inner();
                let op = match parts.next().map(|p| p.as_str()) {
                    Some("contains") => TextOp::Contains,
                    Some("matches") => TextOp::Matches,
                    Some(words) if words.starts_with("starts") => TextOp::StartsWith,
                    _ => TextOp::EndsWith,
                };
                let pattern = Box::new(self.sum(parts.next().ok_or_else(|| self.lost())?)?);
                ExprKind::TextMatch { op, operand, pattern, negated }
            }
            _ => return Err(self.lost()),
        };
        Ok(Expr { kind, span })
    }

    /// `sum`: values joined by `+ - * / ^`, each with its signs and window.
    pub(super) fn sum(&self, pair: Pair<'_, Rule>) -> Built<Expr> {
        let mut sum: Option<(Expr, BinaryOp, Span)> = None;
        let mut product: Option<(Expr, BinaryOp, Span)> = None;
        let mut parts = pair.into_inner().peekable();
        loop {
            let power = self.power(&mut parts)?;
            let factor = match product.take() {
                Some((left, op, op_span)) => binary(op, op_span, left, power),
                None => power,
            };
            let sign = parts.next();
            let op = match sign.as_ref().map(Pair::as_str) {
                Some("*") => Some(BinaryOp::Mul),
                Some("/") => Some(BinaryOp::Div),
                Some("+") => Some(BinaryOp::Add),
                Some("-") => Some(BinaryOp::Sub),
                _ => None,
            };
            if let (Some(op @ (BinaryOp::Mul | BinaryOp::Div)), Some(sign)) = (op, &sign) {
                product = Some((factor, op, self.span(sign)));
                continue;
            }
            let term = match sum.take() {
                Some((left, op, op_span)) => binary(op, op_span, left, factor),
                None => factor,
            };
            match (op, sign) {
                (Some(op), Some(sign)) => sum = Some((term, op, self.span(&sign))),
                (None, None) => return Ok(term),
                _ => return Err(self.lost()),
            }
        }
    }

    /// `-a ^ -b ^ c`: `^` to the right, and tighter than the sign before it.
    fn power<'p>(
        &self,
        parts: &mut std::iter::Peekable<impl Iterator<Item = Pair<'p, Rule>>>,
    ) -> Built<Expr> {
        let mut chain: Vec<(Prefixes, Expr, Option<Span>)> = Vec::new();
        loop {
            let mut signs = Prefixes::new();
            while let Some(sign) = parts.next_if(|p| p.as_rule() == Rule::sign) {
                let op = if sign.as_str() == "-" { UnaryOp::Minus } else { UnaryOp::Plus };
                signs.push((op, self.span(&sign)));
            }
            let value = self.operand(parts)?;
            let power = parts.next_if(|p| p.as_rule() == Rule::arith && p.as_str() == "^");
            let op_span = power.as_ref().map(|p| self.span(p));
            chain.push((signs, value, op_span));
            if op_span.is_none() {
                break;
            }
        }
        if chain.len() > MAX_NESTING {
            return Err(self.too_long_chain(chain[0].1.span, "powers of powers"));
        }
        let mut result: Option<Expr> = None;
        for (signs, value, op_span) in chain.into_iter().rev() {
            let value = match (result, op_span) {
                (Some(exponent), Some(op_span)) => binary(BinaryOp::Pow, op_span, value, exponent),
                _ => value,
            };
            result = Some(self.prefixed(signs, value)?);
        }
        result.ok_or_else(|| self.lost())
    }

    fn prefixed(&self, prefixes: Prefixes, mut value: Expr) -> Built<Expr> {
        if prefixes.len() > MAX_NESTING {
            return Err(self.too_long_chain(prefixes[0].1, "signs before one value"));
        }
        for (op, op_span) in prefixes.into_iter().rev() {
            let span = op_span.to(value.span);
            value = Expr { kind: ExprKind::Unary { op, op_span, operand: Box::new(value) }, span };
        }
        Ok(value)
    }

    fn too_long_chain(&self, span: Span, what: &str) -> Box<Diagnostic> {
        let mut problem = self.too_deep(0, 0, format!("more than {MAX_NESTING} {what}"));
        problem.labels[0].span = span;
        problem
    }

    /// The expression that ends a clause (`where x`, `as of x`, `last = x`).
    pub(super) fn last_expr(&self, pair: Pair<'_, Rule>) -> Built<Expr> {
        let last = pair.into_inner().last().ok_or_else(|| self.lost())?;
        if last.as_rule() == Rule::sum { self.sum(last) } else { self.expr(last) }
    }
}

fn binary(op: BinaryOp, op_span: Span, left: Expr, right: Expr) -> Expr {
    let span = left.span.to(right.span);
    Expr { kind: ExprKind::Binary { op, op_span, left: Box::new(left), right: Box::new(right) }, span }
}
