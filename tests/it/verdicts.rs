//! Verdicts as rows -> the compact table of a `verdicts` block: rule (where there are several), period, members,
//! verdict, and what is said beside it where something is.

use serde_json::Value;

use crate::table::{Row, aligned, text};

/// The table of rows, one JSON object a line.
pub fn of(rows: &str) -> Result<String, String> {
    let rows: Vec<Row> = rows
        .lines()
        .map(|line| serde_json::from_str(line).map_err(|e| format!("{e} in {line}")))
        .collect::<Result<_, _>>()?;
    let Some(first) = rows.first() else { return Ok("no verdicts\n".to_owned()) };
    let differs = |key: &str| rows.iter().any(|r| r.get(key) != first.get(key));
    let mut columns: Vec<(String, Vec<String>)> = Vec::new();
    let mut add = |name: &str, cell: &dyn Fn(&Row) -> String| {
        columns.push((name.to_owned(), rows.iter().map(cell).collect()));
    };
    if differs("rule") {
        add("rule", &|r| text(r, "rule"));
    }
    let says = |key: &str| rows.iter().any(|r| !matches!(r.get(key), None | Some(Value::Null)));
    if says("period") {
        add("period", &|r| text(r, "period"));
    }
    for dimension in first.keys().filter(|k| k.starts_with("at.")) {
        add(dimension.trim_start_matches("at."), &|r| text(r, dimension));
    }
    add("verdict", &|r| text(r, "verdict"));
    let mark = |r: &Row| {
        let flags = ["provisional", "stale"].into_iter().filter(|f| r.get(*f) == Some(&Value::Bool(true)));
        let clearing = r.get("clearing").and_then(Value::as_i64).filter(|n| *n > 0);
        flags
            .map(str::to_owned)
            .chain(clearing.map(|n| format!("clearing {n}")))
            .collect::<Vec<_>>()
            .join(", ")
    };
    if rows.iter().any(|r| !mark(r).is_empty()) {
        add("how", &mark);
    }
    for key in ["since", "reason", "note", "message"] {
        if says(key) {
            add(key, &|r| text(r, key));
        }
    }
    Ok(aligned(&columns))
}
