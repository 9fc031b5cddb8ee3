//! Values of a table (targets, parameters) -> a column over cells: of the rows that fit a cell's members
//! the one with most of them, then the latest that holds at the start of its period.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Decimal128Array, Float64Array, UInt32Array};
use arrow::compute::{cast, take};
use arrow::datatypes::{DataType, Decimal128Type, Float64Type};
use chrono::NaiveDate;

use super::evaluate::{Column, Evaluated, Evaluator, Level, no_rows};
use super::set::Members;
use crate::functions::{Failure, result_type};
use crate::model::calendar::{Calendar, Grain};
use crate::model::judge::ValueTable;
use crate::model::outcome::Reason;
use crate::model::types::Type;
use crate::plan::period::day_number;

/// The values of the tables that a run reads, by their places in the model.
pub type Tables = std::collections::BTreeMap<usize, TableValues>;

/// A table's rows.
#[derive(Clone, Debug)]
pub struct TableValues {
    /// What it is.
    pub spec: ValueTable,
    /// The dimension of each column that is matched, as paths that cells may have.
    pub dimensions: Vec<Vec<Vec<String>>>,
    /// The values, in the storage of results.
    pub values: ArrayRef,
    /// For each row the members that it is for; `None` fits all.
    pub members: Vec<Members>,
    /// For each row since when it holds; `None` is since ever.
    pub from: Vec<Option<i32>>,
}

/// A period that values are wanted for.
#[derive(Clone, Copy, Debug)]
struct Period {
    start: NaiveDate,
    end: NaiveDate,
}

/// Members of some of a table's columns: of those that the cell has a dimension for.
type Asked<'a> = Vec<Option<&'a Option<String>>>;

impl TableValues {
    /// The row for a cell: its members by column, absent where the cell has no such dimension.
    fn row(&self, asked: &Asked<'_>, day: i32) -> Result<Option<u32>, Failure> {
        let fits = |members: &Members| {
            members.iter().zip(asked).all(|(wanted, found)| wanted.is_none() || *found == Some(wanted))
        };
        let mut best: Option<((usize, Option<i32>), u32)> = None;
        let mut tie = false;
        for (row, members) in self.members.iter().enumerate() {
            if self.from[row].is_some_and(|from| from > day) || !fits(members) {
                continue;
            }
            let rank = (members.iter().flatten().count(), self.from[row]);
            match &best {
                Some((found, _)) if rank < *found => {}
                Some((found, _)) if rank == *found => tie = true,
                _ => {
                    best = Some((rank, row as u32));
                    tie = false;
                }
            }
        }
        match best {
            Some(_) if tie => {
                let names: Vec<&str> =
                    asked.iter().flatten().filter_map(|m| m.as_deref()).collect::<Vec<_>>();
                Err(Failure::Tie(if names.is_empty() { "the total".to_owned() } else { names.join(", ") }))
            }
            best => Ok(best.map(|(_, row)| row)),
        }
    }

    /// The rows whose sum stands for a cell that has some of the table's dimensions: those of each member.
    fn parts(&self, asked: &Asked<'_>, day: i32) -> Result<Vec<u32>, Failure> {
        let whole: BTreeSet<&Members> = self
            .members
            .iter()
            .filter(|m| m.iter().all(Option::is_some))
            .filter(|m| m.iter().zip(asked).all(|(own, found)| found.is_none_or(|found| found == own)))
            .collect();
        let rows = whole.into_iter().map(|m| self.row(&m.iter().map(Some).collect(), day));
        Ok(rows.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
    }

    /// The rows that make a cell's value on a day.
    fn rows(&self, asked: &Asked<'_>, day: i32) -> Result<Vec<u32>, Failure> {
        let own = self.row(asked, day)?;
        let lacks = asked.iter().any(Option::is_none);
        match own {
            None if self.spec.total && lacks => self.parts(asked, day),
            own => Ok(own.into_iter().collect()),
        }
    }

    /// The sum of some rows in a part of the period: none where there is no row, or a value is missing.
    fn float(&self, rows: &[u32]) -> Option<f64> {
        if rows.is_empty() {
            return None;
        }
        let values = cast(&self.values, &DataType::Float64).ok()?;
        let values = values.as_primitive::<Float64Type>();
        rows.iter().map(|r| values.is_valid(*r as usize).then(|| values.value(*r as usize))).sum()
    }

    /// The value of a period at another grain than the table's, by days.
    fn spread(
        &self,
        asked: &Asked<'_>,
        period: Period,
        of: Grain,
        calendar: &Calendar,
    ) -> Result<Option<f64>, Failure> {
        let mut sum = 0.0;
        let mut day = period.start;
        while day < period.end {
            let index = calendar.index(of, day);
            let (start, end) = (calendar.start(of, index), calendar.end(of, index));
            // In a gap of an own calendar nothing is wanted.
            let Some(found) = calendar.at(of, day).is_some().then(|| self.rows(asked, day_number(start)))
            else {
                return Ok(None);
            };
            let Some(value) = self.float(&found?) else { return Ok(None) };
            let until = end.min(period.end);
            let share = f64::from(day_number(until) - day_number(day))
                / f64::from((day_number(end) - day_number(start)).max(1));
            sum += value * share;
            day = until;
        }
        Ok(Some(sum))
    }
}

impl TableValues {
    /// The rows that make a cell's value; none of a table of another grain.
    pub fn behind(&self, level: &Level, cell: usize) -> Result<Vec<usize>, Failure> {
        if self.spec.grain.is_some_and(|grain| grain != level.grain) {
            return Ok(Vec::new());
        }
        let width = level.width.max(1);
        let asked = self.asked(level, &level.combos[cell / width]);
        let start = level.calendar.start(level.grain, level.first + (cell % width) as i64);
        Ok(self.rows(&asked, day_number(start))?.into_iter().map(|row| row as usize).collect())
    }

    /// The members of a cell, by the columns that are matched.
    fn asked<'a>(&self, level: &Level, members: &'a Members) -> Asked<'a> {
        let place = |ways: &Vec<Vec<String>>| level.dimensions.iter().position(|d| ways.contains(d));
        self.dimensions.iter().map(|ways| place(ways).map(|p| &members[p])).collect()
    }
}

impl Evaluator<'_> {
    /// A table's value in every cell.
    pub(super) fn table(&self, table: usize, ty: Type) -> Evaluated {
        let level = self.level;
        let found = level.tables.get(&table);
        let found = found.ok_or_else(|| Failure::Internal("a table that was not read".to_owned()))?;
        let out = result_type(ty);
        let size = level.size();
        let mut rows: Vec<Vec<u32>> = Vec::with_capacity(size);
        let mut floats: Vec<Option<f64>> = Vec::new();
        let other = found.spec.grain.filter(|grain| *grain != level.grain);
        for cell in 0..size {
            let members = &level.combos[cell / level.width.max(1)];
            let asked = found.asked(level, members);
            let index = level.first + (cell % level.width.max(1)) as i64;
            let calendar = &level.calendar;
            let period =
                Period { start: calendar.start(level.grain, index), end: calendar.end(level.grain, index) };
            match other {
                Some(grain) if found.spec.spread => {
                    floats.push(found.spread(&asked, period, grain, calendar)?);
                    rows.push(Vec::new());
                }
                Some(_) => rows.push(Vec::new()),
                None => rows.push(found.rows(&asked, day_number(period.start))?),
            }
        }
        let values: ArrayRef =
            if floats.is_empty() { found.sums(&rows)? } else { Arc::new(Float64Array::from(floats)) };
        let values = super::evaluate::stored(&values, &out)?;
        let reasons = (0..size).map(|c| if values.is_null(c) { Reason::NoTarget as u8 } else { 0 }).collect();
        Ok(Column { values, reasons, n: None, skipped: no_rows(size), seen: no_rows(size) })
    }
}

impl TableValues {
    /// The sum of each cell's rows; the value itself where there is one.
    fn sums(&self, rows: &[Vec<u32>]) -> Result<ArrayRef, Failure> {
        let failed = |e: arrow::error::ArrowError| Failure::Internal(e.to_string());
        if rows.iter().all(|r| r.len() <= 1) {
            let places: UInt32Array = rows.iter().map(|r| r.first().copied()).collect();
            return take(&self.values, &places, None).map_err(failed);
        }
        if let Some(decimals) = self.values.as_primitive_opt::<Decimal128Type>() {
            let sum = |rows: &Vec<u32>| {
                let mut sum = if rows.is_empty() { None } else { Some(0i128) };
                for row in rows {
                    let value = decimals.is_valid(*row as usize).then(|| decimals.value(*row as usize));
                    sum = sum.zip(value).and_then(|(a, b)| a.checked_add(b));
                }
                sum
            };
            let sums: Decimal128Array = rows.iter().map(sum).collect();
            return Ok(Arc::new(sums.with_data_type(decimals.data_type().clone())));
        }
        let sums: Float64Array = rows.iter().map(|r| self.float(r)).collect();
        Ok(Arc::new(sums))
    }
}
