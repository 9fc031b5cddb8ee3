//! Single values: texts from their source, words of a set, numbers, dates, durations. Numbers and dates
//! stay as typed where the raw rules want them so; only their form is checked.

use chrono::{DateTime, NaiveDate, NaiveDateTime};

use super::{At, Decoder, Value};
use crate::diagnostic::{Diagnostic, codes, near};
use crate::rulefile::node::{Node, Scalar, Style};
use crate::rulefile::tables::Kind;
use crate::source::Spanned;

const DURATION_UNITS: &[&str] =
    &["second", "minute", "hour", "day", "week", "month", "quarter", "year", "period"];

impl Decoder<'_> {
    /// A scalar of a kind that is written as one.
    pub fn scalar(&mut self, node: &Node, scalar: &Scalar, kind: &Kind, at: At<'_>) -> Option<Value> {
        if node.is_empty() {
            return self.wrong(node, kind, at);
        }
        let text = scalar.text.as_str();
        let kept = || Some(Value::Text(Spanned::new(text.to_owned(), node.span)));
        let plain = scalar.style == Style::Plain;
        match kind {
            Kind::Text | Kind::Path => kept(),
            Kind::OneOf(words) if words.contains(&text) => kept(),
            Kind::OneOf(words) => self.not_one_of(node, text, words, at),
            Kind::OneOfOr(words, _) if words.contains(&text) => kept(),
            Kind::OneOfOr(words, other) => {
                let known = self.diags.0.len();
                let value = self.value(node, other, at);
                if value.is_none() && self.diags.0.len() > known {
                    self.diags.0.truncate(known);
                    let help = near::did_you_mean(text, words.iter().copied());
                    self.invalid(node, at, &kind.wanted(), help);
                }
                value
            }
            Kind::Char if text.chars().count() == 1 => kept(),
            Kind::Char => {
                let help = (text == "tab" || text == "\\t").then(|| "a tab is `\"\\t\"`".to_owned());
                self.invalid(node, at, "one character", help)
            }
            Kind::Boolean => match text {
                "true" | "false" if plain => Some(Value::Boolean(Spanned::new(text == "true", node.span))),
                _ => self.wrong_scalar(
                    node,
                    at,
                    kind,
                    Some("YAML 1.2 knows only `true` and `false`, without quotes"),
                ),
            },
            Kind::Integer(least) => match text.replace('_', "").parse::<i64>() {
                Ok(number) if number >= *least => Some(Value::Integer(Spanned::new(number, node.span))),
                Ok(_) => self.invalid(node, at, &format!("{least} or more"), None),
                Err(_) => self.wrong_scalar(node, at, kind, None),
            },
            Kind::Share => {
                let number = text.strip_suffix('%').map_or(text, str::trim_end).replace('_', "");
                let digits = number.strip_prefix('-').unwrap_or(&number);
                let decimal = !digits.is_empty()
                    && digits.starts_with(|c: char| c.is_ascii_digit())
                    && digits.chars().all(|c| c.is_ascii_digit() || c == '.')
                    && digits.matches('.').count() <= 1;
                if decimal { kept() } else { self.wrong_scalar(node, at, kind, None) }
            }
            Kind::Date => {
                if is_date(text) {
                    kept()
                } else {
                    self.invalid(node, at, "a day of the calendar", Some(DATE.into()))
                }
            }
            Kind::Moment => {
                let right = is_date(text) || is_time(text);
                if right {
                    kept()
                } else {
                    self.invalid(node, at, "a day of the calendar or a time", Some(MOMENT.into()))
                }
            }
            Kind::Duration => {
                let unit = duration_unit(text);
                match unit {
                    Some(unit) if DURATION_UNITS.contains(&unit.strip_suffix('s').unwrap_or(unit)) => kept(),
                    Some(unit) => {
                        let help = near::did_you_mean(unit, DURATION_UNITS.iter().copied());
                        self.invalid(node, at, "a number with a unit of time", help)
                    }
                    None => self.invalid(
                        node,
                        at,
                        "a duration",
                        Some("for example `2 periods`, `35 days`".into()),
                    ),
                }
            }
            Kind::TimeZone if text.parse::<chrono_tz::Tz>().is_ok() => kept(),
            Kind::TimeZone => {
                let near = near::nearest(text, chrono_tz::TZ_VARIANTS.iter().map(|z| z.name()));
                let help = near.map_or("zones are named as in `Europe/Madrid`".to_owned(), |z| {
                    format!("a near name exists: `{z}`")
                });
                self.invalid(node, at, "a zone of the IANA database", Some(help))
            }
            Kind::Encoding if encoding_rs::Encoding::for_label(text.as_bytes()).is_some() => kept(),
            Kind::Encoding => {
                let help = "for example `utf-8`, `windows-1252`, `utf-16le`, `shift_jis`".to_owned();
                self.invalid(node, at, "an encoding of the WHATWG list", Some(help))
            }
            _ => self.wrong(node, kind, at),
        }
    }

    fn not_one_of(&mut self, node: &Node, text: &str, words: &[&str], at: At<'_>) -> Option<Value> {
        let mut diagnostic =
            Diagnostic::new(&codes::INVALID_VALUE, format!("`{}` cannot be `{}`", at.key, clip(text)))
                .at(node.span, "not one of the words known here");
        if let Some(near) = near::nearest(text, words.iter().copied()) {
            diagnostic = diagnostic.fix(node.span, near);
        }
        if let Some(help) = near::did_you_mean(text, words.iter().copied()) {
            diagnostic = diagnostic.help(help);
        }
        self.diags.push(diagnostic);
        None
    }

    fn invalid(&mut self, node: &Node, at: At<'_>, wanted: &str, help: Option<String>) -> Option<Value> {
        let mut diagnostic = Diagnostic::new(&codes::INVALID_VALUE, format!("`{}` must be {wanted}", at.key))
            .at(node.span, format!("expected {wanted}"));
        if let Some(help) = help {
            diagnostic = diagnostic.help(help);
        }
        self.diags.push(diagnostic);
        None
    }

    fn wrong_scalar(&mut self, node: &Node, at: At<'_>, kind: &Kind, note: Option<&str>) -> Option<Value> {
        let mut diagnostic =
            Diagnostic::new(&codes::WRONG_TYPE, format!("`{}` must be {}", at.key, kind.wanted()))
                .at(node.span, format!("not {}", kind.wanted()))
                .help(format!("for example `{}: {}`", at.key, kind.example()));
        if let Some(note) = note {
            diagnostic = diagnostic.note(note);
        }
        self.diags.push(diagnostic);
        None
    }
}

const DATE: &str = "write year, month and day: `2026-01-31`";
const MOMENT: &str = "write `2026-01-31`, `2026-01-31T09:30` or `2026-01-31T09:30:00+01:00`";

/// A text short enough for a headline.
pub fn clip(text: &str) -> String {
    let first = text.lines().next().unwrap_or("");
    if first.chars().count() > 40 || first.len() < text.len() {
        first.chars().take(40).chain("...".chars()).collect()
    } else {
        first.to_owned()
    }
}

fn is_date(text: &str) -> bool {
    // chrono alone would take `2026-1-5` and `+12026-01-01`.
    text.len() == 10 && NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok()
}

fn is_time(text: &str) -> bool {
    let text = text.replacen(' ', "T", 1);
    is_date(text.get(..10).unwrap_or(""))
        && (DateTime::parse_from_rfc3339(&text).is_ok()
            || ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S%.f"]
                .iter()
                .any(|f| NaiveDateTime::parse_from_str(&text, f).is_ok())
            || ["%Y-%m-%dT%H:%M%:z", "%Y-%m-%dT%H:%MZ"].iter().any(|f| {
                DateTime::parse_from_str(&text, f).is_ok() || NaiveDateTime::parse_from_str(&text, f).is_ok()
            }))
}

/// The unit of `2 periods`, `1.5 days`.
fn duration_unit(text: &str) -> Option<&str> {
    let (number, unit) = text.trim().split_once(' ')?;
    let unit = unit.trim();
    let right = number.chars().all(|c| c.is_ascii_digit() || c == '.' || c == '_')
        && number.starts_with(|c: char| c.is_ascii_digit())
        && number.matches('.').count() <= 1;
    (right && !unit.is_empty()).then_some(unit)
}
