//! `day(x)`: dates and timestamps -> whole numbers.

use chrono::Datelike;

use super::{kinds, shapes};
use crate::functions::Scalar;
use crate::model::signature::{Class, Example, Param, Signature};

/// The function.
pub const DAY: Scalar = Scalar {
    signature: Signature {
        name: "day",
        class: Class::Scalar,
        params: &[Param::one("x")],
        doc: "The day of the month, 1 to 31, of a date, or of a timestamp by the local clock.",
        infer: kinds::integer_of_time,
        examples: &[
            Example { formula: "day(2026-01-31)", result: "31" },
            Example { formula: "day(2025-12-01T00:00)", result: "1" },
        ],
        evaluated: true,
    },
    kernel: |args, _, out, env| shapes::by_day(&args[0], out, env, |day| day.day().into()),
};
