//! `greatest(a, b, ...)`: values of one type -> the largest of each row.

use super::{kinds, shapes};
use crate::functions::Scalar;
use crate::functions::operators::Comparison;
use crate::model::signature::{Class, Example, Param, Signature};

/// The function.
pub const GREATEST: Scalar = Scalar {
    signature: Signature {
        name: "greatest",
        class: Class::Scalar,
        params: &[Param::one("a"), Param::many("b")],
        doc: "The largest of two or more values of one type. Missing where any of them is missing: none is passed over.",
        infer: kinds::ordered,
        examples: &[
            Example { formula: "greatest(3, 1.5, 2)", result: "3.0" },
            Example { formula: "greatest(2026-01-31, 2026-02-01)", result: "2026-02-01" },
        ],
        evaluated: true,
    },
    kernel: |args, _, out, env| shapes::extreme(args, Comparison::Gt, out, env),
};
