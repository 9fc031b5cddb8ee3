//! When the rows of an aggregate count in a period, in words: `in 2026-01`, `at the close of 2025-12-31`.

use super::walk::Here;
use crate::model::project::{Measure, Model, Moment, Ranged, TimeBinding, When, Window};
use crate::plan::ranges::window_first;

/// When the rows of a measure count in a cell's period.
pub(super) fn when(model: &Model, measure: &Measure, here: Here<'_>) -> String {
    let (calendar, grain, period) = (&model.calendar, here.level.grain, here.period());
    let end = calendar.end(grain, period);
    let last = end.pred_opt().unwrap_or(end);
    let on = |column| {
        let source = model.source(measure.source);
        let text = model.path_text(measure.source, column);
        let usual = source.time.is_some_and(|t| source.columns[t].name == text);
        if usual { String::new() } else { format!(", by {text}") }
    };
    let ranged = match &measure.time {
        TimeBinding::Always => return "in every period".to_owned(),
        TimeBinding::At(column) => return format!("in {}{}", here.name(), on(column)),
        TimeBinding::Ranged(ranged) => ranged,
    };
    let (span, start) = match ranged.window {
        None => (format!("in {}", here.name()), Some(calendar.start(grain, period))),
        Some(Window::AllTime) => (format!("up to {last}"), None),
        Some(window) => {
            let first = window_first(calendar, window, grain, period);
            (format!("from {first} to {last}"), Some(first))
        }
    };
    match &ranged.moment {
        Moment::Always => format!("of all time, looked at {span}"),
        Moment::At(column) => format!("{span}{}", on(column)),
        Moment::Active { when, to, .. } => {
            let ended = if to.is_none() { ", ended ones too" } else { "" };
            match when {
                When::Start => match start.and_then(|s| s.pred_opt()) {
                    Some(day) => format!("at the close of {day}{ended}"),
                    None => format!("at the start of all time{ended}"),
                },
                When::End => format!("at the close of {last}{ended}"),
                When::During => format!("active {span}{ended}"),
                When::On(day) => format!("on {day}{ended}"),
            }
        }
        Moment::Known { .. } => span,
    }
}

/// The window that stands for the period, in words.
pub(super) fn window_text(model: &Model, measure: &Measure) -> Option<String> {
    let TimeBinding::Ranged(ranged) = &measure.time else { return None };
    let Ranged { window, .. } = &**ranged;
    Some(match window.as_ref()? {
        Window::Last(count, unit) => {
            let unit = unit.map_or("period", |unit| model.calendar.grain_name(unit));
            format!("over the last {count} {unit}{}", if *count == 1 { "" } else { "s" })
        }
        Window::ToDate(unit) => format!("{} to date", model.calendar.grain_name(*unit)),
        Window::AllTime => "over all time".to_owned(),
    })
}
