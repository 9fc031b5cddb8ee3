//! `clamp(x, low, high)`: values, held within two others.

use std::sync::Arc;

use arrow::array::AsArray;
use arrow::compute::nullif;

use super::{kinds, shapes};
use crate::functions::Scalar;
use crate::functions::arrays::{overflowed, put};
use crate::functions::operators::Comparison;
use crate::functions::operators::comparison::compare;
use crate::model::signature::{Class, Example, Param, Signature};

/// The function.
pub const CLAMP: Scalar = Scalar {
    signature: Signature {
        name: "clamp",
        class: Class::Scalar,
        params: &[Param::one("x"), Param::one("low"), Param::one("high")],
        doc: "`x`, but not below `low` and not above `high`. Missing where any of the three is missing, or `low` is above `high`.",
        infer: kinds::ordered,
        examples: &[
            Example { formula: "clamp(15, 0, 10)", result: "10" },
            Example { formula: "clamp(0.5, 1, 2)", result: "1.0" },
            Example { formula: "clamp(1, 3, 2)", result: "missing" },
        ],
        evaluated: true,
    },
    kernel: |args, _, out, env| {
        let raised = shapes::extreme(&args[..2], Comparison::Gt, out, env)?;
        let held = shapes::extreme(&[raised, Arc::clone(&args[2])], Comparison::Lt, out, env)?;
        let crossed = compare(Comparison::Gt, &put(&args[1], out)?, &put(&args[2], out)?, false, env)?;
        nullif(&held, crossed.as_boolean()).map_err(overflowed)
    },
};
