//! Constants of formulas -> typed values.

use super::Resolver;
use super::calendar::instant;
use crate::diagnostic::{Diagnostic, codes};
use crate::model::expr::Value;
use crate::model::types::{Type, Unit};
use crate::source::Span;
use crate::syntax::ast::{DurationUnit, Literal};

/// A value with its type and unit.
pub(super) type TypedValue = (Value, Type, Unit);

/// The microseconds of a unit of fixed length.
pub(super) fn micros(unit: DurationUnit) -> Option<i64> {
    const SECOND: i64 = 1_000_000;
    Some(match unit {
        DurationUnit::Second => SECOND,
        DurationUnit::Minute => 60 * SECOND,
        DurationUnit::Hour => 3_600 * SECOND,
        DurationUnit::Day => 86_400 * SECOND,
        DurationUnit::Week => 7 * 86_400 * SECOND,
        DurationUnit::Month | DurationUnit::Quarter | DurationUnit::Year | DurationUnit::Period => {
            return None;
        }
    })
}

/// The months of a unit that is made of months.
pub(super) fn months(unit: DurationUnit) -> Option<i32> {
    match unit {
        DurationUnit::Month => Some(1),
        DurationUnit::Quarter => Some(3),
        DurationUnit::Year => Some(12),
        _ => None,
    }
}

/// Digits and their scale: `2.50` is (250, 2).
pub(super) fn decimal(text: &str) -> Option<(i128, u8)> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
    (digits.unsigned_abs() < 10u128.pow(38)).then_some((digits, u8::try_from(fraction.len()).ok()?))
}

impl Resolver<'_> {
    /// The value of a constant; reports and returns `None` where it has none.
    pub(super) fn literal(&mut self, literal: &Literal, span: Span) -> Option<TypedValue> {
        let number = |r: &mut Self, text: &str, shift: u8, unit: Unit| match decimal(text) {
            Some((digits, 0)) if shift == 0 => Some((Value::Integer(digits), Type::Integer, unit)),
            Some((digits, scale)) if scale + shift <= 38 => {
                Some((Value::Decimal(digits, scale + shift), Type::Decimal(scale + shift), unit))
            }
            _ => {
                r.report(
                    Diagnostic::new(&codes::TOO_MANY_DIGITS, "a number of more than 38 digits")
                        .at(span, "decimals hold 38 digits")
                        .help("a larger number is a float: `1.5 * 10 ^ 40`"),
                );
                None
            }
        };
        Some(match literal {
            Literal::Integer(text) | Literal::Decimal(text) => return number(self, text, 0, Unit::none()),
            Literal::Percent(text) => return number(self, text, 2, Unit::none()),
            Literal::Quantity { number: text, unit } => {
                return number(self, text, 0, Unit::declared(&unit.node));
            }
            Literal::Text(text) => (Value::Text(text.clone()), Type::Text, Unit::none()),
            Literal::Boolean(b) => (Value::Boolean(*b), Type::Boolean, Unit::none()),
            Literal::Date(day) => (Value::Date(*day), Type::Date, Unit::none()),
            Literal::DateTime { local, offset_minutes } => {
                let at = match offset_minutes {
                    Some(minutes) => (*local - chrono::Duration::minutes(i64::from(*minutes))).and_utc(),
                    None => instant(*local, &self.model.calendar),
                };
                (Value::Timestamp(at.timestamp_micros()), Type::Timestamp, Unit::none())
            }
            Literal::Duration { number: text, unit } => {
                let length = micros(unit.node).zip(decimal(text)).and_then(|(micros, (digits, scale))| {
                    let scale = 10i128.checked_pow(u32::from(scale))?;
                    i64::try_from(digits.checked_mul(i128::from(micros))? / scale).ok()
                });
                match length {
                    Some(length) => (Value::Duration(length), Type::Duration, Unit::none()),
                    None => {
                        let what = if unit.node == DurationUnit::Period { "periods" } else { "months" };
                        self.report(
                            Diagnostic::new(&codes::TYPE_MISMATCH, format!("{what} have no fixed length"))
                                .at(span, "a length in days, hours or smaller units is expected here")
                                .help("months, quarters and years can be added to a date: `closed_on + 3 months`"),
                        );
                        return None;
                    }
                }
            }
        })
    }
}
