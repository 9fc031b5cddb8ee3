//! YAML -> a spanned tree -> spanned raw rules, merged. The only user of the YAML crate; reads no data, no
//! environment and no clock, and resolves no name.

mod broken;
mod cut;
mod decode;
mod flow;
mod include;
mod load;
mod merge;
mod node;
mod packs;
mod parse;
mod paths;
mod periods;
pub mod raw;
pub mod tables;
mod text;
mod tree;

#[cfg(test)]
mod tests;

pub use decode::is_literal;
pub use load::{LoadOptions, PROJECT_FILE, load, load_texts};
pub use packs::take_pack;
pub use paths::Guard;
pub use tables::reference;
