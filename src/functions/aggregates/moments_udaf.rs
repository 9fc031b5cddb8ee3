//! Exact sums of floats and of their squares by group, for `variance` and `stddev`: mergeable as sums
//! are, and free of cancellation, since the difference of both is taken exactly.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Float64Array, Int64Array, StructArray};
use arrow::datatypes::Field;
use datafusion::common::Result;
use datafusion::logical_expr::AggregateUDF;

use super::exact_sum::{ExactSums, Taken, two_product};
use super::grouped::{Counts, Groups, each_row, typed};
use super::sum_floats::{SumColumns, count_columns, count_fields, sum_columns, sum_fields};
use super::sum_udaf::counts;
use super::udaf::{Kind, build};
use super::wide::Wide;

/// Σx and Σx² of floats: `{hi, lo, rest, squares_hi, squares_lo, squares_rest, n, skipped}`. Merged by
/// `sum_merge`.
pub fn moments_state() -> AggregateUDF {
    build(Kind::Moments)
}

/// The same of values at hand, by group.
pub fn moments_of(values: &ArrayRef, groups: &[usize], count: usize) -> Result<StructArray> {
    let states = super::udaf::over(Kind::Moments, values, groups, count)?;
    Ok(states.as_struct().clone())
}

/// The sample variance of states: null below two arguments, and out of range: a square past the range of
/// floats (|x| above 1e154), which is not kept.
pub fn finish_variance(state: &StructArray) -> Result<Float64Array> {
    let (sums, squares) = (SumColumns::read(state, 0)?, SumColumns::read(state, 3)?);
    let n = counts(state, "n")?;
    Ok((0..state.len()).map(|i| variance(&sums.value(i), &squares.value(i), n.value(i))).collect())
}

/// (n Σx² - (Σx)²) / (n (n - 1)), the numerator exact.
fn variance(sum: &Taken, squares: &Taken, n: i64) -> Option<f64> {
    if n < 2 {
        return None;
    }
    let mut wide = Wide::default();
    let mut add = |a: f64, b: f64| {
        let (product, error) = two_product(a, b);
        if product.is_finite() && error.is_finite() {
            wide.add(product);
            wide.add(error);
            return Some(());
        }
        None
    };
    let count = n as f64;
    for part in squares.parts() {
        add(part, count)?;
    }
    for a in sum.parts() {
        for b in sum.parts() {
            add(-a, b)?;
        }
    }
    Some((wide.round()? / count / (count - 1.0)).max(0.0))
}

/// Sums and sums of squares by group.
#[derive(Debug, Default)]
pub(super) struct Moments {
    sums: ExactSums,
    squares: ExactSums,
    counts: Vec<Counts>,
}

impl Moments {
    fn take(&mut self, count: usize, canonical: bool) -> Result<ArrayRef> {
        let (sums, squares) = (self.sums.take(count, canonical), self.squares.take(count, canonical));
        let counts: Vec<Counts> = self.counts.drain(..count).collect();
        let fields: Vec<Field> =
            sum_fields("").into_iter().chain(sum_fields("squares_")).chain(count_fields()).collect();
        let columns = sum_columns(&sums).into_iter().chain(sum_columns(&squares));
        let columns = columns.chain(count_columns(&counts)).collect();
        Ok(Arc::new(StructArray::try_new_with_length(fields.into(), columns, None, count)?))
    }
}

impl Groups for Moments {
    fn fresh(&self) -> Box<dyn Groups> {
        Box::new(Self::default())
    }

    fn resize(&mut self, groups: usize) {
        self.sums.resize(groups);
        self.squares.resize(groups);
        self.counts.resize(groups, Counts::default());
    }

    fn len(&self) -> usize {
        self.sums.groups()
    }

    fn update(&mut self, values: &ArrayRef, groups: &[usize], filter: Option<&BooleanArray>) -> Result<()> {
        let array: &Float64Array = typed(values, "floats")?;
        let (values, nulls) = (array.values(), array.nulls().filter(|n| n.null_count() > 0));
        let Self { sums, squares, counts } = self;
        each_row(groups, nulls, filter, |row, group, valid| {
            let value = values[row];
            let valid = valid && value.is_finite();
            counts[group].n += i64::from(valid);
            counts[group].skipped += i64::from(!valid);
            let value = if valid { value } else { 0.0 };
            sums.add(group, value);
            let (square, error) = two_product(value, value);
            if square.is_finite() {
                squares.add(group, square);
                squares.add(group, error);
            } else {
                // More than any sum of squares that is in range, so that the result is out of it too.
                squares.add_units(group, 4);
            }
        });
        Ok(())
    }

    fn merge(&mut self, states: &[ArrayRef], groups: &[usize], filter: Option<&BooleanArray>) -> Result<()> {
        let state: &StructArray = typed(&states[0], "moments")?;
        let (first, second) = (SumColumns::read(state, 0)?, SumColumns::read(state, 3)?);
        let n: &Int64Array = typed(state.column(6), "counts")?;
        let skipped: &Int64Array = typed(state.column(7), "counts")?;
        let Self { sums, squares, counts } = self;
        each_row(groups, state.nulls(), filter, |row, group, valid| {
            if valid {
                first.add_to(row, sums, group);
                second.add_to(row, squares, group);
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
        self.sums.size() + self.squares.size() + self.counts.capacity() * size_of::<Counts>()
    }
}
