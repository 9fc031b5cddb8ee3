//! Kernels of `and`, `or`, `not` and `is missing`: three-valued, so that `false and missing` is false.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray};
use arrow::compute;
use arrow::datatypes::DataType;

use crate::functions::Failure;
use crate::functions::arrays::{overflowed, unexpected};

fn booleans(array: &ArrayRef) -> Result<BooleanArray, Failure> {
    match array.data_type() {
        DataType::Boolean => Ok(array.as_boolean().clone()),
        DataType::Null => Ok(BooleanArray::new_null(array.len())),
        other => Err(unexpected("boolean", other)),
    }
}

/// `left and right`.
pub fn and(left: &ArrayRef, right: &ArrayRef) -> Result<ArrayRef, Failure> {
    Ok(Arc::new(compute::and_kleene(&booleans(left)?, &booleans(right)?).map_err(overflowed)?))
}

/// `left or right`.
pub fn or(left: &ArrayRef, right: &ArrayRef) -> Result<ArrayRef, Failure> {
    Ok(Arc::new(compute::or_kleene(&booleans(left)?, &booleans(right)?).map_err(overflowed)?))
}

/// `not operand`.
pub fn not(operand: &ArrayRef) -> Result<ArrayRef, Failure> {
    Ok(Arc::new(compute::not(&booleans(operand)?).map_err(overflowed)?))
}

/// `operand is missing`: never missing itself.
pub fn is_missing(operand: &ArrayRef) -> Result<ArrayRef, Failure> {
    Ok(Arc::new(compute::is_null(operand).map_err(overflowed)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_values() {
        let column = |v: [Option<bool>; 3]| Arc::new(BooleanArray::from(v.to_vec())) as ArrayRef;
        let left = column([Some(false), Some(true), None]);
        let missing = column([None, None, None]);
        assert_eq!(&and(&left, &missing).unwrap(), &column([Some(false), None, None]));
        assert_eq!(&or(&left, &missing).unwrap(), &column([None, Some(true), None]));
        assert_eq!(&not(&left).unwrap(), &column([Some(true), Some(false), None]));
        assert_eq!(&is_missing(&left).unwrap(), &column([Some(false), Some(false), Some(true)]));
    }
}
