//! One CSV file: its header and its rows. The header's names are trimmed; without one the columns are
//! `column_1` and so on. Excel's `sep=;` line is no header.

use std::io::Read;

use super::decode::{Meter, Text, text};
use super::reading::Reading;
use super::records::{Record, RecordError, Records};
use crate::diagnostic::Diagnostic;

/// An open CSV file.
pub struct Delimited<'a> {
    /// The names of its columns, in their order.
    pub header: Vec<String>,
    records: Records<Text>,
    /// The first row of a file without header, read to count its fields.
    pending: Option<Record>,
    reading: &'a Reading,
    name: &'a str,
}

impl<'a> Delimited<'a> {
    /// Opens a file and reads its header.
    pub fn open(
        reading: &'a Reading,
        name: &'a str,
        bytes: Box<dyn Read + Send>,
        meter: Meter,
    ) -> Result<Self, Diagnostic> {
        let io = |e| reading.io_problem(name, None, &e);
        let text = text(name, bytes, reading.encoding, meter).map_err(io)?;
        let mut records = Records::new(text, reading.options.delimiter, reading.options.quote);
        let mut first = Record::default();
        let fail = |e: RecordError| reading.record_problem(name, &e);
        let mut any = records.next(&mut first).map_err(fail)?;
        if any && is_separator_line(&first) {
            any = records.next(&mut first).map_err(fail)?;
        }
        let (header, pending) = match (any, reading.options.header) {
            (false, _) => (Vec::new(), None),
            (true, true) => (names(&first), None),
            (true, false) => ((1..=first.len()).map(|i| format!("column_{i}")).collect(), Some(first)),
        };
        Ok(Self { header, records, pending, reading, name })
    }

    /// The next row; `false` at the end. A row of the wrong shape is `Ok(true)` all the same: see
    /// [`Delimited::shape_problem`].
    pub fn next(&mut self, record: &mut Record) -> Result<bool, Diagnostic> {
        if let Some(first) = self.pending.take() {
            *record = first;
            return Ok(true);
        }
        self.records.next(record).map_err(|e| self.reading.record_problem(self.name, &e))
    }

    /// What is wrong with the number of fields of a row.
    pub fn shape_problem(&self, record: &Record) -> Option<Diagnostic> {
        let (found, wanted) = (record.len(), self.header.len());
        if found == wanted {
            return None;
        }
        let by = if self.reading.options.header { "the header has" } else { "the first row has" };
        let fields = super::problems::counted(found, "field");
        let problem = self.reading.row_problem(self.name, record.line, format!("{fields}, {by} {wanted}"));
        let hint = super::hints::delimiter(self.name, &self.header, &self.reading.options);
        let help = hint.unwrap_or_else(|| {
            if found > wanted {
                "a field that holds the delimiter has to stand in quotes".to_owned()
            } else {
                "a row ends early: a line break inside a field has to stand in quotes".to_owned()
            }
        });
        Some(problem.help(help))
    }
}

fn names(record: &Record) -> Vec<String> {
    record
        .iter()
        .enumerate()
        .map(|(i, name)| match name.trim() {
            "" => format!("column_{}", i + 1),
            name => name.to_owned(),
        })
        .collect()
}

fn is_separator_line(record: &Record) -> bool {
    let first = record.get(0);
    record.line == 1
        && first.starts_with("sep=")
        && match record.len() {
            1 => first.chars().count() == 5,
            2 => first == "sep=" && record.get(1).is_empty(),
            _ => false,
        }
}
