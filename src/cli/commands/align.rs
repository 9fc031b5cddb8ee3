//! `rumbo align`: what the rules find, and whether that fails a pipeline.

use crate::api::load;
use crate::cli::args::{Align, Asked, VerdictFilter};
use crate::cli::console::usage;
use crate::cli::settings::{Exit, FailOn, Talk};
use crate::model::verdict::Verdict;
use crate::plan::request::AskedRules;
use crate::rulefile::LoadOptions;

use super::values::{self, Wanted};

pub async fn run(args: &Align, options: &LoadOptions, talk: &Talk) -> Exit {
    let fail_on = match FailOn::settle(&args.fail_on) {
        Ok(fail_on) => fail_on,
        Err(problem) => return usage(&problem),
    };
    let loaded = load(&args.project, options);
    if loaded.raw.rules.is_empty() && loaded.raw.uses.is_empty() && !loaded.diagnostics.has_errors() {
        return usage("the project has no rule; docs/rules.md shows how to write one");
    }
    let asked = Asked {
        from: args.from.clone(),
        to: args.to.clone(),
        as_of: args.as_of.clone(),
        params: args.params.clone(),
        format: args.format.clone(),
        output: args.output.clone(),
        lang: args.lang.clone(),
        memory: args.memory.clone(),
        ..Asked::default()
    };
    let names = args.rule.clone();
    let wanted = Wanted {
        kpis: Some(Vec::new()),
        scorecards: None,
        rules: Some(AskedRules { names, ..AskedRules::default() }),
        axes: args.axis.clone(),
        verdicts: (!args.verdict.is_empty()).then(|| args.verdict.iter().map(verdict).collect()),
        fail_on: Some(fail_on),
    };
    values::run(loaded, wanted, &asked, talk).await
}

fn verdict(asked: &VerdictFilter) -> Verdict {
    match asked {
        VerdictFilter::Fires => Verdict::Fires,
        VerdictFilter::Pending => Verdict::Pending,
        VerdictFilter::Unknown => Verdict::Unknown,
        VerdictFilter::Waived => Verdict::Waived,
        VerdictFilter::Holds => Verdict::Holds,
        VerdictFilter::NotApplicable => Verdict::NotApplicable,
    }
}
