//! The scope of formulas over results: KPIs, `params.*`, aggregates. Filters from outside travel with it
//! into every aggregate.

use std::sync::Arc;

use super::Resolver;
use super::lower::{Scope, literal, lower, poison, unknown};
use super::rules::RuleScope;
use crate::diagnostic::{Diagnostic, codes};
use crate::model::expr::{Expr, Kind, PeriodBorder, ResultExpr, ResultLeaf};
use crate::model::project::{Source, SourceId, TimeBinding};
use crate::model::signature::Class;
use crate::model::types::{Type, Unit};
use crate::source::Span;
use crate::syntax::ast;

/// Filters around filters, through KPIs too.
const MOST_FILTERS: usize = 32;

/// Names of results.
#[derive(Clone, Debug, Default)]
pub(super) struct ResultScope {
    /// Conditions that go into every aggregate, outermost first.
    pub(super) filters: Vec<ast::Expr>,
    /// What stands for the period in every aggregate.
    pub(super) window: Option<ast::Window>,
    /// The ways to entities that the KPI chooses, which conditions from outside take too.
    pub(super) ways: Vec<(String, ast::Path)>,
    /// The entity that is asked.
    pub(super) per: Option<AskedEntity>,
    /// Whom a rule asks.
    pub(super) rule: Option<Arc<RuleScope>>,
}

/// The entity that `per` asks.
#[derive(Clone, Debug)]
pub(super) struct AskedEntity {
    /// Its source.
    pub(super) source: SourceId,
    /// When its belongings are looked at.
    pub(super) at: TimeBinding,
}

impl Scope for ResultScope {
    type Leaf = ResultLeaf;

    fn name(&mut self, r: &mut Resolver<'_>, path: &ast::Path, span: Span) -> ResultExpr {
        let first = path.parts[0].node.as_str();
        if first == "params" && path.parts.len() > 1 {
            if let Some(table) = r.raw.params.get(&path.parts[1].node).and_then(|p| p.table.as_ref()) {
                return r.param_table(table, span).unwrap_or_else(|| poison(span));
            }
            return r.param(path).map_or_else(|| poison(span), |v| literal(v.0, v.1, v.2, span));
        }
        if let Some(rule) = self.rule.clone().filter(|_| self.per.is_none())
            && let Some(member) = rule.member(first)
        {
            return r.of_member(member, path, span).unwrap_or_else(|| poison(span));
        }
        if r.raw.kpis.contains_key(first) {
            if path.parts.len() > 1 {
                return r.of_kpi(self, path, span).unwrap_or_else(|| poison(span));
            }
            return r.kpi_used(first, self, path.parts[0].span).map_or_else(
                || poison(span),
                |(body, unit)| {
                    let ty = body.ty;
                    Expr { kind: Kind::Leaf(ResultLeaf::Kpi(first.to_owned(), body)), ty, unit, span }
                },
            );
        }
        if let Some(asked) = self.per.as_ref().filter(|asked| r.is_entity_path(asked.source, path)) {
            return r.entity_column(asked, path, span).unwrap_or_else(|| poison(span));
        }
        r.not_a_result(path, span);
        poison(span)
    }

    fn call(&mut self, r: &mut Resolver<'_>, call: &ast::Call, class: Class, span: Span) -> ResultExpr {
        let typed = match class {
            Class::Periods | Class::Breakdown => r.across(self, call, span),
            Class::History => r.history(self, call, span),
            Class::Conversion => r.conversion(self, call, span),
            Class::Row => r.convert_outside(call, span),
            _ => r.aggregate(call, self, span),
        };
        typed.unwrap_or_else(|| poison(span))
    }

    fn knows(&self, r: &Resolver<'_>, name: &str) -> bool {
        r.raw.kpis.contains_key(name) || r.model.source_named(name).is_some()
    }

    fn period(&mut self, r: &mut Resolver<'_>, border: PeriodBorder, span: Span) -> ResultExpr {
        if self.per.is_some() || self.rule.is_some() {
            let window = match &self.window {
                None => None,
                Some(window) => match r.window(window) {
                    Some(window) => Some(window),
                    None => return poison(span),
                },
            };
            let kind = Kind::Leaf(ResultLeaf::Period(border, window));
            return Expr { kind, ty: Type::Date, unit: Unit::none(), span };
        }
        r.report(
            Diagnostic::new(&codes::NO_PERIOD, "the border of a period outside an aggregate")
                .at(span, "a day, where results stand")
                .help("in an aggregate's `where`: `count(accounts at end where started_on < period.start)`"),
        );
        poison(span)
    }

    fn in_period(
        &mut self,
        r: &mut Resolver<'_>,
        subject: &ast::InPeriod,
        span: Span,
    ) -> Option<(ResultExpr, bool)> {
        let Some(asked) = self.per.clone() else {
            self.period(r, PeriodBorder::Start, span);
            return None;
        };
        if let ast::InPeriod::Column(column) = subject {
            return Some((lower(r, self, column), false));
        }
        let (at, after) = r.border_of_span(asked.source, subject, span)?;
        let here = r.model.source(asked.source);
        let name = |node: &str| ast::Ident::new(node.to_owned(), span);
        let parts = vec![name(&here.name), name(&here.columns[at.column].name)];
        Some((r.entity_column(&asked, &ast::Path { parts }, span)?, after))
    }

    fn stands(
        &mut self,
        r: &mut Resolver<'_>,
        operand: &ast::Expr,
        status: ast::Status,
        span: Span,
    ) -> ResultExpr {
        r.status_of(self, operand, status, span).unwrap_or_else(|| poison(span))
    }

    fn windowed(
        &mut self,
        r: &mut Resolver<'_>,
        operand: &ast::Expr,
        window: &ast::Window,
        span: Span,
    ) -> ResultExpr {
        if let Some(outer) = &self.window {
            r.report(
                Diagnostic::new(&codes::NESTED_WINDOW, "a window inside a window")
                    .at(window.span, "inside a window, the window is the period already")
                    .also(outer.span, "the outer one"),
            );
            return poison(span);
        }
        let mut inner = Self { window: Some(window.clone()), ..self.clone() };
        let typed = lower(r, &mut inner, operand);
        Expr { span, ..typed }
    }

    fn filtered(
        &mut self,
        r: &mut Resolver<'_>,
        formula: &ast::Expr,
        condition: &ast::Expr,
        span: Span,
    ) -> ResultExpr {
        if self.filters.len() >= MOST_FILTERS {
            r.report(
                Diagnostic::new(
                    &codes::TOO_DEEP,
                    format!("more than {MOST_FILTERS} filters, one around the other"),
                )
                .at(condition.span, "one more than can be applied"),
            );
            return poison(span);
        }
        let mut inner = self.clone();
        inner.filters.push(super::expand::by_ways(condition, &self.ways));
        let typed = lower(r, &mut inner, formula);
        Expr { span, ..typed }
    }
}

impl Resolver<'_> {
    /// Reports a name that is no result: a column, a source, or nothing known.
    fn not_a_result(&mut self, path: &ast::Path, span: Span) {
        let first = &path.parts[0];
        let text = path.text();
        let is_number = |s: &Source, name: &str| {
            s.column_named(name)
                .is_none_or(|c| s.columns[c].ty.is_number() || s.columns[c].ty == Type::Unknown)
        };
        if let Some(id) = self.model.source_named(&first.node) {
            let number =
                path.parts.get(1).is_none_or(|column| is_number(self.model.source(id), &column.node));
            let diagnostic = if path.parts.len() == 1 {
                Diagnostic::new(
                    &codes::COLUMN_OUTSIDE,
                    format!("the source `{text}` stands outside an aggregate"),
                )
                .at(span, "many rows, where one value is expected")
                .help(format!("how many: `count({text})`"))
            } else {
                Diagnostic::new(
                    &codes::COLUMN_OUTSIDE,
                    format!("the column `{text}` stands outside an aggregate"),
                )
                .at(span, "a value for each row, where one value is expected")
                .help(if number {
                    format!("an aggregate makes one of them: `sum({text})`, `avg({text})`, `max({text})`")
                } else {
                    format!("an aggregate makes one of them: `count_distinct({text})`, `max({text})`")
                })
            };
            self.report(diagnostic);
            return;
        }
        let owner = self
            .model
            .sources
            .iter()
            .find(|s| path.parts.len() == 1 && s.column_named(&first.node).is_some());
        if let Some(owner) = owner {
            let (name, number) = (owner.name.clone(), is_number(owner, &first.node));
            self.report(
                Diagnostic::new(
                    &codes::COLUMN_OUTSIDE,
                    format!("the column `{text}` stands outside an aggregate"),
                )
                .at(span, format!("a column of `{name}`, where one value is expected"))
                .help(if number {
                    format!("an aggregate makes one of its values: `sum({name}.{text})`")
                } else {
                    format!("an aggregate makes one of its values: `count_distinct({name}.{text})`")
                }),
            );
            return;
        }
        let raw = self.raw;
        let names: Vec<&str> = raw.kpis.keys().chain(raw.sources.keys()).map(String::as_str).collect();
        self.report(unknown(
            &first.node,
            first.span,
            format!("no KPI or source is named `{}`", first.node),
            &names,
        ));
    }

    /// A shared formula of a KPI under filters, for a formula that uses it.
    fn kpi_used(
        &mut self,
        name: &str,
        scope: &ResultScope,
        at: Span,
    ) -> Option<(Arc<ResultExpr>, crate::model::types::Unit)> {
        let body = self.kpi_formula(name, scope, at)?;
        let unit = body.unit.clone();
        Some((body, unit))
    }
}
