//! The values of some rows -> what an aggregate makes of them, with its reason, n and skipped.

use rumbo::Reason;

use super::value::{SLACK, Value, aligned, exact_sum, order};

/// A value with what results say about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub value: Value,
    pub reason: Option<Reason>,
    /// Rows behind it; a constant has none to tell.
    pub n: Option<i64>,
    pub skipped: i64,
}

impl Answer {
    pub fn missing(reason: Reason) -> Self {
        Self { value: Value::Missing, reason: Some(reason), n: Some(0), skipped: 0 }
    }

    pub fn of(value: Value, n: i64, skipped: i64) -> Self {
        Self { value, reason: None, n: Some(n), skipped }
    }
}

/// Of so many rows, whose arguments are these; a second argument is a weight.
pub fn aggregate(name: &str, part: i64, rows: usize, arguments: &[Vec<Value>]) -> Answer {
    if name == "count" {
        return Answer::of(Value::int(rows as i64), rows as i64, 0);
    }
    let there: Vec<&Vec<Value>> = arguments.iter().filter(|a| !a.iter().any(Value::is_missing)).collect();
    let values: Vec<Value> = there.iter().map(|a| a[0].clone()).collect();
    let n = values.len() as i64;
    let skipped = rows as i64 - n;
    let told = |reason| Answer { skipped, n: Some(n), ..Answer::missing(reason) };
    if rows == 0 {
        return match name {
            "sum" | "count_distinct" => Answer::of(Value::int(0), 0, 0),
            _ => told(Reason::NoRows),
        };
    }
    if n == 0 {
        return told(Reason::NoValues);
    }
    let value = match name {
        "sum" => sum(&values),
        "avg" => divided(&sum(&values), n as f64, size(&values)),
        "min" => values.iter().min_by(|a, b| by_order(a, b)).cloned().unwrap_or(Value::Missing),
        "max" => values.iter().max_by(|a, b| by_order(a, b)).cloned().unwrap_or(Value::Missing),
        "median" => percentile(&values, 50),
        "percentile" => percentile(&values, part),
        "stddev" | "variance" if n < 2 => return told(Reason::NoValues),
        "variance" => variance(&values),
        "stddev" => match variance(&values) {
            Value::Float(v, slack) => {
                let root = v.sqrt();
                Value::Float(root, if root > slack.sqrt() { slack / root } else { slack.sqrt() })
            }
            other => other,
        },
        // In the order that the caller gave them.
        "first" => values[0].clone(),
        "last" => values[values.len() - 1].clone(),
        "count_distinct" => {
            let mut sorted = values.clone();
            sorted.sort_by(by_order);
            sorted.dedup_by(|a, b| by_order(a, b).is_eq());
            Value::int(sorted.len() as i64)
        }
        "share" => {
            let held = values.iter().filter(|v| **v == Value::Bool(true)).count();
            Value::float(held as f64 / n as f64)
        }
        "weighted_avg" => {
            let weights: Vec<Value> = there.iter().map(|a| a[1].clone()).collect();
            let products: Vec<Value> = there.iter().map(|a| super::value::arith('*', &a[0], &a[1])).collect();
            let whole = sum(&weights);
            if whole.is_zero() {
                return told(Reason::ZeroDenominator);
            }
            let (whole, _) = whole.number().unwrap_or_default();
            let size = size(&products) / whole.abs() + size(&weights) / whole.abs();
            divided(&sum(&products), whole, size)
        }
        _ => Value::Missing,
    };
    Answer::of(value, n, skipped)
}

fn by_order(a: &Value, b: &Value) -> std::cmp::Ordering {
    order(a, b).unwrap_or(std::cmp::Ordering::Equal)
}

/// The sum of absolute values.
fn size(values: &[Value]) -> f64 {
    values.iter().filter_map(Value::number).map(|(v, _)| v.abs()).sum()
}

/// Exact numbers stay exact, floats are added without loss.
pub fn sum(values: &[Value]) -> Value {
    let mut exact = Some((0i128, 0u32));
    for value in values {
        exact = match (exact, value) {
            (Some(sum), Value::Exact(digits, scale)) => {
                let (a, b, scale) = aligned(sum, (*digits, *scale));
                Some((a + b, scale))
            }
            _ => None,
        };
    }
    if let Some((digits, scale)) = exact {
        return Value::Exact(digits, scale);
    }
    let floats: Vec<f64> = values.iter().filter_map(Value::number).map(|(v, _)| v).collect();
    Value::Float(exact_sum(&floats), size(values) * SLACK)
}

fn divided(sum: &Value, by: f64, size: f64) -> Value {
    let (value, _) = sum.number().unwrap_or_default();
    Value::Float(value / by + 0.0, (size / by.abs() + (value / by).abs()) * SLACK)
}

/// Linear between neighbours, as Excel's PERCENTILE.INC.
fn percentile(values: &[Value], part: i64) -> Value {
    let mut sorted: Vec<f64> = values.iter().filter_map(Value::number).map(|(v, _)| v).collect();
    sorted.sort_by(f64::total_cmp);
    let place = (sorted.len() - 1) as f64 * part as f64 / 100.0;
    let below = place.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    let value = sorted[below] + (sorted[above] - sorted[below]) * (place - below as f64);
    Value::Float(value + 0.0, (sorted[below].abs() + sorted[above].abs()) * SLACK)
}

/// Of a sample. Where all are equal it is 0, whatever their mean rounds to.
fn variance(values: &[Value]) -> Value {
    let numbers: Vec<f64> = values.iter().filter_map(Value::number).map(|(v, _)| v).collect();
    let n = numbers.len() as f64;
    let mean = exact_sum(&numbers) / n;
    let squares: Vec<f64> = numbers.iter().map(|v| (v - mean) * (v - mean)).collect();
    let equal = numbers.windows(2).all(|w| w[0].total_cmp(&w[1]).is_eq());
    let value = if equal { 0.0 } else { exact_sum(&squares) / (n - 1.0) };
    let size: f64 = numbers.iter().map(|v| v * v).sum();
    Value::Float(value, size * SLACK)
}
