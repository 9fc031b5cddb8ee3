//! The benchmark: `cargo bench`, or one part of it with `cargo bench -- kpis` (kpis, check, sums, rollup,
//! csv). Its files are made once, in `$RUMBO_BENCH_DIR` or in `rumbo-bench/` of the system's temp folder.
//! docs/benchmarks.md says what is compared.
#![allow(clippy::print_stdout)]

mod suite;

use std::process::ExitCode;

type Part = fn(&suite::Bench) -> suite::Res<()>;

const PARTS: [(&str, Part); 5] = [
    ("kpis", suite::kpis::run),
    ("check", suite::check::run),
    ("sums", suite::sums::run),
    ("rollup", suite::rollup::run),
    ("csv", suite::csv::run),
];

fn main() -> ExitCode {
    // Cargo adds `--bench`.
    let wanted: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    let chosen: Vec<_> =
        PARTS.iter().filter(|(name, _)| wanted.is_empty() || wanted.iter().any(|w| w == name)).collect();
    if chosen.is_empty() {
        println!("no such part; there are {}", PARTS.map(|(name, _)| name).join(", "));
        return ExitCode::FAILURE;
    }
    let done = suite::Bench::new().and_then(|bench| chosen.iter().try_for_each(|(_, run)| run(&bench)));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            println!("failed: {e}");
            ExitCode::FAILURE
        }
    }
}
