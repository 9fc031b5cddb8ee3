//! A value that does not parse -> the option that would read it, found by trying. Where two would,
//! both are named: choosing is for people.

use super::moment::{self, Moment};
use super::number;
use super::spec::{CsvOptions, Format};
use super::value::BadValue;
use crate::model::types::Type;

/// Texts that programs and people write for a missing value.
pub const MARKERS: &[&str] = &[
    "", "-", "--", "—", "–", ".", "?", "N/A", "n/a", "NA", "na", "#N/A", "NULL", "null", "Null", "None",
    "none", "nil", "NaN", "nan", "missing", "unknown", "\\N", "#REF!", "#VALUE!", "#DIV/0!", "(null)",
    "(blank)",
];

/// Day patterns worth proposing, day first before month first.
const DAYS: &[&str] = &[
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d.%m.%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%Y%m%d",
    "%d/%m/%y",
    "%m/%d/%y",
    "%d.%m.%y",
    "%d %b %Y",
    "%d-%b-%Y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%d %B %Y",
];

/// Times that follow a day.
const TIMES: &[&str] = &["", " %H:%M", " %H:%M:%S", "T%H:%M:%S", " %I:%M %p", " %I:%M:%S %p", ", %H:%M"];

/// The decimal and thousands marks worth proposing.
const MARKS: &[(char, Option<char>)] = &[
    (',', None),
    ('.', Some(',')),
    (',', Some('.')),
    (',', Some(' ')),
    ('.', Some(' ')),
    ('.', Some('\'')),
    ('.', None),
];

/// How to read `text` as a `ty`, or how to declare the column otherwise.
pub fn help(
    text: &str,
    ty: Type,
    why: BadValue,
    column: &str,
    options: &CsvOptions,
    format: Format,
) -> String {
    let bare = text.trim();
    let declare = |ty: &str| format!("declare the column: `columns: {{{}: {{type: {ty}}}}}`", quoted(column));
    if MARKERS.contains(&bare) {
        let mut all: Vec<String> = options.missing.iter().map(|m| format!("\"{m}\"")).collect();
        all.push(format!("\"{bare}\""));
        return format!("a missing value? add `csv: {{missing: [{}]}}`", all.join(", "));
    }
    match (why, ty) {
        (BadValue::Fraction(_), Type::Integer | Type::Decimal(_)) => {
            return fraction(bare, options, &declare);
        }
        (BadValue::Digits, Type::Integer) | (BadValue::LeadingZeros, _) => return declare("text"),
        (BadValue::Digits, _) => return declare("float"),
        (BadValue::HasTime, _) => return declare("timestamp"),
        _ => {}
    }
    let found = match ty {
        Type::Integer | Type::Decimal(_) | Type::Float => marks(bare, ty, options, format, &declare),
        Type::Date | Type::Timestamp => patterns(bare, ty),
        Type::Boolean => Some(format!(
            "booleans are `true` and `false`; {}, and compare: `{column} = \"{bare}\"`",
            declare("text")
        )),
        _ => None,
    };
    found.unwrap_or_else(|| declare("text"))
}

fn fraction(text: &str, options: &CsvOptions, declare: &dyn Fn(&str) -> String) -> String {
    let digits = number::parts(text, options).map_or(2, |p| p.fraction.len());
    let decimal =
        declare(&if digits <= 12 { format!("\"decimal(18,{digits})\"") } else { "float".to_owned() });
    // `1.234` may be one and a bit, or one thousand and more.
    match options.thousands {
        None if digits == 3 => {
            let mark = options.decimal;
            let other = if mark == '.' { ',' } else { '.' };
            format!("{decimal}; or thousands? add `csv: {{decimal: \"{other}\", thousands: \"{mark}\"}}`")
        }
        _ => decimal,
    }
}

fn marks(
    text: &str,
    ty: Type,
    options: &CsvOptions,
    format: Format,
    declare: &dyn Fn(&str) -> String,
) -> Option<String> {
    if format == Format::Csv {
        let mut ways: Vec<String> = Vec::new();
        for (decimal, thousands) in MARKS {
            let other = CsvOptions { decimal: *decimal, thousands: *thousands, ..options.clone() };
            let reads = match ty {
                Type::Integer => number::integer(text, &other).is_some(),
                _ => number::parts(text, &other).is_some(),
            };
            if reads && (*decimal, *thousands) != (options.decimal, options.thousands) {
                let word = if number::parts(text, &other).is_some_and(|p| p.fraction.is_empty()) {
                    "thousands"
                } else {
                    "decimal"
                };
                let name = if *decimal == ',' && word == "decimal" { "decimal comma" } else { word };
                // The simplest way of a kind says all that this value can.
                if ways.iter().any(|w| w.starts_with(&format!("{name}?"))) {
                    continue;
                }
                let thousands = thousands.map(|t| format!(", thousands: \"{t}\"")).unwrap_or_default();
                ways.push(format!("{name}? add `csv: {{decimal: \"{decimal}\"{thousands}}}`"));
            }
        }
        // More than two means that one mark is simply a matter of taste.
        ways.truncate(2);
        if !ways.is_empty() {
            return Some(ways.join("; "));
        }
    }
    if number::float(text, options).is_some() {
        return Some(declare("float"));
    }
    let stripped = text.trim_matches(|c: char| c.is_alphabetic() || " %€$£¥₹\u{a0}".contains(c));
    if stripped.len() < text.len() && stripped.contains(|c: char| c.is_ascii_digit()) {
        let sign = if text.contains('%') { "percent signs" } else { "currency signs and units" };
        return Some(format!("{sign} are not read: take them out of the file, or {}", declare("text")));
    }
    None
}

fn patterns(text: &str, ty: Type) -> Option<String> {
    let mut fitting: Vec<String> = Vec::new();
    for day in DAYS {
        for time in TIMES {
            let pattern = format!("{day}{time}");
            let fits = match moment::by_pattern(text, &pattern) {
                Some(Moment::Day(_)) => true,
                Some(_) => ty == Type::Timestamp,
                None => false,
            };
            if fits && !fitting.contains(&pattern) {
                fitting.push(pattern);
            }
        }
    }
    match fitting.as_slice() {
        [] => None,
        [one] => Some(format!("add `csv: {{date: \"{one}\"}}`")),
        [one, two, ..] => {
            Some(format!("day or month first? add `csv: {{date: \"{one}\"}}` or `csv: {{date: \"{two}\"}}`"))
        }
    }
}

/// A name as a YAML key.
fn quoted(name: &str) -> String {
    let plain = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == ' ');
    if plain && name.trim() == name { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\\\"")) }
}

/// What a header of one column says about the delimiter.
pub fn delimiter(file: &str, header: &[String], options: &CsvOptions) -> Option<String> {
    let [only] = header else { return None };
    let other = [(';', ";"), ('\t', "\\t"), ('|', "|"), (',', ",")]
        .into_iter()
        .find(|(c, _)| only.contains(*c) && u8::try_from(*c) != Ok(options.delimiter))?;
    let shown: String = only.chars().take(40).collect();
    Some(format!(
        "the header of `{file}` is one column, `{shown}`: another delimiter? add `csv: {{delimiter: \"{}\"}}`",
        other.1
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn help_for(text: &str, ty: Type) -> String {
        help(text, ty, BadValue::NoValue, "amount", &CsvOptions::default(), Format::Csv)
    }

    #[test]
    fn options_are_found_by_trying() {
        let decimal = Type::Decimal(2);
        assert_eq!(
            help_for("1.234,56", decimal),
            r#"decimal comma? add `csv: {decimal: ",", thousands: "."}`"#
        );
        assert!(help_for("12,5", decimal).starts_with(r#"decimal comma? add `csv: {decimal: ","}`"#));
        assert_eq!(help_for("1,234.56", decimal), r#"decimal? add `csv: {decimal: ".", thousands: ","}`"#);
        assert!(help_for("1,234", decimal).contains("; thousands? add"));
        assert_eq!(help_for("N/A", decimal), r#"a missing value? add `csv: {missing: ["", "N/A"]}`"#);
        assert_eq!(help_for("31/01/2026", Type::Date), r#"add `csv: {date: "%d/%m/%Y"}`"#);
        assert!(help_for("01/02/2026", Type::Date).starts_with("day or month first?"));
        assert!(help_for("31/01/2026 10:30", Type::Timestamp).contains("%d/%m/%Y %H:%M"));
        assert!(help_for("5 %", decimal).contains("percent"));
        assert!(help_for("€12.50", decimal).contains("currency"));
        assert!(help_for("1e5", decimal).contains("float"));
        assert!(help_for("abc", decimal).contains("type: text"));
        let digits =
            help("1.234", Type::Integer, BadValue::Fraction(3), "n", &CsvOptions::default(), Format::Csv);
        assert!(digits.contains("decimal(18,3)") && digits.contains("thousands"), "{digits}");
        let header = ["a;b".to_owned()];
        assert!(delimiter("x.csv", &header, &CsvOptions::default()).unwrap().contains("\";\""));
    }
}
