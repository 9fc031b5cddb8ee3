//! `rumbo list`: what a project defines.

use serde_json::{Value, json};

use crate::api::{Checked, load};
use crate::cli::args::{List, ListFormat, Listed};
use crate::cli::console::{print, show};
use crate::cli::settings::{Exit, Talk};
use crate::engine::run::local;
use crate::model::project::{Dimension, SourceId};
use crate::report::grid::Tone;
use crate::resolve::{Asked, reaches};
use crate::rulefile::LoadOptions;

pub async fn run(args: &List, options: &LoadOptions, talk: &Talk) -> Exit {
    let checked = load(&args.project, options).check(&Asked::default()).await;
    if checked.diagnostics.has_errors() {
        show(&checked.diagnostics.0, &checked.map, talk, args.format == ListFormat::Json);
        return Exit::Failed;
    }
    let (columns, rows): (&[&str], Vec<Value>) = match args.what {
        Listed::Kpis => {
            (&["name", "label", "unit", "grain", "by", "formula"], kpis(&checked, args.lang.as_deref()))
        }
        Listed::Sources => {
            (&["name", "format", "files", "bytes", "time", "entity", "columns"], sources(&checked))
        }
        Listed::Dimensions => (&["name", "type", "sources"], dimensions(&checked)),
    };
    match args.format {
        ListFormat::Json => print(&format!("{:#}\n", json!({ "rows": rows }))),
        ListFormat::Table => print(&table(columns, &rows, talk)),
    }
}

fn kpis(checked: &Checked, lang: Option<&str>) -> Vec<Value> {
    let names = |by: &[Dimension]| by.iter().map(Dimension::name).collect::<Vec<_>>().join(" x ");
    checked
        .model
        .kpis
        .iter()
        .map(|k| {
            json!({
                "name": k.name,
                "label": local(&k.label, lang),
                "description": local(&k.description, lang),
                "unit": if k.percent { "percent".to_owned() } else { k.unit.to_string() },
                "grain": k.grains.iter().map(|g| checked.model.calendar.grain_name(*g)).collect::<Vec<_>>(),
                "by": k.by.iter().map(|b| names(b)).collect::<Vec<_>>(),
                "formula": k.text,
            })
        })
        .collect()
}

fn sources(checked: &Checked) -> Vec<Value> {
    checked
        .model
        .sources
        .iter()
        .filter(|s| !s.catalogue)
        .map(|s| {
            let (format, files, bytes) = checked.files(&s.name).unwrap_or(("", 0, 0));
            let time = s.time.or(s.span.map(|p| p.from)).map(|t| s.columns[t].name.as_str());
            let columns: Vec<String> = s
                .columns
                .iter()
                .map(|c| {
                    let unit = if c.unit.is_none() { String::new() } else { format!(" {}", c.unit) };
                    format!("{}: {}{unit}", c.name, c.ty)
                })
                .collect();
            json!({
                "name": s.name, "format": format, "files": files, "bytes": bytes, "time": time,
                "entity": s.entity, "columns": columns,
            })
        })
        .collect()
}

fn dimensions(checked: &Checked) -> Vec<Value> {
    let model = &checked.model;
    let named = model.dimensions.iter().map(|d| vec![d.name.clone()]);
    let own = model.sources.iter().filter(|s| !s.catalogue);
    let entities = own.filter_map(|s| s.entity.clone().map(|e| vec![e]));
    named
        .chain(entities)
        .filter_map(|path| {
            let (mut ty, mut sources) = (None, Vec::new());
            for id in (0..model.sources.len()).map(SourceId) {
                if let Some(found) = reaches(model, id, &path) {
                    ty = ty.or_else(|| Some(model.column(id, &found).ty.to_string()));
                    sources.push(model.source(id).name.clone());
                }
            }
            (!sources.is_empty()).then(|| json!({ "name": path.join("."), "type": ty, "sources": sources }))
        })
        .collect()
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(s) => s.clone(),
        Value::Array(all) => all.iter().map(text).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

fn table(columns: &[&str], rows: &[Value], talk: &Talk) -> String {
    let cells: Vec<Vec<String>> =
        rows.iter().map(|r| columns.iter().map(|c| text(&r[*c])).collect()).collect();
    let used: Vec<usize> = (0..columns.len()).filter(|c| cells.iter().any(|r| !r[*c].is_empty())).collect();
    let width = |c: usize| {
        let widest = cells.iter().map(|r| unicode_width::UnicodeWidthStr::width(r[c].as_str())).max();
        widest.unwrap_or(0).max(columns[c].len())
    };
    let mut out = String::new();
    let mut line = |row: &dyn Fn(usize) -> String, tone: Tone| {
        let mut text = String::new();
        for c in &used {
            let cell = row(*c);
            let pad = width(*c).saturating_sub(unicode_width::UnicodeWidthStr::width(cell.as_str()));
            text.push_str(&cell);
            text.push_str(&" ".repeat(pad + 2));
        }
        let text = match talk.width {
            Some(most) => crate::report::grid::shortened(text.trim_end(), most),
            None => text.trim_end().to_owned(),
        };
        out.push_str(&tone.paint(&text, talk.colour_out));
        out.push('\n');
    };
    line(&|c| columns[c].to_owned(), Tone::Dim);
    for row in &cells {
        line(&|c| row[c].clone(), Tone::Plain);
    }
    out
}
