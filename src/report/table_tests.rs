//! Tables drawn by hand, and the property that no result breaks a format.

use proptest::prelude::*;

use super::super::Format;
use super::super::samples::{breakdown, outcome, row, table, two_kpis};
use super::*;
use crate::model::outcome::{KpiTable, Reason};
use crate::model::types::Type;

fn text(outcome: &Outcome, width: Option<usize>) -> String {
    let mut bytes = Vec::new();
    write(outcome, &TableOptions { width, colour: false }, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn totals_period_by_period_and_members_by_period() {
    assert_eq!(
        text(&two_kpis(), Some(80)),
        "\
Revenue (revenue) · EUR · month

period        EUR  note
───────  ────────  ────────────────────
2026-01  1,234.50
2026-02    -20.00  open, n 7, 3 skipped

by account.segment
account.segment   2026-01  2026-02*
───────────────  ────────  ────────
\"\"                  34.50         –
Retail, EU       1,000.00    -20.00
(none)             200.00      0.00
* open   – no values   3 skipped in 1 value

churn_rate · month

period   value  note
───────  ─────  ──────────────────────
2026-01  12.5%
2026-02      –  open, zero denominator

as of 2026-02-10
"
    );
}

#[test]
fn one_period_is_a_list() {
    let rows = vec![
        row(1).member(Some("r1"), Some("Łódź Sp.")).member(Some("EU"), None).of("10.00").open(),
        row(1).member(Some("r1"), Some("Łódź Sp.")).member(None, None).missing(Reason::NoRows).open(),
    ];
    let t = table("x", vec![breakdown(&[], vec![]), breakdown(&["rep", "region"], rows)]);
    assert_eq!(
        text(&outcome(vec![t]), None),
        "\
x · EUR · month

nothing in these periods

by rep, region, 2026-01, open
rep            region    EUR  note
─────────────  ──────  ─────  ───────
Łódź Sp. (r1)  EU      10.00
Łódź Sp. (r1)  (none)      –  no rows

as of 2026-02-10
"
    );
}

#[test]
fn several_reasons_are_told_apart_and_no_change_spans_a_gap() {
    let t = KpiTable {
        percent: true,
        ..table(
            "rate",
            vec![
                breakdown(&[], vec![row(1).of("0.10"), row(3).of("0.20"), row(4).of("0.25")]),
                breakdown(
                    &["rep"],
                    vec![
                        row(3).member(Some("a"), None).missing(Reason::ZeroDenominator),
                        row(3).member(Some("b"), None).of("0.20"),
                        row(4).member(Some("a"), None).missing(Reason::NoRows),
                        row(4).member(Some("b"), None).of("0.25"),
                        row(4).member(Some("c"), None).of("0.5"),
                    ],
                ),
            ],
        )
    };
    assert_eq!(
        text(&outcome(vec![t]), None),
        "\
rate · month

period   value   change
───────  ─────  ───────
2026-01  10.0%
2026-03  20.0%
2026-04  25.0%  +5.0 pp

by rep
rep  2026-03  2026-04   change
───  ───────  ───────  ───────
a         –²       –¹
b      20.0%    25.0%  +5.0 pp
c               50.0%
–¹ no rows   –² zero denominator

as of 2026-02-10
"
    );
}

#[test]
fn a_narrow_terminal_gets_panels_and_short_members_but_whole_numbers() {
    let name = "Übergroße Handelsgesellschaft";
    let rows = (1..=6).map(|m| row(m).member(Some("a12"), Some(name)).of("1234567.00")).collect();
    let t = table("revenue", vec![breakdown(&["account"], rows)]);
    let text = text(&outcome(vec![t]), Some(50));
    assert!(text.lines().all(|l| unicode_width::UnicodeWidthStr::width(l) <= 50), "{text}");
    assert_eq!(text.matches("Übergroße Han… (a12)").count(), 4, "{text}");
    assert_eq!(text.matches("1,234,567.00").count(), 6, "{text}");
}

#[test]
fn colour_tones_titles_and_nothing_moves() {
    let write_with = |colour| {
        let mut bytes = Vec::new();
        write(&two_kpis(), &TableOptions { width: Some(60), colour }, &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    };
    let coloured = write_with(true);
    assert!(coloured.starts_with("\u{1b}[1mRevenue (revenue)\u{1b}[0m"));
    let bare = ["\u{1b}[1m", "\u{1b}[2m", "\u{1b}[0m"].iter().fold(coloured, |t, code| t.replace(code, ""));
    assert_eq!(bare, write_with(false));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]
    #[test]
    fn no_result_breaks_a_format(
        texts in proptest::collection::vec("\\PC{0,20}|[\u{0}-\u{ff}]{0,9}|世界👩‍👩‍👧", 4),
        rows in proptest::collection::vec((0u32..9, 0usize..5, any::<u64>(), any::<bool>(), 0u8..12), 0..20),
        width in proptest::option::of(0usize..160),
        percent: bool,
    ) {
        let of = |(month, who, bits, complete, reason): &(u32, usize, u64, bool, u8)| {
            let member = texts.get(*who).map(String::as_str);
            let mut r = row(*month).member(member, texts.get(1).map(String::as_str));
            r.value = Some(f64::from_bits(*bits)).filter(|_| *reason == 0);
            r.exact = (*reason == 0).then(|| bits.to_string());
            r.reason = Reason::from_u8(*reason);
            (r.complete, r.skipped) = (*complete, i64::from_ne_bytes(bits.to_ne_bytes()));
            r
        };
        let split: Vec<_> = rows.iter().map(of).collect();
        for ty in [Type::Integer, Type::Float, Type::Text] {
            let total = breakdown(&[], rows.iter().map(of).collect());
            let t = KpiTable { ty, percent, ..table(&texts[0], vec![total, breakdown(&[&texts[2]], split.clone())]) };
            let outcome = outcome(vec![t.clone(), t]);
            for format in Format::ALL {
                super::super::write(&outcome, format, &TableOptions { width, colour: percent }, &mut Vec::new()).unwrap();
            }
            prop_assert!(text(&outcome, width).lines().all(|l| !l.ends_with(' ')));
        }
    }
}
