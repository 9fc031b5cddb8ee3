//! `sources:` as written: files, columns, relations, when a row counts.

use super::{Formula, LocalText, Named, Pairs};
use crate::source::{Span, Spanned};

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
