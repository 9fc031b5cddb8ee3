//! Files, patterns, folders, partitions: what is found, in which order, and what is said if nothing is.

use super::*;

fn code(case: &Case) -> &'static str {
    case.inspect().unwrap_err()[0].code.id
}

#[test]
fn a_missing_file_names_the_nearest() {
    let case = Case::new("data/invoces.csv").file("data/invoices.csv", "a\n1\n");
    let d = &case.inspect().unwrap_err()[0];
    assert!(d.code.id == "E0601" && help(d).contains("`invoices.csv`"), "{d:?}");
    let d = &Case::new("nowhere/x.csv").inspect().unwrap_err()[0];
    assert!(help(d).contains("folder `nowhere` does not exist"), "{d:?}");
    assert_eq!(code(&Case::new("s3://bucket/x.parquet")), "E0901");
    assert_eq!(code(&Case::new("")), "E0601");
    let case = Case::new("x");
    let url = format!("file://{}", case.path("t.csv").display());
    let mut case = case.file("t.csv", "a\n1\n");
    case.spec.path.node = url;
    assert_eq!(case.rows(&["a"]), ["1"]);
}

#[test]
fn patterns_match_in_order_of_paths() {
    let case = Case::new("data/*.csv")
        .file("data/b.csv", "a\n2\n")
        .file("data/a.csv", "a\n1\n")
        .file("data/.hidden.csv", "a\n9\n")
        .file("data/deep/c.csv", "a\n3\n");
    assert_eq!(case.rows(&["a"]), ["1", "2"]);
    let with = |path: &str| {
        let mut spec = case.spec.clone();
        spec.path.node = path.to_owned();
        runtime().block_on(inspect(&spec)).map(|s| s.files.into_iter().map(|f| f.name).collect::<Vec<_>>())
    };
    assert_eq!(with("data/**/*.csv").unwrap(), ["data/a.csv", "data/b.csv", "data/deep/c.csv"]);
    assert_eq!(with("./data/../data/[ab].csv").unwrap(), ["data/a.csv", "data/b.csv"]);
    assert_eq!(with("data/?.csv").unwrap().len(), 2);
    assert_eq!(with("data/x*.csv").unwrap_err()[0].code.id, "E0602");
    assert_eq!(with("data/[.csv").unwrap_err()[0].code.id, "E0602");
    assert_eq!(with("data").unwrap(), ["data/a.csv", "data/b.csv", "data/deep/c.csv"]);
    assert_eq!(with(&format!("{}/data/a.csv", case.folder.path().display())).unwrap(), ["data/a.csv"]);
}

#[test]
fn odd_names_stand_for_themselves() {
    for name in
        ["a b.csv", "ñandú 100%.csv", "a%20b.csv", "x=1.csv", "a[1].csv", "q?.csv", "a#b.csv", "año/ü.csv"]
    {
        let case = Case::of(name, "a\n1\n");
        assert_eq!(case.rows(&["a"]), ["1"], "{name}");
        assert_eq!(case.schema().files[0].name, name);
    }
    let mut case = Case::new("t*.csv").file("[2024]/t1.csv", "a\n1\n");
    case.spec.base = case.path("[2024]");
    assert_eq!(case.rows(&["a"]), ["1"], "a project in a folder that looks like a pattern");
}

#[test]
fn formats_by_name_or_declared() {
    assert_eq!(code(&Case::of("t.xlsx", "x")), "E0607");
    assert_eq!(
        code(&Case::new("data").file("data/a.csv", "a\n1\n").file("data/b.ndjson", "{\"a\": 1}\n")),
        "E0607"
    );
    assert_eq!(code(&Case::new("data/*").file("data/a.csv", "a\n1\n").file("data/b.txt", "a\n1\n")), "E0607");
    let mut case = Case::of("t.txt", "a\n1\n");
    case.spec.format = Some(Spanned::new(Format::Csv, span()));
    assert_eq!(case.rows(&["a"]), ["1"]);
    let case =
        Case::new("data").file("data/a.csv", "a\n1\n").file("data/README.md", "x").file("data/_SUCCESS", "");
    assert_eq!(case.rows(&["a"]), ["1"]);
    assert_eq!(code(&Case::of("t.csv", "")), "E0601");
    assert_eq!(code(&Case::of("t.parquet", "PAR1")), "E0601");
    assert_eq!(code(&Case::of("t.arrow", "ARROW1\0\0xx")), "E0601");
    assert_eq!(Case::of("t.csv", "a,b\n").rows(&["a"]).len(), 0);
}

#[test]
fn partitions_become_columns() {
    let mut case = Case::new("data")
        .file("data/year=2025/country=ES/a.csv", "v\n1\n")
        .file("data/year=2026/country=a%2Fb/_x.csv", "v\n9\n")
        .file("data/year=2026/country=a%2Fb/b.csv", "v\n2\n")
        .file("data/year=2026/country=__HIVE_DEFAULT_PARTITION__/c.csv", "v\n3\n");
    assert_eq!(case.types(), ["v integer", "year integer", "country text"]);
    assert_eq!(case.rows(&["year", "country", "v"]), ["2025|ES|1", "2026|~|3", "2026|a/b|2"]);
    case.spec.partitions = Some(vec![("year".into(), Type::Text)]);
    assert_eq!(case.types(), ["v integer", "year text", "country text"]);
    case.spec.partitions = Some(vec![("yaer".into(), Type::Text)]);
    let d = &case.inspect().unwrap_err()[0];
    assert!(d.code.id == "E0606" && help(d).contains("`year`"), "{d:?}");
    case.spec.partitions = Some(vec![("country".into(), Type::Integer)]);
    assert_eq!(code(&case), "E0603");
    let zeros = Case::new("d").file("d/month=01/a.csv", "v\n1\n").file("d/month=12/a.csv", "v\n1\n");
    assert_eq!(zeros.types()[1], "month text");
    let days = Case::new("d/day=*/*.csv").file("d/day=2026-01-31/a.csv", "v\n1\n");
    assert_eq!(days.rows(&["day", "v"]), ["2026-01-31|1"]);
    let mixed = Case::new("d").file("d/a=1/a.csv", "v\n1\n").file("d/b.csv", "v\n1\n");
    assert_eq!(code(&mixed), "E0604");
}

#[test]
fn files_with_different_columns_warn() {
    let case = Case::new("d/*.csv").file("d/a.csv", "a,b\n1,x\n").file("d/b.csv", "b,a,c\ny,2,true\n");
    let schema = case.schema();
    assert_eq!(schema.warnings.len(), 1);
    assert_eq!(
        (schema.warnings[0].code.id, schema.warnings[0].headline.as_str()),
        ("W0602", "`c` is absent from 1 file of 2: `d/a.csv`")
    );
    assert_eq!(case.rows(&["a", "b", "c"]), ["1|x|~", "2|y|true"]);
}
