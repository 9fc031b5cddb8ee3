//! What rules found -> what people read: by axis and severity the findings, what was seen and what to do; then
//! how many verdicts of each kind there are, and which rules judged nothing.

use std::io::{self, Write};

use super::findings::{evidence, judged_nothing, members, message, notes};
use super::grid::Tone;
use super::value;
use crate::model::findings::{Finding, RuleTable};
use crate::model::outcome::Outcome;
use crate::model::rules::{Axis, Severity};
use crate::model::verdict::Verdict;

/// Of one rule and verdict at most so many are listed.
const MOST_LISTED: usize = 20;
/// Of what is no finding, or not yet, fewer.
const MOST_EARLY: usize = 3;

/// How it is drawn.
pub struct Drawn<'a> {
    /// A title of this depth.
    pub title: &'a dyn Fn(usize, &str) -> String,
    /// A text, with its tone.
    pub text: &'a dyn Fn(&str, Tone) -> String,
}

/// Writes what was found.
pub fn write(outcome: &Outcome, drawn: &Drawn<'_>, out: &mut dyn Write) -> io::Result<()> {
    let wanted = |verdict: Verdict| match &outcome.verdicts {
        Some(all) => all.contains(&verdict),
        None => !matches!(verdict, Verdict::Holds | Verdict::NotApplicable | Verdict::Waived),
    };
    let mut any = false;
    for axis in Axis::ALL {
        let tables: Vec<(&RuleTable, Vec<&Finding>)> = outcome
            .rules
            .iter()
            .filter(|table| table.axis == axis)
            .map(|table| (table, listed(table).into_iter().filter(|f| wanted(f.verdict)).collect::<Vec<_>>()))
            .filter(|(_, found)| !found.is_empty())
            .collect();
        if tables.is_empty() {
            continue;
        }
        any = true;
        writeln!(out, "{}", (drawn.title)(0, &sentence(axis.word())))?;
        for severity in Severity::ALL {
            let mut of: Vec<_> = tables.iter().filter(|(t, _)| t.severity == severity).collect();
            // What fires comes first, of rules as of members.
            of.sort_by_key(|(_, found)| found.iter().map(|f| order(f.verdict)).min());
            for (table, found) in of {
                rule(table, found, drawn, out)?;
            }
        }
        writeln!(out)?;
    }
    if !any && !outcome.rules.is_empty() {
        writeln!(out, "{}\n", (drawn.text)("nothing needs attention", Tone::Plain))?;
    }
    for line in summary(outcome) {
        writeln!(out, "{}", (drawn.text)(&line, Tone::Plain))?;
    }
    Ok(())
}

fn rule(table: &RuleTable, found: &[&Finding], drawn: &Drawn<'_>, out: &mut dyn Write) -> io::Result<()> {
    let name = match &table.label {
        Some(label) => format!("{} ({})", value::plain(label), value::plain(&table.rule)),
        None => value::plain(&table.rule),
    };
    let grain = table.grain.as_ref().map_or_else(String::new, |grain| format!(" · {}", value::plain(grain)));
    writeln!(out, "\n{}", (drawn.title)(1, &format!("{}: {name}{grain}", table.severity)))?;
    let plain = |text: &str, tone: Tone| (drawn.text)(text, tone);
    for verdict in Verdict::ALL {
        let all: Vec<&&Finding> = found.iter().filter(|f| f.verdict == verdict).collect();
        let few = matches!(verdict, Verdict::Unknown | Verdict::Pending);
        let most = if few { MOST_EARLY } else { MOST_LISTED };
        for finding in all.iter().take(most) {
            let period = &table.periods[finding.period];
            let open = if period.complete { "" } else { ", so far" };
            let when =
                if table.grain.is_some() { format!(" {}{open}", period.period) } else { String::new() };
            let mut words = notes(table, finding);
            let told = matches!(verdict, Verdict::Fires | Verdict::Pending | Verdict::Waived);
            if let Some((since, _)) = finding.since.as_ref().filter(|(s, _)| told && **s != *period.period) {
                words.push(format!("since {since}"));
            }
            let words = if words.is_empty() { String::new() } else { format!(" ({})", words.join("; ")) };
            let what = if told { message(table, finding) } else { members(table, finding.member) };
            let what = if what.is_empty() { "the whole".to_owned() } else { what };
            let tone = if verdict == Verdict::Fires { Tone::Strong } else { Tone::Plain };
            writeln!(out, "  {}{when}  {}{words}", mark(verdict), plain(&what, tone))?;
            if told || verdict == Verdict::Unknown {
                for line in evidence(table, finding) {
                    writeln!(out, "      {}", plain(&line, Tone::Dim))?;
                }
            }
        }
        if all.len() > most {
            let word = verdict.word().replace('_', " ");
            let more = format!(
                "  … {} more {word}; `--verdict {verdict} --format csv` lists them",
                all.len() - most
            );
            writeln!(out, "{}", plain(&more, Tone::Dim))?;
        }
    }
    if let Some(action) = table.action.as_ref().filter(|_| found.iter().any(|f| f.verdict == Verdict::Fires))
    {
        let owner = table.owner.as_ref().map_or_else(String::new, |o| format!(" [{}]", value::plain(o)));
        writeln!(out, "  → {}{owner}", plain(&value::plain(action), Tone::Plain))?;
    }
    Ok(())
}

/// What is listed of a rule: of an open period only what the closed one before it does not say already.
fn listed(table: &RuleTable) -> Vec<&Finding> {
    let said = |finding: &Finding| {
        let open = !table.periods[finding.period].complete;
        open && finding.period > 0 && table.verdict(finding.member, finding.period - 1) == finding.verdict
    };
    let mut found: Vec<&Finding> = table.findings.iter().filter(|f| !said(f)).collect();
    found.sort_by_key(|f| (order(f.verdict), std::cmp::Reverse(f.period), f.member));
    found
}

fn order(verdict: Verdict) -> usize {
    Verdict::ALL.iter().position(|v| *v == verdict).unwrap_or_default()
}

fn mark(verdict: Verdict) -> String {
    let sign = match verdict {
        Verdict::Fires => "✗",
        Verdict::Pending => "…",
        Verdict::Unknown => "?",
        Verdict::Waived => "○",
        Verdict::Holds => "✓",
        Verdict::NotApplicable => "·",
    };
    format!("{sign} {}", verdict.word().replace('_', " "))
}

fn sentence(word: &str) -> String {
    let text = word.replace('_', " ");
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// `3 rules, 24 verdicts: 2 fire, ...`, then the rules that judged nothing.
pub fn summary(outcome: &Outcome) -> Vec<String> {
    let mut counts = [0usize; Verdict::ALL.len()];
    for table in &outcome.rules {
        counts.iter_mut().zip(table.counts()).for_each(|(all, of)| *all += of);
    }
    let count = |n: usize| value::count(i64::try_from(n).unwrap_or(i64::MAX));
    let words: Vec<String> = Verdict::ALL
        .iter()
        .zip(counts)
        .filter(|(verdict, n)| *n > 0 || **verdict == Verdict::Fires)
        .map(|(verdict, n)| {
            let word = match verdict {
                Verdict::Fires if n != 1 => "fire",
                Verdict::Holds if n == 1 => "holds",
                Verdict::Holds => "hold",
                Verdict::NotApplicable => "not applicable",
                verdict => verdict.word(),
            };
            format!("{} {word}", count(n))
        })
        .collect();
    let some = |n: usize, one: &str| format!("{} {one}{}", count(n), if n == 1 { "" } else { "s" });
    let all = counts.iter().sum();
    let mut lines = vec![format!(
        "{}, {}: {}",
        some(outcome.rules.len(), "rule"),
        some(all, "verdict"),
        words.join(", ")
    )];
    for table in &outcome.rules {
        if let Some(why) = judged_nothing(table) {
            lines.push(format!("judged nothing: {} ({why})", value::plain(&table.rule)));
        }
    }
    lines
}
