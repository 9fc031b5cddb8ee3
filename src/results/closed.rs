//! The history of formulas in one cell: the closed periods that count, which of them are known, and why there is no
//! answer where too few are. The arithmetic stands in `statistics`; it knows no types and no columns of answers.

use std::ops::Range;

use super::evaluate::Column;
use super::statistics::{correlation, limits, slope};
use crate::functions::operators::comparison::nine;
use crate::model::history::{History, Lag, Told};
use crate::model::outcome::Reason;

/// A formula's values over the cells.
pub(super) struct Series {
    pub(super) column: Column,
    /// As plain numbers, durations in microseconds.
    pub(super) numbers: Vec<Option<f64>>,
}

/// What is told in a cell.
pub(super) type Answer = Result<f64, u8>;

/// A cell's answer, with the cells behind it: which series, and which cell of it.
pub(super) struct Found {
    pub(super) answer: Answer,
    /// Of how many closed periods what is needed is known.
    pub(super) known: usize,
    /// Those that count.
    pub(super) used: Vec<(usize, usize)>,
    /// Those that were looked at.
    pub(super) seen: Vec<(usize, usize)>,
}

/// Reads histories.
pub(super) struct Reader<'a> {
    pub(super) history: &'a History,
    pub(super) all: &'a [Series],
    pub(super) width: usize,
    pub(super) open: Option<usize>,
}

impl Reader<'_> {
    /// What is told in a cell.
    pub(super) fn cell(&self, cell: usize) -> Found {
        match self.history.told {
            Told::Trend => self.trend(cell),
            Told::Corr => self.corr(cell, 0),
            Told::LagCorr(Lag::Fixed(lag)) => self.corr(cell, lag as usize),
            Told::LagCorr(Lag::Formula(most)) => self.lag_of(cell, most),
            Told::BestLag(most) => self.best(cell, most as usize),
            Told::Unusual => self.unusual(cell),
        }
    }

    /// The last periods that are over at the end of a cell's: its own among them, unless it is open.
    fn closed(&self, cell: usize) -> Range<usize> {
        let open = self.open == Some(cell % self.width);
        self.before(if open { cell } else { cell + 1 }, cell)
    }

    /// The last periods before a cell of the same combination.
    fn before(&self, end: usize, cell: usize) -> Range<usize> {
        let first = cell - cell % self.width;
        first.max(end.saturating_sub(self.history.last as usize))..end
    }

    /// A value of a closed period; what an open one has so far tells of no history.
    fn known(&self, series: usize, cell: usize) -> Option<f64> {
        self.all[series].numbers[cell].filter(|_| self.open != Some(cell % self.width))
    }

    fn reason(&self, series: usize, cell: usize) -> u8 {
        self.all[series].column.reasons[cell]
    }

    /// Too few are known; that one is withheld goes before.
    fn too_few(&self, seen: &[(usize, usize)]) -> u8 {
        let hidden = Reason::Hidden as u8;
        let withheld = seen.iter().any(|(series, cell)| self.reason(*series, *cell) == hidden);
        if withheld { hidden } else { Reason::TooFewPeriods as u8 }
    }

    fn trend(&self, cell: usize) -> Found {
        let seen: Vec<(usize, usize)> = self.closed(cell).map(|at| (0, at)).collect();
        let values: Vec<f64> = seen.iter().filter_map(|(_, at)| self.known(0, *at)).collect();
        let known = values.len();
        let all = known >= self.history.min as usize;
        let answer = if all { Ok(slope(&values)) } else { Err(self.too_few(&seen)) };
        let used = seen.iter().filter(|(_, at)| self.known(0, *at).is_some()).copied().collect();
        Found { answer, known, used, seen }
    }

    /// `y` of the last periods with `x` of so many earlier.
    fn corr(&self, cell: usize, lag: usize) -> Found {
        let first = cell - cell % self.width;
        let (mut seen, mut used, mut pairs) = (Vec::new(), Vec::new(), Vec::new());
        for y in self.closed(cell) {
            let Some(x) = y.checked_sub(lag).filter(|x| *x >= first) else { continue };
            seen.extend([(0, x), (1, y)]);
            if let (Some(of_x), Some(of_y)) = (self.known(0, x), self.known(1, y)) {
                used.extend([(0, x), (1, y)]);
                pairs.push((of_x, of_y));
            }
        }
        let answer = if pairs.len() < self.history.min as usize {
            Err(self.too_few(&seen))
        } else {
            correlation(&pairs).ok_or(Reason::ZeroDenominator as u8)
        };
        Found { answer, known: pairs.len(), used, seen }
    }

    /// The same, with the lag that a formula says in this cell.
    fn lag_of(&self, cell: usize, most: u32) -> Found {
        let lag = self.all[2].numbers[cell];
        let whole = lag.map(nine).filter(|lag| lag.fract() == 0.0 && (0.0..=f64::from(most)).contains(lag));
        match (whole, lag) {
            (Some(lag), _) => self.corr(cell, lag as usize),
            (None, Some(_)) => self.nothing(cell, Reason::OutOfRange as u8),
            (None, None) => self.nothing(cell, self.reason(2, cell)),
        }
    }

    /// The lag at which they move together most closely.
    fn best(&self, cell: usize, most: usize) -> Found {
        let mut best: Option<(f64, usize, Found)> = None;
        let mut none: Option<Found> = None;
        for lag in 0..=most {
            let found = self.corr(cell, lag);
            match found.answer {
                Ok(r) => {
                    let close = nine(r.abs());
                    if best.as_ref().is_none_or(|b| close > b.0) {
                        best = Some((close, lag, found));
                    }
                }
                // The first lag that can say more than that too few are known.
                Err(reason) if none.as_ref().is_none_or(|n| says_less(n.answer, reason)) => {
                    none = Some(found);
                }
                Err(_) => {}
            }
        }
        match (best, none) {
            (Some((_, lag, found)), _) => Found { answer: Ok(lag as f64), ..found },
            (None, Some(found)) => found,
            (None, None) => self.nothing(cell, Reason::TooFewPeriods as u8),
        }
    }

    /// Whether this period's value lies outside the limits of those before.
    fn unusual(&self, cell: usize) -> Found {
        if self.open == Some(cell % self.width) {
            return self.nothing(cell, Reason::NotClosed as u8);
        }
        let Some(value) = self.known(0, cell) else { return self.nothing(cell, self.reason(0, cell)) };
        let mut seen: Vec<(usize, usize)> = self.before(cell, cell).map(|at| (0, at)).collect();
        let known = seen.iter().filter(|(_, at)| self.known(0, *at).is_some()).count();
        let answer = match self.limits(cell).filter(|_| known >= self.history.min as usize) {
            None => Err(self.too_few(&seen)),
            Some((low, high)) if !(high - low).is_finite() => Err(Reason::OutOfRange as u8),
            Some((low, high)) => {
                let value = nine(value);
                Ok(f64::from(u8::from(value < nine(low) || value > nine(high))))
            }
        };
        seen.push((0, cell));
        let used = seen.iter().filter(|(_, at)| self.known(0, *at).is_some()).copied().collect();
        Found { answer, known, used, seen }
    }

    /// The limits of what is not unusual in a cell's period.
    pub(super) fn limits(&self, cell: usize) -> Option<(f64, f64)> {
        limits(&self.before(cell, cell).map(|at| self.known(0, at)).collect::<Vec<_>>())
    }

    /// No answer, whatever the history is.
    fn nothing(&self, cell: usize, reason: u8) -> Found {
        let own: Vec<(usize, usize)> = (0..self.all.len()).map(|series| (series, cell)).collect();
        Found { answer: Err(reason), known: 0, used: own.clone(), seen: own }
    }
}

/// Whether an answer says less of why there is none than a reason.
fn says_less(answer: Answer, reason: u8) -> bool {
    let few = Reason::TooFewPeriods as u8;
    answer == Err(few) && reason != few
}
