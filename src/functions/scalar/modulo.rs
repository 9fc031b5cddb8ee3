//! `mod(a, b)`: numbers -> what is left of a division.

use std::sync::Arc;

use arrow::array::{ArrayRef, Decimal128Array, Float64Array};
use arrow::datatypes::DataType;

use super::kinds;
use crate::functions::arrays::{exacts, floats, overflowed, put, put_floats, scale_of};
use crate::functions::{Failure, Scalar};
use crate::model::signature::{Class, Example, Param, Signature};

/// The function.
pub const MOD: Scalar = Scalar {
    signature: Signature {
        name: "mod",
        class: Class::Scalar,
        params: &[Param::one("a"), Param::one("b")],
        doc: "What is left of `a` divided by `b`, with the sign of `b`, as in spreadsheets; missing where `b` is 0.",
        infer: kinds::numbers,
        examples: &[
            Example { formula: "mod(7, 3)", result: "1" },
            Example { formula: "mod(-7, 3)", result: "2" },
            Example { formula: "mod(7.5, -2)", result: "-0.5" },
            Example { formula: "mod(1, 0)", result: "missing" },
        ],
        evaluated: true,
    },
    kernel: |args, _, out, _| kernel(&args[0], &args[1], out),
};

fn kernel(a: &ArrayRef, b: &ArrayRef, out: &DataType) -> Result<ArrayRef, Failure> {
    if let (Some(s), Some(t)) = (scale_of(a.data_type()), scale_of(b.data_type())) {
        let scale = s.max(t);
        let (x, y) = (exacts(a, scale)?, exacts(b, scale)?);
        let rest: Decimal128Array = x
            .iter()
            .zip(y.iter())
            .map(|(x, y)| {
                let (x, y) = (x?, y?);
                let rest = x.checked_rem(y)?;
                Some(if rest != 0 && (rest < 0) != (y < 0) { rest + y } else { rest })
            })
            .collect();
        let rest: ArrayRef = Arc::new(rest.with_precision_and_scale(38, scale).map_err(overflowed)?);
        return put(&rest, out);
    }
    let rest: Float64Array = arrow::compute::binary(&floats(a)?, &floats(b)?, |x: f64, y: f64| {
        let rest = x % y;
        if rest != 0.0 && (rest < 0.0) != (y < 0.0) { rest + y } else { rest }
    })
    .map_err(overflowed)?;
    Ok(put_floats(&rest))
}
