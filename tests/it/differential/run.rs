//! Rumbo's side: the data set as files in a folder, the KPIs as a rule file, through the library's verbs.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use chrono::NaiveDate;
use tempfile::TempDir;

use super::calendar::Grain;
use super::data::Data;
use super::formula::{Fill, Formula, Kpi};
use super::schema::{SOURCES, Src, file, head, stands_on};
use crate::{folder, typed};

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Question {
    /// By place.
    pub kpis: Vec<usize>,
    pub grains: Vec<Grain>,
    pub from: NaiveDate,
    /// Excluded.
    pub to: NaiveDate,
    /// Whether with the breakdowns of the KPIs.
    pub by: bool,
}

/// The rule file. A KPI whose place is not among the kept ones is left out; none that is kept reads it.
pub fn rules(data: &Data, kpis: &[Kpi], kept: &[usize]) -> String {
    let needed = needed(kpis, kept);
    let mut text = head(&data.settings, &needed);
    if needed.contains(&super::schema::ACCOUNTS) {
        text.push_str("dimensions:\n  tier: {path: account.segment}\n");
    }
    text.push_str("kpis:\n");
    for place in kept {
        text.push_str(&kpi(*place, &kpis[*place], &data.settings.grains));
    }
    text
}

/// The KPIs that one reads, itself among them, by place.
pub fn closure(kpis: &[Kpi], kpi: usize) -> Vec<usize> {
    let mut found = BTreeSet::new();
    Formula::Kpi(kpi).walk(kpis, &mut |f| {
        if let Formula::Kpi(place) = f {
            found.insert(*place);
        }
    });
    found.into_iter().collect()
}

/// The sources that KPIs read, with those that their relations lead to.
pub fn needed(kpis: &[Kpi], kept: &[usize]) -> Vec<Src> {
    let aggregates = kept.iter().flat_map(|k| kpis[*k].formula.aggregates(kpis));
    let mut found: BTreeSet<Src> = aggregates.map(|a| a.source).collect();
    for place in kept {
        kpis[*place].formula.walk(kpis, &mut |f| {
            if let Formula::Convert(convert) = f {
                found.insert(convert.target.source);
            }
        });
    }
    // No chain of relations is longer.
    for _ in 0..SOURCES.len() {
        let further: Vec<Src> = found.iter().flat_map(|s| stands_on(*s)).collect();
        found.extend(further);
    }
    found.into_iter().collect()
}

fn kpi(place: usize, kpi: &Kpi, grains: &[Grain]) -> String {
    let grains: Vec<&str> = grains.iter().map(|g| g.word()).collect();
    let mut text = format!("  k{place}:\n    grain: [{}]\n", grains.join(", "));
    if !kpi.by.is_empty() {
        let by: Vec<String> = kpi
            .by
            .iter()
            .map(|b| {
                let names: Vec<String> = b.iter().map(|p| p.join(".")).collect();
                if names.len() == 1 { names[0].clone() } else { format!("[{}]", names.join(", ")) }
            })
            .collect();
        let _ = writeln!(text, "    by: [{}]", by.join(", "));
    }
    match kpi.fill {
        Fill::Cells => {}
        Fill::Observed => text.push_str("    fill: observed\n"),
        Fill::Entities => text.push_str("    fill: entities\n"),
    }
    if kpi.lower {
        text.push_str("    better: lower\n");
    }
    let _ = write!(text, "    formula: >-\n      {}\n", kpi.formula.print());
    text
}

/// A folder with the files of a data set.
pub struct Place {
    folder: TempDir,
    runtime: tokio::runtime::Runtime,
}

impl Place {
    pub fn new(data: &Data) -> Result<Self, String> {
        let folder = folder::new().map_err(|e| e.to_string())?;
        for source in (0..SOURCES.len()).filter(|s| SOURCES[*s].distinct.is_none()) {
            let text = data.text(source);
            let path = folder.path().join(file(source, &data.settings));
            let bytes = if data.settings.parquet[source] {
                typed::parquet(&text).map_err(|e| e.to_string())?
            } else {
                text.into_bytes()
            };
            std::fs::write(path, bytes).map_err(|e| e.to_string())?;
        }
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| e.to_string())?;
        Ok(Self { folder, runtime })
    }

    /// Copies the data set with its rule file to a folder.
    pub fn keep(&self, to: &Path, rules: &str) -> std::io::Result<()> {
        std::fs::create_dir_all(to)?;
        std::fs::write(to.join("rumbo.yaml"), rules)?;
        for file in std::fs::read_dir(self.folder.path())? {
            let file = file?;
            std::fs::copy(file.path(), to.join(file.file_name()))?;
        }
        Ok(())
    }

    /// What Rumbo answers; what it says where it cannot, or that it panicked.
    pub fn ask(&self, rules: &str, question: &Question) -> Result<rumbo::Outcome, String> {
        let answer = catch_unwind(AssertUnwindSafe(|| self.runtime.block_on(self.evaluate(rules, question))));
        answer.unwrap_or_else(|panic| {
            let told = panic.downcast_ref::<String>().cloned();
            Err(format!("panic: {}", told.unwrap_or_default()))
        })
    }

    async fn evaluate(&self, rules: &str, question: &Question) -> Result<rumbo::Outcome, String> {
        let options = rumbo::LoadOptions::default();
        let loaded = rumbo::load_texts(self.folder.path(), &[("rumbo.yaml", rules)], &options);
        let checked = loaded.check(&rumbo::Asked::default()).await;
        let told = |problems: &rumbo::Diagnostics| {
            let errors = problems.0.iter().filter(|p| p.severity == rumbo::Severity::Error);
            let errors: Vec<_> = errors.cloned().collect();
            rumbo::render::terminal::render(&errors, &checked.map, false, 160)
        };
        if checked.diagnostics.has_errors() {
            return Err(told(&checked.diagnostics));
        }
        let mut request = rumbo::Request::new(checked.model.as_of.ok_or("no as-of")?);
        request.kpis = Some(question.kpis.iter().map(|k| format!("k{k}")).collect());
        request.grains = Some(question.grains.iter().map(|g| g.rumbo()).collect());
        request.from = Some(question.from);
        request.to = Some(question.to);
        request.by = (!question.by).then(Vec::new);
        let graph = checked.plan(&request).map_err(|p| told(&p))?;
        let options = rumbo::RunOptions::default();
        checked.evaluate(&graph, request.as_of, options, &rumbo::Silent).await.map_err(|p| told(&p))
    }
}
