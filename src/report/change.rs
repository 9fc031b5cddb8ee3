//! What a change comes from -> the table that people read: the greatest effects first, a line for the rest, and
//! the change itself as their total.

use std::io::{self, Write};

use super::TableOptions;
use super::grid::{Cell, Column, Grid, Tone};
use super::value::{self, NO_VALUE, Shape};
use crate::model::change::{Cause, Change, Effect, Method};
use crate::model::outcome::Row;
use crate::model::types::Type;

/// Writes the table, with the `top` greatest effects.
pub fn write(change: &Change, top: usize, options: &TableOptions, out: &mut dyn Write) -> io::Result<()> {
    let (name, rest) = value::title(&change.table);
    let split =
        if change.by.is_empty() { "by factor".to_owned() } else { format!("by {}", change.by.join(", ")) };
    let colour = options.colour;
    let dim = |text: &str| Tone::Dim.paint(text, colour);
    writeln!(out, "{}{}\n", Tone::Strong.paint(&name, colour), dim(&format!("{rest} · {split}")))?;
    for line in grid(change, top).lines(options.width, colour) {
        writeln!(out, "{}", line.trim_end())?;
    }
    writeln!(out)?;
    for line in legend(change) {
        writeln!(out, "{}", dim(&line))?;
    }
    writeln!(out, "{}", dim(&format!("as of {}", change.as_of)))?;
    out.flush()
}

fn grid(change: &Change, top: usize) -> Grid {
    let shape = Shape::of(&change.table);
    let broken = change.by.is_empty() && change.table.ty == Type::Integer;
    let (mixed, weighed) =
        (change.method == Method::MixRate, change.effects.iter().any(|e| e.weights.is_some()));
    let [before, after] = change.rows.each_ref().map(|r| r.period.clone());
    let column = |header: &str, right| Column { header: header.to_owned(), right, shrinks: !right };
    let mut columns: Vec<Column> = if change.by.is_empty() {
        vec![column("factor", false)]
    } else {
        change.by.iter().map(|d| column(d, false)).collect()
    };
    let repeated = columns.len();
    columns.extend([column(&before, true), column(&after, true)]);
    if weighed {
        columns.push(column("weight", true));
    }
    if mixed {
        columns.extend([column("mix", true), column("rate", true)]);
    }
    columns.push(column("effect", true));
    let text = |value: f64| Cell::new(shape.effect(value, broken).unwrap_or_else(|| NO_VALUE.to_owned()));
    let effects = |all: &[Effect]| -> Vec<Cell> {
        let sum = |of: &dyn Fn(&Effect) -> f64| all.iter().map(of).sum::<f64>();
        let part = |at: usize| move |e: &Effect| e.mix_rate.map_or(0.0, |parts| parts[at]);
        let mut cells = Vec::new();
        if mixed {
            cells.extend([0, 1].map(|at| text(sum(&part(at)))));
        }
        cells.push(text(sum(&|e| e.effect)));
        cells
    };
    let named = |first: String| {
        std::iter::once(Cell::new(first)).chain((1..repeated).map(|_| Cell::default())).collect::<Vec<_>>()
    };
    // A line for one other would take no less room than that one.
    let shown = if change.effects.len() == top.saturating_add(1) { change.effects.len() } else { top };
    let (first, others) = change.effects.split_at(shown.min(change.effects.len()));
    let mut rows = Vec::new();
    for effect in first {
        let mut row = causes(effect);
        let shape = if let Cause::Factor(.., table) = &effect.cause { Shape::of(table) } else { shape };
        row.extend(effect.rows.iter().map(|r| cell(shape, r.as_ref())));
        if weighed {
            let part = |w: f64| format!("{:.1}%", w * 100.0 + 0.0);
            let [before, after] = effect.weights.unwrap_or_default().map(part);
            row.push(Cell::new(format!("{before} → {after}")));
        }
        row.extend(effects(std::slice::from_ref(effect)));
        rows.push(row);
    }
    if !others.is_empty() {
        let mut row = named(format!("{} others", others.len()));
        row.extend((0..if weighed { 3 } else { 2 }).map(|_| Cell::default()));
        row.extend(effects(others));
        rows.push(row);
    }
    let mut row = named("total".to_owned());
    row.extend(change.rows.iter().map(|r| cell(shape, Some(r))));
    row.extend((0..usize::from(weighed)).map(|_| Cell::default()));
    match change.change {
        None => row.extend((0..if mixed { 3 } else { 1 }).map(|_| Cell::new(NO_VALUE))),
        // The change itself, not the rounded sum.
        Some(whole) => {
            row.extend(effects(&change.effects));
            row.pop();
            row.push(text(whole));
        }
    }
    rows.push(row);
    Grid { columns, rows, repeated }
}

fn cell(shape: Shape, row: Option<&Row>) -> Cell {
    Cell::new(row.and_then(|r| shape.text(r)).unwrap_or_else(|| NO_VALUE.to_owned()))
}

fn causes(effect: &Effect) -> Vec<Cell> {
    match &effect.cause {
        Cause::Member(members) => members
            .iter()
            .map(|m| {
                let (text, tail) = value::member(m.as_ref());
                Cell { text, tail, tone: Tone::Plain }
            })
            .collect(),
        Cause::Factor(text, divides, _) => {
            vec![Cell::new(format!("{}{}", if *divides { "/ " } else { "" }, value::plain(text)))]
        }
    }
}

/// What a reader has to know beside the numbers.
fn legend(change: &Change) -> Vec<String> {
    let mut lines = Vec::new();
    for row in change.rows.iter().filter(|r| r.value.is_none()) {
        lines.push(format!("missing in {}: {}; no change to split", row.period, value::reason(row.reason)));
    }
    if change.change.is_some() {
        lines.extend(match change.method {
            Method::Difference => None,
            Method::MixRate => Some("mix: by how much each weighs; rate: by its own value".to_owned()),
            Method::Logarithmic => Some("effects by logarithms (LMDI)".to_owned()),
            Method::Midpoint => {
                Some("effects by midpoints, since a factor is 0 or below and has no logarithm".to_owned())
            }
        });
    }
    let [before, after] = &change.rows;
    lines.extend(
        [before, after].iter().filter(|r| !r.complete).map(|r| format!("{} is still open", r.period)),
    );
    let short = [before, after].into_iter().filter(|r| !r.window_complete);
    lines.extend(short.map(|r| format!("a window of {} begins before the data", r.period)));
    lines
}
