//! The kernels of the operators; which types and units they take stands in `model::typing`.

pub mod arithmetic;
pub mod comparison;
pub mod logic;
pub mod temporal;
pub mod text;

pub use crate::model::expr::{Arith as Arithmetic, Compare as Comparison, TextTest};
