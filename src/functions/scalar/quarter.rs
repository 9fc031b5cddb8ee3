//! `quarter(x)`: dates and timestamps -> whole numbers.

use chrono::Datelike;

use super::{kinds, shapes};
use crate::functions::Scalar;
use crate::model::signature::{Class, Example, Param, Signature};

/// The function.
pub const QUARTER: Scalar = Scalar {
    signature: Signature {
        name: "quarter",
        class: Class::Scalar,
        params: &[Param::one("x")],
        doc: "The calendar quarter, 1 to 4, of a date, or of a timestamp by the local clock.",
        infer: kinds::integer_of_time,
        examples: &[
            Example { formula: "quarter(2026-03-31)", result: "1" },
            Example { formula: "quarter(2026-04-01)", result: "2" },
        ],
        evaluated: true,
    },
    kernel: |args, _, out, env| shapes::by_day(&args[0], out, env, |day| day.quarter().into()),
};
