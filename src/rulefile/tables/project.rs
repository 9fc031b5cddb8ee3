//! The keys at the top of a rule file, and the small sections.

use super::kind::{Field, Kind, Table, field, short};
use super::{judge, kpis, sources, strategy};

/// The top of every rule file.
pub static PROJECT: Table = Table {
    name: "project",
    doc: "The top of a rule file. Every file may hold any section; sections of the same name merge.",
    fields: &[
        field("project", Kind::Text, "The project's name, shown in reports."),
        field("as_of", Kind::Moment, "The moment that results are computed for; a date means its end.")
            .default("now"),
        field(
            "vars",
            Kind::Entries(&Kind::Text),
            "Variables for `${NAME}` in paths, with their defaults; `env` reads the environment.",
        ),
        field(
            "include",
            Kind::OneOrList(&Kind::Path),
            "Patterns of further rule files, relative to the project folder.",
        )
        .default("rules/**/*.yaml"),
        field(
            "use",
            Kind::Either { scalar: Some(&Kind::Text), list: Some(&PACK_NAMES), mapping: Some(&PACKS) },
            "Packs of rules that come with the program, with their settings.",
        ),
        field(
            "allow_paths",
            Kind::OneOrList(&Kind::Path),
            "Folders outside the project that paths may lead to.",
        ),
        field("calendar", Kind::Fields(&CALENDAR), "Time zone, weeks, fiscal years and own periods."),
        field("currency", Kind::Text, "The project's own currency: what pay is in and conversions lead to."),
        field(
            "sources",
            Kind::Entries(&Kind::Fields(&sources::SOURCE)),
            "The data: files, what their rows are, and how they relate.",
        ),
        field(
            "dimensions",
            Kind::Entries(&DIMENSION_OR_PATH),
            "Names for breakdowns; which way each source takes.",
        ),
        field("strategy", Kind::Fields(&strategy::STRATEGY), "Objectives, activities and areas."),
        field(
            "functions",
            Kind::Entries(&FUNCTION_OR_FORMULA),
            "Formulas with parameters, by head: `margin(x, cost): sum(x) - sum(cost)`.",
        ),
        field(
            "params",
            Kind::Entries(&PARAM_OR_VALUE),
            "Values that people tune: `params.NAME` in a formula.",
        ),
        field("kpis", Kind::Entries(&kpis::KPI_OR_FORMULA), "The KPIs."),
        field("rules", Kind::Entries(&Kind::Fields(&judge::RULE)), "Alignment rules."),
        field(
            "waivers",
            Kind::List(&Kind::Fields(&judge::WAIVER)),
            "Findings that are accepted until a day.",
        ),
        field(
            "scorecards",
            Kind::Entries(&Kind::Fields(&judge::SCORECARD)),
            "Weighted KPIs with one score, and pay.",
        ),
        field(
            "tests",
            Kind::Entries(&Kind::Fields(&judge::TEST)),
            "Tests of the rule files: rows given, results expected.",
        ),
    ],
    rest: None,
};

static PACK_NAMES: Kind = Kind::List(&Kind::Text);
static PACKS: Kind = Kind::Entries(&Kind::Fields(&PACK));
static PACK: Table = Table {
    name: "use.PACK",
    doc: "Settings of a pack.",
    fields: &[
        field("params", Kind::Entries(&Kind::Literal), "Other values for the pack's parameters."),
        field(
            "severity",
            Kind::Entries(&Kind::OneOf(judge::SEVERITIES)),
            "Other severities for rules of the pack.",
        ),
        field("off", Kind::OneOrList(&Kind::Text), "Rules of the pack that are not judged."),
    ],
    rest: None,
};

static CALENDAR: Table = Table {
    name: "calendar",
    doc: "How days make weeks, months, quarters and years.",
    fields: &[
        field("timezone", Kind::TimeZone, "For times with no zone, and for period borders.").default("UTC"),
        field(
            "week_starts",
            Kind::OneOf(&["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]),
            "The first day of a week.",
        )
        .default("monday"),
        field(
            "fiscal_year_starts",
            Kind::OneOf(&[
                "january",
                "february",
                "march",
                "april",
                "may",
                "june",
                "july",
                "august",
                "september",
                "october",
                "november",
                "december",
            ]),
            "The first month of a fiscal year; quarters and years follow it.",
        )
        .default("january"),
        field(
            "periods",
            Kind::Path,
            "A CSV file with periods of the project's own: columns grain, label, start (the first day), end (the day after the last).",
        ),
    ],
    rest: None,
};

static DIMENSION_OR_PATH: Kind = short(&Kind::Text, &Kind::Fields(&DIMENSION));
static DIMENSION: Table = Table {
    name: "dimensions.NAME",
    doc: "A named breakdown; written as a text it is its `path`.",
    fields: &[
        field(
            "path",
            Kind::Text,
            "The path for every source that has none of its own here: `account.segment`.",
        ),
        field("label", Kind::Local, "How it is shown."),
        field("description", Kind::Local, "What it is."),
    ],
    rest: Some(super::Rest { name: "SOURCE", kind: Kind::Text, doc: "The path that this source takes." }),
};

static FUNCTION_OR_FORMULA: Kind = short(&Kind::Formula, &Kind::Fields(&FUNCTION));
static FUNCTION: Table = Table {
    name: "functions.NAME",
    doc: "A formula with parameters; written as a text it is its `formula`.",
    fields: &[
        field("formula", Kind::Formula, "The body.").required(),
        field("description", Kind::Local, "What it computes."),
    ],
    rest: None,
};

static PARAM_OR_VALUE: Kind = short(&Kind::Literal, &Kind::Fields(&PARAM));
static PARAM: Table = Table {
    name: "params.NAME",
    doc: "A parameter that is read from a source, or that names one; a plain value needs no mapping.",
    fields: PARAM_FIELDS,
    rest: None,
};

const PARAM_FIELDS: &[Field] = &[
    field("name", Kind::Text, "The source, column or KPI that `params.NAME` stands for in rules."),
    field("source", Kind::Text, "The source that holds the values."),
    field("value", Kind::Text, "The column with the value."),
    MATCH,
    FROM,
    GRAIN,
];

const MATCH: Field = field(
    "match",
    Kind::OneOrList(&Kind::Text),
    "Columns that must equal the cell's dimension where they are not empty.",
);
const FROM: Field = field(
    "from",
    Kind::Text,
    "The column with the first day that a row holds for; the latest in effect wins.",
);
const GRAIN: Field = field("grain", Kind::Text, "The grain that the values are for.");
