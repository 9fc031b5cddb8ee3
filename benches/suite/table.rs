//! Results of both engines in one form, to be compared.

use std::collections::BTreeMap;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Float64Type};
use arrow::util::display::{ArrayFormatter, FormatOptions};

use super::Res;

/// Every digit, or a float.
#[derive(Clone, Debug)]
pub enum Value {
    Exact(String),
    Near(f64),
}

/// Values by their name and place: period and members.
#[derive(Default)]
pub struct Table(BTreeMap<(String, Vec<String>), Value>);

impl Table {
    /// What Rumbo found, without the cells that have no rows.
    pub fn of_outcome(outcome: &rumbo::Outcome) -> Self {
        let mut out = Self::default();
        for table in &outcome.tables {
            for breakdown in &table.breakdowns {
                for row in breakdown.rows.iter().filter(|r| r.n > 0) {
                    let members =
                        row.members.iter().map(|m| m.as_ref().map_or(String::new(), |m| m.key.clone()));
                    let place = std::iter::once(row.start.to_string()).chain(members).collect();
                    let name = name(&table.kpi, &table.grain, &breakdown.dimensions);
                    let value = match (table.ty, row.value, &row.exact) {
                        (rumbo::Type::Float, Some(value), _) => Value::Near(value),
                        (_, _, Some(exact)) => Value::Exact(exact.clone()),
                        _ => continue,
                    };
                    out.0.insert((name, place), value);
                }
            }
        }
        out
    }

    /// The rows of a statement: `keys` columns say the place (the first is a day), the others are values.
    pub fn of_batches(batches: &[RecordBatch], keys: usize, names: &[&str]) -> Res<Self> {
        let mut out = Self::default();
        for batch in batches {
            let texts = batch.columns()[..keys].iter().map(texts).collect::<Res<Vec<_>>>()?;
            for (name, column) in names.iter().zip(&batch.columns()[keys..]) {
                let exact = texts_or_none(column)?;
                for row in (0..batch.num_rows()).filter(|r| column.is_valid(*r)) {
                    let place = texts.iter().map(|t| t[row].clone()).collect();
                    let value = match &exact {
                        Some(exact) => Value::Exact(exact[row].clone()),
                        None => Value::Near(column.as_primitive::<Float64Type>().value(row)),
                    };
                    out.0.insert(((*name).to_owned(), place), value);
                }
            }
        }
        out.0.retain(|_, value| !matches!(value, Value::Exact(text) if text == "0"));
        Ok(out)
    }

    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Whether two tables hold the same: digit by digit, floats to nine digits, and averages of decimals
    /// to the six places after the point that DataFusion gives them.
    pub fn same(&self, other: &Self) -> Res<()> {
        if self.0.is_empty() || self.0.len() != other.0.len() {
            return Err(format!("{} values against {}", self.0.len(), other.0.len()).into());
        }
        for (place, value) in &self.0 {
            let equal = match (value, other.0.get(place)) {
                (Value::Exact(a), Some(Value::Exact(b))) => a == b,
                (Value::Near(a), Some(Value::Near(b))) => (a - b).abs() <= 1e-9 * a.abs(),
                (Value::Near(a), Some(Value::Exact(b))) => (a - b.parse::<f64>()?).abs() <= 1e-6,
                _ => false,
            };
            if !equal {
                return Err(format!("{place:?}: {value:?} against {:?}", other.0.get(place)).into());
            }
        }
        Ok(())
    }
}

/// The name of a KPI's table: `revenue month region channel`.
pub fn name(kpi: &str, grain: &str, dimensions: &[String]) -> String {
    let parts = [kpi, grain].into_iter().chain(dimensions.iter().map(String::as_str));
    parts.collect::<Vec<_>>().join(" ")
}

fn texts_or_none(column: &ArrayRef) -> Res<Option<Vec<String>>> {
    Ok(if *column.data_type() == DataType::Float64 { None } else { Some(texts(column)?) })
}

fn texts(column: &ArrayRef) -> Res<Vec<String>> {
    let options = FormatOptions::default().with_timestamp_format(Some("%Y-%m-%d"));
    let shown = ArrayFormatter::try_new(column.as_ref(), &options)?;
    Ok((0..column.len()).map(|row| shown.value(row).to_string()).collect())
}
