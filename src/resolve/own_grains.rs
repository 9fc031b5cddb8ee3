//! What an own calendar makes of offsets and windows: which units are whole numbers of its periods, and
//! which windows of its periods end where a KPI's periods end.

use crate::diagnostic::{Diagnostic, codes};
use crate::model::calendar::{Calendar, Grain};
use crate::model::expr::{Offset, ResultExpr};
use crate::model::project::{Model, TimeBinding, Window};

/// The units that offsets and windows can name.
const UNITS: [&str; 5] = ["day", "week", "month", "quarter", "year"];

fn is_own(grain: Grain) -> bool {
    matches!(grain, Grain::Own(_))
}

/// Why an offset is no whole number of periods, and what would be, where an own grain takes part.
pub(super) fn unfit_offset(offset: &Offset, grain: Grain, calendar: &Calendar) -> Option<(String, String)> {
    let unit = offset.unit.filter(|unit| is_own(*unit) || is_own(grain))?;
    let name = calendar.grain_name(grain);
    let whole = |unit: Grain| calendar.periods_in(offset.count, unit, grain).is_some();
    let coarser = calendar.each_holds(unit, grain).or_else(|| calendar.each_holds(grain, unit));
    let why = match coarser {
        Some(each) => format!("a {name} has {each} of grain {}", calendar.grain_name(unit)),
        None => format!(
            "grains {name} and {} do not hold the same whole number of each other everywhere",
            calendar.grain_name(unit)
        ),
    };
    let fitting: Vec<String> = UNITS
        .iter()
        .filter_map(|unit| calendar.grain(unit))
        .filter(|unit| whole(*unit))
        .map(|unit| format!("`{} {}`", offset.count, plural(calendar.grain_name(unit), offset.count)))
        .collect();
    let periods = format!("`{} {}`", offset.count, plural("period", offset.count));
    let would = if fitting.is_empty() {
        format!("a number of periods always is one: {periods}")
    } else {
        format!("whole here are {}, and any number of periods: {periods}", fitting.join(", "))
    };
    Some((why, would))
}

fn plural(unit: &str, count: u32) -> String {
    if count == 1 { unit.to_owned() } else { format!("{unit}s") }
}

/// Windows of own periods (`over last 3 months`, where months are the project's own) that end inside one at
/// a grain.
pub fn unfit_windows(model: &Model, formula: &ResultExpr, grain: Grain) -> Vec<Diagnostic> {
    let calendar = &model.calendar;
    let mut found: Vec<Diagnostic> = Vec::new();
    for id in formula.measures() {
        let measure = &model.measures[id.0];
        let TimeBinding::Ranged(ranged) = &measure.time else { continue };
        let Some(Window::Last(_, Some(unit))) = ranged.window else { continue };
        if !is_own(unit) || calendar.ends_with(grain, unit) {
            continue;
        }
        let (name, unit) = (calendar.grain_name(grain), calendar.grain_name(unit));
        let units = plural(unit, 2);
        let problem = Diagnostic::new(
            &codes::WINDOW_INSIDE_PERIOD,
            format!("a window of the calendar's own {units} that ends inside one at grain {name}"),
        )
        .at(measure.span, format!("its window is of {units}"))
        .note(format!("not every period of grain {name} ends where one of grain {unit} ends"))
        .help("a window of `periods` or `days`, or a grain that is made of whole ones");
        if !found.contains(&problem) {
            found.push(problem);
        }
    }
    found
}
