//! A KPI's formula -> what its change can be split into: whether members add up, of which ratios it is made,
//! of which factors; or why it is none of these. Looks at the formula alone.

use crate::model::expr::{Across, Arith, Kind, Over, ResultExpr, ResultLeaf, Value};
use crate::model::project::{Aggregate, Model};
use crate::source::Span;

/// More factors than this are not split: every order in which they can change is looked at.
pub const MOST_FACTORS: usize = 8;

/// Why a formula cannot be split, and where that stands.
pub type Why = (Span, String);

/// A part of a formula that is computed for itself.
#[derive(Clone, Debug)]
pub struct Piece {
    /// Its formula.
    pub formula: ResultExpr,
    /// What it is called where its own text does not say it.
    pub text: Option<String>,
    /// Whether it counts rows: then the values and their rows tell it already.
    pub counts: bool,
}

/// A quotient of a formula that is a sum of such.
#[derive(Clone, Debug)]
pub struct Ratio {
    /// What it is multiplied by.
    pub scale: f64,
    /// Its numerator and its denominator.
    pub parts: [Piece; 2],
}

/// Takes formulas apart.
pub struct Splitter<'a> {
    /// The model, which gets the measures that means are made of.
    pub model: &'a mut Model,
    /// The rows below which a KPI that was looked into withholds values.
    pub below: Option<i64>,
}

impl Splitter<'_> {
    /// Whether the formula's values of members add up to that of the whole, or, where constants are `added` to
    /// it, their changes do.
    pub fn adds_up(&self, expr: &ResultExpr, added: bool) -> Result<(), Why> {
        let no = |why: String| Err((expr.span, why));
        match &expr.kind {
            Kind::Leaf(ResultLeaf::Measure(id)) => {
                let measure = &self.model.measures[id.0];
                let counts = matches!(measure.aggregate, Aggregate::Sum | Aggregate::Count);
                if counts || (measure.aggregate == Aggregate::Converted && measure.weight.is_none()) {
                    return Ok(());
                }
                no(format!("`{}` of members does not add up to that of all", measure.text))
            }
            Kind::Leaf(ResultLeaf::Kpi(_, body) | ResultLeaf::Across(Across::HideBelow(_), body)) => {
                self.adds_up(body, added)
            }
            Kind::Leaf(ResultLeaf::Across(across, _)) => {
                no(format!("`{}` looks beyond the period or the member", across.name()))
            }
            Kind::Leaf(ResultLeaf::History(history)) => {
                no(format!("`{}` looks beyond the period or the member", history.name()))
            }
            // An entity belongs to one member of a period.
            Kind::Leaf(ResultLeaf::Per(per)) => match per.over {
                Over::Aggregate(Aggregate::Sum | Aggregate::Count) => Ok(()),
                _ => no(format!("computed per {}, then over them", per.entity.name())),
            },
            Kind::Leaf(
                ResultLeaf::Table(_)
                | ResultLeaf::Period(..)
                | ResultLeaf::Judged(_)
                | ResultLeaf::Bound(_)
                | ResultLeaf::Stated(_),
            ) => no("no sum of rows".to_owned()),
            Kind::Neg(a) => self.adds_up(a, added),
            Kind::Arith(Arith::Add | Arith::Sub, a, b) => {
                self.adds_up(a, added)?;
                self.adds_up(b, added)
            }
            Kind::Arith(Arith::Mul, a, b) if constant(a).is_some() => self.adds_up(b, added),
            Kind::Arith(Arith::Mul | Arith::Div, a, b) if constant(b).is_some() => self.adds_up(a, added),
            Kind::Arith(Arith::Mul, ..) => no("a product of members does not add up".to_owned()),
            Kind::Arith(Arith::Div, ..) => no("a quotient inside a sum".to_owned()),
            Kind::Literal(_) if added => Ok(()),
            Kind::Literal(_) => no("a constant, which no member has a part of".to_owned()),
            Kind::Call(name, _) => no(format!("`{name}` of members does not add up")),
            _ => no("members do not add up".to_owned()),
        }
    }

    /// The quotients that a formula is a sum of, beside constants.
    pub fn ratios(&mut self, expr: &ResultExpr, scale: f64, out: &mut Vec<Ratio>) -> Result<(), Why> {
        match &expr.kind {
            _ if constant(expr).is_some() => Ok(()),
            Kind::Leaf(ResultLeaf::Kpi(_, body)) => self.ratios(body, scale, out),
            Kind::Leaf(ResultLeaf::Across(Across::HideBelow(rows), body)) => {
                self.below = self.below.max(Some(*rows));
                self.ratios(body, scale, out)
            }
            Kind::Neg(a) => self.ratios(a, -scale, out),
            Kind::Arith(Arith::Add, a, b) => {
                self.ratios(a, scale, out)?;
                self.ratios(b, scale, out)
            }
            Kind::Arith(Arith::Sub, a, b) => {
                self.ratios(a, scale, out)?;
                self.ratios(b, -scale, out)
            }
            Kind::Arith(Arith::Mul, a, b) if constant(a).is_some() => {
                self.ratios(b, scale * constant(a).unwrap_or(1.0), out)
            }
            Kind::Arith(Arith::Mul, a, b) if constant(b).is_some() => {
                self.ratios(a, scale * constant(b).unwrap_or(1.0), out)
            }
            Kind::Arith(Arith::Div, a, b) => {
                if let Some(by) = constant(b) {
                    return self.ratios(a, scale / by, out);
                }
                self.adds_up(a, false)?;
                self.adds_up(b, false)?;
                out.push(Ratio { scale, parts: [self.piece(a), self.piece(b)] });
                Ok(())
            }
            _ => match self.halves(expr) {
                Some(parts) => {
                    out.push(Ratio { scale, parts });
                    Ok(())
                }
                None => {
                    self.adds_up(expr, true)?;
                    Err((expr.span, "a sum beside a ratio".to_owned()))
                }
            },
        }
    }

    /// The product or quotient that a formula is, beside constants: its factors and whether each divides.
    pub fn product(&mut self, expr: &ResultExpr, out: &mut Vec<(Piece, bool)>) -> Result<f64, Why> {
        match &expr.kind {
            Kind::Leaf(ResultLeaf::Kpi(_, body)) => self.product(body, out),
            Kind::Leaf(ResultLeaf::Across(Across::HideBelow(rows), body)) => {
                self.below = self.below.max(Some(*rows));
                self.product(body, out)
            }
            Kind::Neg(a) => Ok(-self.product(a, out)?),
            Kind::Arith(Arith::Add | Arith::Sub, a, b) if constant(b).is_some() => self.product(a, out),
            Kind::Arith(Arith::Add, a, b) if constant(a).is_some() => self.product(b, out),
            Kind::Arith(Arith::Sub, a, b) if constant(a).is_some() => Ok(-self.product(b, out)?),
            Kind::Arith(Arith::Mul | Arith::Div, ..) => {
                let scale = self.factors(expr, false, out);
                // A constant times something is what that is.
                if let [(only, false)] = &out[..] {
                    let only = only.formula.clone();
                    out.clear();
                    return Ok(scale * self.product(&only, out)?);
                }
                Ok(scale)
            }
            _ => match self.halves(expr) {
                Some([above, below]) => {
                    out.extend([(above, false), (below, true)]);
                    Ok(1.0)
                }
                None => Err((expr.span, "no product and no quotient".to_owned())),
            },
        }
    }

    /// Adds the factors of a product; gives what its constants come to.
    fn factors(&self, expr: &ResultExpr, divides: bool, out: &mut Vec<(Piece, bool)>) -> f64 {
        if let Some(value) = constant(expr) {
            return if divides { 1.0 / value } else { value };
        }
        match &expr.kind {
            Kind::Neg(a) => -self.factors(a, divides, out),
            Kind::Arith(Arith::Mul, a, b) => self.factors(a, divides, out) * self.factors(b, divides, out),
            Kind::Arith(Arith::Div, a, b) => self.factors(a, divides, out) * self.factors(b, !divides, out),
            _ => {
                out.push((self.piece(expr), divides));
                1.0
            }
        }
    }

    fn piece(&self, expr: &ResultExpr) -> Piece {
        let measure = match &expr.kind {
            Kind::Leaf(ResultLeaf::Measure(id)) => Some(&self.model.measures[id.0]),
            _ => None,
        };
        let text = match &expr.kind {
            Kind::Leaf(ResultLeaf::Kpi(name, _)) => Some(name.clone()),
            _ => measure.map(|m| m.text.clone()),
        };
        let counts = measure.is_some_and(|m| m.aggregate == Aggregate::Count);
        Piece { formula: expr.clone(), text, counts }
    }
}

/// What a formula without measures comes to, durations in days.
fn constant(expr: &ResultExpr) -> Option<f64> {
    let value = match &expr.kind {
        Kind::Literal(Value::Integer(n)) => *n as f64,
        Kind::Literal(Value::Decimal(n, scale)) => format!("{n}e-{scale}").parse().ok()?,
        Kind::Literal(Value::Float(x)) => *x,
        Kind::Literal(Value::Duration(micros)) => *micros as f64 / 86_400_000_000.0,
        Kind::Leaf(ResultLeaf::Kpi(_, body)) => constant(body)?,
        Kind::Neg(a) => -constant(a)?,
        Kind::Arith(Arith::Add, a, b) => constant(a)? + constant(b)?,
        Kind::Arith(Arith::Sub, a, b) => constant(a)? - constant(b)?,
        Kind::Arith(Arith::Mul, a, b) => constant(a)? * constant(b)?,
        Kind::Arith(Arith::Div, a, b) => constant(a)? / constant(b)?,
        _ => return None,
    };
    value.is_finite().then_some(value)
}
