//! `least(a, b, ...)`: values of one type -> the smallest of each row.

use super::{kinds, shapes};
use crate::functions::Scalar;
use crate::functions::operators::Comparison;
use crate::model::signature::{Class, Example, Param, Signature};

/// The function.
pub const LEAST: Scalar = Scalar {
    signature: Signature {
        name: "least",
        class: Class::Scalar,
        params: &[Param::one("a"), Param::many("b")],
        doc: "The smallest of two or more values of one type. Missing where any of them is missing: none is passed over.",
        infer: kinds::ordered,
        examples: &[
            Example { formula: "least(3, 1.5, 2)", result: "1.5" },
            Example { formula: "least(3, 1 / 0)", result: "missing" },
        ],
        evaluated: true,
    },
    kernel: |args, _, out, env| shapes::extreme(args, Comparison::Lt, out, env),
};
