//! Which file columns a formula reads in the end: formulas of columns opened up, `valid` included, each
//! with the relations that lead there.

use std::collections::BTreeSet;

use super::credited::plain;
use crate::model::expr::{RowExpr, RowLeaf};
use crate::model::project::{ColumnRef, Made, Model, SourceId, Via};

/// Collects the file columns behind formulas of one source's rows.
pub struct Inputs<'a> {
    model: &'a Model,
    /// The source whose rows are looked at.
    pub source: SourceId,
    seen: BTreeSet<ColumnRef>,
    /// What was found.
    pub found: BTreeSet<ColumnRef>,
    /// Relations that depend on a moment, on the way.
    pub vias: BTreeSet<Via>,
    /// Whether something depends on the moment that the row counts at.
    pub moment: bool,
    /// Whether something depends on the period that the row counts in.
    pub period: bool,
}

impl<'a> Inputs<'a> {
    /// None yet.
    pub fn new(model: &'a Model, source: SourceId) -> Self {
        Self {
            model,
            source,
            seen: BTreeSet::new(),
            found: BTreeSet::new(),
            vias: BTreeSet::new(),
            moment: false,
            period: false,
        }
    }

    /// The sources that are joined to.
    pub fn lookups(&self) -> BTreeSet<SourceId> {
        let prefixes = |c: &ColumnRef| (1..=c.hops.len()).map(|d| c.hops[..d].to_vec()).collect::<Vec<_>>();
        self.found.iter().flat_map(prefixes).map(|way| self.model.target(self.source, &way)).collect()
    }

    /// Adds what a formula reads, written for the rows that `prefix` leads to.
    pub fn expr(&mut self, prefix: &[usize], expr: &RowExpr) {
        expr.leaves(&mut |leaf| {
            let RowLeaf::Column(leaf) = leaf else {
                self.period = true;
                return;
            };
            let hops: Vec<usize> = prefix.iter().chain(&leaf.hops).copied().collect();
            self.column(&ColumnRef { hops, column: leaf.column });
        });
    }

    /// Adds what a column reads.
    pub fn column(&mut self, at: &ColumnRef) {
        if !self.seen.insert(at.clone()) {
            return;
        }
        self.keys_on_the_way(&at.hops);
        let column = self.model.column(self.source, at);
        if let Some(formula) = &column.formula {
            self.expr(&at.hops, formula);
            return;
        }
        self.found.insert(at.clone());
        if let Some(Made::Converted(conversion)) = column.made.as_deref()
            && let Some(own) = plain(self.model, self.model.target(self.source, &at.hops), &conversion.base)
        {
            for column in [own.entity, own.time] {
                self.column(&ColumnRef { hops: at.hops.clone(), column });
            }
        }
        if let Some(valid) = &column.valid {
            self.expr(&at.hops, valid);
        }
        self.borders(&at.hops);
    }

    /// Adds the columns that cut a source's rows at the as-of: its time and the start of its span.
    pub fn borders(&mut self, hops: &[usize]) {
        let here = self.model.source(self.model.target(self.source, hops));
        for own in [here.time, here.span.map(|s| s.from)].into_iter().flatten() {
            if here.columns[own].formula.is_none() {
                self.column(&ColumnRef { hops: hops.to_vec(), column: own });
            }
        }
    }

    /// The keys that a chain of relations joins by, at both ends.
    fn keys_on_the_way(&mut self, hops: &[usize]) {
        for (depth, hop) in hops.iter().enumerate() {
            let at = self.model.target(self.source, &hops[..depth]);
            let relation = &self.model.source(at).relations[*hop];
            if let Some(via) = &relation.via {
                let behind = |c: &ColumnRef| ColumnRef {
                    hops: hops[..depth].iter().chain(&c.hops).copied().collect(),
                    column: c.column,
                };
                for held in &via.held {
                    self.column(&behind(held));
                }
                match via.at {
                    Some(column) => self.column(&ColumnRef { hops: hops[..depth].to_vec(), column }),
                    None => self.moment = true,
                }
                self.vias.insert(via.clone());
            }
            for key in &relation.key {
                self.column(&ColumnRef { hops: hops[..depth].to_vec(), column: *key });
            }
            for key in &self.model.source(relation.to).key {
                self.column(&ColumnRef { hops: hops[..=depth].to_vec(), column: *key });
            }
        }
    }
}
