//! `calendar:` and `as_of:` -> the project's calendar and the last instant that is seen.

use chrono::{DateTime, Duration, LocalResult, Month, NaiveDate, NaiveDateTime, TimeZone, Utc};

use super::Resolver;
use crate::diagnostic::{Diagnostic, Diagnostics, codes};
use crate::model::calendar::{Calendar, Grain, OwnGrain, OwnPeriod};
use crate::model::project::AsOf;
use crate::rulefile::raw::{RawCalendar, RawGrain, RawProject};
use crate::source::Spanned;
use crate::syntax::ast::DurationUnit;

impl Resolver<'_> {
    /// The grain that a unit of time names, the project's own where it replaces the built-in one.
    pub(super) fn unit_grain(&self, unit: DurationUnit) -> Option<Grain> {
        let name = match unit {
            DurationUnit::Day => "day",
            DurationUnit::Week => "week",
            DurationUnit::Month => "month",
            DurationUnit::Quarter => "quarter",
            DurationUnit::Year => "year",
            DurationUnit::Hour | DurationUnit::Minute | DurationUnit::Second | DurationUnit::Period => {
                return None;
            }
        };
        self.model.calendar.grain(name)
    }
}

/// The project's calendar. Its words were checked when they were loaded; a wrong one is absent.
pub fn calendar(raw: &RawCalendar) -> Calendar {
    let word = |text: &Option<Spanned<String>>| text.as_ref().map(|t| t.node.to_lowercase());
    let mut calendar = Calendar::default();
    if let Some(zone) = raw.timezone.as_ref().and_then(|z| z.node.parse().ok()) {
        calendar.timezone = zone;
    }
    if let Some(weekday) = word(&raw.week_starts).and_then(|w| w.parse().ok()) {
        calendar.week_starts = weekday;
    }
    if let Some(month) = word(&raw.fiscal_year_starts).and_then(|m| m.parse::<Month>().ok()) {
        calendar.fiscal_month = month.number_from_month();
    }
    calendar.own = raw.grains.iter().map(own_grain).collect();
    calendar
}

fn own_grain(raw: &RawGrain) -> OwnGrain {
    let periods = raw.periods.iter();
    let periods = periods.map(|p| OwnPeriod { label: p.label.clone(), start: p.start, end: p.end });
    OwnGrain::new(raw.name.clone(), periods.collect())
}

fn invalid(at: &Spanned<String>, what: &str) -> Diagnostic {
    Diagnostic::new(&codes::INVALID_VALUE, format!("`{}` is {what}", at.node)).at(at.span, what)
}

/// The as-of that a project fixes.
pub fn project_as_of(raw: &RawProject, calendar: &Calendar, diagnostics: &mut Diagnostics) -> Option<AsOf> {
    let written = raw.as_of.as_ref()?;
    let parsed = as_of(&written.node, calendar);
    if parsed.is_none() {
        diagnostics.push(
            invalid(written, "no date or time")
                .help("a date (`2026-01-31`, its end) or a time (`2026-01-31T18:00`, `2026-01-31T18:00Z`)"),
        );
    }
    parsed
}

/// Reads an as-of: a date means the end of that local day.
pub fn as_of(text: &str, calendar: &Calendar) -> Option<AsOf> {
    let text = text.trim();
    if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        let next = day.succ_opt()?.and_hms_opt(0, 0, 0)?;
        let instant = instant(next, calendar) - Duration::microseconds(1);
        return Some(AsOf { day, instant, whole_day: true });
    }
    let instant = match (zoned(text), local_time(text)) {
        (Some(at), _) => at,
        (None, local) => instant(local?, calendar),
    };
    Some(as_of_instant(instant, calendar))
}

/// The as-of of an instant.
pub fn as_of_instant(instant: DateTime<Utc>, calendar: &Calendar) -> AsOf {
    AsOf { day: instant.with_timezone(&calendar.timezone).date_naive(), instant, whole_day: false }
}

/// A time with `Z` or an offset; seconds may be left out.
fn zoned(text: &str) -> Option<DateTime<Utc>> {
    ["%Y-%m-%dT%H:%M%#z", "%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%d %H:%M%#z", "%Y-%m-%d %H:%M:%S%.f%#z"]
        .iter()
        .find_map(|f| DateTime::parse_from_str(text, f).ok())
        .map(|at| at.with_timezone(&Utc))
}

fn local_time(text: &str) -> Option<NaiveDateTime> {
    ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S%.f"]
        .iter()
        .find_map(|f| NaiveDateTime::parse_from_str(text, f).ok())
}

/// A local wall clock as an instant: in an autumn overlap the earlier, in a spring gap moved forward.
pub fn instant(local: NaiveDateTime, calendar: &Calendar) -> DateTime<Utc> {
    match calendar.timezone.from_local_datetime(&local) {
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => at.with_timezone(&Utc),
        LocalResult::None => {
            // The gap is as long as the offset's change; a day earlier stands before it.
            let before = calendar.timezone.offset_from_utc_datetime(&(local - Duration::days(1)));
            let shift = chrono::Offset::fix(&before).local_minus_utc();
            DateTime::from_naive_utc_and_offset(local - Duration::seconds(i64::from(shift)), Utc)
        }
    }
}
