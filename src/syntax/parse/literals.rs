//! Constants of the tree: numbers with what follows them, texts without their escapes, dates.

use pest::iterators::Pair;

use super::numbers::read_instant;
use super::{Builder, Built, Rule};
use crate::diagnostic::{Diagnostic, codes};
use crate::source::Spanned;
use crate::syntax::ast::{Expr, ExprKind, Literal};
use crate::syntax::words;

impl Builder<'_> {
    pub(super) fn literal(&self, pair: Pair<'_, Rule>) -> Built<Expr> {
        let span = self.span(&pair);
        let literal = match pair.as_rule() {
            Rule::text => Literal::Text(unescape(pair.as_str())),
            Rule::boolean => Literal::Boolean(pair.as_str() == "true"),
            Rule::instant => read_instant(pair.as_str()).map_err(|why| {
                Diagnostic::new(&codes::AMBIGUOUS_NUMBER, format!("`{}` is not a date", pair.as_str()))
                    .at(span, why)
            })?,
            Rule::measure => self.measure(pair)?,
            _ => return Err(self.lost()),
        };
        Ok(Expr { kind: ExprKind::Literal(literal), span })
    }

    fn measure(&self, pair: Pair<'_, Rule>) -> Built<Literal> {
        let mut parts = pair.into_inner();
        let number = parts.next().ok_or_else(|| self.lost())?.as_str().replace('_', "");
        let Some(unit) = parts.next() else {
            let decimal = number.contains('.');
            return Ok(if decimal { Literal::Decimal(number) } else { Literal::Integer(number) });
        };
        Ok(match unit.as_rule() {
            Rule::percent => Literal::Percent(number),
            Rule::duration_unit => {
                let time = words::duration_unit(unit.as_str()).ok_or_else(|| self.lost())?;
                Literal::Duration { number, unit: Spanned::new(time, self.span(&unit)) }
            }
            _ => Literal::Quantity { number, unit: self.name(&unit).0 },
        })
    }
}

/// A text without its quotes: a doubled quote and an escaped one is the quote, `\\` a backslash; any
/// other backslash stands for itself, so that regular expressions need no second escaping.
fn unescape(written: &str) -> String {
    let mut chars = written.chars();
    let quote = chars.next();
    chars.next_back();
    let mut text = String::with_capacity(written.len());
    let mut chars = chars.peekable();
    while let Some(c) = chars.next() {
        let escapes = c == '\\' && matches!(chars.peek(), Some('\\' | '"' | '\''));
        if escapes || Some(c) == quote {
            text.extend(chars.next());
        } else {
            text.push(c);
        }
    }
    text
}
