//! Functions across periods and across the breakdown, and conversions of events.

use super::{integer, plain_float, planned, quantity, same};
use crate::model::signature::{ArgType, Class, Inferred, Param, Signature};
use crate::model::types::Type;

const X: &[Param] = &[Param::one("x")];

pub(super) static ALL: &[Signature] = &[
    across(
        "previous",
        Class::Periods,
        &[Param::one("x"), Param::opt("same_point")],
        "The value one period earlier; of the open period, up to the same point.",
        same,
    ),
    across(
        "ago",
        Class::Periods,
        &[Param::one("x"), Param::one("offset"), Param::opt("same_point")],
        "The value this much earlier; the offset is a whole number of periods.",
        same,
    ),
    across(
        "change",
        Class::Periods,
        &[Param::one("x"), Param::opt("offset"), Param::opt("same_point")],
        "The value less that of the period before, or of this much earlier.",
        difference,
    ),
    across(
        "growth",
        Class::Periods,
        &[Param::one("x"), Param::opt("offset"), Param::opt("same_point")],
        "The change as a part of the earlier value; missing over a base of 0 or below.",
        part,
    ),
    across(
        "rolling_avg",
        Class::Periods,
        &[Param::one("x"), Param::one("periods")],
        "The mean of the values of this many closed periods, all of which are needed.",
        mean,
    ),
    across(
        "total",
        Class::Breakdown,
        X,
        "The value from the rows of the whole, or of what `by` names.",
        same,
    ),
    across("share_of_total", Class::Breakdown, X, "The value as a part of that of the whole.", part),
    across("rank", Class::Breakdown, X, "The place of the value, best 1, equal ones the same.", place),
    across(
        "top_share",
        Class::Breakdown,
        &[Param::one("x"), Param::one("n")],
        "The part of the whole that the `n` largest members make.",
        part,
    ),
    across(
        "conversions",
        Class::Conversion,
        CONVERSION,
        "How many base events a target event of the same entity followed within the time.",
        integer,
    ),
    across(
        "conversion_rate",
        Class::Conversion,
        CONVERSION,
        "The part of base events that a target event of the same entity followed within the time.",
        plain_float,
    ),
];

/// One over other cells than the one at hand. Its examples need rows: they stand among the golden cases.
const fn across(
    name: &'static str,
    class: Class,
    params: &'static [Param],
    doc: &'static str,
    infer: fn(&[ArgType]) -> Inferred,
) -> Signature {
    let mut signature = planned(name, class, params, doc, infer);
    signature.evaluated = true;
    signature
}

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

fn place(args: &[ArgType]) -> Inferred {
    quantity(args, 0)?;
    integer(args)
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
