//! Diagnostics -> text, one file per form: for people at a terminal, for programs (JSON), for code
//! scanners (SARIF) and for GitHub's annotations. What they share stands here: where a span lies in
//! lines and characters. Nothing here prints.

pub mod github;
pub mod json;
pub mod sarif;
pub mod terminal;

use super::Severity;
use crate::source::{SourceMap, Span};

/// A span as people count: lines and characters from 1, the end exclusive.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Region<'a> {
    file: &'a str,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

impl<'a> Region<'a> {
    fn of(span: Span, map: &'a SourceMap) -> Self {
        let (start, end) = bounds(span, map);
        let file = map.file(span.file);
        let at = |offset: usize| file.place(u32::try_from(offset).unwrap_or(u32::MAX));
        let (from, to) = (at(start), at(end));
        Self {
            file: &file.name,
            line: from.line,
            column: from.column,
            end_line: to.line,
            end_column: to.column,
        }
    }
}

/// A span's bytes, moved into the text and outwards onto whole characters: spans come from counting
/// bytes in many places, and a diagnostic that panics hides what it wanted to say.
fn bounds(span: Span, map: &SourceMap) -> (usize, usize) {
    let text = &map.file(span.file).text;
    let mut start = (span.start as usize).min(text.len());
    let mut end = (span.end as usize).clamp(start, text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    while !text.is_char_boundary(end) {
        end += 1;
    }
    (start, end)
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

/// What the other forms are tested on.
#[cfg(test)]
mod samples {
    use crate::diagnostic::{DataPlace, Diagnostic, codes};
    use crate::source::{SourceMap, Span};

    pub const RULES: &str = "kpis:\n  revenue:\n    formula: sum(invoices.amonut)\n    by: [segment]\n";

    /// The span of the first `piece` in `text`.
    pub fn find(map: &mut SourceMap, name: &str, text: &str, piece: &str) -> Span {
        let id = map.add(name, text);
        let at = text.find(piece).unwrap();
        Span::new(id, at, at + piece.len())
    }

    /// An unknown column with a fix, and a place in another file.
    pub fn unknown_column(map: &mut SourceMap) -> Diagnostic {
        let column = find(map, "rules/kpis.yaml", RULES, "amonut");
        let source = find(map, "rumbo.yaml", "sources:\n  invoices: {path: invoices.csv}\n", "invoices");
        Diagnostic::new(&codes::UNKNOWN_NAME, "no column `amonut` in `invoices`")
            .at(column, "not a column of `invoices`")
            .also(source, "`invoices` is this source")
            .note("columns: `amount`, `issued_on`")
            .help("a near name exists: `amount`")
            .fix(column, "amount")
    }

    /// A value that does not parse, in data only.
    pub fn bad_value() -> Diagnostic {
        Diagnostic::new(&codes::BAD_VALUE, "`1.234,56` is not a decimal")
            .in_data(DataPlace {
                file: "data/invoices.csv".to_owned(),
                line: Some(12),
                column: Some("amount".to_owned()),
                value: Some("1.234,56".to_owned()),
            })
            .help("decimal comma? add `csv: {decimal: \",\", thousands: \".\"}`")
    }
}
