//! CSV with a typed header (`id:text, day:date, amount:decimal(12,2), at:timestamp(Europe/Madrid)`) -> a
//! Parquet or Arrow file, so that golden cases can show small ones. An empty field is null.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int32Array, Int64Array, StringArray,
    TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::record_batch::RecordBatch;
use chrono::{DateTime, NaiveDate, NaiveDateTime};

type Error = Box<dyn std::error::Error>;

/// As a Parquet file.
pub fn parquet(text: &str) -> Result<Vec<u8>, Error> {
    let batch = batch(text)?;
    let mut out = Vec::new();
    let mut writer = parquet::arrow::ArrowWriter::try_new(&mut out, batch.schema(), None)?;
    writer.write(&batch)?;
    writer.close()?;
    Ok(out)
}

/// As an Arrow IPC file.
pub fn arrow(text: &str) -> Result<Vec<u8>, Error> {
    let batch = batch(text)?;
    let mut out = Vec::new();
    let mut writer = arrow::ipc::writer::FileWriter::try_new(&mut out, &batch.schema())?;
    writer.write(&batch)?;
    writer.finish()?;
    drop(writer);
    Ok(out)
}

fn batch(text: &str) -> Result<RecordBatch, Error> {
    // Commas in the brackets of a type are no borders.
    let (head, rows) = text.split_once('\n').ok_or("a header is wanted")?;
    let mut heads: Vec<String> = vec![String::new()];
    let mut depth = 0;
    for c in head.trim().chars() {
        depth += i32::from(c == '(') - i32::from(c == ')');
        match heads.last_mut() {
            Some(_) if c == ',' && depth == 0 => heads.push(String::new()),
            Some(last) => last.push(c),
            None => {}
        }
    }
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).trim(csv::Trim::All).from_reader(rows.as_bytes());
    let records: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>()?;
    let mut fields = Vec::new();
    let mut columns = Vec::new();
    for (i, head) in heads.iter().enumerate() {
        let (name, ty) = head.split_once(':').ok_or("`name:type` is wanted")?;
        let cells: Vec<Option<&str>> =
            records.iter().map(|r| r.get(i).filter(|cell| !cell.is_empty())).collect();
        let array = column(ty.trim(), &cells)?;
        fields.push(Field::new(name.trim(), array.data_type().clone(), true));
        columns.push(array);
    }
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?)
}

fn column(ty: &str, cells: &[Option<&str>]) -> Result<ArrayRef, Error> {
    fn each<T>(
        cells: &[Option<&str>],
        read: impl Fn(&str) -> Result<T, Error>,
    ) -> Result<Vec<Option<T>>, Error> {
        cells.iter().map(|cell| cell.map(&read).transpose()).collect()
    }
    let (name, inside) = ty.strip_suffix(')').and_then(|t| t.split_once('(')).unwrap_or((ty, ""));
    Ok(match name {
        "text" => Arc::new(StringArray::from(cells.to_vec())),
        "integer" => Arc::new(Int64Array::from(each(cells, |c| Ok(c.parse::<i64>()?))?)),
        "int32" => Arc::new(Int32Array::from(each(cells, |c| Ok(c.parse::<i32>()?))?)),
        "float" => Arc::new(Float64Array::from(each(cells, |c| Ok(c.parse::<f64>()?))?)),
        "boolean" => Arc::new(BooleanArray::from(each(cells, |c| Ok(c.parse::<bool>()?))?)),
        "date" => Arc::new(Date32Array::from(each(cells, |c| {
            let epoch = NaiveDate::default();
            Ok(i32::try_from((c.parse::<NaiveDate>()? - epoch).num_days())?)
        })?)),
        "decimal" => {
            let (precision, scale) = inside.split_once(',').ok_or("`decimal(12,2)` is wanted")?;
            let (precision, scale) = (precision.trim().parse()?, scale.trim().parse::<i8>()?);
            let values = each(cells, |c| {
                let (whole, part) = c.split_once('.').unwrap_or((c, ""));
                let part = format!("{part:0<width$}", width = usize::try_from(scale)?);
                Ok(format!("{whole}{part}").parse::<i128>()?)
            })?;
            Arc::new(Decimal128Array::from(values).with_precision_and_scale(precision, scale)?)
        }
        "timestamp" => {
            let values = each(cells, |c| {
                // With an offset an instant, without one the local clock.
                if let Ok(at) = DateTime::parse_from_rfc3339(c) {
                    return Ok(at.timestamp_micros());
                }
                Ok(NaiveDateTime::parse_from_str(c, "%Y-%m-%dT%H:%M:%S")?.and_utc().timestamp_micros())
            })?;
            let array = TimestampMicrosecondArray::from(values);
            if inside.is_empty() { Arc::new(array) } else { Arc::new(array.with_timezone(inside)) }
        }
        "dictionary" => {
            let key = Box::new(DataType::Int32);
            let text: ArrayRef = Arc::new(StringArray::from(cells.to_vec()));
            arrow::compute::cast(&text, &DataType::Dictionary(key, Box::new(DataType::Utf8)))?
        }
        other => return Err(format!("`{other}` is no type of a test file").into()),
    })
}
