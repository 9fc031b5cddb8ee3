//! A stored file -> a stream of UTF-8 text: fetched, unpacked, decoded. What cannot be decoded is an
//! error with its line; a byte order mark wins over `encoding:`, as everywhere.

use std::fmt;
use std::io::{self, BufReader, Read};

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8};
use futures::StreamExt;
use object_store::{GetResultPayload, ObjectStoreExt};
use tokio::sync::mpsc;

use super::format::{Compression, compression};
use super::spec::{DataFile, Store};

/// Called with the number of bytes read from the store since the last call; `false` stops reading.
pub type Meter = Box<dyn FnMut(u64) -> bool + Send>;

/// Opens a file's bytes for a blocking reader. Call inside a Tokio runtime; read on a blocking thread.
pub async fn open(store: &Store, file: &DataFile) -> object_store::Result<Box<dyn Read + Send>> {
    match store.store.get(&file.meta.location).await?.payload {
        GetResultPayload::File(file, _) => Ok(Box::new(file)),
        GetResultPayload::Stream(mut stream) => {
            let (send, receive) = mpsc::channel(8);
            tokio::spawn(async move {
                while let Some(chunk) = stream.next().await {
                    let chunk = chunk.map(|bytes| bytes.to_vec()).map_err(io::Error::other);
                    if send.send(chunk).await.is_err() {
                        break;
                    }
                }
            });
            Ok(Box::new(Chunks { receive, now: io::Cursor::new(Vec::new()) }))
        }
    }
}

/// The chunks of a remote file as a blocking reader.
struct Chunks {
    receive: mpsc::Receiver<io::Result<Vec<u8>>>,
    now: io::Cursor<Vec<u8>>,
}

impl Read for Chunks {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            let n = self.now.read(out)?;
            if n > 0 || out.is_empty() {
                return Ok(n);
            }
            match self.receive.blocking_recv() {
                Some(chunk) => self.now = io::Cursor::new(chunk?),
                None => return Ok(0),
            }
        }
    }
}

/// The text of a file: unpacked by its name, decoded as `encoding` or as its byte order mark says.
pub fn text(
    name: &str,
    bytes: Box<dyn Read + Send>,
    encoding: Option<&'static Encoding>,
    meter: Meter,
) -> io::Result<Text> {
    let bytes = BufReader::with_capacity(1 << 16, Metered { inner: bytes, meter });
    let unpacked: Box<dyn Read + Send> = match compression(name).0 {
        Compression::None => Box::new(bytes),
        Compression::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(bytes)),
        Compression::Zstd => Box::new(zstd::stream::read::Decoder::with_buffer(bytes)?),
    };
    Ok(Text {
        input: unpacked,
        decoder: encoding.unwrap_or(UTF_8).new_decoder(),
        declared: encoding.is_some(),
        raw: vec![0; 1 << 16],
        from: 0,
        to: 0,
        started: false,
        ended: false,
        finished: false,
        line: 1,
    })
}

struct Metered {
    inner: Box<dyn Read + Send>,
    meter: Meter,
}

impl Read for Metered {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(out)?;
        if n > 0 && !(self.meter)(n as u64) {
            return Err(io::Error::other("reading was stopped"));
        }
        Ok(n)
    }
}

/// Reads as UTF-8.
#[allow(clippy::struct_excessive_bools)]
pub struct Text {
    input: Box<dyn Read + Send>,
    decoder: Decoder,
    declared: bool,
    raw: Vec<u8>,
    from: usize,
    to: usize,
    started: bool,
    ended: bool,
    finished: bool,
    line: u64,
}

/// Bytes that are no text; travels inside an [`io::Error`].
#[derive(Debug)]
pub struct BadText {
    /// The line, where it is known.
    pub line: Option<u64>,
    /// What is wrong.
    pub what: String,
    /// How to read it.
    pub help: String,
}

impl fmt::Display for BadText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for BadText {}

impl Text {
    fn fill(&mut self) -> io::Result<()> {
        self.from = 0;
        self.to = self.input.read(&mut self.raw)?;
        self.ended = self.to == 0;
        if !self.started {
            self.started = true;
            // A first read may be short; what follows looks at the very beginning only.
            self.look()?;
        }
        Ok(())
    }

    /// Tells what is no text at all from text in another encoding.
    fn look(&self) -> io::Result<()> {
        let head = self.raw.get(..self.to.min(1024)).unwrap_or_default();
        let bad = |what: &str, help: &str| {
            let bad = BadText { line: None, what: what.to_owned(), help: help.to_owned() };
            Err(io::Error::new(io::ErrorKind::InvalidData, bad))
        };
        if head.starts_with(b"PK\x03\x04") {
            return bad("is a zip file or an Excel workbook, not text", "save the sheet as CSV");
        }
        if head.starts_with(&[0x1f, 0x8b]) {
            return bad("is packed with gzip", "name it with `.gz` at the end");
        }
        if head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
            return bad("is packed with zstd", "name it with `.zst` at the end");
        }
        if head.starts_with(b"PAR1") {
            return bad("is a Parquet file", "name it with `.parquet` at the end, or say `format: parquet`");
        }
        let marked = head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]);
        if !self.declared && !marked && head.contains(&0) {
            let little = head.iter().position(|b| *b == 0).is_some_and(|at| at % 2 == 1);
            let label = if little { "utf-16le" } else { "utf-16be" };
            return bad(
                "has zero bytes: no UTF-8 text",
                &format!("if it is text of 16-bit characters, add `csv: {{encoding: {label}}}`"),
            );
        }
        Ok(())
    }

    fn malformed(&self) -> io::Error {
        let encoding = self.decoder.encoding();
        let help = if encoding == UTF_8 {
            "text from Excel on Windows? add `csv: {encoding: windows-1252}`".to_owned()
        } else {
            "name the file's own encoding in `csv: {encoding: ...}`".to_owned()
        };
        let what = format!("has bytes that are not {}", encoding.name());
        io::Error::new(io::ErrorKind::InvalidData, BadText { line: Some(self.line), what, help })
    }
}

impl Read for Text {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        // The decoder may need room for one whole character.
        if out.len() < 16 {
            return Err(io::Error::other("a buffer too small to decode into"));
        }
        while !self.finished {
            if self.from == self.to && !self.ended {
                self.fill()?;
            }
            let source = self.raw.get(self.from..self.to).unwrap_or_default();
            let (result, read, written) =
                self.decoder.decode_to_utf8_without_replacement(source, out, self.ended);
            self.from += read;
            self.line += out.iter().take(written).filter(|b| **b == b'\n').count() as u64;
            match result {
                DecoderResult::Malformed(..) => return Err(self.malformed()),
                DecoderResult::InputEmpty if self.ended => self.finished = true,
                _ => {}
            }
            if written > 0 {
                return Ok(written);
            }
        }
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8], label: Option<&str>) -> io::Result<String> {
        let encoding = label.and_then(|l| Encoding::for_label(l.as_bytes()));
        let mut text =
            text("x.csv", Box::new(io::Cursor::new(bytes.to_vec())), encoding, Box::new(|_| true))?;
        let (mut out, mut buffer) = (Vec::new(), vec![0; 64]);
        loop {
            match text.read(&mut buffer)? {
                0 => return Ok(String::from_utf8(out).unwrap()),
                n => out.extend_from_slice(&buffer[..n]),
            }
        }
    }

    #[test]
    fn marks_and_labels() {
        assert_eq!(decoded(b"\xef\xbb\xbfa\xc3\xb1o", None).unwrap(), "año");
        assert_eq!(decoded(b"a\xf1o \x80", Some("windows-1252")).unwrap(), "año €");
        assert_eq!(decoded(b"\xff\xfea\0\xf1\0", None).unwrap(), "añ");
        assert_eq!(decoded(b"\xfe\xff\0a\0\xf1", None).unwrap(), "añ");
        assert_eq!(decoded(b"\xef\xbb\xbfa", Some("windows-1252")).unwrap(), "a");
        assert_eq!(decoded("ñ".repeat(100_000).as_bytes(), None).unwrap().chars().count(), 100_000);
    }

    #[test]
    fn what_is_no_text_says_so() {
        let bad = |bytes: &[u8]| {
            let error = decoded(bytes, None).unwrap_err();
            let bad = error.get_ref().unwrap().downcast_ref::<BadText>().unwrap();
            (bad.line, bad.help.clone())
        };
        assert_eq!(bad(b"a\nb\xf1\n").0, Some(2));
        assert!(bad(b"a\nb\xf1\n").1.contains("windows-1252"));
        assert!(bad(b"a\0b\0").1.contains("utf-16le"));
        assert!(bad(b"PK\x03\x04xxxx").1.contains("CSV"));
        assert_eq!(bad(b"abc\xc3").0, Some(1), "cut in the middle of a character");
    }
}
