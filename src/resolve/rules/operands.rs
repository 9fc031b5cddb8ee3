//! What a condition reads: each value that it compares, and how each KPI stands that it asks about. They are
//! what a finding shows as its evidence.

use super::Reading;
use crate::model::expr::{Expr, Kind, ResultExpr, ResultLeaf};
use crate::model::judge::{AskedKpi, Facet, Status};
use crate::model::rules::{Operand, Stands};
use crate::model::types::{Type, Unit};
use crate::resolve::Resolver;
use crate::resolve::lower::lower;
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
            | ExprKind::IsStatus { .. }
            | ExprKind::TextMatch { .. } => {
                walk::children(condition, &mut |side| self.compared(reading, side));
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
        let named = matches!(&typed.kind, Kind::Leaf(ResultLeaf::Kpi(..)));
        let stands = kpi.as_ref().filter(|kpi| named && kpi.judge.wants()).map(|kpi| {
            let mut facet = |facet: Facet, ty: Type| {
                let asked = AskedKpi {
                    name: kpi.name.clone(),
                    formula: std::sync::Arc::clone(&kpi.formula),
                    judge: kpi.judge.clone(),
                    facet,
                };
                let kind = Kind::Leaf(ResultLeaf::Judged(std::sync::Arc::new(asked)));
                reading.place(Expr { kind, ty, unit: Unit::none(), span: expr.span })
            };
            Stands {
                kpi: kpi.name.clone(),
                statuses: [Status::OnTrack, Status::AtRisk, Status::OffTrack]
                    .map(|status| facet(Facet::Is(status), Type::Boolean)),
                target: facet(Facet::Target, Type::Float),
                attainment: facet(Facet::Attainment, Type::Float),
            }
        });
        let (ty, unit) = (typed.ty, kpi.as_ref().map_or_else(|| typed.unit.clone(), |k| k.unit.clone()));
        let percent = kpi.as_ref().is_some_and(|k| k.percent) || is_share(&typed);
        let decimals = kpi.as_ref().and_then(|k| k.decimals);
        let place = reading.place(typed);
        reading.operands.push(Operand { text, place, ty, unit, percent, decimals, stands, told });
        Some(reading.operands.len() - 1)
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
