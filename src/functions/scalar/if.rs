//! `if(c1, a, c2, b, else)`: conditions in turn -> the value beside the first that is true.

use arrow::array::AsArray;
use arrow::datatypes::DataType;

use super::{kinds, shapes};
use crate::functions::Failure;
use crate::functions::Scalar;
use crate::functions::arrays::put;
use crate::model::signature::{ArgError, ArgType, Class, Example, Inferred, Param, Signature};
use crate::model::types::Type;

/// The function.
pub const IF: Scalar = Scalar {
    signature: Signature {
        name: "if",
        class: Class::Scalar,
        params: &[Param::one("condition"), Param::one("value"), Param::many("else")],
        doc: "The value after the first condition that is true, else the last value. All values have one type. Missing where a condition is missing before one is true.",
        infer,
        examples: &[
            Example { formula: "if(2 > 1, \"a\", \"b\")", result: "a" },
            Example { formula: "if(1 > 2, 1, 2 > 1, 2.5, 3)", result: "2.5" },
            Example { formula: "if(1 / 0 > 1, 1, 2)", result: "missing" },
        ],
        evaluated: true,
    },
    kernel: |args, _, out, _| {
        let Some((last, pairs)) = args.split_last() else {
            return Err(Failure::Internal("no arguments".to_owned()));
        };
        pairs.chunks_exact(2).rev().try_fold(put(last, out)?, |rest, pair| {
            let condition = put(&pair[0], &DataType::Boolean)?;
            let picked = shapes::pick(condition.as_boolean(), &put(&pair[1], out)?, &rest)?;
            shapes::missing_with(&picked, &[&condition])
        })
    },
};

fn infer(args: &[ArgType]) -> Inferred {
    if args.len().is_multiple_of(2) {
        return Err(ArgError::Other(
            args.len().saturating_sub(1),
            "has no value for the case that no condition is true".to_owned(),
        ));
    }
    let last = args.len() - 1;
    for index in (0..last).step_by(2) {
        if !matches!(args[index].ty, Type::Boolean | Type::Unknown) {
            return Err(ArgError::Type(index, "a condition"));
        }
    }
    let values: Vec<usize> = (1..last).step_by(2).chain([last]).collect();
    kinds::alike(args, &values)
}
