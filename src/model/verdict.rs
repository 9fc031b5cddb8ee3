//! A rule's conditions over the periods of one member -> its verdict in each. The arithmetic of states alone:
//! what is asked for, and what else was run, is not known here.

use std::fmt;

/// What a rule says of a member in a period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Verdict {
    /// There is nobody to judge, or the rule is not in effect.
    #[default]
    NotApplicable,
    /// The condition does not hold.
    Holds,
    /// Could not be judged.
    Unknown,
    /// The condition holds, not yet for as long as the rule asks.
    Pending,
    /// It would be pending or fire, and someone has said why it may.
    Waived,
    /// A finding.
    Fires,
}

impl Verdict {
    /// All of them, what needs attention first.
    pub const ALL: [Self; 6] =
        [Self::Fires, Self::Pending, Self::Unknown, Self::Waived, Self::Holds, Self::NotApplicable];

    /// The word in results: `fires`.
    pub fn word(self) -> &'static str {
        match self {
            Self::NotApplicable => "not_applicable",
            Self::Holds => "holds",
            Self::Unknown => "unknown",
            Self::Pending => "pending",
            Self::Waived => "waived",
            Self::Fires => "fires",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// What a missing condition is taken for, where nothing fires yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnMissing {
    /// Nothing can be said.
    #[default]
    Unknown,
    /// That it holds.
    Fires,
    /// What was last known.
    Previous,
}

/// How conditions become verdicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// For how many periods the condition must hold before it is a finding.
    pub hold_for: u32,
    /// For how many it must not before the finding closes.
    pub clear_after: u32,
    /// What a missing condition is taken for.
    pub on_missing: OnMissing,
}

impl Default for Policy {
    fn default() -> Self {
        Self { hold_for: 1, clear_after: 1, on_missing: OnMissing::Unknown }
    }
}

/// A period of one member.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Whether the member is there and the rule in effect.
    pub there: bool,
    /// Whether the condition holds, where that is known.
    pub condition: Option<bool>,
    /// Whether the period is open: it is judged, and changes nothing.
    pub open: bool,
}

/// The state that a period ends in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// The verdict, waivers aside.
    pub verdict: Verdict,
    /// Whether it fires only since nothing newer is known.
    pub stale: bool,
    /// Whether the period is open.
    pub provisional: bool,
    /// The step at which the condition began to hold.
    pub since: Option<usize>,
    /// For how many periods it has held.
    pub held: u32,
    /// For how many it has not, while the finding stays.
    pub clearing: u32,
    /// Whether a finding ended here since its member left, or the rule's time was over.
    pub left: bool,
}

/// What is remembered from period to period.
#[derive(Clone, Copy, Debug, Default)]
struct Memory {
    fires: bool,
    held: u32,
    clearing: u32,
    since: Option<usize>,
    known: Option<bool>,
}

/// The states of one member, a step for each period.
pub fn states(steps: impl IntoIterator<Item = Step>, policy: Policy) -> Vec<State> {
    let mut memory = Memory::default();
    steps
        .into_iter()
        .enumerate()
        .map(|(at, step)| {
            let (state, after) = memory.step(at, step, policy);
            // An open period is judged like any other; nothing comes of it.
            if !step.open {
                memory = after;
            }
            state
        })
        .collect()
}

impl Memory {
    fn step(self, at: usize, step: Step, policy: Policy) -> (State, Self) {
        if !step.there {
            return (State { left: self.fires, ..State::default() }, Self::default());
        }
        let mut after = self;
        let known = step.condition.is_some();
        let condition = match (step.condition, policy.on_missing) {
            (Some(condition), _) => Some(condition),
            // What fires stays until it is known that it does not.
            (None, _) if self.fires => None,
            (None, OnMissing::Unknown) => None,
            (None, OnMissing::Fires) => Some(true),
            (None, OnMissing::Previous) => self.known,
        };
        after.known = step.condition.or(self.known);
        match condition {
            Some(true) => {
                after.since = self.since.or(Some(at));
                after.held += u32::from(!step.open);
                after.clearing = 0;
                after.fires |= after.held >= policy.hold_for.max(1);
            }
            Some(false) if self.fires => {
                after.clearing += u32::from(!step.open);
                if after.clearing >= policy.clear_after.max(1) {
                    after = Self { known: after.known, ..Self::default() };
                }
            }
            Some(false) if !step.open => after = Self { known: after.known, ..Self::default() },
            Some(false) | None => {}
        }
        let verdict = match condition {
            _ if after.fires => Verdict::Fires,
            Some(true) => Verdict::Pending,
            Some(false) => Verdict::Holds,
            None => Verdict::Unknown,
        };
        let told = matches!(verdict, Verdict::Fires | Verdict::Pending);
        let state = State {
            verdict,
            stale: verdict == Verdict::Fires && !known && self.fires,
            provisional: step.open,
            since: after.since.filter(|_| told),
            held: if told { after.held } else { 0 },
            clearing: after.clearing,
            left: false,
        };
        (state, after)
    }
}

#[cfg(test)]
mod tests {
    use super::Verdict::{Fires, Holds, NotApplicable, Pending, Unknown};
    use super::*;

    const BREACH: Option<bool> = Some(true);
    const GOOD: Option<bool> = Some(false);

    fn of(conditions: &[Option<bool>], policy: Policy) -> Vec<State> {
        let step = |condition: &Option<bool>| Step { there: true, condition: *condition, open: false };
        states(conditions.iter().map(step), policy)
    }

    fn verdicts(conditions: &[Option<bool>], policy: Policy) -> Vec<Verdict> {
        of(conditions, policy).iter().map(|s| s.verdict).collect()
    }

    #[test]
    fn worked_example_22() {
        let policy = Policy { hold_for: 2, clear_after: 2, ..Policy::default() };
        let found = of(&[BREACH, None, BREACH, GOOD, None, GOOD], policy);
        let verdicts: Vec<Verdict> = found.iter().map(|s| s.verdict).collect();
        assert_eq!(verdicts, [Pending, Unknown, Fires, Fires, Fires, Holds]);
        assert_eq!((found[3].clearing, found[4].stale, found[2].since), (1, true, Some(0)));
        assert!(!found[3].stale && !found[2].stale);
    }

    #[test]
    fn a_breach_while_clearing_begins_the_clearing_anew() {
        let policy = Policy { hold_for: 1, clear_after: 2, ..Policy::default() };
        assert_eq!(
            verdicts(&[BREACH, GOOD, BREACH, GOOD, GOOD], policy),
            [Fires, Fires, Fires, Fires, Holds]
        );
    }

    #[test]
    fn what_missing_is_taken_for() {
        let with = |on_missing| Policy { hold_for: 2, on_missing, ..Policy::default() };
        let all = [None, BREACH, None, GOOD, None];
        assert_eq!(verdicts(&all, with(OnMissing::Unknown)), [Unknown, Pending, Unknown, Holds, Unknown]);
        assert_eq!(verdicts(&all, with(OnMissing::Fires)), [Pending, Fires, Fires, Holds, Pending]);
        assert_eq!(verdicts(&all, with(OnMissing::Previous)), [Unknown, Pending, Fires, Holds, Holds]);
    }

    #[test]
    fn the_open_period_neither_advances_nor_clears() {
        let steps = |conditions: &[Option<bool>]| {
            let last = conditions.len() - 1;
            let step =
                |(at, c): (usize, &Option<bool>)| Step { there: true, condition: *c, open: at == last };
            states(conditions.iter().enumerate().map(step).collect::<Vec<_>>(), Policy::default())
        };
        let last = |conditions: &[Option<bool>]| steps(conditions).pop().unwrap();
        assert_eq!(last(&[GOOD, BREACH]).verdict, Pending);
        assert_eq!(last(&[BREACH, GOOD]).verdict, Fires);
        assert_eq!(last(&[GOOD, GOOD]).verdict, Holds);
        assert_eq!(last(&[GOOD, None]).verdict, Unknown);
        assert!(last(&[GOOD, BREACH]).provisional);
    }

    #[test]
    fn who_leaves_takes_the_finding_along() {
        let there = |condition| Step { there: true, condition, open: false };
        let found = states([there(BREACH), Step::default(), there(GOOD)], Policy::default());
        let verdicts: Vec<Verdict> = found.iter().map(|s| s.verdict).collect();
        assert_eq!(verdicts, [Fires, NotApplicable, Holds]);
        assert!(found[1].left);
    }
}
