//! Why a value is missing, or not judged, in words: followed down to the part, and the rows, where it starts.

use std::fmt::Write as _;

use super::walk::{Here, Walk};
use crate::engine::coverage::Coverage;
use crate::model::expr::{Kind, ResultExpr, ResultLeaf};
use crate::model::outcome::{Reason, Row};
use crate::model::project::Kpi;
use crate::model::why::{Because, Operand, Part, Rows, Wanted};

impl Walk<'_> {
    /// Why a part is missing, where no part below it is.
    pub(super) fn missing(&self, here: Here<'_>, expr: &ResultExpr, operand: &Operand) -> Option<String> {
        let reason = operand.reason()?;
        let opened = operand.part == Part::Kpi && operand.operands.is_empty() && operand.rows.is_none();
        if opened || operand.operands.iter().any(|o| o.reason().is_some()) {
            return None;
        }
        Some(match (reason, &operand.rows) {
            (Reason::OutsideData, _) => self.outside(here, expr),
            (Reason::NoRows, Some(rows)) => no_rows(rows),
            (Reason::NoRows, None) => "no row, and no entity, counts".to_owned(),
            (Reason::NoValues, Some(rows)) => {
                let left = rows.kept.last().map_or(rows.all, |(_, left)| *left);
                let count = if left == 1 { "counts" } else { "count" };
                let (source, when) = (&rows.source, &rows.when);
                format!("{left} {} of `{source}` {when} {count}, none with a value", row_s(left))
            }
            (Reason::NoValues, None) => "none of what counts has a value".to_owned(),
            (Reason::ZeroDenominator, _) => {
                let below = operand.operands.iter().find(|o| o.role.as_deref() == Some("denominator"));
                below.map_or_else(|| "a division by 0".to_owned(), |o| format!("`{}` is 0", o.text))
            }
            (Reason::NoPreviousPeriod, _) => "the data has no period so much earlier".to_owned(),
            (Reason::NotClosed, _) => "the period is not over at the as-of".to_owned(),
            (Reason::NegativeBase, _) => "the earlier value is below 0".to_owned(),
            (Reason::NoRate, _) => "an amount has no exchange rate on its day or before".to_owned(),
            (Reason::OutOfRange, _) => {
                "past what a number can hold, or where the function has no value".to_owned()
            }
            (Reason::Hidden, _) => {
                "withheld, since few rows are behind it or it would tell of few".to_owned()
            }
            (Reason::NoTarget, _) if !operand.notes.is_empty() => operand.notes.join("; "),
            (reason, _) => reason.word().replace('_', " "),
        })
    }

    /// Where the data of an aggregate does not reach.
    fn outside(&self, here: Here<'_>, expr: &ResultExpr) -> String {
        let Kind::Leaf(ResultLeaf::Measure(id)) = &expr.kind else {
            return "the data does not reach this period".to_owned();
        };
        let model = self.run.model;
        let source = &model.source(model.measures[id.0].source).name;
        let start = here.level.calendar.start(here.level.grain, here.period());
        match self.covered.get(id) {
            _ if start > self.run.as_of.day => format!("{} begins after the as-of", here.name()),
            Some(Coverage::From(day)) if *day > start => format!("the data of `{source}` begins on {day}"),
            Some(Coverage::Never) => format!("`{source}` has no rows"),
            _ => format!(
                "`{source}` has no row that holds {}",
                super::when::when(model, &model.measures[id.0], here)
            ),
        }
    }
}

/// Which condition leaves none of the rows.
fn no_rows(rows: &Rows) -> String {
    if rows.all == 0 {
        return format!("`{}` has no row {}", rows.source, rows.when);
    }
    let mut text = format!("of {} {} of `{}` {}", rows.all, row_s(rows.all), rows.source, rows.when);
    for (at, (condition, left)) in rows.kept.iter().enumerate() {
        let of_these = if at == 0 { "," } else { ", of these" };
        let _ = write!(text, "{of_these} {left} where {condition}");
        if *left == 0 {
            break;
        }
    }
    text
}

fn row_s(count: i64) -> &'static str {
    if count == 1 { "row" } else { "rows" }
}

/// Why a value is missing, or not judged.
pub(super) fn because(
    row: &Row,
    kpi: &Kpi,
    formula: &Operand,
    target: Option<&Wanted>,
    baseline: Option<&Wanted>,
) -> Option<Because> {
    let from = |operand: &Operand, reason: Reason| {
        let origin = operand.origin();
        let text = origin.missing.clone().unwrap_or_else(|| reason.word().replace('_', " "));
        Because { reason, of: origin.text.clone(), text }
    };
    if let Some(reason) = row.reason {
        return Some(from(formula, reason));
    }
    let reason = row.judged.why?;
    let of = kpi.name.clone();
    let said = |text: String| Some(Because { reason, of: of.clone(), text });
    match reason {
        Reason::TooFewRows => {
            said(format!("{} {}, and `min_n` asks for {}", row.n, row_s(row.n), kpi.judge.min_n.unwrap_or(0)))
        }
        Reason::Stale => said("the data does not reach the end of the period yet".to_owned()),
        Reason::NotActive => said("not active in the period".to_owned()),
        _ => {
            let lost = [target, baseline].into_iter().flatten().find(|w| w.operand.reason().is_some());
            match lost {
                Some(lost) => Some(from(&lost.operand, reason)),
                None if reason == Reason::ZeroDenominator => said("the baseline is the target".to_owned()),
                None => said("the KPI has no target".to_owned()),
            }
        }
    }
}
