//! What parses (every formula of the reference, every keyword as a name) and what each mistake says.

mod limits;
mod mistakes;

use super::{parse, parse_each, parse_head, parse_path};
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, SourceMap, Span};
use crate::syntax::ast::{Expr, ExprKind};
use crate::syntax::{print, walk};

fn file() -> FileId {
    SourceMap::new().add("formula", "")
}

fn read(text: &str) -> Result<Expr, Vec<Diagnostic>> {
    parse(text, file(), 0)
}

fn span(start: usize, end: usize) -> Span {
    Span::new(file(), start, end)
}

/// Every formula that the language reference holds.
const REFERENCE: &[&str] = &[
    "employees >= 250",
    "min(invoices.issued_on)",
    "nps between 0 and 10",
    "min(touches.at)",
    "sum(x) - sum(cost)",
    "count(accounts at start where ended in period) / count(accounts at start)",
    "5%",
    "1200 EUR",
    "2% * revenue",
    "count(accounts)",
    "started in period",
    "ended in period",
    "closed_at in period",
    "params.max_kpis",
    "invoices.kind",
    "x in (\"a\", \"b\")",
    "x not in (\"a\", \"b\")",
    "x between a and b",
    "x not between a and b",
    "x is missing",
    "x is not missing",
    "x contains \"a\"",
    "x not contains \"a\"",
    "x starts with \"a\"",
    "x ends with \"a\"",
    "x matches \"regex\"",
    "if(c1, a, c2, b, else)",
    "coalesce(a, b)",
    "round(1.005, 2)",
    "days_between(a, b)",
    "hours_between(a, b)",
    "1_000",
    "2.5",
    "\"text\"",
    "true",
    "2026-01-31",
    "2026-01-31T09:30",
    "48 hours",
    "90 days",
    "date - date",
    "date + 1 month",
    "d / 1 day",
    "-2^2",
    "period.start",
    "period.end",
    "period.last_day",
    "count(invoices)",
    "sum(invoices.amount)",
    "percentile(x, 90%)",
    "count_distinct(x)",
    "share(condition)",
    "first(x)",
    "last(x)",
    "weighted_avg(x, weight)",
    "sum(invoices.amount where kind = \"upsell\" and account.segment = \"enterprise\")",
    "sum(invoices.amount on paid_on)",
    "sum(invoices.amount on opportunity.closed_at)",
    "count(accounts at end where is_large)",
    "sum(contracts.value at end)",
    "max(gap(interactions.opened_at per account))",
    "(churn_rate where account.is_large)",
    "sum(invoices.amount) over last 12 months",
    "count_distinct(interactions.account_id) over last 90 days",
    "churn_rate over last 12 months",
    "sum(invoices.amount) year to date",
    "sum(x) quarter to date",
    "sum(x) month to date",
    "sum(x) all time",
    "previous(x)",
    "ago(x, 1 year)",
    "change(x)",
    "growth(x)",
    "growth(x, 1 year)",
    "rolling_avg(x, 3 periods)",
    "growth(x, same_point = false)",
    "total(x)",
    "total(x by rep)",
    "share_of_total(x)",
    "rank(x)",
    "top_share(x per account, 3)",
    "count(C per E)",
    "share(C per E)",
    "avg(sum(invoices.amount) per account)",
    "share(count(orders) >= 2 per account)",
    "share(count(invoices where kind = \"upsell\") >= 1 per account at start)",
    "sum(sum(contracts.value at end) per account at start where sum(contracts.value at start) > 0)",
    "sum(revenue per account where rank(revenue) <= 5)",
    "account.started_on",
    "conversions(leads, deals on closed_at where stage = \"won\", within = 90 days, entity = account)",
    "conversions(leads, deals, attribution = first)",
    "conversion_rate(leads, deals, count = entities)",
    "convert(amount, currency, \"EUR\", issued_on)",
    "1 + (value - target) / abs(target)",
    "account_growth is on_track and churn_rate is off_track",
    "2 periods",
    "1 period",
    "count(kpi_objectives) = 0",
    "kpi.cost > kpi.benefit",
    "x is off_track",
    "x is unknown",
    "trend(x, 3 periods)",
    "corr(x, y, last = 12 periods)",
    "lag_corr(x, y, lag = 1 period, last = 24 periods)",
    "best_lag",
    "unusual(x)",
    "a.concept = b.concept",
    "5000 EUR",
    "count(reviews) > 0",
    "150%",
    "ago(sum(x), 1 month)",
    "growth(sum(x))",
    "count_distinct(x) over last 2 days",
    "9223372036854775807 + 1",
    "0.1 + 0.2 + 0.3 = 0.6",
    "sum(x where kind = \"upsell\")",
    "churn over last 2 quarters",
    "growth is on_track and churn is off_track",
    "avg(sum(amount) per account at start)",
    "account.rep.region",
    "count(accounts during)",
    "count(accounts as of period.start)",
    "count(accounts at end including ended)",
    "x.target",
    "x.attainment",
    "max(touches.at via lead)",
    "2026-03-28T23:30:00Z",
    "2026-03-28T12:00+01:00",
];

#[test]
fn the_reference_parses() {
    for text in REFERENCE {
        let tree = read(text).unwrap_or_else(|problems| panic!("{text}\n{problems:#?}"));
        let printed = print(&tree);
        assert_eq!(print(&read(&printed).unwrap()), printed);
    }
}

/// The table in docs: what a word does as a keyword, and that it can be a name beside.
#[test]
fn the_table_of_keywords_holds() {
    let page = include_str!("../../../docs/keywords.md");
    let mut rows = 0;
    for row in page.lines().filter(|l| l.starts_with("| `")) {
        // Backticks in a cell's formula stand in double ones.
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let [word, _, keyword, name] = cells.as_slice() else { panic!("{row}") };
        let text = |cell: &str| cell.trim_matches('`').trim().to_owned();
        let word = text(word);
        let keyword = text(keyword);
        let name =
            name.strip_prefix("`` ").map_or_else(|| text(name), |n| n.trim_end_matches(" ``").to_owned());
        let tree = read(&keyword).unwrap_or_else(|p| panic!("{keyword}\n{p:#?}"));
        assert!(!names(&tree).contains(&word) || word == "period", "{keyword}");
        let tree = read(&name).unwrap_or_else(|p| panic!("{name}\n{p:#?}"));
        assert!(names(&tree).contains(&word), "{name}");
        rows += 1;
    }
    assert!(rows > 30, "{rows}");
}

fn names(tree: &Expr) -> Vec<String> {
    let mut found = Vec::new();
    walk::walk(tree, &mut |e| {
        if let ExprKind::Name(path) = &e.kind {
            found.extend(path.parts.iter().map(|p| p.node.clone()));
        }
    });
    found
}

#[test]
fn any_word_is_a_name_where_a_value_is_expected() {
    for word in [
        "in",
        "between",
        "is",
        "missing",
        "contains",
        "starts",
        "ends",
        "with",
        "matches",
        "via",
        "on",
        "at",
        "start",
        "end",
        "as",
        "of",
        "during",
        "including",
        "ended",
        "by",
        "started",
        "period",
        "over",
        "last",
        "year",
        "quarter",
        "month",
        "week",
        "to",
        "date",
        "all",
        "time",
        "day",
        "days",
        "within",
        "entity",
        "count",
        "on_track",
        "null",
        "distinct",
        "case",
        "if",
        "like",
    ] {
        for text in [
            word.to_owned(),
            format!("{word} + 1"),
            format!("1 + {word}"),
            format!("sum({word})"),
            format!("a.{word} + 1"),
            format!("{word}.a + 1"),
            format!("{word}(a)"),
            format!("({word}) over last 3 days"),
            format!("x in ({word}, 1)"),
            format!("not {word}"),
            format!("sum(a where {word})"),
            format!("sum(a on {word})"),
            format!("sum(a per {word} at end)"),
            format!("{word} is missing"),
            format!("{word} > 2 and {word} < 3"),
            format!("x between {word} and {word}"),
            format!("{word} not in (1)"),
            format!("{word} contains \"a\""),
            format!("{word} year to date"),
            format!("total(x by {word}, {word})"),
            format!("sum({word} at start)"),
            format!("sum({word} via {word})"),
            format!("sum({word} where {word} = 1)"),
            format!("`{word}` > 1"),
        ] {
            if let Err(problems) = read(&text) {
                panic!("{text}\n{problems:#?}");
            }
        }
    }
    for word in ["and", "or", "not", "where", "per", "true", "false"] {
        for text in [format!("a.{word} + 1"), format!("`{word}` + 1"), format!("sum(a on `{word}`)")] {
            assert!(read(&text).is_ok(), "{text}");
        }
    }
}

#[test]
fn spans_are_the_files() {
    let tree = parse("  sum( a )  over last 3 months  + 1", file(), 100).unwrap();
    let ExprKind::Binary { left, op_span, .. } = &tree.kind else { panic!() };
    assert_eq!((tree.span, left.span, *op_span), (span(102, 135), span(102, 130), span(132, 133)));
    let ExprKind::Windowed { operand, window } = &left.kind else { panic!() };
    assert_eq!((operand.span, window.span), (span(102, 110), span(112, 130)));
    let tree = read("( a + b ) ").unwrap();
    assert_eq!(tree.span, span(0, 9));
}

#[test]
fn small_forms() {
    assert_eq!(parse_path("account.`Head Office`.per", &span).unwrap().text(), "account.Head Office.per");
    assert!(parse_path("a + b", &span).is_err());
    let head = parse_head(" margin(x, cost) ", &span).unwrap();
    assert_eq!((head.name.node.as_str(), head.name.span, head.params.len()), ("margin", span(1, 7), 2));
    assert!(parse_head("now()", &span).unwrap().params.is_empty());
    assert!(parse_head("f(x + 1)", &span).is_err());
    let (path, filter) = parse_each("account where account.is_key", &span).unwrap();
    assert_eq!((path.text().as_str(), filter.is_some()), ("account", true));
    assert!(parse_each("rep", &span).unwrap().1.is_none());
}

#[test]
fn texts_and_numbers() {
    for (text, printed) in [
        (r#""a\d+""#, r#""a\d+""#),
        (r#""a\\b""#, r#""a\b""#),
        (r#""a""b""#, r#"'a"b'"#),
        (r"'a\'b'", r#""a'b""#),
        (r"'it''s \'x\' \\'", r#""it's 'x' \\""#),
        ("'“curly” ; == !'", "\"“curly” ; == !\""),
        ("''", "\"\""),
        ("2026 - 01", "2026 - 01"),
        ("2026-01-31 - 2026-01-01", "2026-01-31 - 2026-01-01"),
        ("1200-50", "1200 - 50"),
        ("round(1,5)", "round(1, 5)"),
        ("3\u{a0}days", "3 days"),
        ("5 `days`", "5 `days`"),
        ("2 h", "2 h"),
        ("2026-01-31T09:30 - 1", "2026-01-31T09:30 - 1"),
        ("año * Umsätze", "año * Umsätze"),
    ] {
        assert_eq!(print(&read(text).unwrap_or_else(|p| panic!("{text}\n{p:#?}"))), printed);
    }
}
