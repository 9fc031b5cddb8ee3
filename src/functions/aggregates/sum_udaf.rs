//! Sums for DataFusion: `sum_state` over rows gives a struct that is a result and a state at once,
//! `sum_merge` adds such structs up, `finish_sum` reads values from them.
//!
//! Whole numbers and durations (in microseconds): `{sum: Decimal128(38, 0), n, skipped}`; decimals the
//! same at their scale; floats: `{hi, lo, rest: List<Float64>, n, skipped}`, exactly `hi + lo + rest`.
//! `n` counts arguments, `skipped` missing ones; rows that a FILTER rejects are in neither.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray as _, Decimal128Array, Float64Array, Int64Array, StructArray};
use arrow::datatypes::DataType;
use datafusion::common::{Result, internal_err};
use datafusion::logical_expr::AggregateUDF;

use super::grouped::typed;
use super::sum_floats::SumColumns;
use super::udaf::{Kind, build};

/// The sum of arguments of this type: Int64, Decimal128, Float64 or Duration in microseconds.
pub fn sum_state(input: &DataType) -> AggregateUDF {
    build(Kind::Sum(input.clone()))
}

/// The sum of states, of `sum_state` or `moments_state`. Null states count for nothing.
pub fn sum_merge() -> AggregateUDF {
    build(Kind::Merge)
}

/// A counts column, 0 where the state is null.
pub(super) fn counts(state: &StructArray, name: &str) -> Result<Int64Array> {
    let Some(column) = state.column_by_name(name) else {
        return internal_err!("rumbo: no {name} in {}", state.data_type());
    };
    let column: &Int64Array = typed(column, "counts")?;
    Ok((0..state.len()).map(|i| Some(if state.is_valid(i) { column.value(i) } else { 0 })).collect())
}

/// Sums by group of values at hand, as states.
pub fn sums_of(values: &ArrayRef, groups: &[usize], count: usize) -> Result<StructArray> {
    let states = super::udaf::over(Kind::Sum(values.data_type().clone()), values, groups, count)?;
    Ok(states.as_struct().clone())
}

/// Values, `n` and `skipped` of states. The value is 0 over no arguments, null where the state is or
/// where a float sum is past the range of floats.
pub fn finish_sum(state: &StructArray) -> Result<(ArrayRef, Int64Array, Int64Array)> {
    let values: ArrayRef = if let DataType::Decimal128(..) = state.column(0).data_type() {
        let sums: &Decimal128Array = typed(state.column(0), "sums")?;
        let nulls = arrow::buffer::NullBuffer::union(sums.nulls(), state.nulls());
        let ty = sums.data_type().clone();
        Arc::new(Decimal128Array::new(sums.values().clone(), nulls).with_data_type(ty))
    } else {
        let columns = SumColumns::read(state, 0)?;
        let value = |row| state.is_valid(row).then(|| columns.value(row).round()).flatten();
        Arc::new((0..state.len()).map(value).collect::<Float64Array>())
    };
    Ok((values, counts(state, "n")?, counts(state, "skipped")?))
}
