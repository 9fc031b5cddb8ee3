//! `rumbo eval`: a formula without a KPI, over a project or bare files.

use std::path::{Path, PathBuf};

use indexmap::IndexMap;

use super::values::Wanted;
use crate::api::{Loaded, load};
use crate::cli::args::Eval;
use crate::cli::console::{show, usage};
use crate::cli::settings::{Exit, Talk, pairs};
use crate::rulefile::raw::{Formula, RawCsv, RawKpi, RawSource};
use crate::rulefile::{LoadOptions, PROJECT_FILE};
use crate::source::{Span, Spanned};
use crate::syntax;

pub async fn run(args: &Eval, options: &LoadOptions, talk: &Talk) -> Exit {
    let mut loaded = match &args.project {
        Some(project) => load(project, options),
        None if args.sources.is_empty() && Path::new(PROJECT_FILE).exists() => load(Path::new("."), options),
        None => {
            let mut loaded = Loaded::default();
            loaded.raw.root = PathBuf::from(".");
            // Whoever names a file on the command line means it.
            loaded.raw.allow_paths = vec![PathBuf::from("/")];
            loaded.with_prelude()
        }
    };
    if let Err(problem) = add_sources(args, &mut loaded) {
        return usage(&problem);
    }
    let file = loaded.map.add("formula", args.formula.as_str());
    let span = Span::new(file, 0, args.formula.len());
    let expr = match syntax::parse(&args.formula, file, 0) {
        Ok(expr) => expr,
        Err(problems) => {
            let json = args.asked.format.as_deref().is_some_and(|f| matches!(f, "json" | "ndjson"));
            show(&problems, &loaded.map, talk, json);
            return Exit::Failed;
        }
    };
    let mut name = syntax::print(&expr);
    if matches!(expr.kind, syntax::ast::ExprKind::Name(_)) {
        // A KPI of this name is what the formula reads.
        name = format!("({name})");
    }
    let mut kpi = RawKpi::new(Spanned::new(name.clone(), span));
    kpi.formula = Some(Formula { expr: Some(expr), span });
    loaded.raw.kpis.insert(name.clone(), kpi);
    super::values::run(loaded, Wanted { kpis: Some(vec![name]), ..Wanted::default() }, &args.asked, talk)
        .await
}

/// Sources of bare files.
fn add_sources(args: &Eval, loaded: &mut Loaded) -> Result<(), String> {
    let mut times: IndexMap<String, String> = pairs(&args.times, "--time")?.into_iter().collect();
    for (name, path) in pairs(&args.sources, "--source")? {
        if loaded.raw.sources.contains_key(&name) {
            return Err(format!("`--source {name}=...`: a source of this name is there already"));
        }
        let at = |loaded: &mut Loaded, flag: &str, text: &str| {
            let file = loaded.map.add(flag, text);
            Spanned::new(text.to_owned(), Span::new(file, 0, text.len()))
        };
        let defined = at(loaded, "--source", &name);
        let mut source = RawSource::new(defined);
        source.path = Some(at(loaded, "--source", &path));
        source.time = times.shift_remove(&name).map(|t| at(loaded, "--time", &t));
        source.csv = RawCsv::default();
        loaded.raw.sources.insert(name, source);
    }
    match times.keys().next() {
        Some(name) => Err(format!("`--time {name}=...`: no `--source {name}=...` is given")),
        None => Ok(()),
    }
}
