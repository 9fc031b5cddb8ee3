//! Measures -> scan groups: measures of the same source, time column, grains and breakdowns are one group and
//! so one pass over the data.

use std::collections::{BTreeMap, BTreeSet};

use super::columns::Inputs;
use super::steps::is_ordered;
use super::{BreakdownPlan, Cut, GroupSet, Request, ScanGroup};
use crate::model::calendar::Grain;
use crate::model::project::{ColumnRef, MeasureId, Model, Moment, Ranged, TimeBinding};

impl Cut {
    /// The set of a scan group that computes it.
    pub fn set(&self, model: &Model, request: &Request, grain: Grain, keys: Vec<ColumnRef>) -> GroupSet {
        let period = model.calendar.index(grain, request.as_of.day) - self.back;
        GroupSet { grain, periods: (period, period + 1), keys, until: Some(self.until) }
    }
}

impl BreakdownPlan {
    /// The keys of each measure, of the breakdown and of the coarser ones that it needs.
    pub fn all_keys(&self) -> Vec<(MeasureId, Vec<ColumnRef>)> {
        let mut all = Vec::new();
        let whole: Vec<usize> = (0..self.dimensions.len()).collect();
        for kept in std::iter::once(&whole).chain(&self.coarser) {
            let own = self.keys.iter().filter(|(_, keys)| keys.len() == whole.len());
            all.extend(own.map(|(id, keys)| (*id, kept.iter().map(|i| keys[*i].clone()).collect())));
            if !kept.is_empty() {
                all.extend(self.pers.iter().map(|p| (p.members, p.keys_of(kept))));
            }
        }
        all.extend(self.pers.iter().flat_map(|p| p.inner.all_keys()));
        all
    }
}

pub(super) fn scan_groups(model: &Model, wanted: BTreeMap<MeasureId, BTreeSet<GroupSet>>) -> Vec<ScanGroup> {
    let mut groups: Vec<ScanGroup> = Vec::new();
    for (id, sets) in wanted {
        let measure = &model.measures[id.0];
        let sets: Vec<GroupSet> = sets.into_iter().collect();
        let mut group =
            ScanGroup { source: measure.source, time: measure.time.clone(), sets, measures: vec![id] };
        if inputs(model, &group, &group.sets).period {
            group.time = by_period(group.time);
        }
        let same = groups
            .iter_mut()
            .find(|g| (g.source, &g.time, &g.sets) == (group.source, &group.time, &group.sets));
        match same {
            Some(same) => same.measures.push(id),
            None => groups.push(group),
        }
    }
    groups
}

/// The same rows in the same periods, one period at a time: what is asked of a row depends on it.
fn by_period(time: TimeBinding) -> TimeBinding {
    let moment = match time {
        TimeBinding::Ranged(_) => return time,
        TimeBinding::Always => Moment::Always,
        TimeBinding::At(column) => Moment::At(column),
    };
    TimeBinding::Ranged(Box::new(Ranged { moment, window: None, fresh: false, within: Vec::new() }))
}

/// What some sets of a group read, with the relations that lead there.
pub fn inputs<'m>(model: &'m Model, group: &ScanGroup, sets: &[GroupSet]) -> Inputs<'m> {
    let mut all = Inputs::new(model, group.source);
    let own = group.measures.iter().flat_map(|id| model.measures[id.0].time.columns());
    for column in group.time.columns().into_iter().chain(own) {
        all.column(column);
    }
    all.borders(&[]);
    for key in sets.iter().flat_map(|s| &s.keys) {
        all.column(key);
    }
    for id in &group.measures {
        let measure = &model.measures[id.0];
        for expr in [&measure.argument, &measure.weight, &measure.filter].into_iter().flatten() {
            all.expr(&[], expr);
        }
        if is_ordered(&measure.aggregate) {
            for column in model.source(group.source).file_columns() {
                all.column(&ColumnRef { hops: Vec::new(), column });
            }
        }
    }
    all
}
