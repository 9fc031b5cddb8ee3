//! Arrow arrays in and out of the kernels: any numeric array read as floats or as exact numbers of one
//! scale, and results put into the data type that is asked for. Knows no function.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Date32Array, Decimal128Array, Float64Array, Int64Array, PrimitiveArray,
    StringViewArray, new_null_array,
};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, DurationMicrosecondType, Float64Type, Int64Type, TimeUnit,
    TimestampMicrosecondType,
};
use arrow::error::ArrowError;

use super::Failure;

/// The first whole number past 38 digits.
pub const LIMIT: i128 = 10_i128.pow(38);

/// A failure of ours: the checker should have refused this type.
pub fn unexpected(what: &str, ty: &DataType) -> Failure {
    Failure::Internal(format!("{what} of {ty}"))
}

/// Arrow's errors in these kernels are overflows that the closures raised.
pub fn overflowed(error: ArrowError) -> Failure {
    match error {
        ArrowError::ArithmeticOverflow(what) => Failure::Overflow(what),
        other => Failure::Internal(other.to_string()),
    }
}

/// Raises an overflow inside a kernel's closure.
pub fn overflow(what: &str) -> ArrowError {
    ArrowError::ArithmeticOverflow(what.to_owned())
}

/// The value, if 38 digits hold it.
#[inline]
pub fn digits38(value: Option<i128>, what: &str) -> Result<i128, ArrowError> {
    match value {
        Some(v) if v > -LIMIT && v < LIMIT => Ok(v),
        _ => Err(overflow(what)),
    }
}

/// Ten to this power; at most 38.
pub fn pow10(scale: i8) -> i128 {
    10_i128.pow(u32::from(scale.clamp(0, 38).unsigned_abs()))
}

/// The digits after the point of an exact numeric type.
pub fn scale_of(ty: &DataType) -> Option<i8> {
    match ty {
        DataType::Int64 => Some(0),
        DataType::Decimal128(_, scale) => Some(*scale),
        _ => None,
    }
}

/// Whether arrays of the type are numbers.
pub fn is_number(ty: &DataType) -> bool {
    matches!(ty, DataType::Int64 | DataType::Decimal128(..) | DataType::Float64)
}

/// `a / b`, correctly rounded; `b` is not zero.
pub fn ratio(a: i128, b: i128) -> f64 {
    const EXACT: u128 = 1 << 53;
    let (top, bottom) = (a.unsigned_abs(), b.unsigned_abs());
    let sign = if (a < 0) == (b < 0) { 1.0 } else { -1.0 };
    if top <= EXACT && bottom <= EXACT {
        return sign * (top as f64 / bottom as f64);
    }
    // Long division to 56 bits; what remains only breaks ties, as one more bit.
    let (mut quotient, mut rest) = (top / bottom, top % bottom);
    let mut shift = 0;
    while quotient != 0 || rest != 0 {
        if quotient >> 55 != 0 {
            break;
        }
        rest <<= 1;
        quotient = (quotient << 1) | u128::from(rest >= bottom);
        rest -= if rest >= bottom { bottom } else { 0 };
        shift += 1;
    }
    let sticky = u128::from(rest != 0);
    sign * ((quotient | sticky) as f64) * 2_f64.powi(-shift)
}

/// A decimal as the nearest float.
pub fn decimal_to_f64(value: i128, scale: i8) -> f64 {
    if scale <= 0 { value as f64 } else { ratio(value, pow10(scale)) }
}

/// A numeric array as floats, each the nearest.
pub fn floats(array: &ArrayRef) -> Result<Float64Array, Failure> {
    Ok(match array.data_type() {
        DataType::Float64 => array.as_primitive::<Float64Type>().clone(),
        DataType::Int64 => array.as_primitive::<Int64Type>().unary(|v| v as f64),
        DataType::Decimal128(_, scale) => {
            let scale = *scale;
            array.as_primitive::<Decimal128Type>().unary(|v| decimal_to_f64(v, scale))
        }
        DataType::Null => Float64Array::new_null(array.len()),
        other => return Err(unexpected("number", other)),
    })
}

/// An exact numeric array at this scale, which is not below its own.
pub fn exacts(array: &ArrayRef, scale: i8) -> Result<Decimal128Array, Failure> {
    let widened: Decimal128Array = match array.data_type() {
        DataType::Int64 => {
            let values = array.as_primitive::<Int64Type>();
            if scale <= 19 {
                let factor = pow10(scale);
                values.unary(|v| i128::from(v) * factor)
            } else {
                let factor = pow10(scale);
                values
                    .try_unary(|v| digits38(i128::from(v).checked_mul(factor), "number"))
                    .map_err(overflowed)?
            }
        }
        DataType::Decimal128(_, own) => {
            let values = array.as_primitive::<Decimal128Type>();
            match own.cmp(&scale) {
                Ordering::Equal => values.clone(),
                Ordering::Less => {
                    let factor = pow10(scale - own);
                    values
                        .try_unary(|v| digits38(v.checked_mul(factor), "decimal number"))
                        .map_err(overflowed)?
                }
                Ordering::Greater => return Err(Failure::Internal(format!("scale {own} read as {scale}"))),
            }
        }
        DataType::Null => Decimal128Array::new_null(array.len()),
        other => return Err(unexpected("exact number", other)),
    };
    widened.with_precision_and_scale(38, scale).map_err(overflowed)
}

/// Floats as a result: infinite and undefined values are missing, and no zero is negative.
pub fn put_floats(array: &Float64Array) -> ArrayRef {
    if array.values().iter().all(|v| v.is_finite()) {
        return Arc::new(array.unary::<_, Float64Type>(|v| v + 0.0));
    }
    Arc::new(array.unary_opt::<_, Float64Type>(|v| v.is_finite().then_some(v + 0.0)))
}

/// Whole numbers as a result: 64 bits or 38 digits, as `out` says, or at its scale, or as floats.
pub fn put_integers(array: &Int64Array, out: &DataType) -> Result<ArrayRef, Failure> {
    put(&(Arc::new(array.clone()) as ArrayRef), out)
}

/// A column in the type that is asked for: numbers are widened, the rest stays.
pub fn put(array: &ArrayRef, out: &DataType) -> Result<ArrayRef, Failure> {
    let ty = array.data_type();
    if let DataType::Float64 = out
        && is_number(ty)
    {
        return Ok(put_floats(&floats(array)?));
    }
    if ty == out {
        return Ok(Arc::clone(array));
    }
    Ok(match (ty, out) {
        (DataType::Null, _) => new_null_array(out, array.len()),
        (DataType::Decimal128(_, 0), DataType::Int64) => Arc::new(
            array
                .as_primitive::<Decimal128Type>()
                .try_unary::<_, Int64Type, _>(|v| i64::try_from(v).map_err(|_| overflow("whole number")))
                .map_err(overflowed)?,
        ),
        (DataType::Int64 | DataType::Decimal128(..), DataType::Decimal128(precision, scale)) => {
            Arc::new(exacts(array, *scale)?.with_precision_and_scale(*precision, *scale).map_err(overflowed)?)
        }
        (DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View, DataType::Utf8View | DataType::Utf8)
        | (DataType::Timestamp(..), DataType::Timestamp(..))
        | (DataType::Duration(_), DataType::Duration(_)) => {
            cast(array, out).map_err(|e| Failure::Internal(e.to_string()))?
        }
        _ => return Err(Failure::Internal(format!("{ty} where {out} is wanted"))),
    })
}

/// A text column, whichever way Arrow holds it.
pub fn texts(array: &ArrayRef) -> Result<StringViewArray, Failure> {
    match array.data_type() {
        DataType::Utf8View => Ok(array.as_string_view().clone()),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Dictionary(..) => {
            let cast = cast(array, &DataType::Utf8View).map_err(|e| Failure::Internal(e.to_string()))?;
            Ok(cast.as_string_view().clone())
        }
        DataType::Null => Ok(StringViewArray::new_null(array.len())),
        other => Err(unexpected("text", other)),
    }
}

/// A column of days.
pub fn dates(array: &ArrayRef) -> Result<Date32Array, Failure> {
    match array.data_type() {
        DataType::Date32 => Ok(array.as_primitive::<Date32Type>().clone()),
        DataType::Null => Ok(Date32Array::new_null(array.len())),
        other => Err(unexpected("date", other)),
    }
}

/// A column of instants, in UTC microseconds.
pub fn instants(array: &ArrayRef) -> Result<PrimitiveArray<TimestampMicrosecondType>, Failure> {
    match array.data_type() {
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            Ok(array.as_primitive::<TimestampMicrosecondType>().clone().with_timezone_opt(None::<&str>))
        }
        DataType::Null => Ok(PrimitiveArray::new_null(array.len())),
        other => Err(unexpected("timestamp", other)),
    }
}

/// A column of durations, in microseconds.
pub fn durations(array: &ArrayRef) -> Result<PrimitiveArray<DurationMicrosecondType>, Failure> {
    match array.data_type() {
        DataType::Duration(TimeUnit::Microsecond) => Ok(array.as_primitive().clone()),
        DataType::Null => Ok(PrimitiveArray::new_null(array.len())),
        other => Err(unexpected("duration", other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_correctly_rounded() {
        let texts = ["1", "3", "9223372036854775807", "12345678901234567890123456789012345678", "7"];
        for a in texts {
            for scale in [0_u32, 2, 18, 37] {
                let value: i128 = a.parse().unwrap();
                let want: f64 = format!("{value}e-{scale}").parse().unwrap();
                assert_eq!(ratio(value, 10_i128.pow(scale)).to_bits(), want.to_bits(), "{a} {scale}");
                assert_eq!(ratio(-value, 10_i128.pow(scale)), -want);
            }
        }
        assert_eq!(ratio(0, LIMIT - 1), 0.0);
        assert_eq!(ratio(1, LIMIT - 1), 1e-38);
    }
}
