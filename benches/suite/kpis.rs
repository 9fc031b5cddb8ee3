//! Ten KPIs with different filters, by month, over ten million orders in one Parquet file.

use datafusion::common::ScalarValue;
use datafusion::functions::expr_fn::date_trunc;
use datafusion::functions_aggregate::expr_fn::{avg, count, sum};
use datafusion::logical_expr::{Expr, ExprFunctionExt};
use datafusion::prelude::{SessionContext, col, lit};

use super::table::Table;
use super::{Bench, Res, data, head, line, race};

const RULES: &str = r#"
sources: {orders: {path: orders.parquet, time: ordered_at}}
kpis:
  revenue: {formula: sum(orders.amount where status = "paid"), grain: month}
  refunds: {formula: sum(orders.amount where status = "refunded"), grain: month}
  web_revenue: {formula: sum(orders.amount where channel = "web" and status = "paid"), grain: month}
  northern_sales: {formula: sum(orders.amount where region = "north"), grain: month}
  large_orders: {formula: count(orders where amount > 500), grain: month}
  cancelled: {formula: count(orders where status = "cancelled"), grain: month}
  first_orders: {formula: count(orders where kind = "new" and status != "cancelled"), grain: month}
  average_in_store: {formula: avg(orders.amount where channel = "store"), grain: month}
  repeat_weight: {formula: sum(orders.weight where kind = "repeat"), grain: month}
  average_discount: {formula: 'avg(orders.discount where channel in ("web", "app"))', grain: month}
"#;

/// Name, aggregate, filter.
fn kpis() -> Vec<(&'static str, Expr, Expr)> {
    let is = |column: &str, text: &str| col(column).eq(lit(text));
    let rows = || count(lit(1_i64));
    let large = col("amount").gt(lit(ScalarValue::Decimal128(Some(50_000), 12, 2)));
    let either = col("channel").in_list(vec![lit("web"), lit("app")], false);
    vec![
        ("revenue", sum(col("amount")), is("status", "paid")),
        ("refunds", sum(col("amount")), is("status", "refunded")),
        ("web_revenue", sum(col("amount")), is("channel", "web").and(is("status", "paid"))),
        ("northern_sales", sum(col("amount")), is("region", "north")),
        ("large_orders", rows(), large),
        ("cancelled", rows(), is("status", "cancelled")),
        ("first_orders", rows(), is("kind", "new").and(col("status").not_eq(lit("cancelled")))),
        ("average_in_store", avg(col("amount")), is("channel", "store")),
        ("repeat_weight", sum(col("weight")), is("kind", "repeat")),
        ("average_discount", avg(col("discount")), either),
    ]
}

fn month() -> Expr {
    date_trunc(lit("month"), col("ordered_at"))
}

fn names() -> Vec<String> {
    kpis().iter().map(|(name, ..)| format!("{name} month")).collect()
}

/// Each KPI as a statement of its own, its filter before the aggregate.
fn separate(bench: &Bench, context: &SessionContext) -> Res<Table> {
    let mut out = Table::default();
    for ((_, aggregate, filter), name) in kpis().into_iter().zip(names()) {
        let frame = bench.runtime.block_on(context.table("orders"))?;
        let frame = frame.filter(filter)?.aggregate(vec![month()], vec![aggregate])?;
        out.extend(bench.collect(frame, 1, &[&name])?);
    }
    Ok(out)
}

/// All as filtered aggregates of one statement.
fn single(bench: &Bench, context: &SessionContext) -> Res<Table> {
    let frame = bench.runtime.block_on(context.table("orders"))?;
    let filtered =
        kpis().into_iter().map(|(name, aggregate, filter)| Ok(aggregate.filter(filter).build()?.alias(name)));
    let frame = frame.aggregate(vec![month()], filtered.collect::<Res<_>>()?)?;
    let names = names();
    bench.collect(frame, 1, &names.iter().map(String::as_str).collect::<Vec<_>>())
}

pub fn run(bench: &Bench) -> Res<()> {
    let path = bench.file("orders.parquet", data::orders)?;
    let context = bench.datafusion("orders", &path)?;
    let [rumbo, separate, single] =
        race([&|| bench.rumbo(RULES, data::years()), &|| separate(bench, &context), &|| {
            single(bench, &context)
        }])?;
    let size = std::fs::metadata(&path)?.len() / 1_000_000;
    head(
        &format!("ten KPIs by month over {} M orders, {size} MB of Parquet", data::ROWS / 1_000_000),
        "DataFusion",
    );
    line("ten separate statements (at most 0.25)", rumbo, separate);
    line("one statement, filtered (at most 1.15)", rumbo, single);
    Ok(())
}
