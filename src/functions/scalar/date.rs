//! `date(x)`: timestamps -> their local days.

use std::sync::Arc;

use super::{kinds, shapes};
use crate::functions::Scalar;
use crate::model::signature::{ArgType, Class, Example, Inferred, Param, Signature};
use crate::model::types::{Type, Unit};

/// The function.
pub const DATE: Scalar = Scalar {
    signature: Signature {
        name: "date",
        class: Class::Scalar,
        params: &[Param::one("x")],
        doc: "The local day of a timestamp; a date stays what it is.",
        infer,
        examples: &[
            Example { formula: "date(2026-03-29T00:30)", result: "2026-03-29" },
            Example { formula: "date(2026-01-31)", result: "2026-01-31" },
        ],
        evaluated: true,
    },
    kernel: |args, _, _, env| Ok(Arc::new(shapes::days(&args[0], env)?)),
};

fn infer(args: &[ArgType]) -> Inferred {
    kinds::time(args, 0)?;
    Ok((Type::Date, Unit::none()))
}
