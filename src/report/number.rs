//! Decimal text -> text that people read: rounding half away from zero, thousands separators, signs.
//! Works on the digits themselves, so that 38 digits keep every one and no float rounds twice. Knows
//! neither KPIs nor units.

/// The exponent beyond which a text is not taken for a number: past what any float needs.
const MOST_EXPONENT: i32 = 400;

/// A decimal number as its digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decimal {
    negative: bool,
    /// Digits before the point: at least one, no leading zeros.
    whole: String,
    /// Digits after the point.
    fraction: String,
}

impl Decimal {
    /// Reads `-12.50`, `7`, `1.5e21`; nothing else, so that a text is never taken for a number.
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((m, e)) => (m, e.parse::<i32>().ok()?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if (whole.is_empty() && fraction.is_empty()) || !digits(whole) || !digits(fraction) {
            return None;
        }
        if exponent.abs() > MOST_EXPONENT {
            return None;
        }
        let number = Self { negative, whole: whole.to_owned(), fraction: fraction.to_owned() };
        Some(number.shifted(exponent))
    }

    /// The shortest decimal that reads back as this float; none for NaN and infinity.
    pub fn from_f64(value: f64) -> Option<Self> {
        value.is_finite().then(|| Self::parse(&format!("{value}"))).flatten()
    }

    /// Times ten to this power: the point moves, no digit changes.
    #[must_use]
    pub fn shifted(mut self, places: i32) -> Self {
        let places_right = usize::try_from(places).unwrap_or(0);
        let places_left = usize::try_from(places.saturating_neg()).unwrap_or(0);
        if places_right > 0 {
            let taken = places_right.min(self.fraction.len());
            self.whole.push_str(&self.fraction[..taken]);
            self.whole.push_str(&"0".repeat(places_right - taken));
            self.fraction.drain(..taken);
        }
        if places_left > 0 {
            let padding = "0".repeat(places_left.saturating_sub(self.whole.len()));
            let cut = self.whole.len().saturating_sub(places_left);
            let moved = self.whole.split_off(cut);
            self.fraction = format!("{padding}{moved}{}", self.fraction);
        }
        self.trimmed()
    }

    fn trimmed(mut self) -> Self {
        let zeros = self.whole.len() - self.whole.trim_start_matches('0').len();
        self.whole.drain(..zeros);
        if self.whole.is_empty() {
            self.whole.push('0');
        }
        self
    }

    /// With exactly this many digits after the point, half away from zero.
    #[must_use]
    pub fn rounded(mut self, places: usize) -> Self {
        if self.fraction.len() <= places {
            let missing = places - self.fraction.len();
            self.fraction.push_str(&"0".repeat(missing));
            return self;
        }
        let up = self.fraction.as_bytes()[places] >= b'5';
        self.fraction.truncate(places);
        if up {
            // One joined number is counted up, then cut where the point was.
            let mut digits: Vec<u8> = self.whole.bytes().chain(self.fraction.bytes()).collect();
            let mut carry = true;
            for digit in digits.iter_mut().rev() {
                if *digit == b'9' {
                    *digit = b'0';
                } else {
                    *digit += 1;
                    carry = false;
                    break;
                }
            }
            if carry {
                digits.insert(0, b'1');
            }
            let cut = digits.len() - places;
            self.whole = digits[..cut].iter().map(|b| char::from(*b)).collect();
            self.fraction = digits[cut..].iter().map(|b| char::from(*b)).collect();
        }
        self
    }

    /// Whether every digit is 0; then no sign is shown.
    pub fn is_zero(&self) -> bool {
        self.whole.bytes().chain(self.fraction.bytes()).all(|b| b == b'0')
    }

    /// Digits before the point.
    pub fn whole_digits(&self) -> usize {
        self.whole.len()
    }

    /// `-1,234.50`.
    pub fn grouped(&self) -> String {
        let mut text = String::with_capacity(self.whole.len() * 4 / 3 + self.fraction.len() + 2);
        if self.negative && !self.is_zero() {
            text.push('-');
        }
        for (i, digit) in self.whole.chars().enumerate() {
            if i > 0 && (self.whole.len() - i).is_multiple_of(3) {
                text.push(',');
            }
            text.push(digit);
        }
        if !self.fraction.is_empty() {
            text.push('.');
            text.push_str(&self.fraction);
        }
        text
    }

    /// As [`grouped`](Self::grouped), with a `+` before what is above zero.
    pub fn signed(&self) -> String {
        let plus = if self.negative || self.is_zero() { "" } else { "+" };
        format!("{plus}{}", self.grouped())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(text: &str, places: usize) -> String {
        Decimal::parse(text).unwrap().rounded(places).grouped()
    }

    #[test]
    fn rounds_half_away_from_zero_on_the_text() {
        assert_eq!(shown("1.005", 2), "1.01");
        assert_eq!(shown("2.5", 0), "3");
        assert_eq!(shown("-2.5", 0), "-3");
        assert_eq!(shown("0.4999", 0), "0");
        assert_eq!(shown("999.995", 2), "1,000.00");
        assert_eq!(shown("9.99", 1), "10.0");
    }

    #[test]
    fn groups_thousands_and_keeps_every_digit() {
        assert_eq!(shown("0", 2), "0.00");
        assert_eq!(shown("123", 0), "123");
        assert_eq!(shown("1234.5", 2), "1,234.50");
        assert_eq!(shown("-1234567", 0), "-1,234,567");
        assert_eq!(
            shown("12345678901234567890123456789012345678", 0),
            "12,345,678,901,234,567,890,123,456,789,012,345,678"
        );
    }

    #[test]
    fn nothing_that_rounds_to_zero_keeps_a_sign() {
        assert_eq!(shown("-0.004", 2), "0.00");
        assert_eq!(shown("-0", 0), "0");
        assert_eq!(Decimal::parse("0.004").unwrap().rounded(2).signed(), "0.00");
        assert_eq!(Decimal::parse("0.5").unwrap().rounded(1).signed(), "+0.5");
        assert_eq!(Decimal::parse("-0.5").unwrap().rounded(1).signed(), "-0.5");
    }

    #[test]
    fn the_point_moves_without_rounding() {
        let shift = |t: &str, n| Decimal::parse(t).unwrap().shifted(n).grouped();
        assert_eq!(shift("0.123", 2), "12.3");
        assert_eq!(shift("1", 2), "100");
        assert_eq!(shift("12.5", -3), "0.0125");
        assert_eq!(shift("1.5e3", 0), "1,500");
        assert_eq!(shift("25e-4", 0), "0.0025");
    }

    #[test]
    fn only_numbers_are_numbers() {
        for text in ["", ".", "-", "1,5", "1.2.3", "NaN", "inf", "0x1", "1e9999", "１２", "1e", " 1"] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_float_and_no_text_panics(bits in any::<u64>(), text in "\\PC{0,60}", n in 0usize..12, by in -9i32..9) {
            for d in [Decimal::from_f64(f64::from_bits(bits)), Decimal::parse(&text)].into_iter().flatten() {
                let _ = (d.clone().shifted(by).rounded(n).grouped(), d.rounded(n).signed());
            }
        }

        #[test]
        fn without_separators_it_reads_back(value in any::<i64>(), fraction in "[0-9]{0,20}") {
            let text = format!("{value}.{fraction}");
            let back = Decimal::parse(&text).unwrap().grouped().replace(',', "");
            let bits = |t: &str| (t.parse::<f64>().unwrap() + 0.0).to_bits();
            prop_assert_eq!(bits(&back), bits(&text));
        }

        #[test]
        fn rounding_agrees_with_integers(value in -1_000_000_000i64..1_000_000_000) {
            let text = format!("{value}e-3");
            let cents = (value.abs() + 5) / 10 * value.signum();
            let shown = Decimal::parse(&text).unwrap().rounded(2).shifted(2).grouped().replace(',', "");
            prop_assert_eq!(shown.parse::<i64>().unwrap(), cents);
        }
    }
}
