//! Diagnostics -> what people read at a terminal, in rustc's manner: headline, place, the piece
//! underlined with its label, notes, help, and the fix. Spans of any shape are brought into a form that
//! `annotate-snippets` draws well (and never panics on); texts are stripped of control characters.

use annotate_snippets::{
    AnnotationKind, Group, Level, Origin, Patch, Renderer, Snippet, normalize_untrusted_str,
};

use super::bounds;
use crate::diagnostic::{DataPlace, Diagnostic, Fix, Label, Severity};
use crate::source::{SourceMap, Span};

/// A span over more lines than this is shown by its first line alone.
const MOST_LINES: usize = 20;
/// Labels of one file further apart than this are shown apart.
const MOST_LINES_BETWEEN: usize = 200;
/// Bytes of a line that are looked at behind its last label.
const MOST_BEHIND: usize = 4096;
/// A fix on longer lines than this is told in words: a change of lines is drawn uncut.
const LONG_LINE: usize = 160;
/// Narrower than this nothing can be read anyway.
const LEAST_WIDTH: usize = 40;

/// All of them, an empty line between two; empty for none.
pub fn render(diags: &[Diagnostic], map: &SourceMap, colour: bool, width: usize) -> String {
    let width = width.max(LEAST_WIDTH);
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() }.term_width(width);
    let mut text = String::new();
    for (i, diagnostic) in diags.iter().enumerate() {
        if i > 0 {
            text.push('\n');
        }
        // Without a snippet there is no line number for the rest to stand under.
        let flat = diagnostic.labels.is_empty() && diagnostic.fix.is_none();
        for (j, line) in renderer.render(&groups(diagnostic, map, width)).lines().enumerate() {
            if flat && j > 0 {
                text.push(' ');
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
    }
    text
}

/// `2 errors, 1 warning`; none where there is neither.
pub fn summary(diags: &[Diagnostic]) -> Option<String> {
    let count = |severity, word: &str| match diags.iter().filter(|d| d.severity == severity).count() {
        0 => None,
        1 => Some(format!("1 {word}")),
        n => Some(format!("{n} {word}s")),
    };
    let parts: Vec<String> = [count(Severity::Error, "error"), count(Severity::Warning, "warning")]
        .into_iter()
        .flatten()
        .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn groups<'a>(diagnostic: &'a Diagnostic, map: &'a SourceMap, width: usize) -> Vec<Group<'a>> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let title = level.primary_title(diagnostic.headline.as_str()).id(diagnostic.code.id);
    let mut main = Group::with_title(title);
    if let Some(place) = &diagnostic.data {
        main = main.element(Origin::path(data_place(place)));
    }
    for window in windows(&diagnostic.labels, map, width) {
        main = main.element(window.snippet(map));
    }
    for note in &diagnostic.notes {
        main = main.element(Level::NOTE.message(clean(note)));
    }
    let drawn = diagnostic.fix.as_ref().and_then(|fix| drawn_fix(fix, map));
    let help = match (&diagnostic.help, &diagnostic.fix) {
        (Some(help), Some(fix)) if drawn.is_none() => Some(format!("{}: {}", clean(help), told_fix(fix))),
        (Some(help), _) => Some(clean(help)),
        (None, Some(fix)) => Some(told_fix(fix)),
        (None, None) => None,
    };
    match (help, drawn) {
        (Some(help), Some(patch)) => vec![main, Level::HELP.secondary_title(help).element(patch)],
        (Some(help), None) => vec![main.element(Level::HELP.message(help))],
        (None, _) => vec![main],
    }
}

/// Reads ``data/invoices.csv:12, column `amount`: `1.234,56` ``.
fn data_place(place: &DataPlace) -> String {
    let line = place.line.map(|line| format!(":{line}")).unwrap_or_default();
    let column = place.column.as_ref().map(|column| format!(", column `{column}`")).unwrap_or_default();
    let value = place.value.as_ref().map(|value| format!(": `{}`", shortened(value))).unwrap_or_default();
    one_line(&format!("{}{line}{column}{value}", place.file))
}

/// Labels that one snippet shows: of one file, near each other both down and across.
struct Window<'a> {
    labels: Vec<(&'a Label, usize, usize)>,
    first_line: usize,
    last_line: usize,
    left: usize,
    right: usize,
}

fn windows<'a>(labels: &'a [Label], map: &SourceMap, width: usize) -> Vec<Window<'a>> {
    let mut windows: Vec<Window<'a>> = Vec::new();
    // The primary ones lead: the first snippet's place is the diagnostic's own.
    let ordered = labels.iter().filter(|l| l.primary).chain(labels.iter().filter(|l| !l.primary));
    for label in ordered {
        let text = &map.file(label.span.file).text;
        let (start, end) = clipped(label.span, map, width);
        let (first, last) = (line_of(map, label.span, start), line_of(map, label.span, end));
        let column = |at: usize| text[text[..at].rfind('\n').map_or(0, |n| n + 1)..at].chars().count();
        let (left, right) = (column(start).min(column(end)), column(start).max(column(end)));
        let near = windows.iter_mut().find(|w| {
            w.labels[0].0.span.file == label.span.file
                && w.last_line.max(last) - w.first_line.min(first) <= MOST_LINES_BETWEEN
                && w.right.max(right) - w.left.min(left) <= width.max(right - left)
        });
        if let Some(window) = near {
            window.labels.push((label, start, end));
            window.first_line = window.first_line.min(first);
            window.last_line = window.last_line.max(last);
            window.left = window.left.min(left);
            window.right = window.right.max(right);
        } else {
            let labels = vec![(label, start, end)];
            windows.push(Window { labels, first_line: first, last_line: last, left, right });
        }
    }
    windows
}

fn line_of(map: &SourceMap, span: Span, offset: usize) -> usize {
    map.file(span.file).place(u32::try_from(offset).unwrap_or(u32::MAX)).line
}

/// A span cut to what is worth underlining: not a page of lines, not a line of a megabyte, and not
/// the line end after the last line's text.
fn clipped(span: Span, map: &SourceMap, width: usize) -> (usize, usize) {
    let text = &map.file(span.file).text;
    let (start, mut end) = bounds(span, map);
    let piece = text[start..end].trim_end_matches(['\n', '\r']);
    end = start + piece.len();
    let broad = |line: &str| line.chars().nth(width * 2).is_some();
    let lines = piece.lines().count();
    if lines > MOST_LINES || (lines > 1 && piece.lines().any(broad)) {
        end = start + piece.lines().next().map_or(0, str::len);
    }
    let within = &text[start..end];
    if !within.contains('\n')
        && let Some((cut, _)) = within.char_indices().nth(width - LEAST_WIDTH / 2)
    {
        end = start + cut;
    }
    (start, end)
}

/// The lines from the one that holds `from` to the one that holds `to`: first byte and text. A last,
/// empty line is given a space, since a line without text cannot be pointed at.
fn lines_around(text: &str, from: usize, to: usize) -> (usize, String) {
    let begin = text[..from].rfind('\n').map_or(0, |n| n + 1);
    let mut end = text[to..].find('\n').map_or(text.len(), |n| to + n);
    if end - to > MOST_BEHIND {
        // No terminal shows that far, and a file may be one line of megabytes.
        end = to + MOST_BEHIND;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
    }
    let mut lines = text[begin..end].to_owned();
    if lines.is_empty() || lines.ends_with('\n') {
        lines.push(' ');
    }
    (begin, lines)
}

impl Window<'_> {
    fn snippet<'b>(&self, map: &'b SourceMap) -> Snippet<'b, annotate_snippets::Annotation<'b>> {
        let file = map.file(self.labels[0].0.span.file);
        let from = self.labels.iter().map(|(_, s, _)| *s).min().unwrap_or(0);
        let to = self.labels.iter().map(|(_, _, e)| *e).max().unwrap_or(from);
        let (begin, lines) = lines_around(&file.text, from, to);
        let annotations = self.labels.iter().map(|(label, start, end)| {
            let kind = if label.primary { AnnotationKind::Primary } else { AnnotationKind::Context };
            let text = (!label.text.is_empty()).then(|| one_line(&label.text));
            kind.span(start - begin..end - begin).label(text)
        });
        Snippet::source(lines.clone())
            .path(one_line(&file.name))
            .line_start(self.first_line)
            .annotations(annotations.collect::<Vec<_>>())
    }
}

fn drawn_fix<'a>(fix: &Fix, map: &SourceMap) -> Option<Snippet<'a, Patch<'a>>> {
    let file = map.file(fix.span.file);
    let (start, end) = bounds(fix.span, map);
    let (begin, lines) = lines_around(&file.text, start, end);
    let long = |text: &str| text.lines().count() > MOST_LINES || text.lines().any(|l| l.len() > LONG_LINE);
    // Where nothing would change there is nothing to draw.
    if long(&lines) || long(&fix.replacement) || file.text[start..end] == fix.replacement {
        return None;
    }
    let snippet = Snippet::source(lines)
        .path(one_line(&file.name))
        .line_start(line_of(map, fix.span, start))
        .patch(Patch::new(start - begin..end - begin, fix.replacement.clone()));
    Some(snippet)
}

fn told_fix(fix: &Fix) -> String {
    if fix.replacement.is_empty() {
        return "leave it out".to_owned();
    }
    format!("write `{}`", shortened(&one_line(&fix.replacement)))
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(80) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text.to_owned(),
    }
}

/// Without control characters; its lines stay lines.
fn clean(text: &str) -> String {
    text.lines().map(normalize_untrusted_str).collect::<Vec<_>>().join("\n")
}

fn one_line(text: &str) -> String {
    normalize_untrusted_str(&text.replace(['\r', '\n'], " "))
}

#[cfg(test)]
#[path = "terminal_tests.rs"]
mod tests;
