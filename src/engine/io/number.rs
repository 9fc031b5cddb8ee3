//! Numbers as people and programs write them -> integers, scaled decimals, floats. Strict: the
//! options say how a number looks, and what looks otherwise is none.

use super::spec::CsvOptions;

/// The largest unscaled value of 38 digits.
const MAX: i128 = 10_i128.pow(38) - 1;

/// The parts of a plain number: `-1.234,50` is negative, `1234`, `50`.
#[derive(Debug, PartialEq, Eq)]
pub struct Parts {
    /// Whether it has a minus.
    pub negative: bool,
    /// The digits before the decimal mark, ungrouped.
    pub whole: String,
    /// Those after it.
    pub fraction: String,
}

/// Digits with an optional sign, grouping and decimals. `5.` and `1.23` with groups are none.
pub fn parts(text: &str, options: &CsvOptions) -> Option<Parts> {
    let (negative, rest) = match text.as_bytes().first()? {
        b'-' => (true, text.get(1..)?),
        b'+' => (false, text.get(1..)?),
        _ => (false, text),
    };
    let (whole, fraction) = match rest.split_once(options.decimal) {
        Some((_, "")) => return None,
        Some((whole, fraction)) => (whole, fraction),
        None => (rest, ""),
    };
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if !digits(fraction) || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    let whole = if digits(whole) { whole.to_owned() } else { ungroup(whole, options.thousands?)? };
    Some(Parts { negative, whole, fraction: fraction.to_owned() })
}

/// `1.234.567` -> `1234567`; a first group of one to three digits, all others of three.
fn ungroup(text: &str, mark: char) -> Option<String> {
    // Spreadsheets write narrow and fixed spaces where people type a plain one.
    let is_mark = |c: char| c == mark || (mark == ' ' && matches!(c, '\u{a0}' | '\u{202f}'));
    let mut out = String::with_capacity(text.len());
    for (i, group) in text.split(is_mark).enumerate() {
        let fits = if i == 0 { (1..=3).contains(&group.len()) } else { group.len() == 3 };
        if !fits || !group.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        out.push_str(group);
    }
    Some(out)
}

/// A whole number of 64 bits.
pub fn integer(text: &str, options: &CsvOptions) -> Option<i64> {
    // The common case needs no parts.
    if let Ok(value) = text.parse::<i64>() {
        return Some(value);
    }
    let parts = parts(text, options)?;
    if !parts.fraction.is_empty() {
        return None;
    }
    let sign = if parts.negative { "-" } else { "" };
    format!("{sign}{}", parts.whole).parse().ok()
}

/// Why a text is no decimal of a scale and precision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoDecimal {
    /// No number at all.
    NoNumber,
    /// This many digits after the mark, more than the scale.
    Fraction(u8),
    /// More digits than the precision.
    Digits,
}

/// A decimal, as its value times 10^scale. Digits past the scale must be zeros: nothing is rounded.
pub fn decimal(text: &str, scale: u8, precision: u8, options: &CsvOptions) -> Result<i128, NoDecimal> {
    let limit = 10_i128.checked_pow(u32::from(precision)).map_or(MAX, |p| p - 1);
    if options.decimal == '.'
        && let Some(value) = quick(text, scale)
    {
        return if value.abs() > limit { Err(NoDecimal::Digits) } else { Ok(value) };
    }
    let parts = parts(text, options).ok_or(NoDecimal::NoNumber)?;
    let fraction = parts.fraction.trim_end_matches('0');
    if fraction.len() > usize::from(scale) {
        return Err(NoDecimal::Fraction(u8::try_from(fraction.len()).unwrap_or(u8::MAX)));
    }
    let mut value: i128 = 0;
    let padding = usize::from(scale) - fraction.len();
    for digit in parts.whole.bytes().chain(fraction.bytes()).chain(std::iter::repeat_n(b'0', padding)) {
        value = value.saturating_mul(10).saturating_add(i128::from(digit - b'0'));
        if value > MAX {
            return Err(NoDecimal::Digits);
        }
    }
    if value > limit {
        return Err(NoDecimal::Digits);
    }
    Ok(if parts.negative { -value } else { value })
}

/// Up to 18 digits with a point, without building texts.
fn quick(text: &str, scale: u8) -> Option<i128> {
    let bytes = text.as_bytes();
    let (negative, digits) = match bytes.split_first()? {
        (b'-', rest) => (true, rest),
        _ => (false, bytes),
    };
    if digits.is_empty() || digits.len() > 18 {
        return None;
    }
    let (mut value, mut after, mut seen): (i64, u8, bool) = (0, 0, false);
    for b in digits {
        match b {
            b'0'..=b'9' => {
                value = value * 10 + i64::from(b - b'0');
                after += u8::from(seen);
            }
            b'.' if !seen => seen = true,
            _ => return None,
        }
    }
    if (seen && after == 0) || after > scale {
        return None;
    }
    let value = i128::from(value).checked_mul(10_i128.checked_pow(u32::from(scale - after))?)?;
    if value > MAX {
        return None;
    }
    Some(if negative { -value } else { value })
}

/// A float; `None` for what is no number, `Some(None)` for NaN and infinities, which are missing.
#[allow(clippy::option_option)]
pub fn float(text: &str, options: &CsvOptions) -> Option<Option<f64>> {
    if is_not_finite(text) {
        return Some(None);
    }
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (text.get(..at)?, text.get(at + 1..)?),
        None => (text, "0"),
    };
    let parts = parts(mantissa, options)?;
    let exponent: i32 = exponent.parse().ok()?;
    let sign = if parts.negative { "-" } else { "" };
    let value: f64 = format!("{sign}{}.{}e{exponent}", parts.whole, parts.fraction).parse().ok()?;
    Some(value.is_finite().then_some(value))
}

/// The ways in which programs write values that are no number.
pub fn is_not_finite(text: &str) -> bool {
    let bare = text.strip_prefix(['-', '+']).unwrap_or(text);
    ["nan", "inf", "infinity"].iter().any(|w| bare.eq_ignore_ascii_case(w))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spanish() -> CsvOptions {
        CsvOptions { decimal: ',', thousands: Some('.'), ..CsvOptions::default() }
    }

    #[test]
    fn options_are_strict() {
        let plain = CsvOptions::default();
        assert_eq!(integer("-12", &plain), Some(-12));
        assert_eq!(integer("1,234", &plain), None);
        assert_eq!(integer("1.234", &spanish()), Some(1234));
        assert_eq!(integer("1.23", &spanish()), None);
        assert_eq!(decimal("1.234,56", 2, 38, &spanish()), Ok(123_456));
        assert_eq!(decimal("1234,5", 2, 38, &spanish()), Ok(123_450));
        assert_eq!(decimal("1,234.56", 2, 38, &spanish()), Err(NoDecimal::NoNumber));
        assert_eq!(decimal("1.234,56", 2, 38, &plain), Err(NoDecimal::NoNumber));
        assert_eq!(decimal("12 %", 2, 38, &plain), Err(NoDecimal::NoNumber));
        let spaced = CsvOptions { decimal: ',', thousands: Some(' '), ..plain };
        assert_eq!(decimal("1\u{a0}234,5", 1, 38, &spaced), Ok(12_345));
    }

    #[test]
    fn decimals_are_never_rounded() {
        let plain = CsvOptions::default();
        assert_eq!(decimal("1.999", 2, 38, &plain), Err(NoDecimal::Fraction(3)));
        assert_eq!(decimal("1.990", 2, 38, &plain), Ok(199));
        assert_eq!(decimal("-.5", 2, 38, &plain), Ok(-50));
        assert_eq!(decimal("5.", 2, 38, &plain), Err(NoDecimal::NoNumber));
        assert_eq!(decimal("1000", 2, 5, &plain), Err(NoDecimal::Digits));
        assert_eq!(decimal("999.99", 2, 5, &plain), Ok(99_999));
        let long = "9".repeat(38);
        assert_eq!(decimal(&long, 0, 38, &plain), Ok(MAX));
        assert_eq!(decimal(&format!("{long}9"), 0, 38, &plain), Err(NoDecimal::Digits));
        assert_eq!(decimal(&"9".repeat(300), 0, 38, &plain), Err(NoDecimal::Digits));
    }

    #[test]
    fn floats_take_exponents_and_lose_nan() {
        let plain = CsvOptions::default();
        assert_eq!(float("1.5e3", &plain), Some(Some(1500.0)));
        assert_eq!(float("-.5", &plain), Some(Some(-0.5)));
        assert_eq!(float("NaN", &plain), Some(None));
        assert_eq!(float("-inf", &plain), Some(None));
        assert_eq!(float("1e999", &plain), Some(None));
        assert_eq!(float("1,5e1", &spanish()), Some(Some(15.0)));
        assert_eq!(float("abc", &plain), None);
        assert_eq!(float("1e", &plain), None);
    }
}
