//! Bytes of a rule file -> its text in the source map: refuses what is too large (before reading it) or
//! not UTF-8 (with the place of the first bad byte). A byte order mark is dropped.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::diagnostic::{Diagnostic, Diagnostics, codes};
use crate::source::{FileId, SourceMap, Span};

/// Bytes of one rule file.
pub const MAX_BYTES: u64 = 10 * 1024 * 1024;

/// Reads a file; `from` is where its name is written, if it is.
pub fn read(path: &Path, name: &str, from: Option<Span>, diags: &mut Diagnostics) -> Option<Vec<u8>> {
    let mut problem = |diagnostic: Diagnostic| {
        diags.push(match from {
            Some(span) => diagnostic.at(span, "named here"),
            None => diagnostic,
        });
    };
    let unreadable = |why: &str| {
        Diagnostic::new(&codes::UNREADABLE, format!("`{name}` cannot be read")).note(why.to_owned())
    };
    // Asked before it is opened: opening a pipe would wait for its other end.
    let file = match std::fs::metadata(path) {
        Ok(data) if data.is_dir() => {
            problem(
                unreadable("it is a folder")
                    .help(format!("include the files in it: `{}/**/*.yaml`", name.trim_end_matches('/'))),
            );
            return None;
        }
        Ok(data) if !data.is_file() => {
            problem(unreadable("it is not a regular file"));
            return None;
        }
        Ok(data) if data.len() > MAX_BYTES => {
            problem(too_large(name, data.len()));
            return None;
        }
        Ok(_) => File::open(path),
        Err(error) => Err(error),
    };
    let mut bytes = Vec::new();
    match file.and_then(|f| f.take(MAX_BYTES + 1).read_to_end(&mut bytes)) {
        Err(error) => {
            problem(match error.kind() {
                std::io::ErrorKind::NotFound => unreadable("there is no such file"),
                std::io::ErrorKind::PermissionDenied => unreadable("its permissions do not allow it"),
                _ => unreadable(&error.to_string()),
            });
            None
        }
        Ok(_) if bytes.len() as u64 > MAX_BYTES => {
            problem(too_large(name, bytes.len() as u64));
            None
        }
        Ok(_) => Some(bytes),
    }
}

fn too_large(name: &str, bytes: u64) -> Diagnostic {
    let size = bytes.div_ceil(1024 * 1024);
    Diagnostic::new(&codes::TOO_LARGE, format!("`{name}` is too large for a rule file"))
        .note(format!("it has {size} MB; {} MB are read", MAX_BYTES / (1024 * 1024)))
        .help("data belongs in `sources:`; rules can be split into files with `include:`")
}

/// Puts a text into the map; `None` where it is none.
pub fn add(name: &str, bytes: &[u8], map: &mut SourceMap, diags: &mut Diagnostics) -> Option<FileId> {
    if bytes.len() as u64 > MAX_BYTES {
        diags.push(too_large(name, bytes.len() as u64));
        return None;
    }
    let body = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    match std::str::from_utf8(body) {
        Ok(text) => Some(map.add(name, text)),
        Err(error) => {
            let at = error.valid_up_to();
            // Up to the bad byte the shown text is the file's own.
            let file = map.add(name, String::from_utf8_lossy(body).into_owned());
            let byte = body.get(at).copied().unwrap_or(0);
            let mut diagnostic = Diagnostic::new(&codes::NOT_UTF8, format!("`{name}` is not UTF-8 text"))
                .at(Span::new(file, at, at + '\u{FFFD}'.len_utf8()), format!("byte 0x{byte:02X} here"));
            diagnostic = if body.starts_with(b"\xFF\xFE") || body.starts_with(b"\xFE\xFF") {
                diagnostic.help("it looks like UTF-16: save the file as UTF-8")
            } else {
                diagnostic.help("save the file as UTF-8; the byte may be a letter of Windows-1252 or Latin-1")
            };
            diags.push(diagnostic);
            None
        }
    }
}
