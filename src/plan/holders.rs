//! Who held what when: the rows of a span source by what they hold, sorted by time, to be asked for the
//! one that was active at a moment. Spans of one key never overlap; a row that finds none has no holder.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Date32Array, UInt32Array};
use arrow::compute::{cast, take};
use arrow::datatypes::{DataType, TimestampMicrosecondType};
use arrow::row::{RowConverter, SortField};
use chrono_tz::Tz;

use crate::functions::clock::LocalClock;
use crate::functions::operators::comparison::local_days;
use crate::functions::{Env, Failure};

/// A time as both: the local day, and the instant where times are known that well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Point {
    day: i32,
    instant: i64,
}

/// A row that was active over `[from, to)`.
#[derive(Clone, Copy, Debug)]
pub struct Held {
    from: Point,
    to: Point,
    row: u32,
}

/// The columns that holders are made of, of equal length.
pub struct Spans {
    /// The key of what is held.
    pub keys: Vec<ArrayRef>,
    /// When it starts: days or instants.
    pub from: ArrayRef,
    /// When it ends; missing is still active. None where nothing ends.
    pub to: Option<ArrayRef>,
    /// Whether `to` is the last active day.
    pub inclusive: bool,
    /// The key of the holder.
    pub found: Vec<ArrayRef>,
}

/// Holders by what they hold.
#[derive(Debug)]
pub struct Holders {
    spans: HashMap<Box<[u8]>, Vec<Held>>,
    types: Vec<DataType>,
    found: Vec<ArrayRef>,
    /// Whether spans and moments that are instants meet exactly; else by their local days.
    exact: bool,
    zone: Tz,
}

/// Two spans of one key that overlap, by their rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overlap {
    /// The row that starts first.
    pub first: u32,
    /// The one that starts before the first has ended.
    pub second: u32,
}

fn failed(error: impl std::fmt::Display) -> Failure {
    Failure::Internal(error.to_string())
}

fn points(times: &ArrayRef, zone: Tz, after: bool) -> Result<Vec<Option<Point>>, Failure> {
    let shift = i32::from(after);
    let mut clock = LocalClock::new(zone);
    if times.data_type() == &DataType::Date32 {
        let days = times.as_primitive::<arrow::datatypes::Date32Type>();
        return Ok(days
            .iter()
            .map(|d| {
                let day = d?.saturating_add(shift);
                Some(Point { day, instant: clock.midnight(day).unwrap_or(i64::MAX) })
            })
            .collect());
    }
    let days: Date32Array = local_days(times, &Env { timezone: zone })?;
    let instants = crate::functions::arrays::instants(times)?;
    Ok(days
        .iter()
        .zip(instants.iter())
        .map(|(day, at)| {
            let day = day?.saturating_add(shift);
            // After an inclusive end the next day begins.
            let instant = if after { clock.midnight(day)? } else { at? };
            Some(Point { day, instant })
        })
        .collect())
}

impl Holders {
    /// Sorts spans by key and time; those that overlap are told, and the later of two counts.
    pub fn new(spans: Spans, zone: Tz) -> Result<(Self, Vec<Overlap>), Failure> {
        let is_instant = |a: &ArrayRef| matches!(a.data_type(), DataType::Timestamp(..));
        let exact = is_instant(&spans.from) && spans.to.as_ref().is_none_or(is_instant) && !spans.inclusive;
        let from = points(&spans.from, zone, false)?;
        let to = match &spans.to {
            Some(to) => points(to, zone, spans.inclusive)?,
            None => vec![None; from.len()],
        };
        let types: Vec<DataType> = spans.keys.iter().map(|k| k.data_type().clone()).collect();
        let fields = types.iter().cloned().map(SortField::new).collect();
        let rows = RowConverter::new(fields).and_then(|c| c.convert_columns(&spans.keys)).map_err(failed)?;
        let mut by_key: HashMap<Box<[u8]>, Vec<Held>> = HashMap::new();
        for (row, (from, to)) in from.iter().zip(&to).enumerate() {
            let Some(from) = from else { continue };
            let to = to.unwrap_or(Point { day: i32::MAX, instant: i64::MAX });
            let empty = if exact { to.instant <= from.instant } else { to.day <= from.day };
            if empty && to <= *from || spans.keys.iter().any(|k| k.is_null(row)) {
                continue;
            }
            let held = Held { from: *from, to, row: row as u32 };
            by_key.entry(rows.row(row).as_ref().into()).or_default().push(held);
        }
        let mut overlaps = Vec::new();
        for all in by_key.values_mut() {
            all.sort_by_key(|h| (h.from, h.to, h.row));
            // Beside the one that lasts longest so far: a long span hides none of those inside it.
            let mut longest: Option<&Held> = None;
            for held in all.iter() {
                if let Some(before) = longest.filter(|l| held.from < l.to) {
                    overlaps.push(Overlap { first: before.row, second: held.row });
                }
                longest = longest.filter(|l| l.to >= held.to).or(Some(held));
            }
        }
        overlaps.sort_by_key(|o| (o.first, o.second));
        Ok((Self { spans: by_key, types, found: spans.found, exact, zone }, overlaps))
    }

    /// The holder's key, its column `part`, of what was held at a moment: days or instants.
    pub fn find(&self, keys: &[ArrayRef], moment: &ArrayRef, part: usize) -> Result<ArrayRef, Failure> {
        let mut converted = Vec::with_capacity(keys.len());
        let mut known = vec![true; moment.len()];
        for (key, ty) in keys.iter().zip(&self.types) {
            let there = cast(key, ty).map_err(failed)?;
            if key.data_type() != ty {
                // A key that the other type does not hold, such as 1.5 beside whole numbers, finds none.
                let back = cast(&there, key.data_type()).map_err(failed)?;
                let same = arrow::compute::kernels::cmp::not_distinct(&back, key).map_err(failed)?;
                known.iter_mut().zip(same.iter()).for_each(|(k, s)| *k &= s == Some(true));
            }
            known.iter_mut().enumerate().for_each(|(i, k)| *k &= there.is_valid(i));
            converted.push(there);
        }
        let fields = self.types.iter().cloned().map(SortField::new).collect();
        let rows = RowConverter::new(fields).and_then(|c| c.convert_columns(&converted)).map_err(failed)?;
        let by_instant = self.exact && matches!(moment.data_type(), DataType::Timestamp(..));
        let at: Vec<Option<Point>> = if by_instant {
            let instants = moment.as_primitive::<TimestampMicrosecondType>();
            instants.iter().map(|t| t.map(|instant| Point { day: 0, instant })).collect()
        } else {
            points(moment, self.zone, false)?
        };
        let row_of = |row: usize| -> Option<u32> {
            let at = at[row].filter(|_| known[row])?;
            let all = self.spans.get(rows.row(row).as_ref())?;
            let started = if by_instant {
                all.partition_point(|h| h.from.instant <= at.instant)
            } else {
                all.partition_point(|h| h.from.day <= at.day)
            };
            let last = all.get(started.checked_sub(1)?)?;
            let lasts = if by_instant { at.instant < last.to.instant } else { at.day < last.to.day };
            lasts.then_some(last.row)
        };
        let found: UInt32Array = (0..moment.len()).map(row_of).collect();
        let column = self.found.get(part).ok_or_else(|| failed("a holder without a key"))?;
        take(column, &found, None).map_err(failed)
    }

    /// The type of the holder's key, its column `part`.
    pub fn found_type(&self, part: usize) -> DataType {
        self.found.get(part).map_or(DataType::Null, |c| c.data_type().clone())
    }
}

/// Shared by all rows that ask.
pub type SharedHolders = Arc<Holders>;

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Int64Array, StringArray};

    fn days(all: &[Option<i32>]) -> ArrayRef {
        Arc::new(Date32Array::from(all.to_vec()))
    }

    fn owners(inclusive: bool, to: &[Option<i32>]) -> (Holders, Vec<Overlap>) {
        let spans = Spans {
            keys: vec![Arc::new(Int64Array::from(vec![1, 1, 2]))],
            from: days(&[Some(10), Some(20), Some(10)]),
            to: Some(days(to)),
            inclusive,
            found: vec![Arc::new(StringArray::from(vec!["r1", "r2", "r3"]))],
        };
        Holders::new(spans, chrono_tz::UTC).unwrap()
    }

    fn ask(holders: &Holders, key: i64, day: i32) -> Option<String> {
        let keys: Vec<ArrayRef> = vec![Arc::new(Int64Array::from(vec![key]))];
        let found = holders.find(&keys, &days(&[Some(day)]), 0).unwrap();
        let found = found.as_string::<i32>();
        found.is_valid(0).then(|| found.value(0).to_owned())
    }

    #[test]
    fn the_day_of_a_move_belongs_to_the_new_holder() {
        let (holders, overlaps) = owners(false, &[Some(20), None, Some(15)]);
        assert!(overlaps.is_empty());
        let all = [(9, None), (10, Some("r1")), (19, Some("r1")), (20, Some("r2")), (9999, Some("r2"))];
        for (day, holder) in all {
            assert_eq!(ask(&holders, 1, day).as_deref(), holder, "day {day}");
        }
        assert_eq!(ask(&holders, 2, 15), None);
        assert_eq!(ask(&holders, 3, 15), None);
    }

    #[test]
    fn an_inclusive_end_is_still_held() {
        let (holders, overlaps) = owners(true, &[Some(19), None, Some(15)]);
        assert!(overlaps.is_empty());
        assert_eq!(ask(&holders, 1, 19).as_deref(), Some("r1"));
        assert_eq!(ask(&holders, 2, 15).as_deref(), Some("r3"));
        assert_eq!(ask(&holders, 2, 16), None);
    }

    #[test]
    fn overlaps_are_told() {
        let (_, overlaps) = owners(false, &[Some(21), None, None]);
        assert_eq!(overlaps, [Overlap { first: 0, second: 1 }]);
        let (_, overlaps) = owners(true, &[Some(20), None, None]);
        assert_eq!(overlaps.len(), 1);
        // A long span overlaps all that start inside it.
        let spans = Spans {
            keys: vec![Arc::new(Int64Array::from(vec![1, 1, 1]))],
            from: days(&[Some(0), Some(5), Some(20)]),
            to: Some(days(&[Some(100), Some(10), Some(30)])),
            inclusive: false,
            found: vec![],
        };
        let (_, overlaps) = Holders::new(spans, chrono_tz::UTC).unwrap();
        assert_eq!(overlaps, [Overlap { first: 0, second: 1 }, Overlap { first: 0, second: 2 }]);
    }
}
