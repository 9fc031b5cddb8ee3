use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;

/// What grows with its square or worse would not end in the lifetime of a test run.
fn ends(text: &str) -> Loaded {
    loaded(text)
}

#[test]
fn bombs_and_towers() {
    let mut bomb = String::from("x-0: &a0 [a, a, a, a, a, a, a, a, a]\n");
    for i in 1..12 {
        let items = vec![format!("*a{}", i - 1); 9].join(", ");
        writeln!(bomb, "x-{i}: &a{i} [{items}]").unwrap();
    }
    assert_eq!(ends(&bomb).codes(), ["E0108"]);
    assert_eq!(ends(&format!("x-a: {}", "[".repeat(100_000))).codes(), ["E0108"]);
    assert_eq!(ends(&format!("x-a: {}", "{a: ".repeat(100_000))).codes(), ["E0108"]);
    let mut tower = String::from("x-0: &a0 [a]\n");
    for i in 1..5000 {
        writeln!(tower, "x-{i}: &a{i} [[[[*a{}]]]]", i - 1).unwrap();
    }
    assert_eq!(ends(&tower).codes(), ["E0108"]);
    let mut stairs = String::new();
    for i in 0..200 {
        writeln!(stairs, "{}a:", " ".repeat(i)).unwrap();
    }
    assert_eq!(ends(&stairs).codes(), ["E0108"]);
    ends(&"- \n".repeat(1_000_000));
    ends(&"a".repeat(5_000_000));
    ends(&"\n".repeat(5_000_000));
    ends(&format!("kpis:\n{}", "  a: \"x\" = y\n".repeat(5000)));
    ends(&format!("kpis:\n{}", "  - [\n".repeat(50_000)));
    ends(&"# comment\n".repeat(500_000));
    ends(&"\"".repeat(100_001));
    ends(&format!("kpis: {{a: {}", "b, ".repeat(100_000)));
}

#[test]
fn a_large_project_loads() {
    let mut text = String::from("kpis:\n");
    for i in 0..1000 {
        writeln!(
            text,
            "  k{i}:\n    label: {{en: K, es: K}}\n    formula: sum(invoices.amount)\n    unit: EUR\n    better: higher\n    \
             grain: [month, quarter]\n    by: [rep, segment]\n    owner: a@example.com\n    target: 5\n    \
             status: {{on_track: 100%, at_risk: 90%}}\n    objective: o"
        )
        .unwrap();
    }
    let l = ends(&text);
    assert_eq!(l.told(), Vec::<String>::new());
    assert_eq!(l.project.kpis.len(), 1000);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_do_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let (mut map, mut diags) = (SourceMap::new(), Diagnostics::new());
        if let Some(file) = crate::rulefile::text::add("f", &bytes, &mut map, &mut diags) {
            let text = map.file(file).text.clone();
            loaded(&text);
        }
    }

    #[test]
    fn random_yaml_does_not_panic(text in "([a-c]|formula|kpis|: |\n|  |- |\\{|\\}|\\[|\\]|\"|'|#| #|,|\\||>|&a|\\*a|!|\t|é|<<|---\n|\r){0,60}") {
        loaded(&text);
    }

    #[test]
    fn mutated_examples_do_not_panic(
        at in 0usize..FULL.len(),
        cut in 0usize..40,
        put in "[ \n\t{}\\[\\]:,#\"'&*!|>%@`a-zé-]{0,6}",
    ) {
        let floor = |mut i: usize| { while !FULL.is_char_boundary(i) { i -= 1; } i };
        let (start, end) = (floor(at), floor((at + cut).min(FULL.len())));
        let text = format!("{}{put}{}", &FULL[..start], &FULL[end..]);
        let l = loaded(&text);
        for d in &l.diags.0 {
            for label in &d.labels {
                let text = &l.map.file(label.span.file).text;
                prop_assert!(label.span.end as usize <= text.len(), "{d:?}");
                prop_assert!(text.is_char_boundary(label.span.start as usize), "{d:?}");
                prop_assert!(text.is_char_boundary(label.span.end as usize), "{d:?}");
            }
        }
    }
}
