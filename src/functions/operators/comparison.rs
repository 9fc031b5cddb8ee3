//! Kernels of `= != < <= > >=`. Whole numbers and decimals compare exactly; beside a float both are
//! floats, in results after rounding to 9 decimals. A timestamp beside a date is its local day.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, Date32Array, new_null_array};
use arrow::compute::kernels::cmp;
use arrow::datatypes::DataType;

use super::Comparison;
use crate::functions::arrays::{
    dates, durations, exacts, floats, instants, is_number, overflowed, pow10, scale_of, texts, unexpected,
};
use crate::functions::clock::LocalClock;
use crate::functions::{Env, Failure};

impl Comparison {
    fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Eq => order.is_eq(),
            Self::NotEq => order.is_ne(),
            Self::Lt => order.is_lt(),
            Self::LtEq => order.is_le(),
            Self::Gt => order.is_gt(),
            Self::GtEq => order.is_ge(),
        }
    }
}

/// `left op right`; `rounded` in results, so that thresholds do not hang on a float's last bits.
pub fn compare(
    op: Comparison,
    left: &ArrayRef,
    right: &ArrayRef,
    rounded: bool,
    env: &Env,
) -> Result<ArrayRef, Failure> {
    use DataType::{Boolean, Date32, Duration, Int64, LargeUtf8, Timestamp, Utf8, Utf8View};
    let (a, b) = (left.data_type(), right.data_type());
    match (a, b) {
        _ if a.is_null() || b.is_null() => Ok(new_null_array(&Boolean, left.len())),
        (Int64, Int64) | (Boolean, Boolean) | (Date32, Date32) => by_arrow(op, left, right),
        _ if is_number(a) && is_number(b) => numbers(op, left, right, rounded),
        (Utf8 | LargeUtf8 | Utf8View, Utf8 | LargeUtf8 | Utf8View) => {
            by_arrow(op, &texts(left)?, &texts(right)?)
        }
        (Duration(_), Duration(_)) => by_arrow(op, &durations(left)?, &durations(right)?),
        (Timestamp(..), Timestamp(..)) => by_arrow(op, &instants(left)?, &instants(right)?),
        (Timestamp(..), Date32) => by_arrow(op, &local_days(left, env)?, &dates(right)?),
        (Date32, Timestamp(..)) => by_arrow(op, &dates(left)?, &local_days(right, env)?),
        _ => Err(unexpected("comparison", a)),
    }
}

fn by_arrow(op: Comparison, left: &dyn Array, right: &dyn Array) -> Result<ArrayRef, Failure> {
    let result = match op {
        Comparison::Eq => cmp::eq(&left, &right),
        Comparison::NotEq => cmp::neq(&left, &right),
        Comparison::Lt => cmp::lt(&left, &right),
        Comparison::LtEq => cmp::lt_eq(&left, &right),
        Comparison::Gt => cmp::gt(&left, &right),
        Comparison::GtEq => cmp::gt_eq(&left, &right),
    };
    Ok(Arc::new(result.map_err(overflowed)?))
}

/// The local days of instants.
pub fn local_days(array: &ArrayRef, env: &Env) -> Result<Date32Array, Failure> {
    let mut clock = LocalClock::new(env.timezone);
    Ok(instants(array)?.iter().map(|at| clock.day(at?)).collect())
}

fn numbers(op: Comparison, left: &ArrayRef, right: &ArrayRef, rounded: bool) -> Result<ArrayRef, Failure> {
    let result = if let (Some(s), Some(t)) = (scale_of(left.data_type()), scale_of(right.data_type())) {
        let (a, b) = (exacts(left, s)?, exacts(right, t)?);
        let common = s.max(t);
        let (up_a, up_b) = (pow10(common - s), pow10(common - t));
        let holds = |x: i128, y: i128| op.holds(exact_order(x, up_a, y, up_b));
        BooleanArray::from_binary(&a, &b, holds)
    } else {
        let (a, b) = (floats(left)?, floats(right)?);
        // Not Arrow's total order, in which the zeros differ.
        if rounded {
            BooleanArray::from_binary(&a, &b, |x, y| op.holds(float_order(nine(x), nine(y))))
        } else {
            BooleanArray::from_binary(&a, &b, |x, y| op.holds(float_order(x, y)))
        }
    };
    Ok(Arc::new(result))
}

/// The order of `a * up_a` and `b * up_b`, one of the factors being 1: what does not fit is larger, by its sign.
fn exact_order(a: i128, up_a: i128, b: i128, up_b: i128) -> Ordering {
    match (a.checked_mul(up_a), b.checked_mul(up_b)) {
        (Some(a), Some(b)) => a.cmp(&b),
        (None, _) => a.cmp(&0),
        (_, None) => 0.cmp(&b),
    }
}

fn float_order(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or(Ordering::Equal)
}

/// Rounded to 9 decimals. From 2^23 on floats are further apart than that.
pub fn nine(value: f64) -> f64 {
    if value.abs() < 8_388_608.0 { (value * 1e9).round() / 1e9 } else { value }
}

#[cfg(test)]
mod tests {
    use arrow::array::{
        AsArray, Decimal128Array, Float64Array, Int64Array, StringArray, StringViewArray,
        TimestampMicrosecondArray,
    };

    use super::*;

    const ENV: Env = Env { timezone: chrono_tz::Europe::Madrid };

    fn dec(v: i128, scale: i8) -> ArrayRef {
        Arc::new(Decimal128Array::from(vec![v]).with_precision_and_scale(38, scale).unwrap())
    }
    fn is(op: Comparison, a: &ArrayRef, b: &ArrayRef, rounded: bool) -> Option<bool> {
        let result = compare(op, a, b, rounded, &ENV).unwrap();
        result.is_valid(0).then(|| result.as_boolean().value(0))
    }

    #[test]
    fn exact_numbers_of_any_scale() {
        let big = dec(10_i128.pow(37), 0);
        assert_eq!(is(Comparison::Gt, &big, &dec(1, 30), false), Some(true));
        assert_eq!(is(Comparison::Lt, &dec(-1, 30), &big, false), Some(true));
        assert_eq!(is(Comparison::Eq, &dec(150, 2), &dec(15, 1), false), Some(true));
        let int: ArrayRef = Arc::new(Int64Array::from(vec![i64::MAX]));
        assert_eq!(is(Comparison::Eq, &int, &dec(i128::from(i64::MAX) * 10, 1), false), Some(true));
    }

    #[test]
    fn floats_round_in_results_only() {
        let a: ArrayRef = Arc::new(Float64Array::from(vec![0.1 + 0.2]));
        let b = dec(3, 1);
        assert_eq!(is(Comparison::Eq, &a, &b, true), Some(true));
        assert_eq!(is(Comparison::Eq, &a, &b, false), Some(false));
        assert_eq!(is(Comparison::Gt, &a, &b, true), Some(false));
        let zero: ArrayRef = Arc::new(Float64Array::from(vec![-0.0]));
        assert_eq!(is(Comparison::Eq, &zero, &dec(0, 0), false), Some(true));
    }

    #[test]
    fn texts_and_local_days() {
        let view: ArrayRef = Arc::new(StringViewArray::from(vec!["a"]));
        let text: ArrayRef = Arc::new(StringArray::from(vec!["B"]));
        assert_eq!(is(Comparison::Gt, &view, &text, false), Some(true));
        let at = "2026-03-28T23:30:00Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap();
        let at: ArrayRef = Arc::new(TimestampMicrosecondArray::from(vec![at.timestamp_micros()]));
        let day = "2026-03-29".parse().map(crate::functions::clock::day_number).unwrap();
        let day: ArrayRef = Arc::new(Date32Array::from(vec![day]));
        assert_eq!(is(Comparison::Eq, &at, &day, false), Some(true));
        assert_eq!(is(Comparison::LtEq, &day, &at, false), Some(true));
    }
}
