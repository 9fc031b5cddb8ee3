//! What a field of a rule file may hold: kinds are data, so that one decoder and one reference page
//! serve every section.

/// A kind of value.
#[derive(Debug)]
pub enum Kind {
    /// A single value as typed; `null` is one.
    Scalar,
    /// The text of a CSV file.
    Csv,
    /// A text, read from the source: `00123` stays what was typed.
    Text,
    /// A path, which may hold `${NAME}`.
    Path,
    /// One character.
    Char,
    /// `true` or `false`.
    Boolean,
    /// A whole number, not below this.
    Integer(i64),
    /// A number or percentage: `30%`.
    Share,
    /// A day: `2026-01-31`.
    Date,
    /// A day or a time: `2026-01-31T09:30`.
    Moment,
    /// A number of days, months ...: `2 periods`.
    Duration,
    /// An IANA time zone.
    TimeZone,
    /// A text encoding's label.
    Encoding,
    /// A text, or one per language.
    Local,
    /// A formula.
    Formula,
    /// A constant: number, percentage, text, date or boolean.
    Literal,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// One of these words, or another kind.
    OneOfOr(&'static [&'static str], &'static Kind),
    /// A list.
    List(&'static Kind),
    /// One, or a list.
    OneOrList(&'static Kind),
    /// A range `[low, high]` of formulas; `null` leaves a side open.
    Range,
    /// Names with a value each.
    Entries(&'static Kind),
    /// A mapping with known keys.
    Fields(&'static Table),
    /// A kind for each of the three forms that YAML has.
    Either {
        /// For a single value.
        scalar: Option<&'static Kind>,
        /// For a list.
        list: Option<&'static Kind>,
        /// For a mapping.
        mapping: Option<&'static Kind>,
    },
}

/// One key of a table.
#[derive(Debug)]
pub struct Field {
    /// The key.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether it must be there.
    pub required: bool,
    /// What holds without it; empty where nothing does.
    pub default: &'static str,
    /// One line.
    pub doc: &'static str,
}

/// A mapping with known keys.
#[derive(Debug)]
pub struct Table {
    /// Where it stands: `kpis.NAME`.
    pub name: &'static str,
    /// One line.
    pub doc: &'static str,
    /// Its keys, in the order of the reference page.
    pub fields: &'static [Field],
    /// What other keys hold, where they are names.
    pub rest: Option<Rest>,
}

/// The keys of a table that are names.
#[derive(Debug)]
pub struct Rest {
    /// What they name, in capitals.
    pub name: &'static str,
    /// What they hold.
    pub kind: Kind,
    /// One line.
    pub doc: &'static str,
}

/// An optional field.
pub const fn field(name: &'static str, kind: Kind, doc: &'static str) -> Field {
    Field { name, kind, required: false, default: "", doc }
}

impl Field {
    /// The same, required.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// The same with a default.
    #[must_use]
    pub const fn default(mut self, default: &'static str) -> Self {
        self.default = default;
        self
    }
}

/// A single value or a mapping.
pub const fn short(scalar: &'static Kind, mapping: &'static Kind) -> Kind {
    Kind::Either { scalar: Some(scalar), list: None, mapping: Some(mapping) }
}

impl Kind {
    /// `a whole number`, for messages and the reference.
    pub fn wanted(&self) -> String {
        let either = |kinds: &[Option<&'static Kind>]| {
            let parts: Vec<String> = kinds.iter().flatten().map(|k| k.wanted()).collect();
            parts.join(" or ")
        };
        match self {
            Kind::Scalar => "a single value".into(),
            Kind::Csv => "CSV".into(),
            Kind::Text => "a text".into(),
            Kind::Path => "a path".into(),
            Kind::Char => "one character".into(),
            Kind::Boolean => "`true` or `false`".into(),
            Kind::Integer(_) => "a whole number".into(),
            Kind::Share => "a number or percentage".into(),
            Kind::Date => "a date".into(),
            Kind::Moment => "a date or time".into(),
            Kind::Duration => "a duration".into(),
            Kind::TimeZone => "a time zone".into(),
            Kind::Encoding => "a text encoding".into(),
            Kind::Local => "a text, or one for each language".into(),
            Kind::Formula => "a formula".into(),
            Kind::Literal => "a constant".into(),
            Kind::OneOf(words) => words_or(words),
            Kind::OneOfOr(words, other) => format!("{} or {}", words_or(words), other.wanted()),
            Kind::List(of) => format!("a list, each {}", of.wanted()),
            Kind::OneOrList(of) => format!("{} or a list", of.wanted()),
            Kind::Range => "a range `[low, high]`".into(),
            Kind::Entries(_) => "a mapping of names".into(),
            Kind::Fields(table) => {
                let keys: Vec<String> =
                    table.fields.iter().take(4).map(|f| format!("`{}`", f.name)).collect();
                let more = if table.fields.len() > 4 { " ..." } else { "" };
                format!("a mapping with {}{more}", keys.join(", "))
            }
            Kind::Either { scalar, list, mapping } => either(&[*scalar, *list, *mapping]),
        }
    }

    /// A value as it could be written.
    pub fn example(&self) -> String {
        match self {
            Kind::Scalar => "50%".into(),
            Kind::Csv => "\"account_id, amount\"".into(),
            Kind::Text | Kind::Local => "some text".into(),
            Kind::Path => "data/file.csv".into(),
            Kind::Char => "\";\"".into(),
            Kind::Boolean => "true".into(),
            Kind::Integer(_) => "30".into(),
            Kind::Share => "30%".into(),
            Kind::Date | Kind::Moment => "2026-01-31".into(),
            Kind::Duration => "2 periods".into(),
            Kind::TimeZone => "Europe/Madrid".into(),
            Kind::Encoding => "windows-1252".into(),
            Kind::Formula => "sum(invoices.amount)".into(),
            Kind::Literal => "7".into(),
            Kind::OneOf(words) | Kind::OneOfOr(words, _) => words.first().copied().unwrap_or_default().into(),
            Kind::List(of) => format!("[{}]", of.example()),
            Kind::OneOrList(of) => of.example(),
            Kind::Range => "[50, null]".into(),
            Kind::Entries(of) => format!("{{name: {}}}", of.example()),
            Kind::Fields(table) => {
                let first: Vec<&Field> = table.fields.iter().filter(|f| f.required).collect();
                let first = if first.is_empty() { table.fields.iter().take(1).collect() } else { first };
                let parts: Vec<String> =
                    first.iter().map(|f| format!("{}: {}", f.name, f.kind.flow_example())).collect();
                format!("{{{}}}", parts.join(", "))
            }
            Kind::Either { scalar, list, mapping } => {
                scalar.or(*list).or(*mapping).map(Kind::example).unwrap_or_default()
            }
        }
    }

    fn flow_example(&self) -> String {
        if matches!(self, Kind::Formula) { "5%".into() } else { self.example() }
    }

    /// Calls `visit` for each table that the kind reaches directly.
    pub fn tables(&self, visit: &mut dyn FnMut(&'static Table)) {
        match self {
            Kind::Fields(table) => visit(table),
            Kind::OneOfOr(_, k) | Kind::List(k) | Kind::OneOrList(k) | Kind::Entries(k) => k.tables(visit),
            Kind::Either { scalar, list, mapping } => {
                for kind in [scalar, list, mapping].into_iter().flatten() {
                    kind.tables(visit);
                }
            }
            _ => {}
        }
    }

    /// What stands under a key of a mapping here, or of the mappings in a list here.
    pub fn under(&self, key: &str) -> Option<&'static Kind> {
        match self {
            Kind::Fields(table) => {
                let field = table.fields.iter().find(|f| f.name == key).map(|f| &f.kind);
                field.or_else(|| table.rest.as_ref().map(|rest| &rest.kind))
            }
            Kind::Entries(k) => Some(k),
            Kind::OneOfOr(_, k) | Kind::List(k) | Kind::OneOrList(k) => k.under(key),
            Kind::Either { list, mapping, .. } => mapping.or(*list).and_then(|k| k.under(key)),
            _ => None,
        }
    }

    /// Whether a mapping here has keys that the tables know, or names.
    pub fn has_keys(&self) -> bool {
        match self {
            Kind::Fields(_) | Kind::Entries(_) => true,
            Kind::OneOfOr(_, k) | Kind::List(k) | Kind::OneOrList(k) => k.has_keys(),
            Kind::Either { list, mapping, .. } => mapping.or(*list).is_some_and(Kind::has_keys),
            _ => false,
        }
    }

    /// Whether a single value here is a formula.
    pub fn takes_formula(&self) -> bool {
        match self {
            Kind::Formula => true,
            Kind::Either { scalar: Some(k), .. } | Kind::OneOfOr(_, k) => k.takes_formula(),
            _ => false,
        }
    }
}

fn words_or(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|w| format!("`{w}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}
