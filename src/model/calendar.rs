//! The project's calendar: which period a day lies in, by index, so that no arithmetic is lost on the
//! 31st. Periods are half open; quarters and years follow the fiscal year, which is named by the year
//! it ends in; weeks are named by the year that holds their fourth day (ISO's rule for Mondays).

use std::fmt;

use chrono::{Datelike, NaiveDate, Weekday};

/// The length of a period.
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
}

impl Grain {
    /// All built-in grains, finest first.
    pub const ALL: [Self; 5] = [Self::Day, Self::Week, Self::Month, Self::Quarter, Self::Year];

    /// Its name in rule files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }

    /// From its name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|g| g.name() == name)
    }

    /// Whether every period of this grain is a whole number of `finer` ones.
    pub fn is_made_of(self, finer: Self) -> bool {
        self == finer || finer == Self::Day || (finer != Self::Week && self != Self::Week && finer < self)
    }
}

impl fmt::Display for Grain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The project's calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// For times with no zone, and for period borders.
    pub timezone: chrono_tz::Tz,
    /// The first day of a week.
    pub week_starts: Weekday,
    /// The month, 1 to 12, that fiscal years start with.
    pub fiscal_month: u32,
}

impl Default for Calendar {
    fn default() -> Self {
        Self { timezone: chrono_tz::UTC, week_starts: Weekday::Mon, fiscal_month: 1 }
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

    /// The index of the period that holds a day.
    pub fn index(&self, grain: Grain, date: NaiveDate) -> i64 {
        match grain {
            Grain::Day => day_number(date),
            Grain::Week => (day_number(date) - self.week_shift()).div_euclid(7),
            Grain::Month => month_number(date),
            Grain::Quarter => (month_number(date) - self.fiscal_shift()).div_euclid(3),
            Grain::Year => (month_number(date) - self.fiscal_shift()).div_euclid(12),
        }
    }

    /// The first day of a period.
    pub fn start(&self, grain: Grain, index: i64) -> NaiveDate {
        match grain {
            Grain::Day => day(index),
            Grain::Week => day(index * 7 + self.week_shift()),
            Grain::Month => first_of_month(index),
            Grain::Quarter => first_of_month(index * 3 + self.fiscal_shift()),
            Grain::Year => first_of_month(index * 12 + self.fiscal_shift()),
        }
    }

    /// The day after a period's last.
    pub fn end(&self, grain: Grain, index: i64) -> NaiveDate {
        self.start(grain, index + 1)
    }

    /// A period's name: `2026-01-31`, `2026-W05`, `2026-01`, `2026-Q1`, `2026`.
    pub fn name(&self, grain: Grain, index: i64) -> String {
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
                let start = NaiveDate::from_ymd_opt(year.parse().ok()?, 1, 4)?;
                day(day_number(start) + (week.parse::<i64>().ok()? - 1) * 7)
            }
            Grain::Month => NaiveDate::parse_from_str(&format!("{name}-01"), "%Y-%m-%d").ok()?,
            Grain::Quarter => {
                let (year, quarter) = name.split_once("-Q")?;
                let first = self.year_start(year.parse().ok()?)?;
                first_of_month(month_number(first) + (quarter.parse::<i64>().ok()? - 1) * 3)
            }
            Grain::Year => self.year_start(name.parse().ok()?)?,
        };
        let index = self.index(grain, guess);
        (self.name(grain, index) == name).then_some(index)
    }

    fn year_start(&self, year: i32) -> Option<NaiveDate> {
        let year = if self.fiscal_month == 1 { year } else { year - 1 };
        NaiveDate::from_ymd_opt(year, self.fiscal_month, 1)
    }
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
    fn names_read_back_and_periods_tile_the_days() {
        for month in [1, 4, 10] {
            for first in [Weekday::Mon, Weekday::Sun, Weekday::Sat] {
                let c = Calendar { fiscal_month: month, week_starts: first, ..Calendar::default() };
                for grain in Grain::ALL {
                    let mut date = d("2019-12-20");
                    while date < d("2021-01-20") {
                        let i = c.index(grain, date);
                        assert!(c.start(grain, i) <= date && date < c.end(grain, i));
                        assert_eq!(c.parse(grain, &c.name(grain, i)), Some(i), "{grain} {date}");
                        date = date.succ_opt().unwrap();
                    }
                }
            }
        }
    }
}
