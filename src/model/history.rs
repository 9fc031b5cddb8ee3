//! What the history of results tells: trends, correlations, values out of the ordinary. The formulas that are
//! looked at, over how many closed periods, and of how many of them something must be known.

use super::expr::ResultExpr;

/// Over the history of one formula, or of two.
#[derive(Clone, Debug)]
pub struct History {
    /// What is told of it.
    pub told: Told,
    /// What is looked at: `x`; where two are compared `y`; then the lag, where it is a formula.
    pub of: Vec<ResultExpr>,
    /// How many closed periods.
    pub last: u32,
    /// Of how many of them something must be known.
    pub min: u32,
}

/// What is told of a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// The slope for each period.
    Trend,
    /// How closely `y` moves with `x`.
    Corr,
    /// How closely `y` moves with `x` of so many periods earlier.
    LagCorr(Lag),
    /// At which lag, up to this, that is closest.
    BestLag(u32),
    /// Whether this period's value lies outside the limits of those before it.
    Unusual,
}

/// How many periods earlier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lag {
    /// This many.
    Fixed(u32),
    /// What a formula says in each cell, up to this many.
    Formula(u32),
}

impl History {
    /// The most periods before the one at hand that it looks at. In the open period the last closed ones lie one
    /// further back.
    pub fn back(&self) -> i64 {
        let lag = match self.told {
            Told::LagCorr(Lag::Fixed(lag) | Lag::Formula(lag)) | Told::BestLag(lag) => lag,
            Told::Trend | Told::Corr | Told::Unusual => 0,
        };
        i64::from(self.last) + i64::from(lag)
    }

    /// Its function's name.
    pub fn name(&self) -> &'static str {
        match self.told {
            Told::Trend => "trend",
            Told::Corr => "corr",
            Told::LagCorr(_) => "lag_corr",
            Told::BestLag(_) => "best_lag",
            Told::Unusual => "unusual",
        }
    }
}
