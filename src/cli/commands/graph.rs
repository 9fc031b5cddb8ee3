//! `rumbo graph`: objectives, KPIs, activities and areas, and what they have to do with each other. Reads the schemas
//! of the data, since a formula's names are bound by them, and no rows.

use std::path::Path;

use crate::api::load;
use crate::cli::args::{Graph as Arguments, GraphFormat};
use crate::cli::console::{complain, out, show, usage};
use crate::cli::settings::{Exit, Talk};
use crate::model::graph::Graph;
use crate::model::strategy::Strategy;
use crate::report::graph::{Format, write};
use crate::report::write_file;
use crate::resolve::Asked;
use crate::rulefile::LoadOptions;

/// Mermaid refuses more edges, unless its page says otherwise.
const MANY_EDGES: usize = 500;

pub async fn run(args: &Arguments, options: &LoadOptions, talk: &Talk) -> Exit {
    let file = args.output.as_deref().filter(|f| f.as_os_str() != "-");
    let format = match format(args.format, file) {
        Ok(format) => format,
        Err(problem) => return usage(&problem),
    };
    let as_json = format == Format::Json;
    let checked = load(&args.project, options).check(&Asked::default()).await;
    if checked.diagnostics.has_errors() {
        show(&checked.diagnostics.0, &checked.map, talk, as_json);
        return Exit::Failed;
    }
    let kpis = (!args.kpi.is_empty()).then_some(args.kpi.as_slice());
    let graph = match checked.graph(kpis, args.lang.as_deref()) {
        Ok(graph) => graph,
        Err(problems) => {
            show(&problems.0, &checked.map, talk, as_json);
            return Exit::Usage;
        }
    };
    let written = match file {
        None => out(|w| write(&graph, format, w)),
        Some(file) => write_file(file, |w| write(&graph, format, w)),
    };
    if let Err(problem) = written {
        return super::values::unwritten(&problem, file, as_json, talk);
    }
    if let Some(note) = note(&graph, &checked.model.strategy, format).filter(|_| !talk.quiet) {
        complain(&note);
    }
    Exit::Done
}

fn format(asked: Option<GraphFormat>, file: Option<&Path>) -> Result<Format, String> {
    match (asked, file) {
        (Some(GraphFormat::Mermaid), _) | (None, None) => Ok(Format::Mermaid),
        (Some(GraphFormat::Dot), _) => Ok(Format::Dot),
        (Some(GraphFormat::Json), _) => Ok(Format::Json),
        (None, Some(file)) => Format::of_path(file)
            .ok_or_else(|| format!("`{}` does not name a format: `--format dot`, say", file.display())),
    }
}

/// What a picture does not say of itself: that something is not there, or that there is too much.
fn note(graph: &Graph, strategy: &Strategy, format: Format) -> Option<String> {
    let none = strategy.objectives.is_empty() && strategy.activities.is_empty() && strategy.areas.is_empty();
    let edges = graph.edges.len();
    Some(match (graph.nodes.len(), edges) {
        (0, _) => "the graph is empty: the project has no KPIs and no `strategy:`".to_owned(),
        (_, 0) if none => {
            "the graph has no edges: the project has no `strategy:`, and none of these KPIs reads, \
                           drives or guards another"
                .to_owned()
        }
        (_, 0) => {
            "the graph has no edges: none of its KPIs names an objective, activity or area, or reads, drives \
                   or guards another"
                .to_owned()
        }
        _ if none => {
            "the project has no `strategy:`: the graph shows only what KPIs have to do with each other"
                .to_owned()
        }
        _ if edges > MANY_EDGES && format == Format::Mermaid => format!(
            "{edges} edges: Mermaid draws {MANY_EDGES} unless its `maxEdges` says more; `--kpi` shows a part of \
             them, `--format dot` all"
        ),
        _ => return None,
    })
}
