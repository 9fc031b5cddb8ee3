//! The field tables -> the reference page in Markdown, and rows for the JSON Schema.

use std::fmt::Write as _;

use super::{Table, all};

/// One key, as data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyDoc {
    /// The mapping that it stands in: `kpis.NAME`.
    pub section: &'static str,
    /// The key; in capitals where it stands for a name.
    pub key: &'static str,
    /// What it holds, in words.
    pub kind: String,
    /// A value as it could be written.
    pub example: String,
    /// What holds without it; empty where nothing does.
    pub default: &'static str,
    /// Whether it must be there.
    pub required: bool,
    /// One line.
    pub doc: &'static str,
}

/// Every key of a table.
pub fn keys_of(table: &'static Table) -> Vec<KeyDoc> {
    let mut keys: Vec<KeyDoc> = table
        .fields
        .iter()
        .map(|f| KeyDoc {
            section: table.name,
            key: f.name,
            kind: f.kind.wanted(),
            example: f.kind.example(),
            default: f.default,
            required: f.required,
            doc: f.doc,
        })
        .collect();
    if let Some(rest) = &table.rest {
        keys.push(KeyDoc {
            section: table.name,
            key: rest.name,
            kind: rest.kind.wanted(),
            example: rest.kind.example(),
            default: "",
            required: false,
            doc: rest.doc,
        });
    }
    keys
}

/// The reference page of rule files.
pub fn reference() -> String {
    let mut page = String::from(
        "# Keys of rule files\n\n\
         Generated from the field tables. Keys that begin with `x-` are free in every mapping, \
         `meta:` in those with known keys.\n",
    );
    for table in all() {
        // Writing to a String does not fail.
        let _ = write!(
            page,
            "\n## `{}`\n\n{}\n\n| key | holds | default | |\n|---|---|---|---|\n",
            table.name, table.doc
        );
        for key in keys_of(table) {
            let default = match (key.required, key.default) {
                (true, _) => "required".to_owned(),
                (false, "") => String::new(),
                (false, default) if default.contains(' ') => default.to_owned(),
                (false, default) => format!("`{default}`"),
            };
            let _ = writeln!(page, "| `{}` | {} | {default} | {} |", key.key, key.kind, key.doc);
        }
    }
    page
}
