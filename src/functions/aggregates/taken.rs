//! One exact sum of floats, as a value: its parts, its nearest float, and the form that does not tell in
//! which order it was added up.

use super::exact_sum::two_sum;
use super::wide::Wide;

/// One exact sum, taken out of its list: `hi + lo + rest`. An infinite value in `rest` says that the next
/// one counts multiples of 2^1023.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Taken {
    /// The nearest float to the sum, if it was made canonical.
    pub hi: f64,
    /// The nearest to what it lacks.
    pub lo: f64,
    /// What both lack.
    pub rest: Vec<f64>,
}

impl Taken {
    fn add_to(&self, wide: &mut Wide) {
        wide.add(self.hi);
        wide.add(self.lo);
        let mut rest = self.rest.iter();
        while let Some(part) = rest.next() {
            if part.is_finite() {
                wide.add(*part);
            } else if let Some(units) = rest.next() {
                wide.add_units(*units as i64);
            }
        }
    }

    /// The nearest float; `None` past their range.
    pub fn round(&self) -> Option<f64> {
        if self.rest.is_empty() {
            return Some(self.hi + self.lo + 0.0).filter(|v| v.is_finite());
        }
        let mut wide = Wide::default();
        self.add_to(&mut wide);
        wide.round()
    }

    /// Floats that add up to it, while it is in the range of floats.
    pub fn parts(&self) -> impl Iterator<Item = f64> + Clone {
        [self.hi, self.lo].into_iter().chain(self.rest.iter().copied()).filter(|p| *p != 0.0)
    }

    /// The form that depends on the value only.
    #[must_use]
    pub fn canonical(self) -> Self {
        if self.rest.is_empty() {
            let (hi, lo) = two_sum(self.hi, self.lo);
            if hi.is_finite() {
                return Self { hi: hi + 0.0, lo: lo + 0.0, rest: self.rest };
            }
        }
        let mut wide = Wide::default();
        self.add_to(&mut wide);
        let (parts, units) = wide.split();
        let part = |i: usize| parts.get(i).copied().unwrap_or(0.0);
        let mut rest = parts.get(2..).unwrap_or_default().to_vec();
        if units != 0 {
            rest.extend([f64::INFINITY, units as f64]);
        }
        Self { hi: part(0), lo: part(1), rest }
    }
}
