//! `ceil(x)`: numbers -> the whole number at or above.

use super::{kinds, shapes};
use crate::functions::Scalar;
use crate::model::signature::{Class, Example, Param, Signature};

/// The function.
pub const CEIL: Scalar = Scalar {
    signature: Signature {
        name: "ceil",
        class: Class::Scalar,
        params: &[Param::one("x")],
        doc: "The smallest whole number that is not below `x`; a float stays a float.",
        infer: kinds::whole_number,
        examples: &[
            Example { formula: "ceil(2.1)", result: "3" },
            Example { formula: "ceil(-2.7)", result: "-2" },
        ],
        evaluated: true,
    },
    kernel: |args, _, out, _| shapes::by_kind(&args[0], out, 0, f64::ceil, |v, one| -(-v).div_euclid(one)),
};
