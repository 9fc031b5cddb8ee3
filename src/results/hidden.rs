//! Privacy, `hide_below: N` of a KPI: which cells are withheld, and a formula's column without them. A cell
//! with fewer than N rows behind it is; so is what would give it away by subtraction from the whole of any
//! of the breakdown's lines. It looks at one breakdown and one period at a time and at nothing else, so that
//! no answer depends on what was asked for beside it.

use std::collections::BTreeMap;

use super::evaluate::{Evaluated, Evaluator};
use super::set::Members;
use crate::functions::Failure;
use crate::model::expr::ResultExpr;
use crate::model::outcome::Reason;

/// Past so many dimensions there are too many lines to look at: one hidden member hides all of its period.
const MOST_DIMENSIONS: usize = 6;

/// The lines of a breakdown: members that add up to something that can be asked for. Of `[a, b]` these are
/// the members of each `a`, those of each `b`, and all of them.
#[derive(Clone, Debug, Default)]
pub struct Lines {
    /// For each kind of line, the line of each combination; the shortest lines first.
    kinds: Vec<Vec<usize>>,
    /// Too many dimensions for lines.
    together: bool,
}

impl Lines {
    /// The lines of some combinations of members.
    pub fn of(combos: &[Members]) -> Self {
        let dimensions = combos.first().map_or(0, Vec::len);
        if dimensions > MOST_DIMENSIONS {
            return Self { kinds: Vec::new(), together: true };
        }
        // A line is what shares the members of some dimensions, but not of all.
        let mut kept: Vec<usize> = (0..(1usize << dimensions) - 1).collect();
        kept.sort_by_key(|mask| (std::cmp::Reverse(mask.count_ones()), *mask));
        let kinds = kept.into_iter().map(|mask| {
            let line = |combo| line_of(combo, mask);
            // Numbered by their members, so that other combinations change no order.
            let mut numbers: BTreeMap<_, usize> = combos.iter().map(|c| (line(c), 0)).collect();
            numbers.values_mut().enumerate().for_each(|(i, number)| *number = i);
            combos.iter().map(|c| numbers.get(&line(c)).copied().unwrap_or_default()).collect()
        });
        Self { kinds: kinds.collect(), together: false }
    }
}

/// What the combinations of a line share, missing members last.
fn line_of(combo: &Members, mask: usize) -> Vec<(bool, Option<&str>)> {
    let kept = combo.iter().enumerate().filter(|(i, _)| mask >> i & 1 == 1);
    kept.map(|(_, m)| (m.is_none(), m.as_deref())).collect()
}

/// A member of a breakdown in one period.
#[derive(Clone, Copy, Debug)]
struct Member {
    /// Its combination.
    combo: usize,
    /// The rows behind its value.
    n: i64,
    /// Whether it is a line of its own, whose value may stand in a coarser breakdown.
    alone: bool,
    hidden: bool,
}

/// Hides what has too few rows, then what would give that away: in each line where members are hidden, at
/// least two are and `below` rows are behind them, or all are.
fn hide(members: &mut [Member], lines: &Lines, below: i64) {
    for member in members.iter_mut() {
        member.hidden = member.n < below;
    }
    if members.iter().all(|m| !m.hidden) {
        return;
    }
    if lines.together {
        for member in members.iter_mut() {
            member.hidden = true;
        }
        return;
    }
    for kind in &lines.kinds {
        let mut sizes: BTreeMap<usize, usize> = BTreeMap::new();
        for member in members.iter() {
            *sizes.entry(kind[member.combo]).or_default() += 1;
        }
        for member in members.iter_mut() {
            member.alone |= sizes.get(&kind[member.combo]) == Some(&1);
        }
    }
    // By line, and in a line in the order in which they are hidden.
    let orders: Vec<Vec<usize>> = lines
        .kinds
        .iter()
        .map(|kind| {
            let mut order: Vec<usize> = (0..members.len()).collect();
            order.sort_by_key(|at| {
                let member = &members[*at];
                (kind[member.combo], member.alone, member.n, member.combo)
            });
            order
        })
        .collect();
    let combos: Vec<usize> = members.iter().map(|m| m.combo).collect();
    loop {
        let mut changed = false;
        for (kind, order) in lines.kinds.iter().zip(&orders) {
            for line in order.chunk_by(|a, b| kind[combos[*a]] == kind[combos[*b]]) {
                let (mut count, mut rows) = (0usize, 0i64);
                for member in line.iter().map(|at| &members[*at]).filter(|m| m.hidden) {
                    count += 1;
                    rows = rows.saturating_add(member.n);
                }
                for at in line {
                    if count == 0 || (count >= 2 && rows >= below) {
                        break;
                    }
                    let member = &mut members[*at];
                    if !member.hidden {
                        member.hidden = true;
                        changed = true;
                        count += 1;
                        rows = rows.saturating_add(member.n);
                    }
                }
            }
        }
        if !changed {
            return;
        }
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
            // Where no aggregate saw a row there is nobody to give away.
            let mut members: Vec<Member> = (0..self.level.combos())
                .map(|combo| (combo, combo * width + period))
                .filter(|(_, cell)| column.seen[*cell] > 0 && !of_the_calendar(column.reasons[*cell]))
                .map(|(combo, cell)| Member { combo, n: n[cell], alone: false, hidden: false })
                .collect();
            hide(&mut members, lines, below);
            for member in members.iter().filter(|m| m.hidden) {
                hidden[member.combo * width + period] = true;
            }
        }
        let withheld =
            |cell: usize| hidden[cell] || (of_the_calendar(column.reasons[cell]) && n[cell] < below);
        let kept: Vec<i64> =
            n.iter().enumerate().map(|(cell, n)| if withheld(cell) { 0 } else { *n }).collect();
        let skipped = column.skipped.iter().enumerate();
        let skipped = skipped.map(|(cell, s)| if withheld(cell) { 0 } else { *s }).collect();
        column.skipped = skipped;
        column.n = Some(kept);
        column.without(&hidden, Reason::Hidden)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The hidden ones of a breakdown, given as members and rows.
    fn of(cells: &[(&[&str], i64)], below: i64) -> Vec<String> {
        let combos: Vec<Members> =
            cells.iter().map(|(m, _)| m.iter().map(|m| Some((*m).to_owned())).collect()).collect();
        let lines = Lines::of(&combos);
        let mut members: Vec<Member> = (cells.iter().enumerate())
            .map(|(combo, (_, n))| Member { combo, n: *n, alone: false, hidden: false })
            .collect();
        hide(&mut members, &lines, below);
        members.iter().filter(|m| m.hidden).map(|m| cells[m.combo].0.join("")).collect()
    }

    #[test]
    fn nothing_is_hidden_where_all_have_enough() {
        assert!(of(&[(&["a"], 5), (&["b"], 6)], 5).is_empty());
    }

    #[test]
    fn the_total_is_hidden_by_its_own_rows() {
        assert_eq!(of(&[(&[], 4)], 5), [""]);
        assert!(of(&[(&[], 5)], 5).is_empty());
    }

    #[test]
    fn one_hidden_member_takes_the_smallest_other_with_it() {
        assert_eq!(of(&[(&["a"], 40), (&["b"], 3), (&["c"], 9), (&["d"], 9)], 5), ["b", "c"]);
    }

    #[test]
    fn hidden_members_hold_enough_rows_together() {
        // 1 + 2 rows are fewer than 5: the difference from the total would be about three people.
        assert_eq!(of(&[(&["a"], 1), (&["b"], 2), (&["c"], 30), (&["d"], 8)], 5), ["a", "b", "d"]);
        assert_eq!(of(&[(&["a"], 2), (&["b"], 3), (&["c"], 30)], 5), ["a", "b"]);
    }

    #[test]
    fn all_are_hidden_where_no_other_is_left() {
        assert_eq!(of(&[(&["a"], 2)], 5), ["a"]);
        assert_eq!(of(&[(&["a"], 1), (&["b"], 60)], 5), ["a", "b"]);
    }

    #[test]
    fn lines_of_two_dimensions() {
        //      x   y   z          x is short of rows in a. Line a hides y (6 rows, the fewest), then line x
        // a    2   6  20          hides b (7) and line y hides b (8); line b then holds two.
        // b    7   8  30
        // c    9  10  40
        let table = [
            (&["a", "x"][..], 2),
            (&["a", "y"], 6),
            (&["a", "z"], 20),
            (&["b", "x"], 7),
            (&["b", "y"], 8),
            (&["b", "z"], 30),
            (&["c", "x"], 9),
            (&["c", "y"], 10),
            (&["c", "z"], 40),
        ];
        assert_eq!(of(&table, 5), ["ax", "ay", "bx", "by"]);
    }

    #[test]
    fn a_member_that_is_a_line_of_its_own_is_hidden_last() {
        // b's only row of cells is b x: hiding it hides nothing that the breakdown by the first dimension
        // does not show. c x is taken, though it has more rows, and then c y.
        let table =
            [(&["a", "x"][..], 2), (&["b", "x"], 6), (&["c", "x"], 9), (&["c", "y"], 10), (&["d", "y"], 11)];
        assert_eq!(of(&table, 5), ["ax", "cx", "cy", "dy"]);
    }

    #[test]
    fn many_dimensions_are_hidden_together() {
        let (a, b) = (["a"; 7], ["b"; 7]);
        assert_eq!(of(&[(&a[..], 4), (&b, 50)], 5).len(), 2);
        assert!(of(&[(&a[..], 5), (&b, 50)], 5).is_empty());
    }

    type Table = Vec<(Members, i64)>;

    fn in_order(table: Table) -> Table {
        let key = |m: &Members| m.iter().map(|m| (m.is_none(), m.clone())).collect::<Vec<_>>();
        let all: BTreeMap<_, _> = table.into_iter().map(|cell| (key(&cell.0), cell)).collect();
        all.into_values().collect()
    }

    /// A breakdown and further members of it without a row.
    fn breakdown() -> impl Strategy<Value = (Table, Table)> {
        let member = || prop_oneof![1 => Just(None), 4 => "[a-d]".prop_map(Some)];
        (0usize..4).prop_flat_map(move |dimensions| {
            let combo = || proptest::collection::vec(member(), dimensions);
            let cells = proptest::collection::vec((combo(), 0i64..12), 0..24).prop_map(in_order);
            let others = proptest::collection::vec((combo(), Just(-1i64)), 0..12);
            (cells, others)
        })
    }

    /// Which cells are hidden; those of -1 rows stand in the grid alone.
    fn hidden_of(table: &Table, below: i64) -> Vec<(Members, bool)> {
        let combos: Vec<Members> = table.iter().map(|(m, _)| m.clone()).collect();
        let lines = Lines::of(&combos);
        let there = table.iter().enumerate().filter(|(_, (_, n))| *n >= 0);
        let member =
            |(combo, (_, n)): (usize, &(Members, i64))| Member { combo, n: *n, alone: false, hidden: false };
        let mut members: Vec<Member> = there.map(member).collect();
        hide(&mut members, &lines, below);
        members.iter().map(|m| (combos[m.combo].clone(), m.hidden)).collect()
    }

    proptest! {
        /// Whatever adds up to something known hides nobody, or two and enough rows, or everybody.
        #[test]
        fn no_line_gives_a_member_away((cells, _) in breakdown(), below in 1i64..8) {
            let hidden = hidden_of(&cells, below);
            let dimensions = cells.first().map_or(0, |c| c.0.len());
            for ((_, n), (_, hidden)) in cells.iter().zip(&hidden) {
                prop_assert!(*hidden || *n >= below);
            }
            for mask in 0..(1usize << dimensions) - 1 {
                let mut lines: BTreeMap<Members, Vec<(i64, bool)>> = BTreeMap::new();
                for ((members, n), (_, hidden)) in cells.iter().zip(&hidden) {
                    let of = members.iter().enumerate().filter(|(i, _)| mask >> i & 1 == 1);
                    lines.entry(of.map(|(_, m)| m.clone()).collect()).or_default().push((*n, *hidden));
                }
                for line in lines.values() {
                    let away: Vec<i64> = line.iter().filter(|(_, hidden)| *hidden).map(|(n, _)| *n).collect();
                    let enough = away.len() >= 2 && away.iter().sum::<i64>() >= below;
                    prop_assert!(away.is_empty() || enough || away.len() == line.len());
                }
            }
        }

        /// Members of other periods, which stand in the grid without a row, change nothing.
        #[test]
        fn members_without_rows_change_nothing((cells, others) in breakdown(), below in 1i64..8) {
            let more = in_order(others.into_iter().chain(cells.iter().cloned()).collect());
            prop_assert_eq!(hidden_of(&cells, below), hidden_of(&more, below));
        }
    }
}
