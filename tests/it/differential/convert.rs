//! Conversions: which base events a target event is credited to, over all rows whatever the period, and how
//! many of a period's base events are.

use std::cmp::Ordering;
use std::rc::Rc;

use chrono::NaiveDate;
use rumbo::Reason;

use super::aggregate::{Answer, aggregate};
use super::formula::{Aggregate, Convert, Moment};
use super::naive::{Here, Naive, on_of};
use super::rows::At;
use super::schema::{SOURCES, route};
use super::value::Value;
use super::world::{World, total_order};

const DAY: i64 = 86_400_000_000;

/// An event of one side.
struct Event {
    row: usize,
    entity: Value,
    at: Value,
}

impl<'a> Naive<'a> {
    pub(super) fn convert(&self, convert: &'a Convert, here: &Here<'a>) -> Answer {
        let base = &convert.base;
        self.note_window(base.source, on_of(base), here);
        if !self.is_covered(base, here) {
            return Answer::missing(Reason::OutsideData);
        }
        let ours: Vec<usize> = self.rows_of(base, here);
        let whose = |row: &usize| vec![entity(self.world, base, convert.entity, *row)];
        let credited = self.credited(convert);
        let counted = |rows: &[usize]| {
            if convert.entities {
                let keys: Vec<Vec<Value>> = rows.iter().map(whose).collect();
                aggregate("count_distinct", 0, rows.len(), &keys)
            } else {
                Answer::of(Value::int(rows.len() as i64), rows.len() as i64, 0)
            }
        };
        let all = counted(&ours);
        let held: Vec<usize> = ours.into_iter().filter(|row| credited.contains(row)).collect();
        let mut followed = all.clone();
        if !all.value.is_missing() {
            followed.value = counted(&held).value;
        }
        if here.cut.is_some() {
            // What came after that point was credited too.
            followed = Answer { value: Value::Missing, reason: Some(Reason::NotClosed), ..followed };
        }
        if convert.rate { self.arith('/', &followed, &all) } else { followed }
    }

    /// The base events that a target event is credited to: of those of the same entity whose time it follows in
    /// less than so long the latest, or the earliest.
    fn credited(&self, convert: &'a Convert) -> Rc<Vec<usize>> {
        let key = std::ptr::from_ref(convert) as usize;
        if let Some(found) = self.credits.borrow().get(&key) {
            return Rc::clone(found);
        }
        let base = events(self.world, &convert.base, convert.entity);
        let mut rows: Vec<usize> = Vec::new();
        for target in events(self.world, &convert.target, convert.entity) {
            let mut holding: Vec<&Event> = base
                .iter()
                .filter(|b| b.entity == target.entity)
                .filter(|b| (0..convert.within()).contains(&self.apart(&b.at, &target.at)))
                .collect();
            holding.sort_by(|a, b| self.event_order(&convert.base, a, b));
            let chosen = if convert.first { holding.first() } else { holding.last() };
            rows.extend(chosen.map(|event| event.row));
        }
        let found = Rc::new(rows);
        self.credits.borrow_mut().insert(key, Rc::clone(&found));
        found
    }

    /// By the time named, the key, the other columns.
    fn event_order(&self, base: &Aggregate, a: &Event, b: &Event) -> Ordering {
        total_order(&self.place(base, a.row), &self.place(base, b.row))
    }

    /// How long after a time another is, in microseconds; in whole days where one of them is a day.
    fn apart(&self, from: &Value, to: &Value) -> i64 {
        if let (Value::Stamp(from), Value::Stamp(to)) = (from, to) {
            return to - from;
        }
        let day = |v: &Value| self.world.day(v).unwrap_or_default();
        (day(to) - day(from)).num_days() * DAY
    }
}

/// The rows of one side that have an entity and a time that has come.
fn events(world: &World, side: &Aggregate, name: &str) -> Vec<Event> {
    let event = |row: usize| {
        let path = match &side.moment {
            Moment::On(path) => path.clone(),
            _ => vec![SOURCES[side.source].time?],
        };
        let at = world.path(side.source, row, &path, None);
        let moment = world.day(&at).filter(|_| !world.is_later(&at))?;
        let (start, end, source) = (None, NaiveDate::MAX, side.source);
        let here = At { world, source, row, start, end, moment: Some(moment), dimensions: false };
        let entity = entity(world, side, name, row);
        (here.keeps(side.filter.as_ref()) && !entity.is_missing()).then_some(Event { row, entity, at })
    };
    (0..world.rows[side.source].len()).filter_map(event).collect()
}

fn entity(world: &World, side: &Aggregate, name: &str, row: usize) -> Value {
    route(side.source, name).map_or(Value::Missing, |way| world.path(side.source, row, &way, None))
}
