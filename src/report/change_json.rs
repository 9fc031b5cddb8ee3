//! What a change comes from -> one JSON document with all effects. Numbers are the shortest that read back as the
//! same float; every key stands in every effect.

use std::io::{self, Write};

use serde_json::{Map, Value, json};

use super::tidy;
use crate::model::change::{Cause, Change, Effect, Method};
use crate::model::outcome::{KpiTable, Member, Reason, Row};

/// Writes `{"kpi", ..., "effects": [...]}`: all effects, every key in each.
pub fn write(change: &Change, out: &mut dyn Write) -> io::Result<()> {
    let [before, after] = &change.rows;
    let unit = |table: &KpiTable| if table.percent { Some("percent".to_owned()) } else { tidy::unit(table) };
    let mixed = change.change.filter(|_| change.method == Method::MixRate);
    let sum = |at: usize| change.effects.iter().filter_map(|e| Some(e.mix_rate?[at])).sum::<f64>() + 0.0;
    let head = [
        ("kpi", json!(change.table.kpi)),
        ("label", json!(change.table.label)),
        ("as_of", json!(change.as_of)),
        ("grain", json!(change.table.grain)),
        ("unit", json!(unit(&change.table))),
        ("by", json!(change.by)),
        ("method", json!(change.method.word())),
        ("from", period(before)),
        ("to", period(after)),
        ("change", json!(change.change)),
        ("mix", json!(mixed.map(|_| sum(0)))),
        ("rate", json!(mixed.map(|_| sum(1)))),
    ];
    writeln!(out, "{{")?;
    for (key, value) in head {
        writeln!(out, "  \"{key}\": {value},")?;
    }
    write!(out, "  \"effects\": [")?;
    for (at, effect) in change.effects.iter().enumerate() {
        write!(out, "{}\n    {}", if at > 0 { "," } else { "" }, json_effect(change, effect, &unit))?;
    }
    writeln!(out, "{}]\n}}", if change.effects.is_empty() { "" } else { "\n  " })?;
    out.flush()
}

fn period(row: &Row) -> Value {
    json!({
        "period": row.period,
        "start": row.start.to_string(),
        "end": row.end.to_string(),
        "complete": row.complete,
        "window_complete": row.window_complete,
        "value": row.value,
        "reason": row.reason.map(Reason::word),
    })
}

fn json_effect(change: &Change, effect: &Effect, unit: &dyn Fn(&KpiTable) -> Option<String>) -> Value {
    let (members, labels, factor, divides, of) = match &effect.cause {
        Cause::Member(all) => {
            let pairs = |of: &dyn Fn(&Member) -> Value| {
                let each =
                    change.by.iter().cloned().zip(all.iter().map(|m| m.as_ref().map_or(Value::Null, of)));
                Value::Object(each.collect::<Map<_, _>>())
            };
            (pairs(&|m| json!(m.key)), pairs(&|m| json!(m.label)), Value::Null, Value::Null, &change.table)
        }
        Cause::Factor(text, divides, table) => {
            (Value::Null, Value::Null, json!(text), json!(divides), &**table)
        }
    };
    let value = |at: usize| effect.rows[at].as_ref().and_then(|r| r.value);
    json!({
        "members": members,
        "labels": labels,
        "factor": factor,
        "divides": divides,
        "unit": unit(of),
        "before": value(0),
        "after": value(1),
        "weight_before": effect.weights.map(|w| w[0]),
        "weight_after": effect.weights.map(|w| w[1]),
        "mix": effect.mix_rate.map(|parts| parts[0]),
        "rate": effect.mix_rate.map(|parts| parts[1]),
        "effect": effect.effect,
    })
}
