//! `hour(x)`: timestamps -> the hour that the local clock shows.

use arrow::array::Int64Array;

use super::shapes;
use crate::functions::Scalar;
use crate::functions::arrays::put_integers;
use crate::functions::clock::{DAY, HOUR as MICROS};
use crate::model::signature::{ArgError, ArgType, Class, Example, Inferred, Param, Signature};
use crate::model::types::{Type, Unit};

/// The function.
pub const HOUR: Scalar = Scalar {
    signature: Signature {
        name: "hour",
        class: Class::Scalar,
        params: &[Param::one("x")],
        doc: "The hour, 0 to 23, that the local clock shows at a timestamp.",
        infer,
        examples: &[
            Example { formula: "hour(2026-01-31T09:30)", result: "9" },
            Example { formula: "hour(2026-01-31T00:00)", result: "0" },
        ],
        evaluated: true,
    },
    kernel: |args, _, out, env| {
        let hours: Int64Array = shapes::local_micros(&args[0], env)?.unary(|at| at.rem_euclid(DAY) / MICROS);
        put_integers(&hours, out)
    },
};

fn infer(args: &[ArgType]) -> Inferred {
    match args.first().map(|arg| arg.ty) {
        Some(Type::Timestamp | Type::Unknown) => Ok((Type::Integer, Unit::none())),
        _ => Err(ArgError::Type(0, "a timestamp")),
    }
}
