//! A scan group -> DataFusion plans: the source's rows up to the as-of, what is joined to them by key,
//! the asked-for periods, one aggregate. Several grains and breakdowns of parts that merge come from one
//! fine aggregate; others from grouping sets; either way the rows are read once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::datatypes::{DataType, TimeUnit};
use datafusion::catalog::TableProvider;
use datafusion::common::{Column as DfColumn, Result, ScalarValue, TableReference};
use datafusion::datasource::provider_as_source;
use datafusion::functions_aggregate::expr_fn::grouping;
use datafusion::logical_expr::{
    Expr, ExprFunctionExt, JoinType, LogicalPlan, LogicalPlanBuilder, cast, col, grouping_set, lit,
};

use super::aggregates::{MeasureParts, Merge, Parts};
use super::groups::inputs;
use super::lower::{Lowering, StoredTimes, alias};
use super::period::{self, Stored, day_number};
use super::{GroupSet, ScanGroup, ranges};
use crate::functions::{Env, row_type};
use crate::model::calendar::Grain;
use crate::model::project::{AsOf, ColumnRef, Model, Moment, Ranged, SourceId, TimeBinding};
use crate::model::types::Type;

/// A source as the engine opened it.
#[derive(Clone)]
pub struct Opened {
    /// Its rows.
    pub provider: Arc<dyn TableProvider>,
    /// Name and data type in `provider` of each column that is read, by the model's column.
    pub columns: BTreeMap<usize, (String, DataType)>,
}

/// What plans are made against.
pub struct Scans<'a> {
    /// The model.
    pub model: &'a Model,
    /// Every source that is read.
    pub opened: &'a BTreeMap<SourceId, Opened>,
    /// Sources that are joined to, cut at the as-of and held by key, under the model's names.
    pub lookups: &'a BTreeMap<SourceId, Arc<dyn TableProvider>>,
    /// How times are stored.
    pub times: &'a StoredTimes,
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
}

/// The least and the greatest stored value of a group's time column, known where none is missing.
pub type Extent = (ScalarValue, ScalarValue);

fn name(text: &str) -> Expr {
    Expr::Column(DfColumn::new_unqualified(text))
}

impl Scans<'_> {
    /// The rows of a source that exist at the as-of: the columns read, in the storage of their types.
    pub fn rows(&self, source: SourceId) -> Result<LogicalPlanBuilder> {
        self.rows_within(source, None)
    }

    /// The same, where the greatest value of a column may be known.
    fn rows_within(
        &self,
        source: SourceId,
        greatest: Option<(usize, &ScalarValue)>,
    ) -> Result<LogicalPlanBuilder> {
        let opened = &self.opened[&source];
        let here = self.model.source(source);
        let mut builder =
            LogicalPlanBuilder::scan("rows", provider_as_source(Arc::clone(&opened.provider)), None)?;
        let column = |index: usize| {
            opened.columns.get(&index).map(|(file_name, ty)| {
                (
                    Expr::Column(DfColumn::new(Some(TableReference::bare("rows")), file_name.as_str())),
                    ty.clone(),
                )
            })
        };
        for own in [here.time, here.span.map(|s| s.from)].into_iter().flatten() {
            if let Some((expr, ty)) = column(own) {
                if greatest.is_some_and(|(c, value)| c == own && *value <= self.last_seen(&ty)) {
                    continue;
                }
                let seen = self.seen(expr.clone(), &ty);
                builder = builder.filter(expr.is_null().or(seen))?;
            }
        }
        let mut projected = Vec::new();
        for index in opened.columns.keys() {
            let Some((expr, ty)) = column(*index) else { continue };
            let model = &here.columns[*index];
            let mut value = stored_as(expr.clone(), &ty, model.ty);
            if here.span.is_some_and(|s| s.to == Some(*index)) {
                value = super::lower::case(self.seen(expr, &ty), value);
            }
            projected.push(value.alias(model.name.as_str()));
        }
        if projected.is_empty() {
            // A count of rows reads no column.
            projected.push(lit(1i64).alias("row"));
        }
        builder.project(projected)
    }

    /// Whether a stored time is not after the as-of.
    fn seen(&self, time: Expr, ty: &DataType) -> Expr {
        time.lt_eq(lit(self.last_seen(ty)))
    }

    /// The as-of as a stored time.
    fn last_seen(&self, ty: &DataType) -> ScalarValue {
        let (day, instant) = (self.as_of.day, self.as_of.instant);
        match ty {
            DataType::Timestamp(unit, None) => {
                let local = instant.with_timezone(&self.model.calendar.timezone).naive_local();
                in_unit(local.and_utc().timestamp_micros(), *unit, None)
            }
            DataType::Timestamp(unit, Some(zone)) => {
                in_unit(instant.timestamp_micros(), *unit, Some(Arc::clone(zone)))
            }
            _ => ScalarValue::Date32(Some(day_number(day))),
        }
    }

    /// A stored time from the first asked-for day (included) to the last (excluded), and seen; without
    /// what `extent` says is true for all rows, since a reader would look at each for nothing.
    fn asked(&self, time: &Expr, stored: Stored, sets: &[GroupSet], extent: Option<&Extent>) -> Option<Expr> {
        let calendar = &self.model.calendar;
        let from = sets.iter().map(|s| calendar.start(s.grain, s.periods.0)).min().unwrap_or_default();
        let to = sets.iter().map(|s| calendar.start(s.grain, s.periods.1)).max().unwrap_or_default();
        let border = |day: chrono::NaiveDate| {
            let midnight = day.and_hms_opt(0, 0, 0).unwrap_or_default();
            match stored {
                Stored::Day => ScalarValue::Date32(Some(day_number(day))),
                Stored::Local => {
                    ScalarValue::TimestampMicrosecond(Some(midnight.and_utc().timestamp_micros()), None)
                }
                Stored::Instant => {
                    let at = crate::resolve::instant(midnight, calendar).timestamp_micros();
                    ScalarValue::TimestampMicrosecond(Some(at), Some("UTC".into()))
                }
            }
        };
        let data_type = match stored {
            Stored::Day => DataType::Date32,
            Stored::Local => DataType::Timestamp(TimeUnit::Microsecond, None),
            Stored::Instant => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        };
        let (from, to, last) = (border(from), border(to), self.last_seen(&data_type));
        let extent =
            extent.and_then(|(a, b)| Some((a.cast_to(&data_type).ok()?, b.cast_to(&data_type).ok()?)));
        let all_from = extent.as_ref().is_some_and(|(least, _)| *least >= from);
        let all_to = extent.as_ref().is_some_and(|(_, greatest)| *greatest < to);
        let all_seen = extent.as_ref().is_some_and(|(_, greatest)| *greatest <= last);
        let conditions = [
            (!all_from).then(|| time.clone().gt_eq(lit(from))),
            (!all_to).then(|| time.clone().lt(lit(to))),
            (!all_seen).then(|| time.clone().lt_eq(lit(last))),
        ];
        conditions.into_iter().flatten().reduce(Expr::and)
    }

    /// The group's rows with all that is joined to them.
    fn joined(&self, group: &ScanGroup, extent: Option<&Extent>) -> Result<LogicalPlanBuilder> {
        let mut ways: BTreeSet<Vec<usize>> = BTreeSet::new();
        for input in inputs(self.model, group) {
            for depth in 1..=input.hops.len() {
                ways.insert(input.hops[..depth].to_vec());
            }
        }
        let greatest = match (&group.time, extent) {
            (TimeBinding::At(column), Some((_, greatest))) => Some((column.column, greatest)),
            _ => None,
        };
        let mut builder = self.rows_within(group.source, greatest)?.alias(alias(&[]))?;
        // Shorter ways first: a longer one joins to what they brought.
        let mut ways: Vec<Vec<usize>> = ways.into_iter().collect();
        ways.sort_by_key(|w| (w.len(), w.clone()));
        for way in ways {
            let (before, hop) = (&way[..way.len() - 1], way[way.len() - 1]);
            let from = self.model.target(group.source, before);
            let relation = &self.model.source(from).relations[hop];
            let target = self.model.source(relation.to);
            let right = LogicalPlanBuilder::scan(
                alias(&way),
                provider_as_source(Arc::clone(&self.lookups[&relation.to])),
                None,
            )?;
            let lowering = Lowering::new(self.model, group.source, self.times);
            let on = relation.key.iter().zip(&target.key).map(|(mine, theirs)| {
                let left = lowering.column(&ColumnRef { hops: before.to_vec(), column: *mine });
                let right = Expr::Column(DfColumn::new(
                    Some(TableReference::bare(alias(&way))),
                    target.columns[*theirs].name.as_str(),
                ));
                let (l, r) = (self.model.source(from).columns[*mine].ty, target.columns[*theirs].ty);
                if l == r {
                    return left.eq(right);
                }
                // Keys of different number types meet exactly: 1.5 is no 1.
                let both = crate::model::typing::common_number(l, r).map_or_else(|| row_type(r), row_type);
                cast(left, both.clone()).eq(cast(right, both))
            });
            builder = builder.join_on(right.build()?, JoinType::Left, on.collect::<Vec<_>>())?;
        }
        Ok(builder)
    }

    /// How many values of some columns are there and outside their `valid`.
    pub fn rejected(&self, source: SourceId, columns: &[usize]) -> Result<LogicalPlan> {
        let here = self.model.source(source);
        let mut counts = Vec::new();
        for column in columns {
            let at = ColumnRef { hops: Vec::new(), column: *column };
            let mut lowering = Lowering::new(self.model, source, self.times);
            lowering.unchecked.push(at.clone());
            let Some(valid) = &here.columns[*column].valid else { continue };
            let outside = lowering.raw_column(&at).0.is_not_null().and(lowering.expr(valid).is_not_true());
            let count = datafusion::functions_aggregate::expr_fn::count(lit(1i64)).filter(outside).build()?;
            counts.push(count.alias(format!("c{column}")));
        }
        self.rows(source)?.alias(alias(&[]))?.aggregate(Vec::<Expr>::new(), counts)?.build()
    }

    /// The least time that any of a group's rows has, whatever is asked for.
    pub fn first(&self, group: &ScanGroup, time: &ColumnRef) -> Result<LogicalPlan> {
        let lowering = Lowering::new(self.model, group.source, self.times);
        let (time, _) = lowering.raw_column(time);
        let least = datafusion::functions_aggregate::expr_fn::min(time).alias("first");
        self.joined(group, None)?.aggregate(Vec::<Expr>::new(), vec![least])?.build()
    }

    /// The pass over a group's rows; `extent` of its time column, a plain one of the source's own.
    pub fn group(&self, group: &ScanGroup, extent: Option<&Extent>) -> Result<GroupPlan> {
        let model = self.model;
        let lowering = Lowering::new(model, group.source, self.times);
        let shared = self.shared_filter(group, &lowering);
        let mut parts = Parts::new(shared.is_some());
        let mut builder = self.joined(group, extent)?;
        let measures = group
            .measures
            .iter()
            .map(|id| parts.measure(&model.measures[id.0], &lowering, builder.schema()))
            .collect::<Result<Vec<_>>>()?;
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
        Ok(GroupPlan { plan, shape, parts, measures })
    }

    /// One set of a group whose rows count in several periods. Where all parts merge, the plan holds them by
    /// first and last period, for [`Scans::expand`]; else the rows themselves were expanded.
    pub fn ranged(&self, group: &ScanGroup, ranged: &Ranged, set: &GroupSet) -> Result<GroupPlan> {
        let model = self.model;
        let lowering = Lowering::new(model, group.source, self.times);
        let shared = self.shared_filter(group, &lowering);
        let mut parts = Parts::new(shared.is_some());
        let mut builder = self.joined(group, None)?;
        let measures = group
            .measures
            .iter()
            .map(|id| parts.measure(&model.measures[id.0], &lowering, builder.schema()))
            .collect::<Result<Vec<_>>>()?;
        if let Moment::At(column) = &ranged.moment {
            let (time, stored) = lowering.raw_column(column);
            let data_type = match stored.unwrap_or(Stored::Day) {
                Stored::Day => DataType::Date32,
                Stored::Local => DataType::Timestamp(TimeUnit::Microsecond, None),
                Stored::Instant => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            };
            builder = builder.filter(self.seen(time, &data_type))?;
        }
        for condition in ranges::condition(&lowering, ranged).into_iter().chain(shared) {
            builder = builder.filter(condition)?;
        }
        let (first, last) = ranges::first_and_last(&lowering, ranged, set);
        let keys: Vec<Expr> = set.keys.iter().map(|k| lowering.column(k)).collect();
        let merge = parts.parts.iter().all(|p| p.merge != Merge::Never);
        let aggregates: Vec<Expr> =
            parts.parts.iter().enumerate().map(|(i, p)| p.expr.clone().alias(format!("a{i}"))).collect();
        let keys = keys.into_iter().enumerate().map(|(i, k)| k.alias(format!("k{i}")));
        let plan = if merge {
            let by = [first.alias("f"), last.alias("l")].into_iter().chain(keys);
            builder.aggregate(by.collect::<Vec<_>>(), aggregates)?.filter(name("f").is_not_null())?.build()?
        } else {
            let all: Vec<Expr> = builder.schema().columns().into_iter().map(Expr::Column).collect();
            let borders = [first.alias("f"), last.alias("l")];
            let builder = builder.project(all.into_iter().chain(borders).collect::<Vec<_>>())?;
            let builder = builder.filter(name("f").is_not_null())?;
            let all: Vec<Expr> = builder.schema().columns().into_iter().map(Expr::Column).collect();
            let list = ranges::expanded(name("f"), name("l")).alias("p");
            let builder = builder.project(all.into_iter().chain([list]).collect::<Vec<_>>())?;
            let by = std::iter::once(name("p")).chain(keys);
            builder.unnest_column("p")?.aggregate(by.collect::<Vec<_>>(), aggregates)?.build()?
        };
        let shape = Shape::Ranged { merge };
        Ok(GroupPlan { plan, shape, parts, measures })
    }

    /// The periods of a set, from the table that holds its parts by first and last period.
    #[allow(clippy::unused_self, reason = "beside `roll_up`, which needs the calendar")]
    pub fn expand(
        &self,
        base: Arc<dyn TableProvider>,
        plan: &GroupPlan,
        set: &GroupSet,
    ) -> Result<LogicalPlan> {
        let keys = 0..set.keys.len();
        let parts = 0..plan.parts.parts.len();
        let list = ranges::expanded(col("base.f"), col("base.l")).alias("p");
        let kept = keys.clone().map(|i| col(format!("base.k{i}")).alias(format!("k{i}")));
        let held = parts.clone().map(|i| col(format!("base.a{i}")).alias(format!("b{i}")));
        let by = std::iter::once(name("p")).chain(keys.map(|i| name(&format!("k{i}"))));
        let merged = plan.parts.parts.iter().enumerate();
        let merged = merged.map(|(i, p)| p.merged(name(&format!("b{i}"))).alias(format!("a{i}")));
        LogicalPlanBuilder::scan("base", provider_as_source(base), None)?
            .project(std::iter::once(list).chain(kept).chain(held).collect::<Vec<_>>())?
            .unnest_column("p")?
            .aggregate(by.collect::<Vec<_>>(), merged.collect::<Vec<_>>())?
            .build()
    }

    /// A condition that every measure of the group has goes before the aggregate, where it prunes files
    /// and spares work.
    fn shared_filter(&self, group: &ScanGroup, lowering: &Lowering<'_>) -> Option<Expr> {
        let filters: Vec<_> = group
            .measures
            .iter()
            .map(|id| self.model.measures[id.0].filter.as_ref())
            .collect::<Option<Vec<_>>>()?;
        let key = |e: &crate::model::expr::RowExpr| {
            let mut text = String::new();
            e.key(&mut text);
            text
        };
        let first = filters.first()?;
        filters.iter().all(|f| key(f) == key(first)).then(|| lowering.expr(first))
    }

    fn shape(&self, group: &ScanGroup, parts: &Parts, timed: bool) -> Shape {
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
        let fine =
            group.sets.iter().map(|s| s.grain).find(|g| group.sets.iter().all(|s| s.grain.is_made_of(*g)));
        // A cut period is made of days.
        let cut = group.sets.iter().any(|s| s.until.is_some());
        let finest = fine.filter(|_| !cut).unwrap_or(Grain::Day);
        let calendar = &self.model.calendar;
        let from = group.sets.iter().map(|s| calendar.start(s.grain, s.periods.0)).min().unwrap_or_default();
        let to = group.sets.iter().map(|s| calendar.start(s.grain, s.periods.1)).max().unwrap_or_default();
        let last = to.pred_opt().unwrap_or(to);
        let periods = (calendar.index(finest, from), calendar.index(finest, last) + 1);
        Shape::RollUp { grain: Some(finest), periods, keys }
    }

    /// One set of a rolled-up group, from the table that holds the fine aggregate.
    pub fn roll_up(
        &self,
        base: Arc<dyn TableProvider>,
        plan: &GroupPlan,
        set: &GroupSet,
    ) -> Result<LogicalPlan> {
        let Shape::RollUp { grain, periods, keys } = &plan.shape else {
            return datafusion::common::internal_err!("a roll-up of a group that has no base");
        };
        let builder = LogicalPlanBuilder::scan("base", provider_as_source(base), None)?;
        let p = match grain {
            None => lit(0i32),
            Some(fine) => self.coarser(*fine, *periods, set),
        };
        let mut by = vec![p.alias("p")];
        for (i, key) in set.keys.iter().enumerate() {
            let at = keys.iter().position(|k| k == key).unwrap_or_default();
            by.push(col(format!("base.k{at}")).alias(format!("k{i}")));
        }
        let parts = plan.parts.parts.iter().enumerate();
        let aggregates: Vec<Expr> =
            parts.map(|(i, p)| p.merged(col(format!("base.a{i}"))).alias(format!("a{i}"))).collect();
        builder.aggregate(by, aggregates)?.build()
    }

    /// The set's period of a fine period.
    fn coarser(&self, fine: Grain, periods: (i64, i64), set: &GroupSet) -> Expr {
        let calendar = self.model.calendar;
        let (grain, wanted, until) = (set.grain, set.periods, set.until);
        let table: Arc<[Option<i32>]> = (periods.0..periods.1)
            .map(|p| {
                let start = calendar.start(fine, p);
                let coarse = calendar.index(grain, start);
                let counts = until.is_none_or(|until| start < until);
                (counts && (wanted.0..wanted.1).contains(&coarse)).then(|| (coarse - wanted.0) as i32)
            })
            .collect();
        let kernel = move |args: &[arrow::array::ArrayRef], _: usize| {
            use arrow::array::AsArray as _;
            let fine = args[0].as_primitive::<arrow::datatypes::Int32Type>();
            let coarse: arrow::array::Int32Array =
                fine.iter().map(|p| table.get(usize::try_from(p?).ok()?).copied().flatten()).collect();
            Ok(Arc::new(coarse) as arrow::array::ArrayRef)
        };
        let end = until.map_or_else(String::new, |u| format!(" until {u}"));
        let text = format!("{grain}_of_{fine}[{}..{} of {}{end}]", wanted.0, wanted.1, periods.0);
        super::udf::call(
            text,
            Env { timezone: calendar.timezone },
            DataType::Int32,
            Arc::new(kernel),
            vec![col("base.p")],
        )
    }
}

/// Microseconds in the unit of a stored timestamp.
fn in_unit(micros: i64, unit: TimeUnit, zone: Option<Arc<str>>) -> ScalarValue {
    match unit {
        TimeUnit::Second => ScalarValue::TimestampSecond(Some(micros.div_euclid(1_000_000)), zone),
        TimeUnit::Millisecond => ScalarValue::TimestampMillisecond(Some(micros.div_euclid(1_000)), zone),
        TimeUnit::Microsecond => ScalarValue::TimestampMicrosecond(Some(micros), zone),
        TimeUnit::Nanosecond => ScalarValue::TimestampNanosecond(micros.checked_mul(1_000), zone),
    }
}

/// A file's column in the storage of its type; NaN and infinity are missing.
fn stored_as(expr: Expr, from: &DataType, ty: Type) -> Expr {
    match (ty, from) {
        (Type::Float, DataType::Float64 | DataType::Float32) => {
            let value = if *from == DataType::Float64 { expr } else { cast(expr, DataType::Float64) };
            super::lower::finite(value)
        }
        (Type::Decimal(scale), DataType::Decimal128(_, s)) if i16::from(*s) == i16::from(scale) => expr,
        (Type::Timestamp, DataType::Timestamp(_, None)) => {
            cast_if(expr, from, DataType::Timestamp(TimeUnit::Microsecond, None))
        }
        (Type::Unknown, _) => expr,
        _ => cast_if(expr, from, row_type(ty)),
    }
}

fn cast_if(expr: Expr, from: &DataType, to: DataType) -> Expr {
    if *from == to { expr } else { cast(expr, to) }
}
