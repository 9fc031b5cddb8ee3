//! What must hold of the whole engine whatever the data: the order of rows and files changes no byte, a
//! period alone gives what it gives in a range, KPIs and breakdowns give alone what they give together.

use std::fmt::Write as _;
use std::path::Path;

use chrono::NaiveDate;
use libtest_mimic::Trial;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use crate::{Outcome, folder};

const RULES: &str = "
as_of: 2026-03-20
sources:
  rows:
    path: data/*.csv
    time: day
    columns: {amount: {type: float}, units: {type: integer}, kind: {type: text}, day: {type: date}}
kpis:
  total: {formula: sum(rows.amount), by: [rows.kind]}
  mean: {formula: avg(rows.amount), by: [rows.kind]}
  spread: {formula: stddev(rows.amount), by: [rows.kind]}
  middle: {formula: median(rows.amount), by: [rows.kind]}
  ratio: {formula: sum(rows.units) / count(rows), by: [rows.kind]}
  weighted: {formula: 'weighted_avg(rows.amount, units)', by: [rows.kind]}
  kinds: {formula: count_distinct(rows.kind)}
  part: {formula: share(rows.units > 3), by: [rows.kind]}
  window: {formula: sum(rows.amount) over last 2 months, by: [rows.kind]}
  window_middle: {formula: median(rows.amount) over last 2 months, by: [rows.kind]}
  window_kinds: {formula: count_distinct(rows.kind) over last 3 months}
  change_of_units: {formula: change(sum(rows.units)), by: [rows.kind]}
";

/// Accounts over half-open spans, some still there.
const SPANS: &str = "
as_of: 2026-06-30
sources:
  accounts:
    path: accounts.csv
    entity: account
    key: id
    span: {from: started, to: ended}
    columns: {started: {type: date}, ended: {type: date}, id: {type: text}}
kpis:
  opening: count(accounts at start)
  started: count(accounts during including ended where started in period)
  ended: count(accounts during including ended where ended in period)
  closing: count(accounts at end)
";

/// Distinct values alone are counted by bitmaps of periods; beside a median of the same rows they are counted
/// in each period's rows.
const DISTINCT: &str = "
as_of: 2026-03-20
sources:
  rows:
    path: data/*.csv
    time: day
    columns: {amount: {type: float}, units: {type: integer}, kind: {type: text}, day: {type: date}}
kpis:
  units: {formula: count_distinct(rows.units) over last 30 days, by: [rows.kind]}
  amounts: {formula: count_distinct(rows.amount where units > 3) over last 30 days, by: [rows.kind]}
  two: {formula: 'count_distinct(rows.units where units > 3) over last 30 days - count_distinct(rows.units where amount > 0) over last 30 days', by: [rows.kind]}
  kinds: count_distinct(rows.kind) over last 30 days
  middle: {formula: median(rows.units) over last 30 days, by: [rows.kind]}
  middle_of_all: median(rows.units) over last 30 days
";

/// A row as its CSV line.
fn row() -> impl Strategy<Value = String> {
    let day = (0i64..90).prop_map(|d| {
        NaiveDate::from_ymd_opt(2025, 12, 20).unwrap_or_default() + chrono::Days::new(d as u64)
    });
    let amount = prop_oneof![
        Just(String::new()),
        Just("1e16".to_owned()),
        Just("-1e16".to_owned()),
        (-1000.0f64..1000.0).prop_map(|x| x.to_string())
    ];
    let units = prop_oneof![Just(String::new()), (0i64..9).prop_map(|n| n.to_string())];
    let kind = prop_oneof![Just(""), Just("a"), Just("b"), Just("é")];
    (day, amount, units, kind)
        .prop_map(|(day, amount, units, kind)| format!("{day},{amount},{units},{kind}\n"))
}

pub fn trials() -> Vec<Trial> {
    vec![
        Trial::test("properties/order_changes_nothing", order_changes_nothing),
        Trial::test("properties/alone_and_together", alone_and_together),
        Trial::test("properties/opening_and_closing", opening_and_closing),
        Trial::test("properties/distinct_values_by_bitmaps", distinct_values_by_bitmaps),
    ]
}

fn check<S: Strategy>(strategy: &S, test: impl Fn(S::Value) -> Result<(), TestCaseError>) -> Outcome {
    let config = Config { cases: 12, failure_persistence: None, max_shrink_iters: 64, ..Config::default() };
    TestRunner::new(config).run(strategy, test).map_err(|e| e.to_string().into())
}

fn order_changes_nothing() -> Outcome {
    let rows = prop::collection::vec(row(), 1..40).prop_shuffle();
    let both = rows.prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle(), 0usize..40));
    check(&both, |(first, second, cut)| {
        let cut = cut.min(first.len());
        let one = results(&[&first], &["total", "mean", "spread", "middle", "weighted", "part"], None)?;
        let two = results(
            &[&second[..cut], &second[cut..]],
            &["total", "mean", "spread", "middle", "weighted", "part"],
            None,
        )?;
        prop_assert_eq!(one, two);
        Ok(())
    })
}

fn alone_and_together() -> Outcome {
    let all = [
        "total",
        "mean",
        "spread",
        "middle",
        "ratio",
        "weighted",
        "kinds",
        "part",
        "window",
        "window_middle",
        "window_kinds",
        "change_of_units",
    ];
    let rows = (prop::collection::vec(row(), 1..30), 0usize..12, 0usize..4);
    check(&rows, |(rows, kpi, month)| {
        let together = results(&[&rows], &all, None)?;
        let alone = results(&[&rows], &all[kpi..=kpi], None)?;
        let starts = format!("{},", all[kpi]);
        let of_kpi: Vec<&String> = together.iter().filter(|line| line.starts_with(&starts)).collect();
        prop_assert_eq!(of_kpi, alone.iter().collect::<Vec<_>>());
        // A period by itself shows fewer members (cells follow what was asked), but no other value.
        let start =
            NaiveDate::from_ymd_opt(2025, 12, 1).unwrap_or_default() + chrono::Months::new(month as u32);
        let single = results(&[&rows], &all, Some((start, start + chrono::Months::new(1))))?;
        prop_assert!(!single.is_empty());
        for line in &single {
            prop_assert!(together.contains(line), "{line}\nis not in\n{}", together.join("\n"));
        }
        Ok(())
    })
}

/// Over more periods than a word of a bitmap has bits.
fn distinct_values_by_bitmaps() -> Outcome {
    let all = ["units", "amounts", "two", "kinds", "middle", "middle_of_all"];
    check(&(prop::collection::vec(row(), 1..40), 0usize..4), |(rows, kpi)| {
        let together = results_of(DISTINCT, rumbo::Grain::Day, &[&rows], &all, None)?;
        let alone = results_of(DISTINCT, rumbo::Grain::Day, &[&rows], &all[kpi..=kpi], None)?;
        prop_assert!(alone.len() > 100);
        let starts = format!("{},", all[kpi]);
        let of_kpi: Vec<&String> = together.iter().filter(|line| line.starts_with(&starts)).collect();
        prop_assert_eq!(of_kpi, alone.iter().collect::<Vec<_>>());
        Ok(())
    })
}

/// Opening + started - ended = closing, in every month, and a month's closing is the next one's opening.
/// Accounts whose span is empty are in none of them.
fn opening_and_closing() -> Outcome {
    let day = |d: i64| NaiveDate::from_ymd_opt(2026, 1, 1).unwrap_or_default() + chrono::Duration::days(d);
    let account = (0i64..170, proptest::option::of(0i64..170)).prop_map(move |(from, to)| {
        let to = to.map(|t| day(t.max(from)).to_string()).unwrap_or_default();
        (day(from), to)
    });
    check(&prop::collection::vec(account, 1..30), |accounts| {
        let failed = |e: &dyn std::fmt::Display| TestCaseError::fail(e.to_string());
        let folder = folder::new().map_err(|e| failed(&e))?;
        let mut csv = String::from("id,started,ended\n");
        let full = accounts.iter().filter(|(from, to)| from.to_string() != *to);
        for (i, (from, to)) in full.enumerate() {
            let _ = writeln!(csv, "a{i},{from},{to}");
        }
        std::fs::write(folder.path().join("accounts.csv"), csv).map_err(|e| failed(&e))?;
        let runtime = tokio::runtime::Runtime::new().map_err(|e| failed(&e))?;
        let kpis = ["opening", "started", "ended", "closing"];
        let outcome = runtime
            .block_on(evaluate(folder.path(), SPANS, rumbo::Grain::Month, &kpis, None))
            .map_err(TestCaseError::fail)?;
        let of = |name: &str| -> Vec<i64> {
            let table = outcome.tables.iter().find(|t| t.kpi == name);
            let rows = table.map(|t| &t.breakdowns[0].rows);
            rows.into_iter()
                .flatten()
                .filter(|r| r.start >= day(0))
                .map(|r| r.value.unwrap_or(0.0) as i64)
                .collect()
        };
        let (opening, started, ended, closing) = (of("opening"), of("started"), of("ended"), of("closing"));
        for month in 0..opening.len() {
            prop_assert_eq!(opening[month] + started[month] - ended[month], closing[month]);
            if month > 0 {
                prop_assert_eq!(closing[month - 1], opening[month]);
            }
        }
        Ok(())
    })
}

/// Every value of a run over the rows of some files, a line each.
fn results(
    files: &[&[String]],
    kpis: &[&str],
    range: Option<(NaiveDate, NaiveDate)>,
) -> Result<Vec<String>, TestCaseError> {
    results_of(RULES, rumbo::Grain::Month, files, kpis, range)
}

fn results_of(
    rules: &str,
    grain: rumbo::Grain,
    files: &[&[String]],
    kpis: &[&str],
    range: Option<(NaiveDate, NaiveDate)>,
) -> Result<Vec<String>, TestCaseError> {
    let fail = |e: &dyn std::fmt::Display| TestCaseError::fail(e.to_string());
    let folder = folder::new().map_err(|e| fail(&e))?;
    std::fs::create_dir(folder.path().join("data")).map_err(|e| fail(&e))?;
    for (i, rows) in files.iter().enumerate() {
        let text = format!("day,amount,units,kind\n{}", rows.concat());
        std::fs::write(folder.path().join(format!("data/{i}.csv")), text).map_err(|e| fail(&e))?;
    }
    let runtime = tokio::runtime::Runtime::new().map_err(|e| fail(&e))?;
    let outcome =
        runtime.block_on(evaluate(folder.path(), rules, grain, kpis, range)).map_err(TestCaseError::fail)?;
    let mut lines = Vec::new();
    for table in &outcome.tables {
        for breakdown in &table.breakdowns {
            for row in &breakdown.rows {
                lines.push(format!("{},{:?},{row:?}", table.kpi, breakdown.dimensions));
            }
        }
    }
    Ok(lines)
}

async fn evaluate(
    folder: &Path,
    rules: &str,
    grain: rumbo::Grain,
    kpis: &[&str],
    range: Option<(NaiveDate, NaiveDate)>,
) -> Result<rumbo::Outcome, String> {
    let loaded = rumbo::load_texts(folder, &[("rumbo.yaml", rules)], &rumbo::LoadOptions::default());
    let checked = loaded.check(&rumbo::Asked::default()).await;
    let told = |problems: &rumbo::Diagnostics| {
        rumbo::render::terminal::render(&problems.0, &checked.map, false, 100)
    };
    if checked.diagnostics.has_errors() {
        return Err(told(&checked.diagnostics));
    }
    let mut request = rumbo::Request::new(checked.model.as_of.ok_or("no as-of")?);
    request.kpis = Some(kpis.iter().map(|k| (*k).to_owned()).collect());
    request.from = Some(range.map_or(NaiveDate::from_ymd_opt(2025, 12, 1).unwrap_or_default(), |r| r.0));
    request.to = range.map(|r| r.1);
    request.grains = Some(vec![grain]);
    let graph = checked.plan(&request).map_err(|p| told(&p))?;
    let options = rumbo::RunOptions::default();
    checked.evaluate(&graph, request.as_of, options, &rumbo::Silent).await.map_err(|p| told(&p))
}
