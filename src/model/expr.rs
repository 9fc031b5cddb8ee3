//! Typed formulas. One shape serves rows and results; they differ in their leaves: columns there,
//! measures here.

use std::fmt::Write as _;
use std::sync::Arc;

use chrono::NaiveDate;

use super::project::{ColumnRef, MeasureId};
use super::types::{Type, Unit};
use crate::source::Span;

/// A typed expression.
#[derive(Clone, Debug)]
pub struct Expr<L> {
    /// What it is.
    pub kind: Kind<L>,
    /// The type of its value.
    pub ty: Type,
    /// Its unit.
    pub unit: Unit,
    /// Where it was written.
    pub span: Span,
}

/// What an expression is.
#[derive(Clone, Debug)]
pub enum Kind<L> {
    /// A constant.
    Literal(Value),
    /// A column or a measure.
    Leaf(L),
    /// `-x`.
    Neg(Box<Expr<L>>),
    /// `not x`.
    Not(Box<Expr<L>>),
    /// `+ - * / ^`.
    Arith(Arith, Box<Expr<L>>, Box<Expr<L>>),
    /// `date + 3 months`: whole months, the day or the month's last.
    AddMonths(Box<Expr<L>>, i32),
    /// `= != < <= > >=`.
    Compare(Compare, Box<Expr<L>>, Box<Expr<L>>),
    /// `and`, three-valued.
    And(Box<Expr<L>>, Box<Expr<L>>),
    /// `or`, three-valued.
    Or(Box<Expr<L>>, Box<Expr<L>>),
    /// `x in (a, b)`.
    In(Box<Expr<L>>, Vec<Expr<L>>),
    /// `x is missing`; never missing itself.
    IsMissing(Box<Expr<L>>),
    /// `contains`, `starts with`, `ends with`, `matches`.
    Text(TextTest, Box<Expr<L>>, Box<Expr<L>>),
    /// A scalar function, `if` and `coalesce` among them.
    Call(&'static str, Vec<Expr<L>>),
}

/// Arithmetic operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Arith {
    Add,
    Sub,
    Mul,
    Div,
    Pow,
}

/// Comparison operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Compare {
    Eq,
    NotEq,
    Lt,
    LtEq,
    Gt,
    GtEq,
}

/// Tests of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TextTest {
    Contains,
    StartsWith,
    EndsWith,
    Matches,
}

/// A constant.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A whole number.
    Integer(i128),
    /// `digits / 10^scale`.
    Decimal(i128, u8),
    /// A float.
    Float(f64),
    /// A text.
    Text(String),
    /// A truth value.
    Boolean(bool),
    /// A day.
    Date(NaiveDate),
    /// Microseconds since 1970 in UTC.
    Timestamp(i64),
    /// Microseconds.
    Duration(i64),
    /// A missing value.
    Missing,
}

/// A formula over a source's rows.
pub type RowExpr = Expr<ColumnRef>;

/// A formula over results.
pub type ResultExpr = Expr<ResultLeaf>;

/// What a formula over results reads.
#[derive(Clone, Debug)]
pub enum ResultLeaf {
    /// An aggregate.
    Measure(MeasureId),
    /// Another KPI's formula, shared.
    Kpi(String, Arc<ResultExpr>),
}

/// How a leaf names itself in the key of an expression.
pub trait LeafKey {
    /// Writes a text that equal leaves share and others do not.
    fn key(&self, out: &mut String);
}

impl LeafKey for ColumnRef {
    fn key(&self, out: &mut String) {
        let _ = write!(out, "{:?}.{}", self.hops, self.column);
    }
}

impl LeafKey for ResultLeaf {
    fn key(&self, out: &mut String) {
        match self {
            Self::Measure(id) => {
                let _ = write!(out, "m{}", id.0);
            }
            Self::Kpi(_, body) => body.key(out),
        }
    }
}

impl<L: LeafKey> Expr<L> {
    /// Writes a text that equal expressions share, wherever they were written.
    pub fn key(&self, out: &mut String) {
        let (head, parts): (String, Vec<&Self>) = match &self.kind {
            Kind::Literal(v) => (format!("{v:?}"), vec![]),
            Kind::Leaf(l) => {
                l.key(out);
                return;
            }
            Kind::Neg(a) => ("neg".into(), vec![a]),
            Kind::Not(a) => ("not".into(), vec![a]),
            Kind::Arith(op, a, b) => (format!("{op:?}"), vec![a, b]),
            Kind::AddMonths(a, n) => (format!("months{n}"), vec![a]),
            Kind::Compare(op, a, b) => (format!("{op:?}"), vec![a, b]),
            Kind::And(a, b) => ("and".into(), vec![a, b]),
            Kind::Or(a, b) => ("or".into(), vec![a, b]),
            Kind::In(a, list) => ("in".into(), std::iter::once(&**a).chain(list).collect()),
            Kind::IsMissing(a) => ("missing".into(), vec![a]),
            Kind::Text(op, a, b) => (format!("{op:?}"), vec![a, b]),
            Kind::Call(name, args) => ((*name).to_owned(), args.iter().collect()),
        };
        out.push_str(&head);
        if !parts.is_empty() {
            out.push('(');
            for part in parts {
                part.key(out);
                out.push(',');
            }
            out.push(')');
        }
    }
}

impl<L> Expr<L> {
    /// The parts directly below.
    pub fn children(&self) -> Vec<&Self> {
        match &self.kind {
            Kind::Literal(_) | Kind::Leaf(_) => vec![],
            Kind::Neg(a) | Kind::Not(a) | Kind::AddMonths(a, _) | Kind::IsMissing(a) => vec![a],
            Kind::Arith(_, a, b)
            | Kind::Compare(_, a, b)
            | Kind::And(a, b)
            | Kind::Or(a, b)
            | Kind::Text(_, a, b) => vec![a, b],
            Kind::In(a, list) => std::iter::once(&**a).chain(list).collect(),
            Kind::Call(_, args) => args.iter().collect(),
        }
    }

    /// Calls `f` for every leaf, from the left.
    pub fn leaves<'a>(&'a self, f: &mut dyn FnMut(&'a L)) {
        if let Kind::Leaf(leaf) = &self.kind {
            f(leaf);
        }
        for child in self.children() {
            child.leaves(f);
        }
    }
}

impl ResultExpr {
    /// Every measure that the formula reads, through KPIs too, each once, from the left.
    pub fn measures(&self) -> Vec<MeasureId> {
        fn collect(expr: &ResultExpr, seen: &mut Vec<*const ResultExpr>, out: &mut Vec<MeasureId>) {
            expr.leaves(&mut |leaf| match leaf {
                ResultLeaf::Measure(id) if !out.contains(id) => out.push(*id),
                ResultLeaf::Measure(_) => {}
                ResultLeaf::Kpi(_, body) => {
                    if !seen.contains(&Arc::as_ptr(body)) {
                        seen.push(Arc::as_ptr(body));
                        collect(body, seen, out);
                    }
                }
            });
        }
        let mut out = Vec::new();
        collect(self, &mut Vec::new(), &mut out);
        out
    }
}
