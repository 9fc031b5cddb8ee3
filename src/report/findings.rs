//! A finding -> its words: the message with its values in their units, and the evidence.

use serde_json::{Map, Value, json};

use super::value::{self, NO_VALUE, Shape};
use super::view::sign;
use crate::model::findings::{Finding, RuleTable, Told};
use crate::model::judge::Status;
use crate::model::outcome::{Member, Reason};
use crate::model::rules::{Operand, Piece};
use crate::model::types::Type;
use crate::model::verdict::Verdict;

/// What is said of a finding.
pub fn message(table: &RuleTable, finding: &Finding) -> String {
    let members = &table.members[finding.member];
    let piece = |piece: &Piece| match piece {
        Piece::Text(text) => text.clone(),
        Piece::Member(at) => members.get(*at).map_or_else(String::new, plain_member),
        Piece::Operand(at) => {
            let (operand, told) = (&table.operands[*at], &finding.values[*at]);
            shown(operand, told).unwrap_or_else(|| NO_VALUE.to_owned())
        }
        Piece::Period => table.periods[finding.period].period.clone(),
    };
    value::plain(&table.message.iter().map(piece).collect::<String>())
}

/// `Inés Castaño (R1)`.
pub fn plain_member(member: &Member) -> String {
    let (name, tail) = value::member(Some(member));
    name + &tail
}

/// All members of a row.
pub fn members(table: &RuleTable, member: usize) -> String {
    table.members[member].iter().map(plain_member).collect::<Vec<_>>().join(", ")
}

/// The operand as the KPI has it that a member names.
fn own(operand: &Operand, told: &Told) -> Option<Operand> {
    let shown = told.shown.as_ref()?;
    let (ty, unit, percent, decimals) = (shown.ty, shown.unit.clone(), shown.percent, shown.decimals);
    Some(Operand { ty, unit, percent, decimals, ..operand.clone() })
}

/// A value in its unit; none where it is missing.
pub fn shown(operand: &Operand, told: &Told) -> Option<String> {
    let own = own(operand, told);
    let operand = own.as_ref().unwrap_or(operand);
    let shape = Shape::of_operand(operand, told.value);
    let text = match told.shown {
        Some(_) => told.value.and_then(|v| shape.number(v)),
        None => shape.shown(told.value, told.exact.as_deref()),
    }?;
    Some(match operand.ty {
        Type::Boolean => if told.value.is_some_and(|v| v > 0.0) { "true" } else { "false" }.to_owned(),
        Type::Duration => format!("{text} days"),
        _ if operand.percent || !operand.unit.is_strict() || !operand.ty.is_number() => text,
        _ => format!("{text} {}", operand.unit),
    })
}

/// `churn_rate 16.7%, off track (target 6.0%)`, for each value that the condition read.
pub fn evidence(table: &RuleTable, finding: &Finding) -> Vec<String> {
    let read = table.operands.iter().zip(&finding.values).filter(|(o, _)| !o.told);
    read.map(|(operand, told)| {
        let found =
            shown(operand, told).unwrap_or_else(|| format!("{NO_VALUE} ({})", value::reason(told.reason)));
        let stands = told.stands.map(|stands| {
            let own = own(operand, told);
            let shape = Shape::of_operand(own.as_ref().unwrap_or(operand), told.value);
            let target = stands.target.and_then(|t| shape.number(t));
            let why = stands.why.filter(|_| stands.status == Status::Unknown && told.reason.is_none());
            let why = why.map(|why| format!(", {}", value::reason(Some(why))));
            let target = target.map(|t| format!(", target {t}"));
            format!(
                ", {} {}{}{}",
                sign(stands.status),
                stands.status.word().replace('_', " "),
                why.unwrap_or_default(),
                target.unwrap_or_default()
            )
        });
        format!("{} {found}{}", operand.text, stands.unwrap_or_default())
    })
    .collect()
}

/// What is behind each line of [`evidence`]: the rows, and where the parameter or the target is written.
pub fn origins(table: &RuleTable, finding: &Finding) -> Vec<String> {
    let read = table.operands.iter().zip(&finding.values).filter(|(o, _)| !o.told);
    read.map(|(operand, told)| {
        let rows = told.n.filter(|_| told.reason.is_none()).map(|n| format!("n {n}"));
        let parts: Vec<String> = rows.into_iter().chain(operand.from.clone()).collect();
        if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) }
    })
    .collect()
}

/// The same as data: by operand its value, or why it is missing, and how the KPI stands.
pub fn evidence_json(table: &RuleTable, finding: &Finding) -> Value {
    let read = table.operands.iter().zip(&finding.values).filter(|(o, _)| !o.told);
    let one = |(operand, told): (&Operand, &Told)| {
        let mut fields = Map::new();
        let number = |value: Option<f64>| value.filter(|v| v.is_finite()).map(|v| v + 0.0);
        let value = match operand.ty {
            Type::Boolean => told.value.map_or(Value::Null, |v| json!(v > 0.0)),
            ty if ty.is_number() || ty == Type::Duration => json!(number(told.value)),
            _ => json!(told.exact),
        };
        fields.insert("value".to_owned(), value);
        if let Some(reason) = told.reason {
            fields.insert("reason".to_owned(), json!(reason.word()));
        }
        if let Some(n) = told.n {
            fields.insert("n".to_owned(), json!(n));
        }
        if let Some(stands) = told.stands {
            fields.insert("status".to_owned(), json!(stands.status.word()));
            fields.insert("target".to_owned(), json!(number(stands.target)));
            fields.insert("attainment".to_owned(), json!(number(stands.attainment)));
        }
        if let Some(from) = &operand.from {
            let name = if operand.stands.is_some() { "target_from" } else { "from" };
            fields.insert(name.to_owned(), json!(from));
        }
        (operand.text.clone(), Value::Object(fields))
    };
    Value::Object(read.map(one).collect())
}

/// What is to be known of a verdict beside it: `stale`, `1 of 2 periods`, why it is unknown.
pub fn notes(table: &RuleTable, finding: &Finding) -> Vec<String> {
    let mut notes = Vec::new();
    let why = || value::reason(finding.why);
    match finding.verdict {
        Verdict::Unknown => notes.push(finding.why.map_or_else(|| "not known".to_owned(), |_| why())),
        Verdict::NotApplicable if finding.left => notes.push("left".to_owned()),
        Verdict::NotApplicable => notes.push(why()),
        _ => {}
    }
    let waiver = finding.waiver.map(|at| &table.waivers[at]);
    if let Some(waiver) = waiver {
        let until = waiver.until.map_or_else(String::new, |day| format!(" until {day}"));
        let reason = waiver.reason.as_ref().map_or_else(String::new, |r| format!(": {}", value::plain(r)));
        notes.push(format!("waived{until}{reason}"));
    }
    if finding.stale {
        notes.push(format!("stale: nothing newer is known, {}", why()));
    }
    if finding.beneath == Verdict::Pending && table.hold_for > 1 {
        notes.push(format!("held for {} of {} periods", finding.held, table.hold_for));
    }
    if finding.clearing > 0 {
        notes.push(format!("clearing, {} of {}", finding.clearing, table.clear_after));
    }
    notes
}

/// Why a rule judged nothing.
pub fn judged_nothing(table: &RuleTable) -> Option<String> {
    if let Some(lacks) = &table.lacks {
        return Some(format!("not applicable: {}", value::plain(lacks)));
    }
    if table.judged() {
        return None;
    }
    if table.verdicts.is_empty() {
        return Some("nobody to judge".to_owned());
    }
    let mut reasons: Vec<Reason> = Vec::new();
    for why in table.findings.iter().filter_map(|f| f.why) {
        if !reasons.contains(&why) {
            reasons.push(why);
        }
    }
    let unknown = table.verdicts.contains(&Verdict::Unknown);
    let words: Vec<String> = reasons.into_iter().map(|r| value::reason(Some(r))).collect();
    Some(match (unknown, words.is_empty()) {
        (true, false) => format!("all unknown: {}", words.join(", ")),
        (true, true) => "all unknown".to_owned(),
        (false, _) => "nobody is there".to_owned(),
    })
}
