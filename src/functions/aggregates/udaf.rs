//! Our aggregates as DataFusion sees them: one implementation, a `Kind` for each aggregate. Results are
//! states too, so that coarser grains come from finer ones by `Kind::Merge`.

use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, exec_err, internal_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::{AggregateOrderSensitivity, format_state_name};
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, GroupsAccumulator, Signature, Volatility,
};

use super::bit_counts::BitCounts;
use super::grouped::{Grouped, Groups, Single};
use super::moments_udaf::Moments;
use super::percentile_udaf::Percentiles;
use super::sum_floats::FloatSums;
use super::sum_integers::IntegerSums;

/// Which aggregate.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// A sum of this type.
    Sum(DataType),
    /// Sums of floats and of their squares.
    Moments,
    /// A sum of the states that one of those gave.
    Merge,
    /// The percentile at this part of 10 to this power.
    Percentile { numerator: u64, digits: u32 },
    /// How often each bit of a word is set.
    BitCounts,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Udaf {
    kind: Kind,
    signature: Signature,
}

pub(super) fn build(kind: Kind) -> AggregateUDF {
    let signature = match &kind {
        Kind::Sum(input) => Signature::exact(vec![input.clone()], Volatility::Immutable),
        Kind::Merge => Signature::any(1, Volatility::Immutable),
        Kind::Moments | Kind::Percentile { .. } => {
            Signature::exact(vec![DataType::Float64], Volatility::Immutable)
        }
        Kind::BitCounts => Signature::exact(vec![DataType::UInt64], Volatility::Immutable),
    };
    AggregateUDF::new_from_impl(Udaf { kind, signature })
}

/// An aggregate of arrays at hand: the result of each of `count` groups.
pub(super) fn over(kind: Kind, values: &ArrayRef, groups: &[usize], count: usize) -> Result<ArrayRef> {
    let udaf = Udaf { kind, signature: Signature::any(1, Volatility::Immutable) };
    let mut states = udaf.groups(values.data_type())?;
    states.resize(count);
    states.update(values, groups, None)?;
    states.results(count)
}

impl Udaf {
    fn groups(&self, input: &DataType) -> Result<Box<dyn Groups>> {
        Ok(match (&self.kind, input) {
            (Kind::Moments, _) => Box::new(Moments::default()),
            (Kind::BitCounts, _) => Box::new(BitCounts::default()),
            (Kind::Percentile { numerator, digits }, _) => Box::new(Percentiles::new(*numerator, *digits)),
            (Kind::Sum(DataType::Float64), _) => Box::new(FloatSums::default()),
            (Kind::Sum(ty), _) => Box::new(IntegerSums::of(ty)?),
            (Kind::Merge, DataType::Struct(fields)) => match fields.first().map(|f| f.data_type()) {
                Some(DataType::Decimal128(_, scale)) => Box::new(IntegerSums::at_scale(*scale)),
                Some(DataType::Float64) if fields.len() > 5 => Box::new(Moments::default()),
                Some(DataType::Float64) => Box::new(FloatSums::default()),
                _ => return internal_err!("rumbo: states of {input}"),
            },
            (Kind::Merge, _) => return internal_err!("rumbo: states of {input}"),
        })
    }

    /// The type of results, and of the states behind them.
    fn types(&self, input: &DataType) -> Result<(DataType, Vec<DataType>)> {
        let mut empty = self.groups(input)?;
        let states = empty.states(0)?.iter().map(|a| a.data_type().clone()).collect();
        Ok((empty.results(0)?.data_type().clone(), states))
    }

    fn check(args: &AccumulatorArgs) -> Result<DataType> {
        if args.is_distinct || !args.order_bys.is_empty() {
            return exec_err!("rumbo: {} takes neither DISTINCT nor ORDER BY", args.name);
        }
        Ok(args.expr_fields[0].data_type().clone())
    }
}

impl AggregateUDFImpl for Udaf {
    fn name(&self) -> &'static str {
        match self.kind {
            Kind::Sum(_) => "rumbo_sum",
            Kind::Moments => "rumbo_moments",
            Kind::Merge => "rumbo_merge",
            Kind::Percentile { .. } => "rumbo_percentile",
            Kind::BitCounts => "rumbo_bit_counts",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arg_types: &[DataType]) -> Result<DataType> {
        Ok(self.types(&arg_types[0])?.0)
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        let (_, states) = self.types(args.input_fields[0].data_type())?;
        let fields = states.into_iter().enumerate();
        let named = |(i, ty)| {
            let name = format_state_name(args.name, if i == 0 { "state" } else { "carry" });
            Arc::new(Field::new(name, ty, true))
        };
        Ok(fields.map(named).collect())
    }

    fn accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        let input = Self::check(&args)?;
        Ok(Box::new(Single::new(self.groups(&input)?, self.kind == Kind::Merge)))
    }

    fn groups_accumulator_supported(&self, args: AccumulatorArgs) -> bool {
        Self::check(&args).is_ok()
    }

    fn create_groups_accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn GroupsAccumulator>> {
        let input = Self::check(&args)?;
        Ok(Box::new(Grouped { groups: self.groups(&input)?, merging: self.kind == Kind::Merge }))
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        AggregateOrderSensitivity::Insensitive
    }
}
