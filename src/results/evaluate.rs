//! Formulas over results, column by column: the kernels of `functions/`, and beside each value the rows
//! behind it and, where it is missing, the leftmost reason. No infinity, NaN or -0 comes out.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array};
use arrow::compute::cast;
use arrow::datatypes::DataType;

use super::asked::{Known, Standing};
use super::hidden::Lines;
use super::per::PerLevel;
use super::set::Members;
use super::tables::Tables;
use crate::functions::operators::{arithmetic, comparison, logic, temporal, text};
use crate::functions::{Env, Failure, result_type, scalar};
use crate::model::calendar::{Calendar, Grain};
use crate::model::expr::{Arith, Compare, Kind, PeriodBorder, ResultExpr, ResultLeaf};
use crate::model::outcome::Reason;
use crate::model::project::{MeasureId, Window};
use crate::plan::lower::scalar_value;
use crate::plan::ranges::window_first;

/// A formula's values over all cells.
#[derive(Clone, Debug)]
pub struct Column {
    /// The values, null where missing.
    pub values: ArrayRef,
    /// Why, by cell: a [`Reason`]'s number, 0 where the value is there.
    pub reasons: Vec<u8>,
    /// Rows behind each value; a constant has none to tell.
    pub n: Option<Counts>,
    /// Rows skipped for a missing argument.
    pub skipped: Counts,
    /// The most rows that one of its aggregates saw.
    pub seen: Counts,
}

/// A number of rows for each cell, which columns of the same rows share.
pub type Counts = Arc<Vec<i64>>;

/// No rows in any of so many cells.
pub fn no_rows(size: usize) -> Counts {
    Arc::new(vec![0; size])
}

/// A grid of cells with what formulas read there.
#[derive(Clone, Debug)]
pub struct Level {
    /// The grain.
    pub grain: Grain,
    /// The calendar that it is one of.
    pub calendar: Calendar,
    /// How many periods; a combination's stand together.
    pub width: usize,
    /// For each combination, whether all its members are there.
    pub named: Vec<bool>,
    /// The dimensions, as written.
    pub dimensions: Vec<Vec<String>>,
    /// The combinations: a member for each dimension.
    pub combos: Vec<Members>,
    /// Tables of values.
    pub tables: Arc<Tables>,
    /// Each measure over the cells.
    pub measures: HashMap<MeasureId, Column>,
    /// The open period, if it is one of these.
    pub open: Option<usize>,
    /// By how many periods back: one cell a combination, cut at the same point as the open period.
    pub cuts: BTreeMap<i64, Arc<Level>>,
    /// Coarser breakdowns, the total among them.
    pub coarser: Vec<Coarser>,
    /// The index of the first period.
    pub first: i64,
    /// The periods that all aggregates reach.
    pub covered: Vec<bool>,
    /// Grids of entities inside its cells, by the address of what is asked of them.
    pub pers: HashMap<usize, PerLevel>,
    /// Of a grid of entities: for each cell what the entity belongs to then.
    pub belongs: Option<Vec<usize>>,
    /// Of a grid of entities: which cells count.
    pub counts: Option<Vec<bool>>,
    /// What adds up to something known, where the formula withholds small cells.
    pub lines: Option<Arc<Lines>>,
    /// What is known beside its measures.
    pub known: Arc<Known>,
}

/// A coarser breakdown beside a level.
#[derive(Clone, Debug)]
pub struct Coarser {
    /// The places of the dimensions that it keeps.
    pub kept: Vec<usize>,
    /// Its grid.
    pub level: Level,
    /// For each combination of the finer level its own.
    pub combos: Vec<Option<usize>>,
}

impl Level {
    /// How many combinations.
    pub fn combos(&self) -> usize {
        self.named.len()
    }

    /// How many cells.
    pub fn size(&self) -> usize {
        self.named.len() * self.width
    }
}

/// Evaluates formulas over cells.
pub struct Evaluator<'a> {
    /// The cells.
    pub level: &'a Level,
    /// The project's zone.
    pub env: Env,
    /// Formulas of KPIs that were computed, by identity.
    pub done: HashMap<*const ResultExpr, Column>,
    /// How KPIs stand, by their names.
    pub standings: HashMap<String, Rc<Standing>>,
    /// Of the cells of a cut period, where they lie among whole ones.
    pub whole: Option<Whole<'a>>,
}

/// Where the cells of a cut period lie among those of whole periods.
#[derive(Clone, Copy)]
pub struct Whole<'a> {
    /// The whole periods, of the same combinations.
    pub level: &'a Level,
    /// The place of the period.
    pub period: usize,
}

impl<'a> Evaluator<'a> {
    /// Of a grid.
    pub fn of(level: &'a Level, env: Env) -> Self {
        Self { level, env, done: HashMap::new(), standings: HashMap::new(), whole: None }
    }
}

pub type Evaluated = Result<Column, Failure>;

impl Evaluator<'_> {
    /// A formula that is used more than once, computed once.
    pub fn shared(&mut self, body: &ResultExpr) -> Evaluated {
        let key = std::ptr::from_ref(body);
        if let Some(done) = self.done.get(&key) {
            return Ok(done.clone());
        }
        let column = self.eval(body)?;
        self.done.insert(key, column.clone());
        Ok(column)
    }

    /// A border of each cell's period.
    fn border(&self, border: PeriodBorder, window: Option<Window>) -> Column {
        let (size, width, calendar) = (self.level.size(), self.level.width.max(1), &self.level.calendar);
        let day = |cell: usize| {
            let period = self.level.first + (cell % width) as i64;
            let end = calendar.end(self.level.grain, period);
            let start = match window {
                None => calendar.start(self.level.grain, period),
                Some(window) => window_first(calendar, window, self.level.grain, period),
            };
            match border {
                PeriodBorder::Start => Some(start),
                PeriodBorder::End => Some(end),
                PeriodBorder::LastDay => end.pred_opt(),
                PeriodBorder::Before => start.pred_opt(),
            }
        };
        let days: arrow::array::Date32Array =
            (0..size).map(|cell| day(cell).map(crate::plan::period::day_number)).collect();
        Column {
            values: Arc::new(days),
            reasons: vec![0; size],
            n: None,
            skipped: no_rows(size),
            seen: no_rows(size),
        }
    }

    /// A formula over all cells.
    pub fn eval(&mut self, expr: &ResultExpr) -> Evaluated {
        let out = result_type(expr.ty);
        match &expr.kind {
            Kind::Literal(value) => {
                let array = scalar_value(value, expr.ty)
                    .to_array_of_size(self.level.size())
                    .map_err(|e| Failure::Internal(e.to_string()))?;
                let reasons = vec![0; self.level.size()];
                Ok(Column {
                    values: stored(&array, &out)?,
                    reasons,
                    n: None,
                    skipped: no_rows(self.level.size()),
                    seen: no_rows(self.level.size()),
                })
            }
            Kind::Leaf(ResultLeaf::Across(across, of)) => self.across(across, of, expr.ty),
            Kind::Leaf(ResultLeaf::History(history)) => self.history(history, expr.ty),
            Kind::Leaf(ResultLeaf::Measure(id)) => self
                .level
                .measures
                .get(id)
                .cloned()
                .ok_or_else(|| Failure::Internal("a measure that was not computed".to_owned())),
            Kind::Leaf(ResultLeaf::Kpi(_, body)) => self.shared(body),
            Kind::Leaf(ResultLeaf::Per(per)) => self.per(per, expr.ty),
            Kind::Leaf(ResultLeaf::Table(table)) => self.table(*table, expr.ty),
            Kind::Leaf(ResultLeaf::Period(border, window)) => Ok(self.border(*border, *window)),
            Kind::Leaf(ResultLeaf::Judged(asked)) => self.asked(asked, expr.ty),
            Kind::Leaf(ResultLeaf::Bound(bound)) => self.bound(bound, expr.ty),
            Kind::Leaf(ResultLeaf::Stated(stated)) => self.stated(stated, expr.ty),
            Kind::Neg(a) => {
                let a = self.eval(a)?;
                let values = match &out {
                    DataType::Duration(_) => temporal::neg(&a.values)?,
                    _ => arithmetic::neg(&a.values, &out)?,
                };
                Ok(combined(values, &[&a], |_| Reason::OutOfRange))
            }
            Kind::Not(a) => {
                let a = self.eval(a)?;
                Ok(combined(logic::not(&a.values)?, &[&a], |_| Reason::OutOfRange))
            }
            Kind::And(a, b) => {
                let (a, b) = (self.eval(a)?, self.eval(b)?);
                Ok(combined(logic::and(&a.values, &b.values)?, &[&a, &b], |_| Reason::OutOfRange))
            }
            Kind::Or(a, b) => {
                let (a, b) = (self.eval(a)?, self.eval(b)?);
                Ok(combined(logic::or(&a.values, &b.values)?, &[&a, &b], |_| Reason::OutOfRange))
            }
            Kind::IsMissing(a) => {
                let a = self.eval(a)?;
                let mut column = combined(logic::is_missing(&a.values)?, &[&a], |_| Reason::OutOfRange);
                column.reasons = vec![0; self.level.size()];
                Ok(column)
            }
            Kind::Arith(op, a, b) => {
                let (a, b) = (self.eval(a)?, self.eval(b)?);
                let values = arithmetic::apply(*op, &a.values, &b.values, &out, &self.env)?;
                let mut column = combined(values, &[&a, &b], |cell| match op {
                    Arith::Div if is_zero(&b.values, cell) => Reason::ZeroDenominator,
                    _ => Reason::OutOfRange,
                });
                if *op == Arith::Div && b.n.is_some() {
                    column.n = b.n;
                }
                Ok(column)
            }
            Kind::AddMonths(a, months) => {
                let a = self.eval(a)?;
                let n = Int64Array::from(vec![i64::from(*months); self.level.size()]);
                let values = temporal::add_months(&a.values, &n, &self.env)?;
                Ok(combined(values, &[&a], |_| Reason::OutOfRange))
            }
            Kind::Compare(op, a, b) => {
                let (a, b) = (self.eval(a)?, self.eval(b)?);
                let values = comparison::compare(*op, &a.values, &b.values, true, &self.env)?;
                Ok(combined(values, &[&a, &b], |_| Reason::OutOfRange))
            }
            Kind::In(a, list) => {
                let a = self.eval(a)?;
                let mut found: Option<Column> = None;
                for item in list {
                    let item = self.eval(item)?;
                    let same = comparison::compare(Compare::Eq, &a.values, &item.values, true, &self.env)?;
                    let same = combined(same, &[&a, &item], |_| Reason::OutOfRange);
                    found = Some(match found {
                        None => same,
                        Some(before) => {
                            let either = logic::or(&before.values, &same.values)?;
                            combined(either, &[&before, &same], |_| Reason::OutOfRange)
                        }
                    });
                }
                found.ok_or_else(|| Failure::Internal("an empty list".to_owned()))
            }
            Kind::Text(op, a, b) => {
                let (a, b) = (self.eval(a)?, self.eval(b)?);
                Ok(combined(text::test(*op, &a.values, &b.values)?, &[&a, &b], |_| Reason::OutOfRange))
            }
            Kind::Call(name, args) => {
                let columns = args.iter().map(|a| self.eval(a)).collect::<Result<Vec<_>, _>>()?;
                let function =
                    scalar::find(name).ok_or_else(|| Failure::Internal(format!("no function {name}")))?;
                let widen = matches!(*name, "if" | "coalesce");
                let arrays = columns
                    .iter()
                    .zip(args)
                    .map(|(c, a)| {
                        let number = widen && a.ty.is_number() && expr.ty.is_number();
                        if number { stored(&c.values, &out) } else { Ok(Arc::clone(&c.values)) }
                    })
                    .collect::<Result<Vec<_>, _>>()?;
                let values = (function.kernel)(&arrays, self.level.size(), &out, &self.env)?;
                let values = stored(&values, &out)?;
                let operands: Vec<&Column> = columns.iter().collect();
                let mut column = combined(values, &operands, |_| Reason::OutOfRange);
                if *name == "if" {
                    taken_reasons(&mut column, &operands);
                }
                Ok(column)
            }
        }
    }
}

/// The reason of an `if` is that of the condition that is missing, or of the branch that is taken.
fn taken_reasons(column: &mut Column, parts: &[&Column]) {
    for cell in (0..column.reasons.len()).filter(|c| column.values.is_null(*c)) {
        let mut from = parts.len().saturating_sub(1);
        for at in (0..parts.len().saturating_sub(1)).step_by(2) {
            let condition = &parts[at].values;
            if condition.is_null(cell) {
                from = at;
                break;
            }
            if condition.as_boolean_opt().is_some_and(|b| b.value(cell)) {
                from = at + 1;
                break;
            }
        }
        if let Some(reason) = parts.get(from).map(|p| p.reasons[cell]).filter(|r| *r != 0) {
            column.reasons[cell] = reason;
        }
    }
}

/// In the storage of results.
pub fn stored(array: &ArrayRef, out: &DataType) -> Result<ArrayRef, Failure> {
    if array.data_type() == out {
        return Ok(Arc::clone(array));
    }
    cast(array, out).map_err(|e| Failure::Overflow(e.to_string()))
}

/// A result with what its operands know: the least n, the most skipped, the leftmost reason. A value
/// that is missing though no operand is has the reason that `own` gives.
pub(super) fn combined(values: ArrayRef, operands: &[&Column], own: impl Fn(usize) -> Reason) -> Column {
    let size = values.len();
    let reasons = (0..size)
        .map(|cell| {
            if values.is_valid(cell) {
                return 0;
            }
            let inherited = operands.iter().map(|o| o.reasons[cell]).find(|r| *r != 0);
            inherited.unwrap_or_else(|| own(cell) as u8)
        })
        .collect();
    let known: Vec<&Counts> = operands.iter().filter_map(|o| o.n.as_ref()).collect();
    let n = (!known.is_empty()).then(|| folded(&known, size, i64::min));
    let most = |of: fn(&Column) -> &Counts| {
        folded(&operands.iter().map(|o| of(o)).collect::<Vec<_>>(), size, i64::max)
    };
    let (skipped, seen) = (most(|c| &c.skipped), most(|c| &c.seen));
    Column { values, reasons, n, skipped, seen }
}

/// One of the numbers of each cell; those that are the same are shared.
fn folded(all: &[&Counts], size: usize, one: fn(i64, i64) -> i64) -> Counts {
    let Some((first, rest)) = all.split_first() else { return no_rows(size) };
    let mut found = Arc::clone(first);
    for other in rest.iter().filter(|other| !Arc::ptr_eq(first, other)) {
        let pairs = found.iter().zip(other.iter());
        found = Arc::new(pairs.map(|(a, b)| one(*a, *b)).collect());
    }
    found
}

pub(super) fn is_zero(array: &ArrayRef, cell: usize) -> bool {
    match array.data_type() {
        DataType::Float64 => array.as_primitive::<arrow::datatypes::Float64Type>().value(cell) == 0.0,
        DataType::Decimal128(..) => array.as_primitive::<arrow::datatypes::Decimal128Type>().value(cell) == 0,
        DataType::Duration(_) => {
            array.as_primitive::<arrow::datatypes::DurationMicrosecondType>().value(cell) == 0
        }
        _ => false,
    }
}
