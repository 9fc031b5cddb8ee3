//! Exact percentiles by group: all values are kept, then interpolated as Excel's PERCENTILE.INC does.
//! Arguments are floats; the caller casts others. Missing and not finite ones are passed over.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Float64Array, Float64Builder, ListArray, ListBuilder,
};
use arrow::datatypes::Float64Type;
use datafusion::common::Result;
use datafusion::logical_expr::AggregateUDF;

use super::exact_sum::{two_product, two_sum};
use super::grouped::{Groups, each_row, typed};
use super::udaf::{Kind, build};

/// The percentile at `part`, 0 to 1 (0.5 is the median), as a float; null over no values. The part is
/// read in its shortest decimal form, so that 0.9 is nine tenths.
pub fn percentile(part: f64) -> AggregateUDF {
    build(kind(part))
}

/// The same of floats at hand, by group.
pub fn percentiles_of(part: f64, values: &ArrayRef, groups: &[usize], count: usize) -> Result<ArrayRef> {
    super::udaf::over(kind(part), values, groups, count)
}

fn kind(part: f64) -> Kind {
    let part = if part.is_finite() { part.clamp(0.0, 1.0) } else { 0.5 };
    let text = format!("{part:.15}");
    let fraction = text.split_once('.').map_or("", |(_, f)| f.trim_end_matches('0'));
    let digits = fraction.len() as u32;
    let numerator = if part >= 1.0 { 1 } else { fraction.parse().unwrap_or(0) };
    Kind::Percentile { numerator, digits }
}

/// Values by group.
#[derive(Debug)]
pub(super) struct Percentiles {
    numerator: u64,
    digits: u32,
    values: Vec<Vec<f64>>,
    /// Bytes that the lists hold.
    held: usize,
}

impl Percentiles {
    pub(super) fn new(numerator: u64, digits: u32) -> Self {
        Self { numerator, digits, values: Vec::new(), held: 0 }
    }

    fn extend(&mut self, group: usize, more: impl IntoIterator<Item = f64>) {
        let list = &mut self.values[group];
        let before = list.capacity();
        list.extend(more);
        self.held += (list.capacity() - before) * size_of::<f64>();
    }

    fn take(&mut self, count: usize) -> Vec<Vec<f64>> {
        let taken: Vec<Vec<f64>> = self.values.drain(..count).collect();
        self.held -= taken.iter().map(|l| l.capacity() * size_of::<f64>()).sum::<usize>();
        taken
    }
}

/// The value at `numerator / 10^digits` of the way through sorted values, rounded once.
fn interpolate(mut values: Vec<f64>, numerator: u64, digits: u32) -> Option<f64> {
    let last = u128::try_from(values.len()).ok()?.checked_sub(1)?;
    let whole = 10_u64.pow(digits);
    let position = last * u128::from(numerator);
    let (below, part) = ((position / u128::from(whole)) as usize, (position % u128::from(whole)) as u64);
    let (_, low, above) = values.select_nth_unstable_by(below, f64::total_cmp);
    let low = *low;
    if part == 0 {
        return Some(low + 0.0);
    }
    let high = above.iter().copied().min_by(f64::total_cmp)?;
    // (low (whole - part) + high part) / whole, in twice the digits.
    let (a, a_error) = two_product(low, (whole - part) as f64);
    let (b, b_error) = two_product(high, part as f64);
    let (sum, sum_error) = two_sum(a, b);
    let error = sum_error + (a_error + b_error);
    let divisor = whole as f64;
    let quotient = sum / divisor;
    let rest = quotient.mul_add(-divisor, sum) + error;
    let value = quotient + rest / divisor;
    let value = if value.is_finite() {
        value
    } else {
        let part = part as f64 / divisor;
        low * (1.0 - part) + high * part
    };
    Some(value.clamp(low, high) + 0.0)
}

impl Groups for Percentiles {
    fn fresh(&self) -> Box<dyn Groups> {
        Box::new(Self::new(self.numerator, self.digits))
    }

    fn resize(&mut self, groups: usize) {
        self.values.resize(groups, Vec::new());
    }

    fn len(&self) -> usize {
        self.values.len()
    }

    fn update(&mut self, values: &ArrayRef, groups: &[usize], filter: Option<&BooleanArray>) -> Result<()> {
        let array: &Float64Array = typed(values, "floats")?;
        let values = array.values();
        each_row(groups, array.nulls().filter(|n| n.null_count() > 0), filter, |row, group, valid| {
            if valid && values[row].is_finite() {
                self.extend(group, [values[row]]);
            }
        });
        Ok(())
    }

    fn update_single(&mut self, values: &ArrayRef) -> Result<()> {
        let array: &Float64Array = typed(values, "floats")?;
        self.extend(0, array.iter().flatten().filter(|v| v.is_finite()));
        Ok(())
    }

    fn merge(&mut self, states: &[ArrayRef], groups: &[usize], filter: Option<&BooleanArray>) -> Result<()> {
        let lists: &ListArray = typed(&states[0], "values")?;
        let values = lists.values().as_primitive::<Float64Type>().values();
        let offsets = lists.value_offsets();
        each_row(groups, lists.nulls(), filter, |row, group, valid| {
            if valid {
                let list = &values[offsets[row] as usize..offsets[row + 1] as usize];
                self.extend(group, list.iter().copied());
            }
        });
        Ok(())
    }

    fn results(&mut self, count: usize) -> Result<ArrayRef> {
        let (numerator, digits) = (self.numerator, self.digits);
        let values = self.take(count).into_iter().map(|v| interpolate(v, numerator, digits));
        Ok(Arc::new(values.collect::<Float64Array>()))
    }

    fn states(&mut self, count: usize) -> Result<Vec<ArrayRef>> {
        let lists = self.take(count);
        if lists.iter().map(Vec::len).sum::<usize>() > i32::MAX as usize {
            return datafusion::common::exec_err!("rumbo: percentile over more than 2^31 values at once");
        }
        let mut builder = ListBuilder::new(Float64Builder::new());
        for list in lists {
            builder.values().append_slice(&list);
            builder.append(true);
        }
        Ok(vec![Arc::new(builder.finish())])
    }

    fn size(&self) -> usize {
        self.values.capacity() * size_of::<Vec<f64>>() + self.held
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interpolates_as_excel_does() {
        let at = |values: &[f64], n, d| interpolate(values.to_vec(), n, d);
        assert_eq!(at(&[4.0, 1.0, 10.0, 2.0], 9, 1), Some(8.2));
        assert_eq!(at(&[1.0, 2.0], 5, 1), Some(1.5));
        assert_eq!(at(&[3.0, 1.0, 2.0], 5, 1), Some(2.0));
        assert_eq!(at(&[3.0, 1.0], 1, 0), Some(3.0));
        assert_eq!(at(&[3.0, 1.0], 0, 0), Some(1.0));
        assert_eq!(at(&[], 5, 1), None);
        assert_eq!(at(&[f64::MAX, f64::MAX], 25, 2), Some(f64::MAX));
        assert_eq!(at(&[0.1, 0.1], 37, 2), Some(0.1));
    }
}
