//! YAML events -> one tree of nodes: aliases and `<<` are resolved, a key written twice is reported with
//! both places. Depth, node and alias budgets stand here, so that nothing after this needs its own.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use serde_yaml::granit_parser::{
    ErrorKind, Event, Options, Parser, ScalarStyle, Span as YamlSpan, StructureStyle,
};

use super::broken::{self, Failure};
use super::node::{Entry, Node, NodeKind, Scalar, Shape, Style};
use crate::diagnostic::{Diagnostic, Diagnostics, codes};
use crate::source::{FileId, Span, Spanned};

/// Collections inside each other; the language itself needs eight.
const MAX_DEPTH: usize = 48;
/// Nodes of one file, aliases counted each time: a project of 1,000 KPIs has about 25,000.
const MAX_NODES: usize = 200_000;

/// A collection whose end has not been read.
struct Open {
    node: Node,
    anchor: usize,
    depth: usize,
    nodes: usize,
    key: Option<Spanned<String>>,
    /// A key that is no text: its value is read and dropped.
    odd_key: bool,
    seen: HashMap<String, Span>,
    merged: Vec<Node>,
}

/// A finished node with what the budgets need.
#[derive(Clone)]
struct Done {
    node: Node,
    depth: usize,
    nodes: usize,
}

/// Builds the tree of one text.
pub struct Builder<'a> {
    file: FileId,
    text: &'a str,
    masked: HashSet<usize>,
    diags: &'a mut Diagnostics,
    stack: Vec<Open>,
    anchors: HashMap<usize, Done>,
    total: usize,
    root: Option<Node>,
}

impl<'a> Builder<'a> {
    /// For a text in which the bytes that `masked` ranges begin with stand for cut formulas.
    pub fn new(file: FileId, text: &'a str, masked: &[Range<usize>], diags: &'a mut Diagnostics) -> Self {
        let masked = masked.iter().map(|r| r.start).collect();
        Self { file, text, masked, diags, stack: vec![], anchors: HashMap::new(), total: 0, root: None }
    }

    /// The tree.
    pub fn run(mut self) -> Result<Node, Failure> {
        let mut options = Options::default();
        options.set_emit_comments(false);
        options.flow_nesting_limit = MAX_DEPTH;
        options.block_nesting_limit = MAX_DEPTH;
        let mut documents = 0;
        for event in Parser::new_from_str_with_options(self.text, options) {
            let (event, span) = event.map_err(|e| Failure::Yaml {
                kind: e.kind().clone(),
                info: e.info(),
                at: e.marker().byte_offset().unwrap_or_else(|| byte_of(self.text, e.marker().index())),
            })?;
            match event {
                Event::DocumentStart(..) => {
                    documents += 1;
                    if documents > 1 {
                        return Err(Failure::SecondDocument(self.range(&span).start));
                    }
                }
                Event::Scalar(text, style, anchor, tag) => {
                    let tagged = tag.as_ref().is_some_and(|t| !t.is_yaml_core_schema());
                    let node = self.scalar(&text, style, tagged, &span);
                    self.finish(Done { node, depth: 0, nodes: 1 }, anchor, true)?;
                }
                Event::SequenceStart(style, anchor, _) => {
                    self.open(NodeKind::Sequence(vec![], shape(style)), anchor, &span)?;
                }
                Event::MappingStart(style, anchor, _) => {
                    self.open(NodeKind::Mapping(vec![], shape(style)), anchor, &span)?;
                }
                Event::SequenceEnd | Event::MappingEnd => self.close(&span)?,
                Event::Alias(id) => {
                    let at = self.range(&span);
                    let done = self.anchors.get(&id).cloned().ok_or_else(|| Failure::Yaml {
                        kind: ErrorKind::UnknownAnchor,
                        info: String::new(),
                        at: at.start,
                    })?;
                    if self.stack.len() + done.depth > MAX_DEPTH {
                        return Err(Failure::TooDeep(at));
                    }
                    self.count(done.nodes, &at)?;
                    self.finish(done, 0, false)?;
                }
                _ => {}
            }
        }
        let empty = Span::new(self.file, 0, 0);
        Ok(self.root.unwrap_or(Node { span: empty, kind: NodeKind::Mapping(vec![], Shape::Block) }))
    }

    fn range(&self, span: &YamlSpan) -> Range<usize> {
        span.byte_range()
            .unwrap_or_else(|| byte_of(self.text, span.start.index())..byte_of(self.text, span.end.index()))
    }

    fn count(&mut self, nodes: usize, at: &Range<usize>) -> Result<(), Failure> {
        self.total = self.total.saturating_add(nodes);
        if self.total > MAX_NODES { Err(Failure::TooManyNodes(at.clone(), MAX_NODES)) } else { Ok(()) }
    }

    fn scalar(&self, text: &str, style: ScalarStyle, tagged: bool, span: &YamlSpan) -> Node {
        let mut range = self.range(span);
        let style = match style {
            ScalarStyle::Plain => Style::Plain,
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => Style::Quoted,
            _ => Style::Block,
        };
        if style == Style::Block {
            range.end = block_end(self.text, &range);
        }
        // The parser gives `~` for a value that is not written.
        let text = if range.is_empty() && style == Style::Plain { "" } else { text };
        let span = Span::new(self.file, range.start, range.end);
        if self.masked.contains(&range.start) {
            return Node { span, kind: NodeKind::Broken };
        }
        Node { span, kind: NodeKind::Scalar(Scalar { text: text.to_owned(), style, tagged }) }
    }

    fn open(&mut self, kind: NodeKind, anchor: usize, span: &YamlSpan) -> Result<(), Failure> {
        let at = self.range(span);
        if self.stack.len() >= MAX_DEPTH {
            return Err(Failure::TooDeep(at));
        }
        self.count(1, &at)?;
        let node = Node { span: Span::new(self.file, at.start, at.end), kind };
        let (seen, merged) = (HashMap::new(), vec![]);
        self.stack.push(Open { node, anchor, depth: 0, nodes: 1, key: None, odd_key: false, seen, merged });
        Ok(())
    }

    fn close(&mut self, span: &YamlSpan) -> Result<(), Failure> {
        let Some(mut open) = self.stack.pop() else { return Ok(()) };
        let end = self.range(span).end;
        let shape = match &open.node.kind {
            NodeKind::Sequence(_, shape) | NodeKind::Mapping(_, shape) => *shape,
            _ => Shape::Block,
        };
        if shape == Shape::Flow {
            open.node.span = Span::new(self.file, open.node.span.start as usize, end);
        }
        for merged in std::mem::take(&mut open.merged) {
            merge(&mut open, merged);
        }
        let done = Done { node: open.node, depth: open.depth + 1, nodes: open.nodes };
        self.finish(done, open.anchor, false)
    }

    /// Hands a finished node to the collection around it.
    fn finish(&mut self, done: Done, anchor: usize, counts: bool) -> Result<(), Failure> {
        let at = done.node.span.start as usize..done.node.span.end as usize;
        if counts {
            self.count(1, &at)?;
        }
        if anchor != 0 {
            // The copy costs as much as an alias does.
            self.count(done.nodes, &at)?;
            self.anchors.insert(anchor, done.clone());
        }
        let Some(open) = self.stack.last_mut() else {
            self.root = Some(done.node);
            return Ok(());
        };
        open.depth = open.depth.max(done.depth);
        open.nodes += done.nodes;
        let node = done.node;
        match &mut open.node.kind {
            NodeKind::Sequence(items, shape) => {
                if *shape == Shape::Block {
                    open.node.span = open.node.span.to(node.span);
                }
                items.push(node);
            }
            NodeKind::Mapping(entries, shape) => {
                if *shape == Shape::Block {
                    open.node.span = open.node.span.to(node.span);
                }
                if std::mem::take(&mut open.odd_key) {
                    return Ok(());
                }
                match open.key.take() {
                    None => match node.kind {
                        NodeKind::Scalar(s) => open.key = Some(Spanned::new(s.text, node.span)),
                        NodeKind::Broken => open.odd_key = true,
                        _ => {
                            open.odd_key = true;
                            self.diags.push(
                                Diagnostic::new(&codes::WRONG_TYPE, "a key must be a text")
                                    .at(node.span, format!("{} as a key", node.describe()))
                                    .help("text with braces or brackets needs quotes: `'{name}': value`"),
                            );
                        }
                    },
                    Some(key) if key.node == "<<" => open.merged.push(node),
                    Some(key) => {
                        if let Some(first) = open.seen.get(&key.node) {
                            self.diags.push(broken::twice(&key, *first));
                        } else {
                            open.seen.insert(key.node.clone(), key.span);
                            entries.push(Entry { key, value: node });
                        }
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// `<<: *base`: what the mapping does not say itself.
fn merge(open: &mut Open, from: Node) {
    match from.kind {
        NodeKind::Sequence(items, _) => items.into_iter().for_each(|i| merge(open, i)),
        NodeKind::Mapping(from, _) => {
            if let NodeKind::Mapping(entries, _) = &mut open.node.kind {
                for entry in from {
                    if open.seen.insert(entry.key.node.clone(), entry.key.span).is_none() {
                        entries.push(entry);
                    }
                }
            }
        }
        _ => {}
    }
}

fn shape(style: StructureStyle) -> Shape {
    if matches!(style, StructureStyle::Flow) { Shape::Flow } else { Shape::Block }
}

fn byte_of(text: &str, character: usize) -> usize {
    text.char_indices().nth(character).map_or(text.len(), |(i, _)| i)
}

/// The parser's span of a block scalar runs to the next token, over comments: it ends with the last
/// line that is indented as its first.
fn block_end(text: &str, range: &Range<usize>) -> usize {
    let Some(body) = text.get(range.clone()) else { return range.end };
    let line_start = text[..range.start].rfind('\n').map_or(0, |i| i + 1);
    let indent = range.start - line_start;
    let mut end = range.start;
    let mut at = range.start;
    for (i, line) in body.split_inclusive('\n').enumerate() {
        let spaces = line.len() - line.trim_start_matches(' ').len();
        let content = line.trim_end();
        if i > 0 && !content.is_empty() && spaces < indent {
            break;
        }
        if !content.is_empty() {
            end = at + content.len();
        }
        at += line.len();
    }
    end
}
