//! What names mean in a rule: the members that are asked, with the columns of their entity and what is known
//! of the KPI that they name; KPIs, with how they stand.

use std::sync::Arc;

use crate::diagnostic::near::did_you_mean;
use crate::diagnostic::{Diagnostic, codes};
use crate::model::expr::{Expr, Kind, ResultExpr, ResultLeaf};
use crate::model::judge::{AskedKpi, BoundKpi, Facet, Status};
use crate::model::types::{Type, Unit};
use crate::resolve::Resolver;
use crate::resolve::results::{AskedEntity, ResultScope};
use crate::source::Span;
use crate::syntax::ast::{self, ExprKind};

/// The entity whose members are KPIs.
pub(in crate::resolve) const KPI: &str = "kpi";

/// Whom a rule asks.
#[derive(Clone, Debug, Default)]
pub(in crate::resolve) struct RuleScope {
    /// Each as named in formulas.
    pub(super) members: Vec<AskedMember>,
}

/// A member that a rule asks.
#[derive(Clone, Debug)]
pub(in crate::resolve) struct AskedMember {
    /// `rep`; `a` of a pair.
    pub(super) name: String,
    /// Its entity, or that of the pair.
    pub(super) entity: AskedEntity,
    /// The way from that entity to the member.
    pub(super) way: Vec<String>,
}

impl RuleScope {
    /// The member of a name.
    pub(in crate::resolve) fn member(&self, name: &str) -> Option<&AskedMember> {
        self.members.iter().find(|m| m.name == name)
    }
}

impl Resolver<'_> {
    /// A column of a member's entity, or what is known of the KPI that it names.
    pub(in crate::resolve) fn of_member(
        &mut self,
        member: &AskedMember,
        path: &ast::Path,
        span: Span,
    ) -> Option<ResultExpr> {
        let whole = from_entity(member, path);
        let (last, way) = whole.parts.split_last()?;
        if way.len() > member.way.len()
            && let Some(facet) = Facet::named(&last.node)
            && let Some(kpi) = self.kpi_at(member, way)
        {
            let has = self.model.source(kpi).column_named(&last.node).is_some();
            if !has {
                return self.bound(member, way.to_vec(), facet, span);
            }
        }
        let column = self.entity_column(&member.entity, &whole, span)?;
        Some(Expr { span, ..column })
    }

    /// The source of KPIs, where a way from a member's entity leads to it.
    fn kpi_at(&self, member: &AskedMember, way: &[ast::Ident]) -> Option<crate::model::project::SourceId> {
        let mut at = member.entity.source;
        for part in &way[1..] {
            let here = self.model.source(at);
            at = here.relations[here.relation_named(&part.node)?].to;
        }
        (self.model.source(at).entity.as_deref() == Some(KPI)).then_some(at)
    }

    fn bound(
        &mut self,
        member: &AskedMember,
        way: Vec<ast::Ident>,
        facet: Facet,
        span: Span,
    ) -> Option<ResultExpr> {
        let name = self.entity_column(&member.entity, &ast::Path { parts: way }, span)?;
        let ty = match facet {
            Facet::Is(_) => Type::Boolean,
            Facet::N => Type::Integer,
            _ => Type::Float,
        };
        let kind = Kind::Leaf(ResultLeaf::Bound(Arc::new(BoundKpi { name, facet })));
        Some(Expr { kind, ty, unit: Unit::none(), span })
    }

    /// `churn_rate.target`.
    pub(in crate::resolve) fn of_kpi(
        &mut self,
        scope: &ResultScope,
        path: &ast::Path,
        span: Span,
    ) -> Option<ResultExpr> {
        let [kpi, field] = path.parts.as_slice() else {
            let last = path.parts.last()?;
            let (kpi, field) = (&path.parts[0].node, &path.parts[1].node);
            self.report(
                Diagnostic::new(&codes::UNKNOWN_NAME, format!("`{kpi}.{field}` has no parts"))
                    .at(last.span, "a value is one"),
            );
            return None;
        };
        let Some(facet) = Facet::named(&field.node) else {
            let names = Facet::NAMED.map(|(name, _)| name);
            let mut problem = Diagnostic::new(&codes::UNKNOWN_NAME, format!("a KPI has no `{}`", field.node))
                .at(field.span, "unknown part of a KPI");
            problem.help = did_you_mean(&field.node, names);
            self.report(problem);
            return None;
        };
        self.asked_kpi(scope, &kpi.node, facet, span)
    }

    /// `x is off_track`.
    pub(in crate::resolve) fn status_of(
        &mut self,
        scope: &ResultScope,
        operand: &ast::Expr,
        status: ast::Status,
        span: Span,
    ) -> Option<ResultExpr> {
        let facet = Facet::Is(match status {
            ast::Status::OnTrack => Status::OnTrack,
            ast::Status::AtRisk => Status::AtRisk,
            ast::Status::OffTrack => Status::OffTrack,
            ast::Status::Unknown => Status::Unknown,
        });
        if let ExprKind::Name(path) = &operand.kind {
            let first = path.parts[0].node.as_str();
            let member = scope.rule.as_ref().and_then(|rule| rule.member(first).cloned());
            if let Some(member) = member.filter(|_| scope.per.is_none()) {
                let whole = from_entity(&member, path);
                if self.kpi_at(&member, &whole.parts).is_some() {
                    return self.bound(&member, whole.parts, facet, span);
                }
            } else if path.parts.len() == 1 && self.raw.kpis.contains_key(first) {
                return self.asked_kpi(scope, first, facet, span);
            }
        }
        self.report(
            Diagnostic::new(&codes::TYPE_MISMATCH, "the status of what is no KPI")
                .at(operand.span, "the name of a KPI is expected")
                .help("a KPI has a target, and so a status; a formula is compared: `x > 5%`"),
        );
        None
    }

    fn asked_kpi(&mut self, scope: &ResultScope, name: &str, facet: Facet, span: Span) -> Option<ResultExpr> {
        if scope.rule.is_none() || scope.per.is_some() {
            self.not_yet(span, "how a KPI stands, outside a rule");
            return None;
        }
        if !scope.filters.is_empty() || scope.window.is_some() {
            self.report(
                Diagnostic::new(&codes::BAD_RULE, format!("how `{name}` stands under a filter or window"))
                    .at(span, "its target is for the KPI as it is defined")
                    .help("compare the filtered value itself: `(churn_rate where ...) > 5%`"),
            );
            return None;
        }
        // One with an error of its own has been reported.
        let kpi = self.model.kpi(name)?;
        let (ty, unit) = match facet {
            Facet::Is(_) => (Type::Boolean, Unit::none()),
            Facet::N => (Type::Integer, Unit::none()),
            Facet::Value => (kpi.formula.ty, kpi.unit.clone()),
            _ if facet.in_unit() && kpi.formula.ty == Type::Duration => (Type::Duration, Unit::none()),
            _ if facet.in_unit() => (Type::Float, kpi.unit.clone()),
            _ => (Type::Float, Unit::none()),
        };
        let wants = kpi.judge.wants();
        if !wants && matches!(facet, Facet::Is(s) if s != Status::Unknown) {
            self.report(
                Diagnostic::new(&codes::BAD_RULE, format!("`{name}` has no target and so no status"))
                    .at(span, "nothing says what is wanted of it")
                    .also(kpi.defined, "defined here")
                    .help("`target:` and `better:` say so; or compare its value: `x > 5%`"),
            );
            return None;
        }
        let asked = AskedKpi {
            name: name.to_owned(),
            formula: Arc::clone(&kpi.formula),
            judge: kpi.judge.clone(),
            facet,
        };
        Some(Expr { kind: Kind::Leaf(ResultLeaf::Judged(Arc::new(asked))), ty, unit, span })
    }
}

/// A path from the entity: that of the pair first, where the member is one of it.
fn from_entity(member: &AskedMember, path: &ast::Path) -> ast::Path {
    let span = path.parts[0].span;
    let first = ast::Ident::new(member.name.clone(), span);
    let way = member.way.iter().map(|part| ast::Ident::new(part.clone(), span));
    let parts = std::iter::once(first).chain(way).chain(path.parts[1..].iter().cloned());
    ast::Path { parts: parts.collect() }
}
