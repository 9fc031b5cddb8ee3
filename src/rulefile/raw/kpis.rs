//! `kpis:` as written: the formula, what it is there for, and what it is held to.

use indexmap::IndexMap;

use super::{Formula, LocalText, Pairs};
use crate::source::{Span, Spanned};

/// One KPI.
#[derive(Clone, Debug)]
pub struct RawKpi {
    /// The name, where it is defined.
    pub name: Spanned<String>,
    /// `label:`.
    pub label: Option<LocalText>,
    /// `description:`.
    pub description: Option<LocalText>,
    /// `formula:`.
    pub formula: Option<Formula>,
    /// `unit:`.
    pub unit: Option<Spanned<String>>,
    /// `better:`.
    pub better: Option<RawBetter>,
    /// `grain:`.
    pub grain: Vec<Spanned<String>>,
    /// `by:`, breakdowns, each a list of dimension paths. `None` where it is not written.
    pub by: Option<Vec<Spanned<Vec<Spanned<String>>>>>,
    /// `paths:`, the way to an entity.
    pub paths: Pairs,
    /// `fill:`: `entities`, `observed`.
    pub fill: Option<Spanned<String>>,
    /// `decimals:`, digits shown.
    pub decimals: Option<Spanned<i64>>,
    /// `hide_below:`.
    pub hide_below: Option<Spanned<i64>>,
    /// `min_n:`.
    pub min_n: Option<Spanned<i64>>,
    /// `owner:`.
    pub owner: Option<Spanned<String>>,
    /// `objective:`, one or several.
    pub objective: Vec<Spanned<String>>,
    /// `activity:`, one or several.
    pub activity: Vec<Spanned<String>>,
    /// `area:`, one or several.
    pub area: Vec<Spanned<String>>,
    /// `influenced_by:`, areas.
    pub influenced_by: Vec<Spanned<String>>,
    /// `guards:`, KPIs.
    pub guards: Vec<Spanned<String>>,
    /// `drives:`.
    pub drives: Vec<RawDrives>,
    /// `indicator:`: `leading`, `lagging`.
    pub indicator: Option<Spanned<String>>,
    /// `scope:`: `generic`, `specific`.
    pub scope: Option<Spanned<String>>,
    /// `concept:`.
    pub concept: Option<Spanned<String>>,
    /// `review:`: `quarterly`.
    pub review: Option<Spanned<String>>,
    /// `since:`, a date as typed.
    pub since: Option<Spanned<String>>,
    /// `pace:`: `none`.
    pub pace: Option<Spanned<String>>,
    /// `target:`.
    pub target: Option<RawTarget>,
    /// `baseline:`.
    pub baseline: Option<Formula>,
    /// `status:`.
    pub status: Option<RawStatus>,
    /// `cost:`.
    pub cost: Option<RawAmount>,
    /// `benefit:`.
    pub benefit: Option<RawAmount>,
    /// Where each key stands that was written and right. Free keys are dropped.
    pub keys: IndexMap<&'static str, Span>,
}

/// `better:`.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "one for each KPI, never in a loop")]
pub enum RawBetter {
    /// `higher` or `lower`.
    Word(Spanned<String>),
    /// `within:`, both ends included.
    Within(RawRange),
}

/// `[low, high]`.
#[derive(Clone, Debug)]
pub struct RawRange {
    /// The low end; `None` where `null` leaves it open.
    pub low: Option<Formula>,
    /// The high end; `None` where `null` leaves it open.
    pub high: Option<Formula>,
    /// The whole list.
    pub span: Span,
}

/// One claim under `drives:`; a plain text is its `kpi`.
#[derive(Clone, Debug)]
pub struct RawDrives {
    /// `kpi:`.
    pub kpi: Spanned<String>,
    /// `sign:`: `+` or `-`.
    pub sign: Option<Spanned<String>>,
    /// `lag:`, a duration as typed.
    pub lag: Option<Spanned<String>>,
}

/// `target:`.
#[derive(Clone, Debug)]
pub enum RawTarget {
    /// A formula over results.
    Formula(Formula),
    /// Read from a source.
    Table(RawTable),
}

/// Values that are read from a source: a target, or a parameter.
#[derive(Clone, Debug)]
pub struct RawTable {
    /// `source:`.
    pub source: Option<Spanned<String>>,
    /// `value:`, a column.
    pub value: Option<Spanned<String>>,
    /// `match:`, columns.
    pub matches: Vec<Spanned<String>>,
    /// `from:`, a column.
    pub from: Option<Spanned<String>>,
    /// `grain:`.
    pub grain: Option<Spanned<String>>,
    /// `total:`: `sum`.
    pub total: Option<Spanned<String>>,
    /// `spread:`: `days`.
    pub spread: Option<Spanned<String>>,
    /// The whole field.
    pub span: Span,
}

/// `status:`.
#[derive(Clone, Debug)]
pub struct RawStatus {
    /// `of:`: `attainment` or `value`.
    pub of: Option<Spanned<String>>,
    /// `on_track:`.
    pub on_track: Option<RawFloor>,
    /// `at_risk:`.
    pub at_risk: Option<RawFloor>,
    /// `off_track:`.
    pub off_track: Option<RawFloor>,
    /// The whole field.
    pub span: Span,
}

/// One status: from a floor up, or inside a range.
#[derive(Clone, Debug)]
pub enum RawFloor {
    /// From here up.
    Floor(Formula),
    /// In this range.
    Range(RawRange),
}

/// `cost:` or `benefit:`; a plain formula is its `amount`.
#[derive(Clone, Debug)]
pub struct RawAmount {
    /// `amount:`.
    pub amount: Option<Formula>,
    /// `every:`, a grain.
    pub every: Option<Spanned<String>>,
    /// The whole field.
    pub span: Span,
}

impl RawKpi {
    /// A KPI with nothing but a name.
    pub fn new(name: Spanned<String>) -> Self {
        Self {
            name,
            label: None,
            description: None,
            formula: None,
            unit: None,
            better: None,
            grain: Vec::new(),
            by: None,
            paths: Pairs::new(),
            fill: None,
            decimals: None,
            hide_below: None,
            min_n: None,
            owner: None,
            objective: Vec::new(),
            activity: Vec::new(),
            area: Vec::new(),
            influenced_by: Vec::new(),
            guards: Vec::new(),
            drives: Vec::new(),
            indicator: None,
            scope: None,
            concept: None,
            review: None,
            since: None,
            pace: None,
            target: None,
            baseline: None,
            status: None,
            cost: None,
            benefit: None,
            keys: IndexMap::new(),
        }
    }
}
