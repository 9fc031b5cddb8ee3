//! Aggregates: rows of one source -> a value for each period and breakdown.

use super::{aggregate, integer, number, plain_float, quantity, same};
use crate::model::signature::{ArgError, ArgType, Class, Inferred, Param, Signature};
use crate::model::types::{Type, Unit};

const X: &[Param] = &[Param::one("x")];
const X_P: &[Param] = &[Param::one("x"), Param::one("p")];

pub(super) static ALL: &[Signature] = &[
    aggregate("count", &[Param::one("rows")], "How many rows there are; 0 where there are none.", integer),
    aggregate(
        "sum",
        X,
        "The sum of numbers or durations: exact, in any order of rows. Missing values are skipped; 0 where \
         there are no rows, missing where all values are.",
        sum,
    ),
    aggregate(
        "avg",
        X,
        "The mean of the values that are not missing; missing where there are none. Of durations a duration.",
        mean,
    ),
    aggregate(
        "min",
        X,
        "The least of numbers, texts, dates, timestamps or durations; missing where there are none.",
        extreme,
    ),
    aggregate(
        "max",
        X,
        "The greatest of numbers, texts, dates, timestamps or durations; missing where there are none.",
        extreme,
    ),
    aggregate(
        "median",
        X,
        "The middle value, or the mean of the two in the middle; missing where there is none.",
        mean,
    ),
    aggregate(
        "percentile",
        X_P,
        "The value that the part `p` (0% to 100%) of the values does not pass, interpolated between \
         neighbours as Excel's PERCENTILE.INC; missing where there are no values.",
        percentile,
    ),
    aggregate("stddev", X, "The standard deviation of a sample (n - 1); missing below two values.", mean),
    aggregate("variance", X, "The variance of a sample (n - 1); missing below two values.", variance),
    aggregate(
        "count_distinct",
        X,
        "How many different values there are, missing ones left out; 0 where there are none.",
        integer,
    ),
    aggregate(
        "share",
        &[Param::one("condition")],
        "The part of rows where the condition is true, of those where it is true or false.",
        share,
    ),
    aggregate(
        "weighted_avg",
        &[Param::one("x"), Param::one("weight")],
        "The mean of `x`, each value counted `weight` times; rows where either is missing are skipped. \
         Missing where the weights add up to 0.",
        weighted,
    ),
    aggregate(
        "approx_count_distinct",
        X,
        "About how many different values there are: within 2% or so, in little memory.",
        integer,
    ),
    aggregate(
        "approx_percentile",
        X_P,
        "About the value of `percentile(x, p)`, in little memory.",
        percentile,
    ),
    aggregate(
        "first",
        X,
        "The value of the first row that has one: by the time that rows count at, then key, then the other \
         columns, missing first.",
        same,
    ),
    aggregate("last", X, "The value of the last row that has one, in the same order.", same),
    aggregate(
        "gap",
        &[Param::one("time")],
        "The time since the previous row of the same entity: `max(gap(interactions.opened_at per account))`.",
        gap,
    ),
    Signature {
        class: Class::Row,
        ..aggregate(
            "convert",
            &[Param::one("amount"), Param::one("currency"), Param::one("to"), Param::one("on")],
            "The amount in another currency, at the latest rate of the `rates` source on or before a day; \
             without a rate the aggregate around it is missing. Its unit is the currency `to`, a constant.",
            convert,
        )
    },
];

fn sum(args: &[ArgType]) -> Inferred {
    let arg = quantity(args, 0)?;
    Ok((arg.ty, arg.unit.clone()))
}

fn mean(args: &[ArgType]) -> Inferred {
    let arg = quantity(args, 0)?;
    let ty = if arg.ty == Type::Duration { Type::Duration } else { Type::Float };
    Ok((ty, arg.unit.clone()))
}

fn percentile(args: &[ArgType]) -> Inferred {
    let result = mean(args)?;
    if number(args, 1)?.unit.is_strict() {
        return Err(ArgError::Type(1, "a part such as 90%"));
    }
    Ok(result)
}

fn extreme(args: &[ArgType]) -> Inferred {
    match args.first() {
        Some(arg) if arg.ty != Type::Boolean => Ok((arg.ty, arg.unit.clone())),
        _ => Err(ArgError::Type(0, "a number, text, date, timestamp or duration")),
    }
}

fn variance(args: &[ArgType]) -> Inferred {
    // The square of a duration is nothing that the language names.
    let arg = number(args, 0)?;
    Ok((Type::Float, arg.unit.times(&arg.unit)))
}

fn share(args: &[ArgType]) -> Inferred {
    match args.first().map(|arg| arg.ty) {
        Some(Type::Boolean | Type::Unknown) => plain_float(args),
        _ => Err(ArgError::Type(0, "a condition")),
    }
}

fn weighted(args: &[ArgType]) -> Inferred {
    let arg = number(args, 0)?;
    number(args, 1)?;
    Ok((Type::Float, arg.unit.clone()))
}

fn gap(args: &[ArgType]) -> Inferred {
    match args.first() {
        Some(arg) if arg.ty.is_time() => Ok((Type::Duration, Unit::none())),
        _ => Err(ArgError::Type(0, "a date or timestamp")),
    }
}

fn convert(args: &[ArgType]) -> Inferred {
    // The unit is the text of `to`, which the checker reads.
    Ok((number(args, 0)?.ty, Unit::none()))
}
