//! Functions and operators: one file per function with its signature, docs, examples that run as
//! tests, and its kernel over Arrow arrays. Rows and results use the same kernels: in rows behind a
//! DataFusion scalar function, in results called directly.

// Every kernel takes its environment alike, and it may grow.
#![allow(clippy::trivially_copy_pass_by_ref)]
// Tests of exact arithmetic mean exactly equal.
#![cfg_attr(test, allow(clippy::float_cmp))]

use arrow::array::ArrayRef;
use arrow::datatypes::{DataType, TimeUnit};

use crate::model::signature::Signature;
use crate::model::types::Type;

pub mod aggregates;
pub mod arrays;
pub mod clock;
#[cfg(test)]
mod examples;
pub mod operators;
pub mod scalar;

/// What a kernel may need beside its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Env {
    /// The project's zone, for the local day of an instant.
    pub timezone: chrono_tz::Tz,
}

/// Why a kernel could not compute. A value outside a function's domain is no failure but missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// A whole number or decimal past what its type holds (64 bits in rows, 38 digits in results).
    Overflow(String),
    /// Two rows of a table of values that fit a cell equally well.
    Tie(String),
    /// Rumbo's own mistake: an argument of a type that the checker should have refused.
    Internal(String),
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Overflow(what) => write!(f, "{what}: more digits than the result holds"),
            Self::Tie(what) => write!(f, "two rows fit {what} equally well"),
            Self::Internal(what) => write!(f, "internal error: {what}"),
        }
    }
}

impl std::error::Error for Failure {}

/// Computes a column from columns of equal length (`rows`), in the data type that `out` says.
pub type Kernel = fn(args: &[ArrayRef], rows: usize, out: &DataType, env: &Env) -> Result<ArrayRef, Failure>;

/// A scalar function.
#[derive(Clone, Copy, Debug)]
pub struct Scalar {
    /// What users see.
    pub signature: Signature,
    /// How it computes. Null where it is missing: any argument missing unless the docs say otherwise,
    /// or a value outside the domain.
    pub kernel: Kernel,
}

/// The Arrow type that holds a type in rows. Instants are UTC microseconds.
pub fn row_type(ty: Type) -> DataType {
    match ty {
        Type::Integer => DataType::Int64,
        Type::Decimal(scale) => DataType::Decimal128(38, scale as i8),
        Type::Float => DataType::Float64,
        Type::Text => DataType::Utf8View,
        Type::Boolean => DataType::Boolean,
        Type::Date => DataType::Date32,
        Type::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        Type::Duration => DataType::Duration(TimeUnit::Microsecond),
        Type::Unknown => DataType::Null,
    }
}

/// The Arrow type that holds a type in results: as in rows, but integers have 38 digits.
pub fn result_type(ty: Type) -> DataType {
    match ty {
        Type::Integer => DataType::Decimal128(38, 0),
        other => row_type(other),
    }
}
