//! An aggregate -> counts of the rows behind it: those that its source has in the period, and those that are left
//! after each condition, as measures that are planned and scanned like any other. Where a KPI withholds values
//! of few rows there are none: counts would give them away.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::expr::{Expr, Kind, ResultExpr, ResultLeaf, RowExpr, RowLeaf};
use crate::model::project::{Aggregate, ColumnRef, Measure, MeasureId, Model, Moment, Ranged, TimeBinding};
use crate::model::types::{Type, Unit};
use crate::source::SourceMap;

use super::text::{row_leaf, written};

/// The counts of the rows behind an aggregate.
#[derive(Clone, Debug)]
pub struct Counted {
    /// All of the period.
    pub(super) all: MeasureId,
    /// The text of each condition, and those that are left.
    pub(super) kept: Vec<(String, MeasureId)>,
}

/// By aggregate.
pub type Counts = BTreeMap<MeasureId, Counted>;

/// Adds the counts of all aggregates of a KPI, by its place, to a model.
pub fn count(model: &mut Model, kpi: usize, map: &SourceMap) -> Counts {
    let mut counts = Counts::new();
    if model.kpis[kpi].hides() {
        return counts;
    }
    for id in model.kpis[kpi].measures_here() {
        let measure = model.measures[id.0].clone();
        if measure.aggregate == Aggregate::Own {
            continue;
        }
        let within = match &measure.time {
            TimeBinding::Ranged(ranged) => ranged.within.clone(),
            _ => Vec::new(),
        };
        let conditions = conditions(&measure);
        let leaf = |leaf: &RowLeaf| row_leaf(model, measure.source, leaf);
        let mut texts: Vec<String> =
            within.iter().map(|(column, _)| within_text(model, &measure, column)).collect();
        texts.extend(conditions.iter().map(|c| written(c, (map, &measure.text), &leaf)));
        let mut ids = Vec::new();
        for dates in 0..within.len() {
            ids.push(add(model, counting(&measure, dates, &[])));
        }
        for kept in 0..=conditions.len() {
            ids.push(add(model, counting(&measure, within.len(), &conditions[..kept])));
        }
        let all = ids.remove(0);
        counts.insert(id, Counted { all, kept: texts.into_iter().zip(ids).collect() });
    }
    let ids = counts.values().flat_map(|c| std::iter::once(c.all).chain(c.kept.iter().map(|(_, id)| *id)));
    let beside: Vec<Arc<ResultExpr>> = ids.map(|id| Arc::new(leaf(model, id))).collect();
    model.kpis[kpi].beside = beside;
    counts
}

/// What is asked of a measure's rows, in order; of a share last what is true of those that it counts.
fn conditions(measure: &Measure) -> Vec<RowExpr> {
    let mut all = Vec::new();
    if let Some(filter) = &measure.filter {
        split(filter, &mut all);
    }
    let share = measure.argument.as_ref().filter(|_| measure.aggregate == Aggregate::Share);
    all.extend(share.cloned());
    all
}

fn split(expr: &RowExpr, all: &mut Vec<RowExpr>) {
    match &expr.kind {
        // `x between 1 and 5` is two comparisons that were written as one.
        Kind::And(a, b) if a.span != b.span => {
            split(a, all);
            split(b, all);
        }
        _ => all.push(expr.clone()),
    }
}

/// The count of a measure's rows with some of what is asked of them.
fn counting(measure: &Measure, dates: usize, conditions: &[RowExpr]) -> Measure {
    let filter = conditions.iter().cloned().reduce(|a, b| {
        let span = a.span.to(b.span);
        Expr { kind: Kind::And(Box::new(a), Box::new(b)), ty: Type::Boolean, unit: Unit::none(), span }
    });
    let time = match &measure.time {
        TimeBinding::Ranged(ranged) => TimeBinding::Ranged(Box::new(Ranged {
            within: ranged.within.iter().take(dates).cloned().collect(),
            ..(**ranged).clone()
        })),
        time => time.clone(),
    };
    Measure {
        aggregate: Aggregate::Count,
        argument: None,
        weight: None,
        filter,
        time,
        ty: Type::Integer,
        unit: Unit::none(),
        ..measure.clone()
    }
}

/// Equal measures are one.
fn add(model: &mut Model, measure: Measure) -> MeasureId {
    let key = measure.key();
    if let Some(at) = model.measures.iter().position(|m| m.key() == key) {
        return MeasureId(at);
    }
    model.measures.push(measure);
    MeasureId(model.measures.len() - 1)
}

fn leaf(model: &Model, id: MeasureId) -> ResultExpr {
    let measure = &model.measures[id.0];
    let kind = Kind::Leaf(ResultLeaf::Measure(id));
    Expr { kind, ty: measure.ty, unit: measure.unit.clone(), span: measure.span }
}

/// `ended in period`, where the column is the end of the source's span.
fn within_text(model: &Model, measure: &Measure, column: &ColumnRef) -> String {
    let span = match &measure.time {
        TimeBinding::Ranged(ranged) => match &ranged.moment {
            Moment::Active { from, to, .. } => Some((Some(from), to.as_ref())),
            Moment::Known { from, to, .. } => Some((from.as_ref(), to.as_ref())),
            Moment::Always | Moment::At(_) => None,
        },
        _ => None,
    };
    let own = model.source(measure.source).span.map(|s| (s.from, s.to));
    let is = |at: Option<usize>| column.hops.is_empty() && at == Some(column.column);
    match (span, own) {
        (Some((Some(from), _)), _) if from == column => "started in period".to_owned(),
        (Some((_, Some(to))), _) if to == column => "ended in period".to_owned(),
        (_, Some((from, _))) if is(Some(from)) => "started in period".to_owned(),
        (_, Some((_, to))) if is(to) => "ended in period".to_owned(),
        _ => format!("{} in period", model.path_text(measure.source, column)),
    }
}
