//! The words of the language that more than one part of the stage must agree on: reserved ones, named
//! parameters, units of time. The grammar has the same lists; tests hold them equal.

use pest::unicode::{XID_CONTINUE, XID_START};

use super::ast::{BinaryOp, DurationUnit, PeriodField, Status, TextOp};

/// Words that are never a name by themselves, unless in backticks, after a dot or before `(`.
pub const RESERVED: &[&str] = &["and", "or", "not", "where", "per", "true", "false"];

/// The parameters that are given by name: only these make `name = value` a named argument; any other
/// `name = value` is a comparison, so that `share(kind = "new")` means what it says.
pub const NAMED_PARAMETERS: &[&str] =
    &["within", "entity", "attribution", "count", "last", "lag", "same_point", "calculation", "periods"];

/// Words that begin an operator, a clause or a window after a value, so that a unit of a quantity
/// needs backticks to be called so.
pub const NOT_UNITS: &[&str] = &[
    "is",
    "in",
    "between",
    "contains",
    "matches",
    "starts",
    "ends",
    "via",
    "on",
    "by",
    "during",
    "at",
    "as",
    "including",
    "over",
    "year",
    "quarter",
    "month",
    "week",
    "all",
];

/// Keywords of every place, for telling a keyword in capitals from a name.
pub const KEYWORDS: &[&str] = &[
    "and", "or", "not", "where", "per", "true", "false", "in", "between", "is", "contains", "starts", "ends",
    "matches", "via", "on", "at", "as", "during", "by", "over",
];

/// Whether a name can stand without backticks, after a dot at least.
pub fn is_word(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c == '_' || XID_START(c)) && chars.all(XID_CONTINUE)
}

/// Whether a character continues a word.
pub fn continues(c: char) -> bool {
    XID_CONTINUE(c)
}

/// Whether a name can stand without backticks where a value is expected.
pub fn is_plain(name: &str) -> bool {
    is_word(name) && !RESERVED.contains(&name)
}

/// The unit of a duration, by its singular or plural.
pub fn duration_unit(word: &str) -> Option<DurationUnit> {
    Some(match word.strip_suffix('s').unwrap_or(word) {
        "second" => DurationUnit::Second,
        "minute" => DurationUnit::Minute,
        "hour" => DurationUnit::Hour,
        "day" => DurationUnit::Day,
        "week" => DurationUnit::Week,
        "month" => DurationUnit::Month,
        "quarter" => DurationUnit::Quarter,
        "year" => DurationUnit::Year,
        "period" => DurationUnit::Period,
        _ => return None,
    })
}

/// The singular of a unit.
pub fn duration_word(unit: DurationUnit) -> &'static str {
    match unit {
        DurationUnit::Second => "second",
        DurationUnit::Minute => "minute",
        DurationUnit::Hour => "hour",
        DurationUnit::Day => "day",
        DurationUnit::Week => "week",
        DurationUnit::Month => "month",
        DurationUnit::Quarter => "quarter",
        DurationUnit::Year => "year",
        DurationUnit::Period => "period",
    }
}

/// The field of `period` that a word names.
pub fn period_field(word: &str) -> Option<PeriodField> {
    match word {
        "start" => Some(PeriodField::Start),
        "end" => Some(PeriodField::End),
        "last_day" => Some(PeriodField::LastDay),
        _ => None,
    }
}

/// A field of `period` as written after the dot.
pub fn period_field_word(field: PeriodField) -> &'static str {
    match field {
        PeriodField::Start => "start",
        PeriodField::End => "end",
        PeriodField::LastDay => "last_day",
    }
}

/// The status that a word names.
pub fn status(word: &str) -> Option<Status> {
    match word {
        "on_track" => Some(Status::OnTrack),
        "at_risk" => Some(Status::AtRisk),
        "off_track" => Some(Status::OffTrack),
        "unknown" => Some(Status::Unknown),
        _ => None,
    }
}

/// A status as written.
pub fn status_word(status: Status) -> &'static str {
    match status {
        Status::OnTrack => "on_track",
        Status::AtRisk => "at_risk",
        Status::OffTrack => "off_track",
        Status::Unknown => "unknown",
    }
}

/// An operator as written.
pub fn binary_word(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => "+",
        BinaryOp::Sub => "-",
        BinaryOp::Mul => "*",
        BinaryOp::Div => "/",
        BinaryOp::Pow => "^",
        BinaryOp::Eq => "=",
        BinaryOp::NotEq => "!=",
        BinaryOp::Lt => "<",
        BinaryOp::LtEq => "<=",
        BinaryOp::Gt => ">",
        BinaryOp::GtEq => ">=",
        BinaryOp::And => "and",
        BinaryOp::Or => "or",
    }
}

/// A test of a text as written.
pub fn text_op_word(op: TextOp) -> &'static str {
    match op {
        TextOp::Contains => "contains",
        TextOp::StartsWith => "starts with",
        TextOp::EndsWith => "ends with",
        TextOp::Matches => "matches",
    }
}
