//! Formula text -> spanned AST, and AST -> canonical text. The only user of pest, whose rule names
//! never leave this folder. Knows no names, types or sources: only what is written.

pub mod ast;
pub mod parse;
pub mod print;
pub mod walk;
pub mod words;

pub use parse::{FunctionHead, parse, parse_head, parse_mapped, parse_path};
pub use print::print;
