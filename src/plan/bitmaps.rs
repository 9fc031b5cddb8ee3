//! Distinct values of rows that count in several periods. For each value the periods that any of its rows
//! counts in become a bitmap, in words of 64, by one aggregate; the bits of all values are then counted. So
//! no row is looked at once for each of its periods, and what is held is one bitmap a value. It does not know
//! what ties a row to periods.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, FixedSizeListArray, Int64Array, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::{DataType, Field, Int32Type, Int64Type, Schema, UInt64Type};
use arrow::row::{OwnedRow, RowConverter, SortField};
use datafusion::common::{DataFusionError, Result, internal_err};
use datafusion::functions_aggregate::expr_fn::bit_or;
use datafusion::logical_expr::{Expr, ExprFunctionExt, LogicalPlan, LogicalPlanBuilder};

use super::GroupSet;
use super::aggregates::{Merge, Parts};
use super::ranges::unpacked;
use super::scan::name;
use super::udf;
use crate::functions::Env;
use crate::functions::aggregates::bit_counts::{WORD, bit_counts};

/// More periods than this (five years of days) are expanded: bitmaps would be longer than most lists.
const MOST: usize = 32 * WORD;

/// The counts of some distinct parts: by keys `k0`, `k1` ..., a list for each part and word, `b0_0`, `b0_1` ...
#[derive(Clone, Debug)]
pub struct Distinct {
    /// The plan.
    pub plan: LogicalPlan,
    /// The places of the parts among the group's.
    pub parts: Vec<usize>,
}

/// The plans that count a group's distinct parts, one for each expression of which values are counted; none
/// where there are no such parts, or where something else has to see the rows of each period anyway.
pub fn plans(
    parts: &Parts,
    set: &GroupSet,
    rows: &LogicalPlanBuilder,
    periods: &Expr,
    keys: &[Expr],
) -> Result<Vec<Distinct>> {
    let count = usize::try_from(set.periods.1 - set.periods.0).unwrap_or(usize::MAX);
    if count > MOST || parts.parts.iter().any(|p| p.merge == Merge::Never && p.distinct.is_none()) {
        return Ok(Vec::new());
    }
    let mut by_value: Vec<(&Expr, Vec<usize>)> = Vec::new();
    for (at, part) in parts.parts.iter().enumerate() {
        let Some((value, _)) = &part.distinct else { continue };
        match by_value.iter_mut().find(|(known, _)| *known == value) {
            Some((_, parts)) => parts.push(at),
            None => by_value.push((value, vec![at])),
        }
    }
    let words = count.div_ceil(WORD);
    let plan = |(value, places): (&Expr, Vec<usize>)| {
        let filters: Vec<Option<&Expr>> = places
            .iter()
            .map(|at| parts.parts[*at].distinct.as_ref().and_then(|(_, filter)| filter.as_ref()))
            .collect();
        let plan = counted(rows.clone(), value, &filters, words, periods, keys)?;
        Ok(Distinct { plan, parts: places })
    };
    by_value.into_iter().map(plan).collect()
}

/// The plan for the values of one expression, under one or more filters.
fn counted(
    mut rows: LogicalPlanBuilder,
    value: &Expr,
    filters: &[Option<&Expr>],
    words: usize,
    periods: &Expr,
    keys: &[Expr],
) -> Result<LogicalPlan> {
    // A filter that all have goes before the aggregate.
    let shared = filters.iter().all(|f| *f == filters[0]);
    if let (true, Some(filter)) = (shared, filters[0]) {
        rows = rows.filter(filter.clone())?;
    }
    let keys = keys.iter().enumerate().map(|(i, k)| (format!("k{i}"), k.clone()));
    let mut columns: Vec<Expr> = keys.clone().map(|(named, k)| k.alias(named)).collect();
    columns.extend([value.clone().alias("v"), periods.clone().alias("s")]);
    if !shared {
        let named = filters.iter().enumerate().filter_map(|(j, f)| Some(((*f)?, format!("c{j}"))));
        columns.extend(named.map(|(f, named)| f.clone().alias(named)));
    }
    let mut by: Vec<Expr> = keys.clone().map(|(named, _)| name(&named)).collect();
    let mut bits = Vec::new();
    for (j, filter) in filters.iter().enumerate() {
        for word in 0..words {
            let or = bit_or(word_of(word, name("s")));
            let or =
                if filter.is_some() && !shared { or.filter(name(&format!("c{j}"))).build()? } else { or };
            bits.push((or, format!("b{j}_{word}")));
        }
    }
    // The bits of no value are not counted; a filter of the second aggregate, since a condition on the
    // first one's key would be tried on every row.
    let count = |named: &String| -> Result<Expr> {
        let counts = bit_counts().call(vec![name(named)]);
        Ok(counts.filter(name("v").is_not_null()).build()?.alias(named))
    };
    let counts = bits.iter().map(|(_, named)| count(named)).collect::<Result<Vec<_>>>()?;
    by.push(name("v"));
    rows.project(columns)?
        .aggregate(by, bits.into_iter().map(|(or, named)| or.alias(named)).collect::<Vec<_>>())?
        .aggregate(keys.map(|(named, _)| name(&named)).collect::<Vec<_>>(), counts)?
        .build()
}

/// The bits of one word for a row's periods; missing where there are none.
fn word_of(word: usize, periods: Expr) -> Expr {
    let kernel = move |args: &[ArrayRef], _: usize| {
        let low = (word * WORD) as i32;
        let words = args[0].as_primitive::<Int64Type>().unary::<_, UInt64Type>(|periods| {
            let (first, last) = unpacked(periods);
            bits(first - low, last - low)
        });
        Ok(Arc::new(words) as ArrayRef)
    };
    let env = Env { timezone: chrono_tz::UTC };
    udf::call(format!("word_{word}_of_periods"), env, DataType::UInt64, Arc::new(kernel), vec![periods])
}

/// The bits from a first to a last, of which 0 to 63 are held.
fn bits(first: i32, last: i32) -> u64 {
    let (first, last) = (first.max(0), last.min(WORD as i32 - 1));
    if first > last {
        return 0;
    }
    let up_to_last = u64::MAX >> (WORD as i32 - 1 - last);
    up_to_last & (u64::MAX << first)
}

impl Distinct {
    /// A set's result, by period `p` and keys, with the columns of these parts.
    pub fn fill(&self, rows: &[RecordBatch], found: &[RecordBatch], keys: usize) -> Result<Vec<RecordBatch>> {
        let Some(found) = found.first().map(|f| concat_batches(&f.schema(), found)).transpose()? else {
            return rows.iter().map(|batch| self.with(batch, |_, _, _| 0)).collect();
        };
        let words = (found.num_columns() - keys) / self.parts.len();
        let lists = found.columns()[keys..].iter().map(lists).collect::<Result<Vec<_>>>()?;
        let types = found.columns()[..keys].iter().map(|k| SortField::new(k.data_type().clone())).collect();
        let converter = RowConverter::new(types)?;
        let mut places: HashMap<OwnedRow, usize> = HashMap::new();
        if keys > 0 {
            let all = converter.convert_columns(&found.columns()[..keys])?;
            places.extend(all.iter().enumerate().map(|(at, key)| (key.owned(), at)));
        }
        let named: Vec<String> = (0..keys).map(|i| format!("k{i}")).collect();
        rows.iter()
            .map(|batch| {
                let keys = named.iter().map(|k| column(batch, k)).collect::<Result<Vec<_>>>()?;
                let at: Vec<Option<usize>> = if keys.is_empty() {
                    vec![Some(0); batch.num_rows()]
                } else {
                    let keys = converter.convert_columns(&keys)?;
                    keys.iter().map(|key| places.get(&key.owned()).copied()).collect()
                };
                self.with(batch, |part, row, period| {
                    let Some(at) = at[row] else { return 0 };
                    let list = lists[part * words + period / WORD];
                    let counts = list.values().as_primitive::<Int64Type>();
                    counts.value(list.value_offset(at) as usize + period % WORD)
                })
            })
            .collect()
    }

    /// A batch with a count for each of these parts, by its place here, the row and its period.
    fn with(&self, batch: &RecordBatch, count: impl Fn(usize, usize, usize) -> i64) -> Result<RecordBatch> {
        let periods = column(batch, "p")?;
        let periods = periods.as_primitive::<Int32Type>();
        let mut fields = batch.schema().fields().to_vec();
        let mut columns = batch.columns().to_vec();
        for (part, place) in self.parts.iter().enumerate() {
            let of_row = |(row, period): (usize, Option<i32>)| {
                usize::try_from(period?).ok().map(|period| count(part, row, period))
            };
            let counts: Int64Array = periods.iter().enumerate().map(of_row).collect();
            fields.push(Arc::new(Field::new(format!("a{place}"), DataType::Int64, true)));
            columns.push(Arc::new(counts));
        }
        Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?)
    }
}

fn column(batch: &RecordBatch, named: &str) -> Result<ArrayRef> {
    let column = batch.column_by_name(named).cloned();
    column.ok_or_else(|| DataFusionError::Internal(format!("a result without the column {named}")))
}

fn lists(array: &ArrayRef) -> Result<&FixedSizeListArray> {
    match array.as_fixed_size_list_opt() {
        Some(lists) => Ok(lists),
        None => internal_err!("counts of bits in an array of {}", array.data_type()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bits_of_a_word() {
        assert_eq!(bits(0, 0), 1);
        assert_eq!(bits(0, 63), u64::MAX);
        assert_eq!(bits(63, 63), 1 << 63);
        assert_eq!(bits(2, 4), 0b1_1100);
        // What lies outside the word has no bit in it.
        assert_eq!(bits(-70, -1), 0);
        assert_eq!(bits(64, 90), 0);
        assert_eq!(bits(-3, 1), 0b11);
        assert_eq!(bits(62, 200), 0b11 << 62);
        assert_eq!(bits(-64, 200), u64::MAX);
    }
}
