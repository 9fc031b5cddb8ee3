//! `conversions(...)` and `conversion_rate(...)` -> measures over the base events: a column of theirs says
//! whether a target event is credited to them, so that windows, breakdowns and filters are those of any count.

use super::Resolver;
use super::lower::{expect_condition, literal, lower};
use super::results::ResultScope;
use super::rows::RowScope;
use crate::diagnostic::{Diagnostic, codes};
use crate::model::expr::{Arith, Expr, Kind, ResultExpr, ResultLeaf, RowExpr, RowLeaf, Value};
use crate::model::project::{Aggregate, ColumnRef, Conversion, Events, Made, Measure, SourceId, TimeBinding};
use crate::model::types::{Type, Unit};
use crate::source::Span;
use crate::syntax::ast::{self, ExprKind, MomentKind};
use crate::syntax::print;

/// One side: its source, its events.
struct Side {
    source: SourceId,
    events: Events,
}

impl Resolver<'_> {
    /// Types a call; `None` where an error was reported.
    pub(super) fn conversion(
        &mut self,
        scope: &ResultScope,
        call: &ast::Call,
        span: Span,
    ) -> Option<ResultExpr> {
        let given = |name: &str, place: usize| -> Option<ast::Expr> {
            let named = call.named.iter().find(|(n, _)| n.node == name).map(|(_, v)| v.clone());
            named.or_else(|| call.args.get(place).map(|a| a.expr.clone()))
        };
        let known = ["within", "entity", "count", "attribution"];
        if let Some((strange, _)) = call.named.iter().find(|(n, _)| !known.contains(&n.node.as_str())) {
            let headline = format!("`{}` has no argument named `{}`", call.name.node, strange.node);
            self.report(
                Diagnostic::new(&codes::WRONG_ARGUMENTS, headline).at(strange.span, "unknown argument"),
            );
            return None;
        }
        let within = self.within_time(&given("within", 2)?)?;
        let entity = given("entity", 3)?;
        let ExprKind::Name(entity) = &entity.kind else {
            self.report(
                Diagnostic::new(&codes::WRONG_ARGUMENTS, "`entity` is no name")
                    .at(entity.span, "whose events they are: `entity = account`"),
            );
            return None;
        };
        let entities = self.choice(given("count", 4), "count", ["events", "entities"])? == 1;
        let first = self.choice(given("attribution", 5), "attribution", ["last", "first"])? == 1;
        let base = self.side(&call.args[0], entity)?;
        let target = self.side(&call.args[1], entity)?;
        let (source, time) = (base.source, base.events.time.clone());
        let (key, own) = (base.events.entity.clone(), base.events.filter.clone());
        let text = {
            let mut settled = call.clone();
            "conversions".clone_into(&mut settled.name.node);
            settled.named.retain(|(n, _)| n.node != "count");
            settled.args.truncate(4);
            format!("{} {first}", print(&ast::Expr { kind: ExprKind::Call(settled), span }))
        };
        let made = Made::Converted(Box::new(Conversion {
            base: base.events,
            source: target.source,
            target: target.events,
            within,
            first,
        }));
        let flag = self.made_column(source, &text, Type::Boolean, Unit::none(), made);
        let converted = Expr {
            kind: Kind::Leaf(RowLeaf::Column(ColumnRef { hops: Vec::new(), column: flag })),
            ty: Type::Boolean,
            unit: Unit::none(),
            span,
        };
        let pushed = self.filter(source, &[], &scope.filters);
        if pushed.as_ref().is_some_and(|p| p.ty == Type::Unknown) {
            return None;
        }
        let filter = match (own, pushed) {
            (Some(own), Some(pushed)) => {
                let kind = Kind::And(Box::new(own), Box::new(pushed));
                Some(Expr { kind, ty: Type::Boolean, unit: Unit::none(), span })
            }
            (own, pushed) => own.or(pushed),
        };
        let (counted, argument, unit) = self.counted(source, entities.then_some(&key), span);
        let measure = |r: &mut Self, flag: Option<RowExpr>, text: String, matures: i64| {
            let time = r.ranged(TimeBinding::At(time.clone()), scope.window.as_ref(), Vec::new())?;
            let unit = unit.clone();
            let (aggregate, argument, weight) = match flag {
                None => (counted.clone(), argument.clone(), None),
                Some(flag) => (Aggregate::Converted, Some(flag), argument.clone()),
            };
            let measure = Measure {
                source,
                aggregate,
                argument,
                weight,
                filter: filter.clone(),
                time,
                ty: Type::Integer,
                unit: unit.clone(),
                text,
                span,
                matures,
            };
            r.has_moment(&measure);
            let id = r.intern(measure);
            Some(Expr { kind: Kind::Leaf(ResultLeaf::Measure(id)), ty: Type::Integer, unit, span })
        };
        let shown = super::aggregates::measure_text(call, scope);
        let conversions = measure(self, Some(converted), shown, within)?;
        if call.name.node == "conversions" {
            return Some(conversions);
        }
        let all = super::aggregates::measure_text(&only_base(call), scope);
        let base = measure(self, None, all, 0)?;
        let kind = Kind::Arith(Arith::Div, Box::new(conversions), Box::new(base));
        Some(Expr { kind, ty: Type::Float, unit: Unit::none(), span })
    }

    /// What is counted: events, or whose they are.
    fn counted(
        &self,
        source: SourceId,
        key: Option<&ColumnRef>,
        span: Span,
    ) -> (Aggregate, Option<RowExpr>, Unit) {
        let Some(key) = key else { return (Aggregate::Count, None, Unit::none()) };
        let column = self.model.column(source, key);
        let argument = Expr {
            kind: Kind::Leaf(RowLeaf::Column(key.clone())),
            ty: column.ty,
            unit: column.unit.clone(),
            span,
        };
        let unit = self.distinct_unit(source, &argument);
        (Aggregate::CountDistinct, Some(argument), unit)
    }

    /// The rows of an argument as events.
    fn side(&mut self, argument: &ast::Argument, entity: &ast::Path) -> Option<Side> {
        let name = match &argument.expr.kind {
            ExprKind::Name(path) if path.parts.len() == 1 => path.parts[0].node.clone(),
            _ => String::new(),
        };
        let Some(source) = self.model.source_named(&name) else {
            let names: Vec<&str> = self.model.sources.iter().map(|s| s.name.as_str()).collect();
            let mut problem = Diagnostic::new(&codes::NO_SOURCE, "events of no source")
                .at(argument.expr.span, "the name of a source is expected");
            problem.help = crate::diagnostic::near::did_you_mean(&name, names);
            self.report(problem);
            return None;
        };
        let strange = argument.per.as_ref().or(argument.via.as_ref()).or(argument.by.first());
        if let Some(clause) = strange {
            self.report(
                Diagnostic::new(&codes::WRONG_ARGUMENTS, "a clause that events do not take")
                    .at(clause.span(), "`on` a column and `where` are expected"),
            );
            return None;
        }
        let time = match argument.moment.as_ref() {
            None => {
                let here = self.model.source(source);
                let own = here.time.filter(|_| here.span.is_none() && here.snapshot.is_none());
                let Some(column) = own else {
                    let (name, defined) = (here.name.clone(), here.defined);
                    self.report(
                        Diagnostic::new(&codes::NO_MOMENT, format!("when does a row of `{name}` happen?"))
                            .at(argument.expr.span, "events have a time")
                            .also(defined, "its rows have none, or are active over a span")
                            .help(format!("a column of it: `{name} on started_on`")),
                    );
                    return None;
                };
                self.column_formula(source, column);
                ColumnRef { hops: Vec::new(), column }
            }
            Some(moment) => {
                let MomentKind::On(path) = &moment.kind else {
                    self.report(
                        Diagnostic::new(&codes::NO_MOMENT, "a balance where events are expected")
                            .at(moment.span, "an event happens `on` a column"),
                    );
                    return None;
                };
                self.time_of_row(source, path)?
            }
        };
        let filter = match &argument.filter {
            None => None,
            Some(condition) => {
                let typed = lower(self, &mut RowScope::own(source).timeless(), condition);
                if !expect_condition(self, &typed) || typed.ty == Type::Unknown {
                    return None;
                }
                Some(typed)
            }
        };
        let entity = self.row_column(source, entity, false)?;
        Some(Side { source, events: Events { entity, time, filter } })
    }

    fn within_time(&mut self, written: &ast::Expr) -> Option<i64> {
        let typed: ResultExpr = match &written.kind {
            ExprKind::Literal(value) => {
                let (value, ty, unit) = self.literal(value, written.span)?;
                literal(value, ty, unit, written.span)
            }
            _ => lower(self, &mut ResultScope::default(), written),
        };
        match typed.kind {
            Kind::Literal(Value::Duration(length)) if length > 0 => Some(length),
            _ if typed.ty == Type::Unknown => None,
            _ => {
                self.report(
                    Diagnostic::new(&codes::WRONG_ARGUMENTS, "`within` is no length of time")
                        .at(written.span, "a constant such as `90 days` or `48 hours` is expected"),
                );
                None
            }
        }
    }

    /// Which of two words an argument is; the first where it is left out.
    fn choice(&mut self, written: Option<ast::Expr>, name: &str, words: [&str; 2]) -> Option<usize> {
        let Some(written) = written else { return Some(0) };
        let word = match &written.kind {
            ExprKind::Name(path) if path.parts.len() == 1 => path.parts[0].node.as_str(),
            _ => "",
        };
        let found = words.iter().position(|w| *w == word);
        if found.is_none() {
            self.report(
                Diagnostic::new(&codes::WRONG_ARGUMENTS, format!("an unknown `{name}`"))
                    .at(written.span, format!("`{}` or `{}` is expected", words[0], words[1])),
            );
        }
        found
    }
}

/// The call as its base events alone are counted.
fn only_base(call: &ast::Call) -> ast::Call {
    let mut base = call.clone();
    "count".clone_into(&mut base.name.node);
    base.args.truncate(1);
    base.named.clear();
    base
}
