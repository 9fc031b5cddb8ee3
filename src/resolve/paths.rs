//! Ways from a source to an entity: its own relation of that name, else the shortest chain of
//! relations, of equal ones the one whose last relation has the name. Only many-to-one hops exist.

use super::Resolver;
use crate::diagnostic::{Diagnostic, codes};
use crate::model::project::{ColumnRef, Model, SourceId};
use crate::source::Span;

/// How a search for an entity ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// These relations lead there.
    Found(Vec<usize>),
    /// Nothing does.
    None,
    /// Several shortest chains do, as users write them.
    Several(Vec<String>),
}

/// Finds the way from a source to an entity.
pub fn way(model: &Model, from: SourceId, entity: &str) -> Way {
    if let Some(own) = model.source(from).relation_named(entity) {
        return Way::Found(vec![own]);
    }
    if model.source(from).entity.as_deref() == Some(entity) {
        return Way::Found(Vec::new());
    }
    let mut frontier: Vec<(SourceId, Vec<usize>)> = vec![(from, Vec::new())];
    let mut visited = vec![from];
    while !frontier.is_empty() {
        let mut next = Vec::new();
        let mut arrived: Vec<Vec<usize>> = Vec::new();
        for (at, hops) in &frontier {
            for (index, relation) in model.source(*at).relations.iter().enumerate() {
                let mut hops = hops.clone();
                hops.push(index);
                if model.source(relation.to).entity.as_deref() == Some(entity) {
                    arrived.push(hops);
                } else if !visited.contains(&relation.to) {
                    next.push((relation.to, hops));
                }
            }
        }
        if !arrived.is_empty() {
            return choose(model, from, entity, &arrived);
        }
        // Visited after the whole level, so that ways of equal length are all seen.
        visited.extend(next.iter().map(|(s, _)| *s));
        frontier = next;
    }
    Way::None
}

/// Whether a relation with an error might have led on from a source: then nothing is said about ways.
pub(super) fn is_lost(model: &Model, from: SourceId) -> bool {
    let mut visited = vec![from];
    let mut next = 0;
    while let Some(at) = visited.get(next).copied() {
        let here = model.source(at);
        if !here.lost.is_empty() {
            return true;
        }
        for relation in here.relations.iter().filter(|r| !visited.contains(&r.to)).collect::<Vec<_>>() {
            visited.push(relation.to);
        }
        next += 1;
    }
    false
}

fn choose(model: &Model, from: SourceId, entity: &str, arrived: &[Vec<usize>]) -> Way {
    let last_name = |hops: &[usize]| {
        let source = model.target(from, &hops[..hops.len() - 1]);
        model.source(source).relations[hops[hops.len() - 1]].name.clone()
    };
    let named: Vec<&Vec<usize>> = arrived.iter().filter(|h| last_name(h) == entity).collect();
    match (arrived.len(), named.len()) {
        (1, _) => Way::Found(arrived[0].clone()),
        (_, 1) => Way::Found(named[0].clone()),
        _ => Way::Several(arrived.iter().map(|h| hops_text(model, from, h)).collect()),
    }
}

/// Relations as users write them: `opportunity.account`.
pub fn hops_text(model: &Model, from: SourceId, hops: &[usize]) -> String {
    let mut source = from;
    let mut names = Vec::new();
    for hop in hops {
        let relation = &model.source(source).relations[*hop];
        names.push(relation.name.clone());
        source = relation.to;
    }
    names.join(".")
}

/// Why a source does not reach an entity, or not in one way.
pub(super) fn no_way(model: &Model, source: SourceId, entity: &str, span: Span, way: &Way) -> Diagnostic {
    let here = model.source(source);
    if let Way::Several(ways) = way {
        return Diagnostic::new(
            &codes::AMBIGUOUS_PATH,
            format!("`{}` reaches `{entity}` in several ways", here.name),
        )
        .at(span, "which one is meant?")
        .note(format!("ways: {}", ways.iter().map(|w| format!("`{w}`")).collect::<Vec<_>>().join(", ")))
        .help(format!("the KPI may choose: `paths: {{{entity}: {}}}`", ways[0]));
    }
    Diagnostic::new(&codes::UNREACHABLE, format!("`{}` does not reach `{entity}`", here.name))
        .at(span, format!("no relation leads from `{}` to `{entity}`", here.name))
        .also(here.defined, "the source is defined here")
        .help(format!(
            "a relation would do it: `relations: {{{entity}: {{to: {entity}, key: {entity}_id}}}}`"
        ))
}

/// A part of a path: its name and where it is written.
pub type Part<'p> = (&'p str, Span);

impl Resolver<'_> {
    /// Follows the parts of a path from the source that `hops` led to. The last part may be a column or
    /// a relation, which stands for the key of the row it finds.
    pub(super) fn follow(
        &mut self,
        from: SourceId,
        hops: Vec<usize>,
        parts: &[Part<'_>],
    ) -> Option<ColumnRef> {
        let end = follow(&self.model, from, hops, parts);
        match end {
            Ok(found) => {
                let at = self.model.target(from, &found.hops);
                self.column_formula(at, found.column);
                Some(found)
            }
            Err(Some(diagnostic)) => {
                self.report(*diagnostic);
                None
            }
            Err(None) => None,
        }
    }
}

/// As [`Resolver::follow`]; the error is `None` where the source is broken, which has been reported.
pub(super) fn follow(
    model: &Model,
    from: SourceId,
    mut hops: Vec<usize>,
    parts: &[Part<'_>],
) -> Result<ColumnRef, Option<Box<Diagnostic>>> {
    for (index, (name, span)) in parts.iter().enumerate() {
        let at = model.source(model.target(from, &hops));
        let last = index + 1 == parts.len();
        if let Some(relation) = at.relation_named(name) {
            hops.push(relation);
            continue;
        }
        if !last && at.lost.iter().any(|l| l == name) {
            return Err(None);
        }
        match at.column_named(name) {
            Some(column) if last => return Ok(ColumnRef { hops, column }),
            Some(_) => {
                return Err(Some(Box::new(
                    Diagnostic::new(
                        &codes::UNKNOWN_NAME,
                        format!("`{name}` is a column of `{}`, not a relation", at.name),
                    )
                    .at(*span, "nothing stands behind a column"),
                )));
            }
            None if at.broken || at.lost.iter().any(|l| l == name) => return Err(None),
            None => {
                let names = at
                    .columns
                    .iter()
                    .map(|c| c.name.as_str())
                    .chain(at.relations.iter().map(|r| r.name.as_str()));
                let mut diagnostic = Diagnostic::new(
                    &codes::UNKNOWN_NAME,
                    format!("`{}` has no column or relation `{name}`", at.name),
                )
                .at(*span, format!("unknown in `{}`", at.name));
                diagnostic.help =
                    at.hint.clone().or_else(|| crate::diagnostic::near::did_you_mean(name, names));
                return Err(Some(Box::new(diagnostic)));
            }
        }
    }
    // The path ends at a row: its key stands for it.
    let at = model.source(model.target(from, &hops));
    match at.key.as_slice() {
        [column] => Ok(ColumnRef { hops, column: *column }),
        [] => Err(None),
        _ => {
            let span = parts.last().map(|p| p.1);
            let diagnostic = Diagnostic::new(
                &codes::WRONG_ARGUMENTS,
                format!("`{}` has a key of several columns, so one value cannot stand for it", at.name),
            )
            .help("a column of it: `account.segment`");
            Err(Some(Box::new(match span {
                Some(span) => diagnostic.at(span, "a row with a key of several columns"),
                None => diagnostic,
            })))
        }
    }
}
