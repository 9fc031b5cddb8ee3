//! `rumbo explain KPI --change`: why a KPI changed between two periods, by members or by factors.

use crate::api::{Checked, NoChange, RunOptions};
use crate::cli::args::{ChangeFormat, Explain};
use crate::cli::console::{Bar, complain, out, show, usage};
use crate::cli::settings::{Exit, Talk, as_of, breakdown, grain};

use crate::plan::change::Asked;
use crate::report::{TableOptions, change, change_json};

/// Asks, and writes what the change comes from.
pub async fn run(mut checked: Checked, args: &Explain, talk: &Talk) -> Exit {
    let asked = match asked(&mut checked, args) {
        Ok(asked) => asked,
        Err(problem) => return usage(&problem),
    };
    let between = &args.between;
    let as_json = between.format == ChangeFormat::Json;
    let bar = Bar::new(talk);
    let options = RunOptions { memory: None, lang: between.lang.as_deref() };
    let result = checked.change(&asked, options, &bar).await;
    bar.done();
    let told = match result {
        Ok(told) => told,
        Err(NoChange::Refused(problems)) => {
            show(&problems.0, &checked.map, talk, as_json);
            return Exit::Usage;
        }
        Err(NoChange::Failed(problems)) => {
            show(&problems.0, &checked.map, talk, as_json);
            return Exit::Failed;
        }
    };
    let written = out(|w| match between.format {
        ChangeFormat::Json => change_json::write(&told, w),
        ChangeFormat::Text => {
            let options = TableOptions { width: talk.width, colour: talk.colour_out };
            change::write(&told, between.top, &options, w)
        }
    });
    match written {
        Ok(()) => {
            if !as_json {
                show(&told.notes, &checked.map, talk, false);
            }
            Exit::Done
        }
        Err(e) => {
            complain(&format!("error: standard output: {e}"));
            Exit::Failed
        }
    }
}

fn asked(checked: &mut Checked, args: &Explain) -> Result<Asked, String> {
    let between = &args.between;
    let calendar = &checked.model.calendar;
    let by = between.by.as_deref().filter(|by| *by != "none");
    Ok(Asked {
        kpi: args.name.clone(),
        grain: between.grain.as_deref().map(|g| grain(g, calendar)).transpose()?,
        from: between.from_period.clone(),
        to: between.to_period.clone(),
        as_of: as_of(between.as_of.as_deref(), checked.model.as_of, calendar)?,
        by: by.map_or(Ok(Vec::new()), |by| breakdown(by, &mut checked.map))?,
    })
}
