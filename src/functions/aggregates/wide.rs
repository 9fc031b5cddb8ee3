//! A number so wide that sums of floats are exact in it: fixed point from the least to past the greatest
//! float, with room for 2^70 of them. Used where results are made, not per row.

const LIMBS: usize = 68;
/// The exponent of the lowest bit.
const LOWEST: i32 = -1074;

/// The sum of `limbs[i] * 2^(32 i - 1074)`. Limbs may carry more than 32 bits until normalised, so no
/// more than 2^30 additions go into one.
#[derive(Clone, Debug)]
pub struct Wide {
    limbs: [i64; LIMBS],
}

impl Default for Wide {
    fn default() -> Self {
        Self { limbs: [0; LIMBS] }
    }
}

impl Wide {
    fn add_at(&mut self, negative: bool, value: u64, bit: usize) {
        let shifted = u128::from(value) << (bit % 32);
        for (i, limb) in self.limbs[bit / 32..].iter_mut().take(3).enumerate() {
            let part = i64::from((shifted >> (32 * i)) as u32);
            *limb += if negative { -part } else { part };
        }
    }

    /// Adds a finite float.
    pub fn add(&mut self, value: f64) {
        let bits = value.to_bits();
        let (exponent, fraction) = ((bits >> 52 & 0x7ff) as usize, bits & ((1 << 52) - 1));
        let (mantissa, bit) = if exponent == 0 { (fraction, 0) } else { (fraction | 1 << 52, exponent - 1) };
        self.add_at(value.is_sign_negative(), mantissa, bit);
    }

    /// Adds this many times 2^1023.
    pub fn add_units(&mut self, units: i64) {
        self.add_at(units < 0, units.unsigned_abs(), (1023 - LOWEST) as usize);
    }

    fn normalise(&mut self) {
        let mut carry = 0;
        for limb in &mut self.limbs[..LIMBS - 1] {
            let value = *limb + carry;
            *limb = value & 0xffff_ffff;
            carry = value >> 32;
        }
        self.limbs[LIMBS - 1] += carry;
    }

    /// The nearest float (ties to even); `None` past their range.
    pub fn round(&self) -> Option<f64> {
        let mut wide = self.clone();
        wide.normalise();
        let negative = wide.limbs[LIMBS - 1] < 0;
        if negative {
            wide.limbs.iter_mut().for_each(|limb| *limb = -*limb);
            wide.normalise();
        }
        let Some(top) = wide.limbs.iter().rposition(|limb| *limb != 0) else { return Some(0.0) };
        let limb = |i: usize| u128::from(wide.limbs[i].unsigned_abs());
        let magnitude = if top < 2 {
            // Exact below 2^53; above, one rounding, and scaling by a power of two is exact.
            ((limb(1) << 32 | limb(0)) as f64) * f64::from_bits(1)
        } else {
            let sticky = u128::from(wide.limbs[..top - 2].iter().any(|limb| *limb != 0));
            let head = limb(top) << 64 | limb(top - 1) << 32 | limb(top - 2) | sticky;
            // In two steps: the power alone may be no float.
            let exponent = 32 * (top as i32 - 2) + LOWEST;
            let half = exponent / 2;
            (head as f64) * 2_f64.powi(half) * 2_f64.powi(exponent - half)
        };
        magnitude.is_finite().then_some(if negative { -magnitude } else { magnitude })
    }

    /// Takes out whole multiples of 2^1023 and says how many; what is left is below one.
    fn take_units(&mut self) -> i64 {
        self.normalise();
        let bit = (1023 - LOWEST) as usize;
        let (at, low) = (bit / 32, bit % 32);
        let units =
            (self.limbs[at] >> low) + (self.limbs[at + 1] << (32 - low)) + (self.limbs[at + 2] << (64 - low));
        self.add_units(-units);
        units
    }

    /// The one list of floats that adds up to this number, each the nearest to what those before leave,
    /// and the multiples of 2^1023 (0 where the number is in range). Depends on the value only.
    pub fn split(mut self) -> (Vec<f64>, i64) {
        let units = if self.round().is_none() { self.take_units() } else { 0 };
        let mut parts = Vec::new();
        while let Some(part) = self.round().filter(|part| *part != 0.0) {
            self.add(-part);
            parts.push(part);
        }
        (parts, units)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(values: &[f64]) -> Option<f64> {
        let mut wide = Wide::default();
        for v in values {
            wide.add(*v);
        }
        wide.round()
    }

    #[test]
    fn rounds_every_float_to_itself() {
        for value in [0.0, 1.0, -1.5, f64::MIN_POSITIVE, 5e-324, -1e-310, f64::MAX, 2.5e-308, 0.1] {
            assert_eq!(sum(&[value]).unwrap().to_bits(), value.to_bits());
        }
        let mut bits = 1_u64;
        for _ in 0..10_000 {
            bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let value = f64::from_bits(bits);
            if value.is_finite() {
                assert_eq!(sum(&[value]), Some(value));
            }
        }
    }

    #[test]
    fn rounds_once_and_to_even() {
        assert_eq!(sum(&[1e16, 1.0, -1e16]), Some(1.0));
        assert_eq!(sum(&[1.0, 2_f64.powi(-53)]), Some(1.0));
        assert_eq!(sum(&[1.0, 2_f64.powi(-53), 5e-324]), Some(1.0 + f64::EPSILON));
        assert_eq!(sum(&[f64::MAX, f64::MAX, -f64::MAX]), Some(f64::MAX));
        assert_eq!(sum(&[f64::MAX, f64::MAX]), None);
    }

    #[test]
    fn splits_into_parts_that_add_up() {
        let mut wide = Wide::default();
        for value in [1e300, 1.0, 1e-300] {
            wide.add(value);
        }
        assert_eq!(wide.split(), (vec![1e300, 1.0, 1e-300], 0));
        let mut wide = Wide::default();
        for _ in 0..4 {
            wide.add(-f64::MAX);
        }
        let (parts, units) = wide.split();
        let mut again = Wide::default();
        again.add_units(units);
        for p in &parts {
            again.add(*p);
        }
        (0..4).for_each(|_| again.add(f64::MAX));
        assert_eq!(again.round(), Some(0.0));
    }
}
