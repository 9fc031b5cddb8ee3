//! How often each bit is set in words of 64 bits, by group: the last step of counting what stands as
//! bitmaps. The result is a list of 64 counts, the lowest bit's first. Missing words have no bit.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, FixedSizeListArray, Int64Array, UInt64Array};
use arrow::datatypes::{DataType, Field, Int64Type};
use datafusion::common::Result;
use datafusion::logical_expr::AggregateUDF;

use super::grouped::{Groups, each_row, typed};
use super::udaf::{Kind, build};

/// Bits of a word.
pub const WORD: usize = 64;

/// How often each bit of a word (`UInt64`) is set, as a list of [`WORD`] counts.
pub fn bit_counts() -> AggregateUDF {
    build(Kind::BitCounts)
}

/// Counts by group.
#[derive(Debug, Default)]
pub(super) struct BitCounts {
    counts: Vec<[i64; WORD]>,
}

impl Groups for BitCounts {
    fn fresh(&self) -> Box<dyn Groups> {
        Box::new(Self::default())
    }

    fn resize(&mut self, groups: usize) {
        self.counts.resize(groups, [0; WORD]);
    }

    fn len(&self) -> usize {
        self.counts.len()
    }

    fn update(&mut self, values: &ArrayRef, groups: &[usize], filter: Option<&BooleanArray>) -> Result<()> {
        let words: &UInt64Array = typed(values, "bits")?;
        let nulls = words.nulls().filter(|n| n.null_count() > 0);
        each_row(groups, nulls, filter, |row, group, valid| {
            let mut left = if valid { words.value(row) } else { 0 };
            let counts = &mut self.counts[group];
            while left != 0 {
                counts[left.trailing_zeros() as usize] += 1;
                left &= left - 1;
            }
        });
        Ok(())
    }

    fn merge(&mut self, states: &[ArrayRef], groups: &[usize], filter: Option<&BooleanArray>) -> Result<()> {
        let lists: &FixedSizeListArray = typed(&states[0], "counts of bits")?;
        let values = lists.values().as_primitive::<Int64Type>().values();
        let nulls = lists.nulls().filter(|n| n.null_count() > 0);
        each_row(groups, nulls, filter, |row, group, valid| {
            if valid {
                let at = lists.value_offset(row) as usize;
                for (count, more) in self.counts[group].iter_mut().zip(&values[at..at + WORD]) {
                    *count += more;
                }
            }
        });
        Ok(())
    }

    fn results(&mut self, count: usize) -> Result<ArrayRef> {
        let taken: Vec<[i64; WORD]> = self.counts.drain(..count).collect();
        let item = Arc::new(Field::new_list_field(DataType::Int64, false));
        let values = Int64Array::from_iter_values(taken.into_iter().flatten());
        Ok(Arc::new(FixedSizeListArray::try_new(item, WORD as i32, Arc::new(values), None)?))
    }

    fn states(&mut self, count: usize) -> Result<Vec<ArrayRef>> {
        Ok(vec![self.results(count)?])
    }

    fn size(&self) -> usize {
        self.counts.capacity() * size_of::<[i64; WORD]>()
    }
}
