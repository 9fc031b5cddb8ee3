//! Kernels of `+ - * / ^` and unary minus over numbers; what has dates, timestamps or durations goes to
//! `temporal`. Whole numbers and decimals are exact or fail; floats out of range are missing.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Decimal128Array, Float64Array, new_null_array};
use arrow::compute::{binary, try_binary};
use arrow::datatypes::{DataType, Decimal128Type, Float64Type, Int64Type};

use super::{Arithmetic, temporal};
use crate::functions::arrays::{
    decimal_to_f64, digits38, exacts, floats, is_number, overflow, overflowed, pow10, put_floats, ratio,
    scale_of, unexpected,
};
use crate::functions::{Env, Failure};

/// `left op right`, in the type `out` that `typing` found.
pub fn apply(
    op: Arithmetic,
    left: &ArrayRef,
    right: &ArrayRef,
    out: &DataType,
    env: &Env,
) -> Result<ArrayRef, Failure> {
    let (a, b) = (left.data_type(), right.data_type());
    if a.is_null() || b.is_null() {
        return Ok(new_null_array(out, left.len()));
    }
    if !is_number(a) || !is_number(b) {
        return temporal::apply(op, left, right, out, env);
    }
    match (op, out) {
        (Arithmetic::Div, _) => divide(left, right),
        (Arithmetic::Pow, _) => by_floats(left, right, f64::powf),
        (Arithmetic::Add, DataType::Float64) => by_floats(left, right, |x, y| x + y),
        (Arithmetic::Sub, DataType::Float64) => by_floats(left, right, |x, y| x - y),
        (Arithmetic::Mul, DataType::Float64) => by_floats(left, right, |x, y| x * y),
        (Arithmetic::Add, DataType::Int64) => by_integers(left, right, "sum", i64::checked_add),
        (Arithmetic::Sub, DataType::Int64) => by_integers(left, right, "difference", i64::checked_sub),
        (Arithmetic::Mul, DataType::Int64) => by_integers(left, right, "product", i64::checked_mul),
        (_, DataType::Decimal128(_, scale)) => by_decimals(op, left, right, *scale),
        _ => Err(unexpected("arithmetic", out)),
    }
}

fn by_floats(left: &ArrayRef, right: &ArrayRef, op: fn(f64, f64) -> f64) -> Result<ArrayRef, Failure> {
    let result: Float64Array = binary(&floats(left)?, &floats(right)?, op).map_err(overflowed)?;
    Ok(put_floats(&result))
}

fn by_integers(
    left: &ArrayRef,
    right: &ArrayRef,
    what: &str,
    op: fn(i64, i64) -> Option<i64>,
) -> Result<ArrayRef, Failure> {
    let (DataType::Int64, DataType::Int64) = (left.data_type(), right.data_type()) else {
        return Err(unexpected("whole number", left.data_type()));
    };
    let (a, b) = (left.as_primitive::<Int64Type>(), right.as_primitive::<Int64Type>());
    let result = try_binary::<_, _, _, Int64Type>(a, b, |x, y| op(x, y).ok_or_else(|| overflow(what)))
        .map_err(overflowed)?;
    Ok(Arc::new(result))
}

fn by_decimals(op: Arithmetic, left: &ArrayRef, right: &ArrayRef, scale: i8) -> Result<ArrayRef, Failure> {
    type Checked = fn(i128, i128) -> Option<i128>;
    let own = |array: &ArrayRef| {
        scale_of(array.data_type()).ok_or_else(|| unexpected("exact number", array.data_type()))
    };
    let (what, checked, a, b): (_, Checked, _, _) = match op {
        Arithmetic::Add => ("sum", i128::checked_add, exacts(left, scale)?, exacts(right, scale)?),
        Arithmetic::Sub => ("difference", i128::checked_sub, exacts(left, scale)?, exacts(right, scale)?),
        _ => ("product", i128::checked_mul, exacts(left, own(left)?)?, exacts(right, own(right)?)?),
    };
    let result: Decimal128Array =
        try_binary::<_, _, _, Decimal128Type>(&a, &b, |x, y| digits38(checked(x, y), what))
            .map_err(overflowed)?;
    Ok(Arc::new(result.with_precision_and_scale(38, scale).map_err(overflowed)?))
}

/// `a / b` as exact numbers of these scales, rounded once; `None` where `b` is 0.
fn quotient(a: i128, a_scale: i8, b: i128, b_scale: i8) -> Option<f64> {
    if b == 0 {
        return None;
    }
    let scale = a_scale.max(b_scale);
    match (a.checked_mul(pow10(scale - a_scale)), b.checked_mul(pow10(scale - b_scale))) {
        (Some(a), Some(b)) => Some(ratio(a, b)),
        // Past i128 at one scale: two roundings.
        _ => Some(decimal_to_f64(a, a_scale) / decimal_to_f64(b, b_scale)),
    }
}

fn divide(left: &ArrayRef, right: &ArrayRef) -> Result<ArrayRef, Failure> {
    let integers = [left, right].iter().all(|array| array.data_type() == &DataType::Int64);
    let result: Float64Array = match (scale_of(left.data_type()), scale_of(right.data_type())) {
        _ if integers => left
            .as_primitive::<Int64Type>()
            .iter()
            .zip(right.as_primitive::<Int64Type>())
            .map(|(x, y)| quotient(x?.into(), 0, y?.into(), 0))
            .collect(),
        (Some(s), Some(t)) => {
            let (x, y) = (exacts(left, s)?, exacts(right, t)?);
            x.iter().zip(y.iter()).map(|(x, y)| quotient(x?, s, y?, t)).collect()
        }
        // x / 0 is infinite and 0 / 0 undefined: both become missing.
        _ => return by_floats(left, right, |x, y| x / y),
    };
    Ok(put_floats(&result))
}

/// `-x`.
pub fn neg(operand: &ArrayRef, out: &DataType) -> Result<ArrayRef, Failure> {
    Ok(match operand.data_type() {
        DataType::Null => new_null_array(out, operand.len()),
        DataType::Float64 => put_floats(&operand.as_primitive::<Float64Type>().unary(|v| -v)),
        DataType::Int64 => Arc::new(
            operand
                .as_primitive::<Int64Type>()
                .try_unary::<_, Int64Type, _>(|v| v.checked_neg().ok_or_else(|| overflow("negation")))
                .map_err(overflowed)?,
        ),
        DataType::Decimal128(_, scale) => Arc::new(
            operand
                .as_primitive::<Decimal128Type>()
                .unary::<_, Decimal128Type>(i128::wrapping_neg)
                .with_precision_and_scale(38, *scale)
                .map_err(overflowed)?,
        ),
        DataType::Duration(_) => temporal::neg(operand)?,
        other => return Err(unexpected("negation", other)),
    })
}

#[cfg(test)]
mod tests {
    use arrow::array::Int64Array;

    use super::*;

    const ENV: Env = Env { timezone: chrono_tz::UTC };

    fn int(v: i64) -> ArrayRef {
        Arc::new(Int64Array::from(vec![Some(v), None]))
    }
    fn dec(v: i128, scale: i8) -> ArrayRef {
        Arc::new(Decimal128Array::from(vec![Some(v), None]).with_precision_and_scale(38, scale).unwrap())
    }
    fn flt(v: f64) -> ArrayRef {
        Arc::new(Float64Array::from(vec![Some(v), None]))
    }
    fn first(a: &ArrayRef) -> Option<f64> {
        let a = floats(a).unwrap();
        assert!(a.is_null(1));
        a.is_valid(0).then(|| a.value(0))
    }

    #[test]
    fn integers_fail_past_their_range() {
        let (max, one) = (int(i64::MAX), int(1));
        assert!(matches!(
            apply(Arithmetic::Add, &max, &one, &DataType::Int64, &ENV),
            Err(Failure::Overflow(_))
        ));
        let wide = DataType::Decimal128(38, 0);
        let sum = apply(Arithmetic::Add, &dec(i64::MAX.into(), 0), &dec(1, 0), &wide, &ENV).unwrap();
        assert_eq!(sum.as_primitive::<Decimal128Type>().value(0), 9_223_372_036_854_775_808);
        let most = dec(crate::functions::arrays::LIMIT - 1, 0);
        assert!(matches!(apply(Arithmetic::Add, &most, &dec(1, 0), &wide, &ENV), Err(Failure::Overflow(_))));
        assert!(matches!(apply(Arithmetic::Mul, &most, &most, &wide, &ENV), Err(Failure::Overflow(_))));
    }

    #[test]
    fn decimals_stay_exact() {
        let out = DataType::Decimal128(38, 3);
        let sum = apply(Arithmetic::Add, &dec(110, 2), &dec(2205, 3), &out, &ENV).unwrap();
        assert_eq!(sum.as_primitive::<Decimal128Type>().value(0), 3305);
        let product = apply(Arithmetic::Mul, &dec(15, 1), &dec(25, 2), &out, &ENV).unwrap();
        assert_eq!(product.as_primitive::<Decimal128Type>().value(0), 375);
        assert_eq!(product.data_type(), &out);
        let mixed = apply(Arithmetic::Mul, &int(3), &dec(25, 2), &DataType::Decimal128(38, 2), &ENV).unwrap();
        assert_eq!(mixed.as_primitive::<Decimal128Type>().value(0), 75);
    }

    #[test]
    fn division_is_one_rounding_and_by_zero_missing() {
        let out = DataType::Float64;
        assert_eq!(first(&apply(Arithmetic::Div, &int(7), &int(2), &out, &ENV).unwrap()), Some(3.5));
        assert_eq!(first(&apply(Arithmetic::Div, &dec(3, 1), &dec(1, 1), &out, &ENV).unwrap()), Some(3.0));
        assert_eq!(first(&apply(Arithmetic::Div, &int(1), &int(0), &out, &ENV).unwrap()), None);
        assert_eq!(first(&apply(Arithmetic::Div, &flt(1.0), &int(0), &out, &ENV).unwrap()), None);
        assert_eq!(first(&apply(Arithmetic::Div, &flt(0.0), &flt(0.0), &out, &ENV).unwrap()), None);
        let zero = apply(Arithmetic::Div, &int(0), &int(-5), &out, &ENV).unwrap();
        assert_eq!(first(&zero).unwrap().to_bits(), 0);
    }

    #[test]
    fn powers_and_signs() {
        let out = DataType::Float64;
        assert_eq!(first(&apply(Arithmetic::Pow, &int(2), &int(10), &out, &ENV).unwrap()), Some(1024.0));
        assert_eq!(first(&apply(Arithmetic::Pow, &int(-8), &dec(5, 1), &out, &ENV).unwrap()), None);
        assert_eq!(first(&apply(Arithmetic::Pow, &int(0), &int(-1), &out, &ENV).unwrap()), None);
        assert_eq!(first(&neg(&flt(0.0), &out).unwrap()).unwrap().to_bits(), 0);
        assert!(matches!(neg(&int(i64::MIN), &DataType::Int64), Err(Failure::Overflow(_))));
    }
}
