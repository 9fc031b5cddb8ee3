//! A mean -> the sum and the count that it is the quotient of, as measures of their own; the same of shares and
//! weighted means.

use std::sync::Arc;

use super::split::{Piece, Splitter};
use crate::model::expr::{Arith, Expr, Kind, Over, Per, ResultExpr, ResultLeaf, RowExpr};
use crate::model::project::{Aggregate, Measure, MeasureId};
use crate::model::types::{Type, Unit};
use crate::model::typing;
use crate::source::Span;

impl Splitter<'_> {
    /// The sum and the count that a mean is made of, and the like of parts and weighted means.
    pub(super) fn halves(&mut self, expr: &ResultExpr) -> Option<[Piece; 2]> {
        let id = match &expr.kind {
            Kind::Leaf(ResultLeaf::Measure(id)) => id,
            Kind::Leaf(ResultLeaf::Per(per)) => return halves_per(per, expr.span),
            _ => return None,
        };
        let whole = self.model.measures[id.0].clone();
        let argument = whole.argument.clone()?;
        let named = |what: &str| format!("{what} `{}`", whole.text);
        let counted = || Measure {
            aggregate: Aggregate::Count,
            weight: None,
            ty: Type::Integer,
            unit: Unit::none(),
            ..whole.clone()
        };
        let summed = |argument: RowExpr| Measure {
            aggregate: Aggregate::Sum,
            ty: argument.ty,
            unit: argument.unit.clone(),
            weight: None,
            argument: Some(argument),
            ..whole.clone()
        };
        let of = |text: &str| whole.text.replacen("avg(", &format!("{text}("), 1);
        let (above, below) = match &whole.aggregate {
            Aggregate::Avg => ((summed(argument), of("sum")), (counted(), of("count"))),
            Aggregate::Share => {
                let held = Measure { filter: Some(both(whole.filter.clone(), argument)), ..counted() };
                ((held, named("rows that hold in")), (counted(), named("rows known in")))
            }
            Aggregate::WeightedAvg => {
                let weight = whole.weight.clone()?;
                let typed =
                    typing::arithmetic(Arith::Mul, (argument.ty, &argument.unit), (weight.ty, &weight.unit));
                let (ty, unit) = typed.ok()?;
                let (a, b) = (Box::new(argument.clone()), Box::new(weight.clone()));
                let product = Expr { kind: Kind::Arith(Arith::Mul, a, b), ty, unit, span: argument.span };
                let filter = Some(both(whole.filter.clone(), known(argument)));
                let weights = Measure { filter, ..summed(weight) };
                ((summed(product), named("weighted sum of")), (weights, named("weights of")))
            }
            _ => return None,
        };
        let counts = below.0.aggregate == Aggregate::Count;
        let mut piece = |(mut measure, text): (Measure, String), counts: bool| {
            measure.text.clone_from(&text);
            let (ty, unit, span) = (measure.ty, measure.unit.clone(), expr.span);
            let id = self.model.measures.len();
            self.model.measures.push(measure);
            let kind = Kind::Leaf(ResultLeaf::Measure(MeasureId(id)));
            Piece { formula: Expr { kind, ty, unit, span }, text: Some(text), counts }
        };
        Some([piece(above, false), piece(below, counts)])
    }
}

/// The same of a mean or part of entities.
fn halves_per(per: &Per, span: Span) -> Option<[Piece; 2]> {
    let entity = per.entity.name();
    let piece = |over, formula: ResultExpr, (ty, unit): (Type, Unit), text| {
        let over = Over::Aggregate(over);
        let kind = Kind::Leaf(ResultLeaf::Per(Arc::new(Per { formula, over, ..per.clone() })));
        let counts = ty == Type::Integer;
        Piece { formula: Expr { kind, ty, unit, span }, text: Some(text), counts }
    };
    let (formula, count) = (per.formula.clone(), (Type::Integer, Unit::none()));
    match per.over {
        Over::Aggregate(Aggregate::Avg) => {
            let sum = (formula.ty, formula.unit.clone());
            let below =
                piece(Aggregate::Count, formula.clone(), count, format!("{entity}: how many have one"));
            Some([piece(Aggregate::Sum, formula, sum, format!("{entity}: sum of the values")), below])
        }
        Over::Aggregate(Aggregate::Share) => {
            let below = piece(
                Aggregate::Count,
                known(formula.clone()),
                count.clone(),
                format!("{entity}: of how many"),
            );
            Some([piece(Aggregate::Count, formula, count, format!("{entity}: how many hold")), below])
        }
        _ => None,
    }
}

fn both(filter: Option<RowExpr>, and: RowExpr) -> RowExpr {
    let Some(filter) = filter else { return and };
    let span = and.span;
    let kind = Kind::And(Box::new(filter), Box::new(and));
    Expr { kind, ty: Type::Boolean, unit: Unit::none(), span }
}

/// `x is not missing`.
fn known<L>(x: Expr<L>) -> Expr<L> {
    let span = x.span;
    let of = |kind| Expr { kind, ty: Type::Boolean, unit: Unit::none(), span };
    of(Kind::Not(Box::new(of(Kind::IsMissing(Box::new(x))))))
}
