//! Columns as files name them + columns as declared -> columns of the language. Declared names and
//! types win; what is not declared keeps the file's name.

use arrow::datatypes::DataType;

use super::problems;
use super::spec::{DeclaredColumn, FileColumn, Sampled, SourceSpec};
use super::storage::{can_become, described, is_zoned, storage};
use crate::diagnostic::{Diagnostic, codes, near};
use crate::model::types::Type;

/// A column as the files have it.
#[derive(Clone, Debug)]
pub struct Found {
    /// The file's name.
    pub name: String,
    /// Its own or inferred type.
    pub ty: Type,
    /// As it is delivered if nothing else is declared.
    pub data_type: DataType,
    /// Whether values can be missing.
    pub nullable: bool,
    /// Whether it comes from folder names.
    pub partition: bool,
    /// Whether every file has it in `data_type`.
    pub native: bool,
    /// What a sample said beside the type.
    pub sampled: Sampled,
}

/// Names and types the columns of a source, in the files' order, partitions last.
pub fn name(
    spec: &SourceSpec,
    found: &[Found],
    text: bool,
    hint: Option<&str>,
) -> Result<Vec<FileColumn>, Vec<Diagnostic>> {
    let mut bad = Vec::new();
    for declared in &spec.columns {
        if !found.iter().any(|f| f.name == declared.file_name()) {
            bad.push(absent(spec, declared, found, hint));
        }
    }
    let taken = |name: &str| spec.columns.iter().any(|d| d.name == name);
    let mut columns = Vec::with_capacity(found.len());
    for column in found {
        let mut is_declared = false;
        for declared in spec.columns.iter().filter(|d| d.file_name() == column.name) {
            is_declared = true;
            match typed(spec, declared, column, text) {
                Ok(column) => columns.push(column),
                Err(problem) => bad.push(problem),
            }
        }
        // A name declared for another column of the file stands for that one.
        if !is_declared && !taken(&column.name) {
            columns.push(undeclared(spec, column));
        }
    }
    if bad.is_empty() { Ok(columns) } else { Err(bad) }
}

fn undeclared(spec: &SourceSpec, found: &Found) -> FileColumn {
    let mut column = plain(found);
    as_time(spec, &mut column);
    column
}

/// A column without any value that rules use as a time is a date.
fn as_time(spec: &SourceSpec, column: &mut FileColumn) {
    if column.sampled.none && column.ty == Type::Text && spec.times.contains(&column.name) {
        column.ty = Type::Date;
        column.data_type = storage(Type::Date, None, false);
    }
}

fn plain(found: &Found) -> FileColumn {
    FileColumn {
        name: found.name.clone(),
        file_name: found.name.clone(),
        ty: found.ty,
        data_type: found.data_type.clone(),
        nullable: found.nullable,
        partition: found.partition,
        native: found.native,
        sampled: found.sampled.clone(),
    }
}

fn typed(
    spec: &SourceSpec,
    declared: &DeclaredColumn,
    found: &Found,
    text: bool,
) -> Result<FileColumn, Diagnostic> {
    let mut column = FileColumn { name: declared.name.clone(), ..plain(found) };
    let Some(ty) = declared.ty.filter(|_| !found.partition) else {
        as_time(spec, &mut column);
        return Ok(column);
    };
    column.ty = ty.node;
    column.sampled.made_text = None;
    if text {
        if ty.node == Type::Duration {
            return Err(problems::bad_option(spec, Some(ty.span), "durations are not read from text files")
                .help("declare the column as a number and multiply: `hours * 1 hour`"));
        }
        let zoned = is_zoned(&found.data_type);
        column.data_type = storage(ty.node, declared.precision, zoned);
        as_time(spec, &mut column);
    } else if !can_become(&found.data_type, ty.node) {
        let stored = described(&found.data_type);
        let headline = format!("`{}` is {stored} in the files and cannot be read as {}", found.name, ty.node);
        return Err(Diagnostic::new(&codes::TYPE_MISMATCH, headline)
            .at(ty.span, format!("declared as {}", ty.node))
            .also(spec.path.span, format!("stored as {stored}"))
            .help("leave the type out and convert in a row formula"));
    }
    Ok(column)
}

fn absent(spec: &SourceSpec, declared: &DeclaredColumn, found: &[Found], hint: Option<&str>) -> Diagnostic {
    let name = declared.file_name();
    let span = declared.from.as_ref().map_or(declared.span, |f| f.span);
    let headline = format!("`{}` has no column `{name}`", spec.path.node);
    let mut problem = Diagnostic::new(&codes::NO_COLUMN, headline).at(span, "").also(spec.path.span, "");
    problem.help = match hint {
        Some(hint) => Some(hint.to_owned()),
        None => near::did_you_mean(name, found.iter().map(|f| f.name.as_str())),
    };
    problem
}
