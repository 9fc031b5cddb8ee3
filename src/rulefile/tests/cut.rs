use super::*;

/// The one diagnostic of a text.
fn only(text: &str) -> String {
    let l = loaded(text);
    assert_eq!(l.diags.0.len(), 1, "{text}: {:#?}", l.told());
    l.told().remove(0)
}

#[test]
fn a_formula_that_yaml_cuts_says_so() {
    for formula in [
        "sum(x where a = \"b: c\")",
        "sum(x where a = \"b #c\")",
        "\"won\" = status",
        "'won' = status",
        "`at` + 1",
        "[a] + b",
        "[a]",
        "{a} + b",
        "{a: b}",
        "- a + b",
        "%a + b",
        "*a + b",
        "! a",
        "!a + b",
        "> 5",
        ">5",
        "| 5",
        "@a",
    ] {
        for text in [
            format!("kpis:\n  k:\n    formula: {formula}\n    unit: EUR\n"),
            format!("rules:\n  r:\n    when: {formula}\n    axis: areas\n"),
        ] {
            let told = only(&text);
            assert!(told.starts_with("E0102 3:"), "{formula}: {told}");
            assert!(told.contains("put it in quotes"), "{told}");
        }
    }
}

#[test]
fn inside_braces_commas_and_brackets_cut() {
    for text in [
        "kpis: {k: {formula: least(a, b)}}\n",
        "kpis: {k: {formula: least(a, b, c), unit: EUR}}\n",
        "kpis:\n  k: {formula: a in (\"x\", \"y\"), unit: EUR}\n",
        "kpis:\n  k: {unit: EUR, formula: a = \"b: c\"}\n",
        "kpis: {k: least(a, b)}\n",
        "functions: {f(x, y): x + y}\n",
        "sources:\n  s: {path: a.csv, columns: {c: {valid: a[1]}}}\n",
    ] {
        let told = only(text);
        assert!(told.starts_with("E0102"), "{text}: {told}");
    }
}

#[test]
fn the_quoted_form_is_offered_as_a_fix() {
    let l = loaded("kpis:\n  k:\n    formula: sum(x where a = \"b: c\")\n");
    let fix = l.diags.0[0].fix.as_ref().unwrap();
    assert_eq!(fix.replacement, "'sum(x where a = \"b: c\")'");
    assert_eq!(l.slice(fix.span), "sum(x where a = \"b: c\")");
    let mended = l.map.file(fix.span.file).text.replace(l.slice(fix.span), &fix.replacement);
    assert_eq!(loaded(&mended).told(), Vec::<String>::new());
}

#[test]
fn several_cut_formulas_and_other_errors_are_told_at_once() {
    let l = loaded(
        "kpis:\n  a: \"x\" = y\n  b:\n    formula: z = \"p: q\"\n      and w\n    grian: month\n  c: {formula: least(a, b)}\n",
    );
    assert_eq!(l.codes(), ["E0102", "E0102", "E0103", "E0102"], "{:#?}", l.told());
}

#[test]
fn a_comment_after_a_formula_is_a_comment() {
    assert_eq!(loaded("kpis:\n  a: sum(x)   # total\n").told(), Vec::<String>::new());
    assert_eq!(loaded("kpis:\n  a: sum(x +   # total\n").codes(), ["E0201"]);
}

#[test]
fn other_syntax_errors_have_a_place() {
    for (text, place, word) in [
        ("kpis:\n\ta: b\n", "2:1", "tab"),
        ("kpis:\n  a:\n  \tformula: b\n", "3:3", "tab"),
        ("project: \"abc\n", "", "quote"),
        ("project: a\n currency: b\n", "", ""),
        ("project: a: b\n", "1:11", "quotes"),
        ("kpis:\n  a: b\n c: d\n", "3:", "column"),
        ("sources: {a: {path: b}\n", "", "}"),
        ("kpis:\n  a:\n    formula:b\n    unit: EUR\n", "3:12", "space"),
        ("kpis:\n  a:\n    formula:b\n", "3:12", "space"),
        ("kpis:\n a: b\n  c: d\n", "3:", "column"),
        ("a: *nope\n", "1:4", "*name"),
        ("project: x\n---\nproject: y\n", "2:1", "document"),
    ] {
        let told = only(text);
        assert!(told.starts_with(&format!("E0101 {place}")), "{text:?}: {told}");
        assert!(told.contains(word), "{text:?}: {told}");
    }
}
