//! Grids drawn by hand, and the property that none is wider than asked or ends a line in spaces.

use proptest::prelude::*;

use super::*;

fn grid(columns: &[(&str, bool, bool)], repeated: usize, rows: &[&[&str]]) -> Grid {
    Grid {
        columns: columns
            .iter()
            .map(|(header, right, shrinks)| Column {
                header: (*header).to_owned(),
                right: *right,
                shrinks: *shrinks,
            })
            .collect(),
        rows: rows.iter().map(|r| r.iter().map(|c| Cell::new(*c)).collect()).collect(),
        repeated,
    }
}

#[test]
fn texts_at_the_left_numbers_at_the_right() {
    let g = grid(
        &[("rep", false, true), ("EUR", true, false), ("note", false, true)],
        3,
        &[&["世界", "1,234.50", ""], &["Ana", "7.00", "open"]],
    );
    assert_eq!(
        g.lines(None, false),
        ["rep        EUR  note", "────  ────────  ────", "世界  1,234.50", "Ana       7.00  open",]
    );
}

#[test]
fn texts_are_shortened_before_anything_else() {
    let mut g = grid(&[("account", false, true), ("EUR", true, false)], 1, &[&["", "1,234,567.50"]]);
    g.rows[0][0] =
        Cell { text: "Łódź Handel i Usługi Sp. z o.o.".into(), tail: " (a12)".into(), ..Cell::default() };
    assert_eq!(g.lines(Some(36), false)[2], "Łódź Handel i U… (a12)  1,234,567.50");
    // A width that cannot hold the number leaves it whole.
    g.repeated = 2;
    assert_eq!(g.lines(Some(5), false)[2], "Łódź…   1,234,567.50");
}

#[test]
fn columns_that_do_not_fit_go_to_panels_of_one_size() {
    let headers = ["rep", "Jan", "Feb", "Mar", "Apr"];
    let columns: Vec<_> = headers.iter().enumerate().map(|(i, h)| (*h, i > 0, i == 0)).collect();
    let g = grid(&columns, 1, &[&["Ana", "100", "200", "300", "400"]]);
    assert_eq!(
        g.lines(Some(18), false),
        [
            "rep  Jan  Feb",
            "───  ───  ───",
            "Ana  100  200",
            "",
            "rep  Mar  Apr",
            "───  ───  ───",
            "Ana  300  400",
        ]
    );
    assert_eq!(g.lines(Some(23), false).len(), 3);
}

#[test]
fn shortening_keeps_marks_and_wide_characters_whole() {
    assert_eq!(shortened("abcdef", 6), "abcdef");
    assert_eq!(shortened("abcdef", 4), "abc…");
    assert_eq!(shortened("ab cdef", 4), "ab…");
    assert_eq!(shortened("世界中", 4), "世…");
    assert_eq!(shortened("e\u{301}e\u{301}e\u{301}", 2), "e\u{301}…");
    assert_eq!(shortened("abc", 0), "");
}

#[test]
fn tones_only_where_colour_is_allowed() {
    let mut g = grid(&[("a", false, false)], 1, &[&["x"]]);
    g.rows[0][0].tone = Tone::Strong;
    assert_eq!(g.lines(None, true)[2], "\u{1b}[1mx\u{1b}[0m");
    assert_eq!(g.lines(None, false)[2], "x");
}

proptest! {
    #[test]
    fn no_line_is_too_wide_or_ends_in_spaces(
        cells in proptest::collection::vec(("\\PC{0,40}", "\\PC{0,12}", "[0-9]{0,9}"), 0..6),
        width in proptest::option::of(0usize..90),
    ) {
        let mut g = grid(&[("member", false, true), ("2026-01", true, false), ("2026-02", true, false)], 1, &[]);
        for (text, tail, number) in cells {
            let member = Cell { text, tail, ..Cell::default() };
            g.rows.push(vec![member, Cell::new(number.as_str()), Cell::new(number)]);
        }
        for line in g.lines(width, false) {
            prop_assert!(!line.ends_with(' '), "{line:?}");
            // Twenty for the text, nine for a number and the gap are never undercut.
            prop_assert!(width.is_none_or(|w| line.width() <= w.max(COMFORTABLE + GAP + 9)), "{line:?}");
        }
    }
}
