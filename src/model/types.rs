//! The types and units of values. Units are types: what cannot be added is an error when rules are
//! checked, never a number.

use std::collections::BTreeMap;
use std::fmt;

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// Whole numbers; 64 bits in rows, 38 digits in results.
    Integer,
    /// 38 digits, this many after the point.
    Decimal(u8),
    /// IEEE double; never NaN or infinite.
    Float,
    /// Unicode text, compared by code point.
    Text,
    /// `true` or `false`.
    Boolean,
    /// A calendar day, year 1 to 9999.
    Date,
    /// An instant; where the data names no zone, local time in the project's zone.
    Timestamp,
    /// Elapsed time, in microseconds.
    Duration,
    /// An error was reported where this came from: fits everything, so that no consequence is.
    Unknown,
}

impl Type {
    /// Integer, decimal, float (or unknown).
    pub fn is_number(self) -> bool {
        matches!(self, Self::Integer | Self::Decimal(_) | Self::Float | Self::Unknown)
    }

    /// Date or timestamp (or unknown).
    pub fn is_time(self) -> bool {
        matches!(self, Self::Date | Self::Timestamp | Self::Unknown)
    }

    /// Reads `decimal(18,2)`, `integer`, `text` ...; `decimal` alone has two digits after the point.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        Some(match text.as_str() {
            "integer" => Self::Integer,
            "float" => Self::Float,
            "text" => Self::Text,
            "boolean" => Self::Boolean,
            "date" => Self::Date,
            "timestamp" => Self::Timestamp,
            "decimal" => Self::Decimal(2),
            other => {
                let inner = other.strip_prefix("decimal(")?.strip_suffix(')')?;
                let (precision, scale) = match inner.split_once(',') {
                    Some((p, s)) => (p.trim().parse::<u8>().ok()?, s.trim().parse::<u8>().ok()?),
                    None => (inner.trim().parse::<u8>().ok()?, 0),
                };
                if precision == 0 || precision > 38 || scale > precision {
                    return None;
                }
                Self::Decimal(scale)
            }
        })
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer => f.write_str("integer"),
            Self::Decimal(_) => f.write_str("decimal"),
            Self::Float => f.write_str("float"),
            Self::Text => f.write_str("text"),
            Self::Boolean => f.write_str("boolean"),
            Self::Date => f.write_str("date"),
            Self::Timestamp => f.write_str("timestamp"),
            Self::Duration => f.write_str("duration"),
            Self::Unknown => f.write_str("unknown"),
        }
    }
}

/// A unit: a product of named units with whole exponents. Empty: a plain number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Unit {
    powers: BTreeMap<UnitName, i8>,
}

/// One unit and what kind it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum UnitName {
    /// A currency or another declared unit: never mixes with others.
    Declared(String),
    /// What a count counts (`account`): informs, and gives way to others in sums.
    Counted(String),
}

impl Unit {
    /// A plain number.
    pub fn none() -> Self {
        Self::default()
    }

    /// A declared unit: `EUR`, `days`, `EUR / account`. `percent` is no unit but a way to show numbers.
    pub fn declared(text: &str) -> Self {
        let mut unit = Self::none();
        for (i, part) in text.split('/').enumerate() {
            for name in part.split('*') {
                let name = name.trim();
                if !name.is_empty() && name != "1" {
                    unit.add(UnitName::Declared(name.to_owned()), if i == 0 { 1 } else { -1 });
                }
            }
        }
        unit
    }

    /// The unit of a count of an entity.
    pub fn counted(entity: &str) -> Self {
        let mut unit = Self::none();
        unit.add(UnitName::Counted(entity.to_owned()), 1);
        unit
    }

    fn add(&mut self, name: UnitName, power: i8) {
        let now = self.powers.get(&name).copied().unwrap_or(0).saturating_add(power);
        if now == 0 {
            self.powers.remove(&name);
        } else {
            self.powers.insert(name, now);
        }
    }

    /// Whether it is a plain number.
    pub fn is_none(&self) -> bool {
        self.powers.is_empty()
    }

    /// The digits of its minor unit, where it is a currency: cents, or none.
    pub fn minor_digits(&self) -> u32 {
        const WHOLE: [&str; 8] = ["JPY", "KRW", "CLP", "VND", "ISK", "PYG", "UGX", "XAF"];
        const MILLS: [&str; 5] = ["BHD", "JOD", "KWD", "OMR", "TND"];
        match self.to_string().as_str() {
            unit if WHOLE.contains(&unit) => 0,
            unit if MILLS.contains(&unit) => 3,
            _ => 2,
        }
    }

    /// Whether it has a part that never mixes (a currency, say).
    pub fn is_strict(&self) -> bool {
        self.powers.keys().any(|k| matches!(k, UnitName::Declared(_)))
    }

    /// The unit of a product.
    #[must_use]
    pub fn times(&self, other: &Self) -> Self {
        let mut unit = self.clone();
        for (name, power) in &other.powers {
            unit.add(name.clone(), *power);
        }
        unit
    }

    /// The unit of a quotient.
    #[must_use]
    pub fn over(&self, other: &Self) -> Self {
        let mut unit = self.clone();
        for (name, power) in &other.powers {
            unit.add(name.clone(), -*power);
        }
        unit
    }

    /// The unit of a sum or comparison of two: the same, or the one of the side that has one; `None`
    /// where they do not mix. Counted things give way: accounts + contacts is a plain number.
    pub fn meet(&self, other: &Self) -> Option<Self> {
        if self == other || other.is_none() {
            return Some(self.clone());
        }
        if self.is_none() {
            return Some(other.clone());
        }
        match (self.is_strict(), other.is_strict()) {
            (true | false, true) | (true, false) => (self.strict() == other.strict()).then(|| self.strict()),
            (false, false) => Some(Self::none()),
        }
    }

    /// Without what it counts.
    #[must_use]
    pub fn strict(&self) -> Self {
        Self {
            powers: self
                .powers
                .iter()
                .filter(|(k, _)| matches!(k, UnitName::Declared(_)))
                .map(|(k, v)| (k.clone(), *v))
                .collect(),
        }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |above: bool| {
            self.powers
                .iter()
                .filter(|(_, p)| (**p > 0) == above)
                .flat_map(|(n, p)| {
                    let (UnitName::Declared(n) | UnitName::Counted(n)) = n;
                    std::iter::repeat_n(n.as_str(), p.unsigned_abs() as usize)
                })
                .collect::<Vec<_>>()
        };
        let (above, below) = (part(true), part(false));
        if above.is_empty() && !below.is_empty() {
            f.write_str("1")?;
        }
        f.write_str(&above.join(" * "))?;
        for name in below {
            write!(f, " / {name}")?;
        }
        Ok(())
    }
}
