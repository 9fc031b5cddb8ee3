//! What a change comes from, as plain arithmetic: the mix and rate effects of a ratio's members, and the
//! effects of the factors of a product. Both add up to the change, to the rounding of floats. Knows numbers
//! only: neither KPIs nor reasons.

use crate::plan::split::MOST_FACTORS;

/// A ratio's numerator and denominator, of a member or of the whole.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Part {
    /// The numerator.
    pub above: f64,
    /// The denominator.
    pub below: f64,
}

/// What one member does to a ratio.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct MixRate {
    /// By how much it weighs.
    pub mix: f64,
    /// By its own ratio.
    pub rate: f64,
}

/// The effects of members on the ratio of the whole, before and after; the wholes' denominators are not 0.
///
/// With w a member's part of the denominator, r its ratio, a bar the mean of before and after, and R the ratio
/// of the whole: `mix = Δw · (r̄ - R̄)`, `rate = Δr · w̄`. Taking R̄ off changes no sum, since all Δw together
/// are 0, and lets a member that grows count by how far it stands from the whole. A member without a ratio
/// before or after has no Δr: all that it does is mix.
pub fn mix_and_rate(members: &[[Part; 2]], whole: [Part; 2]) -> Vec<MixRate> {
    let [before, after] = whole;
    let mean = before.above / before.below / 2.0 + after.above / after.below / 2.0;
    let of = |[a, b]: &[Part; 2]| {
        let weights = [a.below / before.below, b.below / after.below];
        let more = weights[1] - weights[0];
        if a.below != 0.0 && b.below != 0.0 {
            let ratios = [a.above / a.below, b.above / b.below];
            let mix = more * (ratios[0] / 2.0 + ratios[1] / 2.0 - mean);
            return MixRate { mix, rate: (ratios[1] - ratios[0]) * (weights[0] / 2.0 + weights[1] / 2.0) };
        }
        // What is in a numerator without a denominator is in the whole's ratio too.
        let there = b.above / after.below - a.above / before.below;
        MixRate { mix: there - more * mean, rate: 0.0 }
    };
    members.iter().map(of).collect()
}

/// A factor of a product.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Factor {
    /// Its value before and after.
    pub values: [f64; 2],
    /// Whether the product is divided by it.
    pub divides: bool,
}

impl Factor {
    fn part(&self, after: bool) -> f64 {
        let value = self.values[usize::from(after)];
        if self.divides { 1.0 / value } else { value }
    }
}

/// The effects of a product's factors, and whether they are logarithmic (LMDI). Where a value is 0 or negative,
/// which has no logarithm, an effect is the mean over all orders in which the factors can change: of two factors
/// the midpoint split, `Δx · ȳ`.
pub fn factors(factors: &[Factor]) -> (Vec<f64>, bool) {
    if factors.iter().flat_map(|f| f.values).all(|v| v > 0.0) {
        (logarithmic(factors), true)
    } else {
        (orders(factors), false)
    }
}

fn logarithmic(factors: &[Factor]) -> Vec<f64> {
    let whole = |after| factors.iter().map(|f| f.part(after)).product::<f64>();
    let (before, after) = (whole(false), whole(true));
    // The logarithm of what hardly changed, without the digits that a quotient near 1 loses.
    let log = |a: f64, b: f64| {
        let more = (b - a) / a;
        if more.abs() < 0.5 { more.ln_1p() } else { b.ln() - a.ln() }
    };
    let all = log(before, after);
    let mean = if all == 0.0 { before } else { (after - before) / all };
    factors
        .iter()
        .map(|f| if f.divides { -1.0 } else { 1.0 } * mean * log(f.values[0], f.values[1]))
        .collect()
}

fn orders(factors: &[Factor]) -> Vec<f64> {
    let count = factors.len().min(MOST_FACTORS);
    let product = |changed: usize| -> f64 {
        factors.iter().enumerate().map(|(i, f)| f.part(i < count && changed >> i & 1 == 1)).product()
    };
    let values: Vec<f64> = (0..1usize << count).map(product).collect();
    let factorial = |n: usize| (1..=n).map(|i| i as f64).product::<f64>();
    let effect = |k: usize| {
        let without = (0..values.len()).filter(|s| s >> k & 1 == 0);
        let steps = without.map(|s| {
            let size = s.count_ones() as usize;
            let part = factorial(size) * factorial(count - 1 - size) / factorial(count);
            part * (values[s | 1 << k] - values[s])
        });
        steps.sum()
    };
    (0..factors.len()).map(effect).collect()
}

#[cfg(test)]
#[path = "effects_tests.rs"]
mod tests;
