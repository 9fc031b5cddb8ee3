//! `days_between(a, b)`: dates and timestamps -> floats in days.

use super::{kinds, shapes};
use crate::functions::Scalar;
use crate::functions::clock::DAY;
use crate::model::signature::{ArgType, Class, Example, Inferred, Param, Signature};
use crate::model::types::{Type, Unit};

/// The function.
pub const DAYS_BETWEEN: Scalar = Scalar {
    signature: Signature {
        name: "days_between",
        class: Class::Scalar,
        params: &[Param::one("a"), Param::one("b")],
        doc: "The days from `a` to `b` by the local clock, fractions included: noon to noon is 1 day, also where the clocks change between. A date is its midnight.",
        infer,
        examples: &[
            Example { formula: "days_between(2026-03-28T12:00, 2026-03-29T12:00)", result: "1" },
            Example { formula: "days_between(2026-01-02, 2026-01-01T12:00)", result: "-0.5" },
        ],
        evaluated: true,
    },
    kernel: |args, _, _, env| {
        let (from, to) = (shapes::local_micros(&args[0], env)?, shapes::local_micros(&args[1], env)?);
        Ok(shapes::between(&from, &to, DAY))
    },
};

fn infer(args: &[ArgType]) -> Inferred {
    kinds::time(args, 0)?;
    kinds::time(args, 1)?;
    Ok((Type::Float, Unit::declared("days")))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, AsArray, TimestampMicrosecondArray};
    use arrow::datatypes::{DataType, Float64Type};

    use super::*;
    use crate::functions::Env;

    #[test]
    fn madrid_loses_an_hour() {
        let env = Env { timezone: chrono_tz::Europe::Madrid };
        let at = |text: &str| {
            let at = text.parse::<chrono::DateTime<chrono::Utc>>().unwrap();
            Arc::new(TimestampMicrosecondArray::from(vec![at.timestamp_micros()])) as ArrayRef
        };
        let args = [at("2026-03-28T11:00:00Z"), at("2026-03-29T10:00:00Z")];
        let result = (DAYS_BETWEEN.kernel)(&args, 1, &DataType::Float64, &env).unwrap();
        assert_eq!(result.as_primitive::<Float64Type>().value(0), 1.0);
    }
}
