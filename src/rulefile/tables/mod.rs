//! The field tables: every key that a rule file may hold, with its kind, default and one line of
//! doc. They drive the decoder, the suggestions for unknown keys, the reference page and the schema.

mod judge;
mod kind;
mod kpis;
mod project;
mod reference;
mod sources;
mod strategy;

use std::collections::BTreeSet;
use std::sync::LazyLock;

pub use kind::{Kind, Rest, Table};
pub use project::PROJECT;
#[cfg(test)]
pub use reference::keys_of;
pub use reference::reference;

/// All tables that a project can reach, each once, in the order of the reference page.
pub fn all() -> Vec<&'static Table> {
    let mut found: Vec<&'static Table> = Vec::new();
    visit(&PROJECT, &mut found);
    found
}

fn visit(table: &'static Table, found: &mut Vec<&'static Table>) {
    if found.iter().any(|t| t.name == table.name) {
        return;
    }
    found.push(table);
    let rest = table.rest.as_ref().map(|r| &r.kind);
    for kind in table.fields.iter().map(|f| &f.kind).chain(rest) {
        kind.tables(&mut |t| visit(t, found));
    }
}

/// What a rule file is as a whole.
pub static ROOT: Kind = Kind::Fields(&PROJECT);

/// Whether some table has a formula under this key: what the search for cut formulas looks at.
pub fn is_formula_key(key: &str) -> bool {
    static KEYS: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| {
        let fields = all().into_iter().flat_map(|t| t.fields);
        fields.filter(|f| f.kind.takes_formula()).map(|f| f.name).collect()
    });
    KEYS.contains(key)
}

/// Whether some table has this key.
pub fn is_key(key: &str) -> bool {
    all().into_iter().any(|t| t.fields.iter().any(|f| f.name == key))
}
