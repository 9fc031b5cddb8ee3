//! What a run has to read and make before its groups: the file columns of each source, the sources that
//! are joined to, who held what, and the columns that are made of other rows, each after what it stands on.

use std::collections::{BTreeMap, BTreeSet};

use super::columns::Inputs;
use super::credited::plain;
use super::groups::inputs;
use super::{GroupSet, ScanGroup};
use crate::model::calendar::Grain;
use crate::model::project::{
    Aggregate, ColumnRef, Events, Made, MeasureId, Model, SourceId, TimeBinding, Via,
};

/// One thing that is made before groups are run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// A source's rows: those that count, held in memory.
    Rows(SourceId),
    /// A column of a source that is made of other rows.
    Column(SourceId, usize),
}

/// What is read of the sources, and made of it.
#[derive(Clone, Debug, Default)]
pub struct Ground {
    /// The file columns that each source is read for.
    pub reads: BTreeMap<SourceId, BTreeSet<usize>>,
    /// Sources that are joined to, and so read whole and held by key.
    pub lookups: BTreeSet<SourceId>,
    /// Relations that depend on a moment.
    pub vias: BTreeSet<Via>,
    /// What is made, in this order.
    pub steps: Vec<Step>,
    done: BTreeSet<Step>,
}

impl Ground {
    /// Adds what a group reads.
    pub fn group(&mut self, model: &Model, group: &ScanGroup) {
        self.inputs(model, &inputs(model, group, &group.sets));
        // A member is shown with its label.
        for key in group.sets.iter().flat_map(|s| &s.keys) {
            let target = model.target(group.source, &key.hops);
            let here = model.source(target);
            if here.key == [key.column]
                && let Some(label) = here.label
            {
                let mut behind = Inputs::new(model, target);
                behind.column(&ColumnRef { hops: Vec::new(), column: label });
                self.inputs(model, &behind);
            }
        }
    }

    /// Adds what formulas over a source's rows read.
    pub fn inputs(&mut self, model: &Model, read: &Inputs<'_>) {
        self.rows(model, read.source, false);
        for via in &read.vias {
            if self.vias.insert(via.clone()) {
                self.inputs(model, &held_columns(model, via));
            }
        }
        for input in &read.found {
            for depth in 1..=input.hops.len() {
                let lookup = model.target(read.source, &input.hops[..depth]);
                self.lookups.insert(lookup);
                self.rows(model, lookup, false);
            }
            self.column(model, model.target(read.source, &input.hops), input.column);
        }
    }

    /// Spans whose borders are read are looked at, and bad ones named by their keys.
    pub fn name_spans(&mut self, model: &Model) {
        for (source, read) in &mut self.reads {
            let here = model.source(*source);
            let Some((span, to)) = here.span.and_then(|s| Some((s, s.to?))) else { continue };
            if read.contains(&span.from) && read.contains(&to) {
                let of_file =
                    |k: &usize| here.columns[*k].formula.is_none() && here.columns[*k].made.is_none();
                read.extend(here.key.iter().copied().filter(of_file));
            }
        }
    }

    /// Adds a source; `made` where columns of it are made, which need its rows in memory.
    fn rows(&mut self, model: &Model, source: SourceId, made: bool) {
        self.reads.entry(source).or_default();
        let here = model.source(source);
        if !(made || here.keep.is_some() || here.distinct.is_some() || here.quarantine) {
            return;
        }
        if !self.done.insert(Step::Rows(source)) {
            return;
        }
        if let Some((base, column)) = &here.distinct {
            let mut read = Inputs::new(model, *base);
            read.column(column);
            self.inputs(model, &read);
        }
        if here.keep.is_some() {
            self.whole(model, source);
        }
        if here.quarantine {
            let span = here.span.iter().flat_map(|s| std::iter::once(s.from).chain(s.to));
            let mut read = Inputs::new(model, source);
            let relations = model.sources.iter().flat_map(|s| &s.relations);
            let asking = relations.filter_map(|r| r.via.as_ref()).filter(|v| v.source == source);
            let asked = asking.flat_map(|v| v.matched.iter().copied());
            for column in here.key.iter().copied().chain(span).chain(asked) {
                read.column(&ColumnRef { hops: Vec::new(), column });
            }
            self.inputs(model, &read);
        }
        self.steps.push(Step::Rows(source));
    }

    /// All columns of the source's files: what orders its rows.
    fn whole(&mut self, model: &Model, source: SourceId) {
        let columns = model.source(source).file_columns();
        self.reads.entry(source).or_default().extend(columns);
    }

    fn column(&mut self, model: &Model, source: SourceId, column: usize) {
        let Some(made) = &model.source(source).columns[column].made else {
            self.reads.entry(source).or_default().insert(column);
            return;
        };
        let step = Step::Column(source, column);
        if !self.done.insert(step) {
            return;
        }
        // Credited events that the row itself tells apart are looked up; only where some are alike do its
        // rows have to be held.
        let looked_up = matches!(&**made, Made::Converted(c) if plain(model, source, &c.base).is_some());
        self.rows(model, source, !looked_up);
        match &**made {
            Made::Until => self.whole(model, source),
            Made::Gap { time, per } => {
                let mut read = Inputs::new(model, source);
                read.column(time);
                read.column(per);
                self.inputs(model, &read);
            }
            Made::Fact { measure, keys } => {
                let group = fact_group(model, *measure, keys);
                self.inputs(model, &inputs(model, &group, &group.sets));
                let mut own = Inputs::new(model, source);
                for key in &model.source(source).key {
                    own.column(&ColumnRef { hops: Vec::new(), column: *key });
                }
                self.inputs(model, &own);
            }
            Made::Converted(conversion) => {
                self.inputs(model, &events(model, source, &conversion.base));
                self.inputs(model, &events(model, conversion.source, &conversion.target));
                self.whole(model, source);
            }
        }
        self.steps.push(step);
    }
}

/// The group that computes a fact: its related rows by the keys of what they relate to.
pub fn fact_group(model: &Model, measure: MeasureId, keys: &[ColumnRef]) -> ScanGroup {
    let here = &model.measures[measure.0];
    let set = GroupSet { grain: Grain::Day, periods: (0, 1), keys: keys.to_vec(), until: None };
    ScanGroup { source: here.source, time: TimeBinding::Always, sets: vec![set], measures: vec![measure] }
}

/// What events are read for.
pub fn events<'m>(model: &'m Model, source: SourceId, events: &Events) -> Inputs<'m> {
    let mut read = Inputs::new(model, source);
    read.column(&events.entity);
    read.column(&events.time);
    if let Some(filter) = &events.filter {
        read.expr(&[], filter);
    }
    read.borders(&[]);
    read
}

/// The columns of a span source that say who held what when.
pub fn held_columns<'m>(model: &'m Model, via: &Via) -> Inputs<'m> {
    let mut all = Inputs::new(model, via.source);
    let span = model.source(via.source).span;
    let span = span.iter().flat_map(|s| std::iter::once(s.from).chain(s.to));
    for column in via.matched.iter().chain(&via.found).copied().chain(span) {
        all.column(&ColumnRef { hops: Vec::new(), column });
    }
    all
}

/// Whether an aggregate depends on the order of rows.
pub fn is_ordered(aggregate: &Aggregate) -> bool {
    matches!(aggregate, Aggregate::First | Aggregate::Last)
}
