//! Tidy rows -> the compact table of a `result` block: KPI (where there are several), period, dimensions,
//! value with every digit, n, skipped and complete (where they say something), reason.

use serde_json::{Map, Value};
use std::fmt::Write as _;

pub type Row = Map<String, Value>;

const BEFORE: [&str; 4] = ["kpi", "grain", "period_start", "period_end"];
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

/// The table of rows, one JSON object a line; `extra` names further columns (`unit`, `type`).
pub fn of(rows: &str, extra: &[&str]) -> Result<String, String> {
    let rows: Vec<Row> = rows
        .lines()
        .map(|line| serde_json::from_str(line).map_err(|e| format!("{e} in {line}")))
        .collect::<Result<_, _>>()?;
    if rows.is_empty() {
        return Ok("no rows\n".to_owned());
    }
    let differs = |key: &str| rows.iter().any(|r| r.get(key) != rows[0].get(key));
    let says = |key: &str, usual: &Value| rows.iter().any(|r| r.get(key) != Some(usual));
    let mut columns: Vec<(String, Vec<String>)> = Vec::new();
    let mut add = |name: &str, cell: &dyn Fn(&Row) -> String| {
        columns.push((name.to_owned(), rows.iter().map(cell).collect()));
    };
    if differs("kpi") {
        add("kpi", &|r| text(r, "kpi"));
    }
    add("period", &|r| text(r, "period"));
    let dimensions = rows[0].keys().filter(|k| !BEFORE.contains(&k.as_str()) && !AFTER.contains(&k.as_str()));
    for dimension in dimensions {
        add(dimension, &|r| member(r, dimension));
    }
    add("value", &|r| r["exact"].as_str().unwrap_or("–").to_owned());
    for name in extra {
        add(name, &|r| text(r, name));
    }
    add("n", &|r| text(r, "n"));
    // Of a withheld value nothing is told.
    if rows.iter().any(|r| r.get("skipped").and_then(Value::as_i64) != Some(0) && !r["skipped"].is_null()) {
        add("skipped", &|r| text(r, "skipped"));
    }
    if says("complete", &Value::Bool(true)) {
        add("complete", &|r| text(r, "complete"));
    }
    if says("window_complete", &Value::Bool(true)) {
        add("window_complete", &|r| text(r, "window_complete"));
    }
    // What nothing is wanted of is not judged, which goes without saying here.
    let judged = |r: &Row| r.get("status").and_then(Value::as_str).is_some_and(|s| s != "unknown");
    let wanted = |r: &Row| judged(r) || !r.get("target").is_none_or(Value::is_null);
    let some = rows.iter().any(wanted);
    if some {
        for name in ["target", "paced_target", "attainment", "status", "score"] {
            if says(name, &Value::Null) && !extra.contains(&name) {
                add(name, &|r| if name == "status" { text(r, name) } else { number(r, name) });
            }
        }
    }
    let valued = |r: &Row| !r.get("exact").is_none_or(Value::is_null);
    add("reason", &|r| match text(r, "reason") {
        reason if !some && reason == "no_target" && valued(r) => String::new(),
        reason => reason,
    });
    Ok(aligned(&columns))
}

/// A number to nine decimals, as thresholds compare.
fn number(row: &Row, key: &str) -> String {
    let Some(value) = row.get(key).and_then(Value::as_f64) else { return String::new() };
    ((value * 1e9).round() / 1e9).to_string()
}

pub fn text(row: &Row, key: &str) -> String {
    match row.get(key) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// Empty where the dimension is none of the row's breakdown, `(none)` where its member is missing.
fn member(row: &Row, dimension: &str) -> String {
    let written = dimension.strip_prefix("dim_").unwrap_or(dimension);
    let breakdown = text(row, "breakdown");
    if !breakdown.split(", ").any(|d| d == dimension || d == written) {
        return String::new();
    }
    match &row[dimension] {
        Value::String(member) if member.is_empty() || member.trim() != member => format!("\"{member}\""),
        Value::String(member) => member.clone(),
        _ => "(none)".to_owned(),
    }
}

pub fn aligned(columns: &[(String, Vec<String>)]) -> String {
    let width = |t: &str| unicode_width::UnicodeWidthStr::width(t);
    let widths: Vec<usize> = columns
        .iter()
        .map(|(name, cells)| cells.iter().map(|c| width(c)).chain([width(name)]).max().unwrap_or(0))
        .collect();
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let mut line = String::new();
        for ((cell, (name, _)), most) in cells.zip(columns).zip(&widths) {
            let gap = " ".repeat(most - width(cell));
            if ["value", "n", "skipped", "target", "paced_target", "attainment", "score"]
                .contains(&name.as_str())
            {
                let _ = write!(line, "{gap}{cell}  ");
            } else {
                let _ = write!(line, "{cell}{gap}  ");
            }
        }
        format!("{}\n", line.trim_end())
    };
    let mut out = line(&mut columns.iter().map(|(name, _)| name.as_str()));
    for row in 0..columns.first().map_or(0, |(_, cells)| cells.len()) {
        out.push_str(&line(&mut columns.iter().map(|(_, cells)| cells[row].as_str())));
    }
    out
}
