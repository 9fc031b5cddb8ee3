//! The tree of a rule file: each scalar keeps its source text, style and span, each mapping the order and
//! place of its keys. Nothing is interpreted; knows no key by name.

use crate::source::{Span, Spanned};

/// A value in a rule file.
#[derive(Clone, Debug)]
pub struct Node {
    /// Where it stands; of an alias, where the anchor's value stands.
    pub span: Span,
    /// What it is.
    pub kind: NodeKind,
}

/// What a node is.
#[derive(Clone, Debug)]
pub enum NodeKind {
    /// A scalar of any style.
    Scalar(Scalar),
    /// A list.
    Sequence(Vec<Node>, Shape),
    /// A mapping.
    Mapping(Vec<Entry>, Shape),
    /// A value that has been reported already: decoders skip it.
    Broken,
}

/// How a list or mapping is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// By indentation.
    Block,
    /// In brackets.
    Flow,
}

/// A scalar.
#[derive(Clone, Debug)]
pub struct Scalar {
    /// Its text, escapes and folding done, never interpreted.
    pub text: String,
    /// How it is written.
    pub style: Style,
    /// A tag that is not of YAML's own (`!x`).
    pub tagged: bool,
}

/// The style of a scalar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Without quotes.
    Plain,
    /// In single or double quotes; the span includes them.
    Quoted,
    /// `|` or `>`; the span begins with the content.
    Block,
}

/// One key of a mapping with its value.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key.
    pub key: Spanned<String>,
    /// The value.
    pub value: Node,
}

impl Node {
    /// Whether nothing is written here (`key:`).
    pub fn is_empty(&self) -> bool {
        matches!(&self.kind, NodeKind::Scalar(s) if s.style == Style::Plain && s.text.is_empty())
    }

    /// Whether it is YAML's null, written or not.
    pub fn is_null(&self) -> bool {
        matches!(&self.kind, NodeKind::Scalar(s)
            if s.style == Style::Plain && matches!(s.text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }

    /// `a list`, for messages.
    pub fn describe(&self) -> &'static str {
        match &self.kind {
            _ if self.is_null() => "nothing",
            NodeKind::Scalar(_) => "a single value",
            NodeKind::Sequence(..) => "a list",
            NodeKind::Mapping(..) => "a mapping",
            NodeKind::Broken => "a value that YAML cuts",
        }
    }
}
