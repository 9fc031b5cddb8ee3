//! `hours_between(a, b)`: dates and timestamps -> floats in hours.

use super::{kinds, shapes};
use crate::functions::Scalar;
use crate::functions::clock::HOUR;
use crate::model::signature::{ArgType, Class, Example, Inferred, Param, Signature};
use crate::model::types::{Type, Unit};

/// The function.
pub const HOURS_BETWEEN: Scalar = Scalar {
    signature: Signature {
        name: "hours_between",
        class: Class::Scalar,
        params: &[Param::one("a"), Param::one("b")],
        doc: "The hours that pass from `a` to `b`, fractions included: noon to noon is 23 or 25 hours where the clocks change between. A date is its local midnight.",
        infer,
        examples: &[
            Example { formula: "hours_between(2026-01-01T10:00, 2026-01-01T11:30)", result: "1.5" },
            Example { formula: "hours_between(2026-01-02, 2026-01-01)", result: "-24" },
        ],
        evaluated: true,
    },
    kernel: |args, _, _, env| {
        let (from, to) = (shapes::instant_micros(&args[0], env)?, shapes::instant_micros(&args[1], env)?);
        Ok(shapes::between(&from, &to, HOUR))
    },
};

fn infer(args: &[ArgType]) -> Inferred {
    kinds::time(args, 0)?;
    kinds::time(args, 1)?;
    Ok((Type::Float, Unit::declared("hours")))
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
        let result = (HOURS_BETWEEN.kernel)(&args, 1, &DataType::Float64, &env).unwrap();
        assert_eq!(result.as_primitive::<Float64Type>().value(0), 23.0);
    }
}
