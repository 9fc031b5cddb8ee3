//! Parameters that stand for names: `count(params.surveys)`. Where a pack's own default leads to nothing that the
//! project has, the rule is not applicable, and says so.

use super::Resolver;
use crate::model::project::SourceId;
use crate::rulefile::raw::{RawParam, RawRule};
use crate::syntax::ast::{self, Expr, ExprKind, MomentKind, Path};
use crate::syntax::{parse_path, walk};

/// The parameters that stand for names, as formulas write them: `params.surveys`.
pub(super) type Names = Vec<(String, Path)>;

impl Resolver<'_> {
    /// All of them; one that does not parse is reported.
    pub(super) fn names(&mut self) -> Names {
        let mut names = Names::new();
        for param in self.raw.params.values() {
            let Some(written) = &param.names else { continue };
            let span = written.span;
            match parse_path(&written.node, &|_, _| span) {
                Ok(path) => names.push((format!("params.{}", param.name.node), path)),
                Err(problems) => self.diagnostics.extend(problems),
            }
        }
        names
    }

    /// What the project lacks that a rule of a pack reads.
    pub(super) fn lacks(&self, rule: &RawRule, names: &Names) -> Option<String> {
        let mut found = None;
        let mut look = |text: &str, entity: bool| {
            let Some((_, path)) = names.iter().find(|(name, _)| name == text) else { return };
            let param = self.raw.params.get(text.strip_prefix("params.").unwrap_or(text));
            if found.is_none() && param.is_some_and(|p: &RawParam| p.default) {
                found = self.missing(path, entity).map(|what| format!("{what} (`{text}`)"));
            }
        };
        let whens = [rule.when.as_ref(), rule.each.as_ref().and_then(|e| e.filter.as_ref())];
        for expr in whens.into_iter().flatten().filter_map(|f| f.expr.as_ref()) {
            paths(expr, &mut |path, entity| look(&head(path), entity));
        }
        for text in rule.each.iter().flat_map(|e| &e.dimensions) {
            // Words of the dimension and its condition.
            for word in text.node.split(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '_'))) {
                let name = word.split('.').take(2).collect::<Vec<_>>().join(".");
                look(&name, text.node.trim_start().starts_with(word));
            }
        }
        found
    }

    /// What a path names that is not there; an entity, where only one will do.
    fn missing(&self, path: &Path, entity: bool) -> Option<String> {
        let first = path.parts[0].node.as_str();
        if entity && path.parts.len() == 1 {
            let named = self.model.dimensions.iter().any(|d| d.name == first);
            let known = named || self.model.entity(first).is_some();
            return (!known).then(|| format!("the project has no entity `{first}`"));
        }
        let source = self.model.source_named(first).or_else(|| self.model.entity(first));
        let Some(mut at) = source else {
            if self.raw.kpis.contains_key(first) && path.parts.len() == 1 {
                return None;
            }
            let column = |id: &usize| self.model.sources[*id].column_named(first).is_some();
            let what = if path.parts.len() == 1 { "source or KPI" } else { "source" };
            let known = path.parts.len() == 1 && (0..self.model.sources.len()).any(|id| column(&id));
            return (!known).then(|| format!("the project has no {what} `{first}`"));
        };
        for part in &path.parts[1..] {
            let here = self.model.source(at);
            match here.relation_named(&part.node) {
                Some(relation) => at = here.relations[relation].to,
                None if here.column_named(&part.node).is_some() => return None,
                None => {
                    let entity = self.model.entity(&part.node).filter(|e| self.leads(at, *e));
                    match entity {
                        Some(entity) => at = entity,
                        None => return Some(format!("`{}` has no `{}`", here.name, part.node)),
                    }
                }
            }
        }
        None
    }

    fn leads(&self, from: SourceId, to: SourceId) -> bool {
        self.model.source(from).relations.iter().any(|r| r.to == to)
    }
}

/// `params.surveys`, of a longer path too.
fn head(path: &Path) -> String {
    path.parts.iter().take(2).map(|p| p.node.as_str()).collect::<Vec<_>>().join(".")
}

/// Calls `look` with every path of a formula, and whether it has to be an entity.
fn paths(expr: &Expr, look: &mut dyn FnMut(&Path, bool)) {
    walk::walk(expr, &mut |part| match &part.kind {
        ExprKind::Name(path) => look(path, false),
        ExprKind::Call(call) => {
            for argument in &call.args {
                let ast::Argument { via, per, by, moment, .. } = argument;
                if let Some(path) = per {
                    look(path, true);
                }
                via.iter().chain(by).for_each(|path| look(path, false));
                if let Some(MomentKind::On(path)) = moment.as_ref().map(|m| &m.kind) {
                    look(path, false);
                }
            }
        }
        _ => {}
    });
}
