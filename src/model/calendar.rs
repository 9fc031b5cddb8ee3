//! The project's calendar: which period a day lies in, by index, so that no arithmetic is lost on the
//! 31st. Periods are half open; quarters and years follow the fiscal year, which is named by the year
//! it ends in; weeks are named by the year that holds their fourth day (ISO's rule for Mondays). A project
//! may have grains of its own (`own`); how grains make up each other is in `nesting`.

mod nesting;
mod own;

use std::ops::Range;
use std::sync::Arc;

use chrono::{Datelike, NaiveDate, Weekday};

pub use own::{OwnGrain, OwnPeriod};

/// The length of a period. Its name is the calendar's to tell: see [`Calendar::grain_name`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Grain {
    /// A local day.
    Day,
    /// Seven days from the project's first weekday.
    Week,
    /// A calendar month.
    Month,
    /// Three months of the fiscal year.
    Quarter,
    /// A fiscal year.
    Year,
    /// A grain of the project's own calendar, by its place in [`Calendar::own`].
    Own(u8),
}

impl Grain {
    /// All built-in grains, finest first.
    pub const ALL: [Self; 5] = [Self::Day, Self::Week, Self::Month, Self::Quarter, Self::Year];

    fn built_in_name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
            Self::Own(_) => "own",
        }
    }
}

/// The project's calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// For times with no zone, and for period borders.
    pub timezone: chrono_tz::Tz,
    /// The first day of a week.
    pub week_starts: Weekday,
    /// The month, 1 to 12, that fiscal years start with.
    pub fiscal_month: u32,
    /// The project's own grains, by name; one with the name of a built-in grain replaces it.
    pub own: Arc<[OwnGrain]>,
}

impl Default for Calendar {
    fn default() -> Self {
        Self { timezone: chrono_tz::UTC, week_starts: Weekday::Mon, fiscal_month: 1, own: Arc::default() }
    }
}

/// Days from the Common Era, of dates that the calendar holds (years 1 to 9999, and a little beyond).
fn day_number(date: NaiveDate) -> i64 {
    i64::from(date.num_days_from_ce())
}

fn day(number: i64) -> NaiveDate {
    i32::try_from(number).ok().and_then(NaiveDate::from_num_days_from_ce_opt).unwrap_or(if number < 0 {
        NaiveDate::MIN
    } else {
        NaiveDate::MAX
    })
}

fn month_number(date: NaiveDate) -> i64 {
    i64::from(date.year()) * 12 + i64::from(date.month0())
}

fn first_of_month(number: i64) -> NaiveDate {
    let year = i32::try_from(number.div_euclid(12)).unwrap_or(i32::MAX);
    NaiveDate::from_ymd_opt(year, number.rem_euclid(12) as u32 + 1, 1).unwrap_or(if number < 0 {
        NaiveDate::MIN
    } else {
        NaiveDate::MAX
    })
}

impl Calendar {
    fn fiscal_shift(&self) -> i64 {
        i64::from(self.fiscal_month) - 1
    }

    /// Days from a week's first day (of the week that starts at or before the era) to the era.
    fn week_shift(&self) -> i64 {
        // Day 1 of the era was a Monday.
        1 + i64::from(self.week_starts.num_days_from_monday())
    }

    /// Every grain that has a name, the built-in ones first, finest first.
    pub fn grains(&self) -> Vec<Grain> {
        let replaced = |g: &Grain| self.own.iter().any(|own| own.name() == g.built_in_name());
        let own = (0..self.own.len()).map(|i| Grain::Own(i as u8));
        Grain::ALL.into_iter().filter(|g| !replaced(g)).chain(own).collect()
    }

    /// The grain of a name.
    pub fn grain(&self, name: &str) -> Option<Grain> {
        self.grains().into_iter().find(|g| self.grain_name(*g) == name)
    }

    /// The name of a grain in rule files.
    pub fn grain_name(&self, grain: Grain) -> &str {
        self.own_grain(grain).map_or(grain.built_in_name(), OwnGrain::name)
    }

    fn own_grain(&self, grain: Grain) -> Option<&OwnGrain> {
        match grain {
            Grain::Own(place) => self.own.get(usize::from(place)),
            _ => None,
        }
    }

    /// The periods of an own grain; the others go on for ever.
    pub fn bounds(&self, grain: Grain) -> Option<Range<i64>> {
        match grain {
            Grain::Own(_) => Some(0..self.own_grain(grain).map_or(0, OwnGrain::count)),
            _ => None,
        }
    }

    /// Whether there is a period of this index.
    pub fn has(&self, grain: Grain, index: i64) -> bool {
        self.bounds(grain).is_none_or(|all| all.contains(&index))
    }

    /// The index of the period that holds a day, if one does.
    pub fn at(&self, grain: Grain, date: NaiveDate) -> Option<i64> {
        let index = self.index(grain, date);
        (self.has(grain, index) && date < self.end(grain, index)).then_some(index)
    }

    /// The index of the first period that ends after a day: the one that holds it, or the next.
    pub fn index_from(&self, grain: Grain, date: NaiveDate) -> i64 {
        self.at(grain, date).unwrap_or_else(|| self.index(grain, date) + 1)
    }

    /// The index of the last period that starts on a day or before: the one that holds it, or in an own
    /// calendar's gap the one before. -1 is before an own calendar's first.
    pub fn index(&self, grain: Grain, date: NaiveDate) -> i64 {
        match grain {
            Grain::Day => day_number(date),
            Grain::Week => (day_number(date) - self.week_shift()).div_euclid(7),
            Grain::Month => month_number(date),
            Grain::Quarter => (month_number(date) - self.fiscal_shift()).div_euclid(3),
            Grain::Year => (month_number(date) - self.fiscal_shift()).div_euclid(12),
            Grain::Own(_) => self.own_grain(grain).map_or(-1, |own| own.index(date)),
        }
    }

    /// The first day of a period. Before an own calendar's first, and after its last, periods are empty.
    pub fn start(&self, grain: Grain, index: i64) -> NaiveDate {
        match grain {
            Grain::Day => day(index),
            Grain::Week => day(index * 7 + self.week_shift()),
            Grain::Month => first_of_month(index),
            Grain::Quarter => first_of_month(index * 3 + self.fiscal_shift()),
            Grain::Year => first_of_month(index * 12 + self.fiscal_shift()),
            Grain::Own(_) => self.own_grain(grain).map_or(NaiveDate::MIN, |own| own.days(index).0),
        }
    }

    /// The day after a period's last.
    pub fn end(&self, grain: Grain, index: i64) -> NaiveDate {
        match self.own_grain(grain) {
            Some(own) => own.days(index).1,
            None => self.start(grain, index + 1),
        }
    }

    /// A period's name: `2026-01-31`, `2026-W05`, `2026-01`, `2026-Q1`, `2026`, an own period's label.
    pub fn name(&self, grain: Grain, index: i64) -> String {
        if let Some(own) = self.own_grain(grain) {
            return own.label(index).to_owned();
        }
        let start = self.start(grain, index);
        match grain {
            Grain::Day => start.format("%Y-%m-%d").to_string(),
            Grain::Week => {
                let fourth = day(day_number(start) + 3);
                format!("{:04}-W{:02}", fourth.year(), fourth.ordinal0() / 7 + 1)
            }
            Grain::Month => start.format("%Y-%m").to_string(),
            Grain::Quarter => {
                format!("{:04}-Q{}", self.fiscal_year(start), index.rem_euclid(4) + 1)
            }
            Grain::Year => format!("{:04}", self.fiscal_year(start)),
            Grain::Own(_) => String::new(),
        }
    }

    /// The fiscal year that a day lies in, by the year it ends in.
    fn fiscal_year(&self, date: NaiveDate) -> i32 {
        let last = self.end(Grain::Year, self.index(Grain::Year, date));
        day(day_number(last) - 1).year()
    }

    /// The index of a period by its name, as [`Calendar::name`] writes it.
    pub fn parse(&self, grain: Grain, name: &str) -> Option<i64> {
        let guess = match grain {
            Grain::Day => NaiveDate::parse_from_str(name, "%Y-%m-%d").ok()?,
            Grain::Week => {
                let (year, week) = name.split_once("-W")?;
                let start = NaiveDate::from_ymd_opt(held(year)?, 1, 4)?;
                day(day_number(start) + (i64::from(week.parse::<u8>().ok()?) - 1) * 7)
            }
            Grain::Month => NaiveDate::parse_from_str(&format!("{name}-01"), "%Y-%m-%d").ok()?,
            Grain::Quarter => {
                let (year, quarter) = name.split_once("-Q")?;
                let first = self.year_start(held(year)?)?;
                first_of_month(month_number(first) + (i64::from(quarter.parse::<u8>().ok()?) - 1) * 3)
            }
            Grain::Year => self.year_start(held(name)?)?,
            Grain::Own(_) => return self.own_grain(grain)?.parse(name),
        };
        if !(0..=9999).contains(&guess.year()) {
            return None;
        }
        let index = self.index(grain, guess);
        (self.name(grain, index) == name).then_some(index)
    }

    fn year_start(&self, year: i32) -> Option<NaiveDate> {
        let year = if self.fiscal_month == 1 { year } else { year - 1 };
        NaiveDate::from_ymd_opt(year, self.fiscal_month, 1)
    }
}

/// A year that dates are held in.
fn held(year: &str) -> Option<i32> {
    year.parse().ok().filter(|year| (1..=9999).contains(year))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn periods_have_the_names_of_the_language() {
        let c = Calendar::default();
        let name = |g, t| c.name(g, c.index(g, d(t)));
        assert_eq!(name(Grain::Week, "2027-01-01"), "2026-W53");
        assert_eq!(name(Grain::Week, "2024-03-03"), "2024-W09");
        assert_eq!(name(Grain::Month, "2024-02-29"), "2024-02");
        assert_eq!(name(Grain::Quarter, "2024-12-31"), "2024-Q4");
        assert_eq!(name(Grain::Year, "0001-01-01"), "0001");
        assert_eq!(c.end(Grain::Month, c.index(Grain::Month, d("2024-02-01"))), d("2024-03-01"));
    }

    #[test]
    fn fiscal_years_are_named_by_the_year_they_end_in() {
        let c = Calendar { fiscal_month: 4, ..Calendar::default() };
        let name = |g, t| c.name(g, c.index(g, d(t)));
        assert_eq!(name(Grain::Year, "2025-04-01"), "2026");
        assert_eq!(name(Grain::Year, "2025-03-31"), "2025");
        assert_eq!(name(Grain::Quarter, "2025-04-01"), "2026-Q1");
        assert_eq!(name(Grain::Quarter, "2026-03-31"), "2026-Q4");
    }

    #[test]
    fn names_of_no_period() {
        let c = Calendar { fiscal_month: 4, ..Calendar::default() };
        for (grain, name) in [
            (Grain::Week, "2026-W54"),
            (Grain::Week, "2026-W9223372036854775807"),
            (Grain::Quarter, "2026-Q9223372036854775807"),
            (Grain::Quarter, "2026-Q0"),
            (Grain::Year, "-2147483648"),
            (Grain::Year, "262142"),
            (Grain::Month, "262142-12"),
            (Grain::Month, "2026-1"),
        ] {
            assert_eq!(c.parse(grain, name), None, "{name}");
        }
        assert!(c.parse(Grain::Year, "9999").is_some() && c.parse(Grain::Year, "0001").is_some());
    }

    #[test]
    fn names_read_back_and_periods_tile_the_days() {
        for month in [1, 4, 10] {
            for first in [Weekday::Mon, Weekday::Sun, Weekday::Sat] {
                let c = Calendar { fiscal_month: month, week_starts: first, ..Calendar::default() };
                for grain in Grain::ALL {
                    let mut date = d("2019-12-20");
                    while date < d("2021-01-20") {
                        let i = c.index(grain, date);
                        assert!(c.start(grain, i) <= date && date < c.end(grain, i));
                        assert_eq!(c.parse(grain, &c.name(grain, i)), Some(i), "{grain:?} {date}");
                        date = date.succ_opt().unwrap();
                    }
                }
            }
        }
    }
}
