//! Cells: asked-for periods x the combinations that any aggregate of the KPI saw, and what each measure
//! is in them: its value, 0 or missing where it saw nothing, missing `outside_data` where its source does
//! not reach.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, UInt32Array};
use arrow::compute::{kernels::zip::zip, take};
use datafusion::common::{Result, ScalarValue};

use super::evaluate::Column;
use super::set::{Members, SetResult};
use crate::functions::result_type;
use crate::model::outcome::Reason;
use crate::model::project::{Aggregate, Fill, Measure, MeasureId};

/// The grid that a KPI is computed on: combinations x periods, a combination's periods together.
#[derive(Clone, Debug)]
pub struct Cells {
    /// The combinations, by code point, missing last.
    pub combos: Vec<Members>,
    /// The periods.
    pub periods: Range<i64>,
    /// Whether any aggregate saw a row, by cell.
    pub seen: Vec<bool>,
    /// Whether the cell is part of the result.
    pub shown: Vec<bool>,
}

/// A measure's rows of one breakdown.
#[derive(Clone)]
pub struct MeasureRows<'a> {
    /// The set's result.
    pub set: &'a SetResult,
    /// The measure.
    pub id: MeasureId,
    /// Whether its rows count in every period.
    pub always: bool,
    /// The set's first period.
    pub first: i64,
}

/// What sees members, in which periods.
#[derive(Clone, Copy, Default)]
pub struct Sight<'a, 'r> {
    /// Measures, each with its periods.
    pub measures: &'a [(MeasureRows<'r>, BTreeSet<i64>)],
    /// What is asked of each entity.
    pub inside: &'a [(Members, i64)],
}

impl Sight<'_, '_> {
    fn each(&self, periods: &Range<i64>, f: &mut dyn FnMut(&Members)) {
        self.inside.iter().for_each(|(members, _)| f(members));
        for (rows, sees) in self.measures {
            let Some(values) = rows.set.measures.get(&rows.id) else { continue };
            for (row, combo) in rows.set.combos.iter().enumerate() {
                let period = rows.first + i64::from(rows.set.periods[row]);
                let seen = || periods.contains(&period) && sees.contains(&period);
                if values.rows.value(row) > 0 && (rows.always || seen()) {
                    f(&rows.set.members[*combo]);
                }
            }
        }
    }
}

impl Cells {
    /// The grid of what is seen, with members that are there in some periods whether seen or not. What is seen
    /// `beside` is in the grid and not shown.
    pub fn of(
        sight: Sight<'_, '_>,
        beside: Sight<'_, '_>,
        periods: Range<i64>,
        total: bool,
        fill: Fill,
        active: &[(Members, Vec<bool>)],
    ) -> Self {
        let Sight { measures, inside } = sight;
        let mut combos: BTreeMap<Vec<(bool, String)>, Members> = BTreeMap::new();
        let key =
            |m: &Members| m.iter().map(|m| (m.is_none(), m.clone().unwrap_or_default())).collect::<Vec<_>>();
        if total {
            combos.insert(key(&Vec::new()), Vec::new());
        }
        let mut add = |members: &Members| {
            combos.entry(key(members)).or_insert_with(|| members.clone());
        };
        for (members, _) in active {
            add(members);
        }
        sight.each(&periods, &mut add);
        let own: Option<BTreeSet<Members>> =
            (!beside.measures.is_empty()).then(|| combos.values().cloned().collect());
        let mut add = |members: &Members| {
            combos.entry(key(members)).or_insert_with(|| members.clone());
        };
        beside.each(&periods, &mut add);
        let width = (periods.end - periods.start).max(0) as usize;
        let combos: Vec<Members> = combos.into_values().collect();
        let size = combos.len() * width;
        let mut cells = Self { seen: vec![false; size], shown: vec![true; size], combos, periods };
        for (rows, sees) in measures {
            let Some(values) = rows.set.measures.get(&rows.id) else { continue };
            for (cell, row) in cells.positions(rows).iter().enumerate() {
                let period = cells.periods.start + (cell % width) as i64;
                if let Some(row) = row.filter(|_| sees.contains(&period)) {
                    cells.seen[cell] |= values.rows.value(row as usize) > 0;
                }
            }
        }
        if !inside.is_empty() {
            let index: HashMap<&Members, usize> =
                cells.combos.iter().enumerate().map(|(i, m)| (m, i)).collect();
            let seen = inside.iter().filter_map(|(m, p)| Some((index.get(m)?, p - cells.periods.start)));
            for (combo, period) in seen.filter(|(_, p)| (0..width as i64).contains(p)) {
                cells.seen[combo * width + period as usize] = true;
            }
        }
        match fill {
            Fill::Cells | Fill::Observed => {}
            Fill::Entities => cells.show_active(active),
        }
        let beside =
            own.iter().flat_map(|own| (0..cells.combos.len()).filter(|at| !own.contains(&cells.combos[*at])));
        for at in beside.collect::<Vec<_>>() {
            cells.shown[at * width..(at + 1) * width].fill(false);
        }
        cells
    }

    /// By cell, whether its members are known and none of them is there in the period.
    pub fn inactive(&self, active: &[(Members, Vec<bool>)]) -> Vec<bool> {
        let width = self.width();
        let mut away = vec![false; self.combos.len() * width];
        let mut periods: HashMap<&Members, Vec<bool>> = HashMap::new();
        for (members, when) in active {
            let all = periods.entry(members).or_insert_with(|| vec![false; width]);
            all.iter_mut().zip(when).for_each(|(a, w)| *a |= *w);
        }
        for (at, members) in self.combos.iter().enumerate() {
            if let Some(when) = periods.get(members) {
                let cells = &mut away[at * width..(at + 1) * width];
                cells.iter_mut().zip(when).for_each(|(away, there)| *away = !there);
            }
        }
        away
    }

    /// A member that no aggregate saw is shown only in the periods that it is active in.
    fn show_active(&mut self, active: &[(Members, Vec<bool>)]) {
        let width = self.width();
        let mut periods: HashMap<&Members, Vec<bool>> = HashMap::new();
        for (members, when) in active {
            let all = periods.entry(members).or_insert_with(|| vec![false; width]);
            all.iter_mut().zip(when).for_each(|(a, w)| *a |= *w);
        }
        for (at, members) in self.combos.iter().enumerate() {
            let cells = at * width..(at + 1) * width;
            if self.seen[cells.clone()].contains(&true) || members.is_empty() {
                continue;
            }
            if let Some(when) = periods.get(members) {
                self.shown[cells].copy_from_slice(when);
            }
        }
    }

    /// The same combinations in one other period.
    pub fn in_period(&self, period: i64) -> Self {
        let size = self.combos.len();
        let (seen, shown) = (vec![false; size], vec![true; size]);
        Self { combos: self.combos.clone(), periods: period..period + 1, seen, shown }
    }

    /// How many periods.
    pub fn width(&self) -> usize {
        (self.periods.end - self.periods.start).max(0) as usize
    }

    /// For each cell the row of a measure's set.
    fn positions(&self, rows: &MeasureRows<'_>) -> Vec<Option<u32>> {
        let index: HashMap<&Members, usize> = self.combos.iter().enumerate().map(|(i, m)| (m, i)).collect();
        let width = self.width();
        let mut out = vec![None; self.combos.len() * width];
        for (row, (combo, period)) in rows.set.combos.iter().zip(&rows.set.periods).enumerate() {
            let Some(at) = index.get(&rows.set.members[*combo]) else { continue };
            let period = rows.first + i64::from(*period) - self.periods.start;
            let periods = if rows.always { 0..width as i64 } else { period..period + 1 };
            for period in periods {
                if (0..width as i64).contains(&period) {
                    out[at * width + period as usize] = Some(row as u32);
                }
            }
        }
        out
    }

    /// A measure in every cell. `covered` says for each period whether its source reaches it.
    pub fn column(&self, rows: &MeasureRows<'_>, measure: &Measure, covered: &[bool]) -> Result<Column> {
        let positions = self.positions(rows);
        let width = self.width().max(1);
        let size = positions.len();
        let out = result_type(measure.ty);
        let (values, n, seen): (ArrayRef, Vec<i64>, Vec<i64>) = match rows.set.measures.get(&rows.id) {
            Some(found) => {
                let indices = UInt32Array::from(positions.clone());
                let count = |a: &arrow::array::Int64Array| {
                    positions.iter().map(|p| p.map_or(0, |p| a.value(p as usize))).collect::<Vec<i64>>()
                };
                (take(&found.values, &indices, None)?, count(&found.n), count(&found.rows))
            }
            None => (arrow::array::new_null_array(&out, size), vec![0; size], vec![0; size]),
        };
        let lacking = rows.set.lacking.get(&rows.id);
        let lacks = |cell: usize| {
            lacking.zip(positions[cell]).is_some_and(|(lacking, row)| lacking.value(row as usize) > 0)
        };
        let mut reasons = vec![0u8; size];
        let mut zero = vec![false; size];
        let mut missing = vec![false; size];
        for cell in 0..size {
            if !covered[cell % width] {
                missing[cell] = true;
                reasons[cell] = Reason::OutsideData as u8;
            } else if lacks(cell) {
                missing[cell] = true;
                reasons[cell] = Reason::NoRate as u8;
            } else if seen[cell] == 0 {
                zero[cell] = counts_from_zero(&measure.aggregate);
                missing[cell] = !zero[cell];
                reasons[cell] = if zero[cell] { 0 } else { Reason::NoRows as u8 };
            } else if n[cell] == 0 && measure.aggregate != Aggregate::Count {
                missing[cell] = true;
                reasons[cell] = Reason::NoValues as u8;
            } else if values.is_null(cell) {
                reasons[cell] = short_of_values(&measure.aggregate, n[cell]) as u8;
            }
        }
        let values =
            overlay(values, &zero, &ScalarValue::new_zero(&out).unwrap_or(ScalarValue::try_from(&out)?))?;
        let values = overlay(values, &missing, &ScalarValue::try_from(&out)?)?;
        let outside = |cell: usize| reasons[cell] == Reason::OutsideData as u8;
        let skipped = (0..size).map(|c| if outside(c) { 0 } else { seen[c] - n[c] });
        let skipped = Arc::new(skipped.collect());
        let n = Arc::new((0..size).map(|c| if outside(c) { 0 } else { n[c] }).collect());
        let sees = measure.aggregate != Aggregate::Own;
        let seen = (0..size).map(|c| if outside(c) || !sees { 0 } else { seen[c] });
        let seen = Arc::new(seen.collect());
        Ok(Column { values, reasons, n: Some(n), skipped, seen })
    }
}

/// Over no rows these are 0, the others missing.
fn counts_from_zero(aggregate: &Aggregate) -> bool {
    matches!(
        aggregate,
        Aggregate::Count
            | Aggregate::Sum
            | Aggregate::CountDistinct
            | Aggregate::ApproxCountDistinct
            | Aggregate::Converted
    )
}

/// Why an aggregate of some values has none: a deviation needs two, everything else went out of range.
fn short_of_values(aggregate: &Aggregate, n: i64) -> Reason {
    match aggregate {
        Aggregate::Stddev | Aggregate::Variance if n < 2 => Reason::NoValues,
        Aggregate::WeightedAvg => Reason::ZeroDenominator,
        _ => Reason::OutOfRange,
    }
}

/// `value` where the mask is set.
fn overlay(values: ArrayRef, mask: &[bool], value: &ScalarValue) -> Result<ArrayRef> {
    if !mask.contains(&true) {
        return Ok(values);
    }
    let mask = arrow::array::BooleanArray::from(mask.to_vec());
    let constant = value.to_scalar()?;
    Ok(zip(&mask, &constant, &(Arc::clone(&values) as ArrayRef))?)
}
