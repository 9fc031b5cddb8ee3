//! Relations that depend on a moment (`via` + `at`): which span source says who held what when, by which
//! of its relations, and the moment that is looked up.

use super::Resolver;
use super::paths::{Way, hops_text, way};
use crate::diagnostic::near::did_you_mean;
use crate::diagnostic::{Diagnostic, codes};
use crate::model::project::{ColumnRef, Relation, SourceId, Via};
use crate::rulefile::raw::RawRelation;
use crate::source::Spanned;

impl Resolver<'_> {
    /// `rep: {to: rep, via: account_owners, at: moment}`.
    pub(super) fn by_moment(
        &mut self,
        from: SourceId,
        to: SourceId,
        raw: &RawRelation,
        via: &Spanned<String>,
    ) -> Option<Relation> {
        let Some(holders) = self.model.source_named(&via.node) else {
            let names: Vec<&str> = self.model.sources.iter().map(|s| s.name.as_str()).collect();
            let mut diagnostic =
                Diagnostic::new(&codes::UNKNOWN_NAME, format!("no source is named `{}`", via.node))
                    .at(via.span, "unknown source");
            diagnostic.help = did_you_mean(&via.node, names);
            self.report(diagnostic);
            return None;
        };
        let source = self.model.source(holders);
        if source.span.is_none() {
            let defined = source.defined;
            self.report(
                Diagnostic::new(
                    &codes::NO_MOMENT,
                    format!("`{}` does not say when its rows are active", via.node),
                )
                .at(via.span, "a span source is expected")
                .also(defined, "it has no `span`")
                .help("`span: {from: valid_from, to: valid_to}`"),
            );
            return None;
        }
        let found = self.holder(holders, to, via)?;
        let (matched, held) = self.held(from, to, holders, via)?;
        let at = match raw.at.as_ref().filter(|at| at.node != "moment") {
            None => None,
            Some(at) => {
                let here = self.model.source(from).clone();
                Some(self.time_column(&here, at)?)
            }
        };
        let via = Via { source: holders, held, matched, found, at };
        Some(Relation {
            name: raw.name.node.clone(),
            defined: raw.name.span,
            to,
            key: Vec::new(),
            via: Some(via),
        })
    }

    /// The columns of a span source that hold the key of who held it.
    fn holder(&mut self, holders: SourceId, to: SourceId, via: &Spanned<String>) -> Option<Vec<usize>> {
        let here = self.model.source(holders);
        let leading: Vec<_> = here.relations.iter().filter(|r| r.to == to && r.via.is_none()).collect();
        let entity = self.model.source(to).entity.clone().unwrap_or_default();
        let named: Vec<_> = leading.iter().filter(|r| r.name == entity).collect();
        match (leading.as_slice(), named.as_slice()) {
            ([only], _) => Some(only.key.clone()),
            (_, [only]) => Some(only.key.clone()),
            _ => {
                let lost = !here.lost.is_empty();
                let (name, defined) = (here.name.clone(), here.defined);
                if !lost {
                    let several = leading.len();
                    self.report(
                        Diagnostic::new(
                            &codes::UNREACHABLE,
                            format!(
                                "`{name}` has {} relation to `{entity}`",
                                if several == 0 { "no" } else { "more than one" }
                            ),
                        )
                        .at(via.span, format!("it should say which `{entity}` held it"))
                        .also(defined, "the source is defined here")
                        .help(format!("`relations: {{{entity}: {{to: {entity}, key: {entity}_id}}}}`")),
                    );
                }
                None
            }
        }
    }

    /// What was held: the span source's columns with its key, and ours.
    fn held(
        &mut self,
        from: SourceId,
        to: SourceId,
        holders: SourceId,
        via: &Spanned<String>,
    ) -> Option<(Vec<usize>, Vec<ColumnRef>)> {
        let mut ways: Vec<(usize, Vec<usize>, Vec<ColumnRef>)> = Vec::new();
        let here = self.model.source(holders);
        for relation in here.relations.iter().filter(|r| r.to != to && r.via.is_none()) {
            let Some(entity) = self.model.source(relation.to).entity.as_deref() else { continue };
            if relation.to == from {
                let own = |c: &usize| ColumnRef { hops: Vec::new(), column: *c };
                let held = self.model.source(from).key.iter().map(own).collect();
                ways.push((0, relation.key.clone(), held));
            } else if let Way::Found(hops) = way(&self.model, from, entity) {
                let (before, last) = (&hops[..hops.len() - 1], hops[hops.len() - 1]);
                let at = self.model.source(self.model.target(from, before));
                let own = |c: &usize| ColumnRef { hops: before.to_vec(), column: *c };
                let held = at.relations[last].key.iter().map(own).collect();
                ways.push((hops.len(), relation.key.clone(), held));
            }
        }
        let least = ways.iter().map(|w| w.0).min();
        let shortest: Vec<_> = ways.iter().filter(|w| Some(w.0) == least).collect();
        if let [(_, matched, held)] = shortest.as_slice() {
            return Some((matched.clone(), held.clone()));
        }
        let (name, mine) = (here.name.clone(), self.model.source(from).name.clone());
        if here.lost.is_empty() && self.model.source(from).lost.is_empty() {
            let ways = shortest.iter().map(|w| {
                let hops = w.2.first().map(|c| c.hops.clone()).unwrap_or_default();
                hops_text(&self.model, from, &hops)
            });
            let what = if ways.len() == 0 { "nothing" } else { "several things" };
            self.report(
                Diagnostic::new(
                    &codes::UNREACHABLE,
                    format!("`{name}` relates to {what} that `{mine}` has a key of"),
                )
                .at(via.span, "what was held?")
                .help(format!(
                    "a relation of `{name}` to an entity that `{mine}` is, or reaches by a relation"
                )),
            );
        }
        None
    }
}
