//! Runs a plan graph: opens sources, reads lookups, runs each scan group once, and computes every KPI's
//! table from the small results.

use std::sync::Arc;

use arrow::array::{AsArray, BooleanArray, RecordBatch};
use arrow::datatypes::UInt8Type;
use datafusion::common::{DataFusionError, Result as DfResult};

use super::coverage::{self, Coverage};
use super::io::SourceSpec;
use super::open::in_memory;
use super::prepare::Ready;
use super::runner::Runner;
use super::table::Made;
use super::{Inspected, failure, lookup};
use crate::diagnostic::Diagnostic;
use crate::model::outcome::Outcome;
use crate::model::project::{AsOf, MeasureId, Model, Moment, Ranged, SourceId, TimeBinding};
use crate::plan::scan::{GroupPlan, Scans, Shape};
use crate::plan::{GroupSet, PlanGraph, ScanGroup};
use crate::results::set::{SetColumns, SetResult};

/// Partial results of a set, by first and last period.
struct Base {
    set: GroupSet,
    table: Arc<dyn datafusion::catalog::TableProvider>,
}

impl Base {
    /// Whether another set comes from it.
    fn holds(&self, set: &GroupSet) -> bool {
        let same = (self.set.grain, self.set.periods, self.set.until) == (set.grain, set.periods, set.until);
        same && set.keys.iter().all(|k| self.set.keys.contains(k))
    }
}

/// What a run tells while it goes on.
pub trait Progress: Send + Sync {
    /// Bytes of text files read since the last call.
    fn bytes(&self, _: u64) {}
    /// Groups done, of how many.
    fn groups(&self, _: usize, _: usize) {}
}

/// Tells nothing.
pub struct Silent;
impl Progress for Silent {}

/// All that a run needs.
pub struct Run<'a> {
    /// The model.
    pub model: &'a Model,
    /// The plan.
    pub graph: &'a PlanGraph,
    /// How to open each source.
    pub specs: &'a [SourceSpec],
    /// What their files hold.
    pub inspected: &'a Inspected,
    /// Up to when rows exist.
    pub as_of: AsOf,
    /// The language of labels.
    pub lang: Option<&'a str>,
}

/// What a group came to.
pub(super) struct GroupResult {
    pub(super) sets: Vec<SetResult>,
    pub(super) coverage: Coverage,
}

pub(super) type Outcomes<T> = Result<T, Vec<Diagnostic>>;

impl Run<'_> {
    /// Runs it.
    pub async fn run(&self, runner: &dyn Runner, progress: &dyn Progress) -> Outcomes<Outcome> {
        let ready = self.ready(runner, progress).await?;
        let scans = self.scans(&ready);
        // A rule's state comes from all that the data tells, whatever was asked for.
        if let Some(rules) = self.graph.rules.as_ref().filter(|rules| !rules.is_since()) {
            let since = self.since(rules, &scans, runner).await?;
            let request = rules.since(since);
            let graph = crate::plan::plan(self.model, &request)?;
            return Run { graph: &graph, ..*self }.on(&ready, runner, progress).await;
        }
        self.on(&ready, runner, progress).await
    }

    /// Runs it on what is ready.
    async fn on(&self, ready: &Ready, runner: &dyn Runner, progress: &dyn Progress) -> Outcomes<Outcome> {
        let scans = self.scans(ready);
        let results = self.results(&scans, runner, progress).await?;
        let mut problems = Vec::new();
        let rejected = super::valid::rejected(self.model, self.graph, &scans, runner)
            .await
            .map_err(|e| vec![failure::of_query(&e, &[])])?;
        let outside = super::outside::outside(self.model, self.graph, &scans, runner)
            .await
            .map_err(|e| vec![failure::of_query(&e, &[])])?;
        let labels = lookup::labels(self.model, &scans, &self.labelled(), runner)
            .await
            .map_err(|e| vec![failure::of_query(&e, &[])])?;
        let values = Arc::new(self.read_tables(ready, runner).await?);
        let made = Made { results: &results, tables: &values, labels: &labels, scans: &scans, runner };
        let mut tables = Vec::new();
        for table in &self.graph.tables {
            match self.table(table, &made, &[]).await {
                Ok(table) => tables.push(table),
                Err(problem) => problems.push(problem),
            }
        }
        let mut scorecards = Vec::new();
        for card in &self.graph.cards {
            match self.scorecard(card, &made).await {
                Ok(card) => scorecards.push(card),
                Err(problem) => problems.push(problem),
            }
        }
        let mut costs = Vec::new();
        for cost in &self.graph.costs {
            match self.cost(cost, &made).await {
                Ok(cost) => costs.push(cost),
                Err(problem) => problems.push(problem),
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let rules = match &self.graph.rules {
            Some(plan) => self.rules(plan, &made, &costs).await?,
            None => Vec::new(),
        };
        // What rules alone asked for is theirs.
        costs.retain(|cost| self.graph.tables.iter().any(|t| self.model.kpis[t.kpi].name == cost.kpi));
        Ok(Outcome {
            project: self.model.name.clone(),
            as_of: as_of_text(&self.as_of, self.model),
            tables,
            scorecards,
            costs,
            rules,
            verdicts: None,
            set_aside: ready.set_aside.clone(),
            expanded: self.expansions(&results),
            notes: self
                .graph
                .notes
                .iter()
                .chain(&ready.notes)
                .cloned()
                .chain(rejected)
                .chain(outside)
                .collect(),
        })
    }

    /// What every group comes to.
    pub(super) async fn results(
        &self,
        scans: &Scans<'_>,
        runner: &dyn Runner,
        progress: &dyn Progress,
    ) -> Outcomes<Vec<GroupResult>> {
        let (mut results, mut problems) = (Vec::new(), Vec::new());
        for (done, group) in self.graph.groups.iter().enumerate() {
            progress.groups(done, self.graph.groups.len());
            match self.group(scans, group, runner).await {
                Ok(result) => results.push(result),
                Err(e) => problems.push(self.culprit(scans, group, runner, &e).await),
            }
        }
        progress.groups(self.graph.groups.len(), self.graph.groups.len());
        if problems.is_empty() { Ok(results) } else { Err(problems) }
    }

    /// The DataFusion plans of the groups, as text.
    pub async fn describe(&self, runner: &dyn Runner) -> Outcomes<Vec<String>> {
        let ready = self.ready(runner, &Silent).await?;
        let failed = |e: DataFusionError| vec![failure::of_query(&e, &[])];
        let scans = self.scans(&ready);
        let mut out = Vec::new();
        for group in &self.graph.groups {
            if let TimeBinding::Ranged(ranged) = &group.time {
                let set = &group.sets[0];
                let plan = scans.ranged(group, ranged, set).map_err(failed)?;
                let factor = self.factor(&scans, group, ranged, runner).await.map_err(failed)?;
                let how = match plan.shape {
                    Shape::Ranged { merge: true } if !plan.distinct.is_empty() => {
                        "distinct values have a bitmap of periods, and partial results, not rows, are expanded"
                    }
                    Shape::Ranged { merge: true } => "partial results, not rows, are expanded",
                    _ => "rows are expanded",
                };
                let mut shown = runner.describe(&plan.plan).await.map_err(failed)?;
                for distinct in &plan.distinct {
                    shown.push_str("\n\n");
                    shown.push_str(&runner.describe(&distinct.plan).await.map_err(failed)?);
                }
                out.push(format!("{factor}; {how}\n{shown}"));
                continue;
            }
            let (_, extent) = coverage::of_group(self.model, &scans, group, runner).await.map_err(failed)?;
            let plan = scans.group(group, extent.as_ref()).map_err(failed)?;
            out.push(runner.describe(&plan.plan).await.map_err(failed)?);
        }
        Ok(out)
    }

    async fn group(
        &self,
        scans: &Scans<'_>,
        group: &ScanGroup,
        runner: &dyn Runner,
    ) -> DfResult<GroupResult> {
        let (coverage, extent) = coverage::of_group(self.model, scans, group, runner).await?;
        if let TimeBinding::Ranged(ranged) = &group.time {
            let sets = self.ranged(scans, group, ranged, runner).await?;
            return Ok(GroupResult { sets, coverage });
        }
        let plan = scans.group(group, extent.as_ref())?;
        let batches = runner.run(plan.plan.clone()).await?;
        let sets = self.sets(scans, group, &plan, batches, runner).await?;
        Ok(GroupResult { sets, coverage })
    }

    /// The measures of which rows were looked at once for each period, with how many that were.
    fn expansions(&self, results: &[GroupResult]) -> Vec<(String, u64)> {
        let mut all = Vec::new();
        for (group, result) in self.graph.groups.iter().zip(results) {
            let expanded = result.sets.iter().map(|s| s.expanded).max().unwrap_or(0);
            if let Some(first) = group.measures.first().filter(|_| expanded > 0) {
                all.push((self.model.measures[first.0].text.clone(), expanded));
            }
        }
        all
    }

    /// How many periods a row counts in, as a text.
    async fn factor(
        &self,
        scans: &Scans<'_>,
        group: &ScanGroup,
        ranged: &Ranged,
        runner: &dyn Runner,
    ) -> DfResult<String> {
        let batches = runner.run(scans.expansion(group, ranged, &group.sets[0])?).await?;
        let value = |column: usize| {
            let batch = batches.iter().find(|b| b.num_rows() > 0)?;
            let numbers = batch.column(column).as_primitive::<arrow::datatypes::Int64Type>();
            Some(numbers.value(0))
        };
        let (rows, expanded) = (value(0).unwrap_or(0), value(1).unwrap_or(0));
        let factor = if rows == 0 { 0.0 } else { expanded as f64 / rows as f64 };
        Ok(format!("{rows} rows count in {expanded} periods together, each in {factor:.1}"))
    }

    /// The sets of a group whose rows count in several periods, one after the other.
    async fn ranged(
        &self,
        scans: &Scans<'_>,
        group: &ScanGroup,
        ranged: &Ranged,
        runner: &dyn Runner,
    ) -> DfResult<Vec<SetResult>> {
        let mut out = Vec::new();
        let balances = self.model.source(group.source).snapshot.is_some();
        let active = matches!(ranged.moment, Moment::Active { .. });
        // Sets with more keys first: those with fewer of the same periods come from what they hold.
        let mut order: Vec<&GroupSet> = group.sets.iter().collect();
        order.sort_by_key(|s| std::cmp::Reverse(s.keys.len()));
        let mut bases: Vec<Base> = Vec::new();
        let mut found: Vec<(&GroupSet, SetResult)> = Vec::new();
        for set in order {
            let mut result = self.ranged_set(scans, group, ranged, set, &mut bases, runner).await?;
            if balances && active {
                // Where no balance of anything stands, nothing is known; whatever was asked for.
                let bare = GroupSet { keys: Vec::new(), ..set.clone() };
                let ranged = Ranged { within: Vec::new(), ..ranged.clone() };
                let all = ScanGroup { measures: Vec::new(), sets: vec![bare.clone()], ..group.clone() };
                let all = self.ranged_set(scans, &all, &ranged, &bare, &mut Vec::new(), runner).await?;
                result.present = Some(all.periods.into_iter().collect());
            }
            found.push((set, result));
        }
        for set in &group.sets {
            if let Some(at) = found.iter().position(|(s, _)| *s == set) {
                out.push(found.swap_remove(at).1);
            }
        }
        Ok(out)
    }

    async fn ranged_set(
        &self,
        scans: &Scans<'_>,
        group: &ScanGroup,
        ranged: &Ranged,
        set: &GroupSet,
        bases: &mut Vec<Base>,
        runner: &dyn Runner,
    ) -> DfResult<SetResult> {
        let plan = scans.ranged(group, ranged, set)?;
        let mut batches = if plan.shape == (Shape::Ranged { merge: true }) {
            if !bases.iter().any(|b| b.holds(set)) {
                let batches = runner.run(plan.plan.clone()).await?;
                let schema = Arc::new(plan.plan.schema().as_arrow().clone());
                let schema = batches.first().map_or(schema, RecordBatch::schema);
                let table = in_memory(schema, batches)
                    .map_err(|_| DataFusionError::Internal("a base of mixed batches".to_owned()))?;
                bases.push(Base { set: set.clone(), table });
            }
            match bases.iter().find(|b| b.holds(set)) {
                Some(base) => {
                    let expand = scans.expand(Arc::clone(&base.table), &plan, &base.set.keys, set)?;
                    runner.run(expand).await?
                }
                None => Vec::new(),
            }
        } else {
            runner.run(plan.plan.clone()).await?
        };
        for distinct in &plan.distinct {
            let found = runner.run(distinct.plan.clone()).await?;
            batches = distinct.fill(&batches, &found, set.keys.len())?;
        }
        let measures: Vec<_> = group.measures.iter().copied().zip(plan.measures.iter().cloned()).collect();
        let columns = SetColumns {
            period: "p".to_owned(),
            keys: (0..set.keys.len()).map(|i| format!("k{i}")).collect(),
            parts: plan.parts.parts.len(),
            only: None,
        };
        let mut result = SetResult::read(self.model, &batches, &columns, &measures)?;
        result.expanded = plan.expanded.load(std::sync::atomic::Ordering::Relaxed);
        Ok(result)
    }

    async fn sets(
        &self,
        scans: &Scans<'_>,
        group: &ScanGroup,
        plan: &GroupPlan,
        batches: Vec<RecordBatch>,
        runner: &dyn Runner,
    ) -> DfResult<Vec<SetResult>> {
        let measures: Vec<_> = group.measures.iter().copied().zip(plan.measures.iter().cloned()).collect();
        let parts = plan.parts.parts.len();
        let plain = |set: &GroupSet| SetColumns {
            period: "p".to_owned(),
            keys: (0..set.keys.len()).map(|i| format!("k{i}")).collect(),
            parts,
            only: None,
        };
        let mut out = Vec::new();
        match &plan.shape {
            // One set at a time, above.
            Shape::Ranged { .. } => {}
            Shape::Single => {
                out.push(SetResult::read(self.model, &batches, &plain(&group.sets[0]), &measures)?);
            }
            Shape::RollUp { .. } => {
                let schema = Arc::new(plan.plan.schema().as_arrow().clone());
                let schema = batches.first().map_or(schema, RecordBatch::schema);
                let base = in_memory(schema, batches)
                    .map_err(|_| DataFusionError::Internal("a base of mixed batches".to_owned()))?;
                for set in &group.sets {
                    let rolled = runner.run(scans.roll_up(Arc::clone(&base), plan, set)?).await?;
                    out.push(SetResult::read(self.model, &rolled, &plain(set), &measures)?);
                }
            }
            Shape::GroupingSets { sets, columns: all } => {
                for set in sets {
                    let only = |batch: &RecordBatch| -> DfResult<BooleanArray> {
                        let mut mask = vec![true; batch.num_rows()];
                        for g in 0..*all {
                            let name = format!("s{g}");
                            let out = batch
                                .column_by_name(&name)
                                .ok_or_else(|| DataFusionError::Internal("no grouping".to_owned()))?;
                            let out = arrow::compute::cast(out, &arrow::datatypes::DataType::UInt8)?;
                            let out = out.as_primitive::<UInt8Type>();
                            let used = set.contains(&g);
                            for (row, keep) in mask.iter_mut().enumerate() {
                                *keep &= (out.value(row) == 0) == used;
                            }
                        }
                        Ok(BooleanArray::from(mask))
                    };
                    let columns = SetColumns {
                        period: format!("g{}", set[0]),
                        keys: set[1..].iter().map(|g| format!("g{g}")).collect(),
                        parts,
                        only: Some(&only),
                    };
                    out.push(SetResult::read(self.model, &batches, &columns, &measures)?);
                }
            }
        }
        Ok(out)
    }

    /// A failed group is run measure by measure, to name the KPI that fails.
    async fn culprit(
        &self,
        scans: &Scans<'_>,
        group: &ScanGroup,
        runner: &dyn Runner,
        error: &DataFusionError,
    ) -> Diagnostic {
        if group.measures.len() > 1 && !matches!(error.find_root(), DataFusionError::ResourcesExhausted(_)) {
            for id in &group.measures {
                let single = ScanGroup { measures: vec![*id], ..group.clone() };
                if let Err(e) = Box::pin(self.group(scans, &single, runner)).await {
                    return failure::of_query(&e, &self.users(&[*id]))
                        .at(self.model.measures[id.0].span, "in this");
                }
            }
        }
        let problem = failure::of_query(error, &self.users(&group.measures));
        match group.measures.as_slice() {
            [only] => problem.at(self.model.measures[only.0].span, "in this"),
            _ => problem,
        }
    }

    /// The KPIs that read some of these measures.
    fn users(&self, measures: &[MeasureId]) -> Vec<String> {
        let asked = self.graph.tables.iter().map(|t| t.kpi);
        let mut names: Vec<String> = Vec::new();
        for kpi in asked {
            let kpi = &self.model.kpis[kpi];
            let reads = kpi.formula.measures().iter().any(|m| measures.contains(m));
            if reads && !names.contains(&kpi.name) {
                names.push(kpi.name.clone());
            }
        }
        names
    }

    pub(super) fn of_source(&self, error: &DataFusionError, source: SourceId) -> Diagnostic {
        let source = self.model.source(source);
        failure::of_query(error, &[]).at(source.defined, format!("while `{}` was read", source.name))
    }

    /// Sources whose members are shown with a label.
    pub(super) fn labelled(&self) -> Vec<SourceId> {
        let mut out = Vec::new();
        for group in &self.graph.groups {
            for key in group.sets.iter().flat_map(|s| &s.keys) {
                let target = self.model.target(group.source, &key.hops);
                let here = self.model.source(target);
                if here.label.is_some() && here.key == [key.column] && !out.contains(&target) {
                    out.push(target);
                }
            }
        }
        out
    }
}

/// A text in a language: the asked-for one, the one for any, else the first.
pub fn local(texts: &[(String, String)], lang: Option<&str>) -> Option<String> {
    let find = |wanted: &str| texts.iter().find(|(l, _)| l == wanted).map(|(_, t)| t.clone());
    lang.and_then(find)
        .or_else(|| find(""))
        .or_else(|| find("en"))
        .or_else(|| texts.first().map(|t| t.1.clone()))
}

/// The as-of as shown.
pub fn as_of_text(as_of: &AsOf, model: &Model) -> String {
    if as_of.whole_day {
        as_of.day.format("%Y-%m-%d").to_string()
    } else {
        crate::results::set::local_time(as_of.instant.timestamp() * 1_000_000, model)
    }
}
