//! Values of entities -> a value of each cell that they belong to: the aggregates that rows have, over
//! columns of a grid.

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Decimal128Array, Float64Array, Int64Array};
use arrow::compute::take;
use arrow::datatypes::{DataType, Decimal128Type, Float64Type};
use std::sync::Arc;

use super::evaluate::{Column, Evaluated, Evaluator, Level, stored};
use crate::functions::aggregates::{moments_udaf, percentile_udaf, sum_udaf};
use crate::functions::arrays::ratio;
use crate::functions::{Failure, result_type};
use crate::model::expr::{Over, Per};
use crate::model::outcome::Reason;
use crate::model::project::Aggregate;
use crate::model::types::Type;

/// A grid of entities inside another grid.
#[derive(Clone, Debug)]
pub struct PerLevel {
    /// The grid.
    pub level: Level,
    /// For each cell the cell around it that its entity belongs to.
    pub outer: Vec<Option<u32>>,
    /// Which cells count: entities that are there and asked.
    pub counts: Vec<bool>,
    /// Which may count, and why that is not known: a [`Reason`]'s number, else 0.
    pub undecided: Vec<u8>,
}

fn failed(error: impl std::fmt::Display) -> Failure {
    Failure::Internal(error.to_string())
}

/// Whether a value is missing for a reason that no aggregate passes over: it would be smaller, or tell what
/// is withheld.
pub fn is_undecided(reason: u8) -> bool {
    reason == Reason::NoRate as u8 || reason == Reason::Hidden as u8
}

/// Truth values.
pub fn truth(values: &ArrayRef) -> Vec<Option<bool>> {
    values.as_boolean_opt().map_or_else(|| vec![None; values.len()], |b| b.iter().collect())
}

impl Evaluator<'_> {
    /// What is made of the entities' values, in each cell of this grid.
    pub(super) fn per(&mut self, per: &Per, ty: Type) -> Evaluated {
        let key = std::ptr::from_ref(&per.formula).addr();
        let inside = self.level.pers.get(&key).ok_or_else(|| failed("entities that were not asked"))?;
        let mut evaluator = Evaluator::of(&inside.level, self.env);
        let values = evaluator.eval(&per.formula)?;
        let size = self.level.size();
        let mut rows: Vec<u32> = Vec::new();
        let mut groups: Vec<usize> = Vec::new();
        for (cell, outer) in inside.outer.iter().enumerate() {
            if let Some(outer) = outer.filter(|_| inside.counts[cell]) {
                rows.push(cell as u32);
                groups.push(outer as usize);
            }
        }
        let taken =
            take(&values.values, &arrow::array::UInt32Array::from(rows.clone()), None).map_err(failed)?;
        let mut known = vec![0i64; size];
        let mut all = vec![0i64; size];
        // What is withheld of one entity is withheld of all, before a rate that is lacking.
        let mut undecided = vec![0u8; size];
        for (at, group) in groups.iter().enumerate() {
            all[*group] += 1;
            known[*group] += i64::from(taken.is_valid(at));
            let reason = values.reasons[rows[at] as usize];
            if is_undecided(reason) {
                undecided[*group] = undecided[*group].max(reason);
            }
        }
        for (outer, reason) in inside.outer.iter().zip(&inside.undecided) {
            if let Some(outer) = outer {
                undecided[*outer as usize] = undecided[*outer as usize].max(*reason);
            }
        }
        let made = over(&per.over, &taken, &groups, &known, size, ty)?;
        let covered = inside.covered();
        let width = self.level.width.max(1);
        let zero =
            matches!(per.over, Over::Aggregate(Aggregate::Count | Aggregate::Sum | Aggregate::CountDistinct));
        let mut reasons = vec![0u8; size];
        let mut from: Vec<(usize, usize)> = (0..size).map(|cell| (0, cell)).collect();
        let out = result_type(ty);
        let nothing = [made, datafusion_zero(&out)?, arrow::array::new_null_array(&out, 1)];
        for cell in 0..size {
            let missing = if !covered[cell % width] {
                Some(Reason::OutsideData)
            } else if undecided[cell] != 0 {
                Reason::from_u8(undecided[cell])
            } else if all[cell] == 0 {
                from[cell] = (1, 0);
                (!zero).then_some(Reason::NoRows)
            } else if known[cell] == 0 && per.over != Over::Aggregate(Aggregate::Count) {
                Some(Reason::NoValues)
            } else if nothing[0].is_null(cell) {
                Some(match &per.over {
                    Over::Aggregate(Aggregate::Stddev | Aggregate::Variance) if known[cell] < 2 => {
                        Reason::NoValues
                    }
                    Over::TopShare(_) => Reason::ZeroDenominator,
                    Over::Aggregate(_) => Reason::OutOfRange,
                })
            } else {
                None
            };
            if let Some(reason) = missing {
                reasons[cell] = reason as u8;
                from[cell] = (2, 0);
            }
        }
        let arrays: Vec<&dyn Array> = nothing.iter().map(|a| &**a).collect();
        let values = arrow::compute::interleave(&arrays, &from).map_err(failed)?;
        let outside = |cell: usize| reasons[cell] == Reason::OutsideData as u8;
        let untold = |cell: usize| outside(cell) || reasons[cell] == Reason::Hidden as u8;
        // Entities that may count were seen.
        for (outer, reason) in inside.outer.iter().zip(&inside.undecided) {
            if let Some(outer) = outer.filter(|_| *reason != 0) {
                all[outer as usize] += 1;
            }
        }
        let of = |no: &dyn Fn(usize) -> bool, f: &dyn Fn(usize) -> i64| {
            Arc::new((0..size).map(|c| if no(c) { 0 } else { f(c) }).collect::<Vec<_>>())
        };
        let n = of(&untold, &|c| known[c]);
        let (skipped, seen) = (of(&untold, &|c| all[c] - known[c]), of(&outside, &|c| all[c]));
        Ok(Column { values, reasons, n: Some(n), skipped, seen })
    }
}

fn datafusion_zero(out: &DataType) -> Result<ArrayRef, Failure> {
    use datafusion::common::ScalarValue;
    let zero = ScalarValue::new_zero(out).or_else(|_| ScalarValue::try_from(out)).map_err(failed)?;
    zero.to_array().map_err(failed)
}

impl PerLevel {
    /// The periods that every aggregate inside reaches.
    fn covered(&self) -> Vec<bool> {
        self.level.covered.clone()
    }
}

/// An aggregate of values by group, null where there is none.
fn over(
    over: &Over,
    values: &ArrayRef,
    groups: &[usize],
    known: &[i64],
    size: usize,
    ty: Type,
) -> Result<ArrayRef, Failure> {
    let out = result_type(ty);
    let aggregate = match over {
        Over::Aggregate(aggregate) => aggregate,
        Over::TopShare(count) => return top_share(values, groups, size, *count as usize),
    };
    let as_floats = |values: &ArrayRef| -> Result<ArrayRef, Failure> {
        match values.data_type() {
            DataType::Duration(_) => stored(&stored(values, &DataType::Int64)?, &DataType::Float64),
            _ => stored(values, &DataType::Float64),
        }
    };
    let floats_as = |floats: ArrayRef| -> Result<ArrayRef, Failure> {
        if !matches!(out, DataType::Duration(_)) {
            return Ok(floats);
        }
        let rounded: Int64Array =
            floats.as_primitive::<Float64Type>().iter().map(|v| v.map(|v| v.round() as i64)).collect();
        stored(&(Arc::new(rounded) as ArrayRef), &out)
    };
    match aggregate {
        Aggregate::Count => {
            let counts: Vec<Option<i128>> = if let Some(booleans) = values.as_boolean_opt() {
                let mut holds = vec![0i128; size];
                for (at, group) in groups.iter().enumerate() {
                    holds[*group] += i128::from(booleans.is_valid(at) && booleans.value(at));
                }
                holds.into_iter().map(Some).collect()
            } else {
                known.iter().map(|n| Some(i128::from(*n))).collect()
            };
            integers(counts)
        }
        Aggregate::Share => {
            let mut holds = vec![0i64; size];
            let booleans = values.as_boolean();
            for (at, group) in groups.iter().enumerate() {
                holds[*group] += i64::from(booleans.is_valid(at) && booleans.value(at));
            }
            let part = |(h, n): (&i64, &i64)| (*n != 0).then(|| ratio(i128::from(*h), i128::from(*n)));
            Ok(Arc::new(holds.iter().zip(known).map(part).collect::<Float64Array>()))
        }
        Aggregate::Sum | Aggregate::Avg => {
            let state = sum_udaf::sums_of(values, groups, size).map_err(failed)?;
            let (sums, n, _) = sum_udaf::finish_sum(&state).map_err(failed)?;
            if *aggregate == Aggregate::Avg {
                let means = crate::plan::aggregates::means(&sums, &n, ty).map_err(failed)?;
                return stored(&means, &out);
            }
            stored(&crate::plan::aggregates::sums_as(&sums, ty).map_err(failed)?, &out)
        }
        Aggregate::Percentile(part) => {
            let found = percentile_udaf::percentiles_of(*part, &as_floats(values)?, groups, size);
            floats_as(found.map_err(failed)?)
        }
        Aggregate::Stddev | Aggregate::Variance => {
            let state = moments_udaf::moments_of(&as_floats(values)?, groups, size).map_err(failed)?;
            let variance = moments_udaf::finish_variance(&state).map_err(failed)?;
            let root = *aggregate == Aggregate::Stddev;
            let found: Float64Array =
                variance.iter().map(|v| v.map(|v| if root { v.sqrt() } else { v })).collect();
            floats_as(Arc::new(found))
        }
        Aggregate::Min | Aggregate::Max => extremes(values, groups, size, *aggregate == Aggregate::Max),
        Aggregate::CountDistinct => {
            let order = ordered(values)?;
            let mut pairs: Vec<(usize, usize)> = groups
                .iter()
                .copied()
                .enumerate()
                .filter(|(at, _)| values.is_valid(*at))
                .map(|(a, g)| (g, a))
                .collect();
            pairs.sort_by(|a, b| (a.0, order.row(a.1)).cmp(&(b.0, order.row(b.1))));
            pairs.dedup_by(|a, b| a.0 == b.0 && order.row(a.1) == order.row(b.1));
            let mut counts = vec![0i128; size];
            for (group, _) in &pairs {
                counts[*group] += 1;
            }
            integers(counts.into_iter().map(Some).collect())
        }
        _ => Err(failed("an aggregate that entities have not")),
    }
}

fn integers(values: Vec<Option<i128>>) -> Result<ArrayRef, Failure> {
    let array = Decimal128Array::from(values).with_precision_and_scale(38, 0).map_err(failed)?;
    Ok(Arc::new(array))
}

fn ordered(values: &ArrayRef) -> Result<arrow::row::Rows, Failure> {
    let field = arrow::row::SortField::new(values.data_type().clone());
    let converter = arrow::row::RowConverter::new(vec![field]).map_err(failed)?;
    converter.convert_columns(std::slice::from_ref(values)).map_err(failed)
}

fn extremes(values: &ArrayRef, groups: &[usize], size: usize, greatest: bool) -> Result<ArrayRef, Failure> {
    let order = ordered(values)?;
    let mut best: Vec<Option<u32>> = vec![None; size];
    for (at, group) in groups.iter().enumerate().filter(|(at, _)| values.is_valid(*at)) {
        let better = best[*group].is_none_or(|b| {
            let (a, b) = (order.row(at), order.row(b as usize));
            if greatest { a > b } else { a < b }
        });
        if better {
            best[*group] = Some(at as u32);
        }
    }
    take(values, &arrow::array::UInt32Array::from(best), None).map_err(failed)
}

/// The part of the sum that so many of the largest make; none where the sum is 0.
fn top_share(values: &ArrayRef, groups: &[usize], size: usize, count: usize) -> Result<ArrayRef, Failure> {
    let order = ordered(values)?;
    let mut pairs: Vec<(usize, usize)> = groups
        .iter()
        .copied()
        .enumerate()
        .filter(|(at, _)| values.is_valid(*at))
        .map(|(a, g)| (g, a))
        .collect();
    pairs.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| order.row(b.1).cmp(&order.row(a.1))));
    let mut largest = vec![false; groups.len()];
    let mut seen = vec![0usize; size];
    for (group, at) in pairs {
        seen[group] += 1;
        largest[at] = seen[group] <= count;
    }
    let mask = BooleanArray::from(largest);
    let whole = sum_udaf::sums_of(values, groups, size).map_err(failed)?;
    let part = {
        let kept = arrow::compute::filter(values, &mask).map_err(failed)?;
        let kept_groups: Vec<usize> =
            groups.iter().enumerate().filter(|(at, _)| mask.value(*at)).map(|(_, g)| *g).collect();
        sum_udaf::sums_of(&kept, &kept_groups, size).map_err(failed)?
    };
    let (whole, _, _) = sum_udaf::finish_sum(&whole).map_err(failed)?;
    let (part, _, _) = sum_udaf::finish_sum(&part).map_err(failed)?;
    let shares: Float64Array = if let (Some(part), Some(whole)) =
        (part.as_primitive_opt::<Decimal128Type>(), whole.as_primitive_opt::<Decimal128Type>())
    {
        part.iter().zip(whole.iter()).map(|(p, w)| Some(ratio(p?, w.filter(|w| *w != 0)?))).collect()
    } else {
        let (part, whole) = (stored(&part, &DataType::Float64)?, stored(&whole, &DataType::Float64)?);
        let (part, whole) = (part.as_primitive::<Float64Type>(), whole.as_primitive::<Float64Type>());
        part.iter().zip(whole.iter()).map(|(p, w)| Some(p? / w.filter(|w| *w != 0.0)?)).collect()
    };
    Ok(crate::functions::arrays::put_floats(&shares))
}
