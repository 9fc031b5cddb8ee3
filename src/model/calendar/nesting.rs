//! How grains make up each other: which is a whole number of which, for roll-ups; how many periods an offset
//! is; and whether windows of own periods end with a period. Where an own grain takes part, all of its
//! periods are looked at: the answer never depends on what was asked for.

use chrono::NaiveDate;

use super::{Calendar, Grain};

impl Calendar {
    /// Whether every period of `coarse` is a whole number of `fine` ones, with no day between them.
    pub fn is_made_of(&self, coarse: Grain, fine: Grain) -> bool {
        if coarse == fine || fine == Grain::Day {
            return true;
        }
        let Some(all) = self.bounds(coarse) else {
            let built_in = !matches!(fine, Grain::Own(_));
            return built_in && fine != Grain::Week && coarse != Grain::Week && fine < coarse;
        };
        all.into_iter().all(|period| {
            let (start, end) = (self.start(coarse, period), self.end(coarse, period));
            let (first, after) = (self.starting_from(fine, start), self.starting_from(fine, end));
            first < after
                && self.start(fine, first) == start
                && self.end(fine, after - 1) == end
                && (first + 1..after).all(|p| self.end(fine, p - 1) == self.start(fine, p))
        })
    }

    /// How many periods of `grain` a number of `unit`s is, if it is a whole number of them everywhere.
    pub fn periods_in(&self, count: u32, unit: Grain, grain: Grain) -> Option<i64> {
        let count = i64::from(count);
        if let Some(each) = self.each_holds(unit, grain) {
            return count.checked_mul(each);
        }
        let each = self.each_holds(grain, unit)?;
        (count % each == 0).then_some(count / each)
    }

    /// How many periods of `fine` each period of `coarse` holds, where all hold the same number and no
    /// period of either lies across a border or beside the other.
    pub fn each_holds(&self, coarse: Grain, fine: Grain) -> Option<i64> {
        match (coarse, fine) {
            _ if coarse == fine => Some(1),
            (Grain::Own(_), _) | (_, Grain::Own(_)) => self.counted(coarse, fine),
            (Grain::Week, Grain::Day) => Some(7),
            (Grain::Quarter, Grain::Month) => Some(3),
            (Grain::Year, Grain::Month) => Some(12),
            (Grain::Year, Grain::Quarter) => Some(4),
            _ => None,
        }
    }

    fn counted(&self, coarse: Grain, fine: Grain) -> Option<i64> {
        let extent = self.extent(fine);
        let all = match (self.bounds(coarse), extent) {
            (Some(all), _) => all,
            (None, Some((from, to))) => {
                self.index(coarse, from)..self.index(coarse, to.pred_opt().unwrap_or(to)) + 1
            }
            (None, None) => return None,
        };
        let (mut each, mut before, mut at_the_ends) = (None, None, 0);
        for period in all {
            let (start, end) = (self.start(coarse, period), self.end(coarse, period));
            let (first, after) = (self.starting_from(fine, start), self.starting_from(fine, end));
            let across = |p: i64, border: NaiveDate| self.has(fine, p) && self.end(fine, p) > border;
            if across(first - 1, start) || across(after - 1, end) {
                return None;
            }
            if before.is_some_and(|before| before != first) {
                return None;
            }
            before = Some(after);
            let count = after - first;
            match extent {
                // The finer calendar begins or ends in it: it may hold fewer.
                Some((from, to)) if start < from || end > to => at_the_ends = at_the_ends.max(count),
                _ if each.is_some_and(|each| each != count) => return None,
                _ => each = Some(count),
            }
        }
        let each = each.unwrap_or(at_the_ends);
        let fits = each > 0 && at_the_ends <= each;
        (fits && (at_the_ends == 0 || self.keep_their_places(coarse, fine, each))).then_some(each)
    }

    /// Whether each period lies, one `coarse` earlier, where the one `each` periods earlier lies: what the
    /// finer calendar leaves out where it begins and ends shifts nothing.
    fn keep_their_places(&self, coarse: Grain, fine: Grain, each: i64) -> bool {
        let Some(all) = self.bounds(fine) else { return true };
        (all.start + each..all.end).all(|period| {
            let (start, end) = (self.start(fine, period), self.end(fine, period));
            let middle = start + (end - start) / 2;
            let Some(unit) = self.at(coarse, middle).filter(|unit| self.has(coarse, unit - 1)) else {
                return true;
            };
            let earlier = self.start(coarse, unit - 1) + (middle - self.start(coarse, unit));
            self.at(fine, earlier) == Some(period - each)
        })
    }

    /// Whether each period of an own grain ends where one of `unit` ends.
    pub fn ends_with(&self, grain: Grain, unit: Grain) -> bool {
        let Some(all) = self.bounds(grain) else { return false };
        all.into_iter().all(|period| {
            let end = self.end(grain, period);
            let last = end.pred_opt().unwrap_or(end);
            self.at(unit, last).is_some_and(|unit_period| self.end(unit, unit_period) == end)
        })
    }

    /// The first day of an own grain and the day after its last.
    pub fn extent(&self, grain: Grain) -> Option<(NaiveDate, NaiveDate)> {
        let all = self.bounds(grain).filter(|all| !all.is_empty())?;
        Some((self.start(grain, all.start), self.end(grain, all.end - 1)))
    }

    /// The index of the first period that starts on a day or later.
    fn starting_from(&self, grain: Grain, date: NaiveDate) -> i64 {
        let index = self.index(grain, date);
        if self.has(grain, index) && self.start(grain, index) == date { index } else { index + 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{OwnGrain, OwnPeriod};
    use super::*;

    fn d(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// Periods that follow each other, of these many weeks.
    fn weeks(name: &str, start: &str, lengths: &[i64]) -> OwnGrain {
        let mut from = d(start);
        let periods = lengths.iter().enumerate().map(|(i, weeks)| {
            let start = from;
            from += chrono::Duration::weeks(*weeks);
            OwnPeriod { label: format!("{name} {i}"), start, end: from }
        });
        OwnGrain::new(name.to_owned(), periods.collect())
    }

    fn named(name: &str, periods: &[(&str, &str)]) -> OwnGrain {
        let periods = periods.iter().map(|(start, end)| OwnPeriod {
            label: (*start).to_owned(),
            start: d(start),
            end: d(end),
        });
        OwnGrain::new(name.to_owned(), periods.collect())
    }

    fn calendar(own: Vec<OwnGrain>) -> Calendar {
        Calendar { own: own.into(), ..Calendar::default() }
    }

    /// Two fiscal years of 4-4-5, the second of 53 weeks.
    fn retail() -> Calendar {
        let months = [4, 4, 5, 4, 4, 5, 4, 4, 5, 4, 4, 5, 4, 4, 5, 4, 4, 5, 4, 4, 5, 4, 4, 6];
        calendar(vec![
            weeks("month", "2024-12-30", &months),
            weeks("quarter", "2024-12-30", &[13, 13, 13, 13, 13, 13, 13, 14]),
            weeks("year", "2024-12-30", &[52, 53]),
        ])
    }

    #[test]
    fn years_of_53_weeks_hold_as_many_months_and_other_weeks() {
        let c = retail();
        let [month, quarter, year] = ["month", "quarter", "year"].map(|n| c.grain(n).unwrap());
        assert_eq!(c.periods_in(1, year, month), Some(12));
        assert_eq!(c.periods_in(2, quarter, month), Some(6));
        assert_eq!(c.periods_in(12, month, year), Some(1));
        assert_eq!(c.periods_in(5, month, year), None);
        assert_eq!(c.periods_in(1, year, Grain::Week), None);
        assert_eq!(c.periods_in(1, month, Grain::Week), None);
        assert_eq!(c.periods_in(13, Grain::Week, quarter), None, "the last has 14");
        assert_eq!(c.periods_in(1, Grain::Year, month), None, "they lie across the calendar's years");
        assert!(
            c.is_made_of(year, quarter) && c.is_made_of(quarter, month) && c.is_made_of(month, Grain::Week)
        );
        assert!(!c.is_made_of(month, Grain::Month) && !c.is_made_of(Grain::Year, month));
        assert!(!c.is_made_of(Grain::Week, month) && c.is_made_of(month, Grain::Day));
        assert!(c.ends_with(quarter, month) && !c.ends_with(month, quarter));
        assert!(!c.ends_with(Grain::Month, month));
    }

    #[test]
    fn seasons_with_gaps_keep_their_places() {
        let seasons = |all: &[(&str, &str)]| {
            let c = calendar(vec![named("season", all)]);
            c.periods_in(1, Grain::Year, c.grain("season").unwrap())
        };
        let (s25, a25) = (("2025-03-01", "2025-06-01"), ("2025-09-01", "2025-12-01"));
        let (s26, a26) = (("2026-03-01", "2026-06-01"), ("2026-09-01", "2026-12-01"));
        assert_eq!(seasons(&[s25, a25, s26, a26]), Some(2));
        assert_eq!(seasons(&[a25, s26, a26]), Some(2));
        assert_eq!(seasons(&[s25, a25, s26]), Some(2));
        assert_eq!(seasons(&[a25, s26]), None, "autumn is not last year's spring");
        assert_eq!(seasons(&[s25, a25, a26]), None, "a spring is missing");
        assert_eq!(seasons(&[s25, a25, ("2025-12-15", "2026-01-15"), s26, a26]), None, "across two years");
    }

    #[test]
    fn periods_with_gaps_are_not_made_of_what_lies_in_them_alone() {
        let c = calendar(vec![
            named("season", &[("2026-01-01", "2026-07-01")]),
            named("term", &[("2026-01-01", "2026-03-01"), ("2026-04-01", "2026-07-01")]),
        ]);
        let [season, term] = ["season", "term"].map(|n| c.grain(n).unwrap());
        assert!(!c.is_made_of(season, term), "March is in no term");
        assert!(c.is_made_of(season, Grain::Month) && c.is_made_of(season, Grain::Quarter));
        assert!(!c.is_made_of(term, Grain::Quarter));
        assert_eq!(c.periods_in(1, season, term), Some(2));
    }
}
