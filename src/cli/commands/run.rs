//! `rumbo run`: KPIs of a project.

use crate::api::load;
use crate::cli::args::Run;
use crate::cli::settings::{Exit, Talk};
use crate::plan::request::AskedRules;
use crate::rulefile::LoadOptions;

use super::values::Wanted;

pub async fn run(args: &Run, options: &LoadOptions, talk: &Talk) -> Exit {
    let loaded = load(&args.project, options);
    let kpis = (!args.kpi.is_empty()).then(|| args.kpi.clone());
    // Scorecards are of the KPIs as they are defined: not of some of them, nor of filtered ones.
    let whole = kpis.is_none() && args.asked.condition.is_empty() && args.asked.status.is_empty();
    let wanted = Wanted {
        kpis,
        scorecards: whole.then(Vec::new),
        rules: whole.then(AskedRules::default),
        ..Wanted::default()
    };
    super::values::run(loaded, wanted, &args.asked, talk).await
}
