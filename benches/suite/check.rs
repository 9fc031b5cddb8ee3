//! A project of a thousand KPIs in twenty files over ten sources of Parquet files: loaded and checked.

use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, Date32Array, Decimal128Array, Float64Array, Int64Array, RecordBatch, StringArray,
};

use super::{Bench, ROUNDS, Res, clock, data, median};

const KPIS: usize = 1_000;
const FILES: usize = 20;
const SOURCES: usize = 10;
const FIELDS: usize = 10;
/// Parquet files of each source.
const PARTS: usize = 2;

/// Nine sources of events, which find their account in the tenth.
fn sources() -> Res<String> {
    let mut text = "project: thousand\ncurrency: EUR\nsources:\n".to_owned();
    for source in 0..SOURCES - 1 {
        write!(
            text,
            "  sales_{source}:\n    path: data/sales_{source}/*.parquet\n    time: sold_on\n    \
             columns:\n      amount: {{unit: EUR}}\n      is_large: {{formula: amount >= 500}}\n    \
             relations:\n      account: {{to: account, key: account_id}}\n"
        )?;
    }
    text += "  accounts: {path: data/accounts/*.parquet, entity: account, key: account_id}\n";
    text += "dimensions:\n  segment: {path: account.segment}\n";
    Ok(text)
}

fn kpi(number: usize) -> Res<String> {
    let source = format!("sales_{}", number % (SOURCES - 1));
    let limit = number * 3 % 700;
    let formula = match number % 5 {
        0 => format!("sum({source}.amount where amount > {limit})"),
        1 => format!("avg({source}.amount where channel = \"web\" and quantity > {})", number % 20),
        2 => format!("share({source}.amount > {limit} where is_large or status != \"open\")"),
        3 => format!("sum({source}.amount where account.segment = \"small\" and amount > {limit})"),
        _ => format!("kpi_{:04} / sum({source}.amount where quantity > {})", number - 4, number % 30),
    };
    let unit = if matches!(number % 5, 2 | 4) { "percent" } else { "EUR" };
    let mut text = format!("  kpi_{number:04}:\n");
    writeln!(text, "    label: {{en: Number {number}, es: Número {number}}}")?;
    writeln!(text, "    description: What the sales of part {source} come to, by rule {number}.")?;
    writeln!(
        text,
        "    formula: {formula}\n    unit: {unit}\n    better: higher\n    grain: [month, quarter]"
    )?;
    writeln!(text, "    by: [segment, channel]\n    owner: team{}@example.com", number % 7)?;
    writeln!(text, "    decimals: {}\n    fill: observed", number % 3)?;
    Ok(text)
}

fn events(part: usize) -> Res<RecordBatch> {
    let rows = part as i32 * 1_000..(part as i32 + 1) * 1_000;
    let texts = |list: [&'static str; 3]| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(rows.clone().map(|r| list[r as usize % 3])))
    };
    let integers = |of: fn(i64) -> i64| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(rows.clone().map(|r| of(r.into()))))
    };
    let amounts = Decimal128Array::from_iter_values(rows.clone().map(|r| i128::from(r) * 37 % 100_000));
    Ok(RecordBatch::try_from_iter([
        ("sale_id", integers(|r| r)),
        (
            "sold_on",
            Arc::new(Date32Array::from_iter_values(rows.clone().map(|r| 19_723 + r % 700))) as ArrayRef,
        ),
        ("account_id", integers(|r| r % 100)),
        ("status", texts(["open", "paid", "refunded"])),
        ("channel", texts(["web", "store", "app"])),
        ("region", texts(["north", "south", "east"])),
        ("kind", texts(["new", "repeat", "upsell"])),
        ("currency", texts(["EUR", "EUR", "USD"])),
        ("amount", Arc::new(amounts.with_precision_and_scale(12, 2)?)),
        ("quantity", integers(|r| r % 40)),
        ("weight", Arc::new(Float64Array::from_iter_values(rows.clone().map(|r| f64::from(r) / 8.0)))),
        ("rep_id", integers(|r| r % 12)),
    ])?)
}

fn accounts(part: usize) -> Res<RecordBatch> {
    let ids = part as i64 * 50..(part as i64 + 1) * 50;
    let segments = ids.clone().map(|i| ["small", "mid", "large"][i as usize % 3]);
    Ok(RecordBatch::try_from_iter([
        ("account_id", Arc::new(Int64Array::from_iter_values(ids.clone())) as ArrayRef),
        ("segment", Arc::new(StringArray::from_iter_values(segments)) as ArrayRef),
        ("name", Arc::new(StringArray::from_iter_values(ids.map(|i| format!("Account {i}")))) as ArrayRef),
    ])?)
}

fn project(folder: &Path) -> Res<()> {
    for source in 0..SOURCES {
        let (name, rows): (String, fn(usize) -> Res<RecordBatch>) = match source {
            0..9 => (format!("sales_{source}"), events),
            _ => ("accounts".to_owned(), accounts),
        };
        let folder = folder.join("data").join(name);
        std::fs::create_dir_all(&folder)?;
        for part in 0..PARTS {
            data::write(&folder.join(format!("part-{part}.parquet")), [rows(part)].into_iter())?;
        }
    }
    std::fs::create_dir_all(folder.join("rules"))?;
    std::fs::write(folder.join("rumbo.yaml"), sources()?)?;
    for file in 0..FILES {
        let numbers = file * KPIS / FILES..(file + 1) * KPIS / FILES;
        let text = numbers.map(kpi).collect::<Res<String>>()?;
        std::fs::write(folder.join(format!("rules/part-{file:02}.yaml")), format!("kpis:\n{text}"))?;
    }
    Ok(())
}

pub fn run(bench: &Bench) -> Res<()> {
    let folder = bench.made("thousand", project)?;
    let options = rumbo::LoadOptions::default();
    let asked = rumbo::Asked::default();
    let (mut loading, mut checking, mut both) = (vec![], vec![], vec![]);
    // The first reads the files.
    for round in 0..=ROUNDS {
        let (load, loaded) = clock(|| Ok(rumbo::load(&folder, &options)))?;
        let (check, checked) = clock(|| Ok(bench.runtime.block_on(loaded.check(&asked))))?;
        if let Some(problem) = checked.diagnostics.0.first() {
            return Err(format!("{}: {}", problem.code.id, problem.headline).into());
        }
        if checked.model.kpis.len() != KPIS {
            return Err(format!("{} KPIs", checked.model.kpis.len()).into());
        }
        if round > 0 {
            loading.push(load);
            checking.push(check);
            both.push(load + check);
        }
    }
    println!("\n{KPIS} KPIs of {FIELDS} fields in {FILES} files, {SOURCES} sources of {PARTS} Parquet files");
    println!("  {:<44} {:>8.0} ms", "load the rule files", median(loading));
    println!("  {:<44} {:>8.0} ms", "read the schemas, check the KPIs", median(checking));
    println!("  {:<44} {:>8.0} ms", "both (at most 150)", median(both));
    Ok(())
}
