//! Why a value is what it is -> one JSON document. Every key stands in every document; what does not apply is null.

use std::io::{self, Write};

use serde_json::{Map, Value, json};

use super::why::headline;
use crate::model::judge::{Better, StatusRule};
use crate::model::outcome::Reason;
use crate::model::why::{Figure, Operand, Rows, Wanted, Why};

/// Writes it.
pub fn write(why: &Why, out: &mut dyn Write) -> io::Result<()> {
    let (row, judged) = (&why.row, &why.row.judged);
    let at: Map<String, Value> = why
        .dimensions
        .iter()
        .zip(&row.members)
        .map(|(d, m)| {
            let member = m.as_ref().map(|m| json!({"key": m.key, "label": m.label}));
            (d.clone(), json!(member))
        })
        .collect();
    let because =
        why.because.as_ref().map(|b| json!({"reason": b.reason.word(), "of": b.of, "text": b.text}));
    let document = json!({
        "project": why.project,
        "as_of": why.as_of,
        "headline": headline(why),
        "kpi": why.table.kpi,
        "label": why.table.label,
        "grain": why.table.grain,
        "period": row.period,
        "period_start": row.start.to_string(),
        "period_end": row.end.to_string(),
        "complete": row.complete,
        "window_complete": row.window_complete,
        "at": at,
        "value": row.value,
        "exact": row.exact,
        "type": why.table.ty.to_string(),
        "unit": if why.table.percent { Some("percent".to_owned()) } else { super::tidy::unit(&why.table) },
        "n": row.n,
        "skipped": row.skipped,
        "reason": word(row.why()),
        "because": because,
        "status": judged.status.word(),
        "target": judged.target,
        "paced_target": judged.paced,
        "attainment": judged.attainment,
        "score": judged.score,
        "previous": judged.previous,
        "previous_period": why.before,
        "previous_same_point": why.same_point,
        "change": judged.change,
        "formula": operand(&why.formula),
        "formula_place": why.place,
        "target_from": why.target.as_ref().map(wanted),
        "baseline_from": why.baseline.as_ref().map(wanted),
        "better": why.better.map(better),
        "status_rule": rule(&why.rule),
        "elapsed": why.elapsed,
        "min_n": why.min_n,
        "notes": why.notes.iter().map(|n| json!({"code": n.code.id, "headline": n.headline})).collect::<Vec<_>>(),
    });
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)?;
    out.flush()
}

fn word(reason: Option<Reason>) -> Option<&'static str> {
    reason.map(Reason::word)
}

fn operand(of: &Operand) -> Value {
    json!({
        "part": of.part.word(),
        "role": of.role,
        "text": of.text,
        "formula": of.formula,
        "value": of.figure.as_ref().map(figure),
        "rows": of.rows.as_ref().map(rows),
        "missing": of.missing,
        "notes": of.notes,
        "operands": of.operands.iter().map(operand).collect::<Vec<_>>(),
    })
}

fn figure(of: &Figure) -> Value {
    let unit = if of.unit.is_none() { None } else { Some(of.unit.to_string()) };
    json!({
        "value": of.value,
        "exact": of.exact,
        "type": of.ty.to_string(),
        "unit": if of.percent { Some("percent".to_owned()) } else { unit },
        "n": of.n,
        "skipped": of.skipped,
        "reason": word(of.reason),
    })
}

fn rows(of: &Rows) -> Value {
    let kept = of.kept.iter().map(|(condition, left)| json!({"condition": condition, "rows": left}));
    json!({"source": of.source, "when": of.when, "rows": of.all, "kept": kept.collect::<Vec<_>>()})
}

fn wanted(of: &Wanted) -> Value {
    json!({"place": of.place, "table": of.table, "formula": operand(&of.operand)})
}

fn better(of: Better) -> Value {
    match of {
        Better::Higher => json!("higher"),
        Better::Lower => json!("lower"),
        Better::Within(low, high) => json!({"within": [low, high]}),
    }
}

fn rule(of: &StatusRule) -> Value {
    match of {
        StatusRule::Attainment { on_track, at_risk } => json!({
            "of": "attainment",
            "on_track": on_track,
            "at_risk": at_risk,
            "default": *of == StatusRule::default(),
        }),
        StatusRule::Value(ranges) => {
            let range = |(status, low, high): &(crate::model::judge::Status, _, _)| {
                let (low, high): (&Option<f64>, &Option<f64>) = (low, high);
                (status.word().to_owned(), json!([low, high]))
            };
            let mut document = Map::from_iter([("of".to_owned(), json!("value"))]);
            document.extend(ranges.iter().map(range));
            Value::Object(document)
        }
    }
}
