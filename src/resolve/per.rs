//! `AGGREGATE(FORMULA per ENTITY ...)`: what is asked of each entity, which entities there are, and what is
//! made of their values. The formula is one over results, in a breakdown by the entity.

use std::sync::Arc;

use super::Resolver;
use super::lower::{a, expect_condition, lower};
use super::results::{AskedEntity, ResultScope};
use crate::diagnostic::{Diagnostic, codes};
use crate::model::expr::{Across, Expr, Kind, Over, Per, ResultExpr, ResultLeaf, RowExpr};
use crate::model::project::{
    Aggregate, ColumnRef, Dimension, Measure, MeasureId, Moment, Ranged, SourceId, TimeBinding,
};
use crate::model::signature::{ArgError, ArgType};
use crate::model::types::{Type, Unit};
use crate::source::Span;
use crate::syntax::ast::{self, ExprKind, MomentKind};
use crate::syntax::print;

impl Resolver<'_> {
    /// Types a call whose first argument says `per`; `None` where an error was reported.
    pub(super) fn per(
        &mut self,
        scope: &ResultScope,
        call: &ast::Call,
        path: &ast::Path,
        span: Span,
    ) -> Option<ResultExpr> {
        let argument = &call.args[0];
        let name = call.name.node.as_str();
        if let Some(clause) = argument.via.as_ref().or(argument.by.first()) {
            self.report(
                Diagnostic::new(&codes::WRONG_ARGUMENTS, "a clause that `per` does not take")
                    .at(clause.span(), "not together with `per`"),
            );
            return None;
        }
        let entity =
            Dimension { path: path.parts.iter().map(|p| p.node.clone()).collect(), span: path.span() };
        let source = self.entity_of(path)?;
        let population = match &argument.moment {
            None => None,
            Some(moment) => Some(self.population(scope, source, moment)?),
        };
        let looked_at = match &argument.moment {
            Some(moment) if moment.kind != MomentKind::During => self.active(source, moment),
            _ => Some(self.known(source)),
        };
        let looked_at = looked_at.unwrap_or(TimeBinding::Always);
        let at = self.ranged(looked_at.clone(), scope.window.as_ref(), Vec::new())?;
        let mut inner = scope.clone();
        inner.per = Some(AskedEntity { source, at });
        let formula = lower(self, &mut inner, &argument.expr);
        let filter = argument.filter.as_ref().map(|f| lower(self, &mut inner, f));
        if let Some(filter) = &filter
            && !expect_condition(self, filter)
        {
            return None;
        }
        if formula.ty == Type::Unknown || filter.as_ref().is_some_and(|f| f.ty == Type::Unknown) {
            return None;
        }
        for part in std::iter::once(&formula).chain(&filter) {
            let whole = |across: &&&Across| matches!(across, Across::Total(_) | Across::ShareOfTotal);
            if part.across_here().iter().any(|across| whole(&across)) {
                self.not_yet(part.span, "the whole (`total`, `share_of_total`) inside `per`");
                return None;
            }
            self.reaches_entity(part, &entity, name);
        }
        if formula.measures_here().is_empty() && formula.pers().is_empty() && population.is_none() {
            self.report(
                Diagnostic::new(&codes::NO_SOURCE, format!("`{name}` per `{}` reads no rows", entity.name()))
                    .at(argument.expr.span, "an aggregate is expected")
                    .help(format!("`{name}(sum(invoices.amount) per {})`", entity.name())),
            );
            return None;
        }
        let over = self.over(call)?;
        let (ty, unit) = self.over_type(call, &over, &formula, source)?;
        let members = [TimeBinding::Always, looked_at].map(|time| self.members(source, time, scope));
        let per =
            Per { entity, source: Some(source), formula, filter, over, population, members: Some(members) };
        Some(Expr { kind: Kind::Leaf(ResultLeaf::Per(Arc::new(per))), ty, unit, span })
    }

    /// The source whose rows are the entity that a path leads to.
    fn entity_of(&mut self, path: &ast::Path) -> Option<SourceId> {
        let first = &path.parts[0];
        let found = self.model.entity(&first.node).map(|source| {
            let mut at = source;
            for part in &path.parts[1..] {
                let here = self.model.source(at);
                match here.relation_named(&part.node) {
                    Some(relation) => at = here.relations[relation].to,
                    None => return Err(part.span),
                }
            }
            Ok(at)
        });
        let problem = match found {
            Some(Ok(source)) if self.model.source(source).key.len() == 1 => return Some(source),
            // The key was lost with the file, and that is told where the file is named.
            Some(Ok(source)) if self.model.source(source).key.is_empty() => return None,
            Some(Ok(source)) => {
                let here = self.model.source(source);
                Diagnostic::new(
                    &codes::WRONG_ARGUMENTS,
                    format!("`{}` has a key of several columns", here.name),
                )
                .at(path.span(), "an entity with a key of one column is expected")
                .also(here.defined, "defined here")
            }
            Some(Err(at)) => Diagnostic::new(&codes::WRONG_ARGUMENTS, "`per` what is no entity")
                .at(at, "a column, where an entity is expected")
                .help("a source that is derived makes one: `distinct: opportunities.prospect_id`"),
            None => {
                let names: Vec<&str> =
                    self.model.sources.iter().filter_map(|s| s.entity.as_deref()).collect();
                if self.model.sources.iter().any(|s| s.broken || !s.lost.is_empty()) && names.is_empty() {
                    return None;
                }
                let headline = format!("no source is the entity `{}`", first.node);
                super::lower::unknown(&first.node, first.span, headline, &names)
            }
        };
        self.report(problem);
        None
    }

    /// The entities that are there at a moment, with the conditions from outside.
    fn population(
        &mut self,
        scope: &ResultScope,
        source: SourceId,
        moment: &ast::Moment,
    ) -> Option<MeasureId> {
        if let MomentKind::On(path) = &moment.kind {
            self.report(
                Diagnostic::new(&codes::WRONG_ARGUMENTS, "`per` an entity `on` a column").at(
                    path.span(),
                    "the entities that are there: `at start`, `at end`, `as of DAY`, `during`",
                ),
            );
            return None;
        }
        let time = self.active(source, moment)?;
        let time = self.ranged(time, scope.window.as_ref(), Vec::new())?;
        let filter = self.filter(source, &[], &scope.filters);
        if filter.as_ref().is_some_and(|f| f.ty == Type::Unknown) {
            return None;
        }
        let text = format!("{} {}", self.source_name(source), moment_text(&moment.kind));
        Some(self.rows_of(source, time, filter, text))
    }

    /// All entities, with what they belong to.
    fn members(&mut self, source: SourceId, time: TimeBinding, scope: &ResultScope) -> MeasureId {
        let text = format!("all of {}", self.source_name(source));
        let time = self.ranged(time, scope.window.as_ref(), Vec::new());
        self.rows_of(source, time.unwrap_or(TimeBinding::Always), None, text)
    }

    fn rows_of(
        &mut self,
        source: SourceId,
        time: TimeBinding,
        filter: Option<RowExpr>,
        text: String,
    ) -> MeasureId {
        let span = self.model.source(source).defined;
        self.intern(Measure {
            source,
            aggregate: Aggregate::Count,
            argument: None,
            weight: None,
            filter,
            time,
            ty: Type::Integer,
            unit: Unit::none(),
            text,
            span,
            matures: 0,
        })
    }

    /// When an entity's belongings are looked at where no moment is named.
    pub(super) fn known(&self, source: SourceId) -> TimeBinding {
        let own = |column| ColumnRef { hops: Vec::new(), column };
        let span = self.model.source(source).span;
        let moment = Moment::Known {
            from: span.map(|s| own(s.from)),
            to: span.and_then(|s| s.to).map(own),
            inclusive: span.is_some_and(|s| s.inclusive),
        };
        TimeBinding::Ranged(Box::new(Ranged { moment, window: None, fresh: false, within: Vec::new() }))
    }

    /// Every aggregate in it must lead to the entity.
    fn reaches_entity(&mut self, part: &ResultExpr, entity: &Dimension, name: &str) {
        let sources: Vec<(SourceId, Option<String>)> = part
            .measures_here()
            .iter()
            .map(|id| (self.model.measures[id.0].source, Some(self.model.measures[id.0].text.clone())))
            .chain(part.pers().iter().filter_map(|p| p.source.map(|s| (s, None))))
            .collect();
        for (source, text) in sources {
            if let Err(Some(problem)) = super::dimensions::reach(&self.model, source, entity) {
                let asked = text.map_or_else(|| format!("`{name}(...)`"), |t| format!("`{t}`"));
                self.diagnostics.merge(problem.note(format!("needed by {asked} per {}", entity.name())));
            }
        }
    }

    fn over(&mut self, call: &ast::Call) -> Option<Over> {
        let name = call.name.node.as_str();
        let aggregate = match name {
            "count" => Aggregate::Count,
            "sum" => Aggregate::Sum,
            "avg" => Aggregate::Avg,
            "min" => Aggregate::Min,
            "max" => Aggregate::Max,
            "median" => Aggregate::Percentile(0.5),
            "percentile" => Aggregate::Percentile(self.fraction(&call.args[1].expr)?),
            "stddev" => Aggregate::Stddev,
            "variance" => Aggregate::Variance,
            "count_distinct" => Aggregate::CountDistinct,
            "share" => Aggregate::Share,
            "top_share" => {
                let count = match &call.args[1].expr.kind {
                    ExprKind::Literal(ast::Literal::Integer(digits)) => {
                        digits.parse::<u32>().ok().filter(|n| (1..=1_000_000).contains(n))
                    }
                    _ => None,
                };
                if count.is_none() {
                    self.report(
                        Diagnostic::new(&codes::WRONG_ARGUMENTS, "`top_share` of how many?")
                            .at(call.args[1].expr.span, "a whole number such as `3` is expected"),
                    );
                }
                return count.map(Over::TopShare);
            }
            _ => {
                self.report(
                    Diagnostic::new(&codes::WRONG_ARGUMENTS, format!("`{name}` over entities"))
                        .at(call.name.span, "has no meaning for values of entities")
                        .help("`sum`, `avg`, `min`, `max`, `median`, `percentile`, `stddev`, `variance`, `count`, `count_distinct`, `share`, `top_share`"),
                );
                return None;
            }
        };
        Some(Over::Aggregate(aggregate))
    }

    fn over_type(
        &mut self,
        call: &ast::Call,
        over: &Over,
        formula: &ResultExpr,
        source: SourceId,
    ) -> Option<(Type, Unit)> {
        let counted = self.model.source(source).entity.as_deref().map_or_else(Unit::none, Unit::counted);
        match over {
            Over::Aggregate(Aggregate::Count) => return Some((Type::Integer, counted)),
            Over::Aggregate(Aggregate::CountDistinct) => return Some((Type::Integer, Unit::none())),
            _ => {}
        }
        let signature = self.signature(&call.name.node)?;
        let mut types = vec![ArgType { ty: formula.ty, unit: formula.unit.clone(), integer: None }];
        for _ in 1..call.args.len() {
            types.push(ArgType { ty: Type::Float, unit: Unit::none(), integer: None });
        }
        match (signature.infer)(&types) {
            Ok(typed) => Some(typed),
            Err(problem) => {
                let expected = match problem {
                    ArgError::Type(_, expected) => expected.to_owned(),
                    ArgError::Other(_, problem) => problem,
                    ArgError::Units(..) => "another unit".to_owned(),
                };
                self.report(
                    Diagnostic::new(
                        &codes::TYPE_MISMATCH,
                        format!("`{}` of {}", call.name.node, a(formula.ty)),
                    )
                    .at(formula.span, format!("{}; expected {expected}", formula.ty)),
                );
                None
            }
        }
    }

    /// A column of the entity at hand: what all its rows (there is one) have.
    pub(super) fn entity_column(
        &mut self,
        asked: &AskedEntity,
        path: &ast::Path,
        span: Span,
    ) -> Option<ResultExpr> {
        let source = asked.source;
        let parts: Vec<_> = path.parts[1..].iter().map(|p| (p.node.as_str(), p.span)).collect();
        let found = self.follow(source, Vec::new(), &parts)?;
        self.usable(source, &found, span);
        let column = self.model.column(source, &found);
        let (ty, unit) = (column.ty, column.unit.clone());
        let depends = self.model.column_depends(source, &found);
        let time = if depends.moment { asked.at.clone() } else { TimeBinding::Always };
        let argument = Expr {
            kind: Kind::Leaf(crate::model::expr::RowLeaf::Column(found)),
            ty,
            unit: unit.clone(),
            span,
        };
        let id = self.intern(Measure {
            source,
            aggregate: Aggregate::Own,
            argument: Some(argument),
            weight: None,
            filter: None,
            time,
            ty,
            unit: unit.clone(),
            text: path.text(),
            span,
            matures: 0,
        });
        Some(Expr { kind: Kind::Leaf(ResultLeaf::Measure(id)), ty, unit, span })
    }

    /// Whether a path names the entity at hand or a column of it.
    pub(super) fn is_entity_path(&self, source: SourceId, path: &ast::Path) -> bool {
        let here = self.model.source(source);
        let first = path.parts[0].node.as_str();
        here.entity.as_deref() == Some(first) || (path.parts.len() > 1 && here.name == first)
    }
}

fn moment_text(moment: &MomentKind) -> String {
    match moment {
        MomentKind::AtStart => "at start".to_owned(),
        MomentKind::AtEnd => "at end".to_owned(),
        MomentKind::During => "during".to_owned(),
        MomentKind::AsOf(day) => format!("as of {}", print(day)),
        MomentKind::On(path) => format!("on {}", path.text()),
    }
}
