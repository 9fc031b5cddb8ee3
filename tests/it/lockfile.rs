//! `Cargo.lock` holds one version of each crate whose types cross the border to `DataFusion`: a second copy
//! compiles, and its types do not fit.

use crate::{Outcome, root};

const ONCE: [&str; 5] = ["arrow", "arrow-array", "parquet", "object_store", "datafusion"];

pub fn one_version_each() -> Outcome {
    let lock = std::fs::read_to_string(root().join("Cargo.lock"))?;
    for name in ONCE {
        let header = format!("name = \"{name}\"");
        let versions: Vec<&str> = lock
            .split("[[package]]")
            .filter(|package| package.lines().any(|line| line == header))
            .filter_map(|package| package.lines().find(|line| line.starts_with("version")))
            .collect();
        if versions.len() != 1 {
            return Err(
                format!("`{name}` stands in Cargo.lock {} times: {versions:?}", versions.len()).into()
            );
        }
    }
    Ok(())
}
