//! What `run` and `eval` share: check, plan, evaluate, write.

use std::io::{self, ErrorKind};
use std::path::Path;

use crate::api::{Loaded, RunOptions};
use crate::cli::args::{Asked as Arguments, AxisFilter, StatusFilter};
use crate::cli::console::{Bar, complain, out, show, some, usage};
use crate::cli::settings::{Exit, FailOn, Talk, Target, bytes, conditions, pairs, request};
use crate::diagnostic::{Diagnostic, Severity, codes};
use crate::model::judge::Status;
use crate::model::outcome::Outcome;
use crate::model::rules::Axis;
use crate::model::verdict::Verdict;
use crate::plan::Request;
use crate::plan::request::AskedRules;
use crate::report::{Format, TableOptions, write, write_file};
use crate::resolve::Asked;
use crate::source::SourceMap;

/// Which results are asked for.
#[derive(Default)]
pub struct Wanted {
    /// KPIs; all where absent.
    pub kpis: Option<Vec<String>>,
    /// Scorecards; none where absent, all where empty.
    pub scorecards: Option<Vec<String>>,
    /// Alignment rules; none where absent.
    pub rules: Option<AskedRules>,
    /// Only rules of these axes; all where empty.
    pub axes: Vec<AxisFilter>,
    /// Only these verdicts.
    pub verdicts: Option<Vec<Verdict>>,
    /// What fails a pipeline.
    pub fail_on: Option<FailOn>,
}

/// Computes KPIs of a loaded project and writes them.
pub async fn run(mut loaded: Loaded, wanted: Wanted, arguments: &Arguments, talk: &Talk) -> Exit {
    let Wanted { kpis, scorecards, rules, axes, verdicts, fail_on } = wanted;
    let target = match Target::settle(arguments) {
        Ok(target) => target,
        Err(problem) => return usage(&problem),
    };
    let memory = match arguments.memory.as_deref().map(bytes).transpose() {
        Ok(memory) => memory,
        Err(problem) => return usage(&problem),
    };
    let params = match pairs(&arguments.params, "--param") {
        Ok(params) => params,
        Err(problem) => return usage(&problem),
    };
    for (name, value) in params {
        if let Err(problem) = loaded.set_param(&name, &value) {
            return usage(&format!("`--param {name}=...`: {problem}"));
        }
    }
    let as_json = matches!(target.format, Format::Json | Format::Ndjson);
    let filters = match conditions(arguments, &mut loaded.map) {
        Ok(filters) => filters,
        Err(problems) => {
            show(&problems, &loaded.map, talk, as_json);
            return Exit::Usage;
        }
    };
    let asked =
        Asked { filters, only: kpis.clone(), grains: !arguments.grain.is_empty(), ..Asked::default() };
    let mut checked = loaded.check(&asked).await;
    if checked.diagnostics.has_errors() {
        show(&checked.diagnostics.0, &checked.map, talk, as_json);
        let typed =
            |d: &Diagnostic| d.span().is_some_and(|s| checked.map.file(s.file).name.starts_with("--"));
        let all_typed = checked.diagnostics.0.iter().filter(|d| d.severity == Severity::Error).all(typed);
        return if all_typed { Exit::Usage } else { Exit::Failed };
    }
    let (as_of, calendar) = (checked.model.as_of, checked.model.calendar.clone());
    let request = match request(arguments, kpis, as_of, &calendar, &mut checked.map) {
        Ok(request) => Request { scorecards, rules, ..request },
        Err(problem) => return usage(&problem),
    };
    let graph = match checked.plan(&request) {
        Ok(graph) => graph,
        Err(problems) => {
            show(&problems.0, &checked.map, talk, as_json);
            return Exit::Usage;
        }
    };
    if talk.verbose {
        let measures: usize = graph.groups.iter().map(|g| g.measures.len()).sum();
        complain(&format!(
            "{} from {} in {}, as of {}",
            some(graph.tables.len(), "table"),
            some(measures, "measure"),
            some(graph.groups.len(), "scan group"),
            request.as_of.day
        ));
    }
    let bar = Bar::new(talk);
    let options = RunOptions { memory, lang: arguments.lang.as_deref() };
    let result = checked.evaluate(&graph, request.as_of, options, &bar).await;
    bar.done();
    match result {
        Err(problems) => {
            show(&problems.0, &checked.map, talk, as_json);
            Exit::Failed
        }
        Ok(mut outcome) => {
            if !arguments.status.is_empty() {
                outcome.keep_statuses(&statuses(&arguments.status));
            }
            outcome.rules.retain(|t| axes.is_empty() || axes.iter().any(|a| axis(*a) == t.axis));
            outcome.verdicts = verdicts;
            let exit = deliver(&outcome, &target, talk);
            for (text, rows) in outcome.expanded.iter().filter(|(_, rows)| talk.verbose || *rows > MANY_ROWS)
            {
                complain(&format!("`{text}` looked at {rows} rows, one for each period that they count in"));
            }
            // Notes after the result: they are what is read last.
            if exit == Exit::Done && !as_json {
                show(&outcome.notes, &checked.map, talk, false);
            }
            match (exit, fail_on) {
                (Exit::Done, Some(fail_on)) => fail_on.exit(&outcome.rules),
                (exit, _) => exit,
            }
        }
    }
}

fn axis(asked: AxisFilter) -> Axis {
    match asked {
        AxisFilter::StrategicDirection => Axis::StrategicDirection,
        AxisFilter::Activities => Axis::Activities,
        AxisFilter::Areas => Axis::Areas,
    }
}

fn statuses(asked: &[StatusFilter]) -> Vec<Status> {
    let of = |asked: &StatusFilter| match asked {
        StatusFilter::OnTrack => Status::OnTrack,
        StatusFilter::AtRisk => Status::AtRisk,
        StatusFilter::OffTrack => Status::OffTrack,
        StatusFilter::Unknown => Status::Unknown,
    };
    asked.iter().map(of).collect()
}

/// More rows than this, made of rows that count in several periods, are told.
const MANY_ROWS: u64 = 100_000_000;

fn deliver(outcome: &Outcome, target: &Target, talk: &Talk) -> Exit {
    let written = match &target.file {
        None => {
            let options = TableOptions { width: talk.width, colour: talk.colour_out };
            out(|w| write(outcome, target.format, &options, w))
        }
        Some(file) => write_file(file, |w| write(outcome, target.format, &TableOptions::default(), w)),
    };
    match written {
        Ok(()) => {
            if let (Some(file), true) = (&target.file, talk.verbose) {
                complain(&format!("written: {}", file.display()));
            }
            Exit::Done
        }
        Err(problem) => {
            let as_json = matches!(target.format, Format::Json | Format::Ndjson);
            unwritten(&problem, target.file.as_deref(), as_json, talk)
        }
    }
}

/// Says why a result could not be written to a file, or to standard output.
pub fn unwritten(problem: &io::Error, file: Option<&Path>, as_json: bool, talk: &Talk) -> Exit {
    let place = file.map_or("standard output".to_owned(), |f| format!("`{}`", f.display()));
    let why = match problem.kind() {
        // The system's own words name a temporary file.
        ErrorKind::NotFound => "its folder does not exist".to_owned(),
        ErrorKind::PermissionDenied => "its permissions, or its folder's, do not allow it".to_owned(),
        ErrorKind::StorageFull => "the disk is full".to_owned(),
        _ => problem.to_string(),
    };
    let headline = format!("the result cannot be written to {place}");
    let diagnostic = Diagnostic::new(&codes::OUTPUT_FAILED, headline).note(why);
    show(&[diagnostic], &SourceMap::new(), talk, as_json);
    Exit::Failed
}
