//! Formulas that are generated: a tree of their own, with what stands below each node.

use chrono::NaiveDate;

use super::calendar::{Grain, Window};
use super::schema::{SOURCES, Src};
use super::value::Value;

/// A path of names.
pub type Path = Vec<&'static str>;

/// A formula over rows.
#[derive(Clone, Debug, PartialEq)]
pub enum Row {
    Path(Path),
    Lit(Value),
    Bin(char, Box<Row>, Box<Row>),
    Not(Box<Row>),
    And(Box<Row>, Box<Row>),
    Or(Box<Row>, Box<Row>),
    Cmp(&'static str, Box<Row>, Box<Row>),
    /// Whether negated stands last, here and below.
    In(Box<Row>, Vec<Value>, bool),
    Between(Box<Row>, Value, Value, bool),
    IsMissing(Box<Row>, bool),
    /// `contains`, `starts with`, `ends with`.
    Text(&'static str, Box<Row>, &'static str, bool),
    /// A path, or `started`, `ended`.
    InPeriod(Path, bool),
    Call(&'static str, Vec<Row>),
    /// `period.start` and its like.
    Period(&'static str),
    /// The time since the same account's previous row, by a time of a source.
    Gap(Src, &'static str),
}

/// When rows of an aggregate count.
#[derive(Clone, Debug, PartialEq)]
pub enum Moment {
    /// As the source says.
    Own,
    On(Path),
    Start,
    End,
    AsOf(NaiveDate),
    During,
}

/// A call of an aggregate.
#[derive(Clone, Debug, PartialEq)]
pub struct Aggregate {
    pub name: &'static str,
    pub source: Src,
    /// None for `count`.
    pub args: Vec<Row>,
    /// Of a percentile, in percent.
    pub part: i64,
    pub moment: Moment,
    pub including_ended: bool,
    pub filter: Option<Row>,
}

/// Functions over earlier periods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shift {
    Previous,
    Ago,
    Change,
    Growth,
}

/// A formula for each entity, then over the entities.
#[derive(Clone, Debug, PartialEq)]
pub struct Per {
    pub name: &'static str,
    pub of: Formula,
    /// `account` or `rep`.
    pub entity: &'static str,
    /// Those whose span says so; else those that were seen.
    pub moment: Option<Moment>,
    /// Which of them are kept: by a formula for each, by the entity's own columns.
    pub filter: Option<Formula>,
    pub columns: Option<Row>,
    /// Of `top_share`.
    pub top: i64,
}

/// How many base events a target event followed, or which part.
#[derive(Clone, Debug, PartialEq)]
pub struct Convert {
    pub rate: bool,
    /// The events, as their count.
    pub base: Aggregate,
    pub target: Aggregate,
    /// In hours.
    pub hours: i64,
    pub entity: &'static str,
    /// Whether entities are counted.
    pub entities: bool,
    /// Whether the earliest base event is credited.
    pub first: bool,
}

impl Convert {
    /// In microseconds.
    pub fn within(&self) -> i64 {
        self.hours * 3_600_000_000
    }
}

/// A formula over results.
#[derive(Clone, Debug, PartialEq)]
pub enum Formula {
    Lit(Value),
    Aggregate(Box<Aggregate>),
    Convert(Box<Convert>),
    /// By its place among the KPIs.
    Kpi(usize),
    Window(Box<Formula>, Window),
    Filter(Box<Formula>, Row),
    Bin(char, Box<Formula>, Box<Formula>),
    Neg(Box<Formula>),
    Not(Box<Formula>),
    And(Box<Formula>, Box<Formula>),
    Or(Box<Formula>, Box<Formula>),
    Cmp(&'static str, Box<Formula>, Box<Formula>),
    IsMissing(Box<Formula>, bool),
    /// `if`, `coalesce` and scalar functions.
    Call(&'static str, Vec<Formula>),
    /// By how many of what unit; without a unit periods. Whether up to the same point.
    Shift(Shift, Box<Formula>, i64, Option<Grain>, bool),
    Rolling(Box<Formula>, i64),
    Total(Box<Formula>, Vec<Path>),
    ShareOfTotal(Box<Formula>),
    Rank(Box<Formula>),
    Per(Box<Per>),
}

/// Which cells a KPI has beside those that were seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fill {
    Cells,
    Observed,
    Entities,
}

/// A KPI; its name is `k` and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Kpi {
    pub formula: Formula,
    pub by: Vec<Vec<Path>>,
    pub fill: Fill,
    pub lower: bool,
}

impl Formula {
    /// The formulas right below.
    pub fn parts(&self) -> Vec<&Self> {
        match self {
            Self::Lit(_) | Self::Aggregate(_) | Self::Convert(_) | Self::Kpi(_) => Vec::new(),
            Self::Window(a, _) | Self::Filter(a, _) | Self::Neg(a) | Self::Not(a) | Self::IsMissing(a, _) => {
                vec![&**a]
            }
            Self::Bin(_, a, b) | Self::And(a, b) | Self::Or(a, b) | Self::Cmp(_, a, b) => vec![&**a, &**b],
            Self::Call(_, args) => args.iter().collect(),
            Self::Shift(_, a, ..) | Self::Rolling(a, _) | Self::Total(a, _) => vec![&**a],
            Self::ShareOfTotal(a) | Self::Rank(a) => vec![&**a],
            Self::Per(per) => std::iter::once(&per.of).chain(&per.filter).collect(),
        }
    }

    /// The same, to be put in their place.
    pub fn parts_mut(&mut self) -> Vec<&mut Self> {
        match self {
            Self::Lit(_) | Self::Aggregate(_) | Self::Convert(_) | Self::Kpi(_) => Vec::new(),
            Self::Window(a, _) | Self::Filter(a, _) | Self::Neg(a) | Self::Not(a) | Self::IsMissing(a, _) => {
                vec![&mut **a]
            }
            Self::Bin(_, a, b) | Self::And(a, b) | Self::Or(a, b) | Self::Cmp(_, a, b) => {
                vec![&mut **a, &mut **b]
            }
            Self::Call(_, args) => args.iter_mut().collect(),
            Self::Shift(_, a, ..) | Self::Rolling(a, _) | Self::Total(a, _) => vec![&mut **a],
            Self::ShareOfTotal(a) | Self::Rank(a) => vec![&mut **a],
            Self::Per(per) => {
                let per = &mut **per;
                std::iter::once(&mut per.of).chain(&mut per.filter).collect()
            }
        }
    }

    /// Itself and all formulas below, through the KPIs that it names.
    pub fn walk<'a>(&'a self, kpis: &'a [Kpi], visit: &mut dyn FnMut(&'a Self)) {
        visit(self);
        if let Self::Kpi(place) = self {
            kpis[*place].formula.walk(kpis, visit);
        }
        for part in self.parts() {
            part.walk(kpis, visit);
        }
    }

    pub fn any(&self, kpis: &[Kpi], test: &dyn Fn(&Self) -> bool) -> bool {
        let mut found = false;
        self.walk(kpis, &mut |f| found |= test(f));
        found
    }

    /// Its aggregates, through KPIs.
    pub fn aggregates<'a>(&'a self, kpis: &'a [Kpi]) -> Vec<&'a Aggregate> {
        let mut found = Vec::new();
        self.walk(kpis, &mut |f| match f {
            Self::Aggregate(aggregate) => found.push(&**aggregate),
            Self::Convert(convert) => found.push(&convert.base),
            _ => {}
        });
        found
    }

    /// The sources that have to reach a dimension: those of its aggregates, and of what stands `per` an entity
    /// that entity's.
    pub fn roots(&self, kpis: &[Kpi]) -> Vec<Src> {
        match self {
            Self::Aggregate(aggregate) => vec![aggregate.source],
            Self::Convert(convert) => vec![convert.base.source],
            Self::Kpi(place) => kpis[*place].formula.roots(kpis),
            Self::Per(per) => {
                SOURCES.iter().position(|s| s.entity.is_some_and(|e| e.0 == per.entity)).into_iter().collect()
            }
            _ => self.parts().into_iter().flat_map(|p| p.roots(kpis)).collect(),
        }
    }

    pub fn has_per(&self, kpis: &[Kpi]) -> bool {
        self.any(kpis, &|f| matches!(f, Self::Per(_)))
    }

    pub fn has_window(&self, kpis: &[Kpi]) -> bool {
        self.any(kpis, &|f| matches!(f, Self::Window(..)))
    }

    pub fn has_shift(&self, kpis: &[Kpi]) -> bool {
        self.any(kpis, &|f| matches!(f, Self::Shift(..) | Self::Rolling(..)))
    }

    /// Whether it looks across the breakdown.
    pub fn has_across(&self, kpis: &[Kpi]) -> bool {
        self.any(kpis, &|f| matches!(f, Self::Total(..) | Self::ShareOfTotal(_) | Self::Rank(_)))
    }
}
