//! The canonical text of constants and names, with the quotes, escapes and backticks they need.

use std::fmt::Write as _;

use crate::syntax::ast::{Literal, Path};
use crate::syntax::words;

/// A dotted name, with backticks where it needs them.
pub fn print_path(path: &Path) -> String {
    let mut out = String::new();
    for (i, part) in path.parts.iter().enumerate() {
        if i > 0 {
            out.push('.');
        }
        let bare = if i == 0 { words::is_plain(&part.node) } else { words::is_word(&part.node) };
        push_name(&mut out, &part.node, bare);
    }
    out
}

pub(super) fn push_name(out: &mut String, name: &str, bare: bool) {
    if bare {
        out.push_str(name);
    } else {
        out.push('`');
        out.push_str(&name.replace('`', "``"));
        out.push('`');
    }
}

/// A text as a constant, in double quotes unless single ones spare escapes.
pub(in crate::syntax) fn quoted(text: &str) -> String {
    let quote = if text.contains('"') && !text.contains('\'') { '\'' } else { '"' };
    let mut out = String::from(quote);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let escaped = c == quote || (c == '\\' && matches!(chars.peek(), None | Some('\\' | '"' | '\'')));
        if escaped {
            out.push('\\');
        }
        out.push(c);
    }
    out.push(quote);
    out
}

pub(super) fn write_literal(out: &mut String, literal: &Literal) {
    let _ = match literal {
        Literal::Integer(number) | Literal::Decimal(number) => write!(out, "{number}"),
        Literal::Percent(number) => write!(out, "{number}%"),
        Literal::Text(text) => write!(out, "{}", quoted(text)),
        Literal::Boolean(value) => write!(out, "{value}"),
        Literal::Date(date) => write!(out, "{}", date.format("%Y-%m-%d")),
        Literal::DateTime { local, offset_minutes } => {
            let whole = local.format("%Y-%m-%dT%H:%M:%S").to_string();
            let fraction = local.format("%.9f").to_string();
            let fraction = fraction.trim_end_matches('0').trim_end_matches('.');
            let short = if fraction.is_empty() { whole.strip_suffix(":00") } else { None };
            let _ = write!(out, "{}{fraction}", short.unwrap_or(&whole));
            match offset_minutes {
                None => Ok(()),
                Some(0) => write!(out, "Z"),
                Some(east) => {
                    let sign = if *east < 0 { '-' } else { '+' };
                    write!(out, "{sign}{:02}:{:02}", east.abs() / 60, east.abs() % 60)
                }
            }
        }
        Literal::Duration { number, unit } => {
            let plural = if number == "1" { "" } else { "s" };
            write!(out, "{number} {}{plural}", words::duration_word(unit.node))
        }
        Literal::Quantity { number, unit } => {
            let name = unit.node.as_str();
            let bare = words::is_plain(name)
                && !words::NOT_UNITS.contains(&name)
                && words::duration_unit(name).is_none();
            let _ = write!(out, "{number} ");
            push_name(out, name, bare);
            Ok(())
        }
    };
}
