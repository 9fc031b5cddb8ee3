//! The standard checks and their pages in `docs/checks/` are equal sets. A page begins with the check's label and
//! the question that it asks, and its YAML is what a project may write: a setting that is none would mislead.

use std::collections::BTreeSet;
use std::path::Path;

use crate::markdown::{self, Piece};
use crate::{Outcome, files_below, root};

/// The page of a check, from the root.
pub fn page(check: &str) -> String {
    format!("docs/checks/{check}.md")
}

/// The question that a check's page begins with, on one line.
pub fn asks(check: &str) -> String {
    let text = std::fs::read_to_string(root().join(page(check))).unwrap_or_default();
    let after_title = text.lines().skip(1).skip_while(|l| l.trim().is_empty());
    after_title.take_while(|l| !l.trim().is_empty()).collect::<Vec<_>>().join(" ")
}

pub fn pages_are_complete() -> Outcome {
    let checks = rumbo::standard_checks();
    let names: BTreeSet<String> = checks.iter().map(|c| page(&c.name)).collect();
    let pages: BTreeSet<String> = files_below(&root().join("docs/checks"), ".md")
        .iter()
        .filter_map(|f| Some(f.strip_prefix(root()).ok()?.display().to_string()))
        .collect();
    let mut problems: Vec<String> =
        pages.difference(&names).map(|page| format!("{page}: no check has this name")).collect();
    for check in &checks {
        let file = page(&check.name);
        let Ok(text) = std::fs::read_to_string(root().join(&file)) else {
            problems.push(format!("{file}: `{}` has no page", check.name));
            continue;
        };
        let title = format!("# {}", check.label);
        if text.lines().next() != Some(&title) {
            problems.push(format!("{file} does not begin with `{title}`"));
        }
        if !asks(&check.name).ends_with('?') {
            problems.push(format!("{file} does not say below its title what the check asks"));
        }
        let set = yaml(&text).any(|body| body.starts_with("use:"));
        if !set {
            problems.push(format!("{file} does not show how the check is set"));
        }
        problems.extend(refused(&text).into_iter().map(|problem| format!("{file}\n{problem}")));
    }
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n").into()) }
}

/// What is wrong with the YAML of a page, each block as a file of its own.
fn refused(text: &str) -> Vec<String> {
    let options = rumbo::LoadOptions::default();
    let problem = |body: String| {
        let loaded = rumbo::load_texts(Path::new(""), &[("rumbo.yaml", &body)], &options);
        let problems = &loaded.diagnostics;
        let shown = || rumbo::render::terminal::render(&problems.0, &loaded.map, false, 100);
        (!problems.0.is_empty()).then(shown)
    };
    yaml(text).filter_map(problem).collect()
}

/// The YAML of a page.
fn yaml(text: &str) -> impl Iterator<Item = String> {
    markdown::parse(text).into_iter().filter_map(|piece| match piece {
        Piece::Block(block) if block.kind() == "yaml" => Some(block.body),
        _ => None,
    })
}
