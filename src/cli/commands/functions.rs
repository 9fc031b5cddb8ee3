//! `rumbo functions`: what formulas can call.

use std::fmt::Write as _;

use crate::api::{StandardFunction, standard_functions};
use crate::cli::args::{Functions, ListFormat};
use crate::cli::console::{complain, print};
use crate::cli::settings::{Exit, Talk};
use crate::diagnostic::near::nearest;
use crate::model::signature::Signature;

pub fn run(args: &Functions, talk: &Talk) -> Exit {
    let mut standard = standard_functions();
    let mut all = crate::api::functions();
    all.sort_by_key(|s| (s.class.order(), s.name));
    if let Some(name) = &args.name {
        let standard_names = standard.iter().map(|f| f.name.as_str());
        let names: Vec<&str> = all.iter().map(|s| s.name).chain(standard_names).collect();
        if !names.contains(&name.as_str()) {
            let near = nearest(name, names.iter().copied()).map(|n| format!("; a near name exists: `{n}`"));
            complain(&format!("error[E0306]: no function is named `{name}`{}", near.unwrap_or_default()));
            return Exit::Failed;
        }
        all.retain(|s| s.name == name);
        standard.retain(|f| f.name == *name);
    }
    match args.format {
        ListFormat::Json => print(&to_json(&all, &standard)),
        ListFormat::Table => print(&to_text(&all, &standard, args.name.is_some(), talk)),
    }
}

fn to_text(all: &[Signature], standard: &[StandardFunction], whole: bool, talk: &Talk) -> String {
    let mut out = String::new();
    let mut last = None;
    let wide = all.iter().map(|s| s.usage().chars().count()).max().unwrap_or(0).min(36);
    for s in all {
        if whole {
            let _ = write!(out, "{}\n\n{}\n", s.usage(), s.doc);
            for e in s.examples {
                let _ = write!(out, "\n  {} = {}", e.formula, e.result);
            }
            if !s.examples.is_empty() {
                out.push('\n');
            }
            if !s.evaluated {
                out.push_str("\nPart of the language, not evaluated yet.\n");
            }
            continue;
        }
        if last != Some(s.class) {
            if last.is_some() {
                out.push('\n');
            }
            out.push_str(&crate::report::grid::Tone::Strong.paint(s.class.title(), talk.colour_out));
            out.push('\n');
            last = Some(s.class);
        }
        let first = s.doc.split_once(". ").map_or(s.doc, |(f, _)| f).trim_end_matches('.');
        let later = if s.evaluated { "" } else { " (not evaluated yet)" };
        let _ = writeln!(out, "  {:wide$}  {first}{later}", s.usage());
    }
    if !whole {
        let title = "Standard functions, written in the language";
        let _ = writeln!(out, "\n{}", crate::report::grid::Tone::Strong.paint(title, talk.colour_out));
    }
    for f in standard {
        if whole {
            let _ = writeln!(out, "{}\n\n{}\n\n  {}", f.usage, f.doc, f.formula);
        } else {
            let first = f.doc.split_once(". ").map_or(f.doc.as_str(), |(f, _)| f).trim_end_matches('.');
            let _ = writeln!(out, "  {:wide$}  {first}", f.usage);
        }
    }
    out
}

fn to_json(all: &[Signature], standard: &[StandardFunction]) -> String {
    let items: Vec<serde_json::Value> = all
        .iter()
        .map(|s| {
            serde_json::json!({
                "name": s.name,
                "usage": s.usage(),
                "class": format!("{:?}", s.class).to_lowercase(),
                "doc": s.doc,
                "evaluated": s.evaluated,
                "examples": s.examples.iter().map(|e| serde_json::json!({"formula": e.formula, "result": e.result})).collect::<Vec<_>>(),
            })
        })
        .chain(standard.iter().map(|f| {
            serde_json::json!({
                "name": f.name, "usage": f.usage, "class": "standard", "doc": f.doc, "evaluated": true,
                "formula": f.formula,
            })
        }))
        .collect();
    format!("{:#}\n", serde_json::json!({ "functions": items }))
}
