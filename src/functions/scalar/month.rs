//! `month(x)`: dates and timestamps -> whole numbers.

use chrono::Datelike;

use super::{kinds, shapes};
use crate::functions::Scalar;
use crate::model::signature::{Class, Example, Param, Signature};

/// The function.
pub const MONTH: Scalar = Scalar {
    signature: Signature {
        name: "month",
        class: Class::Scalar,
        params: &[Param::one("x")],
        doc: "The month, 1 to 12, of a date, or of a timestamp by the local clock.",
        infer: kinds::integer_of_time,
        examples: &[
            Example { formula: "month(2026-01-31)", result: "1" },
            Example { formula: "month(2025-12-31T23:59)", result: "12" },
        ],
        evaluated: true,
    },
    kernel: |args, _, out, env| shapes::by_day(&args[0], out, env, |day| day.month().into()),
};
