//! Scorecards -> what people read and what programs read: a block for each, with a line for each member and
//! period and how each KPI stands; and tidy rows, one for each KPI of each scorecard and one for the whole.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Date32Array, Float64Array, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use chrono::Datelike;

use super::grid::{Cell, Column, Grid};
use super::number::Decimal;
use super::tidy::EPOCH;
use super::value::{self, NO_VALUE};
use super::view::{Block, Section, sign};
use crate::model::judge::Status;
use crate::model::outcome::{Outcome, ScoreRow, ScoreTable};
use crate::model::scorecard::Part;

/// The blocks of all scorecards.
pub fn blocks(outcome: &Outcome) -> Vec<Block> {
    outcome.scorecards.iter().map(block).collect()
}

fn block(table: &ScoreTable) -> Block {
    let name = match &table.label {
        Some(label) => format!("{} ({})", value::plain(label), value::plain(&table.scorecard)),
        None => value::plain(&table.scorecard),
    };
    let rest = format!(" · scorecard · {} · {}", table.rollup, value::plain(&table.grain));
    let mut sections = Vec::new();
    let mut starts: Vec<_> = table.rows.iter().map(|r| r.start).collect();
    starts.sort_unstable();
    starts.dedup();
    for start in starts {
        let rows: Vec<&ScoreRow> = table.rows.iter().filter(|r| r.start == start).collect();
        sections.push(section(table, &rows));
    }
    Block { name, rest, sections }
}

fn section(table: &ScoreTable, rows: &[&ScoreRow]) -> Section {
    let column = |header: &str, right: bool| Column { header: header.to_owned(), right, shrinks: !right };
    let mut columns: Vec<Column> = table.dimensions.iter().map(|d| column(&value::plain(d), false)).collect();
    let repeated = columns.len();
    columns.push(column("score", true));
    columns.push(column("attained", true));
    for kpi in &table.kpis {
        columns.push(column(&format!("{} {}", value::plain(&kpi.kpi), percent(Some(kpi.weight), 0)), true));
    }
    if let Some(unit) = &table.pay {
        columns.push(column(&if unit.is_none() { "pay".to_owned() } else { format!("pay, {unit}") }, true));
    }
    columns.push(column("note", false));
    let lines = rows.iter().map(|row| line(table, row)).collect();
    let open = rows.first().is_some_and(|r| !r.complete);
    let heading =
        rows.first().map(|r| format!("{}{}", value::plain(&r.period), if open { ", open" } else { "" }));
    let mut unknown: Vec<String> = Vec::new();
    for row in rows {
        for (part, kpi) in row.parts.iter().zip(&table.kpis).filter(|(p, _)| p.status == Status::Unknown) {
            let text = format!("{}: {}", kpi.kpi, value::reason(part.why));
            if !unknown.contains(&text) {
                unknown.push(text);
            }
        }
    }
    let legend = (!unknown.is_empty())
        .then(|| format!("{} not judged: {}", sign(Status::Unknown), unknown.join("; ")));
    Section { heading, grid: Some(Grid { columns, rows: lines, repeated }), legend }
}

fn line(table: &ScoreTable, row: &ScoreRow) -> Vec<Cell> {
    let mut cells: Vec<Cell> = row
        .members
        .iter()
        .map(|m| {
            let (text, tail) = value::member(m.as_ref());
            Cell { text, tail, ..Cell::default() }
        })
        .collect();
    cells.push(Cell::new(number(row.score, 1)));
    cells.push(Cell::new(percent(row.attainment, 1)));
    cells.extend(row.parts.iter().map(part));
    if table.pay.is_some() {
        cells.push(Cell::new(number(row.pay, 2)));
    }
    let mut notes: Vec<String> = Vec::new();
    if let Some(why) = row.why {
        notes.push(format!("unknown: {}", value::reason(Some(why))));
    } else if row.coverage < 1.0 - 1e-9 {
        notes.push(format!("{} of the weight judged", percent(Some(row.coverage), 0)));
    }
    if let Some(why) = row.pay_why.filter(|why| Some(*why) != row.why) {
        notes.push(format!("pay {}", value::reason(Some(why))));
    }
    cells.push(Cell::dim(notes.join(", ")));
    cells
}

fn part(part: &Part) -> Cell {
    match part.score {
        Some(score) => Cell::new(format!("{} {}", number(Some(score), 1), sign(part.status))),
        None => Cell::dim(sign(Status::Unknown)),
    }
}

/// A number with so many digits.
pub(super) fn number(value: Option<f64>, digits: usize) -> String {
    let text = value.and_then(Decimal::from_f64).map(|d| d.rounded(digits).grouped());
    text.unwrap_or_else(|| NO_VALUE.to_owned())
}

/// A part as a percentage.
pub(super) fn percent(value: Option<f64>, digits: usize) -> String {
    let text =
        value.and_then(Decimal::from_f64).map(|d| format!("{}%", d.shifted(2).rounded(digits).grouped()));
    text.unwrap_or_else(|| NO_VALUE.to_owned())
}

/// A line of the tidy rows: a KPI of a scorecard, or the whole of it.
type Line<'a> = (&'a ScoreTable, &'a ScoreRow, Option<usize>);

/// All rows: for each scorecard, period and member one for each KPI (`weight`, `score`, `attainment`, `status`,
/// `contribution`, which add up to the score) and one with an empty `kpi` for the whole (`coverage`, `base`,
/// `multiplier`, `pay` in `unit`). `reason` says why there is no score, or of the whole why the pay is unknown.
pub fn batch(outcome: &Outcome) -> Result<RecordBatch, ArrowError> {
    let mut dimensions: Vec<String> = Vec::new();
    let mut lines: Vec<Line<'_>> = Vec::new();
    for table in &outcome.scorecards {
        for dimension in table.dimensions.iter().filter(|d| !dimensions.contains(d)).collect::<Vec<_>>() {
            dimensions.push(dimension.clone());
        }
        for row in &table.rows {
            lines.push((table, row, None));
            lines.extend((0..row.parts.len()).map(|at| (table, row, Some(at))));
        }
    }
    let texts = |of: &dyn Fn(&Line<'_>) -> Option<String>| -> ArrayRef {
        Arc::new(lines.iter().map(of).collect::<StringArray>())
    };
    let floats = |of: &dyn Fn(&Line<'_>) -> Option<f64>| -> ArrayRef {
        let of = lines.iter().map(|l| of(l).filter(|v| v.is_finite()).map(|v| v + 0.0));
        Arc::new(of.collect::<Float64Array>())
    };
    let days = |of: &dyn Fn(&ScoreRow) -> chrono::NaiveDate| -> ArrayRef {
        Arc::new(Date32Array::from_iter_values(lines.iter().map(|l| of(l.1).num_days_from_ce() - EPOCH)))
    };
    let part = |l: &Line<'_>| l.2.map(|at| l.1.parts[at]);
    let whole = |l: &Line<'_>, of: Option<f64>| if l.2.is_none() { of } else { None };
    let mut columns: Vec<(String, ArrayRef)> = vec![
        ("scorecard".to_owned(), texts(&|l| Some(l.0.scorecard.clone()))),
        ("grain".to_owned(), texts(&|l| Some(l.0.grain.clone()))),
        ("period_start".to_owned(), days(&|r| r.start)),
        ("period_end".to_owned(), days(&|r| r.end)),
    ];
    for dimension in &dimensions {
        let member = |l: &Line<'_>| {
            let at = l.0.dimensions.iter().position(|d| d == dimension)?;
            l.1.members.get(at)?.as_ref().map(|m| m.key.clone())
        };
        columns.push((format!("at.{dimension}"), texts(&member)));
    }
    let complete: BooleanArray = lines.iter().map(|l| Some(l.1.complete)).collect();
    let rest: Vec<(&str, ArrayRef)> = vec![
        ("kpi", texts(&|l| l.2.map(|at| l.0.kpis[at].kpi.clone()))),
        ("weight", floats(&|l| part(l).map(|p| p.weight))),
        ("score", floats(&|l| part(l).map_or(l.1.score, |p| p.score))),
        ("attainment", floats(&|l| part(l).map_or(l.1.attainment, |p| p.attainment))),
        ("status", texts(&|l| part(l).map(|p| p.status.word().to_owned()))),
        ("contribution", floats(&|l| part(l).and_then(|p| p.contribution))),
        ("coverage", floats(&|l| whole(l, Some(l.1.coverage)))),
        ("base", floats(&|l| whole(l, l.1.base))),
        ("multiplier", floats(&|l| whole(l, l.1.multiplier))),
        ("pay", floats(&|l| whole(l, l.1.pay))),
        ("unit", texts(&|l| l.0.pay.as_ref().filter(|u| !u.is_none()).map(ToString::to_string))),
        (
            "reason",
            texts(&|l| {
                let why = part(l).map_or(l.1.why.or(l.1.pay_why), |p| p.why);
                why.map(|w| w.word().to_owned())
            }),
        ),
        ("complete", Arc::new(complete)),
        ("period", texts(&|l| Some(l.1.period.clone()))),
    ];
    columns.extend(rest.into_iter().map(|(name, column)| (name.to_owned(), column)));
    let fields: Vec<Field> = columns
        .iter()
        .map(|(name, column)| {
            Field::new(name, column.data_type().clone(), *column.data_type() != DataType::Date32)
        })
        .collect();
    let metadata = [("project", &outcome.project), ("as_of", &outcome.as_of)];
    let metadata: HashMap<String, String> =
        metadata.into_iter().map(|(k, v)| (k.to_owned(), v.clone())).collect();
    let schema = Schema::new(fields).with_metadata(metadata);
    RecordBatch::try_new(Arc::new(schema), columns.into_iter().map(|(_, column)| column).collect())
}
