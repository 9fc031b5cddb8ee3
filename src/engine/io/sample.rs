//! The files of a text source -> their columns and types, from a bounded sample: the first rows of
//! the first file and a few of some others; of every file at least its header.

use std::io::Read;

use futures::{StreamExt, stream};
use indexmap::IndexMap;

use super::decode;
use super::delimited::Delimited;
use super::hints;
use super::listing::Listing;
use super::naming::Found;
use super::objects::Objects;
use super::problems;
use super::reading::Reading;
use super::records::Record;
use super::shape::Shape;
use super::spec::{DataFile, Format};
use super::storage::storage;
use super::union::warn_absent;
use crate::diagnostic::Diagnostic;

/// Rows sampled of the first file.
const FIRST: usize = 1000;
/// Rows sampled of some others.
const OTHERS: usize = 100;
/// How many others.
const SAMPLED: usize = 8;
/// Files open at once.
pub const OPEN: usize = 16;

/// What the files of a text source hold.
pub struct Sampled {
    /// Their columns, in order of first appearance.
    pub columns: Vec<Found>,
    /// What is odd.
    pub warnings: Vec<Diagnostic>,
    /// A likely wrong delimiter.
    pub hint: Option<String>,
}

struct FileSample {
    columns: IndexMap<String, Shape>,
    /// Whether the file has more rows than were read.
    more: bool,
    hint: Option<String>,
}

/// Samples the files.
pub async fn sample(reading: &Reading, listing: &Listing) -> Result<Sampled, Vec<Diagnostic>> {
    let step = (listing.files.len() / SAMPLED).max(1);
    let limit = |i: usize| match i {
        0 => FIRST,
        _ if i.is_multiple_of(step) => OTHERS,
        _ => 0,
    };
    let samples = run(reading, listing, &limit).await?;
    let mut merged = merge(&samples);
    // A key may be rare: a declared column counts as absent only after all rows were looked at.
    let declared = || reading.spec.columns.iter().map(super::spec::DeclaredColumn::file_name);
    let rest = samples.iter().any(|s| s.more);
    if reading.format == Format::Ndjson && rest && declared().any(|name| !merged.contains_key(name)) {
        let all = merge(&run(reading, listing, &|_| usize::MAX).await?);
        for (name, shape) in all {
            if declared().any(|d| d == name) {
                merged.entry(name).or_insert(shape);
            }
        }
    }
    let mut warnings = Vec::new();
    if reading.format == Format::Csv {
        for name in merged.keys() {
            let without = listing.files.iter().zip(&samples).filter(|(_, s)| !s.columns.contains_key(name));
            let without: Vec<&str> = without.map(|(f, _)| f.name.as_str()).collect();
            warnings.extend(warn_absent(&reading.spec, name, &without, listing.files.len()));
        }
    }
    let columns = merged.into_iter().map(|(name, shape)| {
        let (ty, zoned) = shape.finish();
        let data_type = storage(ty, None, zoned);
        let sampled = shape.sampled();
        Found { name, ty, data_type, nullable: true, partition: false, native: true, sampled }
    });
    let hint = samples.into_iter().find_map(|s| s.hint);
    Ok(Sampled { columns: columns.collect(), warnings, hint })
}

fn merge(samples: &[FileSample]) -> IndexMap<String, Shape> {
    let mut merged: IndexMap<String, Shape> = IndexMap::new();
    for (name, shape) in samples.iter().flat_map(|s| &s.columns) {
        merged.entry(name.clone()).or_default().merge(shape);
    }
    merged
}

async fn run(
    reading: &Reading,
    listing: &Listing,
    limit: &dyn Fn(usize) -> usize,
) -> Result<Vec<FileSample>, Vec<Diagnostic>> {
    let limits: Vec<usize> = (0..listing.files.len()).map(limit).collect();
    let mut samples = stream::iter(listing.files.iter().cloned().zip(limits))
        .map(|(file, limit)| one(reading.clone(), listing.store.clone(), file, limit))
        .buffered(OPEN);
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    while let Some(sample) = samples.next().await {
        match sample {
            Ok(sample) => good.push(sample),
            Err(problem) => bad.push(problem),
        }
        if bad.len() >= problems::MAX_BAD {
            break;
        }
    }
    if bad.is_empty() { Ok(good) } else { Err(bad) }
}

async fn one(
    reading: Reading,
    store: super::spec::Store,
    file: DataFile,
    limit: usize,
) -> Result<FileSample, Diagnostic> {
    let bytes = decode::open(&store, &file).await;
    let bytes = bytes.map_err(|e| problems::unreadable(&reading.spec, &file.name, &e))?;
    let (spec, name) = (reading.spec.clone(), file.name.clone());
    let work = tokio::task::spawn_blocking(move || match reading.format {
        Format::Csv => of_csv(&reading, &file.name, bytes, limit),
        _ => of_ndjson(&reading, &file.name, bytes, limit.max(OTHERS)),
    });
    work.await.unwrap_or_else(|e| Err(problems::unreadable(&spec, &name, &e)))
}

fn of_csv(
    reading: &Reading,
    name: &str,
    bytes: Box<dyn Read + Send>,
    limit: usize,
) -> Result<FileSample, Diagnostic> {
    let mut file = Delimited::open(reading, name, bytes, Box::new(|_| true))?;
    let width = file.header.len();
    let mut shapes = vec![Shape::default(); width];
    let mut record = Record::default();
    let mut rows = 0;
    while rows < limit && file.next(&mut record)? {
        rows += 1;
        // A row of the wrong shape is reported when rows are loaded; its values say nothing.
        if record.len() == width {
            for (shape, field) in shapes.iter_mut().zip(record.iter()) {
                shape.observe(field, record.line, &reading.options);
            }
        }
    }
    let hint = hints::delimiter(name, &file.header, &reading.options);
    let mut columns = IndexMap::with_capacity(width);
    for (column, mut shape) in file.header.into_iter().zip(shapes) {
        shape.came_from(name);
        // Of two columns of one name the first is listed; using the name is an error then.
        columns.entry(column).or_insert(shape);
    }
    Ok(FileSample { columns, more: true, hint })
}

fn of_ndjson(
    reading: &Reading,
    name: &str,
    bytes: Box<dyn Read + Send>,
    limit: usize,
) -> Result<FileSample, Diagnostic> {
    let mut file = Objects::open(reading, name, bytes, Box::new(|_| true))?;
    let mut columns: IndexMap<String, Shape> = IndexMap::new();
    let (mut rows, mut more) = (0, true);
    while more && rows < limit {
        rows += 1;
        match file.next()? {
            Some(Ok(object)) => {
                for (key, value) in object {
                    columns.entry(key).or_default().observe_json(&value, file.line, &reading.options);
                }
            }
            // A first line that is no object: no NDJSON at all, so say it at once.
            Some(Err(problem)) if columns.is_empty() => return Err(problem),
            Some(Err(_)) => {}
            None => more = false,
        }
    }
    columns.values_mut().for_each(|shape| shape.came_from(name));
    Ok(FileSample { columns, more, hint: None })
}
