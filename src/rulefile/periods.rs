//! `calendar: {periods: FILE}` -> the grains of an own calendar, each with its periods in order. The file is
//! CSV with the columns grain, label, start and end; every problem has its line and column in it. Whether a
//! KPI uses a grain is not known here.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};

use super::load::Loader;
use super::raw::{RawGrain, RawPeriod};
use super::{paths, text};
use crate::diagnostic::{Diagnostic, Diagnostics, codes, near};
use crate::source::{FileId, Span, Spanned};

/// The columns, in the order of a period's fields.
const COLUMNS: [&str; 4] = ["grain", "label", "start", "end"];
/// Grains of one calendar.
const MAX_GRAINS: usize = 100;
/// Problems told of one file.
const MAX_TOLD: usize = 50;
/// Names that a grain cannot bear in another case.
const BUILT_IN: [&str; 5] = ["day", "week", "month", "quarter", "year"];

impl Loader<'_> {
    /// Reads the calendar that a settled path names.
    pub(super) fn own_grains(&mut self, path: &Spanned<String>) -> Vec<RawGrain> {
        let name = path.node.as_str();
        if paths::is_remote(name) {
            self.diags.push(
                Diagnostic::new(&codes::UNREADABLE, format!("`{name}` cannot be read"))
                    .at(path.span, "a calendar is a file of the project"),
            );
            return Vec::new();
        }
        let full = self.guard.check(paths::local(name)).filter(|full| self.guard.holds(full));
        let Some(full) = full else {
            self.diags.push(paths::outside(path, name));
            return Vec::new();
        };
        let Some(bytes) = text::read(&full, name, Some(path.span), self.diags) else { return Vec::new() };
        let Some(file) = text::add(name, &bytes, self.map, self.diags) else { return Vec::new() };
        let text = self.map.file(file).text.clone();
        let mut found = Diagnostics::new();
        let grains = read(file, &text, path.span, &mut found);
        let more = found.0.len().saturating_sub(MAX_TOLD);
        found.0.truncate(MAX_TOLD);
        if let Some(last) = found.0.last_mut().filter(|_| more > 0) {
            last.notes.push(format!("{more} more problems in this file are not shown"));
        }
        self.diags.extend(found);
        grains
    }
}

/// A line of the file as its fields.
type Fields = Vec<Spanned<String>>;

/// The grains of a text, by name; lines with a problem are left out.
pub(super) fn read(file: FileId, text: &str, named: Span, diags: &mut Diagnostics) -> Vec<RawGrain> {
    let mut lines = lines(text).filter(|(_, line)| !line.trim().is_empty());
    let Some((offset, header)) = lines.next() else {
        diags.push(no_period(named));
        return Vec::new();
    };
    let delimiter = if header.contains(';') && !header.contains(',') { ';' } else { ',' };
    let Some(places) = columns(&fields(file, offset, header, delimiter), diags) else { return Vec::new() };
    let mut grains: BTreeMap<String, Vec<(Fields, RawPeriod)>> = BTreeMap::new();
    let before = diags.0.len();
    for (offset, line) in lines {
        let found = fields(file, offset, line, delimiter);
        if found.len() != COLUMNS.len() {
            let whole = Span::new(file, offset, offset + line.len());
            diags.push(
                Diagnostic::new(&codes::CALENDAR_SHAPE, "a line of the calendar that is no period")
                    .at(whole, format!("{} fields, where the header has {}", found.len(), COLUMNS.len()))
                    .help("a comma in a label stands in quotes: `\"Spring, early\"`"),
            );
            continue;
        }
        let found: Fields = places.iter().map(|place| found[*place].clone()).collect();
        if let Some(period) = period(&found, diags) {
            grains.entry(found[0].node.clone()).or_default().push((found, period));
        }
    }
    if grains.is_empty() && diags.0.len() == before {
        diags.push(no_period(named));
    }
    if let Some((_, extra)) = grains.iter().nth(MAX_GRAINS).filter(|_| grains.len() > MAX_GRAINS) {
        diags.push(
            Diagnostic::new(&codes::CALENDAR_SHAPE, format!("a calendar of {} grains", grains.len()))
                .at(extra[0].0[0].span, format!("more than {MAX_GRAINS} are not read"))
                .help("`grain` is the kind of period (`season`), `label` its name (`2026 spring`)"),
        );
    }
    let grains = grains.into_iter().take(MAX_GRAINS);
    grains
        .map(|(name, mut periods)| {
            labelled_twice(&periods, diags);
            periods.sort_by_key(|(_, p)| (p.start, p.end));
            overlaps(&periods, diags);
            RawGrain { name, periods: periods.into_iter().map(|(_, p)| p).collect() }
        })
        .collect()
}

fn no_period(named: Span) -> Diagnostic {
    Diagnostic::new(&codes::CALENDAR_SHAPE, "a calendar without periods")
        .at(named, "no line of a period in this file")
        .help("the first line is `grain,label,start,end`, then one line for each period")
}

/// The lines of a text with the byte that each begins at.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split('\n').map(move |line| {
        let start = at;
        at += line.len() + 1;
        (start, line.strip_suffix('\r').unwrap_or(line))
    })
}

/// The fields of a line, without the spaces and quotes around them; their spans are what stands there.
fn fields(file: FileId, offset: usize, line: &str, delimiter: char) -> Fields {
    let (mut out, mut start, mut quoted) = (Vec::new(), 0, false);
    let mut add = |from: usize, to: usize| {
        let raw = &line[from..to];
        let text = raw.trim();
        let from = offset + from + (raw.len() - raw.trim_start().len());
        let inner = text.strip_prefix('"').and_then(|t| t.strip_suffix('"'));
        let node =
            inner.map_or_else(|| text.to_owned(), |inner| inner.replace("\"\"", "\"").trim().to_owned());
        out.push(Spanned::new(node, Span::new(file, from, from + text.len())));
    };
    for (at, c) in line.char_indices() {
        match c {
            '"' => quoted = !quoted,
            c if c == delimiter && !quoted => {
                add(start, at);
                start = at + c.len_utf8();
            }
            _ => {}
        }
    }
    add(start, line.len());
    out
}

/// Where each of the columns stands.
fn columns(header: &[Spanned<String>], diags: &mut Diagnostics) -> Option<Vec<usize>> {
    let whole = header.first()?.span.to(header.last()?.span);
    let mut fit = true;
    for (at, column) in header.iter().enumerate() {
        let name = column.node.as_str();
        let first = header[..at].iter().find(|c| c.node == name);
        let problem = match first {
            Some(first) => {
                Diagnostic::new(&codes::CALENDAR_SHAPE, format!("the column `{name}` stands twice"))
                    .at(column.span, "again here")
                    .also(first.span, "first here")
            }
            None if COLUMNS.contains(&name) => continue,
            None => {
                let mut problem =
                    Diagnostic::new(&codes::CALENDAR_SHAPE, format!("a calendar has no column `{name}`"))
                        .at(column.span, "unknown column");
                problem.help = near::did_you_mean(name, COLUMNS);
                problem
            }
        };
        fit = false;
        diags.push(problem);
    }
    let places: Vec<Option<usize>> =
        COLUMNS.iter().map(|name| header.iter().position(|c| c.node == *name)).collect();
    // A misspelled column is one problem, not two.
    if fit && let Some(missing) = places.iter().position(Option::is_none) {
        diags.push(
            Diagnostic::new(
                &codes::CALENDAR_SHAPE,
                format!("the calendar has no column `{}`", COLUMNS[missing]),
            )
            .at(whole, "the columns of the file")
            .help("its columns are `grain`, `label`, `start` and `end`"),
        );
    }
    if fit { places.into_iter().collect() } else { None }
}

/// A period, its fields in the order of the columns.
fn period(fields: &Fields, diags: &mut Diagnostics) -> Option<RawPeriod> {
    let before = diags.0.len();
    for (field, column) in fields.iter().zip(COLUMNS) {
        if field.node.is_empty() {
            diags.push(
                Diagnostic::new(&codes::CALENDAR_VALUE, format!("a period without `{column}`"))
                    .at(field.span, "nothing stands here"),
            );
        }
    }
    if diags.0.len() > before {
        return None;
    }
    grain(&fields[0], diags);
    let (start, end) = (date(&fields[2], diags), date(&fields[3], diags));
    let (start, end) = (start?, end?);
    if start >= end {
        let mut problem = Diagnostic::new(
            &codes::CALENDAR_VALUE,
            format!("the period `{}` starts {start} and ends {end}", fields[1].node),
        )
        .at(fields[3].span, "not after its start")
        .also(fields[2].span, "starts here");
        if start == end {
            problem = problem.help("`end` is the day after the last: a period of one day ends the next day");
        }
        diags.push(problem);
    }
    (diags.0.len() == before).then(|| RawPeriod { label: fields[1].node.clone(), start, end })
}

fn grain(name: &Spanned<String>, diags: &mut Diagnostics) {
    let text = name.node.as_str();
    let lower = text.to_lowercase();
    let problem = |what: &str, help: &str| {
        Diagnostic::new(&codes::CALENDAR_VALUE, format!("`{text}` cannot be a grain of a calendar"))
            .at(name.span, what)
            .help(help)
    };
    let plain = text.starts_with(char::is_alphabetic)
        && text.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
    if text == "day" {
        diags.push(problem("days are days in every calendar", "another name for it, such as `shift`"));
    } else if text != lower && BUILT_IN.contains(&lower.as_str()) {
        let help = format!("`{lower}` replaces the built-in grain; another name stands beside it");
        diags.push(problem("a built-in grain in other letters", &help));
    } else if !plain {
        diags.push(problem("no name", "a letter, then letters, digits, `_` and `-`: `p445`, `season`"));
    }
}

fn date(field: &Spanned<String>, diags: &mut Diagnostics) -> Option<NaiveDate> {
    let text = field.node.as_str();
    let shaped = text.len() == 10 && text.is_ascii();
    let found = NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .ok()
        .filter(|day| shaped && (1..=9999).contains(&day.year()));
    if found.is_none() {
        diags.push(
            Diagnostic::new(&codes::CALENDAR_VALUE, format!("`{text}` is no day"))
                .at(field.span, "a day such as `2026-01-31` is expected"),
        );
    }
    found
}

fn labelled_twice(periods: &[(Fields, RawPeriod)], diags: &mut Diagnostics) {
    let mut first: BTreeMap<&str, Span> = BTreeMap::new();
    for (fields, period) in periods {
        let span = fields[1].span;
        if let Some(first) = first.get(period.label.as_str()) {
            diags.push(
                Diagnostic::new(
                    &codes::CALENDAR_LABEL,
                    format!("two periods of `{}` are named `{}`", fields[0].node, period.label),
                )
                .at(span, "again here")
                .also(*first, "first here")
                .help("a label names one period: with its year, `2026 P01`"),
            );
        } else {
            first.insert(&period.label, span);
        }
    }
}

/// Periods in order; each is compared with the one before it that ends last.
fn overlaps(periods: &[(Fields, RawPeriod)], diags: &mut Diagnostics) {
    let mut last: Option<&(Fields, RawPeriod)> = None;
    for next in periods {
        let (fields, period) = next;
        if let Some((before, other)) = last.filter(|(_, other)| other.end > period.start) {
            let whole =
                |fields: &Fields| fields[0].span.to(fields[3].span).to(fields[1].span).to(fields[2].span);
            diags.push(
                Diagnostic::new(
                    &codes::CALENDAR_OVERLAP,
                    format!(
                        "the periods `{}` and `{}` of `{}` overlap",
                        other.label, period.label, fields[0].node
                    ),
                )
                .at(whole(fields), format!("starts {}", period.start))
                .also(whole(before), format!("ends {}, not before that", other.end))
                .help("`end` is the day after the last: it may be the `start` of the next"),
            );
        }
        if last.is_none_or(|(_, other)| other.end < period.end) {
            last = Some(next);
        }
    }
}
