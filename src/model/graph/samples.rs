//! Small models for the tests of graphs.

use std::sync::Arc;

use crate::model::expr::{Arith, Expr, Kind, ResultExpr, ResultLeaf, Value};
use crate::model::judge::Judge;
use crate::model::project::{Fill, Kpi, Model};
use crate::model::strategy::{Drive, Links};
use crate::model::types::{Type, Unit};
use crate::source::{SourceMap, Span};

/// A KPI to be.
pub struct Sample {
    pub kpi: Kpi,
}

fn nowhere() -> Span {
    Span::new(SourceMap::new().add("rules", ""), 0, 0)
}

/// A KPI that is 1.
pub fn kpi(name: &str) -> Sample {
    let one = Kind::Literal(Value::Integer(1));
    let formula = Expr { kind: one, ty: Type::Integer, unit: Unit::none(), span: nowhere() };
    let kpi = Kpi {
        name: name.to_owned(),
        defined: nowhere(),
        label: Vec::new(),
        description: Vec::new(),
        text: String::new(),
        formula: Arc::new(formula),
        unit: Unit::none(),
        percent: false,
        grains: Vec::new(),
        by: Vec::new(),
        paths: Vec::new(),
        fill: Fill::Cells,
        decimals: None,
        hidden: false,
        judge: Judge::default(),
        cost: None,
        benefit: None,
        beside: Vec::new(),
        links: Links::default(),
    };
    Sample { kpi }
}

impl Sample {
    pub fn reads(mut self, formula: &ResultExpr) -> Self {
        self.kpi.formula = Arc::new(formula.clone());
        self
    }

    pub fn drives(mut self, drives: &[Drive]) -> Self {
        self.kpi.links.drives = drives.to_vec();
        self
    }

    pub fn guards(mut self, names: &[&str]) -> Self {
        self.kpi.links.guards = names.iter().map(|n| (*n).to_owned()).collect();
        self
    }
}

pub fn drive(kpi: &str, falls: bool) -> Drive {
    Drive { kpi: kpi.to_owned(), falls, lag: None }
}

/// The sum of KPIs.
pub fn of_kpis(kpis: &[&Kpi]) -> ResultExpr {
    let leaf = |k: &Kpi| Expr {
        kind: Kind::Leaf(ResultLeaf::Kpi(k.name.clone(), k.formula.clone())),
        ty: Type::Integer,
        unit: Unit::none(),
        span: nowhere(),
    };
    let sum = |a: ResultExpr, b: ResultExpr| Expr {
        kind: Kind::Arith(Arith::Add, Box::new(a), Box::new(b)),
        ty: Type::Integer,
        unit: Unit::none(),
        span: nowhere(),
    };
    kpis.iter().map(|k| leaf(k)).reduce(sum).unwrap()
}

pub fn model(kpis: Vec<Sample>) -> Model {
    Model { kpis: kpis.into_iter().map(|s| s.kpi).collect(), ..Model::default() }
}
