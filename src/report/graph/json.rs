//! A graph -> one JSON document, a line for each node and edge. Every key stands in every node and edge; what does
//! not apply is null.

use std::io::{self, Write};

use serde_json::{Value, json};

use crate::model::graph::{Edge, Graph, Node};

/// Writes `{"project", "nodes": [...], "edges": [...]}`.
pub fn write(graph: &Graph, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{{\n  \"project\": {},", json!(graph.project))?;
    list("nodes", ",", graph.nodes.iter().map(node), out)?;
    list("edges", "", graph.edges.iter().map(|e| edge(graph, e)), out)?;
    writeln!(out, "}}")
}

fn list(
    key: &str,
    end: &str,
    entries: impl ExactSizeIterator<Item = Value>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let empty = entries.len() == 0;
    write!(out, "  \"{key}\": [")?;
    for (at, entry) in entries.enumerate() {
        write!(out, "{}\n    {entry}", if at > 0 { "," } else { "" })?;
    }
    writeln!(out, "{}]{end}", if empty { "" } else { "\n  " })
}

fn node(node: &Node) -> Value {
    json!({
        "id": node.id(),
        "kind": node.kind.word(),
        "name": node.name,
        "label": node.label,
        "owner": node.owner,
        "weight": node.weight,
        "indicator": node.indicator,
        "scope": node.scope,
        "concept": node.concept,
    })
}

fn edge(graph: &Graph, edge: &Edge) -> Value {
    json!({
        "from": graph.nodes[edge.from].id(),
        "to": graph.nodes[edge.to].id(),
        "kind": edge.kind.word(),
        "sign": edge.falls.map(|falls| if falls { "-" } else { "+" }),
        "lag": edge.lag,
    })
}
