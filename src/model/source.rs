//! Sources as resolved: what a row is, when it counts, its columns, also those made of other rows, and its
//! ways to others.

use std::sync::Arc;

use chrono::NaiveDate;

use super::expr::RowExpr;
use super::measure::MeasureId;
use super::project::AsOf;
use super::types::{Type, Unit};
use crate::source::Span;

/// A source of the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(pub usize);

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
    /// Whether its rows are the project's own definitions.
    pub catalogue: bool,
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

impl Column {
    /// Whether it stands in the source's files, in a type that the language has.
    pub fn is_of_file(&self) -> bool {
        self.formula.is_none() && self.made.is_none() && self.ty != Type::Unknown
    }
}

impl Source {
    /// A column by name.
    pub fn column_named(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|c| c.name == name)
    }

    /// The columns that its files have, of types that the language has.
    pub fn file_columns(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.columns.len()).filter(|i| self.columns[*i].is_of_file())
    }

    /// A relation by name.
    pub fn relation_named(&self, name: &str) -> Option<usize> {
        self.relations.iter().position(|r| r.name == name)
    }
}
