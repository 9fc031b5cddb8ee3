//! The files of the benchmark, the same in every run: orders of three years, narrow rows to add up, and
//! a CSV file.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, Decimal128Array, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use chrono::{DateTime, NaiveDate};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use super::Res;

/// Rows of the Parquet files.
pub const ROWS: u64 = 10_000_000;
/// Rows of the CSV file.
pub const CSV_ROWS: u64 = 1_000_000;
const BATCH: u64 = 100_000;

const STATUSES: [&str; 8] = ["paid", "paid", "paid", "paid", "paid", "open", "cancelled", "refunded"];
const CHANNELS: [&str; 5] = ["web", "store", "app", "partner", "phone"];
const REGIONS: [&str; 8] =
    ["north", "south", "east", "west", "centre", "islands", "abroad: Europe", "abroad: elsewhere"];
const KINDS: [&str; 6] = ["new", "repeat", "repeat", "repeat", "upsell", "cross"];

/// The first day with rows, and the day after the last.
pub fn years() -> (NaiveDate, NaiveDate) {
    let first_of = |year| NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or_default();
    (first_of(2023), first_of(2026))
}

/// A number that only `row` and `column` decide (`SplitMix64`).
fn random(row: u64, column: u64) -> u64 {
    let mut z = (row * 16 + column + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn pick<'a>(list: &[&'a str], row: u64, column: u64) -> &'a str {
    list[(random(row, column) % list.len() as u64) as usize]
}

/// In cents: most are small, few are large.
fn cents(row: u64) -> i128 {
    let spread = 1 << (random(row, 1) % 7);
    i128::from(500 + random(row, 2) % (2_000 * spread))
}

/// Rising, in seconds, with some disorder within the hour.
fn micros(row: u64, rows: u64) -> i64 {
    let (from, to) = years();
    let seconds = (to - from).num_seconds() - 3_600;
    let start = from.and_time(chrono::NaiveTime::MIN).and_utc().timestamp();
    let even = i128::from(seconds) * i128::from(row) / i128::from(rows);
    (start + even as i64 + (random(row, 3) % 3_600) as i64) * 1_000_000
}

fn weight(row: u64) -> f64 {
    (random(row, 4) % 20_000) as f64 / 1_000.0 + 0.05
}

fn discount(row: u64) -> f64 {
    (random(row, 5) % 64) as f64 / 200.0
}

/// One of so many, each as likely as the others.
fn customer(row: u64, customers: u64) -> i64 {
    (random(row, 6) % customers) as i64
}

type Columns = fn(std::ops::Range<u64>) -> Res<Vec<(&'static str, ArrayRef)>>;

/// Batches as a Parquet file, as most writers make it, with zstd.
pub fn write(path: &Path, mut batches: impl Iterator<Item = Res<RecordBatch>>) -> Res<()> {
    let zstd = Compression::ZSTD(ZstdLevel::try_new(3)?);
    let properties = WriterProperties::builder().set_compression(zstd).build();
    let first = batches.next().ok_or("no rows")??;
    let mut writer = ArrowWriter::try_new(File::create(path)?, first.schema(), Some(properties))?;
    writer.write(&first)?;
    for batch in batches {
        writer.write(&batch?)?;
    }
    writer.close()?;
    Ok(())
}

fn parquet(path: &Path, columns: Columns) -> Res<()> {
    let starts = (0..ROWS).step_by(BATCH as usize);
    write(path, starts.map(|start| Ok(RecordBatch::try_from_iter(columns(start..start + BATCH)?)?)))
}

fn decimals(values: impl Iterator<Item = i128>) -> Res<ArrayRef> {
    Ok(Arc::new(Decimal128Array::from_iter_values(values).with_precision_and_scale(12, 2)?))
}

fn floats(values: impl Iterator<Item = f64>) -> ArrayRef {
    Arc::new(Float64Array::from_iter_values(values))
}

fn integers(values: impl Iterator<Item = i64>) -> ArrayRef {
    Arc::new(Int64Array::from_iter_values(values))
}

/// Orders with ten columns.
pub fn orders(path: &Path) -> Res<()> {
    parquet(path, |rows| {
        let texts = |list: &'static [&'static str], column| -> ArrayRef {
            Arc::new(StringArray::from_iter_values(rows.clone().map(|r| pick(list, r, column))))
        };
        let times = rows.clone().map(|r| micros(r, ROWS));
        Ok(vec![
            ("order_id", integers(rows.clone().map(|r| r as i64))),
            ("ordered_at", Arc::new(TimestampMicrosecondArray::from_iter_values(times))),
            ("customer_id", integers(rows.clone().map(|r| customer(r, 1_000_000)))),
            ("status", texts(&STATUSES, 7)),
            ("channel", texts(&CHANNELS, 8)),
            ("region", texts(&REGIONS, 9)),
            ("kind", texts(&KINDS, 10)),
            ("amount", decimals(rows.clone().map(cents))?),
            ("weight", floats(rows.clone().map(weight))),
            ("discount", floats(rows.map(discount))),
        ])
    })
}

/// Rows with nothing but keys and numbers: what is left of a statement's time is adding up.
pub fn numbers(path: &Path) -> Res<()> {
    parquet(path, |rows| {
        Ok(vec![
            ("shop", integers(rows.clone().map(|r| customer(r, 36)))),
            ("customer", integers(rows.clone().map(|r| customer(r, 100_000)))),
            ("amount", decimals(rows.clone().map(cents))?),
            ("weight", floats(rows.map(weight))),
        ])
    })
}

/// Orders as text.
pub fn text(path: &Path) -> Res<()> {
    let mut out = BufWriter::new(File::create(path)?);
    writeln!(out, "order_id,day,customer_id,status,channel,region,amount,weight")?;
    for row in 0..CSV_ROWS {
        let day = DateTime::from_timestamp_micros(micros(row, CSV_ROWS)).ok_or("no such time")?.date_naive();
        let (status, channel, region) =
            (pick(&STATUSES, row, 7), pick(&CHANNELS, row, 8), pick(&REGIONS, row, 9));
        let (customer, cents, weight) = (customer(row, 1_000_000), cents(row), weight(row));
        let (whole, part) = (cents / 100, cents % 100);
        writeln!(out, "{row},{day},{customer},{status},{channel},{region},{whole}.{part:02},{weight}")?;
    }
    out.flush()?;
    Ok(())
}
