//! The tests of the standard checks, in `rules/standard/tests/`: each project passes, and every check is
//! expected there to fire, with what it says, and to hold.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use libtest_mimic::Trial;
use serde::Deserialize;

use crate::{Outcome, console, files_below, root};

const FOLDER: &str = "rules/standard/tests";

/// One for each project, and one for all checks.
pub fn trials() -> Vec<Trial> {
    let mut trials: Vec<Trial> = files_below(&root().join(FOLDER), "rumbo.yaml")
        .iter()
        .filter_map(|file| file.parent().map(Path::to_path_buf))
        .map(|project| {
            let name = project.file_name().unwrap_or_default().to_string_lossy().into_owned();
            Trial::test(format!("checks/{name}"), move || passes(&project))
        })
        .collect();
    trials.push(Trial::test("checks/each_fires_and_holds", each_fires_and_holds));
    trials
}

fn passes(project: &Path) -> Outcome {
    let output = console::rumbo(&["test"], project)?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(String::from_utf8_lossy(&said).into_owned().into())
}

/// What this test reads of a file; YAML leaves the rest alone.
#[derive(Deserialize)]
struct File {
    #[serde(default)]
    tests: BTreeMap<String, Test>,
}

#[derive(Deserialize)]
struct Test {
    expect: Expect,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Expect {
    Many(Vec<One>),
    One(One),
}

#[derive(Deserialize)]
struct One {
    rule: Option<String>,
    verdict: Option<String>,
    message: Option<String>,
}

fn each_fires_and_holds() -> Outcome {
    let mut seen: BTreeSet<(String, &str)> = BTreeSet::new();
    for file in files_below(&root().join(FOLDER), ".yaml") {
        let text = std::fs::read_to_string(&file)?;
        let read: File = serde_yaml::from_str(&text).map_err(|e| format!("{}: {e}", file.display()))?;
        let expected = read.tests.into_values().flat_map(|test| match test.expect {
            Expect::Many(all) => all,
            Expect::One(one) => vec![one],
        });
        for one in expected {
            let Some(rule) = one.rule else { continue };
            match one.verdict.as_deref() {
                Some("fires") => {
                    if one.message.is_some() {
                        seen.insert((rule.clone(), "message"));
                    }
                    seen.insert((rule, "fires"));
                }
                Some("holds") => drop(seen.insert((rule, "holds"))),
                _ => {}
            }
        }
    }
    let checks: Vec<String> = rumbo::standard_checks().into_iter().map(|check| check.name).collect();
    if checks.is_empty() {
        return Err("the pack names no checks".into());
    }
    let mut missing = String::new();
    for check in &checks {
        for (what, said) in [
            ("fires", "is nowhere expected to fire"),
            ("message", "is nowhere expected to fire with its message"),
            ("holds", "is nowhere expected to hold"),
        ] {
            if !seen.contains(&(check.to_owned(), what)) {
                let _ = writeln!(missing, "`{check}` {said} in {FOLDER}");
            }
        }
    }
    if missing.is_empty() { Ok(()) } else { Err(missing.into()) }
}
