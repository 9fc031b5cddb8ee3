//! Effects worked by hand, and that they always add up.

use proptest::prelude::*;

use super::*;

fn part(above: f64, below: f64) -> Part {
    Part { above, below }
}

fn whole(members: &[[Part; 2]]) -> [Part; 2] {
    [0, 1].map(|at| {
        let sum = |of: fn(&Part) -> f64| members.iter().map(|m| of(&m[at])).sum();
        part(sum(|p| p.above), sum(|p| p.below))
    })
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-12
}

#[test]
fn mix_and_rate_of_two_members() {
    // Half at 50% and half at 10%, then 35% at 52% and 65% at 12%.
    let members = [[part(250.0, 500.0), part(182.0, 350.0)], [part(50.0, 500.0), part(78.0, 650.0)]];
    let found = mix_and_rate(&members, whole(&members));
    let (mix, rate) = found.iter().fold((0.0, 0.0), |s, m| (s.0 + m.mix, s.1 + m.rate));
    assert!(close(mix, -0.06) && close(rate, 0.02), "{found:?}");
    // Against the mean of the wholes, 0.28: -0.15 (0.51 - 0.28) and 0.15 (0.11 - 0.28).
    assert!(close(found[0].mix, -0.0345) && close(found[1].mix, -0.0255));
    assert!(close(found[0].rate, 0.02 * 0.425) && close(found[1].rate, 0.02 * 0.575));
    assert!(close(mix + rate, 0.26 - 0.30));
}

#[test]
fn who_comes_or_goes_is_mix_alone() {
    let members = [[part(10.0, 50.0), part(10.0, 50.0)], [part(0.0, 0.0), part(40.0, 50.0)]];
    let found = mix_and_rate(&members, whole(&members));
    // R 0.2 -> 0.5, mean 0.35: the old one -0.5 (0.2 - 0.35), the new one 0.5 (0.8 - 0.35).
    assert!(close(found[0].mix, 0.075) && close(found[0].rate, 0.0));
    assert!(close(found[1].mix, 0.225) && close(found[1].rate, 0.0));
}

#[test]
fn a_numerator_without_a_denominator_counts_too() {
    let members = [[part(10.0, 100.0), part(10.0, 100.0)], [part(0.0, 0.0), part(5.0, 0.0)]];
    let found = mix_and_rate(&members, whole(&members));
    assert!(close(found[1].mix, 0.05) && close(found[0].mix + found[0].rate, 0.0));
}

#[test]
fn factors_by_logarithms_else_by_midpoints() {
    let of = |x, y| [Factor { values: x, divides: false }, Factor { values: y, divides: false }];
    let (found, logarithmic) = factors(&of([100.0, 120.0], [50.0, 45.0]));
    assert!(logarithmic);
    assert!((found[0] - 947.6).abs() < 0.05 && (found[1] + 547.6).abs() < 0.05, "{found:?}");
    let (found, logarithmic) = factors(&of([0.0, 10.0], [4.0, 6.0]));
    assert!(!logarithmic && close(found[0], 50.0) && close(found[1], 10.0), "{found:?}");
    // Nothing changed, and what cancels out.
    assert_eq!(factors(&of([2.0, 2.0], [3.0, 3.0])).0, [0.0, 0.0]);
    let found = factors(&of([2.0, 4.0], [4.0, 2.0])).0;
    assert!(close(found[0], 8.0 * 2f64.ln()) && close(found[0] + found[1], 0.0));
}

fn member() -> impl Strategy<Value = [Part; 2]> {
    // Nothing at all, in one period or both, as often as something.
    let one = || {
        prop_oneof![
            1 => Just(part(0.0, 0.0)),
            1 => (0u32..50).prop_map(|a| part(f64::from(a), 0.0)),
            3 => (0u32..1000, 1u32..1000).prop_map(|(a, b)| part(f64::from(a) / 7.0, f64::from(b) / 3.0)),
        ]
    };
    [one(), one()]
}

proptest! {
    #[test]
    fn effects_of_members_add_up(members in proptest::collection::vec(member(), 1..30)) {
        let whole = whole(&members);
        prop_assume!(whole[0].below > 0.0 && whole[1].below > 0.0);
        let found = mix_and_rate(&members, whole);
        let [before, after] = whole.map(|w| w.above / w.below);
        let sum: f64 = found.iter().map(|m| m.mix + m.rate).sum();
        let most = before.abs().max(after.abs()).max(1.0);
        prop_assert!((sum - (after - before)).abs() < 1e-10 * most, "{sum} of {}", after - before);
        for (member, effect) in members.iter().zip(&found) {
            if member.iter().any(|p| p.below == 0.0) {
                prop_assert!(effect.rate.abs() < f64::MIN_POSITIVE);
            }
        }
    }

    #[test]
    fn effects_of_factors_add_up(
        values in proptest::collection::vec(((-9i32..100, -9i32..100), any::<bool>()), 1..=MOST_FACTORS)
    ) {
        let all: Vec<Factor> = values
            .iter()
            .map(|((a, b), divides)| Factor { values: [f64::from(*a) / 4.0, f64::from(*b) / 4.0], divides: *divides })
            .filter(|f| !f.divides || !f.values.contains(&0.0))
            .collect();
        prop_assume!(!all.is_empty());
        let (found, _) = factors(&all);
        let product = |after| all.iter().map(|f| f.part(after)).product::<f64>();
        let (before, after) = (product(false), product(true));
        let sum: f64 = found.iter().sum();
        let most = found.iter().fold(before.abs().max(after.abs()).max(1.0), |m, e| m.max(e.abs()));
        prop_assert!((sum - (after - before)).abs() < 1e-9 * most, "{sum} of {}", after - before);
    }
}
