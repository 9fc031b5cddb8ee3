//! Why one value is what it is: the formula's parts with their values, the rows behind each aggregate, where the
//! target comes from. Pure data; `report/` prints it.

use super::judge::{Better, StatusRule};
use super::outcome::{KpiTable, Reason, Row};
use super::types::{Type, Unit};
use crate::diagnostic::Diagnostic;

/// One value and what it was made of.
#[derive(Clone, Debug)]
pub struct Why {
    /// The project's name.
    pub project: String,
    /// The as-of as shown.
    pub as_of: String,
    /// The KPI at this grain, with the one row of the one breakdown.
    pub table: KpiTable,
    /// The dimensions of the row's members.
    pub dimensions: Vec<String>,
    /// The row itself.
    pub row: Row,
    /// Its formula, canonical.
    pub text: String,
    /// The file and line of the formula.
    pub place: String,
    /// The formula's parts.
    pub formula: Operand,
    /// What is wanted.
    pub target: Option<Wanted>,
    /// Where the way to the target begins.
    pub baseline: Option<Wanted>,
    /// Which way is good.
    pub better: Option<Better>,
    /// Which status a value has.
    pub rule: StatusRule,
    /// With fewer rows the status is unknown.
    pub min_n: Option<i64>,
    /// Of an open period the part that has passed, where the target is compared with that.
    pub elapsed: Option<f64>,
    /// Where a missing value, or a missing judgement, starts.
    pub because: Option<Because>,
    /// The name of the period before.
    pub before: String,
    /// Whether that is taken up to the point that the open period has come to.
    pub same_point: bool,
    /// Notes and warnings of the run.
    pub notes: Vec<Diagnostic>,
}

/// Where a missing value starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Because {
    /// The reason.
    pub reason: Reason,
    /// The part of the formula that is missing first.
    pub of: String,
    /// What is said of it.
    pub text: String,
}

/// What a part of a formula is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Another KPI.
    Kpi,
    /// An aggregate over rows.
    Aggregate,
    /// Something of other parts.
    Formula,
    /// A value of another period, or of the whole breakdown.
    Across,
    /// A formula for each entity, then over entities.
    Per,
    /// A value from a table.
    Table,
    /// A border of the period.
    Period,
}

impl Part {
    /// The word in results: `aggregate`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Kpi => "kpi",
            Self::Aggregate => "aggregate",
            Self::Formula => "formula",
            Self::Across => "across",
            Self::Per => "per",
            Self::Table => "table",
            Self::Period => "period",
        }
    }
}

/// A part of a formula and its value.
#[derive(Clone, Debug)]
pub struct Operand {
    /// What it is.
    pub part: Part,
    /// Its text.
    pub text: String,
    /// What it is to the part around it: `numerator`.
    pub role: Option<String>,
    /// Of a KPI its formula.
    pub formula: Option<String>,
    /// Its value; none of a branch that was not taken.
    pub figure: Option<Figure>,
    /// The rows behind an aggregate.
    pub rows: Option<Rows>,
    /// Why its value is missing, where that starts here.
    pub missing: Option<String>,
    /// What else is to be said.
    pub notes: Vec<String>,
    /// What it is made of.
    pub operands: Vec<Operand>,
}

/// A value and how it is shown.
#[derive(Clone, Debug)]
pub struct Figure {
    /// The value as a number.
    pub value: Option<f64>,
    /// Every digit, or the text.
    pub exact: Option<String>,
    /// Its type.
    pub ty: Type,
    /// Its unit.
    pub unit: Unit,
    /// Whether it is shown as a percentage.
    pub percent: bool,
    /// Digits to show, where the KPI says so.
    pub decimals: Option<u8>,
    /// Why it is missing.
    pub reason: Option<Reason>,
    /// Rows behind it.
    pub n: Option<i64>,
    /// Rows skipped for a missing argument.
    pub skipped: i64,
}

/// The rows that an aggregate looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows {
    /// The source.
    pub source: String,
    /// When they count: `in 2026-01`.
    pub when: String,
    /// How many there are then.
    pub all: i64,
    /// What is asked of them, one after the other, and how many are left.
    pub kept: Vec<(String, i64)>,
}

/// A target or a baseline.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The file and line that say it.
    pub place: String,
    /// The parts of its formula; of a table itself.
    pub operand: Operand,
    /// Whether it is read from a table.
    pub table: bool,
}

impl Operand {
    /// A part with nothing but its text.
    pub fn new(part: Part, text: String) -> Self {
        Self {
            part,
            text,
            role: None,
            formula: None,
            figure: None,
            rows: None,
            missing: None,
            notes: Vec::new(),
            operands: Vec::new(),
        }
    }

    /// Why it is missing.
    pub fn reason(&self) -> Option<Reason> {
        self.figure.as_ref().and_then(|f| f.reason)
    }

    /// The leftmost part below that is missing and has none below that is, or says itself why it is.
    pub fn origin(&self) -> &Self {
        let next = self.operands.iter().find(|o| self.missing.is_none() && o.reason().is_some());
        next.map_or(self, Self::origin)
    }
}
