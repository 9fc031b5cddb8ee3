//! Outcome -> one JSON document: project, as-of, the tidy rows one a line, and the run's notes. Numbers
//! are the shortest that read back as the same float; every key stands in every row.

use std::io::{self, Write};

use arrow::record_batch::RecordBatch;
use serde_json::{Map, Value, json};

use super::tidy::{self, Cell};
use crate::diagnostic::Severity;
use crate::model::outcome::{KpiCost, Outcome, Reason, Yearly};
use crate::model::verdict::Verdict;

/// `{"project", "as_of", "results", "notes"}`, with `scorecards` where there are some.
pub fn write(outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
    let batch = tidy::kpis(outcome).map_err(tidy::io_error)?;
    writeln!(out, "{{")?;
    writeln!(out, "  \"project\": {},", json!(outcome.project))?;
    writeln!(out, "  \"as_of\": {},", json!(outcome.as_of))?;
    list(out, "results", rows(&batch))?;
    writeln!(out, ",")?;
    if !outcome.scorecards.is_empty() {
        let cards = super::scorecards::batch(outcome).map_err(tidy::io_error)?;
        list(out, "scorecards", rows(&cards))?;
        writeln!(out, ",")?;
    }
    if !outcome.rules.is_empty() {
        let verdicts = super::verdicts::batch(outcome).map_err(tidy::io_error)?;
        list(out, "verdicts", rows(&verdicts).map(with_evidence))?;
        writeln!(out, ",")?;
        writeln!(out, "  \"summary\": {},", summary(outcome))?;
    }
    if !outcome.costs.is_empty() {
        list(out, "costs", outcome.costs.iter().map(cost))?;
        writeln!(out, ",")?;
    }
    list(out, "notes", notes(outcome).into_iter())?;
    writeln!(out, "\n}}")?;
    out.flush()
}

fn list(out: &mut dyn Write, key: &str, items: impl Iterator<Item = Value>) -> io::Result<()> {
    write!(out, "  \"{key}\": [")?;
    let mut any = false;
    for item in items {
        write!(out, "{}\n    {item}", if any { "," } else { "" })?;
        any = true;
    }
    write!(out, "{}]", if any { "\n  " } else { "" })
}

/// The rows as objects, keys in the order of the columns.
pub(super) fn rows(batch: &RecordBatch) -> impl Iterator<Item = Value> {
    let schema = batch.schema();
    (0..batch.num_rows()).map(move |row| {
        let pair = |(field, column)| {
            let field: &arrow::datatypes::FieldRef = field;
            (field.name().clone(), value(tidy::cell(column, row)))
        };
        Value::Object(schema.fields().iter().zip(batch.columns()).map(pair).collect::<Map<_, _>>())
    })
}

/// The evidence is JSON already.
pub(super) fn with_evidence(mut row: Value) -> Value {
    let evidence = row.get("evidence").and_then(Value::as_str).and_then(|e| serde_json::from_str(e).ok());
    if let (Some(fields), Some(evidence)) = (row.as_object_mut(), evidence) {
        fields.insert("evidence".to_owned(), evidence);
    }
    row
}

/// How many verdicts of each kind, and the rules that judged nothing with the reason.
fn summary(outcome: &Outcome) -> Value {
    let count = |at: usize| outcome.rules.iter().map(|t| t.counts()[at]).sum::<usize>();
    let counts: Map<String, Value> =
        Verdict::ALL.iter().enumerate().map(|(at, v)| (v.word().to_owned(), json!(count(at)))).collect();
    let nothing: Map<String, Value> = outcome
        .rules
        .iter()
        .filter_map(|t| Some((t.rule.clone(), json!(super::findings::judged_nothing(t)?))))
        .collect();
    json!({"rules": outcome.rules.len(), "verdicts": counts, "judged_nothing": nothing})
}

fn value(cell: Cell<'_>) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Text(text) => json!(text),
        Cell::Float(value) => json!(value),
        Cell::Integer(value) => json!(value),
        Cell::Boolean(value) => json!(value),
        Cell::Date(day) => json!(day.to_string()),
    }
}

/// What a KPI costs and brings in a year.
fn cost(cost: &KpiCost) -> Value {
    let yearly = |of: &Option<Yearly>| {
        of.as_ref()
            .map(|y| json!({"amount": y.amount, "period": y.period, "reason": y.reason.map(Reason::word)}))
    };
    let unit = (!cost.unit.is_none()).then(|| cost.unit.to_string());
    json!({"kpi": cost.kpi, "unit": unit, "cost": yearly(&cost.cost), "benefit": yearly(&cost.benefit)})
}

/// Without places: a result knows no rule file. `--format json` of the diagnostics has them.
fn notes(outcome: &Outcome) -> Vec<Value> {
    let severity = |s| match s {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    };
    outcome
        .notes
        .iter()
        .map(|d| {
            json!({
                "code": d.code.id,
                "severity": severity(d.severity),
                "headline": d.headline,
                "notes": d.notes,
                "help": d.help,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::samples::{breakdown, outcome, row, table};
    use super::*;
    use crate::diagnostic::{Diagnostic, codes};
    use crate::model::outcome::Reason;

    #[test]
    fn a_document_with_rows_and_notes() {
        let rows = vec![
            row(1).member(Some("é\"1"), None).of("0.1"),
            row(1).member(None, None).missing(Reason::NoRows).open(),
        ];
        let mut outcome = outcome(vec![table("revenue", vec![breakdown(&["rep"], rows)])]);
        outcome.notes.push(Diagnostic::new(&codes::PERIODS_WIDENED, "widened").note("to January"));
        let mut bytes = Vec::new();
        write(&outcome, &mut bytes).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert_eq!(
            text,
            r#"{
  "project": "key-accounts",
  "as_of": "2026-02-10",
  "results": [
    {"kpi":"revenue","grain":"month","period_start":"2026-01-01","period_end":"2026-02-01","rep":"é\"1","breakdown":"rep","value":0.1,"exact":"0.1","type":"decimal","unit":"EUR","n":7,"skipped":0,"reason":null,"complete":true,"window_complete":true,"period":"2026-01","target":null,"paced_target":null,"attainment":null,"status":"unknown","score":null,"previous":null,"change":null},
    {"kpi":"revenue","grain":"month","period_start":"2026-01-01","period_end":"2026-02-01","rep":null,"breakdown":"rep","value":null,"exact":null,"type":"decimal","unit":"EUR","n":0,"skipped":0,"reason":"no_rows","complete":false,"window_complete":true,"period":"2026-01","target":null,"paced_target":null,"attainment":null,"status":"unknown","score":null,"previous":null,"change":null}
  ],
  "notes": [
    {"code":"W0701","severity":"note","headline":"widened","notes":["to January"],"help":null}
  ]
}
"#
        );
        assert!(serde_json::from_str::<Value>(&text).is_ok());
    }

    #[test]
    fn nothing_is_still_a_document() {
        let mut bytes = Vec::new();
        write(&outcome(Vec::new()), &mut bytes).unwrap();
        let value: Value = serde_json::from_slice(&bytes).unwrap();
        let expected = json!({"project": "key-accounts", "as_of": "2026-02-10", "results": [], "notes": []});
        assert_eq!(value, expected);
    }
}
