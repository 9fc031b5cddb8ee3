//! The scope of row formulas: the source's own columns, its relations, entities it reaches, named
//! dimensions, `params.*`. Two meanings of a name are an error that shows both.

use super::Resolver;
use super::lower::{Scope, literal, lower, poison};
use super::paths::{Way, is_lost, no_way, way};
use crate::diagnostic::near::did_you_mean;
use crate::diagnostic::{Diagnostic, codes};
use crate::model::expr::{Expr, Kind, PeriodBorder, RowExpr, RowLeaf};
use crate::model::project::{ColumnRef, SourceId};
use crate::model::signature::Class;
use crate::model::types::{Type, Unit};
use crate::source::Span;
use crate::syntax::ast;

/// Names of one source's rows.
#[derive(Clone, Copy, Debug)]
pub(super) struct RowScope {
    pub(super) source: SourceId,
    /// A condition from outside the aggregate (`--where`, `(kpi where ...)`): dimensions only.
    pushed: bool,
    /// A formula under `columns:`, where an aggregate is a fact.
    column: bool,
    /// A formula that must not depend on the period: `valid`, a fact.
    timeless: bool,
}

impl RowScope {
    /// What is written inside an aggregate, or in the source itself.
    pub(super) fn own(source: SourceId) -> Self {
        Self { source, pushed: false, column: false, timeless: false }
    }

    /// A condition pushed into an aggregate.
    pub(super) fn pushed(source: SourceId) -> Self {
        Self { source, pushed: true, column: false, timeless: false }
    }

    pub(super) fn in_column(self) -> Self {
        Self { column: true, ..self }
    }

    /// What is the same in every period.
    pub(super) fn timeless(self) -> Self {
        Self { timeless: true, ..self }
    }
}

impl Scope for RowScope {
    type Leaf = RowLeaf;

    fn name(&mut self, r: &mut Resolver<'_>, path: &ast::Path, span: Span) -> RowExpr {
        if path.parts[0].node == "params" && path.parts.len() > 1 {
            return r.param(path).map_or_else(|| poison(span), |v| literal(v.0, v.1, v.2, span));
        }
        match r.row_column(self.source, path, self.pushed) {
            Some(found) => {
                r.usable(self.source, &found, span);
                let column = r.model.column(self.source, &found);
                if column.ty == Type::Text {
                    let owner = r.source_name(r.model.target(self.source, &found.hops));
                    let why = r.schemas.why_text(owner, &column.name);
                    r.why_text.extend(why.map(|why| (span, why.to_owned())));
                }
                Expr {
                    ty: column.ty,
                    unit: column.unit.clone(),
                    kind: Kind::Leaf(RowLeaf::Column(found)),
                    span,
                }
            }
            None => poison(span),
        }
    }

    fn call(&mut self, r: &mut Resolver<'_>, call: &ast::Call, class: Class, span: Span) -> RowExpr {
        if class == Class::Row {
            return r.convert(self, call, span).unwrap_or_else(|| poison(span));
        }
        if call.name.node == "gap" {
            return r.gap(self.source, call, span).unwrap_or_else(|| poison(span));
        }
        if self.column && class == Class::Aggregate {
            return r.fact(self.source, call, span).unwrap_or_else(|| poison(span));
        }
        r.report(
            Diagnostic::new(
                &codes::AGGREGATE_IN_ROW,
                format!("`{}` stands inside a row formula", call.name.node),
            )
            .at(
                span,
                format!("over many rows, where one row of `{}` is looked at", r.source_name(self.source)),
            )
            .help("aggregates stand beside each other: `max(invoices.amount) / avg(invoices.amount)`"),
        );
        poison(span)
    }

    fn knows(&self, r: &Resolver<'_>, name: &str) -> bool {
        let here = r.model.source(self.source);
        here.broken
            || here.column_named(name).is_some()
            || here.relation_named(name).is_some()
            || r.model.dimensions.iter().any(|d| d.name == name)
            || r.model.entity(name).is_some()
    }

    fn period(&mut self, r: &mut Resolver<'_>, border: PeriodBorder, span: Span) -> RowExpr {
        if self.timeless {
            r.report(
                Diagnostic::new(&codes::NO_PERIOD, "a period where there is none")
                    .at(span, "this is the same in every period")
                    .help("in an aggregate's `where`, or in a column that aggregates read"),
            );
            return poison(span);
        }
        Expr { ty: Type::Date, unit: Unit::none(), kind: Kind::Leaf(RowLeaf::Period(border)), span }
    }

    fn in_period(
        &mut self,
        r: &mut Resolver<'_>,
        subject: &ast::InPeriod,
        span: Span,
    ) -> Option<(RowExpr, bool)> {
        if let ast::InPeriod::Column(column) = subject {
            return Some((lower(r, self, column), false));
        }
        let (at, after) = r.border_of_span(self.source, subject, span)?;
        let ty = r.model.column(self.source, &at).ty;
        Some((Expr { ty, unit: Unit::none(), kind: Kind::Leaf(RowLeaf::Column(at)), span }, after))
    }

    fn stands(&mut self, r: &mut Resolver<'_>, _: &ast::Expr, _: ast::Status, span: Span) -> RowExpr {
        r.report(
            Diagnostic::new(&codes::TYPE_MISMATCH, "a row has no status")
                .at(span, "KPIs have one, where a rule asks: `when: churn_rate is off_track`"),
        );
        poison(span)
    }

    fn windowed(&mut self, r: &mut Resolver<'_>, _: &ast::Expr, window: &ast::Window, span: Span) -> RowExpr {
        r.report(
            Diagnostic::new(&codes::FORMULA_SYNTAX, "a window inside a row formula")
                .at(window.span, "a formula over results has a window, a row has none"),
        );
        poison(span)
    }

    fn filtered(
        &mut self,
        r: &mut Resolver<'_>,
        _: &ast::Expr,
        condition: &ast::Expr,
        span: Span,
    ) -> RowExpr {
        r.report(
            Diagnostic::new(&codes::FORMULA_SYNTAX, "a filter inside a row formula")
                .at(condition.span, "a formula over results is filtered like this, a row is not")
                .help("`if(condition, value, other)`, or `where` in the aggregate"),
        );
        poison(span)
    }
}

impl Resolver<'_> {
    /// Reports a file's column of a type that the language does not have (lists, binary ...). One that an
    /// error left without a type has been reported.
    pub(super) fn usable(&mut self, source: SourceId, at: &ColumnRef, span: Span) {
        let owner = self.model.source(self.model.target(source, &at.hops));
        let column = &owner.columns[at.column];
        let written = self.raw.sources.get(&owner.name).is_some_and(|s| s.columns.contains_key(&column.name));
        if column.ty == Type::Unknown && column.formula.is_none() && !owner.broken && !written {
            let headline = format!("`{}.{}` is of a type that formulas do not have", owner.name, column.name);
            let diagnostic = Diagnostic::new(&codes::TYPE_MISMATCH, headline)
                .at(span, "a list, a structure, bytes, or no value at all")
                .help("a column of numbers, texts, booleans, dates or times in its place");
            self.report(diagnostic);
        }
    }

    /// A column by the path that a row formula of `source` wrote.
    pub(super) fn row_column(
        &mut self,
        source: SourceId,
        path: &ast::Path,
        pushed: bool,
    ) -> Option<ColumnRef> {
        let parts: Vec<(&str, Span)> = path.parts.iter().map(|p| (p.node.as_str(), p.span)).collect();
        let (first, span) = parts[0];
        let here = self.model.source(source);
        if parts.len() > 1 && first == here.name {
            return self.follow(source, Vec::new(), &parts[1..]);
        }
        let own = here.relation_named(first).is_some() || here.column_named(first).is_some();
        let named = self.model.dimensions.iter().position(|d| d.name == first).filter(|_| parts.len() == 1);
        if let Some(named) = named {
            let by_name = self.named_dimension(source, named, span, own && !pushed);
            if !own {
                return by_name;
            }
            let mine = self.follow(source, Vec::new(), &parts)?;
            if let Some(by_name) = by_name.filter(|found| *found != mine) {
                let diagnostic = Diagnostic::new(
                    &codes::AMBIGUOUS_NAME,
                    format!("`{first}` is a dimension and a column of `{}`", self.source_name(source)),
                )
                .at(span, format!("`{}` or `{first}` of the row", self.model.path_text(source, &by_name)))
                .also(self.model.dimensions[named].defined, "the dimension leads elsewhere")
                .help(format!("`{}.{first}` is the row's own", self.source_name(source)));
                self.report(diagnostic);
                return None;
            }
            return Some(mine);
        }
        if own {
            return self.follow(source, Vec::new(), &parts);
        }
        let is_entity = self.model.entity(first).is_some();
        if is_entity {
            return match way(&self.model, source, first) {
                Way::Found(hops) => self.follow(source, hops, &parts[1..]),
                Way::None if is_lost(&self.model, source) => None,
                other => {
                    self.report(no_way(&self.model, source, first, span, &other));
                    None
                }
            };
        }
        let here = self.model.source(source);
        if here.broken || here.lost.iter().any(|l| l == first) {
            return None;
        }
        self.unknown_in_row(source, first, span, parts.len());
        None
    }

    fn unknown_in_row(&mut self, source: SourceId, name: &str, span: Span, parts: usize) {
        let here = self.model.source(source);
        let mut diagnostic = if parts > 1 && self.model.source_named(name).is_some() {
            Diagnostic::new(&codes::TWO_SOURCES, format!("`{name}` is another source than `{}`", here.name))
                .at(span, format!("rows of `{}` are looked at here", here.name))
                .help("a row reaches others by its relations only: `account.segment`")
        } else if self.raw.kpis.contains_key(name) {
            Diagnostic::new(&codes::UNKNOWN_NAME, format!("`{name}` is a KPI, and a row knows no KPIs"))
                .at(span, format!("columns of `{}` are looked for here", here.name))
        } else {
            Diagnostic::new(
                &codes::UNKNOWN_NAME,
                format!("`{}` has no column or relation `{name}`", here.name),
            )
            .at(span, format!("unknown in `{}`", here.name))
        };
        if diagnostic.code == &codes::UNKNOWN_NAME {
            let names = here
                .columns
                .iter()
                .map(|c| c.name.as_str())
                .chain(here.relations.iter().map(|r| r.name.as_str()))
                .chain(self.model.dimensions.iter().map(|d| d.name.as_str()));
            diagnostic.help = here.hint.clone().or_else(|| did_you_mean(name, names));
        }
        self.report(diagnostic);
    }
}
