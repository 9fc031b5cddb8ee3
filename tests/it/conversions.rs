//! What must hold of conversions, whatever the events: whose they are is said by a number or by a text, and the
//! same ones are credited. Those of numbers are looked up while rows are read, those of texts are not.

use std::fmt::Write as _;
use std::path::Path;

use chrono::{Duration, NaiveDate};
use libtest_mimic::Trial;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use crate::{Outcome, folder};

const RULES: &str = "
as_of: 2026-03-20
calendar: {timezone: Europe/Madrid}
sources:
  people: {path: p.csv, entity: person, key: id, columns: {id: {type: KEY}}}
  leads:
    path: l.csv
    time: at
    data_from: 2026-01-01
    relations: {person: {to: person, key: person_id}}
    columns: {person_id: {type: KEY}, at: {type: BASE}, channel: {type: text}, called: {type: TARGET}}
  deals:
    path: d.csv
    time: at
    data_from: 2026-01-01
    relations: {person: {to: person, key: person_id}}
    columns: {person_id: {type: KEY}, at: {type: TARGET}, channel: {type: text}, called: {type: TARGET}}
kpis:
  last: {formula: 'conversions(leads, deals, within = 10 days, entity = person)', by: [person, leads.channel]}
  first: {formula: 'conversions(leads, deals, within = 10 days, entity = person, attribution = first)'}
  rate: {formula: 'conversion_rate(leads where channel = \"web\", deals, within = 36 hours, entity = person)'}
  persons: {formula: 'conversions(leads, deals, within = 10 days, entity = person, count = entities)'}
  window: {formula: 'conversions(leads, deals where channel = \"web\", within = 9 days, entity = person) over last 40 days'}
  called: {formula: 'conversions(leads on called, deals, within = 20 days, entity = person)'}
  again: {formula: 'conversions(deals, deals, within = 5 days, entity = person)'}
";

pub fn trials() -> Vec<Trial> {
    vec![Trial::test("properties/conversions_by_number", as_by_text)]
}

/// Whose, at which hour, another hour, over which channel.
type Row = (i64, i64, Option<i64>, bool);

fn as_by_text() -> Outcome {
    let row = || (0i64..7, 0i64..2200, proptest::option::of(0i64..2200), any::<bool>());
    let kind = || prop_oneof![Just("date"), Just("local"), Just("instant")];
    let rows = (prop::collection::vec(row(), 0..30), prop::collection::vec(row(), 0..30));
    let config = Config { cases: 24, failure_persistence: None, max_shrink_iters: 64, ..Config::default() };
    let strategy = (rows, kind(), kind(), 0usize..4, 0u32..3);
    let result = TestRunner::new(config).run(&strategy, |((leads, deals), base, target, again, month)| {
        let folder = folder::new().map_err(|e| failed(&e))?;
        let mut leads = leads;
        // The same event once more.
        leads.extend(leads.clone().into_iter().take(again));
        write(folder.path(), &leads, &deals, (base, target)).map_err(|e| failed(&e))?;
        let runtime = tokio::runtime::Runtime::new().map_err(|e| failed(&e))?;
        let values = |key: &str, from: Option<u32>| {
            runtime.block_on(values(folder.path(), key, (base, target), from)).map_err(|e| failed(&e))
        };
        let by_text = values("text", None)?;
        prop_assert_eq!(&values("integer", None)?, &by_text);
        let one = values("integer", Some(month))?;
        for line in &one {
            prop_assert!(by_text.contains(line), "{line}\nis not in\n{}", by_text.join("\n"));
        }
        Ok(())
    });
    result.map_err(|e| e.to_string().into())
}

fn failed(e: &dyn std::fmt::Display) -> TestCaseError {
    TestCaseError::fail(e.to_string())
}

fn write(folder: &Path, leads: &[Row], deals: &[Row], (base, target): (&str, &str)) -> std::io::Result<()> {
    let start = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap_or_default().and_time(chrono::NaiveTime::MIN);
    let time = |hour: i64, kind: &str| {
        let at = start + Duration::hours(hour);
        let form = if kind == "date" { "%Y-%m-%d" } else { "%Y-%m-%dT%H:%M:%S" };
        format!("{}{}", at.format(form), if kind == "instant" { "Z" } else { "" })
    };
    for (name, rows, kind) in [("l.csv", leads, base), ("d.csv", deals, target)] {
        let mut text = String::from("person_id,at,called,channel\n");
        for (person, at, called, web) in rows {
            let person = if *person == 6 { String::new() } else { person.to_string() };
            let called = called.map(|c| time(c, target)).unwrap_or_default();
            let channel = if *web { "web" } else { "fair" };
            let _ = writeln!(text, "{person},{},{called},{channel}", time(*at, kind));
        }
        std::fs::write(folder.join(name), text)?;
    }
    // 4 and 5 are nobody.
    std::fs::write(folder.join("p.csv"), "id\n3\n0\n2\n1\n")
}

async fn values(
    folder: &Path,
    key: &str,
    (base, target): (&str, &str),
    month: Option<u32>,
) -> Result<Vec<String>, String> {
    let ty = |kind: &str| if kind == "date" { "date" } else { "timestamp" };
    let rules = RULES.replace("KEY", key).replace("BASE", ty(base)).replace("TARGET", ty(target));
    let loaded = rumbo::load_texts(folder, &[("rumbo.yaml", &rules)], &rumbo::LoadOptions::default());
    let checked = loaded.check(&rumbo::Asked::default()).await;
    let told = |problems: &rumbo::Diagnostics| {
        rumbo::render::terminal::render(&problems.0, &checked.map, false, 100)
    };
    if checked.diagnostics.has_errors() {
        return Err(told(&checked.diagnostics));
    }
    let mut request = rumbo::Request::new(checked.model.as_of.ok_or("no as-of")?);
    let start = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap_or_default();
    request.from = Some(start + chrono::Months::new(month.unwrap_or(0)));
    request.to = Some(start + chrono::Months::new(month.map_or(3, |m| m + 1)));
    request.grains = Some(vec![rumbo::Grain::Month]);
    let graph = checked.plan(&request).map_err(|p| told(&p))?;
    let options = rumbo::RunOptions::default();
    let outcome =
        checked.evaluate(&graph, request.as_of, options, &rumbo::Silent).await.map_err(|p| told(&p))?;
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
