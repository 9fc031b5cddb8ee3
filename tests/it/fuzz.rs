//! Properties of parsing, loading and checking over input that nobody meant: random bytes, random tokens,
//! mutated golden cases. No input panics, and none takes a second. 20,000 inputs in a normal run;
//! `RUMBO_FUZZ_CASES` asks for more (`just fuzz`).

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use libtest_mimic::{Failed, Trial};
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any};
use proptest::sample::select;
use proptest::strategy::Union;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

/// What formulas are made of, and some of what they are not.
const TOKENS: &[&str] = &[
    "sum",
    "count",
    "avg",
    "share",
    "if",
    "coalesce",
    "round",
    "churn",
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
    ">=",
    "and",
    "or",
    "not",
    "in",
    "between",
    "is",
    "missing",
    "contains",
    "starts",
    "with",
    "matches",
    "where",
    "per",
    "on",
    "at",
    "start",
    "end",
    "as",
    "of",
    "during",
    "over",
    "last",
    "months",
    "year",
    "to",
    "date",
    "all",
    "time",
    "period",
    ".",
    "sales.amount",
    "sales",
    "sales.region",
    "region",
    "amount",
    "sold_on",
    "rep.name",
    "params.limit",
    "1",
    "2.5",
    "5%",
    "1_000",
    "\"north\"",
    "'x'",
    "2026-01-31",
    "2026-01-31T09:30",
    "90 days",
    "3 months",
    "1200 EUR",
    "true",
    "`odd name`",
    "==",
    "<>",
    "&&",
    ";",
    "!",
    "{",
    "[",
    "|",
    "\u{e9}",
    "\\",
];

fn cases(share: u32) -> u32 {
    let all = std::env::var("RUMBO_FUZZ_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(20_000u32);
    (all / share).max(1)
}

/// Runs a property over inputs, and again those that took long: the machine may have been busy.
fn holds<S>(strategy: &S, share: u32, property: impl Fn(&S::Value)) -> Result<(), Failed>
where
    S: Strategy,
{
    let config = Config { cases: cases(share), failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(
        config,
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    )
    .run(strategy, |input| {
        let slow = (0..3).all(|_| {
            let started = Instant::now();
            property(&input);
            started.elapsed() > Duration::from_secs(1)
        });
        if slow { Err(TestCaseError::fail("over a second, three times")) } else { Ok(()) }
    })
    .map_err(|e| Failed::from(e.to_string()))
}

fn tokens() -> impl Strategy<Value = String> {
    vec((select(TOKENS), select(&[" ", " ", " ", "", "\n"][..])), 0..60)
        .prop_map(|all| all.into_iter().fold(String::new(), |text, (token, gap)| text + token + gap))
}

/// The texts of fenced `rules` blocks of all golden cases, and of the demo.
fn seeds() -> Vec<String> {
    let mut seeds = Vec::new();
    let mut folders = vec![Path::new("tests/cases").to_path_buf(), Path::new("rules").to_path_buf()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for path in entries.flatten().map(|e| e.path()) {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let Ok(text) = std::fs::read_to_string(&path) else { continue };
            match path.extension().and_then(|e| e.to_str()) {
                Some("yaml") => seeds.push(text),
                Some("md") => seeds.extend(
                    text.split("```rules")
                        .skip(1)
                        .filter_map(|b| b.split_once('\n'))
                        .filter_map(|(_, b)| b.split_once("\n```").map(|(body, _)| body.to_owned())),
                ),
                _ => {}
            }
        }
    }
    seeds.sort();
    seeds
}

/// A seed with pieces cut, doubled, swapped or replaced.
fn mutated() -> impl Strategy<Value = String> {
    let edit = (any::<prop_index::Index>(), any::<prop_index::Index>(), 0usize..4, tokens());
    (select(seeds()), vec(edit, 1..6)).prop_map(|(seed, edits)| {
        let mut text: Vec<char> = seed.chars().collect();
        for (from, length, kind, token) in edits {
            if text.is_empty() {
                break;
            }
            let from = from.index(text.len());
            let to = (from + length.index(40)).min(text.len());
            let piece: Vec<char> = text[from..to].to_vec();
            let put: Vec<char> = match kind {
                0 => Vec::new(),
                1 => piece.iter().chain(&piece).copied().collect(),
                2 => piece.into_iter().rev().collect(),
                _ => token.chars().take(30).collect(),
            };
            text.splice(from..to, put);
        }
        text.into_iter().collect()
    })
}

use proptest::sample as prop_index;

fn bytes() -> impl Strategy<Value = String> {
    vec(any::<u8>(), 0..300).prop_map(|b| String::from_utf8_lossy(&b).into_owned())
}

fn any_text() -> Union<proptest::strategy::BoxedStrategy<String>> {
    Union::new([bytes().boxed(), tokens().boxed(), "\\PC{0,200}".boxed(), Just(String::new()).boxed()])
}

fn formulas() -> Result<(), Failed> {
    holds(&any_text(), 2, |text| {
        // What parses prints to a text that parses to the same.
        if let Ok(printed) = rumbo::parse_formula(text) {
            assert_eq!(rumbo::parse_formula(&printed).as_ref(), Ok(&printed));
        }
    })
}

fn rule_files() -> Result<(), Failed> {
    let texts = Union::new([bytes().boxed(), mutated().boxed(), mutated().boxed(), mutated().boxed()]);
    holds(&texts, 4, |text| {
        let loaded =
            rumbo::load_texts(Path::new(""), &[("rumbo.yaml", text)], &rumbo::LoadOptions::default());
        let shown = rumbo::render::terminal::render(&loaded.diagnostics.0, &loaded.map, false, 80);
        assert_eq!(shown.is_empty(), loaded.diagnostics.0.is_empty());
    })
}

/// Formulas that parse are checked against real sources, fifty in a project.
fn checking() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    std::fs::write(
        folder.path().join("sales.csv"),
        "sold_on,region,amount,rep_id\n2026-01-05,north,1.50,r1\n",
    )?;
    std::fs::write(folder.path().join("reps.csv"), "rep_id,name\nr1,Ana\n")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    holds(&vec(tokens(), 50), 50 * 4, |formulas| {
        let mut rules = String::from(
            "sources:\n  sales: {path: sales.csv, time: sold_on, relations: {rep: {to: rep, key: rep_id}}}\n  \
             reps: {path: reps.csv, entity: rep, key: rep_id}\nparams: {limit: 3}\n\
             functions: {churn(x): count(x) / sum(sales.amount)}\nkpis:\n",
        );
        for (i, formula) in formulas.iter().enumerate() {
            if let Ok(text) = rumbo::parse_formula(formula) {
                let _ = writeln!(rules, "  k{i}: {{formula: {}}}", serde_json::Value::from(text));
            }
        }
        let loaded =
            rumbo::load_texts(folder.path(), &[("rumbo.yaml", &rules)], &rumbo::LoadOptions::default());
        let checked = runtime.block_on(loaded.check(&rumbo::Asked::default()));
        let _ = rumbo::render::json::render(&checked.diagnostics.0, &checked.map);
    })
}

/// The properties.
pub fn trials() -> Vec<Trial> {
    vec![
        Trial::test("fuzz::formulas", formulas),
        Trial::test("fuzz::rule_files", rule_files),
        Trial::test("fuzz::checking", checking),
    ]
}
