//! CSV and NDJSON that read well: packings, encodings, options, inference.

use std::fmt::Write as _;
use std::io::Write;

use arrow::datatypes::{DataType, TimeUnit};
use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn types_come_from_the_sample_and_ids_keep_their_zeros() {
    let case = Case::of(
        "t.csv",
        "id, amount ,rate,ok,day,at,note,none\n\
         00123,12.50,0.12345678,true,2026-01-31,2026-01-31T09:30,a,\n\
         7,-3,1e3,FALSE,9999-12-31,2026-02-01 10:00:00.5,,\n",
    );
    assert_eq!(
        case.types(),
        [
            "id text",
            "amount decimal(38,2)",
            "rate float",
            "ok boolean",
            "day date",
            "at timestamp without a zone",
            "note text",
            "none text"
        ]
    );
    assert_eq!(
        case.rows(&["id", "amount", "rate", "ok", "day", "at", "note", "none"]),
        [
            "00123|12.50|0.12345678|true|2026-01-31|2026-01-31T09:30:00|a|~",
            "7|-3.00|1000.0|false|9999-12-31|2026-02-01T10:00:00.500|~|~"
        ]
    );
    assert_eq!(case.rows(&["note", "id"]), ["a|00123", "~|7"]);
    assert_eq!(case.rows(&[]).len(), 2, "rows without columns");
}

#[test]
fn packed_files_also_of_many_members() {
    let mut two = gzip("a,b\n1,x\n");
    two.extend(gzip("2,y\n"));
    let rows = ["1|x", "2|y"];
    assert_eq!(Case::of("t.csv.gz", &two).rows(&["a", "b"]), rows);
    let mut frames = zstd::encode_all(&b"a,b\n1,x\n"[..], 1).unwrap();
    frames.extend(zstd::encode_all(&b"2,y\n"[..], 1).unwrap());
    assert_eq!(Case::of("t.csv.zst", &frames).rows(&["a", "b"]), rows);
    let json = gzip("{\"a\": 1, \"b\": \"x\"}\n{\"a\": 2, \"b\": \"y\"}\n");
    assert_eq!(Case::of("t.ndjson.gz", &json).rows(&["a", "b"]), rows);
    let cut = &two[..two.len() - 4];
    let d = Case::of("t.csv.gz", cut).problem(&["a"]);
    assert_eq!(d.code.id, "E0601", "{d:?}");
}

#[test]
fn encodings_and_marks() {
    let latin = b"name\nMu\xf1oz \x80\n";
    let case = Case::of("t.csv", latin).csv(|c| c.encoding = Some("windows-1252".into()));
    assert_eq!(case.rows(&["name"]), ["Muñoz €"]);
    assert_eq!(Case::of("t.csv", b"\xef\xbb\xbfname\nx\n").rows(&["name"]), ["x"]);
    let mut wide = vec![0xff, 0xfe];
    wide.extend("name;n\r\nMuñoz;1\r\n".encode_utf16().flat_map(u16::to_le_bytes));
    assert_eq!(Case::of("t.csv", wide).csv(|c| c.delimiter = b';').rows(&["name", "n"]), ["Muñoz|1"]);
}

#[test]
fn numbers_dates_and_missing_by_the_options() {
    let case =
        Case::of("t.csv", "sep=;\namount;on;n\n1.234,56;31/01/2026;1.000\nN/A;01/02/2026;\n").csv(|c| {
            c.delimiter = b';';
            c.decimal = ',';
            c.thousands = Some('.');
            c.date = vec!["%d/%m/%Y".into()];
            c.missing = vec![String::new(), "N/A".into()];
        });
    assert_eq!(case.types(), ["amount decimal(38,2)", "on date", "n integer"]);
    assert_eq!(case.rows(&["amount", "on", "n"]), ["1234.56|2026-01-31|1000", "~|2026-02-01|~"]);
}

#[test]
fn quoted_line_breaks_quotes_and_blank_lines() {
    let case = Case::of("t.csv", "a,b\r\n\r\n\"x\r\ny\",\"he said \"\"hi\"\"\"\r\n\r\nz,1\r\n");
    assert_eq!(case.rows(&["a", "b"]), ["x\r\ny|he said \"hi\"", "z|1"]);
}

#[test]
fn without_header_and_tabs() {
    let case = Case::of("t.csv", "1,a\n2,b\n").csv(|c| c.header = false);
    assert_eq!(case.types(), ["column_1 integer", "column_2 text"]);
    assert_eq!(case.rows(&["column_2", "column_1"]), ["a|1", "b|2"]);
    assert_eq!(Case::of("t.tsv", "a\tb\n1\tx,y\n").rows(&["a", "b"]), ["1|x,y"]);
    assert_eq!(Case::of("t.csv", "a,,c\n1,2,3\n").types(), ["a integer", "column_2 integer", "c integer"]);
}

#[test]
fn declared_names_and_types_win() {
    let case = Case::of("t.csv", "Account ID,amount,id\n7,1,x\n")
        .column("id", Some("Account ID"), Some(Type::Text))
        .column("amount", None, Some(Type::Decimal(2)));
    assert_eq!(case.types(), ["id text", "amount decimal(38,2)"], "the file's own `id` gives way");
    assert_eq!(case.rows(&["id", "amount"]), ["7|1.00"]);
}

#[test]
fn floats_lose_nan_and_times_get_zones() {
    let mut case = Case::of(
        "t.csv",
        "f,at\n1e3,2026-10-25T00:30:00Z\nNaN,2026-10-25 02:30\n-inf,2026-03-29 02:30\n,2026-01-01\n",
    );
    case.spec.timezone = chrono_tz::Europe::Madrid;
    let schema = case.schema();
    assert_eq!(schema.columns[1].data_type, DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())));
    assert_eq!(
        case.rows(&["f", "at"]),
        [
            "1000.0|2026-10-25T00:30:00Z",
            "~|2026-10-25T00:30:00Z",
            "~|2026-03-29T01:30:00Z",
            "~|2025-12-31T23:00:00Z"
        ]
    );
}

#[test]
fn json_keeps_numbers_exact_and_missing_keys_missing() {
    let case = Case::of(
        "t.jsonl",
        "{\"id\": \"007\", \"n\": 9007199254740993, \"m\": 0.10, \"day\": \"2026-01-31\"}\n\n\
         {\"id\": null, \"m\": 12345678901234567.89, \"late\": true}\n",
    );
    assert_eq!(case.types(), ["id text", "n integer", "m decimal(38,2)", "day date", "late boolean"]);
    assert_eq!(
        case.rows(&["id", "n", "m", "day", "late"]),
        ["007|9007199254740993|0.10|2026-01-31|~", "~|~|12345678901234567.89|~|true"]
    );
    let mut text = "{\"a\": 1}\n".repeat(3000);
    text.push_str("{\"a\": 2, \"rare\": \"x\"}\n");
    let case = Case::of("t.ndjson", text).column("rare", None, None);
    assert_eq!(case.rows(&["rare"]).last().map(String::as_str), Some("x"), "looked for past the sample");
}

#[test]
fn many_rows_come_in_order_and_whole_batches() {
    let mut text = String::from("id,amount,day,name\n");
    for i in 0..200_000 {
        writeln!(text, "{i},{}.{:02},2026-01-{:02},name {i}", i % 1000, i % 100, i % 28 + 1).unwrap();
    }
    let case = Case::of("t.csv", &text);
    let schema = case.schema();
    assert_eq!(schema.bytes, text.len() as u64);
    let seen = std::sync::atomic::AtomicU64::new(0);
    let progress = |n| {
        seen.fetch_add(n, std::sync::atomic::Ordering::Relaxed);
    };
    let wanted: Vec<String> = ["id", "amount", "day", "name"].map(str::to_owned).to_vec();
    let started = std::time::Instant::now();
    let batches = runtime().block_on(load_text(&case.spec, &schema, &wanted, &progress)).unwrap();
    eprintln!("{} bytes in {:?}", text.len(), started.elapsed());
    assert_eq!(seen.into_inner(), text.len() as u64);
    assert!(batches.iter().rev().skip(1).all(|b| b.num_rows() == 8192));
    let rows = shown(&batches);
    assert_eq!(rows.len(), 200_000);
    assert_eq!(rows[199_999], "199999|999.99|2026-01-24|name 199999");
}
