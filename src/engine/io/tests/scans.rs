//! Parquet and Arrow files through DataFusion: exact files, types that widen, columns that are absent,
//! dictionaries, partitions, statistics.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, DictionaryArray, Int32Array, Int64Array, StringArray, TimestampMillisecondArray,
};
use arrow::array::{Decimal128Array, ListArray};
use arrow::datatypes::{DataType, Int32Type};
use arrow::ipc::writer::{FileWriter, StreamWriter};
use datafusion::functions_aggregate::expr_fn::{count, max, sum};
use datafusion::prelude::{SessionContext, col, lit};
use parquet::arrow::ArrowWriter;

use super::*;
use crate::engine::io::table;

fn batch(columns: &[(&str, ArrayRef)]) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.iter().map(|(n, a)| (*n, Arc::clone(a), true))).unwrap()
}

fn parquet(columns: &[(&str, ArrayRef)]) -> Vec<u8> {
    let batch = batch(columns);
    let mut out = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut out, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    out
}

fn ipc(columns: &[(&str, ArrayRef)]) -> Vec<u8> {
    let batch = batch(columns);
    let mut writer = FileWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    writer.write(&batch).unwrap();
    writer.finish().unwrap();
    writer.into_inner().unwrap()
}

fn ints(values: &[i32]) -> ArrayRef {
    Arc::new(Int32Array::from(values.to_vec()))
}

fn longs(values: &[i64]) -> ArrayRef {
    Arc::new(Int64Array::from(values.to_vec()))
}

fn texts(values: &[&str]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

fn words(values: &[&str]) -> ArrayRef {
    Arc::new(values.iter().copied().collect::<DictionaryArray<Int32Type>>())
}

fn money(values: &[i128], precision: u8, scale: i8) -> ArrayRef {
    Arc::new(Decimal128Array::from(values.to_vec()).with_precision_and_scale(precision, scale).unwrap())
}

/// The rows of some columns for which `filter` holds, sorted.
fn scan(case: &Case, wanted: &[&str], filter: Option<datafusion::prelude::Expr>) -> Vec<String> {
    let schema = case.schema();
    runtime().block_on(async {
        let context = SessionContext::new();
        let names: Vec<String> = wanted.iter().map(|w| (*w).to_owned()).collect();
        let provider = table(&case.spec, &schema, &names, &context).unwrap();
        let mut frame = context.read_table(provider).unwrap();
        if let Some(filter) = filter {
            frame = frame.filter(filter).unwrap();
        }
        let columns: Vec<_> = wanted.iter().map(|w| col(format!("\"{w}\""))).collect();
        let mut rows = shown(&frame.select(columns).unwrap().collect().await.unwrap());
        rows.sort();
        rows
    })
}

#[test]
fn types_widen_columns_are_filled_and_dictionaries_vanish() {
    for (end, write) in [("parquet", parquet as fn(&[(&str, ArrayRef)]) -> Vec<u8>), ("arrow", ipc)] {
        let case = Case::new("d")
            .file(
                &format!("d/a.{end}"),
                write(&[("id", ints(&[1, 2])), ("w", words(&["x", "y"])), ("m", money(&[150, 250], 10, 2))]),
            )
            .file(
                &format!("d/b.{end}"),
                write(&[
                    ("m", money(&[12_345], 12, 4)),
                    ("w", texts(&["z"])),
                    ("id", longs(&[3])),
                    ("new", texts(&["n"])),
                ]),
            );
        assert_eq!(case.types(), ["id integer", "w text", "m decimal(12,4)", "new text"], "{end}");
        let schema = case.schema();
        assert_eq!(schema.column("w").unwrap().data_type, DataType::Utf8View);
        assert_eq!(schema.warnings.len(), 1);
        assert_eq!(
            scan(&case, &["id", "w", "m", "new"], None),
            ["1|x|1.5000|~", "2|y|2.5000|~", "3|z|1.2345|n"],
            "{end}"
        );
        assert_eq!(scan(&case, &["m", "w"], Some(col("w").eq(lit("y")))), ["2.5000|y"]);
        assert_eq!(scan(&case, &["id"], Some(col("id").gt(lit(1_i64)))), ["2", "3"]);
    }
}

#[test]
fn statistics_of_widened_columns_do_not_lie() {
    let case = Case::new("d")
        .file("d/a.parquet", parquet(&[("m", money(&[150, 90_000], 10, 2))]))
        .file("d/b.parquet", parquet(&[("m", money(&[12_345], 12, 4)), ("n", ints(&[7]))]));
    assert_eq!(scan(&case, &["m"], Some(col("m").gt(lit(800.0)))), ["900.0000"]);
    let schema = case.schema();
    let rows = runtime().block_on(async {
        let context = SessionContext::new();
        let names = ["m".to_owned(), "n".to_owned()];
        let provider = table(&case.spec, &schema, &names, &context).unwrap();
        let frame = context.read_table(provider).unwrap();
        let all = vec![max(col("m")), sum(col("m")), count(col("n")), count(lit(1))];
        shown(&frame.aggregate(vec![], all).unwrap().collect().await.unwrap())
    });
    assert_eq!(rows, ["900.0000|902.7345|1|3"]);
}

#[test]
fn a_type_that_differs_names_both_files() {
    let case = Case::new("d/*.parquet")
        .file("d/a.parquet", parquet(&[("v", ints(&[1]))]))
        .file("d/b.parquet", parquet(&[("v", ints(&[1]))]))
        .file("d/c.parquet", parquet(&[("v", texts(&["x"]))]));
    let d = &case.inspect().unwrap_err()[0];
    assert_eq!(
        (d.code.id, d.headline.as_str()),
        ("E0604", "`v` is integer in `d/a.parquet` and text in `d/c.parquet`")
    );
    let zoned: ArrayRef = Arc::new(TimestampMillisecondArray::from(vec![0]).with_timezone("UTC"));
    let local: ArrayRef = Arc::new(TimestampMillisecondArray::from(vec![0]));
    let case = Case::new("d")
        .file("d/a.parquet", parquet(&[("t", zoned)]))
        .file("d/b.parquet", parquet(&[("t", local)]));
    assert_eq!(case.inspect().unwrap_err()[0].code.id, "E0604");
}

#[test]
fn partitions_prune_and_may_be_missing() {
    for (end, write) in [("parquet", parquet as fn(&[(&str, ArrayRef)]) -> Vec<u8>), ("feather", ipc)] {
        let case = Case::new("ventas ñ")
            .file(&format!("ventas ñ/year=2025/p=a b%25/x 1.{end}"), write(&[("v", ints(&[1, 2]))]))
            .file(
                &format!("ventas ñ/year=2026/p=c/x.{end}"),
                write(&[("v", ints(&[3])), ("year", ints(&[0]))]),
            )
            .file(
                &format!("ventas ñ/year=__HIVE_DEFAULT_PARTITION__/p=c/x.{end}"),
                write(&[("v", ints(&[4]))]),
            );
        assert_eq!(case.types(), ["v integer", "year integer", "p text"]);
        let columns = ["year", "p", "v"];
        assert_eq!(scan(&case, &columns, None), ["2025|a b%|1", "2025|a b%|2", "2026|c|3", "~|c|4"], "{end}");
        assert_eq!(scan(&case, &columns, Some(col("year").eq(lit(2026_i64)))), ["2026|c|3"]);
        assert_eq!(scan(&case, &columns, Some(col("year").is_null())), ["~|c|4"]);
        assert_eq!(scan(&case, &["p"], Some(col("p").eq(lit("c")))), ["c", "c"]);
        assert_eq!(scan(&case, &["v"], None).len(), 4);
    }
}

#[test]
fn names_declared_types_and_unusable_columns() {
    let list: ArrayRef =
        Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(vec![Some(vec![Some(1)])]));
    let case = Case::of(
        "a=1/x*[1].parquet",
        parquet(&[("Account ID", longs(&[7])), ("tags", list), ("n", ints(&[5]))]),
    )
    .column("id", Some("Account ID"), Some(Type::Text))
    .column("n", None, Some(Type::Decimal(2)));
    let schema = case.schema();
    let types: Vec<_> = schema.columns.iter().map(|c| (c.name.as_str(), c.ty)).collect();
    assert_eq!(types, [("id", Type::Text), ("tags", Type::Unknown), ("n", Type::Decimal(2))]);
    assert_eq!(schema.columns[0].data_type, DataType::Int64, "whoever projects casts to the storage of `ty`");
    assert_eq!(scan_named(&case, "id", "Account ID"), ["7"]);
    let bad =
        Case::of("x.parquet", parquet(&[("v", texts(&["2026-01-31"]))])).column("v", None, Some(Type::Date));
    let d = &bad.inspect().unwrap_err()[0];
    assert_eq!(
        (d.code.id, d.headline.as_str()),
        ("E0401", "`v` is text in the files and cannot be read as date")
    );
}

fn scan_named(case: &Case, wanted: &str, file_name: &str) -> Vec<String> {
    let schema = case.schema();
    runtime().block_on(async {
        let context = SessionContext::new();
        let provider = table(&case.spec, &schema, &[wanted.to_owned()], &context).unwrap();
        let frame = context.read_table(provider).unwrap();
        shown(&frame.select(vec![col(format!("\"{file_name}\""))]).unwrap().collect().await.unwrap())
    })
}

#[test]
fn arrow_streams_and_wide_schemas() {
    let many: Vec<(String, ArrayRef)> =
        (0..6000).map(|i| (format!("column number {i}"), ints(&[i]))).collect();
    let many: Vec<(&str, ArrayRef)> = many.iter().map(|(n, a)| (n.as_str(), Arc::clone(a))).collect();
    let case = Case::of("t.arrow", ipc(&many));
    assert_eq!(case.schema().columns.len(), 6000);
    assert_eq!(scan(&case, &["column number 5999"], None), ["5999"]);
    let rows = batch(&[("a", ints(&[1])), ("b", texts(&["x"]))]);
    let mut writer = StreamWriter::try_new(Vec::new(), &rows.schema()).unwrap();
    writer.write(&rows).unwrap();
    writer.finish().unwrap();
    assert_eq!(scan(&Case::of("t.ipc", writer.into_inner().unwrap()), &["b"], None), ["x"]);
    let mut cut = ipc(&[("a", ints(&[1]))]);
    cut.truncate(cut.len() - 10);
    assert!(Case::of("t.arrow", cut).inspect().unwrap_err()[0].headline.contains("cut short"));
}

#[test]
fn filters_and_columns_reach_the_reader() {
    let case = Case::of(
        "t.parquet",
        parquet(&[("a", ints(&[1, 2])), ("b", ints(&[3, 4])), ("w", words(&["x", "y"]))]),
    );
    let schema = case.schema();
    let plan = runtime().block_on(async {
        let context = SessionContext::new();
        let names = ["a", "b", "w"].map(str::to_owned);
        let provider = table(&case.spec, &schema, &names, &context).unwrap();
        let frame = context.read_table(provider).unwrap();
        let frame = frame.filter(col("a").gt(lit(1)).and(col("w").eq(lit("y")))).unwrap();
        let plan = frame.select(vec![col("b")]).unwrap().create_physical_plan().await.unwrap();
        datafusion::physical_plan::displayable(plan.as_ref()).indent(false).to_string()
    });
    assert!(plan.contains("pruning_predicate=") && plan.contains("a_max@"), "{plan}");
    assert!(plan.contains("file_type=parquet"), "{plan}");
}
