//! `weekday(x)`: dates and timestamps -> whole numbers.

use chrono::Datelike;

use super::{kinds, shapes};
use crate::functions::Scalar;
use crate::model::signature::{Class, Example, Param, Signature};

/// The function.
pub const WEEKDAY: Scalar = Scalar {
    signature: Signature {
        name: "weekday",
        class: Class::Scalar,
        params: &[Param::one("x")],
        doc: "The day of the week, Monday 1 to Sunday 7, of a date, or of a timestamp by the local clock.",
        infer: kinds::integer_of_time,
        examples: &[
            Example { formula: "weekday(2026-01-05)", result: "1" },
            Example { formula: "weekday(2026-01-04)", result: "7" },
        ],
        evaluated: true,
    },
    kernel: |args, _, out, env| {
        shapes::by_day(&args[0], out, env, |day| day.weekday().number_from_monday().into())
    },
};
