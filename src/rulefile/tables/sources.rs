//! The keys of `sources:`.

use super::kind::{Kind, Table, field};

/// One source.
pub static SOURCE: Table = Table {
    name: "sources.NAME",
    doc: "Rows of data: where they are, what a row is, when it counts.",
    fields: &[
        field(
            "path",
            Kind::Path,
            "A file, pattern, folder (hive partitions) or URL, relative to the project folder.",
        ),
        field(
            "format",
            Kind::OneOf(&["parquet", "csv", "ndjson", "arrow"]),
            "The format, where the file's name does not tell.",
        ),
        field("csv", Kind::Fields(&CSV), "How its CSV is written."),
        field("partitions", Kind::Entries(&Kind::Text), "Hive partition columns with their types."),
        field("entity", Kind::Text, "A row is one of these: `account`."),
        field("key", Kind::OneOrList(&Kind::Text), "The column or columns that name a row."),
        field("label", Kind::Text, "A column shown beside the key."),
        field("description", Kind::Local, "What the rows are."),
        field("time", Kind::Text, "Event source: the column with the moment that a row happens at."),
        field("span", Kind::Fields(&SPAN), "Span source: a row is active from one day to another."),
        field(
            "snapshot",
            Kind::Fields(&SNAPSHOT),
            "Snapshot source: a row is a balance at the close of its day.",
        ),
        field("keep", Kind::Fields(&KEEP), "Of rows with the same key, the last one counts."),
        field("distinct", Kind::Text, "Derived source: the distinct values of another source's column."),
        field("data_from", Kind::Date, "The first day covered.")
            .default("the start of the period that holds the first row"),
        field("fresh_until", Kind::Moment, "The data is complete up to here."),
        field(
            "on_bad_rows",
            Kind::OneOf(&["error", "quarantine"]),
            "What happens to rows that break what joins rely on.",
        )
        .default("error"),
        field("columns", Kind::Entries(&Kind::Fields(&COLUMN)), "Columns; adds to what the file says."),
        field("relations", Kind::Entries(&Kind::Fields(&RELATION)), "Many-to-one ways to entities."),
    ],
    rest: None,
};

static CSV: Table = Table {
    name: "sources.NAME.csv",
    doc: "How a CSV file is written.",
    fields: &[
        field("delimiter", Kind::Char, "Between fields.").default(","),
        field("decimal", Kind::OneOf(&[".", ","]), "The decimal mark.").default("."),
        field("thousands", Kind::Char, "Between groups of digits.").default("none"),
        field("date", Kind::OneOrList(&Kind::Text), "Patterns of dates and times: `%d/%m/%Y`.")
            .default("ISO 8601"),
        field("encoding", Kind::Encoding, "The text encoding.").default("utf-8"),
        field("missing", Kind::OneOrList(&Kind::Text), "Texts that stand for a missing value.")
            .default("[\"\"]"),
        field(
            "header",
            Kind::Boolean,
            "Whether the first line names the columns; without, they are `column_1` and so on.",
        )
        .default("true"),
        field("quote", Kind::Char, "Around texts.").default("\""),
    ],
    rest: None,
};

static SPAN: Table = Table {
    name: "sources.NAME.span",
    doc: "When a row is active: from `from`, before `to`; a missing `to` is still active.",
    fields: &[
        field("from", Kind::Text, "The column with the first day.").required(),
        field("to", Kind::Text, "The column with the first day after.").required(),
        field("inclusive", Kind::Boolean, "Whether `to` is the last active day.").default("false"),
    ],
    rest: None,
};

static SNAPSHOT: Table = Table {
    name: "sources.NAME.snapshot",
    doc: "Balances: each row holds at the close of its day.",
    fields: &[
        field("time", Kind::Text, "The column with the day.").required(),
        field("per", Kind::Text, "Whose balance a row is: a relation or column."),
        field(
            "carry",
            Kind::OneOfOr(&["none", "until_next"], &Kind::Duration),
            "How long a balance holds without a new one.",
        )
        .default("none"),
    ],
    rest: None,
};

static KEEP: Table = Table {
    name: "sources.NAME.keep",
    doc: "Which of several rows with the same key counts.",
    fields: &[
        field("per", Kind::OneOrList(&Kind::Text), "The column or columns of which each value counts once.")
            .required(),
        field("last", Kind::Text, "The column whose greatest value wins.").required(),
    ],
    rest: None,
};

static COLUMN: Table = Table {
    name: "sources.NAME.columns.NAME",
    doc: "One column.",
    fields: &[
        field("from", Kind::Text, "The file's own name for it."),
        field(
            "type",
            Kind::Text,
            "Its type: `integer`, `decimal(18,2)`, `float`, `text`, `boolean`, `date`, `timestamp`.",
        ),
        field("unit", Kind::Text, "Its unit: `EUR`."),
        field("formula", Kind::Formula, "A formula over the row, or a fact over all related rows."),
        field(
            "valid",
            Kind::Formula,
            "A condition; values that fail it are missing, and counted as invalid.",
        ),
        field("description", Kind::Local, "What it is."),
    ],
    rest: None,
};

static RELATION: Table = Table {
    name: "sources.NAME.relations.NAME",
    doc: "A many-to-one way to an entity.",
    fields: &[
        field("to", Kind::Text, "The entity.").required(),
        field("key", Kind::OneOrList(&Kind::Text), "The columns here that hold the entity's key."),
        field("via", Kind::Text, "A span source that says who held it when."),
        field("at", Kind::Text, "The moment looked up in `via`: a column, or `moment`.").default("moment"),
    ],
    rest: None,
};
