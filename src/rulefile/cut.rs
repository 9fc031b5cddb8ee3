//! The formula that YAML cuts or refuses (E0102): which one, why, and how to quote it. Works on lines of
//! text, since there is no tree.

use std::ops::Range;

use serde_yaml::granit_parser::ErrorKind;

use super::broken::{line_end, line_start};
use super::flow;
use super::tables::{self, Kind};
use crate::diagnostic::{Diagnostic, codes};
use crate::source::{FileId, Span};

/// Formulas that may be to blame for one error; each costs a reading of the file.
const MAX_TRIED: usize = 4;

/// E0102: the formula at `value`, and why YAML does not hand it over whole.
pub fn formula_cut(file: FileId, text: &str, value: &Range<usize>, reason: &str) -> Diagnostic {
    let whole = text.get(value.clone()).unwrap_or("").trim_end();
    let span = Span::new(file, value.start, value.start + whole.len());
    let one_line = whole.split_whitespace().collect::<Vec<_>>().join(" ");
    let form = quoted(&one_line);
    let diagnostic = Diagnostic::new(&codes::FORMULA_CUT, "YAML does not read this formula whole")
        .at(span, reason)
        .help(format!("put it in quotes: `{form}`, or on a line of its own after `|`"));
    if whole.contains('\n') { diagnostic } else { diagnostic.fix(span, form) }
}

/// The text as a YAML scalar that needs no escape where there is one.
pub fn quoted(text: &str) -> String {
    if !text.contains('\'') {
        format!("'{text}'")
    } else if !text.contains(['"', '\\']) {
        format!("\"{text}\"")
    } else {
        format!("'{}'", text.replace('\'', "''"))
    }
}

/// The text with a cut formula blotted out, every byte in its place.
pub fn mask(text: &str, cut: &Range<usize>) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let mut indenting = false;
    for b in bytes.iter_mut().take(cut.end).skip(cut.start) {
        match *b {
            b'\n' | b'\r' => indenting = true,
            b' ' if indenting => {}
            _ => {
                indenting = false;
                *b = b'x';
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_default()
}

/// A line `key: value`.
struct KeyLine<'a> {
    indent: usize,
    key: &'a str,
    value: Range<usize>,
}

/// The key and the value on the line that starts at `start`.
fn key_line(text: &str, start: usize) -> Option<KeyLine<'_>> {
    let end = line_end(text, start);
    let mut at = start;
    while let Some(b) = text.as_bytes().get(at).filter(|_| at < end) {
        let dash = *b == b'-' && text[at + 1..end].starts_with(' ');
        if *b != b' ' && !dash {
            break;
        }
        at += 1;
    }
    let rest = &text[at..end];
    if rest.is_empty() || rest.starts_with('#') {
        return None;
    }
    let colon = rest.find(": ").or_else(|| rest.trim_end().strip_suffix(':').map(str::len))?;
    let key = rest[..colon].trim().trim_matches(['"', '\'']);
    let from = at + colon + 1;
    let value = &text[from..end];
    let lead = value.len() - value.trim_start().len();
    Some(KeyLine { indent: at - start, key, value: from + lead..from + value.trim_end().len().max(lead) })
}

/// The keys above and on the line, outermost first.
fn chain(text: &str, line: usize) -> Vec<KeyLine<'_>> {
    let mut keys: Vec<KeyLine<'_>> = key_line(text, line).into_iter().collect();
    let bare = &text[line..line_end(text, line)];
    let mut indent = keys.last().map_or(bare.len() - bare.trim_start().len(), |k| k.indent);
    let mut at = line;
    while at > 0 && indent > 0 {
        at = line_start(text, at - 1);
        if let Some(above) = key_line(text, at).filter(|k| k.indent < indent) {
            indent = above.indent;
            keys.push(above);
        }
    }
    keys.reverse();
    keys
}

/// The formulas that an error may cut, and why; the likeliest first.
pub fn find(text: &str, kind: &ErrorKind, at: usize) -> Vec<(Range<usize>, String)> {
    let mut line = line_start(text, at);
    // At the end of the text, or of the line before, the parser had nothing more to read.
    if text[line..line_end(text, line)].trim().is_empty() && line > 0 {
        line = line_start(text, line - 1);
    }
    let inside = !flow::open_brackets(text, line).is_empty();
    let mut found = Vec::new();
    let mut below: Option<&'static Kind> = Some(&tables::ROOT);
    for key in chain(text, line) {
        below = below.and_then(|k| k.under(key.key));
        let value = &text[key.value.clone()];
        if value.is_empty() {
            continue;
        }
        let end = continued(text, &key);
        if value.starts_with('{') && below.is_none_or(Kind::has_keys) {
            let pieces = flow::formulas(text, key.value.start, end, below);
            found.extend(
                pieces.into_iter().filter_map(|piece| Some((piece.clone(), in_braces(&text[piece], kind)?))),
            );
            continue;
        }
        let is_formula = below.map_or_else(|| tables::is_formula_key(key.key), Kind::takes_formula);
        if is_formula && inside {
            let end = flow::value_end(text, key.value.start, end, true);
            let piece = key.value.start..key.value.start + text[key.value.start..end].trim_end().len();
            found.extend(in_braces(&text[piece.clone()], kind).map(|reason| (piece, reason)));
        } else if is_formula {
            // A line of its own that looks like a key is one in the wrong column.
            let value = &text[key.value.start..end];
            let value =
                value.split_inclusive('\n').enumerate().take_while(|(i, l)| *i == 0 || !looks_like_key(l));
            let value: String = value.map(|(_, l)| l).collect();
            found.extend(reason(&value, kind).map(|reason| (key.value.start..end, reason)));
        }
    }
    // The one that the error lies in, else the last before it.
    found.sort_by_key(|(piece, _)| (!(piece.start..=piece.end).contains(&at), usize::MAX - piece.start));
    found.truncate(MAX_TRIED);
    found
}

/// Why YAML does not take this text in braces as one plain value.
fn in_braces(value: &str, kind: &ErrorKind) -> Option<String> {
    reason(value, kind).or_else(|| {
        let cut = !is_quoted(value) && value.contains([',', '[', ']', '{', '}']);
        cut.then(|| "inside `{ }` a comma, bracket or brace ends the value".to_owned())
    })
}

/// Whether a text stands in quotes as a whole.
fn is_quoted(value: &str) -> bool {
    let value = value.trim_end();
    let Some(quote) = value.chars().next().filter(|c| matches!(c, '"' | '\'')) else { return false };
    let inner = value
        .get(1..value.len() - 1)
        .unwrap_or(&quote.to_string())
        .replace(if quote == '"' { "\\\"" } else { "''" }, "");
    value.len() > 1 && value.ends_with(quote) && !inner.contains(quote)
}

pub fn looks_like_key(line: &str) -> bool {
    let line = line.trim();
    let key = line.split_once(": ").map_or_else(|| line.strip_suffix(':').unwrap_or(""), |(key, _)| key);
    !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// Where the value of a key ends: with the last line that is indented deeper.
fn continued(text: &str, key: &KeyLine<'_>) -> usize {
    let mut end = key.value.end;
    let mut at = line_end(text, key.value.start);
    while at < text.len() {
        let stop = line_end(text, at + 1);
        let line = &text[at + 1..stop];
        let content = line.trim();
        let indent = line.len() - line.trim_start().len();
        if content.is_empty() || indent <= key.indent {
            break;
        }
        end = at + 1 + line.trim_end().len();
        at = stop;
    }
    end
}

/// Why YAML does not take this text as one plain value.
fn reason(value: &str, kind: &ErrorKind) -> Option<String> {
    let first = value.chars().next()?;
    if is_quoted(value) {
        return None;
    }
    let starts = "`\"'[{%&*!|>@".contains(first) || (first == '-' && value.starts_with("- "));
    let block = matches!(first, '|' | '>') && value[1..].trim_start().is_empty();
    if starts && !block {
        // A quoted text that is merely not closed is not a formula in the wrong style.
        let unclosed =
            matches!(kind, ErrorKind::UnclosedQuotedScalar) && value[1..].matches(first).count() == 0;
        return (!unclosed).then(|| format!("to YAML a value that begins with `{first}` is something else"));
    }
    if value.contains(": ") || value.ends_with(':') {
        return Some("YAML reads `: ` as the end of a key".to_owned());
    }
    value.contains(" #").then(|| "YAML reads ` #` as the start of a comment".to_owned())
}
