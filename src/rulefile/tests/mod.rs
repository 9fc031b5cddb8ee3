//! Tests of the stage: what loads, what is refused, and with which places.

mod cut;
mod decode;
mod files;
mod hostile;
mod judge;
mod periods;

use super::*;
use crate::diagnostic::Diagnostics;
use crate::source::SourceMap;

/// The annotated example of the language's description, with its rules, scorecards and tests.
const FULL: &str = include_str!("full.yaml");

struct Loaded {
    project: super::raw::RawProject,
    map: SourceMap,
    diags: Diagnostics,
}

fn loaded(text: &str) -> Loaded {
    loaded_all(&[("rumbo.yaml", text)])
}

fn loaded_all(texts: &[(&str, &str)]) -> Loaded {
    let (mut map, mut diags) = (SourceMap::new(), Diagnostics::new());
    let project = load_texts(std::path::Path::new(""), texts, &LoadOptions::default(), &mut map, &mut diags);
    Loaded { project, map, diags: diags.sorted() }
}

impl Loaded {
    fn codes(&self) -> Vec<&str> {
        self.diags.0.iter().map(|d| d.code.id).collect()
    }

    /// `CODE line:column headline | label | help` of each diagnostic.
    fn told(&self) -> Vec<String> {
        let told = self.diags.0.iter().map(|d| {
            let place = d.span().map(|s| self.map.place(s));
            let place = place.map_or("-".to_owned(), |p| format!("{}:{}", p.line, p.column));
            let labels: Vec<&str> = d.labels.iter().map(|l| l.text.as_str()).collect();
            let help = d.help.as_deref().unwrap_or("");
            format!("{} {place} {} | {} | {help}", d.code.id, d.headline, labels.join(" / "))
        });
        told.collect()
    }

    fn slice(&self, span: crate::source::Span) -> &str {
        self.map.slice(span)
    }
}
