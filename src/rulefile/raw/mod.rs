//! What rule files say, decoded field by field and merged, every field with its span: no names are
//! resolved and no data is looked at. A field that was wrong is absent here and reported.

mod judge;
mod kpis;
mod sources;
mod strategy;
mod testing;

use std::path::PathBuf;

use chrono::NaiveDate;
use indexmap::IndexMap;

use crate::source::{Span, Spanned};
use crate::syntax::ast;

pub use judge::{RawAccelerator, RawEach, RawPay, RawRule, RawScorecard, RawWaiver};
pub use kpis::{RawAmount, RawBetter, RawDrives, RawFloor, RawKpi, RawRange, RawStatus, RawTable, RawTarget};
pub use sources::{RawColumn, RawCsv, RawKeep, RawRelation, RawSnapshot, RawSource, RawSpan};
pub use strategy::{RawActivity, RawArea, RawObjective, RawStrategy};
pub use testing::{RawExpect, RawGiven, RawRows, RawTest};

/// Entries by name in the order of the files; the key's span stands in the entry.
pub type Named<T> = IndexMap<String, T>;

/// Names with a text each, in order.
pub type Pairs = Vec<(Spanned<String>, Spanned<String>)>;

/// A merged project.
#[derive(Clone, Debug, Default)]
pub struct RawProject {
    /// The folder that `rumbo.yaml` stands in; empty for a project without files.
    pub root: PathBuf,
    /// `project:`.
    pub name: Option<Spanned<String>>,
    /// `as_of:`, a date or a local or zoned time, as typed.
    pub as_of: Option<Spanned<String>>,
    /// `currency:`.
    pub currency: Option<Spanned<String>>,
    /// `calendar:`.
    pub calendar: RawCalendar,
    /// Folders outside the project that paths may lead to (absolute, lexically normal).
    pub allow_paths: Vec<PathBuf>,
    /// `use:`: packs that the binary carries.
    pub uses: Vec<RawUse>,
    /// `sources:`.
    pub sources: Named<RawSource>,
    /// `dimensions:`.
    pub dimensions: Named<RawDimension>,
    /// `functions:`.
    pub functions: Named<RawFunction>,
    /// `params:`.
    pub params: Named<RawParam>,
    /// `kpis:`.
    pub kpis: Named<RawKpi>,
    /// `strategy:`.
    pub strategy: RawStrategy,
    /// `rules:`.
    pub rules: Named<RawRule>,
    /// `waivers:`.
    pub waivers: Vec<RawWaiver>,
    /// `scorecards:`.
    pub scorecards: Named<RawScorecard>,
    /// `tests:`.
    pub tests: Named<RawTest>,
}

/// `calendar:`.
#[derive(Clone, Debug, Default)]
pub struct RawCalendar {
    /// An IANA zone name.
    pub timezone: Option<Spanned<String>>,
    /// A weekday's English name, lower case.
    pub week_starts: Option<Spanned<String>>,
    /// A month's English name, lower case.
    pub fiscal_year_starts: Option<Spanned<String>>,
    /// A file with an own calendar.
    pub periods: Option<Spanned<String>>,
    /// What that file says, by the names of its grains.
    pub grains: Vec<RawGrain>,
    /// Whether that file has a problem that was reported, so that grains may be missing.
    pub broken: bool,
}

/// A grain of an own calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawGrain {
    /// Its name.
    pub name: String,
    /// Its periods, by their start.
    pub periods: Vec<RawPeriod>,
}

/// A line of an own calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawPeriod {
    /// Its name in results.
    pub label: String,
    /// Its first day.
    pub start: NaiveDate,
    /// The day after its last.
    pub end: NaiveDate,
}

/// `use:` of one pack.
#[derive(Clone, Debug)]
pub struct RawUse {
    /// `standard/alignment`.
    pub name: Spanned<String>,
    /// Other values for its parameters.
    pub params: Vec<(Spanned<String>, Formula)>,
    /// Other severities for its rules.
    pub severity: Pairs,
    /// Its rules that are not judged.
    pub off: Vec<Spanned<String>>,
}

/// A formula field.
#[derive(Clone, Debug)]
pub struct Formula {
    /// The tree; absent where it did not parse (which has been reported).
    pub expr: Option<ast::Expr>,
    /// The whole scalar.
    pub span: Span,
}

/// A text in several languages: `label: Churn` or `label: {en: Churn, es: Cancelación}`.
#[derive(Clone, Debug)]
pub struct LocalText {
    /// By language code; a plain text stands under the empty code.
    pub texts: IndexMap<String, Spanned<String>>,
}

/// One named dimension.
#[derive(Clone, Debug)]
pub struct RawDimension {
    /// The name, where it is defined.
    pub name: Spanned<String>,
    /// `path:`, for every source that has none of its own here. A plain text is this too.
    pub path: Option<Spanned<String>>,
    /// The path of each source named.
    pub sources: Pairs,
    /// `label:`.
    pub label: Option<LocalText>,
    /// `description:`.
    pub description: Option<LocalText>,
}

/// One function: `margin(x, cost): sum(x) - sum(cost)`, or a mapping with `formula:`.
#[derive(Clone, Debug)]
pub struct RawFunction {
    /// The name, where it is defined.
    pub name: Spanned<String>,
    /// Its parameters.
    pub params: Vec<Spanned<String>>,
    /// Its body.
    pub formula: Option<Formula>,
    /// `description:`.
    pub description: Option<LocalText>,
}

/// One parameter.
#[derive(Clone, Debug)]
pub struct RawParam {
    /// The name, where it is defined.
    pub name: Spanned<String>,
    /// A plain value, as a formula of literals (a bare text that is no formula is a text literal).
    pub value: Option<Formula>,
    /// A table (`{source:, value:, match:, from:}`).
    pub table: Option<RawTable>,
    /// The source, column or KPI that it stands for in rules.
    pub names: Option<Spanned<String>>,
    /// Whether a pack says so and the project has not: what is not there is no mistake.
    pub default: bool,
}
