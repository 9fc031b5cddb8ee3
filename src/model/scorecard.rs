//! Scorecards: KPIs with weights, rolled up to one score, and what it pays. Pure data, and the arithmetic
//! of one scorecard.

use std::fmt;

use super::calendar::Grain;
use super::judge::{Status, clean, rounded};
use super::outcome::Reason;
use super::project::Dimension;
use super::types::Unit;
use crate::source::Span;

/// A scorecard.
#[derive(Clone, Debug)]
pub struct Scorecard {
    /// Its name.
    pub name: String,
    /// Where it is defined.
    pub defined: Span,
    /// Its label, by language.
    pub label: Vec<(String, String)>,
    /// Its description, by language.
    pub description: Vec<(String, String)>,
    /// Who gets one; the whole where empty.
    pub each: Vec<Dimension>,
    /// The periods that it is made for.
    pub grain: Grain,
    /// Its KPIs, by their places in the model, with their weights, which add up to 1.
    pub kpis: Vec<(usize, f64)>,
    /// How scores become one.
    pub rollup: Rollup,
    /// What it pays.
    pub pay: Option<Pay>,
    /// Who answers for it.
    pub owner: Option<String>,
}

/// How scores become one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rollup {
    /// By weight.
    #[default]
    Weighted,
    /// The lowest.
    Worst,
    /// The highest.
    Best,
    /// The weighted geometric mean: none makes up for one of 0.
    Geometric,
}

impl fmt::Display for Rollup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Weighted => "weighted",
            Self::Worst => "worst",
            Self::Best => "best",
            Self::Geometric => "geometric",
        })
    }
}

/// What a scorecard pays.
#[derive(Clone, Debug)]
pub struct Pay {
    /// Paid at an attainment of 100%: its place among the model's hidden KPIs.
    pub base: usize,
    /// Its currency.
    pub unit: Unit,
    /// A condition that is false where nothing is paid: another of them.
    pub needs: Option<usize>,
    /// How pay follows attainment.
    pub curve: Curve,
    /// Below this judged weight the pay is unknown.
    pub min_coverage: f64,
}

/// How pay follows attainment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Curve {
    /// Below it nothing is paid.
    pub threshold: f64,
    /// The multiplier never passes it.
    pub cap: Option<f64>,
    /// From this attainment on each point counts so many times.
    pub accelerator: Option<(f64, f64)>,
}

impl Curve {
    /// The part of the base that is paid.
    pub fn multiplier(&self, attainment: f64) -> f64 {
        if rounded(attainment) < rounded(self.threshold) {
            return 0.0;
        }
        let raw = match self.accelerator {
            Some((above, rate)) if attainment > above => above + rate * (attainment - above),
            _ => attainment,
        };
        clean(self.cap.map_or(raw, |cap| raw.min(cap)))
    }
}

/// Attainments count at most this in a roll-up.
const MOST_ATTAINMENT: f64 = 2.0;

/// A KPI's part of a scorecard.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Part {
    /// Its weight among all.
    pub weight: f64,
    /// Its score, 0 to 100; none where it is not judged.
    pub score: Option<f64>,
    /// Its attainment.
    pub attainment: Option<f64>,
    /// Its status.
    pub status: Status,
    /// Why it is not judged.
    pub why: Option<Reason>,
    /// Its part of the score: these add up to it.
    pub contribution: Option<f64>,
}

/// The parts rolled up.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rolled {
    /// 0 to 100; none where nothing is judged.
    pub score: Option<f64>,
    /// The attainments of the judged KPIs, each within 0 to 2, rolled up.
    pub attainment: Option<f64>,
    /// The weight that is judged.
    pub coverage: f64,
}

impl Rollup {
    /// Rolls up the parts that are judged, and gives each its contribution to the score.
    pub fn of(self, parts: &mut [Part]) -> Rolled {
        let judged: Vec<usize> = (0..parts.len())
            .filter(|i| parts[*i].score.is_some() && parts[*i].attainment.is_some())
            .collect();
        let coverage: f64 = ordered(judged.iter().map(|i| parts[*i].weight));
        if judged.is_empty() || coverage <= 0.0 {
            return Rolled { coverage: 0.0, ..Rolled::default() };
        }
        let roll = |value: &dyn Fn(&Part) -> f64| {
            let of = |i: &usize| (parts[*i].weight / coverage, value(&parts[*i]));
            match self {
                Self::Weighted => ordered(judged.iter().map(of).map(|(w, v)| w * v)),
                Self::Worst => judged.iter().map(|i| of(i).1).fold(f64::INFINITY, f64::min),
                Self::Best => judged.iter().map(|i| of(i).1).fold(f64::NEG_INFINITY, f64::max),
                Self::Geometric if judged.iter().any(|i| of(i).1 <= 0.0) => 0.0,
                Self::Geometric => ordered(judged.iter().map(of).map(|(w, v)| w * v.ln())).exp(),
            }
        };
        let score = roll(&|p| p.score.unwrap_or(0.0));
        let attainment = clean(roll(&|p| p.attainment.unwrap_or(0.0).clamp(0.0, MOST_ATTAINMENT)));
        self.contribute(parts, &judged, score, coverage);
        Rolled { score: Some(clean(score)), attainment: Some(attainment), coverage: clean(coverage) }
    }

    /// What each judged KPI makes of the score: its weighted part; where one KPI decides, all of it; in a
    /// geometric mean, by its weighted score. They add up to the score: what rounding leaves goes to the largest.
    fn contribute(self, parts: &mut [Part], judged: &[usize], score: f64, coverage: f64) {
        let share = |part: &Part| part.weight / coverage * part.score.unwrap_or(0.0);
        let whole = ordered(judged.iter().map(|i| share(&parts[*i])));
        let decides: Vec<usize> = match self {
            Self::Worst | Self::Best => {
                judged.iter().copied().filter(|i| parts[*i].score == Some(score)).collect()
            }
            Self::Weighted | Self::Geometric => Vec::new(),
        };
        for i in judged {
            parts[*i].contribution = Some(match self {
                Self::Weighted => share(&parts[*i]),
                Self::Geometric if whole > 0.0 => score * share(&parts[*i]) / whole,
                Self::Geometric => 0.0,
                Self::Worst | Self::Best if decides.contains(i) => score / decides.len() as f64,
                Self::Worst | Self::Best => 0.0,
            });
        }
    }
}

/// A sum that does not depend on the order of its terms.
fn ordered(terms: impl Iterator<Item = f64>) -> f64 {
    let mut terms: Vec<f64> = terms.collect();
    terms.sort_by(f64::total_cmp);
    terms.into_iter().sum()
}

/// An amount at the minor unit, half up (away from zero).
pub fn to_cents(amount: f64, digits: u32) -> f64 {
    let scale = 10f64.powi(i32::try_from(digits).unwrap_or(2));
    // The shortest decimal form decides, as for every other rounding: 1.005 is 1.01.
    let cents = rounded(amount * scale);
    (cents.abs() + 0.5).floor().copysign(cents) / scale
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn part(weight: f64, attainment: Option<f64>) -> Part {
        Part { weight, score: attainment.map(|a| a.min(1.0) * 100.0), attainment, ..Part::default() }
    }

    fn parts() -> impl Strategy<Value = Vec<Part>> {
        let one = (1u32..100, proptest::option::weighted(0.8, 0.0..3.0f64));
        proptest::collection::vec(one, 1..8).prop_map(|all| {
            let sum: u32 = all.iter().map(|p| p.0).sum();
            all.into_iter().map(|(w, a)| part(f64::from(w) / f64::from(sum), a)).collect()
        })
    }

    const ROLLUPS: [Rollup; 4] = [Rollup::Weighted, Rollup::Worst, Rollup::Best, Rollup::Geometric];

    proptest! {
        #[test]
        fn contributions_add_up_to_the_score(parts in parts()) {
            for rollup in ROLLUPS {
                let mut parts = parts.clone();
                let rolled = rollup.of(&mut parts);
                let sum: f64 = parts.iter().filter_map(|p| p.contribution).sum();
                prop_assert!((rolled.score.unwrap_or(0.0) - sum).abs() < 1e-9, "{rollup}: {sum} {rolled:?}");
                let judged = parts.iter().filter(|p| p.contribution.is_some()).count();
                prop_assert_eq!(judged, parts.iter().filter(|p| p.score.is_some()).count());
            }
        }

        #[test]
        fn the_order_of_kpis_changes_nothing(parts in parts(), turn in 0usize..8) {
            for rollup in ROLLUPS {
                let (mut here, mut there) = (parts.clone(), parts.clone());
                let by = turn % there.len();
                there.rotate_left(by);
                prop_assert_eq!(rollup.of(&mut here), rollup.of(&mut there));
            }
        }

        #[test]
        fn a_better_kpi_never_lowers_the_score_or_the_pay(parts in parts(), more in 0.0..2.0f64) {
            let curve = Curve { threshold: 0.8, cap: Some(1.5), accelerator: Some((1.0, 2.0)) };
            for rollup in ROLLUPS {
                let mut before = parts.clone();
                let mut after = parts.clone();
                let Some(first) = after.iter_mut().find(|p| p.attainment.is_some()) else { continue };
                *first = part(first.weight, first.attainment.map(|a| a + more));
                let (before, after) = (rollup.of(&mut before), rollup.of(&mut after));
                prop_assert!(rounded(after.score.unwrap()) >= rounded(before.score.unwrap()));
                let pay = |r: Rolled| to_cents(5000.0 * curve.multiplier(r.attainment.unwrap()), 2);
                prop_assert!(pay(after) >= pay(before));
            }
        }
    }

    #[test]
    fn worked_example_23() {
        let mut parts = [part(0.5, Some(1.5)), part(0.5, Some(0.7))];
        let rolled = Rollup::Weighted.of(&mut parts);
        assert_eq!(rolled.score, Some(85.0));
        assert!((rolled.attainment.unwrap() - 1.1).abs() < 1e-12);
        assert!((rolled.coverage - 1.0).abs() < 1e-12);
        let mut one = [part(0.5, Some(1.5)), part(0.5, None)];
        assert!((Rollup::Weighted.of(&mut one).coverage - 0.5).abs() < 1e-12);
        assert_eq!(Rollup::Weighted.of(&mut [part(1.0, None)]).score, None);
    }

    #[test]
    fn the_other_roll_ups() {
        let mut parts = [part(0.5, Some(0.8)), part(0.25, Some(0.2)), part(0.25, Some(0.2))];
        assert_eq!(Rollup::Worst.of(&mut parts.clone()).score, Some(20.0));
        assert_eq!(Rollup::Best.of(&mut parts.clone()).score, Some(80.0));
        // sqrt(80 * 20) = 40.
        assert!((Rollup::Geometric.of(&mut parts).score.unwrap() - 40.0).abs() < 1e-9);
        let sum: f64 = parts.iter().filter_map(|p| p.contribution).sum();
        assert!((sum - 40.0).abs() < 1e-9);
        assert_eq!(Rollup::Geometric.of(&mut [part(0.5, Some(1.0)), part(0.5, Some(0.0))]).score, Some(0.0));
    }

    #[test]
    fn pay_at_its_corners() {
        let curve = Curve { threshold: 0.8, cap: Some(1.5), accelerator: Some((1.0, 2.0)) };
        let pay = |a: f64| (to_cents(5000.0 * curve.multiplier(a), 2) * 100.0) as i64;
        assert_eq!(
            [pay(0.799), pay(0.8), pay(1.0), pay(1.1), pay(2.0)],
            [0, 400_000, 500_000, 600_000, 750_000]
        );
        // A hair below, within nine decimals, is the threshold.
        assert_eq!(pay(0.799_999_999_999), 400_000);
        assert_eq!((to_cents(1.005, 2), to_cents(-1.005, 2), to_cents(2.5, 0)), (1.01, -1.01, 3.0));
    }
}
