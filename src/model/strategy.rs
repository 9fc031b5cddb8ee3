//! What KPIs are there for: objectives, activities and areas, and what each KPI says of its place among them.
//! Pure data.

use chrono::NaiveDate;

/// The strategy of a project.
#[derive(Clone, Debug, Default)]
pub struct Strategy {
    /// What the organisation wants.
    pub objectives: Vec<Objective>,
    /// What people do.
    pub activities: Vec<Activity>,
    /// Who does it.
    pub areas: Vec<Area>,
}

/// One objective.
#[derive(Clone, Debug)]
pub struct Objective {
    /// Its name.
    pub name: String,
    /// Its label, by language.
    pub label: Vec<(String, String)>,
    /// Its description, by language.
    pub description: Vec<(String, String)>,
    /// Its part of the whole, 1 for all of it.
    pub weight: Option<f64>,
    /// The objective that it is part of.
    pub parent: Option<String>,
    /// The day that it was approved.
    pub approved_on: Option<NaiveDate>,
    /// Who answers for it.
    pub owner: Option<String>,
}

/// One activity.
#[derive(Clone, Debug)]
pub struct Activity {
    /// Its name.
    pub name: String,
    /// Its label, by language.
    pub label: Vec<(String, String)>,
    /// Its description, by language.
    pub description: Vec<(String, String)>,
    /// The activity that it is part of.
    pub parent: Option<String>,
    /// The areas that do it.
    pub areas: Vec<String>,
    /// Who answers for it.
    pub owner: Option<String>,
}

/// One area.
#[derive(Clone, Debug)]
pub struct Area {
    /// Its name.
    pub name: String,
    /// Its label, by language.
    pub label: Vec<(String, String)>,
    /// Its description, by language.
    pub description: Vec<(String, String)>,
    /// The area that it is part of.
    pub parent: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
}

/// What a KPI says of its place.
#[derive(Clone, Debug, Default)]
pub struct Links {
    /// The objectives that it measures.
    pub objectives: Vec<String>,
    /// The activities that it measures.
    pub activities: Vec<String>,
    /// The areas that answer for it.
    pub areas: Vec<String>,
    /// The areas that can move it.
    pub influenced_by: Vec<String>,
    /// `leading` or `lagging`.
    pub indicator: Option<String>,
    /// `generic` or `specific`.
    pub scope: Option<String>,
    /// What it measures, where others measure the same.
    pub concept: Option<String>,
    /// The KPIs that it is claimed to move.
    pub drives: Vec<Drive>,
    /// The KPIs that may rise only while this one holds.
    pub guards: Vec<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// The day that it came into use.
    pub since: Option<NaiveDate>,
    /// How often its definition is looked at.
    pub review: Option<String>,
}

/// A claim of cause and effect.
#[derive(Clone, Debug)]
pub struct Drive {
    /// The KPI that is moved.
    pub kpi: String,
    /// Whether it falls where this one rises.
    pub falls: bool,
    /// After how long, as written.
    pub lag: Option<String>,
}
