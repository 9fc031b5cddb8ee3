//! Kernels of `functions/` as DataFusion scalar functions, for rows.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::compute::cast;
use arrow::datatypes::DataType;
use datafusion::common::{DataFusionError, ScalarValue};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use crate::functions::{Env, Failure};

/// A kernel with all but its arguments settled.
pub type Settled = Arc<dyn Fn(&[ArrayRef], usize) -> Result<ArrayRef, Failure> + Send + Sync>;

/// A kernel as a scalar function. Its identity is name, environment and result type: equal calls are
/// computed once.
pub struct KernelUdf {
    name: String,
    env: Env,
    out: DataType,
    signature: Signature,
    kernel: Settled,
}

/// A call of a kernel.
pub fn call(name: impl Into<String>, env: Env, out: DataType, kernel: Settled, args: Vec<Expr>) -> Expr {
    let signature = Signature::any(args.len(), Volatility::Immutable);
    let udf = KernelUdf { name: name.into(), env, out, signature, kernel };
    Arc::new(ScalarUDF::new_from_impl(udf)).call(args)
}

impl fmt::Debug for KernelUdf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} -> {}", self.name, self.out)
    }
}

impl PartialEq for KernelUdf {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.env == other.env && self.out == other.out
    }
}

impl Eq for KernelUdf {}

impl Hash for KernelUdf {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.name, self.env, &self.out).hash(state);
    }
}

impl ScalarUDFImpl for KernelUdf {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> datafusion::common::Result<DataType> {
        Ok(self.out.clone())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> datafusion::common::Result<ColumnarValue> {
        let rows = args.number_rows;
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        // All-constant arguments come as arrays of one row.
        let rows = arrays.first().map_or(rows, |a| a.len());
        let result =
            (self.kernel)(&arrays, rows).map_err(|failure| DataFusionError::External(Box::new(failure)))?;
        // Kernels keep the digits of their arguments; the plan was made for the type's own storage.
        let result = if *result.data_type() == self.out { result } else { cast(&result, &self.out)? };
        // Of constants a constant, for batches of any length.
        let constant = args.args.iter().all(|a| matches!(a, ColumnarValue::Scalar(_)));
        if constant && !args.args.is_empty() {
            return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&result, 0)?));
        }
        Ok(ColumnarValue::Array(result))
    }
}
