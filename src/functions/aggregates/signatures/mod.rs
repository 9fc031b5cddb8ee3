//! The functions over rows, periods, breakdowns, events and history, as data: what they take and what
//! the checker infers. Those that are not evaluated yet are here too, so that they are refused by name.

mod across;
mod history;
mod rows;

use crate::model::signature::{ArgError, ArgType, Class, Example, Inferred, Param, Signature};
use crate::model::types::{Type, Unit};

/// All of them.
pub static ALL: &[&[Signature]] = &[rows::ALL, across::ALL, history::ALL];

/// An evaluated aggregate. Its examples need rows: they stand among the golden cases.
const fn aggregate(
    name: &'static str,
    params: &'static [Param],
    doc: &'static str,
    infer: fn(&[ArgType]) -> Inferred,
) -> Signature {
    const NONE: &[Example] = &[];
    Signature { name, class: Class::Aggregate, params, doc, infer, examples: NONE, evaluated: true }
}

/// One that is known by name only.
const fn planned(
    name: &'static str,
    class: Class,
    params: &'static [Param],
    doc: &'static str,
    infer: fn(&[ArgType]) -> Inferred,
) -> Signature {
    const NONE: &[Example] = &[];
    Signature { name, class, params, doc, infer, examples: NONE, evaluated: false }
}

/// The type and unit of the first argument.
#[allow(clippy::unnecessary_wraps)] // the shape of `Signature::infer`
fn same(args: &[ArgType]) -> Inferred {
    Ok(args.first().map_or((Type::Unknown, Unit::none()), |arg| (arg.ty, arg.unit.clone())))
}

/// A float without unit.
#[allow(clippy::unnecessary_wraps)] // the shape of `Signature::infer`
fn plain_float(_: &[ArgType]) -> Inferred {
    Ok((Type::Float, Unit::none()))
}

/// A whole number without unit: the checker knows what is counted.
#[allow(clippy::unnecessary_wraps)] // the shape of `Signature::infer`
fn integer(_: &[ArgType]) -> Inferred {
    Ok((Type::Integer, Unit::none()))
}

/// Refuses what is neither a number nor a duration.
fn quantity(args: &[ArgType], index: usize) -> Result<&ArgType, ArgError> {
    match args.get(index) {
        Some(arg) if arg.ty.is_number() || arg.ty == Type::Duration => Ok(arg),
        _ => Err(ArgError::Type(index, "a number or duration")),
    }
}

/// Refuses what is no number.
fn number(args: &[ArgType], index: usize) -> Result<&ArgType, ArgError> {
    match args.get(index) {
        Some(arg) if arg.ty.is_number() => Ok(arg),
        _ => Err(ArgError::Type(index, "a number")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arg(ty: Type, unit: &str) -> ArgType {
        ArgType { ty, unit: Unit::declared(unit), integer: None }
    }

    #[test]
    fn names_are_unique_and_documented() {
        let mut names: Vec<_> = ALL.iter().copied().flatten().map(|s| s.name).collect();
        names.extend(crate::functions::scalar::ALL.iter().map(|s| s.signature.name));
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
        assert!(ALL.iter().copied().flatten().all(|s| s.doc.ends_with('.')));
    }

    #[test]
    fn types_and_units() {
        let find = |name: &str| ALL.iter().copied().flatten().find(|s| s.name == name);
        let infer = |name: &str, args: &[ArgType]| (find(name).unwrap().infer)(args);
        let eur = arg(Type::Decimal(2), "EUR");
        let is = |ty, unit| Ok((ty, Unit::declared(unit)));
        assert_eq!(infer("sum", std::slice::from_ref(&eur)), is(Type::Decimal(2), "EUR"));
        assert_eq!(infer("avg", std::slice::from_ref(&eur)), is(Type::Float, "EUR"));
        assert_eq!(infer("variance", std::slice::from_ref(&eur)), is(Type::Float, "EUR * EUR"));
        assert_eq!(infer("stddev", std::slice::from_ref(&eur)), is(Type::Float, "EUR"));
        assert_eq!(infer("weighted_avg", &[eur.clone(), arg(Type::Integer, "days")]), is(Type::Float, "EUR"));
        assert_eq!(infer("percentile", &[eur, arg(Type::Decimal(2), "")]), is(Type::Float, "EUR"));
        assert_eq!(infer("sum", &[arg(Type::Duration, "")]), is(Type::Duration, ""));
        assert_eq!(infer("avg", &[arg(Type::Duration, "")]), is(Type::Duration, ""));
        assert_eq!(infer("max", &[arg(Type::Date, "")]), is(Type::Date, ""));
        assert!(matches!(infer("sum", &[arg(Type::Text, "")]), Err(ArgError::Type(0, _))));
        assert!(matches!(infer("min", &[arg(Type::Boolean, "")]), Err(ArgError::Type(0, _))));
        assert!(matches!(infer("share", &[arg(Type::Integer, "")]), Err(ArgError::Type(0, _))));
        assert!(infer("count", &[]).is_ok());
    }
}
