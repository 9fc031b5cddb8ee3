//! One verdict of a rule -> why: what the condition read, what the rule asks for, and the states that led there.

use std::fmt::Write as _;
use std::io::{self, Write};

use serde_json::{Value, json};

use super::findings::{evidence, evidence_json, members, message, notes, origins};
use super::value;
use crate::model::findings::{Finding, RuleTable};
use crate::model::verdict::Verdict;

/// States before the one that is explained.
const STATES: usize = 12;

/// Writes it for people.
pub fn write(
    table: &RuleTable,
    (member, period): (usize, usize),
    as_of: &str,
    out: &mut dyn Write,
) -> io::Result<()> {
    let verdict = table.verdict(member, period);
    let who = members(table, member);
    let who = if who.is_empty() { "the whole".to_owned() } else { who };
    let when = &table.periods[period];
    let label = table.label.as_ref().map_or_else(String::new, |l| format!("{} ", value::plain(l)));
    let name = if label.is_empty() { table.rule.clone() } else { format!("{label}({})", table.rule) };
    let word = verdict.word().replace('_', " ");
    writeln!(out, "{name} of {who} in {}: {word}", when.period)?;
    let closed = if when.complete { "closed" } else { "open: provisional, nothing comes of it" };
    let grain =
        table.grain.as_deref().map_or_else(|| "at the as-of".to_owned(), |g| format!("{g} {}", when.period));
    writeln!(out, "{grain}, {closed}, as of {}", value::plain(as_of))?;
    writeln!(out, "\ncondition {}", table.text)?;
    let finding = found(table, member, period);
    if let Some(finding) = finding {
        let holds = finding.condition.map_or("not known", |c| if c { "true" } else { "false" });
        writeln!(out, "          is {holds}")?;
        for (line, origin) in evidence(table, finding).into_iter().zip(origins(table, finding)) {
            writeln!(out, "          {line}{origin}")?;
        }
        for note in notes(table, finding) {
            writeln!(out, "          {note}")?;
        }
    }
    let some = |n: u32| if n == 1 { "1 period".to_owned() } else { format!("{n} periods") };
    if table.grain.is_some() {
        let (held, clear) = (some(table.hold_for), some(table.clear_after));
        writeln!(out, "asks      fires once it held for {held}, closes once it was gone for {clear}")?;
    }
    if let Some(finding) = finding.filter(|_| told(verdict)) {
        writeln!(out, "message   {}", message(table, finding))?;
        if let Some(action) = &table.action {
            writeln!(out, "action    {}", value::plain(action))?;
        }
    }
    let first = period.saturating_sub(STATES - 1);
    if table.grain.is_some() {
        writeln!(out, "\nstates")?;
        if first > 0 {
            writeln!(out, "          … {first} earlier")?;
        }
        for at in first..=period {
            let Some(state) = found(table, member, at) else { continue };
            let condition = state.condition.map_or("missing", |c| if c { "true" } else { "false" });
            let words = notes(table, state);
            let words = if words.is_empty() { String::new() } else { format!(" ({})", words.join("; ")) };
            let verdict = state.verdict.word().replace('_', " ");
            writeln!(out, "          {}  {condition:<7}  {verdict}{words}", table.periods[at].period)?;
        }
    }
    let mut kpis: Vec<&str> =
        table.operands.iter().filter_map(|o| o.stands.as_ref()?.kpi.as_deref()).collect();
    kpis.dedup();
    if !kpis.is_empty() {
        let mut at = String::new();
        for (dimension, m) in table.dimensions.iter().zip(&table.members[member]) {
            let _ = write!(at, " --at {dimension}={}", m.key);
        }
        writeln!(out)?;
        for kpi in kpis {
            writeln!(out, "deeper    rumbo why {kpi}{at} --period {}", when.period)?;
        }
    }
    out.flush()
}

/// The same for programs.
pub fn json(table: &RuleTable, (member, period): (usize, usize), as_of: &str) -> Value {
    let state = |at: usize| {
        let state = found(table, member, at)?;
        Some(json!({
            "period": table.periods[at].period, "condition": state.condition, "verdict": state.verdict.word(),
            "held": state.held, "clearing": state.clearing, "stale": state.stale,
            "reason": state.why.map(crate::model::outcome::Reason::word),
        }))
    };
    let at: serde_json::Map<String, Value> =
        table.dimensions.iter().zip(&table.members[member]).map(|(d, m)| (d.clone(), json!(m.key))).collect();
    let finding = found(table, member, period);
    json!({
        "rule": table.rule, "axis": table.axis.word(), "severity": table.severity.word(), "as_of": as_of,
        "at": at, "period": table.periods[period].period, "complete": table.periods[period].complete,
        "verdict": table.verdict(member, period).word(), "condition": table.text,
        "evidence": finding.map(|f| evidence_json(table, f)),
        "message": finding.filter(|f| told(f.verdict)).map(|f| message(table, f)),
        "states": (0..=period).filter_map(state).collect::<Vec<_>>(),
    })
}

/// Whether there is something to say of it.
fn told(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Fires | Verdict::Pending | Verdict::Waived)
}

fn found(table: &RuleTable, member: usize, period: usize) -> Option<&Finding> {
    table.findings.iter().find(|f| (f.member, f.period) == (member, period))
}
