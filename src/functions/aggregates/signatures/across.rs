//! Functions across periods and across the breakdown, and conversions of events. None is evaluated yet.

use super::{integer, plain_float, planned, quantity, same};
use crate::model::signature::{ArgType, Class, Inferred, Param, Signature};
use crate::model::types::Type;

const X: &[Param] = &[Param::one("x")];

pub(super) static ALL: &[Signature] = &[
    planned(
        "previous",
        Class::Periods,
        &[Param::one("x"), Param::opt("same_point")],
        "The value one period earlier; of the open period, up to the same point.",
        same,
    ),
    planned(
        "ago",
        Class::Periods,
        &[Param::one("x"), Param::one("offset"), Param::opt("same_point")],
        "The value this much earlier; the offset is a whole number of periods.",
        same,
    ),
    planned(
        "change",
        Class::Periods,
        &[Param::one("x"), Param::opt("offset"), Param::opt("same_point")],
        "The value less that of the period before, or of this much earlier.",
        difference,
    ),
    planned(
        "growth",
        Class::Periods,
        &[Param::one("x"), Param::opt("offset"), Param::opt("same_point")],
        "The change as a part of the earlier value; missing over a base of 0 or below.",
        part,
    ),
    planned(
        "rolling_avg",
        Class::Periods,
        &[Param::one("x"), Param::one("periods")],
        "The mean of the values of this many closed periods, all of which are needed.",
        mean,
    ),
    planned(
        "total",
        Class::Breakdown,
        X,
        "The value from the rows of the whole, or of what `by` names.",
        same,
    ),
    planned("share_of_total", Class::Breakdown, X, "The value as a part of that of the whole.", part),
    planned("rank", Class::Breakdown, X, "The place of the value, best 1, equal ones the same.", integer),
    planned(
        "top_share",
        Class::Breakdown,
        &[Param::one("x"), Param::one("n")],
        "The part of the whole that the `n` largest members make.",
        part,
    ),
    planned(
        "conversions",
        Class::Conversion,
        CONVERSION,
        "How many base events a target event of the same entity followed within the time.",
        integer,
    ),
    planned(
        "conversion_rate",
        Class::Conversion,
        CONVERSION,
        "The part of base events that a target event of the same entity followed within the time.",
        plain_float,
    ),
];

const CONVERSION: &[Param] = &[
    Param::one("base"),
    Param::one("target"),
    Param::one("within"),
    Param::one("entity"),
    Param::opt("count"),
    Param::opt("attribution"),
];

fn difference(args: &[ArgType]) -> Inferred {
    let arg = quantity(args, 0)?;
    Ok((arg.ty, arg.unit.clone()))
}

fn part(args: &[ArgType]) -> Inferred {
    quantity(args, 0)?;
    plain_float(args)
}

fn mean(args: &[ArgType]) -> Inferred {
    let arg = quantity(args, 0)?;
    let ty = if arg.ty == Type::Duration { Type::Duration } else { Type::Float };
    Ok((ty, arg.unit.clone()))
}
