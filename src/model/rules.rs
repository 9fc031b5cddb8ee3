//! Alignment rules as resolved: what is asked, of whom, when it is a finding, and what is said of it. Pure data.

use std::fmt;

use chrono::NaiveDate;

use super::calendar::Grain;
use super::project::Dimension;
use super::types::{Type, Unit};
use super::verdict::Policy;
use crate::source::Span;

/// An alignment rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its name: its identity, which outlives edits of its body.
    pub name: String,
    /// Where it is defined.
    pub defined: Span,
    /// Its label, by language.
    pub label: Vec<(String, String)>,
    /// Its description, by language.
    pub description: Vec<(String, String)>,
    /// What it is about.
    pub axis: Axis,
    /// How bad a finding is.
    pub severity: Severity,
    /// Who gets an answer of their own; the whole where empty.
    pub each: Vec<Dimension>,
    /// The names that `each` is shown by: `a` and `b` of a pair.
    pub shown: Vec<String>,
    /// The periods that are judged.
    pub grain: Grain,
    /// Whether it reads definitions only: one verdict, at the as-of.
    pub timeless: bool,
    /// The condition, canonical.
    pub text: String,
    /// The place among the model's KPIs of the one that is not shown and computes all that the rule reads.
    pub sheet: usize,
    /// The condition's place beside it.
    pub condition: usize,
    /// Of whom it is asked: a condition's place.
    pub filter: Option<usize>,
    /// What the condition reads.
    pub operands: Vec<Operand>,
    /// How conditions become verdicts.
    pub policy: Policy,
    /// With fewer rows behind the condition it is missing.
    pub min_n: Option<i64>,
    /// What is said of a finding, by language.
    pub message: Vec<(String, Vec<Piece>)>,
    /// What to do about it, by language.
    pub action: Vec<(String, String)>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Periods that begin before are not judged.
    pub from: Option<NaiveDate>,
    /// Periods that begin after are not judged.
    pub until: Option<NaiveDate>,
    /// Who may breach it.
    pub waivers: Vec<Waiver>,
    /// Why it judges nothing: what the project lacks.
    pub lacks: Option<String>,
}

/// What a rule is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Axis {
    /// Do the KPIs pull towards what is wanted?
    #[default]
    StrategicDirection,
    /// Through what people do?
    Activities,
    /// In each area?
    Areas,
}

impl Axis {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::StrategicDirection, Self::Activities, Self::Areas];

    /// The word in results.
    pub fn word(self) -> &'static str {
        match self {
            Self::StrategicDirection => "strategic_direction",
            Self::Activities => "activities",
            Self::Areas => "areas",
        }
    }
}

impl fmt::Display for Axis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// To be looked at.
    #[default]
    Warning,
    /// To be mended.
    Critical,
}

impl Severity {
    /// All of them, the worst first.
    pub const ALL: [Self; 3] = [Self::Critical, Self::Warning, Self::Info];

    /// The word in results.
    pub fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }

    /// By its word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.word() == word)
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// A value that a condition or a message reads.
#[derive(Clone, Debug)]
pub struct Operand {
    /// As written, canonical: `churn_rate`, `trend(nps, 3 periods)`.
    pub text: String,
    /// Its place beside the sheet's KPI.
    pub place: usize,
    /// The type of its values.
    pub ty: Type,
    /// Their unit.
    pub unit: Unit,
    /// Shown as a percentage.
    pub percent: bool,
    /// Digits to show.
    pub decimals: Option<u8>,
    /// How the KPI stands, where it is one: the places of its target, its attainment and of each status.
    pub stands: Option<Stands>,
    /// The place of the name of the KPI that it is of, where a member names that: its values are in that KPI's unit.
    pub named: Option<usize>,
    /// Whether only the message reads it.
    pub told: bool,
    /// Where the parameter, or the KPI's target, is written.
    pub origin: Option<Span>,
    /// The same for people: `rules/churn.yaml:12`.
    pub from: Option<String>,
}

/// Where it is said how a KPI stands.
#[derive(Clone, Debug)]
pub struct Stands {
    /// The KPI; none where a member names it.
    pub kpi: Option<String>,
    /// Its place beside the sheet's KPI: whether it is on track, at risk, off track.
    pub statuses: [usize; 3],
    /// The target's.
    pub target: usize,
    /// The attainment's.
    pub attainment: usize,
}

/// How the values of a KPI are shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// Their type.
    pub ty: Type,
    /// Their unit.
    pub unit: Unit,
    /// Whether as a percentage.
    pub percent: bool,
    /// Digits to show.
    pub decimals: Option<u8>,
}

/// A piece of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Said as it is.
    Text(String),
    /// The member of a dimension, by its place.
    Member(usize),
    /// A value, by its place among the operands.
    Operand(usize),
    /// The period's name.
    Period,
}

/// A breach that is known and may be.
#[derive(Clone, Debug)]
pub struct Waiver {
    /// Of which members, for each dimension; of all where absent.
    pub at: Vec<Option<String>>,
    /// Periods that begin after are not waived.
    pub until: Option<NaiveDate>,
    /// Why.
    pub reason: Option<String>,
    /// Who says so.
    pub owner: Option<String>,
    /// Where it is written.
    pub span: Span,
}

impl Waiver {
    /// Whether it is for these members in a period that begins on this day.
    pub fn covers(&self, members: &[Option<String>], start: NaiveDate) -> bool {
        let theirs = self.at.iter().zip(members).all(|(wanted, found)| wanted.is_none() || wanted == found);
        theirs && self.until.is_none_or(|until| start <= until)
    }
}
