//! A formula in one cell -> its parts with their values: each part is computed on the very grid that the whole
//! was, so that what is shown is what was computed. Constants are not repeated, a KPI is opened up once.

use std::collections::{BTreeMap, BTreeSet};

use super::rows::Counts;
use super::text::{canonical, result_text};
use super::when::window_text;
use crate::engine::coverage::Coverage;
use crate::engine::run::Run;
use crate::functions::Failure;
use crate::model::expr::{Arith, Kind, ResultExpr, ResultLeaf};
use crate::model::outcome::Reason;
use crate::model::project::MeasureId;
use crate::model::why::{Operand, Part};
use crate::results::evaluate::{Level, Whole};
use crate::source::SourceMap;

/// More parts than this are not shown: formulas that use each other grow fast.
const MOST_PARTS: usize = 1_000;

/// What is walked.
pub(super) struct Walk<'a> {
    pub(super) run: &'a Run<'a>,
    pub(super) map: &'a SourceMap,
    pub(super) counts: &'a Counts,
    /// From when the source of each aggregate covers periods.
    pub(super) covered: &'a BTreeMap<MeasureId, Coverage>,
    pub(super) opened: BTreeSet<(usize, usize, usize)>,
    pub(super) parts: usize,
}

/// A cell of a grid.
#[derive(Clone, Copy)]
pub(super) struct Here<'l> {
    pub(super) level: &'l Level,
    pub(super) cell: usize,
    /// Of a cut period, where it lies among whole ones.
    pub(super) whole: Option<Whole<'l>>,
}

impl Here<'_> {
    /// The period's index.
    pub(super) fn period(&self) -> i64 {
        self.level.first + (self.cell % self.level.width.max(1)) as i64
    }

    /// The period's name.
    pub(super) fn name(&self) -> String {
        self.level.calendar.name(self.level.grain, self.period())
    }
}

/// How a part is read: the text of the formula that it stands in, and whether it is a percentage there.
#[derive(Clone, Copy)]
pub(super) struct Read<'h> {
    pub(super) home: &'h str,
    pub(super) percent: bool,
    pub(super) decimals: Option<u8>,
}

pub(super) type Walked<T> = Result<T, Failure>;

impl Walk<'_> {
    /// A part, with what it is made of.
    pub(super) fn part(&mut self, here: Here<'_>, expr: &ResultExpr, read: Read<'_>) -> Walked<Operand> {
        let model = self.run.model;
        let text = result_text(model, self.map, read.home, expr);
        let mut operand = Operand::new(Part::Formula, text);
        operand.figure = Some(self.figure(here, expr, read)?);
        self.parts += 1;
        if self.parts > MOST_PARTS {
            operand.notes.push("what it is made of is not shown: there are too many parts".to_owned());
            return Ok(operand);
        }
        match &expr.kind {
            Kind::Leaf(ResultLeaf::Measure(id)) => {
                operand.part = Part::Aggregate;
                operand.rows = self.rows(here, *id);
                operand.notes.extend(window_text(model, &model.measures[id.0]));
            }
            Kind::Leaf(ResultLeaf::Kpi(name, body)) => self.kpi(&mut operand, here, name, body)?,
            Kind::Leaf(ResultLeaf::Across(across, body)) => {
                operand.part = Part::Across;
                self.across(&mut operand, here, (across, body), read)?;
            }
            Kind::Leaf(ResultLeaf::History(history)) => {
                operand.part = Part::Across;
                self.history(&mut operand, here, history, read)?;
            }
            Kind::Leaf(ResultLeaf::Per(per)) => {
                operand.part = Part::Per;
                self.per(&mut operand, here, per, read)?;
            }
            Kind::Leaf(ResultLeaf::Table(table)) => {
                operand.part = Part::Table;
                operand.notes = self.table_row(here, *table)?;
            }
            Kind::Leaf(ResultLeaf::Period(..)) => operand.part = Part::Period,
            Kind::Call("if", args) => operand.operands = self.branches(here, args, read)?,
            _ => operand.operands = self.children(here, expr, read)?,
        }
        if operand.missing.is_none() {
            operand.missing = self.missing(here, expr, &operand);
        }
        if operand.reason() == Some(Reason::OutsideData) {
            // No row of a period that the data does not reach says anything.
            operand.rows = None;
        }
        Ok(operand)
    }

    /// What a part is made of, without constants.
    fn children(&mut self, here: Here<'_>, expr: &ResultExpr, read: Read<'_>) -> Walked<Vec<Operand>> {
        let passes = match &expr.kind {
            Kind::Neg(_) | Kind::Arith(Arith::Add | Arith::Sub, ..) => true,
            Kind::Call(name, _) => {
                matches!(*name, "coalesce" | "least" | "greatest" | "clamp" | "round" | "abs")
            }
            _ => false,
        };
        let read = Read { percent: read.percent && passes, ..read };
        let mut parts = Vec::new();
        for (at, child) in expr.children().into_iter().enumerate() {
            if is_constant(child) {
                continue;
            }
            let mut part = self.part(here, child, read)?;
            // Where the other side is a constant, as in `hours / 24`, there is no ratio to speak of.
            let alone = expr.children().into_iter().any(is_constant);
            if matches!(expr.kind, Kind::Arith(Arith::Div, ..)) && (at == 1 || !alone) {
                part.role = Some(if at == 0 { "numerator" } else { "denominator" }.to_owned());
            }
            parts.push(part);
        }
        Ok(parts)
    }

    /// The conditions that were looked at, the branch that was taken, and the texts of the others.
    fn branches(&mut self, here: Here<'_>, args: &[ResultExpr], read: Read<'_>) -> Walked<Vec<Operand>> {
        let mut parts = Vec::new();
        let mut decided = false;
        let plain = Read { percent: false, decimals: None, ..read };
        for (at, arg) in args.iter().enumerate() {
            let otherwise = at + 1 == args.len();
            let condition = at % 2 == 0 && !otherwise;
            if condition {
                if decided {
                    continue;
                }
                let mut part = self.part(here, arg, plain)?;
                part.role = Some("condition".to_owned());
                let holds = part.figure.as_ref().and_then(|f| f.value);
                parts.push(part);
                match holds {
                    None => decided = true,
                    Some(holds) if holds != 0.0 => {
                        let mut taken = self.part(here, &args[at + 1], read)?;
                        taken.role = Some("taken".to_owned());
                        parts.push(taken);
                        decided = true;
                    }
                    Some(_) => {
                        let text = result_text(self.run.model, self.map, read.home, &args[at + 1]);
                        let mut other = Operand::new(Part::Formula, text);
                        other.role = Some("not taken".to_owned());
                        parts.push(other);
                    }
                }
            } else if otherwise && !decided {
                let mut taken = self.part(here, arg, read)?;
                taken.role = Some("taken".to_owned());
                parts.push(taken);
            }
        }
        Ok(parts)
    }

    /// Opens a KPI up, once for each cell.
    fn kpi(&mut self, operand: &mut Operand, here: Here<'_>, name: &str, body: &ResultExpr) -> Walked<()> {
        operand.part = Part::Kpi;
        let Some(kpi) = self.run.model.kpi(name) else { return Ok(()) };
        operand.formula = Some(kpi.text.clone());
        let level = std::ptr::from_ref(here.level) as usize;
        if !self.opened.insert((std::ptr::from_ref(body) as usize, level, here.cell)) {
            operand.notes.push("its parts stand above".to_owned());
            return Ok(());
        }
        let read = Read { home: &kpi.text, percent: kpi.percent, decimals: kpi.decimals };
        let whole = self.part(here, body, read)?;
        // Its own value stands beside its name; so does what is said of it.
        if matches!(whole.part, Part::Formula | Part::Aggregate) {
            operand.operands = whole.operands;
            operand.notes.extend(whole.notes);
            (operand.rows, operand.missing) = (whole.rows, whole.missing);
        } else {
            operand.operands = vec![whole];
        }
        Ok(())
    }

    /// The text of a formula that stands at its own place, as the home of its parts.
    pub(super) fn home(&self, expr: &ResultExpr) -> String {
        canonical(self.map, expr.span).unwrap_or_default()
    }
}

/// Whether a part reads nothing.
fn is_constant(expr: &ResultExpr) -> bool {
    let mut reads = false;
    expr.leaves(&mut |_| reads = true);
    !reads
}
