//! Outcome -> one Arrow record batch of tidy rows, one a value: the schema that all file formats
//! share. Columns that later versions add come after these; none is renamed. Knows no format.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Date32Array, Float64Array, Int64Array, StringArray,
};
use arrow::datatypes::{DataType, Date32Type, Field, Float64Type, Int64Type, Schema};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use chrono::{Datelike, NaiveDate};

use super::order::{self, Placed};
use crate::model::outcome::{KpiTable, Outcome, Reason, Row};
use crate::model::types::Type;

/// The columns before the dimensions.
const BEFORE: [&str; 4] = ["kpi", "grain", "period_start", "period_end"];
/// The columns after them.
const AFTER: [&str; 18] = [
    "breakdown",
    "value",
    "exact",
    "type",
    "unit",
    "n",
    "skipped",
    "reason",
    "complete",
    "window_complete",
    "period",
    "target",
    "paced_target",
    "attainment",
    "status",
    "score",
    "previous",
    "change",
];
/// Day 0 of a Date32, counted as chrono does.
pub(super) const EPOCH: i32 = 719_163;

/// All rows. The schema's metadata holds `project` and `as_of`.
///
/// - `period_end` is the day after the period's last.
/// - A dimension's column is named as the dimension is written (`account.segment`), with `dim_` before
///   it where a column of another meaning has that name. Missing members, and all of a total, are null.
/// - `value` is null where `exact` is no number, or where `reason` says why there is none; durations in days.
/// - `status` is never null; where it is `unknown`, `reason` says why (`no_target` where nothing is wanted).
/// - `target`, `paced_target` (what is due of it in an open period), `previous` and `change` count as `value`
///   does; `attainment` is 1 where the target is met, `score` 0 to 100.
/// - `n` and `skipped` are null where the value is withheld.
/// - `unit` is `percent` for values shown so, `days` for durations, null for plain numbers.
pub fn batch(outcome: &Outcome) -> Result<RecordBatch, ArrowError> {
    // Where only scorecards were asked for, they are the result.
    if outcome.tables.is_empty() && !outcome.scorecards.is_empty() {
        return super::scorecards::batch(outcome);
    }
    if outcome.tables.is_empty() && !outcome.rules.is_empty() {
        return super::verdicts::batch(outcome);
    }
    kpis(outcome)
}

/// The rows of KPIs alone.
pub(super) fn kpis(outcome: &Outcome) -> Result<RecordBatch, ArrowError> {
    let dimensions = dimensions(outcome);
    let rows: Vec<(&KpiTable, Placed<'_>)> =
        outcome.tables.iter().flat_map(|t| order::rows(t).into_iter().map(move |p| (t, p))).collect();
    let texts = |of: &dyn Fn(&KpiTable, Placed<'_>) -> Option<String>| -> ArrayRef {
        Arc::new(rows.iter().map(|(t, p)| of(t, *p)).collect::<StringArray>())
    };
    let days = |of: &dyn Fn(Placed<'_>) -> NaiveDate| -> ArrayRef {
        Arc::new(Date32Array::from_iter_values(rows.iter().map(|(_, p)| of(*p).num_days_from_ce() - EPOCH)))
    };
    // Of a value that is withheld no evidence is told either.
    let counts = |of: &dyn Fn(Placed<'_>) -> i64| -> ArrayRef {
        let told = rows.iter().map(|(_, p)| (p.row.reason != Some(Reason::Hidden)).then(|| of(*p)));
        Arc::new(told.collect::<Int64Array>())
    };
    // Adding zero turns -0 into 0.
    let numbers = |of: &dyn Fn(&Row) -> Option<f64>| -> ArrayRef {
        let of = rows.iter().map(|(_, p)| of(p.row).filter(|v| v.is_finite()).map(|v| v + 0.0));
        Arc::new(of.collect::<Float64Array>())
    };
    let complete: BooleanArray = rows.iter().map(|(_, p)| Some(p.row.complete)).collect();
    let windows: BooleanArray = rows.iter().map(|(_, p)| Some(p.row.window_complete)).collect();

    let mut columns: Vec<ArrayRef> = vec![
        texts(&|t, _| Some(t.kpi.clone())),
        texts(&|t, _| Some(t.grain.clone())),
        days(&|p| p.row.start),
        days(&|p| p.row.end),
    ];
    for dimension in &dimensions {
        columns.push(texts(&|_, p| {
            let at = p.breakdown.dimensions.iter().position(|d| d == dimension)?;
            p.row.members.get(at)?.as_ref().map(|m| m.key.clone())
        }));
    }
    columns.extend([
        texts(&|_, p| Some(p.breakdown.dimensions.join(", "))),
        numbers(&|r| r.value),
        texts(&|_, p| p.row.exact.clone()),
        texts(&|t, _| Some(t.ty.to_string())),
        texts(&|t, _| unit(t)),
        counts(&|p| p.row.n),
        counts(&|p| p.row.skipped),
        texts(&|_, p| p.row.why().map(|r| r.word().to_owned())),
        Arc::new(complete) as ArrayRef,
        Arc::new(windows) as ArrayRef,
        texts(&|_, p| Some(p.row.period.clone())),
        numbers(&|r| r.judged.target),
        numbers(&|r| r.judged.paced),
        numbers(&|r| r.judged.attainment),
        texts(&|_, p| Some(p.row.judged.status.word().to_owned())),
        numbers(&|r| r.judged.score),
        numbers(&|r| r.judged.previous),
        numbers(&|r| r.judged.change),
    ]);
    RecordBatch::try_new(Arc::new(schema(outcome, &dimensions)), columns)
}

/// `percent`, `EUR`, `days`; none for a plain number.
pub fn unit(table: &KpiTable) -> Option<String> {
    if table.percent {
        return Some("percent".to_owned());
    }
    if !table.unit.is_none() {
        return Some(table.unit.to_string());
    }
    (table.ty == Type::Duration).then(|| "days".to_owned())
}

/// The dimensions of all breakdowns, in the order in which they first appear.
fn dimensions(outcome: &Outcome) -> Vec<String> {
    let mut seen: Vec<String> = Vec::new();
    for dimension in outcome.tables.iter().flat_map(|t| &t.breakdowns).flat_map(|b| &b.dimensions) {
        if !seen.contains(dimension) {
            seen.push(dimension.clone());
        }
    }
    seen
}

fn schema(outcome: &Outcome, dimensions: &[String]) -> Schema {
    let mut taken: Vec<String> = BEFORE.iter().chain(&AFTER).map(|c| (*c).to_owned()).collect();
    // Plain names are given out first, so that a `dim_` never pushes out a dimension of that very name.
    taken.extend(dimensions.iter().filter(|d| !is_fixed(d)).cloned());
    let column = |dimension: &String, taken: &mut Vec<String>| {
        if !is_fixed(dimension) {
            return dimension.clone();
        }
        let mut name = format!("dim_{dimension}");
        while taken.contains(&name) {
            name.insert_str(0, "dim_");
        }
        taken.push(name.clone());
        name
    };
    let mut fields: Vec<Field> = BEFORE.iter().map(|name| fixed(name)).collect();
    fields.extend(dimensions.iter().map(|d| Field::new(column(d, &mut taken), DataType::Utf8, true)));
    fields.extend(AFTER.iter().map(|name| fixed(name)));
    let metadata = [("project", &outcome.project), ("as_of", &outcome.as_of)];
    let metadata: HashMap<String, String> =
        metadata.into_iter().map(|(k, v)| (k.to_owned(), v.clone())).collect();
    Schema::new(fields).with_metadata(metadata)
}

fn is_fixed(name: &str) -> bool {
    BEFORE.contains(&name) || AFTER.contains(&name)
}

fn fixed(name: &str) -> Field {
    let (ty, nullable) = match name {
        "period_start" | "period_end" => (DataType::Date32, false),
        "value" | "target" | "paced_target" | "attainment" | "score" | "previous" | "change" => {
            (DataType::Float64, true)
        }
        "n" | "skipped" => (DataType::Int64, true),
        "complete" | "window_complete" => (DataType::Boolean, false),
        "exact" | "unit" | "reason" => (DataType::Utf8, true),
        _ => (DataType::Utf8, false),
    };
    Field::new(name, ty, nullable)
}

/// A value of the batch, as the text formats write it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Cell<'a> {
    Null,
    Text(&'a str),
    Float(f64),
    Integer(i64),
    Boolean(bool),
    Date(NaiveDate),
}

/// What stands in a column at a row.
pub(super) fn cell(column: &ArrayRef, row: usize) -> Cell<'_> {
    if column.is_null(row) {
        return Cell::Null;
    }
    match column.data_type() {
        DataType::Utf8 => Cell::Text(column.as_string::<i32>().value(row)),
        DataType::Float64 => Cell::Float(column.as_primitive::<Float64Type>().value(row)),
        DataType::Int64 => Cell::Integer(column.as_primitive::<Int64Type>().value(row)),
        DataType::Boolean => Cell::Boolean(column.as_boolean().value(row)),
        DataType::Date32 => {
            let day = column.as_primitive::<Date32Type>().value(row).saturating_add(EPOCH);
            NaiveDate::from_num_days_from_ce_opt(day).map_or(Cell::Null, Cell::Date)
        }
        _ => Cell::Null,
    }
}

/// An Arrow or Parquet error as what it is to a caller that writes: the writer's own where it is one.
pub(super) fn io_error(error: ArrowError) -> std::io::Error {
    match error {
        ArrowError::IoError(_, inner) => inner,
        other => std::io::Error::other(other),
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{breakdown, outcome, row, table, two_kpis};
    use super::*;

    fn names(batch: &RecordBatch) -> Vec<String> {
        batch.schema().fields().iter().map(|f| f.name().clone()).collect()
    }

    #[test]
    fn the_columns_stand_in_their_order() {
        let batch = batch(&two_kpis()).unwrap();
        assert_eq!(
            names(&batch),
            [
                "kpi",
                "grain",
                "period_start",
                "period_end",
                "account.segment",
                "breakdown",
                "value",
                "exact",
                "type",
                "unit",
                "n",
                "skipped",
                "reason",
                "complete",
                "window_complete",
                "period",
                "target",
                "paced_target",
                "attainment",
                "status",
                "score",
                "previous",
                "change"
            ]
        );
        assert_eq!(batch.num_rows(), 10);
        assert_eq!(batch.schema().metadata()["as_of"], "2026-02-10");
        assert_eq!(batch.schema().metadata()["project"], "key-accounts");
    }

    #[test]
    fn rows_interleave_by_period_and_a_missing_member_is_null() {
        let batch = batch(&two_kpis()).unwrap();
        let at = |column: usize, row| cell(batch.column(column), row);
        let day = |m| Cell::Date(NaiveDate::from_ymd_opt(2026, m, 1).unwrap());
        let starts: Vec<Cell<'_>> = (0..10).map(|r| at(2, r)).collect();
        let expected = [1, 1, 1, 1, 2, 2, 2, 2, 1, 2].map(day);
        assert_eq!(starts, expected);
        assert_eq!(at(3, 0), day(2));
        let segments: Vec<Cell<'_>> = (0..4).map(|r| at(4, r)).collect();
        assert_eq!(segments, [Cell::Null, Cell::Text(""), Cell::Text("Retail, EU"), Cell::Null]);
        let breakdowns: Vec<Cell<'_>> = (0..2).map(|r| at(5, r)).collect();
        assert_eq!(breakdowns, [Cell::Text(""), Cell::Text("account.segment")]);
        assert_eq!((at(9, 0), at(9, 8)), (Cell::Text("EUR"), Cell::Text("percent")));
        assert_eq!((at(6, 9), at(12, 9)), (Cell::Null, Cell::Text("zero_denominator")));
    }

    #[test]
    fn a_dimension_never_takes_a_columns_name() {
        let with = |dims: &[&str]| outcome(vec![table("x", vec![breakdown(dims, vec![])])]);
        let got = names(&batch(&with(&["value", "dim_value", "rep", "kpi"])).unwrap());
        assert_eq!(got[4..8], ["dim_dim_value", "dim_value", "rep", "dim_kpi"]);
    }

    #[test]
    fn of_a_withheld_value_no_evidence_is_told() {
        let rows = vec![row(1).of("5").skipping(2), row(2).skipping(3).missing(Reason::Hidden)];
        let batch = batch(&outcome(vec![table("x", vec![breakdown(&[], rows)])])).unwrap();
        for name in ["value", "exact", "n", "skipped"] {
            let column = batch.column_by_name(name).unwrap();
            assert!(column.is_valid(0) && column.is_null(1), "{name}");
        }
        let column = batch.column_by_name("reason").unwrap();
        assert_eq!(cell(column, 1), Cell::Text("hidden"));
    }

    #[test]
    fn no_nan_infinity_or_negative_zero_leaves() {
        let rows = [f64::NAN, f64::INFINITY, -0.0]
            .map(|v| crate::model::outcome::Row { value: Some(v), ..row(1) })
            .to_vec();
        let batch = batch(&outcome(vec![table("x", vec![breakdown(&[], rows)])])).unwrap();
        let value = batch.column(5).as_primitive::<Float64Type>();
        assert!(value.is_null(0) && value.is_null(1));
        assert!(value.value(2).is_sign_positive());
    }
}
