//! `fill: entities`: the members of a breakdown that are there whether seen or not, as one more group
//! over the entity's own rows.

use std::collections::BTreeSet;

use super::{BreakdownPlan, GroupSet, Population, ScanGroup};
use crate::diagnostic::{Diagnostic, codes};
use crate::model::calendar::Grain;
use crate::model::project::{ColumnRef, Kpi, Model, SourceId, TimeBinding};

/// The population of a breakdown.
pub fn population(model: &Model, kpi: &Kpi, breakdown: &BreakdownPlan) -> Result<Population, Diagnostic> {
    let mut roots: Vec<SourceId> = Vec::new();
    let mut keys = Vec::new();
    if let Some((id, ways)) = breakdown.keys.iter().next() {
        let source = model.measures[id.0].source;
        // The entity that all ways lead to; else the one that they start with.
        let ends: BTreeSet<&[usize]> = ways.iter().map(|w| &w.hops[..]).collect();
        let depth = |way: &ColumnRef| if ends.len() == 1 { way.hops.len() } else { way.hops.len().min(1) };
        for way in ways {
            let root = model.target(source, &way.hops[..depth(way)]);
            if !roots.contains(&root) {
                roots.push(root);
            }
            let hops = way.hops.iter().skip(depth(way)).copied().collect();
            keys.push(ColumnRef { hops, column: way.column });
        }
    }
    let names: Vec<String> =
        breakdown.dimensions.iter().map(crate::model::project::Dimension::name).collect();
    let root = match roots.as_slice() {
        [root] if model.source(*root).entity.is_some() => *root,
        _ => {
            let mut problem = Diagnostic::new(
                &codes::BAD_REQUEST,
                format!("`fill: entities` of `{}` by {} has no one entity", kpi.name, names.join(", ")),
            )
            .help("breakdowns by an entity and its columns can be filled");
            if let Some(first) = breakdown.dimensions.first() {
                problem = problem.at(first.span, "whose members would be added?");
            }
            return Err(problem);
        }
    };
    let span = model.source(root).span;
    for column in [span.map(|s| s.from), span.and_then(|s| s.to)].into_iter().flatten() {
        keys.push(ColumnRef { hops: Vec::new(), column });
    }
    let set = GroupSet { grain: Grain::Day, periods: (0, 1), keys, until: None };
    let group = ScanGroup { source: root, time: TimeBinding::Always, sets: vec![set], measures: Vec::new() };
    Ok(Population {
        group,
        width: breakdown.dimensions.len(),
        from: span.is_some(),
        to: span.is_some_and(|s| s.to.is_some()),
        inclusive: span.is_some_and(|s| s.inclusive),
    })
}
