//! A scan group -> DataFusion plans: the source's rows up to the as-of, what is joined to them by key,
//! the asked-for periods, one aggregate. Several grains and breakdowns of parts that merge come from one
//! fine aggregate; others from grouping sets; either way the rows are read once.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::catalog::TableProvider;
use datafusion::common::{Column as DfColumn, Result, ScalarValue, TableReference};
use datafusion::functions_aggregate::expr_fn::grouping;
use datafusion::logical_expr::{Expr, LogicalPlan, grouping_set, lit};

use super::aggregates::{MeasureParts, Merge, Parts};
use super::bitmaps::Distinct;
use super::lower::{Lowering, Stores, alias};
use super::period::{self, Stored};
use super::{ROW, ScanGroup};
use crate::model::calendar::Grain;
use crate::model::project::{AsOf, ColumnRef, Model, SourceId, TimeBinding};

/// Names and data types of columns in a table, by the model's column.
pub type FileColumns = BTreeMap<usize, (String, DataType)>;

/// A source as the engine opened it.
#[derive(Clone)]
pub struct Opened {
    /// Its rows.
    pub provider: Arc<dyn TableProvider>,
    /// Name and data type in `provider` of each column that is read, by the model's column.
    pub columns: FileColumns,
    /// The latest stored time of columns that are cut at the as-of, where it is known.
    pub latest: BTreeMap<usize, ScalarValue>,
    /// Whether its rows are held in memory, numbered by the column [`super::ROW`].
    pub numbered: bool,
}

/// What plans are made against.
pub struct Scans<'a> {
    /// The model.
    pub model: &'a Model,
    /// Every source that is read.
    pub opened: &'a BTreeMap<SourceId, Opened>,
    /// Sources that are joined to, cut at the as-of and held by key, under the model's names.
    pub lookups: &'a BTreeMap<SourceId, Arc<dyn TableProvider>>,
    /// What is known of the data.
    pub stores: &'a Stores,
    /// Up to when rows exist.
    pub as_of: AsOf,
}

/// How a group's sets come out of its rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One set, one aggregate.
    Single,
    /// A fine aggregate (this grain, over these periods, by these keys), rolled up for each set.
    RollUp {
        /// The grain, absent where rows count in every period.
        grain: Option<Grain>,
        /// The periods that cover every set's.
        periods: (i64, i64),
        /// All keys.
        keys: Vec<ColumnRef>,
    },
    /// Rows that count in several periods, one set at a time.
    Ranged {
        /// Whether the parts are held by first and last period, still to be expanded.
        merge: bool,
    },
    /// One aggregate with grouping sets over the columns `g0`, `g1` ...
    GroupingSets {
        /// For each set its columns: the period, then the keys.
        sets: Vec<Vec<usize>>,
        /// How many columns there are.
        columns: usize,
    },
}

/// A group's plan, with what is needed to read its result.
pub struct GroupPlan {
    /// The pass over the rows.
    pub plan: LogicalPlan,
    /// How the sets come out of it.
    pub shape: Shape,
    /// The parts, as columns `a0`, `a1` ... of the result.
    pub parts: Parts,
    /// Each measure's parts.
    pub measures: Vec<MeasureParts>,
    /// What counts the distinct parts that the pass leaves out.
    pub distinct: Vec<Distinct>,
    /// How many rows were made of rows that count in several periods, once the plan has run.
    pub expanded: Expanded,
}

/// A count that a running plan adds to.
pub type Expanded = Arc<std::sync::atomic::AtomicU64>;

/// The least and the greatest stored value of a group's time column, known where none is missing.
pub type Extent = (ScalarValue, ScalarValue);

/// A column by name.
pub fn name(text: &str) -> Expr {
    Expr::Column(DfColumn::new_unqualified(text))
}

/// The number of a row of the source that a plan starts from, where it is held in memory.
pub fn row_number() -> Expr {
    Expr::Column(DfColumn::new(Some(TableReference::bare(alias(&[]))), ROW))
}

impl Scans<'_> {
    /// The pass over a group's rows; `extent` of its time column, a plain one of the source's own.
    pub fn group(&self, group: &ScanGroup, extent: Option<&Extent>) -> Result<GroupPlan> {
        let model = self.model;
        let mut lowering = Lowering::new(model, group.source, self.stores);
        // A fact counts in every period, each of its rows at its time.
        let fact = match (&group.time, group.measures.as_slice()) {
            (TimeBinding::Always, [only]) => match &model.measures[only.0].time {
                TimeBinding::At(column) => Some(column),
                _ => None,
            },
            _ => None,
        };
        let at = if let TimeBinding::At(column) = &group.time { Some(column) } else { fact };
        if let Some(column) = at {
            let moment = lowering.column(column);
            lowering = lowering.at(Some(moment));
        }
        let shared = self.shared_filter(group, &lowering);
        let mut parts = Parts::new(shared.is_some());
        let mut builder = self.joined(group, &group.sets, &lowering)?;
        let measures = group
            .measures
            .iter()
            .map(|id| parts.measure(&model.measures[id.0], &lowering, builder.schema()))
            .collect::<Result<Vec<_>>>()?;
        if let Some(column) = fact {
            builder = builder.filter(self.happened(&lowering, column))?;
        }
        let time = match &group.time {
            // Ranged groups have a plan for each set.
            TimeBinding::Always | TimeBinding::Ranged(_) => None,
            TimeBinding::At(column) => {
                let (expr, stored) = lowering.raw_column(column);
                let stored = stored.unwrap_or(Stored::Day);
                if let Some(asked) = self.asked(&expr, stored, &group.sets, extent) {
                    builder = builder.filter(asked)?;
                }
                Some((expr, stored))
            }
        };
        if let Some(shared) = shared {
            builder = builder.filter(shared)?;
        }
        let period = |grain: Grain, periods: (i64, i64), until: Option<chrono::NaiveDate>| match &time {
            Some((expr, stored)) => {
                period::index(expr.clone(), *stored, grain, periods, until, &model.calendar)
            }
            None => lit(0i32),
        };
        let mut shape = self.shape(group, &parts, time.is_some());
        let aggregates: Vec<Expr> =
            parts.parts.iter().enumerate().map(|(i, p)| p.expr.clone().alias(format!("a{i}"))).collect();
        let plan = match shape.clone() {
            Shape::Single | Shape::RollUp { .. } | Shape::Ranged { .. } => {
                let (grain, periods, until, keys) = match &shape {
                    Shape::RollUp { grain, periods, keys } => {
                        (grain.unwrap_or(Grain::Day), *periods, None, keys)
                    }
                    _ => {
                        let set = &group.sets[0];
                        (set.grain, set.periods, set.until, &set.keys)
                    }
                };
                let mut by = vec![period(grain, periods, until).alias("p")];
                by.extend(keys.iter().enumerate().map(|(i, k)| lowering.column(k).alias(format!("k{i}"))));
                builder.aggregate(by, aggregates)?.build()?
            }
            Shape::GroupingSets { .. } => {
                // Group keys as columns first: grouping sets are over names.
                let mut columns: Vec<(Expr, String)> = Vec::new();
                let mut place = |expr: Expr| -> usize {
                    let key = format!("{expr:?}");

                    columns.iter().position(|(e, _)| format!("{e:?}") == key).unwrap_or_else(|| {
                        columns.push((expr, String::new()));
                        columns.len() - 1
                    })
                };
                let sets: Vec<Vec<usize>> = group
                    .sets
                    .iter()
                    .map(|s| {
                        std::iter::once(place(period(s.grain, s.periods, s.until)))
                            .chain(s.keys.iter().map(|k| place(lowering.column(k))))
                            .collect()
                    })
                    .collect();
                let schema: Vec<Expr> = builder.schema().columns().into_iter().map(Expr::Column).collect();
                let keys = columns.len();
                let named_sets =
                    sets.iter().map(|s| s.iter().map(|g| name(&format!("g{g}"))).collect()).collect();
                let named = columns.into_iter().enumerate().map(|(i, (e, _))| e.alias(format!("g{i}")));
                let builder = builder.project(schema.into_iter().chain(named).collect::<Vec<_>>())?;
                let mut aggregates = aggregates;
                aggregates.extend((0..keys).map(|i| grouping(name(&format!("g{i}"))).alias(format!("s{i}"))));
                shape = Shape::GroupingSets { sets, columns: keys };
                builder.aggregate(vec![grouping_set(named_sets)], aggregates)?.build()?
            }
        };
        Ok(GroupPlan { plan, shape, parts, measures, distinct: Vec::new(), expanded: Expanded::default() })
    }

    /// A condition that every measure of the group has goes before the aggregate, where it prunes files
    /// and spares work.
    pub(super) fn shared_filter(&self, group: &ScanGroup, lowering: &Lowering<'_>) -> Option<Expr> {
        let filters: Vec<_> = group
            .measures
            .iter()
            .map(|id| self.model.measures[id.0].filter.as_ref())
            // Rows that lack a rate are counted, not dropped.
            .map(|f| f.filter(|f| !self.model.converts(group.source, f)))
            .collect::<Option<Vec<_>>>()?;
        let key = |e: &crate::model::expr::RowExpr| {
            let mut text = String::new();
            e.key(&mut text);
            text
        };
        let first = filters.first()?;
        filters.iter().all(|f| key(f) == key(first)).then(|| lowering.expr(first))
    }

    pub(super) fn shape(&self, group: &ScanGroup, parts: &Parts, timed: bool) -> Shape {
        if group.sets.len() == 1 {
            return Shape::Single;
        }
        if parts.parts.iter().any(|p| p.merge == Merge::Never) {
            return Shape::GroupingSets { sets: Vec::new(), columns: 0 };
        }
        let mut keys: Vec<ColumnRef> = Vec::new();
        for key in group.sets.iter().flat_map(|s| &s.keys) {
            if !keys.contains(key) {
                keys.push(key.clone());
            }
        }
        if !timed {
            return Shape::RollUp { grain: None, periods: (0, 1), keys };
        }
        let fine = group
            .sets
            .iter()
            .map(|s| s.grain)
            .find(|g| group.sets.iter().all(|s| self.model.calendar.is_made_of(s.grain, *g)));
        // A cut period is made of days.
        let cut = group.sets.iter().any(|s| s.until.is_some());
        let finest = fine.filter(|_| !cut).unwrap_or(Grain::Day);
        let calendar = &self.model.calendar;
        let from = group.sets.iter().map(|s| calendar.start(s.grain, s.periods.0)).min().unwrap_or_default();
        let to = group.sets.iter().map(|s| calendar.end(s.grain, s.periods.1 - 1)).max().unwrap_or_default();
        let last = to.pred_opt().unwrap_or(to);
        let periods = (calendar.index(finest, from), calendar.index(finest, last) + 1);
        Shape::RollUp { grain: Some(finest), periods, keys }
    }
}
