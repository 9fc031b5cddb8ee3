//! File names -> formats and compressions. Knows names only: what a file really holds shows when it
//! is read.

use super::spec::Format;

/// How a text file is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    None,
    /// gzip, one or more members.
    Gzip,
    /// zstd, one or more frames.
    Zstd,
}

/// What `format:` and names can say, for messages.
pub const KNOWN: &str = "known: .parquet, .csv, .tsv, .ndjson, .jsonl (also .gz, .zst), .arrow, .feather, .ipc; \
    or name it: `format: csv`; a spreadsheet is saved as CSV";

/// The compression that a file's name says, and the name without it.
pub fn compression(name: &str) -> (Compression, &str) {
    for (end, compression) in [(".gz", Compression::Gzip), (".zst", Compression::Zstd)] {
        if let Some(rest) = strip_end(name, end) {
            return (compression, rest);
        }
    }
    (Compression::None, name)
}

/// The format that a file's name says.
pub fn of_name(name: &str) -> Option<Format> {
    let (compression, rest) = compression(name);
    let format = match extension(rest)?.to_ascii_lowercase().as_str() {
        "parquet" | "pq" => Format::Parquet,
        "csv" | "tsv" => Format::Csv,
        "ndjson" | "jsonl" => Format::Ndjson,
        "arrow" | "arrows" | "feather" | "ipc" => Format::Arrow,
        _ => return None,
    };
    // A packed Parquet file has to be unpacked first: its footer is at the end.
    (compression == Compression::None || format.is_text()).then_some(format)
}

/// Whether a file's name says that tabs stand between its fields.
pub fn is_tsv(name: &str) -> bool {
    extension(compression(name).1).is_some_and(|e| e.eq_ignore_ascii_case("tsv"))
}

fn extension(name: &str) -> Option<&str> {
    let file = name.rsplit('/').next()?;
    let (stem, extension) = file.rsplit_once('.')?;
    (!stem.is_empty()).then_some(extension)
}

fn strip_end<'a>(name: &'a str, end: &str) -> Option<&'a str> {
    let at = name.len().checked_sub(end.len())?;
    let tail = name.get(at..)?;
    if tail.eq_ignore_ascii_case(end) { name.get(..at) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_formats() {
        assert_eq!(of_name("a/b.csv"), Some(Format::Csv));
        assert_eq!(of_name("B.CSV.GZ"), Some(Format::Csv));
        assert_eq!(of_name("x.jsonl.zst"), Some(Format::Ndjson));
        assert_eq!(of_name("x.parquet.gz"), None);
        assert_eq!(of_name("x.feather"), Some(Format::Arrow));
        assert_eq!(of_name(".csv"), None);
        assert_eq!(of_name("é.gz"), None);
        assert!(is_tsv("a.tsv.gz") && !is_tsv("a.csv"));
    }
}
