//! `round(x, [digits])`: numbers rounded half away from zero; a float by its shortest decimal form.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Decimal128Array};
use arrow::datatypes::{DataType, Float64Type};

use super::kinds;
use crate::functions::arrays::{digits38, exacts, floats, overflowed, pow10, put, put_floats, scale_of};
use crate::functions::{Failure, Scalar};
use crate::model::signature::{ArgError, ArgType, Class, Example, Inferred, Param, Signature};
use crate::model::types::Type;

/// The function.
pub const ROUND: Scalar = Scalar {
    signature: Signature {
        name: "round",
        class: Class::Scalar,
        params: &[Param::one("x"), Param::opt("digits")],
        doc: "`x` to this many digits after the point (0 if left out; below 0: tens, hundreds), half away from zero. A float is rounded as it is written: 1.005 to 1.01. `digits` is a whole number written in the formula.",
        infer,
        examples: &[
            Example { formula: "round(2.5)", result: "3" },
            Example { formula: "round(-2.5)", result: "-3" },
            Example { formula: "round(1.005, 2)", result: "1.01" },
            Example { formula: "round(1.005 / 1, 2)", result: "1.01" },
            Example { formula: "round(1250, -2)", result: "1300" },
            Example { formula: "round(1.5, 3)", result: "1.5" },
        ],
        evaluated: true,
    },
    kernel: |args, _, out, _| kernel(args, out),
};

fn infer(args: &[ArgType]) -> Inferred {
    let (ty, unit) = kinds::number(args, 0)?;
    let digits = match args.get(1) {
        None => 0,
        Some(arg) => arg.integer.ok_or(ArgError::Type(1, "a whole number written in the formula"))?,
    };
    if !(-38..=38).contains(&digits) {
        return Err(ArgError::Other(1, "is not within -38 and 38".to_owned()));
    }
    let ty = match ty {
        Type::Decimal(_) if digits <= 0 => Type::Integer,
        Type::Decimal(scale) => Type::Decimal(scale.min(digits as u8)),
        other => other,
    };
    Ok((ty, unit))
}

fn kernel(args: &[ArrayRef], out: &DataType) -> Result<ArrayRef, Failure> {
    // A literal: the same in every row.
    let digits = match args.get(1) {
        Some(digits) if !digits.is_empty() => floats(digits)?.value(0) as i32,
        _ => 0,
    };
    let Some(scale) = scale_of(args[0].data_type()) else {
        let values = floats(&args[0])?;
        return Ok(put_floats(&values.unary::<_, Float64Type>(|v| round_float(v, digits))));
    };
    let values = exacts(&args[0], scale)?;
    let cut = i32::from(scale) - digits;
    let kept = digits.clamp(0, scale.into()) as i8;
    let rounded: Decimal128Array = if cut <= 0 {
        values
    } else if cut > 38 {
        values.unary(|_| 0)
    } else {
        let unit = pow10(cut as i8);
        // Below zero digits the tens stay in place.
        let back = if digits < 0 { pow10(digits.unsigned_abs() as i8) } else { 1 };
        let round = |v: i128| {
            let (whole, rest) = (v / unit, v % unit);
            let up = rest.unsigned_abs() >= unit.unsigned_abs().div_ceil(2);
            digits38((whole + if up { v.signum() } else { 0 }).checked_mul(back), "rounded number")
        };
        values.try_unary(round).map_err(overflowed)?
    };
    let rounded: ArrayRef = Arc::new(rounded.with_precision_and_scale(38, kept).map_err(overflowed)?);
    put(&rounded, out)
}

/// Half away from zero by the float's shortest decimal form.
fn round_float(value: f64, digits: i32) -> f64 {
    if !value.is_finite() {
        return value;
    }
    // Away from halves binary rounding gives the same, faster.
    if (0..=15).contains(&digits) {
        let unit = 10_f64.powi(digits);
        let scaled = value * unit;
        if scaled.abs() < 1e9 && ((scaled - scaled.floor()) - 0.5).abs() > 1e-6 {
            return scaled.round() / unit;
        }
    }
    let text = format!("{value:e}");
    let Some((mantissa, exponent)) = text.split_once('e') else { return value };
    let figures: Vec<u8> = mantissa.bytes().filter(u8::is_ascii_digit).map(|b| b - b'0').collect();
    let Ok(exponent) = exponent.parse::<i32>() else { return value };
    // Figure i stands for 10^(exponent - i); those down to 10^-digits stay.
    let kept = exponent + digits + 1;
    if kept >= figures.len() as i32 {
        return value;
    }
    if kept < 0 {
        return 0.0;
    }
    let kept = kept as usize;
    let head = figures[..kept].iter().fold(0_u64, |n, figure| n * 10 + u64::from(*figure));
    let head = head + u64::from(figures[kept] >= 5);
    let sign = if value < 0.0 { "-" } else { "" };
    format!("{sign}{head}e{}", -digits).parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use arrow::array::{AsArray, Float64Array};
    use arrow::datatypes::Decimal128Type;

    use super::*;

    #[test]
    fn floats_round_as_they_are_written() {
        for (value, digits, want) in [
            (1.005, 2, 1.01),
            (-1.005, 2, -1.01),
            (2.5, 0, 3.0),
            (-2.5, 0, -3.0),
            (0.5, 0, 1.0),
            (0.499_999_999_999_999_94, 0, 0.0),
            (1234.5, -2, 1200.0),
            (1250.0, -2, 1300.0),
            (0.004, 2, 0.0),
            (0.05, 1, 0.1),
            (9.995, 2, 10.0),
            (1e300, 2, 1e300),
            (123_456_789.125, 2, 123_456_789.13),
            (5e-324, 38, 0.0),
            (4_503_599_627_370_497.5, 0, 4_503_599_627_370_498.0),
            (700.0, -3, 1000.0),
            (400.0, -3, 0.0),
        ] {
            assert_eq!(round_float(value, digits), want, "{value} {digits}");
        }
    }

    #[test]
    fn decimals_are_exact_at_any_cut() {
        let column = |v: i128, scale| -> ArrayRef {
            Arc::new(Decimal128Array::from(vec![v]).with_precision_and_scale(38, scale).unwrap())
        };
        let run = |v, scale, digits: f64, kept| {
            let digits: ArrayRef = Arc::new(Float64Array::from(vec![digits]));
            let out = DataType::Decimal128(38, kept);
            kernel(&[column(v, scale), digits], &out).unwrap().as_primitive::<Decimal128Type>().value(0)
        };
        assert_eq!(run(10_i128.pow(38) - 1, 38, 0.0, 0), 1);
        assert_eq!(run(-1_2345, 3, -1.0, 0), -10);
        assert_eq!(run(-1_5345, 3, -1.0, 0), -20);
        assert_eq!(run(125, 2, 1.0, 1), 13);
        assert_eq!(run(125, 2, 5.0, 2), 125);
        assert_eq!(run(125, 2, -38.0, 0), 0);
    }
}
