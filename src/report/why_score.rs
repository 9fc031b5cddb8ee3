//! One scorecard of one member -> why its score and its pay are what they are, in words and numbers.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::scorecards::{number, percent};
use super::value;
use super::view::sign;
use crate::model::judge::rounded;
use crate::model::outcome::{Reason, ScoreRow, ScoreTable};
use crate::model::scorecard::{Pay, Rollup};

/// As a text; `place` is where the scorecard is defined.
pub fn text(table: &ScoreTable, row: &ScoreRow, pay: Option<&Pay>, place: &str, as_of: &str) -> String {
    let mut out = String::new();
    let name = match &table.label {
        Some(label) => format!("{} ({})", value::plain(label), table.scorecard),
        None => table.scorecard.clone(),
    };
    let members: Vec<String> =
        row.members.iter().map(|m| value::member(m.as_ref())).map(|(a, b)| a + &b).collect();
    let of = if members.is_empty() { String::new() } else { format!(" of {}", members.join(", ")) };
    let _ = write!(out, "{name}{of} in {}: ", row.period);
    let _ = match row.why {
        Some(why) => write!(out, "unknown, {}", value::reason(Some(why))),
        None => write!(out, "score {}, attainment {}", number(row.score, 1), percent(row.attainment, 1)),
    };
    let unit = table.pay.as_ref().filter(|u| !u.is_none()).map_or_else(String::new, |u| format!(" {u}"));
    if pay.is_some() {
        let _ = match (row.pay, row.pay_why) {
            (Some(amount), _) => write!(out, ", pay {}{unit}", number(Some(amount), 2)),
            (None, why) => write!(out, ", pay unknown, {}", value::reason(why)),
        };
    }
    let state = if row.complete { "closed" } else { "open" };
    let last = row.end.pred_opt().unwrap_or(row.end);
    let _ =
        writeln!(out, "\n{} {}, {} to {last}, {state} as of {as_of}\n", table.grain, row.period, row.start);
    let _ = writeln!(out, "score     {}, from {place}", table.rollup);
    for (kpi, part) in table.kpis.iter().zip(&row.parts) {
        let weight = percent(Some(kpi.weight), 0);
        let _ = match (part.score, part.attainment) {
            (Some(score), attainment) => writeln!(
                out,
                "  {weight:>4}  {}: score {} ({} {}), attainment {}, contributes {}",
                kpi.kpi,
                number(Some(score), 1),
                sign(part.status),
                part.status.word().replace('_', " "),
                percent(attainment, 1),
                number(part.contribution, 1)
            ),
            (None, _) => writeln!(out, "  {weight:>4}  {}: not judged, {}", kpi.kpi, value::reason(part.why)),
        };
    }
    let _ = writeln!(out, "coverage  {} of the weight is judged", percent(Some(row.coverage), 0));
    let judged: Vec<String> = table
        .kpis
        .iter()
        .zip(&row.parts)
        .filter_map(|(kpi, part)| Some((kpi.weight / row.coverage, part.attainment?)))
        .map(|(weight, a)| format!("{} x {}", percent(Some(weight), 1), percent(Some(a.clamp(0.0, 2.0)), 1)))
        .collect();
    if table.rollup == Rollup::Weighted && row.attainment.is_some() {
        let _ = writeln!(out, "attained  {} = {}", judged.join(" + "), percent(row.attainment, 1));
    }
    if let Some(pay) = pay {
        let _ = writeln!(out, "pay       {}", paid(row, pay, &unit));
    }
    out
}

/// How the pay comes about.
fn paid(row: &ScoreRow, pay: &Pay, unit: &str) -> String {
    let (Some(attainment), Some(base)) = (row.attainment, row.base) else {
        return format!("unknown: {}", value::reason(row.pay_why));
    };
    let curve = &pay.curve;
    let least = percent(Some(pay.min_coverage), 0);
    let mut steps: Vec<String> = Vec::new();
    if rounded(attainment) < rounded(curve.threshold) {
        steps.push(format!(
            "{} is below the threshold of {}: nothing",
            percent(Some(attainment), 2),
            percent(Some(curve.threshold), 0)
        ));
    } else {
        match curve.accelerator {
            Some((above, rate)) if attainment > above => {
                let raw = above + rate * (attainment - above);
                steps.push(format!(
                    "above {} each point counts {} times: {} + {1} x {} = {}",
                    percent(Some(above), 0),
                    number(Some(rate), 0),
                    percent(Some(above), 0),
                    percent(Some(attainment - above), 1),
                    percent(Some(raw), 1)
                ));
                if let Some(cap) = curve.cap.filter(|cap| raw > *cap) {
                    steps.push(format!("the cap is {}", percent(Some(cap), 0)));
                }
            }
            _ => steps.push(format!("the attainment, {}", percent(Some(attainment), 1))),
        }
    }
    let multiplier = curve.multiplier(attainment);
    let amount = |value: f64| format!("{}{unit}", number(Some(value), 2));
    let steps = steps.join("; ");
    match (row.pay, row.pay_why) {
        (Some(paid), None) => format!(
            "{} x {} = {}\n          {steps}",
            amount(base),
            percent(Some(multiplier), 1),
            amount(paid)
        ),
        (Some(_), Some(Reason::Withheld)) => "0: what it needs is not there".to_owned(),
        (_, Some(Reason::LowCoverage)) => {
            format!("unknown: {} of the weight is judged, {least} are needed", percent(Some(row.coverage), 0))
        }
        (_, Some(Reason::NotClosed)) => "unknown until the period is over".to_owned(),
        (_, why) => format!("unknown: {}", value::reason(why)),
    }
}

/// As a JSON document.
pub fn json(table: &ScoreTable, row: &ScoreRow, pay: Option<&Pay>, place: &str, as_of: &str) -> Value {
    let parts: Vec<Value> = table
        .kpis
        .iter()
        .zip(&row.parts)
        .map(|(kpi, part)| {
            json!({"kpi": kpi.kpi, "weight": kpi.weight, "score": part.score, "attainment": part.attainment,
                "status": part.status.word(), "reason": part.why.map(Reason::word), "contribution": part.contribution})
        })
        .collect();
    let members: serde_json::Map<String, Value> = table
        .dimensions
        .iter()
        .zip(&row.members)
        .map(|(d, m)| (d.clone(), json!(m.as_ref().map(|m| &m.key))))
        .collect();
    let paid = pay.map(|pay| {
        json!({"amount": row.pay, "unit": table.pay.as_ref().map(ToString::to_string), "base": row.base,
            "multiplier": row.multiplier, "reason": row.pay_why.map(Reason::word),
            "threshold": pay.curve.threshold, "cap": pay.curve.cap,
            "accelerator": pay.curve.accelerator.map(|(above, rate)| json!({"above": above, "rate": rate})),
            "min_coverage": pay.min_coverage})
    });
    json!({"scorecard": table.scorecard, "defined": place, "as_of": as_of, "grain": table.grain, "period": row.period,
        "at": members, "complete": row.complete, "rollup": table.rollup.to_string(), "score": row.score,
        "attainment": row.attainment, "coverage": row.coverage, "reason": row.why.map(Reason::word),
        "kpis": parts, "pay": paid})
}
