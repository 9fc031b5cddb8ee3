//! `rumbo scorecard`: KPIs rolled up to one score for each member, and what it pays.

use crate::api::load;
use crate::cli::args::{Asked, Scorecard};
use crate::cli::console::usage;
use crate::cli::settings::{Exit, Talk};
use crate::rulefile::LoadOptions;

use super::values::{self, Wanted};

pub async fn run(args: &Scorecard, options: &LoadOptions, talk: &Talk) -> Exit {
    let loaded = load(&args.project, options);
    if loaded.raw.scorecards.is_empty() && !loaded.diagnostics.has_errors() {
        return usage("the project defines no scorecard; docs/scorecards.md shows how");
    }
    let asked = Asked {
        from: args.from.clone(),
        to: args.to.clone(),
        as_of: args.as_of.clone(),
        params: args.params.clone(),
        format: args.format.clone(),
        output: args.output.clone(),
        lang: args.lang.clone(),
        ..Asked::default()
    };
    let wanted = Wanted { kpis: Some(Vec::new()), scorecards: Some(args.names.clone()), ..Wanted::default() };
    values::run(loaded, wanted, &asked, talk).await
}
