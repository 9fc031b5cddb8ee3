//! `message:` -> its pieces: text, members, the period, and formulas in braces, which become operands.

use super::Reading;
use crate::diagnostic::{Diagnostic, codes};
use crate::model::rules::Piece;
use crate::resolve::Resolver;
use crate::resolve::expand::by_names;
use crate::source::{Span, Spanned};
use crate::syntax::ast::ExprKind;
use crate::syntax::parse_mapped;

impl Resolver<'_> {
    /// The pieces of a message; `None` where an error was reported.
    pub(super) fn message(&mut self, reading: &mut Reading, text: &Spanned<String>) -> Option<Vec<Piece>> {
        let mut pieces: Vec<Piece> = Vec::new();
        let mut plain = String::new();
        let mut rest = text.node.as_str();
        while let Some(at) = rest.find(['{', '}']) {
            plain.push_str(&rest[..at]);
            let here = &rest[at..];
            // Twice is once, as it is.
            if here.starts_with("{{") || here.starts_with("}}") {
                plain.push_str(&here[..1]);
                rest = &here[2..];
                continue;
            }
            let closed = here.find('}').filter(|_| here.starts_with('{'));
            let Some(end) = closed else {
                self.report(
                    Diagnostic::new(&codes::BAD_RULE, "a brace without its other one")
                        .at(text.span, "`{name}` is filled in; `{{` is a brace")
                        .help("`\"{rep}: {churn_rate} of customers leave\"`"),
                );
                return None;
            };
            if !plain.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut plain)));
            }
            let offset = text.node.len() - here.len() + 1;
            pieces.push(self.piece(reading, text, offset, &here[1..end])?);
            rest = &here[end + 1..];
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain));
        }
        Some(pieces)
    }

    fn piece(
        &mut self,
        reading: &mut Reading,
        text: &Spanned<String>,
        offset: usize,
        formula: &str,
    ) -> Option<Piece> {
        // `{x %}` is shown as a percentage; `{5%}` is a number.
        let percent = formula.ends_with(" %");
        let formula = formula.strip_suffix(" %").unwrap_or(formula);
        // Exact where the text stands in the file as it is, in quotes or not.
        let length = (text.span.end - text.span.start) as usize;
        let shift = match length.checked_sub(text.node.len()) {
            Some(0) => Some(0),
            Some(2) => Some(1),
            _ => None,
        };
        let place = |from: usize, to: usize| {
            shift.map_or(text.span, |shift| {
                let start = text.span.start as usize + shift + offset;
                Span::new(text.span.file, start + from, start + to)
            })
        };
        let expr = match parse_mapped(formula, &place) {
            Ok(expr) => by_names(&expr, &reading.names),
            Err(problems) => {
                self.diagnostics.extend(problems);
                return None;
            }
        };
        if let ExprKind::Name(path) = &expr.kind {
            let name = path.text();
            if let Some(at) = reading.shown.iter().position(|shown| *shown == name) {
                return Some(Piece::Member(at));
            }
            if name == "period" {
                return Some(Piece::Period);
            }
        }
        let place = self.operand(reading, &expr, true)?;
        if !percent {
            return Some(Piece::Operand(place));
        }
        let mut shown = reading.operands[place].clone();
        (shown.percent, shown.told) = (true, true);
        shown.text.push_str(" %");
        reading.operands.push(shown);
        Some(Piece::Operand(reading.operands.len() - 1))
    }
}
