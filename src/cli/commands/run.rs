//! `rumbo run`: KPIs of a project.

use crate::api::load;
use crate::cli::args::Run;
use crate::cli::settings::{Exit, Talk};
use crate::rulefile::LoadOptions;

pub async fn run(args: &Run, options: &LoadOptions, talk: &Talk) -> Exit {
    let loaded = load(&args.project, options);
    let kpis = (!args.kpi.is_empty()).then(|| args.kpi.clone());
    super::values::run(loaded, kpis, &args.asked, talk).await
}
