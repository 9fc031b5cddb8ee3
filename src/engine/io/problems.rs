//! The diagnostics of reading data, in one voice: each points at the source's path (or at the field
//! that is wrong) and names file, line, column and value where there is one.

use std::fmt::Display;

use super::spec::SourceSpec;
use crate::diagnostic::{Code, DataPlace, Diagnostic, codes};
use crate::source::Span;

/// At most this many bad values and rows are reported for a source.
pub const MAX_BAD: usize = 5;

/// A problem of the source as a whole.
pub fn of_source(spec: &SourceSpec, code: &'static Code, headline: impl Into<String>) -> Diagnostic {
    Diagnostic::new(code, headline).at(spec.path.span, "")
}

/// A problem of one file.
pub fn of_file(
    spec: &SourceSpec,
    code: &'static Code,
    file: &str,
    line: Option<u64>,
    headline: impl Into<String>,
) -> Diagnostic {
    let place = DataPlace { file: file.to_owned(), line, ..DataPlace::default() };
    of_source(spec, code, headline).in_data(place)
}

/// A file that cannot be opened or read on.
pub fn unreadable(spec: &SourceSpec, file: &str, why: &dyn Display) -> Diagnostic {
    of_file(spec, &codes::NO_FILE, file, None, format!("`{file}` cannot be read: {}", first_line(why)))
}

/// A store's answer without its nested causes, which repeat the path.
pub fn first_line(why: &dyn Display) -> String {
    let text = why.to_string();
    text.lines().next().unwrap_or_default().trim_end_matches('.').to_owned()
}

/// An option that cannot be used.
pub fn bad_option(spec: &SourceSpec, at: Option<Span>, headline: impl Into<String>) -> Diagnostic {
    Diagnostic::new(&codes::INVALID_VALUE, headline).at(at.unwrap_or(spec.path.span), "")
}

/// `1 file`, `3 files`.
pub fn counted(n: usize, thing: &str) -> String {
    if n == 1 { format!("1 {thing}") } else { format!("{n} {thing}s") }
}
