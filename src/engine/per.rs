//! What is asked of each entity: a grid by the entity inside a grid of a breakdown, which entities count in
//! each of its cells, and to which cell of the breakdown around it each belongs.

use std::collections::HashMap;

use chrono::NaiveDate;
use datafusion::common::{DataFusionError, Result as DfResult};

use super::run::Run;
use super::table::Meeting;
use crate::functions::Env;
use crate::model::expr::ResultExpr;
use crate::model::project::{ColumnRef, TimeBinding};
use crate::plan::per::PerPlan;
use crate::results::cells::Cells;
use crate::results::evaluate::{Evaluator, Level};
use crate::results::per::{PerLevel, is_undecided, truth};
use crate::results::set::Members;

/// An inner grid before the one around it is known.
pub(super) struct Inner {
    asked: *const ResultExpr,
    level: Level,
    /// What its entities belong to.
    tuples: Vec<Members>,
    /// For each cell what its entity belongs to then.
    tuple_of: Vec<usize>,
    /// Which cells count.
    counts: Vec<bool>,
    /// Which may count, and why that is not known.
    undecided: Vec<u8>,
    first: i64,
}

/// An earlier period, cut: its index and the day from which nothing counts.
pub(super) type CutAt = Option<(i64, i64, NaiveDate)>;

impl Run<'_> {
    /// The inner grids of a breakdown's formula.
    pub(super) fn inners(
        &self,
        meeting: &Meeting<'_>,
        dimensions: &[usize],
        cut: CutAt,
    ) -> DfResult<Vec<Inner>> {
        meeting.plan.pers.iter().map(|plan| self.inner(meeting, plan, dimensions, cut)).collect()
    }

    fn inner(
        &self,
        meeting: &Meeting<'_>,
        plan: &PerPlan,
        dimensions: &[usize],
        cut: CutAt,
    ) -> DfResult<Inner> {
        let parts: Vec<&ResultExpr> = plan.per.parts().collect();
        let inside = Meeting { plan: &plan.inner, formulas: &parts, looks: None, ..*meeting };
        let (cells, mut level) = match cut {
            None => self.level(&inside, &[0], &[])?,
            Some(cut) => self.cut_level(&inside, &[0], cut)?,
        };
        let (tuples, tuple_of) = self.belongings(meeting, plan, dimensions, &cells, cut)?;
        level.belongs = Some(tuple_of.clone());
        // Entities that are there, or that some aggregate in it saw; rows without the entity are in none.
        for per in level.pers.values() {
            level.covered.iter_mut().zip(&per.level.covered).for_each(|(all, this)| *all &= this);
        }
        let width = level.width.max(1);
        let env = Env { timezone: self.model.calendar.timezone };
        let evaluated = |level: &Level, part: &ResultExpr| {
            Evaluator::of(level, env).eval(part).map_err(|f| DataFusionError::External(Box::new(f)))
        };
        let mut counts = match plan.per.population.and_then(|id| level.measures.get(&id)) {
            Some(population) => population.seen.iter().map(|seen| *seen > 0).collect::<Vec<_>>(),
            None => {
                // What windows and shifts saw elsewhere is seen too.
                let mut seen = vec![false; level.size()];
                for part in &parts {
                    let column = evaluated(&level, part)?;
                    seen.iter_mut().zip(column.seen.iter()).for_each(|(s, n)| *s |= *n > 0);
                }
                seen
            }
        };
        for (cell, counts) in counts.iter_mut().enumerate() {
            *counts &= level.named[cell / width];
        }
        level.counts = Some(counts.clone());
        let mut undecided = vec![0u8; level.size()];
        if let Some(filter) = &plan.per.filter {
            let keeps = evaluated(&level, filter)?;
            for (cell, known) in truth(&keeps.values).into_iter().enumerate() {
                if counts[cell] && known.is_none() && is_undecided(keeps.reasons[cell]) {
                    undecided[cell] = keeps.reasons[cell];
                }
                counts[cell] &= known == Some(true);
            }
        }
        level.counts = Some(counts.clone());
        let asked = &raw const plan.per.formula;
        Ok(Inner { asked, level, tuples, tuple_of, counts, undecided, first: cells.periods.start })
    }

    /// For each cell of an inner grid the members of the outer dimensions that its entity belongs to.
    fn belongings(
        &self,
        meeting: &Meeting<'_>,
        plan: &PerPlan,
        dimensions: &[usize],
        cells: &Cells,
        cut: CutAt,
    ) -> DfResult<(Vec<Members>, Vec<usize>)> {
        let width = cells.width();
        let mut tuple_of = vec![0; cells.combos.len() * width];
        if dimensions.is_empty() {
            return Ok((vec![Vec::new()], tuple_of));
        }
        let mut tuples: Vec<Members> = vec![vec![None; dimensions.len()]];
        let keys: Vec<ColumnRef> = plan.keys_of(dimensions);
        let cut = cut.map(|(_, period, until)| (period, until));
        let Some((g, s)) =
            self.graph.place(plan.members, meeting.table.grain, &keys, (&meeting.table.computed, cut))
        else {
            return datafusion::common::internal_err!("what entities belong to was not computed");
        };
        let (group, set) = (&self.graph.groups[g], &meeting.results[g].sets[s]);
        let always = group.time == TimeBinding::Always;
        let first = group.sets[s].periods.0;
        let place: HashMap<&Option<String>, usize> =
            cells.combos.iter().enumerate().map(|(i, m)| (&m[0], i)).collect();
        let mut numbers: HashMap<Members, usize> = HashMap::from([(tuples[0].clone(), 0)]);
        for (combo, period) in set.combos.iter().zip(&set.periods) {
            let members = &set.members[*combo];
            let Some(entity) = place.get(&members[0]) else { continue };
            let of = members[1..].to_vec();
            let next = tuples.len();
            let number = *numbers.entry(of.clone()).or_insert(next);
            if number == next {
                tuples.push(of);
            }
            let at = first + i64::from(*period) - cells.periods.start;
            let at = if always { 0..width as i64 } else { at..at + 1 };
            for period in at.filter(|p| (0..width as i64).contains(p)) {
                tuple_of[entity * width + period as usize] = number;
            }
        }
        Ok((tuples, tuple_of))
    }

    /// The cells around that entities belong to and count in, of periods that all that is asked of them reaches:
    /// members and period.
    pub(super) fn seen_around(meeting: &Meeting<'_>, inners: &[Inner]) -> Vec<(Members, i64)> {
        let mut all = Vec::new();
        for inner in inners {
            let looked = meeting.looks.map(|l| meeting.periods_of(l.pers.get(&inner.asked)));
            let width = inner.level.width.max(1);
            let mut done = std::collections::HashSet::new();
            let asked = inner.counts.iter().zip(&inner.undecided).map(|(counts, why)| *counts || *why != 0);
            for (cell, _) in asked.enumerate().filter(|(_, asked)| *asked) {
                let (tuple, period) = (inner.tuple_of[cell], inner.first + (cell % width) as i64);
                let sees =
                    inner.level.covered[cell % width] && looked.as_ref().is_none_or(|l| l.contains(&period));
                if sees && done.insert((tuple, period)) {
                    all.push((inner.tuples[tuple].clone(), period));
                }
            }
        }
        all
    }

    /// Puts inner grids into the one around them.
    pub(super) fn put(level: &mut Level, cells: &Cells, inners: Vec<Inner>) {
        let place: HashMap<&Members, usize> = cells.combos.iter().enumerate().map(|(i, m)| (m, i)).collect();
        let width = level.width.max(1);
        for inner in inners {
            let combos: Vec<Option<usize>> = inner.tuples.iter().map(|t| place.get(t).copied()).collect();
            let outer = inner
                .tuple_of
                .iter()
                .enumerate()
                .map(|(cell, tuple)| combos[*tuple].map(|c| (c * width + cell % width) as u32))
                .collect();
            let Inner { asked, level: inside, counts, undecided, .. } = inner;
            level.pers.insert(asked.addr(), PerLevel { level: inside, outer, counts, undecided });
        }
    }
}
