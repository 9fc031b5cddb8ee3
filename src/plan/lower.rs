//! Typed row formulas -> DataFusion expressions. Native operators where their meaning is the
//! language's (comparisons, logic), so that filters reach the reader; our kernels where it is not
//! (checked integers, decimals, local days).

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::datatypes::DataType;
use datafusion::common::{Column as DfColumn, Result, ScalarValue, TableReference, internal_err};
use datafusion::logical_expr::{BinaryExpr, Expr, Operator, cast, lit, when};

use super::credited::Credited;
use super::holders::SharedHolders;
use super::keys::Keys;
use super::period::{Stored, day_number};
use super::rates::Rates;
use super::udf;
use crate::functions::operators::{arithmetic, comparison, temporal, text};
use crate::functions::{Env, Failure, row_type, scalar};
use crate::model::expr::{Arith, Compare, Kind, RowExpr, RowLeaf, TextTest, Value};
use crate::model::project::{ColumnRef, Model, SourceId, Via};
use crate::model::rates::RATE;
use crate::model::types::Type;

/// What formulas over rows need to know of the data.
#[derive(Default)]
pub struct Stores {
    /// How each source's columns store time, by source and column; the others are stored as `row_type`.
    pub times: HashMap<(SourceId, usize), Stored>,
    /// Who held what when.
    pub holders: HashMap<Via, SharedHolders>,
    /// Which keys a source has, where a bit for each tells.
    pub keys: HashMap<SourceId, Arc<Keys>>,
    /// Which rows target events are credited to, of columns that no row holds.
    pub credited: HashMap<(SourceId, usize), Credited>,
    /// Exchange rates, where amounts are converted.
    pub rates: Option<Arc<Rates>>,
}

/// The alias of the rows that a chain of relations leads to.
pub fn alias(hops: &[usize]) -> String {
    hops.iter().fold("t".to_owned(), |a, h| format!("{a}_{h}"))
}

/// A column of the rows that a chain of relations leads to. What is joined has the way in its name: DataFusion's
/// physical optimizer goes by names and knows no tables, and where two columns share one it takes a filter's or a
/// projection's column for the other.
pub fn column_at(hops: &[usize], named: &str) -> DfColumn {
    if hops.is_empty() {
        return DfColumn::new(Some(TableReference::bare(alias(hops))), named);
    }
    DfColumn::new_unqualified(format!("{}.{named}", alias(hops)))
}

/// Lowers formulas of one source's rows.
pub struct Lowering<'a> {
    /// The model.
    pub model: &'a Model,
    /// The source whose rows are looked at.
    pub source: SourceId,
    /// Relations that lead to the rows that the formula was written for.
    pub prefix: Vec<usize>,
    /// What is known of the data.
    pub stores: &'a Stores,
    /// The moment that the row counts at, where one is known: a day or an instant.
    pub moment: Option<Expr>,
    /// Columns whose `valid` is being looked at.
    pub unchecked: Vec<ColumnRef>,
}

impl<'a> Lowering<'a> {
    /// For the rows of a source.
    pub fn new(model: &'a Model, source: SourceId, stores: &'a Stores) -> Self {
        Self { model, source, prefix: Vec::new(), stores, moment: None, unchecked: Vec::new() }
    }

    /// The same, for rows that count at a moment.
    #[must_use]
    pub fn at(mut self, moment: Option<Expr>) -> Self {
        self.moment = moment;
        self
    }

    pub(super) fn env(&self) -> Env {
        Env { timezone: self.model.calendar.timezone }
    }

    /// The column at the end of a path; an instant where it is a time.
    pub fn column(&self, at: &ColumnRef) -> Expr {
        let (raw, stored) = self.raw_column(at);
        match stored {
            Some(Stored::Local) => {
                let zone = self.model.calendar.timezone;
                udf::call(
                    "instant",
                    self.env(),
                    row_type(Type::Timestamp),
                    Arc::new(move |args: &[ArrayRef], _| {
                        crate::functions::clock::instants_of_local(&args[0], zone)
                    }),
                    vec![raw],
                )
            }
            _ => raw,
        }
    }

    /// The column as it is stored, with `valid` applied, and how it stores time.
    pub fn raw_column(&self, at: &ColumnRef) -> (Expr, Option<Stored>) {
        let hops: Vec<usize> = self.prefix.iter().chain(&at.hops).copied().collect();
        let source = self.model.target(self.source, &hops);
        let column = &self.model.source(source).columns[at.column];
        let here = Lowering {
            prefix: hops.clone(),
            unchecked: self.unchecked.clone(),
            moment: self.moment.clone(),
            ..*self
        };
        if let Some(formula) = &column.formula {
            let stored = match column.ty {
                Type::Date => Some(Stored::Day),
                Type::Timestamp => Some(Stored::Instant),
                _ => None,
            };
            return (here.expr(formula), stored);
        }
        if let Some(credited) = self.stores.credited.get(&(source, at.column)) {
            let here = Lowering { source, ..here };
            return (credited.call(&here, at.column), None);
        }
        let stored = match column.ty {
            Type::Date => Some(Stored::Day),
            Type::Timestamp => self.stores.times.get(&(source, at.column)).copied().or(Some(Stored::Instant)),
            _ => None,
        };
        let raw = Expr::Column(column_at(&hops, &column.name));
        let raw = match &column.valid {
            None => raw,
            Some(valid) => {
                // Inside `valid` the column is itself, unchecked.
                let absolute = ColumnRef { hops, column: at.column };
                if self.unchecked.contains(&absolute) {
                    raw
                } else {
                    let mut here = here;
                    here.unchecked.push(absolute);
                    case(here.expr(valid), raw)
                }
            }
        };
        (raw, stored)
    }

    /// The key, by its columns, of the row that a relation leads to from where `before` led.
    pub fn key_of(&self, before: &[usize], hop: usize) -> Result<Vec<Expr>> {
        let at = self.model.target(self.source, before);
        let relation = &self.model.source(at).relations[hop];
        let behind = |c: &ColumnRef| ColumnRef {
            hops: before.iter().chain(&c.hops).copied().collect(),
            column: c.column,
        };
        let own = |column: usize| ColumnRef { hops: before.to_vec(), column };
        let Some(via) = &relation.via else {
            return Ok(relation.key.iter().map(|c| self.column(&own(*c))).collect());
        };
        let moment = match via.at {
            Some(column) => Some(self.column(&own(column))),
            None => self.moment.clone(),
        };
        let (Some(moment), Some(holders)) = (moment, self.stores.holders.get(via)) else {
            return internal_err!("`{}` at no moment", relation.name);
        };
        let key: Vec<Expr> = via.held.iter().map(|c| self.column(&behind(c))).collect();
        let find = |part: usize| {
            let holders = Arc::clone(holders);
            let kernel = move |args: &[ArrayRef], _: usize| {
                let (moment, keys) =
                    args.split_last().ok_or_else(|| Failure::Internal("no moment".to_owned()))?;
                holders.find(keys, moment, part)
            };
            let name = format!("{}_at[{at:?}.{hop} {part}]", relation.name);
            let args = key.iter().cloned().chain([moment.clone()]).collect();
            udf::call(name, self.env(), self.stores.holders[via].found_type(part), Arc::new(kernel), args)
        };
        Ok((0..via.found.len()).map(find).collect())
    }

    /// A formula.
    pub fn expr(&self, expr: &RowExpr) -> Expr {
        match &expr.kind {
            Kind::Literal(value) => literal(value, expr.ty),
            Kind::Leaf(RowLeaf::Column(column)) => self.column(column),
            Kind::Leaf(RowLeaf::Period(border)) => super::ranges::border_column(*border),
            Kind::Neg(operand) => {
                let out = row_type(expr.ty);
                let arg = self.expr(operand);
                if expr.ty == Type::Float {
                    return Expr::Negative(Box::new(arg));
                }
                let inner = out.clone();
                let neg = move |args: &[ArrayRef], _: usize| match inner {
                    DataType::Duration(_) => temporal::neg(&args[0]),
                    _ => arithmetic::neg(&args[0], &inner),
                };
                udf::call("neg", self.env(), out, Arc::new(neg), vec![arg])
            }
            Kind::Not(operand) => self.opposite(self.expr(operand)),
            Kind::And(a, b) => self.both(self.expr(a), self.expr(b)),
            Kind::Or(a, b) => self.expr(a).or(self.expr(b)),
            Kind::IsMissing(operand) => self.expr(operand).is_null(),
            Kind::In(operand, list) => {
                let all_literal =
                    list.iter().all(|e| matches!(e.kind, Kind::Literal(_)) && e.ty == operand.ty);
                if all_literal && matches!(operand.ty, Type::Text | Type::Integer | Type::Date) {
                    let items = list.iter().map(|e| self.expr(e)).collect();
                    return self.expr(operand).in_list(items, false);
                }
                list.iter()
                    .map(|item| self.compare(Compare::Eq, operand, item))
                    .reduce(Expr::or)
                    .unwrap_or_else(|| lit(false))
            }
            Kind::Compare(op, a, b) => self.compare(*op, a, b),
            Kind::Arith(op, a, b) => self.arith(*op, a, b, expr.ty),
            Kind::AddMonths(time, months) => {
                let (env, months) = (self.env(), i64::from(*months));
                let kernel = move |args: &[ArrayRef], rows: usize| {
                    let n = arrow::array::Int64Array::from(vec![months; rows]);
                    temporal::add_months(&args[0], &n, &env)
                };
                udf::call(
                    format!("add_months[{months}]"),
                    env,
                    row_type(expr.ty),
                    Arc::new(kernel),
                    vec![self.expr(time)],
                )
            }
            Kind::Text(op, a, b) => {
                let (op, name) = match op {
                    TextTest::Contains => (TextTest::Contains, "contains"),
                    TextTest::StartsWith => (TextTest::StartsWith, "starts_with"),
                    TextTest::EndsWith => (TextTest::EndsWith, "ends_with"),
                    TextTest::Matches => (TextTest::Matches, "matches"),
                };
                let kernel = move |args: &[ArrayRef], _: usize| text::test(op, &args[0], &args[1]);
                udf::call(
                    name,
                    self.env(),
                    DataType::Boolean,
                    Arc::new(kernel),
                    vec![self.expr(a), self.expr(b)],
                )
            }
            Kind::Call(name, args) => self.call(name, args, expr.ty),
        }
    }

    fn call(&self, name: &'static str, args: &[RowExpr], ty: Type) -> Expr {
        if name == RATE {
            return self.rate(args, ty);
        }
        let out = row_type(ty);
        // Branches in one type, so that the result has it; conditions stay conditions.
        let lowered: Vec<Expr> = args
            .iter()
            .map(|a| {
                let e = self.expr(a);
                let widen = matches!(name, "if" | "coalesce") && a.ty.is_number() && ty.is_number();
                match a.ty {
                    _ if widen => cast(e, out.clone()),
                    // Files hold decimals of fewer digits; kernels know one width.
                    Type::Decimal(_) => cast(e, row_type(a.ty)),
                    _ => e,
                }
            })
            .collect();
        let Some(function) = scalar::find(name) else { return lit(ScalarValue::Null) };
        let (kernel, env, inner) = (function.kernel, self.env(), out.clone());
        let settled = move |args: &[ArrayRef], rows: usize| kernel(args, rows, &inner, &env);
        udf::call(name, self.env(), out, Arc::new(settled), lowered)
    }

    fn arith(&self, op: Arith, a: &RowExpr, b: &RowExpr, ty: Type) -> Expr {
        let (left, right) = (self.expr(a), self.expr(b));
        let out = row_type(ty);
        let floats = ty == Type::Float && a.ty == Type::Float && b.ty == Type::Float;
        if floats {
            let op = match op {
                Arith::Add => Operator::Plus,
                Arith::Sub => Operator::Minus,
                Arith::Mul => Operator::Multiply,
                Arith::Div => {
                    let nonzero = datafusion::functions::expr_fn::nullif(right, lit(0.0));
                    return binary(left, Operator::Divide, nonzero);
                }
                Arith::Pow => return self.kernel_arith(op, left, right, out),
            };
            return binary(left, op, right);
        }
        self.kernel_arith(op, left, right, out)
    }

    /// The product of two whole numbers or decimals, as a decimal of 38 digits.
    pub fn product(&self, left: (Expr, Type), right: (Expr, Type)) -> Expr {
        let scale = crate::model::typing::scale(left.1) + crate::model::typing::scale(right.1);
        let out = DataType::Decimal128(38, scale as i8);
        let exact = |(expr, ty): (Expr, Type)| match ty {
            Type::Integer => cast(expr, DataType::Decimal128(38, 0)),
            _ => expr,
        };
        self.kernel_arith(Arith::Mul, exact(left), exact(right), out)
    }

    fn kernel_arith(&self, op: Arith, left: Expr, right: Expr, out: DataType) -> Expr {
        let (env, inner) = (self.env(), out.clone());
        let kernel =
            move |args: &[ArrayRef], _: usize| arithmetic::apply(op, &args[0], &args[1], &inner, &env);
        udf::call(format!("{op:?}").to_lowercase(), env, out, Arc::new(kernel), vec![left, right])
    }

    fn compare(&self, op: Compare, a: &RowExpr, b: &RowExpr) -> Expr {
        let (left, right) = (self.expr(a), self.expr(b));
        let operator = match op {
            Compare::Eq => Operator::Eq,
            Compare::NotEq => Operator::NotEq,
            Compare::Lt => Operator::Lt,
            Compare::LtEq => Operator::LtEq,
            Compare::Gt => Operator::Gt,
            Compare::GtEq => Operator::GtEq,
        };
        let (left, right) = match (a.ty, b.ty) {
            (x, y) if x == y => (left, right),
            (Type::Float, y) if y.is_number() => (left, cast(right, DataType::Float64)),
            (x, Type::Float) if x.is_number() => (cast(left, DataType::Float64), right),
            (Type::Date, Type::Timestamp) => (left, self.local_day(right)),
            (Type::Timestamp, Type::Date) => (self.local_day(left), right),
            (x, y) if x.is_number() && y.is_number() => {
                let scale = crate::model::typing::scale(x).max(crate::model::typing::scale(y));
                match (&a.kind, &b.kind) {
                    // An exact literal beside a column keeps the column bare, so that files can be pruned.
                    (_, Kind::Literal(_))
                        if crate::model::typing::scale(y) <= crate::model::typing::scale(x) =>
                    {
                        (left, cast(right, row_type(x)))
                    }
                    _ => {
                        let common = DataType::Decimal128(38, scale as i8);
                        (cast(left, common.clone()), cast(right, common))
                    }
                }
            }
            _ => (left, right),
        };
        binary(left, operator, right)
    }

    pub(super) fn local_day(&self, instant: Expr) -> Expr {
        let env = self.env();
        let kernel = move |args: &[ArrayRef], _: usize| {
            comparison::local_days(&args[0], &env).map(|days| Arc::new(days) as ArrayRef)
        };
        udf::call("local_day", env, DataType::Date32, Arc::new(kernel), vec![instant])
    }
}

/// `if(condition, value)`; an unknown condition gives missing.
pub fn case(condition: Expr, value: Expr) -> Expr {
    when(condition, value.clone()).end().unwrap_or(value)
}

/// A float without NaN, infinity (missing) and -0 (0); arrays without any are handed through.
pub fn finite(value: Expr) -> Expr {
    use arrow::array::{ArrayRef, AsArray as _, Float64Array};
    const MINUS_ZERO: u64 = 1 << 63;
    let kernel = |args: &[ArrayRef], _: usize| {
        let floats = args[0].as_primitive::<arrow::datatypes::Float64Type>();
        if floats.values().iter().all(|v| v.is_finite() && v.to_bits() != MINUS_ZERO) {
            return Ok(Arc::clone(&args[0]));
        }
        let kept: Float64Array =
            floats.iter().map(|v| v.filter(|v| v.is_finite()).map(|v| v + 0.0)).collect();
        Ok(Arc::new(kept) as ArrayRef)
    };
    let env = Env { timezone: chrono_tz::UTC };
    udf::call("finite", env, DataType::Float64, Arc::new(kernel), vec![value])
}

/// `left op right`.
pub fn binary(left: Expr, op: Operator, right: Expr) -> Expr {
    Expr::BinaryExpr(BinaryExpr::new(Box::new(left), op, Box::new(right)))
}

/// A constant in the storage of its type in rows.
pub fn literal(value: &Value, ty: Type) -> Expr {
    lit(scalar_value(value, ty))
}

/// A constant in the storage of its type in rows.
pub fn scalar_value(value: &Value, ty: Type) -> ScalarValue {
    match value {
        Value::Missing => ScalarValue::try_from(&row_type(ty)).unwrap_or(ScalarValue::Null),
        Value::Integer(n) => match i64::try_from(*n) {
            Ok(n) => ScalarValue::Int64(Some(n)),
            Err(_) => ScalarValue::Decimal128(Some(*n), 38, 0),
        },
        Value::Decimal(n, scale) => ScalarValue::Decimal128(Some(*n), 38, *scale as i8),
        Value::Float(x) => ScalarValue::Float64(Some(*x)),
        Value::Text(t) => ScalarValue::Utf8View(Some(t.clone())),
        Value::Boolean(b) => ScalarValue::Boolean(Some(*b)),
        Value::Date(d) => ScalarValue::Date32(Some(day_number(*d))),
        Value::Timestamp(t) => ScalarValue::TimestampMicrosecond(Some(*t), Some("UTC".into())),
        Value::Duration(d) => ScalarValue::DurationMicrosecond(Some(*d)),
    }
}
