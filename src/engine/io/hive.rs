//! Folder names `key=value` -> partition columns. Types are the declared ones, else integer, date or
//! text by what all values are; never dictionaries.

use datafusion::scalar::ScalarValue;

use super::columns::Column;
use super::naming::Found;
use super::problems;
use super::shape::Shape;
use super::spec::{CsvOptions, DataFile, FileColumn, Sampled, SourceSchema, SourceSpec};
use super::storage::storage;
use super::value::{Scalar, parse_text};
use crate::diagnostic::{Diagnostic, codes, near};
use crate::model::types::Type;

/// What Hive and Spark call a missing value.
const MISSING: &str = "__HIVE_DEFAULT_PARTITION__";

/// Reads the partition values of all files below `root` and returns the columns.
pub fn read(
    spec: &SourceSpec,
    root: Option<&str>,
    files: &mut [DataFile],
) -> Result<Vec<Found>, Vec<Diagnostic>> {
    let mut keys: Option<(Vec<String>, String)> = None;
    for file in files.iter_mut() {
        let pairs = root.map_or_else(Vec::new, |root| pairs(root, file.meta.location.as_ref()));
        let (names, values): (Vec<String>, Vec<Option<String>>) = pairs.into_iter().unzip();
        match &keys {
            None => keys = Some((names, file.name.clone())),
            Some((first, of)) if *first != names => {
                let shown = |k: &[String]| if k.is_empty() { "none".to_owned() } else { k.join(", ") };
                let headline = format!(
                    "folders with different partitions: {} in `{of}`, {} in `{}`",
                    shown(first),
                    shown(&names),
                    file.name
                );
                let help = "every file lies in folders of the same names, as in `year=2026/month=01/`";
                return Err(vec![problems::of_source(spec, &codes::MIXED_TYPES, headline).help(help)]);
            }
            Some(_) => {}
        }
        file.partitions = values;
    }
    let names = keys.map_or_else(Vec::new, |(names, _)| names);
    let mut bad = Vec::new();
    if let Some(repeated) = names.iter().enumerate().find(|(i, n)| names[..*i].contains(n)) {
        let headline = format!("the partition `{}` stands twice in one path", repeated.1);
        bad.push(problems::of_source(spec, &codes::MIXED_TYPES, headline));
    }
    for (declared, _) in spec.partitions.iter().flatten() {
        if !names.contains(declared) {
            let headline = format!("no folder `{declared}=...` in `{}`", spec.path.node);
            let mut problem = problems::of_source(spec, &codes::NO_COLUMN, headline);
            problem.help = near::did_you_mean(declared, names.iter().map(String::as_str));
            bad.push(problem);
        }
    }
    let columns = names.iter().enumerate().map(|(i, name)| column(spec, i, name, files, &mut bad)).collect();
    if bad.is_empty() { Ok(columns) } else { Err(bad) }
}

fn column(
    spec: &SourceSpec,
    index: usize,
    name: &str,
    files: &[DataFile],
    bad: &mut Vec<Diagnostic>,
) -> Found {
    let options = options();
    let by_partitions = spec.partitions.iter().flatten().find(|(n, _)| n == name).map(|(_, ty)| *ty);
    let by_columns = spec.columns.iter().find(|c| c.file_name() == name).and_then(|c| c.ty).map(|t| t.node);
    let values = || files.iter().map(move |f| (f, f.partitions.get(index).and_then(Option::as_deref)));
    let mut shape = Shape::default();
    for (_, value) in values() {
        shape.observe(value.unwrap_or_default(), 0, &CsvOptions::default());
    }
    let (guessed, zoned) = shape.finish();
    let ty = by_partitions.or(by_columns).unwrap_or(match guessed {
        Type::Integer | Type::Date => guessed,
        _ => Type::Text,
    });
    for (file, value) in values() {
        if let Some(value) = value
            && parse_text(value, ty, &options).is_err()
            && bad.len() < problems::MAX_BAD
        {
            let headline = format!("`{value}` is no {ty}");
            let mut problem = problems::of_file(spec, &codes::BAD_VALUE, &file.name, None, headline);
            if let Some(place) = &mut problem.data {
                (place.column, place.value) = (Some(name.to_owned()), Some(value.to_owned()));
            }
            bad.push(problem.help(format!("declare the partition as text: `partitions: {{{name}: text}}`")));
        }
    }
    let nullable = values().any(|(_, v)| v.is_none());
    let data_type = storage(ty, None, zoned);
    let sampled = Sampled::default();
    Found { name: name.to_owned(), ty, data_type, nullable, partition: true, native: true, sampled }
}

/// How partition values are read: no option of `csv:` is about them.
pub fn options() -> CsvOptions {
    CsvOptions { missing: Vec::new(), ..CsvOptions::default() }
}

/// A file's value of a partition, for a scan.
pub fn value(text: Option<&str>, ty: Type) -> Scalar<'_> {
    // `read` has reported what does not parse.
    text.and_then(|t| parse_text(t, ty, &options()).ok()).unwrap_or(Scalar::Missing)
}

/// A file's values of some partition columns, as DataFusion takes them.
pub fn scalars(
    schema: &SourceSchema,
    file: &DataFile,
    columns: &[FileColumn],
) -> datafusion::error::Result<Vec<ScalarValue>> {
    let scalar = |column: &FileColumn| {
        let mut one = Column::new(column, chrono_tz::UTC, 1, false);
        if one.append(&value(file.partition(schema, &column.file_name), column.ty)).is_err() {
            one.push_missing();
        }
        ScalarValue::try_from_array(&one.finish(), 0)
    };
    columns.iter().map(scalar).collect()
}

fn pairs(root: &str, path: &str) -> Vec<(String, Option<String>)> {
    let inside = path.get(root.len()..).unwrap_or_default();
    let folders = inside.rsplit_once('/').map_or("", |(folders, _)| folders);
    folders
        .split('/')
        .filter_map(|part| part.split_once('='))
        .filter(|(key, _)| !key.is_empty())
        .map(|(key, value)| (unescape(key), (value != MISSING).then(|| unescape(value))))
        .collect()
}

/// `%2F` -> `/`, as writers escape what a folder name cannot hold; other `%` stay.
fn unescape(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let byte = match (first, tail) {
            (b'%', [a, b, ..]) => hex(*a).zip(hex(*b)).map(|(a, b)| a * 16 + b),
            _ => None,
        };
        out.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { tail.get(2..).unwrap_or_default() } else { tail };
    }
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|d| u8::try_from(d).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unescaped() {
        assert_eq!(
            pairs("data", "data/a%20b=1%2F2/x/c=50%/f.csv"),
            vec![("a b".into(), Some("1/2".into())), ("c".into(), Some("50%".into()))]
        );
        assert_eq!(pairs("d", "d/k=__HIVE_DEFAULT_PARTITION__/f"), vec![("k".into(), None)]);
        assert_eq!(pairs("d", "d/f=1.csv"), vec![]);
    }
}
