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
    /// What a line begins with.
    pub before: &'a dyn Fn(Part) -> &'static str,
}

/// A line below a title.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// A verdict.
    Verdict,
    /// What was seen.
    Evidence,
    /// What to do.
    Action,
    /// Of the summary, below its first line.
    Summary,
}

/// A verdict that is listed; a plain one has nothing to tell.
struct Listed<'a> {
    member: usize,
    period: usize,
    verdict: Verdict,
    finding: Option<&'a Finding>,
}

/// Writes what was found.
pub fn write(outcome: &Outcome, drawn: &Drawn<'_>, out: &mut dyn Write) -> io::Result<()> {
    let wanted = |verdict: Verdict| match &outcome.verdicts {
        Some(all) => all.contains(&verdict),
        None => !matches!(verdict, Verdict::Holds | Verdict::NotApplicable | Verdict::Waived),
    };
    let mut any = false;
    for axis in Axis::ALL {
        let tables: Vec<(&RuleTable, Vec<Listed<'_>>)> = outcome
            .rules
            .iter()
            .filter(|table| table.axis == axis)
            .map(|table| (table, listed(table, &wanted)))
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
        let none = if outcome.verdicts.is_some() { "no such verdict" } else { "nothing needs attention" };
        writeln!(out, "{}\n", (drawn.text)(none, Tone::Plain))?;
    }
    for (at, line) in summary(outcome).iter().enumerate() {
        let before = if at > 0 { (drawn.before)(Part::Summary) } else { "" };
        writeln!(out, "{before}{}", (drawn.text)(line, Tone::Plain))?;
    }
    Ok(())
}

fn rule(table: &RuleTable, found: &[Listed<'_>], drawn: &Drawn<'_>, out: &mut dyn Write) -> io::Result<()> {
    let name = match &table.label {
        Some(label) => format!("{} ({})", value::plain(label), value::plain(&table.rule)),
        None => value::plain(&table.rule),
    };
    let grain = table.grain.as_ref().map_or_else(String::new, |grain| format!(" · {}", value::plain(grain)));
    writeln!(out, "\n{}", (drawn.title)(1, &format!("{}: {name}{grain}", table.severity)))?;
    let plain = |text: &str, tone: Tone| (drawn.text)(text, tone);
    for verdict in Verdict::ALL {
        let all: Vec<&Listed<'_>> = found.iter().filter(|f| f.verdict == verdict).collect();
        let few = matches!(verdict, Verdict::Unknown | Verdict::Pending);
        let most = if few { MOST_EARLY } else { MOST_LISTED };
        for listed in all.iter().take(most) {
            let period = &table.periods[listed.period];
            let open = if period.complete { "" } else { ", so far" };
            let when =
                if table.grain.is_some() { format!(" {}{open}", period.period) } else { String::new() };
            let told = matches!(verdict, Verdict::Fires | Verdict::Pending | Verdict::Waived);
            let words = listed.finding.map(|finding| words(table, finding, told)).unwrap_or_default();
            let message = listed.finding.filter(|_| told).map(|finding| message(table, finding));
            let what = message.unwrap_or_else(|| members(table, listed.member));
            let what = if what.is_empty() { "the whole".to_owned() } else { what };
            let tone = if verdict == Verdict::Fires { Tone::Strong } else { Tone::Plain };
            let (mark, words) = (mark(verdict), plain(&words, Tone::Plain));
            writeln!(out, "{}{mark}{when}  {}{words}", (drawn.before)(Part::Verdict), plain(&what, tone))?;
            if let Some(finding) = listed.finding.filter(|_| told || verdict == Verdict::Unknown) {
                for line in evidence(table, finding) {
                    writeln!(out, "{}{}", (drawn.before)(Part::Evidence), plain(&line, Tone::Dim))?;
                }
            }
        }
        if all.len() > most {
            let word = verdict.word().replace('_', " ");
            let more =
                format!("… {} more {word}; `--verdict {verdict} --format csv` lists them", all.len() - most);
            writeln!(out, "{}{}", (drawn.before)(Part::Verdict), plain(&more, Tone::Dim))?;
        }
    }
    if let Some(action) = table.action.as_ref().filter(|_| found.iter().any(|f| f.verdict == Verdict::Fires))
    {
        let owner = table.owner.as_ref().map_or_else(String::new, |o| format!(" [{}]", value::plain(o)));
        let action = plain(&value::plain(action), Tone::Plain);
        writeln!(out, "{}→ {action}{owner}", (drawn.before)(Part::Action))?;
    }
    Ok(())
}

/// What is said beside a verdict.
fn words(table: &RuleTable, finding: &Finding, told: bool) -> String {
    let mut words = notes(table, finding);
    let period = &table.periods[finding.period].period;
    if let Some((since, _)) = finding.since.as_ref().filter(|(since, _)| told && **since != **period) {
        words.push(format!("since {since}"));
    }
    if words.is_empty() { String::new() } else { format!(" ({})", words.join("; ")) }
}

/// What is listed of a rule: of an open period only what the closed one before it does not say already.
fn listed<'a>(table: &'a RuleTable, wanted: &dyn Fn(Verdict) -> bool) -> Vec<Listed<'a>> {
    let said = |member: usize, period: usize, verdict: Verdict| {
        let open = !table.periods[period].complete;
        open && period > 0 && table.verdict(member, period - 1) == verdict
    };
    // Findings stand by period and member.
    let of = |member: usize, period: usize| {
        let at = table.findings.binary_search_by_key(&(period, member), |f| (f.period, f.member)).ok()?;
        Some(&table.findings[at])
    };
    let mut found: Vec<Listed<'_>> = Vec::new();
    for period in 0..table.periods.len() {
        for member in 0..table.members.len() {
            let verdict = table.verdict(member, period);
            if wanted(verdict) && !said(member, period, verdict) {
                found.push(Listed { member, period, verdict, finding: of(member, period) });
            }
        }
    }
    found.sort_by_key(|l| (order(l.verdict), std::cmp::Reverse(l.period), l.member));
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
