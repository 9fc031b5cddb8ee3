//! A test's rows, parameters and as-of -> a project whose sources read these rows in place of their
//! files. Sources that are not given are empty; columns that are not given have no value.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use super::expect::{Expected, Subject};
use super::{known, results, rows};
use crate::api::Loaded;
use crate::diagnostic::near::did_you_mean;
use crate::diagnostic::{Diagnostic, Diagnostics, codes};
use crate::engine::io::{GivenRows, SourceSpec, given};
use crate::engine::{self, Inspected, specs};
use crate::model::catalogue;
use crate::model::project::AsOf;
use crate::model::stated::StatedResults;
use crate::resolve;
use crate::rulefile::Guard;
use crate::rulefile::raw::{RawCsv, RawGiven, RawProject, RawSource, RawTest};
use crate::source::{Span, Spanned};

/// A project over a test's rows.
pub struct Prepared {
    /// The project, with no KPIs but those that the test needs.
    pub project: Loaded,
    /// Its sources.
    pub specs: Vec<SourceSpec>,
    /// What their rows are.
    pub inspected: Inspected,
    /// Up to when rows exist.
    pub as_of: AsOf,
    /// Results that stand in place of KPIs' formulas.
    pub stated: Vec<Arc<StatedResults>>,
}

/// The name that results of KPIs are given by.
pub const RESULTS: &str = "results";

/// The name under which the rows of a source appear in problems, until they get their place.
pub fn shown(source: &str) -> String {
    format!("given: {source}")
}

/// Whether a source holds the project's own definitions.
pub fn ours(source: &RawSource) -> bool {
    catalogue::is_one(&source.name.node, source.path.as_ref().map(|p| p.node.as_str()))
}

/// Puts a test's rows under a project; `real` is what the files of the project hold.
pub async fn prepare(
    loaded: &Loaded,
    real: &Inspected,
    test: &RawTest,
    expected: &[Expected],
) -> Result<Prepared, Vec<Diagnostic>> {
    let mut problems = Vec::new();
    let mut raw = loaded.raw.clone();
    let as_of = settings(&mut raw, test, &mut problems);
    only_expected(&mut raw, expected);
    let mut texts = texts(loaded, test, &mut problems);
    let mut stated = Vec::new();
    let given_results = loaded.raw.sources.get(RESULTS).is_none_or(ours).then(|| texts.remove(RESULTS));
    if let Some((span, name, text)) = given_results.flatten() {
        match results::read(&loaded.raw, &name, &text) {
            Ok(found) => stated = found,
            Err(found) => problems.extend(found.into_iter().map(|problem| problem.at(span, ""))),
        }
    }
    for source in raw.sources.values_mut().filter(|s| s.distinct.is_none() && !ours(s)) {
        let name = &source.name;
        let span = texts.get(&name.node).map_or(name.span, |(span, ..)| *span);
        source.path = Some(Spanned::new(shown(&name.node), span));
        source.format = None;
        source.csv = RawCsv::default();
        source.partitions = None;
        source.columns.values_mut().for_each(|c| c.from = None);
    }
    let mut found = Diagnostics::new();
    let specs = specs::specs(&raw, resolve::calendar(&raw.calendar).timezone, &mut found);
    problems.extend(found);
    let mut inspected = Inspected::default();
    // The project's own definitions get their rows when it is resolved.
    let (mut defined, mut specs): (Vec<_>, Vec<_>) =
        specs.into_iter().partition(|spec| catalogue::is_one(&spec.name, Some(&spec.path.node)));
    if let Err(found) = engine::catalogue::fill(&mut defined, &mut inspected, &BTreeMap::new()).await {
        problems.extend(found);
    }
    for spec in &mut specs {
        let source = &raw.sources[&spec.name];
        let known = real.sources.get(&spec.name);
        let (span, name, bytes) =
            texts.remove(&spec.name).unwrap_or_else(|| (source.name.span, shown(&spec.name), Vec::new()));
        let always = if known.is_none() { own_columns(source) } else { Vec::new() };
        match given(spec, GivenRows { name, bytes, known, always }).await {
            Err(found) => problems.extend(found),
            Ok(schema) => {
                if let Some(known) = known {
                    let valid = || known.columns.iter().map(|c| &c.name).chain(source.columns.keys());
                    for column in schema.columns.iter().filter(|c| !valid().any(|v| *v == c.name)) {
                        problems.push(unknown_column(test, source, &column.name, span, valid()));
                    }
                } else {
                    inspected.partial.insert(spec.name.clone());
                }
                inspected.sources.insert(spec.name.clone(), schema);
            }
        }
    }
    specs.extend(defined);
    let Some(as_of) = as_of.filter(|_| problems.is_empty()) else { return Err(problems) };
    let project = Loaded { map: loaded.map.clone(), raw, diagnostics: Diagnostics::new() };
    Ok(Prepared { project, specs, inspected, as_of, stated })
}

/// Takes away what the test does not need, and what names it.
fn only_expected(raw: &mut RawProject, expected: &[Expected]) {
    let rule = |name: &str| expected.iter().any(|e| e.of == Subject::Rule && e.name.node == name);
    // Where definitions are judged, all of them are needed.
    if !expected.iter().any(|e| known::of_definitions(raw, e)) {
        let needed = known::needed(raw, expected.iter().flat_map(|e| known::named(raw, e)));
        raw.kpis.retain(|name, _| needed.contains(name));
        for kpi in raw.kpis.values_mut() {
            kpi.drives.clear();
            kpi.guards.clear();
        }
        let card = |name: &str| expected.iter().any(|e| e.of == Subject::Scorecard && e.name.node == name);
        raw.scorecards.retain(|name, _| card(name));
        raw.sources.retain(|_, source| !ours(source));
    }
    raw.rules.retain(|name, _| rule(name));
    raw.waivers.retain(|waiver| rule(&waiver.rule.node));
    raw.tests.clear();
}

/// The test's parameters and as-of.
fn settings(raw: &mut RawProject, test: &RawTest, problems: &mut Vec<Diagnostic>) -> Option<AsOf> {
    for (name, value) in &test.params {
        if let Some(param) = raw.params.get_mut(&name.node) {
            param.value = Some(value.clone());
            param.table = None;
            continue;
        }
        let mut problem = Diagnostic::new(&codes::BAD_TEST, format!("no parameter is named `{}`", name.node))
            .at(name.span, "unknown parameter");
        problem.help = did_you_mean(&name.node, raw.params.keys().map(String::as_str));
        problems.push(problem);
    }
    raw.as_of = test.as_of.clone().or_else(|| raw.as_of.take());
    let Some(written) = &raw.as_of else {
        problems.push(
            Diagnostic::new(&codes::BAD_TEST, "a test without an as-of")
                .at(test.name.span, "its results would change with the clock")
                .help("`as_of: 2026-01-31` in the test or at the top of the project"),
        );
        return None;
    };
    let as_of = resolve::as_of(&written.node, &resolve::calendar(&raw.calendar));
    if as_of.is_none() {
        problems.push(
            Diagnostic::new(&codes::INVALID_VALUE, format!("`{}` is no date or time", written.node))
                .at(written.span, "a date such as `2026-01-31`, its end, or a time is expected"),
        );
    }
    as_of
}

/// The rows of each source: where they are written, the name that problems use, and the bytes.
fn texts(
    loaded: &Loaded,
    test: &RawTest,
    problems: &mut Vec<Diagnostic>,
) -> BTreeMap<String, (Span, String, Vec<u8>)> {
    let sources = &loaded.raw.sources;
    let guard = loaded.guard();
    let mut texts = BTreeMap::new();
    for (name, rows) in &test.given {
        match sources.get(&name.node) {
            // Results of KPIs, which are no source's rows.
            source if name.node == RESULTS && source.is_none_or(ours) => {
                texts.extend(bytes(&guard, name, rows, problems).map(|text| (name.node.clone(), text)));
            }
            None => {
                let mut problem =
                    Diagnostic::new(&codes::BAD_TEST, format!("no source is named `{}`", name.node))
                        .at(name.span, "unknown source");
                let own = sources.values().filter(|s| !ours(s)).map(|s| s.name.node.as_str());
                problem.help = did_you_mean(&name.node, own);
                problems.push(problem);
            }
            Some(source) if ours(source) => problems.push(
                Diagnostic::new(&codes::BAD_TEST, format!("`{}` is the project itself", name.node))
                    .at(name.span, "its rows follow from the rule files"),
            ),
            Some(source) if source.distinct.is_some() => problems.push(
                Diagnostic::new(&codes::BAD_TEST, format!("`{}` is made of another source", name.node))
                    .at(name.span, "its rows cannot be given")
                    .help("give the rows of the source under `distinct:`"),
            ),
            Some(_) => {
                texts.extend(bytes(&guard, name, rows, problems).map(|text| (name.node.clone(), text)));
            }
        }
    }
    texts
}

/// The rows of one source.
fn bytes(
    guard: &Guard,
    name: &Spanned<String>,
    rows: &RawGiven,
    problems: &mut Vec<Diagnostic>,
) -> Option<(Span, String, Vec<u8>)> {
    let path = match rows {
        RawGiven::Rows(rows) => {
            let bytes = rows::trimmed(&rows.text.node).into_bytes();
            return Some((name.span, shown(&name.node), bytes));
        }
        RawGiven::File(path) => path,
    };
    let full = guard.check(&path.node);
    let problem = match full.as_deref().map(read) {
        Some(Ok(bytes)) => return Some((path.span, path.node.clone(), bytes)),
        Some(Err(why)) => Diagnostic::new(&codes::NO_FILE, format!("`{}` cannot be read", path.node))
            .at(path.span, "")
            .note(why),
        None => Diagnostic::new(
            &codes::OUTSIDE_PROJECT,
            format!("`{}` leads outside the project folder", path.node),
        )
        .at(path.span, "by itself or through a link"),
    };
    problems.push(problem);
    None
}

/// The bytes of a regular file: a pipe would wait for its other end.
fn read(path: &Path) -> Result<Vec<u8>, String> {
    match std::fs::metadata(path) {
        Ok(data) if !data.is_file() => Err("it is not a file".to_owned()),
        Err(why) if why.kind() == ErrorKind::NotFound => Err("there is no such file".to_owned()),
        _ => std::fs::read(path).map_err(|why| why.to_string()),
    }
}

/// The columns of the files that a source itself names: they are there whether given or not.
fn own_columns(source: &RawSource) -> Vec<String> {
    let span = source.span.iter().flat_map(|s| [&s.from, &s.to]);
    let snapshot = source.snapshot.iter().flat_map(|s| [&s.time, &s.per]);
    let keep = source.keep.iter().flat_map(|k| k.per.iter().chain(&k.last));
    let relations = source.relations.values().flat_map(|r| r.key.iter().chain(&r.at));
    let one = [&source.time, &source.label].into_iter().chain(span).chain(snapshot).flatten();
    let named = one.chain(&source.key).chain(keep).chain(relations).map(|name| &name.node);
    let of_files = named.filter(|name| {
        let made = source.columns.get(*name).is_some_and(|c| c.formula.is_some());
        !made && !source.relations.contains_key(*name) && *name != "moment"
    });
    let mut columns: Vec<String> = of_files.cloned().collect();
    columns.sort_unstable();
    columns.dedup();
    columns
}

fn unknown_column<'a>(
    test: &RawTest,
    source: &RawSource,
    column: &str,
    span: Span,
    valid: impl Iterator<Item = &'a String>,
) -> Diagnostic {
    let mut place = span;
    if let Some((_, RawGiven::Rows(rows))) = test.given.iter().find(|(n, _)| n.node == source.name.node) {
        let text = &rows.text.node;
        let header = text.trim_start().lines().next().unwrap_or("");
        let lead = text.len() - text.trim_start().len();
        let mut at = lead;
        for cell in header.split(',') {
            if cell.trim().trim_matches('"') == column {
                let from = at + cell.len() - cell.trim_start().len();
                place = rows.place(from, from + cell.trim().len());
            }
            at += cell.len() + 1;
        }
    }
    let headline = format!("`{}` has no column `{column}`", source.name.node);
    let mut problem = Diagnostic::new(&codes::BAD_TEST, headline).at(place, "unknown column");
    problem.help = did_you_mean(column, valid.map(String::as_str));
    problem
}

/// Problems of given rows with their place in the rule file.
pub fn in_place(problems: Vec<Diagnostic>, test: &RawTest) -> Vec<Diagnostic> {
    let mut problems = problems;
    for problem in &mut problems {
        let Some(data) = &problem.data else { continue };
        let rows = test.given.iter().find_map(|(name, rows)| match rows {
            RawGiven::Rows(rows) if shown(&name.node) == data.file => Some((name, rows)),
            _ => None,
        });
        let Some((name, rows)) = rows else { continue };
        let line = data.line.and_then(|line| usize::try_from(line).ok()).unwrap_or(1);
        let text = &rows.text.node;
        let from = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum::<usize>();
        let whole = text[from..].lines().next().unwrap_or("");
        // The value itself, where the line has it once.
        let value = data.value.as_deref().map(str::trim).filter(|v| whole.matches(*v).count() == 1);
        let (at, length) =
            value.and_then(|v| Some((whole.find(v)?, v.len()))).unwrap_or((0, whole.trim_end().len()));
        let place = rows.place(from + at, from + at + length);
        problem.headline =
            problem.headline.replace(&format!("`{}`", shown(&name.node)), &format!("`{}`", name.node));
        problem.labels.retain(|l| l.span != name.span || !l.text.is_empty());
        for label in problem.labels.iter_mut().filter(|l| l.span == name.span) {
            if let Some(ty) = label.text.strip_prefix("declared as ") {
                label.text = format!("{ty} in the project's own files");
            }
        }
        problem.labels.push(crate::diagnostic::Label { span: place, text: String::new(), primary: true });
        problem.data = None;
    }
    problems
}
