//! `rumbo explain`: a diagnostic's page, or how a KPI is computed: formula, measures, scan groups, what each
//! source contributes, and DataFusion's plans. `--change` is its own file, `change`.

use std::fmt::Write as _;

use crate::api::{Checked, load};
use crate::cli::args::Explain;
use crate::cli::console::{complain, print, show};
use crate::cli::settings::{Exit, Talk};
use crate::diagnostic::codes;
use crate::diagnostic::near::did_you_mean;
use crate::engine::run::{as_of_text, local};
use crate::model::project::{Dimension, MeasureId, TimeBinding};
use crate::plan::{PlanGraph, Request};
use crate::resolve::Asked;
use crate::rulefile::LoadOptions;

pub async fn run(args: &Explain, options: &LoadOptions, talk: &Talk) -> Exit {
    if let Some(code) = codes::find(&args.name).filter(|_| !args.change) {
        return print(&format!("{}\n", code.page.trim_end()));
    }
    let only = args.change.then(|| vec![args.name.clone()]);
    let asked = Asked { only, grains: args.between.grain.is_some(), ..Asked::default() };
    let checked = load(&args.project, options).check(&asked).await;
    if checked.diagnostics.has_errors() {
        show(&checked.diagnostics.0, &checked.map, talk, false);
        return Exit::Failed;
    }
    if args.change {
        return super::change::run(checked, args, talk).await;
    }
    let model = &checked.model;
    if model.kpi(&args.name).is_none() {
        let names = model.kpis.iter().filter(|k| !k.hidden).map(|k| k.name.as_str());
        let help = did_you_mean(&args.name, names).map(|h| format!("\n  = help: {h}")).unwrap_or_default();
        complain(&format!("error: no KPI or code is named `{}`{help}", args.name));
        return Exit::Usage;
    }
    let as_of =
        model.as_of.unwrap_or_else(|| crate::resolve::as_of_instant(chrono::Utc::now(), &model.calendar));
    let mut request = Request::new(as_of);
    request.kpis = Some(vec![args.name.clone()]);
    let graph = match checked.plan(&request) {
        Ok(graph) => graph,
        Err(problems) => {
            show(&problems.0, &checked.map, talk, false);
            return Exit::Failed;
        }
    };
    let mut text = kpi(&checked, &args.name, &graph, &request);
    if args.plan {
        match checked.describe(&graph, as_of).await {
            Ok(plans) => {
                for (i, plan) in plans.iter().enumerate() {
                    let _ = write!(text, "\nplan of scan group {}\n\n{plan}\n", i + 1);
                }
            }
            Err(problems) => {
                show(&problems.0, &checked.map, talk, false);
                return Exit::Failed;
            }
        }
    }
    print(&text)
}

fn kpi(checked: &Checked, name: &str, graph: &PlanGraph, request: &Request) -> String {
    let model = &checked.model;
    let mut out = String::new();
    let Some(kpi) = model.kpi(name) else { return out };
    let label = local(&kpi.label, None).map(|l| format!("  {l}")).unwrap_or_default();
    let _ = writeln!(out, "{name}{label}");
    if let Some(description) = local(&kpi.description, None) {
        let _ = writeln!(out, "{description}");
    }
    let unit = match (kpi.percent, kpi.unit.is_none()) {
        (true, _) => ", shown in percent".to_owned(),
        (false, true) => String::new(),
        (false, false) => format!(" in {}", kpi.unit),
    };
    let _ = writeln!(out, "\nformula   {}", kpi.text);
    let _ = writeln!(out, "type      {}{unit}", kpi.formula.ty);
    if let Some(rows) = kpi.hide_below() {
        let _ = writeln!(out, "hidden    below {rows} rows, with what would give such a value away");
    }
    let _ = writeln!(out, "defined   {}", checked.map.place_text(kpi.defined));
    let _ = writeln!(out, "as of     {}", as_of_text(&request.as_of, model));
    out.push_str("\nmeasures\n");
    // Numbered as they stand in this formula.
    let measures = kpi.formula.measures();
    let number = |id: &MeasureId| measures.iter().position(|m| m == id).map_or(0, |at| at + 1);
    for id in &measures {
        let measure = &model.measures[id.0];
        let when = match &measure.time {
            TimeBinding::Always => "in every period".to_owned(),
            TimeBinding::At(column) => format!("on {}", model.path_text(measure.source, column)),
            TimeBinding::Ranged(_) => {
                let columns = measure.time.columns().into_iter();
                let columns: Vec<String> = columns.map(|c| model.path_text(measure.source, c)).collect();
                format!("in each period that it meets, by {}", columns.join(", "))
            }
        };
        let _ = writeln!(out, "  m{}  {}  ({when})", number(id), measure.text);
    }
    out.push_str("\nscan groups, each one pass over its source\n");
    for (i, group) in graph.groups.iter().enumerate() {
        let measures: Vec<String> = group.measures.iter().map(|m| format!("m{}", number(m))).collect();
        let _ = writeln!(out, "  {}  {}  of {}", i + 1, model.source(group.source).name, measures.join(", "));
        for set in &group.sets {
            let keys: Vec<String> = set.keys.iter().map(|k| model.path_text(group.source, k)).collect();
            let by = if keys.is_empty() { "total".to_owned() } else { format!("by {}", keys.join(", ")) };
            let calendar = &model.calendar;
            let (first, last) =
                (calendar.name(set.grain, set.periods.0), calendar.name(set.grain, set.periods.1 - 1));
            let _ = writeln!(out, "       {} {first} to {last}, {by}", calendar.grain_name(set.grain));
        }
    }
    out.push_str("\nsources\n");
    for (id, columns) in &graph.ground.reads {
        let source = model.source(*id);
        let names: Vec<&str> = columns.iter().map(|c| source.columns[*c].name.as_str()).collect();
        let rates = graph.rates && model.rates.as_ref().is_some_and(|r| r.source == *id);
        let role = match (graph.ground.lookups.contains(id), rates) {
            (true, _) => ", joined by key",
            (false, true) => ", exchange rates",
            (false, false) => "",
        };
        if let Some((base, column)) = &source.distinct {
            let from = format!("{}.{}", model.source(*base).name, model.path_text(*base, column));
            let _ = writeln!(out, "  {}  the values of {from}{role}", source.name);
            continue;
        }
        let (format, files, bytes) = checked.files(&source.name).unwrap_or(("", 0, 0));
        let plural = if files == 1 { "" } else { "s" };
        let _ = writeln!(
            out,
            "  {}  {format}, {files} file{plural}, {}{role}: reads {}",
            source.name,
            indicatif::DecimalBytes(bytes),
            if names.is_empty() { "no column".to_owned() } else { names.join(", ") }
        );
    }
    let breakdowns: Vec<String> =
        kpi.by.iter().map(|b| b.iter().map(Dimension::name).collect::<Vec<_>>().join(" x ")).collect();
    if !breakdowns.is_empty() {
        let _ = writeln!(out, "\nbreakdowns  total, {}", breakdowns.join(", "));
    }
    out
}
