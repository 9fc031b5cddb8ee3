//! Typed formulas. One shape serves rows and results; they differ in their leaves: columns there,
//! measures here.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt::Write as _;
use std::sync::Arc;

use chrono::NaiveDate;

use super::calendar::{Calendar, Grain};
use super::history::History;
use super::judge::{AskedKpi, BoundKpi};
use super::project::{Aggregate, ColumnRef, Dimension, MeasureId, SourceId, Window};
use super::stated::Stated;
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
pub type RowExpr = Expr<RowLeaf>;

/// What a formula over rows reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowLeaf {
    /// A column of the row, or of one that it leads to.
    Column(ColumnRef),
    /// A border of the period that the row counts in.
    Period(PeriodBorder),
}

/// A day of the period, or of the window that stands for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PeriodBorder {
    /// Its first day.
    Start,
    /// The day after its last.
    End,
    /// Its last day.
    LastDay,
    /// The day before its first.
    Before,
}

/// A formula over results.
pub type ResultExpr = Expr<ResultLeaf>;

/// What a formula over results reads.
#[derive(Clone, Debug)]
pub enum ResultLeaf {
    /// An aggregate.
    Measure(MeasureId),
    /// Another KPI's formula, shared.
    Kpi(String, Arc<ResultExpr>),
    /// A formula's values in other periods, or over the breakdown.
    Across(Across, Arc<ResultExpr>),
    /// What formulas' values in closed periods tell.
    History(Arc<History>),
    /// A formula for each entity, then over entities.
    Per(Arc<Per>),
    /// A border of the period, or of the window that stands for it, in what is asked of each entity.
    Period(PeriodBorder, Option<Window>),
    /// A value from a table, by members and period: its place among the model's tables.
    Table(usize),
    /// How a KPI stands, or what it is judged by.
    Judged(Arc<AskedKpi>),
    /// The same of the KPI that the cell's member names.
    Bound(Arc<BoundKpi>),
    /// What is stated of a KPI in place of its formula.
    Stated(Arc<Stated>),
}

/// A formula for each entity, then over entities.
#[derive(Clone, Debug)]
pub struct Per {
    /// Whose formula it is: a path that every aggregate in it finds its own way to.
    pub entity: Dimension,
    /// The source of the entity; absent where the path leads to a plain column.
    pub source: Option<SourceId>,
    /// The formula.
    pub formula: ResultExpr,
    /// Which entities, by a formula.
    pub filter: Option<ResultExpr>,
    /// What is made of the entities' values.
    pub over: Over,
    /// The rows of the entities that there are; those that any aggregate in it saw where absent.
    pub population: Option<MeasureId>,
    /// The rows of all entities, that say what each belongs to: always, and at a moment of the period.
    pub members: Option<[MeasureId; 2]>,
}

/// What is made of entities' values.
#[derive(Clone, Debug, PartialEq)]
pub enum Over {
    /// An aggregate.
    Aggregate(Aggregate),
    /// The part that so many of the largest make.
    TopShare(u32),
}

/// What is made of a formula's values in other cells than the one at hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Across {
    /// The value some periods earlier; in the open period, up to the same point.
    Ago(Offset),
    /// The value less that of some periods earlier.
    Change(Offset),
    /// The change as a part of the earlier value.
    Growth(Offset),
    /// The mean of so many closed periods.
    RollingAvg(u32),
    /// The value over all members, or over those that share the named dimensions (as written).
    Total(Vec<Vec<String>>),
    /// The value as a part of that over all members.
    ShareOfTotal,
    /// The place among the members, the best first; whether lower values are better.
    Rank(bool),
    /// The value, withheld where fewer rows are behind it, or where it would give such a one away.
    HideBelow(i64),
}

/// How much earlier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offset {
    /// How many.
    pub count: u32,
    /// Of which grain; periods of the asked-for grain where absent.
    pub unit: Option<Grain>,
    /// Whether the open period is compared up to the same point of the earlier one.
    pub same_point: bool,
    /// Where it was written.
    pub span: Span,
}

impl Offset {
    /// How many periods of a grain it is, if it is a whole number of them.
    pub fn periods(&self, grain: Grain, calendar: &Calendar) -> Option<i64> {
        match self.unit {
            None => Some(i64::from(self.count)),
            Some(unit) => calendar.periods_in(self.count, unit, grain),
        }
    }
}

impl Across {
    /// Its function's name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Ago(_) => "ago",
            Self::Change(_) => "change",
            Self::Growth(_) => "growth",
            Self::RollingAvg(_) => "rolling_avg",
            Self::Total(_) => "total",
            Self::ShareOfTotal => "share_of_total",
            Self::Rank(_) => "rank",
            Self::HideBelow(_) => "hide_below",
        }
    }

    /// The offset of those that have one.
    pub fn offset(&self) -> Option<&Offset> {
        match self {
            Self::Ago(o) | Self::Change(o) | Self::Growth(o) => Some(o),
            _ => None,
        }
    }
}

/// How a leaf names itself in the key of an expression.
pub trait LeafKey {
    /// Writes a text that equal leaves share and others do not.
    fn key(&self, out: &mut String);
}

impl LeafKey for RowLeaf {
    fn key(&self, out: &mut String) {
        let _ = match self {
            Self::Column(at) => write!(out, "{:?}.{}", at.hops, at.column),
            Self::Period(border) => write!(out, "period.{border:?}"),
        };
    }
}

impl LeafKey for ResultLeaf {
    fn key(&self, out: &mut String) {
        match self {
            Self::Measure(id) => {
                let _ = write!(out, "m{}", id.0);
            }
            // By identity: formulas of formulas are as long as a power of two.
            Self::Kpi(name, body) => {
                let _ = write!(out, "{name}@{:p}", Arc::as_ptr(body));
            }
            Self::Period(border, window) => {
                let _ = write!(out, "period.{border:?}{window:?}");
            }
            Self::Table(table) => {
                let _ = write!(out, "table{table}");
            }
            Self::Judged(asked) => {
                let _ = write!(out, "{}.{:?}", asked.name, asked.facet);
            }
            Self::Stated(stated) => {
                let _ = write!(out, "stated {}.{:?}", stated.results.kpi, stated.what);
            }
            Self::Bound(bound) => {
                bound.name.key(out);
                let _ = write!(out, ".{:?}", bound.facet);
            }
            Self::Per(per) => {
                let _ = write!(out, "{:?} per {}{:?}(", per.over, per.entity.name(), per.population);
                for part in per.parts() {
                    part.key(out);
                    out.push(';');
                }
                out.push(')');
            }
            Self::Across(across, body) => {
                let _ = match across.offset() {
                    Some(o) => write!(out, "{}{:?}{}(", across.name(), o.unit, o.count),
                    None => write!(out, "{across:?}("),
                };
                body.key(out);
                out.push(')');
            }
            Self::History(history) => {
                let _ = write!(out, "{:?}{}of{}(", history.told, history.min, history.last);
                for part in &history.of {
                    part.key(out);
                    out.push(';');
                }
                out.push(')');
            }
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

impl Per {
    /// Its formulas: what is asked of each entity, and of which.
    pub fn parts(&self) -> impl Iterator<Item = &ResultExpr> {
        std::iter::once(&self.formula).chain(&self.filter)
    }
}

impl ResultExpr {
    /// Calls `f` for every leaf, through KPIs and across cells too, a shared formula's once; `deep`: also
    /// through what is asked of each entity.
    fn all_leaves<'a>(
        &'a self,
        deep: bool,
        seen: &mut HashSet<*const Self>,
        f: &mut dyn FnMut(&'a ResultLeaf),
    ) {
        self.leaves(&mut |leaf| {
            f(leaf);
            match leaf {
                ResultLeaf::Kpi(_, body) | ResultLeaf::Across(_, body) => {
                    if seen.insert(Arc::as_ptr(body)) {
                        body.all_leaves(deep, seen, f);
                    }
                }
                ResultLeaf::Per(per) if deep && seen.insert(&raw const per.formula) => {
                    for part in per.parts() {
                        part.all_leaves(deep, seen, f);
                    }
                }
                ResultLeaf::Judged(asked) => {
                    for body in asked
                        .formulas()
                        .filter(|body| seen.insert(std::ptr::from_ref(*body)))
                        .collect::<Vec<_>>()
                    {
                        body.all_leaves(deep, seen, f);
                    }
                }
                ResultLeaf::Bound(bound) => bound.name.all_leaves(deep, seen, f),
                ResultLeaf::History(history) => {
                    for part in &history.of {
                        if seen.insert(std::ptr::from_ref(part)) {
                            part.all_leaves(deep, seen, f);
                        }
                    }
                }
                ResultLeaf::Per(_)
                | ResultLeaf::Measure(_)
                | ResultLeaf::Period(..)
                | ResultLeaf::Stated(_)
                | ResultLeaf::Table(_) => {}
            }
        });
    }

    /// Everything across cells that the formula holds, from the left; `deep`: also for each entity.
    fn across_within(&self, deep: bool) -> Vec<&Across> {
        let mut out = Vec::new();
        self.all_leaves(deep, &mut HashSet::new(), &mut |leaf| {
            if let ResultLeaf::Across(across, _) = leaf {
                out.push(across);
            }
        });
        out
    }

    /// Everything across cells that the formula holds, from the left, also for each entity.
    pub fn across(&self) -> Vec<&Across> {
        self.across_within(true)
    }

    /// Everything across the cells of its own breakdown.
    pub fn across_here(&self) -> Vec<&Across> {
        self.across_within(false)
    }

    fn measures_within(&self, deep: bool) -> Vec<MeasureId> {
        let mut out = Vec::new();
        self.all_leaves(deep, &mut HashSet::new(), &mut |leaf| match leaf {
            ResultLeaf::Measure(id) if !out.contains(id) => out.push(*id),
            ResultLeaf::Per(per) if deep => {
                out.extend(per.population.iter().filter(|id| !out.contains(id)).copied().collect::<Vec<_>>());
            }
            _ => {}
        });
        out
    }

    /// Every measure that the formula reads, each once, from the left; also for each entity.
    pub fn measures(&self) -> Vec<MeasureId> {
        self.measures_within(true)
    }

    /// The tables that it reads, also for each entity.
    pub fn tables(&self) -> Vec<usize> {
        let mut out = Vec::new();
        self.all_leaves(true, &mut HashSet::new(), &mut |leaf| {
            if let ResultLeaf::Table(table) = leaf
                && !out.contains(table)
            {
                out.push(*table);
            }
        });
        out
    }

    /// The measures of its own breakdown.
    pub fn measures_here(&self) -> Vec<MeasureId> {
        self.measures_within(false)
    }

    /// The KPIs of which it asks more than the value, in its own breakdown.
    pub fn judged(&self) -> Vec<&Arc<AskedKpi>> {
        let mut out = Vec::new();
        self.all_leaves(false, &mut HashSet::new(), &mut |leaf| {
            if let ResultLeaf::Judged(asked) = leaf {
                out.push(asked);
            }
        });
        out
    }

    /// Calls `f` for every leaf of its own breakdown, through KPIs and across cells too.
    pub fn each_leaf<'a>(&'a self, f: &mut dyn FnMut(&'a ResultLeaf)) {
        self.all_leaves(false, &mut HashSet::new(), f);
    }

    /// Whether it asks something of the KPI that a member names.
    pub fn is_bound(&self) -> bool {
        self.any_leaf(&|leaf| matches!(leaf, ResultLeaf::Bound(_)))
    }

    /// Whether some leaf of its own breakdown is such a one.
    pub fn any_leaf(&self, is: &dyn Fn(&ResultLeaf) -> bool) -> bool {
        let mut found = false;
        self.each_leaf(&mut |leaf| found |= is(leaf));
        found
    }

    /// What it asks of each entity, in its own breakdown.
    pub fn pers(&self) -> Vec<&Arc<Per>> {
        let mut out: Vec<&Arc<Per>> = Vec::new();
        self.all_leaves(false, &mut HashSet::new(), &mut |leaf| {
            if let ResultLeaf::Per(per) = leaf
                && !out.iter().any(|p| Arc::ptr_eq(p, per))
            {
                out.push(per);
            }
        });
        out
    }

    /// How many periods back the formula looks at the same point as in the open one, through shifts of shifts.
    pub fn same_points(&self, periods: &dyn Fn(&Offset) -> Option<i64>) -> BTreeSet<i64> {
        fn walk(
            expr: &ResultExpr,
            base: i64,
            periods: &dyn Fn(&Offset) -> Option<i64>,
            seen: &mut HashSet<(*const ResultExpr, i64)>,
            out: &mut BTreeSet<i64>,
        ) {
            expr.leaves(&mut |leaf| {
                let (back, bodies): (_, Vec<&ResultExpr>) = match leaf {
                    ResultLeaf::Measure(_)
                    | ResultLeaf::Period(..)
                    | ResultLeaf::Stated(_)
                    | ResultLeaf::Table(_) => return,
                    ResultLeaf::Kpi(_, body) => (None, vec![body]),
                    ResultLeaf::Per(per) => (None, per.parts().collect()),
                    ResultLeaf::Judged(asked) => (None, asked.formulas().collect()),
                    ResultLeaf::Bound(bound) => (None, vec![&bound.name]),
                    ResultLeaf::History(history) => (None, history.of.iter().collect()),
                    ResultLeaf::Across(across, body) => {
                        let offset = across.offset().filter(|o| o.same_point);
                        (offset.and_then(periods), vec![body])
                    }
                };
                let earlier = back.map(|b| base.saturating_add(b));
                out.extend(earlier);
                for at in std::iter::once(base).chain(earlier) {
                    for body in &bodies {
                        if seen.insert((std::ptr::from_ref(*body), at)) {
                            walk(body, at, periods, seen, out);
                        }
                    }
                }
            });
        }
        let mut out = BTreeSet::new();
        walk(self, 0, periods, &mut HashSet::new(), &mut out);
        out
    }

    /// How many periods before the asked-for ones the formula looks at.
    pub fn lookback(&self, grain: Grain, calendar: &Calendar) -> i64 {
        fn of(
            expr: &ResultExpr,
            back: &dyn Fn(&Across) -> i64,
            done: &mut HashMap<*const ResultExpr, i64>,
        ) -> i64 {
            let mut most = 0i64;
            expr.leaves(&mut |leaf| {
                let (own, body) = match leaf {
                    ResultLeaf::Measure(_)
                    | ResultLeaf::Period(..)
                    | ResultLeaf::Stated(_)
                    | ResultLeaf::Table(_) => return,
                    ResultLeaf::Per(per) => {
                        for part in per.parts() {
                            most = most.max(of(part, back, done));
                        }
                        return;
                    }
                    ResultLeaf::Judged(asked) => {
                        for body in asked.formulas() {
                            most = most.max(of(body, back, done));
                        }
                        return;
                    }
                    ResultLeaf::Bound(bound) => {
                        most = most.max(of(&bound.name, back, done));
                        return;
                    }
                    ResultLeaf::History(history) => {
                        for part in &history.of {
                            most = most.max(history.back().saturating_add(of(part, back, done)));
                        }
                        return;
                    }
                    ResultLeaf::Kpi(_, body) => (0, body),
                    ResultLeaf::Across(across, body) => (back(across), body),
                };
                // A formula that many use is looked at once.
                let below = match done.get(&Arc::as_ptr(body)) {
                    Some(below) => *below,
                    None => {
                        let below = of(body, back, done);
                        done.insert(Arc::as_ptr(body), below);
                        below
                    }
                };
                most = most.max(own.saturating_add(below));
            });
            most
        }
        let back = |across: &Across| match across {
            Across::RollingAvg(n) => i64::from(*n) - 1,
            _ => across.offset().and_then(|o| o.periods(grain, calendar)).unwrap_or(0),
        };
        of(self, &back, &mut HashMap::new())
    }
}
