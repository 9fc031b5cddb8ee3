//! Functions across periods and across the breakdown -> leaves over a formula. Offsets are settled as
//! counts of a grain; whether they are whole periods depends on the grain that is asked for.

use std::sync::Arc;

use super::Resolver;
use super::dimensions::reach;
use super::lower::{a, lower};
use super::results::ResultScope;
use crate::diagnostic::{Diagnostic, codes};
use crate::model::calendar::{Calendar, Grain};
use crate::model::expr::{Across, Expr, Kind, Offset, ResultExpr, ResultLeaf};
use crate::model::project::Dimension;
use crate::model::signature::{ArgError, ArgType};
use crate::model::types::Type;
use crate::rulefile::raw::RawBetter;
use crate::source::Span;
use crate::syntax::ast::{self, DurationUnit, ExprKind, Literal};

impl Resolver<'_> {
    /// Types a call of such a function; `None` where an error was reported.
    pub(super) fn across(
        &mut self,
        scope: &mut ResultScope,
        call: &ast::Call,
        span: Span,
    ) -> Option<ResultExpr> {
        let name = call.name.node.as_str();
        let signature = self.signature(name)?;
        let same_point = self.same_point(call)?;
        let argument = &call.args[0];
        if name == "top_share" {
            let Some(entity) = &argument.per else {
                self.report(
                    Diagnostic::new(&codes::WRONG_ARGUMENTS, "`top_share` without `per`")
                        .at(argument.span, "the largest of what?")
                        .help("`top_share(sum(invoices.amount) per account, 3)`"),
                );
                return None;
            };
            return self.per(scope, call, entity, span);
        }
        if let Some(clause) = clauses(argument, name == "total") {
            self.report(
                Diagnostic::new(&codes::WRONG_ARGUMENTS, format!("`{name}` takes a result, not rows"))
                    .at(clause, "a clause of aggregates"),
            );
            return None;
        }
        let of = lower(self, scope, &argument.expr);
        if of.ty == Type::Unknown {
            return None;
        }
        let offset = |r: &mut Self| match call.args.get(1) {
            Some(written) => r.offset(&written.expr, same_point),
            None => Some(Offset { count: 1, unit: None, same_point, span: call.name.span }),
        };
        let across = match name {
            "previous" => Across::Ago(Offset { count: 1, unit: None, same_point, span: call.name.span }),
            "ago" => Across::Ago(offset(self)?),
            "change" => Across::Change(offset(self)?),
            "growth" => Across::Growth(offset(self)?),
            "rolling_avg" => Across::RollingAvg(self.period_count(&call.args[1].expr)?),
            "total" => Across::Total(self.total_by(argument, &of)?),
            "share_of_total" => Across::ShareOfTotal,
            "rank" => Across::Rank(self.lower_is_better(&of)),
            _ => {
                self.not_yet(call.name.span, &format!("`{name}`"));
                return None;
            }
        };
        let typed = (signature.infer)(&[ArgType { ty: of.ty, unit: of.unit.clone(), integer: None }]);
        match typed {
            Ok((ty, unit)) => {
                let kind = Kind::Leaf(ResultLeaf::Across(across, Arc::new(of)));
                Some(Expr { kind, ty, unit, span })
            }
            Err(problem) => {
                let expected =
                    if let ArgError::Type(_, expected) = problem { expected } else { "another value" };
                self.report(
                    Diagnostic::new(&codes::TYPE_MISMATCH, format!("`{name}` of {}", a(of.ty)))
                        .at(of.span, format!("{}, where {expected} is expected", of.ty))
                        .help(format!("its form is `{}`", signature.usage())),
                );
                None
            }
        }
    }

    /// The dimensions that a total keeps, each by all the names that a breakdown may have it by.
    fn total_by(&mut self, argument: &ast::Argument, of: &ResultExpr) -> Option<Vec<Vec<String>>> {
        let mut all = Vec::new();
        for path in &argument.by {
            let parts: Vec<String> = path.parts.iter().map(|part| part.node.clone()).collect();
            let dimension = Dimension { path: parts.clone(), span: path.span() };
            for id in of.measures_here() {
                let source = self.model.measures[id.0].source;
                // Several ways are for the KPI to choose from.
                let Err(Some(problem)) = reach(&self.model, source, &dimension) else { continue };
                if problem.code == &codes::UNREACHABLE || problem.code == &codes::UNKNOWN_NAME {
                    self.report(*problem);
                    return None;
                }
            }
            all.extend(self.model.ways(&parts));
        }
        Some(all)
    }

    /// `same_point = false`.
    fn same_point(&mut self, call: &ast::Call) -> Option<bool> {
        let written = call.args.iter().find_map(|a| match &a.expr.kind {
            ExprKind::Literal(Literal::Boolean(b)) => Some(*b),
            _ => None,
        });
        let named = call.named.iter().find(|(n, _)| n.node == "same_point");
        let value = match named.map(|(_, v)| &v.kind) {
            None => written,
            Some(ExprKind::Literal(Literal::Boolean(b))) => Some(*b),
            Some(_) => {
                let at = named.map_or(call.name.span, |(_, v)| v.span);
                self.report(
                    Diagnostic::new(&codes::WRONG_ARGUMENTS, "`same_point` is true or false")
                        .at(at, "a constant is expected"),
                );
                return None;
            }
        };
        Some(value.unwrap_or(true))
    }

    /// `1 year`, `3 periods`.
    fn offset(&mut self, written: &ast::Expr, same_point: bool) -> Option<Offset> {
        if let ExprKind::Literal(Literal::Duration { number, unit }) = &written.kind {
            let count = number.parse::<u32>().ok().filter(|n| *n > 0);
            let grain = match unit.node {
                DurationUnit::Period => Some(None),
                unit => self.unit_grain(unit).map(Some),
            };
            if let (Some(count), Some(unit)) = (count, grain) {
                return Some(Offset { count, unit, same_point, span: written.span });
            }
        }
        self.report(
            Diagnostic::new(&codes::WRONG_ARGUMENTS, "an offset that is no number of periods")
                .at(written.span, "a constant such as `1 year` or `3 periods` is expected"),
        );
        None
    }

    fn period_count(&mut self, written: &ast::Expr) -> Option<u32> {
        let count = match &written.kind {
            ExprKind::Literal(Literal::Duration { number, unit }) if unit.node == DurationUnit::Period => {
                number.parse::<u32>().ok().filter(|n| (1..=1000).contains(n))
            }
            _ => None,
        };
        if count.is_none() {
            self.report(
                Diagnostic::new(&codes::WRONG_ARGUMENTS, "a mean over no number of periods")
                    .at(written.span, "a constant such as `3 periods` is expected"),
            );
        }
        count
    }

    /// The direction of a KPI that is named alone; higher is better elsewhere.
    fn lower_is_better(&self, of: &ResultExpr) -> bool {
        let Kind::Leaf(ResultLeaf::Kpi(name, _)) = &of.kind else { return false };
        let better = self.raw.kpis.get(name).and_then(|k| k.better.as_ref());
        matches!(better, Some(RawBetter::Word(word)) if word.node == "lower")
    }
}

fn clauses(argument: &ast::Argument, by_allowed: bool) -> Option<Span> {
    let mut plain = argument.clone();
    if by_allowed {
        plain.by.clear();
    }
    super::calls::clause_span(&plain)
}

/// Offsets of a formula that are no whole periods of a grain, with what would be.
pub fn unfit_offsets(formula: &ResultExpr, grain: Grain, calendar: &Calendar) -> Vec<Diagnostic> {
    let mut found: Vec<Diagnostic> = Vec::new();
    for offset in formula.across().into_iter().filter_map(Across::offset) {
        if offset.periods(grain, calendar).is_some() {
            continue;
        }
        let headline =
            format!("an offset that is no whole number of periods at grain {}", calendar.grain_name(grain));
        let problem =
            Diagnostic::new(&codes::NOT_WHOLE_PERIODS, headline).at(offset.span, "no whole number of them");
        let problem = match super::own_grains::unfit_offset(offset, grain, calendar) {
            Some((why, would)) => problem.note(why).help(would),
            None => problem
                .note("rows at the ends of months would be lost or counted twice")
                .help(format!("whole periods here are {}; or `1 period`", whole_offsets(grain))),
        };
        if !found.contains(&problem) {
            found.push(problem);
        }
    }
    found
}

/// The offsets that are whole periods of a built-in grain.
fn whole_offsets(grain: Grain) -> &'static str {
    match grain {
        Grain::Day => "days or weeks: `ago(x, 28 days)`, `ago(x, 52 weeks)`",
        Grain::Week => "weeks: `ago(x, 4 weeks)`, `ago(x, 52 weeks)`",
        Grain::Month => "months, quarters or years",
        Grain::Quarter => "quarters, years, or months by threes",
        Grain::Year => "years, or months by twelves",
        Grain::Own(_) => "`periods`",
    }
}
