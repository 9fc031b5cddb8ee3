//! Signs that other languages use and no formula can hold: each with its right form, and a fix where
//! one replacement mends it. Words of other languages are `failure`'s, since any word may be a name.

use super::scan::{Kind, Scanner};
use crate::diagnostic::{Diagnostic, codes};
use crate::syntax::print::quoted;

/// Sign, and how it is written here; longer ones first.
const SIGNS: &[(&str, &str)] = &[
    ("!==", "!="),
    ("===", "="),
    ("==", "="),
    ("<>", "!="),
    ("=<", "<="),
    ("=>", ">="),
    ("&&", "and"),
    ("||", "or"),
    ("**", "^"),
    (":=", "="),
    ("≤", "<="),
    ("≥", ">="),
    ("≠", "!="),
    ("×", "*"),
    ("·", "*"),
    ("÷", "/"),
    ("−", "-"),
    ("–", "-"),
    (";", ","),
    ("!", "not"),
];

/// Opening and closing quotes that word processors put.
const QUOTES: &[char] = &['“', '”', '„', '‟', '«', '»', '‘', '’', '‚', '‹', '›'];

/// Reports the sign at `at` and returns where it ends; nothing if it is a sign of this language.
pub(super) fn symbol(scanner: &mut Scanner<'_>, at: usize, c: char) -> Option<usize> {
    let rest = scanner.rest(at);
    let builder = scanner.builder;
    if QUOTES.contains(&c) {
        return Some(typographic(scanner, at, c));
    }
    if let Some(end) = bracketed(scanner, at, rest) {
        return Some(end);
    }
    let found =
        SIGNS.iter().find(|(sign, _)| rest.starts_with(sign) && !(*sign == "!" && rest.starts_with("!=")));
    if let Some((sign, right)) = found {
        let end = at + sign.len();
        let place = builder.at(at, end);
        let separator = *sign == ";";
        let label = if separator { "expected `,`".to_owned() } else { format!("expected `{right}`") };
        let headline = if separator { "`;` between arguments" } else { "an operator of another language" };
        scanner.problems.push(
            Diagnostic::new(&codes::FOREIGN_OPERATOR, headline)
                .at(place, label)
                .help(format!("`{sign}` is written `{right}`"))
                .fix(place, spaced(builder.text, at, end, right)),
        );
        return Some(scanner.push(Kind::Symbol, at, end));
    }
    if c == '=' && scanner.tokens.is_empty() && scanner.problems.is_empty() {
        let place = builder.at(at, at + 1);
        scanner.problems.push(
            Diagnostic::new(&codes::FOREIGN_OPERATOR, "a formula that begins with `=`")
                .at(place, "expected a value")
                .help("formulas stand without the `=` of spreadsheets")
                .fix(place, ""),
        );
        return Some(scanner.push(Kind::Symbol, at, at + 1));
    }
    if matches!(c, '+' | '-' | '*' | '/' | '^' | '=' | '<' | '>') || rest.starts_with("!=") {
        return None;
    }
    let end = at + c.len_utf8();
    let place = builder.at(at, end);
    let problem = match c {
        '&' | '|' => Diagnostic::new(&codes::FOREIGN_OPERATOR, "an operator of another language")
            .at(place, "not an operator here")
            .help("conditions are joined by `and` and `or`"),
        '?' | ':' => Diagnostic::new(&codes::FOREIGN_OPERATOR, "an operator of another language")
            .at(place, "not an operator here")
            .help("a choice is written `if(condition, value, otherwise)`"),
        '~' => Diagnostic::new(&codes::FOREIGN_OPERATOR, "an operator of another language")
            .at(place, "expected `matches`")
            .help("a regular expression is tested by `x matches \"^a\"`"),
        _ => {
            let shown = if c.is_control() { c.escape_unicode().to_string() } else { c.to_string() };
            let problem = Diagnostic::new(&codes::FORMULA_SYNTAX, format!("unexpected character `{shown}`"))
                .at(place, "");
            match c {
                '[' | ']' | '{' | '}' | '@' | '#' | '$' | '\\' => {
                    problem.help("a name with other signs than letters, digits and `_` stands in backticks")
                }
                '€' | '£' | '¥' => {
                    problem.help("a currency is written by its code, after the number: `1200 EUR`")
                }
                _ => problem,
            }
        }
    };
    scanner.problems.push(problem);
    Some(scanner.push(Kind::Symbol, at, end))
}

/// `[Account ID]`, as spreadsheets and SQL Server write names.
fn bracketed(scanner: &mut Scanner<'_>, at: usize, rest: &str) -> Option<usize> {
    let inner = rest.strip_prefix('[')?;
    let length = inner
        .find([']', '[', '\n', '\r', '`', '"', '\''])
        .filter(|n| *n > 0 && inner[*n..].starts_with(']'))?;
    let end = at + length + 2;
    let place = scanner.builder.at(at, end);
    scanner.problems.push(
        Diagnostic::new(&codes::FOREIGN_OPERATOR, "a name in square brackets")
            .at(place, "expected backticks")
            .help("a name with spaces or signs stands in backticks")
            .fix(place, format!("`{}`", &inner[..length])),
    );
    Some(scanner.push(Kind::Quoted, at, end))
}

/// The replacement with a space where it would run into a word.
fn spaced(text: &str, start: usize, end: usize, right: &str) -> String {
    if !right.starts_with(char::is_alphabetic) {
        return right.to_owned();
    }
    let touches = |c: Option<char>| c.is_some_and(|c| !c.is_whitespace());
    let before = if touches(text[..start].chars().next_back().filter(|c| *c != '(')) { " " } else { "" };
    let after = if touches(text[end..].chars().next()) { " " } else { "" };
    format!("{before}{right}{after}")
}

fn typographic(scanner: &mut Scanner<'_>, at: usize, quote: char) -> usize {
    let rest = scanner.rest(at);
    let inner = &rest[quote.len_utf8()..];
    let line = &inner[..inner.find(['\n', '\r']).unwrap_or(inner.len())];
    let problem = Diagnostic::new(&codes::FOREIGN_OPERATOR, "a typographic quote");
    let (end, problem) = if let Some(length) = line.find(QUOTES) {
        let close = inner[length..].chars().next().map_or(0, char::len_utf8);
        let end = at + quote.len_utf8() + length + close;
        let place = scanner.builder.at(at, end);
        (end, problem.at(place, "expected straight quotes").fix(place, quoted(&line[..length])))
    } else {
        let end = at + quote.len_utf8();
        (end, problem.at(scanner.builder.at(at, end), "expected a straight quote"))
    };
    scanner.problems.push(problem.help("texts stand in `\"` or `'`"));
    scanner.push(Kind::Text, at, end)
}

/// `x = null`: by the grammar a comparison with a column of that name, by intent a test for missing,
/// and as a comparison it would never be true.
pub(super) fn null_comparisons(scanner: &mut Scanner<'_>) {
    let builder = scanner.builder;
    let tokens = &scanner.tokens;
    let text = |i: usize| tokens.get(i).map_or("", |t| builder.slice(t.start, t.end));
    let mut found = Vec::new();
    for (i, token) in tokens.iter().enumerate().skip(1) {
        let is_null = token.kind == Kind::Word && text(i).eq_ignore_ascii_case("null");
        if !is_null || matches!(text(i + 1), "." | "(") {
            continue;
        }
        let right = match text(i - 1) {
            "=" | "==" => "is missing",
            "!=" | "<>" => "is not missing",
            _ => continue,
        };
        let place = builder.at(tokens[i - 1].start, token.end);
        let glued = !builder.text[..tokens[i - 1].start].ends_with(char::is_whitespace);
        found.push(
            Diagnostic::new(&codes::FOREIGN_OPERATOR, "a comparison with null")
                .at(place, format!("expected `{right}`"))
                .help(format!("a value that is not there is asked for by `x {right}`; a column `null` stands in backticks"))
                .fix(place, format!("{}{right}", if glued { " " } else { "" })),
        );
        if text(i - 1) == "==" || text(i - 1) == "<>" {
            let span = builder.at(tokens[i - 1].start, tokens[i - 1].end);
            scanner.problems.retain(|p| p.span() != Some(span));
        }
    }
    scanner.problems.extend(found);
}
