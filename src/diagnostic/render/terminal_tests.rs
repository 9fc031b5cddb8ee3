//! Expected pictures of diagnostics, and the property that no span and no text breaks the renderer.

use proptest::prelude::*;

use super::super::samples::{bad_value, find, unknown_column};
use super::*;
use crate::diagnostic::codes;

fn plain(diagnostic: Diagnostic, map: &SourceMap) -> String {
    render(&[diagnostic], map, false, 100)
}

#[test]
fn a_name_with_a_near_one() {
    let mut map = SourceMap::new();
    let diagnostic = unknown_column(&mut map);
    assert_eq!(
        plain(diagnostic, &map),
        "\
error[E0301]: no column `amonut` in `invoices`
 --> rules/kpis.yaml:3:27
  |
3 |     formula: sum(invoices.amonut)
  |                           ^^^^^^ not a column of `invoices`
  |
 ::: rumbo.yaml:2:3
  |
2 |   invoices: {path: invoices.csv}
  |   -------- `invoices` is this source
  |
  = note: columns: `amount`, `issued_on`
help: a near name exists: `amount`
  |
3 -     formula: sum(invoices.amonut)
3 +     formula: sum(invoices.amount)
  |
"
    );
}

#[test]
fn a_value_in_a_data_file() {
    assert_eq!(
        plain(bad_value(), &SourceMap::new()),
        "\
error[E0603]: `1.234,56` is not a decimal
 --> data/invoices.csv:12, column `amount`: `1.234,56`
  = help: decimal comma? add `csv: {decimal: \",\", thousands: \".\"}`
"
    );
}

#[test]
fn the_end_of_a_file_has_a_place() {
    let mut map = SourceMap::new();
    let id = map.add("rumbo.yaml", "a: 1\n");
    let d = Diagnostic::new(&codes::MISSING_KEY, "no `kpis`").at(Span::new(id, 5, 5), "expected here");
    let text = plain(d, &map);
    assert!(text.contains("--> rumbo.yaml:2:1\n"), "{text}");
    assert!(text.contains("^ expected here\n"), "{text}");
}

#[test]
fn a_long_line_is_cut_around_its_piece() {
    let mut map = SourceMap::new();
    let line = format!("a: {} amonut {}", "x + ".repeat(500), "+ y".repeat(500));
    let span = find(&mut map, "rumbo.yaml", &line, "amonut");
    let d = Diagnostic::new(&codes::UNKNOWN_NAME, "unknown").at(span, "here").fix(span, "amount");
    let text = plain(d, &map);
    assert!(text.contains("--> rumbo.yaml:1:2005\n"), "{text}");
    assert!(text.contains("amonut") && text.contains("= help: write `amount`"), "{text}");
    assert!(text.lines().all(|l| l.chars().count() <= 100), "{text}");
}

#[test]
fn far_labels_stand_in_windows_of_their_own() {
    let mut map = SourceMap::new();
    let text = format!("first: 1\n{}last: 2\n", "x: 1\n".repeat(5000));
    let id = map.add("rumbo.yaml", text.as_str());
    let at = text.find("last").unwrap();
    let d = Diagnostic::new(&codes::DUPLICATE_NAME, "twice")
        .also(Span::new(id, 0, 5), "first here")
        .at(Span::new(id, at, at + 4), "again here");
    let shown = plain(d, &map);
    assert!(shown.contains("--> rumbo.yaml:5002:1\n"), "{shown}");
    assert!(shown.contains("::: rumbo.yaml:1:1\n"), "{shown}");
    assert!(shown.lines().count() < 14, "{shown}");
}

#[test]
fn no_escape_sequence_of_a_file_reaches_the_terminal() {
    let mut map = SourceMap::new();
    let span = find(&mut map, "a\u{1b}[31m.yaml", "a: \u{1b}[2Jb\r\nc: 2\r\n", "b");
    let d = Diagnostic::new(&codes::WRONG_TYPE, "\u{1b}[1m")
        .at(span, "\u{1b}]0;x\u{7}")
        .note("\u{1b}[0m")
        .help("\u{1b}")
        .fix(span, "\u{1b}");
    let text = plain(d, &map);
    assert!(!text.contains(['\u{1b}', '\u{7}', '\r']), "{text:?}");
}

#[test]
fn the_count_is_worded() {
    let of = |codes: &[&'static codes::Code]| {
        summary(&codes.iter().map(|c| Diagnostic::new(c, "x")).collect::<Vec<_>>())
    };
    assert_eq!(of(&[]), None);
    assert_eq!(of(&[&codes::CYCLE]).as_deref(), Some("1 error"));
    assert_eq!(
        of(&[&codes::CYCLE, &codes::FILES_DIFFER, &codes::CYCLE]).as_deref(),
        Some("2 errors, 1 warning")
    );
}

#[test]
fn colour_is_only_on_request() {
    let mut map = SourceMap::new();
    let diagnostic = unknown_column(&mut map);
    assert!(render(std::slice::from_ref(&diagnostic), &map, true, 80).contains('\u{1b}'));
    assert!(!render(&[diagnostic], &map, false, 80).contains('\u{1b}'));
}

fn awkward_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\r\n".to_owned()),
        Just("\n".to_owned()),
        Just("\r".to_owned()),
        Just("\t".to_owned()),
        Just("世界".to_owned()),
        Just("e\u{301}👩‍👩‍👧\u{202e}".to_owned()),
        Just("\u{0}\u{1b}\u{200b}".to_owned()),
        Just("x".repeat(300)),
        "[ a-z:{}]{0,12}",
        "\\PC{0,6}",
    ];
    proptest::collection::vec(piece, 0..30).prop_map(|p| p.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn no_span_breaks_any_form(
        texts in proptest::collection::vec(awkward_text(), 1..3),
        spans in proptest::collection::vec((0usize..2, 0usize..400, 0usize..400, any::<bool>()), 0..5),
        said in awkward_text(),
        fixed in proptest::option::of((0usize..400, 0usize..400)),
        width in 0usize..200,
        colour in any::<bool>(),
    ) {
        let mut map = SourceMap::new();
        let ids: Vec<_> = texts.iter().map(|t| map.add("rumbo.yaml", t.as_str())).collect();
        let span = |f: usize, a: usize, b: usize| Span::new(ids[f % ids.len()], a.min(b), a.max(b));
        let mut d = Diagnostic::new(&codes::CYCLE, said.as_str()).note(said.as_str());
        for (file, a, b, primary) in spans {
            d = if primary { d.at(span(file, a, b), said.as_str()) } else { d.also(span(file, a, b), "") };
        }
        if let Some((a, b)) = fixed {
            d = d.fix(span(0, a, b), said.as_str());
        }
        let d = [d];
        render(&d, &map, colour, width);
        super::super::json::render(&d, &map);
        super::super::sarif::render(&d, &map);
        super::super::github::render(&d, &map);
    }
}
