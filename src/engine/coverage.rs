//! From which day a source covers a time column: `data_from`, else its first row, whatever is asked for.
//! Parquet's footers answer without reading rows.

use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Date32Type};
use chrono::NaiveDate;
use datafusion::common::{Column, Result, ScalarValue, TableReference};
use datafusion::datasource::provider_as_source;
use datafusion::functions_aggregate::expr_fn::{count, max, min};
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, lit};

use super::runner::Runner;
use crate::functions::Env;
use crate::functions::operators::comparison::local_days;
use crate::model::project::{ColumnRef, Model};
use crate::plan::ScanGroup;
use crate::plan::scan::{Extent, Scans};

/// From when a group's source has rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coverage {
    /// In every period: its rows have no time.
    Always,
    /// From this day.
    From(NaiveDate),
    /// It has no rows at all.
    Never,
}

/// The coverage of a group's time column, and its extent where it is known.
pub async fn of_group(
    model: &Model,
    scans: &Scans<'_>,
    group: &ScanGroup,
    runner: &dyn Runner,
) -> Result<(Coverage, Option<Extent>)> {
    let source = model.source(group.source);
    let Some(time) = group.time.first_column() else { return Ok((Coverage::Always, None)) };
    if let Some(from) = source.data_from {
        return Ok((Coverage::From(from), None));
    }
    // The source's first row by its own time, whatever column the rows are counted on; earlier values of
    // that column reach further back.
    let own = source.time.or(source.span.map(|s| s.from));
    let own = own.map(|column| ColumnRef { hops: Vec::new(), column }).filter(|own| own != time);
    let (mut first, extent) = first_day(model, scans, group, time, runner).await?;
    if let Some(own) = own {
        let (by_own, _) = first_day(model, scans, group, &own, runner).await?;
        first = [first, by_own].into_iter().flatten().min();
    }
    Ok((first.map_or(Coverage::Never, Coverage::From), extent))
}

/// The least day of a time column, and the extent of a plain one.
async fn first_day(
    model: &Model,
    scans: &Scans<'_>,
    group: &ScanGroup,
    time: &ColumnRef,
    runner: &dyn Runner,
) -> Result<(Option<NaiveDate>, Option<Extent>)> {
    let source = model.source(group.source);
    let opened = &scans.opened[&group.source];
    let stored = time.hops.is_empty().then(|| opened.columns.get(&time.column)).flatten();
    let plain = source.columns.get(time.column).is_some_and(|c| c.valid.is_none());
    let plan: LogicalPlan = match stored {
        // The bare column, so that file statistics answer.
        Some((name, _)) if plain => {
            let column = Expr::Column(Column::new(Some(TableReference::bare("rows")), name.as_str()));
            LogicalPlanBuilder::scan("rows", provider_as_source(Arc::clone(&opened.provider)), None)?
                .aggregate(Vec::<Expr>::new(), extent_of(&column))?
                .build()?
        }
        _ => scans.first(group, time)?,
    };
    let batches = runner.run(plan).await?;
    let Some(found) = batches.iter().find(|b| b.num_rows() > 0) else {
        return Ok((None, None));
    };
    let first = found.column(0);
    // Rows after the as-of do not exist, also of the same day.
    if ScalarValue::try_from_array(first, 0)? > scans.last_seen(first.data_type()) {
        return Ok((None, extent(found)?));
    }
    let days = match first.data_type() {
        DataType::Timestamp(_, Some(_)) => local_days(
            &cast(first, &crate::functions::row_type(crate::model::types::Type::Timestamp))?,
            &Env { timezone: model.calendar.timezone },
        )
        .map_err(|f| datafusion::common::DataFusionError::External(Box::new(f)))?,
        _ => cast(first, &DataType::Date32)?.as_primitive::<Date32Type>().clone(),
    };
    Ok((days.iter().next().flatten().and_then(|_| days.value_as_date(0)), extent(found)?))
}

/// What file statistics tell without a look at rows.
fn extent_of(column: &Expr) -> Vec<Expr> {
    vec![
        min(column.clone()).alias("first"),
        max(column.clone()).alias("last"),
        count(column.clone()).alias("known"),
        count(lit(1i64)).alias("rows"),
    ]
}

/// The extent of a column that no row lacks.
fn extent(found: &RecordBatch) -> Result<Option<Extent>> {
    let value =
        |name: &str| found.column_by_name(name).map(|c| ScalarValue::try_from_array(c, 0)).transpose();
    let (known, rows) = (value("known")?, value("rows")?);
    Ok(if known.is_some() && known == rows { value("first")?.zip(value("last")?) } else { None })
}
