//! Results of a KPI that are stated in place of being computed, as tests of rules do.

use std::collections::HashMap;
use std::sync::Arc;

use super::calendar::Grain;
use super::judge::Status;
use super::outcome::Reason;

/// One KPI's stated results.
#[derive(Clone, Debug, Default)]
pub struct StatedResults {
    /// The KPI.
    pub kpi: String,
    /// The rows of each period.
    pub rows: HashMap<(Grain, i64), Vec<StatedRow>>,
    /// Whether targets are stated, too.
    pub targets: bool,
    /// Whether statuses are.
    pub statuses: bool,
    /// Whether the rows behind each value are.
    pub counts: bool,
}

/// One of them.
#[derive(Clone, Debug, Default)]
pub struct StatedRow {
    /// The dimensions as written, in order, each with its member; none for the missing one.
    pub at: Vec<(String, Option<String>)>,
    /// The value.
    pub value: Option<f64>,
    /// Why there is none.
    pub reason: Option<Reason>,
    /// The value wanted.
    pub target: Option<f64>,
    /// How it stands, where that is said.
    pub status: Option<Status>,
    /// The rows behind it, where that is said.
    pub n: Option<i64>,
}

/// What of them is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatedWhat {
    /// The value.
    Value,
    /// The value wanted.
    Target,
    /// The status, as a word.
    Status,
}

/// A part of a KPI's stated results.
#[derive(Clone, Debug)]
pub struct Stated {
    /// The results.
    pub results: Arc<StatedResults>,
    /// The part.
    pub what: StatedWhat,
}

impl StatedResults {
    /// The row of a cell, whose dimensions and members are in order.
    pub fn row(&self, grain: Grain, period: i64, at: &[(String, Option<String>)]) -> Option<&StatedRow> {
        self.rows.get(&(grain, period))?.iter().find(|row| row.at == at)
    }

    /// The members that stand in some row with just these dimensions.
    pub fn members(&self, grain: Grain, dimensions: &[String]) -> Vec<Vec<Option<String>>> {
        let mut order: Vec<usize> = (0..dimensions.len()).collect();
        order.sort_by(|a, b| dimensions[*a].cmp(&dimensions[*b]));
        let fits = |row: &&StatedRow| {
            row.at.len() == order.len()
                && row.at.iter().zip(&order).all(|((name, _), at)| *name == dimensions[*at])
        };
        let all = self.rows.iter().filter(|((of, _), _)| *of == grain).flat_map(|(_, rows)| rows);
        let mut found: Vec<Vec<Option<String>>> = all
            .filter(fits)
            .map(|row| {
                let mut members = vec![None; order.len()];
                row.at.iter().zip(&order).for_each(|((_, member), at)| members[*at].clone_from(member));
                members
            })
            .collect();
        found.sort();
        found.dedup();
        found
    }
}
