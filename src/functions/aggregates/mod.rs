//! Functions over rows, periods, breakdowns and history: their signatures, and those aggregates that
//! DataFusion's own do not compute exactly or not deterministically.

pub mod bit_counts;
pub mod exact_sum;
mod grouped;
pub mod moments_udaf;
pub mod percentile_udaf;
pub mod signatures;
mod sum_floats;
mod sum_integers;
pub mod sum_udaf;
mod taken;
#[cfg(test)]
mod tests;
mod udaf;
pub mod wide;
