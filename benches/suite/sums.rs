//! The cost of sums that do not depend on the order of rows, beside DataFusion's: rows with nothing but keys
//! and numbers, in one group, in few and in many.

use datafusion::functions_aggregate::expr_fn::{count, sum};
use datafusion::logical_expr::Expr;
use datafusion::prelude::{SessionContext, col, lit};

use super::table::{Table, name};
use super::{Bench, Res, data, head, line, race};

/// What is added up, as Rumbo's formula and DataFusion's.
fn sums() -> [(&'static str, &'static str, Expr); 3] {
    [
        ("rows counted", "count(numbers)", count(lit(1_i64))),
        ("sum of floats", "sum(numbers.weight)", sum(col("weight"))),
        ("sum of decimals", "sum(numbers.amount)", sum(col("amount"))),
    ]
}

/// The total too where there is a key: Rumbo gives it always.
fn statements(bench: &Bench, context: &SessionContext, value: &Expr, key: Option<&str>) -> Res<Table> {
    let day = || lit("2025-01-01").alias("day");
    let mut out = Table::default();
    for keys in [None, key].into_iter().take(1 + usize::from(key.is_some())) {
        let frame = bench.runtime.block_on(context.table("numbers"))?;
        let frame =
            frame.aggregate(keys.map(col).into_iter().collect(), vec![value.clone().alias("value")])?;
        let columns = std::iter::once(day()).chain(keys.map(col)).chain([col("value")]);
        let frame = frame.select(columns.collect::<Vec<_>>())?;
        let names: Vec<String> = keys.iter().map(|k| format!("numbers.{k}")).collect();
        out.extend(bench.collect(frame, 1 + names.len(), &[&name("value", "month", &names)])?);
    }
    Ok(out)
}

pub fn run(bench: &Bench) -> Res<()> {
    let path = bench.file("numbers.parquet", data::numbers)?;
    let context = bench.datafusion("numbers", &path)?;
    head(&format!("sums over {} M rows", data::ROWS / 1_000_000), "DataFusion");
    for (groups, key) in
        [("1 group", None), ("36 groups", Some("shop")), ("100,000 groups", Some("customer"))]
    {
        for (what, formula, value) in sums() {
            let by = key.map_or(String::new(), |k| format!("numbers.{k}"));
            let rules = format!(
                "sources: {{numbers: {{path: numbers.parquet}}}}\n\
                 kpis: {{value: {{formula: {formula}, grain: month, by: [{by}]}}}}"
            );
            let month =
                (data::years().1 - chrono::Months::new(12), data::years().1 - chrono::Months::new(11));
            let [rumbo, datafusion] =
                race([&|| bench.rumbo(&rules, month), &|| statements(bench, &context, &value, key)])?;
            line(&format!("{what}, {groups}"), rumbo, datafusion);
        }
    }
    Ok(())
}
