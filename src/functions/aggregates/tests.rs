//! The aggregates inside DataFusion: groups, filters, grouping sets, partitions, roll-ups; and that no
//! order of rows and no split changes a bit.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Decimal128Array, DurationMicrosecondArray, Float64Array, Int64Array,
    RecordBatch, StructArray,
};
use arrow::compute::concat_batches;
use arrow::datatypes::{DataType, Decimal128Type, Float64Type, TimeUnit};
use datafusion::datasource::MemTable;
use datafusion::logical_expr::{Expr, ExprFunctionExt, col, grouping_set, lit};
use datafusion::prelude::{SessionConfig, SessionContext};

use super::moments_udaf::{finish_variance, moments_state};
use super::percentile_udaf::percentile;
use super::sum_udaf::{finish_sum, sum_merge, sum_state};

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, a)| (n, a, true))).unwrap()
}

/// Aggregates a batch that is cut into pieces of this many rows, over this many partitions.
async fn run(rows: &RecordBatch, piece: usize, parts: usize, by: Vec<Expr>, what: Vec<Expr>) -> RecordBatch {
    let config = SessionConfig::new()
        .with_target_partitions(parts)
        .with_batch_size(16)
        .set_usize("datafusion.execution.skip_partial_aggregation_probe_rows_threshold", 20)
        .set_str("datafusion.execution.skip_partial_aggregation_probe_ratio_threshold", "0.1");
    let mut partitions = vec![Vec::new(); parts];
    for (i, at) in (0..rows.num_rows()).step_by(piece).enumerate() {
        partitions[i % parts].push(rows.slice(at, piece.min(rows.num_rows() - at)));
    }
    let table = MemTable::try_new(rows.schema(), partitions).unwrap();
    let context = SessionContext::new_with_config(config);
    let frame = context.read_table(Arc::new(table)).unwrap().aggregate(by.clone(), what).unwrap();
    let sorts = (0..by.len().min(1)).map(|_| col("g").sort(true, true)).collect::<Vec<_>>();
    let frame = if sorts.is_empty() { frame } else { frame.sort(sorts).unwrap() };
    let schema = Arc::new(frame.schema().as_arrow().clone());
    let batches = frame.collect().await.unwrap();
    concat_batches(&schema, &batches).unwrap()
}

fn state<'a>(result: &'a RecordBatch, name: &str) -> &'a StructArray {
    result.column_by_name(name).unwrap().as_struct()
}

fn ints(array: &ArrayRef) -> Vec<Option<i128>> {
    array.as_primitive::<Decimal128Type>().iter().collect()
}

fn floats(array: &ArrayRef) -> Vec<Option<f64>> {
    array.as_primitive::<Float64Type>().iter().collect()
}

fn counts(array: &Int64Array) -> Vec<i64> {
    array.values().to_vec()
}

fn groups(of: &[i64]) -> ArrayRef {
    Arc::new(Int64Array::from(of.to_vec()))
}

fn shuffled(len: usize, seed: u64) -> Vec<u64> {
    let (mut order, mut state): (Vec<u64>, u64) = ((0..len as u64).collect(), seed);
    for i in (1..len).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        order.swap(i, (state >> 33) as usize % (i + 1));
    }
    order
}

#[tokio::test]
async fn integers_do_not_wrap() {
    let rows = batch(vec![("x", Arc::new(Int64Array::from(vec![Some(i64::MAX), Some(1), None])))]);
    let sum = sum_state(&DataType::Int64).call(vec![col("x")]).alias("s");
    for (piece, parts) in [(1, 2), (3, 1)] {
        let result = run(&rows, piece, parts, vec![], vec![sum.clone()]).await;
        let (values, n, skipped) = finish_sum(state(&result, "s")).unwrap();
        assert_eq!(ints(&values), [Some(9_223_372_036_854_775_808)]);
        assert_eq!((counts(&n), counts(&skipped)), (vec![2], vec![1]));
    }
}

#[tokio::test]
async fn decimals_and_durations_keep_their_scale() {
    let dec = Decimal128Array::from(vec![10, 20, 30]).with_precision_and_scale(12, 2).unwrap();
    let long = DurationMicrosecondArray::from(vec![Some(5), None, Some(7)]);
    let rows = batch(vec![("d", Arc::new(dec)), ("t", Arc::new(long)), ("g", groups(&[1, 1, 2]))]);
    let sums = vec![
        sum_state(&DataType::Decimal128(12, 2)).call(vec![col("d")]).alias("d"),
        sum_state(&DataType::Duration(TimeUnit::Microsecond)).call(vec![col("t")]).alias("t"),
    ];
    let result = run(&rows, 1, 3, vec![col("g")], sums).await;
    let (values, ..) = finish_sum(state(&result, "d")).unwrap();
    assert_eq!((ints(&values), values.data_type()), (vec![Some(30), Some(30)], &DataType::Decimal128(38, 2)));
    let (values, n, skipped) = finish_sum(state(&result, "t")).unwrap();
    assert_eq!(ints(&values), [Some(5), Some(7)]);
    assert_eq!((counts(&n), counts(&skipped)), (vec![1, 1], vec![1, 0]));
}

#[tokio::test]
async fn past_38_digits_is_an_error_and_coming_back_is_not() {
    let most = 10_i128.pow(38) - 1;
    let column = |v: Vec<i128>| -> ArrayRef {
        Arc::new(Decimal128Array::from(v).with_precision_and_scale(38, 0).unwrap())
    };
    let sum = sum_state(&DataType::Decimal128(38, 0)).call(vec![col("x")]).alias("s");
    let rows = batch(vec![("x", column(vec![most, most, most, -most, -most]))]);
    for parts in [1, 2, 3] {
        let result = run(&rows, 1, parts, vec![], vec![sum.clone()]).await;
        assert_eq!(ints(&finish_sum(state(&result, "s")).unwrap().0), [Some(most)]);
    }
    let table = batch(vec![("x", column(vec![most, 1]))]);
    let context = SessionContext::new();
    let frame = context.read_batch(table).unwrap().aggregate(vec![], vec![sum]).unwrap();
    let error = frame.collect().await.unwrap_err();
    assert!(error.find_root().message().starts_with("rumbo overflow"), "{error}");
}

#[tokio::test]
async fn filters_and_nulls_are_told_apart() {
    let rows = batch(vec![
        ("x", Arc::new(Float64Array::from(vec![Some(1.5), None, Some(f64::NAN), Some(4.0), Some(2.0)]))),
        ("g", groups(&[1, 1, 1, 2, 1])),
        ("k", Arc::new(Int64Array::from(vec![Some(1), Some(1), Some(1), None, Some(0)]))),
    ]);
    let x = || sum_state(&DataType::Float64).call(vec![col("x")]);
    let kept = x().filter(col("k").eq(lit(1_i64))).build().unwrap().alias("kept");
    for (piece, parts) in [(1, 3), (5, 1), (2, 2)] {
        let result = run(&rows, piece, parts, vec![col("g")], vec![x().alias("all"), kept.clone()]).await;
        let (values, n, skipped) = finish_sum(state(&result, "all")).unwrap();
        assert_eq!(floats(&values), [Some(3.5), Some(4.0)]);
        assert_eq!((counts(&n), counts(&skipped)), (vec![2, 1], vec![2, 0]));
        let (values, n, skipped) = finish_sum(state(&result, "kept")).unwrap();
        assert_eq!(floats(&values), [Some(1.5), Some(0.0)]);
        assert_eq!((counts(&n), counts(&skipped)), (vec![1, 0], vec![2, 0]));
        // Ungrouped aggregation takes the other path.
        let result = run(&rows, piece, parts, vec![], vec![x().alias("all"), kept.clone()]).await;
        assert_eq!(floats(&finish_sum(state(&result, "all")).unwrap().0), [Some(7.5)]);
        let (_, n, skipped) = finish_sum(state(&result, "kept")).unwrap();
        assert_eq!((counts(&n), counts(&skipped)), (vec![1], vec![2]));
    }
}

#[tokio::test]
async fn no_rows_are_zero() {
    let rows = batch(vec![("x", Arc::new(Float64Array::new_null(0)))]);
    let what = vec![
        sum_state(&DataType::Float64).call(vec![col("x")]).alias("s"),
        percentile(0.5).call(vec![col("x")]).alias("p"),
        moments_state().call(vec![col("x")]).alias("m"),
    ];
    let result = run(&rows, 1, 2, vec![], what).await;
    let (values, n, _) = finish_sum(state(&result, "s")).unwrap();
    assert_eq!((floats(&values), counts(&n)), (vec![Some(0.0)], vec![0]));
    assert!(result.column_by_name("p").unwrap().is_null(0));
    assert!(finish_variance(state(&result, "m")).unwrap().is_null(0));
}

#[tokio::test]
async fn grouping_sets_and_roll_ups_agree() {
    let values: Vec<f64> = (0..200).map(|i| 0.1 * f64::from(i) + 1e12 * f64::from(i % 3 - 1)).collect();
    let rows = batch(vec![
        ("x", Arc::new(Float64Array::from(values))),
        ("g", groups(&(0..200).map(|i| i % 7).collect::<Vec<_>>())),
        ("h", groups(&(0..200).map(|i| i % 2).collect::<Vec<_>>())),
    ]);
    let what = || {
        vec![
            sum_state(&DataType::Float64).call(vec![col("x")]).alias("s"),
            moments_state().call(vec![col("x")]).alias("m"),
            sum_state(&DataType::Int64).call(vec![col("h")]).alias("i"),
        ]
    };
    let sets = grouping_set(vec![vec![col("g")], vec![]]);
    let direct = run(&rows, 7, 3, vec![sets], what()).await;
    let fine = run(&rows, 11, 2, vec![col("g"), col("h")], what()).await;
    let merge = |name: &'static str| sum_merge().call(vec![col(name)]).alias(name);
    let merges = || vec![merge("s"), merge("m"), merge("i")];
    let rolled = run(&fine, 3, 2, vec![col("g")], merges()).await;
    let whole = run(&fine, 3, 2, vec![], merges()).await;
    assert_eq!((direct.num_rows(), rolled.num_rows()), (8, 7));
    for name in ["s", "m", "i"] {
        // Nulls first: the whole, then the groups. Equal as structs, so to the last bit.
        let direct = direct.column_by_name(name).unwrap();
        assert_eq!(&direct.slice(0, 1), whole.column_by_name(name).unwrap(), "{name}");
        assert_eq!(&direct.slice(1, 7), rolled.column_by_name(name).unwrap(), "{name}");
    }
}

#[tokio::test]
async fn any_order_and_split_gives_the_same_bits() {
    let mut values: Vec<Option<f64>> = vec![Some(1e16), Some(1.0), Some(-1e16), None];
    values.extend((0..300).map(|i| Some((f64::from(i) * 0.37).exp() * if i % 2 == 0 { 1.0 } else { -1.0 })));
    let all = batch(vec![
        ("g", groups(&(0..values.len() as i64).map(|i| i % 3).collect::<Vec<_>>())),
        ("x", Arc::new(Float64Array::from(values.clone()))),
    ]);
    let what = || {
        vec![
            sum_state(&DataType::Float64).call(vec![col("x")]).alias("s"),
            moments_state().call(vec![col("x")]).alias("m"),
            percentile(0.9).call(vec![col("x")]).alias("p"),
        ]
    };
    let by_group = run(&all, 1000, 1, vec![col("g")], what()).await;
    let whole = run(&all, 1000, 1, vec![], what()).await;
    for (seed, piece, parts) in [(1, 1, 4), (2, 17, 2), (3, 100, 3), (4, 5, 1)] {
        let order = arrow::array::UInt64Array::from(shuffled(values.len(), seed));
        let rows = arrow::compute::take_record_batch(&all, &order).unwrap();
        let again = run(&rows, piece, parts, vec![col("g")], what()).await;
        assert_eq!(by_group.columns(), again.columns(), "{seed}");
        assert_eq!(whole.columns(), run(&rows, piece, parts, vec![], what()).await.columns(), "{seed}");
    }
    let cancels = batch(vec![("x", Arc::new(Float64Array::from(vec![1e16, 1.0, -1e16])))]);
    let sum = run(&cancels, 1, 3, vec![], what()).await;
    assert_eq!(floats(&finish_sum(state(&sum, "s")).unwrap().0), [Some(1.0)]);
}

#[tokio::test]
async fn variance_does_not_cancel() {
    let of = |values: Vec<f64>| async move {
        let rows = batch(vec![("x", Arc::new(Float64Array::from(values)))]);
        let what = moments_state().call(vec![col("x")]).alias("m");
        finish_variance(state(&run(&rows, 2, 2, vec![], vec![what]).await, "m"))
            .unwrap()
            .iter()
            .next()
            .unwrap()
    };
    assert_eq!(of(vec![2.0, 4.0]).await, Some(2.0));
    assert_eq!(of(vec![2.0, 4.0]).await.map(|v| format!("{:.8}", v.sqrt())), Some("1.41421356".to_owned()));
    assert_eq!(of(vec![1e15 + 0.25, 1e15 + 0.5, 1e15 + 0.75]).await, Some(0.0625));
    assert_eq!(of(vec![0.1; 10]).await, Some(0.0));
    assert_eq!(of(vec![5.0]).await, None);
    assert_eq!(of(vec![1e200, 2e200]).await, None);
}

#[tokio::test]
async fn percentiles_by_group() {
    let rows = batch(vec![
        (
            "x",
            Arc::new(Float64Array::from(vec![Some(10.0), Some(1.0), Some(4.0), Some(2.0), None, Some(7.0)])),
        ),
        ("g", groups(&[1, 1, 1, 1, 2, 3])),
    ]);
    let p90 = percentile(0.9).call(vec![col("x")]).alias("p");
    let kept = percentile(0.5).call(vec![col("x")]).filter(col("x").lt(lit(5.0))).build().unwrap().alias("k");
    for (piece, parts) in [(1, 3), (6, 1)] {
        let result = run(&rows, piece, parts, vec![col("g")], vec![p90.clone(), kept.clone()]).await;
        assert_eq!(floats(result.column_by_name("p").unwrap()), [Some(8.2), None, Some(7.0)]);
        assert_eq!(floats(result.column_by_name("k").unwrap()), [Some(2.0), None, None]);
    }
}
