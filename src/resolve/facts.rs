//! Aggregates over related rows as columns of an entity (facts), and the time since the same entity's
//! previous row (`gap`).

use super::Resolver;
use super::lower::lower;
use super::paths::{Way, no_way, way};
use super::rows::RowScope;
use crate::diagnostic::{Diagnostic, codes};
use crate::model::expr::{Expr, Kind, RowExpr, RowLeaf};
use crate::model::project::{Aggregate, ColumnRef, Made, Measure, SourceId, TimeBinding};
use crate::model::types::{Type, Unit};
use crate::source::Span;
use crate::syntax::ast::{self, ExprKind, MomentKind};
use crate::syntax::print;

/// The canonical text of a call.
fn text_of(call: &ast::Call) -> String {
    print(&ast::Expr { kind: ExprKind::Call(call.clone()), span: call.name.span })
}

impl Resolver<'_> {
    /// A fact: an aggregate over the rows of another source that lead to this one.
    pub(super) fn fact(&mut self, to: SourceId, call: &ast::Call, span: Span) -> Option<RowExpr> {
        let argument = &call.args[0];
        if let Some(per) = &argument.per {
            self.not_yet(per.span(), "`per` in a fact");
            return None;
        }
        let source = self.source_of(call)?;
        let keys = self.keys_to(source, to, argument.via.as_ref(), argument.expr.span)?;
        let (argument_expr, aggregate, weight) = self.measured(call, source)?;
        let filter = match &argument.filter {
            None => None,
            Some(condition) => {
                let typed = lower(self, &mut RowScope::own(source).timeless(), condition);
                if !super::lower::expect_condition(self, &typed) || typed.ty == Type::Unknown {
                    return None;
                }
                Some(typed)
            }
        };
        let here = self.model.source(source);
        let own = here.time.or(here.span.map(|s| s.from));
        let time = match argument.moment.as_ref().map(|m| (&m.kind, m.span)) {
            None => match own {
                Some(column) => {
                    self.column_formula(source, column);
                    TimeBinding::At(ColumnRef { hops: Vec::new(), column })
                }
                None => TimeBinding::Always,
            },
            Some((MomentKind::On(path), _)) => TimeBinding::At(self.time_of_row(source, path)?),
            Some((_, at)) => {
                self.report(
                    Diagnostic::new(&codes::NO_PERIOD, "a balance in a fact")
                        .at(at, "a fact sees all related rows, in every period")
                        .help("`where` chooses rows, `on` the time that orders them"),
                );
                return None;
            }
        };
        let adds = matches!(aggregate, Aggregate::Sum | Aggregate::Avg | Aggregate::WeightedAvg);
        if let (true, Some(_), None) = (adds, &self.model.source(source).snapshot, &argument.moment) {
            let name = self.source_name(source).to_owned();
            self.report(
                Diagnostic::new(&codes::NO_MOMENT, format!("balances of `{name}` add up over time"))
                    .at(span, "each row is a balance at another time")
                    .help("`last(...)` is the latest balance; `max(...)` the greatest"),
            );
            return None;
        }
        let (ty, unit) = self.aggregate_type(call, source, argument_expr.as_ref(), span)?;
        let measure = Measure {
            source,
            aggregate,
            argument: argument_expr,
            weight,
            filter,
            time,
            ty,
            unit: unit.clone(),
            text: text_of(call),
            span,
            matures: 0,
        };
        self.has_moment(&measure);
        let id = self.intern(measure);
        let made = Made::Fact { measure: id, keys };
        let column = self.made_column(to, &text_of(call), ty, unit.clone(), made);
        Some(leaf(column, ty, unit, span))
    }

    /// The columns of a source that hold the key of another: along the one chain that leads there, or the
    /// relation that `via` names.
    fn keys_to(
        &mut self,
        source: SourceId,
        to: SourceId,
        via: Option<&ast::Path>,
        at: Span,
    ) -> Option<Vec<ColumnRef>> {
        let entity = self.model.source(to).entity.clone();
        let hops = match via {
            Some(path) => {
                let mut hops = Vec::new();
                for part in &path.parts {
                    let here = self.model.source(self.model.target(source, &hops));
                    let Some(relation) = here.relation_named(&part.node) else {
                        let names: Vec<&str> = here.relations.iter().map(|r| r.name.as_str()).collect();
                        let headline = format!("`{}` has no relation `{}`", here.name, part.node);
                        let problem = super::lower::unknown(&part.node, part.span, headline, &names);
                        self.report(problem);
                        return None;
                    };
                    hops.push(relation);
                }
                if self.model.target(source, &hops) != to {
                    let (name, wanted) = (path.text(), self.source_name(to).to_owned());
                    self.report(
                        Diagnostic::new(&codes::UNREACHABLE, format!("`{name}` does not lead to `{wanted}`"))
                            .at(path.span(), "a relation that leads to the rows of this source is expected"),
                    );
                    return None;
                }
                hops
            }
            None => {
                let Some(entity) = entity else {
                    let defined = self.model.source(to).defined;
                    self.report(
                        Diagnostic::new(
                            &codes::UNREACHABLE,
                            format!("`{}` is no entity, so nothing relates to it", self.source_name(to)),
                        )
                        .at(at, "an aggregate over related rows")
                        .also(defined, "`entity:` and `key:` would make it one"),
                    );
                    return None;
                };
                match way(&self.model, source, &entity) {
                    Way::Found(hops) if !hops.is_empty() => hops,
                    Way::Found(_) => {
                        let headline = format!("`{}` does not relate to itself", self.source_name(to));
                        self.report(
                            Diagnostic::new(&codes::UNREACHABLE, headline)
                                .at(at, "its own rows")
                                .help("a relation between them is named: `count(accounts via parent)`"),
                        );
                        return None;
                    }
                    other => {
                        let mut problem = no_way(&self.model, source, &entity, at, &other);
                        if let Way::Several(ways) = &other {
                            problem = problem.help(format!("`via` names one: `via {}`", ways[0]));
                        }
                        self.report(problem);
                        return None;
                    }
                }
            }
        };
        let (before, last) = (&hops[..hops.len() - 1], hops[hops.len() - 1]);
        let relation = &self.model.source(self.model.target(source, before)).relations[last];
        let keys = if relation.via.is_none() {
            relation.key.iter().map(|c| ColumnRef { hops: before.to_vec(), column: *c }).collect()
        } else {
            let key = &self.model.source(to).key;
            key.iter().map(|c| ColumnRef { hops: hops.clone(), column: *c }).collect()
        };
        Some(keys)
    }

    /// `gap(interactions.opened_at per account)`: of each row the time since its entity's previous one.
    pub(super) fn gap(&mut self, source: SourceId, call: &ast::Call, span: Span) -> Option<RowExpr> {
        let argument = &call.args[0];
        let (ExprKind::Name(path), Some(per)) = (&argument.expr.kind, &argument.per) else {
            self.report(
                Diagnostic::new(&codes::WRONG_ARGUMENTS, "`gap` of a time without `per`")
                    .at(span, "the previous row of whom?")
                    .help("`max(gap(interactions.opened_at per account))`"),
            );
            return None;
        };
        let mut plain = argument.clone();
        plain.per = None;
        if let Some(clause) = super::calls::clause_span(&plain) {
            self.report(
                Diagnostic::new(&codes::WRONG_ARGUMENTS, "a clause inside `gap`")
                    .at(clause, "gaps are between all rows of the source")
                    .help("outside it chooses which gaps count: `max(gap(x per account) where kind = \"call\")`"),
            );
            return None;
        }
        let time = self.time_of_row(source, path)?;
        let per = self.row_column(source, per, false)?;
        let depends = [self.model.column_depends(source, &time), self.model.column_depends(source, &per)];
        if depends.iter().any(|d| d.moment || d.period) {
            self.report(
                Diagnostic::new(&codes::MOMENTLESS, "`gap` by what depends on a moment")
                    .at(span, "the same row for every moment is expected"),
            );
            return None;
        }
        let text = format!(
            "gap({} per {})",
            self.model.path_text(source, &time),
            self.model.path_text(source, &per)
        );
        let made = Made::Gap { time, per };
        let column = self.made_column(source, &text, Type::Duration, Unit::none(), made);
        Some(leaf(column, Type::Duration, Unit::none(), span))
    }
}

fn leaf(column: usize, ty: Type, unit: Unit, span: Span) -> RowExpr {
    Expr { kind: Kind::Leaf(RowLeaf::Column(ColumnRef { hops: Vec::new(), column })), ty, unit, span }
}
