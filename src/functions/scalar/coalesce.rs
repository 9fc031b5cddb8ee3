//! `coalesce(a, b, ...)`: values of one type -> the first of each row that is not missing.

use std::sync::Arc;

use arrow::compute::is_not_null;

use super::{kinds, shapes};
use crate::functions::Failure;
use crate::functions::Scalar;
use crate::functions::arrays::{overflowed, put};
use crate::model::signature::{ArgType, Class, Example, Inferred, Param, Signature};

/// The function.
pub const COALESCE: Scalar = Scalar {
    signature: Signature {
        name: "coalesce",
        class: Class::Scalar,
        params: &[Param::one("a"), Param::many("b")],
        doc: "The first of the values that is not missing; missing where all are. All have one type.",
        infer,
        examples: &[
            Example { formula: "coalesce(1 / 0, 2)", result: "2" },
            Example { formula: "coalesce(\"a\", \"b\")", result: "a" },
        ],
        evaluated: true,
    },
    kernel: |args, _, out, _| {
        let columns = args.iter().map(|arg| put(arg, out)).collect::<Result<Vec<_>, _>>()?;
        let Some((last, before)) = columns.split_last() else {
            return Err(Failure::Internal("no arguments".to_owned()));
        };
        before.iter().rev().try_fold(Arc::clone(last), |rest, column| {
            shapes::pick(&is_not_null(column).map_err(overflowed)?, column, &rest)
        })
    },
};

fn infer(args: &[ArgType]) -> Inferred {
    kinds::alike(args, &(0..args.len()).collect::<Vec<_>>())
}
