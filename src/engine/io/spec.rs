//! What a source is asked to be (`SourceSpec`, built by the resolve stage) and what its files turned
//! out to be (`SourceSchema`). Pure data: nothing here opens a file.

use std::path::PathBuf;
use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::execution::object_store::ObjectStoreUrl;
use object_store::{ObjectMeta, ObjectStore};

use crate::diagnostic::Diagnostic;
use crate::model::types::Type;
use crate::source::{Span, Spanned};

/// A source as the rule files state it.
#[derive(Clone, Debug)]
pub struct SourceSpec {
    /// Its name.
    pub name: String,
    /// Path, glob, folder or URL as written, variables replaced.
    pub path: Spanned<String>,
    /// The project folder, which relative paths start from.
    pub base: PathBuf,
    /// `format:`, where the file's name does not tell.
    pub format: Option<Spanned<Format>>,
    /// `csv:`, or the defaults.
    pub csv: CsvOptions,
    /// Where `csv:` stands.
    pub csv_span: Option<Span>,
    /// Declared hive partitions, outermost first.
    pub partitions: Option<Vec<(String, Type)>>,
    /// Declared columns that a file is to hold (no row formulas).
    pub columns: Vec<DeclaredColumn>,
    /// The zone of local times.
    pub timezone: chrono_tz::Tz,
    /// Columns that rules use as dates or times: one without any value counts as a date.
    pub times: Vec<String>,
}

#[cfg(test)]
impl SourceSpec {
    /// A source with nothing but a path.
    pub fn bare(name: impl Into<String>, path: Spanned<String>, base: impl Into<PathBuf>) -> Self {
        Self {
            name: name.into(),
            path,
            base: base.into(),
            format: None,
            csv: CsvOptions::default(),
            csv_span: None,
            partitions: None,
            columns: Vec::new(),
            timezone: chrono_tz::UTC,
            times: Vec::new(),
        }
    }
}

/// A column as declared.
#[derive(Clone, Debug)]
pub struct DeclaredColumn {
    /// The language's name.
    pub name: String,
    /// The file's name, where it is another.
    pub from: Option<Spanned<String>>,
    /// Its type, where declared.
    pub ty: Option<Spanned<Type>>,
    /// Where it is declared.
    pub span: Span,
    /// The digits of `decimal(18,2)`; 38 if not said.
    pub precision: Option<u8>,
}

impl DeclaredColumn {
    /// The name that the file is to use.
    pub fn file_name(&self) -> &str {
        self.from.as_ref().map_or(&self.name, |f| &f.node)
    }
}

/// A file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Format {
    /// Apache Parquet.
    Parquet,
    /// Delimited text.
    Csv,
    /// One JSON object per line.
    Ndjson,
    /// Arrow IPC, file or stream.
    Arrow,
}

impl Format {
    /// Whether rows are read by [`load_text`](super::load_text) and not by the query engine.
    pub fn is_text(self) -> bool {
        matches!(self, Self::Csv | Self::Ndjson)
    }

    /// The name that `format:` takes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Parquet => "parquet",
            Self::Csv => "csv",
            Self::Ndjson => "ndjson",
            Self::Arrow => "arrow",
        }
    }

    /// Reads what `format:` takes.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Parquet, Self::Csv, Self::Ndjson, Self::Arrow].into_iter().find(|f| f.name() == text)
    }
}

/// How delimited text is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsvOptions {
    /// Between fields. `,`; a `.tsv` file's is a tab where `csv:` is not given.
    pub delimiter: u8,
    /// Before the decimals. `.`
    pub decimal: char,
    /// Between groups of three digits. None.
    pub thousands: Option<char>,
    /// strftime patterns, tried in order before ISO.
    pub date: Vec<String>,
    /// A WHATWG label; UTF-8, or what a byte order mark says.
    pub encoding: Option<String>,
    /// Texts that mean a missing value.
    pub missing: Vec<String>,
    /// Whether the first row names the columns; else `column_1` ...
    pub header: bool,
    /// Around fields that hold delimiters or line breaks. `"`
    pub quote: u8,
}

impl Default for CsvOptions {
    fn default() -> Self {
        Self {
            delimiter: b',',
            decimal: '.',
            thousands: None,
            date: Vec::new(),
            encoding: None,
            missing: vec![String::new()],
            header: true,
            quote: b'"',
        }
    }
}

/// What a source's files hold.
#[derive(Clone, Debug)]
pub struct SourceSchema {
    /// The format of all of them.
    pub format: Format,
    /// By path.
    pub files: Vec<DataFile>,
    /// Declared ones by their own names, the rest by the file's; partitions last.
    pub columns: Vec<FileColumn>,
    /// The keys of the partition folders, outermost first.
    pub partitions: Vec<String>,
    /// Size of all files on disk.
    pub bytes: u64,
    /// What is odd but readable.
    pub warnings: Vec<Diagnostic>,
    /// What to add to the help when a column is not found: a wrong delimiter, say.
    pub hint: Option<String>,
    /// Where the files are.
    pub store: Store,
}

impl SourceSchema {
    /// The column of the language's name.
    pub fn column(&self, name: &str) -> Option<&FileColumn> {
        self.columns.iter().find(|c| c.name == name)
    }
}

/// An object store and the name that DataFusion knows it by.
#[derive(Clone, Debug)]
pub struct Store {
    /// `file:///`, later `s3://bucket`.
    pub url: ObjectStoreUrl,
    /// The store itself.
    pub store: Arc<dyn ObjectStore>,
}

/// One file of a source.
#[derive(Clone, Debug)]
pub struct DataFile {
    /// As users know it: relative to the project folder where it lies in it.
    pub name: String,
    /// Its place in the store, and its size.
    pub meta: ObjectMeta,
    /// Its value of each partition column, in their order; `None` is missing.
    pub partitions: Vec<Option<String>>,
}

impl DataFile {
    /// Its absolute path in the local file system.
    pub fn on_disk(&self) -> PathBuf {
        PathBuf::from(format!("/{}", self.meta.location))
    }

    /// The file's value of a partition; `None` is missing.
    pub fn partition(&self, schema: &SourceSchema, key: &str) -> Option<&str> {
        let at = schema.partitions.iter().position(|p| p == key)?;
        self.partitions.get(at)?.as_deref()
    }
}

/// One column of a source.
#[derive(Clone, Debug, PartialEq)]
pub struct FileColumn {
    /// The language's name.
    pub name: String,
    /// The file's name: what [`table`](super::table) calls it.
    pub file_name: String,
    /// Its type; `Unknown` for what the language cannot use (lists, structs, binary).
    pub ty: Type,
    /// As scans deliver it: it may need a cast to the storage of `ty`.
    pub data_type: DataType,
    /// Whether values can be missing.
    pub nullable: bool,
    /// Whether it comes from folder names (`year=2024`).
    pub partition: bool,
    /// Whether every file has it in `data_type` itself, so that file statistics may be trusted.
    pub native: bool,
    /// What the first rows of text files said.
    pub sampled: Sampled,
}

/// What a sample says about a column beside its type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sampled {
    /// No row had a value.
    pub none: bool,
    /// The value that made it text, and its place.
    pub made_text: Option<String>,
}
