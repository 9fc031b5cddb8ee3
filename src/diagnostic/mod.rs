//! Problems as data: a stable code, a terse headline, labels on exact spans, notes, help, and a fix
//! where there is one. Renderers (`render/`) turn them into text; nothing here prints. Knows only
//! `source`.

pub mod codes;
pub mod near;
pub mod render;

pub use codes::Code;

use crate::source::Span;

/// How grave a diagnostic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Something worth knowing; changes no exit code.
    Note,
    /// Probably not what was meant; the run goes on.
    Warning,
    /// Could not judge: exit 2.
    Error,
}

/// A span and what to say about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The piece underlined.
    pub span: Span,
    /// What was found or expected there; may be empty.
    pub text: String,
    /// Whether it is where the problem is (and not only what it refers to).
    pub primary: bool,
}

/// A place in a data file, which is not in the source map.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct DataPlace {
    /// The file as the user knows it.
    pub file: String,
    /// Line (text files) or row (others), from 1.
    pub line: Option<u64>,
    /// The column's name in the file.
    pub column: Option<String>,
    /// The value found, as written.
    pub value: Option<String>,
}

/// A replacement that would mend the problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What to replace.
    pub span: Span,
    /// With what.
    pub replacement: String,
}

/// One problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Its stable code.
    pub code: &'static Code,
    /// How grave it is.
    pub severity: Severity,
    /// What is wrong, in one line without a full stop.
    pub headline: String,
    /// Where, the primary one first.
    pub labels: Vec<Label>,
    /// Where in the data, if it is about data.
    pub data: Option<DataPlace>,
    /// Further facts, one line each.
    pub notes: Vec<String>,
    /// How to write it right.
    pub help: Option<String>,
    /// A replacement that does it.
    pub fix: Option<Fix>,
}

impl Diagnostic {
    /// A diagnostic of a code, with the code's own severity.
    pub fn new(code: &'static Code, headline: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity,
            headline: headline.into(),
            labels: Vec::new(),
            data: None,
            notes: Vec::new(),
            help: None,
            fix: None,
        }
    }

    /// Adds the place of the problem.
    #[must_use]
    pub fn at(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into(), primary: true });
        self
    }

    /// Adds a place that explains it.
    #[must_use]
    pub fn also(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into(), primary: false });
        self
    }

    /// Sets the place in the data.
    #[must_use]
    pub fn in_data(mut self, place: DataPlace) -> Self {
        self.data = Some(place);
        self
    }

    /// Adds a note.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// Sets the help.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// Sets the fix.
    #[must_use]
    pub fn fix(mut self, span: Span, replacement: impl Into<String>) -> Self {
        self.fix = Some(Fix { span, replacement: replacement.into() });
        self
    }

    /// Where it is, for sorting: the first primary label.
    pub fn span(&self) -> Option<Span> {
        self.labels.iter().find(|l| l.primary).or(self.labels.first()).map(|l| l.span)
    }
}

/// The problems of a run, in the order found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics(pub Vec<Diagnostic>);

impl Diagnostics {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// Adds one, or, where the same stands there already, its notes to that.
    pub fn merge(&mut self, diagnostic: Diagnostic) {
        let same = |d: &&mut Diagnostic| {
            d.code == diagnostic.code && d.headline == diagnostic.headline && d.labels == diagnostic.labels
        };
        match self.0.iter_mut().find(same) {
            None => self.0.push(diagnostic),
            Some(there) => {
                for note in diagnostic.notes {
                    if !there.notes.contains(&note) {
                        there.notes.push(note);
                    }
                }
            }
        }
    }

    /// Adds many.
    pub fn extend(&mut self, other: impl IntoIterator<Item = Diagnostic>) {
        self.0.extend(other);
    }

    /// Whether one of them is an error.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|d| d.severity == Severity::Error)
    }

    /// By file, place and code, equal ones once: the order in which they are shown.
    #[must_use]
    pub fn sorted(mut self) -> Self {
        self.0.sort_by(|a, b| (a.span(), a.code.id, &a.headline).cmp(&(b.span(), b.code.id, &b.headline)));
        self.0.dedup();
        self
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
