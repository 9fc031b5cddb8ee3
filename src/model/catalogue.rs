//! The project's own definitions as rows of sources. Their names are reserved.

/// The sources whose rows are definitions, or results of the run itself.
pub const NAMES: [&str; 16] = [
    "kpis",
    "objectives",
    "activities",
    "areas",
    "scorecards",
    "kpi_objectives",
    "kpi_activities",
    "kpi_areas",
    "drives",
    "influences",
    "guards",
    "reads",
    "scorecard_kpis",
    "pairs",
    "results",
    "data_sources",
];

/// Whether a source is one of them.
pub fn is_one(name: &str) -> bool {
    NAMES.contains(&name)
}
