//! Parquet files -> a table that scans exactly the files that were inspected. DataFusion's own
//! `ListingTable` lists again, cannot take partition values from single-file URLs, and holds them
//! never to be missing.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::datatypes::{Field, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{ColumnStatistics, DFSchema, Statistics};
use datafusion::datasource::TableType;
use datafusion::datasource::file_format::FileFormat;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::listing::helpers::{expr_applicable_for_cols, filter_partitioned_file};
use datafusion::datasource::physical_plan::parquet::metadata::DFParquetMetadata;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder};
use datafusion::datasource::table_schema::TableSchema;
use datafusion::error::Result;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_plan::ExecutionPlan;
use futures::{StreamExt, TryStreamExt, stream};
use parquet::file::metadata::ParquetMetaData;

use super::hive;
use super::sample::OPEN;
use super::spec::{FileColumn, SourceSchema};

/// Some columns of the Parquet files of a source.
#[derive(Debug)]
pub struct ExactFiles {
    source: SourceSchema,
    files: SchemaRef,
    table: TableSchema,
    /// Whether each file column is stored everywhere as it is delivered.
    native: Vec<bool>,
    partitions: Vec<FileColumn>,
}

impl ExactFiles {
    /// A table of some columns: those of the files first, then the partitions.
    pub fn new(source: &SourceSchema, columns: &[FileColumn]) -> Self {
        let (partitions, stored): (Vec<_>, Vec<_>) = columns.iter().cloned().partition(|c| c.partition);
        let field = |c: &FileColumn| Arc::new(Field::new(&c.file_name, c.data_type.clone(), c.nullable));
        let files = Arc::new(Schema::new(stored.iter().map(field).collect::<Vec<_>>()));
        let table = TableSchema::builder(Arc::clone(&files))
            .with_table_partition_cols(partitions.iter().map(field).collect::<Vec<_>>())
            .build();
        let native = stored.iter().map(|c| c.native).collect();
        Self { source: source.clone(), files, table, native, partitions }
    }

    /// The files that can hold rows for the filters on partitions.
    fn files_for(&self, filters: &[Expr]) -> Result<Vec<PartitionedFile>> {
        let names: Vec<&str> = self.partitions.iter().map(|p| p.file_name.as_str()).collect();
        let filters: Vec<Expr> =
            filters.iter().filter(|f| expr_applicable_for_cols(&names, f)).cloned().collect();
        let schema = Schema::new(self.table.table_partition_cols().clone());
        let schema = DFSchema::try_from(schema)?;
        let mut files = Vec::with_capacity(self.source.files.len());
        for file in &self.source.files {
            let values = hive::scalars(&self.source, file, &self.partitions)?;
            let certain = !names.is_empty() && values.iter().all(|v| !v.is_null());
            let whole = PartitionedFile::new_from_meta(file.meta.clone()).with_partition_values(values);
            // A missing value makes a condition missing, which the helper does not look for; the
            // filter above the scan does.
            files.extend(if certain {
                filter_partitioned_file(whole, &filters, &schema)?
            } else {
                Some(whole)
            });
        }
        Ok(files)
    }

    /// Whether conditions spare the reader values of other columns. Where it reads nothing but what they look at,
    /// it is quicker to read all of it and to look then.
    fn spares(&self, projection: Option<&Vec<usize>>, filters: &[Expr]) -> bool {
        let names: BTreeSet<&str> =
            filters.iter().flat_map(Expr::column_refs).map(|c| c.name.as_str()).collect();
        let fields = self.files.fields();
        let other = |index: usize| fields.get(index).is_some_and(|f| !names.contains(f.name().as_str()));
        match projection {
            Some(read) => read.iter().any(|index| other(*index)),
            None => (0..fields.len()).any(other),
        }
    }

    async fn with_statistics(&self, state: &dyn Session, file: PartitionedFile) -> Result<PartitionedFile> {
        let cache = state.runtime_env().cache_manager.get_file_metadata_cache();
        let footer = DFParquetMetadata::new(self.source.store.store.as_ref(), &file.object_meta)
            .with_file_metadata_cache(Some(cache))
            .fetch_metadata()
            .await?;
        let mut statistics = DFParquetMetadata::statistics_from_parquet_metadata(&footer, &self.files)?;
        let known = statistics.column_statistics.iter_mut().zip(&self.native).zip(self.files.fields());
        for ((column, native), field) in known {
            // Those of a file are in its own type: a decimal of another scale would be off by powers.
            if !native || !told(&footer, field.name()) {
                *column = ColumnStatistics::new_unknown();
            }
        }
        if file.partition_values.iter().all(|v| !v.is_null()) {
            return Ok(file.with_statistics(Arc::new(statistics)));
        }
        // `with_statistics` would say that no partition value is missing.
        let unknown = std::iter::repeat_with(ColumnStatistics::new_unknown);
        statistics.column_statistics.extend(unknown.take(file.partition_values.len()));
        Ok(PartitionedFile { statistics: Some(Arc::new(statistics)), ..file })
    }
}

/// Whether each part of a file that has values of a column tells the least and the greatest of them. DataFusion
/// takes those of the parts that do for those of all.
fn told(footer: &ParquetMetaData, name: &str) -> bool {
    let columns = footer.file_metadata().schema_descr().columns();
    let Some(index) = columns.iter().position(|c| c.path().parts() == [name]) else { return true };
    footer.row_groups().iter().all(|group| {
        let Some(told) = group.column(index).statistics() else { return false };
        let missing = told.null_count_opt();
        let bounds = told.min_bytes_opt().is_some() && told.max_bytes_opt().is_some();
        missing.is_some() && (bounds || missing == u64::try_from(group.num_rows()).ok())
    })
}

/// Pieces of a file for each stream that reads, and the least bytes of one.
const PIECES: u64 = 8;
const LEAST: u64 = 512 * 1024;

/// Files in pieces that streams take as they get done with others: conditions leave much of one end of a file
/// that was written in the order of time, and little of the other.
fn pieces(files: Vec<PartitionedFile>, streams: usize) -> Vec<PartitionedFile> {
    let all: u64 = files.iter().map(PartitionedFile::effective_size).sum();
    let size = all.div_ceil(PIECES * streams as u64).max(LEAST);
    if streams == 1 {
        return files;
    }
    let mut pieces = Vec::new();
    for file in files {
        let whole = file.effective_size();
        let count = whole.div_ceil(size).max(1);
        if count == 1 {
            pieces.push(file);
            continue;
        }
        let border = |piece: u64| (u128::from(whole) * u128::from(piece) / u128::from(count)) as i64;
        pieces.extend((0..count).map(|i| file.clone().with_range(border(i), border(i + 1))));
    }
    pieces
}

#[async_trait]
impl TableProvider for ExactFiles {
    fn schema(&self) -> SchemaRef {
        Arc::clone(self.table.table_schema())
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let mut options = state.default_table_options().parquet;
        options.global.pushdown_filters = self.spares(projection, filters);
        let format = ParquetFormat::default().with_options(options).with_coerce_int96(Some("us".to_owned()));
        let mut files = self.files_for(filters)?;
        let mut statistics = Statistics::new_unknown(self.table.table_schema());
        if state.config().collect_statistics() && !files.is_empty() {
            let reads = stream::iter(files).map(|f| self.with_statistics(state, f));
            files = reads.buffered(OPEN).try_collect().await?;
            let known = files.iter().filter_map(|f| f.statistics.as_deref());
            statistics = Statistics::try_merge_iter(known, self.table.table_schema())?;
        }
        let streams = state.config().target_partitions().max(1);
        let groups = FileGroup::new(pieces(files, streams)).split_files(streams);
        let source = format.file_source(self.table.clone());
        let config = FileScanConfigBuilder::new(self.source.store.url.clone(), source)
            .with_file_groups(groups)
            .with_statistics(statistics)
            .with_projection_indices(projection.cloned())?
            .with_limit(limit)
            .build();
        format.create_physical_plan(state, config).await
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }
}

#[cfg(test)]
mod tests {
    use object_store::ObjectMeta;
    use object_store::path::Path;
    use parquet::file::metadata::{ColumnChunkMetaData, FileMetaData, RowGroupMetaData};
    use parquet::file::statistics::Statistics;
    use parquet::schema::parser::parse_message_type;
    use parquet::schema::types::SchemaDescriptor;

    use super::*;

    #[test]
    fn one_part_that_says_nothing_makes_a_column_unknown() {
        let schema = parse_message_type("message m { optional int32 day (DATE); }").unwrap();
        let schema = Arc::new(SchemaDescriptor::new(Arc::new(schema)));
        let part = |told: Option<Statistics>| {
            let mut column = ColumnChunkMetaData::builder(schema.column(0)).set_num_values(5);
            if let Some(told) = told {
                column = column.set_statistics(told);
            }
            RowGroupMetaData::builder(Arc::clone(&schema))
                .set_num_rows(5)
                .set_column_metadata(vec![column.build().unwrap()])
                .build()
                .unwrap()
        };
        let day = |least, greatest, missing| Some(Statistics::int32(least, greatest, None, missing, false));
        let all_told = |parts: Vec<Option<Statistics>>| {
            let file = FileMetaData::new(2, 5, None, None, Arc::clone(&schema), None);
            told(&ParquetMetaData::new(file, parts.into_iter().map(part).collect()), "day")
        };
        assert!(all_told(vec![]));
        assert!(all_told(vec![day(Some(1), Some(2), Some(0)), day(Some(3), Some(3), Some(4))]));
        // A part without values has no bounds.
        assert!(all_told(vec![day(Some(1), Some(2), Some(0)), day(None, None, Some(5))]));
        assert!(!all_told(vec![day(Some(1), Some(2), Some(0)), day(None, None, Some(4))]));
        assert!(!all_told(vec![day(Some(1), Some(2), Some(0)), day(Some(1), None, Some(0))]));
        assert!(!all_told(vec![day(Some(1), Some(2), Some(0)), day(Some(1), Some(2), None)]));
        assert!(!all_told(vec![day(Some(1), Some(2), Some(0)), None]));
    }

    #[test]
    fn pieces_are_the_whole_file() {
        let file = |size: u64| {
            let location = Path::from("t.parquet");
            let last_modified = chrono::DateTime::UNIX_EPOCH;
            PartitionedFile::from(ObjectMeta { location, last_modified, size, e_tag: None, version: None })
        };
        let ranges = |sizes: &[u64], streams| -> Vec<(u64, u64)> {
            let files = sizes.iter().map(|size| file(*size)).collect();
            pieces(files, streams).iter().map(PartitionedFile::range).collect()
        };
        assert_eq!(ranges(&[5 * LEAST], 1), [(0, 5 * LEAST)]);
        assert_eq!(ranges(&[LEAST, 0], 2), [(0, LEAST), (0, 0)]);
        assert_eq!(ranges(&[LEAST + 1], 2), [(0, LEAST / 2), (LEAST / 2, LEAST + 1)]);
        let many = ranges(&[1_000_003 * LEAST + 7], 4);
        assert_eq!(many.len(), 32);
        assert_eq!((many[0].0, many[31].1), (0, 1_000_003 * LEAST + 7));
        assert!(many.windows(2).all(|pair| pair[0].1 == pair[1].0));
    }
}
