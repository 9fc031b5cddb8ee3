//! `upper(x)`: texts -> texts.

use super::{kinds, shapes};
use crate::functions::Scalar;
use crate::model::signature::{Class, Example, Param, Signature};

/// The function.
pub const UPPER: Scalar = Scalar {
    signature: Signature {
        name: "upper",
        class: Class::Scalar,
        params: &[Param::one("x")],
        doc: "`x` in upper case (Unicode).",
        infer: kinds::text_of_text,
        examples: &[
            Example { formula: "upper(\"eur\")", result: "EUR" },
            Example { formula: "upper(\"straße\")", result: "STRASSE" },
        ],
        evaluated: true,
    },
    kernel: |args, _, out, _| shapes::by_text(&args[0], out, str::to_uppercase),
};
