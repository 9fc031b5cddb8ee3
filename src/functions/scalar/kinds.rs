//! Type inference that several functions share: arguments -> type and unit, or which argument is wrong.

use crate::model::signature::{ArgError, ArgType, Inferred};
use crate::model::types::{Type, Unit};
use crate::model::typing::common_number;

/// The argument at `index`, which must be a number.
pub fn number(args: &[ArgType], index: usize) -> Result<(Type, Unit), ArgError> {
    match args.get(index) {
        Some(arg) if arg.ty.is_number() => Ok((arg.ty, arg.unit.clone())),
        _ => Err(ArgError::Type(index, "a number")),
    }
}

/// A number without a unit that would mean something: `ln(EUR)` does not.
pub fn plain_number(args: &[ArgType], index: usize) -> Result<(), ArgError> {
    let (_, unit) = number(args, index)?;
    if unit.is_strict() {
        return Err(ArgError::Other(index, format!("takes a number without unit, found {unit}")));
    }
    Ok(())
}

/// A function of one plain number, whose result is a float.
pub fn float_of_plain(args: &[ArgType]) -> Inferred {
    plain_number(args, 0)?;
    Ok((Type::Float, Unit::none()))
}

/// A function of one number, of its type and unit.
pub fn same_number(args: &[ArgType]) -> Inferred {
    number(args, 0)
}

/// A function of one number with its unit: whole where the number is exact.
pub fn whole_number(args: &[ArgType]) -> Inferred {
    let (ty, unit) = number(args, 0)?;
    Ok((if let Type::Decimal(_) = ty { Type::Integer } else { ty }, unit))
}

/// Numbers whose units meet, in the type that holds them all.
pub fn numbers(args: &[ArgType]) -> Inferred {
    let (mut ty, mut unit) = number(args, 0)?;
    for index in 1..args.len() {
        let (other, other_unit) = number(args, index)?;
        ty = common_number(ty, other).ok_or(ArgError::Type(index, "a number"))?;
        unit = unit.meet(&other_unit).ok_or(ArgError::Units(0, index))?;
    }
    Ok((ty, unit))
}

/// Values of one type, at these places of the arguments.
pub fn alike(args: &[ArgType], places: &[usize]) -> Inferred {
    let (mut ty, mut unit) = (Type::Unknown, Unit::none());
    let mut first = None;
    for &index in places {
        let Some(arg) = args.get(index) else { return Err(ArgError::Type(index, "a value")) };
        let known = *first.get_or_insert(index);
        ty = match (ty, arg.ty) {
            (Type::Unknown, other) | (other, Type::Unknown) => other,
            (a, b) if a == b => a,
            (a, b) => common_number(a, b).ok_or(ArgError::Type(index, expected(a)))?,
        };
        unit = unit.meet(&arg.unit).ok_or(ArgError::Units(known, index))?;
    }
    Ok((ty, unit))
}

fn expected(ty: Type) -> &'static str {
    match ty {
        Type::Integer | Type::Decimal(_) | Type::Float => "a number, as before",
        Type::Text => "a text, as before",
        Type::Boolean => "true or false, as before",
        Type::Date => "a date, as before",
        Type::Timestamp => "a timestamp, as before",
        Type::Duration => "a duration, as before",
        Type::Unknown => "a value",
    }
}

/// Values of one type that has an order.
pub fn ordered(args: &[ArgType]) -> Inferred {
    if let Some(index) = args.iter().position(|arg| arg.ty == Type::Boolean) {
        return Err(ArgError::Type(index, "a value that has an order"));
    }
    alike(args, &(0..args.len()).collect::<Vec<_>>())
}

fn text(args: &[ArgType]) -> Result<(), ArgError> {
    match args.first() {
        Some(ArgType { ty: Type::Text | Type::Unknown, .. }) => Ok(()),
        _ => Err(ArgError::Type(0, "a text")),
    }
}

/// A text of a text.
pub fn text_of_text(args: &[ArgType]) -> Inferred {
    text(args)?;
    Ok((Type::Text, Unit::none()))
}

/// A whole number of a text.
pub fn integer_of_text(args: &[ArgType]) -> Inferred {
    text(args)?;
    Ok((Type::Integer, Unit::none()))
}

/// Whether the argument at `index` is a date or a timestamp.
pub fn time(args: &[ArgType], index: usize) -> Result<(), ArgError> {
    match args.get(index) {
        Some(arg) if arg.ty.is_time() => Ok(()),
        _ => Err(ArgError::Type(index, "a date or timestamp")),
    }
}

/// A whole number of a date or timestamp.
pub fn integer_of_time(args: &[ArgType]) -> Inferred {
    time(args, 0)?;
    Ok((Type::Integer, Unit::none()))
}
