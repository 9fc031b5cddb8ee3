//! The arithmetic of histories, over plain floats: slopes, correlations, control limits. It knows no cells and
//! no periods; differences are taken before squares and products, so that a large level costs no digits.

/// How many mean moving ranges from the mean a control limit of single values lies.
const LIMIT: f64 = 2.66;

/// The slope of the least-squares line through values one step apart; two at least.
pub fn slope(values: &[f64]) -> f64 {
    let n = values.len();
    // The steps lie evenly around their middle, so values the same way from it meet as differences.
    let products = (0..n / 2).map(|at| {
        let step = (n - 1) as f64 / 2.0 - at as f64;
        step * (values[n - 1 - at] - values[at])
    });
    let n = n as f64;
    products.sum::<f64>() / (n * (n * n - 1.0) / 12.0)
}

/// The mean; what the first pass rounds away the second puts back.
fn mean(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let n = values.clone().count() as f64;
    let first = values.clone().sum::<f64>() / n;
    first + values.map(|v| v - first).sum::<f64>() / n
}

/// The differences from the mean, brought to a size of which squares are numbers; none where the values are the
/// same but for what computing them rounds.
fn deviations(values: impl Iterator<Item = f64> + Clone) -> Option<Vec<f64>> {
    let largest = values.clone().fold(0.0, |most: f64, v| most.max(v.abs()));
    let spread =
        values.clone().fold(f64::NEG_INFINITY, f64::max) - values.clone().fold(f64::INFINITY, f64::min);
    if spread <= largest * 8.0 * f64::EPSILON {
        return None;
    }
    let mean = mean(values.clone());
    let from: Vec<f64> = values.map(|v| v - mean).collect();
    let most = from.iter().fold(0.0, |most: f64, v| most.max(v.abs()));
    // A division rounds, so there is none where it is not needed.
    let scale = if (1e-100..1e100).contains(&most) { 1.0 } else { most };
    Some(from.into_iter().map(|v| v / scale).collect())
}

/// Pearson's correlation; none where one side does not vary.
pub fn correlation(pairs: &[(f64, f64)]) -> Option<f64> {
    let x = deviations(pairs.iter().map(|p| p.0))?;
    let y = deviations(pairs.iter().map(|p| p.1))?;
    let products = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let found = products(&x, &y) / (products(&x, &x) * products(&y, &y)).sqrt();
    Some(found.clamp(-1.0, 1.0))
}

/// The limits that values keep as long as nothing changes (`XmR`), from a history with gaps; none where no two
/// neighbours are known, so that nothing is known of how much they move.
pub fn limits(history: &[Option<f64>]) -> Option<(f64, f64)> {
    let moves = history.windows(2).filter_map(|pair| Some((pair[1]? - pair[0]?).abs()));
    moves.clone().next()?;
    let (middle, reach) = (mean(history.iter().flatten().copied()), LIMIT * mean(moves));
    Some((middle - reach, middle + reach))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-12
    }

    #[test]
    fn slopes() {
        assert!(near(slope(&[10.0, 30.0, 20.0]), 5.0));
        assert!(near(slope(&[7.0, 4.0]), -3.0));
        assert!(near(slope(&[5.0, 5.0, 5.0, 5.0]), 0.0));
        // Steps of 1.5 and 0.5 around the middle: (1.5 * (11 - 1) + 0.5 * (6 - 2)) / 5.
        assert!(near(slope(&[1.0, 2.0, 6.0, 11.0]), 3.4));
        // The level costs no digits.
        assert!(near(slope(&[1e15 + 10.0, 1e15 + 30.0, 1e15 + 20.0]), 5.0));
        assert!(!slope(&[-1.7e308, 1.7e308]).is_finite());
    }

    #[test]
    fn correlations() {
        let of =
            |x: &[f64], y: &[f64]| correlation(&x.iter().copied().zip(y.iter().copied()).collect::<Vec<_>>());
        assert_eq!(of(&[1.0, 2.0, 3.0], &[2.0, 4.0, 6.0]), Some(1.0));
        assert_eq!(of(&[1.0, 2.0, 3.0], &[5.0, 3.0, 1.0]), Some(-1.0));
        // Around the means 2 and 3: -1, 0, 1 and -1, 2, -1: products 1 + 0 - 1.
        assert_eq!(of(&[1.0, 2.0, 3.0], &[2.0, 5.0, 2.0]), Some(0.0));
        // -1.5, -0.5, 0.5, 1.5 and -1, 0, -1, 2: 1.5 + 0 - 0.5 + 3 = 4 of sqrt(5 * 6).
        let found = of(&[1.0, 2.0, 3.0, 4.0], &[1.0, 2.0, 1.0, 4.0]);
        assert!(found.is_some_and(|r| near(r, 4.0 / 30f64.sqrt())));
        // The same at a large level, and at sizes of which squares are no numbers.
        let high = of(&[1e12 + 1.0, 1e12 + 2.0, 1e12 + 3.0, 1e12 + 4.0], &[1.0, 2.0, 1.0, 4.0]);
        assert!(high.is_some_and(|r| near(r, 4.0 / 30f64.sqrt())));
        let large = of(&[1e200, 2e200, 3e200, 4e200], &[1e-200, 2e-200, 1e-200, 4e-200]);
        assert!(large.is_some_and(|r| near(r, 4.0 / 30f64.sqrt())));
    }

    #[test]
    fn what_does_not_vary_moves_with_nothing() {
        assert_eq!(correlation(&[(1.0, 5.0), (2.0, 5.0), (3.0, 5.0)]), None);
        assert_eq!(correlation(&[(0.0, 1.0), (0.0, 2.0)]), None);
        // 0.1 + 0.2 is another float than 0.3, and no other value.
        assert_eq!(correlation(&[(0.1 + 0.2, 1.0), (0.3, 2.0), (0.3, 3.0)]), None);
        assert_eq!(correlation(&[(0.1, 1.0); 10]), None);
    }

    #[test]
    fn control_limits() {
        let all = |values: &[f64]| limits(&values.iter().map(|v| Some(*v)).collect::<Vec<_>>());
        // The mean 11, moves of 2, 2 and 2.
        let (low, high) = all(&[10.0, 12.0, 10.0, 12.0]).unwrap();
        assert!(near(low, 11.0 - 5.32) && near(high, 11.0 + 5.32));
        assert_eq!(all(&[3.0, 3.0, 3.0]), Some((3.0, 3.0)));
        // Across the gap there is no move: 2 alone; the mean is of all three.
        let (low, high) = limits(&[Some(10.0), Some(12.0), None, Some(20.0)]).unwrap();
        assert!(near(low, 14.0 - 5.32) && near(high, 14.0 + 5.32));
        assert_eq!(limits(&[Some(1.0), None, Some(2.0)]), None);
        assert_eq!(limits(&[]), None);
    }
}
