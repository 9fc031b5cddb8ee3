//! `ln(x)`: numbers -> floats.

use super::{kinds, shapes};
use crate::functions::Scalar;
use crate::model::signature::{Class, Example, Param, Signature};

/// The function.
pub const LN: Scalar = Scalar {
    signature: Signature {
        name: "ln",
        class: Class::Scalar,
        params: &[Param::one("x")],
        doc: "The natural logarithm of `x`, a float; missing where `x` is not above 0.",
        infer: kinds::float_of_plain,
        examples: &[
            Example { formula: "ln(1)", result: "0" },
            Example { formula: "ln(0)", result: "missing" },
        ],
        evaluated: true,
    },
    kernel: |args, _, _, _| shapes::by_float(&args[0], f64::ln),
};
