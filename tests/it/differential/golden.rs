//! A pair as a golden case: Markdown that can stand below `tests/cases/` as it is.

use std::fmt::Write as _;

use serde_json::{Map, Value as Json};

use super::calendar::Grain;
use super::cells::Expected;
use super::data::Data;
use super::formula::Kpi;
use super::run::{needed, rules};
use super::schema::{SOURCES, file};
use super::value::Value;
use crate::table;

/// The case of a KPI: what is kept of the rule file, the data it reads, the request, what it should give.
pub fn case(
    title: &str,
    data: &Data,
    kpis: &[Kpi],
    kept: &[usize],
    kpi: usize,
    grain: Grain,
    expected: &[Expected],
) -> String {
    let settings = &data.settings;
    let mut text = format!("# {title}\n\n```rules\n{}```\n", rules(data, kpis, kept));
    for source in needed(kpis, kept).into_iter().filter(|s| SOURCES[*s].distinct.is_none()) {
        let kind = if settings.parquet[source] { "parquet" } else { "data" };
        let _ = write!(text, "\n```{kind} {}\n{}```\n", file(source, settings), data.text(source));
    }
    let (from, to) = (settings.from, settings.to);
    let word = grain.word();
    let names: Vec<String> = kept.iter().map(|k| format!("--kpi k{k}")).collect();
    let _ =
        write!(text, "\n```request\nrun --grain {word} --from {from} --to {to} {}\n```\n", names.join(" "));
    let result = result(kpi, grain, expected).unwrap_or_else(|e| format!("{e}\n"));
    let _ = write!(text, "\n```result\n{result}```\n");
    if names.len() > 1 {
        let _ = write!(
            text,
            "\nOnly the rows of k{kpi} are worked out here; the others are asked for beside it.\n"
        );
    }
    text
}

fn result(kpi: usize, grain: Grain, expected: &[Expected]) -> Result<String, String> {
    let dimensions: Vec<String> = {
        let mut all: Vec<String> = Vec::new();
        for name in expected.iter().flat_map(|e| &e.dimensions).map(|d| d.join(".")) {
            if !all.contains(&name) {
                all.push(name);
            }
        }
        all
    };
    let mut lines: Vec<(chrono::NaiveDate, usize, String)> = Vec::new();
    for (place, breakdown) in expected.iter().enumerate() {
        let names: Vec<String> = breakdown.dimensions.iter().map(|d| d.join(".")).collect();
        for cell in &breakdown.cells {
            let mut row = Map::new();
            row.insert("kpi".to_owned(), Json::from(format!("k{kpi}")));
            row.insert("grain".to_owned(), Json::from(grain.word()));
            row.insert("period_start".to_owned(), Json::from(cell.start.to_string()));
            row.insert("period_end".to_owned(), Json::from(cell.end.to_string()));
            for name in &dimensions {
                let member = names.iter().position(|n| n == name).map(|at| &cell.members[at]);
                let member = member.filter(|m| !m.is_missing()).map(Value::plain);
                row.insert(name.clone(), member.map_or(Json::Null, Json::from));
            }
            row.insert("period".to_owned(), Json::from(cell.period.clone()));
            row.insert("breakdown".to_owned(), Json::from(names.join(", ")));
            let exact = (!cell.value.is_missing()).then(|| cell.value.plain());
            row.insert("exact".to_owned(), exact.map_or(Json::Null, Json::from));
            row.insert("n".to_owned(), Json::from(cell.n));
            row.insert("skipped".to_owned(), Json::from(cell.skipped));
            row.insert("reason".to_owned(), cell.reason.map_or(Json::Null, |r| Json::from(r.word())));
            row.insert("complete".to_owned(), Json::from(cell.complete));
            row.insert("window_complete".to_owned(), Json::from(cell.window_complete));
            lines.push((cell.start, place, Json::Object(row).to_string()));
        }
    }
    lines.sort_by_key(|(start, place, _)| (*start, *place));
    let lines: Vec<String> = lines.into_iter().map(|l| l.2).collect();
    table::of(&lines.join("\n"), &[])
}
