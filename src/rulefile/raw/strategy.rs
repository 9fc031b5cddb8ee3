//! `strategy:` as written: objectives, activities and areas.

use super::{LocalText, Named};
use crate::source::Spanned;

/// `strategy:`, of all files.
#[derive(Clone, Debug, Default)]
pub struct RawStrategy {
    /// `objectives:`.
    pub objectives: Named<RawObjective>,
    /// `activities:`.
    pub activities: Named<RawActivity>,
    /// `areas:`.
    pub areas: Named<RawArea>,
}

/// One objective.
#[derive(Clone, Debug)]
pub struct RawObjective {
    /// The name, where it is defined.
    pub name: Spanned<String>,
    /// `label:`.
    pub label: Option<LocalText>,
    /// `description:`.
    pub description: Option<LocalText>,
    /// `weight:` as typed: `40%`.
    pub weight: Option<Spanned<String>>,
    /// `parent:`, an objective.
    pub parent: Option<Spanned<String>>,
    /// `approved_on:`, a date as typed.
    pub approved_on: Option<Spanned<String>>,
    /// `owner:`.
    pub owner: Option<Spanned<String>>,
}

/// One activity.
#[derive(Clone, Debug)]
pub struct RawActivity {
    /// The name, where it is defined.
    pub name: Spanned<String>,
    /// `label:`.
    pub label: Option<LocalText>,
    /// `description:`.
    pub description: Option<LocalText>,
    /// `parent:`, an activity.
    pub parent: Option<Spanned<String>>,
    /// `area:`, one or several.
    pub area: Vec<Spanned<String>>,
    /// `owner:`.
    pub owner: Option<Spanned<String>>,
}

/// One area.
#[derive(Clone, Debug)]
pub struct RawArea {
    /// The name, where it is defined.
    pub name: Spanned<String>,
    /// `label:`.
    pub label: Option<LocalText>,
    /// `description:`.
    pub description: Option<LocalText>,
    /// `parent:`, an area.
    pub parent: Option<Spanned<String>>,
    /// `owner:`.
    pub owner: Option<Spanned<String>>,
}
