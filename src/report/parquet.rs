//! Outcome -> a Parquet file of the tidy rows, `project` and `as_of` in its key-value metadata, where
//! readers other than Arrow's find them too.

use std::io::{self, Write};

use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;

use super::tidy;
use crate::model::outcome::Outcome;

/// The whole file. Results are small: it is made in memory, since Parquet's writer wants to own its end.
pub fn write(outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
    let batch = tidy::batch(outcome).map_err(tidy::io_error)?;
    let metadata = vec![
        KeyValue::new("project".to_owned(), outcome.project.clone()),
        KeyValue::new("as_of".to_owned(), outcome.as_of.clone()),
    ];
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_key_value_metadata(Some(metadata))
        .build();
    let bytes = (|| -> Result<Vec<u8>, ParquetError> {
        let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties))?;
        writer.write(&batch)?;
        writer.into_inner()
    })()
    .map_err(io::Error::other)?;
    out.write_all(&bytes)?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

    use super::super::samples::two_kpis;
    use super::*;

    #[test]
    fn it_reads_back_with_its_metadata() {
        let mut file = tempfile::tempfile().unwrap();
        write(&two_kpis(), &mut file).unwrap();
        let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
        let pairs = reader.metadata().file_metadata().key_value_metadata().unwrap().clone();
        let find = |key: &str| pairs.iter().find(|p| p.key == key).and_then(|p| p.value.clone());
        assert_eq!(find("project").as_deref(), Some("key-accounts"));
        assert_eq!(find("as_of").as_deref(), Some("2026-02-10"));
        let batches: Vec<_> = reader.build().unwrap().map(Result::unwrap).collect();
        let written = tidy::batch(&two_kpis()).unwrap();
        assert_eq!(batches.len(), 1);
        assert_eq!(batches[0].columns(), written.columns());
        assert_eq!(batches[0].schema().fields(), written.schema().fields());
    }
}
