//! The codes of the program, their pages in `docs/errors/` and the golden cases that show them are equal
//! sets: a code without a page or a case is not done, a page without a code is a lie.

use std::collections::BTreeSet;
use std::path::Path;

use crate::{Outcome, files_below, root};

pub fn pages_and_cases_are_complete() -> Outcome {
    let codes: BTreeSet<String> = rumbo::codes::ALL.iter().map(|c| c.id.to_owned()).collect();
    let pages: BTreeSet<String> =
        files_below(&root().join("docs/errors"), ".md").iter().filter_map(|f| code(f)).collect();
    let empty: BTreeSet<String> = rumbo::codes::ALL
        .iter()
        .filter(|c| c.page.lines().filter(|l| !l.trim().is_empty()).count() < 2)
        .map(|c| c.id.to_owned())
        .collect();
    let mut shown = BTreeSet::new();
    let mut silent = Vec::new();
    for file in files_below(&root().join("tests/cases/diagnostics"), ".md") {
        let Some(code) = code(&file) else { continue };
        // The case must show its code, not only be named after it.
        let text = std::fs::read_to_string(&file)?;
        if !text.contains(&format!("[{code}]")) {
            silent.push(file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default());
        }
        shown.insert(code);
    }
    let sets = [
        ("codes without a page in docs/errors", difference(&codes, &pages)),
        ("pages without a code", difference(&pages, &codes)),
        ("pages with no text but a title", empty.into_iter().collect()),
        ("codes without a case in tests/cases/diagnostics", difference(&codes, &shown)),
        ("cases without a code", difference(&shown, &codes)),
        ("cases that do not show the code they are named after", silent),
    ];
    let problems: Vec<String> = sets
        .iter()
        .filter(|(_, list)| !list.is_empty())
        .map(|(what, list)| format!("{} {what}: {}", list.len(), list.join(", ")))
        .collect();
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n").into()) }
}

fn difference(a: &BTreeSet<String>, b: &BTreeSet<String>) -> Vec<String> {
    a.difference(b).cloned().collect()
}

/// `E0301` of `E0301-near-name.md`; none of a file that is named otherwise (an index).
fn code(file: &Path) -> Option<String> {
    let stem = file.file_stem()?.to_string_lossy().into_owned();
    let code = stem.get(..5)?;
    let (letter, digits) = code.split_at(1);
    ("EWN".contains(letter) && digits.bytes().all(|b| b.is_ascii_digit())).then(|| code.to_owned())
}
