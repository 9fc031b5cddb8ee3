//! `rumbo test`: the tests of a project's rule files.

use serde_json::{Value, json};

use crate::api::load;
use crate::cli::args::{Test, TestFormat};
use crate::cli::console::{complain, error_width, print, show, some};
use crate::cli::settings::{Exit, Talk};
use crate::diagnostic::render::{json, terminal};
use crate::diagnostic::{Diagnostic, codes};
use crate::rulefile::LoadOptions;
use crate::source::SourceMap;
use crate::testing::{self, TestOptions, TestOutcome, TestResult};

pub async fn run(args: &Test, options: &LoadOptions, talk: &Talk) -> Exit {
    let as_json = args.format == TestFormat::Json;
    let loaded = load(&args.project, &LoadOptions { tests: true, ..options.clone() });
    if loaded.diagnostics.has_errors() {
        show(&loaded.diagnostics.clone().sorted().0, &loaded.map, talk, as_json);
        return Exit::Failed;
    }
    let results = testing::run(&loaded, &TestOptions { filter: args.filter.clone() }).await;
    if results.is_empty() {
        show(&[none(args, loaded.raw.tests.len())], &loaded.map, talk, as_json);
        return Exit::Failed;
    }
    let printed = if as_json { document(&results, &loaded.map) } else { lines(&results, &loaded.map, talk) };
    match printed {
        Exit::Done if count(&results, TestOutcome::Broken) > 0 => Exit::Failed,
        Exit::Done if count(&results, TestOutcome::Failed) > 0 => Exit::Findings,
        printed => printed,
    }
}

fn count(results: &[TestResult], verdict: TestOutcome) -> usize {
    results.iter().filter(|r| r.outcome == verdict).count()
}

fn none(args: &Test, all: usize) -> Diagnostic {
    let problem = Diagnostic::new(&codes::NO_TESTS, "no tests to run");
    if all == 0 {
        return problem
            .note("no rule file has `tests:`")
            .help("tests stand under `tests:` of a rule file, or in files named `*.test.yaml`");
    }
    let names: Vec<String> = args.filter.iter().map(|f| format!("`{f}`")).collect();
    problem.note(format!("none of {} holds {} in its name", some(all, "test"), names.join(" or ")))
}

fn lines(results: &[TestResult], map: &SourceMap, talk: &Talk) -> Exit {
    let mut told: Vec<&Diagnostic> = Vec::new();
    let mut exit = Exit::Done;
    for result in results {
        let word = word(result.outcome);
        if !talk.quiet || result.outcome != TestOutcome::Passed {
            exit = worse(exit, print(&format!("{word:<6}  {}\n", result.name.node)));
        }
        let new: Vec<Diagnostic> = result.diagnostics.iter().filter(|d| !told.contains(d)).cloned().collect();
        if new.is_empty() && !result.diagnostics.is_empty() {
            complain("        for the same reasons as a test before it");
        } else if !new.is_empty() {
            complain(&terminal::render(&new, map, talk.colour_err, error_width()));
            complain("");
        }
        told.extend(&result.diagnostics);
    }
    if talk.quiet {
        return exit;
    }
    let counts = [TestOutcome::Passed, TestOutcome::Failed, TestOutcome::Broken].map(|v| count(results, v));
    let compared: usize = results.iter().map(|r| r.compared).sum();
    let mut parts = vec![format!("{} passed", counts[0])];
    parts.extend((counts[1] > 0).then(|| format!("{} failed", counts[1])));
    parts.extend((counts[2] > 0).then(|| format!("{} could not be run", counts[2])));
    let compared = some(compared, "value");
    worse(
        exit,
        print(&format!("{}: {}, {compared} compared\n", some(results.len(), "test"), parts.join(", "))),
    )
}

fn word(verdict: TestOutcome) -> &'static str {
    match verdict {
        TestOutcome::Passed => "ok",
        TestOutcome::Failed => "failed",
        TestOutcome::Broken => "error",
    }
}

fn worse(a: Exit, b: Exit) -> Exit {
    if a == Exit::Done { b } else { a }
}

fn document(results: &[TestResult], map: &SourceMap) -> Exit {
    let tests: Vec<Value> = results
        .iter()
        .map(|result| {
            let rendered: Value =
                serde_json::from_str(&json::render(&result.diagnostics, map)).unwrap_or(Value::Null);
            json!({
                "name": result.name.node,
                "file": map.file(result.name.span.file).name,
                "line": map.place(result.name.span).line,
                "outcome": match result.outcome {
                    TestOutcome::Passed => "passed",
                    TestOutcome::Failed => "failed",
                    TestOutcome::Broken => "error",
                },
                "compared": result.compared,
                "diagnostics": rendered.get("diagnostics").cloned().unwrap_or_default(),
            })
        })
        .collect();
    let document = json!({
        "passed": count(results, TestOutcome::Passed),
        "failed": count(results, TestOutcome::Failed),
        "errors": count(results, TestOutcome::Broken),
        "tests": tests,
    });
    print(&format!("{document:#}\n"))
}
