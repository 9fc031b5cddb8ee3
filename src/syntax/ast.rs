//! The spanned tree of a formula, as written: no names resolved, no types. It covers the whole
//! language, also what is not evaluated yet, so that a construct is refused by name and never by
//! accident.

use chrono::{NaiveDate, NaiveDateTime};

use crate::source::{Span, Spanned};

/// A name as written (without its backticks).
pub type Ident = Spanned<String>;

/// A dotted name: `invoices.account.segment`. Never empty.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    /// Its parts, from the left.
    pub parts: Vec<Ident>,
}

impl Path {
    /// From the first part to the last.
    pub fn span(&self) -> Span {
        self.parts[0].span.to(self.parts[self.parts.len() - 1].span)
    }

    /// The parts joined by dots.
    pub fn text(&self) -> String {
        self.parts.iter().map(|p| p.node.as_str()).collect::<Vec<_>>().join(".")
    }
}

/// An expression and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where, parentheses included.
    pub span: Span,
}

/// What an expression is.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// A constant.
    Literal(Literal),
    /// A name: a KPI, source, column, relation, parameter or dimension.
    Name(Path),
    /// `period.start`, `period.end`, `period.last_day`.
    PeriodField(PeriodField),
    /// `-x`, `+x`, `not x`.
    Unary { op: UnaryOp, op_span: Span, operand: Box<Expr> },
    /// `a + b`, `a and b`, `a < b` ...
    Binary { op: BinaryOp, op_span: Span, left: Box<Expr>, right: Box<Expr> },
    /// `x [not] in (a, b)`.
    In { operand: Box<Expr>, list: Vec<Expr>, negated: bool },
    /// `x [not] between a and b`, both ends included.
    Between { operand: Box<Expr>, low: Box<Expr>, high: Box<Expr>, negated: bool },
    /// `x is [not] missing`.
    IsMissing { operand: Box<Expr>, negated: bool },
    /// `x is [not] on_track | at_risk | off_track | unknown`.
    IsStatus { operand: Box<Expr>, status: Spanned<Status>, negated: bool },
    /// `x [not] contains y`, `starts with`, `ends with`, `matches`.
    TextMatch { op: TextOp, operand: Box<Expr>, pattern: Box<Expr>, negated: bool },
    /// `started in period`, `ended in period`, `COLUMN [not] in period`.
    InPeriod { subject: InPeriod, negated: bool },
    /// `name(arguments)`.
    Call(Call),
    /// `(formula where condition)`.
    Filtered { formula: Box<Expr>, condition: Box<Expr> },
    /// `x over last 3 months`, `x year to date`, `x all time`.
    Windowed { operand: Box<Expr>, window: Window },
}

/// What lies in the period.
#[derive(Clone, Debug, PartialEq)]
pub enum InPeriod {
    /// The row's span starts in it.
    Started,
    /// The row's span ends in it.
    Ended,
    /// A column's value lies in it.
    Column(Box<Expr>),
}

/// A constant. Numbers keep their digits as written, without underscores.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// `1_000`.
    Integer(String),
    /// `2.5`.
    Decimal(String),
    /// `5%`: the number before the sign.
    Percent(String),
    /// `"won"` or `'won'`, unescaped.
    Text(String),
    /// `true`, `false`.
    Boolean(bool),
    /// `2026-01-31`.
    Date(NaiveDate),
    /// `2026-01-31T09:30[:15[.5]]`, local time, or with `Z` or an offset: minutes east of UTC.
    DateTime { local: NaiveDateTime, offset_minutes: Option<i32> },
    /// `48 hours`, `1.5 days`, `3 months`, `12 periods`.
    Duration { number: String, unit: Spanned<DurationUnit> },
    /// `1200 EUR`.
    Quantity { number: String, unit: Ident },
}

/// The units of durations; singular and plural are the same word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DurationUnit {
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
    Period,
}

/// A field of `period`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PeriodField {
    Start,
    End,
    LastDay,
}

/// A status that `is` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    OnTrack,
    AtRisk,
    OffTrack,
    Unknown,
}

/// Operators with one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    Minus,
    Plus,
    Not,
}

/// Operators with two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    Add,
    Sub,
    Mul,
    Div,
    Pow,
    Eq,
    NotEq,
    Lt,
    LtEq,
    Gt,
    GtEq,
    And,
    Or,
}

/// Tests of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TextOp {
    Contains,
    StartsWith,
    EndsWith,
    Matches,
}

/// A call.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The function.
    pub name: Ident,
    /// Its positional arguments.
    pub args: Vec<Argument>,
    /// Its named arguments (`within = 90 days`), which stand after or between the others.
    pub named: Vec<(Ident, Expr)>,
}

/// A positional argument with its clauses, in the order in which they are written.
#[derive(Clone, Debug, PartialEq)]
pub struct Argument {
    /// The argument itself.
    pub expr: Expr,
    /// `via RELATION` (facts).
    pub via: Option<Path>,
    /// `per ENTITY`.
    pub per: Option<Path>,
    /// `on PATH`, `at start`, `at end`, `as of DAY`, `during`.
    pub moment: Option<Moment>,
    /// `by PATH, ...` (in `total`; commas between paths belong to it only there).
    pub by: Vec<Path>,
    /// `where CONDITION`.
    pub filter: Option<Expr>,
    /// From the expression to the last clause.
    pub span: Span,
}

/// When a row counts.
#[derive(Clone, Debug, PartialEq)]
pub struct Moment {
    /// Which moment.
    pub kind: MomentKind,
    /// `including ended`.
    pub including_ended: bool,
    /// The whole clause.
    pub span: Span,
}

/// The moments.
#[derive(Clone, Debug, PartialEq)]
pub enum MomentKind {
    On(Path),
    AtStart,
    AtEnd,
    AsOf(Box<Expr>),
    During,
}

/// A window.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    /// Which window.
    pub kind: WindowKind,
    /// The whole clause.
    pub span: Span,
}

/// The windows.
#[derive(Clone, Debug, PartialEq)]
pub enum WindowKind {
    /// `over last N UNIT`; the unit is day or longer, or `periods`.
    Last { count: u32, unit: DurationUnit },
    /// `year|quarter|month|week to date`.
    ToDate(DurationUnit),
    /// `all time`.
    AllTime,
}
