//! The resolved project: what the rule files mean, every name bound, every formula typed.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};

use super::calendar::{Calendar, Grain};
use super::expr::{Across, Kind, ResultExpr, ResultLeaf, RowExpr, RowLeaf};
use super::judge::{Amount, Judge, ValueTable};
use super::rates::RateSource;
use super::rules::Rule;
use super::scorecard::Scorecard;
use super::strategy::{Links, Strategy};
use super::types::Unit;
use crate::source::Span;

pub use super::measure::*;
pub use super::source::*;
/// A resolved project.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// Its name.
    pub name: String,
    /// The as-of that the project fixes.
    pub as_of: Option<AsOf>,
    /// Its calendar.
    pub calendar: Calendar,
    /// Its sources, in the order of the files.
    pub sources: Vec<Source>,
    /// Names for breakdowns.
    pub dimensions: Vec<NamedDimension>,
    /// Its KPIs, in the order of the files.
    pub kpis: Vec<Kpi>,
    /// All measures that formulas read, equal ones once.
    pub measures: Vec<Measure>,
    /// What KPIs are there for.
    pub strategy: Strategy,
    /// Its scorecards, in the order of the files.
    pub scorecards: Vec<Scorecard>,
    /// Its alignment rules, in the order of the files.
    pub rules: Vec<Rule>,
    /// Values that are read by members and period: targets, parameters.
    pub tables: Vec<ValueTable>,
    /// Where exchange rates come from, where amounts are converted.
    pub rates: Option<RateSource>,
}

/// Up to when rows exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AsOf {
    /// The local day that holds it.
    pub day: NaiveDate,
    /// The last instant that is seen: the given one, or the end of the day.
    pub instant: DateTime<Utc>,
    /// Whether it names a whole day.
    pub whole_day: bool,
}

impl AsOf {
    /// Whether a period that ends before this day (excluded) lies wholly before it.
    pub fn closes(&self, end: NaiveDate) -> bool {
        if self.whole_day { end.pred_opt().is_some_and(|last| last <= self.day) } else { end <= self.day }
    }
}

/// A name for breakdowns.
#[derive(Clone, Debug)]
pub struct NamedDimension {
    /// Its name.
    pub name: String,
    /// Where it is defined.
    pub defined: Span,
    /// The path of sources that have none of their own here.
    pub path: Option<(Vec<String>, Span)>,
    /// The path of each source named.
    pub sources: Vec<(SourceId, Vec<String>, Span)>,
}

/// Which rows and columns cells are made for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fill {
    /// Asked-for periods x the members seen in any of them.
    #[default]
    Cells,
    /// Members active in the period that saw nothing too.
    Entities,
    /// Only what was seen.
    Observed,
}

/// A KPI.
#[derive(Clone, Debug)]
pub struct Kpi {
    /// Its name.
    pub name: String,
    /// Where it is defined.
    pub defined: Span,
    /// Its label, by language ("" is any).
    pub label: Vec<(String, String)>,
    /// Its description, by language.
    pub description: Vec<(String, String)>,
    /// Its formula as written, canonical.
    pub text: String,
    /// Its formula.
    pub formula: Arc<ResultExpr>,
    /// Its unit.
    pub unit: Unit,
    /// Shown as a percentage.
    pub percent: bool,
    /// Its grains.
    pub grains: Vec<Grain>,
    /// Its breakdowns.
    pub by: Vec<Vec<Dimension>>,
    /// The way to an entity, where the KPI chooses.
    pub paths: Vec<(String, Vec<String>, Span)>,
    /// Its cells.
    pub fill: Fill,
    /// Digits to show.
    pub decimals: Option<u8>,
    /// Whether it is no KPI of the project but what one of its parts needs: a scorecard's pay, a cost.
    pub hidden: bool,
    /// What it is judged by.
    pub judge: Judge,
    /// What measuring it costs.
    pub cost: Option<Amount>,
    /// What having it is worth.
    pub benefit: Option<Amount>,
    /// What else is computed over its cells, for whoever asks why.
    pub beside: Vec<Arc<ResultExpr>>,
    /// Its place in the strategy.
    pub links: Links,
}

impl Kpi {
    /// A KPI that is not shown, of a formula alone.
    pub fn bare(name: &str, formula: Arc<ResultExpr>) -> Self {
        Self {
            name: name.to_owned(),
            defined: formula.span,
            label: Vec::new(),
            description: Vec::new(),
            text: String::new(),
            unit: formula.unit.clone(),
            percent: false,
            formula,
            grains: Vec::new(),
            by: Vec::new(),
            paths: Vec::new(),
            fill: Fill::Cells,
            decimals: None,
            hidden: true,
            cost: None,
            benefit: None,
            judge: Judge::default(),
            beside: Vec::new(),
            links: Links::default(),
        }
    }

    /// Its formula, then those that are computed beside it.
    pub fn formulas(&self) -> Vec<&ResultExpr> {
        let beside = self.beside.iter().map(|f| &**f);
        std::iter::once(&*self.formula).chain(self.judge.formulas()).chain(beside).collect()
    }

    /// The measures of its own breakdown that all its formulas read, each once.
    pub fn measures_here(&self) -> Vec<MeasureId> {
        let mut all = Vec::new();
        for id in self.formulas().iter().flat_map(|f| f.measures_here()) {
            if !all.contains(&id) {
                all.push(id);
            }
        }
        all
    }

    /// The rows below which its own values are withheld.
    pub fn hide_below(&self) -> Option<i64> {
        match &self.formula.kind {
            Kind::Leaf(ResultLeaf::Across(Across::HideBelow(rows), _)) => Some(*rows),
            _ => None,
        }
    }

    /// Whether a member's value is told by who else is there in the period.
    pub fn is_among_members(&self) -> bool {
        self.formula.across().iter().any(|a| matches!(a, Across::HideBelow(_) | Across::Rank(_)))
    }

    /// Whether it, or a KPI that it uses, withholds values of few rows.
    pub fn hides(&self) -> bool {
        self.formula.across().iter().any(|a| matches!(a, Across::HideBelow(_)))
    }
}

/// A dimension of a breakdown, as written: every source finds its own way to it.
#[derive(Clone, Debug)]
pub struct Dimension {
    /// Its parts.
    pub path: Vec<String>,
    /// Where it is written.
    pub span: Span,
}

impl Dimension {
    /// `account.segment`.
    pub fn name(&self) -> String {
        self.path.join(".")
    }
}
impl Model {
    /// The source of an id.
    pub fn source(&self, id: SourceId) -> &Source {
        &self.sources[id.0]
    }

    /// A source by name.
    pub fn source_named(&self, name: &str) -> Option<SourceId> {
        self.sources.iter().position(|s| s.name == name).map(SourceId)
    }

    /// The source whose rows are an entity.
    pub fn entity(&self, entity: &str) -> Option<SourceId> {
        self.sources.iter().position(|s| s.entity.as_deref() == Some(entity)).map(SourceId)
    }

    /// A KPI by name.
    pub fn kpi(&self, name: &str) -> Option<&Kpi> {
        self.kpis.iter().find(|k| k.name == name)
    }

    /// The entity that some dimensions all start from, as the project writes them: its rows say which members
    /// there are.
    pub fn root_of(&self, dimensions: &[Dimension]) -> Option<SourceId> {
        let root = |dimension: &Dimension| {
            let first = match dimension.path.as_slice() {
                [name] => {
                    let named = self.dimensions.iter().find(|d| d.name == *name);
                    named.and_then(|d| d.path.as_ref()).and_then(|(path, _)| path.first()).unwrap_or(name)
                }
                path => path.first()?,
            };
            self.entity(first)
        };
        let (first, rest) = dimensions.split_first()?;
        let found = root(first)?;
        rest.iter().all(|d| root(d) == Some(found)).then_some(found)
    }

    /// The paths by which a breakdown may name a dimension: as written, and what a name stands for.
    pub fn ways(&self, path: &[String]) -> Vec<Vec<String>> {
        let mut ways = vec![path.to_vec()];
        // A column may have the name of an entity's key.
        if let [name] = path {
            let keyed =
                self.sources.iter().filter(|s| matches!(s.key[..], [key] if s.columns[key].name == *name));
            ways.extend(keyed.filter_map(|s| s.entity.clone()).map(|entity| vec![entity]));
        }
        for named in &self.dimensions {
            let own = vec![named.name.clone()];
            if let Some((stands_for, _)) = &named.path {
                if own == path {
                    ways.push(stands_for.clone());
                } else if stands_for == path {
                    ways.push(own);
                }
            }
        }
        ways
    }

    /// The source that a path leads to.
    pub fn target(&self, from: SourceId, hops: &[usize]) -> SourceId {
        hops.iter().fold(from, |at, hop| self.source(at).relations[*hop].to)
    }

    /// The column at the end of a path.
    pub fn column(&self, from: SourceId, at: &ColumnRef) -> &Column {
        &self.source(self.target(from, &at.hops)).columns[at.column]
    }

    /// What a formula over a source's rows depends on, through the columns and relations that it reads.
    pub fn depends(&self, source: SourceId, expr: &RowExpr) -> Depends {
        let mut all = Depends::default();
        expr.leaves(&mut |leaf| match leaf {
            RowLeaf::Period(_) => all.period = true,
            RowLeaf::Column(at) => all.add(self.column_depends(source, at)),
        });
        all
    }

    /// The same of a column.
    pub fn column_depends(&self, source: SourceId, at: &ColumnRef) -> Depends {
        let mut all = Depends::default();
        for (depth, hop) in at.hops.iter().enumerate() {
            let here = self.target(source, &at.hops[..depth]);
            let Some(via) = &self.source(here).relations[*hop].via else { continue };
            all.moment |= via.at.is_none();
            for held in &via.held {
                all.add(self.column_depends(here, held));
            }
        }
        let target = self.target(source, &at.hops);
        let column = &self.source(target).columns[at.column];
        if let Some(formula) = &column.formula {
            all.add(self.depends(target, formula));
        }
        if let Some(Made::Fact { measure, .. }) = column.made.as_deref() {
            all.facts.push(*measure);
        }
        all
    }

    /// A path as users write it: `account.segment`.
    pub fn path_text(&self, from: SourceId, at: &ColumnRef) -> String {
        let mut source = from;
        let mut parts = Vec::new();
        for hop in &at.hops {
            let relation = &self.source(source).relations[*hop];
            parts.push(relation.name.clone());
            source = relation.to;
        }
        parts.push(self.source(source).columns[at.column].name.clone());
        parts.join(".")
    }
}

/// What a formula over rows depends on beside the row.
#[derive(Clone, Debug, Default)]
pub struct Depends {
    /// The period that the row counts in.
    pub period: bool,
    /// The moment that it counts at.
    pub moment: bool,
    /// Facts.
    pub facts: Vec<MeasureId>,
}

impl Depends {
    fn add(&mut self, other: Self) {
        self.period |= other.period;
        self.moment |= other.moment;
        self.facts.extend(other.facts);
    }
}
