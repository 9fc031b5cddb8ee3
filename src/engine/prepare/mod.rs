//! What is made before the groups run: rows that count (bad ones set aside, `keep`), derived sources, columns
//! made of other rows (facts, gaps, balances' ends, conversions), who held what, and the lookups. Each
//! step may stand on those before it; what it makes replaces the source's rows, held in memory.

mod bad;
mod columns;
mod credit;
mod held;
mod order;
mod pairs;
mod rows;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::{DataType, Field, Schema};
use datafusion::catalog::TableProvider;
use datafusion::common::Result as DfResult;
use datafusion::logical_expr::LogicalPlan;

use super::open::{Sources, in_memory, open};
use super::run::{Outcomes, Progress, Run};
use super::runner::Runner;
use super::{latest, lookup};
use crate::diagnostic::Diagnostic;
use crate::model::project::{SourceId, Via};
use crate::plan::columns::Inputs;
use crate::plan::scan::{Opened, Scans};
use crate::plan::{ROW, Step};

/// What groups run on.
pub struct Ready {
    /// The sources, with what was made of them.
    pub sources: Sources,
    /// Sources that are joined to, held by key.
    pub lookups: BTreeMap<SourceId, Arc<dyn TableProvider>>,
    /// What was found on the way.
    pub notes: Vec<Diagnostic>,
    /// By source, how many of its rows are set aside.
    pub set_aside: Vec<(String, usize)>,
    /// The rows of sources that are held in memory.
    held: BTreeMap<SourceId, RecordBatch>,
}

/// Rows that are held at a time in one batch of a table.
const SLICE: usize = 1 << 16;

impl Run<'_> {
    /// Opens and makes all that the groups need.
    pub(super) async fn ready(&self, runner: &dyn Runner, progress: &dyn Progress) -> Outcomes<Ready> {
        let sources =
            open(self.model, self.graph, self.specs, self.inspected, runner, &|b| progress.bytes(b)).await?;
        let mut ready = Ready {
            sources,
            lookups: BTreeMap::new(),
            notes: Vec::new(),
            set_aside: Vec::new(),
            held: BTreeMap::new(),
        };
        let ground = &self.graph.ground;
        for step in &ground.steps {
            match step {
                Step::Rows(source) => self.hold_rows(&mut ready, *source, runner).await?,
                Step::Column(source, column) => {
                    self.make_column(&mut ready, *source, *column, runner).await?;
                }
            }
        }
        self.check_spans(&mut ready, runner).await?;
        self.ensure(&mut ready, &ground.lookups, &ground.vias, runner).await?;
        self.read_rates(&mut ready, runner).await?;
        Ok(ready)
    }

    /// Plans against what is ready.
    pub(super) fn scans<'a>(&'a self, ready: &'a Ready) -> Scans<'a> {
        Scans {
            model: self.model,
            opened: &ready.sources.opened,
            lookups: &ready.lookups,
            stores: &ready.sources.stores,
            as_of: self.as_of,
        }
    }

    /// Reads the lookups and holders that are not there yet.
    async fn ensure(
        &self,
        ready: &mut Ready,
        lookups: &BTreeSet<SourceId>,
        vias: &BTreeSet<Via>,
        runner: &dyn Runner,
    ) -> Outcomes<()> {
        let mut problems = Vec::new();
        for source in lookups {
            if ready.lookups.contains_key(source) {
                continue;
            }
            match lookup::read(self.model, &self.scans(ready), *source, runner).await {
                Ok(Ok(found)) => {
                    ready.lookups.insert(*source, found.table);
                    let keys = found.keys.map(|keys| (*source, Arc::new(keys)));
                    ready.sources.stores.keys.extend(keys);
                }
                Ok(Err(found)) => problems.extend(found),
                Err(e) => problems.push(self.of_source(&e, *source)),
            }
        }
        for via in vias {
            if !problems.is_empty() || ready.sources.stores.holders.contains_key(via) {
                continue;
            }
            match self.holders(ready, via, runner).await {
                Ok(Ok(holders)) => {
                    ready.sources.stores.holders.insert(via.clone(), holders);
                }
                Ok(Err(found)) => problems.extend(found),
                Err(e) => problems.push(self.of_source(&e, via.source)),
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    /// The same for what formulas over a source's rows read.
    async fn ensure_inputs(&self, ready: &mut Ready, read: &Inputs<'_>, runner: &dyn Runner) -> Outcomes<()> {
        self.ensure(ready, &read.lookups(), &read.vias, runner).await
    }

    /// Runs a plan into one batch.
    async fn batch(&self, plan: LogicalPlan, runner: &dyn Runner) -> DfResult<RecordBatch> {
        let schema = Arc::new(plan.schema().as_arrow().clone());
        let batches = runner.run(plan).await?;
        let schema = batches.first().map_or(schema, RecordBatch::schema);
        Ok(concat_batches(&schema, &batches)?)
    }

    /// Puts rows in the place of a source's own; what was made of the old ones is made anew.
    fn hold(&self, ready: &mut Ready, source: SourceId, rows: RecordBatch) -> Outcomes<()> {
        let here = self.model.source(source);
        let count = rows.num_rows();
        let numbered: ArrayRef = Arc::new(Int64Array::from_iter_values(0..count as i64));
        let mut fields: Vec<Arc<Field>> = rows.schema().fields().iter().cloned().collect();
        let mut arrays = rows.columns().to_vec();
        fields.push(Arc::new(Field::new(ROW, DataType::Int64, false)));
        arrays.push(numbered);
        let schema = Arc::new(Schema::new(fields));
        let failed = |e: arrow::error::ArrowError| {
            vec![self.of_source(&datafusion::common::DataFusionError::from(e), source)]
        };
        let all = RecordBatch::try_new(Arc::clone(&schema), arrays).map_err(failed)?;
        let slices = (0..count).step_by(SLICE).map(|at| all.slice(at, SLICE.min(count - at))).collect();
        let provider = in_memory(schema, slices)?;
        let columns = rows
            .schema()
            .fields()
            .iter()
            .filter_map(|f| {
                let column = here.column_named(f.name())?;
                Some((column, (f.name().clone(), f.data_type().clone())))
            })
            .collect();
        let latest = latest::of_batches(here, &columns, std::slice::from_ref(&rows));
        ready.sources.opened.insert(source, Opened { provider, columns, latest, numbered: true });
        ready.lookups.remove(&source);
        ready.sources.stores.keys.remove(&source);
        ready.held.insert(source, rows);
        Ok(())
    }

    /// Adds a made column to a source's rows.
    fn add(&self, ready: &mut Ready, source: SourceId, column: usize, values: ArrayRef) -> Outcomes<()> {
        let name = self.model.source(source).columns[column].name.as_str();
        let Some(rows) = ready.held.get(&source) else { return Ok(()) };
        let mut fields: Vec<Arc<Field>> = rows.schema().fields().iter().cloned().collect();
        let mut arrays = rows.columns().to_vec();
        fields.push(Arc::new(Field::new(name, values.data_type().clone(), true)));
        arrays.push(values);
        match RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays) {
            Ok(rows) => self.hold(ready, source, rows),
            Err(e) => Err(vec![self.of_source(&e.into(), source)]),
        }
    }
}
