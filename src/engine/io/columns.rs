//! Texts of one column -> an Arrow array of its storage. Bad values are handed back, not replaced.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanBuilder, Date32Builder, Decimal128Builder, Float64Builder, Int64Builder,
    StringViewBuilder, TimestampMicrosecondBuilder, new_null_array,
};
use arrow::datatypes::DataType;
use chrono_tz::Tz;

use super::spec::{CsvOptions, FileColumn};
use super::storage::{UTC, is_zoned};
use super::value::{BadValue, Scalar, parse_text};
use crate::model::types::Type;

/// A column being filled.
pub struct Column {
    ty: Type,
    zone: Tz,
    builder: Builder,
    /// Whether the type was not declared but taken from a sample.
    guessed: bool,
}

/// `007`, but not `0.5`: more like an id than a number.
fn leading_zeros(text: &str) -> bool {
    let digits = text.trim().trim_start_matches(['-', '+']);
    digits.starts_with('0') && digits.as_bytes().get(1).is_some_and(u8::is_ascii_digit)
}

enum Builder {
    Integer(Int64Builder),
    Decimal(Decimal128Builder, i128),
    Float(Float64Builder),
    Text(StringViewBuilder),
    Boolean(BooleanBuilder),
    Date(Date32Builder),
    Timestamp(TimestampMicrosecondBuilder, bool),
    Unusable(DataType, usize),
}

impl Column {
    /// An empty column; local times are in `zone` where instants are wanted.
    pub fn new(column: &FileColumn, zone: Tz, rows: usize, guessed: bool) -> Self {
        let builder = match (column.ty, &column.data_type) {
            (Type::Integer, _) => Builder::Integer(Int64Builder::with_capacity(rows)),
            (Type::Decimal(scale), data_type) => {
                let precision = match data_type {
                    DataType::Decimal128(p, _) => *p,
                    _ => 38,
                };
                let limit = 10_i128.checked_pow(u32::from(precision)).unwrap_or(i128::MAX);
                let builder = Decimal128Builder::with_capacity(rows);
                let builder = builder.with_data_type(DataType::Decimal128(precision, scale as i8));
                Builder::Decimal(builder, limit)
            }
            (Type::Float, _) => Builder::Float(Float64Builder::with_capacity(rows)),
            (Type::Text, _) => Builder::Text(StringViewBuilder::with_capacity(rows)),
            (Type::Boolean, _) => Builder::Boolean(BooleanBuilder::with_capacity(rows)),
            (Type::Date, _) => Builder::Date(Date32Builder::with_capacity(rows)),
            (Type::Timestamp, data_type) => {
                let zoned = is_zoned(data_type);
                let builder = TimestampMicrosecondBuilder::with_capacity(rows);
                let zone: Option<Arc<str>> = zoned.then(|| Arc::from(UTC));
                Builder::Timestamp(builder.with_timezone_opt(zone), zoned)
            }
            (Type::Duration | Type::Unknown, data_type) => Builder::Unusable(data_type.clone(), 0),
        };
        Self { ty: column.ty, zone, builder, guessed }
    }

    /// Adds a text.
    pub fn push(&mut self, text: &str, options: &CsvOptions) -> Result<(), BadValue> {
        let scalar = parse_text(text, self.ty, options)?;
        if self.guessed && self.ty.is_number() && leading_zeros(text) && scalar != Scalar::Missing {
            return Err(BadValue::LeadingZeros);
        }
        self.append(&scalar)
    }

    /// Adds a value.
    pub fn append(&mut self, scalar: &Scalar<'_>) -> Result<(), BadValue> {
        match (&mut self.builder, scalar) {
            (_, Scalar::Missing) => self.push_missing(),
            (Builder::Integer(b), Scalar::Integer(v)) => b.append_value(*v),
            (Builder::Decimal(b, limit), Scalar::Decimal(v)) => {
                if v.abs() >= *limit {
                    return Err(BadValue::Digits);
                }
                b.append_value(*v);
            }
            (Builder::Float(b), Scalar::Float(v)) => b.append_value(*v),
            (Builder::Text(b), Scalar::Text(v)) => {
                b.try_append_value(v).map_err(|_| BadValue::Digits)?;
            }
            (Builder::Boolean(b), Scalar::Boolean(v)) => b.append_value(*v),
            (Builder::Date(b), scalar) => b.append_value(scalar.days().ok_or(BadValue::NoValue)?),
            (Builder::Timestamp(b, zoned), scalar) => {
                b.append_value(scalar.micros(*zoned, self.zone).ok_or(BadValue::NoValue)?);
            }
            _ => return Err(BadValue::NoValue),
        }
        Ok(())
    }

    /// Adds a missing value.
    pub fn push_missing(&mut self) {
        match &mut self.builder {
            Builder::Integer(b) => b.append_null(),
            Builder::Decimal(b, _) => b.append_null(),
            Builder::Float(b) => b.append_null(),
            Builder::Text(b) => b.append_null(),
            Builder::Boolean(b) => b.append_null(),
            Builder::Date(b) => b.append_null(),
            Builder::Timestamp(b, _) => b.append_null(),
            Builder::Unusable(_, rows) => *rows += 1,
        }
    }

    /// The array so far; the column starts anew.
    pub fn finish(&mut self) -> ArrayRef {
        match &mut self.builder {
            Builder::Integer(b) => Arc::new(b.finish()),
            Builder::Decimal(b, _) => Arc::new(b.finish()),
            Builder::Float(b) => Arc::new(b.finish()),
            Builder::Text(b) => Arc::new(b.finish()),
            Builder::Boolean(b) => Arc::new(b.finish()),
            Builder::Date(b) => Arc::new(b.finish()),
            Builder::Timestamp(b, _) => Arc::new(b.finish()),
            Builder::Unusable(data_type, rows) => new_null_array(data_type, std::mem::take(rows)),
        }
    }
}
