//! One text file -> record batches: fields to columns, on a blocking thread. Every bad value and row is
//! named; a file with one gives no batches.

use std::io::Read;
use std::sync::Arc;

use super::columns::Column;
use super::decode::Meter;
use super::delimited::Delimited;
use super::hive;
use super::load::text_schema;
use super::objects::{Objects, text_of};
use super::problems::{self, MAX_BAD};
use super::reading::Reading;
use super::records::Record;
use super::spec::{DataFile, FileColumn, Format};
use crate::diagnostic::{Diagnostic, codes};
use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;

/// Rows of a batch.
const ROWS: usize = 8192;

/// What a blocking thread needs to read one file.
pub struct Job {
    /// Options and source.
    pub reading: Reading,
    /// The columns asked for.
    pub columns: Vec<FileColumn>,
    /// The partitions of a file's values, in their order.
    pub partitions: Vec<String>,
}

/// The rows of one file so far.
struct Rows {
    schema: SchemaRef,
    columns: Vec<Column>,
    filled: usize,
    batches: Vec<RecordBatch>,
    bad: Vec<Diagnostic>,
}

impl Job {
    /// Reads a file.
    pub fn read(
        &self,
        file: &DataFile,
        bytes: Box<dyn Read + Send>,
        meter: Meter,
    ) -> Result<Vec<RecordBatch>, Vec<Diagnostic>> {
        let zone = self.reading.spec.timezone;
        let declared = &self.reading.spec.columns;
        let guessed = |c: &FileColumn| !declared.iter().any(|d| d.name == c.name && d.ty.is_some());
        let mut rows = Rows {
            schema: text_schema(&self.columns),
            columns: self.columns.iter().map(|c| Column::new(c, zone, ROWS, guessed(c))).collect(),
            filled: 0,
            batches: Vec::new(),
            bad: Vec::new(),
        };
        let read = match self.reading.format {
            Format::Csv => self.csv(file, bytes, meter, &mut rows),
            _ => self.ndjson(file, bytes, meter, &mut rows),
        };
        rows.bad.extend(read.err());
        rows.flush(&self.reading, &file.name);
        rows.bad.truncate(MAX_BAD);
        if rows.bad.is_empty() { Ok(rows.batches) } else { Err(rows.bad) }
    }

    fn csv(
        &self,
        file: &DataFile,
        bytes: Box<dyn Read + Send>,
        meter: Meter,
        rows: &mut Rows,
    ) -> Result<(), Diagnostic> {
        let mut input = Delimited::open(&self.reading, &file.name, bytes, meter)?;
        let fields = self.columns.iter().map(|column| self.field(file, column, &input.header));
        let fields = fields.collect::<Result<Vec<_>, _>>()?;
        let mut record = Record::default();
        while rows.bad.len() < MAX_BAD && input.next(&mut record)? {
            if let Some(problem) = input.shape_problem(&record) {
                rows.bad.push(problem);
                continue;
            }
            for (i, field) in fields.iter().enumerate() {
                match field {
                    Place::Field(at) => {
                        let text = record.get(*at);
                        if let Err(why) = rows.columns[i].push(text, &self.reading.options) {
                            let line = record.line;
                            let column = &self.columns[i];
                            rows.bad.push(self.reading.value_problem(&file.name, line, column, text, why));
                        }
                    }
                    Place::Partition(text) => self.partition(rows, i, text.as_deref()),
                    Place::Absent => rows.columns[i].push_missing(),
                }
            }
            rows.end(&self.reading, &file.name);
        }
        Ok(())
    }

    fn ndjson(
        &self,
        file: &DataFile,
        bytes: Box<dyn Read + Send>,
        meter: Meter,
        rows: &mut Rows,
    ) -> Result<(), Diagnostic> {
        let mut input = Objects::open(&self.reading, &file.name, bytes, meter)?;
        let partitions: Vec<_> = self.columns.iter().map(|c| self.partition_of(file, c)).collect();
        while rows.bad.len() < MAX_BAD {
            let object = match input.next()? {
                None => break,
                Some(Ok(object)) => object,
                Some(Err(problem)) => {
                    rows.bad.push(problem);
                    continue;
                }
            };
            for (i, column) in self.columns.iter().enumerate() {
                if let Some(text) = &partitions[i] {
                    self.partition(rows, i, text.as_deref());
                    continue;
                }
                let Some(value) = object.get(&column.file_name) else {
                    rows.columns[i].push_missing();
                    continue;
                };
                match text_of(value) {
                    Ok(None) => rows.columns[i].push_missing(),
                    Ok(Some(text)) => {
                        if let Err(why) = rows.columns[i].push(&text, &self.reading.options) {
                            let name = &file.name;
                            rows.bad.push(self.reading.value_problem(name, input.line, column, &text, why));
                        }
                    }
                    Err(()) => {
                        rows.bad.push(self.reading.nested_problem(&file.name, input.line, column, value));
                    }
                }
            }
            rows.end(&self.reading, &file.name);
        }
        Ok(())
    }

    fn partition(&self, rows: &mut Rows, i: usize, text: Option<&str>) {
        // Partition values were parsed when folders were listed.
        if rows.columns[i].append(&hive::value(text, self.columns[i].ty)).is_err() {
            rows.columns[i].push_missing();
        }
    }

    /// The file's value of a partition column; `None` for other columns.
    #[allow(clippy::option_option)]
    fn partition_of(&self, file: &DataFile, column: &FileColumn) -> Option<Option<String>> {
        if !column.partition {
            return None;
        }
        let at = self.partitions.iter().position(|p| *p == column.file_name)?;
        Some(file.partitions.get(at).cloned().flatten())
    }

    fn field(&self, file: &DataFile, column: &FileColumn, header: &[String]) -> Result<Place, Diagnostic> {
        if let Some(value) = self.partition_of(file, column) {
            return Ok(Place::Partition(value));
        }
        let mut places = header.iter().enumerate().filter(|(_, h)| **h == column.file_name);
        match (places.next(), places.next()) {
            (None, _) => Ok(Place::Absent),
            (Some((at, _)), None) => Ok(Place::Field(at)),
            (Some((a, _)), Some((b, _))) => {
                let headline = format!(
                    "`{}` has two columns named `{}`: numbers {} and {} of its header",
                    file.name,
                    column.file_name,
                    a + 1,
                    b + 1
                );
                Err(problems::of_file(
                    &self.reading.spec,
                    &codes::AMBIGUOUS_NAME,
                    &file.name,
                    Some(1),
                    headline,
                )
                .help("give one of them another name in the file"))
            }
        }
    }
}

/// Where a column's values stand in a row.
enum Place {
    Field(usize),
    Partition(Option<String>),
    Absent,
}

impl Rows {
    fn end(&mut self, reading: &Reading, file: &str) {
        self.filled += 1;
        if self.filled == ROWS {
            self.flush(reading, file);
        }
    }

    fn flush(&mut self, reading: &Reading, file: &str) {
        let rows = std::mem::take(&mut self.filled);
        // After a bad value the columns differ in length, and nothing of the file is used.
        if rows == 0 || !self.bad.is_empty() {
            return;
        }
        let arrays = self.columns.iter_mut().map(Column::finish).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        match RecordBatch::try_new_with_options(Arc::clone(&self.schema), arrays, &options) {
            Ok(batch) => self.batches.push(batch),
            Err(e) => self.bad.push(problems::unreadable(&reading.spec, file, &e)),
        }
    }
}
