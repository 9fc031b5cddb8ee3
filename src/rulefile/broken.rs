//! What YAML refused -> a diagnostic that names the cause: a tab, a formula that YAML cuts, a limit, a
//! missing space, or plain bad syntax.

use std::ops::Range;

use serde_yaml::granit_parser::ErrorKind;

use super::tree::Builder;
use super::{cut, flow, tables};
use crate::diagnostic::{Diagnostic, Diagnostics, codes};
use crate::source::{FileId, Span, Spanned};

/// Why a text has no tree.
pub enum Failure {
    /// The parser stopped at a byte.
    Yaml { kind: ErrorKind, info: String, at: usize },
    /// `---` a second time.
    SecondDocument(usize),
    /// Nested too deeply.
    TooDeep(Range<usize>),
    /// More nodes than the budget.
    TooManyNodes(Range<usize>, usize),
}

/// A failure in words.
pub struct Explained {
    /// What to tell.
    pub diagnostic: Diagnostic,
    /// The bytes of the formula that YAML cuts: without them the rest may be readable.
    pub cut: Option<Range<usize>>,
}

/// E0104 for a name that stands twice.
pub fn twice(key: &Spanned<String>, first: Span) -> Diagnostic {
    Diagnostic::new(&codes::DUPLICATE_NAME, format!("`{}` is defined twice", key.node))
        .at(key.span, "again here")
        .also(first, "first here")
        .help("keep one of them, or give one another name")
}

/// The diagnostic of a failure; in `work` the formulas told before are blotted out.
pub fn explain(file: FileId, text: &str, work: &str, failure: Failure) -> Explained {
    let whole = |diagnostic| Explained { diagnostic, cut: None };
    match failure {
        Failure::SecondDocument(at) => whole(
            Diagnostic::new(&codes::YAML_SYNTAX, "a second document in one file")
                .at(Span::new(file, at, (at + 3).min(text.len())), "a new document begins here")
                .help("a rule file is one document: remove `---`, or move the rest to another file"),
        ),
        Failure::TooDeep(at) => whole(
            Diagnostic::new(&codes::TOO_LARGE, "lists and mappings nested too deeply")
                .at(Span::new(file, at.start, at.end), "one level too many")
                .help("48 levels are read; the language needs eight"),
        ),
        Failure::TooManyNodes(at, limit) => whole(
            Diagnostic::new(&codes::TOO_LARGE, format!("more than {limit} values in one file"))
                .at(Span::new(file, at.start, at.end), "the limit is reached here")
                .note("a value that an alias (`*name`) repeats counts each time")
                .help("split the file; `include:` reads the parts"),
        ),
        Failure::Yaml { kind, info, at } => yaml(file, text, work, &kind, &info, at.min(text.len())),
    }
}

fn yaml(file: FileId, text: &str, work: &str, kind: &ErrorKind, info: &str, at: usize) -> Explained {
    if matches!(kind, ErrorKind::RecursionLimitExceeded) {
        return explain(file, text, work, Failure::TooDeep(at..at));
    }
    if let Some(tab) = tab(text, kind, at) {
        let diagnostic = Diagnostic::new(&codes::YAML_SYNTAX, "a tab in the indentation")
            .at(Span::new(file, tab, tab + 1), "a tab")
            .help("YAML is indented with spaces, two for each level");
        return Explained { diagnostic, cut: None };
    }
    for (value, reason) in cut::find(text, kind, at) {
        if is_to_blame(file, work, &value, at) {
            return Explained { diagnostic: cut::formula_cut(file, text, &value, &reason), cut: Some(value) };
        }
    }
    if let Some(diagnostic) = open_bracket(file, text, kind, at) {
        return Explained { diagnostic, cut: None };
    }
    if let Some(diagnostic) = missing_space(file, text, at) {
        return Explained { diagnostic, cut: None };
    }
    let (what, help) = words(kind);
    let what = if what.is_empty() { info } else { what };
    let width =
        text[floor(text, at)..].chars().next().map_or(0, |c| if c == '\n' { 0 } else { c.len_utf8() });
    let mut diagnostic = Diagnostic::new(&codes::YAML_SYNTAX, format!("not valid YAML: {what}"))
        .at(Span::new(file, at, at + width), "YAML stops here");
    if !help.is_empty() {
        diagnostic = diagnostic.help(help);
    }
    Explained { diagnostic, cut: None }
}

/// Whether the error goes away, or moves on, without the formula.
fn is_to_blame(file: FileId, work: &str, formula: &Range<usize>, at: usize) -> bool {
    let without = cut::mask(work, formula);
    let mut ignored = Diagnostics::new();
    match Builder::new(file, &without, &[], &mut ignored).run() {
        Err(Failure::Yaml { at: again, .. }) => again != at,
        _ => true,
    }
}

/// A bracket of an earlier line that is never closed.
fn open_bracket(file: FileId, text: &str, kind: &ErrorKind, at: usize) -> Option<Diagnostic> {
    let line = line_start(text, at);
    let ends = matches!(
        kind,
        ErrorKind::UnclosedFlowCollection { .. }
            | ErrorKind::UnexpectedEofFlowSequence
            | ErrorKind::UnexpectedEofFlowMapping
    );
    if !ends && !cut::looks_like_key(&text[line..line_end(text, line)]) {
        return None;
    }
    let never = flow::open_brackets(text, text.len());
    let open = if ends { *never.last()? } else { *flow::open_brackets(text, line).last()? };
    if !never.contains(&open) {
        return None;
    }
    let (bracket, close) = if text[open..].starts_with('[') { ("[", "]") } else { ("{", "}") };
    Some(
        Diagnostic::new(&codes::YAML_SYNTAX, format!("not valid YAML: `{bracket}` that is not closed"))
            .at(Span::new(file, open, open + 1), "opened here")
            .help(format!("add the closing `{close}`")),
    )
}

pub fn floor(text: &str, mut at: usize) -> usize {
    at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The first tab in the indentation of the line of an error, or of the line before it.
fn tab(text: &str, kind: &ErrorKind, at: usize) -> Option<usize> {
    let here = line_start(text, at);
    let before = line_start(text, here.saturating_sub(1));
    let told = matches!(
        kind,
        ErrorKind::TabNotAllowed
            | ErrorKind::TabInBlockIndentation
            | ErrorKind::TabInIndentation
            | ErrorKind::TabAtBlockScalarStart
    );
    [here, before]
        .into_iter()
        .find_map(|start| {
            let line = &text[start..];
            let indent = &line[..line.len() - line.trim_start_matches([' ', '\t']).len()];
            indent.find('\t').map(|i| start + i)
        })
        .or_else(|| (told && text[floor(text, at)..].starts_with('\t')).then_some(at))
}

pub fn line_start(text: &str, at: usize) -> usize {
    text[..floor(text, at)].rfind('\n').map_or(0, |i| i + 1)
}

pub fn line_end(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |i| at + i)
}

/// A known key with its value glued to it, on the line of an error or the one before.
pub fn missing_space(file: FileId, text: &str, at: usize) -> Option<Diagnostic> {
    let here = line_start(text, at);
    let (key, colon) = [line_start(text, here.saturating_sub(1)), here].into_iter().find_map(|start| {
        let line = &text[start..line_end(text, start)];
        let from = start + (line.len() - line.trim_start_matches([' ', '-']).len());
        let colon = from + text[from..start + line.len()].find(':')?;
        let glued = text[colon + 1..].starts_with(|c: char| !c.is_whitespace());
        (glued && tables::is_key(&text[from..colon])).then_some((&text[from..colon], colon))
    })?;
    let span = Span::new(file, colon, colon + 1);
    Some(
        Diagnostic::new(&codes::YAML_SYNTAX, format!("a space is missing after `{key}:`"))
            .at(span, "YAML does not read this as a key")
            .help(format!("write `{key}: ` and then the value"))
            .fix(span, ": "),
    )
}

/// What an error kind means and what helps.
fn words(kind: &ErrorKind) -> (&'static str, &'static str) {
    match kind {
        ErrorKind::UnclosedQuotedScalar => ("a quote that is not closed", "add the closing quote"),
        ErrorKind::UnclosedFlowCollection { open: '[' } | ErrorKind::UnexpectedEofFlowSequence => {
            ("`[` that is not closed", "add the closing `]`")
        }
        ErrorKind::UnclosedFlowCollection { .. } | ErrorKind::UnexpectedEofFlowMapping => {
            ("`{` that is not closed", "add the closing `}`")
        }
        ErrorKind::UnknownAnchor => {
            ("`*name` without an `&name` before it", "a text that begins with `*` needs quotes")
        }
        ErrorKind::InvalidIndentation
        | ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::ExpectedBlockSequenceEntry
        | ErrorKind::BlockSequenceEntryNotAllowed => {
            ("the indentation does not fit", "keys of one mapping begin in the same column")
        }
        ErrorKind::SimpleKeyExpected
        | ErrorKind::InvalidSimpleKey
        | ErrorKind::MappingValueNotAllowed
        | ErrorKind::InvalidColonPlacement => (
            "a key without `:`, or a second `:` in one value",
            "write `key: value`, with the keys of one mapping in one column; a text that holds `: ` needs quotes",
        ),
        ErrorKind::InvalidTrailingSingleQuotedScalar | ErrorKind::InvalidTrailingDoubleQuotedScalar => {
            ("text after a closing quote", "quote the whole value")
        }
        ErrorKind::UnexpectedCharacter { .. } => {
            ("a value cannot begin with this character", "a text that begins with it needs quotes")
        }
        ErrorKind::MappingKeyNotAllowed => {
            ("a key cannot stand here", "keys of one mapping begin in the same column")
        }
        ErrorKind::CommentInterceptedScalar => (
            "a comment inside a text of several lines",
            "put the text in quotes, or the comment on a line above",
        ),
        ErrorKind::UnexpectedEof | ErrorKind::ExpectedNodeContent => {
            ("something is missing before this", "check for a bracket, quote or value that is not finished")
        }
        ErrorKind::UndeclaredTagHandle => {
            ("a tag that is not known", "a text that begins with `!` needs quotes")
        }
        ErrorKind::UnknownQuotedScalarEscape => {
            ("an unknown escape", "in double quotes a backslash is `\\\\`; in single quotes it is itself")
        }
        ErrorKind::ExpectedFlowMappingSeparator => {
            ("`,` or `}` was expected", "quote a value that holds brackets or `: `")
        }
        ErrorKind::ExpectedFlowSequenceSeparator => {
            ("`,` or `]` was expected", "quote a value that holds brackets")
        }
        ErrorKind::MismatchedFlowCollectionEnd { .. } | ErrorKind::MisplacedFlowCollectionEnd => {
            ("a closing bracket that does not fit", "check the brackets before it")
        }
        _ => ("", ""),
    }
}
