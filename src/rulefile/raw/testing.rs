//! `tests:` as written: rows given, results expected.

use super::{Formula, Pairs};
use crate::source::{Span, Spanned};

/// One test.
#[derive(Clone, Debug)]
pub struct RawTest {
    /// The name, where it is defined.
    pub name: Spanned<String>,
    /// `description:`.
    pub description: Option<Spanned<String>>,
    /// `given:`, rows by source; `results` are results of KPIs.
    pub given: Vec<(Spanned<String>, RawGiven)>,
    /// `params:`, constants.
    pub params: Vec<(Spanned<String>, Formula)>,
    /// `as_of:`, a date or time as typed.
    pub as_of: Option<Spanned<String>>,
    /// `expect:`.
    pub expect: Vec<RawExpect>,
    /// The whole test.
    pub span: Span,
}

/// The rows of one source.
#[derive(Clone, Debug)]
pub enum RawGiven {
    /// CSV that stands in the rule file.
    Rows(RawRows),
    /// `file:`, a path to a CSV file; variables replaced.
    File(Spanned<String>),
}

/// CSV in a rule file.
#[derive(Clone, Debug)]
pub struct RawRows {
    /// The text, indentation taken off.
    pub text: Spanned<String>,
    /// The bytes of the file that the lines of the text begin at; empty where they are not the file's
    /// own lines (quoted and folded texts).
    pub lines: Vec<usize>,
}

/// One expected result.
#[derive(Clone, Debug)]
pub struct RawExpect {
    /// What was written, as typed, by key and in its order: `kpi`, `grain`, `period`, `value` ...
    pub fields: Vec<(&'static str, Spanned<String>)>,
    /// `at:`, a member for each dimension; empty for the total.
    pub at: Pairs,
    /// The whole entry.
    pub span: Span,
}

impl RawExpect {
    /// What was written under a key.
    pub fn get(&self, key: &str) -> Option<&Spanned<String>> {
        self.fields.iter().find(|(name, _)| *name == key).map(|(_, value)| value)
    }
}

impl RawRows {
    /// Where bytes of the text stand in the file; the whole text where that cannot be told.
    pub fn place(&self, from: usize, to: usize) -> Span {
        let text = &self.text.node;
        let before = text.get(..from).unwrap_or(text);
        let from = before.len();
        let line = before.matches('\n').count();
        let begin = before.rfind('\n').map_or(0, |at| at + 1);
        match self.lines.get(line) {
            Some(start) => {
                let end = text[begin..].find('\n').map_or(text.len(), |at| begin + at);
                Span::new(self.text.span.file, start + from - begin, start + to.min(end).max(from) - begin)
            }
            None => self.text.span,
        }
    }
}
