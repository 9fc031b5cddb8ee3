//! What the history of formulas tells -> a column of answers, with the rows behind each and the reason where there is
//! none. What is told in a cell stands in `closed`.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, Decimal128Array, Float64Array, Int64Array};
use arrow::datatypes::DataType;

use super::closed::{Reader, Series};
use super::evaluate::{Column, Counts, Evaluated, Evaluator, no_rows, stored};
use crate::functions::arrays::{floats, put_floats};
use crate::functions::{Failure, result_type};
use crate::model::history::{History, Told};
use crate::model::outcome::Reason;
use crate::model::types::Type;

/// What an answer is told by.
pub struct Behind {
    /// The cells that were looked at: which formula, and where.
    pub cells: Vec<(usize, usize)>,
    /// Of how many closed periods what is needed is known.
    pub known: usize,
    /// The lower and the upper limit of what is not unusual.
    pub limits: Option<Column>,
}

impl Evaluator<'_> {
    /// What is told of a history.
    pub(super) fn history(&mut self, history: &History, ty: Type) -> Evaluated {
        if let Some(whole) = self.whole {
            // Of closed periods, which a cut does not touch.
            let column = Evaluator::of(whole.level, self.env).history(history, ty)?;
            return self.of_whole(whole, &column);
        }
        let all = self.series(history)?;
        let reader = Reader { history, all: &all, width: self.level.width, open: self.level.open };
        let size = self.level.size();
        let (mut answers, mut reasons) = (Vec::with_capacity(size), Vec::with_capacity(size));
        let (mut n, mut skipped, mut seen) = (Vec::new(), Vec::new(), Vec::new());
        for cell in 0..size {
            let found = reader.cell(cell);
            answers.push(found.answer.ok());
            reasons.push(found.answer.err().unwrap_or(0));
            let rows = |at: &(usize, usize)| all[at.0].column.n.as_ref().map(|n| n[at.1]);
            n.push(found.used.iter().filter_map(rows).min().unwrap_or(0));
            // Who is there now and was not has an answer to give, too.
            let own = (0..all.len()).map(|series| (series, cell));
            let cells: Vec<(usize, usize)> = found.seen.into_iter().chain(own).collect();
            let most = |of: fn(&Column) -> &Counts| {
                cells.iter().map(|at| of(&all[at.0].column)[at.1]).max().unwrap_or(0)
            };
            skipped.push(most(|c| &c.skipped));
            seen.push(most(|c| &c.seen));
        }
        let values = answered(&answers, ty)?;
        for (cell, reason) in reasons.iter_mut().enumerate() {
            if *reason == 0 && values.is_null(cell) {
                *reason = Reason::OutOfRange as u8;
            }
        }
        let n = all.iter().any(|s| s.column.n.is_some()).then_some(Arc::new(n));
        Ok(Column { values, reasons, n, skipped: Arc::new(skipped), seen: Arc::new(seen) })
    }

    /// What one cell's answer is told by.
    pub fn behind(&mut self, history: &History, cell: usize) -> Result<Behind, Failure> {
        let all = self.series(history)?;
        let reader = Reader { history, all: &all, width: self.level.width, open: self.level.open };
        let found = reader.cell(cell);
        let limits = match (history.told, found.answer) {
            (Told::Unusual, Ok(_)) => reader.limits(cell),
            _ => None,
        };
        let limits = limits.map(|(low, high)| {
            let ty = if history.of[0].ty == Type::Duration { Type::Duration } else { Type::Float };
            let values = answered(&[Some(low), Some(high)], ty)?;
            Ok(Column { values, reasons: vec![0; 2], n: None, skipped: no_rows(2), seen: no_rows(2) })
        });
        Ok(Behind { cells: found.seen, known: found.known, limits: limits.transpose()? })
    }

    fn series(&mut self, history: &History) -> Result<Vec<Series>, Failure> {
        let of = |body| {
            let column = self.shared(body)?;
            Ok(Series { numbers: numbers(&column.values)?, column })
        };
        history.of.iter().map(of).collect()
    }
}

/// Numbers, or durations in microseconds.
fn numbers(values: &ArrayRef) -> Result<Vec<Option<f64>>, Failure> {
    let plain = match values.data_type() {
        DataType::Duration(_) => floats(&stored(values, &DataType::Int64)?)?,
        _ => floats(values)?,
    };
    Ok(plain.iter().collect())
}

/// Answers in the type of the function.
fn answered(answers: &[Option<f64>], ty: Type) -> Result<ArrayRef, Failure> {
    let finite = || answers.iter().map(|a| a.filter(|v| v.is_finite()));
    Ok(match ty {
        Type::Boolean => Arc::new(finite().map(|a| a.map(|v| v != 0.0)).collect::<BooleanArray>()),
        Type::Integer => Arc::new(
            finite()
                .map(|a| a.map(|v| v as i128))
                .collect::<Decimal128Array>()
                .with_precision_and_scale(38, 0)
                .map_err(|e| Failure::Internal(e.to_string()))?,
        ),
        Type::Duration => {
            let held = |v: &f64| v.abs() < i64::MAX as f64;
            let micros: Int64Array = finite().map(|a| a.filter(held).map(|v| v.round() as i64)).collect();
            stored(&(Arc::new(micros) as ArrayRef), &result_type(ty))?
        }
        _ => put_floats(&answers.iter().copied().collect::<Float64Array>()),
    })
}
