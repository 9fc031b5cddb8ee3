//! `abs(x)`: numbers without their sign.

use arrow::array::AsArray;

use super::{kinds, shapes};
use crate::functions::Scalar;
use crate::functions::arrays::put;
use crate::functions::operators::Comparison;
use crate::functions::operators::arithmetic;
use crate::functions::operators::comparison::compare;
use crate::model::signature::{Class, Example, Param, Signature};

/// The function.
pub const ABS: Scalar = Scalar {
    signature: Signature {
        name: "abs",
        class: Class::Scalar,
        params: &[Param::one("x")],
        doc: "`x` without its sign, of its type.",
        infer: kinds::same_number,
        examples: &[
            Example { formula: "abs(-2.50)", result: "2.50" },
            Example { formula: "abs(3)", result: "3" },
        ],
        evaluated: true,
    },
    kernel: |args, _, out, env| {
        let negated = arithmetic::neg(&args[0], out)?;
        let below = compare(Comparison::Lt, &args[0], &negated, false, env)?;
        put(&shapes::pick(below.as_boolean(), &negated, &args[0])?, out)
    },
};
