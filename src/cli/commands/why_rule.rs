//! `rumbo why RULE`: the verdict of one member in one period, what was read, and the states that led there.

use crate::api::{Loaded, RunOptions};
use crate::cli::args::{Why, WhyFormat};
use crate::cli::console::{Bar, complain, out, show, usage};
use crate::cli::settings::{Exit, Talk, as_of};
use crate::diagnostic::near::did_you_mean;
use crate::model::findings::RuleTable;
use crate::model::verdict::Verdict;
use crate::plan::Request;
use crate::plan::request::AskedRules;
use crate::report::why_rule;
use crate::resolve::Asked;

pub async fn run(loaded: Loaded, args: &Why, memory: Option<usize>, talk: &Talk) -> Exit {
    let as_json = args.format == WhyFormat::Json;
    let checked = loaded.check(&Asked::default()).await;
    if checked.diagnostics.has_errors() {
        show(&checked.diagnostics.0, &checked.map, talk, as_json);
        return Exit::Failed;
    }
    let as_of = match as_of(args.as_of.as_deref(), checked.model.as_of, &checked.model.calendar) {
        Ok(as_of) => as_of,
        Err(problem) => return usage(&problem),
    };
    let rules = AskedRules { names: vec![args.kpi.clone()], whole: true, all: true, since: None };
    let request = Request { kpis: Some(Vec::new()), rules: Some(rules), ..Request::new(as_of) };
    let graph = match checked.plan(&request) {
        Ok(graph) => graph,
        Err(problems) => {
            show(&problems.0, &checked.map, talk, as_json);
            return Exit::Usage;
        }
    };
    let bar = Bar::new(talk);
    let options = RunOptions { memory, lang: args.lang.as_deref() };
    let result = checked.evaluate(&graph, as_of, options, &bar).await;
    bar.done();
    let outcome = match result {
        Ok(outcome) => outcome,
        Err(problems) => {
            show(&problems.0, &checked.map, talk, as_json);
            return Exit::Failed;
        }
    };
    let Some(table) = outcome.rules.first() else { return Exit::Failed };
    if let Some(lacks) = &table.lacks {
        complain(&format!("`{}` is not applicable: {lacks}", table.rule));
        return Exit::Failed;
    }
    let cell = match cell(table, args) {
        Ok(cell) => cell,
        Err(problem) => return usage(&problem),
    };
    let written = out(|w| {
        if as_json {
            writeln!(w, "{:#}", why_rule::json(table, cell, &outcome.as_of))
        } else {
            why_rule::write(table, cell, &outcome.as_of, w)
        }
    });
    match written {
        Ok(()) => Exit::Done,
        Err(e) => {
            complain(&format!("error: standard output: {e}"));
            Exit::Failed
        }
    }
}

/// The member and the period that are explained: those asked for, else the last closed period and of its members the
/// one that needs attention most.
fn cell(table: &RuleTable, args: &Why) -> Result<(usize, usize), String> {
    let period = match &args.period {
        None => table.current(),
        Some(name) => {
            let found = table.periods.iter().position(|p| p.period == *name);
            let names = table.periods.iter().map(|p| p.period.as_str());
            let help = || did_you_mean(name, names).map_or_else(String::new, |help| format!("; {help}"));
            Some(found.ok_or_else(|| format!("`{}` is not judged for `{name}`{}", table.rule, help()))?)
        }
    };
    let mut wanted: Vec<(usize, &str)> = Vec::new();
    for at in &args.at {
        let Some((name, member)) = at.split_once('=') else {
            return Err(format!("`--at {at}`: DIMENSION=MEMBER is expected, such as rep=r1"));
        };
        let Some(place) = table.dimensions.iter().position(|d| d == name) else {
            let whom = if table.dimensions.is_empty() {
                "the whole".to_owned()
            } else {
                table.dimensions.join(", ")
            };
            return Err(format!("`{}` is not judged for each `{name}`; it is for {whom}", table.rule));
        };
        wanted.push((place, member));
    }
    let fits = |member: &usize| {
        wanted.iter().all(|(place, wanted)| {
            let own = &table.members[*member][*place];
            own.key == *wanted || own.label.as_deref() == Some(*wanted)
        })
    };
    let members: Vec<usize> = (0..table.members.len()).filter(fits).collect();
    let (Some(period), false) = (period, members.is_empty()) else {
        let names = wanted.first().map(|(place, _)| table.members.iter().map(|m| m[*place].key.as_str()));
        let near = wanted.first().zip(names).and_then(|((_, name), names)| did_you_mean(name, names));
        return Err(match near {
            Some(near) => format!("`{}` judges no such member; {near}", table.rule),
            None => format!("`{}` judges nobody", table.rule),
        });
    };
    let order = |member: &usize| {
        let verdict = table.verdict(*member, period);
        Verdict::ALL.iter().position(|v| *v == verdict)
    };
    Ok((members.into_iter().min_by_key(|m| (order(m), *m)).unwrap_or_default(), period))
}
