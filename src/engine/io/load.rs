//! CSV and NDJSON files -> typed record batches of the columns asked for. Files are read side by side
//! and delivered in their order; every bad value and row is named, up to five for a source.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{Field, Schema, SchemaRef};
use futures::{StreamExt, stream};
use tokio::sync::mpsc;

use super::decode::{self, Meter};
use super::problems::{self, MAX_BAD};
use super::reading::Reading;
use super::rows::Job;
use super::spec::{DataFile, FileColumn, SourceSchema, SourceSpec, Store};
use crate::diagnostic::{Diagnostic, codes};

/// The schema of what [`load_text`] returns.
pub fn text_schema(columns: &[FileColumn]) -> SchemaRef {
    let field = |c: &FileColumn| Field::new(&c.name, c.data_type.clone(), true);
    Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()))
}

/// The columns of some names, in their order.
pub fn wanted_columns(
    spec: &SourceSpec,
    schema: &SourceSchema,
    wanted: &[String],
) -> Result<Vec<FileColumn>, Vec<Diagnostic>> {
    let (mut columns, mut bad) = (Vec::with_capacity(wanted.len()), Vec::new());
    for name in wanted {
        if let Some(column) = schema.column(name) {
            columns.push(column.clone());
        } else {
            let headline = format!("`{}` has no column `{name}`", spec.name);
            bad.push(problems::of_source(spec, &codes::NO_COLUMN, headline));
        }
    }
    if bad.is_empty() { Ok(columns) } else { Err(bad) }
}

/// Loads the wanted columns (the language's names) of a text source. `progress` is told the bytes
/// read from disk since its last call. No column wanted: batches with row counts only.
pub async fn load_text(
    spec: &SourceSpec,
    schema: &SourceSchema,
    wanted: &[String],
    progress: &(dyn Fn(u64) + Send + Sync),
) -> Result<Vec<RecordBatch>, Vec<Diagnostic>> {
    let columns = wanted_columns(spec, schema, wanted)?;
    let first = schema.files.first().map_or("", |f| f.name.as_str());
    let reading = Reading::new(spec, schema.format, first)?;
    let (sender, mut meter) = mpsc::unbounded_channel();
    let threads = std::thread::available_parallelism().map_or(4, usize::from).min(8);
    let mut reads = stream::iter(schema.files.iter().cloned())
        .map(|file| {
            let job = Job {
                reading: reading.clone(),
                columns: columns.clone(),
                partitions: schema.partitions.clone(),
            };
            one(job, schema.store.clone(), file, sender.clone())
        })
        .buffered(threads);
    let (mut batches, mut bad) = (Vec::new(), Vec::new());
    loop {
        tokio::select! {
            Some(bytes) = meter.recv() => progress(bytes),
            read = reads.next() => match read {
                Some(Ok(read)) => batches.extend(read),
                Some(Err(problems)) => bad.extend(problems),
                None => break,
            },
        }
        if bad.len() >= MAX_BAD {
            break;
        }
    }
    while let Ok(bytes) = meter.try_recv() {
        progress(bytes);
    }
    bad.truncate(MAX_BAD);
    if bad.is_empty() { Ok(batches) } else { Err(bad) }
}

async fn one(
    job: Job,
    store: Store,
    file: DataFile,
    meter: mpsc::UnboundedSender<u64>,
) -> Result<Vec<RecordBatch>, Vec<Diagnostic>> {
    let spec = job.reading.spec.clone();
    let name = file.name.clone();
    let bytes = decode::open(&store, &file).await;
    let bytes = bytes.map_err(|e| vec![problems::unreadable(&spec, &name, &e)])?;
    // Nobody listens any more once enough went wrong or the run was cancelled: stop reading then.
    let meter: Meter = Box::new(move |n| meter.send(n).is_ok());
    let work = tokio::task::spawn_blocking(move || job.read(&file, bytes, meter));
    work.await.unwrap_or_else(|e| Err(vec![problems::unreadable(&spec, &name, &e)]))
}
