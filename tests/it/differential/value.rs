//! Values of the naive evaluator: exact numbers (integers, decimals), floats with how far off the other
//! side may be, texts, truth values, days, moments. Arithmetic is that of the language.

use std::cmp::Ordering;

use chrono::NaiveDate;

/// A value; numbers are one kind, since the language compares and adds them freely.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Missing,
    /// `digits / 10^scale`.
    Exact(i128, u32),
    /// A float, and what two right computations of it may differ by.
    Float(f64, f64),
    Text(String),
    Bool(bool),
    Date(NaiveDate),
    /// Microseconds since 1970 in UTC.
    Stamp(i64),
    /// Microseconds.
    Duration(i64),
}

/// The part of the sum of absolute values that a float may be off by.
pub const SLACK: f64 = 1e-12;

impl Value {
    pub fn int(i: i64) -> Self {
        Self::Exact(i128::from(i), 0)
    }

    pub fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    /// A float that was computed from others of this size.
    pub fn float(value: f64) -> Self {
        Self::Float(value, value.abs() * SLACK)
    }

    pub fn is_missing(&self) -> bool {
        *self == Self::Missing
    }

    /// A number as a float, with what it may be off by.
    pub fn number(&self) -> Option<(f64, f64)> {
        match self {
            // Through text, so that it is the nearest float, as a reader of the digits would have it.
            Self::Exact(..) => self.plain().parse().ok().map(|v: f64| (v, 0.0)),
            Self::Float(v, slack) => Some((*v, *slack)),
            Self::Duration(micros) => Some((*micros as f64, 0.0)),
            _ => None,
        }
    }

    pub fn is_zero(&self) -> bool {
        match self {
            Self::Exact(digits, _) => *digits == 0,
            Self::Float(v, _) => *v == 0.0,
            Self::Duration(micros) => *micros == 0,
            _ => false,
        }
    }

    pub fn is_negative(&self) -> bool {
        match self {
            Self::Exact(digits, _) => *digits < 0,
            Self::Float(v, _) => *v < 0.0,
            Self::Duration(micros) => *micros < 0,
            _ => false,
        }
    }

    /// As a CSV field or a key: every digit; missing is nothing.
    pub fn plain(&self) -> String {
        match self {
            Self::Missing => String::new(),
            Self::Exact(digits, scale) => {
                let sign = if *digits < 0 { "-" } else { "" };
                let text = format!("{:0width$}", digits.unsigned_abs(), width = *scale as usize + 1);
                let (whole, part) = text.split_at(text.len() - *scale as usize);
                if part.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") }
            }
            Self::Float(v, _) => v.to_string(),
            Self::Text(text) => text.clone(),
            Self::Bool(b) => b.to_string(),
            Self::Date(day) => day.to_string(),
            Self::Stamp(micros) => chrono::DateTime::from_timestamp_micros(*micros)
                .map(|t| t.format("%Y-%m-%dT%H:%M:%SZ").to_string())
                .unwrap_or_default(),
            Self::Duration(micros) => format!("{micros} us"),
        }
    }
}

/// Exact numbers from their digits.
pub fn parse_exact(text: &str) -> Option<Value> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = format!("{whole}{part}").parse().ok()?;
    Some(Value::Exact(digits, part.len() as u32))
}

/// Two exact numbers at one scale.
pub fn aligned(a: (i128, u32), b: (i128, u32)) -> (i128, i128, u32) {
    let scale = a.1.max(b.1);
    (a.0 * 10i128.pow(scale - a.1), b.0 * 10i128.pow(scale - b.1), scale)
}

/// Sums, differences, products, quotients; missing where an operand is, or over 0.
pub fn arith(op: char, a: &Value, b: &Value) -> Value {
    if let (Value::Exact(x, s), Value::Exact(y, t)) = (a, b)
        && op != '/'
    {
        let (left, right, scale) = aligned((*x, *s), (*y, *t));
        return match op {
            '+' => Value::Exact(left + right, scale),
            '-' => Value::Exact(left - right, scale),
            _ => Value::Exact(x * y, s + t),
        };
    }
    if let (Value::Date(x), Value::Date(y), '-') = (a, b, op) {
        return Value::Duration((*x - *y).num_days() * 86_400_000_000);
    }
    let (Some((x, dx)), Some((y, dy))) = (a.number(), b.number()) else { return Value::Missing };
    let (value, slack) = match op {
        '+' => (x + y, dx + dy + SLACK * (x.abs() + y.abs())),
        '-' => (x - y, dx + dy + SLACK * (x.abs() + y.abs())),
        '*' => (x * y, dx * y.abs() + dy * x.abs() + SLACK * (x * y).abs()),
        _ if b.is_zero() => return Value::Missing,
        _ => (x / y, (dx + dy * (x / y).abs()) / y.abs() + SLACK * (x / y).abs()),
    };
    if value.is_finite() { Value::Float(value + 0.0, slack) } else { Value::Missing }
}

pub fn negated(a: &Value) -> Value {
    match a {
        Value::Exact(digits, scale) => Value::Exact(-digits, *scale),
        Value::Float(v, slack) => Value::Float(0.0 - v, *slack),
        Value::Duration(micros) => Value::Duration(-micros),
        other => other.clone(),
    }
}

/// To nine decimals, half away from zero: thresholds compare so.
pub fn nine(v: f64) -> f64 {
    // By the shortest decimal form, as `round` does.
    let scaled = v * 1e9;
    if scaled.abs() < 9e15 { scaled.round() / 1e9 } else { v }
}

/// The order of two values of one type; none where one is missing or they cannot be compared.
pub fn order(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Exact(x, scale), Value::Exact(y, theirs)) => {
            let (left, right, _) = aligned((*x, *scale), (*y, *theirs));
            Some(left.cmp(&right))
        }
        (Value::Text(x), Value::Text(y)) => Some(x.as_bytes().cmp(y.as_bytes())),
        (Value::Bool(x), Value::Bool(y)) => Some(x.cmp(y)),
        (Value::Date(x), Value::Date(y)) => Some(x.cmp(y)),
        (Value::Stamp(x), Value::Stamp(y)) => Some(x.cmp(y)),
        (Value::Duration(x), Value::Duration(y)) => Some(x.cmp(y)),
        _ => {
            let ((x, _), (y, _)) = (a.number()?, b.number()?);
            x.partial_cmp(&y)
        }
    }
}

/// The exact sum of floats, rounded once (Shewchuk's growing expansion): any order gives the same.
pub fn exact_sum(values: &[f64]) -> f64 {
    let mut parts: Vec<f64> = Vec::new();
    for value in values {
        let mut x = *value;
        let mut kept = 0;
        for i in 0..parts.len() {
            let mut y = parts[i];
            if x.abs() < y.abs() {
                std::mem::swap(&mut x, &mut y);
            }
            let high = x + y;
            let low = y - (high - x);
            if low != 0.0 {
                parts[kept] = low;
                kept += 1;
            }
            x = high;
        }
        parts.truncate(kept);
        parts.push(x);
    }
    parts.iter().rev().sum::<f64>() + 0.0
}
