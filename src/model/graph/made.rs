//! Model -> its graph: nodes in the order of the files, edges by kind, equal ones once.

use std::collections::{HashMap, HashSet};

use super::{Edge, EdgeKind, Graph, Node, NodeKind, reads};
use crate::model::project::{Kpi, Model};

/// Texts by language -> the one to show.
pub type Label<'a> = &'a dyn Fn(&[(String, String)]) -> Option<String>;

impl Graph {
    /// The graph of a project. KPIs that are not shown elsewhere are not shown here.
    pub fn of(model: &Model, label: Label<'_>) -> Self {
        let mut graph = Self { project: model.name.clone(), ..Self::default() };
        let strategy = &model.strategy;
        let node = |kind, name: &str, texts: &[(String, String)], owner: &Option<String>| Node {
            kind,
            name: name.to_owned(),
            label: label(texts),
            owner: owner.clone(),
            weight: None,
            indicator: None,
            scope: None,
            concept: None,
        };
        let objectives = strategy
            .objectives
            .iter()
            .map(|o| Node { weight: o.weight, ..node(NodeKind::Objective, &o.name, &o.label, &o.owner) });
        let kpis = shown(model).map(|k| Node {
            indicator: k.links.indicator.clone(),
            scope: k.links.scope.clone(),
            concept: k.links.concept.clone(),
            ..node(NodeKind::Kpi, &k.name, &k.label, &k.links.owner)
        });
        let activities =
            strategy.activities.iter().map(|a| node(NodeKind::Activity, &a.name, &a.label, &a.owner));
        let areas = strategy.areas.iter().map(|a| node(NodeKind::Area, &a.name, &a.label, &a.owner));
        graph.nodes = objectives.chain(kpis).chain(activities).chain(areas).collect();
        graph.edges = edges(model, &graph.nodes);
        graph
    }
}

/// The KPIs of the project itself.
pub(super) fn shown(model: &Model) -> impl Iterator<Item = &Kpi> {
    model.kpis.iter().filter(|k| !k.hidden)
}

fn edges(model: &Model, nodes: &[Node]) -> Vec<Edge> {
    use NodeKind as N;
    let strategy = &model.strategy;
    let mut all = Edges {
        places: nodes.iter().enumerate().map(|(at, n)| ((n.kind, n.name.as_str()), at)).collect(),
        seen: HashSet::new(),
        found: Vec::new(),
    };
    let objectives = strategy.objectives.iter().map(|o| (N::Objective, &o.name, &o.parent));
    let activities = strategy.activities.iter().map(|a| (N::Activity, &a.name, &a.parent));
    let areas = strategy.areas.iter().map(|a| (N::Area, &a.name, &a.parent));
    for (kind, name, parent) in objectives.chain(activities).chain(areas) {
        all.add(EdgeKind::PartOf, (kind, name), (kind, parent.as_slice()));
    }
    for kpi in shown(model) {
        all.add(EdgeKind::Measures, (N::Kpi, &kpi.name), (N::Objective, &kpi.links.objectives));
    }
    for kpi in shown(model) {
        all.add(EdgeKind::Activity, (N::Kpi, &kpi.name), (N::Activity, &kpi.links.activities));
    }
    for kpi in shown(model) {
        all.add(EdgeKind::Area, (N::Kpi, &kpi.name), (N::Area, &kpi.links.areas));
    }
    for activity in &strategy.activities {
        all.add(EdgeKind::Area, (N::Activity, &activity.name), (N::Area, &activity.areas));
    }
    for kpi in shown(model) {
        all.add(EdgeKind::InfluencedBy, (N::Kpi, &kpi.name), (N::Area, &kpi.links.influenced_by));
    }
    for (from, to) in reads(model) {
        all.add(EdgeKind::Reads, (N::Kpi, from), (N::Kpi, &[to.to_owned()]));
    }
    for kpi in shown(model) {
        for drive in &kpi.links.drives {
            let (from, to) = ((N::Kpi, kpi.name.as_str()), (N::Kpi, drive.kpi.as_str()));
            all.push(EdgeKind::Drives, from, to, Some(drive.falls), drive.lag.clone());
        }
    }
    for kpi in shown(model) {
        all.add(EdgeKind::Guards, (N::Kpi, &kpi.name), (N::Kpi, &kpi.links.guards));
    }
    all.found
}

/// Edges being collected, equal ones once.
struct Edges<'a> {
    places: HashMap<(NodeKind, &'a str), usize>,
    seen: HashSet<Edge>,
    found: Vec<Edge>,
}

impl Edges<'_> {
    fn add(&mut self, kind: EdgeKind, from: (NodeKind, &str), (to, names): (NodeKind, &[String])) {
        for name in names {
            self.push(kind, from, (to, name), None, None);
        }
    }

    fn push(
        &mut self,
        kind: EdgeKind,
        from: (NodeKind, &str),
        to: (NodeKind, &str),
        falls: Option<bool>,
        lag: Option<String>,
    ) {
        // A name that nothing has was an error of its own.
        let (Some(from), Some(to)) = (self.places.get(&from), self.places.get(&to)) else { return };
        let edge = Edge { from: *from, to: *to, kind, falls, lag };
        if self.seen.insert(edge.clone()) {
            self.found.push(edge);
        }
    }
}
