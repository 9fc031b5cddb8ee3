//! Conversion: each target event is credited once, to one base event of the same entity whose time it
//! follows within the window: the latest such base event, or the earliest.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::{DataType, Int64Type};
use chrono::{NaiveDate, TimeDelta};
use datafusion::common::Result as DfResult;
use datafusion::logical_expr::{Expr, lit};

use super::Ready;
use super::order::{groups, ordered};
use super::rows::{columns, order_of};
use crate::engine::run::{Outcomes, Run};
use crate::engine::runner::Runner;
use crate::functions::Env;
use crate::functions::operators::comparison::local_days;
use crate::model::expr::RowLeaf;
use crate::model::project::{Conversion, Events, Measure, SourceId, TimeBinding};
use crate::plan::credited::plain;
use crate::plan::lower::Lowering;
use crate::plan::ranges::{about_days, window_starts};
use crate::plan::scan::row_number;
use crate::plan::steps::events;

/// A day in microseconds.
const DAY: i64 = 86_400_000_000;

/// An event: whose, when, and its place among those of one entity at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Event {
    /// The entity's number.
    pub entity: i64,
    /// Microseconds.
    pub at: i64,
    /// Its place in the order of rows.
    pub place: u32,
    /// Its row.
    pub row: u32,
}

/// The places of base events that a target event is credited to. Each target event has one, the latest base
/// event (`first`: the earliest) at most `within` before it, the bound itself excluded. Both are sorted.
pub fn credited(base: &[Event], targets: &[Event], within: i64, first: bool) -> Vec<usize> {
    let mut places = Vec::new();
    let (mut from, mut end) = (0, 0);
    for target in targets {
        // Base events before `from` are too early for this target and for later ones; those before `end`
        // have happened.
        let too_early =
            |b: &Event| b.entity < target.entity || (b.entity == target.entity && target.at - b.at >= within);
        while base.get(from).is_some_and(too_early) {
            from += 1;
        }
        while base.get(end).is_some_and(|b| (b.entity, b.at) <= (target.entity, target.at)) {
            end += 1;
        }
        if from < end {
            places.push(if first { from } else { end - 1 });
        }
    }
    places
}

impl Run<'_> {
    /// Which rows of a source a target event is credited to; none where [`Run::pairs`] put it among what is
    /// looked up.
    pub(super) async fn converted(
        &self,
        ready: &mut Ready,
        source: SourceId,
        column: usize,
        conversion: &Conversion,
        runner: &dyn Runner,
    ) -> Outcomes<Option<ArrayRef>> {
        let both = [
            events(self.model, source, &conversion.base),
            events(self.model, conversion.source, &conversion.target),
        ];
        for read in &both {
            self.ensure_inputs(ready, read, runner).await?;
        }
        let wrong = |e| vec![self.of_source(&e, source)];
        let days = self.asked_days(source, column, conversion);
        if let Some(own) = plain(self.model, source, &conversion.base) {
            let found = self.pairs(ready, source, own, conversion, days, runner).await.map_err(wrong)?;
            if let Some(found) = found {
                ready.sources.stores.credited.insert((source, column), found);
                return Ok(None);
            }
        }
        if !ready.held.contains_key(&source) {
            self.hold_rows(ready, source, runner).await?;
            for read in &both {
                self.ensure_inputs(ready, read, runner).await?;
            }
        }
        let base = self.events(ready, source, &conversion.base, true, days, runner).await.map_err(wrong)?;
        let target = self
            .events(ready, conversion.source, &conversion.target, false, days, runner)
            .await
            .map_err(|e| vec![self.of_source(&e, conversion.source)])?;
        self.credit(ready, source, conversion, &base, &target).map(Some).map_err(wrong)
    }

    /// The days on which events can matter to the asked-for periods: no event before or after them changes
    /// who is credited there. None where windows reach back without end.
    fn asked_days(
        &self,
        source: SourceId,
        column: usize,
        conversion: &Conversion,
    ) -> Option<(NaiveDate, NaiveDate)> {
        let reads = |measure: &Measure| {
            let mut reads = false;
            if let Some(argument) = &measure.argument {
                argument.leaves(&mut |leaf| {
                    reads |= matches!(leaf, RowLeaf::Column(c) if c.hops.is_empty() && c.column == column);
                });
            }
            reads && measure.source == source
        };
        let calendar = &self.model.calendar;
        let mut days: Option<(NaiveDate, NaiveDate)> = None;
        for group in &self.graph.groups {
            if !group.measures.iter().any(|id| reads(&self.model.measures[id.0])) {
                continue;
            }
            for set in &group.sets {
                let mut from = calendar.start(set.grain, set.periods.0);
                if let TimeBinding::Ranged(ranged) = &group.time
                    && let Some(window) = ranged.window
                {
                    let first = set.periods.0..set.periods.0 + 1;
                    let start = window_starts(calendar, window, set.grain, first).first().copied()?;
                    let start = NaiveDate::default().checked_add_signed(TimeDelta::days(start.into()))?;
                    from = from.min(start);
                }
                let to = calendar.end(set.grain, set.periods.1 - 1);
                days = Some(days.map_or((from, to), |(f, t)| (f.min(from), t.max(to))));
            }
        }
        let (from, to) = days?;
        // A day more on both sides for times of other zones.
        let wait = TimeDelta::days(conversion.within / DAY + 2);
        let from = from.checked_sub_signed(if conversion.first { wait } else { TimeDelta::days(2) })?;
        Some((from, to.checked_add_signed(wait)?))
    }

    /// The events of one side: whose, when, whether they count, and of the base their rows.
    async fn events(
        &self,
        ready: &Ready,
        source: SourceId,
        of: &Events,
        numbered: bool,
        days: Option<(NaiveDate, NaiveDate)>,
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
        let asked = days.and_then(|(from, to)| about_days(&lowering, &of.time, from, to));
        self.batch(scans.values_where(&read, &lowering, wanted, asked)?, runner).await
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
        let numbers = base.column(3).as_primitive::<Int64Type>();
        let counts = |b: &RecordBatch, row: usize| {
            let counts = b.column(2).as_boolean();
            counts.is_valid(row) && counts.value(row)
        };
        // A row after the as-of in the column that it counts on is not seen.
        let last = self.last(by_day);
        let seen = |at: Option<i64>| at.filter(|at| *at <= last);
        let mut targets: Vec<Event> = (0..target.num_rows())
            .filter(|row| counts(target, *row))
            .filter_map(|row| {
                let entity = entities[base.num_rows() + row]?.into();
                Some(Event { entity, at: seen(to[row])?, place: 0, row: row as u32 })
            })
            .collect();
        let mut converting = vec![false; entities.len()];
        for target in &targets {
            converting[target.entity as usize] = true;
        }
        let mut base_events: Vec<Event> = (0..base.num_rows())
            .filter(|row| entities[*row].is_some_and(|e| converting[e as usize]) && counts(base, *row))
            .filter_map(|row| {
                let number = numbers.value(row) as u32;
                Some(Event { entity: entities[row]?.into(), at: seen(from[row])?, place: 0, row: number })
            })
            .collect();
        targets.sort_unstable();
        base_events.sort_unstable();
        self.settle_ties(ready, source, &mut base_events)?;
        let places = credited(&base_events, &targets, conversion.within, conversion.first);
        let count = ready.held.get(&source).map_or(0, RecordBatch::num_rows);
        let mut credited = vec![false; count];
        for place in places {
            credited[base_events[place].row as usize] = true;
        }
        Ok(Arc::new(BooleanArray::from(credited)))
    }

    /// Orders the events of one entity at one time as their source's rows are, whatever the file's order.
    fn settle_ties(&self, ready: &Ready, source: SourceId, events: &mut [Event]) -> DfResult<()> {
        let here = self.model.source(source);
        let first = here.time.or(here.span.map(|s| s.from)).or_else(|| here.file_columns().next());
        let (Some(rows), Some(first)) = (ready.held.get(&source), first) else { return Ok(()) };
        let same = |a: &Event, b: &Event| (a.entity, a.at) == (b.entity, b.at);
        let tied = |at: usize| {
            (at > 0 && same(&events[at - 1], &events[at]))
                || events.get(at + 1).is_some_and(|next| same(&events[at], next))
        };
        let places: Vec<usize> = (0..events.len()).filter(|at| tied(*at)).collect();
        if places.is_empty() {
            return Ok(());
        }
        let numbers: UInt32Array = places.iter().map(|at| Some(events[*at].row)).collect();
        let columns = columns(here, rows, &order_of(here, first));
        let columns =
            columns.iter().map(|c| Ok(take(c, &numbers, None)?)).collect::<DfResult<Vec<ArrayRef>>>()?;
        let order = ordered(&columns)?;
        let mut sorted: Vec<usize> = (0..places.len()).collect();
        sorted.sort_by(|a, b| order.row(*a).cmp(&order.row(*b)));
        for (place, at) in sorted.into_iter().enumerate() {
            events[places[at]].place = place as u32;
        }
        events.sort_unstable();
        Ok(())
    }

    /// The as-of, as events' times are compared.
    pub(super) fn last(&self, by_day: bool) -> i64 {
        if by_day {
            i64::from(crate::plan::period::day_number(self.as_of.day)) * DAY
        } else {
            self.as_of.instant.timestamp_micros()
        }
    }

    /// Times as they are compared.
    pub(super) fn times(&self, times: &ArrayRef, by_day: bool) -> DfResult<Vec<Option<i64>>> {
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

    fn events(all: &[(i64, i64)]) -> Vec<Event> {
        let event = |(i, (entity, at)): (usize, &(i64, i64))| Event {
            entity: *entity,
            at: *at,
            place: i as u32,
            row: i as u32,
        };
        let mut all: Vec<Event> = all.iter().enumerate().map(event).collect();
        all.sort_unstable();
        all
    }

    #[test]
    fn a_target_is_credited_once_to_the_latest_base_event() {
        let base = events(&[(1, 1), (1, 5), (2, 1)]);
        assert_eq!(credited(&base, &events(&[(1, 6)]), 90, false), [1]);
        assert_eq!(credited(&base, &events(&[(1, 6)]), 90, true), [0]);
        assert_eq!(credited(&base, &events(&[(1, 6), (1, 7)]), 90, false), [1, 1]);
        assert_eq!(credited(&base, &events(&[(3, 6)]), 90, false), [0usize; 0]);
    }

    #[test]
    fn the_window_holds_its_start_and_not_its_end() {
        let base = events(&[(1, 10)]);
        assert_eq!(credited(&base, &events(&[(1, 10)]), 90, false), [0]);
        assert_eq!(credited(&base, &events(&[(1, 99)]), 90, false), [0]);
        assert_eq!(credited(&base, &events(&[(1, 100)]), 90, false), [0usize; 0]);
        assert_eq!(credited(&base, &events(&[(1, 9)]), 90, false), [0usize; 0]);
    }

    #[test]
    fn the_earliest_whose_window_holds_the_target() {
        let base = events(&[(1, 0), (1, 120)]);
        assert_eq!(credited(&base, &events(&[(1, 121)]), 90, true), [1]);
        assert_eq!(credited(&base, &events(&[(1, 130)]), 200, true), [0]);
    }
}
