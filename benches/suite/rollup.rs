//! stub
use super::{Bench, Res};
pub fn run(_: &Bench) -> Res<()> {
    Ok(())
}
