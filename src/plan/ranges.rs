//! Rows that count in several periods: balances and windows. Every condition (`from` before the close,
//! `to` not before the opening, a time in the window) holds from one period on or up to one, since the
//! borders of windows never go back; so a row's periods are a first and a last, found by binary search,
//! and only those are expanded: partial results where they merge, the rows themselves where not.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Date32Array, Int32Array, Int64Array, ListArray};
use arrow::buffer::{BooleanBuffer, NullBuffer, OffsetBuffer};
use arrow::datatypes::{
    DataType, Date32Type, Field, Int32Type, Int64Type, TimeUnit, TimestampMicrosecondType,
};
use chrono::{Datelike, Duration, Months, NaiveDate};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::{Expr, cast, lit};

use super::GroupSet;
use super::lower::Lowering;
use super::period::{DAY, Stored, day_number};
use super::scan::Expanded;
use super::udf;
use crate::functions::operators::comparison::local_days;
use crate::functions::{Env, Failure};
use crate::model::calendar::{Calendar, Grain};
use crate::model::expr::PeriodBorder;
use crate::model::project::{ColumnRef, Moment, Ranged, When, Window};

/// The first day of each period's window, and the day after its last.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Borders {
    starts: Arc<[i32]>,
    ends: Arc<[i32]>,
    /// The first day of the period that closes where the window opens.
    before: Arc<[i32]>,
}

fn borders(calendar: &Calendar, window: Option<Window>, set: &GroupSet) -> Borders {
    let (mut starts, mut ends, mut before) = (Vec::new(), Vec::new(), Vec::new());
    for period in set.periods.0..set.periods.1 {
        let whole = calendar.end(set.grain, period);
        let end = set.until.map_or(whole, |until| until.min(whole));
        // A cut period's window is that of the whole one, cut.
        let start = window_start(calendar, window, set.grain, period, whole);
        let eve = NaiveDate::default().checked_add_signed(Duration::days(i64::from(start) - 1));
        let closing = eve.filter(|_| start > held_day(start - 1));
        before.push(
            closing.map_or(start, |d| day_number(calendar.start(set.grain, calendar.index(set.grain, d)))),
        );
        starts.push(start);
        ends.push(day_number(end));
    }
    Borders { starts: starts.into(), ends: ends.into(), before: before.into() }
}

/// The first day of a period's window; year 1 where it has no start.
pub fn window_first(calendar: &Calendar, window: Window, grain: Grain, period: i64) -> NaiveDate {
    let start = window_start(calendar, Some(window), grain, period, calendar.end(grain, period));
    let days = Duration::days(i64::from(held_day(start)));
    NaiveDate::default().checked_add_signed(days).unwrap_or(NaiveDate::MIN)
}

/// The first day of the window of each of some periods.
pub fn window_starts(
    calendar: &Calendar,
    window: Window,
    grain: Grain,
    periods: std::ops::Range<i64>,
) -> Vec<i32> {
    let start = |p| window_start(calendar, Some(window), grain, p, calendar.end(grain, p));
    periods.map(start).collect()
}

fn window_start(
    calendar: &Calendar,
    window: Option<Window>,
    grain: Grain,
    period: i64,
    end: NaiveDate,
) -> i32 {
    let start = match window {
        None => calendar.start(grain, period),
        Some(Window::AllTime) => return i32::MIN,
        Some(Window::ToDate(unit)) => {
            let last = end.pred_opt().unwrap_or(end);
            // Where no own period holds the day there is no window.
            calendar.at(unit, last).map_or(end, |at| calendar.start(unit, at))
        }
        Some(Window::Last(count, Some(unit @ Grain::Own(_)))) => {
            let last = calendar.end(grain, period).pred_opt().unwrap_or(end);
            calendar.at(unit, last).map_or(end, |at| calendar.start(unit, at - i64::from(count) + 1))
        }
        Some(Window::Last(count, unit)) => {
            let months = match unit.unwrap_or(grain) {
                _ if unit.is_none() => {
                    return day_number(calendar.start(grain, period - i64::from(count) + 1));
                }
                Grain::Day => return day_number(end).saturating_sub(count as i32),
                Grain::Week => return day_number(end).saturating_sub((count * 7) as i32),
                Grain::Month => count,
                Grain::Quarter => count * 3,
                Grain::Year => count * 12,
                // Told apart above.
                Grain::Own(_) => 0,
            };
            // Whole months end with the period's last month; in finer grains, and where an own period
            // ends inside a month, the window starts on the same day, or after the month's last.
            let fine = match grain {
                Grain::Own(_) => calendar.end(grain, period).day() != 1,
                _ => matches!(grain, Grain::Day | Grain::Week),
            };
            let anchor = if fine { end.pred_opt().unwrap_or(end) } else { calendar.end(grain, period) };
            let before = anchor.checked_sub_months(Months::new(months)).unwrap_or(NaiveDate::MIN);
            if fine { before.succ_opt().unwrap_or(before) } else { before }
        }
    };
    day_number(start)
}

/// How a day bounds a row's periods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bound {
    /// The window opens after the day.
    OpensAfter,
    /// The window closes after the day.
    ClosesAfter,
    /// The window opens on the day or before.
    OpensBy,
    /// The window closes on the day or before.
    ClosesBy,
    /// The window opens before the day.
    OpensBefore,
    /// The period that closes where the window opens started on the day or before.
    FollowsBy,
}

/// A day of a row, how it bounds the row's periods, and whether a missing day bounds nothing.
struct Rule {
    /// The column, and how it stores the day.
    raw: Expr,
    stored: Option<Stored>,
    day: Expr,
    bound: Bound,
    optional: bool,
    /// Added to the day: 1 where it is an inclusive end.
    shift: i32,
}

/// What bounds a row's periods.
fn rules(lowering: &Lowering<'_>, ranged: &Ranged) -> Vec<Rule> {
    let mut rules: Vec<Rule> = Vec::new();
    let mut add = |column: &ColumnRef, bound: Bound, optional: bool, shift: i32| {
        let (raw, stored) = lowering.raw_column(column);
        rules.push(Rule { raw, stored, day: day(lowering, column), bound, optional, shift });
    };
    match &ranged.moment {
        Moment::Always | Moment::Known { .. } => {}
        Moment::At(column) => {
            add(column, Bound::OpensBy, false, 0);
            add(column, Bound::ClosesAfter, false, 0);
        }
        Moment::Active { from, to, inclusive, when } => {
            let shift = i32::from(*inclusive);
            let (opening, closing) = match when {
                When::Start => (Some(Bound::OpensAfter), Bound::OpensBy),
                When::End => (Some(Bound::ClosesAfter), Bound::ClosesBy),
                When::During => (Some(Bound::ClosesAfter), Bound::OpensBefore),
                When::On(_) => (None, Bound::OpensBy),
            };
            if let Some(opening) = opening {
                add(from, opening, false, 0);
                match when {
                    When::Start if ranged.fresh => add(from, Bound::FollowsBy, false, 0),
                    When::End if ranged.fresh => add(from, Bound::OpensBy, false, 0),
                    _ => {}
                }
                if let Some(to) = to {
                    add(to, closing, true, shift);
                }
            }
        }
    }
    for (column, after) in &ranged.within {
        add(column, Bound::OpensBy, false, i32::from(*after));
        add(column, Bound::ClosesAfter, false, i32::from(*after));
    }
    rules
}

/// The row's first and last period, by place among the set's, as one number to group by: see [`packed`];
/// none where the first is after the last.
pub fn stretch(lowering: &Lowering<'_>, ranged: &Ranged, set: &GroupSet) -> Expr {
    let calendar = &lowering.model.calendar;
    let rules = rules(lowering, ranged);
    let borders = borders(calendar, ranged.window, set);
    let specs: Vec<(Bound, bool, i32)> = rules.iter().map(|r| (r.bound, r.optional, r.shift)).collect();
    let name = format!(
        "periods_of[{:?} {} {} {:?} {specs:?}]",
        set.grain,
        set.periods.0,
        set.periods.1,
        (ranged.window, set.until, ranged.fresh)
    );
    let tables = Tables::new(&borders);
    let kernel = move |args: &[ArrayRef], rows: usize| stretches(args, rows, &specs, &tables);
    let mut days: Vec<Expr> = rules.into_iter().map(|r| r.day).collect();
    if days.is_empty() {
        days.push(lit(0i32));
    }
    udf::call(name, Env { timezone: calendar.timezone }, DataType::Int64, Arc::new(kernel), days)
}

/// A first and a last place as one number.
fn packed(first: i32, last: i32) -> i64 {
    i64::from(first) << 32 | i64::from(last)
}

/// Back from [`packed`].
pub(super) fn unpacked(stretch: i64) -> (i32, i32) {
    ((stretch >> 32) as i32, stretch as i32)
}

/// How many borders lie on a day or before: looked up by day where borders are near enough, else searched.
#[derive(Clone)]
struct UpTo {
    borders: Arc<[i32]>,
    /// For the day before the first border, and each one up to the last border.
    table: Arc<[i32]>,
}

/// Days that a table holds; borders further apart are searched.
const MOST_DAYS: i64 = 200_000;

impl UpTo {
    fn new(borders: &Arc<[i32]>) -> Self {
        let (first, last) = (borders.first().copied().unwrap_or(0), borders.last().copied().unwrap_or(0));
        let days = i64::from(last) - i64::from(first);
        let mut table = Vec::new();
        if !borders.is_empty() && days <= MOST_DAYS {
            table.push(0);
            for (place, border) in borders.iter().enumerate().skip(1) {
                table.resize((border - first) as usize + 1, place as i32);
            }
            table.push(borders.len() as i32);
        }
        Self { borders: Arc::clone(borders), table: table.into() }
    }

    /// Puts what `bound` makes of a value and the count for its day, `shift` days later, in the value's place. A
    /// missing day counts as `missing`.
    fn each(
        &self,
        values: &mut [i32],
        days: &Date32Array,
        (shift, missing): (i32, i32),
        bound: impl Fn(i32, i32) -> i32,
    ) {
        let Some(last) = self.table.len().checked_sub(1) else {
            let place = |day: i32| {
                let day = i64::from(day) + i64::from(shift);
                self.borders.partition_point(|b| i64::from(*b) <= day) as i32
            };
            return put(values, days, missing, place, bound);
        };
        // Days before the table count as its first one, days after it as its last: no branch.
        let before = i64::from(shift) - i64::from(self.borders[0]) + 1;
        let place = |day: i32| self.table[(i64::from(day) + before).clamp(0, last as i64) as usize];
        put(values, days, missing, place, bound);
    }
}

/// See [`UpTo::each`]; a loop of its own for each kind of place.
fn put(
    values: &mut [i32],
    days: &Date32Array,
    missing: i32,
    place: impl Fn(i32) -> i32,
    bound: impl Fn(i32, i32) -> i32,
) {
    let all = values.iter_mut().zip(days.values());
    match days.nulls().filter(|nulls| nulls.null_count() > 0) {
        None => all.for_each(|(value, day)| *value = bound(*value, place(*day))),
        Some(nulls) => all.zip(nulls.iter()).for_each(|((value, day), there)| {
            let place = if there { place(*day) } else { missing };
            *value = bound(*value, place);
        }),
    }
}

/// The borders of the windows, to be asked by day.
#[derive(Clone)]
struct Tables {
    count: i32,
    starts: UpTo,
    ends: UpTo,
    before: UpTo,
}

impl Tables {
    fn new(borders: &Borders) -> Self {
        Self {
            count: borders.ends.len() as i32,
            starts: UpTo::new(&borders.starts),
            ends: UpTo::new(&borders.ends),
            before: UpTo::new(&borders.before),
        }
    }
}

fn stretches(
    args: &[ArrayRef],
    rows: usize,
    specs: &[(Bound, bool, i32)],
    tables: &Tables,
) -> Result<ArrayRef, Failure> {
    // One rule after the other over all rows: short loops, with no choice of a rule in them.
    let (mut firsts, mut ends) = (vec![0; rows], vec![tables.count; rows]);
    for ((bound, optional, shift), days) in specs.iter().zip(args) {
        let days = days
            .as_primitive_opt::<Date32Type>()
            .ok_or_else(|| Failure::Internal(format!("a day of type {}", days.data_type())))?;
        let (opens, borders, shift) = match bound {
            Bound::OpensAfter => (true, &tables.starts, *shift),
            Bound::ClosesAfter => (true, &tables.ends, *shift),
            Bound::OpensBy => (false, &tables.starts, *shift),
            Bound::FollowsBy => (false, &tables.before, *shift),
            Bound::ClosesBy => (false, &tables.ends, *shift),
            Bound::OpensBefore => (false, &tables.starts, shift - 1),
        };
        // A missing day leaves either no period, or those that there are.
        match (opens, optional) {
            (true, false) => borders.each(&mut firsts, days, (shift, i32::MAX), i32::max),
            (true, true) => borders.each(&mut firsts, days, (shift, i32::MIN), i32::max),
            (false, false) => borders.each(&mut ends, days, (shift, i32::MIN), i32::min),
            (false, true) => borders.each(&mut ends, days, (shift, i32::MAX), i32::min),
        }
    }
    let there = BooleanBuffer::collect_bool(rows, |row| firsts[row] < ends[row]);
    let found = firsts.iter().zip(&ends).map(|(first, end)| packed(*first, end.wrapping_sub(1)));
    Ok(Arc::new(Int64Array::new(found.collect(), Some(NullBuffer::new(there)))))
}

/// What every row that counts in some period of a set satisfies, as plain comparisons of its columns: a reader
/// prunes by them. Other rows may satisfy it too.
pub fn possible(lowering: &Lowering<'_>, ranged: &Ranged, set: &GroupSet) -> Option<Expr> {
    let borders = borders(&lowering.model.calendar, ranged.window, set);
    let least = |days: &[i32]| days.iter().min().copied();
    let greatest = |days: &[i32]| days.iter().max().copied();
    let condition = |rule: &Rule| {
        // From a day on, or before one.
        let (from, bound) = match rule.bound {
            Bound::OpensAfter => (false, greatest(&borders.starts)?),
            Bound::ClosesAfter => (false, greatest(&borders.ends)?),
            Bound::OpensBy => (true, least(&borders.starts)?),
            Bound::ClosesBy => (true, least(&borders.ends)?),
            Bound::OpensBefore => (true, least(&borders.starts)?.saturating_add(1)),
            Bound::FollowsBy => (true, least(&borders.before)?),
        };
        // A window without a start bounds nothing.
        let bound = Some(bound).filter(|b| *b > held_day(i32::MIN))?.checked_sub(rule.shift)?;
        let bound = border(lowering, rule.stored, bound, from)?;
        let within = if from { rule.raw.clone().gt_eq(bound) } else { rule.raw.clone().lt(bound) };
        Some(if rule.optional { rule.raw.clone().is_null().or(within) } else { within })
    };
    rules(lowering, ranged).iter().filter_map(condition).reduce(Expr::and)
}

/// The start of a day as a column stores it. Of instants a day of slack is left, so that no change of clocks
/// matters.
fn border(lowering: &Lowering<'_>, stored: Option<Stored>, day: i32, from: bool) -> Option<Expr> {
    let date = |day: i32| NaiveDate::default().checked_add_signed(Duration::days(day.into()));
    let midnight = |day: i32| Some(date(day)?.and_hms_opt(0, 0, 0)?.and_utc().timestamp_micros());
    Some(lit(match stored? {
        Stored::Day => ScalarValue::Date32(Some(day)),
        Stored::Local => ScalarValue::TimestampMicrosecond(Some(midnight(day)?), None),
        Stored::Instant => {
            let slack = date(if from { day.checked_sub(1)? } else { day.checked_add(1)? })?;
            let at = crate::resolve::instant(slack.and_hms_opt(0, 0, 0)?, &lowering.model.calendar);
            ScalarValue::TimestampMicrosecond(Some(at.timestamp_micros()), Some("UTC".into()))
        }
    }))
}

/// Which rows count at all: the state on a day, spans that are not empty.
pub fn condition(lowering: &Lowering<'_>, ranged: &Ranged, set: &GroupSet) -> Option<Expr> {
    let Moment::Active { from, to, inclusive, when } = &ranged.moment else { return None };
    let from = day(lowering, from);
    let to = to.as_ref().map(|to| day(lowering, to));
    match when {
        When::On(day_of) => {
            let on = lit(ScalarValue::Date32(Some(day_number(*day_of))));
            let mut started = from.clone().lt_eq(on.clone());
            if ranged.fresh {
                let calendar = &lowering.model.calendar;
                let first = calendar.start(set.grain, calendar.index(set.grain, *day_of));
                started = started.and(from.gt_eq(lit(ScalarValue::Date32(Some(day_number(first))))));
            }
            Some(match to {
                None => started,
                Some(to) => {
                    let lasts = if *inclusive { to.clone().gt_eq(on) } else { to.clone().gt(on) };
                    started.and(to.is_null().or(lasts))
                }
            })
        }
        // A span that is empty is never active.
        When::During => to.map(|to| {
            let lasts = if *inclusive { to.clone().gt_eq(from) } else { to.clone().gt(from) };
            to.is_null().or(lasts)
        }),
        When::Start | When::End => None,
    }
}

/// The local day of a time column.
pub(super) fn day(lowering: &Lowering<'_>, column: &ColumnRef) -> Expr {
    let (expr, stored) = lowering.raw_column(column);
    match stored {
        Some(Stored::Instant) => local_day(lowering, expr),
        Some(Stored::Local) => clock_day(expr),
        _ => cast(expr, DataType::Date32),
    }
}

/// The day of a local time: a cast of DataFusion's would go by the calendar's fields.
fn clock_day(time: Expr) -> Expr {
    let kernel = |args: &[ArrayRef], _: usize| {
        let times = args[0]
            .as_primitive_opt::<TimestampMicrosecondType>()
            .ok_or_else(|| Failure::Internal(format!("a time of type {}", args[0].data_type())))?;
        let day = |t: i64| t.div_euclid(DAY) as i32;
        Ok(Arc::new(times.unary::<_, Date32Type>(day)) as ArrayRef)
    };
    let time = cast(time, DataType::Timestamp(TimeUnit::Microsecond, None));
    udf::call("clock_day", Env { timezone: chrono_tz::UTC }, DataType::Date32, Arc::new(kernel), vec![time])
}

fn local_day(lowering: &Lowering<'_>, instant: Expr) -> Expr {
    let env = Env { timezone: lowering.model.calendar.timezone };
    let kernel =
        move |args: &[ArrayRef], _: usize| local_days(&args[0], &env).map(|d| Arc::new(d) as ArrayRef);
    udf::call("local_day", env, DataType::Date32, Arc::new(kernel), vec![instant])
}

/// What every time that lies on or after a day and before another satisfies, as plain comparisons of the
/// column: a reader prunes by them. Of instants a day more on both sides does too.
pub fn about_days(
    lowering: &Lowering<'_>,
    column: &ColumnRef,
    from: NaiveDate,
    to: NaiveDate,
) -> Option<Expr> {
    let (raw, stored) = lowering.raw_column(column);
    let from = border(lowering, stored, day_number(from), true)?;
    let to = border(lowering, stored, day_number(to), false)?;
    Some(raw.clone().gt_eq(from).and(raw.lt(to)))
}

/// Whether a span's last day is not after its first: the few rows that may be empty or backward.
pub fn not_after(lowering: &Lowering<'_>, from: &ColumnRef, to: &ColumnRef) -> Expr {
    day(lowering, to).lt_eq(day(lowering, from))
}

/// The columns that hold the borders of the period that an expanded row counts in.
pub fn border_column(border: PeriodBorder) -> Expr {
    super::scan::name(match border {
        PeriodBorder::Start => "period start",
        PeriodBorder::End => "period end",
        PeriodBorder::LastDay => "period last day",
        PeriodBorder::Before => "day before period",
    })
}

/// The borders of the period of each expanded row, under the names of [`border_column`].
pub fn border_columns(lowering: &Lowering<'_>, ranged: &Ranged, set: &GroupSet) -> Vec<Expr> {
    let borders = borders(&lowering.model.calendar, ranged.window, set);
    let all = [
        (PeriodBorder::Start, &borders.starts, 0),
        (PeriodBorder::End, &borders.ends, 0),
        (PeriodBorder::LastDay, &borders.ends, -1),
        (PeriodBorder::Before, &borders.starts, -1),
    ];
    all.into_iter()
        .map(|(border, days, shift)| {
            let days: Arc<[i32]> = days.iter().map(|d| held_day(*d).saturating_add(shift)).collect();
            let text =
                format!("{border:?} {:?} {:?} {:?}", ranged.window, set.grain, (set.periods, set.until));
            let kernel = move |args: &[ArrayRef], _: usize| {
                let places = args[0].as_primitive::<Int32Type>();
                let day = |p: i32| days.get(usize::try_from(p).ok()?).copied();
                Ok(Arc::new(places.unary_opt::<_, Date32Type>(day)) as ArrayRef)
            };
            let env = Env { timezone: lowering.model.calendar.timezone };
            let place = vec![super::scan::name(super::expand::PLACE)];
            let Expr::Column(column) = border_column(border) else { return lit(0i32) };
            udf::call(text, env, DataType::Date32, Arc::new(kernel), place).alias(column.name)
        })
        .collect()
}

/// A day that dates hold: windows without a start begin with year 1.
fn held_day(day: i32) -> i32 {
    day.max(day_number(NaiveDate::from_ymd_opt(1, 1, 1).unwrap_or_default()))
}

/// The moment that a row counts at in a period: of a balance the last day of what opens or closes, of
/// `during` the later of the period's start and the row's own; of what happens its time.
pub fn moment(lowering: &Lowering<'_>, ranged: &Ranged) -> Option<Expr> {
    match &ranged.moment {
        Moment::Always => None,
        Moment::At(column) => Some(lowering.column(column)),
        Moment::Known { from, to, inclusive } => {
            let start = border_column(PeriodBorder::Start);
            let mut args = vec![start.clone(), border_column(PeriodBorder::End)];
            let none = || lit(ScalarValue::Date32(None));
            let known = from.is_some();
            args.push(from.as_ref().map_or_else(none, |c| day(lowering, c)));
            args.push(to.as_ref().map_or_else(none, |c| day(lowering, c)));
            let shift = i32::from(*inclusive);
            let kernel = move |args: &[ArrayRef], rows: usize| {
                let day = |i: usize, row: usize| {
                    let days = args[i].as_primitive_opt::<Date32Type>()?;
                    let at = if days.len() == 1 { 0 } else { row };
                    days.is_valid(at).then(|| days.value(at))
                };
                let moments: Date32Array = (0..rows)
                    .map(|row| {
                        let (start, end) = (day(0, row)?, day(1, row)?);
                        let first = if known { day(2, row)? } else { i32::MIN };
                        let to = day(3, row).map_or(i32::MAX, |to| to.saturating_add(shift));
                        (first < end).then_some(if to > start { start.max(first) } else { to - 1 })
                    })
                    .collect();
                Ok(Arc::new(moments) as ArrayRef)
            };
            let env = Env { timezone: lowering.model.calendar.timezone };
            let name = format!("known_at[{known} {shift}]");
            Some(udf::call(name, env, DataType::Date32, Arc::new(kernel), args))
        }
        Moment::Active { from, when, .. } => Some(match when {
            When::Start => border_column(PeriodBorder::Before),
            When::End => border_column(PeriodBorder::LastDay),
            When::On(on) => lit(ScalarValue::Date32(Some(day_number(*on)))),
            When::During => {
                let start = border_column(PeriodBorder::Start);
                datafusion::functions::expr_fn::greatest(vec![start, day(lowering, from)])
            }
        }),
    }
}

/// How many periods a stretch holds.
pub fn length(stretch: Expr) -> Expr {
    let kernel = |args: &[ArrayRef], _: usize| {
        let stretches = args[0].as_primitive::<Int64Type>();
        let length = |s: i64| {
            let (first, last) = unpacked(s);
            i64::from(last) - i64::from(first) + 1
        };
        Ok(Arc::new(stretches.unary::<_, Int64Type>(length)) as ArrayRef)
    };
    let env = Env { timezone: chrono_tz::UTC };
    udf::call("periods_in", env, DataType::Int64, Arc::new(kernel), vec![stretch])
}

/// The places from a first to a last, as a list to unnest.
pub fn expanded(stretch: Expr, counted: &Expanded) -> Expr {
    let counted = Arc::clone(counted);
    let item = Arc::new(Field::new_list_field(DataType::Int32, true));
    let kernel = move |args: &[ArrayRef], _: usize| {
        let (mut offsets, mut values) = (vec![0i32], Vec::new());
        for stretch in args[0].as_primitive::<Int64Type>() {
            if let Some((first, last)) = stretch.map(unpacked) {
                values.extend(first..=last);
            }
            let end = i32::try_from(values.len())
                .map_err(|_| Failure::Internal("a batch that expands past 2^31 rows".to_owned()))?;
            offsets.push(end);
        }
        counted.fetch_add(values.len() as u64, std::sync::atomic::Ordering::Relaxed);
        let item = Arc::new(Field::new_list_field(DataType::Int32, true));
        let list =
            ListArray::new(item, OffsetBuffer::new(offsets.into()), Arc::new(Int32Array::from(values)), None);
        Ok(Arc::new(list) as ArrayRef)
    };
    let env = Env { timezone: chrono_tz::UTC };
    udf::call("periods", env, DataType::List(item), Arc::new(kernel), vec![stretch])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_of_days_answers_as_a_search_does() {
        let sets: [&[i32]; 6] = [&[5], &[5, 5, 5], &[-3, 0, 2, 2, 9], &[i32::MIN; 3], &[0, 900_000], &[]];
        for borders in sets {
            let borders: Arc<[i32]> = borders.into();
            let table = UpTo::new(&borders);
            let days: Vec<i32> = (-20..20).chain([899_999, 900_000, i32::MIN, i32::MAX]).collect();
            for shift in [-1, 0, 1] {
                let with_missing = days.iter().copied().map(Some).chain([None]).collect::<Date32Array>();
                let mut found = vec![0; with_missing.len()];
                table.each(&mut found, &with_missing, (shift, 7), |_, place| place);
                let searched = |day: &i32| {
                    borders.partition_point(|b| i64::from(*b) <= i64::from(*day) + i64::from(shift)) as i32
                };
                let searched: Vec<i32> = days.iter().map(searched).chain([7]).collect();
                assert_eq!(found, searched, "{borders:?} {shift}");
            }
        }
    }

    #[test]
    fn a_stretch_is_one_number_and_back() {
        for (first, last) in [(0, 0), (3, 7), (0, i32::MAX)] {
            assert_eq!(unpacked(packed(first, last)), (first, last));
        }
    }
}
