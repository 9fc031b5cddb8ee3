//! A value made of entities' values -> how many entities counted, and those that decide it, or weigh most.

use super::walk::{Here, Read, Walk, Walked};
use crate::model::expr::{Over, Per};
use crate::model::project::Aggregate;
use crate::model::why::{Operand, Part};
use crate::results::outcome::number;

/// So many of the largest entities are shown.
const LARGEST: usize = 3;

impl Walk<'_> {
    /// The entities behind a value, and those that decide it.
    pub(super) fn per(
        &mut self,
        operand: &mut Operand,
        here: Here<'_>,
        per: &Per,
        read: Read<'_>,
    ) -> Walked<()> {
        let Some(inside) = here.level.pers.get(&std::ptr::from_ref(&per.formula).addr()) else {
            return Ok(());
        };
        let level = &inside.level;
        let column = self.column(Here { level, cell: 0, whole: None }, &per.formula)?;
        let mine = |cell: &usize| inside.counts[*cell] && inside.outer[*cell] == Some(here.cell as u32);
        let cells: Vec<usize> = (0..level.size()).filter(mine).collect();
        let mut known: Vec<(f64, usize)> =
            cells.iter().filter_map(|cell| Some((number(&column, *cell)?, *cell))).collect();
        let with = cells.iter().filter(|cell| column.values.is_valid(**cell)).count();
        let entity = per.entity.name();
        operand.notes.push(format!("entities by `{entity}`: {} counted, {with} with a value", cells.len()));
        let (shown, role) = match &per.over {
            Over::Aggregate(Aggregate::Max) => (1, "decided by"),
            Over::Aggregate(Aggregate::Min) => {
                for (value, _) in &mut known {
                    *value = -*value;
                }
                (1, "decided by")
            }
            Over::Aggregate(Aggregate::Sum | Aggregate::Avg) => (LARGEST, "among the largest,"),
            Over::TopShare(count) => ((*count as usize).min(10 * LARGEST), "among the largest,"),
            Over::Aggregate(_) => (0, ""),
        };
        known.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let own = Read { percent: false, decimals: None, ..read };
        for (_, cell) in known.into_iter().take(shown) {
            let member = level.combos[cell / level.width.max(1)].first().cloned().flatten();
            let there = Here { level, cell, whole: None };
            let mut part = if shown == 1 {
                self.part(there, &per.formula, own)?
            } else {
                let mut part = Operand::new(Part::Formula, self.text(&per.formula, own));
                part.figure = Some(self.figure_of(&column, cell, &per.formula, own)?);
                part
            };
            part.role = Some(format!("{role} {entity} {}", member.as_deref().unwrap_or("(none)")));
            operand.operands.push(part);
        }
        Ok(())
    }
}
