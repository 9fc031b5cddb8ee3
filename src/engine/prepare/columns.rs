//! Columns that are made of other rows than their own: facts, gaps, the ends of balances, conversions.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Date32Array, DurationMicrosecondArray, UInt32Array};
use arrow::compute::{cast, take};
use arrow::datatypes::{DataType, Date32Type, Int64Type};
use datafusion::common::{DataFusionError, Result as DfResult};
use datafusion::logical_expr::Expr;

use super::Ready;
use super::order::{groups, groups_with_missing, ordered};
use super::rows::{columns, order_of};
use crate::engine::run::{Outcomes, Run};
use crate::engine::runner::Runner;
use crate::functions::clock::{LocalClock, instants_of_local};
use crate::functions::operators::comparison::local_days;
use crate::functions::{Env, Failure, arrays, row_type};
use crate::model::project::{Aggregate, Carry, ColumnRef, Made, MeasureId, Snapshot, SourceId};
use crate::plan::columns::Inputs;
use crate::plan::groups::inputs;
use crate::plan::lower::Lowering;
use crate::plan::scan::row_number;
use crate::plan::steps::fact_group;

fn failed(failure: Failure) -> DataFusionError {
    DataFusionError::External(Box::new(failure))
}

impl Run<'_> {
    /// Makes a column and adds it to the source's rows.
    pub(super) async fn make_column(
        &self,
        ready: &mut Ready,
        source: SourceId,
        column: usize,
        runner: &dyn Runner,
    ) -> Outcomes<()> {
        let here = self.model.source(source);
        let wrong = |e| vec![self.of_source(&e, source)];
        let Some(made) = here.columns[column].made.clone() else { return Ok(()) };
        let values = match &*made {
            Made::Until => {
                let Some(snapshot) = &here.snapshot else { return Ok(()) };
                self.until(ready, source, snapshot).map_err(wrong)?
            }
            Made::Gap { time, per } => {
                let mut read = Inputs::new(self.model, source);
                read.column(time);
                read.column(per);
                self.ensure_inputs(ready, &read, runner).await?;
                self.gap(ready, &read, (time, per), runner).await.map_err(wrong)?
            }
            Made::Fact { measure, keys } => {
                let group = fact_group(self.model, *measure, keys);
                let read = inputs(self.model, &group, &group.sets);
                self.ensure_inputs(ready, &read, runner).await?;
                self.fact(ready, source, *measure, keys, runner).await.map_err(wrong)?
            }
            Made::Converted(conversion) => {
                match self.converted(ready, source, column, conversion, runner).await? {
                    Some(values) => values,
                    // Looked up by whose and when.
                    None => return Ok(()),
                }
            }
        };
        self.add(ready, source, column, values)
    }

    /// Until when each balance holds: the day of its key's next row, or of its last carried day's end.
    fn until(&self, ready: &Ready, source: SourceId, snapshot: &Snapshot) -> DfResult<ArrayRef> {
        let here = self.model.source(source);
        let Some(rows) = ready.held.get(&source) else {
            return datafusion::common::internal_err!("balances that are not held");
        };
        let count = rows.num_rows();
        // Balances of nobody are one more key's.
        let groups = groups_with_missing(&columns(here, rows, &snapshot.per), count)?;
        let order = ordered(&columns(here, rows, &order_of(here, snapshot.time)))?;
        let time = &columns(here, rows, &[snapshot.time])[0];
        let days = self.days(time)?;
        let mut sorted: Vec<usize> =
            (0..count).filter(|r| groups[*r].is_some() && days.is_valid(*r)).collect();
        sorted.sort_by(|a, b| (groups[*a], order.row(*a)).cmp(&(groups[*b], order.row(*b))));
        let mut until: Vec<Option<i32>> = vec![None; count];
        for (at, row) in sorted.iter().enumerate() {
            let next = sorted.get(at + 1).filter(|n| groups[**n] == groups[*row]).map(|n| days.value(*n));
            let carried = match snapshot.carry {
                Carry::Days(carried) => Some(days.value(*row).saturating_add(carried).saturating_add(1)),
                Carry::None | Carry::UntilNext => None,
            };
            until[*row] = [next, carried].into_iter().flatten().min();
        }
        Ok(Arc::new(Date32Array::from(until)))
    }

    /// The local days of times, however they are stored.
    fn days(&self, times: &ArrayRef) -> DfResult<Date32Array> {
        Ok(match times.data_type() {
            DataType::Timestamp(_, Some(_)) => {
                local_days(times, &Env { timezone: self.model.calendar.timezone }).map_err(failed)?
            }
            _ => cast(times, &DataType::Date32)?.as_primitive::<Date32Type>().clone(),
        })
    }

    /// Times as instants; a day is its midnight.
    pub(super) fn instants(&self, times: &ArrayRef) -> DfResult<Vec<Option<i64>>> {
        let zone = self.model.calendar.timezone;
        Ok(match times.data_type() {
            DataType::Timestamp(_, None) => {
                let instants = instants_of_local(times, zone).map_err(failed)?;
                arrays::instants(&instants).map_err(failed)?.iter().collect()
            }
            DataType::Timestamp(..) => arrays::instants(times).map_err(failed)?.iter().collect(),
            _ => {
                let mut clock = LocalClock::new(zone);
                let days = cast(times, &DataType::Date32)?;
                days.as_primitive::<Date32Type>().iter().map(|d| clock.midnight(d?)).collect()
            }
        })
    }

    /// The time since the same entity's previous row, by the order of rows; missing for its first.
    async fn gap(
        &self,
        ready: &Ready,
        read: &Inputs<'_>,
        (time, per): (&ColumnRef, &ColumnRef),
        runner: &dyn Runner,
    ) -> DfResult<ArrayRef> {
        let scans = self.scans(ready);
        let lowering = Lowering::new(self.model, read.source, scans.stores);
        let wanted: Vec<Expr> = vec![row_number(), lowering.column(time), lowering.column(per)];
        let rows = self.batch(scans.values(read, &lowering, wanted)?, runner).await?;
        let places = rows.column(0).as_primitive::<Int64Type>();
        let is_day = rows.column(1).data_type() == &DataType::Date32;
        let at: Vec<Option<i64>> = if is_day {
            // Days are apart by the calendar, not by the clock.
            let days = rows.column(1).as_primitive::<Date32Type>();
            days.iter().map(|d| Some(i64::from(d?) * 86_400_000_000)).collect()
        } else {
            self.instants(rows.column(1))?
        };
        let groups = groups(&[Arc::clone(rows.column(2))], rows.num_rows())?;
        let mut sorted: Vec<usize> =
            (0..rows.num_rows()).filter(|r| groups[*r].is_some() && at[*r].is_some()).collect();
        sorted.sort_by_key(|r| (groups[*r], at[*r], places.value(*r)));
        let mut gaps: Vec<Option<i64>> = vec![None; rows.num_rows()];
        for pair in sorted.windows(2).filter(|p| groups[p[0]] == groups[p[1]]) {
            let gap = at[pair[1]].zip(at[pair[0]]).map(|(b, a)| b - a);
            gaps[places.value(pair[1]) as usize] = gap;
        }
        Ok(Arc::new(DurationMicrosecondArray::from(gaps)))
    }

    /// An aggregate over the related rows of each row.
    async fn fact(
        &self,
        ready: &Ready,
        source: SourceId,
        measure: MeasureId,
        keys: &[ColumnRef],
        runner: &dyn Runner,
    ) -> DfResult<ArrayRef> {
        let (here, fact) = (self.model.source(source), &self.model.measures[measure.0]);
        let group = fact_group(self.model, measure, keys);
        let scans = self.scans(ready);
        let plan = scans.group(&group, None)?;
        let found = self.batch(plan.plan.clone(), runner).await?;
        let column = |name: String| -> DfResult<ArrayRef> {
            let column = found.column_by_name(&name).cloned();
            column.ok_or_else(|| DataFusionError::Internal(format!("a fact without {name}")))
        };
        let parts =
            (0..plan.parts.parts.len()).map(|i| column(format!("a{i}"))).collect::<DfResult<Vec<_>>>()?;
        let finished = plan.measures[0].finish(fact, &parts)?;
        let values = cast(&finished.values, &row_type(fact.ty))?;
        // Rows of which every value is missing have no value; nothing at all is 0 to counts and sums.
        let none = finished.n.iter().map(|n| n == Some(0)).collect::<Vec<_>>();
        let mut read = Inputs::new(self.model, source);
        let own = here.key.iter().map(|k| ColumnRef { hops: Vec::new(), column: *k }).collect::<Vec<_>>();
        for key in &own {
            read.column(key);
        }
        let lowering = Lowering::new(self.model, source, scans.stores);
        let wanted = std::iter::once(row_number()).chain(own.iter().map(|k| lowering.column(k))).collect();
        let rows = self.batch(scans.values(&read, &lowering, wanted)?, runner).await?;
        let places = rows.column(0).as_primitive::<Int64Type>();
        let mine = &rows.columns()[1..];
        // Both keys in one type, numbered together: the found ones first.
        let mut both = Vec::new();
        for (at, mine) in mine.iter().enumerate() {
            let theirs = cast(&column(format!("k{at}"))?, mine.data_type())?;
            both.push(arrow::compute::concat(&[&*theirs, &**mine])?);
        }
        let known = found.num_rows();
        let groups = groups(&both, known + rows.num_rows())?;
        let mut row_of: Vec<Option<u32>> = vec![None; known + rows.num_rows()];
        for (row, group) in groups[..known].iter().enumerate() {
            if let Some(group) = group {
                row_of[*group as usize] = Some(row as u32);
            }
        }
        let mut from: Vec<Option<u32>> = vec![None; rows.num_rows()];
        for (row, group) in groups[known..].iter().enumerate() {
            from[places.value(row) as usize] = group.and_then(|g| row_of[g as usize]);
        }
        let zero = matches!(
            fact.aggregate,
            Aggregate::Count | Aggregate::Sum | Aggregate::CountDistinct | Aggregate::ApproxCountDistinct
        );
        let counted = fact.aggregate == Aggregate::Count;
        let missing: Vec<Option<u32>> =
            from.iter().map(|f| f.filter(|f| counted || !none[*f as usize])).collect();
        let values = take(&values, &UInt32Array::from(missing), None)?;
        if !zero {
            return Ok(values);
        }
        let unseen: arrow::array::BooleanArray = from.iter().map(|f| Some(f.is_none())).collect();
        let nothing = datafusion::common::ScalarValue::new_zero(&row_type(fact.ty))?.to_scalar()?;
        Ok(arrow::compute::kernels::zip::zip(&unseen, &nothing, &values)?)
    }
}
