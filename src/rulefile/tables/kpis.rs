//! The keys of `kpis:`.

use super::kind::{Kind, Table, field, short};

/// A KPI, or just its formula.
pub static KPI_OR_FORMULA: Kind = short(&Kind::Formula, &Kind::Fields(&KPI));

/// A list of names or one.
const NAMES: Kind = Kind::OneOrList(&Kind::Text);

static KPI: Table = Table {
    name: "kpis.NAME",
    doc: "One KPI; written as a text it is its `formula`.",
    fields: &[
        field("label", Kind::Local, "How it is shown."),
        field("description", Kind::Local, "What it tells, and what it does not."),
        field("formula", Kind::Formula, "How it is computed.").required(),
        field("unit", Kind::Text, "Its unit: `percent`, `EUR`, `days`.").default("inferred"),
        field(
            "better",
            short(&Kind::OneOf(&["higher", "lower"]), &Kind::Fields(&BETTER)),
            "Which direction is good.",
        ),
        field("grain", NAMES, "The periods it is computed for: `month`, `[month, quarter]`."),
        field(
            "by",
            Kind::OneOrList(&NAMES),
            "Breakdowns: dimensions, or lists of them; the total is always there.",
        ),
        field("paths", Kind::Entries(&Kind::Text), "The way to an entity, where there are several."),
        field(
            "fill",
            Kind::OneOf(&["entities", "observed"]),
            "`entities` adds members that saw nothing; `observed` drops empty periods.",
        ),
        field("decimals", Kind::Integer(0), "Digits shown after the decimal mark."),
        field("min_n", Kind::Integer(0), "With fewer rows the value is shown and its status is `unknown`."),
        field(
            "hide_below",
            Kind::Integer(2),
            "With fewer rows value and n are withheld everywhere, and what would give them away.",
        ),
        field("owner", Kind::Text, "Who answers for it."),
        field("objective", NAMES, "The objectives that it measures."),
        field("activity", NAMES, "The activities that it measures."),
        field("area", NAMES, "The areas that answer for it."),
        field("influenced_by", NAMES, "The areas that can move it."),
        field(
            "indicator",
            Kind::OneOf(&["leading", "lagging"]),
            "Whether it moves before or after the result.",
        ),
        field("scope", Kind::OneOf(&["generic", "specific"]), "The whole population, or a part of it."),
        field("concept", Kind::Text, "KPIs of one concept measure the same thing."),
        field(
            "drives",
            Kind::OneOrList(&short(&Kind::Text, &Kind::Fields(&DRIVES))),
            "KPIs that it is claimed to move.",
        ),
        field("guards", NAMES, "KPIs that may rise only while this one holds."),
        field("since", Kind::Date, "The day that it came into use."),
        field(
            "review",
            Kind::OneOf(&["daily", "weekly", "monthly", "quarterly", "yearly"]),
            "How often its definition is looked at.",
        ),
        field(
            "target",
            short(&Kind::Formula, &Kind::Fields(&TARGET)),
            "The value wanted: a formula, or a table.",
        ),
        field("baseline", Kind::Formula, "Where the way to the target begins."),
        field(
            "status",
            Kind::Fields(&STATUS),
            "Floors of attainment, or ranges of the value, for each status.",
        ),
        field("pace", Kind::OneOf(&["none"]), "`none` compares an open period with the whole target.")
            .default("by elapsed days, for flows"),
        field("cost", short(&Kind::Formula, &Kind::Fields(&AMOUNT)), "What measuring it costs."),
        field("benefit", short(&Kind::Formula, &Kind::Fields(&AMOUNT)), "What having it is worth."),
    ],
    rest: None,
};

static BETTER: Table = Table {
    name: "kpis.NAME.better",
    doc: "A good value lies in a range.",
    fields: &[field("within", Kind::Range, "The range, both ends included.").required()],
    rest: None,
};

static DRIVES: Table = Table {
    name: "kpis.NAME.drives",
    doc: "A claim of cause and effect; written as a text it is its `kpi`.",
    fields: &[
        field("kpi", Kind::Text, "The KPI that is moved.").required(),
        field("sign", Kind::OneOf(&["+", "-"]), "Whether it rises or falls with this one.").default("+"),
        field("lag", Kind::Duration, "After how long."),
    ],
    rest: None,
};

static TARGET: Table = Table {
    name: "kpis.NAME.target",
    doc: "Targets that are read from a source.",
    fields: &[
        field("source", Kind::Text, "The source that holds the targets.").required(),
        field("value", Kind::Text, "The column with the target.").required(),
        field("match", NAMES, "Columns that must equal the cell's dimension where they are not empty."),
        field("from", Kind::Text, "The column with the first day that a row holds for."),
        field("grain", Kind::Text, "The grain that the targets are for."),
        field("total", Kind::OneOf(&["sum"]), "`sum`: the total's target is the sum of the parts."),
        field(
            "spread",
            Kind::OneOf(&["days"]),
            "`days`: targets of flows are spread to other grains by days.",
        ),
    ],
    rest: None,
};

const FLOOR: Kind = Kind::Either { scalar: Some(&Kind::Formula), list: Some(&Kind::Range), mapping: None };

static STATUS: Table = Table {
    name: "kpis.NAME.status",
    doc: "Which values are on track, at risk, off track.",
    fields: &[
        field("of", Kind::OneOf(&["attainment", "value"]), "What the floors and ranges are about.")
            .default("attainment"),
        field("on_track", FLOOR, "On track from here, or in this range."),
        field("at_risk", FLOOR, "At risk from here, or in this range."),
        field("off_track", FLOOR, "Off track in this range."),
    ],
    rest: None,
};

static AMOUNT: Table = Table {
    name: "kpis.NAME.cost",
    doc: "An amount for each period, also for `benefit`; written as a text it is its `amount`.",
    fields: &[
        field("amount", Kind::Formula, "The amount.").required(),
        field("every", Kind::Text, "The grain that it is for: `quarter`."),
    ],
    rest: None,
};
