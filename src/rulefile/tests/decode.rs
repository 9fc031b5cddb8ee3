use super::*;
use crate::syntax::ast::{ExprKind, Literal};

#[test]
fn every_line_of_the_description_loads() {
    let full = loaded(FULL);
    assert_eq!(full.told(), Vec::<String>::new());
    let p = &full.project;
    assert_eq!(
        p.sources.keys().collect::<Vec<_>>(),
        ["accounts", "invoices", "account_owners", "reps", "surveys", "prospects"]
    );
    let kpi = &p.kpis["churn_rate"];
    let by: Vec<Vec<&str>> =
        kpi.by.iter().flatten().map(|b| b.node.iter().map(|t| t.node.as_str()).collect()).collect();
    assert_eq!(by, [vec!["rep"], vec!["segment"], vec!["rep", "segment"]]);
    assert_eq!(kpi.min_n.unwrap().node, 30);
    assert_eq!(kpi.label.as_ref().unwrap().texts["es"].node, "Tasa de cancelación");
    assert_eq!(kpi.keys.len(), 23, "{:?}", kpi.keys.keys());
    assert_eq!(p.functions["margin"].params.len(), 2);
    let ways = &p.dimensions["segment"].sources;
    assert_eq!((ways[0].0.node.as_str(), ways[0].1.node.as_str()), ("opportunities", "segment"));
    assert!(p.params["nps_floor"].table.is_some());
    assert_eq!(p.sources["invoices"].csv.missing.as_ref().unwrap()[0].node, "");
    let formula = p.sources["accounts"].columns["is_large"].formula.as_ref().unwrap();
    assert_eq!(full.slice(formula.span), "employees >= 250");
    let strategy = &p.strategy;
    let counts = [strategy.objectives.len(), strategy.activities.len(), strategy.areas.len()];
    assert_eq!((counts, p.rules.len(), p.waivers.len()), ([2, 2, 2], 3, 1));
    assert_eq!((p.scorecards.len(), p.tests.len()), (1, 1));
    let annotated = loaded(include_str!("annotated.yaml"));
    assert_eq!(annotated.told(), Vec::<String>::new());
}

#[test]
fn scalars_stay_what_was_typed() {
    let l = loaded("project: 00123\ncurrency: NO\nvars: {A: on, B: 1.10, C: 2026-01, D: 0x1F}\n");
    assert_eq!(l.told(), Vec::<String>::new());
    assert_eq!(l.project.name.unwrap().node, "00123");
    assert_eq!(l.project.currency.unwrap().node, "NO");
}

#[test]
fn missing_markers_keep_null_words() {
    let l = loaded("sources: {a: {path: a.csv, csv: {missing: [null, NULL, \"\", NA]}}}\n");
    assert_eq!(l.told(), Vec::<String>::new());
    let missing = l.project.sources["a"].csv.missing.clone().unwrap();
    assert_eq!(missing.iter().map(|m| m.node.as_str()).collect::<Vec<_>>(), ["null", "NULL", "", "NA"]);
}

#[test]
fn params_are_literals() {
    let l = loaded("params: {a: 7, b: gold tier, c: \"5\", d: true}\n");
    assert_eq!(l.told(), Vec::<String>::new());
    let is_text = |n: &str| {
        matches!(
            &l.project.params[n].value.as_ref().unwrap().expr.as_ref().unwrap().kind,
            ExprKind::Literal(Literal::Text(_))
        )
    };
    assert!(!is_text("a") && is_text("b") && is_text("c"));
}

#[test]
fn five_wrong_fields_in_three_files_are_five_diagnostics() {
    let l = loaded_all(&[
        ("rumbo.yaml", "projct: x\nkpis:\n  a: {formula: b, min_n: many}\n"),
        ("rules/a.yaml", "kpis:\n  c: {formula: d, fill: observd}\n  e: {label: E}\n"),
        ("rules/b.yaml", "sources:\n  s: {path: [a, b]}\n"),
    ]);
    assert_eq!(l.codes(), ["E0103", "E0105", "E0114", "E0106", "E0105"], "{:#?}", l.told());
}

#[test]
fn an_unknown_key_names_the_nearest() {
    let l =
        loaded("kpis:\n  a:\n    formula: b\n    grian: month\n    meta: {anything: [1]}\n    x-note: hi\n");
    assert_eq!(
        l.told(),
        ["E0103 4:5 unknown key `grian` | not a key of `kpis.NAME` | a near name exists: `grain`"]
    );
    assert_eq!(l.diags.0[0].fix.as_ref().unwrap().replacement, "grain");
}

#[test]
fn a_key_twice_shows_both_places() {
    let l = loaded("kpis:\n  a: b\n  a: c\n");
    assert_eq!(l.codes(), ["E0104"]);
    let places: Vec<_> = l.diags.0[0].labels.iter().map(|x| l.map.place(x.span).line).collect();
    assert_eq!(places, [3, 2]);
    let l = loaded_all(&[
        ("rumbo.yaml", "kpis: {a: b}\nas_of: 2026-01-01\n"),
        ("b.yaml", "kpis: {a: c}\nas_of: 2026-01-02\n"),
    ]);
    assert_eq!(l.codes(), ["E0104", "E0104"]);
}

#[test]
fn anchors_aliases_and_merges() {
    let l = loaded(
        "x-base: &base {grain: month, unit: EUR}\nkpis:\n  a:\n    <<: *base\n    formula: b\n    unit: USD\n",
    );
    assert_eq!(l.told(), Vec::<String>::new());
    let a = &l.project.kpis["a"];
    assert_eq!((a.grain[0].node.as_str(), a.unit.as_ref().unwrap().node.as_str()), ("month", "USD"));
}

#[test]
fn formula_offsets_are_the_files() {
    for text in [
        "kpis:\n  a:\n    formula: b\n",
        "kpis:\n  a: b\n",
        "kpis:\n  a:\n    formula: |\n      b\n    unit: EUR\n",
        "kpis:\n  a:\n    formula: >-\n      b\n# comment\n",
        "kpis: {a: \"b\"}\n",
        "kpis: {a: 'b'}\n",
        "\u{feff}kpis: {ñ: 'b'}\n",
    ] {
        let l = loaded(text);
        assert_eq!(l.told(), Vec::<String>::new(), "{text}");
        let expr = l.project.kpis.values().next().unwrap().formula.as_ref().unwrap().expr.as_ref().unwrap();
        assert_eq!(l.slice(expr.span), "b", "{text}");
    }
}

#[test]
fn wrong_kinds_and_values() {
    for (text, code) in [
        ("kpis: [a]", "E0105"),
        ("sources: text", "E0105"),
        ("- a", "E0105"),
        ("kpis: {a: {formula: }}", "E0105"),
        ("kpis: {a: {formula: b, decimals: 1.5}}", "E0105"),
        ("kpis: {a: {formula: b, decimals: -1}}", "E0114"),
        ("sources: {a: {path: b, csv: {header: yes}}}", "E0105"),
        ("sources: {a: {path: b, csv: {delimiter: ab}}}", "E0114"),
        ("sources: {a: {path: b, csv: {encoding: latin-99}}}", "E0114"),
        ("sources: {a: {path: b, snapshot: {time: t, carry: 3 dogs}}}", "E0114"),
        ("sources: {a: {entity: b}}", "E0106"),
        ("sources: {a: {path: b, relations: {r: {to: r}}}}", "E0106"),
        ("as_of: 2026-02-30", "E0114"),
        ("as_of: 31.01.2026", "E0114"),
        ("calendar: {timezone: Europe/Madird}", "E0114"),
        ("calendar: {week_starts: mon}", "E0114"),
        ("use: standard/alignmnt", "E0113"),
        ("rules: {r: {when: a, severity: high}}", "E0114"),
        ("rules: {r: {axis: areas}}", "E0106"),
        ("scorecards: {s: {kpis: {a: heavy}}}", "E0105"),
        ("kpis: {a: {formula: b, better: {within: [1]}}}", "E0114"),
        ("? [a]\n: b", "E0105"),
    ] {
        assert_eq!(loaded(text).codes(), [code], "{text}: {:#?}", loaded(text).told());
    }
}

#[test]
fn the_reference_names_every_key() {
    let page = reference();
    for key in crate::rulefile::tables::all().into_iter().flat_map(crate::rulefile::tables::keys_of) {
        assert!(page.contains(&format!("| `{}` |", key.key)), "{key:?}");
        assert!(key.doc.ends_with('.') || key.doc.ends_with('`'), "{key:?}");
    }
    assert!(page.contains("## `kpis.NAME`"));
}
