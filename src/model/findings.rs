//! What rules found: a verdict for each member and period, and for all that is no plain `holds` the values that
//! the condition read. Pure data; verdicts are kept small, there may be millions.

use std::sync::Arc;

use chrono::NaiveDate;

use super::judge::Status;
use super::outcome::{Member, Reason};
use super::rules::{Axis, Operand, Piece, Severity, Shown, Waiver};
use super::verdict::Verdict;

/// One rule's answers.
#[derive(Clone, Debug)]
pub struct RuleTable {
    /// The rule's name.
    pub rule: String,
    /// Its label, if it has one.
    pub label: Option<String>,
    /// Why it matters, if it says so.
    pub description: Option<String>,
    /// What it is about.
    pub axis: Axis,
    /// How bad a finding is.
    pub severity: Severity,
    /// Who answers for it.
    pub owner: Option<String>,
    /// What to do about a finding.
    pub action: Option<String>,
    /// `quarter`; none where definitions alone are judged, at the as-of.
    pub grain: Option<String>,
    /// Who is judged, as shown; empty for the whole.
    pub dimensions: Vec<String>,
    /// The condition, canonical.
    pub text: String,
    /// How long the condition must hold, in periods.
    pub hold_for: u32,
    /// How long it must not, before a finding closes.
    pub clear_after: u32,
    /// What the condition and the message read.
    pub operands: Vec<Operand>,
    /// What is said of a finding.
    pub message: Vec<Piece>,
    /// Who may breach it.
    pub waivers: Vec<Waiver>,
    /// The judged periods.
    pub periods: Vec<JudgedPeriod>,
    /// The judged members.
    pub members: Vec<Vec<Member>>,
    /// The verdicts: a member's periods together.
    pub verdicts: Vec<Verdict>,
    /// More of those that are no plain `holds`, by period, then member.
    pub findings: Vec<Finding>,
    /// What the project lacks, where that is why nothing is judged.
    pub lacks: Option<String>,
}

/// A judged period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JudgedPeriod {
    /// Its name.
    pub period: String,
    /// Its first day.
    pub start: NaiveDate,
    /// The day after its last.
    pub end: NaiveDate,
    /// Whether it is closed and the data of the rule complete; what is judged before is provisional.
    pub complete: bool,
}

/// A verdict, with what led to it.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The member's place.
    pub member: usize,
    /// The period's place.
    pub period: usize,
    /// The verdict.
    pub verdict: Verdict,
    /// What it would be without a waiver.
    pub beneath: Verdict,
    /// Whether it fires only since nothing newer is known.
    pub stale: bool,
    /// The period in which the condition began to hold: its name and first day.
    pub since: Option<(Arc<str>, NaiveDate)>,
    /// For how many periods it has held.
    pub held: u32,
    /// For how many it has not, while the finding stays.
    pub clearing: u32,
    /// Why it could not be judged, or is not applicable.
    pub why: Option<Reason>,
    /// Whether a finding ended here since its member left, or the rule's time was over.
    pub left: bool,
    /// Whether the condition holds, where that is known.
    pub condition: Option<bool>,
    /// The values of the operands.
    pub values: Vec<Told>,
    /// The waiver's place.
    pub waiver: Option<usize>,
}

/// A value that was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Told {
    /// As a number.
    pub value: Option<f64>,
    /// Every digit, or the text, date, time.
    pub exact: Option<String>,
    /// Why it is missing.
    pub reason: Option<Reason>,
    /// The rows behind it, where it is made of rows.
    pub n: Option<i64>,
    /// How the KPI stands, where it is one with a target.
    pub stands: Option<Standing>,
    /// How it is shown, where that is another way for each member.
    pub shown: Option<Arc<Shown>>,
}

/// How a KPI stands.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Standing {
    /// Its status.
    pub status: Status,
    /// Why that is unknown.
    pub why: Option<Reason>,
    /// The value wanted.
    pub target: Option<f64>,
    /// How far it comes to that.
    pub attainment: Option<f64>,
}

impl RuleTable {
    /// The verdict of a member in a period.
    pub fn verdict(&self, member: usize, period: usize) -> Verdict {
        self.verdicts[member * self.periods.len() + period]
    }

    /// How often each verdict was given, in the order of [`Verdict::ALL`].
    pub fn counts(&self) -> [usize; Verdict::ALL.len()] {
        let mut counts = [0; Verdict::ALL.len()];
        for verdict in &self.verdicts {
            let at = Verdict::ALL.iter().position(|v| v == verdict).unwrap_or_default();
            counts[at] += 1;
        }
        counts
    }

    /// Whether anything was judged: some verdict is neither unknown nor not applicable.
    pub fn judged(&self) -> bool {
        self.verdicts.iter().any(|v| !matches!(v, Verdict::Unknown | Verdict::NotApplicable))
    }

    /// The period that the rule stands at: the last closed one, else the last.
    pub fn current(&self) -> Option<usize> {
        let last = self.periods.len().checked_sub(1)?;
        Some(self.periods.iter().rposition(|p| p.complete).unwrap_or(last))
    }
}
