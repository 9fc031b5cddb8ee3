//! `floor(x)`: numbers -> the whole number at or below.

use super::{kinds, shapes};
use crate::functions::Scalar;
use crate::model::signature::{Class, Example, Param, Signature};

/// The function.
pub const FLOOR: Scalar = Scalar {
    signature: Signature {
        name: "floor",
        class: Class::Scalar,
        params: &[Param::one("x")],
        doc: "The largest whole number that is not above `x`; a float stays a float.",
        infer: kinds::whole_number,
        examples: &[
            Example { formula: "floor(2.7)", result: "2" },
            Example { formula: "floor(-2.1)", result: "-3" },
        ],
        evaluated: true,
    },
    kernel: |args, _, out, _| shapes::by_kind(&args[0], out, 0, f64::floor, i128::div_euclid),
};
