//! Which tables of values the asked KPIs read, and the columns of their sources.

use std::collections::BTreeSet;

use super::Ground;
use super::columns::Inputs;
use crate::model::judge::ValueTable;
use crate::model::project::{ColumnRef, Model};

impl ValueTable {
    /// The columns that it is read from: the value, those that are matched, since when.
    pub fn columns(&self) -> Vec<ColumnRef> {
        let all = std::iter::once(self.value).chain(self.matches.iter().map(|m| m.0)).chain(self.from);
        all.map(|column| ColumnRef { hops: Vec::new(), column }).collect()
    }
}

/// The tables of some KPIs; what they read is added to the ground.
pub(super) fn add(model: &Model, kpis: &BTreeSet<usize>, ground: &mut Ground) -> Vec<usize> {
    let formulas = kpis.iter().flat_map(|k| model.kpis[*k].formulas());
    let tables: BTreeSet<usize> = formulas.flat_map(crate::model::expr::ResultExpr::tables).collect();
    for table in &tables {
        let table = &model.tables[*table];
        let mut read = Inputs::new(model, table.source);
        read.borders(&[]);
        for column in table.columns() {
            read.column(&column);
        }
        ground.inputs(model, &read);
    }
    tables.into_iter().collect()
}
