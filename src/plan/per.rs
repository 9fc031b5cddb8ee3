//! What is asked of each entity -> a breakdown by the entity of its own, with each aggregate's way to it,
//! and the rows that say what each entity belongs to.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::BreakdownPlan;
use crate::diagnostic::Diagnostics;
use crate::model::expr::{Per, ResultExpr};
use crate::model::project::{ColumnRef, Dimension, Kpi, MeasureId, Model};
use crate::resolve::dimension;

/// What a breakdown's formula asks of each entity.
#[derive(Clone, Debug)]
pub struct PerPlan {
    /// The question.
    pub per: Arc<Per>,
    /// The breakdown by the entity.
    pub inner: BreakdownPlan,
    /// The rows that say what an entity belongs to.
    pub members: MeasureId,
    /// The entity's key, then its way to each dimension of the breakdown.
    pub ways: Vec<ColumnRef>,
}

impl PerPlan {
    /// The keys of the rows that say what an entity belongs to, for some of the breakdown's dimensions.
    pub fn keys_of(&self, dimensions: &[usize]) -> Vec<ColumnRef> {
        std::iter::once(0).chain(dimensions.iter().map(|d| d + 1)).map(|i| self.ways[i].clone()).collect()
    }
}

/// The plans of what some formulas ask of each entity, in a breakdown.
pub fn plans(
    model: &Model,
    kpi: &Kpi,
    formulas: &[&ResultExpr],
    dimensions: &[Dimension],
    problems: &mut Diagnostics,
) -> Vec<PerPlan> {
    let pers = formulas.iter().flat_map(|f| f.pers());
    pers.filter_map(|per| plan(model, kpi, per, dimensions, problems)).collect()
}

fn plan(
    model: &Model,
    kpi: &Kpi,
    per: &Arc<Per>,
    dimensions: &[Dimension],
    problems: &mut Diagnostics,
) -> Option<PerPlan> {
    let (source, members) = (per.source?, per.members?);
    let key = model.source(source).key.first().copied()?;
    let mut ways = vec![ColumnRef { hops: Vec::new(), column: key }];
    for wanted in dimensions {
        match dimension(model, source, wanted, kpi) {
            Ok(way) => ways.push(way),
            Err(problem) => {
                let needed = format!("needed by what is asked per {} of `{}`", per.entity.name(), kpi.name);
                if let Some(problem) = problem {
                    problems.merge(problem.note(needed));
                }
                return None;
            }
        }
    }
    let parts: Vec<&ResultExpr> = per.parts().collect();
    let entity = std::slice::from_ref(&per.entity);
    let mut keys = BTreeMap::new();
    for id in parts.iter().flat_map(|p| p.measures_here()).chain(per.population) {
        match dimension(model, model.measures[id.0].source, &per.entity, kpi) {
            Ok(way) => {
                keys.insert(id, vec![way]);
            }
            Err(problem) => {
                if let Some(problem) = problem {
                    problems.merge(problem.note(format!(
                        "asked per {} of `{}`",
                        per.entity.name(),
                        kpi.name
                    )));
                }
                return None;
            }
        }
    }
    let inner = BreakdownPlan {
        dimensions: entity.to_vec(),
        keys,
        coarser: Vec::new(),
        population: None,
        pers: plans(model, kpi, &parts, entity, problems),
    };
    // What an entity belongs to may depend on the moment; else it is looked up once.
    let by_moment = ways.iter().any(|w| model.column_depends(source, w).moment);
    Some(PerPlan { per: Arc::clone(per), inner, members: members[usize::from(by_moment)], ways })
}
