//! Time -> period index, by a table from days to periods: one lookup a row for any calendar, instead
//! of date arithmetic. Times outside the asked-for days have no period.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int32Array};
use arrow::datatypes::{DataType, Date32Type, Int32Type, TimeUnit, TimestampMicrosecondType};
use chrono::NaiveDate;
use datafusion::logical_expr::{Expr, cast};

use super::udf;
use crate::functions::{Env, Failure};
use crate::model::calendar::{Calendar, Grain};

/// Days of 1970 and after, as Arrow counts them.
pub fn day_number(date: NaiveDate) -> i32 {
    (date - NaiveDate::default()).num_days() as i32
}

/// A day in microseconds.
pub const DAY: i64 = 86_400_000_000;

/// A day in a gap of an own calendar, in the table.
const NO_PERIOD: i32 = -1;

/// How a time is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    /// `Date32`.
    Day,
    /// A local wall clock, `Timestamp` without a zone.
    Local,
    /// An instant, `Timestamp` with a zone.
    Instant,
}

/// How a column of a data type stores time.
pub fn stored(data_type: &DataType) -> Option<Stored> {
    match data_type {
        DataType::Date32 | DataType::Date64 => Some(Stored::Day),
        DataType::Timestamp(_, None) => Some(Stored::Local),
        DataType::Timestamp(_, Some(_)) => Some(Stored::Instant),
        _ => None,
    }
}

/// The index of the period of `grain` that holds `time`, less that of the first asked-for period.
pub fn index(
    time: Expr,
    stored: Stored,
    grain: Grain,
    periods: (i64, i64),
    until: Option<NaiveDate>,
    calendar: &Calendar,
) -> Expr {
    let (from, to) = (calendar.start(grain, periods.0), calendar.end(grain, periods.1 - 1));
    let first = day_number(from);
    let mut table = vec![NO_PERIOD; (day_number(to) - first).max(0) as usize];
    for period in periods.0..periods.1 {
        let place = |day: NaiveDate| ((day_number(day) - first).max(0) as usize).min(table.len());
        let days = place(calendar.start(grain, period))..place(calendar.end(grain, period));
        table[days].fill((period - periods.0) as i32);
    }
    // A cut period ends before its last day.
    if let Some(until) = until {
        table.truncate((day_number(until) - first).max(0) as usize);
    }
    let to = until.map_or(to, |until| until.min(to));
    let env = Env { timezone: calendar.timezone };
    let zone = calendar.timezone;
    let table: Arc<[i32]> = table.into();
    let find = move |day: i32| {
        let at = day.checked_sub(first).and_then(|d| usize::try_from(d).ok())?;
        table.get(at).copied().filter(|period| *period != NO_PERIOD)
    };
    let name = format!("period_of_{}[{from}..{to}]", calendar.grain_name(grain));
    match stored {
        Stored::Day => udf::call(
            name,
            env,
            DataType::Int32,
            Arc::new(move |args: &[ArrayRef], _| {
                let days = args[0].as_primitive_opt::<Date32Type>().ok_or_else(|| wrong(&args[0]))?;
                Ok(Arc::new(days.unary_opt::<_, Int32Type>(&find)) as ArrayRef)
            }),
            vec![cast(time, DataType::Date32)],
        ),
        Stored::Local => udf::call(
            name,
            env,
            DataType::Int32,
            Arc::new(move |args: &[ArrayRef], _| {
                let times =
                    args[0].as_primitive_opt::<TimestampMicrosecondType>().ok_or_else(|| wrong(&args[0]))?;
                let day = |t: i64| i32::try_from(t.div_euclid(DAY)).ok();
                Ok(Arc::new(times.unary_opt::<_, Int32Type>(|t| find(day(t)?))) as ArrayRef)
            }),
            vec![cast(time, DataType::Timestamp(TimeUnit::Microsecond, None))],
        ),
        Stored::Instant => udf::call(
            name,
            env,
            DataType::Int32,
            Arc::new(move |args: &[ArrayRef], _| {
                let times =
                    args[0].as_primitive_opt::<TimestampMicrosecondType>().ok_or_else(|| wrong(&args[0]))?;
                let mut clock = crate::functions::clock::LocalClock::new(zone);
                Ok(Arc::new(times.iter().map(|t| find(clock.day(t?)?)).collect::<Int32Array>()) as ArrayRef)
            }),
            vec![cast(time, DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())))],
        ),
    }
}

fn wrong(array: &ArrayRef) -> Failure {
    Failure::Internal(format!("a time of type {}", array.data_type()))
}
