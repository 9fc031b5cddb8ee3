//! What the parts of the benchmark share: the folder of files, the clock, and both engines as their users
//! call them.

pub mod check;
pub mod csv;
mod data;
pub mod kpis;
pub mod rollup;
pub mod sums;
mod table;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Instant;

use chrono::NaiveDate;
use datafusion::prelude::{DataFrame, ParquetReadOptions, SessionContext};
use tokio::runtime::Runtime;

use table::Table;

pub type Res<T> = Result<T, Box<dyn Error>>;

/// Timed runs of each side.
const ROUNDS: usize = 5;

pub struct Bench {
    folder: PathBuf,
    runtime: Runtime,
}

/// A side of a comparison: runs it once and gives its result.
type Side<'a> = &'a dyn Fn() -> Res<Table>;

impl Bench {
    pub fn new() -> Res<Self> {
        let folder = std::env::var_os("RUMBO_BENCH_DIR")
            .map_or_else(|| std::env::temp_dir().join("rumbo-bench"), PathBuf::from);
        std::fs::create_dir_all(&folder)?;
        let cores = std::thread::available_parallelism()?;
        println!("median of {ROUNDS} runs, sides in turn, {cores} cores");
        Ok(Self { folder, runtime: Runtime::new()? })
    }

    /// A file or folder of the benchmark, made by `make` if it is not there yet.
    fn made(&self, name: &str, make: fn(&Path) -> Res<()>) -> Res<PathBuf> {
        let path = self.folder.join(name);
        if !path.exists() {
            println!("making {name} ...");
            let partial = self.folder.join(format!("{name}.part"));
            make(&partial)?;
            std::fs::rename(partial, &path)?;
        }
        Ok(path)
    }

    /// A file of the benchmark, read once.
    fn file(&self, name: &str, make: fn(&Path) -> Res<()>) -> Res<PathBuf> {
        let path = self.made(name, make)?;
        std::io::copy(&mut std::fs::File::open(&path)?, &mut std::io::sink())?;
        Ok(path)
    }

    /// The KPIs of a rule file, over the files of the benchmark, in this range.
    fn rumbo(&self, rules: &str, range: (NaiveDate, NaiveDate)) -> Res<Table> {
        let options = rumbo::LoadOptions::default();
        let loaded = rumbo::load_texts(&self.folder, &[("rumbo.yaml", rules)], &options);
        let told =
            |all: rumbo::Diagnostics| all.0.iter().map(|d| d.headline.clone()).collect::<Vec<_>>().join("; ");
        self.runtime.block_on(async {
            let checked = loaded.check(&rumbo::Asked::default()).await;
            if checked.diagnostics.has_errors() {
                return Err(told(checked.diagnostics).into());
            }
            let last = range.1.pred_opt().ok_or("no such day")?.to_string();
            let as_of = rumbo::as_of(&last, &checked.model.calendar).ok_or("no as-of")?;
            let request =
                rumbo::Request { from: Some(range.0), to: Some(range.1), ..rumbo::Request::new(as_of) };
            let graph = checked.plan(&request).map_err(told)?;
            let run = rumbo::RunOptions::default();
            let outcome = checked.evaluate(&graph, as_of, run, &rumbo::Silent).await.map_err(told)?;
            Ok(Table::of_outcome(&outcome))
        })
    }

    /// DataFusion with a Parquet file as a table, as it comes.
    fn datafusion(&self, table: &str, path: &Path) -> Res<SessionContext> {
        let context = SessionContext::new();
        let path = path.to_string_lossy();
        self.runtime.block_on(context.register_parquet(table, &*path, ParquetReadOptions::default()))?;
        Ok(context)
    }

    /// Runs a statement whose first `keys` columns say where a row belongs; the others have these names.
    fn collect(&self, frame: DataFrame, keys: usize, values: &[&str]) -> Res<Table> {
        Table::of_batches(&self.runtime.block_on(frame.collect())?, keys, values)
    }
}

/// Runs the sides in turn. All must give the same result before anything is timed.
fn race<const N: usize>(sides: [Side<'_>; N]) -> Res<[f64; N]> {
    let first = sides[0]()?;
    for side in &sides[1..] {
        first.same(&side()?)?;
    }
    let mut times = [(); N].map(|()| Vec::with_capacity(ROUNDS));
    for _ in 0..ROUNDS {
        for (side, times) in sides.iter().zip(&mut times) {
            times.push(clock(side)?.0);
        }
    }
    Ok(times.map(median))
}

/// Milliseconds, and what came out.
fn clock<T>(run: impl FnOnce() -> Res<T>) -> Res<(f64, T)> {
    let start = Instant::now();
    let out = run()?;
    Ok((start.elapsed().as_secs_f64() * 1e3, out))
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// A line of the report: both sides and their ratio.
fn line(what: &str, rumbo: f64, other: f64) {
    println!("  {what:<44} {rumbo:>8.0} ms {other:>8.0} ms {:>7.2}", rumbo / other);
}

fn head(title: &str, other: &str) {
    println!("\n{title}\n  {:<44} {:>11} {other:>11} {:>7}", "", "Rumbo", "ratio");
}
