//! A graph -> a flowchart of Mermaid: a subgraph and a class for each kind of node, thick arrows for `drives`, dotted
//! ones for `guards` and `influenced_by`.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::{heading, ids, label, of_kind, turned};
use crate::model::graph::{EdgeKind, Graph, NodeKind};

/// Writes it.
pub fn write(graph: &Graph, out: &mut dyn Write) -> io::Result<()> {
    let ids = ids(graph);
    writeln!(out, "flowchart LR")?;
    for kind in NodeKind::ALL {
        let places = of_kind(graph, kind);
        if places.is_empty() {
            continue;
        }
        writeln!(out, "  subgraph {0} [\"{0}\"]", heading(kind))?;
        for at in places {
            let (open, close) = shape(kind);
            writeln!(out, "    {}{open}\"{}\"{close}", ids[at], escaped(graph.nodes[at].title()))?;
        }
        writeln!(out, "  end")?;
    }
    for edge in &graph.edges {
        let (from, to) = if turned(edge) { (edge.to, edge.from) } else { (edge.from, edge.to) };
        let arrow = match edge.kind {
            EdgeKind::PartOf | EdgeKind::Measures => "---",
            EdgeKind::Activity | EdgeKind::Area | EdgeKind::Reads => "-->",
            EdgeKind::InfluencedBy | EdgeKind::Guards => "-.->",
            EdgeKind::Drives => "==>",
        };
        let text = label(edge).map_or_else(String::new, |text| format!("|\"{}\"|", escaped(&text)));
        writeln!(out, "  {} {arrow}{text} {}", ids[from], ids[to])?;
    }
    for kind in NodeKind::ALL {
        let places = of_kind(graph, kind);
        if !places.is_empty() {
            let ids: Vec<&str> = places.iter().map(|at| ids[*at].as_str()).collect();
            writeln!(out, "  classDef {} {}", kind.word(), style(kind))?;
            writeln!(out, "  class {} {}", ids.join(","), kind.word())?;
        }
    }
    Ok(())
}

/// The brackets around a node's label.
fn shape(kind: NodeKind) -> (&'static str, &'static str) {
    match kind {
        NodeKind::Objective => ("([", "])"),
        NodeKind::Kpi => ("[", "]"),
        NodeKind::Activity => ("{{", "}}"),
        NodeKind::Area => ("(", ")"),
    }
}

/// Its colours, which can be read on light and dark pages.
fn style(kind: NodeKind) -> &'static str {
    match kind {
        NodeKind::Objective => "fill:#fde68a,stroke:#b45309,color:#1f2937",
        NodeKind::Kpi => "fill:#bfdbfe,stroke:#1d4ed8,color:#1f2937",
        NodeKind::Activity => "fill:#bbf7d0,stroke:#15803d,color:#1f2937",
        NodeKind::Area => "fill:#e5e7eb,stroke:#4b5563,color:#1f2937",
    }
}

/// A text between quotation marks. What would end it, or be read as HTML, Markdown, a formula or a directive, is
/// written by number, as Mermaid wants it (`#34;`); all else stays as it is, so that the text can be read.
fn escaped(text: &str) -> String {
    let text: Vec<char> = text.trim().replace("\r\n", "\n").chars().collect();
    let first_word = text.iter().position(|c| c.is_whitespace()).unwrap_or(text.len());
    let bullet = first_word == 1 && matches!(text[0], '+' | '-')
        || first_word > 1
            && text[..first_word - 1].iter().all(char::is_ascii_digit)
            && matches!(text[first_word - 1], '.' | ')');
    let mut out = String::new();
    for (at, c) in text.iter().enumerate() {
        let doubled =
            matches!(c, '%' | '$' | '~') && (at > 0 && text[at - 1] == *c || text.get(at + 1) == Some(c));
        // Older versions refuse to show what looks like an item of a list.
        let of_bullet = bullet && at + 1 == first_word;
        match c {
            '\n' => out.push_str("<br/>"),
            '"' | '#' | '<' | '>' | '&' | '`' | '*' | '\\' => number(*c, &mut out),
            c if doubled || of_bullet => number(*c, &mut out),
            c if c.is_control() => out.push(' '),
            c => out.push(*c),
        }
    }
    out
}

fn number(c: char, out: &mut String) {
    let _ = write!(out, "#{};", u32::from(c));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_mermaid_would_misread() {
        let cases = [
            ("Customer churn (of a year), in %: [a|b]", "Customer churn (of a year), in %: [a|b]"),
            ("\"so\" <b>#1</b> & `x`", "#34;so#34; #60;b#62;#35;1#60;/b#62; #38; #96;x#96;"),
            ("two\nlines\r\nor\tthree", "two<br/>lines<br/>or three"),
            ("%%{init: x}%% $$x$$", "#37;#37;{init: x}#37;#37; #36;#36;x#36;#36;"),
            ("+ 1 quarter", "#43; 1 quarter"),
            ("+", "#43;"),
            ("−", "−"),
            ("12. twelve", "12#46; twelve"),
            ("1.5 times -2", "1.5 times -2"),
            ("日本語 churn_rate", "日本語 churn_rate"),
            (" ", ""),
        ];
        for (text, expected) in cases {
            assert_eq!(escaped(text), expected, "{text}");
        }
    }
}
