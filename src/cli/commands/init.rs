//! `rumbo init`: a small project to start from, or the demo, both carried by the binary. Nothing that is
//! there is touched.

use std::path::Path;

use crate::cli::args::Init;
use crate::cli::console::complain;
use crate::cli::settings::{Exit, Talk};
use crate::report::write_file;

macro_rules! files {
    ($root:literal: $($name:literal),* $(,)?) => {
        &[$(($name, include_bytes!(concat!("../../../rules/", $root, "/", $name)).as_slice())),*]
    };
}

/// A file of a project, by its path in it.
type File = (&'static str, &'static [u8]);

/// The demo: the project in `rules/key-accounts`.
pub const DEMO: &[File] = files!("key-accounts":
    "README.md",
    "rumbo.yaml",
    "rules/costs.yaml",
    "rules/employees.yaml",
    "rules/goals.yaml",
    "rules/growth.yaml",
    "rules/interaction.yaml",
    "rules/referrals.yaml",
    "rules/retention.yaml",
    "rules/revenue.yaml",
    "rules/sales.yaml",
    "rules/satisfaction.yaml",
    "rules/strategy.yaml",
    "rules/value.yaml",
    "tests/retention.test.yaml",
    "data/account_owners.csv",
    "data/accounts.parquet",
    "data/company_goals.csv",
    "data/contracts.csv",
    "data/employee_surveys.csv",
    "data/goals.csv",
    "data/interactions.csv",
    "data/invoices.parquet",
    "data/meetings.csv",
    "data/mentions.csv",
    "data/opportunities.csv",
    "data/plan_reviews.csv",
    "data/quotas.csv",
    "data/referrals.csv",
    "data/reps.csv",
    "data/surveys.csv",
    "data/touches.csv.gz",
    "generate.py",
    "generate_plans.py",
);

const STARTER: &[File] = files!("starter": "rumbo.yaml", "rules/kpis.yaml", "data/sales.csv");

pub fn run(args: &Init, talk: &Talk) -> Exit {
    let files = if args.demo { DEMO } else { STARTER };
    let there: Vec<&str> =
        files.iter().map(|(name, _)| *name).filter(|name| args.dir.join(name).exists()).collect();
    if !there.is_empty() {
        complain(&format!(
            "error: `{}` is there already in `{}`; nothing was written\n  = help: another folder: `rumbo init FOLDER`",
            there.join("`, `"),
            args.dir.display()
        ));
        return Exit::Usage;
    }
    for (name, bytes) in files {
        if let Err(problem) = put(&args.dir.join(name), bytes) {
            complain(&format!("error[E0705]: `{}`: {problem}", args.dir.join(name).display()));
            return Exit::Failed;
        }
    }
    if !talk.quiet {
        let dir = args.dir.display();
        complain(&format!(
            "a project with {} files in `{dir}`\nnext: rumbo check {dir}; rumbo run {dir}",
            files.len()
        ));
    }
    Exit::Done
}

fn put(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    write_file(path, |out| out.write_all(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(folder: &Path, root: &Path, out: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, root, out);
            } else {
                out.push(path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/"));
            }
        }
    }

    #[test]
    fn the_binary_carries_the_whole_projects() {
        for (name, files) in [("key-accounts", DEMO), ("starter", STARTER)] {
            let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules").join(name);
            let mut there = Vec::new();
            walk(&root, &root, &mut there);
            there.sort();
            let mut carried: Vec<String> = files.iter().map(|(n, _)| (*n).to_owned()).collect();
            carried.sort();
            assert_eq!(carried, there, "{name}");
        }
    }
}
