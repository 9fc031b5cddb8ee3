//! What was asked for: KPIs, breakdowns, grains, a range of days; and the periods that it comes to.

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
    /// First day.
    pub from: Option<NaiveDate>,
    /// The day after the last.
    pub to: Option<NaiveDate>,
    /// Up to when rows exist.
    pub as_of: AsOf,
}

impl Request {
    /// All KPIs as they are defined, up to an as-of.
    pub fn new(as_of: AsOf) -> Self {
        Self { kpis: None, by: None, grains: None, from: None, to: None, as_of }
    }

    /// The periods of a grain that are asked for, and a note where the range was widened to them.
    pub fn periods(
        &self,
        grain: Grain,
        calendar: &Calendar,
    ) -> Result<(Range<i64>, Option<Diagnostic>), Diagnostic> {
        let name = calendar.grain_name(grain);
        let last = match self.to {
            Some(to) => {
                let day = to.pred_opt().unwrap_or(to);
                calendar.index(grain, day)
            }
            None => calendar.index(grain, self.as_of.day),
        };
        let first = match self.from {
            Some(from) => calendar.index(grain, from),
            None => last - (DEFAULT_PERIODS - 1),
        };
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
            return Err(Diagnostic::new(
                &codes::BAD_REQUEST,
                format!("the range starts after the as-of, {}", self.as_of.day),
            )
            .help("an end for it with `--to`, or a later `--as-of`"));
        }
        if last - first >= MOST_PERIODS {
            return Err(Diagnostic::new(
                &codes::BAD_REQUEST,
                format!("{} periods of grain {name} are more than {MOST_PERIODS}", last - first + 1),
            )
            .help("a shorter range, or a coarser grain"));
        }
        let (start, end) = (calendar.start(grain, first), calendar.end(grain, last));
        let widened = self.from.is_some_and(|f| f != start) || self.to.is_some_and(|t| t != end);
        let note = widened.then(|| {
            Diagnostic::new(
                &codes::PERIODS_WIDENED,
                format!("the range is widened to whole periods of grain {name}: {start} to {end} (excluded)"),
            )
        });
        Ok((first..last + 1, note))
    }
}
