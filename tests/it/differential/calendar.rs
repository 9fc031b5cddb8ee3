//! Periods, windows and the local clock, straight from the words of the language: no code is shared with
//! `src/model/calendar.rs`, which this is held against.

use chrono::{
    DateTime, Datelike, Days, Duration, MappedLocalTime, Months, NaiveDate, NaiveDateTime, TimeZone,
};
use chrono_tz::Tz;

/// The length of a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grain {
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

impl Grain {
    pub fn word(self) -> &'static str {
        ["day", "week", "month", "quarter", "year"][self as usize]
    }

    /// As requests have it.
    pub fn rumbo(self) -> rumbo::Grain {
        use rumbo::Grain as Theirs;
        [Theirs::Day, Theirs::Week, Theirs::Month, Theirs::Quarter, Theirs::Year][self as usize]
    }

    /// In months, where it is whole ones.
    pub fn months(self) -> Option<i64> {
        [None, None, Some(1), Some(3), Some(12)][self as usize]
    }
}

/// A window before it is laid on a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// Of some unit; without one, of periods.
    Last(i64, Option<Grain>),
    ToDate(Grain),
    AllTime,
}

/// How days make periods.
#[derive(Clone, Copy, Debug)]
pub struct Calendar {
    pub zone: Tz,
    /// Days from Monday.
    pub week_starts: i64,
    /// 1 to 12.
    pub fiscal_month: i64,
}

pub fn date(year: i64, month: i64, day: i64) -> NaiveDate {
    NaiveDate::from_ymd_opt(year as i32, month as u32, day as u32).unwrap_or_default()
}

/// A day some days later, or earlier.
pub fn plus(day: NaiveDate, days: i64) -> NaiveDate {
    day + Duration::days(days)
}

fn first_of_month(months: i64) -> NaiveDate {
    date(months.div_euclid(12), months.rem_euclid(12) + 1, 1)
}

impl Calendar {
    /// The number of the period that holds a day.
    pub fn index(&self, grain: Grain, day: NaiveDate) -> i64 {
        let days = i64::from(day.num_days_from_ce());
        let months = i64::from(day.year()) * 12 + i64::from(day.month0());
        match grain {
            Grain::Day => days,
            // Day 1 of the era is a Monday.
            Grain::Week => (days - 1 - self.week_starts).div_euclid(7),
            // A month is a calendar month, whatever the fiscal year.
            Grain::Month => months,
            _ => (months - (self.fiscal_month - 1)).div_euclid(grain.months().unwrap_or(1)),
        }
    }

    pub fn start(&self, grain: Grain, index: i64) -> NaiveDate {
        let from_era = |days: i64| NaiveDate::default() + Duration::days(days - 719_163);
        match grain {
            Grain::Day => from_era(index),
            Grain::Week => from_era(index * 7 + 1 + self.week_starts),
            Grain::Month => first_of_month(index),
            _ => first_of_month(index * grain.months().unwrap_or(1) + self.fiscal_month - 1),
        }
    }

    pub fn end(&self, grain: Grain, index: i64) -> NaiveDate {
        self.start(grain, index + 1)
    }

    /// The first day of a window that ends on a day, the end of a period; none where it has no first.
    pub fn window(&self, window: Window, grain: Grain, index: i64, end: NaiveDate) -> Option<NaiveDate> {
        Some(match window {
            Window::AllTime => return None,
            Window::ToDate(unit) => self.start(unit, self.index(unit, plus(end, -1))),
            Window::Last(count, None) => self.start(grain, index - count + 1),
            Window::Last(count, Some(Grain::Day)) => plus(end, -count),
            Window::Last(count, Some(Grain::Week)) => plus(end, -7 * count),
            Window::Last(count, Some(unit)) => {
                let months = Months::new((count * unit.months().unwrap_or(1)) as u32);
                if grain.months().is_some() {
                    self.end(grain, index) - months
                } else {
                    // The same day so many months before its last day, or that month's last; the window
                    // begins on the day after.
                    plus(end, -1) - months + Days::new(1)
                }
            }
        })
    }

    /// A period's name, for people; `start` is its first day.
    pub fn name(&self, grain: Grain, start: NaiveDate) -> String {
        let last = plus(self.end(Grain::Year, self.index(Grain::Year, start)), -1);
        match grain {
            Grain::Day => start.to_string(),
            Grain::Week => {
                let fourth = plus(start, 3);
                format!("{:04}-W{:02}", fourth.year(), fourth.ordinal0() / 7 + 1)
            }
            Grain::Month => start.format("%Y-%m").to_string(),
            Grain::Quarter => {
                format!("{:04}-Q{}", last.year(), self.index(Grain::Quarter, start).rem_euclid(4) + 1)
            }
            Grain::Year => format!("{:04}", last.year()),
        }
    }

    /// The local day of an instant.
    pub fn local_day(&self, micros: i64) -> NaiveDate {
        self.local(micros).date()
    }

    /// The local clock at an instant.
    pub fn local(&self, micros: i64) -> NaiveDateTime {
        let at = DateTime::from_timestamp_micros(micros).unwrap_or_default();
        at.with_timezone(&self.zone).naive_local()
    }

    /// The instant of a local clock: of two the earlier, where there is none moved forward by the gap.
    pub fn instant(&self, local: NaiveDateTime) -> i64 {
        match self.zone.from_local_datetime(&local) {
            MappedLocalTime::Single(at) | MappedLocalTime::Ambiguous(at, _) => at.timestamp_micros(),
            MappedLocalTime::None => {
                // By the offset before the gap the clock shows a time after it.
                let before = self.zone.from_local_datetime(&(local - Duration::hours(3))).earliest();
                let offset =
                    before.map_or(0, |b| (b.naive_local() - b.naive_utc()).num_microseconds().unwrap_or(0));
                local.and_utc().timestamp_micros() - offset
            }
        }
    }
}
