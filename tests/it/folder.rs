//! The folder that a golden case runs in: its `rules` and `data` blocks written to files, text as it is
//! (compressed where the name ends in `.gz` or `.zst`), typed CSV as Parquet or Arrow.

use std::io::Write;
use std::path::Path;

use tempfile::TempDir;

use crate::markdown::Block;
use crate::typed;

/// A new folder.
pub fn new() -> std::io::Result<TempDir> {
    tempfile::Builder::new().prefix("rumbo-case-").tempdir()
}

/// Writes a block's file into a folder; false where the block is none.
pub fn write(folder: &Path, block: &Block) -> Result<bool, String> {
    let name = match (block.kind(), block.rest()) {
        ("rules", "") => "rumbo.yaml",
        ("rules" | "data" | "data-base64" | "parquet" | "arrow", name) if !name.is_empty() => name,
        ("data" | "data-base64" | "parquet" | "arrow", _) => {
            return Err(format!("line {}: `{}` wants a file name", block.line, block.info));
        }
        _ => return Ok(false),
    };
    let path = folder.join(name);
    let wrong = |e: &dyn std::fmt::Display| format!("line {}: {name}: {e}", block.line);
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(|e| wrong(&e))?;
    }
    let bytes = match block.kind() {
        "data-base64" => base64(&block.body).ok_or_else(|| wrong(&"not base64"))?,
        "parquet" => typed::parquet(&block.body).map_err(|e| wrong(&e))?,
        "arrow" => typed::arrow(&block.body).map_err(|e| wrong(&e))?,
        _ => packed(name, block.body.as_bytes()).map_err(|e| wrong(&e))?,
    };
    std::fs::write(&path, bytes).map_err(|e| wrong(&e))?;
    Ok(true)
}

fn packed(name: &str, text: &[u8]) -> std::io::Result<Vec<u8>> {
    match Path::new(name).extension().and_then(|e| e.to_str()) {
        Some("gz") => {
            let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            out.write_all(text)?;
            out.finish()
        }
        Some("zst") => zstd::encode_all(text, 3),
        _ => Ok(text.to_vec()),
    }
}

fn base64(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let (mut held, mut bits) = (0u32, 0);
    for c in text.bytes().filter(|c| !c.is_ascii_whitespace() && *c != b'=') {
        let value = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        held = held << 6 | u32::from(value);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push((held >> bits & 0xff) as u8);
        }
    }
    Some(out)
}

/// Copies a folder with all below it.
pub fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
