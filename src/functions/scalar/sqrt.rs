//! `sqrt(x)`: numbers -> floats.

use super::{kinds, shapes};
use crate::functions::Scalar;
use crate::model::signature::{Class, Example, Param, Signature};

/// The function.
pub const SQRT: Scalar = Scalar {
    signature: Signature {
        name: "sqrt",
        class: Class::Scalar,
        params: &[Param::one("x")],
        doc: "The square root of `x`, a float; missing where `x` is below 0.",
        infer: kinds::float_of_plain,
        examples: &[
            Example { formula: "sqrt(2.25)", result: "1.5" },
            Example { formula: "sqrt(-1)", result: "missing" },
        ],
        evaluated: true,
    },
    kernel: |args, _, _, _| shapes::by_float(&args[0], f64::sqrt),
};
