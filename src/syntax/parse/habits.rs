//! Habits of other languages that the grammar stops at, told by the words around the stop: SQL's
//! `count(*)`, `is null`, `like` and `case`, spreadsheets' decimal commas, keywords in capitals. Only
//! asked after the grammar has refused, since each of these words may be a name.

use super::failure::Stop;
use super::scan::Kind;
use crate::diagnostic::{Diagnostic, codes};
use crate::syntax::print::quoted;
use crate::syntax::words::KEYWORDS;

impl Stop<'_> {
    pub(super) fn of_sql(&self) -> Option<Diagnostic> {
        let operator = |headline: &str| Diagnostic::new(&codes::FOREIGN_OPERATOR, headline);
        if self.is(0, "*") && self.is(-1, "(") && self.kind(-2) == Some(Kind::Word) {
            let to = isize::from(self.is(1, ")"));
            return Some(
                Diagnostic::new(&codes::FOREIGN_CALL, "a call in the form of SQL")
                    .at(self.span(-2, to), "expected a source between the brackets")
                    .help("rows are counted by the name of their source: `count(invoices)`"),
            );
        }
        if self.is(-1, "distinct") && self.is(-2, "(") {
            let problem = Diagnostic::new(&codes::FOREIGN_CALL, "a call in the form of SQL")
                .at(self.span(-3, -1), "expected `count_distinct(`")
                .help("distinct values are counted by `count_distinct(x)`");
            let from = self.token(-3).zip(self.token(0)).filter(|_| self.is(-3, "count"));
            return Some(match from {
                Some((count, argument)) => {
                    problem.fix(self.builder.at(count.start, argument.start), "count_distinct(")
                }
                None => problem,
            });
        }
        for is in [0, -1, -2] {
            let not = isize::from(self.is(is + 1, "not"));
            let nothing =
                ["null", "none", "na", "empty", "blank", "nan"].iter().any(|w| self.is(is + 1 + not, w));
            if self.is(is, "is") && nothing && is + 1 + not >= 0 {
                let right = if not == 1 { "is not missing" } else { "is missing" };
                let place = self.span(is, is + 1 + not);
                return Some(
                    operator("a test for null")
                        .at(place, format!("expected `{right}`"))
                        .fix(place, right)
                        .help(format!("a value that is not there is asked for by `x {right}`")),
                );
            }
        }
        if ["like", "ilike", "rlike", "regexp", "similar"].iter().any(|w| self.is(0, w)) {
            let problem = operator("an operator of another language")
                .help("texts are tested by `contains`, `starts with`, `ends with` and `matches` (a regular expression)");
            return Some(match self.like_pattern() {
                Some(right) => {
                    let place = self.span(0, 1);
                    problem.at(place, format!("expected `{right}`")).fix(place, right)
                }
                None => problem.at(self.span(0, 0), "expected a test of a text"),
            });
        }
        let case = [-1, 0].into_iter().find(|i| self.is(*i, "case"));
        if let Some(case) = case.filter(|_| {
            self.tokens[self.at.min(self.tokens.len())..]
                .iter()
                .any(|t| self.builder.slice(t.start, t.end).eq_ignore_ascii_case("when"))
        }) {
            return Some(
                operator("a choice in the form of SQL")
                    .at(self.span(case, case), "expected `if(`")
                    .help("`case when a then x else y end` is written `if(a, x, y)`, also with more pairs: `if(a, x, b, y, z)`"),
            );
        }
        if self.is(-1, "if") && self.kind(-1) == Some(Kind::Word) && self.at < self.tokens.len() {
            return Some(
                Diagnostic::new(&codes::FOREIGN_CALL, "a choice in the form of another language")
                    .at(self.span(-1, -1), "expected `(` after it")
                    .help("a choice is a call: `if(condition, value, otherwise)`"),
            );
        }
        None
    }

    /// The right form of `like "%x%"`, where the wildcards stand only at the ends.
    fn like_pattern(&self) -> Option<String> {
        let token = self.token(1).filter(|t| t.kind == Kind::Text)?;
        let pattern = self.builder.slice(token.start + 1, token.end - 1);
        let inner = pattern.trim_matches('%');
        if inner.is_empty() || inner.contains(['%', '_', '\\', '"', '\'']) {
            return None;
        }
        let word = match (pattern.starts_with('%'), pattern.ends_with('%')) {
            (true, true) => "contains",
            (false, true) => "starts with",
            (true, false) => "ends with",
            (false, false) => "=",
        };
        Some(format!("{word} {}", quoted(inner)))
    }

    pub(super) fn of_spreadsheets(&self) -> Option<Diagnostic> {
        let adjacent = |a: isize| {
            self.token(a).zip(self.token(a + 1)).is_some_and(|(left, right)| left.end == right.start)
        };
        let number = |offset: isize| self.kind(offset) == Some(Kind::Number);
        if self.is(0, ",") && number(-1) && number(1) && adjacent(-1) && adjacent(0) {
            let (whole, part) = (self.text(-1), self.text(1));
            let place = self.span(-1, 1);
            let problem =
                Diagnostic::new(&codes::AMBIGUOUS_NUMBER, format!("`{whole},{part}` is not a number"));
            let plain = !whole.contains('.') && !part.contains(['.', '_']);
            return Some(if plain && part.len() == 3 {
                problem.at(place, "a decimal comma, or thousands?").help(format!(
                    "thousands are written `{whole}_{part}` or `{whole}{part}`, decimals `{whole}.{part}`"
                ))
            } else if plain {
                problem.at(place, "decimals stand after a point").fix(place, format!("{whole}.{part}"))
            } else {
                problem.at(place, "decimals stand after a point, thousands after `_` or nothing")
            });
        }
        if self.is(0, "%")
            || (self.is(-1, "%")
                && matches!(self.kind(0), Some(Kind::Number | Kind::Word))
                && number(-2)
                && number(0))
        {
            let sign = if self.is(0, "%") { 0 } else { -1 };
            return Some(
                Diagnostic::new(&codes::FOREIGN_OPERATOR, "`%` between two values")
                    .at(self.span(sign, sign), "a percent sign stands after a number")
                    .help("the rest of a division is `mod(a, b)`"),
            );
        }
        if number(0) && self.kind(-1) == Some(Kind::Instant) {
            return Some(
                Diagnostic::new(&codes::AMBIGUOUS_NUMBER, "a date and a time with a space between them")
                    .at(self.span(-1, 0), "expected `T` between date and time")
                    .help("a date with its time is `2026-01-31T09:30`"),
            );
        }
        None
    }

    /// Keywords in capitals: `a AND b`, `NOT a`.
    pub(super) fn of_case(&self) -> Option<Diagnostic> {
        for offset in [0, -1] {
            let word = self.text(offset);
            let lower = word.to_ascii_lowercase();
            if self.kind(offset) == Some(Kind::Word) && lower != word && KEYWORDS.contains(&lower.as_str()) {
                let place = self.span(offset, offset);
                return Some(
                    Diagnostic::new(&codes::FOREIGN_OPERATOR, "a keyword in capitals")
                        .at(place, format!("expected `{lower}`"))
                        .help("keywords are written in small letters; a name of that spelling stands in backticks")
                        .fix(place, lower),
                );
            }
        }
        None
    }
}
