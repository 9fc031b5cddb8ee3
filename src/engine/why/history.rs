//! Parts over the history of formulas: the values of the closed periods that were looked at, each as the evaluator
//! read it.

use super::walk::{Here, Read, Walk, Walked};
use crate::functions::Env;
use crate::model::expr::ResultExpr;
use crate::model::history::{History, Lag, Told};
use crate::model::outcome::Reason;
use crate::model::types::Type;
use crate::model::why::{Operand, Part};
use crate::results::evaluate::Evaluator;

impl Walk<'_> {
    /// What a part over a history is made of.
    pub(super) fn history(
        &mut self,
        operand: &mut Operand,
        here: Here<'_>,
        history: &History,
        read: Read<'_>,
    ) -> Walked<()> {
        // Closed periods lie among the whole ones.
        let here = here.whole.map_or(here, |whole| {
            let combo = here.cell / here.level.width.max(1);
            Here { level: whole.level, cell: combo * whole.level.width + whole.period, whole: None }
        });
        if let (Told::LagCorr(Lag::Formula(_)), Some(lag)) = (history.told, history.of.get(2)) {
            let mut part = self.part(here, lag, read)?;
            part.role = Some("lag".to_owned());
            operand.operands.push(part);
        }
        let env = Env { timezone: self.run.model.calendar.timezone };
        let behind = Evaluator::of(here.level, env).behind(history, here.cell)?;
        if operand.reason() == Some(Reason::TooFewPeriods) {
            operand.missing = Some(too_few(history, behind.known));
        }
        let columns = history.of.iter().map(|of| self.column(here, of)).collect::<Walked<Vec<_>>>()?;
        for (series, cell) in behind.cells.into_iter().filter(|(series, _)| *series < 2) {
            let (there, of) = (Here { cell, ..here }, &history.of[series]);
            let mut part = if history.told == Told::Unusual && cell == here.cell {
                self.part(there, of, read)?
            } else {
                let mut part = Operand::new(Part::Formula, self.text(of, read));
                part.figure = Some(self.figure_of(&columns[series], cell, of, read)?);
                part
            };
            part.role = Some(format!("in {}", there.name()));
            operand.operands.push(part);
        }
        if let Some(limits) = behind.limits {
            let ty = if history.of[0].ty == Type::Duration { Type::Duration } else { Type::Float };
            let of = ResultExpr { ty, ..history.of[0].clone() };
            for (at, text) in ["lower limit", "upper limit"].into_iter().enumerate() {
                let mut part = Operand::new(Part::Formula, text.to_owned());
                part.figure = Some(self.figure_of(&limits, at, &of, read)?);
                operand.operands.push(part);
            }
        }
        Ok(())
    }
}

/// How many periods something is known of, and how many are needed.
fn too_few(history: &History, known: usize) -> String {
    let (last, min) = (history.last, history.min);
    if known >= min as usize {
        return "no two neighbouring periods are known".to_owned();
    }
    let what = if history.of.len() > 1 { "both values are known" } else { "a value is known" };
    format!("{what} in {known} of the {last} closed periods, and {min} are needed")
}
