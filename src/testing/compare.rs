//! Expected against computed, field by field. A field that a result has is one line in the table here.

use super::expect::{Expected, Subject, bad};
use super::rules;
use super::wanted::{Got, difference};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::near::{did_you_mean, nearest};
use crate::model::calendar::Calendar;
use crate::model::outcome::{KpiTable, Member, Outcome, Reason, Row, ScoreRow, ScoreTable};
use crate::model::project::Dimension;
use crate::model::types::Type;
use crate::report::number::Decimal;
use crate::report::tidy;
use crate::source::Span;

/// What can be expected of a result.
pub struct Field {
    /// The key under `expect:`.
    pub name: &'static str,
    /// Its value in a result.
    get: fn(&KpiTable, &Row) -> Got,
}

/// All of them.
pub const FIELDS: &[Field] = &[
    Field { name: "value", get: value },
    Field { name: "n", get: |_, row| count(row, row.n) },
    Field { name: "skipped", get: |_, row| count(row, row.skipped) },
    Field { name: "reason", get: reason },
    Field { name: "target", get: |table, row| beside(table, row, row.judged.target) },
    Field { name: "attainment", get: |_, row| part(row, row.judged.attainment) },
    Field { name: "status", get: |_, row| Got::Word(row.judged.status.word().to_owned()) },
    Field { name: "score", get: |_, row| part(row, row.judged.score) },
    Field { name: "previous", get: |table, row| beside(table, row, row.judged.previous) },
    Field { name: "change", get: |table, row| beside(table, row, row.judged.change) },
    Field { name: "complete", get: |_, row| Got::Word(row.complete.to_string()) },
];

/// What can be expected of a scorecard.
pub struct CardField {
    /// The key under `expect:`.
    pub name: &'static str,
    /// Its value.
    get: fn(&ScoreTable, &ScoreRow) -> Got,
}

/// All of them.
pub const CARD_FIELDS: &[CardField] = &[
    CardField { name: "score", get: |_, row| share(row.score, row.why) },
    CardField { name: "attainment", get: |_, row| share(row.attainment, row.why) },
    CardField { name: "coverage", get: |_, row| share(Some(row.coverage), None) },
    CardField { name: "pay", get: pay },
    CardField { name: "reason", get: |_, row| word(row.why.or(row.pay_why)) },
    CardField { name: "complete", get: |_, row| Got::Word(row.complete.to_string()) },
];

/// A field that is not as expected.
pub struct Difference {
    /// The field.
    pub field: &'static str,
    /// What is expected, and where it is written.
    pub expected: String,
    /// Its place.
    pub span: Span,
    /// What was computed, as it would have been typed.
    pub got: String,
}

/// What differs in one result.
pub fn compare(
    expected: &Expected,
    outcome: &Outcome,
    calendar: &Calendar,
) -> Result<Vec<Difference>, Box<Diagnostic>> {
    let got: Vec<(&'static str, Got)> = match expected.of {
        Subject::Kpi => {
            let (table, row) = find(expected, outcome, calendar)?;
            FIELDS.iter().map(|f| (f.name, (f.get)(table, row))).collect()
        }
        Subject::Scorecard => {
            let (table, row) = find_card(expected, outcome, calendar)?;
            CARD_FIELDS.iter().map(|f| (f.name, (f.get)(table, row))).collect()
        }
        Subject::Rule => rules::judged(expected, outcome, calendar)?,
    };
    let mut differences = Vec::new();
    for (name, typed) in &expected.fields {
        let Some((field, got)) = got.iter().find(|(field, _)| field == name) else { continue };
        if *field == "reason" && !is_reason(&typed.node) {
            let mut problem =
                bad(format!("no reason is named `{}`", typed.node), typed.span, "unknown reason");
            problem.help = did_you_mean(&typed.node, Reason::ALL.map(Reason::word));
            return Err(Box::new(problem));
        }
        match difference(&typed.node, got) {
            Ok(None) => {}
            Ok(Some(got)) => {
                differences.push(Difference { field, expected: typed.node.clone(), span: typed.span, got });
            }
            Err(why) => {
                return Err(Box::new(bad(
                    format!("`{}` cannot be compared with `{name}`", typed.node),
                    typed.span,
                    why,
                )));
            }
        }
    }
    Ok(differences)
}

/// Whether two breakdowns are the same.
pub fn same_dimensions(a: &[Dimension], b: &[Dimension]) -> bool {
    a.iter().map(|d| &d.path).eq(b.iter().map(|d| &d.path))
}

fn find<'a>(
    expected: &Expected,
    outcome: &'a Outcome,
    calendar: &Calendar,
) -> Result<(&'a KpiTable, &'a Row), Box<Diagnostic>> {
    let names: Vec<String> = expected.dimensions.iter().map(Dimension::name).collect();
    let table = outcome.tables.iter().find(|t| t.kpi == expected.name.node);
    let breakdown = table.and_then(|t| t.breakdowns.iter().find(|b| b.dimensions == names));
    let Some((table, breakdown)) = table.zip(breakdown) else {
        return Err(Box::new(bad(
            format!("`{}` has no result by {}", expected.name.node, names.join(", ")),
            expected.name.span,
            "it does not reach what is asked for",
        )));
    };
    let rows: Vec<Place<'_>> = breakdown.rows.iter().map(|r| (r.period.as_str(), &r.members[..])).collect();
    let at = place(expected, &names, &rows, calendar)?;
    Ok((table, &breakdown.rows[at]))
}

fn find_card<'a>(
    expected: &Expected,
    outcome: &'a Outcome,
    calendar: &Calendar,
) -> Result<(&'a ScoreTable, &'a ScoreRow), Box<Diagnostic>> {
    let names: Vec<String> = expected.dimensions.iter().map(Dimension::name).collect();
    let table = outcome.scorecards.iter().find(|t| t.scorecard == expected.name.node);
    let Some(table) = table.filter(|t| t.dimensions == names) else {
        let of = table.map_or("the whole".to_owned(), |t| format!("each {}", t.dimensions.join(", ")));
        return Err(Box::new(
            bad(
                format!("`{}` is a scorecard of {of}", expected.name.node),
                expected.dimensions.first().map_or(expected.name.span, |d| d.span),
                "another one is asked for",
            )
            .help("`at:` names a member of each dimension of the scorecard, in its order"),
        ));
    };
    let rows: Vec<Place<'_>> = table.rows.iter().map(|r| (r.period.as_str(), &r.members[..])).collect();
    let at = place(expected, &names, &rows, calendar)?;
    Ok((table, &table.rows[at]))
}

/// The period and members of a row.
type Place<'a> = (&'a str, &'a [Option<Member>]);

/// The row that is meant.
fn place(
    expected: &Expected,
    names: &[String],
    rows: &[Place<'_>],
    calendar: &Calendar,
) -> Result<usize, Box<Diagnostic>> {
    let name = &expected.name.node;
    let period = calendar.name(expected.grain, expected.period);
    let fits = |row: &Place<'_>, at: usize| {
        let member = row.1.get(at).and_then(|m| m.as_ref()).map(|m| m.key.as_str());
        expected.members.get(at).is_some_and(|wanted| wanted.node.as_deref() == member)
    };
    for (at, member) in expected.members.iter().enumerate() {
        if rows.iter().any(|row| fits(row, at)) {
            continue;
        }
        let text = member.node.as_deref().unwrap_or("(none)");
        let mut problem = bad(
            format!("`{name}` has no result for `{text}` of {}", names[at]),
            member.span,
            "no such member in the rows that it sees",
        );
        let seen = rows.iter().filter_map(|r| r.1.get(at)?.as_ref()).map(|m| m.key.as_str());
        let mut seen: Vec<&str> = seen.collect();
        seen.sort_unstable();
        seen.dedup();
        problem.help = match nearest(text, seen.iter().copied()) {
            Some(near) => Some(format!("a near one exists: `{near}`")),
            None if seen.is_empty() => None,
            None => did_you_mean(text, seen),
        };
        return Err(Box::new(problem));
    }
    let found = rows.iter().position(|row| row.0 == period && (0..names.len()).all(|at| fits(row, at)));
    found.ok_or_else(|| {
        Box::new(
            bad(
                format!("`{name}` has no result in {period} there"),
                expected.period_span,
                "nothing was seen, so there is no result to compare",
            )
            .help("`fill: entities` of the KPI gives results to members that saw nothing"),
        )
    })
}

fn value(table: &KpiTable, row: &Row) -> Got {
    let number = |text: Option<&str>| text.and_then(Decimal::parse).or(row.value.and_then(Decimal::from_f64));
    let got = match table.ty {
        Type::Boolean => row.value.map(|v| Got::Word((v != 0.0).to_string())),
        Type::Text | Type::Date | Type::Timestamp | Type::Unknown => row.exact.clone().map(Got::Word),
        Type::Duration => number(None).map(Got::Days),
        Type::Integer | Type::Decimal(_) | Type::Float => {
            let unit = tidy::unit(table).filter(|_| !table.percent).unwrap_or_default();
            number(row.exact.as_deref()).map(|d| Got::Number(d, unit))
        }
    };
    got.unwrap_or(Got::Missing(row.reason.map(Reason::word)))
}

/// Of a value that is withheld no evidence is told either.
fn count(row: &Row, count: i64) -> Got {
    if row.reason == Some(Reason::Hidden) {
        return Got::Missing(Some(Reason::Hidden.word()));
    }
    Decimal::parse(&count.to_string()).map_or(Got::Missing(None), |n| Got::Number(n, String::new()))
}

/// A number that counts as the values do.
fn beside(table: &KpiTable, row: &Row, number: Option<f64>) -> Got {
    let unit = tidy::unit(table).filter(|_| !table.percent).unwrap_or_default();
    match number.and_then(Decimal::from_f64) {
        None => Got::Missing(row.why().map(Reason::word)),
        Some(number) if table.ty == Type::Duration => Got::Days(number),
        Some(number) => Got::Number(number, unit),
    }
}

/// A number of how the value stands.
fn part(row: &Row, number: Option<f64>) -> Got {
    let missing = Got::Missing(row.why().map(Reason::word));
    number.and_then(Decimal::from_f64).map_or(missing, |n| Got::Number(n, String::new()))
}

fn reason(_: &KpiTable, row: &Row) -> Got {
    word(row.why())
}

/// A number of a scorecard.
fn share(number: Option<f64>, why: Option<Reason>) -> Got {
    let missing = Got::Missing(why.map(Reason::word));
    number.and_then(Decimal::from_f64).map_or(missing, |n| Got::Number(n, String::new()))
}

fn pay(table: &ScoreTable, row: &ScoreRow) -> Got {
    match share(row.pay, row.pay_why) {
        Got::Number(number, _) => {
            Got::Number(number, table.pay.as_ref().map(ToString::to_string).unwrap_or_default())
        }
        other => other,
    }
}

fn word(why: Option<Reason>) -> Got {
    why.map_or(Got::Missing(None), |why| Got::Word(why.word().to_owned()))
}

fn is_reason(text: &str) -> bool {
    ["null", "~", "missing"].contains(&text) || Reason::ALL.iter().any(|r| r.word() == text)
}
