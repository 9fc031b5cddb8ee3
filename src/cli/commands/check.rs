//! `rumbo check`: all that is wrong with a project, without reading rows.

use crate::api::load;
use crate::cli::args::{Check, CheckFormat};
use crate::cli::console::{complain, print, show, some};
use crate::cli::settings::{Exit, Talk};
use crate::diagnostic::render::{github, json, sarif};
use crate::resolve::Asked;
use crate::rulefile::LoadOptions;

pub async fn run(args: &Check, options: &LoadOptions, talk: &Talk) -> Exit {
    let checked = load(&args.project, options).check(&Asked::default()).await;
    let (found, map) = (&checked.diagnostics, &checked.map);
    let printed = match args.format {
        CheckFormat::Text => {
            show(&found.0, map, talk, false);
            if !found.has_errors() && !talk.quiet {
                let model = &checked.model;
                complain(&format!(
                    "checked: {} over {} in {}",
                    some(model.kpis.iter().filter(|k| !k.hidden).count(), "KPI"),
                    some(model.sources.iter().filter(|s| !s.catalogue).count(), "source"),
                    some(map.files().filter(|(_, f)| !crate::api::is_carried(&f.name)).count(), "file")
                ));
            }
            Exit::Done
        }
        CheckFormat::Json => print(&json::render(&found.0, map)),
        CheckFormat::Sarif => print(&sarif::render(&found.0, map)),
        CheckFormat::Github => print(&github::render(&found.0, map)),
    };
    if found.has_errors() { Exit::Failed } else { printed }
}
