//! Instants and the local clock of a zone. Finding a zone's offset is slow, so one UTC day's offset is
//! remembered where it holds all day. In an autumn overlap the earlier instant is meant, in a spring
//! gap the clock is moved forward.

use std::sync::Arc;

use arrow::array::{ArrayRef, PrimitiveArray};
use arrow::datatypes::TimestampMicrosecondType;
use chrono::offset::{LocalResult, Offset, TimeZone};
use chrono::{DateTime, Datelike, NaiveDate};
use chrono_tz::Tz;

use super::Failure;

/// Microseconds in a day.
pub const DAY: i64 = 86_400_000_000;
/// Microseconds in an hour.
pub const HOUR: i64 = 3_600_000_000;

const SLOTS: usize = 512;

/// The local clock of a zone.
#[derive(Debug)]
pub struct LocalClock {
    zone: Tz,
    /// Day -> offset in microseconds, by the day's last bits.
    known: Vec<(i64, i64)>,
}

impl LocalClock {
    /// The clock of this zone.
    pub fn new(zone: Tz) -> Self {
        Self { zone, known: vec![(i64::MAX, 0); SLOTS] }
    }

    fn find_offset(&self, utc: i64) -> Option<i64> {
        let at = DateTime::from_timestamp_micros(utc)?.naive_utc();
        Some(i64::from(self.zone.offset_from_utc_datetime(&at).fix().local_minus_utc()) * 1_000_000)
    }

    fn offset(&mut self, utc: i64) -> Option<i64> {
        let day = utc.div_euclid(DAY);
        let slot = day.rem_euclid(SLOTS as i64) as usize;
        if self.known[slot].0 == day {
            return Some(self.known[slot].1);
        }
        let start = self.find_offset(day.checked_mul(DAY)?)?;
        let end = self.find_offset(day.checked_mul(DAY)?.checked_add(DAY - 1)?)?;
        if start == end {
            self.known[slot] = (day, start);
            return Some(start);
        }
        self.find_offset(utc)
    }

    /// What the local clock shows at an instant, in microseconds since its 1970.
    pub fn local(&mut self, utc: i64) -> Option<i64> {
        utc.checked_add(self.offset(utc)?)
    }

    /// The instant at which the local clock shows this.
    pub fn instant(&mut self, local: i64) -> Option<i64> {
        // Away from changes the same offset holds a day before and after.
        let (before, after) = (self.offset(local.checked_sub(DAY)?)?, self.offset(local.checked_add(DAY)?)?);
        if before == after {
            return local.checked_sub(before);
        }
        let naive = DateTime::from_timestamp_micros(local)?.naive_utc();
        let offset = match self.zone.offset_from_local_datetime(&naive) {
            LocalResult::Single(offset) | LocalResult::Ambiguous(offset, _) => {
                i64::from(offset.fix().local_minus_utc()) * 1_000_000
            }
            LocalResult::None => before,
        };
        local.checked_sub(offset)
    }

    /// The local day of an instant, in days since 1970-01-01.
    pub fn day(&mut self, utc: i64) -> Option<i32> {
        i32::try_from(self.local(utc)?.div_euclid(DAY)).ok()
    }

    /// The instant at which a local day starts.
    pub fn midnight(&mut self, day: i32) -> Option<i64> {
        self.instant(i64::from(day) * DAY)
    }
}

/// Local wall clocks as instants, both in microseconds.
pub fn instants_of_local(array: &ArrayRef, zone: Tz) -> Result<ArrayRef, Failure> {
    let local = super::arrays::instants(array)?;
    let mut clock = LocalClock::new(zone);
    let instants: PrimitiveArray<TimestampMicrosecondType> =
        local.iter().map(|t| clock.instant(t?)).collect();
    Ok(Arc::new(instants.with_timezone("UTC")))
}

/// The calendar date of a day number, within the years 1 to 9999.
pub fn calendar(day: i32) -> Option<NaiveDate> {
    let date = NaiveDate::from_epoch_days(day)?;
    (1..=9999).contains(&date.year()).then_some(date)
}

/// The day number of a date.
pub fn day_number(date: NaiveDate) -> i32 {
    date.to_epoch_days()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn micros(text: &str) -> i64 {
        text.parse::<chrono::NaiveDateTime>().unwrap().and_utc().timestamp_micros()
    }

    #[test]
    fn madrid_around_its_changes() {
        let mut clock = LocalClock::new(chrono_tz::Europe::Madrid);
        for (utc, local) in [
            ("2026-03-28T23:30:00", "2026-03-29T00:30:00"),
            ("2026-03-29T00:59:00", "2026-03-29T01:59:00"),
            ("2026-03-29T01:00:00", "2026-03-29T03:00:00"),
            ("2026-07-01T00:00:00", "2026-07-01T02:00:00"),
        ] {
            assert_eq!(clock.local(micros(utc)), Some(micros(local)), "{utc}");
            assert_eq!(clock.instant(micros(local)), Some(micros(utc)), "{local}");
        }
        // A gap moves forward; an overlap means the earlier.
        assert_eq!(clock.instant(micros("2026-03-29T02:30:00")), Some(micros("2026-03-29T01:30:00")));
        assert_eq!(clock.instant(micros("2026-10-25T02:30:00")), Some(micros("2026-10-25T00:30:00")));
    }
}
