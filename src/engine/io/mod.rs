//! Data files -> schemas, batches and tables: lists the files of a source, reads their schemas, loads
//! text files row by row and hands the others to DataFusion. Knows nothing of rules; every problem
//! is a diagnostic that names file, line, column and value.

mod columnar;
mod columns;
mod decode;
mod delimited;
mod exact;
mod format;
mod given;
mod hints;
mod hive;
mod ipc;
mod listing;
mod load;
mod moment;
mod naming;
mod number;
mod objects;
mod problems;
mod reading;
mod records;
mod rows;
mod sample;
mod shape;
pub mod spec;
mod storage;
mod store;
mod union;
mod value;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use datafusion::catalog::TableProvider;
use datafusion::prelude::SessionContext;

pub use given::{GivenRows, given};
pub use load::{load_text, text_schema};
pub use spec::{CsvOptions, DeclaredColumn, FileColumn, Format, SourceSchema, SourceSpec};

use crate::diagnostic::Diagnostic;

/// Lists the files of a source and reads their schemas: footers of Parquet and Arrow files, a bounded
/// sample of text. Reads no more rows than that. Call it inside a Tokio runtime.
pub async fn inspect(spec: &SourceSpec) -> Result<SourceSchema, Vec<Diagnostic>> {
    let mut listing = listing::list(spec).await.map_err(|problem| vec![problem])?;
    let partitions = hive::read(spec, listing.root.as_deref(), &mut listing.files)?;
    let (mut found, warnings, hint) = if listing.format.is_text() {
        let first = listing.files.first().map_or("", |f| f.name.as_str());
        let reading = reading::Reading::new(spec, listing.format, first)?;
        let sampled = sample::sample(&reading, &listing).await?;
        (sampled.columns, sampled.warnings, sampled.hint)
    } else {
        let schemas = columnar::schemas(spec, &listing).await?;
        let (found, warnings) = union::join(spec, &listing.files, &schemas)?;
        (found, warnings, None)
    };
    // A folder's name stands for the column even where writers left it in the files too.
    found.retain(|f| !partitions.iter().any(|p| p.name == f.name));
    let keys = partitions.iter().map(|p| p.name.clone()).collect();
    found.extend(partitions);
    let columns = naming::name(spec, &found, listing.format.is_text(), hint.as_deref())?;
    let bytes = listing.files.iter().map(|f| f.meta.size).sum();
    Ok(SourceSchema {
        format: listing.format,
        files: listing.files,
        columns,
        partitions: keys,
        bytes,
        warnings,
        hint,
        store: listing.store,
    })
}

/// A table over exactly the files of a Parquet or Arrow source, with the wanted columns (the
/// language's names) under their file names and in `data_type`: texts come as views also where files
/// hold dictionaries. The store is registered with `context`. Text sources are loaded instead.
pub fn table(
    spec: &SourceSpec,
    schema: &SourceSchema,
    wanted: &[String],
    context: &SessionContext,
) -> Result<Arc<dyn TableProvider>, Vec<Diagnostic>> {
    let mut columns = load::wanted_columns(spec, schema, wanted)?;
    // Two names for one column of the file are one column of the table.
    let mut seen: Vec<String> = Vec::new();
    columns.retain(|c| {
        let new = !seen.contains(&c.file_name);
        seen.push(c.file_name.clone());
        new
    });
    context.register_object_store(schema.store.url.as_ref(), Arc::clone(&schema.store.store));
    match schema.format {
        Format::Parquet => Ok(Arc::new(exact::ExactFiles::new(schema, &columns))),
        Format::Arrow => match ipc::table(schema, &columns) {
            Ok(table) => Ok(Arc::new(table)),
            Err(e) => Err(vec![problems::unreadable(spec, &spec.path.node, &e)]),
        },
        Format::Csv | Format::Ndjson => {
            let headline = format!("`{}` is text and is loaded, not scanned", spec.name);
            Err(vec![problems::of_source(spec, &crate::diagnostic::codes::QUERY_FAILED, headline)])
        }
    }
}
