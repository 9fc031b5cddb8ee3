//! Asked-for rules -> the sheets that compute what they read, the totals of KPIs that members name, and the
//! members that there are.

use std::collections::{BTreeMap, BTreeSet};

use super::tables::When;
use super::{GroupSet, Population, Request, RulesPlan, ScanGroup};
use chrono::NaiveDate;

use crate::model::calendar::Grain;
use crate::model::expr::ResultLeaf;
use crate::model::judge::Facet;
use crate::model::project::{ColumnRef, Dimension, Kpi, Model, TimeBinding};
use crate::resolve::{reaches, unfit_offsets, unfit_windows};

impl RulesPlan {
    /// Whether it is known since when the data tells anything.
    pub fn is_since(&self) -> bool {
        self.request.rules.as_ref().is_some_and(|r| r.since.is_some())
    }

    /// The same request, with the first day that the data of each sheet covers.
    pub fn since(&self, days: BTreeMap<usize, NaiveDate>) -> Request {
        let mut request = self.request.clone();
        if let Some(rules) = &mut request.rules {
            rules.since = Some(days);
        }
        request
    }
}

/// A sheet that is computed.
pub(super) struct Sheet {
    /// Its KPI, by its place in the model.
    pub(super) kpi: usize,
    pub(super) grain: Grain,
    pub(super) each: Vec<Dimension>,
    pub(super) when: When,
}

/// The sheets of some rules.
pub(super) fn wanted(model: &Model, request: &Request, rules: &BTreeSet<usize>) -> Vec<Sheet> {
    let mut sheets: BTreeMap<usize, Sheet> = BTreeMap::new();
    let judged = rules.iter().map(|place| &model.rules[*place]).filter(|rule| rule.lacks.is_none());
    for rule in judged {
        let asked = request.rules.as_ref().and_then(|r| r.since.as_ref());
        let since = asked.and_then(|since| since.get(&rule.sheet)).copied();
        sheets.entry(rule.sheet).or_insert_with(|| Sheet {
            kpi: rule.sheet,
            grain: rule.grain,
            each: rule.each.clone(),
            when: if rule.timeless { When::Now } else { When::Judged(since) },
        });
    }
    sheets.into_values().collect()
}

/// The totals that sheets ask of KPIs that members name, at each grain over the longest of their histories.
pub(super) fn totals(model: &Model, sheets: &[Sheet]) -> Vec<(usize, Grain, When)> {
    let mut grains: BTreeMap<Grain, When> = BTreeMap::new();
    for sheet in sheets {
        let kpi = &model.kpis[sheet.kpi];
        let When::Judged(day) = sheet.when else { continue };
        if kpi.beside.iter().any(|formula| formula.is_bound()) {
            let entry = grains.entry(sheet.grain).or_insert(When::History(day));
            if let (When::History(Some(known)), Some(day)) = (*entry, day) {
                *entry = When::History(Some(known.min(day)));
            } else if day.is_some() {
                *entry = When::History(day);
            }
        }
    }
    let of = |(grain, when): (&Grain, &When)| {
        let (grain, when) = (*grain, *when);
        let shown = model.kpis.iter().enumerate();
        let shown =
            shown.filter(move |(_, k)| !k.hidden && (k.grains.contains(&grain) || fits(model, k, grain)));
        shown.map(move |(place, _)| (place, grain, when)).collect::<Vec<_>>()
    };
    grains.iter().flat_map(of).collect()
}

/// Whether a KPI can be computed at a grain that it does not list.
fn fits(model: &Model, kpi: &Kpi, grain: Grain) -> bool {
    kpi.formulas().iter().all(|formula| {
        unfit_offsets(formula, grain, &model.calendar).is_empty()
            && unfit_windows(model, formula, grain).is_empty()
    })
}

/// The KPIs of which a rule asks what they cost or bring.
pub(super) fn priced(model: &Model, sheets: &[Sheet]) -> BTreeSet<usize> {
    let mut all = BTreeSet::new();
    let is = |facet: Facet| matches!(facet, Facet::Cost | Facet::Benefit);
    for formula in sheets.iter().flat_map(|s| &model.kpis[s.kpi].beside) {
        formula.each_leaf(&mut |leaf| match leaf {
            ResultLeaf::Judged(asked) if is(asked.facet) => {
                all.extend(model.kpis.iter().position(|k| k.name == asked.name));
            }
            ResultLeaf::Bound(bound) if is(bound.facet) => {
                all.extend((0..model.kpis.len()).filter(|k| !model.kpis[*k].hidden));
            }
            _ => {}
        });
    }
    all
}

/// Who is there to be asked: the rows of the entity that all dimensions start from.
pub(super) fn population(model: &Model, dimensions: &[Dimension]) -> Option<Population> {
    let root = model.root_of(dimensions)?;
    let mut keys: Vec<ColumnRef> =
        dimensions.iter().map(|d| reaches(model, root, &d.path)).collect::<Option<_>>()?;
    let span = model.source(root).span;
    for column in [span.map(|s| s.from), span.and_then(|s| s.to)].into_iter().flatten() {
        keys.push(ColumnRef { hops: Vec::new(), column });
    }
    let set = GroupSet { grain: Grain::Day, periods: (0, 1), keys, until: None };
    Some(Population {
        group: ScanGroup { source: root, time: TimeBinding::Always, sets: vec![set], measures: Vec::new() },
        width: dimensions.len(),
        from: span.is_some(),
        to: span.is_some_and(|s| s.to.is_some()),
        inclusive: span.is_some_and(|s| s.inclusive),
    })
}
