//! The rows that plans start from: a source's rows up to the as-of in the storage of their types, what is
//! joined to them by key, and the asked-for days.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::datatypes::{DataType, TimeUnit};
use datafusion::common::{Column as DfColumn, Result, ScalarValue, TableReference, internal_err};
use datafusion::datasource::provider_as_source;
use datafusion::logical_expr::{
    Expr, ExprFunctionExt, ExprSchemable, JoinType, LogicalPlan, LogicalPlanBuilder, cast, lit,
};

use super::columns::Inputs;
use super::groups::inputs;
use super::lower::{Lowering, alias, column_at};
use super::period::{Stored, day_number};
use super::scan::{Extent, Scans};
use super::{GroupSet, ROW, ScanGroup};
use crate::functions::row_type;
use crate::model::project::{ColumnRef, Model, SourceId};
use crate::model::types::Type;

impl Scans<'_> {
    /// The rows of a source that exist at the as-of: the columns read, in the storage of their types.
    pub fn rows(&self, source: SourceId) -> Result<LogicalPlanBuilder> {
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
            if let Some((expr, ty)) = column(own).filter(|_| !self.all_seen(source, own)) {
                let seen = self.seen(expr.clone(), &ty);
                builder = builder.filter(expr.is_null().or(seen))?;
            }
        }
        let mut projected = Vec::new();
        for index in opened.columns.keys() {
            let Some((expr, ty)) = column(*index) else { continue };
            let model = &here.columns[*index];
            let mut value = stored_as(expr.clone(), &ty, model.ty);
            if here.span.is_some_and(|s| s.to == Some(*index)) && !self.all_seen(source, *index) {
                value = super::lower::case(self.seen(expr, &ty), value);
            }
            projected.push(value.alias(model.name.as_str()));
        }
        if opened.numbered {
            projected.push(Expr::Column(DfColumn::new(Some(TableReference::bare("rows")), ROW)).alias(ROW));
        }
        if projected.is_empty() {
            // A count of rows reads no column.
            projected.push(lit(1i64).alias("row"));
        }
        builder.project(projected)
    }

    /// Whether it is known that no stored time of a column is after the as-of. What cuts there is left out then,
    /// since a reader would look at each row for nothing.
    pub(super) fn all_seen(&self, source: SourceId, column: usize) -> bool {
        let opened = &self.opened[&source];
        let known = opened.latest.get(&column).zip(opened.columns.get(&column));
        known.is_some_and(|(latest, (_, ty))| *latest <= self.last_seen(ty))
    }

    /// Whether a stored time is not after the as-of.
    pub(super) fn seen(&self, time: Expr, ty: &DataType) -> Expr {
        time.lt_eq(lit(self.last_seen(ty)))
    }

    /// The as-of as a stored time.
    pub fn last_seen(&self, ty: &DataType) -> ScalarValue {
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
    pub(super) fn asked(
        &self,
        time: &Expr,
        stored: Stored,
        sets: &[GroupSet],
        extent: Option<&Extent>,
    ) -> Option<Expr> {
        let calendar = &self.model.calendar;
        let from = sets.iter().map(|s| calendar.start(s.grain, s.periods.0)).min().unwrap_or_default();
        let to = sets.iter().map(|s| calendar.end(s.grain, s.periods.1 - 1)).max().unwrap_or_default();
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

    /// The group's rows with all that is joined to them for some sets.
    pub(super) fn joined(
        &self,
        group: &ScanGroup,
        sets: &[GroupSet],
        lowering: &Lowering<'_>,
    ) -> Result<LogicalPlanBuilder> {
        let rows = self.rows(group.source)?.alias(alias(&[]))?;
        let ways = ways(&inputs(self.model, group, sets).found);
        self.join(rows, lowering, &mut BTreeSet::new(), ways)
    }

    /// The rows with what some ways lead to; `joined` holds the ways that lead there already.
    pub(super) fn join(
        &self,
        mut rows: LogicalPlanBuilder,
        lowering: &Lowering<'_>,
        joined: &mut BTreeSet<Vec<usize>>,
        mut ways: BTreeSet<Vec<usize>>,
    ) -> Result<LogicalPlanBuilder> {
        let model = self.model;
        // A way needs the one before it, and those to the key of what was held.
        let ready = |way: &[usize], joined: &BTreeSet<Vec<usize>>| {
            let before = &way[..way.len() - 1];
            let at = model.target(lowering.source, before);
            let held = model.source(at).relations[way[way.len() - 1]].via.iter().flat_map(|v| &v.held);
            let mut needed = held
                .map(|c| before.iter().chain(&c.hops).copied().collect::<Vec<_>>())
                .chain([before.to_vec()]);
            needed.all(|n| n.is_empty() || joined.contains(&n))
        };
        while let Some(way) = ways.iter().find(|w| ready(w, joined)).cloned() {
            ways.remove(&way);
            let (before, hop) = (&way[..way.len() - 1], way[way.len() - 1]);
            let from = model.target(lowering.source, before);
            let relation = &model.source(from).relations[hop];
            let target = model.source(relation.to);
            let provider = provider_as_source(Arc::clone(&self.lookups[&relation.to]));
            let right = LogicalPlanBuilder::scan(alias(&way), provider, None)?;
            let named = right.schema().columns().into_iter().map(|column| {
                let name = column_at(&way, &column.name).name;
                Expr::Column(column).alias(name)
            });
            let named: Vec<Expr> = named.collect();
            let right = right.project(named)?;
            let keys = lowering.key_of(before, hop)?;
            let mut on = Vec::new();
            for (left, theirs) in keys.into_iter().zip(&target.key) {
                let right = Expr::Column(column_at(&way, &target.columns[*theirs].name));
                let (l, r) = (left.get_type(rows.schema())?, row_type(target.columns[*theirs].ty));
                if l == r {
                    on.push(left.eq(right));
                    continue;
                }
                // Keys of different number types meet exactly: 1.5 is no 1.
                let both = exact_type(&l, &r);
                on.push(cast(left, both.clone()).eq(cast(right, both)));
            }
            rows = rows.join_on(right.build()?, JoinType::Left, on)?;
            joined.insert(way);
        }
        match ways.first() {
            None => Ok(rows),
            Some(way) => internal_err!("no way to {way:?}"),
        }
    }

    /// Values of formulas over a source's rows, as columns `v0`, `v1` ...
    pub fn values(
        &self,
        read: &Inputs<'_>,
        lowering: &Lowering<'_>,
        wanted: Vec<Expr>,
    ) -> Result<LogicalPlan> {
        self.values_where(read, lowering, wanted, None)
    }

    /// The same of rows that a condition keeps.
    pub fn values_where(
        &self,
        read: &Inputs<'_>,
        lowering: &Lowering<'_>,
        wanted: Vec<Expr>,
        condition: Option<Expr>,
    ) -> Result<LogicalPlan> {
        let rows = self.rows(read.source)?.alias(alias(&[]))?;
        let mut rows = self.join(rows, lowering, &mut BTreeSet::new(), ways(&read.found))?;
        if let Some(condition) = condition {
            rows = rows.filter(condition)?;
        }
        let named = wanted.into_iter().enumerate().map(|(i, e)| e.alias(format!("v{i}")));
        rows.project(named.collect::<Vec<_>>())?.build()
    }

    /// The different values of a column.
    pub fn distinct(&self, read: &Inputs<'_>, column: &ColumnRef, named: &str) -> Result<LogicalPlan> {
        let lowering = Lowering::new(self.model, read.source, self.stores);
        let plan = self.values(read, &lowering, vec![lowering.column(column)])?;
        let value = Expr::Column(DfColumn::new_unqualified("v0"));
        let builder = LogicalPlanBuilder::from(plan).filter(value.clone().is_not_null())?;
        builder.aggregate(vec![value.alias(named)], Vec::<Expr>::new())?.build()
    }

    /// How many values of some columns are there and outside their `valid`.
    pub fn rejected(&self, source: SourceId, columns: &[usize]) -> Result<LogicalPlan> {
        let here = self.model.source(source);
        let mut counts = Vec::new();
        for column in columns {
            let at = ColumnRef { hops: Vec::new(), column: *column };
            let mut lowering = Lowering::new(self.model, source, self.stores);
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
        let lowering = Lowering::new(self.model, group.source, self.stores);
        let mut needed = Inputs::new(self.model, group.source);
        needed.column(time);
        let rows = self.rows(group.source)?.alias(alias(&[]))?;
        let rows = self.join(rows, &lowering, &mut BTreeSet::new(), ways(&needed.found))?;
        let (time, _) = lowering.raw_column(time);
        let least = datafusion::functions_aggregate::expr_fn::min(time).alias("first");
        rows.aggregate(Vec::<Expr>::new(), vec![least])?.build()
    }
}

/// The type that holds keys of two types exactly.
fn exact_type(l: &DataType, r: &DataType) -> DataType {
    let scale = |ty: &DataType| match ty {
        DataType::Decimal128(_, s) => Some(*s),
        DataType::Int64 => Some(0),
        _ => None,
    };
    match (scale(l), scale(r)) {
        (Some(a), Some(b)) => DataType::Decimal128(38, a.max(b)),
        _ if *l == DataType::Float64 || *r == DataType::Float64 => DataType::Float64,
        _ => r.clone(),
    }
}

/// Whether a way depends on the moment that a row counts at.
pub(super) fn by_moment(model: &Model, source: SourceId, way: &[usize]) -> bool {
    (0..way.len()).any(|depth| {
        let at = model.target(source, &way[..depth]);
        let via = model.source(at).relations[way[depth]].via.as_ref();
        via.is_some_and(|v| v.at.is_none() || v.held.iter().any(|c| by_moment(model, at, &c.hops)))
    })
}

/// The ways, and all on the way to them, that lead to some columns.
pub(super) fn ways(found: &BTreeSet<ColumnRef>) -> BTreeSet<Vec<usize>> {
    let prefixes = |c: &ColumnRef| (1..=c.hops.len()).map(|d| c.hops[..d].to_vec()).collect::<Vec<_>>();
    found.iter().flat_map(prefixes).collect()
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
