//! Kernels' shapes that several functions share: a function of one float, of one day, of one text; and
//! picking from columns row by row.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Float64Array, Int64Array, StringViewArray};
use arrow::compute::kernels::zip::zip;
use arrow::compute::{is_null, nullif, or};
use arrow::datatypes::{DataType, Float64Type};
use chrono::NaiveDate;

use crate::functions::arrays::{
    dates, exacts, floats, instants, overflowed, put, put_floats, put_integers, texts,
};
use crate::functions::clock::{DAY, LocalClock, calendar};
use crate::functions::operators::Comparison;
use crate::functions::operators::comparison::{compare, local_days};
use crate::functions::{Env, Failure};

/// A float of a float.
pub fn by_float(arg: &ArrayRef, f: impl Fn(f64) -> f64) -> Result<ArrayRef, Failure> {
    Ok(put_floats(&floats(arg)?.unary::<_, Float64Type>(f)))
}

/// A number of a number of the same kind: floats by one function, exact ones by the other, which takes
/// the value and ten to its scale and gives a value at the scale `scale`.
pub fn by_kind(
    arg: &ArrayRef,
    out: &DataType,
    scale: i8,
    float: impl Fn(f64) -> f64,
    exact: impl Fn(i128, i128) -> i128,
) -> Result<ArrayRef, Failure> {
    let own = match arg.data_type() {
        DataType::Decimal128(_, own) => *own,
        DataType::Float64 => return put(&by_float(arg, float)?, out),
        _ => 0,
    };
    let power = crate::functions::arrays::pow10(own);
    let values = exacts(arg, own)?.unary(|v| exact(v, power));
    let values: arrow::array::Decimal128Array = values;
    let values: ArrayRef = Arc::new(values.with_precision_and_scale(38, scale).map_err(overflowed)?);
    put(&values, out)
}

/// The calendar days of dates, and of timestamps by the local clock.
pub fn days(arg: &ArrayRef, env: &Env) -> Result<arrow::array::Date32Array, Failure> {
    if let DataType::Timestamp(..) = arg.data_type() { local_days(arg, env) } else { dates(arg) }
}

/// A whole number of a calendar day.
pub fn by_day(
    arg: &ArrayRef,
    out: &DataType,
    env: &Env,
    f: impl Fn(NaiveDate) -> i64,
) -> Result<ArrayRef, Failure> {
    let numbers: Int64Array = days(arg, env)?.iter().map(|day| Some(f(calendar(day?)?))).collect();
    put_integers(&numbers, out)
}

/// What the local clock shows at dates (midnight) and timestamps, in microseconds.
pub fn local_micros(arg: &ArrayRef, env: &Env) -> Result<Int64Array, Failure> {
    if let DataType::Timestamp(..) = arg.data_type() {
        let mut clock = LocalClock::new(env.timezone);
        return Ok(instants(arg)?.iter().map(|at| clock.local(at?)).collect());
    }
    Ok(dates(arg)?.unary(|day| i64::from(day) * DAY))
}

/// The instants of dates (local midnight) and timestamps, in microseconds.
pub fn instant_micros(arg: &ArrayRef, env: &Env) -> Result<Int64Array, Failure> {
    if let DataType::Timestamp(..) = arg.data_type() {
        return Ok(instants(arg)?.unary(|at| at));
    }
    let mut clock = LocalClock::new(env.timezone);
    Ok(dates(arg)?.iter().map(|day| clock.midnight(day?)).collect())
}

/// How often `unit` microseconds fit between two columns of microseconds.
pub fn between(from: &Int64Array, to: &Int64Array, unit: i64) -> ArrayRef {
    let elapsed = from.iter().zip(to.iter()).map(|(a, b)| Some((b?.checked_sub(a?)?) as f64 / unit as f64));
    put_floats(&elapsed.collect::<Float64Array>())
}

/// A text of a text.
pub fn by_text(arg: &ArrayRef, out: &DataType, f: impl Fn(&str) -> String) -> Result<ArrayRef, Failure> {
    let result: StringViewArray = texts(arg)?.iter().map(|text| text.map(&f)).collect();
    put(&(Arc::new(result) as ArrayRef), out)
}

/// A whole number of a text.
pub fn by_length(arg: &ArrayRef, out: &DataType, f: impl Fn(&str) -> i64) -> Result<ArrayRef, Failure> {
    let result: Int64Array = texts(arg)?.iter().map(|text| text.map(&f)).collect();
    put_integers(&result, out)
}

/// Where `mask` is true `yes`, else `no`; both of one type.
pub fn pick(mask: &BooleanArray, yes: &ArrayRef, no: &ArrayRef) -> Result<ArrayRef, Failure> {
    zip(mask, &yes, &no).map_err(overflowed)
}

/// Missing where any of the columns is.
pub fn missing_with(result: &ArrayRef, others: &[&ArrayRef]) -> Result<ArrayRef, Failure> {
    let mut missing: Option<BooleanArray> = None;
    for other in others.iter().filter(|other| other.logical_null_count() > 0) {
        let here = is_null(other).map_err(overflowed)?;
        missing = Some(match missing {
            Some(before) => or(&before, &here).map_err(overflowed)?,
            None => here,
        });
    }
    match missing {
        Some(missing) => nullif(result, &missing).map_err(overflowed),
        None => Ok(Arc::clone(result)),
    }
}

/// The first of the columns by an order, missing where any is missing.
pub fn extreme(args: &[ArrayRef], op: Comparison, out: &DataType, env: &Env) -> Result<ArrayRef, Failure> {
    let columns = args.iter().map(|arg| put(arg, out)).collect::<Result<Vec<_>, _>>()?;
    let Some((first, rest)) = columns.split_first() else {
        return Err(Failure::Internal("no arguments".to_owned()));
    };
    let mut best = Arc::clone(first);
    for column in rest {
        let better = compare(op, column, &best, false, env)?;
        best = missing_with(&pick(better.as_boolean(), column, &best)?, &[column, &best])?;
    }
    Ok(best)
}
