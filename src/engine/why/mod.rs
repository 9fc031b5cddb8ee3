//! One cell of a KPI -> why it is what it is. The cell's breakdown is planned and run as any other, with counts of
//! the rows behind each aggregate beside it; then the formula is walked on that grid.

mod elsewhere;
mod entities;
mod figure;
mod history;
mod members;
mod missing;
pub mod rows;
mod tables;
mod text;
mod walk;
mod when;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::run::{Outcomes, Progress, Run, as_of_text, local};
use super::runner::Runner;
use super::table::Beside;
use super::table::Made;
use super::{failure, lookup};
use crate::diagnostic::Diagnostic;
use crate::functions::Failure;
use crate::model::expr::{Kind, ResultExpr, ResultLeaf};
use crate::model::outcome::{Breakdown, KpiTable};
use crate::model::project::{Dimension, Fill, Kpi, MeasureId};
use crate::model::why::{Operand, Wanted, Why};
use crate::results::set::Members;
use crate::source::SourceMap;
use rows::Counts;
use walk::{Here, Read, Walk};

/// Which cell: a member, by key or label, for each dimension of the plan's last breakdown.
#[derive(Clone, Debug)]
pub struct Cell {
    /// The members as asked for; `None` is the missing one.
    pub members: Members,
}

impl Run<'_> {
    /// Explains the cell of the last period of the plan's one table.
    pub async fn why(
        &self,
        cell: &Cell,
        counts: &Counts,
        map: &SourceMap,
        runner: &dyn Runner,
        progress: &dyn Progress,
    ) -> Outcomes<Why> {
        let [table] = self.graph.tables.as_slice() else { return Err(Vec::new()) };
        let Some(plan) = table.breakdowns.last() else { return Err(Vec::new()) };
        let kpi = &self.model.kpis[table.kpi];
        let of_query = |e: datafusion::common::DataFusionError| vec![failure::of_query(&e, &[])];
        let ready = self.ready(runner, progress).await?;
        let scans = self.scans(&ready);
        let results = self.results(&scans, runner, progress).await?;
        let labels = lookup::labels(self.model, &scans, &self.labelled(), runner).await.map_err(of_query)?;
        let values = Arc::new(self.read_tables(&ready, runner).await?);
        let made = Made { results: &results, tables: &values, labels: &labels, scans: &scans, runner };
        let active = self.active(table, plan, &scans, runner).await.map_err(|d| vec![d])?;
        let (seen, _) = self
            .whole((table, plan), &made, Beside { filling: &active, known: None })
            .map_err(|d| vec![d])?;
        let maps = self.label_maps(plan, &labels);
        let members =
            members::found(&cell.members, &plan.dimensions, &seen.combos, &maps).map_err(|d| vec![d])?;
        // A member that nothing was seen of has a cell too, once it is asked for.
        let mut filling = if table.fill == Fill::Entities { active.clone() } else { Vec::new() };
        filling.push((members.clone(), vec![true; seen.width()]));
        let (cells, level) = self
            .whole((table, plan), &made, Beside { filling: &filling, known: None })
            .map_err(|d| vec![d])?;
        let times = self.timed(table, &results);
        let shown = self.breakdown((table, plan), (&cells, &level), &active, &times, &labels);
        let Breakdown { dimensions, rows } = shown.map_err(|d| vec![d])?;
        let (combo, width) = (cells.combos.iter().position(|m| *m == members), cells.width());
        let name = self.model.calendar.name(table.grain, table.periods.end - 1);
        let keys = |row: &crate::model::outcome::Row| -> Members {
            row.members.iter().map(|m| m.as_ref().map(|m| m.key.clone())).collect()
        };
        let row = rows.iter().find(|r| r.period == name && keys(r) == members).cloned();
        let (Some(combo), Some(row)) = (combo, row) else {
            return Err(vec![members::unseen(&kpi.name, &name)]);
        };
        let covered: BTreeMap<MeasureId, _> = self
            .graph
            .groups
            .iter()
            .zip(&results)
            .flat_map(|(group, result)| group.measures.iter().map(|m| (*m, result.coverage)))
            .collect();
        let (opened, parts) = (BTreeSet::new(), 0);
        let mut walk = Walk { run: self, map, counts, covered: &covered, opened, parts };
        let here = Here { level: &level, cell: combo * width + width - 1, whole: None };
        let failed = |f: Failure| {
            vec![failure::of_kernel(&f, &format!("the KPI `{}`", kpi.name)).at(kpi.defined, "this KPI")]
        };
        let read = Read { home: &kpi.text, percent: kpi.percent, decimals: kpi.decimals };
        let mut formula = walk.part(here, &kpi.formula, read).map_err(failed)?;
        formula.text.clone_from(&kpi.text);
        as_shown(&mut formula, kpi);
        let mut wanted = |expr: &Option<Arc<ResultExpr>>| match expr {
            None => Ok(None),
            Some(expr) => self.wanted(&mut walk, here, expr, read).map(Some),
        };
        let target = wanted(&kpi.judge.target).map_err(failed)?;
        let baseline = wanted(&kpi.judge.baseline).map_err(failed)?;
        let because = missing::because(&row, kpi, &formula, target.as_ref(), baseline.as_ref());
        let last = times.timings.last().copied().unwrap_or_default();
        let breakdown = Breakdown { dimensions: dimensions.clone(), rows: vec![row.clone()] };
        Ok(Why {
            project: self.model.name.clone(),
            as_of: as_of_text(&self.as_of, self.model),
            table: KpiTable {
                kpi: kpi.name.clone(),
                label: local(&kpi.label, self.lang),
                grain: self.model.calendar.grain_name(table.grain).to_owned(),
                ty: kpi.formula.ty,
                unit: kpi.unit.clone(),
                percent: kpi.percent,
                decimals: kpi.decimals,
                judged: kpi.judge.wants(),
                breakdowns: vec![breakdown],
            },
            dimensions,
            row,
            text: kpi.text.clone(),
            place: line(map, kpi.formula.span, kpi.defined),
            formula,
            target,
            baseline,
            better: kpi.judge.better,
            rule: kpi.judge.status.clone(),
            min_n: kpi.judge.min_n,
            elapsed: last.elapsed.filter(|_| kpi.judge.paced),
            because,
            same_point: level.open.is_some_and(|open| open + 1 == width),
            before: self.model.calendar.name(table.grain, table.periods.end - 2),
            notes: self.graph.notes.iter().chain(&ready.notes).cloned().collect(),
        })
    }

    /// A target or a baseline, with where it is written.
    fn wanted(
        &self,
        walk: &mut Walk<'_>,
        here: Here<'_>,
        expr: &ResultExpr,
        read: Read<'_>,
    ) -> Result<Wanted, Failure> {
        let home = walk.home(expr);
        let mut operand = walk.part(here, expr, Read { home: &home, ..read })?;
        if !home.is_empty() && !matches!(expr.kind, Kind::Leaf(ResultLeaf::Table(_))) {
            operand.text = home;
        }
        as_shown(&mut operand, &self.model.kpis[self.graph.tables[0].kpi]);
        let table = matches!(expr.kind, Kind::Leaf(ResultLeaf::Table(_)));
        let span = match &expr.kind {
            Kind::Leaf(ResultLeaf::Table(at)) => self.model.tables[*at].span,
            _ => expr.span,
        };
        Ok(Wanted { place: line(walk.map, span, span), operand, table })
    }
}

/// With the digits of the KPI's own values.
fn as_shown(operand: &mut Operand, kpi: &Kpi) {
    if let Some(figure) = &mut operand.figure {
        (figure.percent, figure.decimals) = (kpi.percent, kpi.decimals);
    }
}

/// The file and line of a place; of another where it lies in the standard functions.
fn line(map: &SourceMap, span: crate::source::Span, other: crate::source::Span) -> String {
    let standard = map.file(span.file).name.starts_with("standard/");
    let span = if standard || span.file != other.file { other } else { span };
    format!("{}:{}", map.file(span.file).name, map.place(span).line)
}

/// The dimensions of a request's one breakdown, as diagnostics name them.
fn named(dimensions: &[Dimension]) -> Vec<String> {
    dimensions.iter().map(Dimension::name).collect()
}

/// A problem of the request.
fn refused(headline: String) -> Diagnostic {
    Diagnostic::new(&crate::diagnostic::codes::BAD_REQUEST, headline)
}
