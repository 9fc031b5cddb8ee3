//! Why a value is what it is -> text for people: a headline, the formula's parts with their values indented
//! beneath, the rows behind each, then target, status and change.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::number::Decimal;
use super::tidy;
use super::value::{NO_VALUE, Shape, count, member, plain, reason};
use super::view::{sign, word};
use super::why_facts::facts;
use crate::model::judge::{Better, Status};
use crate::model::types::Type;
use crate::model::why::{Figure, Operand, Part, Rows, Wanted, Why};

/// Writes it.
pub fn write(why: &Why, out: &mut dyn Write) -> io::Result<()> {
    let shape = Shape::of(&why.table);
    writeln!(out, "{}", headline(why))?;
    if let Some(because) = &why.because
        && (why.row.reason.is_some() || why.table.judged)
    {
        writeln!(out, "{}: {}", reason(Some(because.reason)), plain(&because.text))?;
    }
    let (start, end) = (why.row.start, why.row.end.pred_opt().unwrap_or(why.row.end));
    let state = if why.row.complete { "closed" } else { "open" };
    let window = if why.row.window_complete { "" } else { ", a window begins before the data" };
    writeln!(
        out,
        "{} {}, {start} to {end}, {state} as of {}{window}",
        why.table.grain, why.row.period, why.as_of
    )?;
    writeln!(out, "\nformula   {}", why.place)?;
    operand(out, &why.formula, 2)?;
    let facts = facts(why, shape);
    if why.target.is_some() || why.baseline.is_some() || !facts.is_empty() {
        writeln!(out)?;
    }
    if let Some(target) = &why.target {
        wanted(out, "target", target)?;
    }
    if let Some(baseline) = &why.baseline {
        wanted(out, "baseline", baseline)?;
    }
    for (key, text) in facts {
        writeln!(out, "{key:<9} {text}")?;
    }
    out.flush()
}

/// `Churn rate of R2 in 2026-Q1: 7.1%, off track (✗): target 5.0%, attainment 58%`.
pub fn headline(why: &Why) -> String {
    let shape = Shape::of(&why.table);
    let label = plain(why.table.label.as_deref().unwrap_or(&why.table.kpi));
    let members: Vec<String> = why
        .row
        .members
        .iter()
        .zip(&why.dimensions)
        .map(|(m, dimension)| match m {
            Some(_) => {
                let (text, tail) = member(m.as_ref());
                format!("{text}{tail}")
            }
            None => format!("no {}", plain(dimension)),
        })
        .collect();
    let of = if members.is_empty() { String::new() } else { format!(" of {}", members.join(", ")) };
    let value = shape.text(&why.row).map_or_else(
        || format!("{NO_VALUE} ({})", reason(why.row.reason)),
        |text| format!("{text}{}", unit(why)),
    );
    let mut text = format!("{label}{of} in {}: {value}", why.row.period);
    if !why.table.judged {
        return text;
    }
    let judged = &why.row.judged;
    let _ = write!(text, ", {} ({})", word(judged.status), sign(judged.status));
    let unknown = judged.why.filter(|_| judged.status == Status::Unknown && why.row.reason.is_none());
    if let Some(unknown) = unknown {
        let _ = write!(text, ", {}", reason(Some(unknown)));
    }
    let mut more = Vec::new();
    match (judged.paced, judged.target) {
        (Some(paced), Some(target)) => more.extend(
            shape.number(paced).zip(shape.number(target)).map(|(p, t)| format!("due {p} of target {t}")),
        ),
        (_, Some(target)) => more.extend(shape.number(target).map(|t| format!("target {t}"))),
        _ => {}
    }
    if let Some(Better::Within(low, high)) = why.better {
        more.extend(
            shape.number(low).zip(shape.number(high)).map(|(l, h)| format!("wanted from {l} to {h}")),
        );
    }
    more.extend(judged.attainment.and_then(part).map(|a| format!("attainment {a}")));
    if !more.is_empty() {
        let _ = write!(text, ": {}", more.join(", "));
    }
    text
}

/// The unit after a value.
pub(super) fn unit(why: &Why) -> String {
    let unit = if why.table.percent { None } else { tidy::unit(&why.table) };
    unit.map_or_else(String::new, |unit| format!(" {}", plain(&unit)))
}

/// `58%`, with a digit where it has one.
pub(super) fn part(value: f64) -> Option<String> {
    let percent = Decimal::from_f64(value)?.shifted(2);
    let whole = percent.clone().rounded(0).grouped();
    let finer = percent.rounded(1).grouped();
    Some(format!("{}%", if finer.strip_suffix(".0") == Some(&whole) { whole } else { finer }))
}

/// A part with what it is made of, each level further in.
fn operand(out: &mut dyn Write, of: &Operand, depth: usize) -> io::Result<()> {
    let indent = " ".repeat(depth);
    let role = of.role.as_ref().map(|role| format!("{}: ", plain(role))).unwrap_or_default();
    writeln!(out, "{indent}{role}{}", plain(&of.text))?;
    let inner = " ".repeat(depth + 2);
    if let Some(found) = &of.figure {
        writeln!(out, "{inner}= {}", figure(found, of.part == Part::Aggregate || of.rows.is_some()))?;
    }
    if let Some(formula) = of.formula.as_ref().filter(|f| **f != of.text) {
        writeln!(out, "{inner}which is {}", plain(formula))?;
    }
    for note in &of.notes {
        writeln!(out, "{inner}{}", plain(note))?;
    }
    if let Some(rows) = &of.rows {
        for line in rows_lines(rows) {
            writeln!(out, "{inner}{line}")?;
        }
    }
    for part in &of.operands {
        operand(out, part, depth + 4)?;
    }
    Ok(())
}

/// The value with its unit; of an aggregate with the rows behind it.
fn figure(found: &Figure, aggregate: bool) -> String {
    let Some(text) = Shape::of_figure(found).shown(found.value, found.exact.as_deref()) else {
        return format!("{NO_VALUE} ({})", reason(found.reason));
    };
    let unit = match found.ty {
        _ if found.percent => String::new(),
        Type::Duration => " days".to_owned(),
        _ if found.unit.is_strict() => format!(" {}", plain(&found.unit.to_string())),
        _ => String::new(),
    };
    // What is counted is the value itself.
    let counts = aggregate && (found.ty != Type::Integer || found.skipped > 0);
    let mut behind = Vec::new();
    if let Some(n) = found.n.filter(|_| counts) {
        behind.push(format!("of {}", rows_s(n)));
    }
    if found.skipped > 0 && aggregate {
        behind.push(format!("{} skipped, without a value", count(found.skipped)));
    }
    let behind = if behind.is_empty() { String::new() } else { format!("  ({})", behind.join(", ")) };
    format!("{text}{unit}{behind}")
}

/// `1,204 rows of `invoices` in 2026-01`, then those that each condition leaves.
fn rows_lines(rows: &Rows) -> Vec<String> {
    let mut lines = vec![format!("{} of `{}` {}", rows_s(rows.all), plain(&rows.source), plain(&rows.when))];
    for (at, (condition, left)) in rows.kept.iter().enumerate() {
        let of = if at == 0 { "them" } else { "these" };
        lines.push(format!("{} of {of} where {}", count(*left), plain(condition)));
    }
    lines
}

/// `1 row`, `1,204 rows`.
pub(super) fn rows_s(n: i64) -> String {
    format!("{} row{}", count(n), if n == 1 { "" } else { "s" })
}

fn wanted(out: &mut dyn Write, key: &str, wanted: &Wanted) -> io::Result<()> {
    let found = wanted.operand.figure.as_ref();
    let text = found.map_or_else(|| NO_VALUE.to_owned(), |f| figure(f, false));
    let from = if wanted.table { String::new() } else { format!(": {}", plain(&wanted.operand.text)) };
    writeln!(out, "{key:<9} {text}, from {}{from}", wanted.place)?;
    for note in &wanted.operand.notes {
        writeln!(out, "{:10}{}", "", plain(note))?;
    }
    for part in &wanted.operand.operands {
        operand(out, part, 10)?;
    }
    Ok(())
}
