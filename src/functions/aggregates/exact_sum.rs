//! Exact sums of floats, one for each group: a pair that is the sum of what it was given without error
//! (`two_sum`), and a list for what a pair cannot hold. The value does not depend on the order of rows or
//! on how they were split.

pub use super::taken::Taken;

/// `a + b` and its rounding error (Knuth): exact where the error is finite, which near the end of the range
/// of floats it need not be.
#[inline]
pub fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let b_part = sum - a;
    (sum, (a - (sum - b_part)) + (b - b_part))
}

/// `a * b` and its rounding error; exact unless the error is below the least float.
#[inline]
pub fn two_product(a: f64, b: f64) -> (f64, f64) {
    let product = a * b;
    (product, a.mul_add(b, -product))
}

/// High and low part of a sum.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pair {
    /// The larger part.
    pub hi: f64,
    /// What it lacks.
    pub lo: f64,
}

/// What a pair could not hold.
#[derive(Clone, Debug, Default)]
struct Spill {
    /// Floats that do not overlap (Shewchuk's partials), from the least.
    parts: Vec<f64>,
    /// Multiples of 2^1023: a sum may leave the range of floats and come back.
    units: i64,
}

impl Spill {
    fn is_empty(&self) -> bool {
        self.parts.is_empty() && self.units == 0
    }

    fn grow(&mut self, mut value: f64) {
        let mut kept = 0;
        for i in 0..self.parts.len() {
            let (sum, error) = two_sum(value, self.parts[i]);
            if error != 0.0 {
                self.parts[kept] = error;
                kept += 1;
            }
            value = sum;
        }
        self.parts.truncate(kept);
        if value != 0.0 {
            self.parts.push(value);
        }
    }
}

/// Exact sums by group.
#[derive(Clone, Debug, Default)]
pub struct ExactSums {
    pairs: Vec<Pair>,
    /// Of the first groups; empty until one spills.
    spills: Vec<Spill>,
    /// What the spills' own lists hold, in bytes.
    spilled: usize,
}

impl ExactSums {
    /// Makes room for this many groups.
    pub fn resize(&mut self, groups: usize) {
        self.pairs.resize(groups, Pair::default());
    }

    /// How many groups there are.
    pub fn groups(&self) -> usize {
        self.pairs.len()
    }

    /// Adds a finite value to a group.
    #[inline]
    pub fn add(&mut self, group: usize, value: f64) {
        let pair = &mut self.pairs[group];
        let (hi, error) = two_sum(pair.hi, value);
        let (lo, rest) = two_sum(pair.lo, error);
        // False also where anything overflowed: then the rest is undefined.
        if rest == 0.0 {
            *pair = Pair { hi, lo };
        } else {
            self.add_slowly(group, value);
        }
    }

    /// Adds all values to one group; `values` are finite.
    #[inline]
    pub fn add_all(&mut self, group: usize, values: impl Iterator<Item = f64>) {
        let mut local = self.pairs[group];
        for value in values {
            let (hi, error) = two_sum(local.hi, value);
            let (lo, rest) = two_sum(local.lo, error);
            if rest == 0.0 {
                local = Pair { hi, lo };
            } else {
                self.pairs[group] = local;
                self.add_slowly(group, value);
                local = self.pairs[group];
            }
        }
        self.pairs[group] = local;
    }

    fn spill(&mut self, group: usize) -> &mut Spill {
        if self.spills.len() <= group {
            self.spills.resize(group + 1, Spill::default());
        }
        &mut self.spills[group]
    }

    #[cold]
    #[inline(never)]
    fn add_slowly(&mut self, group: usize, value: f64) {
        const HALF: f64 = f64::from_bits(0x7fd0_0000_0000_0000); // 2^1022
        const UNIT: f64 = f64::from_bits(0x7fe0_0000_0000_0000); // 2^1023
        let Pair { hi, lo } = self.pairs[group];
        let (mut big, mut value) = (hi, value);
        // The error of a finite sum near the end of the range may be undefined, too.
        if !two_sum(big, value).1.is_finite() {
            for part in [&mut big, &mut value] {
                if part.abs() >= HALF {
                    let units = if *part > 0.0 { 1 } else { -1 };
                    *part -= UNIT * units as f64;
                    self.spill(group).units += units;
                }
            }
        }
        let (hi, error) = two_sum(big, value);
        let (lo, rest) = two_sum(lo, error);
        // Renewed, the pair reaches twice as deep as either part: the rest mostly fits then.
        let (hi, lo) = match two_sum(hi, lo) {
            renewed if renewed.1.is_finite() => renewed,
            _ => (hi, lo),
        };
        let (lo, rest) = two_sum(lo, rest);
        self.pairs[group] = Pair { hi, lo };
        if rest != 0.0 {
            let spill = self.spill(group);
            let before = spill.parts.capacity();
            spill.grow(rest);
            let grown = spill.parts.capacity() - before;
            self.spilled += grown * size_of::<f64>();
        }
    }

    /// Adds multiples of 2^1023 to a group.
    pub fn add_units(&mut self, group: usize, units: i64) {
        self.spill(group).units += units;
    }

    /// Takes out the first `count` groups. `canonical`: in the form that depends on the values only.
    pub fn take(&mut self, count: usize, canonical: bool) -> Vec<Taken> {
        let pairs: Vec<Pair> = self.pairs.drain(..count).collect();
        let mut spills = self.spills.drain(..count.min(self.spills.len())).collect::<Vec<_>>().into_iter();
        let taken = pairs.into_iter().map(|Pair { hi, lo }| {
            let spill = spills.next().filter(|spill| !spill.is_empty()).unwrap_or_default();
            self.spilled = self.spilled.saturating_sub(spill.parts.capacity() * size_of::<f64>());
            let mut rest = spill.parts;
            if spill.units != 0 {
                rest.extend([f64::INFINITY, spill.units as f64]);
            }
            let sum = Taken { hi, lo, rest };
            if canonical { sum.canonical() } else { sum }
        });
        taken.collect()
    }

    /// Bytes held.
    pub fn size(&self) -> usize {
        self.pairs.capacity() * size_of::<Pair>() + self.spills.capacity() * size_of::<Spill>() + self.spilled
    }
}

#[cfg(test)]
mod tests {
    use super::super::wide::Wide;
    use super::*;

    fn canonical(values: &[f64]) -> Taken {
        let mut sums = ExactSums::default();
        sums.resize(1);
        for v in values {
            sums.add(0, *v);
        }
        sums.take(1, true).remove(0)
    }

    /// Pseudo-random, the same in every run.
    fn shuffled(values: &[f64], seed: u64) -> Vec<f64> {
        let (mut values, mut state) = (values.to_vec(), seed);
        for i in (1..values.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            values.swap(i, (state >> 33) as usize % (i + 1));
        }
        values
    }

    #[test]
    fn any_order_gives_the_same_bits() {
        let mut values = vec![1e16, 1.0, -1e16, 1e300, -1e300, 1e-300, 3e-320, f64::MAX, f64::MAX, -f64::MAX];
        let mut state = 7_u64;
        for _ in 0..3000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let value = f64::from_bits(state);
            if value.is_finite() {
                values.push(value);
            }
            values.push((state >> 40) as f64 / 100.0);
        }
        let mut wide = Wide::default();
        for v in &values {
            wide.add(*v);
        }
        let want = canonical(&values);
        assert_eq!(want.round(), wide.round());
        for seed in 1..30 {
            assert_eq!(canonical(&shuffled(&values, seed)), want);
        }
    }

    #[test]
    fn small_cases() {
        assert_eq!(canonical(&[1e16, 1.0, -1e16]).round(), Some(1.0));
        assert_eq!(canonical(&[0.1; 10]).round(), Some(1.0));
        assert_eq!(canonical(&[f64::MAX, f64::MAX]).round(), None);
        assert_eq!(canonical(&[f64::MAX, f64::MAX, -f64::MAX, -f64::MAX]).round(), Some(0.0));
        assert_eq!(canonical(&[-0.0]).hi.to_bits(), 0);
        assert_eq!(
            canonical(&[0.01, 0.02]),
            Taken { hi: 0.03, lo: canonical(&[0.01, 0.02]).lo, rest: vec![] }
        );
    }
}
