//! `exp(x)`: numbers -> floats.

use super::{kinds, shapes};
use crate::functions::Scalar;
use crate::model::signature::{Class, Example, Param, Signature};

/// The function.
pub const EXP: Scalar = Scalar {
    signature: Signature {
        name: "exp",
        class: Class::Scalar,
        params: &[Param::one("x")],
        doc: "e to the power of `x`, a float; missing where that is past the range of floats.",
        infer: kinds::float_of_plain,
        examples: &[
            Example { formula: "exp(0)", result: "1" },
            Example { formula: "exp(1000)", result: "missing" },
        ],
        evaluated: true,
    },
    kernel: |args, _, _, _| shapes::by_float(&args[0], f64::exp),
};
