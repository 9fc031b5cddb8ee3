//! What must hold of own calendars, whatever their periods: values are those of a look at each row, and the
//! same alone and beside other grains; rows of no period are counted.

use std::fmt::Write as _;
use std::path::Path;

use chrono::{Duration, NaiveDate};
use libtest_mimic::Trial;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use crate::{Outcome, folder};

const RULES: &str = "
as_of: 2030-12-31
calendar: {periods: own.csv}
sources:
  t: {path: t.csv, time: day, columns: {day: {type: date}, x: {type: integer}}}
kpis:
  total: sum(t.x)
  different: count_distinct(t.x)
  before: previous(sum(t.x))
  two: sum(t.x) over last 2 periods
";

pub fn trials() -> Vec<Trial> {
    vec![Trial::test("properties/own_calendars", as_by_looking_at_each_row)]
}

type Period = (i64, i64);

fn day(number: i64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, 1).unwrap_or_default() + Duration::days(number)
}

/// Periods from gaps and lengths; and coarser ones of so many of them, with the gaps inside.
fn calendar() -> impl Strategy<Value = (Vec<Period>, Vec<Period>)> {
    let gap = prop_oneof![3 => Just(0i64), 1 => 1i64..20];
    (prop::collection::vec((gap, 1i64..40), 1..9), 1usize..4).prop_map(|(steps, each)| {
        let (mut from, mut fine) = (0, Vec::new());
        for (gap, length) in steps {
            fine.push((from + gap, from + gap + length));
            from += gap + length;
        }
        let coarse = fine.chunks(each).map(|c| (c[0].0, c[c.len() - 1].1)).collect();
        (fine, coarse)
    })
}

fn as_by_looking_at_each_row() -> Outcome {
    let rows = prop::collection::vec((-10i64..200, 0i64..6), 1..25);
    let config = Config { cases: 8, failure_persistence: None, max_shrink_iters: 64, ..Config::default() };
    let strategy = (calendar(), rows);
    let result = TestRunner::new(config).run(&strategy, |((fine, coarse), rows)| {
        let folder = folder::new().map_err(|e| failed(&e))?;
        write(folder.path(), &fine, &coarse, &rows).map_err(|e| failed(&e))?;
        let runtime = tokio::runtime::Runtime::new().map_err(|e| failed(&e))?;
        for (grain, periods) in [("fine", &fine), ("coarse", &coarse)] {
            let (alone, warned) =
                runtime.block_on(values(folder.path(), &[grain])).map_err(|e| failed(&e))?;
            let grains = ["month", "coarse", "fine"];
            let (together, _) = runtime.block_on(values(folder.path(), &grains)).map_err(|e| failed(&e))?;
            prop_assert_eq!(&alone, &together.into_iter().filter(|v| v.1 == grain).collect::<Vec<_>>());
            let expected = expected(grain, periods, &rows);
            prop_assert_eq!(alone, expected);
            let outside = rows.iter().filter(|r| !periods.iter().any(|p| (p.0..p.1).contains(&r.0))).count();
            let told = warned.iter().any(|w| w.starts_with(&format!("{outside} row")));
            prop_assert_eq!(told, outside > 0, "{:?}", warned);
        }
        Ok(())
    });
    result.map_err(|e| e.to_string().into())
}

fn failed(e: &dyn std::fmt::Display) -> TestCaseError {
    TestCaseError::fail(e.to_string())
}

fn write(folder: &Path, fine: &[Period], coarse: &[Period], rows: &[Period]) -> std::io::Result<()> {
    let mut own = String::from("grain,label,start,end\n");
    for (grain, periods) in [("fine", fine), ("coarse", coarse)] {
        for (i, (start, end)) in periods.iter().enumerate() {
            let _ = writeln!(own, "{grain},{i},{},{}", day(*start), day(*end));
        }
    }
    std::fs::write(folder.join("own.csv"), own)?;
    let mut lines = String::from("day,x\n");
    for (d, x) in rows {
        let _ = writeln!(lines, "{},{x}", day(*d));
    }
    std::fs::write(folder.join("t.csv"), lines)
}

/// KPI, grain, period and value.
type Value = (String, String, String, Option<i64>);

/// The values of all KPIs at some grains, and the warnings.
async fn values(folder: &Path, grains: &[&str]) -> Result<(Vec<Value>, Vec<String>), String> {
    let loaded = rumbo::load_texts(folder, &[("rumbo.yaml", RULES)], &rumbo::LoadOptions::default());
    let checked = loaded.check(&rumbo::Asked::default()).await;
    let told = |problems: &rumbo::Diagnostics| {
        problems.0.iter().map(|d| d.headline.clone()).collect::<Vec<_>>().join("\n")
    };
    if checked.diagnostics.has_errors() {
        return Err(told(&checked.diagnostics));
    }
    let calendar = &checked.model.calendar;
    let mut request = rumbo::Request::new(checked.model.as_of.ok_or("no as-of")?);
    request.from = Some(day(-400));
    request.to = Some(day(400));
    request.grains = Some(grains.iter().filter_map(|g| calendar.grain(g)).collect());
    let graph = checked.plan(&request).map_err(|p| told(&p))?;
    let options = rumbo::RunOptions::default();
    let outcome = checked.evaluate(&graph, request.as_of, options, &rumbo::Silent).await;
    let outcome = outcome.map_err(|p| told(&p))?;
    let mut out = Vec::new();
    for table in &outcome.tables {
        for row in &table.breakdowns[0].rows {
            let value = row.value.map(|v| v as i64);
            out.push((table.kpi.clone(), table.grain.clone(), row.period.clone(), value));
        }
    }
    let warned = outcome.notes.into_iter().filter(|n| n.severity == rumbo::Severity::Warning);
    Ok((out, warned.map(|n| n.headline).collect()))
}

/// What a look at each row gives. The source covers from the first period that ends after its first row.
fn expected(grain: &str, periods: &[Period], rows: &[Period]) -> Vec<Value> {
    let first = rows.iter().map(|r| r.0).min().unwrap_or_default();
    let covered = periods.iter().take_while(|p| p.1 <= first).count();
    let within = |from: i64, to: i64| rows.iter().filter(move |r| (from..to).contains(&r.0)).map(|r| r.1);
    let mut out = Vec::new();
    for kpi in ["total", "different", "before", "two"] {
        for (i, (start, end)) in periods.iter().enumerate() {
            let value = match kpi {
                "total" => Some(within(*start, *end).sum()),
                "different" => {
                    Some(within(*start, *end).collect::<std::collections::BTreeSet<_>>().len() as i64)
                }
                "two" => Some(within(periods[i.saturating_sub(1)].0, *end).sum()),
                _ => i.checked_sub(1).map(|b| within(periods[b].0, periods[b].1).sum()),
            };
            let needs = if kpi == "before" { i.saturating_sub(1) } else { i };
            let value = value.filter(|_| needs >= covered);
            out.push((kpi.to_owned(), grain.to_owned(), i.to_string(), value));
        }
    }
    out
}
