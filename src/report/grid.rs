//! Cells -> lines of text: columns as wide as what they hold, in display columns. Where that is wider
//! than the terminal, texts are shortened first, then columns go to further panels; numbers are never
//! cut. No line ends in spaces.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Between two columns.
const GAP: usize = 2;
/// Texts are shortened no further than this while a panel can take the rest.
const COMFORTABLE: usize = 20;
/// And never further than this.
const LEAST: usize = 6;

/// How a piece of text stands out, where colour is allowed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// Not at all.
    #[default]
    Plain,
    /// Bold.
    Strong,
    /// Behind the rest.
    Dim,
    /// As wanted.
    Good,
    /// Nearly.
    Fair,
    /// Not as wanted.
    Bad,
}

impl Tone {
    /// The text in this tone.
    pub fn paint(self, text: &str, colour: bool) -> String {
        match self {
            _ if !colour || text.is_empty() => text.to_owned(),
            Self::Plain => text.to_owned(),
            Self::Strong => format!("\u{1b}[1m{text}\u{1b}[0m"),
            Self::Dim => format!("\u{1b}[2m{text}\u{1b}[0m"),
            Self::Good => format!("\u{1b}[32m{text}\u{1b}[0m"),
            Self::Fair => format!("\u{1b}[33m{text}\u{1b}[0m"),
            Self::Bad => format!("\u{1b}[31m{text}\u{1b}[0m"),
        }
    }
}

/// One cell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// What it says.
    pub text: String,
    /// An end that is kept where the text is shortened.
    pub tail: String,
    /// How it stands out.
    pub tone: Tone,
}

impl Cell {
    /// A plain cell.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// A cell behind the rest.
    pub fn dim(text: impl Into<String>) -> Self {
        Self { text: text.into(), tone: Tone::Dim, ..Self::default() }
    }

    /// All that it says.
    pub fn full(&self) -> String {
        format!("{}{}", self.text, self.tail)
    }

    fn width(&self) -> usize {
        self.text.width() + self.tail.width()
    }

    /// At most this wide, with `…` where something went.
    fn fitted(&self, width: usize) -> String {
        if self.width() <= width {
            return self.full();
        }
        if !self.tail.is_empty() && self.tail.width() * 2 <= width {
            return shortened(&self.text, width - self.tail.width()) + &self.tail;
        }
        shortened(&self.full(), width)
    }
}

/// A text of at most this width, ending in `…` where it was longer.
pub fn shortened(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = 1;
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used > width {
            break;
        }
        kept.push(c);
    }
    // The width of a sequence (an emoji, say) is not always the sum of its characters'.
    while !kept.is_empty() && (kept.ends_with(' ') || kept.width() + 1 > width) {
        kept.pop();
    }
    if width > 0 {
        kept.push('…');
    }
    kept
}

/// One column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// What heads it.
    pub header: String,
    /// Numbers stand at the right.
    pub right: bool,
    /// Whether its texts may be shortened.
    pub shrinks: bool,
}

/// A table of cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grid {
    /// Its columns.
    pub columns: Vec<Column>,
    /// A cell for each column.
    pub rows: Vec<Vec<Cell>>,
    /// The first columns that every panel repeats; all of them where it has but one panel.
    pub repeated: usize,
}

impl Grid {
    /// The lines, panels parted by an empty one.
    pub fn lines(&self, width: Option<usize>, colour: bool) -> Vec<String> {
        let mut widths: Vec<usize> = (0..self.columns.len()).map(|i| self.natural(i)).collect();
        let mut panels = vec![(0..self.columns.len()).collect::<Vec<_>>()];
        if let Some(limit) = width {
            self.shrink(&mut widths, limit, COMFORTABLE);
            let parts = total(&widths) > limit && self.repeated < self.columns.len();
            if parts {
                panels = self.panels(&widths, limit);
            } else {
                self.shrink(&mut widths, limit, LEAST);
            }
        }
        let panels: Vec<Vec<String>> =
            panels.iter().map(|columns| self.panel(columns, &widths, colour)).collect();
        panels.join(&String::new())
    }

    fn natural(&self, column: usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.get(column)).map(Cell::width);
        cells.chain([self.columns[column].header.width()]).max().unwrap_or(0)
    }

    /// Narrows the widest of the columns that may be, a step at a time, until all fits or none is wider
    /// than `floor`.
    fn shrink(&self, widths: &mut [usize], limit: usize, floor: usize) {
        while total(widths) > limit {
            let widest = (0..widths.len())
                .filter(|i| self.columns[*i].shrinks && widths[*i] > floor)
                .max_by_key(|i| (widths[*i], std::cmp::Reverse(*i)));
            let Some(widest) = widest else { return };
            // All the way down to the next widest at once would be faster; widths are small.
            let excess = total(widths) - limit;
            let step = if excess > 1000 { (widths[widest] - floor).min(excess / 2) } else { 1 };
            widths[widest] -= step.max(1);
        }
    }

    /// As many of the other columns as fit beside the repeated ones, panels of about the same size.
    fn panels(&self, widths: &[usize], limit: usize) -> Vec<Vec<usize>> {
        let repeated: Vec<usize> = (0..self.repeated).collect();
        let others: Vec<usize> = (self.repeated..self.columns.len()).collect();
        let fits = |chunk: &[usize]| {
            let all: Vec<usize> = repeated.iter().chain(chunk).map(|i| widths[*i]).collect();
            total(&all) <= limit
        };
        let size = (1..=others.len()).rev().find(|size| others.chunks(*size).all(fits)).unwrap_or(1);
        let size = others.len().div_ceil(others.len().div_ceil(size).max(1)).max(1);
        others.chunks(size).map(|chunk| repeated.iter().chain(chunk).copied().collect()).collect()
    }

    fn panel(&self, columns: &[usize], widths: &[usize], colour: bool) -> Vec<String> {
        let header: Vec<Cell> = self.columns.iter().map(|c| Cell::dim(&c.header)).collect();
        let rule: Vec<Cell> = widths.iter().map(|w| Cell::dim("─".repeat(*w))).collect();
        [&header, &rule]
            .into_iter()
            .chain(&self.rows)
            .map(|row| self.line(row, columns, widths, colour))
            .collect()
    }

    fn line(&self, row: &[Cell], columns: &[usize], widths: &[usize], colour: bool) -> String {
        let mut line = String::new();
        // Spaces are owed until something follows them, so that no line ends in one.
        let mut owed = 0;
        for (at, i) in columns.iter().enumerate() {
            owed += if at > 0 { GAP } else { 0 };
            let Some(cell) = row.get(*i) else { continue };
            let text = if self.columns[*i].shrinks { cell.fitted(widths[*i]) } else { cell.full() };
            let text = text.trim_end();
            let free = widths[*i].saturating_sub(text.width());
            let (before, after) = if self.columns[*i].right { (free, 0) } else { (0, free) };
            owed += before;
            if !text.is_empty() {
                line.push_str(&" ".repeat(owed));
                line.push_str(&cell.tone.paint(text, colour));
                owed = 0;
            }
            owed += after;
        }
        line
    }
}

fn total(widths: &[usize]) -> usize {
    widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1)
}

#[cfg(test)]
#[path = "grid_tests.rs"]
mod tests;
