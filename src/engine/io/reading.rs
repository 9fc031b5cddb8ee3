//! The options of a text source, checked once and ready for use by every file; and what went wrong
//! in a file -> diagnostics.

use std::io;

use encoding_rs::Encoding;
use serde_json::Value;

use super::decode::BadText;
use super::hints;
use super::problems;
use super::records::RecordError;
use super::spec::{CsvOptions, FileColumn, Format, SourceSpec};
use super::value::BadValue;
use super::{format, moment};
use crate::diagnostic::{Diagnostic, codes};
use crate::model::types::Type;

/// What is needed to read the files of a text source.
#[derive(Clone)]
pub struct Reading {
    /// The source.
    pub spec: SourceSpec,
    /// Its options, with what the format says.
    pub options: CsvOptions,
    /// The encoding, if declared.
    pub encoding: Option<&'static Encoding>,
    /// CSV or NDJSON.
    pub format: Format,
}

impl Reading {
    /// Checks the options of a source.
    pub fn new(spec: &SourceSpec, format: Format, first_file: &str) -> Result<Self, Vec<Diagnostic>> {
        let mut options = spec.csv.clone();
        let mut bad = Vec::new();
        let mut refuse = |headline: String| bad.push(problems::bad_option(spec, spec.csv_span, headline));
        if format == Format::Ndjson {
            // JSON says itself what is missing and how numbers look.
            options.decimal = '.';
            options.thousands = None;
            if spec.csv_span.is_none() {
                options.missing.clear();
            }
        }
        if format::is_tsv(first_file) && options.delimiter == b',' {
            options.delimiter = b'\t';
        }
        for (name, byte) in [("delimiter", options.delimiter), ("quote", options.quote)] {
            if !byte.is_ascii() || byte == b'\n' || byte == b'\r' {
                refuse(format!("`{name}` has to be one ASCII character that is no line end"));
            }
        }
        if options.delimiter == options.quote {
            refuse("`delimiter` and `quote` are the same".to_owned());
        }
        let unusable = |c: char| c.is_ascii_digit() || c == '-' || c == '+';
        if unusable(options.decimal) || options.thousands.is_some_and(unusable) {
            refuse("`decimal` and `thousands` cannot be digits or signs".to_owned());
        }
        if Some(options.decimal) == options.thousands {
            refuse(format!("`decimal` and `thousands` are both `{}`", options.decimal));
        }
        for pattern in options.date.iter().filter(|p| !moment::is_pattern(p)) {
            refuse(format!("`{pattern}` is no date pattern: `%d/%m/%Y` is one"));
        }
        let label = options.encoding.as_deref();
        let encoding = label.and_then(|l| Encoding::for_label_no_replacement(l.trim().as_bytes()));
        if let (Some(label), None) = (label, encoding) {
            refuse(format!(
                "`{label}` is no known encoding: utf-8, utf-16le, windows-1252, iso-8859-15, ..."
            ));
        }
        if bad.is_empty() { Ok(Self { spec: spec.clone(), options, encoding, format }) } else { Err(bad) }
    }

    /// A failed read.
    pub fn io_problem(&self, file: &str, line: Option<u64>, error: &io::Error) -> Diagnostic {
        if let Some(bad) = error.get_ref().and_then(|inner| inner.downcast_ref::<BadText>()) {
            let headline = format!("`{file}` {}", bad.what);
            return problems::of_file(&self.spec, &codes::BAD_TEXT, file, bad.line, headline)
                .help(bad.help.clone());
        }
        let mut problem = problems::unreadable(&self.spec, file, error);
        if let Some(place) = &mut problem.data {
            place.line = line;
        }
        problem
    }

    /// A record that could not be read.
    pub fn record_problem(&self, file: &str, error: &RecordError) -> Diagnostic {
        match error {
            RecordError::Io(e) => self.io_problem(file, None, e),
            RecordError::OpenQuote(line) => self.row_problem(file, *line, "a quote that never closes").help(
                "quotes that are plain characters? name another one, as in `csv: {quote: \"|\"}`".to_owned(),
            ),
            RecordError::AfterQuote(line) => self
                .row_problem(file, *line, "text after the closing quote of a field")
                .help("a quote inside a quoted field is written twice: `\"a \"\"b\"\" c\"`".to_owned()),
        }
    }

    /// A row of the wrong shape.
    pub fn row_problem(&self, file: &str, line: u64, headline: impl Into<String>) -> Diagnostic {
        problems::of_file(&self.spec, &codes::BAD_ROW, file, Some(line), headline)
    }

    /// A JSON list or object where a value is wanted.
    pub fn nested_problem(&self, file: &str, line: u64, column: &FileColumn, value: &Value) -> Diagnostic {
        let headline = format!("a list or object where {} is wanted", column.ty);
        let mut problem = problems::of_file(&self.spec, &codes::BAD_VALUE, file, Some(line), headline);
        if let Some(place) = &mut problem.data {
            place.column = Some(column.file_name.clone());
            place.value = Some(short(&value.to_string(), 60));
        }
        problem.help("write the values that matter as keys of the object itself")
    }

    /// A value that does not parse.
    pub fn value_problem(
        &self,
        file: &str,
        line: u64,
        column: &FileColumn,
        text: &str,
        why: BadValue,
    ) -> Diagnostic {
        let shown = short(text, 60);
        let ty = column.ty;
        let headline = match (why, ty) {
            (BadValue::Fraction(n), Type::Decimal(scale)) => {
                format!("`{shown}` has {n} digits after the point, more than the {scale} of the column")
            }
            (BadValue::Digits, Type::Decimal(_) | Type::Integer) => {
                format!("`{shown}` has more digits than the column holds")
            }
            (BadValue::LeadingZeros, _) => format!("`{shown}` has leading zeros and is taken for {ty}"),
            (BadValue::HasTime, _) => format!("`{shown}` has a time of day and is no date"),
            _ => format!("`{shown}` is no {ty}"),
        };
        let mut problem = problems::of_file(&self.spec, &codes::BAD_VALUE, file, Some(line), headline);
        if let Some(place) = &mut problem.data {
            place.column = Some(column.file_name.clone());
            place.value = Some(short(text, 200));
        }
        let declared = self.spec.columns.iter().find(|d| d.name == column.name).and_then(|d| d.ty);
        problem = match declared {
            Some(ty) => problem.also(ty.span, format!("declared as {}", ty.node)),
            None => problem.note(format!("`{}` was taken for {ty} by the first rows", column.file_name)),
        };
        problem.help(hints::help(text, ty, why, &column.name, &self.options, self.format))
    }
}

/// At most `n` characters.
pub fn short(text: &str, n: usize) -> String {
    match text.char_indices().nth(n) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}
