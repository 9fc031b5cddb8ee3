//! The resolved project: what the rule files mean, every name bound, every formula typed.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};

use super::calendar::{Calendar, Grain};
use super::expr::{Across, Kind, ResultExpr, ResultLeaf, RowExpr, RowLeaf};
use super::rates::RateSource;
use super::types::{Type, Unit};
use crate::source::Span;

/// A source of the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(pub usize);

/// A measure of the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MeasureId(pub usize);

/// A resolved project.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// Its name.
    pub name: String,
    /// The as-of that the project fixes.
    pub as_of: Option<AsOf>,
    /// Its calendar.
    pub calendar: Calendar,
    /// Its sources, in the order of the files.
    pub sources: Vec<Source>,
    /// Names for breakdowns.
    pub dimensions: Vec<NamedDimension>,
    /// Its KPIs, in the order of the files.
    pub kpis: Vec<Kpi>,
    /// All measures that formulas read, equal ones once.
    pub measures: Vec<Measure>,
    /// Where exchange rates come from, where amounts are converted.
    pub rates: Option<RateSource>,
}

/// Up to when rows exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AsOf {
    /// The local day that holds it.
    pub day: NaiveDate,
    /// The last instant that is seen: the given one, or the end of the day.
    pub instant: DateTime<Utc>,
    /// Whether it names a whole day.
    pub whole_day: bool,
}

impl AsOf {
    /// Whether a period that ends before this day (excluded) lies wholly before it.
    pub fn closes(&self, end: NaiveDate) -> bool {
        if self.whole_day { end.pred_opt().is_some_and(|last| last <= self.day) } else { end <= self.day }
    }
}

/// One source.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its name.
    pub name: String,
    /// Where it is defined.
    pub defined: Span,
    /// What one row is.
    pub entity: Option<String>,
    /// The columns that name a row.
    pub key: Vec<usize>,
    /// The column shown beside the key.
    pub label: Option<usize>,
    /// The default time column.
    pub time: Option<usize>,
    /// The columns that say when a row is active.
    pub span: Option<ActiveSpan>,
    /// What makes its rows balances.
    pub snapshot: Option<Snapshot>,
    /// Which of several rows counts.
    pub keep: Option<Keep>,
    /// The column of another source whose values are its rows; its key then.
    pub distinct: Option<(SourceId, ColumnRef)>,
    /// Whether bad rows are set aside; else they are errors.
    pub quarantine: bool,
    /// Its columns: those of the file, then those with formulas.
    pub columns: Vec<Column>,
    /// Its relations.
    pub relations: Vec<Relation>,
    /// Relations with an error, which has been reported: what they would lead to is not missed.
    pub lost: Vec<String>,
    /// From when its data is complete.
    pub data_from: Option<NaiveDate>,
    /// Up to when its data is complete; a day means its end.
    pub fresh_until: Option<AsOf>,
    /// What to say where a column is not found.
    pub hint: Option<String>,
    /// Its schema could not be read, which has been reported: unknown columns fit everything.
    pub broken: bool,
}

/// When a row of a span source is active.
#[derive(Clone, Copy, Debug)]
pub struct ActiveSpan {
    /// First day.
    pub from: usize,
    /// The day after the last, or the last (`inclusive`); missing is still active.
    pub to: Option<usize>,
    /// Whether `to` is the last active day.
    pub inclusive: bool,
}

/// A column of a source.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its name in the language.
    pub name: String,
    /// Its type.
    pub ty: Type,
    /// Its unit.
    pub unit: Unit,
    /// Its formula; a column of the file where absent.
    pub formula: Option<Arc<RowExpr>>,
    /// What its values must satisfy; others are missing.
    pub valid: Option<Arc<RowExpr>>,
    /// What it holds.
    pub description: Option<String>,
    /// How it is made of other rows than its own, where it is no column of the file.
    pub made: Option<Arc<Made>>,
}

/// A column that is made of more rows than one, once a run, before any aggregate.
#[derive(Clone, Debug)]
pub enum Made {
    /// Of a snapshot: the day from which the row is no longer its key's last one, or no longer carried.
    Until,
    /// The time since the previous row of the same entity.
    Gap {
        /// The time.
        time: ColumnRef,
        /// The entity's key.
        per: ColumnRef,
    },
    /// An aggregate over all related rows.
    Fact {
        /// The aggregate.
        measure: MeasureId,
        /// The columns of the related source that hold this source's key.
        keys: Vec<ColumnRef>,
    },
    /// Whether a target event is credited to the row.
    Converted(Box<Conversion>),
}

/// Base events and the target events that are credited to them.
#[derive(Clone, Debug)]
pub struct Conversion {
    /// The base events: the rows of the source that has the column.
    pub base: Events,
    /// The source of the target events.
    pub source: SourceId,
    /// The target events.
    pub target: Events,
    /// A target event may come so many microseconds after its base event, less than this.
    pub within: i64,
    /// Whether the earliest base event is credited; else the latest.
    pub first: bool,
}

/// Which rows are events, when, and whose.
#[derive(Clone, Debug)]
pub struct Events {
    /// The key of whose they are.
    pub entity: ColumnRef,
    /// When they happen.
    pub time: ColumnRef,
    /// Which rows.
    pub filter: Option<RowExpr>,
}

/// What makes a source's rows balances.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The day whose close a row is the balance at.
    pub time: usize,
    /// What the balance is of.
    pub per: Vec<usize>,
    /// How long it holds without a new one.
    pub carry: Carry,
    /// The column that says until when it holds.
    pub until: usize,
}

/// How long a balance holds without a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carry {
    /// To the end of its period.
    None,
    /// Until the next, however late.
    UntilNext,
    /// So many days.
    Days(i32),
}

/// Which of several rows counts.
#[derive(Clone, Debug)]
pub struct Keep {
    /// The columns of which each value counts once.
    pub per: Vec<usize>,
    /// The column whose greatest value wins.
    pub last: usize,
}

/// A way from a row to a row of another source, many to one.
#[derive(Clone, Debug)]
pub struct Relation {
    /// Its name.
    pub name: String,
    /// Where it is defined.
    pub defined: Span,
    /// The source of the entity.
    pub to: SourceId,
    /// The columns here that hold the entity's key.
    pub key: Vec<usize>,
    /// The rows that say where it leads at a moment; it has no `key` then.
    pub via: Option<Via>,
}

/// A relation that depends on a moment: a span source says who held it when.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Via {
    /// The span source.
    pub source: SourceId,
    /// The columns, along relations, that hold the key of what was held.
    pub held: Vec<ColumnRef>,
    /// The columns of the span source that hold that key.
    pub matched: Vec<usize>,
    /// The columns of the span source that hold the key of the holder.
    pub found: Vec<usize>,
    /// The column that says when; the moment that the row counts at where absent.
    pub at: Option<usize>,
}

/// A column, from a source along relations. An empty path is the source's own column.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ColumnRef {
    /// Relations by index, each in the source that the one before leads to.
    pub hops: Vec<usize>,
    /// The column in the last source.
    pub column: usize,
}

/// A name for breakdowns.
#[derive(Clone, Debug)]
pub struct NamedDimension {
    /// Its name.
    pub name: String,
    /// Where it is defined.
    pub defined: Span,
    /// The path of sources that have none of their own here.
    pub path: Option<(Vec<String>, Span)>,
    /// The path of each source named.
    pub sources: Vec<(SourceId, Vec<String>, Span)>,
}

/// Which rows and columns cells are made for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fill {
    /// Asked-for periods x the members seen in any of them.
    #[default]
    Cells,
    /// Members active in the period that saw nothing too.
    Entities,
    /// Only what was seen.
    Observed,
}

/// A KPI.
#[derive(Clone, Debug)]
pub struct Kpi {
    /// Its name.
    pub name: String,
    /// Where it is defined.
    pub defined: Span,
    /// Its label, by language ("" is any).
    pub label: Vec<(String, String)>,
    /// Its description, by language.
    pub description: Vec<(String, String)>,
    /// Its formula as written, canonical.
    pub text: String,
    /// Its formula.
    pub formula: Arc<ResultExpr>,
    /// Its unit.
    pub unit: Unit,
    /// Shown as a percentage.
    pub percent: bool,
    /// Its grains.
    pub grains: Vec<Grain>,
    /// Its breakdowns.
    pub by: Vec<Vec<Dimension>>,
    /// The way to an entity, where the KPI chooses.
    pub paths: Vec<(String, Vec<String>, Span)>,
    /// Its cells.
    pub fill: Fill,
    /// Digits to show.
    pub decimals: Option<u8>,
}

impl Kpi {
    /// The rows below which its own values are withheld.
    pub fn hide_below(&self) -> Option<i64> {
        match &self.formula.kind {
            Kind::Leaf(ResultLeaf::Across(Across::HideBelow(rows), _)) => Some(*rows),
            _ => None,
        }
    }

    /// Whether it, or a KPI that it uses, withholds values of few rows.
    pub fn hides(&self) -> bool {
        self.formula.across().iter().any(|a| matches!(a, Across::HideBelow(_)))
    }
}

/// A dimension of a breakdown, as written: every source finds its own way to it.
#[derive(Clone, Debug)]
pub struct Dimension {
    /// Its parts.
    pub path: Vec<String>,
    /// Where it is written.
    pub span: Span,
}

impl Dimension {
    /// `account.segment`.
    pub fn name(&self) -> String {
        self.path.join(".")
    }
}

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

impl Model {
    /// The source of an id.
    pub fn source(&self, id: SourceId) -> &Source {
        &self.sources[id.0]
    }

    /// A source by name.
    pub fn source_named(&self, name: &str) -> Option<SourceId> {
        self.sources.iter().position(|s| s.name == name).map(SourceId)
    }

    /// The source whose rows are an entity.
    pub fn entity(&self, entity: &str) -> Option<SourceId> {
        self.sources.iter().position(|s| s.entity.as_deref() == Some(entity)).map(SourceId)
    }

    /// A KPI by name.
    pub fn kpi(&self, name: &str) -> Option<&Kpi> {
        self.kpis.iter().find(|k| k.name == name)
    }

    /// The source that a path leads to.
    pub fn target(&self, from: SourceId, hops: &[usize]) -> SourceId {
        hops.iter().fold(from, |at, hop| self.source(at).relations[*hop].to)
    }

    /// The column at the end of a path.
    pub fn column(&self, from: SourceId, at: &ColumnRef) -> &Column {
        &self.source(self.target(from, &at.hops)).columns[at.column]
    }

    /// What a formula over a source's rows depends on, through the columns and relations that it reads.
    pub fn depends(&self, source: SourceId, expr: &RowExpr) -> Depends {
        let mut all = Depends::default();
        expr.leaves(&mut |leaf| match leaf {
            RowLeaf::Period(_) => all.period = true,
            RowLeaf::Column(at) => all.add(self.column_depends(source, at)),
        });
        all
    }

    /// The same of a column.
    pub fn column_depends(&self, source: SourceId, at: &ColumnRef) -> Depends {
        let mut all = Depends::default();
        for (depth, hop) in at.hops.iter().enumerate() {
            let here = self.target(source, &at.hops[..depth]);
            let Some(via) = &self.source(here).relations[*hop].via else { continue };
            all.moment |= via.at.is_none();
            for held in &via.held {
                all.add(self.column_depends(here, held));
            }
        }
        let target = self.target(source, &at.hops);
        let column = &self.source(target).columns[at.column];
        if let Some(formula) = &column.formula {
            all.add(self.depends(target, formula));
        }
        if let Some(Made::Fact { measure, .. }) = column.made.as_deref() {
            all.facts.push(*measure);
        }
        all
    }

    /// A path as users write it: `account.segment`.
    pub fn path_text(&self, from: SourceId, at: &ColumnRef) -> String {
        let mut source = from;
        let mut parts = Vec::new();
        for hop in &at.hops {
            let relation = &self.source(source).relations[*hop];
            parts.push(relation.name.clone());
            source = relation.to;
        }
        parts.push(self.source(source).columns[at.column].name.clone());
        parts.join(".")
    }
}

/// What a formula over rows depends on beside the row.
#[derive(Clone, Debug, Default)]
pub struct Depends {
    /// The period that the row counts in.
    pub period: bool,
    /// The moment that it counts at.
    pub moment: bool,
    /// Facts.
    pub facts: Vec<MeasureId>,
}

impl Depends {
    fn add(&mut self, other: Self) {
        self.period |= other.period;
        self.moment |= other.moment;
        self.facts.extend(other.facts);
    }
}

impl Source {
    /// A column by name.
    pub fn column_named(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|c| c.name == name)
    }

    /// The columns that its files have, of types that the language has.
    pub fn file_columns(&self) -> impl Iterator<Item = usize> + '_ {
        let of_file = |c: &Column| c.formula.is_none() && c.made.is_none() && c.ty != Type::Unknown;
        (0..self.columns.len()).filter(move |i| of_file(&self.columns[*i]))
    }

    /// A relation by name.
    pub fn relation_named(&self, name: &str) -> Option<usize> {
        self.relations.iter().position(|r| r.name == name)
    }
}
