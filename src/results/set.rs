//! The result of one set of a scan group: for each period and combination of members that its rows fell
//! in, every measure's value and the rows behind it.

use std::collections::{HashMap, HashSet};

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int32Array, Int64Array, RecordBatch};
use arrow::compute::{cast, filter_record_batch};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Int32Type, Int64Type, TimestampMicrosecondType,
};
use datafusion::common::{DataFusionError, Result};

use crate::model::project::{MeasureId, Model};
use crate::plan::aggregates::{MeasureParts, MeasureValues};

/// Members of a combination, `None` where missing.
pub type Members = Vec<Option<String>>;

/// One set's result, by row.
#[derive(Clone, Debug, Default)]
pub struct SetResult {
    /// The period of each row, from the first asked-for one.
    pub periods: Vec<i32>,
    /// The combination of each row.
    pub combos: Vec<usize>,
    /// All combinations.
    pub members: Vec<Members>,
    /// The measures.
    pub measures: HashMap<MeasureId, MeasureValues>,
    /// The periods that have rows at all, where others are outside the data: those of balances.
    pub present: Option<HashSet<i32>>,
    /// How many rows were made of rows that count in several periods.
    pub expanded: u64,
    /// By row, how many of a measure's rows lack an exchange rate.
    pub lacking: HashMap<MeasureId, Int64Array>,
}

/// Says which rows of a result belong to a set.
pub type Mask<'a> = dyn Fn(&RecordBatch) -> Result<BooleanArray> + 'a;

/// Columns of a set: `period`, `keys`, `parts`.
pub struct SetColumns<'a> {
    /// The name of the period column.
    pub period: String,
    /// The names of the key columns.
    pub keys: Vec<String>,
    /// The name of each part column.
    pub parts: usize,
    /// The rows of this set, where the result holds several.
    pub only: Option<&'a Mask<'a>>,
}

impl SetResult {
    /// Reads a set from a group's result.
    pub fn read(
        model: &Model,
        batches: &[RecordBatch],
        columns: &SetColumns<'_>,
        measures: &[(MeasureId, MeasureParts)],
    ) -> Result<Self> {
        let mut out = Self::default();
        let mut index: HashMap<Members, usize> = HashMap::new();
        let mut kept = Vec::new();
        for batch in batches {
            let batch = match columns.only {
                Some(only) => filter_record_batch(batch, &only(batch)?)?,
                None => batch.clone(),
            };
            let periods = named(&batch, &columns.period)?;
            let asked: BooleanArray = (0..periods.len()).map(|i| Some(periods.is_valid(i))).collect();
            kept.push(filter_record_batch(&batch, &asked)?);
        }
        for batch in &kept {
            let periods = named(batch, &columns.period)?;
            let periods: &Int32Array = periods.as_primitive::<Int32Type>();
            out.periods.extend(periods.values());
            let keys =
                columns.keys.iter().map(|k| texts(&named(batch, k)?, model)).collect::<Result<Vec<_>>>()?;
            for row in 0..batch.num_rows() {
                let members: Members = keys.iter().map(|k| k[row].clone()).collect();
                let next = index.len();
                let combo = *index.entry(members.clone()).or_insert(next);
                if combo == next {
                    out.members.push(members);
                }
                out.combos.push(combo);
            }
        }
        let mut parts: Vec<ArrayRef> = Vec::new();
        if let Some(first) = kept.first() {
            let all = arrow::compute::concat_batches(&first.schema(), &kept)?;
            for i in 0..columns.parts {
                parts.push(named(&all, &format!("a{i}"))?);
            }
            for (id, finish) in measures {
                let mut values = finish.finish(&model.measures[id.0], &parts)?;
                let (lacking, undecided) = finish.lacking(&parts)?;
                if let Some(undecided) = undecided {
                    // Rows that may pass the filter were seen.
                    values.rows = arrow::compute::binary(&values.rows, &undecided, i64::saturating_add)?;
                }
                out.lacking.extend(lacking.map(|rows| (*id, rows)));
                out.measures.insert(*id, values);
            }
        }
        Ok(out)
    }
}

fn named(batch: &RecordBatch, name: &str) -> Result<ArrayRef> {
    batch
        .column_by_name(name)
        .cloned()
        .ok_or_else(|| DataFusionError::Internal(format!("a result without the column {name}")))
}

/// Members as text: what results, tables and files show.
pub fn texts(array: &ArrayRef, model: &Model) -> Result<Vec<Option<String>>> {
    let all = |f: &dyn Fn(usize) -> String| -> Vec<Option<String>> {
        (0..array.len()).map(|i| array.is_valid(i).then(|| f(i))).collect()
    };
    Ok(match array.data_type() {
        DataType::Int64 => {
            let a = array.as_primitive::<Int64Type>();
            all(&|i| a.value(i).to_string())
        }
        DataType::Decimal128(..) => {
            let a = array.as_primitive::<Decimal128Type>();
            all(&|i| a.value_as_string(i))
        }
        DataType::Float64 => {
            let a = array.as_primitive::<arrow::datatypes::Float64Type>();
            all(&|i| format!("{}", a.value(i) + 0.0))
        }
        DataType::Boolean => {
            let a = array.as_boolean();
            all(&|i| a.value(i).to_string())
        }
        DataType::Date32 => {
            let a = array.as_primitive::<Date32Type>();
            all(&|i| a.value_as_date(i).map_or_else(String::new, |d| d.format("%Y-%m-%d").to_string()))
        }
        DataType::Timestamp(_, Some(_)) => {
            let micros = cast(array, &crate::functions::row_type(crate::model::types::Type::Timestamp))?;
            let a = micros.as_primitive::<TimestampMicrosecondType>().clone();
            all(&|i| local_time(a.value(i), model))
        }
        _ => {
            let text = cast(array, &DataType::Utf8)?;
            let a = text.as_string::<i32>().clone();
            all(&|i| a.value(i).to_owned())
        }
    })
}

/// An instant in the project's zone: `2026-01-31T09:30:00+01:00`.
pub fn local_time(micros: i64, model: &Model) -> String {
    chrono::DateTime::from_timestamp_micros(micros).map_or_else(String::new, |at| {
        at.with_timezone(&model.calendar.timezone).to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)
    })
}
