//! What judges numbers: each section decoded once, each wrong shape refused.

use super::*;
use crate::rulefile::raw::{Formula, RawBetter, RawFloor, RawGiven, RawTarget};
use crate::source::Spanned;

fn text(of: Option<&Spanned<String>>) -> &str {
    of.map_or("", |t| t.node.as_str())
}

fn texts(of: &[Spanned<String>]) -> Vec<&str> {
    of.iter().map(|t| t.node.as_str()).collect()
}

impl Loaded {
    fn formula(&self, of: Option<&Formula>) -> &str {
        of.map_or("", |f| if f.expr.is_some() { self.slice(f.span) } else { "broken" })
    }
}

#[test]
fn the_strategy() {
    let l = loaded(FULL);
    let strategy = &l.project.strategy;
    let cut = &strategy.objectives["cut_account_costs"];
    assert_eq!((text(cut.weight.as_ref()), text(cut.parent.as_ref())), ("20%", "profit"));
    assert_eq!(cut.label.as_ref().unwrap().texts[""].node, "Spend less on running accounts");
    assert_eq!(text(strategy.objectives["keep_customers"].approved_on.as_ref()), "2025-11-01");
    let l = loaded("strategy: {activities: {visits: {area: [sales, support], parent: work, owner: o}}}");
    let visits = &l.project.strategy.activities["visits"];
    assert_eq!(texts(&visits.area), ["sales", "support"]);
    assert_eq!((text(visits.parent.as_ref()), text(visits.owner.as_ref())), ("work", "o"));
}

#[test]
fn what_a_kpi_is_there_for() {
    let l = loaded(FULL);
    let kpi = &l.project.kpis["churn_rate"];
    assert_eq!(texts(&kpi.objective), ["keep_customers"]);
    assert_eq!(texts(&kpi.influenced_by), ["sales", "support"]);
    assert_eq!((texts(&kpi.activity), texts(&kpi.area)), (vec!["account_reviews"], vec!["sales"]));
    assert_eq!(texts(&kpi.guards), ["account_growth"]);
    let drives = &kpi.drives[0];
    let claim = (drives.kpi.node.as_str(), text(drives.sign.as_ref()), text(drives.lag.as_ref()));
    assert_eq!(claim, ("revenue", "-", "1 quarter"));
    let words = [&kpi.indicator, &kpi.scope, &kpi.concept, &kpi.review, &kpi.since].map(|w| text(w.as_ref()));
    assert_eq!(words, ["lagging", "generic", "retention", "quarterly", "2025-07-01"]);
    let short = loaded("kpis: {a: {formula: b, drives: [c, d], pace: none}}");
    let kpi = &short.project.kpis["a"];
    assert_eq!(kpi.drives.iter().map(|d| d.kpi.node.as_str()).collect::<Vec<_>>(), ["c", "d"]);
    assert_eq!(text(kpi.pace.as_ref()), "none");
}

#[test]
fn what_a_kpi_is_held_to() {
    let l = loaded(FULL);
    let kpi = &l.project.kpis["churn_rate"];
    let Some(RawTarget::Formula(target)) = &kpi.target else { panic!("{:?}", kpi.target) };
    assert_eq!(l.formula(Some(target)), "5%");
    let Some(RawFloor::Floor(floor)) = &kpi.status.as_ref().unwrap().at_risk else { panic!("no floor") };
    assert_eq!(l.formula(Some(floor)), "90%");
    let (cost, benefit) = (kpi.cost.as_ref().unwrap(), kpi.benefit.as_ref().unwrap());
    assert_eq!((l.formula(cost.amount.as_ref()), text(cost.every.as_ref())), ("1200 EUR", "quarter"));
    assert_eq!(l.formula(benefit.amount.as_ref()), "2% * revenue");
    assert!(matches!(&kpi.better, Some(RawBetter::Word(word)) if word.node == "lower"));

    let l = loaded(
        "kpis:\n  a:\n    formula: b\n    better: {within: [2, null]}\n    baseline: 3\n    cost: 7 EUR\n    \
         target: {source: t, value: v, match: [r, s], from: f, grain: month, total: sum, spread: days}\n    \
         status: {of: value, on_track: [50, null], off_track: [null, 30]}\n",
    );
    assert_eq!(l.told(), Vec::<String>::new());
    let kpi = &l.project.kpis["a"];
    let Some(RawBetter::Within(range)) = &kpi.better else { panic!("{:?}", kpi.better) };
    assert_eq!((l.formula(range.low.as_ref()), range.high.is_none()), ("2", true));
    let Some(RawTarget::Table(table)) = &kpi.target else { panic!("{:?}", kpi.target) };
    let all = [&table.source, &table.value, &table.from, &table.grain, &table.total, &table.spread];
    assert_eq!(all.map(|t| text(t.as_ref())), ["t", "v", "f", "month", "sum", "days"]);
    assert_eq!(texts(&table.matches), ["r", "s"]);
    let status = kpi.status.as_ref().unwrap();
    let Some(RawFloor::Range(off)) = &status.off_track else { panic!("{status:?}") };
    assert_eq!(
        (off.low.is_none(), l.formula(off.high.as_ref()), text(status.of.as_ref())),
        (true, "30", "value")
    );
    assert!(status.at_risk.is_none());
    assert_eq!(
        (l.formula(kpi.baseline.as_ref()), l.formula(kpi.cost.as_ref().unwrap().amount.as_ref())),
        ("3", "7 EUR")
    );
}

#[test]
fn a_side_that_is_wrong_is_not_open() {
    let l = loaded("kpis: {a: {formula: b, better: {within: [[1], 2]}}}");
    assert!(!l.diags.0.is_empty());
    let Some(RawBetter::Within(range)) = &l.project.kpis["a"].better else { panic!("no range") };
    assert_eq!((l.formula(range.low.as_ref()), l.formula(range.high.as_ref())), ("broken", "2"));
}

#[test]
fn parameter_tables() {
    let l = loaded(FULL);
    let table = l.project.params["nps_floor"].table.as_ref().unwrap();
    assert_eq!((text(table.source.as_ref()), texts(&table.matches)), ("floors", vec!["area"]));
    assert_eq!(l.slice(table.value.as_ref().unwrap().span), "floor");
}

#[test]
fn rules_and_waivers() {
    let l = loaded(FULL);
    let rule = &l.project.rules["growth_hides_churn"];
    assert_eq!(l.formula(rule.when.as_ref()), "account_growth is on_track and churn_rate is off_track");
    let words =
        [&rule.axis, &rule.severity, &rule.grain, &rule.hold_for, &rule.clear_after, &rule.on_missing];
    let words = words.map(|w| text(w.as_ref()));
    assert_eq!(words, ["strategic_direction", "critical", "quarter", "2 periods", "1 period", "unknown"]);
    assert_eq!(texts(&rule.each.as_ref().unwrap().dimensions), ["rep"]);
    assert!(rule.message.as_ref().unwrap().texts[""].node.starts_with("{rep}: accounts grow"));
    assert!(rule.action.is_some());
    let waiver = &l.project.waivers[0];
    assert_eq!(
        (waiver.rule.node.as_str(), text(waiver.until.as_ref())),
        ("objective_without_kpi", "2026-12-31")
    );
    assert_eq!(
        (waiver.at[0].0.node.as_str(), waiver.at[0].1.node.as_str()),
        ("objective", "cut_account_costs")
    );
    assert_eq!(text(waiver.reason.as_ref()), "Ledger goes live in January");

    let l = loaded(
        "rules:\n  a: {when: x, each: {pair: kpi, where: a.concept = b.concept}, from: 2026-01-01, until: 2026-06-30}\n  \
         b: {when: x, each: account where account.is_key, min_n: 5}\n  c: {when: x, each: []}\n  d: {when: x}\n",
    );
    assert_eq!(l.told(), Vec::<String>::new());
    let each = |name: &str| l.project.rules[name].each.as_ref();
    let pair = each("a").unwrap();
    assert_eq!((text(pair.pair.as_ref()), l.formula(pair.filter.as_ref())), ("kpi", "a.concept = b.concept"));
    let a = &l.project.rules["a"];
    assert_eq!((text(a.from.as_ref()), text(a.until.as_ref())), ("2026-01-01", "2026-06-30"));
    assert_eq!(texts(&each("b").unwrap().dimensions), ["account where account.is_key"]);
    assert_eq!(l.project.rules["b"].min_n.unwrap().node, 5);
    assert!(each("c").unwrap().dimensions.is_empty() && each("d").is_none());
}

#[test]
fn scorecards() {
    let l = loaded(FULL);
    let card = &l.project.scorecards["key_account_manager"];
    let weights: Vec<_> = card.kpis.iter().map(|(k, w)| (k.node.as_str(), w.node.as_str())).collect();
    assert_eq!(weights[..2], [("churn_rate", "30%"), ("nps", "20%")]);
    assert_eq!((text(card.rollup.as_ref()), text(card.grain.as_ref())), ("weighted", "quarter"));
    let pay = card.pay.as_ref().unwrap();
    assert_eq!(
        (l.formula(pay.base.as_ref()), l.formula(pay.needs.as_ref())),
        ("5000 EUR", "count(reviews) > 0")
    );
    let shares = [&pay.threshold, &pay.cap, &pay.min_coverage].map(|t| text(t.as_ref()));
    assert_eq!(shares, ["80%", "150%", "100%"]);
    let faster = pay.accelerator.as_ref().unwrap();
    assert_eq!((text(faster.above.as_ref()), text(faster.rate.as_ref())), ("100%", "2"));
}

#[test]
fn tests_with_rows_and_results() {
    let l = loaded(FULL);
    let test = &l.project.tests["churn counts only customers of the opening"];
    assert_eq!((test.given.len(), text(test.as_of.as_ref()), test.expect.len()), (3, "2026-01-31", 2));
    let RawGiven::Rows(rows) = &test.given[0].1 else { panic!("{:?}", test.given) };
    let at = rows.text.node.find("2026-01-20").unwrap();
    assert_eq!(l.slice(rows.place(at, at + 10)), "2026-01-20");
    let last = rows.text.node.find("a3").unwrap();
    assert_eq!(l.slice(rows.place(last, last + 2)), "a3");
    let expect = &test.expect[1];
    let fields: Vec<_> = expect.fields.iter().map(|(key, value)| (*key, value.node.as_str())).collect();
    assert_eq!(fields, [("kpi", "churn_rate"), ("grain", "month"), ("period", "2026-01"), ("value", "100%")]);
    assert_eq!((expect.at[0].0.node.as_str(), expect.at[0].1.node.as_str()), ("rep", "r1"));

    let l = loaded(
        "tests:\n  t:\n    params: {a: 5}\n    given: {x: \"a\\n1\\n\", y: {file: data/y.csv}, results: \"kpi\"}\n    \
         expect: {kpi: k, value: null, n: 1_000, complete: false}\n",
    );
    assert_eq!(l.told(), Vec::<String>::new());
    let test = &l.project.tests["t"];
    let RawGiven::Rows(rows) = &test.given[0].1 else { panic!("{:?}", test.given) };
    assert_eq!((rows.text.node.as_str(), rows.place(2, 3)), ("a\n1\n", rows.text.span));
    assert!(matches!(&test.given[1].1, RawGiven::File(path) if path.node == "data/y.csv"));
    assert_eq!((test.params[0].0.node.as_str(), l.formula(Some(&test.params[0].1))), ("a", "5"));
    let fields: Vec<_> =
        test.expect[0].fields.iter().map(|(key, value)| (*key, value.node.as_str())).collect();
    assert_eq!(fields, [("kpi", "k"), ("value", "null"), ("n", "1000"), ("complete", "false")]);
}

#[test]
fn names_that_stand_in_two_files() {
    let text = "strategy: {objectives: {o: {}}, activities: {a: {}}, areas: {b: {}}}\nrules: {r: {when: x}}\n\
                scorecards: {s: {kpis: {k: 100%}}}\ntests: {t: {expect: {kpi: k, value: 1}}}\n\
                waivers: [{rule: r, until: 2026-01-01, reason: w}]\n";
    let l = loaded_all(&[("rumbo.yaml", text), ("rules/a.yaml", text)]);
    assert_eq!(l.codes(), ["E0104"; 6], "{:#?}", l.told());
    assert_eq!(l.project.waivers.len(), 2);
}

#[test]
fn wrong_shapes() {
    for (text, code) in [
        ("strategy: {objectives: [a]}", "E0105"),
        ("strategy: {objectives: {a: {weight: much}}}", "E0105"),
        ("strategy: {objectives: {a: {approved_on: today}}}", "E0114"),
        ("strategy: {goals: {a: {}}}", "E0103"),
        ("rules: {r: {when: a, each: {pairs: kpi}}}", "E0103"),
        ("rules: {r: {when: a, from: soon}}", "E0114"),
        ("rules: {r: {when: a, for: 2}}", "E0114"),
        ("waivers: {rule: r}", "E0105"),
        ("waivers: [{rule: r, until: 2026-01-01}]", "E0106"),
        ("scorecards: {s: {kpis: [a, b]}}", "E0105"),
        ("scorecards: {s: {kpis: {a: 100%}, pay: {threshold: 80%}}}", "E0106"),
        ("scorecards: {s: {kpis: {a: 100%}, rollup: mean}}", "E0114"),
        ("tests: {t: {given: {a: \"x\"}}}", "E0106"),
        ("tests: {t: {given: {a: [1, 2]}, expect: {kpi: k, value: 1}}}", "E0105"),
        ("tests: {t: {given: {a: {path: b}}, expect: {kpi: k, value: 1}}}", "E0103"),
        ("tests: {t: {given: {a: {file: ../b.csv}}, expect: {kpi: k, value: 1}}}", "E0110"),
        ("tests: {t: {expect: {kpi: k, value: [1, 2]}}}", "E0105"),
        ("tests: {t: {expect: {kpi: k, n: many}}}", "E0105"),
        ("tests: {t: {expect: {kpi: k, status: fine}}}", "E0114"),
        ("tests: {t: {expect: {kpi: k, valu: 1}}}", "E0103"),
        ("kpis: {a: {formula: b, target: {source: s}}}", "E0106"),
        ("kpis: {a: {formula: b, status: 90%}}", "E0105"),
        ("kpis: {a: {formula: b, status: {on_track: [1, 2, 3]}}}", "E0114"),
        ("kpis: {a: {formula: b, cost: {every: month}}}", "E0106"),
        ("kpis: {a: {formula: b, drives: {sign: +}}}", "E0106"),
        ("kpis: {a: {formula: b, better: best}}", "E0114"),
    ] {
        let l = loaded(text);
        assert!(l.codes().contains(&code), "{text}: {:#?}", l.told());
    }
}
