//! `rumbo why`: one value of a KPI, by its parts.

use std::path::Path;

use crate::api::{Checked, RunOptions, load};
use crate::cli::args::{Why, WhyFormat};
use crate::cli::console::{Bar, complain, out, print, show, usage};
use crate::cli::settings::{Exit, Talk, as_of, bytes, dimension, grain, pairs};
use crate::diagnostic::{Diagnostic, Severity, codes, near};
use crate::engine::why::Cell;
use crate::model::calendar::{Calendar, Grain};
use crate::model::project::{AsOf, Dimension, Kpi};
use crate::plan::Request;
use crate::report::{why, why_json};
use crate::resolve::Asked;
use crate::rulefile::LoadOptions;
use crate::source::Span;

/// Members are looked for in this many periods up to the one that is explained.
const PERIODS: i64 = 12;

pub async fn run(args: &Why, options: &LoadOptions, talk: &Talk) -> Exit {
    let folder = args.project.as_deref().or(args.folder.as_deref()).unwrap_or(Path::new("."));
    let mut loaded = load(folder, options);
    let settled = args.memory.as_deref().map(bytes).transpose().and_then(|memory| {
        for (name, value) in pairs(&args.params, "--param")? {
            loaded.set_param(&name, &value).map_err(|p| format!("`--param {name}=...`: {p}"))?;
        }
        Ok(memory)
    });
    let memory = match settled {
        Ok(memory) => memory,
        Err(problem) => return usage(&problem),
    };
    // A KPI's name comes first where a scorecard has it too.
    if loaded.raw.scorecards.contains_key(&args.kpi) && !loaded.raw.kpis.contains_key(&args.kpi) {
        return super::why_score::run(loaded, args, memory, talk).await;
    }
    if loaded.raw.rules.contains_key(&args.kpi) && !loaded.raw.kpis.contains_key(&args.kpi) {
        return super::why_rule::run(loaded, args, memory, talk).await;
    }
    let as_json = args.format == WhyFormat::Json;
    let raw = &loaded.raw;
    let named = raw.kpis.keys().chain(raw.scorecards.keys()).chain(raw.rules.keys());
    let help = near::did_you_mean(&args.kpi, named.map(String::as_str));
    let is_kpi = raw.kpis.contains_key(&args.kpi);
    let asked =
        Asked { only: Some(vec![args.kpi.clone()]), grains: args.grain.is_some(), ..Asked::default() };
    let mut checked = loaded.check(&asked).await;
    if checked.diagnostics.has_errors() {
        show(&checked.diagnostics.0, &checked.map, talk, as_json);
        return Exit::Failed;
    }
    if !is_kpi {
        let headline = format!("no KPI, scorecard or rule is named `{}`", args.kpi);
        let mut problem = Diagnostic::new(&codes::BAD_REQUEST, headline);
        problem.help = help;
        show(&[problem], &checked.map, talk, as_json);
        return Exit::Usage;
    }
    let request = match request(args, &mut checked) {
        Ok(request) => request,
        Err(problem) => return usage(&problem),
    };
    let (request, cell) = request;
    let bar = Bar::new(talk);
    let options = RunOptions { memory, lang: args.lang.as_deref() };
    let found = checked.why(&args.kpi, &request, &cell, options, &bar).await;
    bar.done();
    match found {
        Ok(found) => {
            let written = out(|w| if as_json { why_json::write(&found, w) } else { why::write(&found, w) });
            if let Err(e) = written {
                complain(&format!("error: standard output: {e}"));
                return Exit::Failed;
            }
            if !as_json {
                show(&found.notes, &checked.map, talk, false);
            }
            print("")
        }
        Err(problems) => {
            show(&problems.0, &checked.map, talk, as_json);
            // What could not be planned was asked wrongly: rule files and data have no part in it.
            let mut errors = problems.0.iter().filter(|d| d.severity == Severity::Error);
            let typed = |d: &crate::Diagnostic| {
                let span = d.span();
                d.code == &codes::BAD_REQUEST
                    || span.is_some_and(|s| checked.map.file(s.file).name.starts_with("--"))
            };
            if errors.all(typed) { Exit::Usage } else { Exit::Failed }
        }
    }
}

/// What is asked, and of whom.
fn request(args: &Why, checked: &mut Checked) -> Result<(Request, Cell), String> {
    let (mut dimensions, mut members) = (Vec::new(), Vec::new());
    for at in &args.at {
        let file = checked.map.add("--at", at.as_str());
        let expected = || format!("`--at {at}`: DIMENSION=MEMBER is expected, such as rep=r1");
        let (name, member) = at.split_once('=').ok_or_else(expected)?;
        let found = dimension(name, &|from, to| Span::new(file, from, to)).ok_or_else(expected)?;
        // The place of a problem with the member is the whole argument.
        let twice = dimensions.iter().any(|d: &Dimension| d.path == found.path);
        if twice {
            return Err(format!("`--at {at}`: `{name}` has a member already"));
        }
        dimensions.push(found);
        members.push((member != "(none)").then(|| member.to_owned()));
    }
    let (model, calendar) = (&checked.model, &checked.model.calendar);
    let as_of = as_of(args.as_of.as_deref(), model.as_of, calendar)?;
    let mut request = Request::new(as_of);
    request.kpis = Some(vec![args.kpi.clone()]);
    request.by = Some(if dimensions.is_empty() { Vec::new() } else { vec![dimensions] });
    // Planning tells of a name that no KPI has.
    let kpi = model.kpis.iter().find(|k| k.name == args.kpi && !k.hidden);
    let (grain, period) = period(args, kpi, as_of, calendar)?;
    let first = period - (PERIODS - 1);
    let first = calendar.bounds(grain).map_or(first, |all| first.max(all.start));
    request.grains = Some(vec![grain]);
    request.from = Some(calendar.start(grain, first));
    request.to = Some(calendar.end(grain, period));
    Ok((request, Cell { members }))
}

/// The period that is asked for, else the last closed one, and its grain.
fn period(args: &Why, kpi: Option<&Kpi>, as_of: AsOf, calendar: &Calendar) -> Result<(Grain, i64), String> {
    let given = args.grain.as_deref().map(|name| grain(name, calendar)).transpose()?;
    let own = given.or(kpi.and_then(|k| k.grains.first().copied())).unwrap_or(Grain::Month);
    let Some(name) = &args.period else {
        let last = calendar.index(own, as_of.day);
        let closed = as_of.closes(calendar.end(own, last));
        return Ok((own, if closed { last } else { last - 1 }));
    };
    let grains = match given {
        Some(grain) => vec![grain],
        None => kpi.iter().flat_map(|k| &k.grains).copied().chain(calendar.grains()).collect(),
    };
    let found = grains.iter().find_map(|grain| Some((*grain, calendar.parse(*grain, name)?)));
    found.ok_or_else(|| {
        let last = calendar.index(own, as_of.day);
        let example = calendar.name(own, last);
        format!("`--period {name}`: a period's name is expected, such as {example}")
    })
}
