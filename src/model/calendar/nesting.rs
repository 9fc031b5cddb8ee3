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
        let (mut each, mut before) = (None, None);
        // What the finer calendar does not hold whole: how many it holds, and whether they are the first
        // or the last of it without doubt.
        let mut cut: Vec<(i64, bool)> = Vec::new();
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
                Some((from, to)) if start < from || end > to => {
                    let joins = if start < from {
                        self.end(fine, after - 1) == end
                    } else {
                        self.start(fine, first) == start
                    };
                    cut.push((count, joins || count == 0));
                }
                _ if each.is_some_and(|each| each != count) => return None,
                _ => each = Some(count),
            }
        }
        let each = each.filter(|each| *each > 0)?;
        let fits = |(count, joins): &(i64, bool)| *count == each || (*count < each && *joins);
        cut.iter().all(fits).then_some(each)
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
