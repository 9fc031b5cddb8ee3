//! Measures: an aggregate over the rows of one source, and when each row counts.

use chrono::NaiveDate;

use super::calendar::Grain;
use super::expr::RowExpr;
use super::source::{ColumnRef, SourceId};
use super::types::{Type, Unit};
use crate::source::Span;

/// A measure of the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MeasureId(pub usize);

/// What an aggregate does with its rows.
#[derive(Clone, Debug, PartialEq)]
pub enum Aggregate {
    /// Rows, or non-missing arguments.
    Count,
    /// The sum.
    Sum,
    /// The mean.
    Avg,
    /// The least.
    Min,
    /// The greatest.
    Max,
    /// A percentile (0 to 1) by linear interpolation; the median is 0.5.
    Percentile(f64),
    /// The sample standard deviation.
    Stddev,
    /// The sample variance.
    Variance,
    /// How many different values.
    CountDistinct,
    /// Roughly how many different values.
    ApproxCountDistinct,
    /// A percentile, roughly.
    ApproxPercentile(f64),
    /// The part of the rows where a condition holds, of those where it is known.
    Share,
    /// The mean by weight.
    WeightedAvg,
    /// The value of the first row.
    First,
    /// The value of the last row.
    Last,
    /// The value of a column of the entity itself, of which there is one row; nothing is seen by it.
    Own,
    /// The rows, or the weights (a key) of the rows, of which the argument is true; all rows are behind it.
    Converted,
}

/// When a row counts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TimeBinding {
    /// In every period (lookup sources).
    Always,
    /// In the period that holds this column's value.
    At(ColumnRef),
    /// In every period whose window it meets.
    Ranged(Box<Ranged>),
}

/// When a row counts in more periods than one: balances, windows, columns that lie in the period. The
/// periods of a row stand together, from a first to a last.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ranged {
    /// What ties a row to periods.
    pub moment: Moment,
    /// What stands for the period.
    pub window: Option<Window>,
    /// Whether a balance must lie in the period that it closes.
    pub fresh: bool,
    /// Columns whose value lies in the period; for the second, the day after it does (an inclusive end).
    pub within: Vec<(ColumnRef, bool)>,
}

/// What ties a row to periods.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Moment {
    /// Nothing: it counts in every period.
    Always,
    /// It happens on this column's day.
    At(ColumnRef),
    /// It is active from one column's day to another's.
    Active {
        /// First active day.
        from: ColumnRef,
        /// The day after the last active one; missing is still active. Absent for `including ended`.
        to: Option<ColumnRef>,
        /// Whether `to` is the last active day itself.
        inclusive: bool,
        /// When.
        when: When,
    },
    /// It counts in every period, at the moment of it that knows most of the row: the later of the period's
    /// start and its own first active day, or its last active day before.
    Known {
        /// First active day; always active where absent.
        from: Option<ColumnRef>,
        /// The end, as above.
        to: Option<ColumnRef>,
        /// Whether `to` is the last active day itself.
        inclusive: bool,
    },
}

/// When an active row counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum When {
    /// At the close of the period before.
    Start,
    /// At the close of the period.
    End,
    /// At any time of the period.
    During,
    /// On a day, whatever the period.
    On(NaiveDate),
}

/// What stands for the period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Window {
    /// So many of a grain, or periods, that end with the period.
    Last(u32, Option<Grain>),
    /// From the start of the grain's period that holds the period's last day.
    ToDate(Grain),
    /// All before, too.
    AllTime,
}

impl TimeBinding {
    /// The columns that it reads.
    pub fn columns(&self) -> Vec<&ColumnRef> {
        match self {
            Self::Always => Vec::new(),
            Self::At(column) => vec![column],
            Self::Ranged(ranged) => {
                let mut all: Vec<&ColumnRef> = match &ranged.moment {
                    Moment::Always => Vec::new(),
                    Moment::At(column) => vec![column],
                    Moment::Active { from, to, .. } => std::iter::once(from).chain(to).collect(),
                    Moment::Known { from, to, .. } => from.iter().chain(to).collect(),
                };
                all.extend(ranged.within.iter().map(|(column, _)| column));
                all
            }
        }
    }

    /// Whether a row that counts has a moment at which it does.
    pub fn has_moment(&self) -> bool {
        match self {
            Self::Always => false,
            Self::At(_) => true,
            Self::Ranged(ranged) => ranged.moment != Moment::Always,
        }
    }

    /// The column that says from when a source covers periods.
    pub fn first_column(&self) -> Option<&ColumnRef> {
        match self {
            Self::Ranged(ranged) if matches!(ranged.moment, Moment::Always | Moment::Known { .. }) => None,
            other => other.columns().first().copied(),
        }
    }
}

/// An aggregate over the rows of one source.
#[derive(Clone, Debug)]
pub struct Measure {
    /// Its source.
    pub source: SourceId,
    /// What it does.
    pub aggregate: Aggregate,
    /// Its argument; a count of rows has none.
    pub argument: Option<RowExpr>,
    /// The weight of a weighted mean.
    pub weight: Option<RowExpr>,
    /// Which rows; all conditions together.
    pub filter: Option<RowExpr>,
    /// When a row counts.
    pub time: TimeBinding,
    /// The type of its value.
    pub ty: Type,
    /// Its unit.
    pub unit: Unit,
    /// Its canonical text.
    pub text: String,
    /// Where it was first written.
    pub span: Span,
    /// How many microseconds after its end a period is complete.
    pub matures: i64,
}

impl Measure {
    /// A text that equal measures share.
    pub fn key(&self) -> String {
        let mut out = format!("{:?} {:?} {:?} {} ", self.source, self.aggregate, self.time, self.matures);
        for part in [&self.argument, &self.weight, &self.filter] {
            match part {
                Some(e) => e.key(&mut out),
                None => out.push('-'),
            }
            out.push('|');
        }
        out
    }
}
