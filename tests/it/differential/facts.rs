//! Facts: columns over all related rows of another source up to the as-of, in every period.

use std::cmp::Ordering;

use super::aggregate::aggregate;
use super::schema::{ACCOUNTS, BUYERS, INVOICES, REPS, SOURCES, Src};
use super::value::{Value, order};
use super::world::{World, total_order};

/// For each source and row the columns that the rule file makes.
pub fn facts(world: &World) -> Vec<Vec<Vec<Value>>> {
    let of = |source: Src, row: usize| match source {
        ACCOUNTS => account(world, row),
        REPS => vec![total("sum", &related(world, REPS, row, "rep", "issued_on"), "amount", world)],
        BUYERS => {
            let bought = related(world, BUYERS, row, "buyer", "issued_on");
            vec![total("min", &bought, "issued_on", world), total("sum", &bought, "qty", world)]
        }
        _ => Vec::new(),
    };
    let rows = |source: Src| (0..world.rows[source].len()).map(move |row| of(source, row)).collect();
    (0..SOURCES.len()).map(rows).collect()
}

fn account(world: &World, row: usize) -> Vec<Value> {
    let mut issued = related(world, ACCOUNTS, row, "account", "issued_on");
    let paid = related(world, ACCOUNTS, row, "account", "paid_on");
    let first = total("min", &issued, "issued_on", world);
    let zero = Value::int(0);
    let positive =
        issued.iter().filter(|i| order(&cell(world, **i, "amount"), &zero).is_some_and(Ordering::is_gt));
    let count = positive.count() as i64;
    issued.sort_by(|a, b| {
        let place = |i: usize| [cell(world, i, "issued_on"), cell(world, i, "invoice_id")];
        total_order(&place(*a), &place(*b))
    });
    let last = issued.iter().rev().map(|i| cell(world, *i, "kind")).find(|kind| !kind.is_missing());
    vec![
        first,
        Value::int(count),
        total("sum", &paid, "amount", world),
        last.unwrap_or(Value::Missing),
        Value::Bool(count > 1),
    ]
}

/// The invoices that lead to a row, and that count by a time.
fn related(world: &World, target: Src, row: usize, relation: &str, on: &str) -> Vec<usize> {
    let found = |invoice: &usize| {
        let time = cell(world, *invoice, on);
        world.related(INVOICES, *invoice, relation, None) == Some((target, row))
            && !time.is_missing()
            && !world.is_later(&time)
    };
    (0..world.rows[INVOICES].len()).filter(found).collect()
}

fn cell(world: &World, invoice: usize, name: &str) -> Value {
    world.path(INVOICES, invoice, &[name], None)
}

fn total(name: &str, invoices: &[usize], column: &str, world: &World) -> Value {
    let arguments: Vec<Vec<Value>> = invoices.iter().map(|i| vec![cell(world, *i, column)]).collect();
    aggregate(name, 0, invoices.len(), &arguments).value
}
