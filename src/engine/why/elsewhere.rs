//! Parts whose values come from other cells than the one at hand: earlier periods, the whole breakdown. Each is
//! opened up in the cell that it comes from.

use super::walk::{Here, Read, Walk, Walked};
use crate::model::expr::{Across, Offset, ResultExpr};
use crate::model::why::{Operand, Part};
use crate::results::evaluate::Whole;

impl Walk<'_> {
    /// What a part across cells is made of.
    pub(super) fn across(
        &mut self,
        operand: &mut Operand,
        here: Here<'_>,
        (across, body): (&Across, &ResultExpr),
        read: Read<'_>,
    ) -> Walked<()> {
        let own = read;
        match across {
            Across::Ago(offset) => self.earlier(operand, here, (offset, body), own)?,
            Across::Change(offset) | Across::Growth(offset) => {
                let mut now = self.part(here, body, own)?;
                now.role = Some(format!("in {}", here.name()));
                operand.operands.push(now);
                self.earlier(operand, here, (offset, body), own)?;
            }
            Across::RollingAvg(periods) => {
                let column = self.column(here, body)?;
                let back = *periods as usize;
                let first = here.cell % here.level.width.max(1);
                for back in (0..back.min(first + 1)).rev() {
                    let there = Here { cell: here.cell - back, ..here };
                    let mut part = Operand::new(Part::Formula, self.text(body, own));
                    part.role = Some(format!("in {}", there.name()));
                    part.figure = Some(self.figure_of(&column, there.cell, body, own)?);
                    operand.operands.push(part);
                }
            }
            Across::Total(by) => self.over_all(operand, here, (by, body), own)?,
            Across::ShareOfTotal => {
                let mut part = self.part(here, body, own)?;
                part.role = Some("part".to_owned());
                operand.operands.push(part);
                self.over_all(operand, here, (&[], body), own)?;
            }
            Across::Rank(lower) => {
                let best = if *lower { "the lowest is 1" } else { "the highest is 1" };
                operand.notes.push(format!("the place among the members of the breakdown: {best}"));
                operand.operands.push(self.part(here, body, own)?);
            }
            Across::HideBelow(rows) => operand.notes.push(format!(
                "withheld below {rows} rows, so its parts are not shown: they would tell of few rows"
            )),
        }
        Ok(())
    }

    pub(super) fn text(&self, body: &ResultExpr, read: Read<'_>) -> String {
        super::text::result_text(self.run.model, self.map, read.home, body)
    }

    /// The body some periods earlier.
    fn earlier(
        &mut self,
        operand: &mut Operand,
        here: Here<'_>,
        (offset, body): (&Offset, &ResultExpr),
        read: Read<'_>,
    ) -> Walked<()> {
        let level = here.level;
        let Some(back) = offset.periods(level.grain, &level.calendar) else { return Ok(()) };
        let width = level.width.max(1);
        let (combo, at) = (here.cell / width, here.cell % width);
        let places = usize::try_from(back).unwrap_or(usize::MAX);
        let cut = level.cuts.get(&back).filter(|_| offset.same_point && level.open == Some(at));
        let (there, point) = if let Some(cut) = cut {
            let whole = here.whole.unwrap_or(Whole { level, period: at });
            let whole = whole.period.checked_sub(places).map(|period| Whole { level: whole.level, period });
            (Some(Here { level: cut, cell: combo, whole }), ", up to the same point")
        } else if let Some(whole) = here.whole.filter(|_| !offset.same_point) {
            let cell = whole.period.checked_sub(places).map(|p| combo * whole.level.width + p);
            (cell.map(|cell| Here { level: whole.level, cell, whole: None }), "")
        } else {
            (at.checked_sub(places).map(|p| Here { cell: combo * width + p, ..here }), "")
        };
        let Some(there) = there else {
            operand.notes.push("there is no period so much earlier".to_owned());
            return Ok(());
        };
        let mut part = self.part(there, body, read)?;
        part.role = Some(format!("in {}{point}", there.name()));
        operand.operands.push(part);
        Ok(())
    }

    /// The body over all members, or over those that share some dimensions.
    fn over_all(
        &mut self,
        operand: &mut Operand,
        here: Here<'_>,
        (by, body): (&[Vec<String>], &ResultExpr),
        read: Read<'_>,
    ) -> Walked<()> {
        let level = here.level;
        let places: Vec<usize> =
            (0..level.dimensions.len()).filter(|i| by.contains(&level.dimensions[*i])).collect();
        let there = if places.len() == level.dimensions.len() {
            Some(here)
        } else {
            let width = level.width.max(1);
            let coarser = level.coarser.iter().find(|c| c.kept == places);
            coarser.and_then(|c| {
                let combo = c.combos[here.cell / width]?;
                Some(Here { level: &c.level, cell: combo * width + here.cell % width, whole: here.whole })
            })
        };
        if let Some(there) = there {
            let mut part = self.part(there, body, read)?;
            let of: Vec<String> = places.iter().map(|i| level.dimensions[*i].join(".")).collect();
            part.role = Some(if of.is_empty() {
                "over all members".to_owned()
            } else {
                format!("over all of the same {}", of.join(", "))
            });
            operand.operands.push(part);
        }
        Ok(())
    }
}
