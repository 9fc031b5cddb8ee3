//! `length(x)`: texts -> how many characters.

use super::{kinds, shapes};
use crate::functions::Scalar;
use crate::model::signature::{Class, Example, Param, Signature};

/// The function.
pub const LENGTH: Scalar = Scalar {
    signature: Signature {
        name: "length",
        class: Class::Scalar,
        params: &[Param::one("x")],
        doc: "How many characters `x` has (Unicode code points).",
        infer: kinds::integer_of_text,
        examples: &[
            Example { formula: "length(\"año\")", result: "3" },
            Example { formula: "length(\"\")", result: "0" },
        ],
        evaluated: true,
    },
    kernel: |args, _, out, _| shapes::by_length(&args[0], out, |text| text.chars().count() as i64),
};
