//! Currencies: where exchange rates come from, and which formulas need them. A converted amount is the
//! amount times a call of the internal function [`RATE`] of currency, target and day.

use super::expr::{Kind, RowExpr, RowLeaf};
use super::project::{ColumnRef, Made, Measure, Model, SourceId};

/// The internal function: the latest rate of a currency into a target on or before a day. Its call holds
/// the currency, the target as a constant text, and a date or timestamp.
pub const RATE: &str = "rate";

/// The name of the source that holds exchange rates.
pub const RATES: &str = "rates";

/// The columns of exchange rates.
#[derive(Clone, Debug)]
pub struct RateSource {
    /// The source.
    pub source: SourceId,
    /// The currency that an amount is in.
    pub currency: usize,
    /// The currency that it is converted to.
    pub to: RateTarget,
    /// How many of `to` one unit of `currency` is.
    pub rate: usize,
    /// The day from which the rate holds.
    pub time: usize,
}

/// What rates lead to.
#[derive(Clone, Debug)]
pub enum RateTarget {
    /// Each what a column says.
    Column(usize),
    /// All the project's own currency.
    Project(String),
}

impl Model {
    /// Whether a formula over a source's rows converts amounts, itself or in a column that it reads.
    pub fn converts(&self, source: SourceId, expr: &RowExpr) -> bool {
        let mut found = false;
        let mut below = vec![expr];
        while let Some(expr) = below.pop() {
            found |= matches!(expr.kind, Kind::Call(RATE, _));
            if let Kind::Leaf(RowLeaf::Column(column)) = &expr.kind {
                found |= self.column_converts(source, column);
            }
            below.extend(expr.children());
        }
        found
    }

    /// Whether an aggregate converts amounts.
    pub fn measure_converts(&self, measure: &Measure) -> bool {
        let parts = [&measure.argument, &measure.weight, &measure.filter];
        parts.into_iter().flatten().any(|expr| self.converts(measure.source, expr))
            || measure.time.columns().into_iter().any(|c| self.column_converts(measure.source, c))
    }

    /// Whether a column that is made of other rows is made of converted amounts.
    pub fn made_converts(&self, source: SourceId, made: &Made) -> bool {
        match made {
            Made::Until => false,
            Made::Gap { time, per } => [time, per].iter().any(|c| self.column_converts(source, c)),
            Made::Fact { measure, keys } => {
                let measure = &self.measures[measure.0];
                let of = measure.source;
                self.measure_converts(measure) || keys.iter().any(|c| self.column_converts(of, c))
            }
            Made::Converted(conversion) => {
                [(source, &conversion.base), (conversion.source, &conversion.target)].iter().any(
                    |(of, events)| {
                        let columns = [&events.entity, &events.time];
                        columns.iter().any(|c| self.column_converts(*of, c))
                            || events.filter.as_ref().is_some_and(|f| self.converts(*of, f))
                    },
                )
            }
        }
    }

    /// Whether a column is made of converted amounts, or checked by them.
    pub fn column_converts(&self, source: SourceId, at: &ColumnRef) -> bool {
        let (source, column) = (self.target(source, &at.hops), self.column(source, at));
        if let Some(formula) = &column.formula {
            return self.converts(source, formula);
        }
        // In its own `valid` a column is itself.
        column.valid.as_ref().is_some_and(|valid| valid.holds_rate())
    }
}

impl RowExpr {
    /// Whether it converts an amount itself.
    pub fn holds_rate(&self) -> bool {
        matches!(self.kind, Kind::Call(RATE, _)) || self.children().iter().any(|c| c.holds_rate())
    }
}
