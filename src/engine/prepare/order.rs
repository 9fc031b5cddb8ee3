//! The total order of a source's rows: the time named, then the key, then the other columns, missing first;
//! and groups of rows with the same key.

use std::collections::HashMap;

use arrow::array::{Array, ArrayRef};
use arrow::datatypes::DataType;
use arrow::error::Result;
use arrow::row::{RowConverter, Rows, SortField};

/// Rows in a form that compares as they are ordered: byte by byte, missing first.
pub fn ordered(columns: &[ArrayRef]) -> Result<Rows> {
    let types: Vec<DataType> = columns.iter().map(|c| c.data_type().clone()).collect();
    let converter = RowConverter::new(types.into_iter().map(SortField::new).collect())?;
    converter.convert_columns(columns)
}

/// For each row the number of its group: rows with equal keys; none where a part of the key is missing.
pub fn groups(keys: &[ArrayRef], rows: usize) -> Result<Vec<Option<u32>>> {
    let ordered = ordered(keys)?;
    let mut numbers: HashMap<Box<[u8]>, u32> = HashMap::new();
    let mut out = Vec::with_capacity(rows);
    for row in 0..rows {
        if keys.iter().any(|k| k.is_null(row)) {
            out.push(None);
            continue;
        }
        let next = numbers.len() as u32;
        let bytes = ordered.row(row);
        out.push(Some(match numbers.get(bytes.as_ref()) {
            Some(number) => *number,
            None => {
                numbers.insert(bytes.as_ref().into(), next);
                next
            }
        }));
    }
    Ok(out)
}
