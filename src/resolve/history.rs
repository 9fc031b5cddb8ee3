//! Functions over the history of results -> leaves over formulas: how many closed periods, of how many of them
//! something must be known, and which lag. What they compute stands in `results/`.

use std::ops::RangeInclusive;
use std::sync::Arc;

use super::Resolver;
use super::calls::{clause_span, form};
use super::judge::fold;
use super::lower::{a, lower};
use super::results::ResultScope;
use crate::diagnostic::{Diagnostic, codes};
use crate::model::expr::{Expr, Kind, ResultExpr, ResultLeaf};
use crate::model::history::{History, Lag, Told};
use crate::model::signature::{ArgError, ArgType, Signature};
use crate::model::types::Type;
use crate::source::Span;
use crate::syntax::ast::{self, DurationUnit, ExprKind, Literal};

/// The most periods that are looked at.
const MOST: u32 = 1000;

/// The most periods that one formula lies behind another.
const MOST_LAG: u32 = 120;

/// Of so many periods something must be known, where nothing else is said.
const USUAL_MIN: u32 = 8;

/// Below so many nothing can be told of how formulas move.
const LEAST: u32 = 3;

/// A call's arguments by name.
struct Given<'a> {
    signature: Signature,
    call: &'a ast::Call,
}

impl Given<'_> {
    fn get(&self, name: &str) -> Option<&ast::Expr> {
        let named = self.call.named.iter().find(|(n, _)| n.node == name).map(|(_, v)| v);
        let place = self.signature.params.iter().position(|p| p.name == name);
        named.or_else(|| Some(&self.call.args.get(place?)?.expr))
    }
}

impl Resolver<'_> {
    /// Types a call of such a function; `None` where an error was reported.
    pub(super) fn history(
        &mut self,
        scope: &mut ResultScope,
        call: &ast::Call,
        span: Span,
    ) -> Option<ResultExpr> {
        let signature = self.signature(&call.name.node)?;
        let given = Given { signature, call };
        let name = signature.name;
        if let Some(clause) = call.args.iter().find_map(clause_span) {
            self.report(
                Diagnostic::new(&codes::WRONG_ARGUMENTS, format!("`{name}` takes results, not rows"))
                    .at(clause, "a clause of aggregates"),
            );
            return None;
        }
        let bodies = signature.params.iter().take_while(|p| matches!(p.name, "x" | "y")).count();
        let mut of: Vec<ResultExpr> =
            call.args.iter().take(bodies).map(|body| lower(self, scope, &body.expr)).collect();
        if of.iter().any(|body| body.ty == Type::Unknown) {
            return None;
        }
        let args: Vec<ArgType> =
            of.iter().map(|b| ArgType { ty: b.ty, unit: b.unit.clone(), integer: None }).collect();
        let (ty, unit) = match (signature.infer)(&args) {
            Ok(typed) => typed,
            Err(problem) => {
                let (at, expected) = match problem {
                    ArgError::Type(at, expected) => (at, expected),
                    _ => (0, "another value"),
                };
                let body = &of[at];
                self.report(
                    Diagnostic::new(&codes::TYPE_MISMATCH, format!("`{name}` of {}", a(body.ty)))
                        .at(body.span, format!("{}, where {expected} is expected", body.ty))
                        .help(form(&signature)),
                );
                return None;
            }
        };
        let (last, min) = if name == "trend" {
            let periods = self.periods(&given, "periods", 2..=MOST, 0)?;
            (periods, periods)
        } else {
            let usual = if name == "lag_corr" || name == "best_lag" { 24 } else { 12 };
            let last = self.periods(&given, "last", LEAST..=MOST, usual)?;
            (last, self.periods(&given, "min", LEAST..=last, USUAL_MIN.min(last))?)
        };
        let told = match name {
            "trend" => Told::Trend,
            "corr" => Told::Corr,
            "lag_corr" => Told::LagCorr(self.lag(scope, &given, &mut of)?),
            "best_lag" => Told::BestLag(self.periods(&given, "up_to", 1..=MOST_LAG, 6)?),
            _ => Told::Unusual,
        };
        let kind = Kind::Leaf(ResultLeaf::History(Arc::new(History { told, of, last, min })));
        Some(Expr { kind, ty, unit, span })
    }

    /// `last = 12 periods`.
    fn periods(
        &mut self,
        given: &Given<'_>,
        name: &str,
        possible: RangeInclusive<u32>,
        usual: u32,
    ) -> Option<u32> {
        let Some(written) = given.get(name) else { return Some(usual) };
        let (least, most) = (*possible.start(), *possible.end());
        let count = period_count(written);
        if count.is_some_and(|count| possible.contains(&count)) {
            return count;
        }
        let headline = if count.is_some() { "out of its range" } else { "no number of periods" };
        self.report(
            Diagnostic::new(
                &codes::WRONG_ARGUMENTS,
                format!("`{name}` of `{}` is {headline}", given.signature.name),
            )
            .at(written.span, format!("{least} to {most} periods are possible"))
            .help(match usual {
                0 => "a constant such as `3 periods`".to_owned(),
                1 => "a constant such as `1 period`".to_owned(),
                usual => format!("a constant such as `{usual} periods`"),
            }),
        );
        None
    }

    /// `lag = 1 period`, or a formula, whose places are then limited by `max_lag = 12 periods`.
    fn lag(&mut self, scope: &mut ResultScope, given: &Given<'_>, of: &mut Vec<ResultExpr>) -> Option<Lag> {
        let most = self.periods(given, "max_lag", 1..=MOST_LAG, 12)?;
        let constant = match given.get("lag") {
            None => Some(1),
            Some(written) if matches!(written.kind, ExprKind::Literal(Literal::Duration { .. })) => {
                Some(self.periods(given, "lag", 0..=MOST_LAG, 1)?)
            }
            Some(written) => {
                let lag = lower(self, scope, written);
                if lag.ty == Type::Unknown {
                    return None;
                }
                if !lag.ty.is_number() {
                    self.report(
                        Diagnostic::new(&codes::TYPE_MISMATCH, format!("a lag that is {}", a(lag.ty)))
                            .at(lag.span, format!("{}, where a number of periods is expected", lag.ty))
                            .help(form(&given.signature)),
                    );
                    return None;
                }
                let Some(value) = fold(&lag) else {
                    of.push(lag);
                    return Some(Lag::Formula(most));
                };
                let whole =
                    Some(value).filter(|v| v.fract() == 0.0 && (0.0..=f64::from(MOST_LAG)).contains(v));
                if whole.is_none() {
                    self.report(
                        Diagnostic::new(&codes::WRONG_ARGUMENTS, "`lag` of `lag_corr` is out of its range")
                            .at(written.span, format!("0 to {MOST_LAG} periods are possible"))
                            .help("a constant such as `1 period`"),
                    );
                    return None;
                }
                whole.map(|v| v as u32)
            }
        };
        if let Some(limit) = given.get("max_lag") {
            self.report(
                Diagnostic::new(&codes::WRONG_ARGUMENTS, "`max_lag` beside a constant `lag`")
                    .at(limit.span, "it limits a lag that is a formula"),
            );
            return None;
        }
        constant.map(Lag::Fixed)
    }
}

/// The number in `12 periods`; the most there is where it is none that can be counted to.
fn period_count(written: &ast::Expr) -> Option<u32> {
    match &written.kind {
        ExprKind::Literal(Literal::Duration { number, unit }) if unit.node == DurationUnit::Period => {
            Some(number.parse().unwrap_or(u32::MAX))
        }
        _ => None,
    }
}
