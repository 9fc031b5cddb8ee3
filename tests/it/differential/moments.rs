//! Which moment a row counts at, which balances hold at a close, in what order rows stand.

use chrono::NaiveDate;

use super::calendar::plus;
use super::formula::{Aggregate, Moment};
use super::naive::{Here, Naive};
use super::schema::{SOURCES, Src};
use super::value::Value;
use super::world::{Carry, total_order};

impl Naive<'_> {
    /// The day that a row counts at: of events that of their time, of balances the last one of the opening
    /// or the closing, of what is active during a period the later of its start and the row's own.
    pub fn moment(&self, aggregate: &Aggregate, row: usize, here: &Here<'_>) -> Option<NaiveDate> {
        let source = &SOURCES[aggregate.source];
        let (start, end) = self.border(here);
        let day = |path: &[&str]| self.world.day(&self.world.path(aggregate.source, row, path, None));
        match &aggregate.moment {
            Moment::Own => day(&[source.time?]),
            Moment::On(path) => day(path),
            Moment::Start => start.map(|start| plus(start, -1)),
            Moment::End => Some(plus(end, -1)),
            Moment::AsOf(day) => Some(*day),
            Moment::During => day(&[source.span?.0]).max(start),
        }
    }

    /// The rows of a snapshot source that hold at a close: for each account its last one up to it, if it is
    /// not too old. None where it is no such source, or its rows count on a day of their own.
    pub(super) fn held(&self, aggregate: &Aggregate, here: &Here<'_>) -> Option<Vec<usize>> {
        let source = aggregate.source;
        let day = SOURCES[source].snapshot?;
        let (start, end) = self.border(here);
        // The close, and the first day of what it closes.
        let (close, first) = match &aggregate.moment {
            Moment::End => (plus(end, -1), start),
            // Before all time nothing holds.
            Moment::Start if start.is_none() => return Some(Vec::new()),
            Moment::Start => {
                let before = self.world.settings.calendar.start(self.grain, here.period - 1);
                (plus(start?, -1), Some(before))
            }
            Moment::AsOf(on) => (*on, Some(*on)),
            Moment::Own | Moment::On(_) | Moment::During => return None,
        };
        let day_of = |row: usize| self.world.day(&self.world.path(source, row, &[day], None));
        let account = |row: usize| self.world.path(source, row, &["account_id"], None);
        let there = |row: &usize| day_of(*row).is_some_and(|day| day <= close);
        let rows: Vec<usize> = (0..self.world.rows[source].len()).filter(there).collect();
        let order = |row: usize| self.order(source, row, day_of(row).map_or(Value::Missing, Value::Date));
        let last = |row: &usize| {
            let beaten = rows.iter().any(|r| {
                *r != *row && account(*r) == account(*row) && {
                    let found = total_order(&order(*r), &order(*row));
                    // Of rows that are equal in everything the first.
                    found.is_gt() || (found.is_eq() && r < row)
                }
            });
            !beaten
        };
        let fresh = |row: &usize| {
            let Some(day) = day_of(*row) else { return false };
            match self.world.settings.carry {
                Carry::None => first.is_none_or(|first| first <= day),
                Carry::UntilNext => true,
                Carry::Days(days) => (close - day).num_days() <= days,
            }
        };
        Some(rows.iter().copied().filter(last).filter(fresh).collect())
    }

    /// A row's place among others: its time, its key, its other columns.
    pub(super) fn place(&self, aggregate: &Aggregate, row: usize) -> Vec<Value> {
        let source = aggregate.source;
        let time = match &aggregate.moment {
            Moment::On(path) => self.world.path(source, row, path, None),
            _ => SOURCES[source]
                .own_time()
                .map_or(Value::Missing, |t| self.world.path(source, row, &[t], None)),
        };
        self.order(source, row, time)
    }

    fn order(&self, source: Src, row: usize, time: Value) -> Vec<Value> {
        let mut all = vec![time, self.world.path(source, row, &[], None)];
        all.extend(self.world.rows[source][row].iter().cloned());
        all
    }
}
