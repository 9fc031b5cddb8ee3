//! A value as typed against a value as computed: numbers to nine decimals, durations in days, words by
//! their text. Also how the computed one reads beside the typed one.

use crate::report::number::Decimal;

/// Decimals that are compared.
const PLACES: usize = 9;

/// What a result holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Got {
    /// Nothing, and why.
    Missing(Option<&'static str>),
    /// A number, and the unit that it may be typed with.
    Number(Decimal, String),
    /// A duration.
    Days(Decimal),
    /// A text, date, time, truth value or word.
    Word(String),
}

/// What is expected, as far as what was typed says it.
enum Typed {
    Number { value: Decimal, percent: bool, unit: String },
    Missing,
}

/// How what was computed differs, in the form of what was typed; none where it does not. What was typed
/// may be of another kind, which is told.
pub fn difference(typed: &str, got: &Got) -> Result<Option<String>, String> {
    let read = read(typed);
    let same = match (got, &read) {
        (Got::Missing(_), Some(Typed::Missing)) => true,
        (Got::Word(word), _) => word == typed,
        (Got::Missing(_), _) | (_, Some(Typed::Missing)) => false,
        (_, None) => return Err("a number is expected".to_owned()),
        (Got::Number(number, own), Some(Typed::Number { value, unit, .. })) => {
            if !unit.is_empty() && unit != own {
                return Err(match own.as_str() {
                    "" => "the value has no unit".to_owned(),
                    own => format!("the value's unit is {own}"),
                });
            }
            equal(number, value)
        }
        (Got::Days(days), Some(Typed::Number { value, unit, percent })) => {
            let Some(wanted) = in_days(value, unit).filter(|_| !percent) else {
                return Err("a duration such as `12 days` is expected".to_owned());
            };
            equal(days, &wanted)
        }
    };
    Ok((!same).then(|| shown(got, read.as_ref())))
}

fn read(text: &str) -> Option<Typed> {
    let text = text.trim();
    if ["missing", "null", "~"].contains(&text) {
        return Some(Typed::Missing);
    }
    let number = |c: char| c.is_ascii_digit() || matches!(c, '.' | '_' | '-' | '+' | 'e' | 'E');
    let end = text.find(|c| !number(c)).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    let value = Decimal::parse(&digits.replace('_', ""))?;
    let rest = rest.trim();
    Some(match rest {
        "%" => Typed::Number { value: value.shifted(-2), percent: true, unit: String::new() },
        unit => Typed::Number { value, percent: false, unit: unit.to_owned() },
    })
}

/// A value as typed, of results that are stated: a duration in days.
pub fn stated(text: &str) -> Option<f64> {
    match text {
        "true" => return Some(1.0),
        "false" => return Some(0.0),
        _ => {}
    }
    let Typed::Number { value, unit, .. } = read(text)? else { return None };
    let value = if unit.is_empty() { value } else { in_days(&value, &unit)? };
    plain_digits(&value).parse().ok()
}

fn equal(a: &Decimal, b: &Decimal) -> bool {
    let (a, b) = (a.clone().rounded(PLACES), b.clone().rounded(PLACES));
    a == b || (a.is_zero() && b.is_zero())
}

/// A number of a unit of time as days; without a unit it is in days.
fn in_days(value: &Decimal, unit: &str) -> Option<Decimal> {
    let parts_of_a_day = match unit.strip_suffix('s').unwrap_or(unit) {
        "" | "day" => return Some(value.clone()),
        "week" => 1.0 / 7.0,
        "hour" => 24.0,
        "minute" => 1_440.0,
        "second" => 86_400.0,
        _ => return None,
    };
    let value: f64 = plain(value).parse().ok()?;
    Decimal::from_f64(value / parts_of_a_day)
}

/// What was computed, as it would have been typed.
fn shown(got: &Got, like: Option<&Typed>) -> String {
    match got {
        Got::Missing(Some(reason)) => format!("missing ({reason})"),
        Got::Missing(None) => "missing".to_owned(),
        Got::Word(word) => word.clone(),
        Got::Days(days) => format!("{} days", plain(days)),
        Got::Number(number, _) => match like {
            Some(Typed::Number { percent: true, .. }) => format!("{}%", plain(&number.clone().shifted(2))),
            _ => plain(number),
        },
    }
}

/// Every digit, without groups.
fn plain_digits(number: &Decimal) -> String {
    number.grouped().replace(',', "")
}

/// To nine decimals, without zeros at the end.
fn plain(number: &Decimal) -> String {
    let text = number.clone().rounded(PLACES).grouped().replace(',', "");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Got {
        Got::Number(Decimal::parse(text).unwrap(), "EUR".to_owned())
    }

    #[test]
    fn numbers_compare_to_nine_decimals() {
        for (typed, got) in [
            ("50%", "0.5"),
            ("1_000", "1000.00"),
            ("33.333333333%", "0.33333333333"),
            ("0", "-0.0000000001"),
            ("100 EUR", "100"),
            ("1e3", "1000"),
        ] {
            assert_eq!(difference(typed, &number(got)), Ok(None), "{typed}");
        }
        assert_eq!(difference("33.3%", &number("0.33333333333")), Ok(Some("33.333333333%".into())));
        assert_eq!(difference("1", &number("10")), Ok(Some("10".into())));
        assert_eq!(difference("missing", &number("0")), Ok(Some("0".into())));
        assert!(difference("1 USD", &number("1")).is_err() && difference("much", &number("1")).is_err());
    }

    #[test]
    fn other_kinds() {
        let days = Got::Days(Decimal::parse("1.5").unwrap());
        assert_eq!(difference("36 hours", &days), Ok(None));
        assert_eq!(difference("1.5 days", &days), Ok(None));
        assert_eq!(difference("2", &days), Ok(Some("1.5 days".into())));
        assert!(difference("2 dogs", &days).is_err() && difference("2%", &days).is_err());
        assert_eq!(difference("null", &Got::Missing(None)), Ok(None));
        assert_eq!(difference("1", &Got::Missing(Some("no_rows"))), Ok(Some("missing (no_rows)".into())));
        assert_eq!(difference("2026-01-31", &Got::Word("2026-01-31".into())), Ok(None));
        assert_eq!(difference("true", &Got::Word("false".into())), Ok(Some("false".into())));
    }
}
