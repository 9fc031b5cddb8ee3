//! What does not read: each with code, line, value and the help that names the option.

use super::*;

#[test]
fn a_decimal_comma_names_its_option_and_line() {
    let mut text = String::from("id,amount\n\"a\nb\",1.5\n");
    text.push_str(&"x,2.5\n".repeat(1500));
    text.push_str("\ny,\"1.234,56\"\n");
    let d = Case::of("sales.csv", text).problem(&["amount"]);
    assert_eq!(place(&d), ("E0603", Some(1505), "1.234,56"));
    assert_eq!(d.headline, "`1.234,56` is no decimal");
    assert!(help(&d).contains(r#"`csv: {decimal: ",", thousands: "."}`"#), "{d:?}");
    let data = d.data.unwrap();
    assert_eq!((data.file.as_str(), data.column.as_deref()), ("sales.csv", Some("amount")));
}

#[test]
fn at_most_five_and_only_in_wanted_columns() {
    let case =
        Case::of("t.csv", format!("a,b\n{}", "x,1\n".repeat(20))).column("a", None, Some(Type::Integer));
    assert_eq!(case.try_load(&["a"]).unwrap_err().len(), 5);
    assert_eq!(case.rows(&["b"]).len(), 20);
}

#[test]
fn dates_markers_signs_and_digits() {
    let one = |value: &str, ty: Type| {
        let d = Case::of("t.csv", format!("a;b\n{value};1\n")).csv(|c| c.delimiter = b';').column(
            "a",
            None,
            Some(ty),
        );
        let d = d.problem(&["a"]);
        assert_eq!(place(&d), ("E0603", Some(2), value));
        assert_eq!(d.labels.len(), 2, "the path and the declared type");
        help(&d).to_owned()
    };
    assert!(one("31/01/2026", Type::Date).contains("%d/%m/%Y"));
    assert!(one("01/02/2026", Type::Date).contains("day or month first?"));
    assert!(one("2026-01-31 10:30", Type::Date).contains("type: timestamp"));
    assert!(one("0000-01-01", Type::Date).contains("type: text"));
    assert!(one("N/A", Type::Integer).contains(r#"missing: ["", "N/A"]"#));
    assert!(one("12 €", Type::Decimal(2)).contains("currency"));
    assert!(one("12%", Type::Float).contains("percent"));
    assert!(one("1.999", Type::Decimal(2)).contains("decimal(18,3)"));
    assert!(one("maybe", Type::Boolean).contains("`true` and `false`"));
    assert!(one("99999999999999999999", Type::Integer).contains("text"));
}

#[test]
fn a_type_from_the_sample_says_so() {
    let text = format!("id\n{}A-17\n", "5\n".repeat(1200));
    let d = Case::of("t.csv", text).problem(&["id"]);
    assert_eq!(place(&d), ("E0603", Some(1202), "A-17"));
    assert!(d.notes[0].contains("first rows") && help(&d).contains("{id: {type: text}}"), "{d:?}");
}

#[test]
fn bytes_that_are_no_text() {
    let d = Case::of("t.csv", b"name\nAna\nMu\xf1oz\n").problem(&["name"]);
    assert_eq!((d.code.id, place(&d).1), ("E0608", Some(3)));
    assert!(help(&d).contains("windows-1252"));
    let d = Case::of("t.csv", b"PK\x03\x04aaaa").problem(&["name"]);
    assert!(d.code.id == "E0608" && d.headline.contains("Excel"), "{d:?}");
    let d = Case::of("t.csv", b"a\0b\0\n\0").problem(&["a"]);
    assert!(help(&d).contains("utf-16le"), "{d:?}");
    let mut late = "a\n".to_owned() + &"x\n".repeat(50_000);
    late.push_str("fin");
    let mut late = late.into_bytes();
    late.push(0xf1);
    assert_eq!(place(&Case::of("t.csv", late).problem(&["a"])).1, Some(50_002));
}

#[test]
fn rows_of_the_wrong_shape() {
    let d = Case::of("t.csv", "a,b\n\n1,2\n1,2,3\n").problem(&["a"]);
    assert_eq!((d.code.id, place(&d).1), ("E0609", Some(4)));
    assert_eq!(d.headline, "3 fields, the header has 2");
    let d = Case::of("t.csv", "a,b\n1\n").problem(&["a"]);
    assert_eq!((d.code.id, place(&d).1), ("E0609", Some(2)));
    let d = Case::of("t.csv", "a,b\n1,2\n3,\"4\n5,6\n").problem(&["a"]);
    assert_eq!((d.code.id, place(&d).1), ("E0609", Some(3)));
    assert!(d.headline.contains("never closes"));
    let d = Case::of("t.ndjson", "{\"a\": 1}\n[2]\n").problem(&["a"]);
    assert_eq!((d.code.id, place(&d).1), ("E0609", Some(2)));
    let d = Case::of("t.ndjson", "{\"a\": 1}\n{\"a\": \n").problem(&["a"]);
    assert!(d.headline.starts_with("no JSON"), "{d:?}");
    assert!(help(&Case::of("t.ndjson", "[{\"a\": 1}]").problem(&["a"])).contains("jq"));
}

#[test]
fn another_delimiter_is_proposed() {
    let case = Case::of("t.csv", "a;b\n1;2\n").column("b", None, None);
    let d = &case.inspect().unwrap_err()[0];
    assert_eq!(d.code.id, "E0606");
    assert!(help(d).contains(r#"`csv: {delimiter: ";"}`"#), "{d:?}");
    assert!(Case::of("t.csv", "a\tb\n1\t2\n").schema().hint.unwrap().contains(r#""\t""#));
}

#[test]
fn columns_absent_repeated_or_unreadable() {
    let case = Case::of("t.csv", "amount,b\n1,2\n").column("x", Some("amuont"), None);
    let d = &case.inspect().unwrap_err()[0];
    assert!(d.code.id == "E0606" && help(d).contains("`amount`"), "{d:?}");
    let case = Case::of("t.csv", "a,b,a\n1,2,3\n");
    assert_eq!(case.rows(&["b"]), ["2"]);
    let d = case.problem(&["a"]);
    assert!(d.code.id == "E0302" && d.headline.contains("numbers 1 and 3"), "{d:?}");
    let d = Case::of("t.ndjson", "{\"a\": 1}\n{\"a\": {\"b\": 2}}\n").problem(&["a"]);
    assert_eq!(place(&d), ("E0603", Some(2), "{\"b\":2}"));
    let case = Case::of("t.csv", "a\n1\n").column("a", None, Some(Type::Duration));
    assert_eq!(case.inspect().unwrap_err()[0].code.id, "E0114");
    assert_eq!(Case::of("t.csv", "a\n").problem(&["b"]).code.id, "E0606");
}

#[test]
fn options_that_cannot_be() {
    let bad = |change: fn(&mut CsvOptions)| {
        Case::of("t.csv", "a\n1\n").csv(change).inspect().unwrap_err()[0].code.id
    };
    assert_eq!(bad(|c| c.encoding = Some("klingon".into())), "E0114");
    assert_eq!(bad(|c| c.date = vec!["dd/mm/yyyy".into()]), "E0114");
    assert_eq!(bad(|c| c.thousands = Some('.')), "E0114");
    assert_eq!(bad(|c| c.delimiter = b'"'), "E0114");
    assert_eq!(bad(|c| c.delimiter = 0xa7), "E0114");
}

/// A panic on a blocking thread would come back as "cannot be read: task ... panicked".
#[test]
fn no_bytes_panic() {
    const ALPHABET: &[u8] = b"\",;\n\r\t 0123456789.eE-+:TZ{}[]nulltrue%/=a\xc3\xb1\xff\0\xe2\x82\xac";
    let mut seed = 0x9e37_79b9_u64;
    let mut next = |n: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % n
    };
    let types = [
        Type::Integer,
        Type::Decimal(2),
        Type::Float,
        Type::Text,
        Type::Boolean,
        Type::Date,
        Type::Timestamp,
    ];
    let runtime = runtime();
    for round in 0..600 {
        let name = ["t.csv", "t.ndjson", "t.csv.gz", "t.tsv", "t.parquet", "t.arrow", "t.csv.zst"][round % 7];
        let mut bytes = if round % 2 == 0 { b"a,b\n".to_vec() } else { b"{\"a\":".to_vec() };
        bytes.extend((0..next(200)).map(|_| ALPHABET[next(ALPHABET.len())]));
        let mut case = Case::of(name, bytes).csv(|c| {
            c.decimal = ['.', ',', '€'][next(3)];
            c.thousands = [None, Some(' '), Some('\'')][next(3)];
            c.header = next(2) == 0;
            c.date = [vec![], vec!["%d/%m/%y".into()], vec!["%Y%m%d".into()]][next(3)].clone();
            c.encoding = [None, Some("windows-1252".into()), Some("utf-16le".into())][next(3)].clone();
        });
        if next(2) == 0 {
            case = case.column("a", None, Some(types[next(types.len())]));
        }
        let problems = runtime.block_on(async {
            let schema = inspect(&case.spec).await?;
            let wanted: Vec<String> = schema.columns.iter().map(|c| c.name.clone()).collect();
            load_text(&case.spec, &schema, &wanted, &|_| ()).await
        });
        for d in problems.err().into_iter().flatten() {
            assert!(!d.headline.contains("panic"), "{d:?}");
        }
    }
}
