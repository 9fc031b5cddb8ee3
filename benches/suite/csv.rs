//! A KPI over a CSV file of a million rows, beside DataFusion's own reader.

use std::path::Path;

use arrow::datatypes::{DataType, Field, Schema};
use datafusion::functions::expr_fn::date_trunc;
use datafusion::functions_aggregate::expr_fn::sum;
use datafusion::prelude::{CsvReadOptions, SessionContext, cast, col, lit};

use super::table::Table;
use super::{Bench, Res, data, head, line, race};

const RULES: &str = "
sources:
  orders: {path: orders.csv, time: day}
kpis: {sales: {formula: sum(orders.amount), grain: month}}
";

/// With its types given, which Rumbo finds in a sample.
fn schema() -> Schema {
    let integer = |name| Field::new(name, DataType::Int64, true);
    let text = |name| Field::new(name, DataType::Utf8View, true);
    Schema::new(vec![
        integer("order_id"),
        Field::new("day", DataType::Date32, true),
        integer("customer_id"),
        text("status"),
        text("channel"),
        text("region"),
        Field::new("amount", DataType::Decimal128(12, 2), true),
        Field::new("weight", DataType::Float64, true),
    ])
}

fn statement(bench: &Bench, path: &Path) -> Res<Table> {
    let schema = schema();
    let options = CsvReadOptions::new().schema(&schema);
    let context = SessionContext::new();
    let frame = bench.runtime.block_on(context.read_csv(path.to_string_lossy().into_owned(), options))?;
    let month = cast(date_trunc(lit("month"), col("day")), DataType::Date32);
    let frame = frame.aggregate(vec![month], vec![sum(col("amount"))])?;
    bench.collect(frame, 1, &["sales month"])
}

pub fn run(bench: &Bench) -> Res<()> {
    let path = bench.file("orders.csv", data::text)?;
    let [rumbo, datafusion] = race([&|| bench.rumbo(RULES, data::years()), &|| statement(bench, &path)])?;
    let size = std::fs::metadata(&path)?.len() / 1_000_000;
    head(
        &format!("a sum by month over a CSV file of {} M rows, {size} MB", data::CSV_ROWS / 1_000_000),
        "DataFusion",
    );
    line("one statement over its own reader", rumbo, datafusion);
    Ok(())
}
