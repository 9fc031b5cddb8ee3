//! One text -> one value of a type, by the options of `csv:`. Shared by CSV, NDJSON, partition names
//! and the fixtures of tests; knows neither files nor columns.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use chrono_tz::Tz;

use super::moment::{self, Moment};
use super::number::{self, NoDecimal};
use super::spec::CsvOptions;
use crate::model::types::Type;

/// A value; texts are borrowed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scalar<'a> {
    /// No value; also NaN and infinities.
    Missing,
    /// 64 bits.
    Integer(i64),
    /// Times 10^scale of the type asked for.
    Decimal(i128),
    /// Finite.
    Float(f64),
    /// `true` or `false`.
    Boolean(bool),
    /// A calendar day.
    Date(NaiveDate),
    /// A time by the local clock.
    Local(NaiveDateTime),
    /// An instant.
    Instant(DateTime<Utc>),
    /// Exactly as written.
    Text(&'a str),
}

impl Scalar<'_> {
    /// Days since 1970-01-01 of a date.
    pub fn days(&self) -> Option<i32> {
        match self {
            Self::Date(d) => Some(days(*d)),
            _ => None,
        }
    }

    /// Microseconds since 1970 of a time: of the instant in UTC if `zoned`, else by the local clock.
    pub fn micros(&self, zoned: bool, zone: Tz) -> Option<i64> {
        match (self, zoned) {
            (Self::Local(t), false) => Some(t.and_utc().timestamp_micros()),
            (Self::Local(t), true) => Some(moment::instant(*t, zone)),
            (Self::Instant(t), true) => Some(t.timestamp_micros()),
            (Self::Instant(t), false) => Some(moment::local(*t, zone)),
            _ => None,
        }
    }
}

/// Days since 1970-01-01.
pub fn days(date: NaiveDate) -> i32 {
    date.signed_duration_since(NaiveDate::default()).num_days() as i32
}

/// Why a text is no value of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadValue {
    /// It does not look like one.
    NoValue,
    /// A decimal with this many digits after the mark, more than its type has.
    Fraction(u8),
    /// A number with more digits than its type holds.
    Digits,
    /// A day with a time of day, where a day is wanted.
    HasTime,
    /// Leading zeros, which a column that was only taken for numbers would lose.
    LeadingZeros,
}

/// Reads `text` as a `ty`. Decimals take up to `38` digits; see [`parse_decimal`] for fewer.
pub fn parse_text<'a>(text: &'a str, ty: Type, options: &CsvOptions) -> Result<Scalar<'a>, BadValue> {
    let bare = if ty == Type::Text { text } else { text.trim() };
    if options.missing.iter().any(|m| if ty == Type::Text { m == bare } else { m.trim() == bare }) {
        return Ok(Scalar::Missing);
    }
    match ty {
        Type::Text | Type::Unknown => Ok(Scalar::Text(text)),
        Type::Integer => {
            number::integer(bare, options).map(Scalar::Integer).ok_or_else(|| long(bare, options))
        }
        Type::Decimal(scale) => parse_decimal(bare, scale, 38, options),
        Type::Float => match number::float(bare, options) {
            Some(Some(value)) => Ok(Scalar::Float(value)),
            Some(None) => Ok(Scalar::Missing),
            None => Err(BadValue::NoValue),
        },
        Type::Boolean => boolean(bare).map(Scalar::Boolean).ok_or(BadValue::NoValue),
        Type::Date => match moment::read(bare, &options.date) {
            Some(Moment::Day(day)) => Ok(Scalar::Date(day)),
            // Spreadsheets write days as midnights.
            Some(Moment::Local(t)) if t.time() == NaiveTime::MIN => Ok(Scalar::Date(t.date())),
            Some(_) => Err(BadValue::HasTime),
            None => Err(BadValue::NoValue),
        },
        Type::Timestamp => match moment::read(bare, &options.date) {
            Some(Moment::Day(day)) => Ok(Scalar::Local(day.and_time(NaiveTime::MIN))),
            Some(Moment::Local(t)) => Ok(Scalar::Local(t)),
            Some(Moment::Instant(t)) => Ok(Scalar::Instant(t)),
            None => Err(BadValue::NoValue),
        },
        // No text form is agreed on; the resolve stage and `inspect` refuse the declaration.
        Type::Duration => Err(BadValue::NoValue),
    }
}

/// Reads a decimal of a scale with at most `precision` digits; missing texts are not looked at.
pub fn parse_decimal<'a>(
    text: &str,
    scale: u8,
    precision: u8,
    options: &CsvOptions,
) -> Result<Scalar<'a>, BadValue> {
    number::decimal(text, scale, precision, options).map(Scalar::Decimal).map_err(|why| match why {
        NoDecimal::NoNumber => BadValue::NoValue,
        NoDecimal::Fraction(n) => BadValue::Fraction(n),
        NoDecimal::Digits => BadValue::Digits,
    })
}

/// `true` and `false`, also as spreadsheets shout them.
pub fn boolean(text: &str) -> Option<bool> {
    match text {
        "true" | "TRUE" | "True" => Some(true),
        "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

fn long(text: &str, options: &CsvOptions) -> BadValue {
    match number::parts(text, options) {
        Some(p) if p.fraction.is_empty() => BadValue::Digits,
        Some(p) => BadValue::Fraction(u8::try_from(p.fraction.len()).unwrap_or(u8::MAX)),
        None => BadValue::NoValue,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_is_exact_for_text_and_trimmed_for_others() {
        let options = CsvOptions { missing: vec![String::new(), "N/A".into()], ..CsvOptions::default() };
        assert_eq!(parse_text(" N/A ", Type::Integer, &options), Ok(Scalar::Missing));
        assert_eq!(parse_text(" N/A ", Type::Text, &options), Ok(Scalar::Text(" N/A ")));
        assert_eq!(parse_text("", Type::Text, &options), Ok(Scalar::Missing));
        assert_eq!(parse_text("  ", Type::Date, &options), Ok(Scalar::Missing));
        assert_eq!(parse_text("-", Type::Date, &options), Err(BadValue::NoValue));
    }

    #[test]
    fn days_and_times() {
        let o = CsvOptions::default();
        assert_eq!(parse_text("1970-01-02", Type::Date, &o).map(|s| s.days()), Ok(Some(1)));
        assert_eq!(parse_text("1970-01-02 00:00:00", Type::Date, &o).map(|s| s.days()), Ok(Some(1)));
        assert_eq!(parse_text("1970-01-02 08:00", Type::Date, &o), Err(BadValue::HasTime));
        let madrid = chrono_tz::Europe::Madrid;
        let zoned = parse_text("2026-01-01T00:00Z", Type::Timestamp, &o).map(|s| s.micros(false, madrid));
        let local = parse_text("2026-01-01 01:00", Type::Timestamp, &o).map(|s| s.micros(false, madrid));
        assert_eq!(zoned, local);
        assert_eq!(parse_text("12.5", Type::Integer, &o), Err(BadValue::Fraction(1)));
        assert_eq!(parse_text("99999999999999999999", Type::Integer, &o), Err(BadValue::Digits));
    }
}
