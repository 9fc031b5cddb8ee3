use super::*;
use crate::model::graph::Node;

fn node(kind: NodeKind, name: &str) -> Node {
    Node {
        kind,
        name: name.to_owned(),
        label: None,
        owner: None,
        weight: None,
        indicator: None,
        scope: None,
        concept: None,
    }
}

fn text(graph: &Graph, format: Format) -> String {
    let mut bytes = Vec::new();
    write(graph, format, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn formats_by_file() {
    assert_eq!(Format::of_path(Path::new("out/graph.MMD")), Some(Format::Mermaid));
    assert_eq!(Format::of_path(Path::new("graph.gv")), Some(Format::Dot));
    assert_eq!(Format::of_path(Path::new("graph.json")), Some(Format::Json));
    assert_eq!(Format::of_path(Path::new("graph.svg")), None);
}

#[test]
fn an_empty_graph_is_a_document_too() {
    let graph = Graph { project: "p".to_owned(), ..Graph::default() };
    assert_eq!(text(&graph, Format::Mermaid), "flowchart LR\n");
    assert_eq!(
        text(&graph, Format::Json),
        "{\n  \"project\": \"p\",\n  \"nodes\": [],\n  \"edges\": []\n}\n"
    );
    assert!(text(&graph, Format::Dot).starts_with("digraph \"p\" {"));
}

#[test]
fn ids_say_the_kind_and_hold_nothing_of_names() {
    let nodes = vec![
        node(NodeKind::Objective, "end"),
        node(NodeKind::Kpi, "subgraph"),
        node(NodeKind::Kpi, "a \"b\""),
        node(NodeKind::Area, "x"),
    ];
    let graph = Graph { nodes, ..Graph::default() };
    assert_eq!(ids(&graph), ["Objective1", "Kpi1", "Kpi2", "Area1"]);
}
