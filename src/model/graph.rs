//! The graph of a project: objectives, KPIs, activities and areas, and what ties them together, as the rule files
//! say it. Pure data, made of the model alone; knows nothing of values, and nothing of how it is drawn.

mod influences;
mod made;
mod reads;
#[cfg(test)]
mod samples;

pub use influences::{Influence, influences};
pub use reads::reads;

/// Nodes and edges, in the order of the files.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Graph {
    /// The project's name.
    pub project: String,
    /// Objectives, KPIs, activities, areas.
    pub nodes: Vec<Node>,
    /// By kind, then as the nodes that they leave.
    pub edges: Vec<Edge>,
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NodeKind {
    /// What is wanted.
    Objective,
    /// How it is measured.
    Kpi,
    /// What is done for it.
    Activity,
    /// Who does it.
    Area,
}

impl NodeKind {
    /// All of them, in the order of nodes.
    pub const ALL: [Self; 4] = [Self::Objective, Self::Kpi, Self::Activity, Self::Area];

    /// Its word in files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Objective => "objective",
            Self::Kpi => "kpi",
            Self::Activity => "activity",
            Self::Area => "area",
        }
    }
}

/// An objective, KPI, activity or area.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Which of them.
    pub kind: NodeKind,
    /// Its name, which no other of its kind has.
    pub name: String,
    /// Its label, in the language asked for.
    pub label: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Of an objective: its part of the whole, 1 for all of it.
    pub weight: Option<f64>,
    /// Of a KPI: `leading` or `lagging`.
    pub indicator: Option<String>,
    /// Of a KPI: `generic` or `specific`.
    pub scope: Option<String>,
    /// Of a KPI: what it measures, where others measure the same.
    pub concept: Option<String>,
}

impl Node {
    /// Its name among all nodes: `kpi:churn_rate`.
    pub fn id(&self) -> String {
        format!("{}:{}", self.kind.word(), self.name)
    }

    /// What people call it.
    pub fn title(&self) -> &str {
        self.label.as_deref().unwrap_or(&self.name)
    }
}

/// What an edge says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EdgeKind {
    /// An objective, activity or area is part of another.
    PartOf,
    /// A KPI measures an objective.
    Measures,
    /// A KPI measures an activity.
    Activity,
    /// An area answers for a KPI, or does an activity: from these to the area.
    Area,
    /// A KPI can be moved by an area.
    InfluencedBy,
    /// A KPI's formula, target or baseline reads another KPI.
    Reads,
    /// A KPI is claimed to move another.
    Drives,
    /// A KPI has to hold while another rises.
    Guards,
}

impl EdgeKind {
    /// Its word in files.
    pub fn word(self) -> &'static str {
        match self {
            Self::PartOf => "part_of",
            Self::Measures => "measures",
            Self::Activity => "activity",
            Self::Area => "area",
            Self::InfluencedBy => "influenced_by",
            Self::Reads => "reads",
            Self::Drives => "drives",
            Self::Guards => "guards",
        }
    }
}

/// What ties one node to another.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Edge {
    /// The place of the node that it leaves.
    pub from: usize,
    /// The place of the node that it reaches.
    pub to: usize,
    /// What it says.
    pub kind: EdgeKind,
    /// Of `drives`: whether the other falls where this one rises.
    pub falls: Option<bool>,
    /// Of `drives`: after how long, as written.
    pub lag: Option<String>,
}

impl Graph {
    /// Only these KPIs, what is tied to one of them, and every edge between what is left.
    #[must_use]
    pub fn around(&self, kpis: &[String]) -> Self {
        let named = |at: usize| {
            let node = &self.nodes[at];
            node.kind == NodeKind::Kpi && kpis.contains(&node.name)
        };
        let mut kept: Vec<bool> = (0..self.nodes.len()).map(named).collect();
        for edge in self.edges.iter().filter(|e| named(e.from) || named(e.to)) {
            kept[edge.from] = true;
            kept[edge.to] = true;
        }
        let mut places = vec![0; kept.len()];
        let mut graph = Self { project: self.project.clone(), ..Self::default() };
        for (at, node) in self.nodes.iter().enumerate().filter(|(at, _)| kept[*at]) {
            places[at] = graph.nodes.len();
            graph.nodes.push(node.clone());
        }
        let inside = self.edges.iter().filter(|e| kept[e.from] && kept[e.to]);
        graph.edges = inside.map(|e| Edge { from: places[e.from], to: places[e.to], ..e.clone() }).collect();
        graph
    }
}

#[cfg(test)]
mod tests {
    use super::samples::{drive, kpi, model};
    use super::*;

    #[test]
    fn around_a_kpi_stands_what_is_tied_to_it() {
        let model = model(vec![
            kpi("a").drives(&[drive("b", false)]),
            kpi("b"),
            kpi("c").guards(&["a"]).drives(&[drive("b", true)]),
            kpi("d").guards(&["c"]),
        ]);
        let graph = Graph::of(&model, &|_| None).around(&["a".to_owned()]);
        let names: Vec<&str> = graph.nodes.iter().map(|n| n.name.as_str()).collect();
        assert_eq!(names, ["a", "b", "c"]);
        let edges: Vec<_> = graph.edges.iter().map(|e| (e.kind.word(), e.from, e.to)).collect();
        // b and c are both shown, so what ties them is too.
        assert_eq!(edges, [("drives", 0, 1), ("drives", 2, 1), ("guards", 2, 0)]);
        assert_eq!(Graph::of(&model, &|_| None).around(&[]).nodes, []);
    }
}
