//! Rows whose time lies in no period of an own calendar: before its first, after its last, or in a gap. Which
//! columns are to be looked at, and the plan that counts their rows.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int32Array};
use arrow::datatypes::{DataType, Date32Type};
use chrono::NaiveDate;
use datafusion::common::{Result, ScalarValue};
use datafusion::functions_aggregate::expr_fn::count;
use datafusion::logical_expr::{LogicalPlan, lit};

use super::lower::Lowering;
use super::scan::Scans;
use super::{PlanGraph, ScanGroup, period, ranges, udf};
use crate::functions::{Env, Failure};
use crate::model::calendar::Grain;
use crate::model::project::{ColumnRef, Moment, SourceId, TimeBinding};

/// A column by which rows of a source fall into the periods of an own grain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The source.
    pub source: SourceId,
    /// The column.
    pub column: ColumnRef,
    /// Whether the day after it is what lies in the period.
    pub after: bool,
    /// The grain.
    pub grain: Grain,
}

/// Where the rows stand that lie in no period: the values of the plan's first column.
pub const BEFORE: i32 = 0;
/// Between two periods.
pub const IN_A_GAP: i32 = 1;
/// After the last.
pub const AFTER: i32 = 2;

/// The columns of a graph that put rows into periods of own grains, each once.
pub fn placed(graph: &PlanGraph) -> Vec<Placed> {
    let mut all: Vec<Placed> = Vec::new();
    for group in &graph.groups {
        let columns: Vec<(&ColumnRef, bool)> = match &group.time {
            TimeBinding::Always => Vec::new(),
            TimeBinding::At(column) => vec![(column, false)],
            TimeBinding::Ranged(ranged) => {
                let own = match &ranged.moment {
                    Moment::At(column) => Some((column, false)),
                    Moment::Always | Moment::Active { .. } | Moment::Known { .. } => None,
                };
                own.into_iter().chain(ranged.within.iter().map(|(c, after)| (c, *after))).collect()
            }
        };
        for grain in group.sets.iter().map(|s| s.grain).filter(|g| matches!(g, Grain::Own(_))) {
            for (column, after) in &columns {
                let next = Placed { source: group.source, column: (*column).clone(), after: *after, grain };
                if !all.contains(&next) {
                    all.push(next);
                }
            }
        }
    }
    all
}

impl Scans<'_> {
    /// Counts the rows up to the as-of that lie in no period: for each place a row, with the count.
    pub fn outside(&self, placed: &Placed) -> Result<LogicalPlan> {
        let calendar = self.model.calendar.clone();
        let (grain, shift) = (placed.grain, i32::from(placed.after));
        let bare = ScanGroup {
            source: placed.source,
            time: TimeBinding::At(placed.column.clone()),
            sets: Vec::new(),
            measures: Vec::new(),
        };
        let lowering = Lowering::new(self.model, placed.source, self.stores);
        let day = ranges::day(&lowering, &placed.column);
        let seen = ScalarValue::Date32(Some(period::day_number(self.as_of.day)));
        let name = format!("outside_{}[{shift}]", calendar.grain_name(grain));
        let env = Env { timezone: calendar.timezone };
        let last = calendar.bounds(grain).map_or(0, |all| all.end) - 1;
        let place = move |day: i32| {
            let date = NaiveDate::default()
                .checked_add_signed(chrono::Duration::days(i64::from(day) + i64::from(shift)))?;
            match calendar.index(grain, date) {
                _ if calendar.at(grain, date).is_some() => None,
                before if before < 0 => Some(BEFORE),
                at if at < last => Some(IN_A_GAP),
                _ => Some(AFTER),
            }
        };
        let kernel = move |args: &[ArrayRef], _: usize| {
            let days = args[0]
                .as_primitive_opt::<Date32Type>()
                .ok_or_else(|| Failure::Internal(format!("a day of type {}", args[0].data_type())))?;
            let places: Int32Array = days.iter().map(|day| place(day?)).collect();
            Ok(Arc::new(places) as ArrayRef)
        };
        let place = udf::call(name, env, DataType::Int32, Arc::new(kernel), vec![day.clone()]);
        self.joined(&bare, &[], &lowering)?
            .filter(day.lt_eq(lit(seen)))?
            .aggregate(vec![place.alias("place")], vec![count(lit(1i64)).alias("rows")])?
            .build()
    }
}
