//! Stated results -> a column over cells: each cell's own row, by its period and all its members. What no row
//! says is missing.

use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray};

use super::asked::{Found, column};
use super::evaluate::{Column, Evaluated, Evaluator, no_rows, stored};
use crate::functions::result_type;
use crate::model::judge::Status;
use crate::model::outcome::Reason;
use crate::model::stated::{Stated, StatedRow, StatedWhat};
use crate::model::types::Type;

impl Evaluator<'_> {
    /// What is stated of a KPI, in every cell.
    pub(super) fn stated(&self, stated: &Stated, ty: Type) -> Evaluated {
        let (level, width) = (self.level, self.level.width.max(1));
        let names: Vec<String> = level.dimensions.iter().map(|d| d.join(".")).collect();
        let rows: Vec<Option<&StatedRow>> = (0..level.size())
            .map(|cell| {
                let members = level.combos[cell / width].iter().cloned();
                let mut at: Vec<_> = names.iter().cloned().zip(members).collect();
                at.sort();
                stated.results.row(level.grain, level.first + (cell % width) as i64, &at)
            })
            .collect();
        if stated.what == StatedWhat::Status {
            let word = |row: Option<&StatedRow>| row.and_then(|r| r.status).map(Status::word);
            let words: ArrayRef = Arc::new(rows.iter().copied().map(word).collect::<StringArray>());
            let reasons = rows.iter().map(|r| if word(*r).is_some() { 0 } else { Reason::NoTarget as u8 });
            return Ok(Column {
                values: stored(&words, &result_type(Type::Text))?,
                reasons: reasons.collect(),
                n: None,
                skipped: no_rows(rows.len()),
                seen: no_rows(rows.len()),
            });
        }
        let found: Vec<Found> = rows
            .iter()
            .map(|row| {
                let (value, why) = match (row, stated.what) {
                    (Some(row), StatedWhat::Value) => (row.value, row.reason.unwrap_or(Reason::NoRows)),
                    (Some(row), _) => (row.target, Reason::NoTarget),
                    (None, StatedWhat::Value) => (None, Reason::NoRows),
                    (None, _) => (None, Reason::NoTarget),
                };
                value.map_or(Found::Missing(why), Found::Number)
            })
            .collect();
        let mut column = column(&found, ty)?;
        // Who has a result was there.
        column.seen = Arc::new(rows.iter().map(|row| i64::from(row.is_some())).collect());
        if stated.what == StatedWhat::Value && stated.results.counts {
            let n = rows.iter().map(|row| row.and_then(|r| r.n).unwrap_or(0));
            column.n = Some(Arc::new(n.collect()));
        }
        Ok(column)
    }
}
