//! Nothing overflows, hangs or panics, whatever the text.

use proptest::prelude::*;

use super::super::{parse_each, parse_head, parse_path};
use super::{read, span};
use crate::syntax::print;

#[test]
fn limits_hold_on_a_small_stack() {
    let deep = |open: &str, n: usize, close: &str| format!("{}1{}", open.repeat(n), close.repeat(n));
    let mut texts = vec![
        "a + ".repeat(900) + "a",
        "a + ".repeat(500) + "a",
        "a and ".repeat(500) + "a",
        "a or ".repeat(5000) + "a",
        "2 ^ ".repeat(60) + "2",
        "2 ^ ".repeat(900) + "2",
        "-".repeat(60) + "2",
        "- ".repeat(900) + "2",
        "not ".repeat(900) + "a",
        "not ".repeat(60) + "a",
        format!("x in ({}1)", "1, ".repeat(21_000)),
        format!("f({}1)", "a, ".repeat(21_000)),
        "a.".repeat(30_000),
        "1 = ".repeat(900),
        "x is missing ".repeat(900),
        "x all time ".repeat(900) + " all time",
        format!("x {}", "all time ".repeat(7000)),
        "a".repeat(64 * 1024),
        "a".repeat(65 * 1024),
        "'".repeat(60_000),
        "\\".repeat(60_000),
        format!("total(x by {}a)", "a, ".repeat(21_000)),
        format!("total(x by {}a", "a, ".repeat(21_000)),
        "`".repeat(60_001),
        "9".repeat(60_000),
        " ".repeat(60_000),
        "a ".repeat(30_000),
        format!("a{}b", " ".repeat(60_000)),
        format!("f(a{}b)", " \n".repeat(30_000)),
    ];
    for n in [12, 60, 64, 65, 5000] {
        for (open, close) in [
            ("(", ")"),
            ("f(", ")"),
            ("-(", ")"),
            ("not (", ")"),
            ("f(x where ", ")"),
            ("f(last = ", ")"),
            ("x in (", ")"),
            ("(x where ", ")"),
            ("f(g as of (", "))"),
            ("1 - 1 * 2 ^ -(", ")"),
            ("x = 1 and not f(", " per account where a < 2)"),
        ] {
            texts.push(deep(open, n, close));
            texts.push(deep(open, n, ""));
            texts.push(deep(open, n, close) + ")");
        }
    }
    let run = move || {
        for text in texts {
            let began = std::time::Instant::now();
            let result = read(&text);
            let took = began.elapsed();
            if let Ok(tree) = &result {
                assert_eq!(print(&read(&print(tree)).unwrap()), print(tree));
            }
            let shown: String = text.chars().take(30).collect();
            assert!(took.as_millis() < 1000, "{shown} {took:?}");
        }
        assert!(read(&deep("f(", 64, ")")).is_ok());
        assert_eq!(read(&deep("f(", 65, ")")).unwrap_err()[0].code.id, "E0205");
        assert!(read(&("a + ".repeat(500) + "a")).is_ok());
        assert_eq!(read(&("a + ".repeat(600) + "a")).unwrap_err()[0].code.id, "E0205");
        assert_eq!(read(&("- ".repeat(65) + "a")).unwrap_err()[0].code.id, "E0205");
    };
    std::thread::Builder::new().stack_size(2 << 20).spawn(run).unwrap().join().unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_panics(text in any::<String>()) {
        let _ = read(&text);
        let _ = parse_path(&text, &span);
        let _ = parse_head(&text, &span);
    }

    #[test]
    fn no_tokens_panic(tokens in prop::collection::vec(prop::sample::select(TOKENS.to_vec()), 0..30), spaced in any::<bool>()) {
        let text = tokens.join(if spaced { " " } else { "" });
        match read(&text) {
            Ok(tree) => {
                let printed = print(&tree);
                let again = read(&printed).map(|t| print(&t));
                prop_assert_eq!(again.ok(), Some(printed));
            }
            Err(problems) => {
                prop_assert!(!problems.is_empty());
                for label in problems.iter().flat_map(|p| &p.labels) {
                    prop_assert!(text.get(label.span.start as usize..label.span.end as usize).is_some());
                }
            }
        }
        let _ = parse_each(&text, &span);
    }
}

const TOKENS: &[&str] = &[
    "a",
    "b.c",
    "sum",
    "(",
    ")",
    "(",
    ")",
    ",",
    "+",
    "-",
    "*",
    "/",
    "^",
    "=",
    "!=",
    "<",
    "and",
    "or",
    "not",
    "in",
    "between",
    "is",
    "missing",
    "on_track",
    "contains",
    "starts",
    "with",
    "via",
    "per",
    "on",
    "at",
    "start",
    "as",
    "of",
    "during",
    "including",
    "ended",
    "by",
    "where",
    "over",
    "last",
    "3",
    "months",
    "year",
    "to",
    "date",
    "all",
    "time",
    "period",
    ".",
    "start",
    "1",
    "2.5",
    "5%",
    "'x'",
    "\"",
    "'",
    "`",
    "`q`",
    "2026-01-31",
    "2026-01",
    "T09:30",
    "Z",
    "EUR",
    "null",
    "true",
    "==",
    "<>",
    "&&",
    "!",
    ";",
    "“",
    "”",
    "é",
    "case",
    "when",
    "like",
    "distinct",
    "\\",
    "\n",
    "%",
    "if",
    "_",
    "€",
];
