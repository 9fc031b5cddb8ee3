//! What a condition reads: each value that it compares, and how each KPI stands that it asks about. They are
//! what a finding shows as its evidence.

use std::sync::Arc;

use super::Reading;
use crate::model::expr::{Expr, Kind, ResultExpr, ResultLeaf};
use crate::model::judge::{AskedKpi, BoundKpi, Facet, Status};
use crate::model::project::Kpi;
use crate::model::rules::{Operand, Stands};
use crate::model::types::{Type, Unit};
use crate::resolve::Resolver;
use crate::resolve::lower::lower;
use crate::source::Span;
use crate::syntax::ast::{self, BinaryOp, ExprKind};
use crate::syntax::{print, walk};

impl Resolver<'_> {
    /// The values that a condition compares, as operands.
    pub(super) fn operands(&mut self, reading: &mut Reading, condition: &ast::Expr) {
        match &condition.kind {
            ExprKind::Literal(_) => {}
            ExprKind::Unary { operand, .. } if condition_like(operand) => self.operands(reading, operand),
            ExprKind::Binary { op: BinaryOp::And | BinaryOp::Or, left, right, .. } => {
                self.operands(reading, left);
                self.operands(reading, right);
            }
            ExprKind::Binary {
                op:
                    BinaryOp::Eq | BinaryOp::NotEq | BinaryOp::Lt | BinaryOp::LtEq | BinaryOp::Gt | BinaryOp::GtEq,
                ..
            }
            | ExprKind::In { .. }
            | ExprKind::Between { .. }
            | ExprKind::IsMissing { .. }
            | ExprKind::TextMatch { .. } => {
                walk::children(condition, &mut |side| self.compared(reading, side));
            }
            ExprKind::IsStatus { operand, .. } => {
                // How a KPI stands is told with its value.
                let mut asked = (**operand).clone();
                if let ExprKind::Name(path) = &mut asked.kind
                    && !self.raw.kpis.contains_key(&path.parts[0].node)
                {
                    path.parts.push(ast::Ident::new("value".to_owned(), operand.span));
                }
                self.compared(reading, &asked);
            }
            _ => self.compared(reading, condition),
        }
    }

    /// One side of a comparison, and the KPIs in it.
    fn compared(&mut self, reading: &mut Reading, side: &ast::Expr) {
        if matches!(side.kind, ExprKind::Literal(_)) {
            return;
        }
        self.operand(reading, side, false);
        let mut names = Vec::new();
        walk::walk(side, &mut |part| {
            if let ExprKind::Name(path) = &part.kind
                && path.parts.len() == 1
                && self.raw.kpis.contains_key(&path.parts[0].node)
            {
                names.push(part.clone());
            }
        });
        for name in names {
            self.operand(reading, &name, false);
        }
    }

    /// Where a parameter is set.
    fn param_written(&self, expr: &ast::Expr) -> Option<Span> {
        let ExprKind::Name(path) = &expr.kind else { return None };
        let [params, name] = path.parts.as_slice() else { return None };
        let param = self.raw.params.get(&name.node).filter(|_| params.node == "params")?;
        let table = param.table.as_ref().map(|table| table.span);
        param.value.as_ref().map(|value| value.span).or(table)
    }

    /// Where it is said what is wanted of a KPI.
    fn target_written(&self, kpi: &Kpi) -> Option<Span> {
        let target = kpi.judge.target.as_ref()?;
        Some(match &target.kind {
            Kind::Leaf(ResultLeaf::Table(table)) => self.model.tables[*table].span,
            _ => target.span,
        })
    }

    /// An operand, once; its place among them. `None` where an error was reported.
    pub(super) fn operand(&mut self, reading: &mut Reading, expr: &ast::Expr, told: bool) -> Option<usize> {
        let text = print(expr);
        if let Some(at) = reading.operands.iter().position(|o| o.text == text) {
            reading.operands[at].told &= told;
            return Some(at);
        }
        let typed = lower(self, &mut reading.scope, expr);
        if typed.ty == Type::Unknown {
            return None;
        }
        let kpi = match &typed.kind {
            Kind::Leaf(ResultLeaf::Kpi(name, _)) => self.model.kpi(name).cloned(),
            Kind::Leaf(ResultLeaf::Judged(asked)) if asked.facet.in_unit() => {
                self.model.kpi(&asked.name).cloned()
            }
            _ => None,
        };
        let bound = match &typed.kind {
            Kind::Leaf(ResultLeaf::Bound(bound)) if bound.facet.in_unit() => Some(Arc::clone(bound)),
            _ => None,
        };
        let is_value = |facet: Facet| facet == Facet::Value;
        let stands = match (&typed.kind, &kpi) {
            (Kind::Leaf(ResultLeaf::Kpi(..)), Some(kpi)) if kpi.judge.wants() => {
                let asked = |facet| {
                    let (name, formula) = (kpi.name.clone(), Arc::clone(&kpi.formula));
                    ResultLeaf::Judged(Arc::new(AskedKpi { name, formula, judge: kpi.judge.clone(), facet }))
                };
                Some(stands(reading, Some(kpi.name.clone()), &asked, expr.span))
            }
            (Kind::Leaf(ResultLeaf::Bound(bound)), _) if is_value(bound.facet) => {
                let asked = |facet| ResultLeaf::Bound(Arc::new(BoundKpi { name: bound.name.clone(), facet }));
                Some(stands(reading, None, &asked, expr.span))
            }
            _ => None,
        };
        let named = bound.map(|bound| reading.place(bound.name.clone()));
        let (ty, unit) = (typed.ty, kpi.as_ref().map_or_else(|| typed.unit.clone(), |k| k.unit.clone()));
        let percent = kpi.as_ref().is_some_and(|k| k.percent) || is_share(&typed);
        let decimals = kpi.as_ref().and_then(|k| k.decimals);
        let place = reading.place(typed);
        let origin = kpi.as_ref().map_or_else(|| self.param_written(expr), |kpi| self.target_written(kpi));
        reading.operands.push(Operand {
            text,
            place,
            ty,
            unit,
            percent,
            decimals,
            stands,
            named,
            told,
            origin,
            from: None,
        });
        Some(reading.operands.len() - 1)
    }
}

/// Where it is computed how a KPI stands.
fn stands(
    reading: &mut Reading,
    kpi: Option<String>,
    asked: &dyn Fn(Facet) -> ResultLeaf,
    span: Span,
) -> Stands {
    let mut facet = |facet: Facet, ty: Type| {
        reading.place(Expr { kind: Kind::Leaf(asked(facet)), ty, unit: Unit::none(), span })
    };
    Stands {
        kpi,
        statuses: [Status::OnTrack, Status::AtRisk, Status::OffTrack]
            .map(|status| facet(Facet::Is(status), Type::Boolean)),
        target: facet(Facet::Target, Type::Float),
        attainment: facet(Facet::Attainment, Type::Float),
    }
}

/// Whether a part below `not` is a condition of its own.
fn condition_like(expr: &ast::Expr) -> bool {
    !matches!(expr.kind, ExprKind::Literal(_) | ExprKind::Name(_))
}

/// Whether a value is a part of 1 by its nature.
fn is_share(expr: &ResultExpr) -> bool {
    match &expr.kind {
        Kind::Leaf(ResultLeaf::Judged(asked)) => asked.facet == Facet::Attainment,
        Kind::Leaf(ResultLeaf::Bound(bound)) => bound.facet == Facet::Attainment,
        _ => false,
    }
}
