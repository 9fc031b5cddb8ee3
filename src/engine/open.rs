//! Opens the sources that a plan reads: tables over Parquet and Arrow files, batches of text files, read
//! once a run with the columns that any group needs.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use datafusion::catalog::TableProvider;
use datafusion::datasource::MemTable;

use super::io::{self, SourceSpec};
use super::runner::Runner;
use super::{Inspected, latest};
use crate::diagnostic::{Diagnostic, codes};
use crate::model::project::{Model, SourceId};
use crate::plan::PlanGraph;
use crate::plan::lower::Stores;
use crate::plan::period;
use crate::plan::scan::Opened;

/// The opened sources.
pub struct Sources {
    /// By source.
    pub opened: BTreeMap<SourceId, Opened>,
    /// What formulas over rows need to know of them.
    pub stores: Stores,
}

/// Opens every source that a plan reads. `progress` is told of bytes read.
pub async fn open(
    model: &Model,
    graph: &PlanGraph,
    specs: &[SourceSpec],
    inspected: &Inspected,
    runner: &dyn Runner,
    progress: &(dyn Fn(u64) + Send + Sync),
) -> Result<Sources, Vec<Diagnostic>> {
    let mut sources = Sources { opened: BTreeMap::new(), stores: Stores::default() };
    let mut problems = Vec::new();
    for (id, columns) in &graph.ground.reads {
        let source = model.source(*id);
        if source.distinct.is_some() {
            // Its rows are made of another source's.
            continue;
        }
        let found = specs.iter().find(|s| s.name == source.name).zip(inspected.sources.get(&source.name));
        let Some((spec, schema)) = found else {
            problems.push(
                Diagnostic::new(&codes::NO_FILE, format!("`{}` has no data", source.name))
                    .at(source.defined, "a source without files"),
            );
            continue;
        };
        let wanted: Vec<String> = columns.iter().map(|c| source.columns[*c].name.clone()).collect();
        let text = schema.format.is_text();
        let mut names = BTreeMap::new();
        for column in columns {
            let Some(file) = schema.column(&source.columns[*column].name) else { continue };
            let name = if text { &file.name } else { &file.file_name };
            names.insert(*column, (name.clone(), file.data_type.clone()));
            if let Some(stored) = period::stored(&file.data_type) {
                sources.stores.times.insert((*id, *column), stored);
            }
        }
        let found = if text {
            io::load_text(spec, schema, &wanted, progress).await.and_then(|batches| {
                let columns: Vec<io::FileColumn> =
                    wanted.iter().filter_map(|w| schema.column(w)).cloned().collect();
                let latest = latest::of_batches(source, &names, &batches);
                Ok((in_memory(io::text_schema(&columns), batches)?, latest))
            })
        } else {
            match io::table(spec, schema, &wanted, runner.context()) {
                Ok(table) => {
                    let state = runner.context().state();
                    let latest = latest::of_files(source, &names, table.as_ref(), &state).await;
                    Ok((table, latest))
                }
                Err(found) => Err(found),
            }
        };
        match found {
            Ok((provider, latest)) => {
                sources.opened.insert(*id, Opened { provider, columns: names, latest, numbered: false });
            }
            Err(found) => problems.extend(found),
        }
    }
    if problems.is_empty() { Ok(sources) } else { Err(problems) }
}

/// Batches as a table, dealt out to the cores.
pub fn in_memory(
    schema: Arc<Schema>,
    batches: Vec<RecordBatch>,
) -> Result<Arc<dyn TableProvider>, Vec<Diagnostic>> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut parts: Vec<Vec<RecordBatch>> = vec![Vec::new(); cores.max(1)];
    for (i, batch) in batches.into_iter().enumerate() {
        parts[i % cores].push(batch);
    }
    match MemTable::try_new(schema, parts) {
        Ok(table) => Ok(Arc::new(table)),
        Err(e) => Err(vec![
            Diagnostic::new(&codes::QUERY_FAILED, "rows that could not be held in memory")
                .note(e.to_string()),
        ]),
    }
}
