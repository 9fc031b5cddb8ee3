//! Values outside `valid`: missing to every formula, and counted here, so that they are not lost in silence.

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use datafusion::common::Result;

use super::runner::Runner;
use crate::diagnostic::{Diagnostic, codes};
use crate::model::project::{Model, SourceId};
use crate::plan::PlanGraph;
use crate::plan::scan::Scans;

/// A warning for each column that is read and holds values outside its `valid`, up to the as-of.
pub async fn rejected(
    model: &Model,
    graph: &PlanGraph,
    scans: &Scans<'_>,
    runner: &dyn Runner,
) -> Result<Vec<Diagnostic>> {
    let mut found = Vec::new();
    for (id, columns) in &graph.ground.reads {
        let source = model.source(*id);
        let checked: Vec<usize> =
            columns.iter().copied().filter(|c| source.columns[*c].valid.is_some()).collect();
        if checked.is_empty() {
            continue;
        }
        let batches = runner.run(scans.rejected(*id, &checked)?).await?;
        for batch in batches.iter().filter(|b| b.num_rows() > 0) {
            for (at, column) in checked.iter().enumerate() {
                let count = batch.column(at).as_primitive::<Int64Type>().value(0);
                if count > 0 {
                    found.push(warning(model, *id, *column, count));
                }
            }
        }
    }
    Ok(found)
}

fn warning(model: &Model, source: SourceId, column: usize, count: i64) -> Diagnostic {
    let here = model.source(source);
    let (name, column) = (&here.name, &here.columns[column]);
    let values = if count == 1 { "1 value" } else { &format!("{count} values") };
    let headline = format!("{values} of `{name}.{}` outside `valid`, taken as missing", column.name);
    let diagnostic = Diagnostic::new(&codes::VALUES_REJECTED, headline);
    match &column.valid {
        Some(valid) => diagnostic.at(valid.span, "does not hold for them"),
        None => diagnostic,
    }
}
