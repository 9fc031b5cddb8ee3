//! What rule files say, decoded field by field and merged, every field with its span: no names are
//! resolved and no data is looked at. A field that was wrong is absent here and reported.

use std::path::PathBuf;

use chrono::NaiveDate;
use indexmap::IndexMap;

use crate::source::{Span, Spanned};
use crate::syntax::ast;

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
    /// `strategy:`, `rules:`, `waivers:`, `scorecards:`, `tests:`: checked for shape and kept.
    pub judgement: RawJudgement,
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
    /// Settings under it, if written as a mapping.
    pub settings: Option<Span>,
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

/// One source.
#[derive(Clone, Debug)]
pub struct RawSource {
    /// The name, where it is defined.
    pub name: Spanned<String>,
    /// `path:`, variables replaced; relative to the project folder, or a URL.
    pub path: Option<Spanned<String>>,
    /// `format:` if the file's name does not tell: parquet, csv, ndjson, arrow.
    pub format: Option<Spanned<String>>,
    /// `csv:`.
    pub csv: RawCsv,
    /// `partitions:` hive partition columns with their types (`{year: integer, region: text}`).
    pub partitions: Option<Spanned<Pairs>>,
    /// `entity:`.
    pub entity: Option<Spanned<String>>,
    /// `key:`, one column or several.
    pub key: Vec<Spanned<String>>,
    /// `label:`, a column.
    pub label: Option<Spanned<String>>,
    /// `description:`.
    pub description: Option<LocalText>,
    /// `time:`, a column.
    pub time: Option<Spanned<String>>,
    /// `span:`.
    pub span: Option<RawSpan>,
    /// `snapshot:`.
    pub snapshot: Option<RawSnapshot>,
    /// `keep:`.
    pub keep: Option<RawKeep>,
    /// `distinct:` of a derived source, a path.
    pub distinct: Option<Spanned<String>>,
    /// `data_from:`, a date as typed.
    pub data_from: Option<Spanned<String>>,
    /// `fresh_until:`, a date or time as typed.
    pub fresh_until: Option<Spanned<String>>,
    /// `on_bad_rows:`: `error` or `quarantine`.
    pub on_bad_rows: Option<Spanned<String>>,
    /// `columns:`.
    pub columns: Named<RawColumn>,
    /// `relations:`.
    pub relations: Named<RawRelation>,
}

/// `csv:`.
#[derive(Clone, Debug, Default)]
pub struct RawCsv {
    /// One character.
    pub delimiter: Option<Spanned<String>>,
    /// `.` or `,`.
    pub decimal: Option<Spanned<String>>,
    /// `.`, `,`, `'`, a space or another single character.
    pub thousands: Option<Spanned<String>>,
    /// A strftime pattern for dates and times, one or several.
    pub date: Vec<Spanned<String>>,
    /// An encoding's label: `windows-1252`.
    pub encoding: Option<Spanned<String>>,
    /// Texts that stand for a missing value. Absent: only the empty text.
    pub missing: Option<Vec<Spanned<String>>>,
    /// `header: false`: columns are `column_1`, `column_2` ...
    pub header: Option<Spanned<bool>>,
    /// One character; default `"`.
    pub quote: Option<Spanned<String>>,
    /// Where `csv:` stands.
    pub span: Option<Span>,
}

/// `span:`.
#[derive(Clone, Debug)]
pub struct RawSpan {
    /// Column.
    pub from: Option<Spanned<String>>,
    /// Column.
    pub to: Option<Spanned<String>>,
    /// `inclusive:`.
    pub inclusive: Option<Spanned<bool>>,
    /// The whole field.
    pub span: Span,
}

/// `snapshot:`.
#[derive(Clone, Debug)]
pub struct RawSnapshot {
    /// Column.
    pub time: Option<Spanned<String>>,
    /// Relation or column.
    pub per: Option<Spanned<String>>,
    /// `none`, `until_next`, or a duration, as typed.
    pub carry: Option<Spanned<String>>,
    /// The whole field.
    pub span: Span,
}

/// `keep:`.
#[derive(Clone, Debug)]
pub struct RawKeep {
    /// Column or columns.
    pub per: Vec<Spanned<String>>,
    /// Column.
    pub last: Option<Spanned<String>>,
    /// The whole field.
    pub span: Span,
}

/// One column under `columns:`.
#[derive(Clone, Debug)]
pub struct RawColumn {
    /// The name, where it is defined.
    pub name: Spanned<String>,
    /// `from:`, the file's own name.
    pub from: Option<Spanned<String>>,
    /// `type:`, as typed: `decimal(18,2)`.
    pub ty: Option<Spanned<String>>,
    /// `unit:`.
    pub unit: Option<Spanned<String>>,
    /// `formula:`.
    pub formula: Option<Formula>,
    /// `valid:`.
    pub valid: Option<Formula>,
    /// `description:`.
    pub description: Option<LocalText>,
}

/// One relation.
#[derive(Clone, Debug)]
pub struct RawRelation {
    /// The name, where it is defined.
    pub name: Spanned<String>,
    /// `to:`, an entity.
    pub to: Option<Spanned<String>>,
    /// `key:`, the columns here that hold the entity's key.
    pub key: Vec<Spanned<String>>,
    /// `via:`, a span source.
    pub via: Option<Spanned<String>>,
    /// `at:`, a column or `moment`.
    pub at: Option<Spanned<String>>,
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
    /// A table (`{source:, value:, match:, from:}`): kept, and refused where it is used.
    pub table: Option<Span>,
}

/// One KPI.
#[derive(Clone, Debug)]
pub struct RawKpi {
    /// The name, where it is defined.
    pub name: Spanned<String>,
    /// `label:`.
    pub label: Option<LocalText>,
    /// `description:`.
    pub description: Option<LocalText>,
    /// `formula:`.
    pub formula: Option<Formula>,
    /// `unit:`.
    pub unit: Option<Spanned<String>>,
    /// `better:` as typed: `higher`, `lower`; a mapping is kept under `judgement`.
    pub better: Option<Spanned<String>>,
    /// `grain:`.
    pub grain: Vec<Spanned<String>>,
    /// `by:`, breakdowns, each a list of dimension paths. `None` where it is not written.
    pub by: Option<Vec<Spanned<Vec<Spanned<String>>>>>,
    /// `paths:`, the way to an entity.
    pub paths: Pairs,
    /// `fill:`: `entities`, `observed`.
    pub fill: Option<Spanned<String>>,
    /// `decimals:`, digits shown.
    pub decimals: Option<Spanned<i64>>,
    /// `hide_below:`.
    pub hide_below: Option<Spanned<i64>>,
    /// `min_n:`.
    pub min_n: Option<Spanned<i64>>,
    /// Fields of later stages that were written (target, status, objective, cost ...), by key:
    /// checked for shape and kept.
    pub judgement: Named<Span>,
    /// Free fields under `meta:` and `x-*` are dropped.
    pub owner: Option<Spanned<String>>,
}

/// Sections that judge numbers: checked for shape and kept, with the places of their entries.
#[derive(Clone, Debug, Default)]
pub struct RawJudgement {
    /// Each entry: section, name, place of the name.
    pub entries: Vec<(String, Spanned<String>)>,
}

impl RawSource {
    /// A source with nothing but a name.
    pub fn new(name: Spanned<String>) -> Self {
        Self {
            name,
            path: None,
            format: None,
            csv: RawCsv::default(),
            partitions: None,
            entity: None,
            key: Vec::new(),
            label: None,
            description: None,
            time: None,
            span: None,
            snapshot: None,
            keep: None,
            distinct: None,
            data_from: None,
            fresh_until: None,
            on_bad_rows: None,
            columns: Named::new(),
            relations: Named::new(),
        }
    }
}

impl RawKpi {
    /// A KPI with nothing but a name.
    pub fn new(name: Spanned<String>) -> Self {
        Self {
            name,
            label: None,
            description: None,
            formula: None,
            unit: None,
            better: None,
            grain: Vec::new(),
            by: None,
            paths: Pairs::new(),
            fill: None,
            decimals: None,
            hide_below: None,
            min_n: None,
            judgement: Named::new(),
            owner: None,
        }
    }
}
