//! Outcome -> the tidy rows as JSON, an object a line: for `jq`, logs and loaders.

use std::io::{self, Write};

use super::{json, tidy};
use crate::model::outcome::Outcome;

/// One line a row; nothing where there is none.
pub fn write(outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
    let batch = tidy::batch(outcome).map_err(tidy::io_error)?;
    for row in json::rows(&batch).map(json::with_evidence) {
        writeln!(out, "{row}")?;
    }
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::super::samples::{breakdown, outcome, row, table};
    use super::*;

    #[test]
    fn a_line_a_row_even_with_line_ends_inside() {
        let rows =
            vec![row(1).member(Some("a\nb"), None).of("12345678901234567.89"), row(2).member(None, None)];
        let mut bytes = Vec::new();
        write(&outcome(vec![table("x", vec![breakdown(&["rep"], rows)])]), &mut bytes).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert_eq!(text.lines().count(), 2);
        let first: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
        assert_eq!(first["rep"], "a\nb");
        assert_eq!(first["exact"], "12345678901234567.89");
    }
}
