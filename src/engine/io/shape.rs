//! Values of a sample -> the narrowest type that all of them have. Text is the answer in doubt: an id
//! with leading zeros or more than 18 digits is no number.

use serde_json::Value;

use super::hints::MARKERS;
use super::moment::{self, Moment};
use super::number;
use super::reading::short;
use super::spec::{CsvOptions, Sampled};
use super::value::boolean;
use crate::model::types::Type;

/// Decimals with more digits after the mark are measurements, no money.
const MAX_SCALE: usize = 6;

/// What a column's values have been so far.
#[derive(Clone, Debug, Default)]
#[allow(clippy::struct_excessive_bools)]
pub struct Shape {
    seen: bool,
    not_integer: bool,
    not_decimal: bool,
    not_float: bool,
    not_boolean: bool,
    not_date: bool,
    not_time: bool,
    number_seen: bool,
    zoned: bool,
    scale: usize,
    plain: bool,
    nested: bool,
    /// The first value.
    first: Option<Seen>,
    /// The value after which only text is left.
    made_text: Option<Seen>,
}

/// A value and where it stands.
#[derive(Clone, Debug)]
struct Seen {
    text: String,
    file: String,
    line: u64,
}

impl Shape {
    /// Takes in one text.
    pub fn observe(&mut self, text: &str, line: u64, options: &CsvOptions) {
        let bare = text.trim();
        if options.missing.iter().any(|m| m.trim() == bare) {
            return;
        }
        self.seen = true;
        self.plain = true;
        self.number(bare, options);
        self.not_boolean = self.not_boolean || boolean(bare).is_none();
        self.moment(bare, options);
        self.mark(bare, line);
    }

    /// Takes in one JSON value: a string is never a number, however it looks.
    pub fn observe_json(&mut self, value: &Value, line: u64, options: &CsvOptions) {
        match value {
            Value::Null => return,
            Value::Array(_) | Value::Object(_) => {
                self.nested = true;
                return;
            }
            Value::String(text) if options.missing.iter().any(|m| m == text) => return,
            _ => {}
        }
        self.seen = true;
        self.plain = true;
        match value {
            Value::Number(n) => {
                self.number(&n.to_string(), options);
                (self.not_boolean, self.not_date, self.not_time) = (true, true, true);
            }
            Value::Bool(_) => {
                self.no_number();
                (self.not_date, self.not_time) = (true, true);
            }
            Value::String(text) => {
                self.no_number();
                self.not_boolean = true;
                self.moment(text.trim(), options);
            }
            _ => {}
        }
        match value {
            Value::String(text) => self.mark(text, line),
            other => self.mark(&other.to_string(), line),
        }
    }

    /// Remembers the value that was the first, and the one that made it text.
    fn mark(&mut self, text: &str, line: u64) {
        let first = self.first.is_none();
        let turned = self.made_text.is_none() && self.finish().0 == Type::Text;
        if !first && !turned {
            return;
        }
        let seen = Seen { text: short(text, 40), file: String::new(), line };
        if turned {
            self.made_text = Some(seen.clone());
        }
        self.first.get_or_insert(seen);
    }

    /// Says which file the values came from.
    pub fn came_from(&mut self, file: &str) {
        for seen in [&mut self.first, &mut self.made_text].into_iter().flatten() {
            file.clone_into(&mut seen.file);
        }
    }

    /// What is told beside the type.
    pub fn sampled(&self) -> Sampled {
        let told = |s: &&Seen| {
            // A column of words from its first value on is simply text.
            let from_the_start = self.first.as_ref().is_some_and(|f| (f.line, &f.file) == (s.line, &s.file));
            !from_the_start
                || s.text.contains(|c: char| c.is_ascii_digit())
                || MARKERS.contains(&s.text.as_str())
        };
        let made_text = self.made_text.as_ref().filter(told);
        let made_text = made_text.map(|s| format!("`{}` in {}:{}", s.text, s.file, s.line));
        Sampled { none: !self.seen && !self.nested, made_text }
    }

    /// Joins what two samples have seen.
    pub fn merge(&mut self, other: &Self) {
        self.seen |= other.seen;
        self.not_integer |= other.not_integer;
        self.not_decimal |= other.not_decimal;
        self.not_float |= other.not_float;
        self.not_boolean |= other.not_boolean;
        self.not_date |= other.not_date;
        self.not_time |= other.not_time;
        self.number_seen |= other.number_seen;
        self.zoned |= other.zoned;
        self.scale = self.scale.max(other.scale);
        self.plain |= other.plain;
        self.nested |= other.nested;
        // Where each file for itself is no text, the first value of the later one does not fit.
        if self.made_text.is_none() {
            let clash = || other.first.clone().filter(|_| self.seen && self.finish().0 == Type::Text);
            self.made_text = other.made_text.clone().or_else(clash);
        }
        if self.first.is_none() {
            self.first.clone_from(&other.first);
        }
    }

    /// The type, and whether its times have zones. `Unknown` where all values are lists or objects.
    pub fn finish(&self) -> (Type, bool) {
        let ty = if self.nested && !self.plain {
            Type::Unknown
        } else if !self.seen {
            Type::Text
        } else if !self.not_integer {
            Type::Integer
        } else if !self.not_decimal && self.scale <= MAX_SCALE {
            Type::Decimal(self.scale as u8)
        } else if !self.not_float && self.number_seen {
            Type::Float
        } else if !self.not_boolean {
            Type::Boolean
        } else if !self.not_date {
            Type::Date
        } else if !self.not_time {
            Type::Timestamp
        } else {
            Type::Text
        };
        (ty, self.zoned)
    }

    fn no_number(&mut self) {
        (self.not_integer, self.not_decimal, self.not_float) = (true, true, true);
    }

    fn number(&mut self, text: &str, options: &CsvOptions) {
        if self.not_float {
            return;
        }
        if number::is_not_finite(text) {
            (self.not_integer, self.not_decimal) = (true, true);
            return;
        }
        let mantissa = text.split(['e', 'E']).next().unwrap_or_default();
        let parts = number::parts(mantissa, options).filter(|_| !text.starts_with('+'));
        let Some(parts) = parts else { return self.no_number() };
        let zeros = parts.whole.len() > 1 && parts.whole.starts_with('0');
        if zeros || number::float(text, options).is_none() {
            return self.no_number();
        }
        self.number_seen = true;
        if mantissa.len() != text.len() {
            (self.not_integer, self.not_decimal) = (true, true);
            return;
        }
        if parts.fraction.is_empty() {
            if parts.whole.len() > 18 {
                self.no_number();
            }
        } else {
            self.not_integer = true;
            self.not_decimal |= parts.whole.len() + parts.fraction.len() > 38;
            self.scale = self.scale.max(parts.fraction.len());
        }
    }

    fn moment(&mut self, text: &str, options: &CsvOptions) {
        if self.not_time {
            return;
        }
        match moment::read(text, &options.date) {
            Some(Moment::Day(_)) => {}
            Some(Moment::Local(_)) => self.not_date = true,
            Some(Moment::Instant(_)) => (self.not_date, self.zoned) = (true, true),
            None => (self.not_date, self.not_time) = (true, true),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[&str]) -> (Type, bool) {
        with(&CsvOptions::default(), values)
    }

    fn with(options: &CsvOptions, values: &[&str]) -> (Type, bool) {
        let mut shape = Shape::default();
        for value in values {
            shape.observe(value, 0, options);
        }
        shape.finish()
    }

    #[test]
    fn types_are_the_narrowest_that_fit() {
        assert_eq!(of(&["1", "", "-20"]).0, Type::Integer);
        assert_eq!(of(&["1", "2.50"]).0, Type::Decimal(2));
        assert_eq!(of(&["1.1234567"]).0, Type::Float);
        assert_eq!(of(&["1.5", "1e5"]).0, Type::Float);
        assert_eq!(of(&["1.5", "NaN"]).0, Type::Float);
        assert_eq!(of(&["NaN"]).0, Type::Text);
        assert_eq!(of(&["00123", "5"]).0, Type::Text);
        assert_eq!(of(&["007"]).0, Type::Text);
        assert_eq!(of(&["0", "0.5"]).0, Type::Decimal(1));
        assert_eq!(of(&["123456789012345678"]).0, Type::Integer);
        assert_eq!(of(&["1234567890123456789"]).0, Type::Text);
        assert_eq!(of(&["+34600111222"]).0, Type::Text);
        assert_eq!(of(&["", ""]).0, Type::Text);
        assert_eq!(of(&["true", "FALSE"]).0, Type::Boolean);
        assert_eq!(of(&["2026-01-31", "9999-12-31"]).0, Type::Date);
        assert_eq!(of(&["2026-01-31", "2026-01-31 10:00"]), (Type::Timestamp, false));
        assert_eq!(of(&["2026-01-31T10:00Z", "2026-01-31T10:00"]), (Type::Timestamp, true));
        assert_eq!(of(&["2026-01-31", "31/01/2026"]).0, Type::Text);
        assert_eq!(of(&["1,5"]).0, Type::Text);
        let mut options = CsvOptions { decimal: ',', thousands: Some('.'), ..CsvOptions::default() };
        options.date = vec!["%d/%m/%Y".into()];
        assert_eq!(with(&options, &["1.234,50"]).0, Type::Decimal(2));
        assert_eq!(with(&options, &["31/01/2026"]).0, Type::Date);
    }

    #[test]
    fn json_strings_are_no_numbers() {
        let of = |values: Value| {
            let mut shape = Shape::default();
            for v in values.as_array().unwrap() {
                shape.observe_json(v, 0, &CsvOptions { missing: vec![], ..CsvOptions::default() });
            }
            shape.finish().0
        };
        assert_eq!(of(serde_json::json!([1, 2.50, null])), Type::Decimal(1));
        assert_eq!(of(serde_json::json!(["1", "2"])), Type::Text);
        assert_eq!(of(serde_json::json!(["2026-01-31"])), Type::Date);
        assert_eq!(of(serde_json::json!([true, null])), Type::Boolean);
        assert_eq!(of(serde_json::json!([true, 1])), Type::Text);
        assert_eq!(of(serde_json::json!([[1], {"a": 1}])), Type::Unknown);
    }
}
