//! What Rumbo gave against what it should have: tables, order of rows, values, reasons, counts, flags.

use rumbo::{Breakdown, KpiTable, Reason, Row, Type};

use super::cells::{Cell, Expected};
use super::value::{SLACK, Value, aligned, parse_exact};
use super::world::World;

/// Microseconds.
const DAY: f64 = 86_400_000_000.0;

/// The first difference, in words; none where there is none.
pub fn table(world: &World, expected: &[Expected], found: &KpiTable) -> Option<String> {
    if expected.len() != found.breakdowns.len() {
        return Some(format!("{} breakdowns, not {}", found.breakdowns.len(), expected.len()));
    }
    let ty = found.ty;
    expected.iter().zip(&found.breakdowns).find_map(|(e, f)| breakdown(world, e, f, ty))
}

fn breakdown(world: &World, expected: &Expected, found: &Breakdown, ty: Type) -> Option<String> {
    let names: Vec<String> = expected.dimensions.iter().map(|d| d.join(".")).collect();
    if names != found.dimensions {
        return Some(format!("by {:?}, not {names:?}", found.dimensions));
    }
    let place = |c: &Cell| (c.start, c.members.iter().map(shown).collect::<Vec<_>>());
    let places: Vec<_> = expected.cells.iter().map(place).collect();
    let theirs: Vec<_> = found
        .rows
        .iter()
        .map(|r| (r.start, r.members.iter().map(|m| m.as_ref().map(|m| m.key.clone())).collect::<Vec<_>>()))
        .collect();
    if places != theirs {
        let more: Vec<_> = theirs.iter().filter(|p| !places.contains(p)).take(4).collect();
        let less: Vec<_> = places.iter().filter(|p| !theirs.contains(p)).take(4).collect();
        return Some(format!("cells by {names:?}: too many {more:?}, too few {less:?}, else their order"));
    }
    expected.cells.iter().zip(&found.rows).find_map(|(e, f)| {
        let problem = row(world, e, f, ty)?;
        Some(format!("by {names:?}, {} {:?}: {problem}", f.period, f.members))
    })
}

fn shown(member: &Value) -> Option<String> {
    (!member.is_missing()).then(|| member.plain())
}

fn row(world: &World, expected: &Cell, found: &Row, ty: Type) -> Option<String> {
    if expected.end != found.end {
        return Some(format!("ends on {}, not {}", found.end, expected.end));
    }
    let differs = |what: &str, theirs: &dyn std::fmt::Debug, ours: &dyn std::fmt::Debug| {
        Some(format!("{what} is {theirs:?}, not {ours:?}"))
    };
    if expected.period != found.period {
        return differs("the period", &found.period, &expected.period);
    }
    if !expected.unsure {
        if !value(world, &expected.value, found, ty) {
            return differs("the value", &(&found.exact, found.reason), &(&expected.value, expected.reason));
        }
        if expected.reason != found.reason {
            return differs(
                "the reason",
                &found.reason.map(Reason::word),
                &expected.reason.map(Reason::word),
            );
        }
        if expected.n != found.n {
            return differs("n", &found.n, &expected.n);
        }
        if expected.skipped != found.skipped {
            return differs("skipped", &found.skipped, &expected.skipped);
        }
    }
    if expected.complete != found.complete {
        return differs("complete", &found.complete, &expected.complete);
    }
    // Where nothing is known no window is long or short.
    if !expected.value.is_missing() && expected.window_complete != found.window_complete {
        return differs("window_complete", &found.window_complete, &expected.window_complete);
    }
    None
}

/// Whether two values are the same. Of a KPI whose values are floats, as where one branch of an `if` is, the
/// exact ones are floats too.
fn value(world: &World, expected: &Value, found: &Row, ty: Type) -> bool {
    if ty == Type::Duration && !expected.is_missing() {
        // In days; a mean is rounded to a microsecond.
        let (ours, slack) = expected.number().unwrap_or_default();
        return found.value.is_some_and(|v| (v * DAY - ours).abs() <= slack + SLACK * ours.abs() + 1.0);
    }
    let exact = found.exact.as_deref();
    match expected {
        Value::Missing => found.value.is_none() && exact.is_none(),
        Value::Exact(..) if ty == Type::Float => {
            let (ours, _) = expected.number().unwrap_or_default();
            found.value.is_some_and(|v| (v - ours).abs() <= SLACK * ours.abs())
        }
        Value::Exact(digits, scale) => {
            let Some(Value::Exact(theirs, their_scale)) = exact.and_then(parse_exact) else { return false };
            let (ours, theirs, _) = aligned((*digits, *scale), (theirs, their_scale));
            ours == theirs
        }
        Value::Float(ours, slack) => found.value.is_some_and(|v| {
            let same = (v - ours).abs() <= slack + SLACK * ours.abs();
            same && v.is_finite() && !(v == 0.0 && v.is_sign_negative())
        }),
        Value::Bool(b) => found.value == Some(f64::from(u8::from(*b))),
        Value::Text(text) => exact == Some(text),
        Value::Date(day) => exact == Some(&*day.to_string()),
        Value::Stamp(at) => exact.is_some_and(|text| {
            let read = chrono::DateTime::parse_from_rfc3339(text).map(|t| t.timestamp_micros());
            let local = || text.parse().map(|t| world.settings.calendar.instant(t));
            read.or_else(|_| local()).is_ok_and(|t| t == *at)
        }),
        Value::Duration(_) => found.value.is_some(),
    }
}
