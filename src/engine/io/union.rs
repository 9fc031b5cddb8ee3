//! The schemas of many files -> one: the same column has one type everywhere (or types of which one
//! holds the other without loss), and may be absent from some files.

use arrow::datatypes::{DataType, Schema};

use super::naming::Found;
use super::problems::{self, counted};
use super::spec::{DataFile, Sampled, SourceSpec};
use super::storage::{delivered, described, model_type, union};
use crate::diagnostic::{DataPlace, Diagnostic, codes};

struct Joined<'a> {
    name: &'a str,
    data_type: DataType,
    native: bool,
    nullable: bool,
    first: &'a str,
    files: Vec<usize>,
    clashed: bool,
}

/// Joins the schemas of all files; the warnings are columns that some lack.
pub fn join(
    spec: &SourceSpec,
    files: &[DataFile],
    schemas: &[Schema],
) -> Result<(Vec<Found>, Vec<Diagnostic>), Vec<Diagnostic>> {
    let mut joined: Vec<Joined> = Vec::new();
    let mut bad = Vec::new();
    for (i, (file, schema)) in files.iter().zip(schemas).enumerate() {
        for field in schema.fields() {
            let data_type = delivered(field.data_type());
            let native = data_type == *field.data_type();
            let Some(before) = joined.iter_mut().find(|j| j.name == field.name()) else {
                joined.push(Joined {
                    name: field.name(),
                    data_type,
                    native,
                    nullable: field.is_nullable(),
                    first: &file.name,
                    files: vec![i],
                    clashed: false,
                });
                continue;
            };
            if before.files.last() == Some(&i) {
                let headline = format!("`{}` has two columns named `{}`", file.name, field.name());
                bad.push(problems::of_source(spec, &codes::AMBIGUOUS_NAME, headline));
                continue;
            }
            before.files.push(i);
            before.nullable |= field.is_nullable() || data_type.is_null() || before.data_type.is_null();
            match union(&before.data_type, &data_type) {
                Some(both) => {
                    before.native &= native && both == before.data_type && both == data_type;
                    before.data_type = both;
                }
                // One message a column: the first file that differs.
                None if !before.clashed => {
                    before.clashed = true;
                    bad.push(clash(spec, before, file, &data_type));
                }
                None => {}
            }
        }
    }
    if !bad.is_empty() {
        return Err(bad);
    }
    let mut warnings = Vec::new();
    let mut found = Vec::with_capacity(joined.len());
    for column in joined {
        let absent = column.files.len() < files.len();
        if absent {
            let without = files.iter().enumerate().filter(|(i, _)| !column.files.contains(i));
            let without: Vec<&str> = without.map(|(_, f)| f.name.as_str()).collect();
            warnings.extend(warn_absent(spec, column.name, &without, files.len()));
        }
        found.push(Found {
            name: column.name.to_owned(),
            ty: model_type(&column.data_type),
            data_type: column.data_type,
            nullable: column.nullable || absent,
            partition: false,
            native: column.native && !absent,
            sampled: Sampled::default(),
        });
    }
    Ok((found, warnings))
}

fn clash(spec: &SourceSpec, before: &Joined, file: &DataFile, data_type: &DataType) -> Diagnostic {
    let (a, b) = (described(&before.data_type), described(data_type));
    let headline = format!("`{}` is {a} in `{}` and {b} in `{}`", before.name, before.first, file.name);
    let place =
        DataPlace { file: file.name.clone(), column: Some(before.name.to_owned()), ..DataPlace::default() };
    problems::of_source(spec, &codes::MIXED_TYPES, headline)
        .in_data(place)
        .help("write the files with one type, or read them as two sources")
}

/// The warning that a column is absent from some files.
pub fn warn_absent(spec: &SourceSpec, name: &str, without: &[&str], all: usize) -> Option<Diagnostic> {
    let first = without.first()?;
    let more = without.len() - 1;
    let tail = if more > 0 { format!(" and {more} more") } else { String::new() };
    let headline =
        format!("`{name}` is absent from {} of {all}: `{first}`{tail}", counted(without.len(), "file"));
    let problem = problems::of_source(spec, &codes::FILES_DIFFER, headline);
    Some(problem.note("its values there are read as missing"))
}
