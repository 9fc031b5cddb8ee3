//! A graph -> the language of Graphviz: a cluster for each kind of node, thick arrows for `drives`, dotted ones for
//! `guards`, dashed ones for `influenced_by`.

use std::io::{self, Write};

use super::{heading, ids, label, of_kind, turned};
use crate::model::graph::{EdgeKind, Graph, NodeKind};

/// Writes it.
pub fn write(graph: &Graph, out: &mut dyn Write) -> io::Result<()> {
    let ids = ids(graph);
    writeln!(out, "digraph {} {{", quoted(&graph.project))?;
    writeln!(out, "  rankdir=LR fontname=\"sans-serif\"")?;
    writeln!(out, "  node [fontname=\"sans-serif\" style=filled]")?;
    writeln!(out, "  edge [fontname=\"sans-serif\" fontsize=10]")?;
    for kind in NodeKind::ALL {
        let places = of_kind(graph, kind);
        if places.is_empty() {
            continue;
        }
        writeln!(out, "  subgraph cluster_{} {{", kind.word())?;
        writeln!(out, "    label={}", text(heading(kind)))?;
        writeln!(out, "    node [{}]", style(kind))?;
        for at in places {
            writeln!(out, "    {} [label={}]", ids[at], text(graph.nodes[at].title()))?;
        }
        writeln!(out, "  }}")?;
    }
    for edge in &graph.edges {
        let (from, to) = if turned(edge) { (edge.to, edge.from) } else { (edge.from, edge.to) };
        let mut attributes: Vec<String> =
            label(edge).iter().map(|label| format!("label={}", text(label))).collect();
        let look = match edge.kind {
            EdgeKind::PartOf | EdgeKind::Measures => Some("dir=none"),
            EdgeKind::Activity | EdgeKind::Area | EdgeKind::Reads => None,
            EdgeKind::InfluencedBy => Some("style=dashed"),
            EdgeKind::Guards => Some("style=dotted"),
            EdgeKind::Drives => Some("penwidth=2.5"),
        };
        attributes.extend(look.map(str::to_owned));
        let attributes =
            if attributes.is_empty() { String::new() } else { format!(" [{}]", attributes.join(" ")) };
        writeln!(out, "  {} -> {}{attributes}", ids[from], ids[to])?;
    }
    writeln!(out, "}}")
}

fn style(kind: NodeKind) -> &'static str {
    match kind {
        NodeKind::Objective => "shape=ellipse fillcolor=\"#fde68a\"",
        NodeKind::Kpi => "shape=box fillcolor=\"#bfdbfe\"",
        NodeKind::Activity => "shape=hexagon fillcolor=\"#bbf7d0\"",
        NodeKind::Area => "shape=box style=\"filled,rounded\" fillcolor=\"#e5e7eb\"",
    }
}

/// A label. Graphviz reads HTML's entities and escapes of its own (`\N`) in it.
fn text(text: &str) -> String {
    let text = text.trim().replace("\r\n", "\n").replace('&', "&amp;").replace('\\', "\\\\");
    quoted(&text.replace('\n', "\\n"))
}

/// A name between quotation marks, in which only these are escaped.
fn quoted(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    // A single backslash at the end would take the quotation mark with it.
    let odd = plain.chars().rev().take_while(|c| *c == '\\').count() % 2 == 1;
    format!("\"{}{}\"", plain.replace('"', "\\\""), if odd { "\\" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_graphviz_would_misread() {
        let cases = [
            ("say \"so\"", r#""say \"so\"""#),
            ("A&lt;B", r#""A&amp;lt;B""#),
            (r"\N of \", r#""\\N of \\""#),
            ("two\r\nlines\tor", r#""two\nlines or""#),
            ("<b> [x] {y}", r#""<b> [x] {y}""#),
        ];
        for (label, expected) in cases {
            assert_eq!(text(label), expected, "{label}");
        }
        assert_eq!(quoted(r"a\"), r#""a\\""#);
    }
}
