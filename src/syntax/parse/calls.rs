//! Values of the tree that are no constants: names, brackets, calls with their clauses, windows.

use pest::iterators::Pair;

use super::{Builder, Built, Rule};
use crate::diagnostic::{Diagnostic, codes};
use crate::source::Spanned;
use crate::syntax::ast::{
    Argument, Call, Expr, ExprKind, Ident, Moment, MomentKind, Path, Window, WindowKind,
};
use crate::syntax::words;

/// A name, and whether its first part stood in backticks.
pub(super) struct Named {
    pub path: Path,
    pub quoted: bool,
}

impl Builder<'_> {
    /// A value and the window after it.
    pub(super) fn operand<'p>(
        &self,
        parts: &mut std::iter::Peekable<impl Iterator<Item = Pair<'p, Rule>>>,
    ) -> Built<Expr> {
        let pair = parts.next().ok_or_else(|| self.lost())?;
        let value = match pair.as_rule() {
            Rule::group => self.group(pair)?,
            Rule::reference => self.reference(pair)?,
            _ => return self.literal(pair),
        };
        let Some(window) = parts.next_if(|p| p.as_rule() == Rule::window) else { return Ok(value) };
        let window = self.window(window)?;
        let inner = match &value.kind {
            ExprKind::Windowed { window, .. } => Some(window.span),
            _ => None,
        };
        let second = parts.peek().filter(|p| p.as_rule() == Rule::window).map(|p| self.span(p));
        let nested = inner.map(|inner| (window.span, inner)).or(second.map(|second| (second, window.span)));
        if let Some((outer, inner)) = nested {
            return Err(Box::new(
                Diagnostic::new(&codes::NESTED_WINDOW, "a window inside a window")
                    .at(outer, "the second window")
                    .also(inner, "the first one")
                    .help("keep one; an average of earlier values is `rolling_avg(x, 3 periods)`"),
            ));
        }
        let span = value.span.to(window.span);
        Ok(Expr { kind: ExprKind::Windowed { operand: Box::new(value), window }, span })
    }

    fn group(&self, pair: Pair<'_, Rule>) -> Built<Expr> {
        let span = self.span(&pair);
        let mut parts = pair.into_inner();
        let formula = self.expr(parts.next().ok_or_else(|| self.lost())?)?;
        let kind = match parts.next() {
            Some(filter) if filter.as_rule() == Rule::filter => {
                let condition = Box::new(self.last_expr(filter)?);
                ExprKind::Filtered { formula: Box::new(formula), condition }
            }
            _ => formula.kind,
        };
        Ok(Expr { kind, span })
    }

    fn reference(&self, pair: Pair<'_, Rule>) -> Built<Expr> {
        let span = self.span(&pair);
        let mut parts = pair.into_inner();
        let name = self.path(parts.next().ok_or_else(|| self.lost())?);
        if let Some(arguments) = parts.next() {
            return Ok(Expr { kind: ExprKind::Call(self.call(name.path, arguments)?), span });
        }
        let field = match name.path.parts.as_slice() {
            [period, field] if !name.quoted && period.node == "period" => words::period_field(&field.node),
            _ => None,
        };
        Ok(Expr { kind: field.map_or(ExprKind::Name(name.path), ExprKind::PeriodField), span })
    }

    fn call(&self, mut path: Path, arguments: Pair<'_, Rule>) -> Built<Call> {
        if path.parts.len() > 1 {
            return Err(Box::new(
                Diagnostic::new(&codes::FORMULA_SYNTAX, "a function's name has no dots")
                    .at(path.span(), "expected one word before `(`"),
            ));
        }
        let name = path.parts.pop().ok_or_else(|| self.lost())?;
        let mut call = Call { name, args: Vec::new(), named: Vec::new() };
        for argument in arguments.into_inner().filter(|p| p.as_rule() == Rule::argument) {
            let span = self.span(&argument);
            let mut parts = argument.into_inner();
            let first = parts.next().ok_or_else(|| self.lost())?;
            if first.as_rule() == Rule::named {
                let parameter = first.clone().into_inner().next().ok_or_else(|| self.lost())?;
                let name = Spanned::new(parameter.as_str().to_owned(), self.span(&parameter));
                call.named.push((name, self.last_expr(first)?));
                continue;
            }
            let mut built = Argument {
                expr: self.expr(first)?,
                via: None,
                per: None,
                moment: None,
                by: Vec::new(),
                filter: None,
                span,
            };
            for clause in parts {
                let rule = clause.as_rule();
                match rule {
                    Rule::moment => built.moment = Some(self.moment(clause)?),
                    Rule::filter => built.filter = Some(self.last_expr(clause)?),
                    _ => {
                        let paths = clause.into_inner().filter(|p| p.as_rule() == Rule::path);
                        let mut paths: Vec<Path> = paths.map(|p| self.path(p).path).collect();
                        match rule {
                            Rule::via => built.via = paths.pop(),
                            Rule::per => built.per = paths.pop(),
                            _ => built.by = paths,
                        }
                    }
                }
            }
            call.args.push(built);
        }
        Ok(call)
    }

    fn moment(&self, pair: Pair<'_, Rule>) -> Built<Moment> {
        let span = self.span(&pair);
        let mut kind = None;
        let mut including_ended = false;
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::path => kind = Some(MomentKind::On(self.path(part).path)),
                Rule::at_start => kind = Some(MomentKind::AtStart),
                Rule::at_end => kind = Some(MomentKind::AtEnd),
                Rule::during => kind = Some(MomentKind::During),
                Rule::as_of => kind = Some(MomentKind::AsOf(Box::new(self.last_expr(part)?))),
                Rule::including => including_ended = true,
                _ => {}
            }
        }
        Ok(Moment { kind: kind.ok_or_else(|| self.lost())?, including_ended, span })
    }

    fn window(&self, pair: Pair<'_, Rule>) -> Built<Window> {
        let span = self.span(&pair);
        let inner = pair.into_inner().next().ok_or_else(|| self.lost())?;
        let unit = |word: &str| words::duration_unit(word).ok_or_else(|| self.lost());
        let kind = match inner.as_rule() {
            Rule::to_date => {
                WindowKind::ToDate(unit(inner.as_str().split_whitespace().next().unwrap_or(""))?)
            }
            Rule::all_time => WindowKind::AllTime,
            _ => {
                let mut parts = inner.into_inner().skip(1);
                let (count, word) = parts.next().zip(parts.next()).ok_or_else(|| self.lost())?;
                let place = self.span(&count);
                let count = count.as_str().parse().ok().filter(|n: &u32| *n > 0).ok_or_else(|| {
                    Diagnostic::new(&codes::FORMULA_SYNTAX, "a window of no length that can be counted")
                        .at(place, format!("expected 1 to {}", u32::MAX))
                })?;
                WindowKind::Last { count, unit: unit(word.as_str())? }
            }
        };
        Ok(Window { kind, span })
    }

    pub(super) fn path(&self, pair: Pair<'_, Rule>) -> Named {
        let mut quoted = false;
        let mut parts = Vec::new();
        for part in pair.into_inner() {
            let (ident, in_backticks) = self.name(&part);
            quoted |= in_backticks && parts.is_empty();
            parts.push(ident);
        }
        Named { path: Path { parts }, quoted }
    }

    /// A single name, and whether it stood in backticks.
    pub(super) fn name(&self, pair: &Pair<'_, Rule>) -> (Ident, bool) {
        let span = self.span(pair);
        let written = pair.as_str();
        match written.strip_prefix('`').and_then(|n| n.strip_suffix('`')) {
            Some(inner) => (Spanned::new(inner.replace("``", "`"), span), true),
            None => (Spanned::new(written.to_owned(), span), false),
        }
    }
}
