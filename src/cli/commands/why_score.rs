//! `rumbo why SCORECARD`: one scorecard of one member, and its pay.

use crate::api::{Loaded, RunOptions};
use crate::cli::args::{Why, WhyFormat};
use crate::cli::console::{Bar, out, print, show, usage};
use crate::cli::settings::{Exit, Talk, as_of};
use crate::diagnostic::near::did_you_mean;
use crate::model::outcome::{Member, ScoreRow};
use crate::plan::Request;
use crate::report::why_score;
use crate::resolve::Asked;

pub async fn run(loaded: Loaded, args: &Why, memory: Option<usize>, talk: &Talk) -> Exit {
    let as_json = args.format == WhyFormat::Json;
    let checked = loaded.check(&Asked::default()).await;
    if checked.diagnostics.has_errors() {
        show(&checked.diagnostics.0, &checked.map, talk, as_json);
        return Exit::Failed;
    }
    let calendar = &checked.model.calendar;
    let Some(card) = checked.model.scorecards.iter().find(|c| c.name == args.kpi) else {
        return usage(&format!("no scorecard is named `{}`", args.kpi));
    };
    let as_of = match as_of(args.as_of.as_deref(), checked.model.as_of, calendar) {
        Ok(as_of) => as_of,
        Err(problem) => return usage(&problem),
    };
    let period = match &args.period {
        Some(name) => calendar.parse(card.grain, name),
        None => {
            let last = calendar.index(card.grain, as_of.day);
            Some(if as_of.closes(calendar.end(card.grain, last)) { last } else { last - 1 })
        }
    };
    let Some(period) = period else {
        let example = calendar.name(card.grain, calendar.index(card.grain, as_of.day));
        let given = args.period.as_deref().unwrap_or_default();
        return usage(&format!("`--period {given}`: a period such as {example} is expected"));
    };
    let mut request = Request::new(as_of);
    request.kpis = Some(Vec::new());
    request.scorecards = Some(vec![args.kpi.clone()]);
    request.from = Some(calendar.start(card.grain, period));
    request.to = Some(calendar.end(card.grain, period));
    let graph = match checked.plan(&request) {
        Ok(graph) => graph,
        Err(problems) => {
            show(&problems.0, &checked.map, talk, as_json);
            return Exit::Usage;
        }
    };
    let bar = Bar::new(talk);
    let options = RunOptions { memory, lang: args.lang.as_deref() };
    let outcome = checked.evaluate(&graph, as_of, options, &bar).await;
    bar.done();
    let outcome = match outcome {
        Ok(outcome) => outcome,
        Err(problems) => {
            show(&problems.0, &checked.map, talk, as_json);
            return Exit::Failed;
        }
    };
    let Some(table) = outcome.scorecards.first() else { return Exit::Failed };
    let row = match found(&table.dimensions, &table.rows, &args.at) {
        Ok(row) => row,
        Err(problem) => return usage(&problem),
    };
    let line = checked.map.place(card.defined).line;
    let place = format!("{}:{line}", checked.map.file(card.defined.file).name);
    let pay = card.pay.as_ref();
    let written = if as_json {
        let document = why_score::json(table, row, pay, &place, &outcome.as_of);
        out(|w| writeln!(w, "{document:#}"))
    } else {
        let text = why_score::text(table, row, pay, &place, &outcome.as_of);
        out(|w| write!(w, "{text}"))
    };
    if written.is_err() { Exit::Failed } else { print("") }
}

/// The row of the members that are named.
fn found<'r>(dimensions: &[String], rows: &'r [ScoreRow], at: &[String]) -> Result<&'r ScoreRow, String> {
    let mut wanted: Vec<(usize, &str)> = Vec::new();
    for given in at {
        let pair = given.split_once('=');
        let (name, member) = pair.ok_or_else(|| format!("`--at {given}`: DIMENSION=MEMBER is expected"))?;
        let place = dimensions.iter().position(|d| d == name);
        let place = place.ok_or_else(|| {
            format!(
                "`--at {given}`: the scorecard is by {}",
                if dimensions.is_empty() { "no dimension".to_owned() } else { dimensions.join(", ") }
            )
        })?;
        wanted.push((place, member));
    }
    if wanted.len() < dimensions.len() {
        return Err(format!("whose scorecard? `--at {}=MEMBER`", dimensions.join("=MEMBER --at ")));
    }
    let is = |member: &Option<Member>, text: &str| {
        member.as_ref().is_some_and(|m| m.key == text || m.label.as_deref() == Some(text))
    };
    let row = rows.iter().find(|r| wanted.iter().all(|(place, text)| is(&r.members[*place], text)));
    row.ok_or_else(|| {
        let keys = rows.iter().flat_map(|r| r.members.iter().flatten()).map(|m| m.key.as_str());
        let named: Vec<&str> = wanted.iter().map(|w| w.1).collect();
        let help = wanted.first().and_then(|(_, text)| did_you_mean(text, keys)).unwrap_or_default();
        format!("no scorecard of `{}` in this period; {help}", named.join(", "))
    })
}
