//! Four additive KPIs, in total and by three breakdowns, by month and by quarter: Rumbo reads the rows once,
//! beside a statement for each breakdown and grain.

use std::fmt::Write;

use datafusion::functions::expr_fn::date_trunc;
use datafusion::functions_aggregate::expr_fn::{count, sum};
use datafusion::logical_expr::{Expr, ExprFunctionExt};
use datafusion::prelude::{SessionContext, col, lit};

use super::table::{Table, name};
use super::{Bench, Res, data, head, line, race};

const BREAKDOWNS: [&[&str]; 4] = [&[], &["region"], &["channel"], &["region", "channel"]];
const GRAINS: [&str; 2] = ["month", "quarter"];

fn rules() -> Res<String> {
    let mut text = "sources: {orders: {path: orders.parquet, time: ordered_at}}\nkpis:\n".to_owned();
    for (name, formula) in [
        ("orders_taken", "count(orders)"),
        ("sales", "sum(orders.amount)"),
        ("paid", "'sum(orders.amount where status = \"paid\")'"),
        ("shipped", "sum(orders.weight)"),
    ] {
        let by = "[orders.region, orders.channel, [orders.region, orders.channel]]";
        writeln!(text, "  {name}: {{formula: {formula}, grain: [month, quarter], by: {by}}}")?;
    }
    Ok(text)
}

fn values() -> Res<[(&'static str, Expr); 4]> {
    let paid = col("status").eq(lit("paid"));
    Ok([
        ("orders_taken", count(lit(1_i64))),
        ("sales", sum(col("amount"))),
        ("paid", sum(col("amount")).filter(paid).build()?),
        ("shipped", sum(col("weight"))),
    ])
}

fn separate(bench: &Bench, context: &SessionContext) -> Res<Table> {
    let mut out = Table::default();
    for grain in GRAINS {
        for keys in BREAKDOWNS {
            let frame = bench.runtime.block_on(context.table("orders"))?;
            let start = date_trunc(lit(grain), col("ordered_at"));
            let by = std::iter::once(start).chain(keys.iter().map(|k| col(*k))).collect();
            let frame = frame.aggregate(by, values()?.map(|(name, value)| value.alias(name)).into())?;
            let dimensions: Vec<String> = keys.iter().map(|k| format!("orders.{k}")).collect();
            let names = values()?.map(|(kpi, _)| name(kpi, grain, &dimensions));
            let names = names.each_ref().map(String::as_str);
            out.extend(bench.collect(frame, 1 + keys.len(), &names)?);
        }
    }
    Ok(out)
}

pub fn run(bench: &Bench) -> Res<()> {
    let path = bench.file("orders.parquet", data::orders)?;
    let context = bench.datafusion("orders", &path)?;
    let rules = rules()?;
    let [rumbo, separate] = race([&|| bench.rumbo(&rules, data::years()), &|| separate(bench, &context)])?;
    head("four KPIs, total and three breakdowns, month and quarter", "DataFusion");
    line("eight statements of four aggregates", rumbo, separate);
    Ok(())
}
