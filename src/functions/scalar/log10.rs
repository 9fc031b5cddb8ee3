//! `log10(x)`: numbers -> floats.

use super::{kinds, shapes};
use crate::functions::Scalar;
use crate::model::signature::{Class, Example, Param, Signature};

/// The function.
pub const LOG10: Scalar = Scalar {
    signature: Signature {
        name: "log10",
        class: Class::Scalar,
        params: &[Param::one("x")],
        doc: "The logarithm of `x` to the base 10, a float; missing where `x` is not above 0.",
        infer: kinds::float_of_plain,
        examples: &[
            Example { formula: "log10(1000)", result: "3" },
            Example { formula: "log10(-1)", result: "missing" },
        ],
        evaluated: true,
    },
    kernel: |args, _, _, _| shapes::by_float(&args[0], f64::log10),
};
