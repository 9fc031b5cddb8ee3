//! The value of a part, as the evaluator computes it on the grid at hand, how it is shown, and the rows behind it.

use super::walk::{Here, Read, Walk, Walked};
use super::when::when;
use crate::functions::{Env, Failure};
use crate::model::expr::{Kind, Over, ResultExpr, ResultLeaf};
use crate::model::outcome::Reason;
use crate::model::project::{Aggregate, MeasureId};
use crate::model::types::Type;
use crate::model::why::{Figure, Rows};
use crate::results::evaluate::{Column, Evaluator};
use crate::results::outcome::value;

impl Walk<'_> {
    /// A column of a part, over the grid.
    pub(super) fn column(&self, here: Here<'_>, expr: &ResultExpr) -> Walked<Column> {
        let env = Env { timezone: self.run.model.calendar.timezone };
        let mut evaluator = Evaluator::of(here.level, env);
        evaluator.whole = here.whole;
        evaluator.eval(expr)
    }

    /// The value of a part.
    pub(super) fn figure(&self, here: Here<'_>, expr: &ResultExpr, read: Read<'_>) -> Walked<Figure> {
        let column = self.column(here, expr)?;
        self.figure_of(&column, here.cell, expr, read)
    }

    pub(super) fn figure_of(
        &self,
        column: &Column,
        cell: usize,
        expr: &ResultExpr,
        read: Read<'_>,
    ) -> Walked<Figure> {
        let model = self.run.model;
        let (value, exact) = value(column, cell, model).map_err(|e| Failure::Internal(e.to_string()))?;
        let number = matches!(expr.ty, Type::Float | Type::Decimal(_)) && !expr.unit.is_strict();
        let (percent, decimals) = match &expr.kind {
            Kind::Leaf(ResultLeaf::Kpi(name, _)) => {
                model.kpi(name).map_or((false, None), |k| (k.percent, k.decimals))
            }
            Kind::Leaf(ResultLeaf::Measure(id)) if model.measures[id.0].aggregate == Aggregate::Share => {
                (true, read.decimals)
            }
            Kind::Leaf(ResultLeaf::Per(per))
                if matches!(per.over, Over::TopShare(_) | Over::Aggregate(Aggregate::Share)) =>
            {
                (true, read.decimals)
            }
            Kind::Leaf(ResultLeaf::Across(across, _))
                if matches!(across.name(), "growth" | "share_of_total") =>
            {
                (true, read.decimals)
            }
            _ => (read.percent && number, read.decimals.filter(|_| read.percent && number)),
        };
        let n = column.n.as_ref().map(|n| n[cell]);
        Ok(Figure {
            value,
            exact,
            ty: expr.ty,
            unit: expr.unit.clone(),
            percent,
            decimals,
            reason: Reason::from_u8(column.reasons[cell]),
            n,
            skipped: column.skipped[cell],
        })
    }

    /// The rows behind an aggregate.
    pub(super) fn rows(&self, here: Here<'_>, id: MeasureId) -> Option<Rows> {
        let counted = self.counts.get(&id)?;
        let count = |id: &MeasureId| Some(here.level.measures.get(id)?.seen[here.cell]);
        let measure = &self.run.model.measures[id.0];
        Some(Rows {
            source: self.run.model.source(measure.source).name.clone(),
            when: when(self.run.model, measure, here),
            all: count(&counted.all)?,
            kept: counted
                .kept
                .iter()
                .map(|(text, id)| Some((text.clone(), count(id)?)))
                .collect::<Option<Vec<_>>>()?,
        })
    }
}
