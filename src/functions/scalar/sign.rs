//! `sign(x)`: numbers -> -1, 0 or 1.

use arrow::array::Int64Array;

use super::kinds;
use crate::functions::Scalar;
use crate::functions::arrays::{floats, put_integers};
use crate::model::signature::{ArgType, Class, Example, Inferred, Param, Signature};
use crate::model::types::{Type, Unit};

/// The function.
pub const SIGN: Scalar = Scalar {
    signature: Signature {
        name: "sign",
        class: Class::Scalar,
        params: &[Param::one("x")],
        doc: "-1 where `x` is below 0, 1 where it is above, 0 where it is 0.",
        infer,
        examples: &[
            Example { formula: "sign(-2.5)", result: "-1" },
            Example { formula: "sign(0)", result: "0" },
        ],
        evaluated: true,
    },
    kernel: |args, _, out, _| {
        let signs: Int64Array = floats(&args[0])?.unary(|v| i64::from(v > 0.0) - i64::from(v < 0.0));
        put_integers(&signs, out)
    },
};

fn infer(args: &[ArgType]) -> Inferred {
    kinds::number(args, 0)?;
    Ok((Type::Integer, Unit::none()))
}
