//! Sums of whole numbers, decimals and durations in 128 bits, by group. Past 38 digits is an error that
//! starts with "rumbo overflow"; what passes 128 bits on the way and comes back is not.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Decimal128Array, Int64Array, StructArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{
    DataType, Decimal128Type, DurationMicrosecondType, Field, Fields, Int64Type, TimeUnit,
};
use datafusion::common::{DataFusionError, Result, internal_err};

use super::grouped::{Counts, Groups, each_row, typed};
use crate::functions::arrays::LIMIT;

#[derive(Clone, Copy, Debug, Default)]
struct Cell {
    sum: i128,
    counts: Counts,
}

/// Sums by group.
#[derive(Debug)]
pub(super) struct IntegerSums {
    scale: i8,
    cells: Vec<Cell>,
    /// How often a sum passed 128 bits, upwards less downwards; empty until one does.
    carries: Vec<i64>,
}

impl IntegerSums {
    pub(super) fn at_scale(scale: i8) -> Self {
        Self { scale, cells: Vec::new(), carries: Vec::new() }
    }

    pub(super) fn of(ty: &DataType) -> Result<Self> {
        match ty {
            DataType::Int64 | DataType::Duration(TimeUnit::Microsecond) => Ok(Self::at_scale(0)),
            DataType::Decimal128(_, scale) => Ok(Self::at_scale(*scale)),
            other => internal_err!("rumbo: sum of {other}"),
        }
    }

    /// Adds to a cell; how often it passed 128 bits, seldom anything but 0, goes to `carries`.
    #[inline]
    fn add(&mut self, group: usize, value: i128, counts: Counts) {
        let cell = &mut self.cells[group];
        let (sum, past) = cell.sum.overflowing_add(value);
        cell.sum = sum;
        cell.counts.n += counts.n;
        cell.counts.skipped += counts.skipped;
        if past {
            self.carry(group, if value < 0 { -1 } else { 1 });
        }
    }

    #[cold]
    fn carry(&mut self, group: usize, by: i64) {
        if self.carries.len() <= group {
            self.carries.resize(group + 1, 0);
        }
        self.carries[group] += by;
    }

    #[inline]
    fn add_rows(
        &mut self,
        groups: &[usize],
        nulls: Option<&NullBuffer>,
        filter: Option<&BooleanArray>,
        value: impl Fn(usize) -> i128,
    ) {
        each_row(groups, nulls, filter, |row, group, valid| {
            let counts = Counts { n: valid.into(), skipped: (!valid).into() };
            self.add(group, if valid { value(row) } else { 0 }, counts);
        });
    }

    fn fields(&self) -> Fields {
        Fields::from(vec![
            Field::new("sum", DataType::Decimal128(38, self.scale), true),
            Field::new("n", DataType::Int64, true),
            Field::new("skipped", DataType::Int64, true),
        ])
    }

    fn take(&mut self, count: usize) -> Result<(ArrayRef, Vec<i64>)> {
        let cells: Vec<Cell> = self.cells.drain(..count).collect();
        let mut carries: Vec<i64> = self.carries.drain(..count.min(self.carries.len())).collect();
        carries.resize(count, 0);
        let sums = Decimal128Array::from_iter_values(cells.iter().map(|c| c.sum));
        let columns: Vec<ArrayRef> = vec![
            Arc::new(sums.with_precision_and_scale(38, self.scale)?),
            Arc::new(Int64Array::from_iter_values(cells.iter().map(|c| c.counts.n))),
            Arc::new(Int64Array::from_iter_values(cells.iter().map(|c| c.counts.skipped))),
        ];
        Ok((Arc::new(StructArray::try_new_with_length(self.fields(), columns, None, count)?), carries))
    }
}

impl Groups for IntegerSums {
    fn fresh(&self) -> Box<dyn Groups> {
        Box::new(Self::at_scale(self.scale))
    }

    fn resize(&mut self, groups: usize) {
        self.cells.resize(groups, Cell::default());
    }

    fn len(&self) -> usize {
        self.cells.len()
    }

    fn update(&mut self, values: &ArrayRef, groups: &[usize], filter: Option<&BooleanArray>) -> Result<()> {
        let nulls = values.nulls().filter(|n| n.null_count() > 0);
        match values.data_type() {
            DataType::Int64 => {
                let values = values.as_primitive::<Int64Type>().values();
                self.add_rows(groups, nulls, filter, |row| values[row].into());
            }
            DataType::Duration(TimeUnit::Microsecond) => {
                let values = values.as_primitive::<DurationMicrosecondType>().values();
                self.add_rows(groups, nulls, filter, |row| values[row].into());
            }
            DataType::Decimal128(..) => {
                let values = values.as_primitive::<Decimal128Type>().values();
                self.add_rows(groups, nulls, filter, |row| values[row]);
            }
            other => return internal_err!("rumbo: sum of {other}"),
        }
        Ok(())
    }

    fn update_single(&mut self, values: &ArrayRef) -> Result<()> {
        // Without nulls the 64-bit sums stay in registers; they cannot pass 128 bits.
        if let Some(array) = values.as_primitive_opt::<Int64Type>().filter(|a| a.null_count() == 0) {
            let sum: i128 = array.values().iter().map(|v| i128::from(*v)).sum();
            self.add(0, sum, Counts { n: array.len() as i64, skipped: 0 });
            return Ok(());
        }
        self.update(values, &vec![0; values.len()], None)
    }

    fn merge(&mut self, states: &[ArrayRef], groups: &[usize], filter: Option<&BooleanArray>) -> Result<()> {
        let state: &StructArray = typed(&states[0], "sums")?;
        let sums: &Decimal128Array = typed(state.column(0), "sums")?;
        let n: &Int64Array = typed(state.column(1), "counts")?;
        let skipped: &Int64Array = typed(state.column(2), "counts")?;
        each_row(groups, state.nulls(), filter, |row, group, valid| {
            if valid {
                let counts = Counts { n: n.value(row), skipped: skipped.value(row) };
                self.add(group, sums.value(row), counts);
            }
        });
        if let Some(carries) = states.get(1) {
            let carries: &Int64Array = typed(carries, "carries")?;
            for (group, by) in groups.iter().zip(carries.values()).filter(|(_, by)| **by != 0) {
                self.carry(*group, *by);
            }
        }
        Ok(())
    }

    fn results(&mut self, count: usize) -> Result<ArrayRef> {
        let past = |cell: &Cell| cell.sum <= -LIMIT || cell.sum >= LIMIT;
        if self.cells[..count].iter().any(past) || self.carries.iter().take(count).any(|c| *c != 0) {
            return Err(DataFusionError::Execution("rumbo overflow: sum past 38 digits".to_owned()));
        }
        Ok(self.take(count)?.0)
    }

    fn states(&mut self, count: usize) -> Result<Vec<ArrayRef>> {
        let (state, carries) = self.take(count)?;
        Ok(vec![state, Arc::new(Int64Array::from(carries))])
    }

    fn size(&self) -> usize {
        self.cells.capacity() * size_of::<Cell>() + self.carries.capacity() * size_of::<i64>()
    }
}
