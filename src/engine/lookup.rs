//! Sources that are joined to: read once, their keys checked (a repeated key would repeat rows), held in
//! memory; and the labels of their members.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::Int64Type;
use datafusion::catalog::TableProvider;
use datafusion::common::{Column, Result};
use datafusion::datasource::provider_as_source;
use datafusion::functions_aggregate::expr_fn::count;
use datafusion::logical_expr::{Expr, LogicalPlanBuilder, lit};

use super::open::in_memory;
use super::runner::Runner;
use crate::diagnostic::{DataPlace, Diagnostic, codes};
use crate::model::project::{Model, SourceId};
use crate::plan::keys::Keys;
use crate::plan::scan::Scans;
use crate::results::set::texts;

/// A source that is joined to.
pub struct Lookup {
    /// Its rows.
    pub table: Arc<dyn TableProvider>,
    /// Which keys it has, where a bit for each tells.
    pub keys: Option<Keys>,
}

/// Reads a lookup source; a repeated key is an error that names keys.
pub async fn read(
    model: &Model,
    scans: &Scans<'_>,
    source: SourceId,
    runner: &dyn Runner,
) -> Result<std::result::Result<Lookup, Vec<Diagnostic>>> {
    let plan = scans.rows(source)?.build()?;
    let schema = Arc::clone(plan.schema().inner());
    let batches = runner.run(plan).await?;
    let keys = bits(model, source, &batches);
    let table = match in_memory(schema, batches) {
        Ok(table) => table,
        Err(problems) => return Ok(Err(problems)),
    };
    if keys.is_some() {
        return Ok(Ok(Lookup { table, keys }));
    }
    Ok(match repeated_keys(model, source, &table, runner).await? {
        None => Ok(Lookup { table, keys }),
        Some(problem) => Err(vec![problem]),
    })
}

/// The keys as bits, where they are whole numbers and none repeats.
fn bits(model: &Model, source: SourceId, batches: &[RecordBatch]) -> Option<Keys> {
    let here = model.source(source);
    let [key] = here.key.as_slice() else { return None };
    let name = here.columns[*key].name.as_str();
    let columns: Option<Vec<_>> =
        batches.iter().map(|b| b.column_by_name(name)?.as_primitive_opt::<Int64Type>()).collect();
    Keys::new(&columns?)
}

fn key_columns(model: &Model, source: SourceId) -> Vec<Expr> {
    let here = model.source(source);
    here.key.iter().map(|k| Expr::Column(Column::new_unqualified(here.columns[*k].name.as_str()))).collect()
}

async fn repeated_keys(
    model: &Model,
    source: SourceId,
    provider: &Arc<dyn TableProvider>,
    runner: &dyn Runner,
) -> Result<Option<Diagnostic>> {
    let keys = key_columns(model, source);
    let known = keys.iter().cloned().map(Expr::is_not_null).reduce(Expr::and).unwrap_or_else(|| lit(true));
    let times = Expr::Column(Column::new_unqualified("times the key occurs"));
    let plan = LogicalPlanBuilder::scan("keys", provider_as_source(Arc::clone(provider)), None)?
        .filter(known)?
        .aggregate(keys.clone(), vec![count(lit(1i64)).alias("times the key occurs")])?
        .filter(times.gt(lit(1i64)))?
        .sort(keys.into_iter().map(|k| k.sort(true, false)))?
        .limit(0, Some(4))?
        .build()?;
    let batches = runner.run(plan).await?;
    let mut found: Vec<(String, i64)> = Vec::new();
    for batch in &batches {
        let width = batch.num_columns() - 1;
        let columns = (0..width).map(|c| texts(batch.column(c), model)).collect::<Result<Vec<_>>>()?;
        let times = batch.column(width).as_primitive::<Int64Type>();
        for row in 0..batch.num_rows() {
            let key: Vec<String> = columns.iter().map(|c| c[row].clone().unwrap_or_default()).collect();
            found.push((key.join(", "), times.value(row)));
        }
    }
    let Some((key, times)) = found.first() else { return Ok(None) };
    let here = model.source(source);
    let names: Vec<&str> = here.key.iter().map(|k| here.columns[*k].name.as_str()).collect();
    let mut diagnostic = Diagnostic::new(
        &codes::REPEATED_KEY,
        format!("the key of `{}` repeats: `{key}` stands in {times} rows", here.name),
    )
    .at(here.defined, format!("each `{}` names one row", names.join(", ")))
    .in_data(DataPlace {
        file: here.name.clone(),
        column: Some(names.join(", ")),
        value: Some(key.clone()),
        line: None,
    })
    .help("a join to it would count rows more than once: one row a key, or another `key`");
    for (key, times) in &found[1..] {
        diagnostic = diagnostic.note(format!("also `{key}`, in {times} rows"));
    }
    Ok(Some(diagnostic))
}

/// Labels by key, for sources that have one and a key of one column.
pub async fn labels(
    model: &Model,
    scans: &Scans<'_>,
    wanted: &[SourceId],
    runner: &dyn Runner,
) -> Result<BTreeMap<SourceId, HashMap<String, String>>> {
    let mut all = BTreeMap::new();
    for source in wanted {
        let here = model.source(*source);
        let (Some(label), [key]) = (here.label, here.key.as_slice()) else { continue };
        let builder = match scans.lookups.get(source) {
            Some(table) => LogicalPlanBuilder::scan("t", provider_as_source(Arc::clone(table)), None)?,
            None => scans.rows(*source)?.alias("t")?,
        };
        let lowering = crate::plan::lower::Lowering::new(model, *source, scans.stores);
        let own = |column| crate::model::project::ColumnRef { hops: Vec::new(), column };
        let plan = builder
            .project(vec![
                lowering.column(&own(*key)).alias("key"),
                lowering.column(&own(label)).alias("label"),
            ])?
            .build()?;
        let batches = runner.run(plan).await?;
        all.insert(*source, by_key(&batches, model)?);
    }
    Ok(all)
}

fn by_key(batches: &[RecordBatch], model: &Model) -> Result<HashMap<String, String>> {
    let mut map: HashMap<String, String> = HashMap::new();
    for batch in batches {
        let (keys, labels) = (texts(batch.column(0), model)?, texts(batch.column(1), model)?);
        for (key, label) in keys.into_iter().zip(labels) {
            if let (Some(key), Some(label)) = (key, label) {
                // A repeated key is reported where it is joined to; here the least label stands, so that
                // the order of rows shows nowhere.
                let least = map.get(&key).is_none_or(|before| label < *before);
                if least {
                    map.insert(key, label);
                }
            }
        }
    }
    Ok(map)
}
