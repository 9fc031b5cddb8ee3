//! Rows that stand in for a source's files, as CSV in memory -> its schema: the columns that were written,
//! and without any value those that the source has beside them. Types are the declared ones, those of the
//! real files where these are known, and else what the rows say.

use std::sync::Arc;

use chrono::Utc;
use datafusion::execution::object_store::ObjectStoreUrl;
use object_store::memory::InMemory;
use object_store::path::Path as StorePath;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt};

use super::listing::Listing;
use super::naming::{self, Found};
use super::problems;
use super::reading::Reading;
use super::sample;
use super::spec::{DataFile, DeclaredColumn, Format, Sampled, SourceSchema, SourceSpec, Store};
use super::storage::{is_zoned, storage};
use crate::diagnostic::Diagnostic;
use crate::model::types::Type;
use crate::source::Spanned;

/// The place of the rows in their store.
const PLACE: &str = "rows";

/// What stands in for a source's files.
#[derive(Debug)]
pub struct GivenRows<'a> {
    /// The name that problems use.
    pub name: String,
    /// CSV with a header; nothing at all for no rows.
    pub bytes: Vec<u8>,
    /// The schema of the real files, where it is known.
    pub known: Option<&'a SourceSchema>,
    /// Columns that are there whether written or not.
    pub always: Vec<String>,
}

/// Puts the rows in place of a source's files. `spec` gets what its columns are, for the reader.
pub async fn given(spec: &mut SourceSpec, rows: GivenRows<'_>) -> Result<SourceSchema, Vec<Diagnostic>> {
    let store = InMemory::new();
    let (location, bytes) = (StorePath::from(PLACE), rows.bytes.len() as u64);
    let meta = ObjectMeta {
        location: location.clone(),
        last_modified: Utc::now(),
        size: bytes,
        e_tag: None,
        version: None,
    };
    let put = store.put(&location, rows.bytes.into()).await;
    put.map_err(|e| vec![problems::unreadable(spec, &rows.name, &e)])?;
    let listing = Listing {
        format: Format::Csv,
        files: vec![DataFile { name: rows.name, meta, partitions: Vec::new() }],
        store: Store {
            url: ObjectStoreUrl::local_filesystem(),
            store: Arc::new(store) as Arc<dyn ObjectStore>,
        },
        root: None,
    };
    let name = listing.files.first().map_or("", |f| f.name.as_str());
    let sampled = sample::sample(&Reading::new(spec, Format::Csv, name)?, &listing).await?;
    let mut found = sampled.columns;
    let own = rows.always.clone();
    let mut missing = rows.always;
    for column in rows.known.iter().flat_map(|known| &known.columns) {
        missing.push(column.name.clone());
        let here = found.iter().find(|f| f.name == column.name);
        let declared = spec.columns.iter().position(|d| d.name == column.name);
        let typed = declared.is_some_and(|at| spec.columns[at].ty.is_some());
        // A column of the files without any value, or of no type here, says nothing.
        if typed || column.sampled.none || matches!(column.ty, Type::Unknown | Type::Duration) {
            continue;
        }
        let ty = here.filter(|f| !f.sampled.none).map_or(column.ty, |f| wider(f.ty, column.ty));
        let ty = Some(Spanned::new(ty, spec.path.span));
        match declared {
            Some(at) => spec.columns[at].ty = ty,
            None => {
                let name = column.name.clone();
                spec.columns.push(DeclaredColumn {
                    name,
                    from: None,
                    ty,
                    span: spec.path.span,
                    precision: None,
                });
            }
        }
    }
    missing.extend(spec.columns.iter().map(|d| d.name.clone()));
    for name in missing {
        if found.iter().any(|f| f.name == name) {
            continue;
        }
        let declared = spec.columns.iter().find(|d| d.name == name).and_then(|d| d.ty);
        // Of a column that nothing tells the type of, a formula is no mistake; it cannot be computed.
        let told = rows.known.is_some() || own.contains(&name);
        let ty = declared.map_or(if told { Type::Text } else { Type::Unknown }, |ty| ty.node);
        let zoned = rows.known.and_then(|k| k.column(&name)).is_some_and(|c| is_zoned(&c.data_type));
        let sampled = Sampled { none: true, made_text: None };
        let data_type = storage(ty, None, zoned);
        found.push(Found { name, ty, data_type, nullable: true, partition: false, native: true, sampled });
    }
    let columns = naming::name(spec, &found, true, sampled.hint.as_deref())?;
    Ok(SourceSchema {
        format: listing.format,
        files: listing.files,
        columns,
        partitions: Vec::new(),
        bytes,
        warnings: Vec::new(),
        hint: sampled.hint,
        store: listing.store,
    })
}

/// The type of the files, or of two numbers the one that holds both.
fn wider(written: Type, files: Type) -> Type {
    match (written, files) {
        (Type::Decimal(a), Type::Decimal(b)) => Type::Decimal(a.max(b)),
        (Type::Float, Type::Integer | Type::Decimal(_)) => Type::Float,
        (Type::Decimal(a), Type::Integer) => Type::Decimal(a),
        (Type::Timestamp, Type::Date) => Type::Timestamp,
        _ => files,
    }
}
