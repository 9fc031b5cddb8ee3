//! Conversion: each target event is credited once, to one base event of the same entity whose time it
//! follows within the window: the latest such base event, or the earliest.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch};
use arrow::datatypes::{DataType, Int64Type};
use datafusion::common::Result as DfResult;
use datafusion::logical_expr::{Expr, lit};

use super::Ready;
use super::order::{groups, ordered};
use super::rows::{columns, order_of};
use crate::engine::run::{Outcomes, Run};
use crate::engine::runner::Runner;
use crate::functions::Env;
use crate::functions::operators::comparison::local_days;
use crate::model::project::{Conversion, Events, SourceId};
use crate::plan::lower::Lowering;
use crate::plan::scan::row_number;
use crate::plan::steps::events;

/// A day in microseconds.
const DAY: i64 = 86_400_000_000;

/// An event: whose, when, and its place among those of one entity at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Event {
    /// The entity's number.
    pub entity: u32,
    /// Microseconds.
    pub at: i64,
    /// Its place in the order of rows.
    pub place: u32,
    /// Its row.
    pub row: u32,
}

/// The rows of base events that a target event is credited to. Each target event has one, the latest base
/// event (`first`: the earliest) at most `within` before it, the bound itself excluded.
pub fn credited(mut base: Vec<Event>, mut targets: Vec<Event>, within: i64, first: bool) -> Vec<u32> {
    base.sort_unstable();
    targets.sort_unstable();
    let mut rows = Vec::new();
    let mut at = 0;
    for target in targets {
        // Base events from `at` on are not too early for this target, nor for later ones.
        let too_early =
            |b: &Event| b.entity < target.entity || (b.entity == target.entity && target.at - b.at >= within);
        while base.get(at).is_some_and(too_early) {
            at += 1;
        }
        let found = if first {
            base.get(at).filter(|b| b.entity == target.entity && b.at <= target.at)
        } else {
            let end = base.partition_point(|b| (b.entity, b.at) <= (target.entity, target.at));
            end.checked_sub(1).filter(|last| *last >= at).map(|last| &base[last])
        };
        rows.extend(found.map(|b| b.row));
    }
    rows
}

impl Run<'_> {
    /// Which rows of a source a target event is credited to.
    pub(super) async fn converted(
        &self,
        ready: &mut Ready,
        source: SourceId,
        conversion: &Conversion,
        runner: &dyn Runner,
    ) -> Outcomes<ArrayRef> {
        let both = [
            events(self.model, source, &conversion.base),
            events(self.model, conversion.source, &conversion.target),
        ];
        for read in &both {
            self.ensure_inputs(ready, read, runner).await?;
        }
        let wrong = |e| vec![self.of_source(&e, source)];
        let base = self.events(ready, source, &conversion.base, true, runner).await.map_err(wrong)?;
        let target = self
            .events(ready, conversion.source, &conversion.target, false, runner)
            .await
            .map_err(|e| vec![self.of_source(&e, conversion.source)])?;
        self.credit(ready, source, conversion, &base, &target).map_err(wrong)
    }

    /// The events of one side: whose, when, whether they count, and of the base their rows.
    async fn events(
        &self,
        ready: &Ready,
        source: SourceId,
        of: &Events,
        numbered: bool,
        runner: &dyn Runner,
    ) -> DfResult<RecordBatch> {
        let scans = self.scans(ready);
        let read = events(self.model, source, of);
        let lowering = Lowering::new(self.model, source, scans.stores);
        let time = lowering.column(&of.time);
        let lowering = lowering.at(Some(time.clone()));
        let counts = of.filter.as_ref().map_or_else(|| lit(true), |f| lowering.expr(f));
        let mut wanted: Vec<Expr> = vec![lowering.column(&of.entity), time, counts];
        wanted.extend(numbered.then(row_number));
        self.batch(scans.values(&read, &lowering, wanted)?, runner).await
    }

    fn credit(
        &self,
        ready: &Ready,
        source: SourceId,
        conversion: &Conversion,
        base: &RecordBatch,
        target: &RecordBatch,
    ) -> DfResult<ArrayRef> {
        let day = |b: &RecordBatch| b.column(1).data_type() == &DataType::Date32;
        // A day beside a time of day is compared by local days.
        let by_day = day(base) || day(target);
        let (from, to) = (self.times(base.column(1), by_day)?, self.times(target.column(1), by_day)?);
        let theirs = arrow::compute::cast(target.column(0), base.column(0).data_type())?;
        let keys: ArrayRef = arrow::compute::concat(&[&**base.column(0), &*theirs])?;
        let entities = groups(&[keys], base.num_rows() + target.num_rows())?;
        let places = self.places(ready, source)?;
        let numbers = base.column(3).as_primitive::<Int64Type>();
        let counts = |b: &RecordBatch, row: usize| {
            let counts = b.column(2).as_boolean();
            counts.is_valid(row) && counts.value(row)
        };
        // A row after the as-of in the column that it counts on is not seen.
        let last = if by_day {
            i64::from(crate::plan::period::day_number(self.as_of.day)) * DAY
        } else {
            self.as_of.instant.timestamp_micros()
        };
        let seen = |at: Option<i64>| at.filter(|at| *at <= last);
        let base_events: Vec<Event> = (0..base.num_rows())
            .filter(|row| counts(base, *row))
            .filter_map(|row| {
                let number = numbers.value(row) as u32;
                let place = places.get(&number).copied().unwrap_or_default();
                Some(Event { entity: entities[row]?, at: seen(from[row])?, place, row: number })
            })
            .collect();
        let targets: Vec<Event> = (0..target.num_rows())
            .filter(|row| counts(target, *row))
            .filter_map(|row| {
                let entity = entities[base.num_rows() + row]?;
                Some(Event { entity, at: seen(to[row])?, place: 0, row: row as u32 })
            })
            .collect();
        let rows = credited(base_events, targets, conversion.within, conversion.first);
        let count = ready.held.get(&source).map_or(0, RecordBatch::num_rows);
        let mut credited = vec![false; count];
        for row in rows {
            credited[row as usize] = true;
        }
        Ok(Arc::new(BooleanArray::from(credited)))
    }

    /// The place of each row in its source's order, so that events at one time have an order too.
    fn places(&self, ready: &Ready, source: SourceId) -> DfResult<HashMap<u32, u32>> {
        let here = self.model.source(source);
        let Some(rows) = ready.held.get(&source) else { return Ok(HashMap::new()) };
        let Some(first) = here.time.or(here.span.map(|s| s.from)).or_else(|| here.file_columns().next())
        else {
            return Ok(HashMap::new());
        };
        let order = ordered(&columns(here, rows, &order_of(here, first)))?;
        let mut sorted: Vec<u32> = (0..rows.num_rows() as u32).collect();
        sorted.sort_by(|a, b| order.row(*a as usize).cmp(&order.row(*b as usize)));
        Ok(sorted.into_iter().enumerate().map(|(place, row)| (row, place as u32)).collect())
    }

    fn times(&self, times: &ArrayRef, by_day: bool) -> DfResult<Vec<Option<i64>>> {
        if !by_day {
            return self.instants(times);
        }
        let env = Env { timezone: self.model.calendar.timezone };
        let days = match times.data_type() {
            DataType::Date32 => times.as_primitive::<arrow::datatypes::Date32Type>().clone(),
            _ => local_days(times, &env)
                .map_err(|f| datafusion::common::DataFusionError::External(Box::new(f)))?,
        };
        Ok(days.iter().map(|d| Some(i64::from(d?) * DAY)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(all: &[(u32, i64)]) -> Vec<Event> {
        let event = |(i, (entity, at)): (usize, &(u32, i64))| Event {
            entity: *entity,
            at: *at,
            place: i as u32,
            row: i as u32,
        };
        all.iter().enumerate().map(event).collect()
    }

    #[test]
    fn a_target_is_credited_once_to_the_latest_base_event() {
        let base = events(&[(1, 1), (1, 5), (2, 1)]);
        assert_eq!(credited(base.clone(), events(&[(1, 6)]), 90, false), [1]);
        assert_eq!(credited(base.clone(), events(&[(1, 6)]), 90, true), [0]);
        assert_eq!(credited(base.clone(), events(&[(1, 6), (1, 7)]), 90, false), [1, 1]);
        assert_eq!(credited(base, events(&[(3, 6)]), 90, false), [0u32; 0]);
    }

    #[test]
    fn the_window_holds_its_start_and_not_its_end() {
        let base = events(&[(1, 10)]);
        assert_eq!(credited(base.clone(), events(&[(1, 10)]), 90, false), [0]);
        assert_eq!(credited(base.clone(), events(&[(1, 99)]), 90, false), [0]);
        assert_eq!(credited(base.clone(), events(&[(1, 100)]), 90, false), [0u32; 0]);
        assert_eq!(credited(base, events(&[(1, 9)]), 90, false), [0u32; 0]);
    }

    #[test]
    fn the_earliest_whose_window_holds_the_target() {
        let base = events(&[(1, 0), (1, 120)]);
        assert_eq!(credited(base.clone(), events(&[(1, 121)]), 90, true), [1]);
        assert_eq!(credited(base, events(&[(1, 130)]), 200, true), [0]);
    }
}
