//! A grain of the project's own: named periods in order, half open, that never overlap; between them there
//! may be days of no period.

use chrono::NaiveDate;

/// A grain with the periods that a calendar file gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnGrain {
    name: String,
    periods: Vec<OwnPeriod>,
}

/// A period of an own grain, `[start, end)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnPeriod {
    /// Its name in results.
    pub label: String,
    /// Its first day.
    pub start: NaiveDate,
    /// The day after its last.
    pub end: NaiveDate,
}

impl OwnGrain {
    /// A grain of periods in any order. A period without days, and one that overlaps an earlier one, is left
    /// out: the reader of the file has told of it.
    pub fn new(name: String, mut periods: Vec<OwnPeriod>) -> Self {
        periods.sort_by_key(|p| (p.start, p.end));
        let mut kept: Vec<OwnPeriod> = Vec::with_capacity(periods.len());
        for period in periods {
            let free = kept.last().is_none_or(|last| last.end <= period.start);
            if free && period.start < period.end {
                kept.push(period);
            }
        }
        Self { name, periods: kept }
    }

    /// Its name in rule files.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its periods, in order.
    pub fn periods(&self) -> &[OwnPeriod] {
        &self.periods
    }

    pub(super) fn count(&self) -> i64 {
        self.periods.len() as i64
    }

    /// The last period that starts on a day or before; -1 before the first.
    pub(super) fn index(&self, date: NaiveDate) -> i64 {
        self.periods.partition_point(|p| p.start <= date) as i64 - 1
    }

    fn get(&self, index: i64) -> Option<&OwnPeriod> {
        self.periods.get(usize::try_from(index).ok()?)
    }

    /// The first day of a period and the day after its last; no day beyond the calendar.
    pub(super) fn days(&self, index: i64) -> (NaiveDate, NaiveDate) {
        let border = if index < 0 {
            self.periods.first().map(|p| p.start)
        } else {
            self.periods.last().map(|p| p.end)
        };
        let border = border.unwrap_or_default();
        self.get(index).map_or((border, border), |p| (p.start, p.end))
    }

    pub(super) fn label(&self, index: i64) -> &str {
        self.get(index).map_or("", |p| &p.label)
    }

    pub(super) fn parse(&self, label: &str) -> Option<i64> {
        self.periods.iter().position(|p| p.label == label).map(|at| at as i64)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::calendar::{Calendar, Grain};

    fn d(days: i32) -> NaiveDate {
        NaiveDate::from_num_days_from_ce_opt(735_000 + days).unwrap()
    }

    fn calendar(periods: &[(i32, i32)]) -> Calendar {
        let periods = periods
            .iter()
            .map(|(start, end)| OwnPeriod { label: format!("p{start}"), start: d(*start), end: d(*end) })
            .collect();
        Calendar { own: [OwnGrain::new("own".to_owned(), periods)].into(), ..Calendar::default() }
    }

    #[test]
    fn gaps_and_both_ends() {
        let c = calendar(&[(20, 30), (0, 10), (10, 15)]);
        let g = c.grain("own").unwrap();
        let at = |day| (c.at(g, d(day)), c.index(g, d(day)), c.index_from(g, d(day)));
        assert_eq!(at(-1), (None, -1, 0));
        assert_eq!(at(0), (Some(0), 0, 0));
        assert_eq!(at(10), (Some(1), 1, 1));
        assert_eq!(at(15), (None, 1, 2));
        assert_eq!(at(29), (Some(2), 2, 2));
        assert_eq!(at(30), (None, 2, 3));
        assert_eq!((c.start(g, -3), c.end(g, -3)), (d(0), d(0)));
        assert_eq!((c.start(g, 9), c.end(g, 9)), (d(30), d(30)));
        assert_eq!(c.name(g, 2), "p20");
        assert_eq!(c.parse(g, "p20"), Some(2));
        assert_eq!(c.name(g, 3), "");
    }

    #[test]
    fn a_grain_with_the_name_of_a_built_in_one_replaces_it() {
        let mut c = calendar(&[(0, 28)]);
        c.own = [OwnGrain::new("month".to_owned(), c.own[0].periods().to_vec())].into();
        assert_eq!(c.grain("month"), Some(Grain::Own(0)));
        assert!(!c.grains().contains(&Grain::Month));
        assert_eq!(c.grain_name(Grain::Own(0)), "month");
    }

    proptest! {
        #[test]
        fn periods_are_found_as_by_looking_at_each(
            steps in proptest::collection::vec((0..5i32, 1..40i32), 0..30),
            days in proptest::collection::vec(-20..700i32, 1..50),
        ) {
            let (mut from, mut periods) = (0, Vec::new());
            for (gap, length) in steps {
                periods.push((from + gap, from + gap + length));
                from += gap + length;
            }
            let c = calendar(&periods);
            let g = Grain::Own(0);
            for day in days {
                let holds = periods.iter().position(|(s, e)| (*s..*e).contains(&day)).map(|i| i as i64);
                let ends_after = periods.iter().take_while(|(_, e)| *e <= day).count() as i64;
                prop_assert_eq!(c.at(g, d(day)), holds);
                prop_assert_eq!(c.index_from(g, d(day)), ends_after);
                if let Some(index) = holds {
                    prop_assert!(c.start(g, index) <= d(day) && d(day) < c.end(g, index));
                    prop_assert_eq!(c.parse(g, &c.name(g, index)), Some(index));
                }
            }
        }
    }
}
