//! What a run found: KPI values by period and breakdown, with why a value is missing. Pure data; the
//! printers in `report/` and the library's users read it.

use chrono::NaiveDate;

use super::findings::RuleTable;
use super::judge::Status;
use super::scorecard::{Part, Rollup};
use super::types::{Type, Unit};
use super::verdict::Verdict;
use crate::diagnostic::Diagnostic;

/// Why a value is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Reason {
    /// No row in the period.
    NoRows = 1,
    /// Rows, but every value in them is missing.
    NoValues = 2,
    /// A division by zero.
    ZeroDenominator = 3,
    /// A growth from a base below zero.
    NegativeBase = 4,
    /// No earlier period in coverage.
    NoPreviousPeriod = 5,
    /// The period is still open.
    NotClosed = 6,
    /// The data does not cover the period.
    OutsideData = 7,
    /// No exchange rate.
    NoRate = 8,
    /// Past what a number can hold, or outside a function's domain.
    OutOfRange = 9,
    /// Withheld for privacy.
    Hidden = 10,
    /// Not judged: nothing says what is wanted.
    NoTarget = 11,
    /// Not judged: fewer rows than the KPI needs.
    TooFewRows = 12,
    /// Not judged: the data does not reach the period's end yet.
    Stale = 13,
    /// Not judged: the member is not active in the period.
    NotActive = 14,
    /// Of pay: too little of the scorecard's weight is judged.
    LowCoverage = 15,
    /// Of pay: what it needs is not there.
    Withheld = 16,
    /// Of a rule: the period begins before it is judged, or after.
    NotInEffect = 17,
    /// Too few closed periods of which something is known.
    TooFewPeriods = 18,
}

impl Reason {
    /// All of them.
    pub const ALL: [Self; 18] = [
        Self::NoRows,
        Self::NoValues,
        Self::ZeroDenominator,
        Self::NegativeBase,
        Self::NoPreviousPeriod,
        Self::NotClosed,
        Self::OutsideData,
        Self::NoRate,
        Self::OutOfRange,
        Self::Hidden,
        Self::NoTarget,
        Self::TooFewRows,
        Self::Stale,
        Self::NotActive,
        Self::LowCoverage,
        Self::Withheld,
        Self::NotInEffect,
        Self::TooFewPeriods,
    ];

    /// The word in results: `no_rows`.
    pub fn word(self) -> &'static str {
        match self {
            Self::NoRows => "no_rows",
            Self::NoValues => "no_values",
            Self::ZeroDenominator => "zero_denominator",
            Self::NegativeBase => "negative_base",
            Self::NoPreviousPeriod => "no_previous_period",
            Self::NotClosed => "not_closed",
            Self::OutsideData => "outside_data",
            Self::NoRate => "no_rate",
            Self::OutOfRange => "out_of_range",
            Self::Hidden => "hidden",
            Self::NoTarget => "no_target",
            Self::TooFewRows => "too_few_rows",
            Self::Stale => "stale",
            Self::NotActive => "not_active",
            Self::LowCoverage => "low_coverage",
            Self::Withheld => "withheld",
            Self::NotInEffect => "not_in_effect",
            Self::TooFewPeriods => "too_few_periods",
        }
    }

    /// From its number; 0 is none.
    pub fn from_u8(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|r| *r as u8 == code)
    }
}

/// One run's result.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The project's name.
    pub project: String,
    /// The as-of as shown: `2026-01-31`, or a local time with its offset.
    pub as_of: String,
    /// A table for each KPI and grain, KPIs in the order of the files.
    pub tables: Vec<KpiTable>,
    /// Scorecards, in the order of the files.
    pub scorecards: Vec<ScoreTable>,
    /// What KPIs cost and bring, where they say so.
    pub costs: Vec<KpiCost>,
    /// What alignment rules found, in the order of the files.
    pub rules: Vec<RuleTable>,
    /// The verdicts that are shown; those that need attention, and in files all, where absent.
    pub verdicts: Option<Vec<Verdict>>,
    /// By source, how many of its rows are set aside.
    pub set_aside: Vec<(String, usize)>,
    /// Aggregates of which rows were looked at once for each period that they count in, and how many that were.
    pub expanded: Vec<(String, u64)>,
    /// Notes and warnings of the run.
    pub notes: Vec<Diagnostic>,
}

impl Outcome {
    /// Only the values of some statuses; breakdowns and tables without any go.
    pub fn keep_statuses(&mut self, statuses: &[Status]) {
        for table in &mut self.tables {
            for breakdown in &mut table.breakdowns {
                breakdown.rows.retain(|row| statuses.contains(&row.judged.status));
            }
            table.breakdowns.retain(|breakdown| !breakdown.rows.is_empty());
        }
        self.tables.retain(|table| !table.breakdowns.is_empty());
    }
}

/// What a KPI costs and brings in a year.
#[derive(Clone, Debug, PartialEq)]
pub struct KpiCost {
    /// The KPI.
    pub kpi: String,
    /// What both count in.
    pub unit: Unit,
    /// What measuring it costs.
    pub cost: Option<Yearly>,
    /// What having it is worth.
    pub benefit: Option<Yearly>,
}

/// An amount of a period, brought to a year.
#[derive(Clone, Debug, PartialEq)]
pub struct Yearly {
    /// In a year.
    pub amount: Option<f64>,
    /// Why it is missing.
    pub reason: Option<Reason>,
    /// The last closed period, which it is computed from.
    pub period: String,
}

/// A scorecard: a row for each member and period.
#[derive(Clone, Debug)]
pub struct ScoreTable {
    /// Its name.
    pub scorecard: String,
    /// Its label, if it has one.
    pub label: Option<String>,
    /// `quarter`.
    pub grain: String,
    /// Who gets one, as written; empty for the whole.
    pub dimensions: Vec<String>,
    /// How scores become one.
    pub rollup: Rollup,
    /// Its KPIs.
    pub kpis: Vec<ScoreKpi>,
    /// What pay counts in, where it pays.
    pub pay: Option<Unit>,
    /// By period, then by members.
    pub rows: Vec<ScoreRow>,
}

/// A KPI of a scorecard.
#[derive(Clone, Debug)]
pub struct ScoreKpi {
    /// Its name.
    pub kpi: String,
    /// Its label, if it has one.
    pub label: Option<String>,
    /// Its weight among all.
    pub weight: f64,
}

/// One scorecard of one member in one period.
#[derive(Clone, Debug)]
pub struct ScoreRow {
    /// The period's name.
    pub period: String,
    /// Its first day.
    pub start: NaiveDate,
    /// The day after its last.
    pub end: NaiveDate,
    /// Whether the period is closed and the data of all KPIs complete.
    pub complete: bool,
    /// A member for each dimension.
    pub members: Vec<Option<Member>>,
    /// Its KPIs, in their order.
    pub parts: Vec<Part>,
    /// 0 to 100; none where nothing is judged.
    pub score: Option<f64>,
    /// The attainments rolled up.
    pub attainment: Option<f64>,
    /// The weight that is judged, 1 for all of it.
    pub coverage: f64,
    /// Why there is no score.
    pub why: Option<Reason>,
    /// Paid at an attainment of 100%.
    pub base: Option<f64>,
    /// The part of it that is paid.
    pub multiplier: Option<f64>,
    /// What is paid.
    pub pay: Option<f64>,
    /// Why that is unknown, or withheld.
    pub pay_why: Option<Reason>,
}

/// A KPI at one grain: the total and its breakdowns.
#[derive(Clone, Debug)]
pub struct KpiTable {
    /// The KPI's name.
    pub kpi: String,
    /// Its label, if it has one.
    pub label: Option<String>,
    /// `month`.
    pub grain: String,
    /// The type of its values.
    pub ty: Type,
    /// Their unit.
    pub unit: Unit,
    /// Shown as a percentage.
    pub percent: bool,
    /// Digits to show after the point, where the KPI says so.
    pub decimals: Option<u8>,
    /// Whether anything is wanted of it.
    pub judged: bool,
    /// The total first (`dimensions` empty), then the breakdowns as asked for.
    pub breakdowns: Vec<Breakdown>,
}

/// The rows of one breakdown.
#[derive(Clone, Debug)]
pub struct Breakdown {
    /// Its dimensions, as written; empty for the total.
    pub dimensions: Vec<String>,
    /// By period, then by members (code point order, missing last).
    pub rows: Vec<Row>,
}

/// A member of a dimension.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Member {
    /// Its key as text.
    pub key: String,
    /// What is shown beside the key.
    pub label: Option<String>,
}

/// One value.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The period's name: `2026-01`.
    pub period: String,
    /// Its first day.
    pub start: NaiveDate,
    /// The day after its last.
    pub end: NaiveDate,
    /// Whether the period is closed and the data complete.
    pub complete: bool,
    /// Whether every window of the formula lies in what its source covers.
    pub window_complete: bool,
    /// A member for each dimension; `None` is a missing value.
    pub members: Vec<Option<Member>>,
    /// The value as a number: numbers and booleans (1, 0); durations in days.
    pub value: Option<f64>,
    /// Every digit of an integer or decimal, the shortest form of a float, or the text, date, time.
    pub exact: Option<String>,
    /// Rows behind the value; 0 where it is withheld.
    pub n: i64,
    /// Rows skipped for a missing argument; 0 where it is withheld.
    pub skipped: i64,
    /// Why the value is missing.
    pub reason: Option<Reason>,
    /// How it stands.
    pub judged: Judged,
}

impl Row {
    /// Why the value is missing, else why it is not judged.
    pub fn why(&self) -> Option<Reason> {
        self.reason.or(self.judged.why)
    }
}

/// How a value stands to what is wanted, and to the period before. Nothing is told of a value that is withheld.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Judged {
    /// The value wanted.
    pub target: Option<f64>,
    /// The part of it that is due at the as-of, where the open period of a flow is compared with that.
    pub paced: Option<f64>,
    /// How far the value comes to it: 1 where it is met, not below 0; none where it is not judged.
    pub attainment: Option<f64>,
    /// How it stands.
    pub status: Status,
    /// Why that is unknown.
    pub why: Option<Reason>,
    /// 0 to 100.
    pub score: Option<f64>,
    /// The value of the period before; in the open period, up to the same point.
    pub previous: Option<f64>,
    /// The value less that.
    pub change: Option<f64>,
}
