//! What was asked for: KPIs, breakdowns, grains, a range of days; and the periods that it comes to.

use std::collections::BTreeMap;
use std::ops::Range;

use chrono::NaiveDate;

use crate::diagnostic::{Diagnostic, codes};
use crate::model::calendar::{Calendar, Grain};
use crate::model::project::{AsOf, Dimension};

/// How many periods are shown where no range is asked for.
const DEFAULT_PERIODS: i64 = 12;

/// More periods than this are refused: a slip in a year, most likely.
pub const MOST_PERIODS: i64 = 200_000;

/// A request.
#[derive(Clone, Debug)]
pub struct Request {
    /// The KPIs, by name; all where absent.
    pub kpis: Option<Vec<String>>,
    /// The breakdowns in place of those that the KPIs list; `Some(vec![])` is totals only.
    pub by: Option<Vec<Vec<Dimension>>>,
    /// The grains in place of those that the KPIs list.
    pub grains: Option<Vec<Grain>>,
    /// The scorecards, by name; none where absent, all where empty.
    pub scorecards: Option<Vec<String>>,
    /// Alignment rules; none where absent.
    pub rules: Option<AskedRules>,
    /// First day.
    pub from: Option<NaiveDate>,
    /// The day after the last.
    pub to: Option<NaiveDate>,
    /// Up to when rows exist.
    pub as_of: AsOf,
}

/// The rules that are asked for.
#[derive(Clone, Debug, Default)]
pub struct AskedRules {
    /// By name; all where empty.
    pub names: Vec<String>,
    /// By the place of a sheet, the first day that its data covers; not known before the data is open.
    pub since: Option<BTreeMap<usize, NaiveDate>>,
    /// Whether all periods since the data begins are asked for, where no range begins later.
    pub whole: bool,
    /// Whether evidence is kept for what holds, too.
    pub all: bool,
}

impl Request {
    /// All KPIs as they are defined, up to an as-of.
    pub fn new(as_of: AsOf) -> Self {
        Self {
            kpis: None,
            scorecards: None,
            by: None,
            grains: None,
            rules: None,
            from: None,
            to: None,
            as_of,
        }
    }

    /// The periods of a grain that are asked for, and notes where the range was widened to them or goes
    /// beyond an own calendar.
    pub fn periods(
        &self,
        grain: Grain,
        calendar: &Calendar,
    ) -> Result<(Range<i64>, Vec<Diagnostic>), Diagnostic> {
        let name = calendar.grain_name(grain);
        let last_day = self.to.map_or(self.as_of.day, |to| to.pred_opt().unwrap_or(to));
        let last = calendar.index(grain, last_day);
        let first = match self.from {
            Some(from) => calendar.index_from(grain, from),
            None => last - (DEFAULT_PERIODS - 1),
        };
        let first = calendar.bounds(grain).map_or(first, |all| first.max(all.start));
        if let (Some(from), Some(to)) = (self.from, self.to)
            && from >= to
        {
            return Err(Diagnostic::new(
                &codes::BAD_REQUEST,
                format!("the range from {from} to {to} holds no day"),
            )
            .help("`--to` is excluded: `--from 2026-01-01 --to 2026-02-01` is January"));
        }
        if first > last {
            let after = self.to.is_none() && self.from.is_some_and(|from| from > self.as_of.day);
            return Err(match calendar.extent(grain).filter(|_| !after) {
                Some(extent) => self.no_period(name, extent),
                None => Diagnostic::new(
                    &codes::BAD_REQUEST,
                    format!("the range starts after the as-of, {}", self.as_of.day),
                )
                .help("an end for it with `--to`, or a later `--as-of`"),
            });
        }
        if last - first >= MOST_PERIODS {
            return Err(Diagnostic::new(
                &codes::BAD_REQUEST,
                format!("{} periods of grain {name} are more than {MOST_PERIODS}", last - first + 1),
            )
            .help("a shorter range, or a coarser grain"));
        }
        let (start, end) = (calendar.start(grain, first), calendar.end(grain, last));
        let mut notes = Vec::new();
        // A border in a gap of an own calendar widens nothing: the gap has no period to show.
        if self.from.is_some_and(|f| f > start) || self.to.is_some_and(|t| t < end) {
            notes.push(Diagnostic::new(
                &codes::PERIODS_WIDENED,
                format!("the range is widened to whole periods of grain {name}: {start} to {end} (excluded)"),
            ));
        }
        if let Some(extent) = calendar.extent(grain) {
            notes.extend(self.clipped(name, extent, (start, end)));
        }
        Ok((first..last + 1, notes))
    }

    /// The periods that rules are asked for: where no range is, the last closed one and the open one.
    pub fn judged(
        &self,
        grain: Grain,
        calendar: &Calendar,
    ) -> Result<(Range<i64>, Vec<Diagnostic>), Diagnostic> {
        let (periods, notes) = self.periods(grain, calendar)?;
        if self.from.is_some() || self.to.is_some() {
            return Ok((periods, notes));
        }
        let last = periods.end - 1;
        let closed = self.as_of.closes(calendar.end(grain, last));
        let first = if closed { last } else { last - 1 };
        Ok((first.max(periods.start)..periods.end, notes))
    }

    /// What to say of a range that goes beyond the periods of an own grain.
    fn clipped(
        &self,
        name: &str,
        (from, to): (NaiveDate, NaiveDate),
        (start, end): (NaiveDate, NaiveDate),
    ) -> Option<Diagnostic> {
        let headline = if self.to.is_none() && self.as_of.day >= to {
            format!("the as-of, {}, lies after the last period of grain {name}", self.as_of.day)
        } else if self.from.is_some_and(|f| f < from) || self.to.is_some_and(|t| t > to) {
            format!("the range is clipped to the periods of grain {name}: {start} to {end} (excluded)")
        } else {
            return None;
        };
        let clipped = Diagnostic::new(&codes::CALENDAR_CLIPPED, headline).note(borders(from, to));
        Some(clipped.help("more periods can be added to the file of `calendar: {periods: ...}`"))
    }

    fn no_period(&self, name: &str, (from, to): (NaiveDate, NaiveDate)) -> Diagnostic {
        let headline = if self.from.is_none() && self.to.is_none() {
            format!("no period of grain {name} has begun at the as-of, {}", self.as_of.day)
        } else {
            format!("no period of grain {name} lies in the range")
        };
        Diagnostic::new(&codes::BAD_REQUEST, headline)
            .note(borders(from, to))
            .help("another range or grain, or more periods in the file of `calendar: {periods: ...}`")
    }
}

fn borders(from: NaiveDate, to: NaiveDate) -> String {
    format!("its first period starts {from}, its last ends before {to}")
}
