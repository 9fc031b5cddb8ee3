//! Why a KPI changed between two periods: what members or factors do to the change. Pure data; `report/change`
//! prints it.

use super::outcome::{KpiTable, Member, Row};
use crate::diagnostic::Diagnostic;

/// A KPI's change between two periods, and what it comes from.
#[derive(Clone, Debug)]
pub struct Change {
    /// The KPI at its grain, with the total's rows of all periods between.
    pub table: KpiTable,
    /// The dimensions of the members; empty where factors are told.
    pub by: Vec<String>,
    /// Up to when rows exist.
    pub as_of: String,
    /// The total in the earlier and in the later period.
    pub rows: [Row; 2],
    /// How the change was split.
    pub method: Method,
    /// The later value less the earlier; none where one of them is missing.
    pub change: Option<f64>,
    /// What it comes from, the greatest effect first; empty where there is no change to tell of.
    pub effects: Vec<Effect>,
    /// Notes and warnings of the run.
    pub notes: Vec<Diagnostic>,
}

/// How a change is split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Members of a sum: the difference of each.
    Difference,
    /// Members of a ratio: by weight and by ratio.
    MixRate,
    /// Factors, by logarithms.
    Logarithmic,
    /// Factors, by the mean over all orders in which they can change.
    Midpoint,
}

impl Method {
    /// The word in results: `mix_rate`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Difference => "difference",
            Self::MixRate => "mix_rate",
            Self::Logarithmic => "lmdi",
            Self::Midpoint => "midpoint",
        }
    }
}

/// What does something to the change.
#[derive(Clone, Debug)]
pub enum Cause {
    /// A member for each dimension; `None` is a missing one.
    Member(Vec<Option<Member>>),
    /// A factor: its text, whether the KPI is divided by it, and the table of its values.
    Factor(String, bool, Box<KpiTable>),
}

/// One effect.
#[derive(Clone, Debug)]
pub struct Effect {
    /// Of what.
    pub cause: Cause,
    /// Its values; none where the member is not there in the period.
    pub rows: [Option<Row>; 2],
    /// The member's parts of the denominator, where there is one ratio.
    pub weights: Option<[f64; 2]>,
    /// How much of the effect is mix, and how much rate, where members of ratios are told.
    pub mix_rate: Option<[f64; 2]>,
    /// What it does to the change; all effects together are the change.
    pub effect: f64,
}
