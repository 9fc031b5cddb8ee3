//! Dates and times as text -> days and microseconds. ISO forms, or the patterns that are
//! given in their place. Local times stay local here; which instant they are is decided by a zone.

use chrono::format::{Parsed, StrftimeItems, parse};
use chrono::{
    DateTime, Datelike, MappedLocalTime, NaiveDate, NaiveDateTime, Offset, TimeDelta, TimeZone, Utc,
};
use chrono_tz::Tz;

/// A parsed day or time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// A calendar day.
    Day(NaiveDate),
    /// A time by the local clock.
    Local(NaiveDateTime),
    /// An instant.
    Instant(DateTime<Utc>),
}

/// Reads a text by the patterns in order; as ISO only where none are given, since 2026-03-02 may be
/// meant otherwise by whoever gives one.
pub fn read(text: &str, patterns: &[String]) -> Option<Moment> {
    if patterns.is_empty() { iso(text) } else { patterns.iter().find_map(|p| by_pattern(text, p)) }
}

/// Reads a text by one strftime pattern.
pub fn by_pattern(text: &str, pattern: &str) -> Option<Moment> {
    let mut parsed = Parsed::new();
    parse(&mut parsed, text, StrftimeItems::new(pattern)).ok()?;
    let found = if parsed.offset().is_some() {
        Moment::Instant(parsed.to_datetime().ok()?.with_timezone(&Utc))
    } else if parsed.hour_mod_12().is_some() {
        Moment::Local(parsed.to_naive_datetime_with_offset(0).ok()?)
    } else {
        Moment::Day(parsed.to_naive_date().ok()?)
    };
    let year = match found {
        Moment::Day(d) => d.year(),
        Moment::Local(t) => t.year(),
        Moment::Instant(t) => t.year(),
    };
    // `%Y` would read 24 as the year 24.
    let short = pattern.contains("%Y") && year < 1000 && !text.contains(&format!("{year:04}"));
    (!short && (1..=9999).contains(&year)).then_some(found)
}

/// Whether a pattern is one that can be read with.
pub fn is_pattern(pattern: &str) -> bool {
    let mut items = 0;
    let fine = StrftimeItems::new(pattern).all(|i| {
        items +=
            usize::from(matches!(i, chrono::format::Item::Numeric(..) | chrono::format::Item::Fixed(..)));
        !matches!(i, chrono::format::Item::Error)
    });
    fine && items > 0
}

/// `2026-01-31`, `2026-01-31T09:30`, with a space for the `T`, seconds, fractions and a zone.
pub fn iso(text: &str) -> Option<Moment> {
    let bytes = text.as_bytes();
    let day = NaiveDate::from_ymd_opt(number(bytes, 0, 4)?, two(bytes, 5)?, two(bytes, 8)?)?;
    if *bytes.get(4)? != b'-' || *bytes.get(7)? != b'-' || day.year() < 1 {
        return None;
    }
    if bytes.len() == 10 {
        return Some(Moment::Day(day));
    }
    if !matches!(bytes.get(10)?, b'T' | b't' | b' ') || *bytes.get(13)? != b':' {
        return None;
    }
    let (hour, minute) = (two(bytes, 11)?, two(bytes, 14)?);
    let (mut at, mut second, mut micros) = (16, 0, 0);
    if bytes.get(at) == Some(&b':') {
        second = two(bytes, 17)?;
        at = 19;
        if matches!(bytes.get(at), Some(b'.' | b',')) {
            let digits = bytes.get(at + 1..)?.iter().take_while(|b| b.is_ascii_digit()).count();
            if digits == 0 || digits > 9 {
                return None;
            }
            // Microseconds are held; what is finer is cut, never carried into the next second.
            let shown = digits.min(6);
            micros = number(bytes, at + 1, shown)? as u32 * 10_u32.pow(6 - shown as u32);
            at += 1 + digits;
        }
    }
    let local = day.and_hms_micro_opt(hour, minute, second, micros)?;
    let zone = text.get(at..)?;
    let zone = zone.strip_prefix(' ').unwrap_or(zone);
    if zone.is_empty() {
        return (at == bytes.len()).then_some(Moment::Local(local));
    }
    let instant = local.checked_sub_signed(TimeDelta::seconds(offset(zone)?))?.and_utc();
    (1..=9999).contains(&instant.year()).then_some(Moment::Instant(instant))
}

/// `Z`, `+02`, `+0200`, `+02:00` as seconds east of UTC.
fn offset(zone: &str) -> Option<i64> {
    if matches!(zone, "Z" | "z" | "UTC") {
        return Some(0);
    }
    let bytes = zone.as_bytes();
    let sign = match bytes.first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let minutes = match bytes.len() {
        3 => 0,
        5 => two(bytes, 3)?,
        6 if bytes[3] == b':' => two(bytes, 4)?,
        _ => return None,
    };
    let hours = two(bytes, 1)?;
    (hours < 24 && minutes < 60).then(|| sign * i64::from(hours * 3600 + minutes * 60))
}

fn two(bytes: &[u8], at: usize) -> Option<u32> {
    number(bytes, at, 2)?.try_into().ok()
}

fn number(bytes: &[u8], at: usize, digits: usize) -> Option<i32> {
    let mut value = 0;
    for b in bytes.get(at..at.checked_add(digits)?)? {
        if !b.is_ascii_digit() {
            return None;
        }
        value = value * 10 + i32::from(b - b'0');
    }
    Some(value)
}

/// The instant of a local time, in microseconds: the earlier one of an autumn overlap; in a spring
/// gap moved forward by the gap.
pub fn instant(local: NaiveDateTime, zone: Tz) -> i64 {
    let seconds_east = match zone.offset_from_local_datetime(&local) {
        MappedLocalTime::Single(offset) => offset.fix().local_minus_utc(),
        MappedLocalTime::Ambiguous(earlier, _) => earlier.fix().local_minus_utc(),
        // The offset of the day before is the one that the gap ended.
        MappedLocalTime::None => local
            .checked_sub_signed(TimeDelta::days(1))
            .and_then(|before| zone.offset_from_local_datetime(&before).latest())
            .map_or(0, |offset| offset.fix().local_minus_utc()),
    };
    local.and_utc().timestamp_micros() - i64::from(seconds_east) * 1_000_000
}

/// The local clock at an instant, in microseconds.
pub fn local(instant: DateTime<Utc>, zone: Tz) -> i64 {
    instant.with_timezone(&zone).naive_local().and_utc().timestamp_micros()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> NaiveDateTime {
        match iso(text) {
            Some(Moment::Local(t)) => t,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn iso_forms() {
        assert_eq!(iso("9999-12-31"), NaiveDate::from_ymd_opt(9999, 12, 31).map(Moment::Day));
        for bad in ["2026-1-31", "2026-02-30", "0000-01-01", "2026-01-31T", "2026-01-31x", "10000-01-01", ""]
        {
            assert_eq!(iso(bad), None, "{bad}");
        }
        assert_eq!(time("2026-01-31 09:30"), time("2026-01-31T09:30:00.000"));
        let zoned = iso("2026-03-28T23:30:00Z");
        assert_eq!(zoned, iso("2026-03-29 00:30:00 +0100"));
        assert_eq!(zoned, iso("2026-03-28T22:30:00.000000-01:00"));
        assert_eq!(iso("2026-01-31T09:30:00+2"), None);
        assert_eq!(iso("2026-01-31T25:30"), None);
        assert_eq!(iso("2026-01-31T09:30é"), None);
        assert_eq!(iso("9999-12-31T23:30:00-02:00"), None);
    }

    #[test]
    fn patterns_do_not_guess_centuries() {
        let day = NaiveDate::from_ymd_opt(2024, 2, 1).map(Moment::Day);
        assert_eq!(by_pattern("01/02/2024", "%d/%m/%Y"), day);
        assert_eq!(by_pattern("1/2/2024", "%d/%m/%Y"), day);
        assert_eq!(by_pattern("01/02/24", "%d/%m/%Y"), None);
        assert_eq!(by_pattern("01/02/24", "%d/%m/%y"), day);
        assert_eq!(by_pattern("31/31/2024", "%d/%m/%Y"), None);
        assert!(is_pattern("%d.%m.%Y %H:%M") && !is_pattern("%Q") && !is_pattern("dd/mm/yyyy"));
    }

    #[test]
    fn local_times_at_clock_changes() {
        let madrid = chrono_tz::Europe::Madrid;
        let at = |text: &str| instant(time(text), madrid);
        let utc = |text: &str| time(text).and_utc().timestamp_micros();
        assert_eq!(at("2026-03-29 02:30"), utc("2026-03-29 01:30"), "03:30 summer time");
        assert_eq!(at("2026-10-25 02:30"), utc("2026-10-25 00:30"), "the earlier one");
        assert_eq!(at("2026-01-31 12:00"), utc("2026-01-31 11:00"));
        let apia = chrono_tz::Pacific::Apia;
        assert_eq!(instant(time("2011-12-30 12:00"), apia), utc("2011-12-30 22:00"));
    }
}
