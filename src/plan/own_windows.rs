//! Windows where own calendars are: their periods have a first and a last, and may leave days out, so that a
//! window may reach beyond them or not be there at all.

use super::ranges::window_starts;
use crate::model::calendar::{Calendar, Grain};
use crate::model::project::Window;

/// How much of a window's periods the calendar has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// All of it.
    Whole,
    /// It would begin before the calendar's first period.
    Short,
    /// No own period holds the last day of the period at hand.
    Nothing,
}

/// How much of a period's window there is.
pub fn reach(calendar: &Calendar, window: Window, grain: Grain, period: i64) -> Reach {
    let end = calendar.end(grain, period);
    let last = end.pred_opt().unwrap_or(end);
    let (unit, at, count) = match window {
        Window::AllTime => return Reach::Whole,
        Window::ToDate(unit) => (unit, calendar.at(unit, last), 1),
        Window::Last(count, None) => (grain, Some(period), count),
        Window::Last(count, Some(unit)) => (unit, calendar.at(unit, last), count),
    };
    match at {
        None => Reach::Nothing,
        Some(at) if calendar.has(unit, at - i64::from(count) + 1) => Reach::Whole,
        Some(_) => Reach::Short,
    }
}

/// Which of some periods have windows that begin on a day or after it, with all their periods.
pub fn complete_from(
    calendar: &Calendar,
    window: Window,
    grain: Grain,
    periods: std::ops::Range<i64>,
    covered: i32,
) -> Vec<bool> {
    let whole = periods.clone().map(|p| reach(calendar, window, grain, p) == Reach::Whole);
    let starts = window_starts(calendar, window, grain, periods);
    whole.zip(starts).map(|(whole, start)| whole && start >= covered).collect()
}
