//! Canonical texts of the reference's formulas, and the properties of printing over generated trees.

use chrono::NaiveDate;
use proptest::prelude::*;

use crate::source::{FileId, SourceMap, Span, Spanned};
use crate::syntax::ast::*;
use crate::syntax::{parse, print, words};

fn file() -> FileId {
    SourceMap::new().add("formula", "")
}

fn printed(text: &str) -> String {
    match parse(text, file(), 0) {
        Ok(tree) => print(&tree),
        Err(problems) => panic!("{text}\n{problems:#?}"),
    }
}

/// A tree's text without its spans.
fn bare(tree: &Expr) -> String {
    let spans = regex::Regex::new(r"Span \{ file: FileId\(\d+\), start: \d+, end: \d+ \}").unwrap();
    spans.replace_all(&format!("{tree:?}"), "_").into_owned()
}

#[test]
fn formulas_print_canonically() {
    // Where the second is empty the text is canonical as it stands.
    for (text, canonical) in [
        (
            "sum(invoices.amount where kind = 'upsell' and account.segment = \"enterprise\")",
            "sum(invoices.amount where kind = \"upsell\" and account.segment = \"enterprise\")",
        ),
        ("sum( invoices.amount  on paid_on )", "sum(invoices.amount on paid_on)"),
        ("count(accounts at end where is_large)", ""),
        ("count(accounts at start where ended in period) / count(accounts at start)", ""),
        ("max(gap(interactions.opened_at per account))", ""),
        ("(churn_rate where account.is_large)", ""),
        ("((churn_rate where (account.is_large)))", "(churn_rate where account.is_large)"),
        ("sum(invoices.amount) over last 12 month", "sum(invoices.amount) over last 12 months"),
        ("churn_rate over last 1 months", "churn_rate over last 1 month"),
        ("sum(invoices.amount) year to  date", "sum(invoices.amount) year to date"),
        ("x all time", ""),
        ("total(x by rep, account.segment where c)", ""),
        ("top_share(x per account, 3)", ""),
        ("share(count(orders) >= 2 per account)", ""),
        ("share(count(invoices where kind = \"upsell\") >= 1 per account at start)", ""),
        ("sum(sum(contracts.value at end) per account at start where sum(contracts.value at start) > 0)", ""),
        (
            "conversions(leads, deals on closed_at where stage = 'won', within=90 days, entity=account)",
            "conversions(leads, deals on closed_at where stage = \"won\", within = 90 days, entity = account)",
        ),
        ("f(last = 2 periods, x)", "f(x, last = 2 periods)"),
        ("-2^2", "-2 ^ 2"),
        ("(-2)^2", "(-2) ^ 2"),
        ("2^3^4", "2 ^ 3 ^ 4"),
        ("(2^3)^4", "(2 ^ 3) ^ 4"),
        ("2 ^ -1", ""),
        ("2 * -3", ""),
        ("- -a", ""),
        ("a-(b-c)", "a - (b - c)"),
        ("(a-b)-c", "a - b - c"),
        ("a/(b*c)", "a / (b * c)"),
        ("(a+b)*c", "(a + b) * c"),
        ("not (a and b)", ""),
        ("(not a) and b", "not a and b"),
        ("a or (b and c)", "a or b and c"),
        ("(a or b) and c", ""),
        ("not a = b", ""),
        ("a = (not b)", ""),
        ("(a < b) = c", ""),
        ("x not in ('a', 'b')", "x not in (\"a\", \"b\")"),
        ("x between 1+1 and 2", "x between 1 + 1 and 2"),
        ("(x is missing) = y", ""),
        ("a is not on_track", ""),
        ("name not starts  with 'a'", "name not starts with \"a\""),
        ("`Account ID` = 'it''s'", "`Account ID` = \"it's\""),
        ("'say \"hi\"'", ""),
        ("1_000", "1000"),
        ("5 %", "5%"),
        ("1 days", "1 day"),
        ("48 hour", "48 hours"),
        ("1200 EUR", ""),
        ("2026-01-31T09:30:00", "2026-01-31T09:30"),
        ("2026-01-31T09:30:15.50Z", "2026-01-31T09:30:15.5Z"),
        ("2026-01-31T09:30-05:30", ""),
        ("`period`.start", ""),
        ("period.start", ""),
        ("`started` in period", ""),
        ("started not in period", ""),
        ("f(`last` = 1)", ""),
        ("f((last = 1))", "f(`last` = 1)"),
        ("(x) over last 3 days", "x over last 3 days"),
        ("(5) over last 3 days", ""),
        ("count(accounts as of 2026-01-31 - 1 day including ended where x)", ""),
        ("first(touches.at via account per rep on touches.at where x)", ""),
    ] {
        let canonical = if canonical.is_empty() { text } else { canonical };
        assert_eq!(printed(text), canonical);
        assert_eq!(printed(canonical), canonical);
    }
}

#[test]
fn lists_agree_with_the_grammar() {
    let grammar = include_str!("../../../grammar/formula.pest");
    let list = |rule: &str| {
        let line = grammar.lines().find(|l| l.starts_with(rule)).unwrap();
        let words = line.split('"').skip(1).step_by(2).map(str::to_owned);
        words.collect::<Vec<_>>()
    };
    assert_eq!(list("parameter "), words::NAMED_PARAMETERS);
    assert_eq!(list("reserved "), words::RESERVED);
}

fn nowhere() -> Span {
    Span::new(file(), 0, 0)
}

fn ident() -> impl Strategy<Value = Ident> {
    let odd = prop::sample::select(vec![
        "a",
        "b",
        "amount",
        "Straße",
        "año",
        "収益",
        "in",
        "year",
        "at",
        "on",
        "period",
        "last",
        "day",
        "started",
        "ended",
        "is",
        "and",
        "or",
        "not",
        "where",
        "per",
        "true",
        "false",
        "over",
        "all",
        "by",
        "via",
        "count",
        "within",
        "start",
        "end",
        "last_day",
        "between",
        "Account ID",
        "2024",
        "a`b",
        "`",
        "",
        "x.y",
        "-",
        "days",
        "EUR",
    ]);
    odd.prop_map(|name| Spanned::new(if name.is_empty() { "_" } else { name }.to_owned(), nowhere()))
}

fn path() -> impl Strategy<Value = Path> {
    prop::collection::vec(ident(), 1..4).prop_map(|parts| Path { parts })
}

fn number() -> impl Strategy<Value = String> {
    prop_oneof!["[0-9]{1,6}", "[0-9]{1,3}\\.[0-9]{1,3}"]
}

fn unit() -> impl Strategy<Value = DurationUnit> {
    use DurationUnit::*;
    prop::sample::select(vec![Second, Minute, Hour, Day, Week, Month, Quarter, Year, Period])
}

fn literal() -> impl Strategy<Value = Literal> {
    let date = (1..=9999i32, 1..=366u32)
        .prop_map(|(y, d)| NaiveDate::from_yo_opt(y, d).unwrap_or(NaiveDate::from_yo_opt(y, 1).unwrap()));
    let time = (date.clone(), 0..86_400u32, prop_oneof![Just(0u32), 0..1_000_000_000u32, Just(500_000_000)]);
    prop_oneof![
        "[0-9]{1,9}".prop_map(Literal::Integer),
        "[0-9]{1,3}\\.[0-9]{1,3}".prop_map(Literal::Decimal),
        number().prop_map(Literal::Percent),
        "[ab\"'\\\\`é #%]{0,6}".prop_map(Literal::Text),
        any::<bool>().prop_map(Literal::Boolean),
        date.prop_map(Literal::Date),
        (time, prop::option::of(-1439..1440i32)).prop_map(|((date, second, nanos), offset_minutes)| {
            let time = chrono::NaiveTime::from_num_seconds_from_midnight_opt(second, nanos).unwrap();
            Literal::DateTime { local: date.and_time(time), offset_minutes }
        }),
        (number(), unit())
            .prop_map(|(number, unit)| Literal::Duration { number, unit: Spanned::new(unit, nowhere()) }),
        (number(), ident()).prop_map(|(number, unit)| Literal::Quantity { number, unit }),
    ]
}

fn window() -> impl Strategy<Value = Window> {
    use DurationUnit::*;
    let long = prop::sample::select(vec![Day, Week, Month, Quarter, Year, Period]);
    let kind = prop_oneof![
        (1..400u32, long).prop_map(|(count, unit)| WindowKind::Last { count, unit }),
        prop::sample::select(vec![Week, Month, Quarter, Year]).prop_map(WindowKind::ToDate),
        Just(WindowKind::AllTime),
    ];
    kind.prop_map(|kind| Window { kind, span: nowhere() })
}

fn argument(expr: BoxedStrategy<Expr>) -> impl Strategy<Value = Argument> {
    let kind = prop_oneof![
        path().prop_map(MomentKind::On),
        Just(MomentKind::AtStart),
        Just(MomentKind::AtEnd),
        expr.clone().prop_map(|e| MomentKind::AsOf(Box::new(e))),
        Just(MomentKind::During),
    ];
    let moment = (kind, any::<bool>()).prop_map(|(kind, ended)| {
        let including_ended = ended && !matches!(kind, MomentKind::On(_));
        Moment { kind, including_ended, span: nowhere() }
    });
    let rare = |strategy: BoxedStrategy<Path>| prop::option::weighted(0.2, strategy);
    (
        expr.clone(),
        rare(path().boxed()),
        rare(path().boxed()),
        prop::option::weighted(0.3, moment),
        prop_oneof![3 => Just(Vec::new()), 1 => prop::collection::vec(path(), 1..3)],
        prop::option::weighted(0.3, expr),
    )
        .prop_map(|(expr, via, per, moment, by, filter)| Argument {
            expr,
            via,
            per,
            moment,
            by,
            filter,
            span: nowhere(),
        })
}

fn tree() -> impl Strategy<Value = Expr> {
    use {BinaryOp::*, PeriodField::*, Status::*, TextOp::*};
    let wrap = |kind: ExprKind| Expr { kind, span: nowhere() };
    let name = path().prop_map(ExprKind::Name);
    let leaf = prop_oneof![
        3 => name,
        2 => literal().prop_map(ExprKind::Literal),
        1 => prop::sample::select(vec![Start, End, LastDay]).prop_map(ExprKind::PeriodField),
        1 => prop::sample::select(vec![InPeriod::Started, InPeriod::Ended])
            .prop_flat_map(|subject| any::<bool>().prop_map(move |negated| ExprKind::InPeriod { subject: subject.clone(), negated })),
    ]
    .prop_map(wrap);
    leaf.prop_recursive(5, 40, 4, move |inner| {
        let one = inner.clone().prop_map(Box::new);
        let op = prop::sample::select(vec![Add, Sub, Mul, Div, Pow, Eq, NotEq, Lt, LtEq, Gt, GtEq, And, Or]);
        let unary = prop::sample::select(vec![UnaryOp::Minus, UnaryOp::Plus, UnaryOp::Not]);
        let texts = prop::sample::select(vec![Contains, StartsWith, EndsWith, Matches]);
        let status = prop::sample::select(vec![OnTrack, AtRisk, OffTrack, Unknown]);
        let parameter = prop::sample::select(words::NAMED_PARAMETERS.to_vec());
        let named = (parameter, inner.clone()).prop_map(|(name, value)| (Spanned::new(name.to_owned(), nowhere()), value));
        prop_oneof![
            4 => (op, one.clone(), one.clone())
                .prop_map(|(op, left, right)| ExprKind::Binary { op, op_span: nowhere(), left, right }),
            2 => (unary, one.clone()).prop_map(|(op, operand)| ExprKind::Unary { op, op_span: nowhere(), operand }),
            1 => (one.clone(), prop::collection::vec(inner.clone(), 1..3), any::<bool>())
                .prop_map(|(operand, list, negated)| ExprKind::In { operand, list, negated }),
            1 => (one.clone(), one.clone(), one.clone(), any::<bool>())
                .prop_map(|(operand, low, high, negated)| ExprKind::Between { operand, low, high, negated }),
            1 => (one.clone(), any::<bool>()).prop_map(|(operand, negated)| ExprKind::IsMissing { operand, negated }),
            1 => (one.clone(), status, any::<bool>()).prop_map(|(operand, status, negated)| {
                ExprKind::IsStatus { operand, status: Spanned::new(status, nowhere()), negated }
            }),
            1 => (texts, one.clone(), one.clone(), any::<bool>())
                .prop_map(|(op, operand, pattern, negated)| ExprKind::TextMatch { op, operand, pattern, negated }),
            1 => (one.clone(), any::<bool>())
                .prop_map(|(column, negated)| ExprKind::InPeriod { subject: InPeriod::Column(column), negated }),
            3 => (ident(), prop::collection::vec(argument(inner.clone().boxed()), 0..3), prop::collection::vec(named, 0..2))
                .prop_map(|(name, args, named)| ExprKind::Call(Call { name, args, named })),
            1 => (one.clone(), one.clone())
                .prop_map(|(formula, condition)| ExprKind::Filtered { formula, condition }),
            2 => (one, window()).prop_map(|(operand, window)| match operand.kind {
                ExprKind::Windowed { .. } => operand.kind,
                _ => ExprKind::Windowed { operand, window },
            }),
        ]
        .prop_map(wrap)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_printed_parses_to_the_same_tree(tree in tree()) {
        let text = print(&tree);
        match parse(&text, file(), 0) {
            Ok(again) => {
                prop_assert_eq!(bare(&again), bare(&tree), "{}", text);
                prop_assert_eq!(print(&again), text);
            }
            Err(problems) => prop_assert!(false, "{}\n{:#?}", text, problems),
        }
    }
}
