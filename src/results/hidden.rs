//! Privacy, `hide_below: N` of a KPI: which cells are withheld, and a formula's column without them. A cell
//! with fewer than N rows behind it is; so is what would give it away by subtraction from the whole of any
//! of the breakdown's lines, or of several. It looks at one breakdown and one period at a time and at nothing
//! else, so that no answer depends on what was asked for beside it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::equations;
use super::evaluate::{Counts, Evaluated, Evaluator};
use super::set::Members;
use crate::functions::Failure;
use crate::model::expr::ResultExpr;
use crate::model::outcome::Reason;

/// Past so many dimensions there are too many lines to look at: one hidden member hides all of its period.
const MOST_DIMENSIONS: usize = 4;

/// Past so many hidden members of a period what follows from all lines together is not looked at.
const MOST_UNKNOWN: usize = 500;

/// The lines of a breakdown: members that add up to something that can be asked for. Of `[a, b]` these are
/// the members of each `a`, those of each `b`, and all of them.
#[derive(Clone, Debug, Default)]
pub struct Lines {
    /// For each choice of dimensions that a line keeps, the line of each combination; short lines first.
    kinds: Vec<Kind>,
    /// Too many dimensions for lines.
    together: bool,
}

/// Lines that keep the same dimensions.
#[derive(Clone, Debug)]
struct Kind {
    /// Which dimensions, as bits.
    kept: usize,
    /// The number of each member's line, in the order of what the lines keep.
    line: Vec<usize>,
}

impl Lines {
    /// The lines of some combinations of members.
    pub fn of(combos: &[Members]) -> Self {
        let dimensions = combos.first().map_or(0, Vec::len);
        if dimensions > MOST_DIMENSIONS {
            return Self { kinds: Vec::new(), together: true };
        }
        // A line is what shares the members of some dimensions, but not of all.
        let mut masks: Vec<usize> = (0..(1usize << dimensions) - 1).collect();
        masks.sort_by_key(|mask| (std::cmp::Reverse(mask.count_ones()), *mask));
        let kinds = masks.into_iter().map(|kept| {
            // Numbered by their members, so that other combinations change no order.
            let mut numbers: BTreeMap<_, usize> = combos.iter().map(|c| (line_of(c, kept), 0)).collect();
            numbers.values_mut().enumerate().for_each(|(i, number)| *number = i);
            let line = combos.iter().map(|c| numbers.get(&line_of(c, kept)).copied().unwrap_or_default());
            Kind { kept, line: line.collect() }
        });
        Self { kinds: kinds.collect(), together: false }
    }

    /// Which of some combinations are hidden, by the rows behind each.
    fn hidden(&self, combos: &[usize], rows: &[i64], below: i64) -> Vec<bool> {
        if rows.iter().all(|n| *n >= below) {
            return vec![false; rows.len()];
        }
        if self.together {
            return vec![true; rows.len()];
        }
        let some =
            |kind: &Kind| Kind { kept: kind.kept, line: combos.iter().map(|c| kind.line[*c]).collect() };
        let kinds: Vec<Kind> = self.kinds.iter().map(some).collect();
        // What the coarser breakdowns show, the coarsest first.
        let mut known = Known::new();
        for kind in kinds.iter().rev() {
            let shown = coarser(rows, kind, &kinds, &known, below);
            known.insert(kind.kept, shown);
        }
        Table::new(rows, &kinds, &known, below).hide()
    }
}

/// The lines of each kind of which the whole is known.
type Known = BTreeMap<usize, BTreeSet<usize>>;

/// What the members of a line share, missing ones last.
fn line_of(combo: &Members, mask: usize) -> Vec<(bool, Option<&str>)> {
    let kept = combo.iter().enumerate().filter(|(i, _)| mask >> i & 1 == 1);
    kept.map(|(_, m)| (m.is_none(), m.as_deref())).collect()
}

/// The lines of a kind that are shown where they are members themselves.
fn coarser(rows: &[i64], kind: &Kind, kinds: &[Kind], known: &Known, below: i64) -> BTreeSet<usize> {
    let mut sums: BTreeMap<usize, (i64, usize)> = BTreeMap::new();
    for (at, line) in kind.line.iter().enumerate() {
        let (sum, _) = sums.entry(*line).or_insert((0, at));
        *sum = sum.saturating_add(rows[at]);
    }
    let members: Vec<i64> = sums.values().map(|(sum, _)| *sum).collect();
    let of_lines = |k: &Kind| Kind { kept: k.kept, line: sums.values().map(|(_, at)| k.line[*at]).collect() };
    let fewer = kinds.iter().filter(|k| k.kept != kind.kept && k.kept & kind.kept == k.kept);
    let fewer: Vec<Kind> = fewer.map(of_lines).collect();
    let hidden = Table::new(&members, &fewer, known, below).hide();
    sums.keys().zip(hidden).filter(|(_, hidden)| !hidden).map(|(line, _)| *line).collect()
}

/// The members of a breakdown in one period.
struct Table<'a> {
    /// The rows behind each member.
    rows: &'a [i64],
    kinds: &'a [Kind],
    known: &'a Known,
    below: i64,
    /// Which are a line of their own that a coarser breakdown shows.
    alone: Vec<bool>,
}

impl<'a> Table<'a> {
    fn new(rows: &'a [i64], kinds: &'a [Kind], known: &'a Known, below: i64) -> Self {
        let mut alone = vec![false; rows.len()];
        for kind in kinds {
            let mut sizes: BTreeMap<usize, usize> = BTreeMap::new();
            for line in &kind.line {
                *sizes.entry(*line).or_default() += 1;
            }
            for (alone, line) in alone.iter_mut().zip(&kind.line) {
                let shown = known.get(&kind.kept).is_some_and(|known| known.contains(line));
                *alone |= shown && sizes.get(line) == Some(&1);
            }
        }
        Self { rows, kinds, known, below, alone }
    }

    /// Which are hidden: what has too few rows, and what would give that away.
    fn hide(&self) -> Vec<bool> {
        let mut hidden: Vec<bool> = self.rows.iter().map(|n| *n < self.below).collect();
        if !hidden.contains(&true) {
            return hidden;
        }
        self.by_line(&mut hidden);
        while let Some(more) = self.betrayed(&hidden) {
            for at in more {
                hidden[at] = true;
            }
            self.by_line(&mut hidden);
        }
        hidden
    }

    /// In which order members are hidden that need not be for their own sake.
    fn order(&self, at: usize) -> (bool, i64, usize) {
        (self.alone[at], self.rows[at], at)
    }

    /// Hides what would give others away by subtraction: in each line where members are hidden, at least two
    /// are and `below` rows are behind them, or all are.
    fn by_line(&self, hidden: &mut [bool]) {
        let orders = self.kinds.iter().map(|kind| {
            let mut order: Vec<usize> = (0..self.rows.len()).collect();
            order.sort_by_key(|at| (kind.line[*at], self.order(*at)));
            order
        });
        let orders: Vec<Vec<usize>> = orders.collect();
        loop {
            let mut changed = false;
            for (kind, order) in self.kinds.iter().zip(&orders) {
                for line in order.chunk_by(|a, b| kind.line[*a] == kind.line[*b]) {
                    let (mut count, mut rows) = (0usize, 0i64);
                    for at in line.iter().filter(|at| hidden[**at]) {
                        count += 1;
                        rows = rows.saturating_add(self.rows[*at]);
                    }
                    for at in line {
                        if count == 0 || (count >= 2 && rows >= self.below) {
                            break;
                        }
                        if !hidden[*at] {
                            hidden[*at] = true;
                            changed = true;
                            count += 1;
                            rows = rows.saturating_add(self.rows[*at]);
                        }
                    }
                }
            }
            if !changed {
                return;
            }
        }
    }

    /// What has to be hidden too, since a small member follows from all lines together; none where none does,
    /// or where it would whatever else is hidden.
    fn betrayed(&self, hidden: &[bool]) -> Option<Vec<usize>> {
        let mut places: Vec<usize> = (0..hidden.len()).filter(|at| hidden[*at]).collect();
        let unknown = places.len();
        // Of a single line, what it gives away was seen to.
        if self.kinds.len() < 2 || unknown > MOST_UNKNOWN {
            return None;
        }
        let follow = equations::follow(&self.sums(&places), unknown);
        let small: Vec<usize> =
            follow.into_iter().filter(|value| self.rows[places[*value]] < self.below).collect();
        if small.is_empty() {
            return None;
        }
        let mut others: Vec<usize> = (0..hidden.len()).filter(|at| !hidden[*at]).collect();
        others.sort_by_key(|at| self.order(*at));
        others.truncate(MOST_UNKNOWN);
        places.extend(others);
        let sums = self.sums(&places);
        let free = |value| equations::free(&sums, unknown, places.len(), value);
        let found = small.into_iter().find_map(free);
        found.map(|more| more.into_iter().map(|at| places[at]).collect())
    }

    /// The sums that are known, by the places of members.
    fn sums(&self, places: &[usize]) -> Vec<Vec<usize>> {
        let mut sums = Vec::new();
        for kind in self.kinds {
            let Some(known) = self.known.get(&kind.kept) else { continue };
            let mut lines: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
            for (place, at) in places.iter().enumerate() {
                if known.contains(&kind.line[*at]) {
                    lines.entry(kind.line[*at]).or_default().push(place);
                }
            }
            sums.extend(lines.into_values());
        }
        sums
    }
}

/// Missing for the calendar's sake, the same for every member: it tells of nobody.
fn of_the_calendar(reason: u8) -> bool {
    [Reason::OutsideData, Reason::NoPreviousPeriod, Reason::NotClosed].iter().any(|r| *r as u8 == reason)
}

impl Evaluator<'_> {
    /// A KPI's formula without what its `hide_below` withholds.
    pub(super) fn hide_below(&mut self, below: i64, of: &ResultExpr) -> Evaluated {
        let mut column = self.shared(of)?;
        // A constant has no rows behind it.
        let Some(n) = column.n.take() else { return Ok(column) };
        let lines = self.level.lines.as_ref();
        let lines = lines.ok_or_else(|| Failure::Internal("a breakdown without its lines".to_owned()))?;
        let width = self.level.width;
        let mut hidden = vec![false; n.len()];
        for period in 0..width {
            let cell = |combo: usize| combo * width + period;
            // Where no aggregate saw a row there is nobody to give away.
            let there = |cell: usize| column.seen[cell] > 0 && !of_the_calendar(column.reasons[cell]);
            let combos: Vec<usize> = (0..self.level.combos()).filter(|c| there(cell(*c))).collect();
            let rows: Vec<i64> = combos.iter().map(|c| n[cell(*c)]).collect();
            for (combo, away) in combos.iter().zip(lines.hidden(&combos, &rows, below)) {
                hidden[cell(*combo)] = away;
            }
        }
        let untold = |cell: usize| hidden[cell] || (of_the_calendar(column.reasons[cell]) && n[cell] < below);
        let told = |all: &Counts| {
            let told = all.iter().enumerate().map(|(cell, n)| if untold(cell) { 0 } else { *n });
            Arc::new(told.collect::<Vec<_>>())
        };
        let (n, skipped) = (told(&n), told(&column.skipped));
        column.n = Some(n);
        column.skipped = skipped;
        column.without(&hidden, Reason::Hidden)
    }
}

#[cfg(test)]
#[path = "hidden_tests.rs"]
mod tests;
