//! Base events that a target event is credited to, told apart by whose they are and when: asked row by row
//! while their source is scanned, so that its rows need not be held. It does not know who is credited.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BooleanArray, Int64Array};
use arrow::datatypes::{DataType, Date32Type, Int64Type};
use datafusion::common::HashMap;
use datafusion::logical_expr::Expr;

use super::lower::Lowering;
use super::udf;
use crate::functions::{Failure, arrays};
use crate::model::project::{ColumnRef, Events, Model, SourceId};
use crate::model::types::Type;

/// Columns of a source's own that say whose an event is, by a whole number, and when it happened.
#[derive(Clone, Copy, Debug)]
pub struct Plain {
    /// Whose: the key itself, or the column that holds it.
    pub entity: usize,
    /// When.
    pub time: usize,
}

/// Those columns of events; none where more than a look at the row is needed.
pub fn plain(model: &Model, source: SourceId, events: &Events) -> Option<Plain> {
    let time = &events.time;
    let entity = holds(model, source, &events.entity)?;
    let own = time.hops.is_empty() && model.source(source).columns[time.column].is_of_file();
    own.then_some(Plain { entity, time: time.column })
}

/// The column of a source's own that holds an entity's whole number wherever the entity is there.
pub fn holds(model: &Model, source: SourceId, entity: &ColumnRef) -> Option<usize> {
    let number = |source: SourceId, column: usize| {
        let column = &model.source(source).columns[column];
        column.is_of_file() && column.ty == Type::Integer
    };
    let column = match entity.hops.as_slice() {
        [] => entity.column,
        [hop] => {
            let relation = &model.source(source).relations[*hop];
            let to = model.source(relation.to);
            let by_key = relation.via.is_none() && to.key == [entity.column];
            if !by_key || !number(relation.to, entity.column) || to.columns[entity.column].valid.is_some() {
                return None;
            }
            *relation.key.first()?
        }
        _ => return None,
    };
    number(source, column).then_some(column)
}

/// Numbers of which most others are told at a glance, without a look into a map.
#[derive(Debug)]
pub struct Sieve {
    bits: Vec<u64>,
    shift: u32,
}

impl Sieve {
    /// Of these numbers.
    pub fn new(numbers: impl ExactSizeIterator<Item = u64>) -> Self {
        // Eight bits a number let one of ten others through.
        let size = numbers.len().saturating_mul(8).clamp(64, 1 << 31).next_power_of_two();
        let mut sieve = Self { bits: vec![0; size / 64], shift: 64 - size.trailing_zeros() };
        for number in numbers {
            let (word, bit) = sieve.place(number);
            sieve.bits[word] |= bit;
        }
        sieve
    }

    fn place(&self, number: u64) -> (usize, u64) {
        let at = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> self.shift;
        ((at / 64) as usize, 1 << (at % 64))
    }

    /// Whether a number may be one of them; never false where it is.
    #[inline]
    pub fn may_hold(&self, number: u64) -> bool {
        let (word, bit) = self.place(number);
        self.bits[word] & bit != 0
    }

    /// Whether a column's value may be one of them.
    pub fn may_hold_column(self: &Arc<Self>, lowering: &Lowering<'_>, column: Expr) -> Expr {
        let sieve = Arc::clone(self);
        let kernel = move |args: &[ArrayRef], _: usize| {
            let numbers = ticks(&args[0])?;
            let held: BooleanArray =
                numbers.iter().map(|n| Some(n.is_some_and(|n| sieve.may_hold(n as u64)))).collect();
            Ok(Arc::new(held) as ArrayRef)
        };
        udf::call("has_target", lowering.env(), DataType::Boolean, Arc::new(kernel), vec![column])
    }
}

/// Credited events: whose, and when as it is stored.
#[derive(Debug)]
pub struct Credited {
    columns: Plain,
    events: Arc<HashMap<(i64, i64), ()>>,
    sieve: Arc<Sieve>,
}

fn mixed(entity: i64, at: i64) -> u64 {
    (entity as u64).wrapping_mul(0xD6E8_FEB8_6659_FD93).wrapping_add(at as u64)
}

impl Credited {
    /// Of these events, of which no other row shares whose and when.
    pub fn new(columns: Plain, events: impl Iterator<Item = (i64, i64)>) -> Self {
        let events: HashMap<(i64, i64), ()> = events.map(|e| (e, ())).collect();
        let sieve = Sieve::new(events.keys().map(|(entity, at)| mixed(*entity, *at)));
        Self { columns, events: Arc::new(events), sieve: Arc::new(sieve) }
    }

    /// Whether a row is credited, of the rows that a lowering looks at.
    pub fn call(&self, lowering: &Lowering<'_>, column: usize) -> Expr {
        let own = |column| lowering.raw_column(&ColumnRef { hops: Vec::new(), column }).0;
        let args = vec![own(self.columns.entity), own(self.columns.time)];
        let (events, sieve) = (Arc::clone(&self.events), Arc::clone(&self.sieve));
        let kernel = move |args: &[ArrayRef], _: usize| {
            let (entities, times) = (ticks(&args[0])?, ticks(&args[1])?);
            let credited = |(entity, at): (Option<i64>, Option<i64>)| {
                let Some(event) = entity.zip(at) else { return Some(false) };
                Some(sieve.may_hold(mixed(event.0, event.1)) && events.contains_key(&event))
            };
            let found: BooleanArray = entities.iter().zip(times.iter()).map(credited).collect();
            Ok(Arc::new(found) as ArrayRef)
        };
        let name = format!("credited[{} {column}]", lowering.source.0);
        udf::call(name, lowering.env(), DataType::Boolean, Arc::new(kernel), args)
    }
}

/// Whole numbers and times as the numbers that hold them.
pub fn ticks(values: &ArrayRef) -> Result<Int64Array, Failure> {
    Ok(match values.data_type() {
        DataType::Int64 => values.as_primitive::<Int64Type>().clone(),
        DataType::Date32 => values.as_primitive::<Date32Type>().unary(i64::from),
        _ => arrays::instants(values)?.reinterpret_cast(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sieve_lets_through_what_it_holds_and_few_others() {
        let held = |n: u64| n.is_multiple_of(7);
        let numbers: Vec<u64> = (0..70_000).filter(|n| held(*n)).collect();
        let sieve = Sieve::new(numbers.iter().copied());
        assert!(numbers.iter().all(|n| sieve.may_hold(*n)));
        let others = (0..70_000).filter(|n| !held(*n) && sieve.may_hold(*n)).count();
        assert!(others < 15_000, "{others}");
        assert!(!Sieve::new(std::iter::empty()).may_hold(5));
    }
}
