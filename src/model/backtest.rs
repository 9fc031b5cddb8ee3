//! A rule's verdicts over its history -> how it would have behaved: how often it fires, for whom, how long, and how
//! often it could not judge. Closed periods alone; what is open says nothing yet.

use super::findings::RuleTable;
use super::outcome::Reason;
use super::verdict::Verdict;

/// A finding that opens again within so many periods flaps.
const FLAPS_WITHIN: usize = 2;

/// How a rule would have behaved.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Backtest {
    /// The first and the last closed period; none where there is none.
    pub span: Option<(String, String)>,
    /// Verdicts in the order of [`Verdict::ALL`].
    pub counts: [usize; Verdict::ALL.len()],
    /// How often a finding opened; one that a waiver covers is one.
    pub findings: usize,
    /// For how many periods all of them stood.
    pub periods: usize,
    /// How many opened again within two periods of their end.
    pub flapped: usize,
    /// Why it could not be judged, with how often.
    pub unknown: Vec<(Reason, usize)>,
    /// For whom, the most periods first.
    pub members: Vec<MemberFindings>,
}

/// The findings of one member.
#[derive(Clone, Debug, PartialEq)]
pub struct MemberFindings {
    /// The member's place in the rule's table.
    pub member: usize,
    /// How often a finding opened.
    pub findings: usize,
    /// For how many periods they stood.
    pub periods: usize,
    /// The first and the last period of them.
    pub span: (String, String),
}

impl Backtest {
    /// Of a rule's answers.
    pub fn of(table: &RuleTable) -> Self {
        let closed: Vec<usize> = (0..table.periods.len()).filter(|p| table.periods[*p].complete).collect();
        let name = |at: usize| table.periods[at].period.clone();
        let mut test = Self {
            span: closed.first().zip(closed.last()).map(|(a, b)| (name(*a), name(*b))),
            ..Self::default()
        };
        let beneath = |member: usize, period: usize| {
            let found = table.findings.iter().find(|f| (f.member, f.period) == (member, period));
            found.map_or(table.verdict(member, period), |f| f.beneath)
        };
        for member in 0..table.members.len() {
            let fires: Vec<bool> = closed.iter().map(|p| beneath(member, *p) == Verdict::Fires).collect();
            let mut own = MemberFindings {
                member,
                findings: 0,
                periods: fires.iter().filter(|f| **f).count(),
                span: (String::new(), String::new()),
            };
            let mut ended: Option<usize> = None;
            for (at, now) in fires.iter().enumerate() {
                let before = at > 0 && fires[at - 1];
                if *now && !before {
                    own.findings += 1;
                    test.flapped += usize::from(ended.is_some_and(|end| at - end <= FLAPS_WITHIN));
                    if own.span.0.is_empty() {
                        own.span.0 = name(closed[at]);
                    }
                }
                if *now {
                    own.span.1 = name(closed[at]);
                } else if before {
                    ended = Some(at);
                }
            }
            test.findings += own.findings;
            test.periods += own.periods;
            if own.findings > 0 {
                test.members.push(own);
            }
            for period in &closed {
                let verdict = table.verdict(member, *period);
                let at = Verdict::ALL.iter().position(|v| *v == verdict).unwrap_or_default();
                test.counts[at] += 1;
            }
        }
        for finding in table.findings.iter().filter(|f| f.verdict == Verdict::Unknown) {
            let Some(why) = finding.why.filter(|_| table.periods[finding.period].complete) else { continue };
            match test.unknown.iter_mut().find(|(reason, _)| *reason == why) {
                Some((_, n)) => *n += 1,
                None => test.unknown.push((why, 1)),
            }
        }
        test.members.sort_by_key(|m| (std::cmp::Reverse(m.periods), m.member));
        test
    }

    /// How often a verdict was given.
    pub fn count(&self, verdict: Verdict) -> usize {
        Verdict::ALL.iter().position(|v| *v == verdict).map_or(0, |at| self.counts[at])
    }

    /// For how many periods a finding stood, on average.
    pub fn mean_length(&self) -> Option<f64> {
        (self.findings > 0).then(|| self.periods as f64 / self.findings as f64)
    }
}
