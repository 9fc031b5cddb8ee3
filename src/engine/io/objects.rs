//! One NDJSON file: an object per line. Numbers keep their text, so that decimals stay exact.

use std::borrow::Cow;
use std::io::{BufRead, BufReader, Read};

use serde_json::{Map, Value};

use super::decode::{Meter, Text, text};
use super::reading::Reading;
use crate::diagnostic::Diagnostic;

/// A line: an object, or what is wrong with it.
pub type Line = Result<Map<String, Value>, Diagnostic>;

/// An open NDJSON file.
pub struct Objects<'a> {
    input: BufReader<Text>,
    buffer: Vec<u8>,
    /// The line last read, from 1.
    pub line: u64,
    reading: &'a Reading,
    name: &'a str,
}

impl<'a> Objects<'a> {
    /// Opens a file.
    pub fn open(
        reading: &'a Reading,
        name: &'a str,
        bytes: Box<dyn Read + Send>,
        meter: Meter,
    ) -> Result<Self, Diagnostic> {
        let text =
            text(name, bytes, reading.encoding, meter).map_err(|e| reading.io_problem(name, None, &e))?;
        let input = BufReader::with_capacity(1 << 16, text);
        Ok(Self { input, buffer: Vec::new(), line: 0, reading, name })
    }

    /// The next object. The inner error is a line of the wrong shape, after which one can read on.
    pub fn next(&mut self) -> Result<Option<Line>, Diagnostic> {
        loop {
            self.buffer.clear();
            self.line += 1;
            let n = self.input.read_until(b'\n', &mut self.buffer);
            let n = n.map_err(|e| self.reading.io_problem(self.name, Some(self.line), &e))?;
            if n == 0 {
                return Ok(None);
            }
            let line = self.buffer.trim_ascii();
            if !line.is_empty() {
                return Ok(Some(self.object(line)));
            }
        }
    }

    fn object(&self, line: &[u8]) -> Line {
        let wrong = |headline: String| self.reading.row_problem(self.name, self.line, headline);
        if self.line == 1 && line.starts_with(b"[") {
            return Err(wrong("a JSON array, not one object per line".to_owned())
                .help("write each object on a line of its own, as `jq -c '.[]'` does"));
        }
        match serde_json::from_slice::<Value>(line) {
            Ok(Value::Object(object)) => Ok(object),
            Ok(_) => Err(wrong("not a JSON object".to_owned()).help("one object per line: `{\"id\": 1}`")),
            Err(e) => {
                let text = e.to_string();
                let what = text.split(" at line ").next().unwrap_or_default();
                let what = what.replace("EOF while parsing", "the line ends inside");
                Err(wrong(format!("no JSON: {what} at column {}", e.column())))
            }
        }
    }
}

/// A JSON value as the text that it is read from; `None` for null; an error for lists and objects.
pub fn text_of(value: &Value) -> Result<Option<Cow<'_, str>>, ()> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(Cow::Borrowed(text))),
        Value::Bool(true) => Ok(Some(Cow::Borrowed("true"))),
        Value::Bool(false) => Ok(Some(Cow::Borrowed("false"))),
        Value::Number(number) => Ok(Some(Cow::Owned(number.to_string()))),
        Value::Array(_) | Value::Object(_) => Err(()),
    }
}
