//! `year(x)`: dates and timestamps -> whole numbers.

use chrono::Datelike;

use super::{kinds, shapes};
use crate::functions::Scalar;
use crate::model::signature::{Class, Example, Param, Signature};

/// The function.
pub const YEAR: Scalar = Scalar {
    signature: Signature {
        name: "year",
        class: Class::Scalar,
        params: &[Param::one("x")],
        doc: "The calendar year of a date, or of a timestamp by the local clock.",
        infer: kinds::integer_of_time,
        examples: &[
            Example { formula: "year(2026-01-31)", result: "2026" },
            Example { formula: "year(2025-12-31T23:59)", result: "2025" },
        ],
        evaluated: true,
    },
    kernel: |args, _, out, env| shapes::by_day(&args[0], out, env, |day| day.year().into()),
};
