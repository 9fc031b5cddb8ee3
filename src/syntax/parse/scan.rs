//! The first look at a text: it cuts it into tokens, counts what is bounded, and reports what no
//! formula can hold (an unclosed text, `==`, `;`, `2026-01`), each at its own place. What the tokens
//! mean together is the grammar's business.

use super::{Builder, Failed, MAX_NESTING, MAX_OPERATORS, MAX_TOKENS, foreign, numbers};
use crate::diagnostic::{Diagnostic, codes};
use crate::syntax::words;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Word,
    Quoted,
    Text,
    Number,
    Instant,
    Symbol,
}

/// A piece of the text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub kind: Kind,
    pub start: usize,
    pub end: usize,
}

/// Problems of one text beyond these would only be noise.
const MAX_PROBLEMS: usize = 8;

pub(super) struct Scanner<'a> {
    pub builder: Builder<'a>,
    pub tokens: Vec<Token>,
    pub problems: Vec<Diagnostic>,
    open: Vec<usize>,
    operators: usize,
}

/// The tokens of a text, or what is wrong with them.
pub(super) fn scan(builder: Builder<'_>) -> Result<Vec<Token>, Failed> {
    let mut scanner =
        Scanner { builder, tokens: Vec::new(), problems: Vec::new(), open: Vec::new(), operators: 0 };
    let mut at = 0;
    while let Some(c) = builder.text[at..].chars().next() {
        if scanner.problems.len() >= MAX_PROBLEMS {
            break;
        }
        if scanner.tokens.len() >= MAX_TOKENS {
            let headline = format!("more than {MAX_TOKENS} words and signs in one formula");
            return Err(vec![*builder.too_deep(at, at, headline)]);
        }
        match scanner.step(at, c)? {
            Some(next) => at = next,
            None => break,
        }
    }
    if let (Some(open), true) = (scanner.open.last(), scanner.problems.is_empty()) {
        let end = builder.text.trim_end().len();
        scanner.problems.push(
            Diagnostic::new(&codes::FORMULA_SYNTAX, "a bracket that is not closed")
                .at(builder.at(end, end), "expected `)`")
                .also(builder.at(*open, open + 1), "opened here"),
        );
    }
    foreign::null_comparisons(&mut scanner);
    if scanner.problems.is_empty() { Ok(scanner.tokens) } else { Err(scanner.problems) }
}

impl<'a> Scanner<'a> {
    pub(super) fn rest(&self, at: usize) -> &'a str {
        self.builder.slice(at, self.builder.text.len())
    }

    pub(super) fn push(&mut self, kind: Kind, start: usize, end: usize) -> usize {
        self.tokens.push(Token { kind, start, end });
        end
    }

    /// Reads what begins at `at` and returns where it ends; nothing if the rest can't be read.
    fn step(&mut self, at: usize, c: char) -> Result<Option<usize>, Failed> {
        Ok(Some(match c {
            ' ' | '\t' | '\r' | '\n' | '\u{a0}' | '\u{2009}' | '\u{202f}' => at + c.len_utf8(),
            '"' | '\'' => return Ok(self.text(at, c)),
            '`' => return Ok(self.backticks(at)),
            '0'..='9' => numbers::number(self, at),
            _ if words::is_word(c.encode_utf8(&mut [0; 4])) => {
                let rest = self.rest(at);
                let end = at + rest.find(|c| !words::continues(c)).unwrap_or(rest.len());
                if matches!(
                    &rest[..end - at],
                    "and" | "or" | "not" | "in" | "is" | "between" | "contains" | "matches"
                ) {
                    self.count(at)?;
                }
                self.push(Kind::Word, at, end)
            }
            '(' => {
                self.open.push(at);
                if self.open.len() > MAX_NESTING {
                    let headline = format!("more than {MAX_NESTING} brackets inside each other");
                    return Err(vec![*self.builder.too_deep(at, at + 1, headline)]);
                }
                self.push(Kind::Symbol, at, at + 1)
            }
            ')' => {
                if self.open.pop().is_none() {
                    self.problems.push(
                        Diagnostic::new(&codes::FORMULA_SYNTAX, "a bracket that closes nothing")
                            .at(self.builder.at(at, at + 1), "no `(` stands before it"),
                    );
                }
                self.push(Kind::Symbol, at, at + 1)
            }
            ',' | '.' | '%' => self.push(Kind::Symbol, at, at + 1),
            _ => {
                if let Some(end) = foreign::symbol(self, at, c) {
                    end
                } else {
                    self.count(at)?;
                    let two = self.rest(at).get(..2).is_some_and(|s| matches!(s, "!=" | "<=" | ">="));
                    self.push(Kind::Symbol, at, at + if two { 2 } else { 1 })
                }
            }
        }))
    }

    fn count(&mut self, at: usize) -> Result<(), Failed> {
        self.operators += 1;
        if self.operators <= MAX_OPERATORS {
            return Ok(());
        }
        let headline = format!("more than {MAX_OPERATORS} operators in one formula");
        Err(vec![*self.builder.too_deep(at, at, headline)])
    }

    fn text(&mut self, at: usize, quote: char) -> Option<usize> {
        let mut chars = self.rest(at).char_indices().skip(1).peekable();
        let mut end = self.builder.text.len();
        while let Some((offset, c)) = chars.next() {
            let next = chars.peek().map(|(_, c)| *c);
            if c == quote && next != Some(quote) {
                return Some(self.push(Kind::Text, at, at + offset + 1));
            }
            if matches!(c, '\n' | '\r') {
                end = at + offset;
                break;
            }
            if c == quote || (c == '\\' && next.is_some_and(|n| !matches!(n, '\n' | '\r'))) {
                chars.next();
            }
        }
        let mut problem = Diagnostic::new(&codes::FORMULA_SYNTAX, "a text that is not closed")
            .at(self.builder.at(at, end), format!("expected `{quote}` at its end"));
        if self.builder.slice(at, end).ends_with(&format!("\\{quote}")) {
            problem = problem.help(format!("`\\{quote}` is a quote inside the text; a backslash is `\\\\`"));
        } else if end < self.builder.text.len() {
            problem = problem.help("a text has no line breaks");
        }
        self.problems.push(problem);
        None
    }

    fn backticks(&mut self, at: usize) -> Option<usize> {
        let rest = self.rest(at + 1);
        let mut from = 0;
        while let Some(found) = rest[from..].find(['`', '\n', '\r']).map(|f| f + from) {
            if !rest[found..].starts_with('`') {
                break;
            }
            if rest[found + 1..].starts_with('`') {
                from = found + 2;
                continue;
            }
            if found == 0 {
                self.problems.push(
                    Diagnostic::new(&codes::FORMULA_SYNTAX, "an empty name")
                        .at(self.builder.at(at, at + 2), "expected a name between the backticks"),
                );
            }
            return Some(self.push(Kind::Quoted, at, at + found + 2));
        }
        let end = rest.find(['\n', '\r']).map_or(self.builder.text.len(), |f| at + 1 + f);
        self.problems.push(
            Diagnostic::new(&codes::FORMULA_SYNTAX, "a name that is not closed")
                .at(self.builder.at(at, end), "expected a backtick at its end"),
        );
        None
    }
}
