//! The rows of a source that count: those of the file up to the as-of, bad ones set aside, one for each
//! key where `keep` says so; or the values of another source's column.

use arrow::array::{ArrayRef, BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use datafusion::common::Result as DfResult;
use datafusion::logical_expr::LogicalPlanBuilder;

use super::Ready;
use super::order::{groups, ordered};
use crate::engine::run::{Outcomes, Run};
use crate::engine::runner::Runner;
use crate::model::project::{Keep, Source, SourceId};
use crate::plan::columns::Inputs;

impl Run<'_> {
    /// Reads a source's rows and holds them.
    pub(super) async fn hold_rows(
        &self,
        ready: &mut Ready,
        source: SourceId,
        runner: &dyn Runner,
    ) -> Outcomes<()> {
        let here = self.model.source(source);
        let failed = |e| vec![self.of_source(&e, source)];
        if let Some((base, column)) = &here.distinct {
            let mut read = Inputs::new(self.model, *base);
            read.column(column);
            self.ensure_inputs(ready, &read, runner).await?;
            let name = here.key.first().map_or("", |k| here.columns[*k].name.as_str());
            let plan = self.scans(ready).distinct(&read, column, name).map_err(failed)?;
            let rows = self.batch(plan, runner).await.map_err(failed)?;
            return self.hold(ready, source, rows);
        }
        let plan = self.scans(ready).rows(source).and_then(LogicalPlanBuilder::build).map_err(failed)?;
        let mut rows = self.batch(plan, runner).await.map_err(failed)?;
        if here.quarantine {
            rows = self.set_aside(ready, source, rows)?;
        }
        if let Some(keep) = &here.keep {
            rows = kept(here, keep, &rows).map_err(failed)?;
        }
        self.hold(ready, source, rows)
    }
}

/// Columns of a batch by the model's places.
pub(super) fn columns(source: &Source, rows: &RecordBatch, wanted: &[usize]) -> Vec<ArrayRef> {
    wanted.iter().filter_map(|c| rows.column_by_name(&source.columns[*c].name).cloned()).collect()
}

/// The columns that order a source's rows: a time, the key, all others.
pub(super) fn order_of(source: &Source, time: usize) -> Vec<usize> {
    let mut all = vec![time];
    for column in source.key.iter().copied().chain(source.file_columns()) {
        if !all.contains(&column) {
            all.push(column);
        }
    }
    all
}

/// Of the rows with the same key the last; a row without a key stands for itself.
fn kept(source: &Source, keep: &Keep, rows: &RecordBatch) -> DfResult<RecordBatch> {
    let count = rows.num_rows();
    let groups = groups(&columns(source, rows, &keep.per), count)?;
    let order = ordered(&columns(source, rows, &order_of(source, keep.last)))?;
    let mut last: Vec<Option<usize>> = vec![None; count];
    for (row, group) in groups.iter().enumerate() {
        let Some(group) = group else { continue };
        let best = &mut last[*group as usize];
        if best.is_none_or(|b| order.row(b) < order.row(row)) {
            *best = Some(row);
        }
    }
    let keeps: BooleanArray = groups
        .iter()
        .enumerate()
        .map(|(row, g)| Some(g.is_none_or(|g| last[g as usize] == Some(row))))
        .collect();
    Ok(filter_record_batch(rows, &keeps)?)
}
