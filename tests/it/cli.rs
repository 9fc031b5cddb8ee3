//! The command line as a user meets it, with the real binary: exit codes, pipes, files, colour, formats.

use std::path::Path;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Date32Type, Float64Type, Int64Type};
use arrow::record_batch::RecordBatch;
use libtest_mimic::Trial;

use crate::console::{rumbo, shell};
use crate::{Outcome, folder, root};

type Test = fn() -> Outcome;

pub fn trials() -> Vec<Trial> {
    let tests: [(&str, Test); 10] = [
        ("exit_codes", exit_codes),
        ("a_closed_pipe_is_no_error", a_closed_pipe_is_no_error),
        ("a_failed_run_keeps_the_old_file", a_failed_run_keeps_the_old_file),
        ("colour_only_where_wanted", colour_only_where_wanted),
        ("init_starts_projects_that_run", init_starts_projects_that_run),
        ("init_touches_nothing", init_touches_nothing),
        ("every_format_has_the_same_rows", every_format_has_the_same_rows),
        ("every_format_has_the_same_verdicts", every_format_has_the_same_verdicts),
        ("a_bare_file_can_be_asked", a_bare_file_can_be_asked),
        ("results_and_talk_go_apart", results_and_talk_go_apart),
    ];
    tests.into_iter().map(|(name, test)| Trial::test(format!("cli/{name}"), test)).collect()
}

/// A copy of the starter project.
fn starter() -> Result<tempfile::TempDir, String> {
    let folder = folder::new().map_err(|e| e.to_string())?;
    folder::copy(&root().join("rules/starter"), folder.path()).map_err(|e| e.to_string())?;
    Ok(folder)
}

fn code(arguments: &[&str], folder: &Path) -> Result<Option<i32>, String> {
    Ok(rumbo(arguments, folder)?.status.code())
}

fn exit_codes() -> Outcome {
    let project = starter()?;
    let here = project.path();
    let cases: [(&[&str], i32); 17] = [
        (&["--help"], 0),
        (&["--version"], 0),
        (&["check"], 0),
        (&["run"], 0),
        (&["list", "kpis"], 0),
        (&["explain", "revenue"], 0),
        (&["graph"], 0),
        (&["explain", "E0301"], 0),
        (&["functions"], 0),
        (&["eval", "sum(sales.nothing)"], 2),
        (&["run", "no-such-folder"], 2),
        (&["frobnicate"], 64),
        (&["run", "--grain", "fortnight"], 64),
        (&["run", "--from", "yesterday"], 64),
        (&["run", "--format", "xls"], 64),
        (&["run", "--kpi", "no_such_kpi"], 64),
        (&["run", "--memory", "much"], 64),
    ];
    for (arguments, expected) in cases {
        let got = code(arguments, here)?;
        if got != Some(expected) {
            return Err(format!("`rumbo {}` ends with {got:?}, not {expected}", arguments.join(" ")).into());
        }
    }
    std::fs::write(here.join("rules/kpis.yaml"), "kpis: {revenue: sum(sales.amuont)}\n")?;
    for verb in ["check", "run"] {
        if code(&[verb], here)? != Some(2) {
            return Err(format!("`rumbo {verb}` of bad rule files must end with 2").into());
        }
    }
    Ok(())
}

fn a_closed_pipe_is_no_error() -> Outcome {
    let demo = root().join("rules/key-accounts");
    let line = "{ rumbo run --kpi revenue --grain day --from 2023-01-01 --format csv 2>err; echo $? >code; } \
                | head -1";
    let place = folder::new()?;
    folder::copy(&demo, place.path())?;
    let output = shell(line, place.path())?;
    let text = String::from_utf8_lossy(&output.stdout);
    if !text.starts_with("kpi,grain,") || text.lines().count() != 1 {
        return Err(format!("one line was expected: {text}").into());
    }
    let code = std::fs::read_to_string(place.path().join("code"))?;
    let said = std::fs::read_to_string(place.path().join("err"))?;
    if code.trim() != "0" || said.contains("pipe") {
        return Err(format!("exit {}, said: {said}", code.trim()).into());
    }
    Ok(())
}

fn a_failed_run_keeps_the_old_file() -> Outcome {
    let project = starter()?;
    let (here, file) = (project.path(), project.path().join("out.csv"));
    rumbo(&["run", "-o", "out.csv"], here)?;
    let first = std::fs::read(&file)?;
    if !first.starts_with(b"kpi,grain,period_start") {
        return Err("`-o out.csv` did not write CSV".into());
    }
    // A value that does not parse is found while the query runs.
    let sales = here.join("data/sales.csv");
    let mut data = std::fs::read_to_string(&sales)?;
    data.push_str("2026-03-05,north,abc,x,y,z\n");
    std::fs::write(&sales, data)?;
    let output = rumbo(&["run", "-o", "out.csv"], here)?;
    if output.status.code() != Some(2) || std::fs::read(&file)? != first {
        return Err(format!("exit {:?}; the old file must stay", output.status.code()).into());
    }
    let left: Vec<String> = std::fs::read_dir(here)?
        .filter_map(|e| e.ok().map(|e| e.file_name().to_string_lossy().into_owned()))
        .filter(|name| !["rumbo.yaml", "rules", "data", "out.csv"].contains(&name.as_str()))
        .collect();
    if left.is_empty() { Ok(()) } else { Err(format!("left behind: {left:?}").into()) }
}

fn colour_only_where_wanted() -> Outcome {
    let project = starter()?;
    let coloured = |line: &str| -> Result<bool, String> {
        let output = shell(line, project.path())?;
        Ok(output.stdout.contains(&0x1b) || output.stderr.contains(&0x1b))
    };
    let wanted = [
        ("rumbo run", false),
        ("rumbo eval 'sum(sales.nothing)'", false),
        ("NO_COLOR=1 rumbo eval 'sum(sales.nothing)'", false),
        ("rumbo --color never eval 'sum(sales.nothing)'", false),
        ("rumbo --color always eval 'sum(sales.nothing)'", true),
    ];
    for (line, expected) in wanted {
        if coloured(line)? != expected {
            return Err(format!("`{line}`: colour must be {expected}").into());
        }
    }
    Ok(())
}

fn init_starts_projects_that_run() -> Outcome {
    let place = folder::new()?;
    for (arguments, kpi) in [(vec!["init", "a"], "revenue"), (vec!["init", "--demo", "b"], "nps")] {
        let folder = arguments[arguments.len() - 1];
        for arguments in [arguments.as_slice(), &["check", folder]] {
            let output = rumbo(arguments, place.path())?;
            if !output.status.success() {
                let said = String::from_utf8_lossy(&output.stderr);
                return Err(format!("`rumbo {}`: {said}", arguments.join(" ")).into());
            }
        }
        let output = rumbo(&["run", folder, "--format", "csv"], place.path())?;
        let text = String::from_utf8_lossy(&output.stdout);
        if !output.status.success() || !text.lines().any(|l| l.starts_with(&format!("{kpi},"))) {
            return Err(format!("`rumbo run {folder}` has no {kpi}: {text}").into());
        }
    }
    Ok(())
}

fn init_touches_nothing() -> Outcome {
    let place = folder::new()?;
    std::fs::write(place.path().join("rumbo.yaml"), "project: mine\n")?;
    let output = rumbo(&["init"], place.path())?;
    let kept = std::fs::read_to_string(place.path().join("rumbo.yaml"))? == "project: mine\n";
    let alone = std::fs::read_dir(place.path())?.count() == 1;
    if output.status.code() == Some(64) && kept && alone {
        Ok(())
    } else {
        Err("a project was overwritten".into())
    }
}

fn results_and_talk_go_apart() -> Outcome {
    let project = starter()?;
    let run = rumbo(&["run", "--from", "2026-01-10", "--to", "2026-02-10"], project.path())?;
    let bad = rumbo(&["eval", "sum(sales.nothing)"], project.path())?;
    if !run.status.success() || String::from_utf8_lossy(&run.stdout).contains("W0701") {
        return Err("a warning does not belong to standard output".into());
    }
    if !bad.stdout.is_empty() || !String::from_utf8_lossy(&bad.stderr).contains("error[E0301]") {
        return Err("an error belongs to standard error".into());
    }
    let json = rumbo(&["eval", "sum(sales.nothing)", "--format", "json"], project.path())?;
    let parsed: Result<serde_json::Value, _> = serde_json::from_slice(&json.stderr);
    parsed.map(|_| ()).map_err(|e| format!("diagnostics with `--format json` are JSON: {e}").into())
}

fn a_bare_file_can_be_asked() -> Outcome {
    let place = folder::new()?;
    std::fs::write(place.path().join("sales.csv"), "day,amount\n2026-01-05,1.50\n2026-01-06,2.25\n")?;
    let arguments = ["eval", "sum(t.amount)", "--source", "t=sales.csv", "--time", "t=day"];
    let range = ["--grain", "month", "--as-of", "2026-01-31", "--from", "2026-01-01", "--format", "csv"];
    let output = rumbo(&[&arguments[..], &range[..]].concat(), place.path())?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    // 1.50 + 2.25
    if text.contains(",3.75,3.75,decimal,") { Ok(()) } else { Err(text.into()) }
}

fn every_format_has_the_same_rows() -> Outcome {
    let project = starter()?;
    let here = project.path();
    same_rows(here, &["run"], "results")?;
    let markdown = std::fs::read_to_string(here.join("out.md"))?;
    if markdown.contains("| 2026-01") { Ok(()) } else { Err(markdown.into()) }
}

fn every_format_has_the_same_verdicts() -> Outcome {
    let project = starter()?;
    let here = project.path();
    let rules = "rules:\n  some: {axis: areas, each: sales.region, when: revenue > 0}\n";
    let rules = format!("{rules}  none: {{axis: activities, when: average_sale < 0, on_missing: fires}}\n");
    std::fs::write(here.join("rules/alignment.yaml"), rules)?;
    same_rows(here, &["align", "--fail-on", "never"], "verdicts")?;
    let markdown = std::fs::read_to_string(here.join("out.md"))?;
    if markdown.contains("- ✗ fires 2026-03") { Ok(()) } else { Err(markdown.into()) }
}

/// Writes what a command tells in every format, and compares the rows; in JSON they stand under this key.
fn same_rows(here: &Path, command: &[&str], key: &str) -> Outcome {
    for name in ["out.csv", "out.parquet", "out.arrow", "out.json", "out.ndjson", "out.md"] {
        let output = rumbo(&[command, &["-o", name]].concat(), here)?;
        if !output.status.success() {
            return Err(format!("-o {name}: {}", String::from_utf8_lossy(&output.stderr)).into());
        }
    }
    let mut reader = csv::Reader::from_path(here.join("out.csv"))?;
    let mut expected = vec![reader.headers()?.iter().map(str::to_owned).collect::<Vec<_>>()];
    for record in reader.records() {
        expected.push(record?.iter().map(str::to_owned).collect());
    }
    let parquet = std::fs::File::open(here.join("out.parquet"))?;
    let parquet = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(parquet)?.build()?;
    let parquet: Vec<RecordBatch> = parquet.collect::<Result<_, _>>()?;
    let arrow = arrow::ipc::reader::FileReader::try_new(std::fs::File::open(here.join("out.arrow"))?, None)?;
    let arrow: Vec<RecordBatch> = arrow.collect::<Result<_, _>>()?;
    for (format, batches) in [("parquet", parquet), ("arrow", arrow)] {
        let got = cells(&batches);
        if got != expected {
            return Err(format!("{format} differs from CSV:\n{got:?}\n{expected:?}").into());
        }
    }
    let lines = std::fs::read_to_string(here.join("out.ndjson"))?;
    let lines: Vec<serde_json::Value> = lines.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let json: serde_json::Value = serde_json::from_slice(&std::fs::read(here.join("out.json"))?)?;
    if json[key].as_array() != Some(&lines) || lines.len() + 1 != expected.len() || lines.is_empty() {
        return Err("json and ndjson differ".into());
    }
    Ok(())
}

/// Header and rows as CSV shows them.
fn cells(batches: &[RecordBatch]) -> Vec<Vec<String>> {
    let Some(first) = batches.first() else { return Vec::new() };
    let mut out = vec![first.schema().fields().iter().map(|f| f.name().clone()).collect::<Vec<_>>()];
    for batch in batches {
        for row in 0..batch.num_rows() {
            let cell = |column: &dyn Array| match column.data_type() {
                _ if column.is_null(row) => String::new(),
                DataType::Utf8 => column.as_string::<i32>().value(row).to_owned(),
                DataType::Float64 => column.as_primitive::<Float64Type>().value(row).to_string(),
                DataType::Int64 => column.as_primitive::<Int64Type>().value(row).to_string(),
                DataType::Boolean => column.as_boolean().value(row).to_string(),
                DataType::Date32 => {
                    let day = column.as_primitive::<Date32Type>().value_as_date(row);
                    day.map(|d| d.to_string()).unwrap_or_default()
                }
                other => format!("{other}?"),
            };
            out.push(batch.columns().iter().map(|c| cell(&**c)).collect());
        }
    }
    out
}
