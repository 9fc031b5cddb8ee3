//! Functions over the history of results: what formulas' values in closed periods tell.

use super::{integer, plain_float, planned, quantity};
use crate::model::signature::{ArgType, Class, Inferred, Param, Signature};
use crate::model::types::{Type, Unit};

const X: Param = Param::one("x");
const Y: Param = Param::one("y");
const LAST: Param = Param::opt("last");
const MIN: Param = Param::opt("min");

pub(super) static ALL: &[Signature] = &[
    history(
        "trend",
        &[X, Param::one("periods")],
        "The slope for each period of the line that fits the values of this many closed periods best (least \
         squares), in the unit of `x`. All of them are needed; in the open period they are the last ones before it.",
        trend,
    ),
    history(
        "corr",
        &[X, Y, LAST, MIN],
        "How closely `x` and `y` moved together over the `last` closed periods (12 where left out), -1 to 1 \
         (Pearson). Missing with fewer than `min` pairs (8, or all of `last` where that is less), and where one of \
         them did not vary.",
        correlation,
    ),
    history(
        "lag_corr",
        &[X, Y, Param::opt("lag"), LAST, MIN, Param::opt("max_lag")],
        "How closely `y` followed `x` after a `lag` (1 period where left out), -1 to 1, over the `last` closed \
         periods of `y` (24). The lag may be a formula that gives a whole number up to `max_lag` (12). `min` as in \
         `corr`.",
        correlation,
    ),
    history(
        "best_lag",
        &[X, Y, Param::opt("up_to"), LAST, MIN],
        "The lag in periods, 0 to `up_to` (6 where left out), at which `y` followed `x` most closely, whether up or \
         down, over the `last` closed periods (24); the smaller of equals. `min` as in `corr`.",
        lag,
    ),
    history(
        "unusual",
        &[X, LAST, MIN],
        "Whether the value lies outside the limits of its own history: the mean of the `last` closed periods before \
         (12 where left out), more or less 2.66 times the mean change between neighbours (XmR chart). Missing in \
         the open period, and where fewer than `min` of them are known (8, or all of `last` where that is less).",
        unusual,
    ),
];

/// One over closed periods. Its examples need rows: they stand among the golden cases.
const fn history(
    name: &'static str,
    params: &'static [Param],
    doc: &'static str,
    infer: fn(&[ArgType]) -> Inferred,
) -> Signature {
    let mut signature = planned(name, Class::History, params, doc, infer);
    signature.evaluated = true;
    signature
}

fn trend(args: &[ArgType]) -> Inferred {
    let arg = quantity(args, 0)?;
    let ty = if arg.ty == Type::Duration { Type::Duration } else { Type::Float };
    Ok((ty, arg.unit.clone()))
}

fn correlation(args: &[ArgType]) -> Inferred {
    quantity(args, 0)?;
    quantity(args, 1)?;
    plain_float(args)
}

fn lag(args: &[ArgType]) -> Inferred {
    correlation(args)?;
    integer(args)
}

fn unusual(args: &[ArgType]) -> Inferred {
    quantity(args, 0)?;
    Ok((Type::Boolean, Unit::none()))
}
