//! The keys of `rules:`, `waivers:`, `scorecards:` and `tests:`.

use super::kind::{Kind, Table, field, short};

/// How grave a finding is.
pub const SEVERITIES: &[&str] = &["info", "warning", "critical"];

/// One rule.
pub static RULE: Table = Table {
    name: "rules.NAME",
    doc: "One alignment rule; its name is its identity.",
    fields: &[
        field("label", Kind::Local, "How it is shown."),
        field("description", Kind::Local, "Why it matters."),
        field(
            "axis",
            Kind::OneOf(&["strategic_direction", "activities", "areas"]),
            "The axis that it looks along.",
        ),
        field("severity", Kind::OneOf(SEVERITIES), "How grave a finding is.").default("warning"),
        field(
            "each",
            EACH,
            "Who gets an answer of its own: `rep`, `[rep, segment]`, `account where account.is_key`.",
        ),
        field("grain", Kind::Text, "The periods that it is judged for."),
        field("when", Kind::Formula, "The condition that is a finding.").required(),
        field(
            "for",
            Kind::Duration,
            "How long it must hold before it is a finding; until then it is `pending`.",
        ),
        field("clear_after", Kind::Duration, "How long it must be gone before the finding closes."),
        field(
            "on_missing",
            Kind::OneOf(&["unknown", "fires", "previous"]),
            "The verdict where the condition is missing.",
        )
        .default("unknown"),
        field("min_n", Kind::Integer(0), "With fewer rows behind a value that it reads it is not judged."),
        field("message", Kind::Local, "The finding in words; `{name}` is filled in."),
        field("action", Kind::Local, "What to do about it."),
        field("owner", Kind::Text, "Who answers for it."),
        field("from", Kind::Date, "The first day that it is judged for."),
        field("until", Kind::Date, "The last day that it is judged for."),
    ],
    rest: None,
};

const EACH: Kind = Kind::Either {
    scalar: Some(&Kind::Text),
    list: Some(&Kind::List(&Kind::Text)),
    mapping: Some(&Kind::Fields(&PAIR)),
};

static PAIR: Table = Table {
    name: "rules.NAME.each",
    doc: "Each unordered pair once, bound to `a` and `b`.",
    fields: &[
        field("pair", Kind::Text, "What is paired: `kpi`.").required(),
        field("where", Kind::Formula, "Which pairs are judged."),
    ],
    rest: None,
};

/// One waiver.
pub static WAIVER: Table = Table {
    name: "waivers",
    doc: "A finding that is accepted until a day.",
    fields: &[
        field("rule", Kind::Text, "The rule.").required(),
        field(
            "at",
            Kind::Entries(&Kind::Text),
            "Where: a member for each dimension named. Without it, everywhere.",
        ),
        field("until", Kind::Date, "The last day that it holds.").required(),
        field("reason", Kind::Text, "Why.").required(),
        field("owner", Kind::Text, "Who accepted it."),
    ],
    rest: None,
};

/// One scorecard.
pub static SCORECARD: Table = Table {
    name: "scorecards.NAME",
    doc: "KPIs with weights, rolled up to one score.",
    fields: &[
        field("label", Kind::Local, "How it is shown."),
        field("description", Kind::Local, "What it is for."),
        field("each", EACH, "Who gets a scorecard: `rep`."),
        field("grain", Kind::Text, "The periods that it is made for."),
        field("kpis", Kind::Entries(&Kind::Share), "KPIs with their weights, which add up to 100%.")
            .required(),
        field("rollup", Kind::OneOf(&["weighted", "worst", "best", "geometric"]), "How scores become one.")
            .default("weighted"),
        field("pay", Kind::Fields(&PAY), "What it pays."),
        field("owner", Kind::Text, "Who answers for it."),
    ],
    rest: None,
};

static PAY: Table = Table {
    name: "scorecards.NAME.pay",
    doc: "Pay by attainment.",
    fields: &[
        field("base", Kind::Formula, "Paid at an attainment of 100%.").required(),
        field("threshold", Kind::Share, "Below it nothing is paid."),
        field("cap", Kind::Share, "The multiplier never passes it."),
        field("accelerator", Kind::Fields(&ACCELERATOR), "A steeper rate above a level."),
        field("needs", Kind::Formula, "A condition; false withholds the pay."),
        field("min_coverage", Kind::Share, "Below this judged weight pay is unknown.").default("100%"),
    ],
    rest: None,
};

static ACCELERATOR: Table = Table {
    name: "scorecards.NAME.pay.accelerator",
    doc: "A steeper rate above a level.",
    fields: &[
        field("above", Kind::Share, "The attainment that it begins at.").required(),
        field("rate", Kind::Share, "How much each point above it counts.").required(),
    ],
    rest: None,
};

/// One test.
pub static TEST: Table = Table {
    name: "tests.NAME",
    doc: "Rows given, results expected.",
    fields: &[
        field("description", Kind::Text, "What it holds."),
        field(
            "given",
            Kind::Entries(&GIVEN),
            "Rows of each source as CSV, by the language's names; `results` states KPI results.",
        ),
        field("params", Kind::Entries(&Kind::Literal), "Other values for parameters."),
        field("as_of", Kind::Moment, "The as-of of the test."),
        field(
            "expect",
            Kind::OneOrList(&Kind::Fields(&EXPECT)),
            "What must come out; only what is written is compared.",
        )
        .required(),
    ],
    rest: None,
};

static GIVEN: Kind = short(&Kind::Csv, &Kind::Fields(&GIVEN_FILE));
static GIVEN_FILE: Table = Table {
    name: "tests.NAME.given.NAME",
    doc: "Rows from a file; written as a text they are the rows.",
    fields: &[field("file", Kind::Path, "A CSV file, relative to the project folder.").required()],
    rest: None,
};

static EXPECT: Table = Table {
    name: "tests.NAME.expect",
    doc: "One expected result: which one, then what it holds.",
    fields: &[
        field("kpi", Kind::Text, "The KPI."),
        field("rule", Kind::Text, "The rule."),
        field("scorecard", Kind::Text, "The scorecard."),
        field("grain", Kind::Text, "The grain."),
        field("period", Kind::Text, "The period: `2026-01`."),
        field("at", Kind::Entries(&Kind::Text), "The member of each dimension; without it, the total."),
        field("value", Kind::Scalar, "The value."),
        field("target", Kind::Scalar, "The target."),
        field("attainment", Kind::Scalar, "The attainment."),
        field("status", Kind::OneOf(&["on_track", "at_risk", "off_track", "unknown"]), "The status."),
        field("reason", Kind::Scalar, "Why it is missing or unknown."),
        field("score", Kind::Scalar, "The score."),
        field("previous", Kind::Scalar, "The value of the period before."),
        field("change", Kind::Scalar, "The change since the period before."),
        field("n", Kind::Integer(0), "The rows behind it."),
        field("skipped", Kind::Integer(0), "The rows whose argument was missing."),
        field("complete", Kind::Boolean, "Whether the period is over."),
        field(
            "verdict",
            Kind::OneOf(&["fires", "pending", "holds", "unknown", "waived", "not_applicable"]),
            "The rule's verdict.",
        ),
        field("message", Kind::Text, "The finding in words."),
        field("since", Kind::Scalar, "The period in which the rule's condition began to hold."),
        field("coverage", Kind::Scalar, "The weight that was judged."),
        field("pay", Kind::Scalar, "What is paid."),
    ],
    rest: None,
};
