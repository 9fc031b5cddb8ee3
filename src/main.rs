//! The `rumbo` binary.
fn main() {}
