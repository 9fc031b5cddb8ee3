//! `strategy:`, `rules:`, `waivers:`, `scorecards:`, `tests:` -> the places of their entries.

use super::{Fields, Value};
use crate::rulefile::raw::RawJudgement;

/// The entries of the sections that judge, which have been checked for shape.
pub fn judgement(fields: &mut Fields) -> RawJudgement {
    let mut found = RawJudgement::default();
    if let Some(mut strategy) = fields.fields("strategy") {
        for section in ["objectives", "activities", "areas"] {
            let entries = strategy.entries(section).into_iter();
            found.entries.extend(entries.map(|(name, _)| (format!("strategy.{section}"), name)));
        }
    }
    for section in ["rules", "scorecards", "tests"] {
        let entries = fields.entries(section).into_iter();
        found.entries.extend(entries.map(|(name, _)| (section.to_owned(), name)));
    }
    if let Some(Value::List(waivers)) = fields.take("waivers") {
        for waiver in waivers.node {
            if let Value::Fields(mut waiver) = waiver {
                found.entries.extend(waiver.text("rule").map(|rule| ("waivers".to_owned(), rule)));
            }
        }
    }
    found
}
