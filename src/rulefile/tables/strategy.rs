//! The keys of `strategy:`.

use super::kind::{Kind, Table, field};

/// The strategy.
pub static STRATEGY: Table = Table {
    name: "strategy",
    doc: "What KPIs are there for: the three axes that rules look along.",
    fields: &[
        field("objectives", Kind::Entries(&Kind::Fields(&OBJECTIVE)), "What the organisation wants."),
        field("activities", Kind::Entries(&Kind::Fields(&ACTIVITY)), "What people do."),
        field("areas", Kind::Entries(&Kind::Fields(&AREA)), "Who does it."),
    ],
    rest: None,
};

static OBJECTIVE: Table = Table {
    name: "strategy.objectives.NAME",
    doc: "One objective.",
    fields: &[
        field("label", Kind::Local, "How it is shown."),
        field("description", Kind::Local, "What it means."),
        field("weight", Kind::Share, "Its part of the whole."),
        field("parent", Kind::Text, "The objective that it is part of."),
        field("approved_on", Kind::Date, "The day that it was approved."),
        field("owner", Kind::Text, "Who answers for it."),
    ],
    rest: None,
};

static ACTIVITY: Table = Table {
    name: "strategy.activities.NAME",
    doc: "One activity.",
    fields: &[
        field("label", Kind::Local, "How it is shown."),
        field("description", Kind::Local, "What is done."),
        field("parent", Kind::Text, "The activity that it is part of."),
        field("area", Kind::OneOrList(&Kind::Text), "The areas that do it."),
        field("owner", Kind::Text, "Who answers for it."),
    ],
    rest: None,
};

static AREA: Table = Table {
    name: "strategy.areas.NAME",
    doc: "One area.",
    fields: &[
        field("label", Kind::Local, "How it is shown."),
        field("description", Kind::Local, "What it does."),
        field("parent", Kind::Text, "The area that it is part of."),
        field("owner", Kind::Text, "Who answers for it."),
    ],
    rest: None,
};
