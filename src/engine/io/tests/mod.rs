//! Real files in temporary folders, through `inspect`, `load_text` and `table`. Helpers here; what is
//! held in the files beside.

mod bad;
mod folders;
mod scans;
mod text;

use std::fs;
use std::path::Path;

use arrow::array::{Array, RecordBatch};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use tempfile::TempDir;

use super::spec::*;
use super::{inspect, load_text};
use crate::diagnostic::Diagnostic;
use crate::model::types::Type;
use crate::source::{SourceMap, Span, Spanned};

/// A project folder with one source.
pub struct Case {
    pub folder: TempDir,
    pub spec: SourceSpec,
}

pub fn span() -> Span {
    let mut map = SourceMap::new();
    Span::new(map.add("rumbo.yaml", "path: x"), 6, 7)
}

impl Case {
    pub fn new(path: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let spec = SourceSpec::bare("t", Spanned::new(path.to_owned(), span()), folder.path());
        Self { folder, spec }
    }

    /// A source of one file.
    pub fn of(name: &str, bytes: impl AsRef<[u8]>) -> Self {
        Self::new(name).file(name, bytes)
    }

    pub fn file(self, name: &str, bytes: impl AsRef<[u8]>) -> Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
        self
    }

    pub fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(Path::new(name))
    }

    pub fn csv(mut self, change: impl FnOnce(&mut CsvOptions)) -> Self {
        change(&mut self.spec.csv);
        self.spec.csv_span = Some(span());
        self
    }

    pub fn column(mut self, name: &str, from: Option<&str>, ty: Option<Type>) -> Self {
        self.spec.columns.push(DeclaredColumn {
            name: name.to_owned(),
            from: from.map(|f| Spanned::new(f.to_owned(), span())),
            ty: ty.map(|t| Spanned::new(t, span())),
            span: span(),
            precision: None,
        });
        self
    }

    pub fn inspect(&self) -> Result<SourceSchema, Vec<Diagnostic>> {
        runtime().block_on(inspect(&self.spec))
    }

    pub fn schema(&self) -> SourceSchema {
        self.inspect().unwrap_or_else(|e| panic!("{e:#?}"))
    }

    /// Names and types, `name type`.
    pub fn types(&self) -> Vec<String> {
        self.schema()
            .columns
            .iter()
            .map(|c| format!("{} {}", c.name, super::storage::described(&c.data_type)))
            .collect()
    }

    pub fn try_load(&self, wanted: &[&str]) -> Result<Vec<RecordBatch>, Vec<Diagnostic>> {
        let schema = self.inspect()?;
        let wanted: Vec<String> = wanted.iter().map(|w| (*w).to_owned()).collect();
        runtime().block_on(load_text(&self.spec, &schema, &wanted, &|_| ()))
    }

    /// The rows as text, fields joined by `|`, missing as `~`.
    pub fn rows(&self, wanted: &[&str]) -> Vec<String> {
        shown(&self.try_load(wanted).unwrap_or_else(|e| panic!("{e:#?}")))
    }

    /// The first problem.
    pub fn problem(&self, wanted: &[&str]) -> Diagnostic {
        let all = self.try_load(wanted).expect_err("a problem");
        assert!(all.len() <= 5 && all.iter().all(|d| d.span().is_some()), "{all:#?}");
        all.into_iter().next().unwrap()
    }
}

pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

pub fn shown(batches: &[RecordBatch]) -> Vec<String> {
    let options = FormatOptions::default().with_null("~");
    let mut rows = Vec::new();
    for batch in batches {
        let columns: Vec<_> = batch
            .columns()
            .iter()
            .map(|c| ArrayFormatter::try_new(c.as_ref() as &dyn Array, &options).unwrap())
            .collect();
        for row in 0..batch.num_rows() {
            rows.push(columns.iter().map(|c| c.value(row).to_string()).collect::<Vec<_>>().join("|"));
        }
    }
    rows
}

/// Code, line and value of a problem.
pub fn place(d: &Diagnostic) -> (&str, Option<u64>, &str) {
    let data = d.data.as_ref();
    (d.code.id, data.and_then(|p| p.line), data.and_then(|p| p.value.as_deref()).unwrap_or_default())
}

pub fn help(d: &Diagnostic) -> &str {
    d.help.as_deref().unwrap_or_default()
}
