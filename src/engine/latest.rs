//! The latest time that a source's own times reach, where it is known without reading rows: from the footers of its
//! files, or of rows that are in memory. It lets plans leave out the cut at the as-of, which few files need.

use std::collections::BTreeMap;

use arrow::array::RecordBatch;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::ScalarValue;
use datafusion::common::stats::Precision;
use datafusion::functions_aggregate::min_max::MaxAccumulator;
use datafusion::logical_expr::Accumulator;
use datafusion::physical_plan::statistics::{StatisticsArgs, StatisticsContext};

use crate::model::project::Source;
use crate::plan::scan::FileColumns;

/// The columns of a source that are cut at the as-of, with their names in the table that holds them.
fn cut<'a>(source: &Source, columns: &'a FileColumns) -> impl Iterator<Item = (usize, &'a str)> {
    let own = [source.time, source.span.map(|s| s.from), source.span.and_then(|s| s.to)];
    own.into_iter().flatten().filter_map(|index| Some((index, columns.get(&index)?.0.as_str())))
}

/// From what the files say of themselves.
pub async fn of_files(
    source: &Source,
    columns: &FileColumns,
    provider: &dyn TableProvider,
    session: &dyn Session,
) -> BTreeMap<usize, ScalarValue> {
    if cut(source, columns).next().is_none() {
        return BTreeMap::new();
    }
    // What fails here fails again, and is reported, where rows are read.
    let Ok(scan) = provider.scan(session, None, &[], None).await else { return BTreeMap::new() };
    let Ok(statistics) = StatisticsContext::new().compute(scan.as_ref(), &StatisticsArgs::new()) else {
        return BTreeMap::new();
    };
    let schema = scan.schema();
    let latest = |(index, name): (usize, &str)| {
        let column = statistics.column_statistics.get(schema.index_of(name).ok()?)?;
        match &column.max_value {
            Precision::Exact(value) if !value.is_null() => Some((index, value.clone())),
            _ => None,
        }
    };
    cut(source, columns).filter_map(latest).collect()
}

/// Of rows in memory.
pub fn of_batches(
    source: &Source,
    columns: &FileColumns,
    batches: &[RecordBatch],
) -> BTreeMap<usize, ScalarValue> {
    let latest = |(index, name): (usize, &str)| {
        let mut latest = MaxAccumulator::try_new(&columns.get(&index)?.1).ok()?;
        for batch in batches {
            latest.update_batch(&[batch.column_by_name(name)?.clone()]).ok()?;
        }
        Some((index, latest.evaluate().ok().filter(|value| !value.is_null())?))
    };
    cut(source, columns).filter_map(latest).collect()
}
