//! A project's graph -> text, one file per format. Drawn, parents and objectives stand before their parts and KPIs,
//! KPIs before activities and areas; nodes get ids of their own, so that no name of a user can break the syntax.

mod dot;
mod json;
mod mermaid;

use std::fmt;
use std::io::{self, Write};
use std::path::Path;

use crate::model::graph::{Edge, EdgeKind, Graph, NodeKind};

/// A form that a graph can take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// A flowchart of Mermaid, which Markdown pages show.
    Mermaid,
    /// For Graphviz.
    Dot,
    /// One JSON document.
    Json,
}

impl Format {
    /// All of them, in the order in which they are listed.
    pub const ALL: [Self; 3] = [Self::Mermaid, Self::Dot, Self::Json];

    /// Its name on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Mermaid => "mermaid",
            Self::Dot => "dot",
            Self::Json => "json",
        }
    }

    /// The format that a file's name asks for.
    pub fn of_path(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        Some(match extension.as_str() {
            "mmd" | "mermaid" => Self::Mermaid,
            "dot" | "gv" => Self::Dot,
            "json" => Self::Json,
            _ => return None,
        })
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// Writes a graph. An error is the writer's own.
pub fn write(graph: &Graph, format: Format, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Mermaid => mermaid::write(graph, out),
        Format::Dot => dot::write(graph, out),
        Format::Json => json::write(graph, out),
    }?;
    out.flush()
}

/// The heading over the nodes of a kind.
fn heading(kind: NodeKind) -> &'static str {
    match kind {
        NodeKind::Objective => "Objectives",
        NodeKind::Kpi => "KPIs",
        NodeKind::Activity => "Activities",
        NodeKind::Area => "Areas",
    }
}

/// An id for each node: `Kpi12`. It begins with a capital, since Mermaid takes an `o` or `x` behind a line for its end.
fn ids(graph: &Graph) -> Vec<String> {
    let mut counts = NodeKind::ALL.map(|kind| (kind, 0));
    let mut id = |kind: NodeKind| {
        let count = counts.iter_mut().find(|c| c.0 == kind).map_or(0, |c| {
            c.1 += 1;
            c.1
        });
        let word = match kind {
            NodeKind::Objective => "Objective",
            NodeKind::Kpi => "Kpi",
            NodeKind::Activity => "Activity",
            NodeKind::Area => "Area",
        };
        format!("{word}{count}")
    };
    graph.nodes.iter().map(|n| id(n.kind)).collect()
}

/// The places of the nodes of a kind.
fn of_kind(graph: &Graph, kind: NodeKind) -> Vec<usize> {
    (0..graph.nodes.len()).filter(|at| graph.nodes[*at].kind == kind).collect()
}

/// What stands at an edge; nothing where the kinds of its nodes say it all.
fn label(edge: &Edge) -> Option<String> {
    match edge.kind {
        EdgeKind::PartOf | EdgeKind::Measures | EdgeKind::Activity | EdgeKind::Area => None,
        EdgeKind::InfluencedBy => Some("influenced by".to_owned()),
        EdgeKind::Reads => Some("reads".to_owned()),
        EdgeKind::Guards => Some("guards".to_owned()),
        EdgeKind::Drives => {
            let sign = if edge.falls == Some(true) { "−" } else { "+" };
            Some(edge.lag.as_ref().map_or_else(|| sign.to_owned(), |lag| format!("{sign} {}", lag.trim())))
        }
    }
}

/// Whether an edge is drawn from its end to its start, without a tip: the whole stands before its parts, and an
/// objective before the KPIs that measure it.
fn turned(edge: &Edge) -> bool {
    matches!(edge.kind, EdgeKind::PartOf | EdgeKind::Measures)
}

#[cfg(test)]
mod tests;
