//! The fenced examples of README.md and `docs/`: `console` blocks print what they show, `formula` blocks
//! parse. Commands run in a copy of the demo project, or of the folder that an HTML comment before them
//! names (`<!-- in: rules/starter -->`; `.` is a copy of the root's `rules/`); blocks of one document share it.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use libtest_mimic::Trial;

use crate::markdown::{self, Piece};
use crate::{Outcome, console, diff, files_below, folder, root, updating};

const DEMO: &str = "rules/key-accounts";

/// One for each document with an example.
pub fn trials() -> Vec<Trial> {
    let mut files = vec![root().join("README.md")];
    files.extend(files_below(&root().join("docs"), ".md"));
    let has_example = |file: &PathBuf| {
        std::fs::read_to_string(file).is_ok_and(|t| t.contains("```console") || t.contains("```formula"))
    };
    files
        .into_iter()
        .filter(has_example)
        .map(|file| {
            let name = file.strip_prefix(root()).unwrap_or(&file).with_extension("");
            let name = name.display().to_string();
            let name = name.strip_prefix("docs/").unwrap_or(&name);
            Trial::test(format!("docs/{name}"), move || run(&file))
        })
        .collect()
}

fn run(file: &Path) -> Outcome {
    let text = std::fs::read_to_string(file)?;
    let mut pieces = markdown::parse(&text);
    let mut folders: HashMap<String, tempfile::TempDir> = HashMap::new();
    let mut place = DEMO.to_owned();
    let mut problems = String::new();
    for piece in &mut pieces {
        let block = match piece {
            Piece::Prose(prose) => {
                place = named(prose).unwrap_or_else(|| DEMO.to_owned());
                continue;
            }
            Piece::Block(block) => block,
        };
        let at = format!("{}:{}", file.strip_prefix(root()).unwrap_or(file).display(), block.line);
        match block.kind() {
            "formula" => {
                // Each example stands alone: an empty line, or a line that is not indented, starts the next.
                for formula in block.body.split("\n\n").flat_map(str::lines).filter(|l| !l.trim().is_empty())
                {
                    if let Some(problem) = refused(formula) {
                        let _ = writeln!(problems, "{at}: `{formula}`\n{problem}");
                    }
                }
            }
            "console" => {
                let folder = match folders.get(&place) {
                    Some(folder) => folder,
                    None => folders.entry(place.clone()).or_insert(copy(&place)?),
                };
                let actual = console::replay(&block.body, folder.path())?;
                if actual != block.body {
                    let shown = diff::lines(&block.body, &actual);
                    let _ = writeln!(problems, "{at}: the output differs (- shown, + actual)\n{shown}");
                    block.body = actual;
                }
            }
            _ => {}
        }
    }
    let rewritten = markdown::print(&pieces);
    if updating() && rewritten != text {
        return Ok(markdown::replace(file, &rewritten)?);
    }
    if problems.is_empty() { Ok(()) } else { Err(problems.into()) }
}

/// The folder of the last comment `<!-- in: FOLDER -->`.
fn named(prose: &str) -> Option<String> {
    let (_, rest) = prose.rsplit_once("<!-- in:")?;
    Some(rest.split("-->").next()?.trim().to_owned())
}

fn copy(place: &str) -> Result<tempfile::TempDir, String> {
    let folder = folder::new().map_err(|e| e.to_string())?;
    let (from, to) = match place {
        "." => ("rules", folder.path().join("rules")),
        "empty" => return Ok(folder),
        place => (place, folder.path().to_path_buf()),
    };
    folder::copy(&root().join(from), &to).map_err(|e| format!("<!-- in: {place} -->: {e}"))?;
    Ok(folder)
}

/// Why a formula does not parse: it is loaded as a KPI, and only codes of syntax count.
fn refused(formula: &str) -> Option<String> {
    let body: String = formula.split(" # ").next().unwrap_or(formula).trim().replace('\'', "''");
    let rules = format!("kpis:\n  example:\n    formula: '{body}'\n");
    let loaded = rumbo::load_texts(Path::new(""), &[("rumbo.yaml", &rules)], &rumbo::LoadOptions::default());
    let problems = &loaded.diagnostics;
    problems.has_errors().then(|| rumbo::render::terminal::render(&problems.0, &loaded.map, false, 100))
}
