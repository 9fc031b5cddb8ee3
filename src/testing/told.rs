//! What differs -> a diagnostic: expected and got side by side at the expectation, and the given rows of
//! the sources that were read.

use super::compare::Difference;
use super::expect::{Expected, Subject};
use crate::diagnostic::{Diagnostic, codes};
use crate::model::project::Dimension;
use crate::rulefile::raw::{RawGiven, RawTest};

/// Rows of a source that are shown.
const MOST_ROWS: usize = 20;

/// A test that fails in one result.
pub fn failure(test: &RawTest, expected: &Expected, differs: &[Difference], reads: &[String]) -> Diagnostic {
    let of_rule = expected.of == Subject::Rule;
    let members = expected.dimensions.iter().zip(&expected.members);
    let members: Vec<String> = members
        .map(|(d, m)| format!("{} {}", Dimension::name(d), m.node.as_deref().unwrap_or("(none)")))
        .collect();
    let fields: Vec<&str> = differs.iter().map(|d| d.field).collect();
    let of = match fields.as_slice() {
        ["value" | "verdict"] => format!("`{}`", expected.name.node),
        fields => format!("{} of `{}`", fields.join(", "), expected.name.node),
    };
    let place = if members.is_empty() { String::new() } else { format!(" for {}", members.join(", ")) };
    let headline = match differs {
        [one] if of_rule && one.field == "verdict" => {
            format!("{of}{place}: {}, not {}", one.got, one.expected)
        }
        [one] => format!("{of}{place} is {}, not {}", one.got, one.expected),
        _ => format!("{of}{place} are not as expected"),
    };
    let mut told = Diagnostic::new(&codes::TEST_FAILED, headline);
    for one in differs {
        told = told.at(one.span, format!("expected {}, got {}", one.expected, one.got));
    }
    told = told.note(format!("in the test `{}`", test.name.node));
    let mut empty = Vec::new();
    for source in reads {
        match test.given.iter().find(|(name, _)| name.node == *source) {
            Some((_, RawGiven::Rows(rows))) => told = told.note(given(source, &rows.text.node)),
            Some((_, RawGiven::File(path))) => {
                told = told.note(format!("given `{source}`: the rows of `{}`", path.node));
            }
            None => empty.push(format!("`{source}`")),
        }
    }
    if !empty.is_empty() {
        told = told.note(format!("not given, and so without rows: {}", empty.join(", ")));
    }
    told
}

fn given(source: &str, text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim_end).filter(|l| !l.is_empty()).collect();
    let more = lines.len().saturating_sub(MOST_ROWS + 1);
    let tail = if more > 0 { format!("\n  and {more} more") } else { String::new() };
    format!("given `{source}`:\n  {}{tail}", lines[..lines.len() - more].join("\n  "))
}
