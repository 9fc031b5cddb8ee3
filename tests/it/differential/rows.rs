//! Formulas over rows, one row at a time: three-valued logic, comparison by the local day, what lies in
//! the period.

use std::cmp::Ordering;

use chrono::{Datelike, NaiveDate};

use super::formula::Row;
use super::schema::{SOURCES, Src};
use super::value::{Value, arith, order};
use super::world::{World, total_order};

/// A row, and the period that it is looked at in.
#[derive(Clone, Copy)]
pub struct At<'a> {
    pub world: &'a World,
    pub source: Src,
    pub row: usize,
    /// The first day of the window, if it has one.
    pub start: Option<NaiveDate>,
    /// The day after its last.
    pub end: NaiveDate,
    /// The day that the row counts at, for whoever held what then.
    pub moment: Option<NaiveDate>,
    /// Whether paths are dimensions, which every source reaches in its own way.
    pub dimensions: bool,
}

/// The truth of a condition; none where it is missing.
pub fn truth(value: &Value) -> Option<bool> {
    if let Value::Bool(b) = value { Some(*b) } else { None }
}

pub fn boolean(truth: Option<bool>) -> Value {
    truth.map_or(Value::Missing, Value::Bool)
}

pub fn and(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    match (a, b) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

pub fn or(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    and(a.map(|a| !a), b.map(|b| !b)).map(|both| !both)
}

pub fn compared(op: &str, order: Option<Ordering>) -> Option<bool> {
    let order = order?;
    Some(match op {
        "=" => order.is_eq(),
        "!=" => order.is_ne(),
        "<" => order.is_lt(),
        "<=" => order.is_le(),
        ">" => order.is_gt(),
        _ => order.is_ge(),
    })
}

impl At<'_> {
    /// Whether a condition keeps the row.
    pub fn keeps(&self, condition: Option<&Row>) -> bool {
        condition.is_none_or(|c| truth(&self.eval(c)) == Some(true))
    }

    pub fn eval(&self, row: &Row) -> Value {
        let of = |r: &Row| self.eval(r);
        let is = |r: &Row| truth(&self.eval(r));
        let flipped = |found: Option<bool>, not: bool| boolean(found.map(|f| f != not));
        match row {
            Row::Path(path) if self.dimensions => self.world.member(self.source, self.row, path, self.moment),
            Row::Path(path) => self.world.path(self.source, self.row, path, self.moment),
            Row::Lit(value) => value.clone(),
            Row::Bin(op, a, b) => arith(*op, &of(a), &of(b)),
            Row::Not(a) => boolean(is(a).map(|a| !a)),
            Row::And(a, b) => boolean(and(is(a), is(b))),
            Row::Or(a, b) => boolean(or(is(a), is(b))),
            Row::Cmp(op, a, b) => boolean(compared(op, self.order(&of(a), &of(b)))),
            Row::In(a, values, not) => {
                let a = of(a);
                let found = (!a.is_missing())
                    .then(|| values.iter().any(|v| self.order(&a, v) == Some(Ordering::Equal)));
                flipped(found, *not)
            }
            Row::Between(a, low, high, not) => {
                let a = of(a);
                let low = compared(">=", self.order(&a, low));
                flipped(and(low, compared("<=", self.order(&a, high))), *not)
            }
            Row::IsMissing(a, not) => Value::Bool(of(a).is_missing() != *not),
            Row::Text(op, a, text, not) => {
                let Value::Text(a) = of(a) else { return Value::Missing };
                let found = match *op {
                    "contains" => a.contains(text),
                    "starts with" => a.starts_with(text),
                    _ => a.ends_with(text),
                };
                Value::Bool(found != *not)
            }
            Row::InPeriod(path, not) => flipped(self.in_period(path), *not),
            Row::Call(name, args) => self.call(name, args),
            Row::Gap(source, time) => gap(self.world, *source, time, self.row),
            Row::Period(word) => Value::Date(match *word {
                "start" => self.start.unwrap_or(NaiveDate::MIN),
                "end" => self.end,
                _ => super::calendar::plus(self.end, -1),
            }),
        }
    }

    /// A day compared with a moment is the local day of the moment.
    fn order(&self, a: &Value, b: &Value) -> Option<Ordering> {
        match (a, b) {
            (Value::Stamp(_), Value::Date(day)) => Some(self.world.day(a)?.cmp(day)),
            (Value::Date(day), Value::Stamp(_)) => Some(day.cmp(&self.world.day(b)?)),
            _ => order(a, b),
        }
    }

    fn in_period(&self, path: &[&str]) -> Option<bool> {
        let span = SOURCES[self.source].span;
        let day = match (path, span) {
            (["started"], Some((from, _))) => {
                self.world.day(&self.world.path(self.source, self.row, &[from], None))?
            }
            (["ended"], Some(_)) => self.world.until(self.source, self.row)?,
            _ => self.world.day(&self.world.path(self.source, self.row, path, self.moment))?,
        };
        Some(self.start.is_none_or(|start| start <= day) && day < self.end)
    }

    fn call(&self, name: &str, args: &[Row]) -> Value {
        let values: Vec<Value> = args.iter().map(|a| self.eval(a)).collect();
        match name {
            "coalesce" => values.into_iter().find(|v| !v.is_missing()).unwrap_or(Value::Missing),
            "if" => match truth(&values[0]) {
                Some(true) => values[1].clone(),
                Some(false) => values[2].clone(),
                None => Value::Missing,
            },
            "abs" if values[0].is_negative() => super::value::negated(&values[0]),
            "abs" => values[0].clone(),
            "month" => {
                self.world.day(&values[0]).map_or(Value::Missing, |d| Value::int(i64::from(d.month())))
            }
            "weekday" => self
                .world
                .day(&values[0])
                .map_or(Value::Missing, |d| Value::int(i64::from(d.weekday().number_from_monday()))),
            "hour" => match &values[0] {
                Value::Stamp(at) => {
                    let local = self.world.settings.calendar.local(*at);
                    Value::int(i64::from(chrono::Timelike::hour(&local)))
                }
                _ => Value::Missing,
            },
            // Whole days apart: both are dates.
            "days_between" => match (&values[0], &values[1]) {
                (Value::Date(a), Value::Date(b)) => Value::float((*b - *a).num_days() as f64),
                _ => Value::Missing,
            },
            _ => Value::Missing,
        }
    }
}

/// The time since the previous row of the same account, of all rows; missing for the first.
fn gap(world: &World, source: Src, time: &'static str, row: usize) -> Value {
    let at = |row: usize| world.path(source, row, &[time], None);
    let account = |row: usize| world.path(source, row, &["account"], None);
    let place = |row: usize| {
        let mut place = vec![at(row), world.path(source, row, &[], None)];
        place.extend(world.rows[source][row].iter().cloned());
        // Of rows that are equal in everything the first comes first.
        place.push(Value::int(row as i64));
        place
    };
    if at(row).is_missing() || account(row).is_missing() {
        return Value::Missing;
    }
    let own = place(row);
    let before = (0..world.rows[source].len())
        .filter(|r| !at(*r).is_missing() && account(*r) == account(row))
        .filter(|r| total_order(&place(*r), &own).is_lt())
        .max_by(|a, b| total_order(&place(*a), &place(*b)));
    let Some(before) = before else { return Value::Missing };
    match (at(before), at(row)) {
        (Value::Stamp(from), Value::Stamp(to)) => Value::Duration(to - from),
        (from, to) => arith('-', &to, &from),
    }
}
