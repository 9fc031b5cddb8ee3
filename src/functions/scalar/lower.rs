//! `lower(x)`: texts -> texts.

use super::{kinds, shapes};
use crate::functions::Scalar;
use crate::model::signature::{Class, Example, Param, Signature};

/// The function.
pub const LOWER: Scalar = Scalar {
    signature: Signature {
        name: "lower",
        class: Class::Scalar,
        params: &[Param::one("x")],
        doc: "`x` in lower case (Unicode).",
        infer: kinds::text_of_text,
        examples: &[
            Example { formula: "lower(\"EUR\")", result: "eur" },
            Example { formula: "lower(\"ÅSA\")", result: "åsa" },
        ],
        evaluated: true,
    },
    kernel: |args, _, out, _| shapes::by_text(&args[0], out, str::to_lowercase),
};
