//! Tests of rule files: rows given, results expected. Each test is a function of the project and of what
//! the test says: its rows stand in for the files, which need not be there. Prints nothing.

mod compare;
mod expect;
mod given;
mod known;
mod results;
mod rows;
mod rules;
mod told;
mod unknown;
mod wanted;

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::api::{Checked, Loaded, RunOptions};
use crate::diagnostic::{Diagnostic, Severity, codes};
use crate::engine::Inspected;
use crate::engine::run::Silent;
use crate::model::outcome::Outcome;
use crate::model::project::AsOf;
use crate::plan::request::AskedRules;
use crate::plan::{PlanGraph, Request};
use crate::resolve::{self, Asked};
use crate::rulefile::raw::RawTest;
use crate::source::Spanned;

use expect::{Expected, Subject};
use given::Prepared;

/// What to run.
#[derive(Clone, Debug, Default)]
pub struct TestOptions {
    /// Tests whose name holds one of these; all where there is none.
    pub filter: Vec<String>,
}

/// How a test ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestOutcome {
    /// Everything is as expected.
    Passed,
    /// Something is not as expected.
    Failed,
    /// It could not be run.
    Broken,
}

/// What came of one test.
#[derive(Clone, Debug)]
pub struct TestResult {
    /// The test, where it is defined.
    pub name: Spanned<String>,
    /// How it ended.
    pub outcome: TestOutcome,
    /// How many things were compared.
    pub compared: usize,
    /// What is not as expected, or why it could not be run.
    pub diagnostics: Vec<Diagnostic>,
}

/// Runs the tests of a project that loaded without errors, in the order of the files. Call it in a Tokio
/// runtime.
pub async fn run(loaded: &Loaded, options: &TestOptions) -> Vec<TestResult> {
    let asked = |name: &str| options.filter.is_empty() || options.filter.iter().any(|f| name.contains(f));
    let tests: Vec<&RawTest> = loaded.raw.tests.values().filter(|t| asked(&t.name.node)).collect();
    if tests.is_empty() {
        return Vec::new();
    }
    // What the real files hold tells types; what is wrong with them is no matter of tests.
    let (_, inspected, _) = loaded.files().await;
    let mut results = Vec::new();
    for test in tests {
        let (outcome, compared, diagnostics) = match one(loaded, &inspected, test).await {
            Ok((compared, failures)) if failures.is_empty() => (TestOutcome::Passed, compared, failures),
            Ok((compared, failures)) => (TestOutcome::Failed, compared, failures),
            Err(problems) => (TestOutcome::Broken, 0, given::in_place(problems, test)),
        };
        results.push(TestResult { name: test.name.clone(), outcome, compared, diagnostics });
    }
    results
}

/// How many things one test compared, and what differs.
async fn one(
    loaded: &Loaded,
    inspected: &Inspected,
    test: &RawTest,
) -> Result<(usize, Vec<Diagnostic>), Vec<Diagnostic>> {
    let expected = expect::read(&loaded.raw, test)?;
    let Prepared { project, specs, inspected, as_of, stated } =
        given::prepare(loaded, inspected, test, &expected).await?;
    let partial = !inspected.partial.is_empty();
    let kpis: BTreeSet<String> =
        expected.iter().filter(|e| e.of == Subject::Kpi).map(|e| e.name.node.clone()).collect();
    let calendar = resolve::calendar(&loaded.raw.calendar);
    let periods = stated.iter().flat_map(|s| s.rows.keys());
    let since = periods.map(|(grain, period)| calendar.start(*grain, *period)).min();
    let asked = Asked { filters: Vec::new(), only: Some(kpis.into_iter().collect()), grains: true, stated };
    let found = crate::diagnostic::Diagnostics::new();
    let mut checked = project.over(specs, inspected, found, &asked);
    if let Err(problems) = checked.define().await {
        checked.diagnostics.extend(problems);
    }
    let errors = || checked.diagnostics.0.iter().filter(|d| d.severity == Severity::Error);
    if errors().next().is_some() {
        return Err(errors().cloned().collect());
    }
    // Where files are there, the checker has told of every name that is none.
    let mut lost: Vec<Diagnostic> = if partial {
        expected.iter().filter_map(|e| unknown::unknown(&loaded.raw, &checked.model, e)).collect()
    } else {
        Vec::new()
    };
    lost.dedup_by_key(|problem| problem.span());
    if !lost.is_empty() {
        return Err(lost);
    }
    let unfit = rules::unfit(&expected, &checked.model);
    if !unfit.is_empty() {
        return Err(unfit);
    }
    let (mut compared, mut failures, mut problems) = (0, Vec::new(), Vec::new());
    let mut done: Vec<Asking> = Vec::new();
    for each in &expected {
        let asking = match done.iter().position(|a| a.answers(each)) {
            Some(at) => &done[at],
            None => match Asking::of(&checked, &expected, each, as_of, since).await {
                Ok(asking) => {
                    done.push(asking);
                    &done[done.len() - 1]
                }
                Err(found) => {
                    problems.extend(found);
                    continue;
                }
            },
        };
        match compare::compare(each, &asking.outcome, &checked.model.calendar) {
            Ok(differences) => {
                compared += each.fields.len();
                if !differences.is_empty() {
                    failures.push(told::failure(test, each, &differences, &asking.reads));
                }
            }
            Err(problem) => problems.push(*problem),
        }
    }
    // One mistake of a breakdown may stand behind several expectations.
    let mut once: Vec<Diagnostic> = Vec::new();
    for problem in problems {
        if !once.contains(&problem) {
            once.push(problem);
        }
    }
    if once.is_empty() {
        return Ok((compared, failures));
    }
    once.extend(failures);
    Err(once)
}

/// A KPI at one grain by all breakdowns that are expected of it there, a scorecard, or a rule.
struct Asking {
    name: String,
    of: Subject,
    grain: crate::model::calendar::Grain,
    outcome: Outcome,
    /// The sources that were read.
    reads: Vec<String>,
}

impl Asking {
    fn answers(&self, expected: &Expected) -> bool {
        (&self.name, self.of, self.grain) == (&expected.name.node, expected.of, expected.grain)
    }

    async fn of(
        checked: &Checked,
        all: &[Expected],
        first: &Expected,
        as_of: AsOf,
        stated: Option<NaiveDate>,
    ) -> Result<Self, Vec<Diagnostic>> {
        let (name, of, grain) = (&first.name.node, first.of, first.grain);
        let same = || all.iter().filter(|e| (&e.name.node, e.of, e.grain) == (name, of, grain));
        let calendar = &checked.model.calendar;
        let mut request = Request::new(as_of);
        request.kpis = Some(Vec::new());
        match of {
            Subject::Kpi => {
                request.kpis = Some(vec![name.clone()]);
                request.grains = Some(vec![grain]);
            }
            Subject::Scorecard => request.scorecards = Some(vec![name.clone()]),
            Subject::Rule => {
                request.rules = Some(AskedRules { names: vec![name.clone()], ..AskedRules::default() });
            }
        }
        if first.dated {
            request.from = same().map(|e| calendar.start(grain, e.period)).min();
            // A state comes from all that is given.
            request.from = request.from.into_iter().chain(stated.filter(|_| of == Subject::Rule)).min();
            request.to = same().map(|e| calendar.end(grain, e.period)).max();
        }
        let mut by: Vec<Vec<crate::model::project::Dimension>> = Vec::new();
        for each in same().filter(|e| e.of == Subject::Kpi && !e.dimensions.is_empty()) {
            if !by.iter().any(|b| compare::same_dimensions(b, &each.dimensions)) {
                by.push(each.dimensions.clone());
            }
        }
        request.by = Some(by);
        let graph = checked.plan(&request).map_err(|p| p.0)?;
        if let Some(problem) = unreached(&graph, first) {
            return Err(vec![problem]);
        }
        let reads = graph.ground.reads.keys().map(|id| checked.model.source(*id));
        let reads = reads.filter(|s| !s.catalogue).map(|s| s.name.clone()).collect();
        let outcome =
            checked.evaluate(&graph, as_of, RunOptions::default(), &Silent).await.map_err(|p| p.0)?;
        Ok(Self { name: name.clone(), of, grain, outcome, reads })
    }
}

/// A breakdown that some source does not reach, where its columns are not all known.
fn unreached(graph: &PlanGraph, of: &Expected) -> Option<Diagnostic> {
    let cards = graph.cards.iter().flat_map(|c| &c.tables);
    let breakdowns = graph.tables.iter().chain(cards).flat_map(|t| &t.breakdowns);
    let lost = breakdowns.into_iter().find(|b| b.keys.values().any(|k| k.len() != b.dimensions.len()))?;
    let names: Vec<String> = lost.dimensions.iter().map(crate::model::project::Dimension::name).collect();
    let place = lost.dimensions.first().map_or(of.name.span, |d| d.span);
    let headline = format!("`{}` does not reach `{}`", of.name.node, names.join("`, `"));
    Some(Diagnostic::new(&codes::BAD_TEST, headline).at(place, "no such dimension of its sources").note(
        "the project's data is not there: columns are known where the test gives them or `columns:` has them",
    ))
}
