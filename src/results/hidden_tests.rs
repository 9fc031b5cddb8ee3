//! Which members are withheld, by examples and by what must hold of any breakdown.

use proptest::prelude::*;

use super::*;

/// The hidden ones of a breakdown, given as members and rows.
fn of(cells: &[(&[&str], i64)], below: i64) -> Vec<String> {
    let combos: Vec<Members> =
        cells.iter().map(|(m, _)| m.iter().map(|m| Some((*m).to_owned())).collect()).collect();
    let rows: Vec<i64> = cells.iter().map(|(_, n)| *n).collect();
    let all: Vec<usize> = (0..rows.len()).collect();
    let hidden = Lines::of(&combos).hidden(&all, &rows, below);
    cells.iter().zip(hidden).filter(|(_, hidden)| *hidden).map(|(cell, _)| cell.0.join("")).collect()
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
    // By the first dimension a (2) and e (5) are hidden, b, c (19) and d are shown. Hiding b x would hide
    // nothing: it is b. So c x goes with a x, then c y with it, then e y.
    let table =
        [(&["a", "x"][..], 2), (&["b", "x"], 6), (&["c", "x"], 9), (&["c", "y"], 10), (&["e", "y"], 5)];
    assert_eq!(of(&table, 5), ["ax", "cx", "cy", "ey"]);
    // Without e it is b that goes with a, so that b x hides something.
    let table =
        [(&["a", "x"][..], 2), (&["b", "x"], 6), (&["c", "x"], 9), (&["c", "y"], 10), (&["d", "y"], 11)];
    assert_eq!(of(&table, 5), ["ax", "bx"]);
}

#[test]
fn what_follows_from_several_lines_is_not_left() {
    // Line by line a x, a y, b y, b x are hidden, a square, and c z, c w, d w, d z, another; e x (1) hides e z.
    // Each line hides two or three, and yet e x follows: of what is hidden, lines a and b less line y are
    // a x + b x, and line x less those is e x. One member more ties the squares to each other.
    let n = [[1, 5, 20, 21], [7, 6, 22, 23], [24, 25, 1, 8], [26, 27, 9, 1], [1, 28, 10, 29]];
    let (rows, columns) = (["a", "b", "c", "d", "e"], ["x", "y", "z", "w"]);
    let names: Vec<[&str; 2]> = rows.iter().flat_map(|r| columns.map(|c| [*r, c])).collect();
    let table: Vec<(&[&str], i64)> = names.iter().map(|m| &m[..]).zip(n.iter().flatten().copied()).collect();
    let found = of(&table, 3);
    let squares = ["ax", "ay", "bx", "by", "cz", "cw", "dz", "dw", "ex", "ez"];
    for member in squares {
        assert!(found.contains(&member.to_owned()), "{member}");
    }
    assert_eq!(found.len(), squares.len() + 1, "{found:?}");
}

#[test]
fn many_dimensions_are_hidden_together() {
    let (a, b) = (["a"; 7], ["b"; 7]);
    assert_eq!(of(&[(&a[..], 4), (&b, 50)], 5).len(), 2);
    assert!(of(&[(&a[..], 5), (&b, 50)], 5).is_empty());
}

type Cells = Vec<(Members, i64)>;

fn in_order(table: Cells) -> Cells {
    let key = |m: &Members| m.iter().map(|m| (m.is_none(), m.clone())).collect::<Vec<_>>();
    let all: BTreeMap<_, _> = table.into_iter().map(|cell| (key(&cell.0), cell)).collect();
    all.into_values().collect()
}

/// A breakdown and further members of it without a row.
fn breakdown() -> impl Strategy<Value = (Cells, Cells)> {
    let member = || prop_oneof![1 => Just(None), 4 => "[a-d]".prop_map(Some)];
    (0usize..4).prop_flat_map(move |dimensions| {
        let combo = || proptest::collection::vec(member(), dimensions);
        let cells = proptest::collection::vec((combo(), 0i64..12), 0..24).prop_map(in_order);
        let others = proptest::collection::vec((combo(), Just(-1i64)), 0..12);
        (cells, others)
    })
}

/// Which cells are hidden; those of -1 rows stand in the grid alone.
fn hidden_of(table: &Cells, below: i64) -> Vec<(Members, bool)> {
    let combos: Vec<Members> = table.iter().map(|(m, _)| m.clone()).collect();
    let there: Vec<usize> = (0..table.len()).filter(|at| table[*at].1 >= 0).collect();
    let rows: Vec<i64> = there.iter().map(|at| table[*at].1).collect();
    let hidden = Lines::of(&combos).hidden(&there, &rows, below);
    there.iter().zip(hidden).map(|(at, hidden)| (combos[*at].clone(), hidden)).collect()
}

/// What a line keeps, the rows of it, the places of its hidden members.
type Line = (Members, i64, Vec<usize>);

/// The small members that follow from what is shown, of which sums in the coarser breakdowns too.
fn derived(cells: &Cells, hidden: &[bool], below: i64) -> Vec<usize> {
    let dimensions = cells.first().map_or(0, |c| c.0.len());
    let places: Vec<usize> = (0..cells.len()).filter(|at| hidden[*at]).collect();
    let mut sums = Vec::new();
    for mask in 0..(1usize << dimensions) - 1 {
        let mut lines: BTreeMap<Vec<(bool, Option<String>)>, Line> = BTreeMap::new();
        for (at, (members, n)) in cells.iter().enumerate() {
            let kept: Members = members
                .iter()
                .enumerate()
                .filter(|(i, _)| mask >> i & 1 == 1)
                .map(|(_, m)| m.clone())
                .collect();
            let key = kept.iter().map(|m| (m.is_none(), m.clone())).collect();
            let line = lines.entry(key).or_insert((kept, 0, Vec::new()));
            line.1 += n;
            line.2.extend(places.iter().position(|p| *p == at));
        }
        // As a breakdown of its own.
        let whole: Cells = lines.values().map(|(kept, n, _)| (kept.clone(), *n)).collect();
        let away = hidden_of(&whole, below);
        let shown = lines.into_values().zip(away).filter(|(_, (_, away))| !away);
        sums.extend(shown.map(|((_, _, places), _)| places));
    }
    let follow = equations::follow(&sums, places.len());
    follow.into_iter().map(|value| places[value]).filter(|at| cells[*at].1 < below).collect()
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

    /// All that is shown, in this breakdown and in the coarser ones, has no solution in which a small member
    /// stands fast, unless hiding all members would not help: it is a line of its own that is shown.
    #[test]
    fn all_lines_together_give_no_small_member_away((cells, _) in breakdown(), below in 1i64..8) {
        let hidden: Vec<bool> = hidden_of(&cells, below).into_iter().map(|(_, hidden)| hidden).collect();
        let everything = derived(&cells, &vec![true; cells.len()], below);
        for at in derived(&cells, &hidden, below) {
            prop_assert!(everything.contains(&at));
        }
    }

    /// Members of other periods, which stand in the grid without a row, change nothing.
    #[test]
    fn members_without_rows_change_nothing((cells, others) in breakdown(), below in 1i64..8) {
        let more = in_order(others.into_iter().chain(cells.iter().cloned()).collect());
        prop_assert_eq!(hidden_of(&cells, below), hidden_of(&more, below));
    }
}
