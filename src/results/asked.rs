//! How a KPI stands in each cell, and what is known of the KPI that a cell's member names, as columns.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BooleanArray, DurationMicrosecondArray, Float64Array, Int64Array};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use chrono::NaiveDate;

use super::evaluate::{Column, Evaluated, Evaluator, no_rows, stored};
use super::judge::{self, Timing};
use crate::functions::{Failure, result_type};
use crate::model::judge::{AskedKpi, BoundKpi, Facet, Status};
use crate::model::outcome::{Judged, Reason, Row};
use crate::model::types::Type;

/// A day in microseconds.
const DAY: f64 = 86_400_000_000.0;

/// What is known beside a grid's measures.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// By KPI, of each of the grid's periods what its judgement needs.
    pub timings: BTreeMap<String, Vec<Timing>>,
    /// By KPI, its totals at the grid's grain, by the first day of the period.
    pub totals: BTreeMap<String, BTreeMap<NaiveDate, Row>>,
    /// By KPI, what it costs and brings in a year.
    pub yearly: BTreeMap<String, [Option<f64>; 2]>,
}

/// How a KPI stands in every cell.
pub struct Standing {
    value: Column,
    judged: Vec<Judged>,
}

impl Evaluator<'_> {
    /// How a KPI stands, computed once.
    fn standing(&mut self, asked: &AskedKpi) -> Result<Rc<Standing>, Failure> {
        if let Some(done) = self.standings.get(&asked.name) {
            return Ok(Rc::clone(done));
        }
        let (value, beside) = judge::evaluate(self, &asked.formula, &asked.judge)?;
        let width = self.level.width.max(1);
        let timings = self.level.known.timings.get(&asked.name);
        let timing = |cell: usize| timings.and_then(|t| t.get(cell % width)).copied().unwrap_or_default();
        let judged = (0..self.level.size())
            .map(|cell| judge::judged(&asked.judge, &value, &beside, cell, timing(cell)))
            .collect();
        let standing = Rc::new(Standing { value, judged });
        self.standings.insert(asked.name.clone(), Rc::clone(&standing));
        Ok(standing)
    }

    /// What is asked of a KPI.
    pub(super) fn asked(&mut self, asked: &AskedKpi, ty: Type) -> Evaluated {
        if asked.facet == Facet::Value {
            return self.shared(&asked.formula);
        }
        let standing = self.standing(asked)?;
        let value = &standing.value;
        let cells: Vec<Found> = (0..self.level.size())
            .map(|cell| {
                let judged = &standing.judged[cell];
                let n = value.n.as_ref().map(|n| n[cell] as f64);
                let reason = Reason::from_u8(value.reasons[cell]);
                self.found(asked.facet, judged, (n, reason), &asked.name)
            })
            .collect();
        let mut column = column(&cells, ty)?;
        (column.n, column.skipped, column.seen) =
            (value.n.clone(), value.skipped.clone(), value.seen.clone());
        Ok(column)
    }

    /// What is asked of the KPI that each cell's member names.
    pub(super) fn bound(&mut self, bound: &BoundKpi, ty: Type) -> Evaluated {
        let names = self.eval(&bound.name)?;
        let names = cast(&names.values, &DataType::Utf8).map_err(|e| Failure::Internal(e.to_string()))?;
        let names: Vec<Option<String>> =
            names.as_string::<i32>().iter().map(|n| n.map(str::to_owned)).collect();
        let (level, width) = (self.level, self.level.width.max(1));
        let mut n = vec![0; level.size()];
        let cells: Vec<Found> = (0..level.size())
            .map(|cell| {
                let Some(name) = &names[cell] else { return Found::Missing(Reason::NoValues) };
                let period = level.first + (cell % width) as i64;
                let start = level.calendar.start(level.grain, period);
                let row = level.known.totals.get(name).and_then(|rows| rows.get(&start));
                let Some(row) = row else {
                    let none = Judged::default();
                    return self.found(bound.facet, &none, (None, Some(Reason::OutsideData)), name);
                };
                n[cell] = row.n;
                if bound.facet == Facet::Value {
                    return row.value.map_or_else(|| missing(row.reason), Found::Number);
                }
                self.found(bound.facet, &row.judged, (Some(row.n as f64), row.reason), name)
            })
            .collect();
        let mut column = column(&cells, ty)?;
        let n = Arc::new(n);
        column.seen = Arc::clone(&n);
        column.n = Some(n);
        Ok(column)
    }

    fn found(
        &self,
        facet: Facet,
        judged: &Judged,
        (n, reason): (Option<f64>, Option<Reason>),
        kpi: &str,
    ) -> Found {
        let yearly = |at: usize| self.level.known.yearly.get(kpi).and_then(|y| y[at]);
        let why = reason.or(judged.why);
        let or = |value: Option<f64>, why: Option<Reason>| value.map_or_else(|| missing(why), Found::Number);
        match facet {
            Facet::Is(Status::Unknown) => Found::Truth(judged.status == Status::Unknown),
            Facet::Is(_) if judged.status == Status::Unknown => missing(why),
            Facet::Is(status) => Found::Truth(judged.status == status),
            Facet::Value => missing(reason),
            Facet::Target => or(judged.target, Some(Reason::NoTarget)),
            Facet::Attainment => or(judged.attainment, why.or(Some(Reason::NoTarget))),
            Facet::Score => or(judged.score, why.or(Some(Reason::NoTarget))),
            // Before the data nobody knows how many rows there were.
            Facet::N => {
                or(n.filter(|_| !matches!(reason, Some(Reason::Hidden | Reason::OutsideData))), reason)
            }
            Facet::Previous => or(judged.previous, reason.or(Some(Reason::NoPreviousPeriod))),
            Facet::Change => or(judged.change, reason.or(Some(Reason::NoPreviousPeriod))),
            Facet::Cost => or(yearly(0), Some(Reason::NoValues)),
            Facet::Benefit => or(yearly(1), Some(Reason::NoValues)),
        }
    }
}

/// What is found in a cell.
pub(super) enum Found {
    Number(f64),
    Truth(bool),
    Missing(Reason),
}

fn missing(why: Option<Reason>) -> Found {
    Found::Missing(why.unwrap_or(Reason::NoValues))
}

pub(super) fn column(cells: &[Found], ty: Type) -> Evaluated {
    let number = |found: &Found| match found {
        Found::Number(n) => Some(*n),
        _ => None,
    };
    let values: ArrayRef = match ty {
        Type::Boolean => {
            let truth = |found: &Found| match found {
                Found::Truth(truth) => Some(*truth),
                _ => None,
            };
            Arc::new(cells.iter().map(truth).collect::<BooleanArray>())
        }
        Type::Integer => Arc::new(cells.iter().map(|c| number(c).map(|n| n as i64)).collect::<Int64Array>()),
        Type::Duration => Arc::new(
            cells
                .iter()
                .map(|c| number(c).map(|n| (n * DAY).round() as i64))
                .collect::<DurationMicrosecondArray>(),
        ),
        _ => Arc::new(cells.iter().map(number).collect::<Float64Array>()),
    };
    let reasons = cells
        .iter()
        .map(|found| match found {
            Found::Missing(why) => *why as u8,
            _ => 0,
        })
        .collect();
    Ok(Column {
        values: stored(&values, &result_type(ty))?,
        reasons,
        n: None,
        skipped: no_rows(cells.len()),
        seen: no_rows(cells.len()),
    })
}
