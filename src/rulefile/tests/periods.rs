use proptest::prelude::*;

use super::*;
use crate::rulefile::periods::read;
use crate::source::Span;

fn calendar(text: &str) -> (Vec<raw::RawGrain>, Loaded) {
    let (mut map, mut diags) = (SourceMap::new(), Diagnostics::new());
    let file = map.add("calendar.csv", text);
    let grains = read(file, text, Span::new(file, 0, 0), &mut diags);
    (grains, Loaded { project: raw::RawProject::default(), map, diags })
}

#[test]
fn columns_in_any_order_quotes_spaces_and_lines_of_windows() {
    let text =
        " end , label,start,grain\r\n2026-06-01,\"Spring, \"\"early\"\"\", 2026-03-01 ,\"season\"\r\n\r\n";
    let (grains, l) = calendar(text);
    assert_eq!(l.told(), Vec::<String>::new());
    assert_eq!(grains[0].name, "season");
    assert_eq!(grains[0].periods[0].label, "Spring, \"early\"");
    let (grains, l) = calendar("grain;label;start;end\nseason;Spring, early;2026-03-01;2026-06-01");
    assert_eq!((l.told().len(), grains[0].periods[0].label.as_str()), (0, "Spring, early"));
}

#[test]
fn places_are_those_of_the_fields() {
    let (_, l) = calendar("grain,label,start,end\nseason, \"Frühling\" ,  2026-02-30,2026-06-01\n");
    assert!(l.told()[0].starts_with("E0802 2:23 `2026-02-30` is no day"), "{:?}", l.told());
    let (_, l) = calendar("grain,label,start,end\nseason,\"Spring,2026-03-01,2026-06-01\n");
    assert!(l.told()[0].starts_with("E0801 2:1"), "{:?}", l.told());
}

#[test]
fn grains_are_sorted_and_bounded() {
    let lines: Vec<String> = (0..101).rev().map(|i| format!("g{i:03},a,2026-01-01,2026-02-01")).collect();
    let (grains, l) = calendar(&format!("grain,label,start,end\n{}", lines.join("\n")));
    assert_eq!(l.codes(), ["E0801"]);
    assert_eq!((grains.len(), grains[0].name.as_str()), (100, "g000"));
}

proptest! {
    #[test]
    fn no_text_panics_and_what_is_read_is_in_order(lines in proptest::collection::vec(
        "(season|month|day|\"|x y)?[,;]?(a|b|\"c, d\"|ñ)?,(2026-0[1-9]-[0-3]1|9999-12-31|0001-01-01|.{0,6}),(2026-1[0-2]-01|.{0,4})", 0..8
    )) {
        let (grains, l) = calendar(&format!("grain,label,start,end\n{}", lines.join("\n")));
        for grain in &grains {
            let overlaps = grain.periods.windows(2).any(|p| p[0].end > p[1].start);
            prop_assert!(!overlaps || l.codes().contains(&"E0803"));
            prop_assert!(grain.periods.iter().all(|p| p.start < p.end));
        }
    }
}
