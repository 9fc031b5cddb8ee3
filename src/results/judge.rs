//! A KPI's values beside its target, its baseline and the period before -> how each stands. What is missing,
//! withheld, of too few rows, stale or without a target is `unknown`, and says why; never good.

use arrow::array::{Array, AsArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;

use super::evaluate::{Column, Evaluator};
use super::outcome::number;
use crate::functions::Failure;
use crate::model::expr::{Arith, ResultExpr};
use crate::model::judge::{Better, Judge, Status, StatusRule, clean};
use crate::model::outcome::{Judged, Reason};

/// What stands beside a KPI's values, over the same cells.
pub struct Beside {
    target: Option<Column>,
    baseline: Option<Column>,
    previous: Option<Column>,
    change: Option<Column>,
    stated: Option<Column>,
}

/// What is known of an asked-for period.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Timing {
    /// Whether the data does not reach its end though the as-of does, or not even its start.
    pub stale: bool,
    /// Of an open period the part that has passed.
    pub elapsed: Option<f64>,
    /// Whether the member is not there in the period.
    pub inactive: bool,
}

/// Computes a KPI's formula and what stands beside it.
pub fn evaluate(
    evaluator: &mut Evaluator<'_>,
    formula: &ResultExpr,
    judge: &Judge,
) -> Result<(Column, Beside), Failure> {
    let value = evaluator.shared(formula)?;
    let previous = judge.previous.as_ref().map(|f| evaluator.eval(f)).transpose()?;
    let change = previous
        .as_ref()
        .map(|before| evaluator.arith(Arith::Sub, &value, before, formula.ty))
        .transpose()?;
    let target = judge.target.as_ref().map(|f| evaluator.eval(f)).transpose()?;
    let baseline = judge.baseline.as_ref().map(|f| evaluator.eval(f)).transpose()?;
    let stated = judge.stated.as_ref().map(|f| evaluator.eval(f)).transpose()?;
    Ok((value, Beside { target, baseline, previous, change, stated }))
}

/// How the value of a cell stands.
pub fn judged(judge: &Judge, value: &Column, beside: &Beside, cell: usize, timing: Timing) -> Judged {
    let why = Reason::from_u8(value.reasons[cell]);
    let of = |column: &Option<Column>| column.as_ref().and_then(|c| number(c, cell));
    let unknown = |why: Option<Reason>, known: Judged| Judged { why, ..known };
    if why == Some(Reason::Hidden) {
        return unknown(why, Judged::default());
    }
    let (target, baseline) = (of(&beside.target), of(&beside.baseline));
    let due = timing.elapsed.filter(|_| judge.paced);
    let part = due.unwrap_or(1.0);
    let known = Judged {
        target,
        paced: target.zip(due).map(|(target, part)| target * part),
        previous: of(&beside.previous),
        change: of(&beside.change),
        ..Judged::default()
    };
    if let Some(status) = beside.stated.as_ref().and_then(|words| stated(words, cell)) {
        let why = (status == Status::Unknown).then_some(why.unwrap_or(Reason::NoTarget));
        return Judged { status, why, ..known };
    }
    let Some(found) = number(value, cell) else {
        return unknown(why.or(Some(Reason::NoTarget)), known);
    };
    if timing.inactive {
        return unknown(Some(Reason::NotActive), known);
    }
    if let Some(least) = judge.min_n
        && value.n.as_ref().is_some_and(|n| n[cell] < least)
    {
        return unknown(Some(Reason::TooFewRows), known);
    }
    if timing.stale && judge.wants() {
        return unknown(Some(Reason::Stale), known);
    }
    // A baseline that is missing leaves the way to the target unknown.
    let lost = |column: &Option<Column>| {
        column.as_ref().and_then(|c| Reason::from_u8(c.reasons[cell])).or(Some(Reason::NoTarget))
    };
    let attainment = match (judge.better, target) {
        (Some(within @ Better::Within(..)), _) => within.attainment(found, 0.0, None).ok_or(None),
        (Some(better), Some(target)) if judge.baseline.is_none() || baseline.is_some() => better
            .attainment(found, target * part, baseline.map(|b| b * part))
            .ok_or(Some(Reason::ZeroDenominator)),
        (Some(_), Some(_)) => Err(lost(&beside.baseline)),
        _ => Err(lost(&beside.target)),
    };
    let by_value = matches!(judge.status, StatusRule::Value(_));
    match (attainment, judge.status.of(found, attainment.ok())) {
        (Ok(attainment), Some(status)) => Judged {
            attainment: Some(attainment),
            status,
            score: Some(clean(100.0 * attainment.min(1.0))),
            ..known
        },
        (Err(_), Some(status)) if by_value => Judged { status, ..known },
        (Err(why), _) => unknown(why, known),
        (Ok(_), None) => unknown(Some(Reason::NoTarget), known),
    }
}

/// The status that is stated of a cell.
fn stated(words: &Column, cell: usize) -> Option<Status> {
    let words = cast(&words.values, &DataType::Utf8).ok()?;
    let words = words.as_string_opt::<i32>()?;
    words.is_valid(cell).then(|| Status::named(words.value(cell))).flatten()
}
