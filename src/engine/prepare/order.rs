//! The total order of a source's rows: the time named, then the key, then the other columns, missing first;
//! and groups of rows with the same key.

use std::hash::Hash;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Int64Type};
use arrow::error::Result;
use arrow::row::{RowConverter, Rows, SortField};
use datafusion::common::HashMap;

/// Rows in a form that compares as they are ordered: byte by byte, missing first.
pub fn ordered(columns: &[ArrayRef]) -> Result<Rows> {
    let types: Vec<DataType> = columns.iter().map(|c| c.data_type().clone()).collect();
    let converter = RowConverter::new(types.into_iter().map(SortField::new).collect())?;
    converter.convert_columns(columns)
}

/// For each row the number of its group: rows with equal keys; none where a part of the key is missing.
pub fn groups(keys: &[ArrayRef], rows: usize) -> Result<Vec<Option<u32>>> {
    grouped(keys, rows, false)
}

/// The same where missing parts are values as others.
pub fn groups_with_missing(keys: &[ArrayRef], rows: usize) -> Result<Vec<Option<u32>>> {
    grouped(keys, rows, true)
}

fn grouped(keys: &[ArrayRef], rows: usize, missing: bool) -> Result<Vec<Option<u32>>> {
    // Whole numbers are their own form.
    if let ([key], false) = (keys, missing)
        && let Some(key) = key.as_primitive_opt::<Int64Type>()
    {
        return Ok(numbered(key.iter()));
    }
    let ordered = ordered(keys)?;
    let row = |row: usize| {
        let known = missing || keys.iter().all(|k| k.is_valid(row));
        known.then(|| ordered.row(row))
    };
    Ok(numbered((0..rows).map(row)))
}

/// Numbers keys in the order in which they come.
fn numbered<K: Eq + Hash>(keys: impl Iterator<Item = Option<K>>) -> Vec<Option<u32>> {
    let mut numbers: HashMap<K, u32> = HashMap::new();
    keys.map(|key| {
        let next = numbers.len() as u32;
        Some(*numbers.entry(key?).or_insert(next))
    })
    .collect()
}
