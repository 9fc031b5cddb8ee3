//! temporary
use super::{Bench, Res, clock, data};
use datafusion::common::ScalarValue;
use datafusion::functions::expr_fn::date_trunc;
use datafusion::functions_aggregate::expr_fn::{avg, count, max, min, sum};
use datafusion::logical_expr::{Expr, ExprFunctionExt};
use datafusion::prelude::*;
pub fn run(b: &Bench) -> Res<()> {
    let path = b.file("orders.parquet", data::orders)?;
    let ctx = b.datafusion("orders", &path)?;
    let mut c2 = SessionConfig::new();
    c2.options_mut().execution.parquet.pushdown_filters = true;
    c2.options_mut().execution.parquet.reorder_filters = true;
    let pushed = SessionContext::new_with_config(c2);
    b.runtime.block_on(pushed.register_parquet(
        "orders",
        &*path.to_string_lossy(),
        ParquetReadOptions::default(),
    ))?;
    let tab = |c: &SessionContext| b.runtime.block_on(c.table("orders")).unwrap();
    let month = || date_trunc(lit("month"), col("ordered_at"));
    let is = |c: &str, t: &str| col(c).eq(lit(t));
    let range = || {
        col("ordered_at")
            .gt_eq(lit(ScalarValue::TimestampMicrosecond(Some(1672531200000000), None)))
            .and(col("ordered_at").lt(lit(ScalarValue::TimestampMicrosecond(Some(1767225600000000), None))))
    };
    let f = |e: Expr, p: Expr| e.filter(p).build().unwrap();
    let n = || count(lit(1_i64));
    let preds = || {
        vec![
            is("status", "paid"),
            is("status", "refunded"),
            is("channel", "web").and(is("status", "paid")),
            is("region", "north"),
            col("amount").gt(lit(ScalarValue::Decimal128(Some(50_000), 12, 2))),
            is("status", "cancelled"),
            is("kind", "new").and(col("status").not_eq(lit("cancelled"))),
            is("channel", "store"),
            is("kind", "repeat"),
            col("channel").in_list(vec![lit("web"), lit("app")], false),
        ]
    };
    let decode = |cols: &[&str]| {
        cols.iter()
            .map(|c| {
                match *c {
                    "ordered_at" => f(
                        n(),
                        col(*c).lt(lit(ScalarValue::TimestampMicrosecond(Some(1704067200000000), None))),
                    ),
                    "amount" | "weight" | "discount" => sum(col(*c)),
                    _ => f(n(), col(*c).gt(lit("north"))),
                }
                .alias(format!("m{c}"))
            })
            .collect::<Vec<_>>()
    };
    let all = ["ordered_at", "status", "channel", "region", "kind", "amount", "weight", "discount"];
    let cases: Vec<(&str, DataFrame)> = vec![
        ("decode time", tab(&ctx).aggregate(vec![], decode(&["ordered_at"]))?),
        ("decode status", tab(&ctx).aggregate(vec![], decode(&["status"]))?),
        ("decode amount", tab(&ctx).aggregate(vec![], decode(&["amount"]))?),
        ("decode weight", tab(&ctx).aggregate(vec![], decode(&["weight"]))?),
        ("decode discount", tab(&ctx).aggregate(vec![], decode(&["discount"]))?),
        ("decode 8", tab(&ctx).aggregate(vec![], decode(&all))?),
        ("decode 8 range", tab(&ctx).filter(range())?.aggregate(vec![], decode(&all))?),
        ("decode 8 range pushed", tab(&pushed).filter(range())?.aggregate(vec![], decode(&all))?),
        ("month count", tab(&ctx).aggregate(vec![month()], vec![n()])?),
        ("month decode 8", tab(&ctx).aggregate(vec![month()], decode(&all))?),
        (
            "preds nogroup",
            tab(&ctx).aggregate(
                vec![],
                preds().into_iter().enumerate().map(|(i, p)| f(n(), p).alias(format!("p{i}"))).collect(),
            )?,
        ),
        (
            "preds month",
            tab(&ctx).aggregate(
                vec![month()],
                preds().into_iter().enumerate().map(|(i, p)| f(n(), p).alias(format!("p{i}"))).collect(),
            )?,
        ),
    ];
    let rules = crate::suite::kpis::RULES;
    let mut runs: Vec<(String, Box<dyn Fn() -> Res<()> + '_>)> = vec![(
        "rumbo".into(),
        Box::new(|| {
            b.rumbo(rules, data::years())?;
            Ok(())
        }),
    )];
    for (name, frame) in cases {
        runs.push((
            name.to_owned(),
            Box::new(move || {
                b.runtime.block_on(frame.clone().collect())?;
                Ok(())
            }),
        ));
    }
    let ctx2 = &ctx;
    runs.push((
        "single".into(),
        Box::new(move || {
            super::kpis::single(b, ctx2)?;
            Ok(())
        }),
    ));
    runs.push((
        "separate".into(),
        Box::new(move || {
            super::kpis::separate(b, ctx2)?;
            Ok(())
        }),
    ));
    let mut times = vec![vec![]; runs.len()];
    let mut walls = vec![vec![]; runs.len()];
    for _ in 0..11 {
        for (i, (_, run)) in runs.iter().enumerate() {
            let c0 = cpu();
            let w = clock(run)?.0;
            times[i].push(cpu() - c0);
            walls[i].push(w);
        }
    }
    for (i, (name, _)) in runs.iter().enumerate() {
        times[i].sort_by(f64::total_cmp);
        walls[i].sort_by(f64::total_cmp);
        println!(
            "{name:<30} cpu {:>7.0} {:>7.0}   wall {:>7.0} {:>7.0}",
            times[i][0], times[i][5], walls[i][0], walls[i][5]
        );
    }
    let _ = (avg(lit(1)), sum(lit(1)), min(lit(1)));
    Ok(())
}

fn cpu() -> f64 {
    let s = std::fs::read_to_string("/proc/self/stat").unwrap();
    let v: Vec<&str> = s.rsplit(')').next().unwrap().split_whitespace().collect();
    (v[11].parse::<f64>().unwrap() + v[12].parse::<f64>().unwrap()) * 10.0
}
