//! Functions over the history of results, for rules. None is evaluated yet.

use super::{number, plain_float, planned};
use crate::model::signature::{ArgType, Class, Inferred, Param, Signature};
use crate::model::types::{Type, Unit};

pub(super) static ALL: &[Signature] = &[
    planned(
        "trend",
        Class::History,
        &[Param::one("x"), Param::one("periods")],
        "The slope for each period of the line that fits the last closed periods best (least squares).",
        trend,
    ),
    planned(
        "corr",
        Class::History,
        &[Param::one("x"), Param::one("y"), Param::one("last")],
        "How closely two KPIs moved together over the last periods, -1 to 1.",
        correlation,
    ),
    planned(
        "lag_corr",
        Class::History,
        &[Param::one("x"), Param::one("y"), Param::one("lag"), Param::one("last")],
        "How closely `y` followed `x` after a lag, -1 to 1.",
        correlation,
    ),
    planned(
        "best_lag",
        Class::History,
        &[Param::one("x"), Param::one("y"), Param::one("last")],
        "The lag in periods at which `y` followed `x` most closely.",
        lag,
    ),
    planned(
        "unusual",
        Class::History,
        &[Param::one("x")],
        "Whether the value lies outside the limits of its own history (XmR chart).",
        unusual,
    ),
];

fn trend(args: &[ArgType]) -> Inferred {
    Ok((Type::Float, number(args, 0)?.unit.clone()))
}

fn correlation(args: &[ArgType]) -> Inferred {
    number(args, 0)?;
    number(args, 1)?;
    plain_float(args)
}

fn lag(args: &[ArgType]) -> Inferred {
    correlation(args).map(|_| (Type::Integer, Unit::none()))
}

fn unusual(args: &[ArgType]) -> Inferred {
    number(args, 0)?;
    Ok((Type::Boolean, Unit::none()))
}
