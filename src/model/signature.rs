//! What a function takes and gives, as data: the checker, the reference page and `rumbo functions`
//! read it; how it computes stands in `functions/`.

use super::types::{Type, Unit};

/// What kind of function it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// Values to a value, in rows and results alike.
    Scalar,
    /// Values of a row to a value, in rows alone.
    Row,
    /// Rows of one source to a value.
    Aggregate,
    /// Across periods: `previous`, `growth` ...
    Periods,
    /// Across the breakdown: `total`, `rank` ...
    Breakdown,
    /// Conversion of events.
    Conversion,
    /// Over the history of results: `trend`, `corr` ...
    History,
}

impl Class {
    /// All of them with their titles, in the order in which they are shown.
    pub const ALL: [(Self, &'static str); 7] = [
        (Self::Aggregate, "Aggregates: rows of a source to a value"),
        (Self::Scalar, "Values to a value, in rows and results"),
        (Self::Row, "Values to a value, in rows alone"),
        (Self::Periods, "Across periods"),
        (Self::Breakdown, "Across the breakdown"),
        (Self::Conversion, "Conversion"),
        (Self::History, "Over the history of results"),
    ];

    /// Its place among them.
    pub fn order(self) -> usize {
        Self::ALL.iter().position(|(c, _)| *c == self).unwrap_or(usize::MAX)
    }

    /// Its title.
    pub fn title(self) -> &'static str {
        Self::ALL.iter().find(|(c, _)| *c == self).map_or("", |(_, t)| t)
    }
}

/// One parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Param {
    /// Its name in the docs; a named argument where the language says so.
    pub name: &'static str,
    /// Whether it may be left out.
    pub optional: bool,
    /// Whether more of it may follow (only the last).
    pub repeated: bool,
}

impl Param {
    /// A required parameter.
    pub const fn one(name: &'static str) -> Self {
        Self { name, optional: false, repeated: false }
    }
    /// An optional parameter.
    pub const fn opt(name: &'static str) -> Self {
        Self { name, optional: true, repeated: false }
    }
    /// One or more.
    pub const fn many(name: &'static str) -> Self {
        Self { name, optional: false, repeated: true }
    }
}

/// An argument as the checker knows it.
#[derive(Clone, Debug, PartialEq)]
pub struct ArgType {
    /// Its type.
    pub ty: Type,
    /// Its unit.
    pub unit: Unit,
    /// Its value, if it is a whole number written in the formula (`round(x, 2)`).
    pub integer: Option<i64>,
}

/// What is wrong with an argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArgError {
    /// The argument of this index is of the wrong type; what was expected.
    Type(usize, &'static str),
    /// The units of these two arguments do not meet.
    Units(usize, usize),
    /// Another problem with this argument.
    Other(usize, String),
}

/// The result of type inference.
pub type Inferred = Result<(Type, Unit), ArgError>;

/// An example that runs as a test: a formula of constants and its value as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Example {
    /// `round(1.005, 2)`.
    pub formula: &'static str,
    /// `1.01`, or `missing`.
    pub result: &'static str,
}

/// A function as users see it.
#[derive(Clone, Copy, Debug)]
pub struct Signature {
    /// Its name.
    pub name: &'static str,
    /// What kind it is.
    pub class: Class,
    /// Its parameters.
    pub params: &'static [Param],
    /// What it does, in one sentence or two: arguments, result, missing values.
    pub doc: &'static str,
    /// The type and unit of its result.
    pub infer: fn(&[ArgType]) -> Inferred,
    /// Examples.
    pub examples: &'static [Example],
    /// Whether it is evaluated; one that is not is refused by name.
    pub evaluated: bool,
}

impl Signature {
    /// How many arguments it takes, at least and at most.
    pub fn arity(&self) -> (usize, Option<usize>) {
        let least = self.params.iter().filter(|p| !p.optional).count();
        let most =
            if self.params.last().is_some_and(|p| p.repeated) { None } else { Some(self.params.len()) };
        (least, most)
    }

    /// `round(x, [digits])`.
    pub fn usage(&self) -> String {
        let params: Vec<String> = self
            .params
            .iter()
            .map(|p| match (p.optional, p.repeated) {
                (true, _) => format!("[{}]", p.name),
                (_, true) => format!("{}, ...", p.name),
                _ => p.name.to_owned(),
            })
            .collect();
        format!("{}({})", self.name, params.join(", "))
    }
}
