//! Conversion of events that their own columns tell apart: who is credited is found from the columns that say
//! whose and when alone, and looked up by them while the base's source is scanned. So its rows are never held.
//! Where some events of one entity at one time are alike, and one of them is credited, it does not know which.

use std::sync::Arc;

use arrow::array::{Array, AsArray, BooleanArray, Int64Array};
use chrono::NaiveDate;
use datafusion::common::{DataFusionError, Result as DfResult};
use datafusion::logical_expr::Expr;

use super::Ready;
use super::credit::{Event, credited};
use crate::engine::run::Run;
use crate::engine::runner::Runner;
use crate::functions::Failure;
use crate::model::project::{ColumnRef, Conversion, Events, SourceId};
use crate::model::types::Type;
use crate::plan::columns::Inputs;
use crate::plan::credited::{Credited, Plain, Sieve, holds, ticks};
use crate::plan::lower::Lowering;
use crate::plan::ranges::about_days;
use crate::plan::steps::events;

type Days = Option<(NaiveDate, NaiveDate)>;

/// Events of one side, sorted; when each happened as its column stores it, by its row.
struct Side {
    events: Vec<Event>,
    stored: Vec<i64>,
}

fn failed(failure: Failure) -> DataFusionError {
    DataFusionError::External(Box::new(failure))
}

impl Run<'_> {
    /// The credited base events; none where they cannot be told apart, or entities are no whole numbers.
    pub(super) async fn pairs(
        &self,
        ready: &Ready,
        source: SourceId,
        own: Plain,
        conversion: &Conversion,
        days: Days,
        runner: &dyn Runner,
    ) -> DfResult<Option<Credited>> {
        let types = |source, events: &Events| {
            let ty = |at| self.model.column(source, at).ty;
            (ty(&events.entity), ty(&events.time))
        };
        let (base, target) = (types(source, &conversion.base), types(conversion.source, &conversion.target));
        if target.0 != Type::Integer {
            return Ok(None);
        }
        // A day beside a time of day is compared by local days.
        let by_day = base.1 == Type::Date || target.1 == Type::Date;
        let scans = self.scans(ready);

        let (side, of) = (conversion.source, &conversion.target);
        let lowering = Lowering::new(self.model, side, scans.stores);
        let to = of.entity.hops.first().map(|hop| self.model.source(side).relations[*hop].to);
        let keys = to.and_then(|to| Some((to, scans.stores.keys.get(&to)?)));
        // That an entity is there is seen from its key where no more of it is read.
        let (entity, whose) = match holds(self.model, side, &of.entity).zip(keys) {
            Some((column, (to, keys))) => {
                let at = ColumnRef { hops: Vec::new(), column };
                (keys.known(&lowering, to, lowering.raw_column(&at).0), at)
            }
            None => (lowering.column(&of.entity), of.entity.clone()),
        };
        let targets = self.side(ready, side, of, (&whose, entity, None), days, by_day, runner).await?;

        let lowering = Lowering::new(self.model, source, scans.stores);
        let whose = ColumnRef { hops: Vec::new(), column: own.entity };
        let entity = lowering.raw_column(&whose).0;
        // Entities of targets are there, so those of base events that they are credited to are too.
        let sieve = Arc::new(Sieve::new(targets.events.iter().map(|t| t.entity as u64)));
        let among = sieve.may_hold_column(&lowering, entity.clone());
        let of = &conversion.base;
        let base = self.side(ready, source, of, (&whose, entity, Some(among)), days, by_day, runner).await?;

        let places = credited(&base.events, &targets.events, conversion.within, conversion.first);
        let same = |a: usize, b: usize| {
            let (Some(a), Some(b)) = (base.events.get(a), base.events.get(b)) else { return false };
            (a.entity, a.at) == (b.entity, b.at)
        };
        if places.iter().any(|at| same(*at, at + 1) || same(*at, at.wrapping_sub(1))) {
            return Ok(None);
        }
        let found = places.into_iter().map(|at| {
            let event = &base.events[at];
            (event.entity, base.stored[event.row as usize])
        });
        Ok(Some(Credited::new(own, found)))
    }

    /// The events of a side that count and are seen; `whose` is read for what says whose they are, and may
    /// say which are looked at.
    #[expect(clippy::too_many_arguments, reason = "both sides are read in one way")]
    async fn side(
        &self,
        ready: &Ready,
        source: SourceId,
        of: &Events,
        (whose, entity, among): (&ColumnRef, Expr, Option<Expr>),
        days: Days,
        by_day: bool,
        runner: &dyn Runner,
    ) -> DfResult<Side> {
        let scans = self.scans(ready);
        let read: Inputs<'_> = events(self.model, source, &Events { entity: whose.clone(), ..of.clone() });
        let lowering = Lowering::new(self.model, source, scans.stores);
        let time = lowering.column(&of.time);
        let lowering = lowering.at(Some(time.clone()));
        let mut wanted = vec![entity, time, lowering.raw_column(&of.time).0];
        wanted.extend(of.filter.as_ref().map(|f| lowering.expr(f)));
        let asked = days.and_then(|(from, to)| about_days(&lowering, &of.time, from, to));
        let asked = [asked, among].into_iter().flatten().reduce(Expr::and);
        let batches = runner.run(scans.values_where(&read, &lowering, wanted, asked)?).await?;
        let last = self.last(by_day);
        let mut side = Side { events: Vec::new(), stored: Vec::new() };
        for batch in &batches {
            let entities: &Int64Array = batch.column(0).as_primitive();
            let times = self.times(batch.column(1), by_day)?;
            let stored = ticks(batch.column(2)).map_err(failed)?;
            let counts: Option<&BooleanArray> = batch.columns().get(3).and_then(|c| c.as_boolean_opt());
            for (row, at) in times.into_iter().enumerate() {
                let counted = counts.is_none_or(|c| c.is_valid(row) && c.value(row));
                let Some(at) = at.filter(|at| counted && *at <= last && entities.is_valid(row)) else {
                    continue;
                };
                let number = side.stored.len() as u32;
                side.events.push(Event { entity: entities.value(row), at, place: 0, row: number });
                side.stored.push(stored.value(row));
            }
        }
        side.events.sort_unstable();
        Ok(side)
    }
}
