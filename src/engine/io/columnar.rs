//! Parquet and Arrow IPC files -> their schemas, from footers and headers only; of every file, since
//! one that differs would otherwise fail in mid-query, without its name.

use std::io::Cursor;

use arrow::datatypes::{Schema, TimeUnit};
use arrow::ipc::reader::StreamReader;
use datafusion::datasource::physical_plan::parquet::metadata::DFParquetMetadata;
use futures::{StreamExt, stream};
use object_store::ObjectStoreExt;

use super::listing::Listing;
use super::problems;
use super::sample::OPEN;
use super::spec::{DataFile, Format, SourceSpec, Store};
use crate::diagnostic::{Diagnostic, codes};

/// What an Arrow file (not a stream) starts with.
pub const ARROW_MAGIC: &[u8] = b"ARROW1";
/// Enough to find the schema's place.
const HEAD: u64 = 256;

/// The schema of each file, in order.
pub async fn schemas(spec: &SourceSpec, listing: &Listing) -> Result<Vec<Schema>, Vec<Diagnostic>> {
    let mut reads = stream::iter(&listing.files)
        .map(|file| async move {
            let schema = match listing.format {
                Format::Parquet => parquet(&listing.store, file).await,
                _ => arrow(&listing.store, file).await,
            };
            schema.map_err(|why| {
                let name = listing.format.name();
                let headline = format!("`{}` is no {name} file: {why}", file.name);
                problems::of_file(spec, &codes::NO_FILE, &file.name, None, headline)
            })
        })
        .buffered(OPEN);
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    while let Some(schema) = reads.next().await {
        match schema {
            Ok(schema) => good.push(schema),
            Err(problem) => bad.push(problem),
        }
    }
    bad.truncate(problems::MAX_BAD);
    if bad.is_empty() { Ok(good) } else { Err(bad) }
}

async fn parquet(store: &Store, file: &DataFile) -> Result<Schema, String> {
    // INT96 times are read as microseconds: as nanoseconds, years past 2262 wrap around.
    let metadata = DFParquetMetadata::new(store.store.as_ref(), &file.meta)
        .with_coerce_int96(Some(TimeUnit::Microsecond));
    // Each layer says "Parquet error" once more.
    let words = |text: String| text.trim_start_matches("Parquet error: ").to_owned();
    metadata.fetch_schema().await.map_err(|e| words(problems::first_line(&e.strip_backtrace())))
}

async fn arrow(store: &Store, file: &DataFile) -> Result<Schema, String> {
    let text = |e: object_store::Error| problems::first_line(&e);
    let (size, path) = (file.meta.size, &file.meta.location);
    let head = store.store.get_range(path, 0..size.min(HEAD)).await.map_err(text)?;
    if head.starts_with(b"FEA1") {
        return Err("Feather version 1; write it as version 2".to_owned());
    }
    let is_file = head.starts_with(ARROW_MAGIC);
    if is_file {
        let tail = store.store.get_range(path, size.saturating_sub(6)..size).await.map_err(text)?;
        if tail != ARROW_MAGIC {
            return Err("it is cut short".to_owned());
        }
    }
    let start = if is_file { stream_start(&head) } else { 0 };
    // The reader would make room for whatever length stands there.
    let end = schema_end(&head, start).filter(|end| *end <= size).ok_or("it has no schema")?;
    let message = store.store.get_range(path, start as u64..end).await.map_err(text)?;
    let reader = StreamReader::try_new(Cursor::new(message), None);
    reader.map(|r| r.schema().as_ref().clone()).map_err(|e| problems::first_line(&e))
}

/// Where the schema's message starts in an Arrow file: after the magic and its padding, to 8 bytes by
/// the format and to 64 by some writers.
fn stream_start(head: &[u8]) -> usize {
    let mut start = 8;
    while head.get(start..start + 4) == Some(&[0; 4]) {
        start += 8;
    }
    start
}

/// Where it ends: a length follows a mark of four bytes 255, which old writers left out.
fn schema_end(head: &[u8], start: usize) -> Option<u64> {
    let number = |at: usize| Some(u32::from_le_bytes(head.get(at..at + 4)?.try_into().ok()?));
    let at = if number(start)? == u32::MAX { start + 4 } else { start };
    let length = number(at)?;
    (length > 0).then_some(at as u64 + 4 + u64::from(length))
}
