//! Dimensions: `dimensions:` of the project, and the way of each source to a dimension that a
//! breakdown or a condition names.

use super::Resolver;
use super::paths::{Way, follow, is_lost, no_way, way};
use super::rates::converted;
use crate::diagnostic::near::did_you_mean;
use crate::diagnostic::{Diagnostic, codes};
use crate::model::project::{ColumnRef, Dimension, Kpi, Measure, Model, NamedDimension, SourceId};
use crate::source::{Span, Spanned};
use crate::syntax::parse_path;

impl Resolver<'_> {
    pub(super) fn dimensions(&mut self) {
        let raw = self.raw;
        for (name, dimension) in &raw.dimensions {
            let mut sources = Vec::new();
            for (source, path) in &dimension.sources {
                let (source, place) = (&source.node, source.span);
                match self.model.source_named(source) {
                    Some(id) => {
                        if let Some(way) = self.dimension_written(path) {
                            sources.push((id, way.path, way.span));
                        }
                    }
                    None => {
                        let names: Vec<&str> = raw.sources.keys().map(String::as_str).collect();
                        let mut diagnostic =
                            Diagnostic::new(&codes::UNKNOWN_NAME, format!("no source is named `{source}`"))
                                .at(place, "unknown source");
                        diagnostic.help = did_you_mean(source, names);
                        self.report(diagnostic);
                    }
                }
            }
            let path = dimension.path.as_ref().and_then(|p| self.dimension_written(p));
            self.model.dimensions.push(NamedDimension {
                name: name.clone(),
                defined: dimension.name.span,
                path: path.map(|d| (d.path, d.span)),
                sources,
            });
        }
        for named in self.model.dimensions.clone() {
            if let Some(entity) = self.model.entity(&named.name) {
                let source = self.model.source(entity);
                self.diagnostics.push(
                    Diagnostic::new(
                        &codes::AMBIGUOUS_NAME,
                        format!("`{}` is a dimension and an entity", named.name),
                    )
                    .at(named.defined, "the dimension")
                    .also(source.defined, "the entity's source")
                    .help("another name for the dimension"),
                );
            }
        }
        // Every way that is written must exist, used or not.
        for named in self.model.dimensions.clone() {
            for (source, parts, span) in &named.sources {
                let dimension = Dimension { path: parts.clone(), span: *span };
                if let Err(Some(problem)) = path_of(&self.model, *source, &dimension, &[]) {
                    self.report(*problem);
                }
            }
            if let Some((parts, span)) = &named.path {
                let known = self.model.entity(&parts[0]).is_some()
                    || self.model.source_named(&parts[0]).is_some()
                    || self.model.sources.iter().any(|s| s.column_named(&parts[0]).is_some() || s.broken);
                if !known {
                    let names: Vec<&str> =
                        self.model.sources.iter().filter_map(|s| s.entity.as_deref()).collect();
                    let mut diagnostic =
                        Diagnostic::new(&codes::UNKNOWN_NAME, format!("no entity is named `{}`", parts[0]))
                            .at(*span, "a dimension's way starts at an entity");
                    diagnostic.help = did_you_mean(&parts[0], names);
                    self.report(diagnostic);
                }
            }
        }
    }

    /// A path as a field has it; `None` where it does not parse, which is reported.
    pub(super) fn dimension_written(&mut self, text: &Spanned<String>) -> Option<Dimension> {
        let span = text.span;
        match parse_path(&text.node, &|_, _| span) {
            Ok(path) => Some(Dimension { path: path.parts.into_iter().map(|p| p.node).collect(), span }),
            Err(problems) => {
                self.diagnostics.extend(problems);
                None
            }
        }
    }

    /// The way of a source to a named dimension; `quiet` where another meaning may serve.
    pub(super) fn named_dimension(
        &mut self,
        source: SourceId,
        named: usize,
        span: Span,
        quiet: bool,
    ) -> Option<ColumnRef> {
        let dimension = Dimension { path: vec![self.model.dimensions[named].name.clone()], span };
        match dimension_of(&self.model, source, &dimension, &[]) {
            Ok(found) => Some(found),
            Err(Some(problem)) if !quiet => {
                self.report(*problem);
                None
            }
            Err(_) => None,
        }
    }
}

/// The way of a source to a dimension, or why there is none. `Err(None)` where an error has been
/// reported before.
pub fn dimension(
    model: &Model,
    source: SourceId,
    dimension: &Dimension,
    kpi: &Kpi,
) -> Result<ColumnRef, Option<Box<Diagnostic>>> {
    let found = dimension_of(model, source, dimension, &kpi.paths)?;
    if model.column_converts(source, &found) {
        let problem = converted(&dimension.name()).at(dimension.span, "members that a rate decides");
        return Err(Some(Box::new(problem)));
    }
    Ok(found)
}

/// Why the rows of a measure have no member of a dimension: it depends on a moment, and they count at none.
pub fn momentless(model: &Model, measure: &Measure, way: &ColumnRef, at: &Dimension) -> Option<Diagnostic> {
    if measure.time.has_moment() || !model.column_depends(measure.source, way).moment {
        return None;
    }
    let source = model.source(measure.source);
    let headline = format!("rows of `{}` count at no moment", source.name);
    let problem = Diagnostic::new(&codes::MOMENTLESS, headline)
        .at(at.span, format!("whose `{}` when?", at.name()))
        .also(source.defined, "its rows have neither a time nor a span")
        .help("a `span` and `at end`, a time column, or a relation `at: COLUMN`");
    Some(problem)
}

/// The way of a source to what `per` names.
pub fn reach(model: &Model, source: SourceId, to: &Dimension) -> Result<ColumnRef, Option<Box<Diagnostic>>> {
    dimension_of(model, source, to, &[])
}

/// The way of a source to a dimension, if there is one.
pub fn reaches(model: &Model, source: SourceId, path: &[String]) -> Option<ColumnRef> {
    let span = model.source(source).defined;
    dimension_of(model, source, &Dimension { path: path.to_vec(), span }, &[]).ok()
}

fn dimension_of(
    model: &Model,
    source: SourceId,
    dimension: &Dimension,
    paths: &[(String, Vec<String>, Span)],
) -> Result<ColumnRef, Option<Box<Diagnostic>>> {
    if let [name] = dimension.path.as_slice()
        && let Some(named) = model.dimensions.iter().find(|d| d.name == *name)
    {
        let own = named.sources.iter().find(|(s, _, _)| *s == source).map(|(_, p, _)| p);
        let Some(path) = own.or(named.path.as_ref().map(|(p, _)| p)) else {
            return Err(Some(Box::new(
                Diagnostic::new(
                    &codes::UNREACHABLE,
                    format!("`{}` has no way to the dimension `{name}`", model.source(source).name),
                )
                .at(dimension.span, format!("`{}` does not reach `{name}`", model.source(source).name))
                .also(named.defined, "the dimension is defined here")
                .help(format!("give it one beside the others: `{}: COLUMN`", model.source(source).name)),
            )));
        };
        let parts: Vec<(&str, Span)> = path.iter().map(|p| (p.as_str(), dimension.span)).collect();
        return parts_of(model, source, &parts, dimension.span, paths);
    }
    path_of(model, source, dimension, paths)
}

/// Each part of a path with its place: exactly, where the path is written as it prints.
fn placed(dimension: &Dimension) -> Vec<(&str, Span)> {
    let whole = dimension.span;
    let mut at = match ((whole.end - whole.start) as usize).checked_sub(dimension.name().len()) {
        Some(0) => Some(whole.start as usize),
        // In quotes.
        Some(2) => Some(whole.start as usize + 1),
        _ => None,
    };
    let place = |part: &str| {
        let span = at.map_or(whole, |start| Span::new(whole.file, start, start + part.len()));
        at = at.map(|start| start + part.len() + 1);
        span
    };
    let places: Vec<Span> = dimension.path.iter().map(String::as_str).map(place).collect();
    dimension.path.iter().map(String::as_str).zip(places).collect()
}

fn path_of(
    model: &Model,
    source: SourceId,
    dimension: &Dimension,
    paths: &[(String, Vec<String>, Span)],
) -> Result<ColumnRef, Option<Box<Diagnostic>>> {
    parts_of(model, source, &placed(dimension), dimension.span, paths)
}

fn parts_of(
    model: &Model,
    source: SourceId,
    parts: &[(&str, Span)],
    span: Span,
    paths: &[(String, Vec<String>, Span)],
) -> Result<ColumnRef, Option<Box<Diagnostic>>> {
    let here = model.source(source);
    let first = parts[0].0;
    let name = || parts.iter().map(|p| p.0).collect::<Vec<_>>().join(".");
    if let Some((_, chosen, _)) = paths.iter().find(|(entity, _, _)| entity == first) {
        let whole: Vec<(&str, Span)> =
            chosen.iter().map(|p| (p.as_str(), span)).chain(parts[1..].iter().copied()).collect();
        return parts_of(model, source, &whole, span, &[]);
    }
    if parts.len() > 1 && first == here.name {
        return follow(model, source, Vec::new(), &parts[1..]);
    }
    if here.lost.iter().any(|l| l == first) {
        return Err(None);
    }
    if let Some(other) = model.source_named(first).filter(|_| parts.len() > 1) {
        return Err(Some(Box::new(
            Diagnostic::new(
                &codes::UNREACHABLE,
                format!("`{}` does not reach the column `{}`", here.name, name()),
            )
            .at(span, format!("a column of `{}`, which only its own rows have", model.source(other).name)),
        )));
    }
    if here.relation_named(first).is_some() {
        return follow(model, source, Vec::new(), parts);
    }
    if model.entity(first).is_some() {
        return match way(model, source, first) {
            Way::Found(hops) => follow(model, source, hops, &parts[1..]),
            Way::None if is_lost(model, source) => Err(None),
            other => Err(Some(Box::new(no_way(model, source, first, span, &other)))),
        };
    }
    if here.column_named(first).is_some() {
        return follow(model, source, Vec::new(), parts);
    }
    if here.broken {
        return Err(None);
    }
    let mut diagnostic = Diagnostic::new(&codes::UNKNOWN_NAME, format!("no dimension is named `{}`", name()))
        .at(span, format!("unknown to `{}`", here.name));
    let names = model
        .dimensions
        .iter()
        .map(|d| d.name.as_str())
        .chain(model.sources.iter().filter_map(|s| s.entity.as_deref()))
        .chain(here.columns.iter().map(|c| c.name.as_str()));
    diagnostic.help = did_you_mean(first, names);
    Err(Some(Box::new(diagnostic)))
}
