//! `rumbo backtest`: how a rule would have behaved over all that the data tells, or a range of it.

use crate::api::{RunOptions, load};
use crate::cli::args::{Asked as Arguments, Backtest as Args, BacktestFormat};
use crate::cli::console::{Bar, complain, out, show, usage};
use crate::cli::settings::{Exit, Talk, pairs, request};
use crate::diagnostic::Severity;
use crate::model::backtest::Backtest;
use crate::plan::Request;
use crate::plan::request::AskedRules;
use crate::report::backtest;
use crate::resolve::Asked;
use crate::rulefile::LoadOptions;

pub async fn run(args: &Args, options: &LoadOptions, talk: &Talk) -> Exit {
    let mut loaded = load(&args.project, options);
    let params = match pairs(&args.params, "--param") {
        Ok(params) => params,
        Err(problem) => return usage(&problem),
    };
    for (name, value) in params {
        if let Err(problem) = loaded.set_param(&name, &value) {
            return usage(&format!("`--param {name}=...`: {problem}"));
        }
    }
    let mut checked = loaded.check(&Asked::default()).await;
    if checked.diagnostics.0.iter().any(|d| d.severity == Severity::Error) {
        show(&checked.diagnostics.0, &checked.map, talk, false);
        return Exit::Failed;
    }
    let arguments = Arguments {
        from: args.from.clone(),
        to: args.to.clone(),
        as_of: args.as_of.clone(),
        ..Arguments::default()
    };
    let (as_of, calendar) = (checked.model.as_of, checked.model.calendar.clone());
    let rules = AskedRules { names: vec![args.rule.clone()], whole: true, ..AskedRules::default() };
    let request = match request(&arguments, Some(Vec::new()), as_of, &calendar, &mut checked.map) {
        Ok(request) => Request { rules: Some(rules), ..request },
        Err(problem) => return usage(&problem),
    };
    let graph = match checked.plan(&request) {
        Ok(graph) => graph,
        Err(problems) => {
            show(&problems.0, &checked.map, talk, false);
            return Exit::Usage;
        }
    };
    let bar = Bar::new(talk);
    let options = RunOptions { lang: args.lang.as_deref(), ..RunOptions::default() };
    let result = checked.evaluate(&graph, request.as_of, options, &bar).await;
    bar.done();
    let outcome = match result {
        Ok(outcome) => outcome,
        Err(problems) => {
            show(&problems.0, &checked.map, talk, false);
            return Exit::Failed;
        }
    };
    let Some(table) = outcome.rules.first() else { return Exit::Failed };
    if let Some(lacks) = &table.lacks {
        complain(&format!("`{}` is not applicable: {lacks}", table.rule));
        return Exit::Failed;
    }
    let test = Backtest::of(table);
    let written = out(|w| match args.format {
        BacktestFormat::Text => backtest::write(table, &test, &outcome.as_of, w),
        BacktestFormat::Json => writeln!(w, "{:#}", backtest::json(table, &test, &outcome.as_of)),
    });
    match written {
        Ok(()) => Exit::Done,
        Err(e) => {
            complain(&format!("error: standard output: {e}"));
            Exit::Failed
        }
    }
}
