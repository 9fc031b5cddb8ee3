//! Exact sums of floats by group, as Arrow structs: `hi`, `lo`, `rest`, and counts. What is not finite is
//! missing.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Float64Array, Int64Array, ListArray, StructArray,
};
use arrow::array::{Float64Builder, ListBuilder};
use arrow::datatypes::{DataType, Field, Float64Type};
use datafusion::common::Result;

use super::exact_sum::{ExactSums, Taken};
use super::grouped::{Counts, Groups, each_row, typed};

/// The fields of one exact sum, under this prefix.
pub(super) fn sum_fields(prefix: &str) -> [Field; 3] {
    let rest = DataType::List(Arc::new(Field::new_list_field(DataType::Float64, true)));
    [("hi", DataType::Float64), ("lo", DataType::Float64), ("rest", rest)]
        .map(|(name, ty)| Field::new(format!("{prefix}{name}"), ty, true))
}

/// The fields of the counts.
pub(super) fn count_fields() -> [Field; 2] {
    ["n", "skipped"].map(|name| Field::new(name, DataType::Int64, true))
}

/// Sums as the columns of `sum_fields`.
pub(super) fn sum_columns(sums: &[Taken]) -> [ArrayRef; 3] {
    let mut rest = ListBuilder::new(Float64Builder::new());
    for sum in sums {
        rest.values().append_slice(&sum.rest);
        rest.append(!sum.rest.is_empty());
    }
    [
        Arc::new(Float64Array::from_iter_values(sums.iter().map(|s| s.hi))),
        Arc::new(Float64Array::from_iter_values(sums.iter().map(|s| s.lo))),
        Arc::new(rest.finish()),
    ]
}

/// Counts as the columns of `count_fields`.
pub(super) fn count_columns(counts: &[Counts]) -> [ArrayRef; 2] {
    [
        Arc::new(Int64Array::from_iter_values(counts.iter().map(|c| c.n))),
        Arc::new(Int64Array::from_iter_values(counts.iter().map(|c| c.skipped))),
    ]
}

/// The columns of `sum_fields`, to read.
pub(super) struct SumColumns<'a> {
    hi: &'a Float64Array,
    lo: &'a Float64Array,
    rest: &'a ListArray,
}

impl<'a> SumColumns<'a> {
    /// From a state's columns, the first at `at`.
    pub(super) fn read(state: &'a StructArray, at: usize) -> Result<Self> {
        Ok(Self {
            hi: typed(state.column(at), "a float sum")?,
            lo: typed(state.column(at + 1), "a float sum")?,
            rest: typed(state.column(at + 2), "a float sum")?,
        })
    }

    fn rest(&self, row: usize) -> &[f64] {
        if self.rest.is_null(row) {
            return &[];
        }
        let offsets = self.rest.value_offsets();
        let values = self.rest.values().as_primitive_opt::<Float64Type>();
        values.map_or(&[], |v| &v.values()[offsets[row] as usize..offsets[row + 1] as usize])
    }

    /// The sum of a row.
    pub(super) fn value(&self, row: usize) -> Taken {
        Taken { hi: self.hi.value(row), lo: self.lo.value(row), rest: self.rest(row).to_vec() }
    }

    /// Adds a row to a group's sum.
    #[inline]
    pub(super) fn add_to(&self, row: usize, sums: &mut ExactSums, group: usize) {
        sums.add(group, self.hi.value(row));
        sums.add(group, self.lo.value(row));
        let mut rest = self.rest(row).iter();
        while let Some(part) = rest.next() {
            if part.is_finite() {
                sums.add(group, *part);
            } else if let Some(units) = rest.next() {
                sums.add_units(group, *units as i64);
            }
        }
    }
}

/// Sums by group.
#[derive(Debug, Default)]
pub(super) struct FloatSums {
    sums: ExactSums,
    counts: Vec<Counts>,
}

impl FloatSums {
    fn take(&mut self, count: usize, canonical: bool) -> Result<ArrayRef> {
        let sums = self.sums.take(count, canonical);
        let counts: Vec<Counts> = self.counts.drain(..count).collect();
        let fields: Vec<Field> = sum_fields("").into_iter().chain(count_fields()).collect();
        let columns = sum_columns(&sums).into_iter().chain(count_columns(&counts)).collect();
        Ok(Arc::new(StructArray::try_new_with_length(fields.into(), columns, None, count)?))
    }
}

impl Groups for FloatSums {
    fn fresh(&self) -> Box<dyn Groups> {
        Box::new(Self::default())
    }

    fn resize(&mut self, groups: usize) {
        self.sums.resize(groups);
        self.counts.resize(groups, Counts::default());
    }

    fn len(&self) -> usize {
        self.sums.groups()
    }

    fn update(&mut self, values: &ArrayRef, groups: &[usize], filter: Option<&BooleanArray>) -> Result<()> {
        let array: &Float64Array = typed(values, "floats")?;
        let (values, nulls) = (array.values(), array.nulls().filter(|n| n.null_count() > 0));
        let (sums, counts) = (&mut self.sums, &mut self.counts);
        each_row(groups, nulls, filter, |row, group, valid| {
            let value = values[row];
            let valid = valid && value.is_finite();
            counts[group].n += i64::from(valid);
            counts[group].skipped += i64::from(!valid);
            sums.add(group, if valid { value } else { 0.0 });
        });
        Ok(())
    }

    fn update_single(&mut self, values: &ArrayRef) -> Result<()> {
        let array: &Float64Array = typed(values, "floats")?;
        let mut n = 0;
        let finite = |value: f64| {
            let valid = value.is_finite();
            n += i64::from(valid);
            if valid { value } else { 0.0 }
        };
        if array.null_count() == 0 {
            self.sums.add_all(0, array.values().iter().copied().map(finite));
        } else {
            self.sums.add_all(0, array.iter().flatten().map(finite));
        }
        self.counts[0].n += n;
        self.counts[0].skipped += array.len() as i64 - n;
        Ok(())
    }

    fn merge(&mut self, states: &[ArrayRef], groups: &[usize], filter: Option<&BooleanArray>) -> Result<()> {
        let state: &StructArray = typed(&states[0], "sums")?;
        let columns = SumColumns::read(state, 0)?;
        let n: &Int64Array = typed(state.column(3), "counts")?;
        let skipped: &Int64Array = typed(state.column(4), "counts")?;
        let (sums, counts) = (&mut self.sums, &mut self.counts);
        each_row(groups, state.nulls(), filter, |row, group, valid| {
            if valid {
                columns.add_to(row, sums, group);
                counts[group].n += n.value(row);
                counts[group].skipped += skipped.value(row);
            }
        });
        Ok(())
    }

    fn results(&mut self, count: usize) -> Result<ArrayRef> {
        self.take(count, true)
    }

    fn states(&mut self, count: usize) -> Result<Vec<ArrayRef>> {
        Ok(vec![self.take(count, false)?])
    }

    fn size(&self) -> usize {
        self.sums.size() + self.counts.capacity() * size_of::<Counts>()
    }
}
