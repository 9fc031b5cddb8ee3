//! A Markdown file as prose and fenced blocks, and back, byte for byte: what golden cases and the
//! documents' examples are made of.

use std::fmt::Write as _;
use std::path::Path;

/// A piece of a file.
#[derive(Clone, Debug)]
pub enum Piece {
    /// Lines outside fences.
    Prose(String),
    /// A fenced block.
    Block(Block),
}

/// A fenced block.
#[derive(Clone, Debug)]
pub struct Block {
    /// The backticks.
    pub fence: String,
    /// What stands behind them.
    pub info: String,
    /// The lines between, each with its end.
    pub body: String,
    /// The line of the opening fence.
    pub line: usize,
}

impl Block {
    /// The first word of the info string.
    pub fn kind(&self) -> &str {
        self.info.split_whitespace().next().unwrap_or("")
    }

    /// The rest of it.
    pub fn rest(&self) -> &str {
        self.info.trim().split_once(char::is_whitespace).map_or("", |(_, rest)| rest.trim())
    }
}

/// The pieces of a file.
pub fn parse(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut prose = String::new();
    let mut open: Option<Block> = None;
    for (i, line) in text.split_inclusive('\n').enumerate() {
        let bare = line.trim_end();
        match &mut open {
            Some(block) if bare == block.fence => pieces.extend(open.take().map(Piece::Block)),
            Some(block) => block.body.push_str(line),
            None if bare.starts_with("```") => {
                if !prose.is_empty() {
                    pieces.push(Piece::Prose(std::mem::take(&mut prose)));
                }
                let info = bare.trim_start_matches('`').trim().to_owned();
                let fence = "`".repeat(bare.len() - bare.trim_start_matches('`').len());
                open = Some(Block { fence, info, body: String::new(), line: i + 1 });
            }
            None => prose.push_str(line),
        }
    }
    pieces.extend(open.take().map(Piece::Block));
    if !prose.is_empty() {
        pieces.push(Piece::Prose(prose));
    }
    pieces
}

/// The text of pieces.
pub fn print(pieces: &[Piece]) -> String {
    let mut out = String::new();
    for piece in pieces {
        match piece {
            Piece::Prose(text) => out.push_str(text),
            Piece::Block(block) => {
                let gap = if block.body.is_empty() || block.body.ends_with('\n') { "" } else { "\n" };
                let _ = writeln!(out, "{}{}\n{}{gap}{}", block.fence, block.info, block.body, block.fence);
            }
        }
    }
    out
}

/// Writes a file beside the old one, then in its place.
pub fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let beside = path.with_extension("md.new");
    std::fs::write(&beside, text)?;
    std::fs::rename(&beside, path)
}
