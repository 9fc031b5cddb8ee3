//! Outcome -> what people read, as cells: a block for each KPI and grain, in it the total period by
//! period and each breakdown with members as rows and periods as columns (a list where there is but one
//! period). `table` and `markdown` draw it. Nothing missing, open or skipped goes without a word.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::grid::{Cell, Column, Grid, Tone};
use super::number::Decimal;
use super::order;
use super::value::{self, NO_VALUE, Shape};
use crate::model::judge::Status;
use crate::model::outcome::{Breakdown, KpiCost, KpiTable, Member, Outcome, Reason, Row, Yearly};

/// All that is shown of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// One for each KPI and grain.
    pub blocks: Vec<Block>,
    /// `as of 2026-01-31`.
    pub footer: String,
}

/// A KPI at a grain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// `Revenue (revenue)`.
    pub name: String,
    /// ` · EUR · month`.
    pub rest: String,
    /// The total, then the breakdowns.
    pub sections: Vec<Section>,
}

/// A total or a breakdown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// `by segment`; none for the total.
    pub heading: Option<String>,
    /// Its values; none where it has no rows.
    pub grid: Option<Grid>,
    /// What its marks mean.
    pub legend: Option<String>,
}

/// The view of a result.
pub fn view(outcome: &Outcome) -> View {
    View {
        blocks: outcome
            .tables
            .iter()
            .map(|table| block(outcome, table))
            .chain(super::scorecards::blocks(outcome))
            .collect(),
        footer: format!("as of {}", value::plain(&outcome.as_of)),
    }
}

fn block(outcome: &Outcome, table: &KpiTable) -> Block {
    let (name, mut rest) = value::title(table);
    if let Some(cost) = outcome.costs.iter().find(|c| c.kpi == table.kpi) {
        rest.push_str(&costs(cost));
    }
    let shape = Shape::of(table);
    let (total, split): (Vec<_>, Vec<_>) = table.breakdowns.iter().partition(|b| b.dimensions.is_empty());
    let sections = total.into_iter().chain(split).map(|b| section(table, b, shape)).collect();
    Block { name, rest, sections }
}

/// ` · costs 4,800.00 EUR a year, brings 9,600.00 EUR`.
fn costs(cost: &KpiCost) -> String {
    let amount = |yearly: &Yearly| {
        let number = yearly.amount.and_then(Decimal::from_f64).map(|d| d.rounded(2).grouped());
        let unit = if cost.unit.is_none() { String::new() } else { format!(" {}", cost.unit) };
        number.map_or_else(|| format!("{NO_VALUE} ({})", value::reason(yearly.reason)), |n| n + &unit)
    };
    let parts = [("costs", &cost.cost), ("brings", &cost.benefit)];
    let parts: Vec<String> = parts
        .iter()
        .filter_map(|(verb, of)| of.as_ref().map(|y| format!("{verb} {} a year", amount(y))))
        .collect();
    format!(" · {}", parts.join(", "))
}

fn section(table: &KpiTable, breakdown: &Breakdown, shape: Shape) -> Section {
    let mut rows: Vec<&Row> = breakdown.rows.iter().collect();
    rows.sort_by(|a, b| (a.start, a.end).cmp(&(b.start, b.end)).then(order::members(&a.members, &b.members)));
    let by = value::plain(&breakdown.dimensions.join(", "));
    if breakdown.dimensions.is_empty() {
        return Section { heading: None, grid: total(table, &rows, shape), legend: None };
    }
    let one_period = rows.windows(2).all(|pair| pair[0].start == pair[1].start);
    match rows.first() {
        Some(first) if one_period => {
            // Said once: it holds for every row.
            let open = if first.complete { "" } else { ", open" };
            let heading = Some(format!("by {by}, {}{open}", value::plain(&first.period)));
            Section { heading, grid: list(table, breakdown, &rows, shape), legend: None }
        }
        Some(_) => {
            let (grid, legend) = pivot(table, breakdown, &rows, shape);
            Section { heading: Some(format!("by {by}")), grid: Some(grid), legend }
        }
        None => Section { heading: Some(format!("by {by}")), grid: None, legend: None },
    }
}

/// Period by period: value, change, and a note where there is something to say.
fn total(table: &KpiTable, rows: &[&Row], shape: Shape) -> Option<Grid> {
    let columns = vec![
        column("period", false, false),
        column(&value::unit_header(table), shape.is_number(), !shape.is_number()),
        column("target", true, false),
        column("status", false, false),
        column("change", true, false),
        column("note", false, true),
    ];
    let mut before: Option<&Row> = None;
    let cells = rows
        .iter()
        .map(|row| {
            let change = before.and_then(|b| change(shape, b, row)).unwrap_or_default();
            before = Some(row);
            let period = Cell::new(value::plain(&row.period));
            let [target, status] = judged(table, shape, row);
            let note = Cell::dim(note(shape, row, true));
            vec![period, cell(shape, row, ""), target, status, Cell::new(change), note]
        })
        .collect();
    finished(Grid { columns, rows: cells, repeated: 6 })
}

/// Member by member, of one period.
fn list(table: &KpiTable, breakdown: &Breakdown, rows: &[&Row], shape: Shape) -> Option<Grid> {
    let mut columns = member_columns(breakdown);
    columns.push(column(&value::unit_header(table), shape.is_number(), !shape.is_number()));
    columns.push(column("target", true, false));
    columns.push(column("status", false, false));
    columns.push(column("note", false, true));
    let cells = rows.iter().map(|row| {
        let mut cells = member_cells(breakdown, &row.members);
        cells.push(cell(shape, row, ""));
        cells.extend(judged(table, shape, row));
        cells.push(Cell::dim(note(shape, row, false)));
        cells
    });
    let rows = cells.collect();
    let repeated = columns.len();
    finished(Grid { columns, rows, repeated })
}

/// Members as rows, periods as columns, then the change into the last period.
fn pivot(table: &KpiTable, breakdown: &Breakdown, rows: &[&Row], shape: Shape) -> (Grid, Option<String>) {
    let mut periods: BTreeMap<NaiveDate, &Row> = BTreeMap::new();
    let mut members: Vec<&[Option<Member>]> = Vec::new();
    let mut reasons: Vec<Option<Reason>> = Vec::new();
    let mut at: BTreeMap<(usize, NaiveDate), &Row> = BTreeMap::new();
    let mut sorted: Vec<&Row> = rows.to_vec();
    sorted.sort_by(|a, b| order::members(&a.members, &b.members));
    for row in sorted {
        periods.entry(row.start).and_modify(|p| *p = if p.complete { row } else { *p }).or_insert(row);
        if members.last().is_none_or(|last| order::members(last, &row.members).is_ne()) {
            members.push(&row.members);
        }
        at.insert((members.len() - 1, row.start), row);
        if shape.text(row).is_none() && !reasons.contains(&row.reason) {
            reasons.push(row.reason);
        }
    }
    reasons.sort_by_key(|r| r.map_or(u8::MAX, |r| r as u8));
    let marks: Vec<String> = (0..reasons.len()).map(|i| mark(i, reasons.len())).collect();
    let mark_of = |row: &Row| reasons.iter().position(|r| *r == row.reason).map_or("", |i| &marks[i]);

    let mut columns = member_columns(breakdown);
    let repeated = columns.len();
    columns.extend(periods.values().map(|p| {
        let open = if p.complete { "" } else { "*" };
        column(&format!("{}{open}", value::plain(&p.period)), shape.is_number(), !shape.is_number())
    }));
    let closed = periods.values().rev().filter(|p| p.complete);
    let last_two: Vec<NaiveDate> = closed.clone().take(2).map(|p| p.start).collect();
    let into = closed.clone().next().filter(|p| periods.keys().next_back() != Some(&p.start));
    let header = into.map_or_else(|| "change".to_owned(), |p| format!("into {}", value::plain(&p.period)));
    columns.push(column(&header, true, false));
    let cells = members.iter().enumerate().map(|(i, member)| {
        let mut cells = member_cells(breakdown, member);
        cells.extend(periods.keys().map(|start| {
            at.get(&(i, *start)).map_or_else(Cell::default, |row| {
                let cell = cell(shape, row, mark_of(row));
                if table.judged { signed(cell, row) } else { cell }
            })
        }));
        let of = |n: usize| last_two.get(n).and_then(|start| at.get(&(i, *start)));
        let pair = of(1).zip(of(0));
        cells.push(Cell::new(pair.and_then(|(b, now)| change(shape, b, now)).unwrap_or_default()));
        cells
    });
    let rows: Vec<Vec<Cell>> = cells.collect();
    let grid = without_empty(Grid { columns, rows, repeated }, repeated + periods.len());

    let open = periods.values().any(|p| !p.complete).then(|| "* open".to_owned());
    let short = at.values().filter(|r| !r.window_complete && r.value.is_some()).count();
    let short = (short > 0).then(|| "some windows begin before the data".to_owned());
    let reasons = reasons.iter().zip(&marks).map(|(r, m)| format!("{m} {}", value::reason(*r)));
    let skipping: Vec<i64> = at.values().map(|r| r.skipped).filter(|s| *s > 0).collect();
    let skipped = skipping.iter().fold(0i64, |a, b| a.saturating_add(*b));
    let skipped = (skipped > 0).then(|| {
        let (rows, values) = (value::count(skipped), skipping.len());
        format!("{rows} skipped in {values} {}", if values == 1 { "value" } else { "values" })
    });
    let statuses = if table.judged { statuses(at.values().copied()) } else { Vec::new() };
    let legend: Vec<String> =
        statuses.into_iter().chain(open).chain(reasons).chain(short).chain(skipped).collect();
    (grid, (!legend.is_empty()).then(|| legend.join("   ")))
}

/// `–`, or numbered where there are several reasons.
fn mark(at: usize, of: usize) -> String {
    const NUMBERS: [char; 11] = ['¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹', '⁰', '*'];
    let number = NUMBERS.get(at).filter(|_| of > 1).map(ToString::to_string).unwrap_or_default();
    format!("{NO_VALUE}{number}")
}

fn cell(shape: Shape, row: &Row, mark: &str) -> Cell {
    match shape.text(row) {
        Some(text) => Cell::new(text),
        None => Cell::dim(if mark.is_empty() { NO_VALUE } else { mark }),
    }
}

/// The target, and of an open period's the part that is due; the status by sign and word. Nothing where
/// nothing is wanted of the KPI.
fn judged(table: &KpiTable, shape: Shape, row: &Row) -> [Cell; 2] {
    if !table.judged {
        return [Cell::default(), Cell::default()];
    }
    let target = row.judged.target.and_then(|t| shape.number(t));
    let paced = row.judged.paced.and_then(|p| shape.number(p));
    let target = match (paced, target) {
        (Some(paced), Some(target)) => format!("{paced} of {target}"),
        (_, target) => target.unwrap_or_default(),
    };
    let status = row.judged.status;
    let why = row.judged.why.filter(|_| status == Status::Unknown && row.reason.is_none());
    let why = why.map(|why| format!(", {}", value::reason(Some(why)))).unwrap_or_default();
    let text = format!("{} {}{why}", sign(status), word(status));
    [Cell::new(target), Cell { text, tone: tone(status), ..Cell::default() }]
}

/// A value with the sign of its status.
fn signed(cell: Cell, row: &Row) -> Cell {
    if row.value.is_none() {
        return Cell { text: format!("{}  ", cell.text), ..cell };
    }
    let status = row.judged.status;
    Cell { text: format!("{} {}", cell.text, sign(status)), tone: tone(status), ..cell }
}

/// What the signs mean, of those that are there.
fn statuses<'r>(rows: impl Iterator<Item = &'r Row>) -> Vec<String> {
    let mut found: Vec<(Status, Option<Reason>)> = rows
        .filter(|r| r.value.is_some())
        .map(|r| (r.judged.status, r.judged.why.filter(|_| r.judged.status == Status::Unknown)))
        .collect();
    found.sort_by_key(|(status, why)| (*status, why.map(|w| w as u8)));
    found.dedup();
    let mut out: Vec<String> = Vec::new();
    for (status, why) in found {
        let why_text = why.map(|why| value::reason(Some(why)));
        match (out.last_mut(), why_text) {
            (Some(last), Some(why)) if last.starts_with(sign(Status::Unknown)) => {
                last.push_str(", ");
                last.push_str(&why);
            }
            (_, why) => {
                let why = why.map(|why| format!(": {why}")).unwrap_or_default();
                out.push(format!("{} {}{why}", sign(status), word(status)));
            }
        }
    }
    out
}

/// A sign that needs no colour.
pub(super) fn sign(status: Status) -> &'static str {
    match status {
        Status::OnTrack => "✓",
        Status::AtRisk => "!",
        Status::OffTrack => "✗",
        Status::Unknown => "?",
    }
}

pub(super) fn word(status: Status) -> String {
    status.word().replace('_', " ")
}

fn tone(status: Status) -> Tone {
    match status {
        Status::OnTrack => Tone::Good,
        Status::AtRisk => Tone::Fair,
        Status::OffTrack => Tone::Bad,
        Status::Unknown => Tone::Dim,
    }
}

/// Only between periods that follow one another: over a gap it would be another change than it says.
fn change(shape: Shape, before: &Row, now: &Row) -> Option<String> {
    // What an open period has so far is not comparable with a whole one.
    if before.end == now.start && now.complete { shape.change(before, now) } else { None }
}

fn note(shape: Shape, row: &Row, with_open: bool) -> String {
    let mut notes = Vec::new();
    if with_open && !row.complete {
        notes.push("open".to_owned());
    }
    if shape.text(row).is_none() {
        notes.push(value::reason(row.reason));
    } else if !row.window_complete {
        notes.push("window begins before the data".to_owned());
    }
    if row.skipped > 0 {
        notes.push(format!("n {}, {} skipped", value::count(row.n), value::count(row.skipped)));
    }
    notes.join(", ")
}

fn column(header: &str, right: bool, shrinks: bool) -> Column {
    Column { header: header.to_owned(), right, shrinks }
}

fn member_columns(breakdown: &Breakdown) -> Vec<Column> {
    breakdown.dimensions.iter().map(|d| column(&value::plain(d), false, true)).collect()
}

fn member_cells(breakdown: &Breakdown, members: &[Option<Member>]) -> Vec<Cell> {
    (0..breakdown.dimensions.len())
        .map(|i| {
            let (text, tail) = value::member(members.get(i).and_then(Option::as_ref));
            Cell { text, tail, ..Cell::default() }
        })
        .collect()
}

fn finished(grid: Grid) -> Option<Grid> {
    let from = grid.columns.len().saturating_sub(4);
    (!grid.rows.is_empty()).then(|| without_empty(grid, from))
}

/// Without the columns from `from` on that say nothing.
fn without_empty(mut grid: Grid, from: usize) -> Grid {
    for i in (from..grid.columns.len()).rev() {
        if grid.rows.iter().all(|row| row[i].text.is_empty()) {
            grid.columns.remove(i);
            for row in &mut grid.rows {
                row.remove(i);
            }
        }
    }
    grid.repeated = grid.repeated.min(grid.columns.len());
    grid
}
