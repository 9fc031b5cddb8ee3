//! A `plan` block: which source is read once for which measures, at which grains and breakdowns, as the
//! planner decided. Plans in this process, through the library; reads no rows.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use rumbo::{Asked, Checked, Dimension, LoadOptions, SourceMap, Span};

use crate::request::Request;

/// The project of a folder, checked; in this process.
pub fn checked(folder: &Path) -> Result<Checked, String> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| e.to_string())?;
    Ok(runtime.block_on(rumbo::load(folder, &LoadOptions::default()).check(&Asked::default())))
}

/// The scan groups of a request.
pub fn of(request: &Request, folder: &Path) -> Result<String, String> {
    let mut project = checked(folder)?;
    if project.diagnostics.has_errors() {
        return Ok(rumbo::render::terminal::render(&project.diagnostics.0, &project.map, false, 100));
    }
    let calendar = project.model.calendar.clone();
    let as_of = match request.flag("--as-of").first() {
        Some(text) => rumbo::as_of(text, &calendar),
        None => project.model.as_of,
    };
    let mut asked = rumbo::Request::new(as_of.ok_or("a plan wants an as-of")?);
    let names =
        |flag: &str| request.flag(flag).iter().flat_map(|f| f.split(',')).map(str::to_owned).collect();
    let (kpis, grains): (Vec<String>, Vec<String>) = (names("--kpi"), names("--grain"));
    asked.kpis = (!kpis.is_empty()).then_some(kpis);
    asked.grains = (!grains.is_empty()).then(|| grains.iter().filter_map(|g| calendar.grain(g)).collect());
    asked.from = request.flag("--from").first().and_then(|d| d.parse().ok());
    asked.to = request.flag("--to").first().and_then(|d| d.parse().ok());
    let by = request.flag("--by");
    asked.by = (!by.is_empty()).then(|| breakdowns(&by, &mut project.map));
    let graph = match project.plan(&asked) {
        Ok(graph) => graph,
        Err(problems) => return Ok(rumbo::render::terminal::render(&problems.0, &project.map, false, 100)),
    };
    let model = &project.model;
    let mut out = String::new();
    for (i, group) in graph.groups.iter().enumerate() {
        let _ = writeln!(out, "scan {}: {}", i + 1, model.source(group.source).name);
        let mut sets: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for set in &group.sets {
            let keys: Vec<String> = set.keys.iter().map(|k| model.path_text(group.source, k)).collect();
            let last = calendar.name(set.grain, set.periods.1 - 1);
            let range = format!(
                "{} {} to {last}",
                calendar.grain_name(set.grain),
                calendar.name(set.grain, set.periods.0)
            );
            sets.entry(range).or_default().push(if keys.is_empty() {
                "total".to_owned()
            } else {
                format!("by {}", keys.join(", "))
            });
        }
        for (range, breakdowns) in sets {
            let _ = writeln!(out, "  {range}: {}", breakdowns.join("; "));
        }
        for measure in &group.measures {
            let _ = writeln!(out, "  {}", model.measures[measure.0].text);
        }
    }
    for (id, columns) in &graph.ground.reads {
        let source = model.source(*id);
        let mut names: Vec<&str> = columns.iter().map(|c| source.columns[*c].name.as_str()).collect();
        names.sort_unstable();
        let _ = writeln!(out, "read {}: {}", source.name, names.join(", "));
    }
    Ok(out)
}

/// Breakdowns as the command line writes them; `none` is totals only.
fn breakdowns(by: &[&str], map: &mut SourceMap) -> Vec<Vec<Dimension>> {
    let dimension = |part: &str, map: &mut SourceMap| {
        let file = map.add("--by", part);
        let path = part.split('.').map(|p| p.trim().to_owned()).collect();
        Dimension { path, span: Span::new(file, 0, part.len()) }
    };
    let wanted = by.iter().filter(|b| **b != "none");
    wanted.map(|b| b.split(',').map(|part| dimension(part, map)).collect()).collect()
}
