//! What is expected of alignment rules: a verdict for a member and a period, since when, and what is said.

use super::expect::{Expected, Subject, bad};
use super::wanted::Got;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::near::{did_you_mean, nearest};
use crate::model::calendar::Calendar;
use crate::model::findings::{Finding, RuleTable};
use crate::model::outcome::{Outcome, Reason};
use crate::model::project::{Dimension, Model};
use crate::model::verdict::Verdict;
use crate::report::findings::message;

/// What can be expected of a rule.
pub struct RuleField {
    /// The key under `expect:`.
    pub name: &'static str,
    /// Its value, of the verdict and what led to it; nothing did to a plain one.
    get: fn(&RuleTable, Verdict, Option<&Finding>) -> Got,
}

/// All of them.
pub const RULE_FIELDS: &[RuleField] = &[
    RuleField { name: "verdict", get: |_, verdict, _| Got::Word(verdict.word().to_owned()) },
    RuleField { name: "message", get: told },
    RuleField { name: "since", get: since },
    RuleField { name: "reason", get: reason },
];

/// What was expected of rules and cannot be there: a period of definitions, or none of results.
pub fn unfit(expected: &[Expected], model: &Model) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for each in expected.iter().filter(|e| e.of == Subject::Rule) {
        let name = &each.name.node;
        let Some(rule) = model.rules.iter().find(|r| r.name == *name && r.lacks.is_none()) else { continue };
        if rule.timeless && each.dated {
            let headline = format!("`{name}` reads definitions alone");
            problems.push(
                bad(headline, each.period_span, "it has one verdict, of no period")
                    .help("the expectation without `period:`"),
            );
        } else if !rule.timeless && !each.dated {
            let grain = model.calendar.grain_name(rule.grain);
            problems.push(bad(
                "an expectation without a period",
                each.period_span,
                format!("which {grain} is meant"),
            ));
        }
    }
    problems
}

/// What a rule says of whom is meant.
pub fn judged(
    expected: &Expected,
    outcome: &Outcome,
    calendar: &Calendar,
) -> Result<Vec<(&'static str, Got)>, Box<Diagnostic>> {
    let name = &expected.name.node;
    let Some(table) = outcome.rules.iter().find(|t| t.rule == *name) else {
        return Err(Box::new(bad(format!("`{name}` was not judged"), expected.name.span, "no verdicts")));
    };
    let of = |verdict: Verdict, finding: Option<&Finding>| {
        RULE_FIELDS.iter().map(|f| (f.name, (f.get)(table, verdict, finding))).collect()
    };
    if table.lacks.is_some() {
        return Ok(of(Verdict::NotApplicable, None));
    }
    let member = member(expected, table)?;
    let period = if expected.dated {
        let start = calendar.start(expected.grain, expected.period);
        table.periods.iter().position(|p| p.start == start)
    } else {
        table.periods.len().checked_sub(1)
    };
    let Some(period) = period else {
        let headline = format!("`{name}` judges no such period");
        return Err(Box::new(bad(headline, expected.period_span, "there is no verdict to compare")));
    };
    let finding = table.findings.iter().find(|f| (f.member, f.period) == (member, period));
    Ok(of(table.verdict(member, period), finding))
}

/// The member that is meant.
fn member(expected: &Expected, table: &RuleTable) -> Result<usize, Box<Diagnostic>> {
    let name = &expected.name.node;
    let names: Vec<String> = expected.dimensions.iter().map(Dimension::name).collect();
    let mut at = Vec::new();
    for (place, shown) in names.iter().enumerate() {
        match table.dimensions.iter().position(|d| d == shown) {
            Some(found) => at.push((found, &expected.members[place])),
            None => {
                let span = expected.dimensions[place].span;
                return Err(whom(bad(format!("`{name}` is not judged for each `{shown}`"), span, ""), table));
            }
        }
    }
    if at.len() != table.dimensions.len() {
        let headline = format!("`{name}` is judged for each {}", table.dimensions.join(", "));
        return Err(whom(bad(headline, expected.name.span, "whom is meant"), table));
    }
    for (place, member) in &at {
        let text = member.node.as_deref().unwrap_or("(none)");
        let mut seen: Vec<&str> = table.members.iter().map(|m| m[*place].key.as_str()).collect();
        if seen.contains(&text) {
            continue;
        }
        seen.sort_unstable();
        seen.dedup();
        let headline = format!("`{name}` does not judge `{text}` of {}", table.dimensions[*place]);
        let mut problem = bad(headline, member.span, "no such member is there to be judged");
        problem.help = match nearest(text, seen.iter().copied()) {
            Some(near) => Some(format!("a near one exists: `{near}`")),
            None if seen.is_empty() => None,
            None => did_you_mean(text, seen),
        };
        return Err(Box::new(problem));
    }
    let fits = |keys: &Vec<crate::model::outcome::Member>| {
        at.iter().all(|(place, member)| Some(keys[*place].key.as_str()) == member.node.as_deref())
    };
    table.members.iter().position(fits).ok_or_else(|| {
        let span = at.first().map_or(expected.name.span, |(_, member)| member.span);
        Box::new(bad(format!("`{name}` does not judge these together"), span, "they were not seen together"))
    })
}

fn whom(problem: Diagnostic, table: &RuleTable) -> Box<Diagnostic> {
    Box::new(match table.dimensions.as_slice() {
        [] => problem.help("the rule judges the whole: `at:` can be left out"),
        all => problem.help(format!("`at:` names a member of each of its dimensions: {}", all.join(", "))),
    })
}

/// What is said where there is something to say.
fn told(table: &RuleTable, _: Verdict, finding: Option<&Finding>) -> Got {
    let is = |f: &&Finding| matches!(f.beneath, Verdict::Fires | Verdict::Pending);
    finding.filter(is).map_or(Got::Missing(None), |f| Got::Word(message(table, f)))
}

fn since(_: &RuleTable, _: Verdict, finding: Option<&Finding>) -> Got {
    let since = finding.and_then(|f| f.since.as_ref());
    since.map_or(Got::Missing(None), |(period, _)| Got::Word(period.to_string()))
}

fn reason(_: &RuleTable, _: Verdict, finding: Option<&Finding>) -> Got {
    let why = finding.and_then(|f| f.why);
    why.map_or(Got::Missing(None), |why| Got::Word(Reason::word(why).to_owned()))
}
