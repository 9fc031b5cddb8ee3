//! Arrow IPC files -> a streamed table. DataFusion's Arrow source takes columns by their place in the
//! table, not by name, and casts nothing: with files that differ it would give wrong columns.

use std::io::{BufReader, Cursor, Read, Seek, SeekFrom};
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions, new_null_array};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{Field, Schema, SchemaRef};
use arrow::ipc::reader::{FileReader, StreamReader};
use datafusion::catalog::streaming::StreamingTable;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::stream::RecordBatchReceiverStream;
use datafusion::physical_plan::streaming::PartitionStream;
use datafusion::scalar::ScalarValue;
use object_store::{GetResultPayload, ObjectStoreExt};
use tokio::sync::mpsc::Sender;

use super::columnar::ARROW_MAGIC;
use super::hive;
use super::spec::{DataFile, FileColumn, SourceSchema, Store};

/// Streams that read side by side; a file is read by one.
const STREAMS: usize = 8;

/// A table of some columns of Arrow files.
pub fn table(source: &SourceSchema, columns: &[FileColumn]) -> Result<StreamingTable> {
    let field = |c: &FileColumn| Field::new(&c.file_name, c.data_type.clone(), c.nullable);
    let schema = Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()));
    let partitions: Vec<FileColumn> = columns.iter().filter(|c| c.partition).cloned().collect();
    let mut parts: Vec<Vec<Part>> = vec![Vec::new(); STREAMS.min(source.files.len()).max(1)];
    let count = parts.len();
    for (i, file) in source.files.iter().enumerate() {
        let values = hive::scalars(source, file, &partitions)?;
        parts[i % count].push(Part { file: file.clone(), values });
    }
    let streams = parts.into_iter().map(|files| {
        let (schema, store) = (Arc::clone(&schema), source.store.clone());
        Arc::new(Files { schema, columns: columns.into(), store, parts: files }) as Arc<dyn PartitionStream>
    });
    StreamingTable::try_new(Arc::clone(&schema), streams.collect())
}

#[derive(Clone, Debug)]
struct Part {
    file: DataFile,
    /// Of the partition columns, in the columns' order.
    values: Vec<ScalarValue>,
}

#[derive(Clone, Debug)]
struct Files {
    schema: SchemaRef,
    columns: Arc<[FileColumn]>,
    store: Store,
    parts: Vec<Part>,
}

impl PartitionStream for Files {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let mut builder = RecordBatchReceiverStream::builder(Arc::clone(&self.schema), 2);
        let (sender, files) = (builder.tx(), self.clone());
        builder.spawn(async move {
            for part in files.parts.clone() {
                let found = files.store.store.get(&part.file.meta.location).await?;
                let input: Box<dyn Input> = match found.payload {
                    GetResultPayload::File(file, _) => Box::new(BufReader::new(file)),
                    GetResultPayload::Stream(_) => Box::new(Cursor::new(found.bytes().await?)),
                };
                let (files, sender) = (files.clone(), sender.clone());
                let work = tokio::task::spawn_blocking(move || {
                    let name = part.file.name.clone();
                    files.read(&part, input, &sender).map_err(|e| e.context(format!("reading `{name}`")))
                });
                let goes_on = work.await.map_err(|e| DataFusionError::External(Box::new(e)))??;
                if !goes_on {
                    break;
                }
            }
            Ok(())
        });
        builder.build()
    }
}

trait Input: Read + Seek + Send {}
impl<T: Read + Seek + Send> Input for T {}

impl Files {
    /// Sends the batches of one file; `false` if nobody wants more.
    fn read(
        &self,
        part: &Part,
        mut input: Box<dyn Input>,
        sender: &Sender<Result<RecordBatch>>,
    ) -> Result<bool> {
        let mut magic = [0; ARROW_MAGIC.len()];
        let is_file = input.read_exact(&mut magic).is_ok() && magic == ARROW_MAGIC;
        input.seek(SeekFrom::Start(0))?;
        let batches: Box<dyn Iterator<Item = _>> = if is_file {
            let whole = FileReader::try_new(&mut input, None)?;
            let wanted = self.wanted(&whole.schema());
            drop(whole);
            input.seek(SeekFrom::Start(0))?;
            Box::new(FileReader::try_new(input, Some(wanted))?)
        } else {
            Box::new(StreamReader::try_new(input, None)?)
        };
        for batch in batches {
            let batch = self.shaped(&batch?, &part.values);
            if sender.blocking_send(batch).is_err() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The places of the columns that a file has.
    fn wanted(&self, file: &Schema) -> Vec<usize> {
        let stored = self.columns.iter().filter(|c| !c.partition);
        stored.filter_map(|c| file.index_of(&c.file_name).ok()).collect()
    }

    fn shaped(&self, batch: &RecordBatch, partitions: &[ScalarValue]) -> Result<RecordBatch> {
        let rows = batch.num_rows();
        // What does not fit is an error, not a missing value.
        let strict = CastOptions { safe: false, ..CastOptions::default() };
        let mut partitions = partitions.iter();
        let mut arrays: Vec<ArrayRef> = Vec::with_capacity(self.columns.len());
        for column in self.columns.iter() {
            arrays.push(if column.partition {
                match partitions.next() {
                    Some(value) => value.to_array_of_size(rows)?,
                    None => new_null_array(&column.data_type, rows),
                }
            } else {
                match batch.column_by_name(&column.file_name) {
                    Some(array) => cast_with_options(array, &column.data_type, &strict)?,
                    None => new_null_array(&column.data_type, rows),
                }
            });
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        Ok(RecordBatch::try_new_with_options(Arc::clone(&self.schema), arrays, &options)?)
    }
}
