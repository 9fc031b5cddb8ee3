//! Measures -> aggregate expressions (parts), shared where equal; and parts -> values with the rows
//! behind them. A part that can be merged can be rolled up from finer grains and breakdowns.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Decimal128Array, DurationMicrosecondArray, Float64Array, Int64Array,
    StructArray,
};
use arrow::compute::cast as cast_array;
use arrow::datatypes::{DataType, Decimal128Type, Int64Type};
use datafusion::common::{DFSchema, DataFusionError, Result};
use datafusion::functions_aggregate::expr_fn::{
    approx_distinct, approx_percentile_cont, count, max, min, sum,
};
use datafusion::functions_aggregate::first_last::{first_value_udaf, last_value_udaf};
use datafusion::logical_expr::{Expr, ExprFunctionExt, ExprSchemable, cast, lit};

use super::lower::{Lowering, finite};
use crate::functions::aggregates::{moments_udaf, percentile_udaf, sum_udaf};
use crate::functions::arrays::{decimal_to_f64, put_floats, ratio};
use crate::functions::result_type;
use crate::model::project::{Aggregate, ColumnRef, Measure};
use crate::model::types::Type;
use crate::model::typing::scale;

/// How a part of a finer result becomes a part of a coarser one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merge {
    /// Counts add up.
    Add,
    /// The least of the least.
    Min,
    /// The greatest of the greatest.
    Max,
    /// Exact sums are merged.
    SumState,
    /// It has to be computed from the rows.
    Never,
}

/// One aggregate expression of a group.
#[derive(Clone, Debug)]
pub struct Part {
    /// What is computed from rows.
    pub expr: Expr,
    /// How it rolls up.
    pub merge: Merge,
    /// Where it is how many different values there are: of what, and under which filter.
    pub distinct: Option<(Expr, Option<Expr>)>,
}

impl Part {
    /// The aggregate of this part over a column that holds it at a finer level.
    pub fn merged(&self, column: Expr) -> Expr {
        match self.merge {
            Merge::Add => sum(column),
            Merge::Min => min(column),
            Merge::Max => max(column),
            Merge::SumState => sum_udaf::sum_merge().call(vec![column]),
            Merge::Never => column,
        }
    }
}

/// A measure's parts by their places among the group's.
#[derive(Clone, Debug)]
pub struct MeasureParts {
    parts: Vec<usize>,
    /// How many rows lack an exchange rate, where amounts are converted.
    lacking: Option<usize>,
    /// How many of them only may pass the filter.
    undecided: Option<usize>,
}

/// A measure's values by row of a group's result.
#[derive(Clone, Debug)]
pub struct MeasureValues {
    /// The value, in the storage of results; null where there is none.
    pub values: ArrayRef,
    /// Non-missing arguments.
    pub n: Int64Array,
    /// Rows that passed the filter.
    pub rows: Int64Array,
}

/// The parts of several measures, equal ones once.
#[derive(Clone, Debug, Default)]
pub struct Parts {
    /// The parts.
    #[allow(clippy::struct_field_names)]
    pub parts: Vec<Part>,
    filtered: bool,
    keys: Vec<String>,
}

impl Parts {
    /// No parts yet. `filtered`: the rows are those that the measures' filter keeps, before any aggregate.
    pub fn new(filtered: bool) -> Self {
        Self { filtered, ..Self::default() }
    }

    fn add(&mut self, expr: Expr, filter: Option<&Expr>, merge: Merge) -> Result<usize> {
        let expr = match filter {
            Some(f) => expr.filter(f.clone()).build()?,
            None => expr,
        };
        let key = format!("{expr:?}");
        if let Some(at) = self.keys.iter().position(|k| *k == key) {
            return Ok(at);
        }
        self.parts.push(Part { expr, merge, distinct: None });
        self.keys.push(key);
        Ok(self.parts.len() - 1)
    }

    fn distinct(&mut self, value: Expr, filter: Option<&Expr>) -> Result<usize> {
        let distinct = count(value.clone()).distinct();
        let distinct = match filter {
            Some(f) => distinct.filter(f.clone()).build()?,
            None => distinct.build()?,
        };
        let at = self.add(distinct, None, Merge::Never)?;
        self.parts[at].distinct = Some((value, filter.cloned()));
        Ok(at)
    }

    /// Adds the parts of a measure.
    pub fn measure(
        &mut self,
        measure: &Measure,
        lowering: &Lowering<'_>,
        schema: &DFSchema,
    ) -> Result<MeasureParts> {
        let parts = self.values(measure, lowering, schema)?;
        let mut counted =
            |rows: Option<&Expr>| rows.map(|r| self.add(count(lit(1i64)), Some(r), Merge::Add)).transpose();
        let found = lowering.lacking(measure);
        let lacking = counted(found.as_ref().map(|l| &l.rows))?;
        let undecided = counted(found.as_ref().and_then(|l| l.undecided.as_ref()))?;
        Ok(MeasureParts { parts, lacking, undecided })
    }

    /// Adds the parts of a measure's value.
    fn values(
        &mut self,
        measure: &Measure,
        lowering: &Lowering<'_>,
        schema: &DFSchema,
    ) -> Result<Vec<usize>> {
        let filter = measure.filter.as_ref().filter(|_| !self.filtered).map(|f| lowering.mask(f));
        let f = filter.as_ref();
        let argument = measure.argument.as_ref().map(|a| (lowering.expr(a), a.ty));
        let rows = |s: &mut Self| s.add(count(lit(1i64)), f, Merge::Add);
        let Some((x, ty)) = argument else {
            return Ok(vec![rows(self)?]);
        };
        let known = |s: &mut Self| s.add(count(x.clone()), f, Merge::Add);
        let float = cast(as_number(x.clone(), ty), DataType::Float64);
        let parts = match &measure.aggregate {
            Aggregate::Count => vec![known(self)?, rows(self)?],
            Aggregate::Sum | Aggregate::Avg => {
                let state = sum_udaf::sum_state(&x.get_type(schema)?).call(vec![x.clone()]);
                vec![self.add(state, f, Merge::SumState)?]
            }
            Aggregate::Min => vec![self.add(min(x.clone()), f, Merge::Min)?, known(self)?, rows(self)?],
            Aggregate::Max | Aggregate::Own => {
                vec![self.add(max(x.clone()), f, Merge::Max)?, known(self)?, rows(self)?]
            }
            Aggregate::Percentile(p) => {
                let call = percentile_udaf::percentile(*p).call(vec![float]);
                vec![self.add(call, f, Merge::Never)?, known(self)?, rows(self)?]
            }
            Aggregate::ApproxPercentile(p) => {
                let call = approx_percentile_cont(float.sort(true, false), lit(*p), None);
                vec![self.add(call, f, Merge::Never)?, known(self)?, rows(self)?]
            }
            Aggregate::Stddev | Aggregate::Variance => {
                let state = moments_udaf::moments_state().call(vec![float]);
                vec![self.add(state, f, Merge::Never)?]
            }
            Aggregate::CountDistinct => {
                // 0 and -0 are one value.
                let x = if ty == Type::Float { finite(x.clone()) } else { x.clone() };
                vec![self.distinct(x, f)?, known(self)?, rows(self)?]
            }
            Aggregate::ApproxCountDistinct => {
                vec![self.add(approx_distinct(x.clone()), f, Merge::Never)?, known(self)?, rows(self)?]
            }
            Aggregate::Share => {
                let holds = match f {
                    Some(f) => f.clone().and(x.clone()),
                    None => x.clone(),
                };
                vec![self.add(count(lit(1i64)), Some(&holds), Merge::Add)?, known(self)?, rows(self)?]
            }
            Aggregate::Converted => {
                let holds = match f {
                    Some(f) => f.clone().and(x.clone()),
                    None => x.clone(),
                };
                match &measure.weight {
                    None => {
                        let converted = self.add(count(lit(1i64)), Some(&holds), Merge::Add)?;
                        vec![converted, rows(self)?, rows(self)?]
                    }
                    // Base events of nobody are no entity's.
                    Some(key) => {
                        let key = lowering.expr(key);
                        let whose = self.add(count(key.clone()), f, Merge::Add)?;
                        vec![self.distinct(key, Some(&holds))?, whose, rows(self)?]
                    }
                }
            }
            Aggregate::First | Aggregate::Last => {
                let order = row_order(measure, lowering);
                let value = if measure.aggregate == Aggregate::First {
                    first_value_udaf()
                } else {
                    last_value_udaf()
                };
                let there = x.clone().is_not_null();
                let there = match f {
                    Some(f) => f.clone().and(there),
                    None => there,
                };
                let value = value.call(vec![x.clone()]).order_by(order).filter(there).build()?;
                vec![self.add(value, None, Merge::Never)?, known(self)?, rows(self)?]
            }
            Aggregate::WeightedAvg if exact_weights(measure) => {
                // In decimals, so that large whole weights lose no digit.
                let weight = measure.weight.as_ref();
                let (w, wt) = weight.map_or_else(|| (lit(1i64), Type::Integer), |w| (lowering.expr(w), w.ty));
                let product = lowering.product((x.clone(), ty), (w.clone(), wt));
                let both = x.clone().is_not_null().and(w.clone().is_not_null());
                let both = match f {
                    Some(f) => f.clone().and(both),
                    None => both,
                };
                let products = sum_udaf::sum_state(&product.get_type(schema)?).call(vec![product]);
                let weights = sum_udaf::sum_state(&w.get_type(schema)?).call(vec![w]);
                vec![
                    self.add(products, Some(&both), Merge::SumState)?,
                    self.add(weights, Some(&both), Merge::SumState)?,
                    rows(self)?,
                ]
            }
            Aggregate::WeightedAvg => {
                let w =
                    measure.weight.as_ref().map_or_else(|| lit(1.0), |w| as_number(lowering.expr(w), w.ty));
                let w = cast(w, DataType::Float64);
                let both = x.clone().is_not_null().and(w.clone().is_not_null());
                let both = match f {
                    Some(f) => f.clone().and(both),
                    None => both,
                };
                let state = sum_udaf::sum_state(&DataType::Float64);
                vec![
                    self.add(state.call(vec![float * w.clone()]), Some(&both), Merge::SumState)?,
                    self.add(state.call(vec![w]), Some(&both), Merge::SumState)?,
                    rows(self)?,
                ]
            }
        };
        Ok(parts)
    }
}

/// The total order of a source's rows: when they count, their key, their other columns, missing first.
fn row_order(measure: &Measure, lowering: &Lowering<'_>) -> Vec<datafusion::logical_expr::SortExpr> {
    let source = lowering.model.source(measure.source);
    let mut all: Vec<ColumnRef> = measure.time.first_column().into_iter().cloned().collect();
    let own = source.time.or(source.span.map(|s| s.from)).filter(|_| all.is_empty());
    for column in own.into_iter().chain(source.key.iter().copied()).chain(source.file_columns()) {
        let column = ColumnRef { hops: Vec::new(), column };
        if !all.contains(&column) {
            all.push(column);
        }
    }
    all.iter().map(|c| lowering.column(c).sort(true, true)).collect()
}

/// Whether values and weights of a weighted mean are whole numbers or decimals.
fn exact_weights(measure: &Measure) -> bool {
    let exact = |ty: Type| matches!(ty, Type::Integer | Type::Decimal(_));
    let types = measure.argument.as_ref().map(|a| a.ty).zip(measure.weight.as_ref().map(|w| w.ty));
    types.is_some_and(|(a, w)| exact(a) && exact(w) && scale(a) + scale(w) <= 38)
}

/// A duration as a number of microseconds.
fn as_number(expr: Expr, ty: Type) -> Expr {
    if ty == Type::Duration { cast(expr, DataType::Int64) } else { expr }
}

impl MeasureParts {
    /// From its group's parts, how many rows of a measure lack an exchange rate, and how many of them only
    /// may pass its filter.
    pub fn lacking(&self, columns: &[ArrayRef]) -> Result<(Option<Int64Array>, Option<Int64Array>)> {
        let counts = |at: Option<usize>| -> Result<Option<Int64Array>> {
            let rows = at.map(|at| cast_array(&columns[at], &DataType::Int64)).transpose()?;
            Ok(rows.map(|rows| rows.as_primitive().clone()))
        };
        Ok((counts(self.lacking)?, counts(self.undecided)?))
    }

    /// A measure's values from its group's parts.
    pub fn finish(&self, measure: &Measure, columns: &[ArrayRef]) -> Result<MeasureValues> {
        let part = |i: usize| &columns[self.parts[i]];
        let counts = |i: usize| -> Result<Int64Array> {
            Ok(cast_array(part(i), &DataType::Int64)?.as_primitive().clone())
        };
        let state = |i: usize| -> Result<&StructArray> {
            part(i)
                .as_struct_opt()
                .ok_or_else(|| DataFusionError::Internal("a sum without a state".to_owned()))
        };
        let out = result_type(measure.ty);
        let counted = |array: &Int64Array| -> Result<ArrayRef> { Ok(cast_array(array, &out)?) };
        Ok(match &measure.aggregate {
            Aggregate::Count if self.parts.len() == 1 => {
                let rows = counts(0)?;
                MeasureValues { values: counted(&rows)?, n: rows.clone(), rows }
            }
            Aggregate::Count => {
                let n = counts(0)?;
                MeasureValues { values: counted(&n)?, n, rows: counts(1)? }
            }
            Aggregate::Sum | Aggregate::Avg => {
                let (sums, n, skipped) = sum_udaf::finish_sum(state(0)?)?;
                let rows = arrow::compute::kernels::numeric::add(&n, &skipped)?.as_primitive().clone();
                let values = match measure.aggregate {
                    Aggregate::Sum => sums_as(&sums, measure.ty)?,
                    _ => means(&sums, &n, measure.ty)?,
                };
                MeasureValues { values, n, rows }
            }
            Aggregate::Stddev | Aggregate::Variance => {
                let state = state(0)?;
                let variance = moments_udaf::finish_variance(state)?;
                let root = measure.aggregate == Aggregate::Stddev;
                let values: Float64Array =
                    variance.iter().map(|v| v.map(|v| if root { v.sqrt() } else { v })).collect();
                let field = |name: &str| -> Result<Int64Array> {
                    let column = state
                        .column_by_name(name)
                        .ok_or_else(|| DataFusionError::Internal(format!("moments without {name}")))?;
                    Ok(column.as_primitive::<Int64Type>().clone())
                };
                let n = field("n")?;
                let rows =
                    arrow::compute::kernels::numeric::add(&n, &field("skipped")?)?.as_primitive().clone();
                MeasureValues { values: in_unit(put_floats(&values), measure.ty), n, rows }
            }
            Aggregate::Share => {
                let (holds, n) = (counts(0)?, counts(1)?);
                let values: Float64Array =
                    holds.iter().zip(n.iter()).map(|(h, n)| ratio_of(h?.into(), n?.into())).collect();
                MeasureValues { values: Arc::new(values), n, rows: counts(2)? }
            }
            Aggregate::WeightedAvg => {
                let (products, n, _) = sum_udaf::finish_sum(state(0)?)?;
                let (weights, _, _) = sum_udaf::finish_sum(state(1)?)?;
                if let (Some(products), Some(weights)) = (
                    products.as_primitive_opt::<Decimal128Type>(),
                    weights.as_primitive_opt::<Decimal128Type>(),
                ) {
                    // Products have the weights' digits after the point and the values' own.
                    let shift = (products.scale() - weights.scale()).max(0) as u32;
                    let scale = 10i128.checked_pow(shift);
                    let quotients = products.iter().zip(weights.iter()).map(|(p, w)| {
                        let (p, w) = (p?, w.filter(|w| *w != 0)?);
                        Some(match scale.and_then(|s| w.checked_mul(s)) {
                            Some(below) => ratio(p, below),
                            None => decimal_to_f64(p, products.scale()) / decimal_to_f64(w, weights.scale()),
                        })
                    });
                    let values: Float64Array = quotients.collect();
                    return Ok(MeasureValues { values: put_floats(&values), n, rows: counts(2)? });
                }
                let (products, weights): (&Float64Array, &Float64Array) =
                    (products.as_primitive(), weights.as_primitive());
                let values: Float64Array = products
                    .iter()
                    .zip(weights.iter())
                    .map(|(p, w)| Some(p? / w?).filter(|v| v.is_finite()))
                    .collect();
                MeasureValues { values: put_floats(&values), n, rows: counts(2)? }
            }
            Aggregate::CountDistinct | Aggregate::ApproxCountDistinct => {
                MeasureValues { values: counted(&counts(0)?)?, n: counts(1)?, rows: counts(2)? }
            }
            Aggregate::Converted => {
                MeasureValues { values: counted(&counts(0)?)?, n: counts(1)?, rows: counts(2)? }
            }
            Aggregate::Percentile(_) | Aggregate::ApproxPercentile(_) => {
                let values = cast_array(part(0), &DataType::Float64)?;
                MeasureValues { values: in_unit(values, measure.ty), n: counts(1)?, rows: counts(2)? }
            }
            Aggregate::Min | Aggregate::Max | Aggregate::Own | Aggregate::First | Aggregate::Last => {
                MeasureValues { values: cast_array(part(0), &out)?, n: counts(1)?, rows: counts(2)? }
            }
        })
    }
}

fn ratio_of(a: i128, b: i128) -> Option<f64> {
    (b != 0).then(|| ratio(a, b))
}

/// Microseconds as floats -> durations, where the value is one.
fn in_unit(values: ArrayRef, ty: Type) -> ArrayRef {
    if ty != Type::Duration {
        return values;
    }
    let micros: DurationMicrosecondArray = values
        .as_primitive::<arrow::datatypes::Float64Type>()
        .iter()
        .map(|v| v.map(|v| v.round() as i64))
        .collect();
    Arc::new(micros)
}

pub fn sums_as(sums: &ArrayRef, ty: Type) -> Result<ArrayRef> {
    if ty == Type::Duration {
        let micros: DurationMicrosecondArray = sums
            .as_primitive::<Decimal128Type>()
            .iter()
            .map(|v| v.and_then(|v| i64::try_from(v).ok()))
            .collect();
        return Ok(Arc::new(micros));
    }
    Ok(cast_array(sums, &result_type(ty))?)
}

/// Exact sums over their counts, rounded once.
pub fn means(sums: &ArrayRef, n: &Int64Array, ty: Type) -> Result<ArrayRef> {
    let values: Float64Array = match sums.data_type() {
        DataType::Float64 => sums
            .as_primitive::<arrow::datatypes::Float64Type>()
            .iter()
            .zip(n.iter())
            .map(|(s, n)| Some(s? / n.filter(|n| *n != 0)? as f64))
            .collect(),
        DataType::Decimal128(_, s) => {
            let sums: &Decimal128Array = sums.as_primitive();
            sums.iter()
                .zip(n.iter())
                .map(|(sum, n)| {
                    let (sum, n) = (sum?, i128::from(n.filter(|n| *n != 0)?));
                    match 10i128.checked_pow(*s as u32).and_then(|p| n.checked_mul(p)) {
                        Some(below) => Some(ratio(sum, below)),
                        None => Some(decimal_to_f64(sum, *s) / n as f64),
                    }
                })
                .collect()
        }
        other => return Err(DataFusionError::Internal(format!("a sum of type {other}"))),
    };
    Ok(in_unit(put_floats(&values), ty))
}
