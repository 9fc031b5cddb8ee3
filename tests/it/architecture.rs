//! ARCHITECTURE.md's table of stages against what `src/` imports: a stage may use only stages above it in
//! the table, so that the document cannot lie. Tests inside `src/` may use everything.

use std::collections::HashMap;
use std::path::Path;

use crate::{Outcome, files_below, root};

pub fn stages_use_only_earlier_ones() -> Outcome {
    let document = std::fs::read_to_string(root().join("ARCHITECTURE.md"))
        .map_err(|e| format!("ARCHITECTURE.md with the table of stages: {e}"))?;
    let stages = stages(&document);
    if stages.len() < 5 {
        return Err(format!("ARCHITECTURE.md has no table of stages (`source/`, ...): {stages:?}").into());
    }
    let mut problems = Vec::new();
    for entry in std::fs::read_dir(root().join("src"))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().is_dir() && !stages.contains(&name) {
            problems.push(format!("src/{name}/ is not in the table"));
        }
    }
    let facade = facade(&std::fs::read_to_string(root().join("src/lib.rs"))?);
    for (rank, stage) in stages.iter().enumerate() {
        let folder = root().join("src").join(stage);
        if !folder.is_dir() {
            problems.push(format!("`{stage}/` is in the table, and no folder of src/"));
        }
        for file in files_below(&folder, ".rs").iter().filter(|f| !is_test(f)) {
            let text = without_tests(&std::fs::read_to_string(file)?);
            for used in used(&text) {
                // `lib.rs` also re-exports functions that have the names of stages.
                let named = facade.get(&used).filter(|_| !stages.contains(&used));
                let home = named.unwrap_or(&used);
                // What is no stage (`api`) stands over them all but the last two.
                let theirs = stages.iter().position(|s| s == home).unwrap_or(stages.len() - 2);
                if theirs > rank {
                    let shown = file.strip_prefix(root()).unwrap_or(file).display();
                    problems.push(format!("{shown} ({stage}/) uses `crate::{used}`, of a later stage"));
                }
            }
        }
    }
    problems.dedup();
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n").into()) }
}

/// The folders that the first column names, in order.
fn stages(document: &str) -> Vec<String> {
    document
        .lines()
        .filter_map(|line| line.trim().strip_prefix('|'))
        .filter_map(|line| line.split('|').next())
        .filter_map(|cell| cell.trim().strip_prefix('`')?.strip_suffix("/`").map(str::to_owned))
        .collect()
}

fn is_test(file: &Path) -> bool {
    let name = file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let in_tests = file.parent().is_some_and(|p| p.components().any(|c| c.as_os_str() == "tests"));
    in_tests || name == "tests.rs" || name.ends_with("_tests.rs")
}

/// A file without the items under `#[cfg(test)]`, as rustfmt lays them out.
fn without_tests(text: &str) -> String {
    let mut out = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.trim() != "#[cfg(test)]" {
            out.push_str(line);
            out.push('\n');
            continue;
        }
        let end = format!("{}}}", &line[..line.len() - line.trim_start().len()]);
        for line in lines.by_ref() {
            if line == end || line.trim_end().ends_with(';') && !line.starts_with(&format!("{end} ")) {
                break;
            }
            if line.trim_end().ends_with('{') {
                lines.by_ref().find(|l| *l == end);
                break;
            }
        }
    }
    out
}

/// The first names behind `crate::`, also those of `crate::{a, b::c}`.
fn used(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let code = text.lines().map(|l| l.split("//").next().unwrap_or("")).collect::<Vec<_>>().join("\n");
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            None => found.push(word(rest)),
            Some(group) => {
                let mut depth = 0;
                let mut start = true;
                for (i, c) in group.char_indices() {
                    match c {
                        '}' if depth == 0 => break,
                        '{' => depth += 1,
                        '}' => depth -= 1,
                        ',' if depth == 0 => start = true,
                        c if start && !c.is_whitespace() => {
                            found.push(word(&group[i..]));
                            start = false;
                        }
                        _ => {}
                    }
                }
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

fn word(text: &str) -> String {
    let text = text.strip_prefix("r#").unwrap_or(text);
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// The names that `lib.rs` re-exports, with the stage that they come from.
fn facade(lib: &str) -> HashMap<String, String> {
    let mut found = HashMap::new();
    for (at, _) in lib.match_indices("pub use ") {
        let statement = lib[at + "pub use ".len()..].split(';').next().unwrap_or("");
        let statement = statement.trim_start_matches("crate::");
        let names = statement.rsplit_once("::").map_or("", |(_, names)| names);
        for name in names.trim_matches(['{', '}']).split(',') {
            let name = name.rsplit(" as ").next().unwrap_or(name).trim();
            found.insert(name.to_owned(), word(statement));
        }
    }
    found
}
