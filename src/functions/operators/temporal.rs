//! Kernels of arithmetic with dates, timestamps and durations. A date stands for its local midnight
//! wherever an instant is needed; what leaves the years 1 to 9999 is missing.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, ArrowPrimitiveType, AsArray, Date32Array, DurationMicrosecondArray, Float64Array, Int64Array,
    PrimitiveArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Decimal128Type, Int64Type};
use chrono::Months;

use super::Arithmetic;
use crate::functions::arrays::{
    dates, durations, exacts, floats, instants, is_number, overflow, overflowed, put_floats, ratio,
    unexpected,
};
use crate::functions::clock::{DAY, LocalClock, calendar, day_number};
use crate::functions::{Env, Failure};

/// The first and the last microsecond of the years 1 to 9999.
const YEARS: std::ops::RangeInclusive<i64> = -62_135_596_800_000_000..=253_402_300_799_999_999;

/// `left op right`, one of which is no number.
pub fn apply(
    op: Arithmetic,
    left: &ArrayRef,
    right: &ArrayRef,
    out: &DataType,
    env: &Env,
) -> Result<ArrayRef, Failure> {
    use DataType::{Date32, Duration, Timestamp};
    let sign = if op == Arithmetic::Sub { -1 } else { 1 };
    match (op, left.data_type(), right.data_type()) {
        (Arithmetic::Sub, Date32 | Timestamp(..), Date32 | Timestamp(..)) => difference(left, right, env),
        (Arithmetic::Add | Arithmetic::Sub, Date32 | Timestamp(..), Duration(_)) => {
            shift(left, right, sign, out, env)
        }
        (Arithmetic::Add, Duration(_), Date32 | Timestamp(..)) => shift(right, left, 1, out, env),
        (Arithmetic::Add | Arithmetic::Sub, Duration(_), Duration(_)) => {
            let (a, b) = (durations(left)?, durations(right)?);
            let sum = arrow::compute::try_binary(&a, &b, |x: i64, y: i64| {
                y.checked_mul(sign).and_then(|y| x.checked_add(y)).ok_or_else(|| overflow("duration"))
            });
            let sum: DurationMicrosecondArray = sum.map_err(overflowed)?;
            Ok(Arc::new(sum))
        }
        (Arithmetic::Div, Duration(_), Duration(_)) => {
            let (a, b) = (durations(left)?, durations(right)?);
            let parts: Float64Array = both(&a, &b, |x, y| (y != 0).then(|| ratio(x.into(), y.into())));
            Ok(put_floats(&parts))
        }
        (Arithmetic::Mul | Arithmetic::Div, Duration(_), other) if is_number(other) => {
            scale(left, right, op == Arithmetic::Div)
        }
        (Arithmetic::Mul, other, Duration(_)) if is_number(other) => scale(right, left, false),
        (_, a, _) => Err(unexpected("arithmetic", a)),
    }
}

fn both<A, B, O>(
    left: &PrimitiveArray<A>,
    right: &PrimitiveArray<B>,
    mut op: impl FnMut(A::Native, B::Native) -> Option<O::Native>,
) -> PrimitiveArray<O>
where
    A: ArrowPrimitiveType,
    B: ArrowPrimitiveType,
    O: ArrowPrimitiveType,
{
    left.iter().zip(right.iter()).map(|(x, y)| op(x?, y?)).collect()
}

/// A date or timestamp column as instants; dates at their local midnight.
fn moments(array: &ArrayRef, clock: &mut LocalClock) -> Result<TimestampMicrosecondArray, Failure> {
    if array.data_type() == &DataType::Date32 {
        return Ok(dates(array)?.iter().map(|day| clock.midnight(day?)).collect());
    }
    instants(array)
}

fn difference(left: &ArrayRef, right: &ArrayRef, env: &Env) -> Result<ArrayRef, Failure> {
    let elapsed: DurationMicrosecondArray =
        if (left.data_type(), right.data_type()) == (&DataType::Date32, &DataType::Date32) {
            both(&dates(left)?, &dates(right)?, |x, y| (i64::from(x) - i64::from(y)).checked_mul(DAY))
        } else {
            let mut clock = LocalClock::new(env.timezone);
            both(&moments(left, &mut clock)?, &moments(right, &mut clock)?, i64::checked_sub)
        };
    Ok(Arc::new(elapsed))
}

fn shift(time: &ArrayRef, by: &ArrayRef, sign: i64, out: &DataType, env: &Env) -> Result<ArrayRef, Failure> {
    let by = durations(by)?;
    if out == &DataType::Date32 {
        // The checker promises whole days; anything else has no day that is right.
        let days: Date32Array = both(&dates(time)?, &by, |day, micros| {
            let days = i32::try_from((micros / DAY).checked_mul(sign)?).ok().filter(|_| micros % DAY == 0)?;
            day.checked_add(days).filter(|d| calendar(*d).is_some())
        });
        return Ok(Arc::new(days));
    }
    let moments = moments(time, &mut LocalClock::new(env.timezone))?;
    let shifted: TimestampMicrosecondArray = both(&moments, &by, |at, micros| {
        at.checked_add(micros.checked_mul(sign)?).filter(|t| YEARS.contains(t))
    });
    Ok(Arc::new(shifted.with_data_type(out.clone())))
}

fn scale(duration: &ArrayRef, factor: &ArrayRef, divide: bool) -> Result<ArrayRef, Failure> {
    let micros = durations(duration)?;
    let scaled: DurationMicrosecondArray = if factor.data_type() == &DataType::Int64 && !divide {
        both(&micros, factor.as_primitive::<Int64Type>(), i64::checked_mul)
    } else if factor.data_type() == &DataType::Decimal128(38, 0) && !divide {
        let factors = exacts(factor, 0)?;
        both::<_, Decimal128Type, _>(&micros, &factors, |m, f| {
            i128::from(m).checked_mul(f).and_then(|v| i64::try_from(v).ok())
        })
    } else {
        both(&micros, &floats(factor)?, |m, f| {
            let value = if divide { m as f64 / f } else { m as f64 * f };
            (value.is_finite() && value.abs() < 9.2e18).then_some(value.round() as i64)
        })
    };
    Ok(Arc::new(scaled))
}

/// `-d` of a duration.
pub fn neg(operand: &ArrayRef) -> Result<ArrayRef, Failure> {
    let negated = durations(operand)?
        .try_unary(|v| v.checked_neg().ok_or_else(|| overflow("duration")))
        .map_err(overflowed)?;
    let negated: DurationMicrosecondArray = negated;
    Ok(Arc::new(negated))
}

/// A date or timestamp moved by whole calendar months on the local clock: the same day, or the month's
/// last where it has no such day.
pub fn add_months(time: &ArrayRef, months: &Int64Array, env: &Env) -> Result<ArrayRef, Failure> {
    let moved = |day: i32, months: i64| -> Option<i32> {
        let date = calendar(day)?;
        let by = Months::new(u32::try_from(months.unsigned_abs()).ok()?);
        let date = if months < 0 { date.checked_sub_months(by) } else { date.checked_add_months(by) }?;
        Some(day_number(date)).filter(|d| calendar(*d).is_some())
    };
    if time.data_type() == &DataType::Date32 {
        let days: Date32Array = both(&dates(time)?, months, moved);
        return Ok(Arc::new(days));
    }
    let mut clock = LocalClock::new(env.timezone);
    let shifted: TimestampMicrosecondArray = both(&instants(time)?, months, |at, n| {
        let local = clock.local(at)?;
        let day = moved(i32::try_from(local.div_euclid(DAY)).ok()?, n)?;
        clock.instant(i64::from(day) * DAY + local.rem_euclid(DAY))
    });
    Ok(Arc::new(shifted.with_data_type(time.data_type().clone())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::row_type;
    use crate::model::types::Type;

    const ENV: Env = Env { timezone: chrono_tz::Europe::Madrid };

    fn day(text: &str) -> ArrayRef {
        Arc::new(Date32Array::from(vec![day_number(text.parse().unwrap())]))
    }
    fn at(text: &str) -> ArrayRef {
        let micros = text.parse::<chrono::DateTime<chrono::Utc>>().unwrap().timestamp_micros();
        Arc::new(TimestampMicrosecondArray::from(vec![micros]).with_timezone("UTC"))
    }
    fn hours(n: i64) -> ArrayRef {
        Arc::new(DurationMicrosecondArray::from(vec![n * 3_600_000_000]))
    }
    fn run(op: Arithmetic, a: &ArrayRef, b: &ArrayRef, ty: Type) -> ArrayRef {
        apply(op, a, b, &row_type(ty), &ENV).unwrap()
    }

    #[test]
    fn differences() {
        let sub = |a: &ArrayRef, b: &ArrayRef| run(Arithmetic::Sub, a, b, Type::Duration);
        assert_eq!(&sub(&day("2026-03-30"), &day("2026-03-28")), &hours(48));
        // The local day of the change has 23 hours; midnight in Madrid is 23:00Z before.
        assert_eq!(&sub(&at("2026-03-29T22:00:00Z"), &day("2026-03-29")), &hours(23));
        assert_eq!(&sub(&day("2026-03-29"), &at("2026-03-28T22:00:00Z")), &hours(1));
    }

    #[test]
    fn shifts() {
        let (add, sub) = (Arithmetic::Add, Arithmetic::Sub);
        assert_eq!(&run(add, &day("2026-02-27"), &hours(48), Type::Date), &day("2026-03-01"));
        assert_eq!(&run(sub, &day("2026-03-01"), &hours(24), Type::Date), &day("2026-02-28"));
        let noon = run(add, &hours(12), &day("2026-01-01"), Type::Timestamp);
        assert_eq!(&noon, &at("2026-01-01T11:00:00Z"));
        assert_eq!(run(add, &day("9999-12-31"), &hours(24), Type::Date).null_count(), 1);
    }

    #[test]
    fn months_keep_the_day_or_take_the_last() {
        let months = |t: &ArrayRef, n| add_months(t, &Int64Array::from(vec![n]), &ENV).unwrap();
        assert_eq!(&months(&day("2024-01-31"), 1), &day("2024-02-29"));
        assert_eq!(&months(&day("2024-03-31"), -13), &day("2023-02-28"));
        // The local clock keeps its time across the change of March.
        assert_eq!(&months(&at("2026-02-28T23:30:00Z"), 1), &at("2026-03-31T22:30:00Z"));
    }

    #[test]
    fn durations_as_quantities() {
        let parts = run(Arithmetic::Div, &hours(36), &hours(24), Type::Float);
        assert_eq!(&parts, &(Arc::new(Float64Array::from(vec![1.5])) as ArrayRef));
        let half: ArrayRef = Arc::new(Float64Array::from(vec![0.5]));
        assert_eq!(&run(Arithmetic::Mul, &half, &hours(4), Type::Duration), &hours(2));
        let zero: ArrayRef = Arc::new(Int64Array::from(vec![0]));
        assert_eq!(run(Arithmetic::Div, &hours(4), &zero, Type::Duration).null_count(), 1);
    }
}
