//! From a group's fine result to its sets: roll-ups to coarser grains and breakdowns, and rows that count in
//! several periods, held by first and last and expanded.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::datatypes::{DataType, TimeUnit};
use datafusion::catalog::TableProvider;
use datafusion::common::{Column, Result};
use datafusion::datasource::provider_as_source;
use datafusion::functions_aggregate::expr_fn::{count, sum};
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, col, lit};

use super::aggregates::{Merge, Parts};
use super::lower::{Lowering, alias};
use super::period::Stored;
use super::scan::{Expanded, GroupPlan, Scans, Shape, name};
use super::{GroupSet, ScanGroup, bitmaps, ranges, rows};
use crate::functions::Env;
use crate::model::calendar::Grain;
use crate::model::expr::{Kind, RowExpr, RowLeaf};
use crate::model::project::{ColumnRef, Moment, Ranged};

/// The columns of a row's periods and of one of them, under names that no column of a source has.
const STRETCH: &str = "(periods)";
pub(super) const PLACE: &str = "(period)";

impl Scans<'_> {
    /// One set of a group whose rows count in several periods. Where all parts merge, the plan holds them by
    /// first and last period, for [`Scans::expand`]; else the rows themselves were expanded.
    pub fn ranged(&self, group: &ScanGroup, ranged: &Ranged, set: &GroupSet) -> Result<GroupPlan> {
        let model = self.model;
        let expanded = Expanded::default();
        let read = super::groups::inputs(model, group, std::slice::from_ref(set));
        let active = matches!(ranged.moment, Moment::Active { .. } | Moment::Known { .. });
        if read.period || (read.moment && active) {
            return self.by_period(group, ranged, set, &read.found);
        }
        let lowering = Lowering::new(model, group.source, self.stores);
        let moment = ranges::moment(&lowering, ranged).filter(|_| !active);
        let lowering = lowering.at(moment);
        let shared = self.shared_filter(group, &lowering);
        let mut parts = Parts::new(shared.is_some());
        let mut builder = self.joined(group, std::slice::from_ref(set), &lowering)?;
        let measures = group
            .measures
            .iter()
            .map(|id| parts.measure(&model.measures[id.0], &lowering, builder.schema()))
            .collect::<Result<Vec<_>>>()?;
        let possible = ranges::possible(&lowering, ranged, set);
        for condition in possible.into_iter().chain(self.counts(&lowering, ranged, set)).chain(shared) {
            builder = builder.filter(condition)?;
        }
        let stretch = ranges::stretch(&lowering, ranged, set);
        let keys: Vec<Expr> = set.keys.iter().map(|k| lowering.column(k)).collect();
        // The filter goes down to the reader, and periods are then found twice; where the few other rows
        // can do no harm, they are dropped from the result.
        if !self.harmless(group, &parts) {
            builder = builder.filter(stretch.clone().is_not_null())?;
        }
        let distinct = bitmaps::plans(&parts, set, &builder, &stretch, &keys)?;
        let merge = !distinct.is_empty() || parts.parts.iter().all(|p| p.merge != Merge::Never);
        let own = parts.parts.iter().enumerate().filter(|(_, p)| !merge || p.merge != Merge::Never);
        let aggregates: Vec<Expr> = own.map(|(i, p)| p.expr.clone().alias(format!("a{i}"))).collect();
        let keys = keys.into_iter().enumerate().map(|(i, k)| k.alias(format!("k{i}")));
        let plan = if merge {
            let by = std::iter::once(stretch.alias("s")).chain(keys);
            builder.aggregate(by.collect::<Vec<_>>(), aggregates)?.build()?
        } else {
            let all: Vec<Expr> = builder.schema().columns().into_iter().map(Expr::Column).collect();
            let builder =
                builder.project(all.into_iter().chain([stretch.alias(STRETCH)]).collect::<Vec<_>>())?;
            let builder = builder.filter(name(STRETCH).is_not_null())?;
            let all: Vec<Expr> = builder.schema().columns().into_iter().map(Expr::Column).collect();
            let list = ranges::expanded(name(STRETCH), &expanded).alias(PLACE);
            let builder = builder.project(all.into_iter().chain([list]).collect::<Vec<_>>())?;
            let by = std::iter::once(name(PLACE).alias("p")).chain(keys);
            builder
                .unnest_column(Column::new_unqualified(PLACE))?
                .aggregate(by.collect::<Vec<_>>(), aggregates)?
                .build()?
        };
        let shape = Shape::Ranged { merge };
        Ok(GroupPlan { plan, shape, parts, measures, distinct, expanded })
    }

    /// Whether nothing that a group computes of a row can fail: only columns of files are looked at, and
    /// nothing is added up but counts.
    fn harmless(&self, group: &ScanGroup, parts: &Parts) -> bool {
        parts.parts.iter().all(|p| p.merge != Merge::SumState)
            && group.measures.iter().map(|id| &self.model.measures[id.0]).all(|measure| {
                let plain = |argument: &RowExpr| {
                    let Kind::Leaf(RowLeaf::Column(at)) = &argument.kind else { return false };
                    let column = self.model.column(measure.source, at);
                    column.formula.is_none() && column.valid.is_none()
                };
                measure.filter.is_none()
                    && measure.weight.is_none()
                    && measure.argument.as_ref().is_none_or(plain)
            })
    }

    /// Which rows count at all.
    fn counts(&self, lowering: &Lowering<'_>, ranged: &Ranged, set: &GroupSet) -> Option<Expr> {
        let Moment::At(column) = &ranged.moment else { return ranges::condition(lowering, ranged, set) };
        // A row without a time has no stretch either.
        let all = column.hops.is_empty() && self.all_seen(lowering.source, column.column);
        (!all).then(|| self.happened(lowering, column))
    }

    /// Whether a time is there and not after the as-of.
    pub(super) fn happened(&self, lowering: &Lowering<'_>, column: &ColumnRef) -> Expr {
        let (time, stored) = lowering.raw_column(column);
        let data_type = match stored.unwrap_or(Stored::Day) {
            Stored::Day => DataType::Date32,
            Stored::Local => DataType::Timestamp(TimeUnit::Microsecond, None),
            Stored::Instant => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        };
        self.seen(time, &data_type)
    }

    /// One set of a group where what is asked of a row depends on the period: each row once for each period
    /// that it counts in, and only then what its moment leads to, its conditions and its members.
    fn by_period(
        &self,
        group: &ScanGroup,
        ranged: &Ranged,
        set: &GroupSet,
        found: &BTreeSet<ColumnRef>,
    ) -> Result<GroupPlan> {
        let model = self.model;
        let expanded = Expanded::default();
        let lowering = Lowering::new(model, group.source, self.stores);
        let moment = ranges::moment(&lowering, ranged);
        let lowering = lowering.at(moment);
        let (late, early) =
            rows::ways(found).into_iter().partition(|way| rows::by_moment(model, group.source, way));
        let mut joined = BTreeSet::new();
        let builder = self.rows(group.source)?.alias(alias(&[]))?;
        let mut builder = self.join(builder, &lowering, &mut joined, early)?;
        if let Some(condition) = self.counts(&lowering, ranged, set) {
            builder = builder.filter(condition)?;
        }
        let with = |builder: LogicalPlanBuilder, more: Vec<Expr>| {
            let all: Vec<Expr> = builder.schema().columns().into_iter().map(Expr::Column).collect();
            builder.project(all.into_iter().chain(more).collect::<Vec<_>>())
        };
        let stretch = ranges::stretch(&lowering, ranged, set);
        builder = with(builder, vec![stretch.alias(STRETCH)])?.filter(name(STRETCH).is_not_null())?;
        builder = with(builder, vec![ranges::expanded(name(STRETCH), &expanded).alias(PLACE)])?
            .unnest_column(Column::new_unqualified(PLACE))?;
        builder = with(builder, ranges::border_columns(&lowering, ranged, set))?;
        builder = self.join(builder, &lowering, &mut joined, late)?;
        let shared = self.shared_filter(group, &lowering);
        let mut parts = Parts::new(shared.is_some());
        let measures = group
            .measures
            .iter()
            .map(|id| parts.measure(&model.measures[id.0], &lowering, builder.schema()))
            .collect::<Result<Vec<_>>>()?;
        if let Some(shared) = shared {
            builder = builder.filter(shared)?;
        }
        let keys = set.keys.iter().enumerate().map(|(i, k)| lowering.column(k).alias(format!("k{i}")));
        let by: Vec<Expr> = std::iter::once(name(PLACE).alias("p")).chain(keys).collect();
        let aggregates: Vec<Expr> =
            parts.parts.iter().enumerate().map(|(i, p)| p.expr.clone().alias(format!("a{i}"))).collect();
        let plan = builder.aggregate(by, aggregates)?.build()?;
        let shape = Shape::Ranged { merge: false };
        Ok(GroupPlan { plan, shape, parts, measures, distinct: Vec::new(), expanded })
    }

    /// How many rows of a set count at all, and in how many periods together: one row, `rows` and `expanded`.
    pub fn expansion(&self, group: &ScanGroup, ranged: &Ranged, set: &GroupSet) -> Result<LogicalPlan> {
        let lowering = Lowering::new(self.model, group.source, self.stores);
        let mut read = super::columns::Inputs::new(self.model, group.source);
        for column in group.time.columns() {
            read.column(column);
        }
        let rows = self.rows(group.source)?.alias(alias(&[]))?;
        let mut rows = self.join(rows, &lowering, &mut BTreeSet::new(), rows::ways(&read.found))?;
        if let Some(condition) = self.counts(&lowering, ranged, set) {
            rows = rows.filter(condition)?;
        }
        let stretch = ranges::stretch(&lowering, ranged, set);
        let rows = rows.project(vec![stretch.alias("s")])?.filter(name("s").is_not_null())?;
        let periods = ranges::length(name("s"));
        rows.aggregate(
            Vec::<Expr>::new(),
            vec![count(lit(1i64)).alias("rows"), sum(periods).alias("expanded")],
        )?
        .build()
    }

    /// The periods of a set, from the table that holds its parts, or those of a set with more keys, by first
    /// and last period.
    #[allow(clippy::unused_self, reason = "beside `roll_up`, which needs the calendar")]
    pub fn expand(
        &self,
        base: Arc<dyn TableProvider>,
        plan: &GroupPlan,
        held: &[ColumnRef],
        set: &GroupSet,
    ) -> Result<LogicalPlan> {
        let place = |key: &ColumnRef| held.iter().position(|h| h == key).unwrap_or_default();
        let keys = 0..set.keys.len();
        let parts = plan.parts.parts.iter().enumerate().filter(|(_, p)| p.merge != Merge::Never);
        let list = ranges::expanded(col("base.s"), &Expanded::default()).alias("p");
        let kept = set.keys.iter().enumerate();
        let kept = kept.map(|(i, key)| col(format!("base.k{}", place(key))).alias(format!("k{i}")));
        let sums = parts.clone().map(|(i, _)| col(format!("base.a{i}")).alias(format!("b{i}")));
        let by = std::iter::once(name("p")).chain(keys.map(|i| name(&format!("k{i}"))));
        let merged = parts.map(|(i, p)| p.merged(name(&format!("b{i}"))).alias(format!("a{i}")));
        LogicalPlanBuilder::scan("base", provider_as_source(base), None)?
            .filter(col("base.s").is_not_null())?
            .project(std::iter::once(list).chain(kept).chain(sums).collect::<Vec<_>>())?
            .unnest_column("p")?
            .aggregate(by.collect::<Vec<_>>(), merged.collect::<Vec<_>>())?
            .build()
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
    pub(super) fn coarser(&self, fine: Grain, periods: (i64, i64), set: &GroupSet) -> Expr {
        let calendar = &self.model.calendar;
        let (grain, wanted, until) = (set.grain, set.periods, set.until);
        let table: Arc<[Option<i32>]> = (periods.0..periods.1)
            .map(|p| {
                let start = calendar.start(fine, p);
                let coarse = calendar.at(grain, start)?;
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
        let text = format!(
            "{}_of_{}[{}..{} of {}{end}]",
            calendar.grain_name(grain),
            calendar.grain_name(fine),
            wanted.0,
            wanted.1,
            periods.0
        );
        super::udf::call(
            text,
            Env { timezone: calendar.timezone },
            DataType::Int32,
            Arc::new(kernel),
            vec![col("base.p")],
        )
    }
}
