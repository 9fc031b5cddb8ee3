//! Golden cases: every Markdown file below `tests/cases/` is one test. Its `rules` and `data` blocks make
//! a folder; each `request` is run there, and the `result`, `diagnostics` and `plan` blocks behind it are
//! what it must give; `console` blocks are commands with what they print. tests/cases/README.md is the manual.

use std::fmt::Write as _;
use std::path::Path;

use libtest_mimic::{Failed, Trial};

use crate::markdown::{self, Block, Piece};
use crate::request::Request;
use crate::{Outcome, console, diff, files_below, folder, plan, root, table, updating, verdicts};

/// One for each file.
pub fn trials() -> Vec<Trial> {
    let cases = root().join("tests/cases");
    files_below(&cases, ".md")
        .into_iter()
        .filter(|file| file.file_name().is_some_and(|name| name != "README.md"))
        .map(|file| {
            let name = file.strip_prefix(&cases).unwrap_or(&file).with_extension("");
            Trial::test(format!("cases/{}", name.display()), move || run(&file))
        })
        .collect()
}

fn run(file: &Path) -> Outcome {
    let text = std::fs::read_to_string(file)?;
    let mut pieces = markdown::parse(&text);
    let folder = folder::new()?;
    for block in blocks(&mut pieces) {
        folder::write(folder.path(), block)?;
    }
    let mut request = None;
    let mut expectations = 0;
    let mut problems = String::new();
    for block in blocks(&mut pieces) {
        let place = format!("{}:{}", file.strip_prefix(root()).unwrap_or(file).display(), block.line);
        let at = |problem: String| Failed::from(format!("{place}: {problem}"));
        let asked = |words: &str| request.clone().map_or_else(|| Request::parse(words), Ok);
        let actual = match block.kind() {
            "request" => {
                request = Some(Request::parse(&block.body).map_err(at)?);
                continue;
            }
            "result" => {
                let extra: Vec<&str> =
                    block.rest().split_whitespace().map(|w| w.trim_start_matches('+')).collect();
                let rows = asked("run").and_then(|r| r.rows(folder.path())).map_err(at)?;
                rows.and_then(|rows| table::of(&rows, &extra)).unwrap_or_else(|problem| problem)
            }
            // Whatever is asked for, no rule fails the case.
            "verdicts" => {
                let words = format!("align {} --fail-on never", block.rest());
                let rows = Request::parse(&words).and_then(|r| r.rows(folder.path())).map_err(at)?;
                rows.and_then(|rows| verdicts::of(&rows)).unwrap_or_else(|problem| problem)
            }
            // Without a request, what `check` says.
            "diagnostics" => asked("check").and_then(|r| r.talk(folder.path())).map_err(at)?,
            "plan" => asked("run").and_then(|r| plan::of(&r, folder.path())).map_err(at)?,
            "console" => console::replay(&block.body, folder.path()).map_err(at)?,
            "rules" | "data" | "data-base64" | "parquet" | "arrow" => continue,
            other => return Err(at(format!("`{other}` is no block of a golden case"))),
        };
        expectations += 1;
        if actual != block.body {
            if !updating() {
                let asked =
                    request.as_ref().map(|r| format!(" of `{}`", r.words.join(" "))).unwrap_or_default();
                let _ = writeln!(
                    problems,
                    "{place}: the {}{asked} differs (- expected, + actual)\n{}",
                    block.kind(),
                    diff::lines(&block.body, &actual)
                );
            }
            block.body = actual;
        }
    }
    if expectations == 0 {
        return Err(
            "the case expects nothing: no result, verdicts, diagnostics, plan or console block".into()
        );
    }
    let rewritten = markdown::print(&pieces);
    if updating() && rewritten != text {
        markdown::replace(file, &rewritten)?;
    }
    if problems.is_empty() { Ok(()) } else { Err(problems.into()) }
}

/// The blocks of a file.
pub fn blocks(pieces: &mut [Piece]) -> impl Iterator<Item = &mut Block> {
    pieces.iter_mut().filter_map(|piece| match piece {
        Piece::Block(block) => Some(block),
        Piece::Prose(_) => None,
    })
}
