//! Results -> bytes, one file per format. Every file format carries the same tidy rows (`tidy`); the
//! table and Markdown are for people and share one view (`view`). Knows the model only; writes to what
//! it is given and prints nothing.

pub mod align;
pub mod arrow_ipc;
pub mod backtest;
pub mod change;
pub mod change_json;
pub mod csv;
pub mod file;
pub mod findings;
pub mod graph;
pub mod grid;
pub mod json;
pub mod markdown;
pub mod ndjson;
pub mod number;
pub mod order;

pub mod parquet;
#[cfg(test)]
mod samples;
pub mod scorecards;
pub mod table;
pub mod tidy;
pub mod value;
pub mod verdicts;
pub mod view;
pub mod why;
mod why_facts;
pub mod why_json;
pub mod why_rule;
pub mod why_score;

use std::fmt;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::str::FromStr;

use crate::model::outcome::Outcome;

pub use file::write_file;

/// A form that results can take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// For people, at a terminal.
    Table,
    /// Comma-separated text.
    Csv,
    /// One JSON document.
    Json,
    /// A JSON object a line.
    Ndjson,
    /// A Parquet file.
    Parquet,
    /// An Arrow IPC file.
    Arrow,
    /// Tables as GitHub shows them.
    Markdown,
}

impl Format {
    /// All of them, in the order in which they are listed.
    pub const ALL: [Self; 7] =
        [Self::Table, Self::Csv, Self::Json, Self::Ndjson, Self::Parquet, Self::Arrow, Self::Markdown];

    /// Its name on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::Parquet => "parquet",
            Self::Arrow => "arrow",
            Self::Markdown => "markdown",
        }
    }

    /// Whether its bytes are no text: not for a terminal.
    pub fn is_binary(self) -> bool {
        matches!(self, Self::Parquet | Self::Arrow)
    }

    /// The format that a file's name asks for.
    pub fn of_path(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        Some(match extension.as_str() {
            "txt" => Self::Table,
            "csv" => Self::Csv,
            "json" => Self::Json,
            "ndjson" | "jsonl" => Self::Ndjson,
            "parquet" | "pq" => Self::Parquet,
            "arrow" | "ipc" | "feather" => Self::Arrow,
            "md" | "markdown" => Self::Markdown,
            _ => return None,
        })
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl FromStr for Format {
    type Err = String;

    /// By its name in any case; the error lists the names.
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|f| f.word().eq_ignore_ascii_case(text)).ok_or_else(|| {
            let words: Vec<&str> = Self::ALL.into_iter().map(Self::word).collect();
            format!("`{text}` is no format; valid are {}", words.join(", "))
        })
    }
}

/// How the table looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TableOptions {
    /// Columns of the terminal; as wide as it takes where none are given.
    pub width: Option<usize>,
    /// Bold and dim text.
    pub colour: bool,
}

/// Writes a result in a format. An error is the writer's own (a closed pipe among them) and leaves what
/// was written so far; [`write_file`] takes care of files.
pub fn write(
    outcome: &Outcome,
    format: Format,
    options: &TableOptions,
    out: &mut dyn Write,
) -> io::Result<()> {
    // The printers write line by line; each of them flushes at its end.
    let out = &mut BufWriter::new(out);
    match format {
        Format::Table => table::write(outcome, options, out),
        Format::Csv => csv::write(outcome, out),
        Format::Json => json::write(outcome, out),
        Format::Ndjson => ndjson::write(outcome, out),
        Format::Parquet => parquet::write(outcome, out),
        Format::Arrow => arrow_ipc::write(outcome, out),
        Format::Markdown => markdown::write(outcome, out),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_by_name_and_by_file() {
        assert_eq!("NDJSON".parse(), Ok(Format::Ndjson));
        assert_eq!(
            "xlsx".parse::<Format>(),
            Err("`xlsx` is no format; valid are table, csv, json, ndjson, parquet, arrow, markdown"
                .to_owned())
        );
        assert_eq!(Format::of_path(Path::new("out/kpis.PARQUET")), Some(Format::Parquet));
        assert_eq!(Format::of_path(Path::new("kpis.jsonl")), Some(Format::Ndjson));
        assert_eq!(Format::of_path(Path::new("kpis")), None);
        assert_eq!(Format::of_path(Path::new("kpis.xlsx")), None);
    }

    #[test]
    fn every_format_writes_the_same_bytes_each_time() {
        let outcome = samples::two_kpis();
        for format in Format::ALL {
            assert_eq!(format.word().parse(), Ok(format));
            let bytes = || {
                let mut bytes = Vec::new();
                write(&outcome, format, &TableOptions::default(), &mut bytes).unwrap();
                bytes
            };
            let first = bytes();
            assert!(!first.is_empty());
            assert!((0..20).all(|_| bytes() == first), "{format}");
        }
    }

    #[test]
    fn nothing_found_is_written_too() {
        let outcome = samples::outcome(Vec::new());
        for format in Format::ALL {
            let mut bytes = Vec::new();
            write(&outcome, format, &TableOptions { width: Some(0), colour: true }, &mut bytes).unwrap();
            // Rows of NDJSON are all there is; the others have a frame.
            assert_eq!(bytes.is_empty(), format == Format::Ndjson, "{format}");
        }
    }
}
