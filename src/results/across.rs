//! Values in other cells than the one at hand: earlier periods, the whole breakdown. A combination's
//! periods stand together, so that a period earlier is one cell back, whatever the calendar.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Decimal128Array, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::{DataType, Float64Type};

use super::evaluate::{Column, Counts, Evaluated, Evaluator, Whole, combined, stored};
use crate::functions::operators::arithmetic;
use crate::functions::{Failure, result_type};
use crate::model::expr::{Across, Arith, Offset, ResultExpr};
use crate::model::outcome::Reason;
use crate::model::types::Type;

impl Column {
    /// The column with each cell's value from another cell; none is missing for this reason.
    fn taken(&self, from: &[Option<u32>], none: Reason) -> Result<Self, Failure> {
        let indices = UInt32Array::from(from.to_vec());
        let values = take(&self.values, &indices, None).map_err(|e| Failure::Internal(e.to_string()))?;
        let of = |all: &Counts| {
            Arc::new(from.iter().map(|f| f.map_or(0, |f| all[f as usize])).collect::<Vec<_>>())
        };
        Ok(Self {
            values,
            reasons: from.iter().map(|f| f.map_or(none as u8, |f| self.reasons[f as usize])).collect(),
            n: self.n.as_ref().map(of),
            skipped: of(&self.skipped),
            seen: of(&self.seen),
        })
    }

    /// The column where some cells are missing for a reason.
    pub fn without(mut self, missing: &[bool], reason: Reason) -> Result<Self, Failure> {
        if missing.contains(&true) {
            let keep: Vec<Option<u32>> =
                missing.iter().enumerate().map(|(i, m)| (!m).then_some(i as u32)).collect();
            let indices = UInt32Array::from(keep);
            self.values = take(&self.values, &indices, None).map_err(|e| Failure::Internal(e.to_string()))?;
            for (cell, missing) in missing.iter().enumerate() {
                if *missing {
                    self.reasons[cell] = reason as u8;
                }
            }
        }
        Ok(self)
    }
}

impl Evaluator<'_> {
    /// What `across` makes of a formula.
    pub(super) fn across(&mut self, across: &Across, of: &ResultExpr, ty: Type) -> Evaluated {
        match across {
            Across::Ago(offset) => self.ago(offset, of),
            Across::Change(offset) => {
                let (now, before) = (self.shared(of)?, self.ago(offset, of)?);
                self.arith(Arith::Sub, &now, &before, ty)
            }
            Across::Growth(offset) => self.growth(offset, of),
            Across::RollingAvg(periods) => self.rolling(*periods as usize, of, ty),
            Across::Total(by) => self.total(by, of),
            Across::ShareOfTotal => {
                let (part, whole) = (self.shared(of)?, self.total(&[], of)?);
                self.arith(Arith::Div, &part, &whole, Type::Float)
            }
            Across::Rank(lower) => self.rank(*lower, of),
            Across::HideBelow(rows) => self.hide_below(*rows, of),
        }
    }

    pub(super) fn arith(&self, op: Arith, a: &Column, b: &Column, ty: Type) -> Evaluated {
        let values = arithmetic::apply(op, &a.values, &b.values, &result_type(ty), &self.env)?;
        let zero = |cell: usize| op == Arith::Div && super::evaluate::is_zero(&b.values, cell);
        Ok(combined(
            values,
            &[a, b],
            |cell| {
                if zero(cell) { Reason::ZeroDenominator } else { Reason::OutOfRange }
            },
        ))
    }

    /// The cells of a cut period from a column of whole ones.
    pub(super) fn of_whole(&self, whole: Whole<'_>, column: &Column) -> Evaluated {
        let at = |combo: usize| Some((combo * whole.level.width + whole.period) as u32);
        let from: Vec<Option<u32>> = (0..self.level.combos()).map(at).collect();
        column.taken(&from, Reason::NoPreviousPeriod)
    }

    /// The formula some periods earlier; the open period's, up to the same point.
    fn ago(&mut self, offset: &Offset, of: &ResultExpr) -> Evaluated {
        let back = self.periods_of(offset)?;
        if let Some(whole) = self.whole.filter(|_| !offset.same_point) {
            let column = Evaluator::of(whole.level, self.env).ago(offset, of)?;
            return self.of_whole(whole, &column);
        }
        let whole = self.shared(of)?;
        let width = self.level.width;
        let from: Vec<Option<u32>> =
            (0..self.level.size()).map(|cell| (cell % width >= back).then(|| (cell - back) as u32)).collect();
        let mut column = whole.taken(&from, Reason::NoPreviousPeriod)?;
        let cut = self.level.open.zip(self.level.cuts.get(&(back as i64))).filter(|_| offset.same_point);
        if let Some((open, cut)) = cut {
            let whole = self.whole.unwrap_or(Whole { level: self.level, period: open });
            let mut evaluator = Evaluator::of(cut, self.env);
            evaluator.whole =
                whole.period.checked_sub(back).map(|period| Whole { level: whole.level, period });
            let point = evaluator.eval(of)?;
            column = column.patched(&point, |cell| (cell % width == open).then_some(cell / width))?;
        }
        for reason in &mut column.reasons {
            // Before the data begins there is no earlier period.
            if *reason == Reason::OutsideData as u8 {
                *reason = Reason::NoPreviousPeriod as u8;
            }
        }
        Ok(column)
    }

    fn periods_of(&self, offset: &Offset) -> Result<usize, Failure> {
        let periods = offset.periods(self.level.grain, &self.level.calendar);
        let periods = periods.and_then(|p| usize::try_from(p).ok());
        periods.ok_or_else(|| Failure::Internal("an offset that is no whole number of periods".to_owned()))
    }

    fn growth(&mut self, offset: &Offset, of: &ResultExpr) -> Evaluated {
        let (now, before) = (self.shared(of)?, self.ago(offset, of)?);
        let change = self.arith(Arith::Sub, &now, &before, of.ty)?;
        let growth = self.arith(Arith::Div, &change, &before, Type::Float)?;
        let negative = negatives(&before.values);
        let missing: Vec<bool> =
            negative.iter().enumerate().map(|(cell, n)| *n && now.values.is_valid(cell)).collect();
        let mut growth = growth.without(&missing, Reason::NegativeBase)?;
        // The rows behind it are those of both periods; the base's as in any ratio.
        growth.n = before.n;
        Ok(growth)
    }

    /// The mean of the last closed periods, all of which are needed.
    fn rolling(&mut self, periods: usize, of: &ResultExpr, ty: Type) -> Evaluated {
        if let Some(whole) = self.whole {
            // Of closed periods, which a cut does not touch.
            let column = Evaluator::of(whole.level, self.env).rolling(periods, of, ty)?;
            return self.of_whole(whole, &column);
        }
        let one = self.shared(of)?;
        let width = self.level.width;
        let mut sum = one.clone();
        for back in 1..periods {
            let from: Vec<Option<u32>> = (0..self.level.size())
                .map(|cell| (cell % width >= back).then(|| (cell - back) as u32))
                .collect();
            let earlier = one.taken(&from, Reason::NoPreviousPeriod)?;
            // The earliest reason is the leftmost.
            sum = self.arith(Arith::Add, &earlier, &sum, of.ty)?;
        }
        let count: ArrayRef = Arc::new(
            Decimal128Array::from(vec![periods as i128; self.level.size()])
                .with_precision_and_scale(38, 0)
                .map_err(|e| Failure::Internal(e.to_string()))?,
        );
        let values = arithmetic::apply(Arith::Div, &sum.values, &count, &result_type(ty), &self.env)?;
        let mut column = combined(values, &[&sum], |_| Reason::OutOfRange);
        for reason in &mut column.reasons {
            if *reason == Reason::OutsideData as u8 {
                *reason = Reason::NoPreviousPeriod as u8;
            }
        }
        let open: Vec<bool> =
            (0..self.level.size()).map(|cell| self.level.open == Some(cell % width)).collect();
        column.without(&open, Reason::NotClosed)
    }

    /// The formula over all members, or over those that share the named dimensions.
    fn total(&mut self, by: &[Vec<String>], of: &ResultExpr) -> Evaluated {
        let kept: Vec<usize> =
            (0..self.level.dimensions.len()).filter(|i| by.contains(&self.level.dimensions[*i])).collect();
        if kept.len() == self.level.dimensions.len() {
            return self.shared(of);
        }
        let coarser = self.level.coarser.iter().find(|c| c.kept == kept);
        let coarser = coarser.ok_or_else(|| Failure::Internal("a total that was not computed".to_owned()))?;
        let mut evaluator = Evaluator::of(&coarser.level, self.env);
        let whole = evaluator.eval(of)?;
        let width = self.level.width;
        let from: Vec<Option<u32>> = (0..self.level.size())
            .map(|cell| coarser.combos[cell / width].map(|c| (c * width + cell % width) as u32))
            .collect();
        whole.taken(&from, Reason::NoRows)
    }

    /// The place of each member in its period, the best 1, equal ones the same; a missing member has none.
    fn rank(&mut self, lower: bool, of: &ResultExpr) -> Evaluated {
        let column = self.shared(of)?;
        let width = self.level.width;
        let numbers = stored(&column.values, &DataType::Float64)
            .or_else(|_| stored(&stored(&column.values, &DataType::Int64)?, &DataType::Float64))?;
        let numbers = numbers.as_primitive::<Float64Type>();
        let mut places: Vec<Option<i128>> = vec![None; self.level.size()];
        // Entities are ranked among those that belong to the same, and of those that count.
        // A member's place is told by those that the period saw: others, shown for the sake of other periods,
        // change no place.
        let asked = |cell: usize| self.level.counts.as_ref().is_none_or(|c| c[cell]);
        let seen = |cell: usize| self.level.counts.is_some() || column.seen[cell] > 0;
        let value = |cell: usize| {
            let value = crate::functions::operators::comparison::nine(numbers.value(cell));
            if lower { value } else { -value }
        };
        let line = |cell: usize| (cell % width, self.level.belongs.as_ref().map_or(0, |b| b[cell]));
        let ranked: Vec<usize> = (0..self.level.size())
            .filter(|cell| self.level.named[cell / width] && numbers.is_valid(*cell) && asked(*cell))
            .collect();
        let mut lines: BTreeMap<(usize, usize), Vec<f64>> = BTreeMap::new();
        for cell in ranked.iter().copied().filter(|cell| seen(*cell)) {
            lines.entry(line(cell)).or_default().push(value(cell));
        }
        for values in lines.values_mut() {
            values.sort_by(f64::total_cmp);
        }
        for cell in ranked {
            let better =
                lines.get(&line(cell)).map_or(0, |v| v.partition_point(|other| *other < value(cell)));
            places[cell] = Some(better as i128 + 1);
        }
        let values: ArrayRef = Arc::new(
            Decimal128Array::from(places)
                .with_precision_and_scale(38, 0)
                .map_err(|e| Failure::Internal(e.to_string()))?,
        );
        Ok(combined(values, &[&column], |_| Reason::NoValues))
    }
}

impl Column {
    /// The column with some cells from another one.
    fn patched(&self, other: &Self, from: impl Fn(usize) -> Option<usize>) -> Result<Self, Failure> {
        let mut patched = self.clone();
        let pairs: Vec<(usize, usize)> =
            (0..self.reasons.len()).map(|cell| from(cell).map_or((0, cell), |other| (1, other))).collect();
        patched.values = arrow::compute::interleave(&[&*self.values, &*other.values], &pairs)
            .map_err(|e| Failure::Internal(e.to_string()))?;
        let skipped = Arc::make_mut(&mut patched.skipped);
        let seen = Arc::make_mut(&mut patched.seen);
        let mut n = patched.n.as_mut().map(Arc::make_mut);
        for cell in 0..self.reasons.len() {
            if let Some(theirs) = from(cell) {
                patched.reasons[cell] = other.reasons[theirs];
                skipped[cell] = other.skipped[theirs];
                seen[cell] = other.seen[theirs];
                if let (Some(n), Some(other)) = (&mut n, &other.n) {
                    n[cell] = other[theirs];
                }
            }
        }
        Ok(patched)
    }
}

/// Which numbers are below zero.
fn negatives(values: &ArrayRef) -> Vec<bool> {
    let valid = |i: usize| values.is_valid(i);
    match values.data_type() {
        DataType::Float64 => {
            let a = values.as_primitive::<Float64Type>();
            (0..a.len()).map(|i| valid(i) && a.value(i) < 0.0).collect()
        }
        DataType::Decimal128(..) => {
            let a = values.as_primitive::<arrow::datatypes::Decimal128Type>();
            (0..a.len()).map(|i| valid(i) && a.value(i) < 0).collect()
        }
        DataType::Duration(_) => {
            let a = values.as_primitive::<arrow::datatypes::DurationMicrosecondType>();
            (0..a.len()).map(|i| valid(i) && a.value(i) < 0).collect()
        }
        _ => vec![false; values.len()],
    }
}
