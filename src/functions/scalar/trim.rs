//! `trim(x)`: texts -> texts.

use super::{kinds, shapes};
use crate::functions::Scalar;
use crate::model::signature::{Class, Example, Param, Signature};

/// The function.
pub const TRIM: Scalar = Scalar {
    signature: Signature {
        name: "trim",
        class: Class::Scalar,
        params: &[Param::one("x")],
        doc: "`x` without white space at both ends.",
        infer: kinds::text_of_text,
        examples: &[
            Example { formula: "trim(\"  a b \")", result: "a b" },
            Example { formula: "trim(\"a\")", result: "a" },
        ],
        evaluated: true,
    },
    kernel: |args, _, out, _| shapes::by_text(&args[0], out, |text| text.trim().to_owned()),
};
