//! Operators and functions over the answers of their operands: the value, the leftmost reason of a missing
//! one, the least n, the most skipped. Shifts are here too, since they are arithmetic over two periods.

use rumbo::Reason;

use super::aggregate::Answer;
use super::formula::{Formula, Shift};
use super::naive::{Here, Naive};
use super::rows::{and, boolean, compared, or, truth};
use super::value::{Value, arith, negated, nine, order};

/// The value with what its operands know; where it is missing and none of them is, for this reason.
fn told(value: Value, parts: &[Answer], own: Reason) -> Answer {
    let inherited = parts.iter().find_map(|p| p.reason);
    let reason = value.is_missing().then(|| inherited.unwrap_or(own));
    let n = parts.iter().filter_map(|p| p.n).min();
    let skipped = parts.iter().map(|p| p.skipped).max().unwrap_or(0);
    Answer { value, reason, n, skipped }
}

impl<'a> Naive<'a> {
    pub(super) fn scalar(&self, formula: &Formula, parts: &[Answer]) -> Answer {
        let is = |i: usize| truth(&parts[i].value);
        let value = match formula {
            Formula::Bin(op, ..) => return self.arith(*op, &parts[0], &parts[1]),
            Formula::Neg(_) => negated(&parts[0].value),
            Formula::Not(_) => boolean(is(0).map(|a| !a)),
            Formula::And(..) => boolean(and(is(0), is(1))),
            Formula::Or(..) => boolean(or(is(0), is(1))),
            Formula::Cmp(op, ..) => boolean(self.compare(op, &parts[0].value, &parts[1].value)),
            Formula::IsMissing(_, not) => Value::Bool(parts[0].value.is_missing() != *not),
            Formula::Call("if", _) => {
                let chosen = match is(0) {
                    None => &parts[0],
                    Some(true) => &parts[1],
                    Some(false) => &parts[2],
                };
                let value = if is(0).is_none() { Value::Missing } else { chosen.value.clone() };
                // Why it is missing is why the branch that is taken is.
                return Answer { reason: chosen.reason, ..told(value, parts, Reason::OutOfRange) };
            }
            Formula::Call("coalesce", _) => {
                parts.iter().map(|p| &p.value).find(|v| !v.is_missing()).cloned().unwrap_or(Value::Missing)
            }
            Formula::Call(..) if parts.iter().any(|p| p.value.is_missing()) => Value::Missing,
            Formula::Call(name @ ("least" | "greatest"), _) => {
                let better = if *name == "least" { "<" } else { ">" };
                let mut best = &parts[0].value;
                for other in parts.iter().map(|p| &p.value) {
                    if compared(better, order(other, best)) == Some(true) {
                        best = other;
                    }
                }
                best.clone()
            }
            Formula::Call("abs", _) if parts[0].value.is_negative() => negated(&parts[0].value),
            Formula::Call("abs", _) => parts[0].value.clone(),
            Formula::Call("sign", _) => Value::int(if parts[0].value.is_zero() {
                0
            } else {
                1 - 2 * i64::from(parts[0].value.is_negative())
            }),
            Formula::Call("round", _) => rounded(&parts[0].value, &parts[1].value),
            Formula::Call("sqrt", _) => match parts[0].value.number() {
                Some((v, _)) if v >= 0.0 => Value::float(v.sqrt()),
                _ => Value::Missing,
            },
            _ => Value::Missing,
        };
        told(value, parts, Reason::OutOfRange)
    }

    pub(super) fn arith(&self, op: char, a: &Answer, b: &Answer) -> Answer {
        let own = if op == '/' && b.value.is_zero() { Reason::ZeroDenominator } else { Reason::OutOfRange };
        if op == '/'
            && let Value::Float(v, slack) = b.value
            && slack > 0.0
            && v.abs() <= slack
        {
            self.unsure.set(true);
        }
        let mut answer = told(arith(op, &a.value, &b.value), &[a.clone(), b.clone()], own);
        if op == '/' && b.n.is_some() {
            answer.n = b.n;
        }
        answer
    }

    /// Floats are compared to nine decimals.
    pub(super) fn compare(&self, op: &str, a: &Value, b: &Value) -> Option<bool> {
        let float = |v: &Value| matches!(v, Value::Float(..));
        if !float(a) && !float(b) {
            return compared(op, order(a, b));
        }
        let ((x, dx), (y, dy)) = (a.number()?, b.number()?);
        let low = nine(x - dx).total_cmp(&nine(y + dy));
        let high = nine(x + dx).total_cmp(&nine(y - dy));
        let found = (nine(x) + 0.0).total_cmp(&(nine(y) + 0.0));
        if (low != high && compared(op, Some(low)) != compared(op, Some(high))) && (x - y).abs() > 0.0 {
            self.unsure.set(true);
        }
        compared(op, Some(found))
    }

    pub(super) fn shift(
        &self,
        shift: Shift,
        of: &'a Formula,
        back: i64,
        same_point: bool,
        here: &Here<'a>,
    ) -> Answer {
        let mut before = self.eval(of, &self.earlier(here, back, same_point));
        if before.reason == Some(Reason::OutsideData) {
            before.reason = Some(Reason::NoPreviousPeriod);
        }
        if matches!(shift, Shift::Previous | Shift::Ago) {
            return before;
        }
        let now = self.eval(of, here);
        let change = self.arith('-', &now, &before);
        if shift == Shift::Change {
            return change;
        }
        let growth = Answer { n: before.n, ..self.arith('/', &change, &before) };
        if let Value::Float(v, slack) = before.value
            && v.abs() <= slack
        {
            self.unsure.set(true);
        }
        if before.value.is_negative() && !now.value.is_missing() {
            return Answer { value: Value::Missing, reason: Some(Reason::NegativeBase), ..growth };
        }
        growth
    }
}

/// Half away from zero, to so many digits; exact numbers only.
fn rounded(value: &Value, digits: &Value) -> Value {
    let (Value::Exact(v, scale), Value::Exact(digits, 0)) = (value, digits) else { return Value::Missing };
    let digits = *digits as u32;
    if *scale <= digits {
        return value.clone();
    }
    let unit = 10i128.pow(scale - digits);
    let up = (v.abs() + unit / 2) / unit;
    Value::Exact(up * v.signum(), digits)
}
