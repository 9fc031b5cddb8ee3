//! Delimited text -> records with their lines. An own reader, because the `csv` crate's lines are
//! those before blank lines and after `\r`, and it takes a quote that never closes for the rest of
//! the file.

use std::io::{self, Read};

/// One record: its fields unquoted, one after the other.
#[derive(Debug, Default)]
pub struct Record {
    text: Vec<u8>,
    ends: Vec<usize>,
    /// The line it starts on, from 1.
    pub line: u64,
    quoted: bool,
}

impl Record {
    /// The number of fields.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// A field; empty where there is none.
    pub fn get(&self, index: usize) -> &str {
        let end = self.ends.get(index).copied().unwrap_or(0);
        let start = index.checked_sub(1).and_then(|i| self.ends.get(i)).copied().unwrap_or(0);
        // The reader gives UTF-8, and delimiters and quotes are ASCII.
        self.text.get(start..end).and_then(|b| std::str::from_utf8(b).ok()).unwrap_or("")
    }

    /// All fields.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|i| self.get(i))
    }

    fn is_blank(&self) -> bool {
        !self.quoted && self.len() == 1 && self.text.iter().all(u8::is_ascii_whitespace)
    }
}

/// Why a record could not be read.
#[derive(Debug)]
pub enum RecordError {
    /// The file.
    Io(io::Error),
    /// A quote opened on this line is never closed.
    OpenQuote(u64),
    /// Text after the closing quote of a field, on this line.
    AfterQuote(u64),
}

/// Reads records.
pub struct Records<R> {
    input: R,
    buffer: Vec<u8>,
    from: usize,
    to: usize,
    line: u64,
    after_cr: bool,
    delimiter: u8,
    quote: u8,
}

impl<R: Read> Records<R> {
    /// Reads from UTF-8 text.
    pub fn new(input: R, delimiter: u8, quote: u8) -> Self {
        let buffer = vec![0; 1 << 16];
        Self { input, buffer, from: 0, to: 0, line: 1, after_cr: false, delimiter, quote }
    }

    /// Reads the next record that is not blank; `false` at the end.
    pub fn next(&mut self, record: &mut Record) -> Result<bool, RecordError> {
        loop {
            record.text.clear();
            record.ends.clear();
            record.quoted = false;
            if !self.read(record)? {
                return Ok(false);
            }
            if !record.is_blank() {
                return Ok(true);
            }
        }
    }

    fn read(&mut self, record: &mut Record) -> Result<bool, RecordError> {
        self.skip_feed()?;
        record.line = self.line;
        if self.peek()?.is_none() {
            return Ok(false);
        }
        loop {
            if self.peek()? == Some(self.quote) {
                record.quoted = true;
                self.quoted(record)?;
            } else {
                self.plain(record)?;
            }
            record.ends.push(record.text.len());
            match self.peek()? {
                Some(b) if b == self.delimiter => self.from += 1,
                Some(b) => {
                    self.from += 1;
                    self.line += 1;
                    self.after_cr = b == b'\r';
                    return Ok(true);
                }
                None => return Ok(true),
            }
        }
    }

    /// Up to the next delimiter or line end. A quote inside is a plain character (`5" pipe`).
    fn plain(&mut self, record: &mut Record) -> Result<(), RecordError> {
        while self.peek()?.is_some() {
            let rest = &self.buffer[self.from..self.to];
            let stop = rest.iter().position(|b| *b == self.delimiter || *b == b'\n' || *b == b'\r');
            let taken = stop.unwrap_or(rest.len());
            record.text.extend_from_slice(&rest[..taken]);
            self.from += taken;
            if stop.is_some() {
                break;
            }
        }
        Ok(())
    }

    fn quoted(&mut self, record: &mut Record) -> Result<(), RecordError> {
        let opened = self.line;
        self.from += 1;
        loop {
            if self.peek()?.is_none() {
                return Err(RecordError::OpenQuote(opened));
            }
            let rest = &self.buffer[self.from..self.to];
            let stop = rest.iter().position(|b| *b == self.quote);
            let taken = &rest[..stop.unwrap_or(rest.len())];
            record.text.extend_from_slice(taken);
            for b in taken {
                // `\r\n` is one line end, a lone `\r` (old Macs) one too.
                self.line += u64::from(*b == b'\r' || (*b == b'\n' && !self.after_cr));
                self.after_cr = *b == b'\r';
            }
            self.from += taken.len();
            if stop.is_none() {
                continue;
            }
            self.after_cr = false;
            self.from += 1;
            match self.peek()? {
                Some(b) if b == self.quote => {
                    record.text.push(b);
                    self.from += 1;
                }
                Some(b) if b == self.delimiter || b == b'\n' || b == b'\r' => return Ok(()),
                None => return Ok(()),
                Some(_) => return Err(RecordError::AfterQuote(self.line)),
            }
        }
    }

    /// The `\n` of the `\r\n` that ended the record before.
    fn skip_feed(&mut self) -> Result<(), RecordError> {
        if std::mem::take(&mut self.after_cr) && self.peek()? == Some(b'\n') {
            self.from += 1;
        }
        Ok(())
    }

    #[inline]
    fn peek(&mut self) -> Result<Option<u8>, RecordError> {
        if self.from == self.to {
            self.from = 0;
            self.to = self.input.read(&mut self.buffer).map_err(RecordError::Io)?;
            if self.to == 0 {
                return Ok(None);
            }
        }
        Ok(Some(self.buffer[self.from]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time: every place is a chunk's end.
    struct Drip<'a>(&'a [u8]);
    impl Read for Drip<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let Some((first, rest)) = self.0.split_first() else { return Ok(0) };
            out[0] = *first;
            self.0 = rest;
            Ok(1)
        }
    }

    fn all(text: &str) -> Result<Vec<(u64, Vec<String>)>, String> {
        let mut reader = Records::new(Drip(text.as_bytes()), b',', b'"');
        let (mut record, mut out) = (Record::default(), Vec::new());
        while reader.next(&mut record).map_err(|e| format!("{e:?}"))? {
            out.push((record.line, record.iter().map(str::to_owned).collect()));
        }
        Ok(out)
    }

    fn one(line: u64, fields: &[&str]) -> (u64, Vec<String>) {
        (line, fields.iter().map(|f| (*f).to_owned()).collect())
    }

    #[test]
    fn lines_are_exact() {
        for end in ["\n", "\r\n", "\r"] {
            let text = "a,b\n\n1,\"x\ny\"\n  \n2,\"\"\"q\"\"\"\n,\n\"\"\n3,ñ".replace('\n', end);
            let wanted = vec![
                one(1, &["a", "b"]),
                one(3, &["1", &format!("x{end}y")]),
                one(6, &["2", "\"q\""]),
                one(7, &["", ""]),
                one(8, &[""]),
                one(9, &["3", "ñ"]),
            ];
            assert_eq!(all(&text), Ok(wanted), "{end:?}");
        }
    }

    #[test]
    fn quotes_have_to_close() {
        assert_eq!(all("a\n1,\"x\n\n"), Err("OpenQuote(2)".into()));
        assert_eq!(all("a\n\"x\"y\n"), Err("AfterQuote(2)".into()));
        assert_eq!(all("5\" pipe,2").unwrap(), vec![one(1, &["5\" pipe", "2"])]);
        assert_eq!(all("").unwrap(), vec![]);
        assert_eq!(all("\n\n").unwrap(), vec![]);
    }
}
