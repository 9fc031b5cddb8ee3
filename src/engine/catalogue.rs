//! The rows of catalogue sources, in the place of files: definitions from the model; costs, results and what
//! the data holds from a run of their own, before the one that reads them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use super::Inspected;
use super::io::{GivenRows, SourceSpec, given};
use crate::diagnostic::Diagnostic;
use crate::model::calendar::Grain;
use crate::model::catalogue::{self, Rows};
use crate::model::expr::{Expr, Kind, ResultExpr, ResultLeaf, RowLeaf};
use crate::model::outcome::{Outcome, Reason};
use crate::model::project::{
    Aggregate, AsOf, ColumnRef, Kpi, Measure, MeasureId, Model, SourceId, TimeBinding,
};
use crate::model::types::{Type, Unit};
use crate::plan::{PlanGraph, Request};

/// What a plan reads of the run itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Needs {
    /// What KPIs cost and bring.
    pub costs: bool,
    /// Their results.
    pub results: bool,
    /// What the data holds.
    pub data: bool,
}

impl Needs {
    /// Of a plan.
    pub fn of(model: &Model, graph: &PlanGraph) -> Self {
        let mut needs = Self::default();
        for (source, columns) in &graph.ground.reads {
            let source = model.source(*source);
            let reads = |name: &str| columns.iter().any(|c| source.columns[*c].name == name);
            match source.name.as_str() {
                "kpis" if source.catalogue => needs.costs |= reads("cost") || reads("benefit"),
                "results" if source.catalogue => needs.results = true,
                "data_sources" if source.catalogue => needs.data = true,
                _ => {}
            }
        }
        needs
    }

    /// Whether anything is read.
    pub fn any(self) -> bool {
        self.costs || self.results || self.data
    }
}

/// Puts rows in the place of catalogue sources' files; a source that has none here has no row.
pub async fn fill(
    specs: &mut [SourceSpec],
    inspected: &mut Inspected,
    rows: &BTreeMap<&'static str, Rows>,
) -> Result<(), Vec<Diagnostic>> {
    for spec in specs.iter_mut().filter(|s| catalogue::is_one(&s.name, Some(&s.path.node))) {
        let bytes = match rows.get(spec.name.as_str()) {
            Some(rows) => csv(rows),
            None => {
                format!("{}\n", spec.columns.iter().map(|c| c.name.as_str()).collect::<Vec<_>>().join(","))
            }
        };
        let name = format!("catalogue: {}", spec.name);
        let rows = GivenRows { name, bytes: bytes.into_bytes(), known: None, always: Vec::new() };
        let schema = given(spec, rows).await?;
        inspected.sources.insert(spec.name.clone(), schema);
    }
    Ok(())
}

fn csv(rows: &Rows) -> String {
    let mut out = format!("{}\n", rows.columns.join(","));
    for row in &rows.rows {
        let fields: Vec<String> = row.iter().map(|f| f.as_deref().map_or_else(String::new, quoted)).collect();
        let _ = writeln!(out, "{}", fields.join(","));
    }
    out
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// The KPIs' totals as rows of `results`.
pub fn results(outcome: &Outcome) -> Rows {
    let mut rows = Rows::of(&[
        "kpi",
        "grain",
        "period_start",
        "period_end",
        "value",
        "target",
        "attainment",
        "status",
        "reason",
        "score",
        "n",
        "complete",
    ]);
    for table in &outcome.tables {
        let Some(total) = table.breakdowns.iter().find(|b| b.dimensions.is_empty()) else { continue };
        for row in &total.rows {
            let number = |value: Option<f64>| value.map(|v| v.to_string());
            rows.rows.push(vec![
                Some(table.kpi.clone()),
                Some(table.grain.clone()),
                Some(row.start.to_string()),
                Some(row.end.to_string()),
                number(row.value),
                number(row.judged.target),
                number(row.judged.attainment),
                Some(row.judged.status.word().to_owned()),
                row.why().map(|r| r.word().to_owned()),
                number(row.judged.score),
                (row.reason != Some(Reason::Hidden)).then(|| row.n.to_string()),
                Some(row.complete.to_string()),
            ]);
        }
    }
    rows
}

/// A project whose KPIs are the rows of each source that is there, and the first and last of their times; the
/// sources. One of which a test gives the rows is there, though not all its columns are known.
pub fn counted(model: &Model, there: &Inspected) -> (Model, Vec<SourceId>) {
    let mut counted = model.clone();
    counted.kpis.clear();
    counted.rules.clear();
    counted.scorecards.clear();
    let mut sources = Vec::new();
    for (place, source) in model.sources.iter().enumerate() {
        if source.catalogue || (source.broken && !there.sources.contains_key(&source.name)) {
            continue;
        }
        let id = SourceId(place);
        sources.push(id);
        let own = source.time.or(source.span.map(|s| s.from)).or(source.snapshot.as_ref().map(|s| s.time));
        let mut asked = vec![(Aggregate::Count, None)];
        asked.extend(own.into_iter().flat_map(|at| [(Aggregate::Min, Some(at)), (Aggregate::Max, Some(at))]));
        for (aggregate, column) in asked {
            let name = format!("{} {aggregate:?}", source.name);
            let formula = measure(&mut counted, id, aggregate, column);
            counted.kpis.push(kpi(&name, formula));
        }
    }
    (counted, sources)
}

fn measure(model: &mut Model, source: SourceId, aggregate: Aggregate, column: Option<usize>) -> ResultExpr {
    let span = model.source(source).defined;
    let ty = column.map_or(Type::Integer, |c| model.source(source).columns[c].ty);
    let argument = column.map(|column| Expr {
        kind: Kind::Leaf(RowLeaf::Column(ColumnRef { hops: Vec::new(), column })),
        ty,
        unit: Unit::none(),
        span,
    });
    model.measures.push(Measure {
        source,
        aggregate,
        argument,
        weight: None,
        filter: None,
        time: TimeBinding::Always,
        ty,
        unit: Unit::none(),
        text: "rows".to_owned(),
        span,
        matures: 0,
    });
    let id = MeasureId(model.measures.len() - 1);
    Expr { kind: Kind::Leaf(ResultLeaf::Measure(id)), ty, unit: Unit::none(), span }
}

fn kpi(name: &str, formula: ResultExpr) -> Kpi {
    Kpi { hidden: false, grains: vec![Grain::Day], ..Kpi::bare(name, Arc::new(formula)) }
}

/// What is asked of such a project.
pub fn request(as_of: AsOf) -> Request {
    Request { from: Some(as_of.day), to: as_of.day.succ_opt(), by: Some(Vec::new()), ..Request::new(as_of) }
}

/// Its answers as rows of `data_sources`.
pub fn data(model: &Model, sources: &[SourceId], outcome: &Outcome, as_of: AsOf) -> Rows {
    let mut rows = Rows::of(&["data_source", "rows", "quarantined", "first", "last", "fresh_until", "age"]);
    for id in sources {
        let source = model.source(*id);
        let found = |aggregate: &str| {
            let table = outcome.tables.iter().find(|t| t.kpi == format!("{} {aggregate}", source.name))?;
            table.breakdowns.first()?.rows.last()?.exact.clone()
        };
        let day = |text: Option<String>| text.and_then(|t| t.get(..10)?.parse::<chrono::NaiveDate>().ok());
        let (first, last) = (day(found("Min")), day(found("Max")));
        let fresh = source.fresh_until.map(|f| f.day);
        // That nobody joined for long does not make a list of people old.
        let tells = source.time.is_some() || source.snapshot.is_some();
        let age = fresh.or(last.filter(|_| tells)).map(|day| (as_of.day - day).num_days().max(0));
        let aside = outcome.set_aside.iter().find(|(name, _)| *name == source.name).map_or(0, |(_, n)| *n);
        rows.rows.push(vec![
            Some(source.name.clone()),
            found("Count"),
            Some(aside.to_string()),
            first.map(|d| d.to_string()),
            last.map(|d| d.to_string()),
            fresh.map(|d| d.to_string()),
            age.map(|a| a.to_string()),
        ]);
    }
    rows
}
