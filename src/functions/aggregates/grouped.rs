//! What all of our aggregates share: states by group behind both of DataFusion's accumulator traits.
//! An aggregate implements `Groups` only; how its rows are filtered and split is settled here.

use std::fmt::Debug;

use arrow::array::{Array, ArrayRef, BooleanArray};
use arrow::buffer::NullBuffer;
use datafusion::common::{DataFusionError, Result, ScalarValue};
use datafusion::logical_expr::{Accumulator, EmitTo, GroupsAccumulator};

/// States of one aggregate, one for each group.
pub trait Groups: Debug + Send + Sync + 'static {
    /// The same aggregate without groups.
    fn fresh(&self) -> Box<dyn Groups>;
    /// Makes room for this many groups.
    fn resize(&mut self, groups: usize);
    /// How many groups there are.
    fn len(&self) -> usize;
    /// Adds values, each to its group, where the filter is true.
    fn update(&mut self, values: &ArrayRef, groups: &[usize], filter: Option<&BooleanArray>) -> Result<()>;
    /// Adds all values to the only group.
    fn update_single(&mut self, values: &ArrayRef) -> Result<()> {
        self.update(values, &vec![0; values.len()], None)
    }
    /// Adds states, each to its group, where the filter is true.
    fn merge(&mut self, states: &[ArrayRef], groups: &[usize], filter: Option<&BooleanArray>) -> Result<()>;
    /// Takes out the results of the first groups.
    fn results(&mut self, count: usize) -> Result<ArrayRef>;
    /// Takes out the states of the first groups.
    fn states(&mut self, count: usize) -> Result<Vec<ArrayRef>>;
    /// Bytes held.
    fn size(&self) -> usize;
}

/// Counts of the arguments of a group.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// Not missing.
    pub n: i64,
    /// Missing.
    pub skipped: i64,
}

/// Calls `row(index, group, valid)` for the rows that the filter keeps. Without a filter there is no
/// branch per row; with one, the rows that it rejects cost nothing.
#[inline]
pub fn each_row(
    groups: &[usize],
    nulls: Option<&NullBuffer>,
    filter: Option<&BooleanArray>,
    mut row: impl FnMut(usize, usize, bool),
) {
    match (filter, nulls) {
        (None, None) => {
            for (i, group) in groups.iter().enumerate() {
                row(i, *group, true);
            }
        }
        (None, Some(nulls)) => {
            for (i, (group, valid)) in groups.iter().zip(nulls.iter()).enumerate() {
                row(i, *group, valid);
            }
        }
        (Some(filter), nulls) => {
            let kept = match filter.nulls() {
                Some(known) => filter.values() & known.inner(),
                None => filter.values().clone(),
            };
            for i in kept.set_indices() {
                row(i, groups[i], nulls.is_none_or(|n| n.is_valid(i)));
            }
        }
    }
}

/// An array that must be of this type: anything else is our mistake.
pub fn typed<'a, A: Array + 'static>(array: &'a dyn Array, what: &str) -> Result<&'a A> {
    array.as_any().downcast_ref::<A>().ok_or_else(|| {
        DataFusionError::Internal(format!("rumbo: {what} in an array of {}", array.data_type()))
    })
}

/// An aggregate over many groups.
#[derive(Debug)]
pub struct Grouped {
    /// Its states.
    pub groups: Box<dyn Groups>,
    /// Whether its arguments are states already.
    pub merging: bool,
}

impl Grouped {
    fn count(&self, emit_to: EmitTo) -> usize {
        match emit_to {
            EmitTo::All => self.groups.len(),
            EmitTo::First(count) => count,
        }
    }
}

impl GroupsAccumulator for Grouped {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        opt_filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> Result<()> {
        self.groups.resize(total_num_groups);
        if self.merging {
            self.groups.merge(values, group_indices, opt_filter)
        } else {
            self.groups.update(&values[0], group_indices, opt_filter)
        }
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        self.groups.results(self.count(emit_to))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        self.groups.states(self.count(emit_to))
    }

    fn merge_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        total_num_groups: usize,
    ) -> Result<()> {
        self.groups.resize(total_num_groups);
        self.groups.merge(values, group_indices, None)
    }

    fn convert_to_state(
        &self,
        values: &[ArrayRef],
        opt_filter: Option<&BooleanArray>,
    ) -> Result<Vec<ArrayRef>> {
        let rows = values[0].len();
        let each: Vec<usize> = (0..rows).collect();
        let mut single = Self { groups: self.groups.fresh(), merging: self.merging };
        single.update_batch(values, &each, opt_filter, rows)?;
        single.groups.states(rows)
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.groups.size()
    }
}

/// An aggregate over all rows.
#[derive(Debug)]
pub struct Single(Grouped);

impl Single {
    /// Over these states, which are fresh.
    pub fn new(mut groups: Box<dyn Groups>, merging: bool) -> Self {
        groups.resize(1);
        Self(Grouped { groups, merging })
    }
}

impl Accumulator for Single {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        if self.0.merging { self.merge_batch(values) } else { self.0.groups.update_single(&values[0]) }
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let result = self.0.groups.results(1)?;
        self.0.groups.resize(1);
        ScalarValue::try_from_array(&result, 0)
    }

    fn size(&self) -> usize {
        self.0.size()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let states = self.0.groups.states(1)?;
        self.0.groups.resize(1);
        states.iter().map(|state| ScalarValue::try_from_array(state, 0)).collect()
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.0.groups.merge(states, &vec![0; states[0].len()], None)
    }
}
