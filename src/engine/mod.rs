//! Opens data, runs the plan graph node by node, and puts the results together. The async side: the
//! only stage that reads data files.

pub mod catalogue;
mod costs;
pub mod coverage;
pub mod failure;
mod fill;
pub mod io;
mod latest;
pub mod lookup;
pub mod open;
mod outside;
mod per;
mod prepare;
mod rates;
mod rules;
pub mod run;
pub mod runner;
mod scorecards;
pub mod specs;
mod table;
mod valid;
mod values;
pub mod why;

use std::collections::{HashMap, HashSet};

use futures::{StreamExt, stream};

use crate::diagnostic::{Diagnostic, Diagnostics, codes};
use crate::resolve::{SchemaColumn, Schemas};
use crate::rulefile::Guard;
use io::{SourceSchema, SourceSpec};

/// What the files of each source hold.
#[derive(Clone, Debug, Default)]
pub struct Inspected {
    /// By source; one that could not be read is not here.
    pub sources: HashMap<String, SourceSchema>,
    /// Sources that may have further columns.
    pub partial: HashSet<String>,
}

impl Inspected {
    /// As the checker needs it.
    pub fn schemas(&self) -> Schemas {
        let columns = |s: &SourceSchema| {
            let column = |c: &io::FileColumn| {
                let (name, sampled) = (&c.name, &c.sampled);
                let none = || sampled.none.then(|| format!("no row read so far has a value of `{name}`"));
                let made = sampled.made_text.as_ref().map(|by| format!("{by} made `{name}` text"));
                SchemaColumn {
                    name: name.clone(),
                    ty: c.ty,
                    why_text: made.or_else(none),
                    no_values: sampled.none,
                }
            };
            s.columns.iter().map(column).collect()
        };
        let hints = self.sources.iter().filter_map(|(n, s)| Some((n.clone(), s.hint.clone()?))).collect();
        let partial = self.partial.clone();
        Schemas {
            hints,
            partial,
            sources: self.sources.iter().map(|(n, s)| (n.clone(), columns(s))).collect(),
        }
    }
}

/// Reads the schemas of all sources, some at a time. A pattern may find files through links: each must
/// lie where paths may lead.
pub async fn inspect(specs: &[SourceSpec], guard: &Guard, diagnostics: &mut Diagnostics) -> Inspected {
    let results: Vec<_> = stream::iter(specs)
        .map(|spec| async move { (spec, io::inspect(spec).await) })
        .buffered(8)
        .collect()
        .await;
    let mut inspected = Inspected::default();
    for (spec, result) in results {
        match result {
            Ok(schema) => {
                let outside = schema.files.iter().find(|f| !guard.holds(&f.on_disk()));
                if let Some(file) = outside {
                    diagnostics.push(
                        Diagnostic::new(
                            &codes::OUTSIDE_PROJECT,
                            format!("`{}` leads out of the project folder", file.name),
                        )
                        .at(spec.path.span, "found by this path")
                        .help("list the folder that is meant under `allow_paths:`"),
                    );
                    continue;
                }
                diagnostics.extend(schema.warnings.iter().cloned());
                inspected.sources.insert(spec.name.clone(), schema);
            }
            Err(problems) => diagnostics.extend(problems),
        }
    }
    inspected
}
