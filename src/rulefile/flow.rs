//! Text in `{ }` and `[ ]` that YAML refused: where the formulas in it stand, where a value ends, which
//! bracket stays open. Works on the text, since there is no tree.

use std::ops::Range;

use super::broken::line_end;
use super::tables::{self, Kind};

/// Braces inside braces that are looked into.
const MAX_DEPTH: usize = 16;

/// The formulas in the mapping that opens at `open` and ends before `stop`; `kind` is what it is, where
/// that is known.
pub fn formulas(text: &str, open: usize, stop: usize, kind: Option<&'static Kind>) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    mapping(text, open + 1, stop, kind, MAX_DEPTH, &mut found);
    found
}

fn mapping(
    text: &str,
    mut at: usize,
    stop: usize,
    kind: Option<&'static Kind>,
    depth: usize,
    found: &mut Vec<Range<usize>>,
) -> usize {
    while at < stop {
        at += blank(&text[at..stop]);
        let rest = &text[at..stop];
        let Some(ends) = rest.find([':', ',', '}']) else { return stop };
        if !rest[ends..].starts_with(':') {
            at += ends + 1;
            if rest[ends..].starts_with('}') {
                return at;
            }
            continue;
        }
        let key = rest[..ends].trim().trim_matches(['"', '\'']);
        let below = kind.and_then(|k| k.under(key));
        let from = at + ends + 1;
        let value = from + text[from..stop].len() - text[from..stop].trim_start_matches(' ').len();
        let nested = text[value..stop].starts_with('{') && below.is_none_or(Kind::has_keys);
        if nested && depth > 0 {
            at = mapping(text, value + 1, stop, below, depth - 1, found);
            continue;
        }
        let is_formula = below.map_or_else(|| tables::is_formula_key(key), Kind::takes_formula);
        at = value_end(text, value, stop, is_formula);
        let whole = text[value..at].trim_end();
        if is_formula && !whole.is_empty() {
            found.push(value..value + whole.len());
        }
    }
    stop
}

fn blank(text: &str) -> usize {
    text.len() - text.trim_start_matches([' ', '\n', '\r', ',']).len()
}

/// Where a value in braces was meant to end: before the closing bracket around it, or the next field.
pub fn value_end(text: &str, start: usize, stop: usize, formula: bool) -> usize {
    let bytes = text.as_bytes();
    let (mut at, mut depth) = (start, 0usize);
    while at < stop {
        match bytes[at] {
            quote @ (b'"' | b'\'') if at == start || !bytes[at - 1].is_ascii_alphanumeric() => {
                let close = text[at + 1..stop].bytes().position(|b| b == quote);
                at += close.map_or(0, |c| c + 1);
            }
            b'[' | b'{' => depth += 1,
            b']' | b'}' if depth == 0 => return at,
            b']' | b'}' => depth -= 1,
            // A formula never holds `, name: `.
            b',' if (formula || depth == 0) && begins_field(&text[at + 1..stop]) => return at,
            b',' if !formula && depth == 0 => return at,
            _ => {}
        }
        at += 1;
    }
    stop
}

fn begins_field(text: &str) -> bool {
    let word = text.split_once(':').map_or("", |(word, _)| word.trim());
    !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// The brackets of lists and mappings that are still open at `stop`, the innermost last.
pub fn open_brackets(text: &str, stop: usize) -> Vec<usize> {
    let bytes = text.as_bytes();
    let mut stack: Vec<usize> = Vec::new();
    // The indentation of a key with a block scalar, whose lines are no YAML.
    let mut block: Option<usize> = None;
    let mut line = 0;
    while line < stop {
        let end = line_end(text, line).min(stop);
        let content = text[line..end].trim_start_matches(' ');
        let indent = end - line - content.len();
        block = block.filter(|key| content.is_empty() || indent > *key);
        let items = content.len() - content.trim_start_matches([' ', '-']).len();
        let body = &content[items..];
        let value = body.find(": ").map_or(0, |colon| colon + 2);
        let value = line + indent + items + value + blank(&body[value..]);
        let quiet = block.is_some() || body.starts_with(['#', '"', '\'']);
        let mut at = match bytes.get(value) {
            Some(b'[' | b'{') if !quiet => value,
            Some(b'|' | b'>') if !quiet => {
                block = Some(indent);
                end
            }
            _ => end,
        };
        let mut before = b',';
        while at < stop {
            match bytes[at] {
                quote @ (b'"' | b'\'') if b"[{,:".contains(&before) => {
                    at += text[at + 1..].bytes().position(|b| b == quote).map_or(0, |close| close + 1);
                }
                b'#' if bytes[at - 1].is_ascii_whitespace() => at = line_end(text, at),
                b'[' | b'{' => stack.push(at),
                b']' | b'}' => drop(stack.pop()),
                _ => {}
            }
            if stack.is_empty() {
                break;
            }
            if let Some(b) = bytes.get(at).filter(|b| !b.is_ascii_whitespace()) {
                before = *b;
            }
            at += 1;
        }
        line = line_end(text, at.min(text.len())) + 1;
    }
    stack
}
