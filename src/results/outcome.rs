//! Computed columns -> rows of the outcome: numbers, exact texts, labels, in the stable order.

use std::collections::HashMap;

use arrow::array::{Array, ArrayRef, AsArray, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::{DataType, Decimal128Type, DurationMicrosecondType, Float64Type};
use datafusion::common::Result;

use super::cells::Cells;
use super::evaluate::Column;
use super::set::texts;
use crate::functions::arrays::decimal_to_f64;
use crate::model::calendar::Grain;
use crate::model::outcome::{Breakdown, Judged, Member, Reason, Row};
use crate::model::project::Model;

const DAY: f64 = 86_400_000_000.0;

/// What a breakdown's rows need beside their values.
pub struct Shown<'a> {
    /// The model.
    pub model: &'a Model,
    /// The grain.
    pub grain: Grain,
    /// The dimensions as written.
    pub dimensions: Vec<String>,
    /// Labels of members, for each dimension.
    pub labels: Vec<Option<&'a HashMap<String, String>>>,
    /// Whether only cells are shown that some aggregate saw rows for.
    pub observed: bool,
    /// The asked-for periods.
    pub periods: std::ops::Range<i64>,
    /// Whether each of them is complete.
    pub complete: &'a [bool],
    /// Whether the windows of each lie in what is covered.
    pub window_complete: &'a [bool],
}

/// The rows of a breakdown, by period, then members. `judged` says how the value of a cell stands, in the
/// asked-for period of this place.
pub fn breakdown(
    cells: &Cells,
    column: &Column,
    judged: &dyn Fn(usize, usize) -> Judged,
    shown: &Shown<'_>,
) -> Result<Breakdown> {
    let exact = exact_texts(&column.values, shown.model)?;
    let width = cells.width();
    let mut rows = Vec::with_capacity(cells.seen.len());
    for (at, index) in shown.periods.clone().enumerate() {
        let period = (index - cells.periods.start).max(0) as usize;
        let calendar = &shown.model.calendar;
        for (combo, members) in cells.combos.iter().enumerate() {
            let cell = combo * width + period;
            // Shifts and windows see what lies elsewhere: what was observed is told by the value's own rows.
            if !cells.shown[cell] || (shown.observed && column.seen[cell] == 0) {
                continue;
            }
            let members = members
                .iter()
                .zip(&shown.labels)
                .map(|(key, labels)| {
                    key.as_ref().map(|key| Member {
                        key: key.clone(),
                        label: labels.and_then(|l| l.get(key)).cloned(),
                    })
                })
                .collect();
            rows.push(Row {
                period: calendar.name(shown.grain, index),
                start: calendar.start(shown.grain, index),
                end: calendar.end(shown.grain, index),
                complete: shown.complete[at],
                window_complete: shown.window_complete[at],
                members,
                value: number(column, cell),
                exact: exact[cell].clone(),
                n: column.n.as_ref().map_or(0, |n| n[cell]),
                skipped: column.skipped[cell],
                reason: Reason::from_u8(column.reasons[cell]),
                judged: judged(cell, at),
            });
        }
    }
    Ok(Breakdown { dimensions: shown.dimensions.clone(), rows })
}

/// The value of a cell as a number and as a text.
pub fn value(column: &Column, cell: usize, model: &Model) -> Result<(Option<f64>, Option<String>)> {
    let exact = exact_texts(&column.values.slice(cell, 1), model)?;
    Ok((number(column, cell), exact.into_iter().next().flatten()))
}

/// The values of some cells as texts.
pub fn exact_of(column: &Column, cells: &[usize], model: &Model) -> Result<Vec<Option<String>>> {
    let at: UInt32Array = cells.iter().map(|cell| *cell as u32).collect();
    exact_texts(&take(&column.values, &at, None)?, model)
}

/// The value of a cell as a number: a boolean as 1 or 0, a duration in days.
pub fn number(column: &Column, cell: usize) -> Option<f64> {
    let values = &column.values;
    if values.is_null(cell) {
        return None;
    }
    match values.data_type() {
        DataType::Float64 => Some(values.as_primitive::<Float64Type>().value(cell) + 0.0),
        DataType::Decimal128(_, s) => {
            Some(decimal_to_f64(values.as_primitive::<Decimal128Type>().value(cell), *s))
        }
        DataType::Boolean => Some(f64::from(u8::from(values.as_boolean().value(cell)))),
        DataType::Duration(_) => {
            Some(values.as_primitive::<DurationMicrosecondType>().value(cell) as f64 / DAY)
        }
        _ => None,
    }
}

/// Every digit of integers and decimals, the shortest form of a float, hours of a duration.
fn exact_texts(values: &ArrayRef, model: &Model) -> Result<Vec<Option<String>>> {
    if let DataType::Duration(_) = values.data_type() {
        let durations = values.as_primitive::<DurationMicrosecondType>();
        return Ok(durations.iter().map(|d| d.map(clock)).collect());
    }
    texts(values, model)
}

/// `36:00:00`, with a fraction of a second where there is one.
fn clock(micros: i64) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    let all = micros.unsigned_abs();
    let (seconds, fraction) = (all / 1_000_000, all % 1_000_000);
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    let fraction = if fraction == 0 {
        String::new()
    } else {
        format!(".{fraction:06}").trim_end_matches('0').to_owned()
    };
    format!("{sign}{hours}:{minutes:02}:{seconds:02}{fraction}")
}
