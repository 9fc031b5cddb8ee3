//! Group results -> KPI values: the results of one KPI's measures meet on (period, members), cells are
//! made as the language says, and the formula is computed over them column by column with the reason of
//! every missing value. Small tables, in memory; knows the plan, reads no data.

mod across;
pub mod asked;
pub mod cells;
pub mod change;
mod closed;
mod effects;
mod equations;
pub mod evaluate;
pub mod hidden;
pub mod history;
pub mod judge;
pub mod outcome;
pub mod per;
pub mod set;
mod stated;
mod statistics;
pub mod tables;
