//! Aggregate calls -> measures: which source, which rows, when they count. A span or snapshot source
//! without a moment is an error that lists the moments.

use super::Resolver;
use super::lower::{expect_condition, lower};
use super::results::ResultScope;
use super::rows::RowScope;
use crate::diagnostic::near::nearest;
use crate::diagnostic::{Diagnostic, codes};
use crate::model::expr::{Expr, Kind, ResultExpr, ResultLeaf, RowExpr, RowLeaf, Value};
use crate::model::project::{Aggregate, ColumnRef, Measure, MeasureId, SourceId, TimeBinding};
use crate::model::signature::{ArgError, ArgType, Class};
use crate::model::types::{Type, Unit};
use crate::source::Span;
use crate::syntax::ast::{self, ExprKind, MomentKind};
use crate::syntax::{print, walk};

impl Resolver<'_> {
    /// Types an aggregate; `None` where an error was reported.
    pub(super) fn aggregate(
        &mut self,
        call: &ast::Call,
        scope: &ResultScope,
        span: Span,
    ) -> Option<ResultExpr> {
        let filters = &scope.filters;
        let call = &self.clauses_first(call)?;
        let argument = &call.args[0];
        if let Some(entity) = &argument.per {
            return self.per(scope, call, entity, span);
        }
        if let Some(inner) = self.aggregate_within(&argument.expr) {
            if self.signature(&inner.0).is_some_and(|s| !s.evaluated) {
                self.not_yet(inner.2, &format!("`{}`", inner.0));
                return None;
            }
            self.report(
                Diagnostic::new(
                    &codes::NESTED_AGGREGATE,
                    format!("`{}` stands inside `{}` without `per`", inner.0, call.name.node),
                )
                .at(inner.1, "one value, where a value for each row is expected")
                .help(format!(
                    "a value for each entity: `{}({} per account)`",
                    call.name.node,
                    print(&argument.expr)
                )),
            );
            return None;
        }
        if let Some(via) = &argument.via {
            self.report(
                Diagnostic::new(&codes::WRONG_ARGUMENTS, "`via` stands in facts only")
                    .at(via.span(), "a fact's rows are found by it")
                    .help("`paths:` of the KPI chooses between several ways to an entity"),
            );
            return None;
        }
        if let Some(by) = argument.by.first() {
            self.report(
                Diagnostic::new(&codes::WRONG_ARGUMENTS, "`by` stands in `total` only")
                    .at(by.span(), "a breakdown inside an aggregate"),
            );
            return None;
        }
        let source = self.source_of(call)?;
        let (argument_expr, aggregate, weight) = self.measured(call, source)?;
        let (within, own) = self.within(source, argument.filter.as_ref())?;
        let filter = self.filter(source, &own, filters);
        let time = self.time_binding(source, argument.moment.as_ref(), call, span)?;
        let time = self.ranged(time, scope.window.as_ref(), within)?;
        self.not_converted(source, &time, span)?;
        let (ty, unit) = self.aggregate_type(call, source, argument_expr.as_ref(), span)?;
        if filter.as_ref().is_some_and(|f| f.ty == Type::Unknown) {
            return None;
        }
        let measure = Measure {
            source,
            aggregate,
            argument: argument_expr,
            weight,
            filter,
            time,
            ty,
            unit: unit.clone(),
            text: measure_text(call, scope),
            span,
            matures: 0,
        };
        self.has_moment(&measure);
        self.no_fact_in_filter(&measure);
        let id = self.intern(measure);
        Some(Expr { kind: Kind::Leaf(ResultLeaf::Measure(id)), ty, unit, span })
    }

    /// The call with its clauses at the first argument, wherever they are written: they are the call's.
    fn clauses_first(&mut self, call: &ast::Call) -> Option<ast::Call> {
        let mut call = call.clone();
        let (first, rest) = call.args.split_first_mut()?;
        for argument in rest {
            let twice = (first.moment.is_some() && argument.moment.is_some())
                || (first.filter.is_some() && argument.filter.is_some())
                || (first.per.is_some() && argument.per.is_some())
                || (first.via.is_some() && argument.via.is_some());
            if twice {
                self.report(
                    Diagnostic::new(
                        &codes::WRONG_ARGUMENTS,
                        format!("a clause of `{}` twice", call.name.node),
                    )
                    .at(argument.span, "again here")
                    .also(first.span, "first here"),
                );
                return None;
            }
            first.moment = first.moment.take().or_else(|| argument.moment.take());
            first.filter = first.filter.take().or_else(|| argument.filter.take());
            first.per = first.per.take().or_else(|| argument.per.take());
            first.via = first.via.take().or_else(|| argument.via.take());
        }
        Some(call)
    }

    /// What an aggregate is made of: its argument, what it does, and the weight.
    #[allow(clippy::type_complexity, reason = "three parts of a measure, taken apart at once")]
    pub(super) fn measured(
        &mut self,
        call: &ast::Call,
        source: SourceId,
    ) -> Option<(Option<RowExpr>, Aggregate, Option<RowExpr>)> {
        let argument = &call.args[0];
        let whole_row = match &argument.expr.kind {
            ExprKind::Name(path) => path.parts.len() == 1 && path.parts[0].node == self.source_name(source),
            _ => false,
        };
        let typed = (!whole_row).then(|| lower(self, &mut RowScope::own(source), &argument.expr));
        let (aggregate, weight) = self.aggregate_kind(call, source, typed.as_ref())?;
        Some((typed, aggregate, weight))
    }

    /// Reports what asks for the moment of rows that count at none.
    pub(super) fn has_moment(&mut self, measure: &Measure) {
        let none = !measure.time.has_moment();
        let parts = [&measure.argument, &measure.weight, &measure.filter];
        let asks = |e: &&RowExpr| self.model.depends(measure.source, e).moment;
        if let Some(asking) = parts.into_iter().flatten().find(asks).filter(|_| none) {
            let (span, source) = (asking.span, self.model.source(measure.source));
            let (name, defined) = (source.name.clone(), source.defined);
            self.report(
                Diagnostic::new(&codes::MOMENTLESS, format!("rows of `{name}` count at no moment"))
                    .at(span, "who held it when?")
                    .also(defined, "its rows have neither a time nor a span")
                    .help("a `span` and `at end`, a time column, or a relation `at: COLUMN`"),
            );
        }
    }

    /// Warns of filters of past periods that later rows change.
    fn no_fact_in_filter(&mut self, measure: &Measure) {
        let Some(filter) = measure.filter.as_ref().filter(|_| measure.time != TimeBinding::Always) else {
            return;
        };
        let changing = |id: &&MeasureId| {
            let of = &self.model.measures[id.0].aggregate;
            matches!(of, Aggregate::Count | Aggregate::Sum | Aggregate::Max | Aggregate::Last)
        };
        let facts = self.model.depends(measure.source, filter).facts;
        if let Some(fact) = facts.iter().find(changing) {
            let fact = &self.model.measures[fact.0];
            let (text, span) = (fact.text.clone(), fact.span);
            self.diagnostics.merge(
                Diagnostic::new(&codes::FACT_IN_FILTER, format!("past periods are filtered by `{text}`"))
                    .at(filter.span, "changes as rows are added, for past periods too")
                    .also(span, "a fact sees all rows up to the as-of")
                    .help("what was known then: `count(count(invoices) over last 12 months > 10 per account at end)`"),
            );
        }
    }

    /// The first aggregate inside a formula: its name, its place, and its name's.
    fn aggregate_within(&self, expr: &ast::Expr) -> Option<(String, Span, Span)> {
        let mut found = None;
        walk::walk(expr, &mut |e| {
            if let ExprKind::Call(call) = &e.kind {
                let own = self.raw.functions.contains_key(&call.name.node);
                let aggregate = call.name.node != "gap"
                    && self.signature(&call.name.node).is_some_and(|s| s.class == Class::Aggregate);
                if found.is_none() && aggregate && !own {
                    found = Some((call.name.node.clone(), e.span, call.name.span));
                }
            }
        });
        found
    }

    /// The source that the argument names, once.
    pub(super) fn source_of(&mut self, call: &ast::Call) -> Option<SourceId> {
        let mut named: Vec<(SourceId, Span)> = Vec::new();
        let mut firsts: Vec<(String, Span)> = Vec::new();
        for argument in &call.args {
            let whole: *const ast::Expr = &raw const argument.expr;
            walk::walk(&argument.expr, &mut |e| {
                let ExprKind::Name(path) = &e.kind else { return };
                let first = &path.parts[0];
                firsts.push((first.node.clone(), first.span));
                if path.parts.len() == 1 && !std::ptr::eq(e, whole) {
                    return;
                }
                if let Some(id) = self.model.source_named(&first.node)
                    && !named.iter().any(|(s, _)| *s == id)
                {
                    named.push((id, first.span));
                }
            });
        }
        let argument = call.args[0].expr.span;
        match named.as_slice() {
            [(only, _)] => Some(*only),
            [] => {
                let names: Vec<&str> = self.model.sources.iter().map(|s| s.name.as_str()).collect();
                let name = &call.name.node;
                let diagnostic = match firsts.first() {
                    Some((first, span)) => {
                        let entity = self.model.entity(first).map(|id| self.source_name(id).to_owned());
                        let owner = self
                            .model
                            .sources
                            .iter()
                            .find(|s| s.column_named(first).is_some())
                            .map(|s| s.name.clone());
                        let kpi = self.raw.kpis.contains_key(first);
                        let help = if let Some(near) = nearest(first, names.iter().copied()) {
                            format!("a near name exists: `{near}`")
                        } else if let Some(source) = entity {
                            format!("its rows are the source `{source}`")
                        } else if let Some(source) = owner {
                            format!("a column is named with its source: `{source}.{first}`")
                        } else if kpi {
                            format!("`{first}` is a KPI, which has one value already: without `{name}(...)`")
                        } else {
                            crate::diagnostic::near::did_you_mean(first, names.iter().copied())
                                .unwrap_or_else(|| "no source is defined: `sources:`".to_owned())
                        };
                        Diagnostic::new(&codes::NO_SOURCE, format!("`{name}` does not name a source"))
                            .at(*span, format!("`{first}` is no source"))
                            .help(help)
                    }
                    None => Diagnostic::new(&codes::NO_SOURCE, format!("`{name}` does not name a source"))
                        .at(argument, "a constant, where rows are expected")
                        .help("`count(invoices)`, `sum(invoices.amount)`"),
                };
                self.report(diagnostic);
                None
            }
            [(first, one), (second, two), ..] => {
                let (first, second) =
                    (self.source_name(*first).to_owned(), self.source_name(*second).to_owned());
                self.report(
                    Diagnostic::new(
                        &codes::TWO_SOURCES,
                        format!("`{}` reads `{first}` and `{second}`", call.name.node),
                    )
                    .at(*two, format!("a second source, `{second}`"))
                    .also(*one, format!("the first, `{first}`"))
                    .help("an aggregate for each, and arithmetic between them"),
                );
                None
            }
        }
    }

    fn aggregate_kind(
        &mut self,
        call: &ast::Call,
        source: SourceId,
        argument: Option<&RowExpr>,
    ) -> Option<(Aggregate, Option<RowExpr>)> {
        let name = call.name.node.as_str();
        if argument.is_none() && name != "count" {
            let at = call.args[0].expr.span;
            let source_name = self.source_name(source).to_owned();
            let of_key =
                self.model.source(source).columns.first().map(|c| c.name.clone()).unwrap_or_default();
            self.report(
                Diagnostic::new(
                    &codes::WRONG_ARGUMENTS,
                    format!("`{name}` of rows, where values are expected"),
                )
                .at(at, format!("all rows of `{source_name}`"))
                .help(format!("a column of it: `{name}({source_name}.{of_key})`")),
            );
            return None;
        }
        Some(match name {
            "count" => (Aggregate::Count, None),
            "sum" => (Aggregate::Sum, None),
            "avg" => (Aggregate::Avg, None),
            "min" => (Aggregate::Min, None),
            "max" => (Aggregate::Max, None),
            "median" => (Aggregate::Percentile(0.5), None),
            "percentile" => (Aggregate::Percentile(self.fraction(&call.args[1].expr)?), None),
            "approx_percentile" => (Aggregate::ApproxPercentile(self.fraction(&call.args[1].expr)?), None),
            "stddev" => (Aggregate::Stddev, None),
            "variance" => (Aggregate::Variance, None),
            "count_distinct" => (Aggregate::CountDistinct, None),
            "approx_count_distinct" => (Aggregate::ApproxCountDistinct, None),
            "share" => (Aggregate::Share, None),
            "first" => (Aggregate::First, None),
            "last" => (Aggregate::Last, None),
            "weighted_avg" => {
                let weight = lower(self, &mut RowScope::own(source), &call.args[1].expr);
                if !weight.ty.is_number() {
                    self.report(
                        Diagnostic::new(&codes::TYPE_MISMATCH, format!("a weight that is {}", weight.ty))
                            .at(weight.span, weight.ty.to_string()),
                    );
                    return None;
                }
                (Aggregate::WeightedAvg, Some(weight))
            }
            "gap" => {
                self.report(
                    Diagnostic::new(&codes::COLUMN_OUTSIDE, "`gap` stands outside an aggregate")
                        .at(call.name.span, "a time for each row, where one value is expected")
                        .help("`max(gap(interactions.opened_at per account))`"),
                );
                return None;
            }
            _ => {
                self.not_yet(call.name.span, &format!("`{name}`"));
                return None;
            }
        })
    }

    /// A constant part between 0% and 100%.
    pub(super) fn fraction(&mut self, expr: &ast::Expr) -> Option<f64> {
        let mut scope = super::results::ResultScope::default();
        let typed = lower(self, &mut scope, expr);
        let value = match &typed.kind {
            Kind::Literal(Value::Integer(n)) => Some(*n as f64),
            Kind::Literal(Value::Decimal(n, s)) => format!("{n}e-{s}").parse().ok(),
            _ if typed.ty == Type::Unknown => return None,
            _ => None,
        };
        let value: Option<f64> = value.filter(|v| (0.0..=1.0).contains(v));
        if value.is_none() {
            self.report(
                Diagnostic::new(&codes::INVALID_VALUE, "a percentile outside 0% to 100%")
                    .at(expr.span, "a constant such as `90%` is expected"),
            );
        }
        value
    }

    /// All conditions on the rows: the aggregate's own, then those from outside.
    pub(super) fn filter(
        &mut self,
        source: SourceId,
        own: &[&ast::Expr],
        pushed: &[ast::Expr],
    ) -> Option<RowExpr> {
        let mut all: Option<RowExpr> = None;
        let conditions = own
            .iter()
            .map(|c| (*c, RowScope::own(source)))
            .chain(pushed.iter().map(|c| (c, RowScope::pushed(source))));
        for (condition, mut scope) in conditions {
            let mut typed = lower(self, &mut scope, condition);
            if !expect_condition(self, &typed) {
                typed.ty = Type::Unknown;
            }
            all = Some(match all {
                None => typed,
                Some(before) => {
                    let unknown = before.ty == Type::Unknown || typed.ty == Type::Unknown;
                    let span = before.span;
                    Expr {
                        kind: Kind::And(Box::new(before), Box::new(typed)),
                        ty: if unknown { Type::Unknown } else { Type::Boolean },
                        unit: Unit::none(),
                        span,
                    }
                }
            });
        }
        all
    }

    /// A date or time that a row has.
    pub(super) fn time_of_row(&mut self, source: SourceId, path: &ast::Path) -> Option<ColumnRef> {
        let found = self.row_column(source, path, false)?;
        let ty = self.model.column(source, &found).ty;
        if !ty.is_time() {
            self.report(
                Diagnostic::new(&codes::TYPE_MISMATCH, format!("rows counted on {}", super::lower::a(ty)))
                    .at(path.span(), format!("{ty}, where a date or time is expected")),
            );
            return None;
        }
        Some(found)
    }

    fn time_binding(
        &mut self,
        source: SourceId,
        moment: Option<&ast::Moment>,
        call: &ast::Call,
        span: Span,
    ) -> Option<TimeBinding> {
        if let Some(moment) = moment {
            let MomentKind::On(path) = &moment.kind else {
                return self.active(source, moment);
            };
            return self.time_of_row(source, path).map(TimeBinding::At);
        }
        let here = self.model.source(source);
        if here.span.is_some() || here.snapshot.is_some() {
            let name = here.name.clone();
            let function = call.name.node.clone();
            let argument = print(&call.args[0].expr);
            let start = here.span.map(|s| here.columns[s.from].name.clone());
            let mut diagnostic = Diagnostic::new(
                &codes::NO_MOMENT,
                format!("when does a row of `{name}` count?"),
            )
            .at(span, "active at a moment, or started in the period?")
            .also(here.defined, "its rows are active over a span")
            .note(format!(
                "`{function}({argument} at start)`, `at end`, `as of 2026-01-31`: active then; `during`: active at any time of the period"
            ));
            if let Some(start) = start {
                diagnostic = diagnostic
                    .help(format!("`{function}({argument} on {start})`: those that started in the period"));
            }
            self.report(diagnostic);
            return None;
        }
        match here.time {
            None => Some(TimeBinding::Always),
            Some(column) => {
                self.column_formula(source, column);
                let column_ref = crate::model::project::ColumnRef { hops: Vec::new(), column };
                let ty = self.model.column(source, &column_ref).ty;
                if !ty.is_time() {
                    let name = self.model.column(source, &column_ref).name.clone();
                    self.report(
                        Diagnostic::new(&codes::TYPE_MISMATCH, format!("the time `{name}` is {ty}"))
                            .at(self.model.source(source).defined, "a date or time is expected"),
                    );
                    return None;
                }
                Some(TimeBinding::At(column_ref))
            }
        }
    }

    pub(super) fn aggregate_type(
        &mut self,
        call: &ast::Call,
        source: SourceId,
        argument: Option<&RowExpr>,
        span: Span,
    ) -> Option<(Type, Unit)> {
        let counted =
            |r: &Self| r.model.source(source).entity.as_deref().map_or_else(Unit::none, Unit::counted);
        let Some(argument) = argument else { return Some((Type::Integer, counted(self))) };
        if argument.ty == Type::Unknown {
            return None;
        }
        if call.name.node.ends_with("count_distinct") {
            return Some((Type::Integer, self.distinct_unit(source, argument)));
        }
        let signature = self.signature(&call.name.node)?;
        let mut types = vec![ArgType { ty: argument.ty, unit: argument.unit.clone(), integer: None }];
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
                        format!("`{}` of {}", call.name.node, super::lower::a(argument.ty)),
                    )
                    .at(argument.span, format!("{}; expected {expected}", argument.ty))
                    .also(span, "")
                    .help(if argument.ty == Type::Text {
                        "a column of numbers that is read as text: declare its `type:`, and `run` names the values that are none"
                            .to_owned()
                    } else {
                        super::calls::form(&signature)
                    }),
                );
                None
            }
        }
    }

    /// Distinct keys of an entity are a number of that entity.
    pub(super) fn distinct_unit(&self, source: SourceId, argument: &RowExpr) -> Unit {
        let Kind::Leaf(RowLeaf::Column(column)) = &argument.kind else { return Unit::none() };
        let at = self.model.source(self.model.target(source, &column.hops));
        if at.key == [column.column]
            && let Some(entity) = &at.entity
        {
            return Unit::counted(entity);
        }
        let relation = at.relations.iter().find(|r| r.key == [column.column]);
        relation
            .and_then(|r| self.model.source(r.to).entity.as_deref())
            .map_or_else(Unit::none, Unit::counted)
    }
}

/// The canonical text of a measure, with the conditions and the window from outside.
pub(super) fn measure_text(call: &ast::Call, scope: &ResultScope) -> String {
    let expr = ast::Expr { kind: ExprKind::Call(call.clone()), span: call.name.span };
    let call_text = match &scope.window {
        None => print(&expr),
        Some(window) => {
            let kind = ExprKind::Windowed { operand: Box::new(expr), window: window.clone() };
            print(&ast::Expr { kind, span: call.name.span })
        }
    };
    if scope.filters.is_empty() {
        return call_text;
    }
    let conditions: Vec<String> = scope.filters.iter().map(print).collect();
    format!("({call_text} where {})", conditions.join(" and "))
}
