//! `Model` + request -> measures -> scan groups -> a plan graph: which source is read once for which
//! measures at which grains and breakdowns, and the DataFusion plan of each group. Synchronous; reads
//! no data.

use std::collections::BTreeMap;
use std::ops::Range;

use chrono::NaiveDate;

use crate::diagnostic::Diagnostic;
use crate::model::calendar::Grain;
use crate::model::project::{ColumnRef, Dimension, Fill, MeasureId, Model, SourceId, TimeBinding};

pub mod aggregates;
mod between;
pub mod bitmaps;
pub mod change;
pub mod columns;
pub mod credited;
mod expand;
pub mod groups;
mod halves;
pub mod holders;
pub mod keys;
mod lacking;
mod logic;
pub mod lower;
mod masks;
pub mod outside;
pub mod own_windows;
pub mod per;
pub mod period;
pub mod population;
pub mod ranges;
pub mod rates;
pub mod request;
mod rows;
pub mod rules;
pub mod scan;
pub mod split;
pub mod steps;
pub mod tables;
pub mod udf;
mod values;

pub use request::Request;
pub use steps::{Ground, Step};

/// The column that numbers the rows of a source held in memory.
pub const ROW: &str = "(row)";

/// What a run computes.
#[derive(Clone, Debug)]
pub struct PlanGraph {
    /// A table for each KPI and grain.
    pub tables: Vec<TablePlan>,
    /// Scorecards.
    pub cards: Vec<CardPlan>,
    /// What asked-for KPIs cost and bring.
    pub costs: Vec<CostPlan>,
    /// Alignment rules, where they are asked for.
    pub rules: Option<RulesPlan>,
    /// Each reads one source once.
    pub groups: Vec<ScanGroup>,
    /// What is read and made before the groups.
    pub ground: Ground,
    /// Whether amounts are converted, and so exchange rates read.
    pub rates: bool,
    /// The tables of values that are read, by their places in the model.
    pub tables_read: Vec<usize>,
    /// Widened ranges and the like.
    pub notes: Vec<Diagnostic>,
}

/// A scorecard, and the tables that it is made of: of its KPIs, then of what its pay needs.
#[derive(Clone, Debug)]
pub struct CardPlan {
    /// The scorecard, by its place in the model.
    pub card: usize,
    /// Its tables.
    pub tables: Vec<TablePlan>,
}

/// Alignment rules, and what they are computed on.
#[derive(Clone, Debug)]
pub struct RulesPlan {
    /// The rules, by their places in the model.
    pub rules: Vec<usize>,
    /// What they read, a table for each sheet.
    pub sheets: Vec<TablePlan>,
    /// The totals of KPIs that are asked of the KPI that a member names.
    pub totals: Vec<TablePlan>,
    /// What was asked for: since when the data tells anything is known once it is open.
    pub request: Request,
}

/// What a KPI costs and brings: the amounts of the last closed period, the benefit's marked.
#[derive(Clone, Debug)]
pub struct CostPlan {
    /// The KPI, by its place in the model.
    pub kpi: usize,
    /// The tables, each of one period.
    pub tables: Vec<(bool, TablePlan)>,
}

/// A KPI at a grain.
#[derive(Clone, Debug)]
pub struct TablePlan {
    /// The KPI, by its place in the model.
    pub kpi: usize,
    /// The grain.
    pub grain: Grain,
    /// The asked-for periods.
    pub periods: Range<i64>,
    /// With the earlier ones that the formula, and those beside it, look at.
    pub computed: Range<i64>,
    /// The earlier periods, cut at the same point, that the open one is compared with.
    pub cuts: Vec<Cut>,
    /// The total (no dimensions) first, then the breakdowns.
    pub breakdowns: Vec<BreakdownPlan>,
    /// Which cells are made.
    pub fill: Fill,
}

/// A breakdown, and where each measure's rows of it stand.
#[derive(Clone, Debug)]
pub struct BreakdownPlan {
    /// Its dimensions, as written.
    pub dimensions: Vec<Dimension>,
    /// For each measure of the KPI: the way of its source to each dimension.
    pub keys: BTreeMap<MeasureId, Vec<ColumnRef>>,
    /// Coarser breakdowns that `total(... by ...)` needs: the places of their dimensions in this one.
    pub coarser: Vec<Vec<usize>>,
    /// The members that are there: shown whether seen or not (`fill: entities`), and judged only then.
    pub population: Option<Population>,
    /// What its formula asks of each entity.
    pub pers: Vec<per::PerPlan>,
}

/// An earlier period up to the point that the open one has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cut {
    /// How many periods before the open one.
    pub back: i64,
    /// The day after the last that counts.
    pub until: NaiveDate,
}

/// The rows of an entity that a breakdown's members come from.
#[derive(Clone, Debug)]
pub struct Population {
    /// A group without measures: its keys are the dimensions, then the span's borders.
    pub group: ScanGroup,
    /// How many dimensions.
    pub width: usize,
    /// Whether the keys hold when a member starts to be active.
    pub from: bool,
    /// Whether they hold when it ends.
    pub to: bool,
    /// Whether the end is the last active day.
    pub inclusive: bool,
}

/// Measures that share source and time column, with all grains and breakdowns that are asked of them.
#[derive(Clone, Debug)]
pub struct ScanGroup {
    /// The source.
    pub source: SourceId,
    /// When its rows count.
    pub time: TimeBinding,
    /// The grains and breakdowns, each once.
    pub sets: Vec<GroupSet>,
    /// The measures.
    pub measures: Vec<MeasureId>,
}

/// A grain and a breakdown of a scan group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GroupSet {
    /// The grain.
    pub grain: Grain,
    /// The asked-for periods.
    pub periods: (i64, i64),
    /// The keys.
    pub keys: Vec<ColumnRef>,
    /// The day from which rows no longer count, where the period is cut.
    pub until: Option<NaiveDate>,
}

impl PlanGraph {
    /// The group that computes a measure, and its set of this grain and these keys, whole or cut.
    pub fn place(
        &self,
        measure: MeasureId,
        grain: Grain,
        keys: &[ColumnRef],
        (periods, cut): (&Range<i64>, Option<(i64, NaiveDate)>),
    ) -> Option<(usize, usize)> {
        self.groups.iter().enumerate().find_map(|(g, group)| {
            let s = group.sets.iter().position(|s| {
                let whole = s.until.is_none() && s.periods.0 <= periods.start && periods.end <= s.periods.1;
                let of_cut =
                    cut.map_or(whole, |(period, until)| s.until == Some(until) && s.periods.0 == period);
                s.grain == grain && s.keys == keys && of_cut
            })?;
            group.measures.contains(&measure).then_some((g, s))
        })
    }
}

/// Plans a request.
pub fn plan(model: &Model, request: &Request) -> Result<PlanGraph, Vec<Diagnostic>> {
    tables::plan(model, request)
}
