//! `strategy:` -> raw objectives, activities and areas.

use super::{Fields, Value};
use crate::rulefile::raw::{RawActivity, RawArea, RawObjective};
use crate::source::Spanned;

/// The strategy of one file: entries that may stand in another file as well.
#[derive(Debug, Default)]
pub struct Strategy {
    /// `objectives:`.
    pub objectives: Vec<RawObjective>,
    /// `activities:`.
    pub activities: Vec<RawActivity>,
    /// `areas:`.
    pub areas: Vec<RawArea>,
}

/// `strategy:` of one file.
pub fn strategy(fields: Option<Fields>) -> Strategy {
    let Some(mut fields) = fields else { return Strategy::default() };
    Strategy {
        objectives: each(fields.entries("objectives"), |name, mut f| RawObjective {
            name,
            label: f.local("label"),
            description: f.local("description"),
            weight: f.text("weight"),
            parent: f.text("parent"),
            approved_on: f.text("approved_on"),
            owner: f.text("owner"),
        }),
        activities: each(fields.entries("activities"), |name, mut f| RawActivity {
            name,
            label: f.local("label"),
            description: f.local("description"),
            parent: f.text("parent"),
            area: f.texts("area"),
            owner: f.text("owner"),
        }),
        areas: each(fields.entries("areas"), |name, mut f| RawArea {
            name,
            label: f.local("label"),
            description: f.local("description"),
            parent: f.text("parent"),
            owner: f.text("owner"),
        }),
    }
}

/// The entries that are mappings, each made into something.
pub fn each<T>(
    entries: Vec<(Spanned<String>, Value)>,
    make: impl Fn(Spanned<String>, Fields) -> T,
) -> Vec<T> {
    let entries = entries.into_iter();
    entries
        .filter_map(|(name, value)| match value {
            Value::Fields(fields) => Some(make(name, fields)),
            _ => None,
        })
        .collect()
}
