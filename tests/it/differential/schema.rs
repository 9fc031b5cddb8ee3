//! The sources that every data set has: their columns, when their rows count, where their relations lead;
//! and the head of the rule file that says so.

use std::fmt::Write as _;

use super::world::Settings;

/// A column's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ty {
    Text,
    Integer,
    Decimal,
    Float,
    Bool,
    Date,
    Stamp,
}

impl Ty {
    fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Integer => "integer",
            Self::Decimal => "decimal(12,2)",
            Self::Float => "float",
            Self::Bool => "boolean",
            Self::Date => "date",
            Self::Stamp => "timestamp",
        }
    }

    pub fn is_number(self) -> bool {
        matches!(self, Self::Integer | Self::Decimal | Self::Float)
    }
}

/// A source, by its place in [`SOURCES`].
pub type Src = usize;

/// What a source is.
#[derive(Debug)]
pub struct Source {
    pub name: &'static str,
    pub columns: &'static [(&'static str, Ty)],
    /// The time column of events.
    pub time: Option<&'static str>,
    /// First and last column of a span.
    pub span: Option<(&'static str, &'static str)>,
    /// The entity that a row is, and its key.
    pub entity: Option<(&'static str, &'static str)>,
    pub relations: &'static [Relation],
    /// The day of a balance; its key is the account.
    pub snapshot: Option<&'static str>,
    /// The source and column whose values its rows are, where it has no file.
    pub distinct: Option<(Src, &'static str)>,
    /// Columns that the rule file makes: name, type, formula.
    pub made: &'static [(&'static str, Ty, &'static str)],
}

/// A way to an entity.
#[derive(Clone, Copy, Debug)]
pub struct Relation {
    pub name: &'static str,
    pub target: Src,
    pub how: How,
}

/// How a relation finds its row.
#[derive(Clone, Copy, Debug)]
pub enum How {
    /// By the key in this column.
    Key(&'static str),
    /// By the owner of an account on a day: that of a column, else the moment that the row counts at.
    Owner(Option<&'static str>),
}

impl Source {
    /// The time that says from when it covers and up to when its rows exist.
    pub fn own_time(&self) -> Option<&'static str> {
        self.time.or(self.span.map(|s| s.0)).or(self.snapshot)
    }

    /// Its columns, those of the file first, then those that are made.
    pub fn all(&self) -> impl Iterator<Item = (&'static str, Ty)> {
        self.columns.iter().copied().chain(self.made.iter().map(|(name, ty, _)| (*name, *ty)))
    }

    pub fn column(&self, name: &str) -> Option<usize> {
        self.all().position(|(n, _)| n == name)
    }

    pub fn relation(&self, name: &str) -> Option<&'static Relation> {
        self.relations.iter().find(|r| r.name == name)
    }
}

pub const ACCOUNTS: Src = 0;
pub const REPS: Src = 1;
pub const OWNERS: Src = 2;
pub const INVOICES: Src = 3;
pub const TOUCHES: Src = 4;
pub const SURVEYS: Src = 5;
pub const BALANCES: Src = 6;
pub const BUYERS: Src = 7;

const ACCOUNT: Relation = Relation { name: "account", target: ACCOUNTS, how: How::Key("account_id") };
const REP: Relation = Relation { name: "rep", target: REPS, how: How::Key("rep_id") };

pub const SOURCES: [Source; 8] = [
    Source {
        name: "accounts",
        columns: &[
            ("account_id", Ty::Text),
            ("name", Ty::Text),
            ("segment", Ty::Text),
            ("is_large", Ty::Bool),
            ("seats", Ty::Integer),
            ("owner_id", Ty::Text),
            ("started_on", Ty::Date),
            ("ended_on", Ty::Date),
        ],
        time: None,
        span: Some(("started_on", "ended_on")),
        entity: Some(("account", "account_id")),
        relations: &[
            Relation { name: "rep", target: REPS, how: How::Owner(None) },
            Relation { name: "current_rep", target: REPS, how: How::Key("owner_id") },
            Relation { name: "first_rep", target: REPS, how: How::Owner(Some("started_on")) },
        ],
        snapshot: None,
        distinct: None,
        made: &[
            ("first_invoice_on", Ty::Date, "min(invoices.issued_on)"),
            ("invoice_count", Ty::Integer, "count(invoices where amount > 0)"),
            ("paid_sum", Ty::Decimal, "sum(invoices.amount on paid_on)"),
            ("last_kind", Ty::Text, "last(invoices.kind)"),
            ("is_buyer", Ty::Bool, "invoice_count > 1"),
        ],
    },
    Source {
        name: "reps",
        columns: &[("rep_id", Ty::Text), ("region", Ty::Text), ("quota", Ty::Decimal)],
        time: None,
        span: None,
        entity: Some(("rep", "rep_id")),
        relations: &[],
        snapshot: None,
        distinct: None,
        made: &[("sales", Ty::Decimal, "sum(invoices.amount via rep)")],
    },
    Source {
        name: "account_owners",
        columns: &[
            ("account_id", Ty::Text),
            ("rep_id", Ty::Text),
            ("part", Ty::Decimal),
            ("valid_from", Ty::Date),
            ("valid_to", Ty::Date),
        ],
        time: None,
        span: Some(("valid_from", "valid_to")),
        entity: None,
        relations: &[ACCOUNT, REP],
        snapshot: None,
        distinct: None,
        made: &[],
    },
    Source {
        name: "invoices",
        columns: &[
            ("invoice_id", Ty::Text),
            ("issued_on", Ty::Date),
            ("paid_on", Ty::Date),
            ("amount", Ty::Decimal),
            ("qty", Ty::Integer),
            ("weight", Ty::Float),
            ("kind", Ty::Text),
            ("account_id", Ty::Text),
            ("rep_id", Ty::Text),
        ],
        time: Some("issued_on"),
        span: None,
        entity: Some(("invoice", "invoice_id")),
        relations: &[ACCOUNT, REP, Relation { name: "buyer", target: BUYERS, how: How::Key("account_id") }],
        snapshot: None,
        distinct: None,
        made: &[],
    },
    Source {
        name: "touches",
        columns: &[
            ("at", Ty::Stamp),
            ("minutes", Ty::Integer),
            ("channel", Ty::Text),
            ("account_id", Ty::Text),
        ],
        time: Some("at"),
        span: None,
        entity: None,
        relations: &[ACCOUNT],
        snapshot: None,
        distinct: None,
        made: &[],
    },
    Source {
        name: "surveys",
        columns: &[
            ("survey_id", Ty::Text),
            ("answered_on", Ty::Date),
            ("nps", Ty::Integer),
            ("account_id", Ty::Text),
        ],
        time: Some("answered_on"),
        span: None,
        entity: None,
        relations: &[ACCOUNT],
        snapshot: None,
        distinct: None,
        made: &[],
    },
    Source {
        name: "balances",
        columns: &[("day", Ty::Date), ("account_id", Ty::Text), ("due", Ty::Decimal), ("users", Ty::Integer)],
        time: None,
        span: None,
        entity: None,
        relations: &[ACCOUNT],
        snapshot: Some("day"),
        distinct: None,
        made: &[],
    },
    Source {
        name: "buyers",
        columns: &[("account_id", Ty::Text)],
        time: Some("since"),
        span: None,
        entity: Some(("buyer", "account_id")),
        relations: &[ACCOUNT],
        snapshot: None,
        distinct: Some((INVOICES, "account_id")),
        made: &[("since", Ty::Date, "min(invoices.issued_on)"), ("bought", Ty::Integer, "sum(invoices.qty)")],
    },
];

/// How a source reaches an entity: its own relation of that name, else by the shortest chain, of equal ones
/// by that whose last relation has the name.
pub fn route(source: Src, entity: &str) -> Option<Vec<&'static str>> {
    let here = &SOURCES[source];
    let is = |target: Src| SOURCES[target].entity.is_some_and(|(e, _)| e == entity);
    if is(source) {
        return Some(Vec::new());
    }
    let one = here.relations.iter().filter(|r| is(r.target)).map(|r| vec![r.name]);
    let further = |r: &'static Relation| {
        let next = SOURCES[r.target].relations.iter().filter(|n| is(n.target));
        next.map(move |n| vec![r.name, n.name])
    };
    let all: Vec<Vec<&'static str>> = one.chain(here.relations.iter().flat_map(further)).collect();
    let least = all.iter().map(Vec::len).min()?;
    let shortest: Vec<_> = all.into_iter().filter(|way| way.len() == least).collect();
    let named = shortest.iter().find(|way| way.last() == Some(&entity)).cloned();
    named.or_else(|| shortest.into_iter().next())
}

/// The file of a source.
pub fn file(source: Src, settings: &Settings) -> String {
    let ending = if settings.parquet[source] { "parquet" } else { "csv" };
    format!("{}.{ending}", SOURCES[source].name)
}

/// `account_id:text, started_on:date`, as the typed files of golden cases want it.
pub fn typed_header(source: Src) -> String {
    let columns: Vec<String> = SOURCES[source]
        .columns
        .iter()
        .map(|(name, ty)| {
            let word = if *ty == Ty::Stamp { "timestamp(UTC)" } else { ty.word() };
            format!("{name}:{word}")
        })
        .collect();
    columns.join(", ")
}

/// The rule file before its KPIs, with the sources that are asked for.
pub fn head(settings: &Settings, needed: &[Src]) -> String {
    let mut text = settings.head();
    text.push_str("sources:\n");
    for (id, source) in SOURCES.iter().enumerate().filter(|(id, _)| needed.contains(id)) {
        let _ = writeln!(text, "  {}:", source.name);
        let _ = match source.distinct {
            Some((of, column)) => writeln!(text, "    distinct: {}.{column}", SOURCES[of].name),
            None => writeln!(text, "    path: {}", file(id, settings)),
        };
        if let Some((entity, key)) = source.entity {
            let _ = write!(text, "    entity: {entity}\n    key: {key}\n");
        }
        if let Some(time) = source.time {
            let _ = writeln!(text, "    time: {time}");
        }
        if let Some((from, to)) = source.span {
            let inclusive = if id == ACCOUNTS && settings.inclusive { ", inclusive: true" } else { "" };
            let _ = writeln!(text, "    span: {{from: {from}, to: {to}{inclusive}}}");
        }
        if let Some(day) = source.snapshot {
            let _ = writeln!(
                text,
                "    snapshot: {{time: {day}, per: account, carry: {}}}",
                settings.carry.word()
            );
        }
        text.push_str(&settings.extras(id));
        let of_file = if source.distinct.is_some() { &[] } else { source.columns };
        let columns = of_file.iter().map(|(name, ty)| column(name, *ty));
        let made = source.made.iter().map(|(name, _, formula)| format!("{name}: {{formula: {formula}}}"));
        let all: Vec<String> = columns.chain(made).collect();
        let _ = writeln!(text, "    columns: {{{}}}", all.join(", "));
        let relations: Vec<String> = source.relations.iter().map(relation).collect();
        if !relations.is_empty() {
            let _ = writeln!(text, "    relations: {{{}}}", relations.join(", "));
        }
    }
    text
}

fn relation(relation: &Relation) -> String {
    let entity = SOURCES[relation.target].entity.map_or("", |e| e.0);
    let how = match relation.how {
        How::Key(key) => format!("key: {key}"),
        How::Owner(at) => format!("via: account_owners, at: {}", at.unwrap_or("moment")),
    };
    format!("{}: {{to: {entity}, {how}}}", relation.name)
}

/// The sources that a source's relations and columns stand on.
pub fn stands_on(source: Src) -> Vec<Src> {
    let mut all: Vec<Src> = SOURCES[source].relations.iter().map(|r| r.target).collect();
    all.extend(SOURCES[source].relations.iter().any(|r| matches!(r.how, How::Owner(_))).then_some(OWNERS));
    all.extend((!SOURCES[source].made.is_empty()).then_some(INVOICES));
    all
}

fn column(name: &str, ty: Ty) -> String {
    let valid = if name == "nps" { ", valid: nps between 0 and 10" } else { "" };
    let quote = if ty == Ty::Decimal { "\"" } else { "" };
    format!("{name}: {{type: {quote}{}{quote}{valid}}}", ty.word())
}
