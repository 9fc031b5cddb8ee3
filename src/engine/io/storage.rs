//! Model types <-> Arrow types: what a stored column means, how a type is stored once read, and which
//! storage holds two files' columns without loss.

use std::sync::Arc;

use arrow::datatypes::{DECIMAL128_MAX_PRECISION, DataType, TimeUnit};

use crate::model::types::Type;

/// The zone name that instants carry once read.
pub const UTC: &str = "UTC";

/// The language's type of a stored column; `Unknown` for what it cannot use.
pub fn model_type(data_type: &DataType) -> Type {
    match data_type {
        d if d.is_integer() => Type::Integer,
        DataType::Float16 | DataType::Float32 | DataType::Float64 => Type::Float,
        DataType::Decimal32(_, s)
        | DataType::Decimal64(_, s)
        | DataType::Decimal128(_, s)
        | DataType::Decimal256(_, s) => u8::try_from(*s).map_or(Type::Decimal(0), Type::Decimal),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Type::Text,
        DataType::Boolean => Type::Boolean,
        DataType::Date32 | DataType::Date64 => Type::Date,
        DataType::Timestamp(..) => Type::Timestamp,
        DataType::Duration(_) => Type::Duration,
        DataType::Dictionary(_, values) => model_type(values),
        _ => Type::Unknown,
    }
}

/// How a type is stored once read: what expressions work on.
pub fn storage(ty: Type, precision: Option<u8>, zoned: bool) -> DataType {
    match ty {
        Type::Integer => DataType::Int64,
        Type::Decimal(scale) => DataType::Decimal128(
            precision.unwrap_or(DECIMAL128_MAX_PRECISION).min(DECIMAL128_MAX_PRECISION),
            scale as i8,
        ),
        Type::Float => DataType::Float64,
        Type::Text | Type::Unknown => DataType::Utf8View,
        Type::Boolean => DataType::Boolean,
        Type::Date => DataType::Date32,
        Type::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, zoned.then(|| Arc::from(UTC))),
        Type::Duration => DataType::Duration(TimeUnit::Microsecond),
    }
}

/// How a scan is asked to deliver a stored column: as it is, but texts as views, never dictionaries,
/// whose grouping is slow and whose keys differ from file to file.
pub fn delivered(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 => DataType::Utf8View,
        DataType::Dictionary(_, values) if model_type(values) != Type::Unknown => delivered(values),
        DataType::Date64 => DataType::Date32,
        other => other.clone(),
    }
}

/// One storage that holds both without loss; `None` if they are different types to the language, or
/// mix instants with local times.
pub fn union(a: &DataType, b: &DataType) -> Option<DataType> {
    if a == b {
        return Some(a.clone());
    }
    // A file that has no value of a column says nothing of its type.
    if let (DataType::Null, other) | (other, DataType::Null) = (a, b) {
        return Some(other.clone());
    }
    match (model_type(a), model_type(b)) {
        // An unsigned value past 63 bits fails in the cast; it does not wrap.
        (Type::Integer, Type::Integer) => Some(DataType::Int64),
        (Type::Float, Type::Float) => Some(DataType::Float64),
        (Type::Text, Type::Text) => Some(DataType::Utf8View),
        (Type::Date, Type::Date) => Some(DataType::Date32),
        (Type::Decimal(_), Type::Decimal(_)) => {
            let (one, two) = (digits(a)?, digits(b)?);
            let whole = (i16::from(one.0) - i16::from(one.1)).max(i16::from(two.0) - i16::from(two.1));
            let scale = one.1.max(two.1);
            let precision = u8::try_from(whole + i16::from(scale)).ok()?;
            (precision <= DECIMAL128_MAX_PRECISION).then_some(DataType::Decimal128(precision, scale))
        }
        (Type::Timestamp, Type::Timestamp) => times(a, b),
        (Type::Duration, Type::Duration) => Some(DataType::Duration(TimeUnit::Microsecond)),
        _ => None,
    }
}

/// Nanoseconds end in 2262; microseconds hold every year of the language.
fn times(one: &DataType, two: &DataType) -> Option<DataType> {
    let (DataType::Timestamp(unit, zone), DataType::Timestamp(other_unit, other_zone)) = (one, two) else {
        return None;
    };
    if zone.is_some() != other_zone.is_some() {
        return None;
    }
    let unit = if unit == other_unit { *unit } else { TimeUnit::Microsecond };
    let zone = if zone == other_zone { zone.clone() } else { Some(Arc::from(UTC)) };
    Some(DataType::Timestamp(unit, zone))
}

/// Whether a declared type can be had from a stored one by a cast that loses nothing or that the
/// declaration asks for (a float as a decimal).
pub fn can_become(stored: &DataType, declared: Type) -> bool {
    match (model_type(stored), declared) {
        (_, Type::Unknown) => true,
        (Type::Decimal(from), Type::Decimal(to)) => from <= to,
        (Type::Integer | Type::Float, Type::Decimal(_))
        | (Type::Integer | Type::Decimal(_), Type::Float)
        | (Type::Integer, Type::Text)
        | (Type::Date, Type::Timestamp) => true,
        (from, to) => from == to,
    }
}

/// A stored type in the words of messages.
pub fn described(data_type: &DataType) -> String {
    match (model_type(data_type), data_type) {
        (Type::Timestamp, DataType::Timestamp(_, Some(_))) => "timestamp with a zone".to_owned(),
        (Type::Timestamp, _) => "timestamp without a zone".to_owned(),
        (Type::Decimal(_), d) => match digits(d) {
            Some((p, s)) => format!("decimal({p},{s})"),
            None => "decimal".to_owned(),
        },
        (Type::Unknown, DataType::List(_) | DataType::LargeList(_)) => "list".to_owned(),
        (Type::Unknown, DataType::Struct(_)) => "struct".to_owned(),
        (Type::Unknown, d) => d.to_string().to_lowercase(),
        (ty, _) => ty.to_string(),
    }
}

/// Whether a stored column holds instants.
pub fn is_zoned(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Timestamp(_, Some(_)))
}

fn digits(data_type: &DataType) -> Option<(u8, i8)> {
    match data_type {
        DataType::Decimal32(p, s)
        | DataType::Decimal64(p, s)
        | DataType::Decimal128(p, s)
        | DataType::Decimal256(p, s) => Some((*p, *s)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unions_lose_nothing() {
        use DataType::{Decimal128, Float64, Int32, Int64, UInt64, Utf8, Utf8View};
        assert_eq!(union(&Int32, &Int64), Some(Int64));
        assert_eq!(union(&Int64, &UInt64), Some(Int64));
        assert_eq!(union(&Decimal128(10, 2), &Decimal128(12, 4)), Some(Decimal128(12, 4)));
        assert_eq!(union(&Decimal128(38, 0), &Decimal128(38, 10)), None);
        assert_eq!(union(&Utf8, &Utf8View), Some(Utf8View));
        assert_eq!(union(&Int64, &Float64), None);
        let time = |unit, zone: Option<&str>| DataType::Timestamp(unit, zone.map(Arc::from));
        assert_eq!(union(&time(TimeUnit::Second, None), &time(TimeUnit::Second, Some("UTC"))), None);
        let dictionary = DataType::Dictionary(Box::new(Int32), Box::new(Utf8));
        assert_eq!(model_type(&dictionary), Type::Text);
        assert_eq!(delivered(&dictionary), Utf8View);
    }
}
