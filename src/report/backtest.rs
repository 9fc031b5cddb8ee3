//! How a rule would have behaved -> lines for people, and JSON.

use std::io::{self, Write};

use serde_json::{Map, Value, json};

use super::findings::members;
use super::scorecards::number;
use super::value;
use crate::model::backtest::Backtest;
use crate::model::findings::RuleTable;
use crate::model::verdict::Verdict;

/// Members are listed up to here.
const MOST_MEMBERS: usize = 20;

/// Writes it for people.
pub fn write(table: &RuleTable, test: &Backtest, as_of: &str, out: &mut dyn Write) -> io::Result<()> {
    let grain = table.grain.as_deref().unwrap_or("at the as-of");
    let each = if table.dimensions.is_empty() { "the whole".to_owned() } else { table.dimensions.join(", ") };
    writeln!(out, "{} · {} · each {}", value::plain(&table.rule), value::plain(grain), value::plain(&each))?;
    let Some((first, last)) = &test.span else {
        writeln!(out, "no closed period to look at\nas of {}", value::plain(as_of))?;
        return out.flush();
    };
    writeln!(out, "{first} to {last}, closed periods\n")?;
    let all: usize = test.counts.iter().sum();
    let some = |n: usize, one: &str| {
        format!(
            "{} {one}{}",
            value::count(i64::try_from(n).unwrap_or(i64::MAX)),
            if n == 1 { "" } else { "s" }
        )
    };
    let line = |verdict: Verdict| {
        let word = verdict.word().replace('_', " ");
        format!("{word} {}", value::count(i64::try_from(test.count(verdict)).unwrap_or(i64::MAX)))
    };
    let words: Vec<String> = Verdict::ALL.into_iter().map(line).collect();
    let all = value::count(i64::try_from(all).unwrap_or(i64::MAX));
    writeln!(out, "verdicts  {all} in all: {}", words.join(", "))?;
    let length = test
        .mean_length()
        .map_or_else(String::new, |mean| format!(", {} periods each on average", number(Some(mean), 1)));
    writeln!(out, "findings  {}{length}", value::count(i64::try_from(test.findings).unwrap_or(i64::MAX)))?;
    writeln!(out, "flapped   {} opened again within two periods", test.flapped)?;
    if !test.unknown.is_empty() {
        let whys: Vec<String> =
            test.unknown.iter().map(|(why, n)| format!("{} {n}", value::reason(Some(*why)))).collect();
        writeln!(out, "unknown   {}", whys.join(", "))?;
    }
    for own in test.members.iter().take(MOST_MEMBERS) {
        let who = members(table, own.member);
        let who = if who.is_empty() { "the whole".to_owned() } else { who };
        let (from, to) = &own.span;
        writeln!(
            out,
            "  {who}: {}, {}, {from} to {to}",
            some(own.findings, "finding"),
            some(own.periods, "period")
        )?;
    }
    if test.members.len() > MOST_MEMBERS {
        writeln!(out, "  … {} more", test.members.len() - MOST_MEMBERS)?;
    }
    writeln!(out, "as of {}", value::plain(as_of))?;
    out.flush()
}

/// The same for programs.
pub fn json(table: &RuleTable, test: &Backtest, as_of: &str) -> Value {
    let counts: Map<String, Value> =
        Verdict::ALL.iter().map(|v| (v.word().to_owned(), json!(test.count(*v)))).collect();
    let unknown: Map<String, Value> =
        test.unknown.iter().map(|(why, n)| (why.word().to_owned(), json!(n))).collect();
    let own: Vec<Value> = test
        .members
        .iter()
        .map(|m| {
            let at: Map<String, Value> = table
                .dimensions
                .iter()
                .zip(&table.members[m.member])
                .map(|(d, member)| (d.clone(), json!(member.key)))
                .collect();
            json!({"at": at, "findings": m.findings, "periods": m.periods, "first": m.span.0, "last": m.span.1})
        })
        .collect();
    json!({
        "rule": table.rule, "as_of": as_of, "grain": table.grain,
        "from": test.span.as_ref().map(|s| &s.0), "to": test.span.as_ref().map(|s| &s.1),
        "verdicts": counts, "findings": test.findings, "periods": test.periods,
        "mean_length": test.mean_length(), "flapped": test.flapped, "unknown": unknown, "members": own,
    })
}
