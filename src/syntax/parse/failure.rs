//! Why the grammar stopped: a habit of another language (`habits`), else what was expected and what
//! was found, in the user's words. No rule of the grammar is named.

use pest::error::{Error, ErrorVariant, InputLocation};

use super::scan::{Kind, Token};
use super::{Builder, Rule};
use crate::diagnostic::{Diagnostic, codes, near};
use crate::source::Span;
use crate::syntax::words::{self, KEYWORDS};

/// Where the grammar stopped, and the tokens around it.
pub(super) struct Stop<'a> {
    pub builder: Builder<'a>,
    pub tokens: &'a [Token],
    /// The token that does not fit; the number of tokens at the end of the text.
    pub at: usize,
}

/// The problem that made the grammar stop.
pub(super) fn explain(builder: Builder<'_>, tokens: &[Token], failed: &Error<Rule>) -> Diagnostic {
    let position = match failed.location {
        InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
    };
    let ErrorVariant::ParsingError { positives, .. } = &failed.variant else {
        return *builder.too_deep(position, position, "a formula nested too deeply to read".to_owned());
    };
    let at = tokens.partition_point(|t| t.end <= position);
    let stop = Stop { builder, tokens, at };
    stop.of_sql()
        .or_else(|| stop.of_spreadsheets())
        .or_else(|| stop.of_case())
        .unwrap_or_else(|| stop.generic(positives))
}

impl<'a> Stop<'a> {
    /// The token `offset` away from the one that does not fit; empty outside the text.
    pub(super) fn text(&self, offset: isize) -> &'a str {
        self.token(offset).map_or("", |t| self.builder.slice(t.start, t.end))
    }

    pub(super) fn token(&self, offset: isize) -> Option<&'a Token> {
        self.at.checked_add_signed(offset).and_then(|i| self.tokens.get(i))
    }

    pub(super) fn kind(&self, offset: isize) -> Option<Kind> {
        self.token(offset).map(|t| t.kind)
    }

    pub(super) fn is(&self, offset: isize, word: &str) -> bool {
        self.text(offset).eq_ignore_ascii_case(word)
    }

    /// From one token to another; the end of the text where there is none.
    pub(super) fn span(&self, from: isize, to: isize) -> Span {
        let end = self.builder.text.trim_end().len();
        let start = self.token(from).map_or(end, |t| t.start);
        self.builder.at(start, self.token(to).map_or(end, |t| t.end))
    }

    fn generic(&self, positives: &[Rule]) -> Diagnostic {
        let expected = expected(positives);
        let found = match self.token(0) {
            None => "the formula ends".to_owned(),
            Some(token) if token.end - token.start > 40 => "a long text".to_owned(),
            Some(_) => format!("`{}`", self.text(0)),
        };
        let headline = match self.token(0) {
            None if self.tokens.is_empty() => "an empty formula".to_owned(),
            None => format!("expected {expected}, but {found}"),
            Some(_) => format!("expected {expected}, found {found}"),
        };
        let problem = Diagnostic::new(&codes::FORMULA_SYNTAX, headline)
            .at(self.span(0, 0), format!("expected {expected}"));
        match self.help(positives) {
            Some(help) => problem.help(help),
            None => problem,
        }
    }

    fn help(&self, positives: &[Rule]) -> Option<String> {
        let word = self.text(0);
        let in_value = positives.iter().any(|r| describe(*r) == Some(Expected::Value));
        if in_value && words::RESERVED.contains(&word) {
            return Some(if word == "not" {
                "`not` stands before a whole condition; inside a comparison put it in brackets: `a = (not b)`"
                    .to_owned()
            } else {
                format!("`{word}` is a keyword; a name of that spelling stands in backticks")
            });
        }
        if positives.contains(&Rule::state) {
            let joined = format!("{word}_{}", self.text(1));
            let word =
                if matches!(joined.as_str(), "on_track" | "at_risk" | "off_track") { &joined } else { word };
            let near = near::nearest(word, ["missing", "on_track", "at_risk", "off_track", "unknown"]);
            let shape = "after `is` stands `missing`, `on_track`, `at_risk`, `off_track` or `unknown`";
            return Some(match near {
                Some(near) => format!("a near word exists: `{near}`"),
                None => format!("{shape}; values are compared by `=`"),
            });
        }
        if in_value {
            if word == "." && self.kind(1) == Some(Kind::Number) {
                return Some(format!("a number begins with a digit: `0.{}`", self.text(1)));
            }
            return None;
        }
        match word {
            "where" => Some("outside a call `where` stands in brackets: `(formula where condition)`".to_owned()),
            "via" | "per" | "on" | "at" | "as" | "during" | "by" => Some(
                "the clauses of a call stand in this order: `via`, `per`, one of `on`, `at start`, `at end`, `as of`, `during`, \
                 then `by`, `where`"
                    .to_owned(),
            ),
            "over" | "year" | "quarter" | "month" | "week" | "all" => Some(
                "a window is `over last 3 months`, `year to date` or `all time`, after a name, a call or a bracket".to_owned(),
            ),
            _ if self.kind(0) == Some(Kind::Text) && self.kind(-1) == Some(Kind::Word) => {
                Some(format!("values are compared by `=`: `{} = {word}`", self.text(-1)))
            }
            "," => Some("commas stand between the arguments of a call and in the list of `in`".to_owned()),
            "." => Some("a dot stands inside a name, with no spaces around it: `account.segment`".to_owned()),
            _ if self.kind(0) == Some(Kind::Word) && self.kind(-1) == Some(Kind::Word) => {
                let long = word.len() > 3 && !KEYWORDS.contains(&word);
                if let Some(near) = near::nearest(word, KEYWORDS.iter().copied()).filter(|_| long) {
                    return Some(format!("a near word exists: `{near}`"));
                }
                if KEYWORDS.contains(&word) || KEYWORDS.contains(&self.text(-1)) || self.kind(-2) == Some(Kind::Number) {
 return None;
 }
Some(format!("a name of several words stands in backticks: `` `{} {word}` ``", self.text(-1)))
            }
            _ => None,
        }
    }
}

/// What can be expected, for the user.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Expected {
    Value,
    Name,
    Operator,
    Words(&'static str),
}

/// A rule of the grammar in the user's words; nothing for those that add nothing.
fn describe(rule: Rule) -> Option<Expected> {
    Some(match rule {
        Rule::formula | Rule::expr | Rule::sum | Rule::sign | Rule::group | Rule::reference | Rule::text => {
            Expected::Value
        }
        Rule::boolean | Rule::instant | Rule::measure | Rule::number | Rule::argument | Rule::named => {
            Expected::Value
        }
        Rule::parameter => Expected::Value,
        Rule::path | Rule::name | Rule::plain | Rule::quoted | Rule::member => Expected::Name,
        Rule::path_field | Rule::each_field | Rule::head_field => Expected::Name,
        Rule::logic | Rule::or_word | Rule::comparison | Rule::compare | Rule::is_test | Rule::is_word => {
            Expected::Operator
        }
        Rule::arith | Rule::window => Expected::Operator,
        Rule::state => Expected::Words("`missing` or a status"),
        Rule::list | Rule::in_test => Expected::Words("`(` or `period`"),
        Rule::period_word => Expected::Words("`(` or `period`"),
        Rule::negatable
        | Rule::in_word
        | Rule::between
        | Rule::between_word
        | Rule::text_test
        | Rule::text_op => Expected::Words("`in`, `between` or a test of a text"),
        Rule::and_word => Expected::Words("`and`"),
        Rule::count => Expected::Words("a whole number"),
        Rule::window_unit => Expected::Words("`days`, `weeks`, `months`, `quarters`, `years` or `periods`"),
        Rule::open => Expected::Words("`(`"),
        Rule::close => Expected::Words("`)`"),
        _ => return None,
    })
}

/// What was expected, in a few words: a value says all, an operator outweighs its details and the
/// name that could have been a number's unit.
fn expected(positives: &[Rule]) -> String {
    let mut found: Vec<Expected> = positives.iter().filter_map(|r| describe(*r)).collect();
    found.sort_unstable();
    found.dedup();
    let list: Vec<&str> = if found.contains(&Expected::Value) {
        vec!["a value"]
    } else if found.contains(&Expected::Operator) {
        let close = Expected::Words("`)`");
        let and = Expected::Words("`and`");
        let mut list = vec!["an operator"];
        list.extend(found.contains(&close).then_some("`)`"));
        list.extend((found.contains(&and) && !positives.contains(&Rule::or_word)).then_some("`and`"));
        list
    } else if found.contains(&Expected::Name) {
        vec!["a name"]
    } else {
        found
            .iter()
            .filter_map(|f| if let Expected::Words(words) = f { Some(*words) } else { None })
            .collect()
    };
    if list.is_empty() { "the end of the formula".to_owned() } else { list.join(" or ") }
}
