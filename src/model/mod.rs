//! Pure data that the stages share: types, units, signatures, calendar, the resolved model, outcomes.
//! Knows only `source` and `diagnostic`.

pub mod backtest;
pub mod calendar;
pub mod catalogue;
pub mod change;
pub mod expr;
pub mod findings;
pub mod graph;
pub mod history;
pub mod judge;
pub mod looks;
pub mod measure;
pub mod outcome;
pub mod project;
pub mod rates;
pub mod rules;
pub mod scorecard;
pub mod signature;
pub mod source;
pub mod stated;
pub mod strategy;
pub mod types;
pub mod typing;
pub mod verdict;
pub mod why;
