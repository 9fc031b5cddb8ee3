//! Outcome -> an Arrow IPC file (the form with a footer, also known as Feather 2) of the tidy rows,
//! `project` and `as_of` in the schema's metadata.

use std::io::{self, Write};

use arrow::ipc::writer::FileWriter;

use super::tidy;
use crate::model::outcome::Outcome;

/// The whole file, uncompressed: readable by every Arrow there is.
pub fn write(outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
    let batch = tidy::batch(outcome).map_err(tidy::io_error)?;
    let schema = batch.schema();
    let mut writer = FileWriter::try_new(&mut *out, &schema).map_err(tidy::io_error)?;
    writer.write(&batch).and_then(|()| writer.finish()).map_err(tidy::io_error)?;
    drop(writer);
    out.flush()
}

#[cfg(test)]
mod tests {
    use arrow::ipc::reader::FileReader;

    use super::super::samples::two_kpis;
    use super::*;

    #[test]
    fn it_reads_back_with_its_metadata() {
        let mut bytes = Vec::new();
        write(&two_kpis(), &mut bytes).unwrap();
        let mut reader = FileReader::try_new(io::Cursor::new(bytes), None).unwrap();
        assert_eq!(reader.schema().metadata()["as_of"], "2026-02-10");
        assert_eq!(reader.next().unwrap().unwrap(), tidy::batch(&two_kpis()).unwrap());
        assert!(reader.next().is_none());
    }
}
