//! The links of the documents to each other: every file is there, and every heading that one names.

use std::path::{Path, PathBuf};

use crate::markdown::{self, Piece};
use crate::{Outcome, files_below, root};

pub fn lead_somewhere() -> Outcome {
    let mut files: Vec<PathBuf> = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"]
        .iter()
        .map(|name| root().join(name))
        .collect();
    files.extend(files_below(&root().join("docs"), ".md"));
    files.extend(files_below(&root().join("rules"), ".md"));
    let mut problems = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file)?;
        for link in links(&prose(&text)) {
            if link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            let (path, heading) = link.split_once('#').map_or((link.as_str(), None), |(p, h)| (p, Some(h)));
            let target = match path {
                "" => file.clone(),
                path => file.parent().unwrap_or(root()).join(path),
            };
            let there = match heading {
                None => target.exists(),
                Some(heading) => has_heading(&target, heading),
            };
            if !there {
                let shown = file.strip_prefix(root()).unwrap_or(&file).display();
                problems.push(format!("{shown}: `{link}` leads nowhere"));
            }
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n").into()) }
}

/// What stands outside fences.
fn prose(text: &str) -> String {
    let pieces = markdown::parse(text).into_iter();
    let prose = pieces.filter_map(|p| match p {
        Piece::Prose(text) => Some(text),
        Piece::Block(_) => None,
    });
    prose.collect()
}

/// The targets of `[text](target)`, but not of what stands in backticks.
fn links(text: &str) -> Vec<String> {
    let spoken = text.lines().map(|line| line.split('`').step_by(2).collect::<Vec<_>>().join("_"));
    let spoken = spoken.collect::<Vec<_>>().join("\n");
    let targets = spoken.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets.map(|target| target.trim().to_owned()).collect()
}

/// Whether a file has a heading that GitHub gives this anchor.
fn has_heading(file: &Path, anchor: &str) -> bool {
    let Ok(text) = std::fs::read_to_string(file) else { return false };
    let titles = prose(&text);
    let mut titles = titles.lines().filter(|l| l.starts_with('#'));
    titles.any(|title| {
        let title = title.trim_start_matches('#').trim().to_lowercase();
        let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect::<String>() == anchor
    })
}
