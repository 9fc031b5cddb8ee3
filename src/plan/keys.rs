//! The keys of a source that is joined to, where they are whole numbers close together: a bit for each, which
//! says whether an entity is there without a join. It does not know what else a row holds.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array};
use arrow::datatypes::{DataType, Int64Type};
use datafusion::logical_expr::Expr;

use super::lower::Lowering;
use super::udf;
use crate::functions::Failure;
use crate::model::project::SourceId;

/// Bits that a key may take: as much as the key itself.
const MOST: usize = 64;

/// Keys, none missing.
#[derive(Debug)]
pub struct Keys {
    least: i64,
    bits: Vec<u64>,
}

impl Keys {
    /// Of columns of keys; none where one occurs twice, or where they lie too far apart.
    pub fn new(columns: &[&Int64Array]) -> Option<Self> {
        let least = columns.iter().filter_map(|c| arrow::compute::min(c)).min().unwrap_or(0);
        let greatest = columns.iter().filter_map(|c| arrow::compute::max(c)).max().unwrap_or(0);
        let rows: usize = columns.iter().map(|c| c.values().len()).sum();
        let words = usize::try_from(greatest.checked_sub(least)?).ok()? / 64 + 1;
        if words > rows.saturating_mul(MOST / 64).max(1 << 10) {
            return None;
        }
        let mut keys = Self { least, bits: vec![0; words] };
        for key in columns.iter().flat_map(|c| c.iter()).flatten() {
            let (word, bit) = keys.place(key)?;
            let word = keys.bits.get_mut(word)?;
            if *word & bit != 0 {
                return None;
            }
            *word |= bit;
        }
        Some(keys)
    }

    fn place(&self, key: i64) -> Option<(usize, u64)> {
        let at = usize::try_from(key.checked_sub(self.least)?).ok()?;
        Some((at / 64, 1 << (at % 64)))
    }

    /// Whether a key is there.
    pub fn has(&self, key: i64) -> bool {
        self.place(key).is_some_and(|(word, bit)| self.bits.get(word).is_some_and(|w| w & bit != 0))
    }

    /// A column's value where it is a key of `source`, else missing.
    pub fn known(self: &Arc<Self>, lowering: &Lowering<'_>, source: SourceId, column: Expr) -> Expr {
        let keys = Arc::clone(self);
        let kernel = move |args: &[ArrayRef], _: usize| {
            let values = args[0]
                .as_primitive_opt::<Int64Type>()
                .ok_or_else(|| Failure::Internal(format!("a key of type {}", args[0].data_type())))?;
            let known = |key: i64| keys.has(key).then_some(key);
            Ok(Arc::new(values.unary_opt::<_, Int64Type>(known)) as ArrayRef)
        };
        let name = format!("known[{}]", source.0);
        udf::call(name, lowering.env(), DataType::Int64, Arc::new(kernel), vec![column])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_and_repeated_ones_are_not_taken() {
        let (a, b) = (Int64Array::from(vec![Some(-3), None, Some(400)]), Int64Array::from(vec![7]));
        let keys = Keys::new(&[&a, &b]).unwrap();
        let found: Vec<i64> =
            [-4, -3, 0, 7, 400, 401, i64::MIN, i64::MAX].into_iter().filter(|k| keys.has(*k)).collect();
        assert_eq!(found, [-3, 7, 400]);
        assert!(Keys::new(&[&b, &b]).is_none());
        assert!(Keys::new(&[&Int64Array::from(vec![i64::MIN, i64::MAX])]).is_none());
        assert!(Keys::new(&[&Int64Array::from(vec![0, 1 << 40])]).is_none());
        assert!(!Keys::new(&[]).unwrap().has(0));
    }
}
