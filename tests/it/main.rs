//! The one integration binary: golden cases, the documents' examples, the command line, properties of
//! the whole engine, and what holds the repository together. `cargo test NAME` filters;
//! `UPDATE=1 cargo test` rewrites what golden files expect.

mod architecture;
mod cases;
mod check_pages;
mod checks;
mod cli;
mod codes;
mod console;
mod conversions;
mod diff;
mod differential;
mod docs;
mod folder;
mod fuzz;
mod generated;
mod links;
mod lockfile;
mod markdown;
mod own_calendars;
mod plan;
mod properties;
mod request;
mod table;
mod typed;
mod verdicts;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = cases::trials();
    trials.extend(docs::trials());
    trials.extend(checks::trials());
    trials.extend(cli::trials());
    trials.extend(properties::trials());
    trials.extend(own_calendars::trials());
    trials.extend(conversions::trials());
    trials.extend(fuzz::trials());
    trials.extend(differential::trials());
    trials.push(Trial::test("architecture", architecture::stages_use_only_earlier_ones));
    trials.push(Trial::test("lockfile", lockfile::one_version_each));
    trials.push(Trial::test("docs/generated", generated::parts_are_current));
    trials.push(Trial::test("docs/checks/pages", check_pages::pages_are_complete));
    trials.push(Trial::test("docs/links", links::lead_somewhere));
    trials.push(Trial::test("codes", codes::pages_and_cases_are_complete));
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// What a test gives.
type Outcome = Result<(), Failed>;

/// The repository's root.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Whether golden files are rewritten rather than compared.
fn updating() -> bool {
    std::env::var_os("UPDATE").is_some_and(|v| v == "1")
}

/// The files below a folder with one of these endings, sorted; none where the folder is not there.
fn files_below(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for path in entries.filter_map(|e| e.ok().map(|e| e.path())) {
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
