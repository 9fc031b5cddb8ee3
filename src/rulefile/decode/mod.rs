//! A file's tree + the field tables -> checked values. It goes on after each wrong field, so that one
//! run tells all of them; a field that was wrong is left out.

mod formula;
mod judge;
mod kpis;
mod project;
mod scalar;
mod sources;
mod strategy;
mod testing;
mod value;

pub use formula::is_literal;
pub use project::Sections;
pub use value::{Fields, Value};

use indexmap::IndexMap;

use super::node::{Entry, Node, NodeKind, Shape};
use super::raw::{Formula, LocalText, RawRange};
use super::tables::{Kind, Table};
use crate::diagnostic::{Diagnostic, Diagnostics, codes, near};
use crate::source::{FileId, Span, Spanned};

/// Decodes one file.
pub struct Decoder<'a> {
    /// The file.
    pub file: FileId,
    /// Its text.
    pub text: &'a str,
    /// Where problems go.
    pub diags: &'a mut Diagnostics,
}

/// The key that a value stands under.
#[derive(Clone, Copy)]
pub struct At<'a> {
    /// The key.
    pub key: &'a str,
    /// Where it stands.
    pub span: Span,
    /// Whether it stands inside `{ }` or `[ ]`, where commas end a value.
    pub flow: bool,
}

impl Decoder<'_> {
    /// A mapping with known keys.
    pub fn fields(&mut self, node: &Node, table: &'static Table, at: At<'_>) -> Option<Fields> {
        let mut fields = Fields::none(node.span);
        match &node.kind {
            NodeKind::Broken => return None,
            NodeKind::Mapping(entries, shape) => {
                let entries = self.whole(entries, *shape);
                for entry in entries.iter() {
                    self.field(entry, *shape, table, &mut fields);
                }
                let missing: Vec<&str> = table
                    .fields
                    .iter()
                    .filter(|f| f.required && !entries.iter().any(|e| e.key.node == f.name))
                    // One that is misspelled has been reported.
                    .filter(|f| !fields.wrong.contains(&f.name))
                    .map(|f| f.name)
                    .collect();
                self.missing(&missing, table, at);
            }
            _ if node.is_null() => {
                let missing: Vec<&str> = table.fields.iter().filter(|f| f.required).map(|f| f.name).collect();
                self.missing(&missing, table, at);
            }
            _ => return self.wrong(node, &Kind::Fields(table), at).map(|()| fields),
        }
        Some(fields)
    }

    fn field(&mut self, entry: &Entry, shape: Shape, table: &'static Table, fields: &mut Fields) {
        let key = entry.key.node.as_str();
        if is_free(key) {
            return;
        }
        let at = At { key, span: entry.key.span, flow: shape == Shape::Flow };
        if let Some(field) = table.fields.iter().find(|f| f.name == key) {
            if entry.value.is_null() && !entry.value.is_empty() && !matches!(field.kind, Kind::Scalar) {
                return;
            }
            match self.value(&entry.value, &field.kind, at) {
                Some(value) => {
                    fields.values.insert(field.name, (entry.key.span, value));
                }
                None => fields.wrong.push(field.name),
            }
        } else if let Some(rest) = &table.rest {
            if let Some(value) = self.value(&entry.value, &rest.kind, at) {
                fields.rest.push((entry.key.clone(), value));
            }
        } else {
            let names = table.fields.iter().map(|f| f.name);
            let mut unknown = Diagnostic::new(&codes::UNKNOWN_KEY, format!("unknown key `{key}`"))
                .at(entry.key.span, format!("not a key of `{}`", table.name));
            if let Some(near) = near::nearest(key, names.clone()) {
                unknown = unknown.fix(entry.key.span, near);
                fields.wrong.push(near);
            }
            if let Some(help) = near::did_you_mean(key, names) {
                unknown = unknown.help(help);
            }
            self.diags.push(unknown.note("`meta:` and keys that begin with `x-` are free"));
        }
    }

    fn missing(&mut self, missing: &[&str], table: &Table, at: At<'_>) {
        let Some(first) = missing.first() else { return };
        let names: Vec<String> = missing.iter().map(|m| format!("`{m}`")).collect();
        let example = table.fields.iter().find(|f| f.name == *first).map(|f| f.kind.example());
        self.diags.push(
            Diagnostic::new(&codes::MISSING_KEY, format!("`{}` has no {}", at.key, names.join(", no ")))
                .at(at.span, "required here")
                .help(format!("add `{first}: {}`", example.unwrap_or_default())),
        );
    }

    /// A value of a kind.
    pub fn value(&mut self, node: &Node, kind: &Kind, at: At<'_>) -> Option<Value> {
        match (&node.kind, kind) {
            (NodeKind::Broken, _) => None,
            (NodeKind::Scalar(scalar), Kind::Scalar) if !node.is_empty() => {
                Some(Value::Text(Spanned::new(scalar.text.clone(), node.span)))
            }
            (_, Kind::Fields(table)) => self.fields(node, table, at).map(Value::Fields),
            (_, Kind::Entries(of)) => self.entries(node, of, at),
            (_, Kind::Either { scalar, list, mapping }) => {
                let chosen = match &node.kind {
                    _ if node.is_null() => scalar.or(*mapping).or(*list),
                    NodeKind::Sequence(..) => *list,
                    NodeKind::Mapping(..) => *mapping,
                    _ => *scalar,
                };
                match chosen {
                    Some(kind) => self.value(node, kind, at),
                    None if kind.takes_formula() => self.not_a_formula(node, kind, at),
                    None => self.wrong(node, kind, at),
                }
            }
            (_, Kind::Formula) => self.formula(node, at).map(Value::Formula),
            (_, Kind::Literal) => self.literal(node, at).map(Value::Formula),
            (_, Kind::Local) => self.local(node, at),
            (_, Kind::Range) => self.range(node, at),
            (NodeKind::Sequence(items, shape), Kind::List(of) | Kind::OneOrList(of)) => {
                let at = At { flow: *shape == Shape::Flow || at.flow, ..at };
                let values = items.iter().filter_map(|i| self.value(i, of, at)).collect();
                Some(Value::List(Spanned::new(values, node.span)))
            }
            (_, Kind::List(_)) if node.is_null() => Some(Value::List(Spanned::new(vec![], node.span))),
            (_, Kind::OneOrList(of)) => {
                let value = self.value(node, of, at)?;
                let span = value.span();
                Some(Value::List(Spanned::new(vec![value], span)))
            }
            (NodeKind::Scalar(scalar), Kind::Csv) if !node.is_null() => {
                Some(Value::Rows(self.rows(scalar, node.span)))
            }
            (NodeKind::Scalar(scalar), _) => self.scalar(node, scalar, kind, at),
            _ => self.wrong(node, kind, at),
        }
    }

    fn entries(&mut self, node: &Node, of: &Kind, at: At<'_>) -> Option<Value> {
        let mut found = Vec::new();
        match &node.kind {
            NodeKind::Mapping(entries, shape) => {
                for entry in self.whole(entries, *shape).iter() {
                    if entry.key.node.starts_with("x-") {
                        continue;
                    }
                    let at = At { key: &entry.key.node, span: entry.key.span, flow: *shape == Shape::Flow };
                    if let Some(value) = self.value(&entry.value, of, at) {
                        found.push((entry.key.clone(), value));
                    }
                }
            }
            _ if node.is_null() => {}
            _ => return self.wrong_as(node, ("a mapping of names", "{name: ...}"), at),
        }
        Some(Value::Entries(Spanned::new(found, node.span)))
    }

    /// A text, or one per language.
    fn local(&mut self, node: &Node, at: At<'_>) -> Option<Value> {
        let mut texts = IndexMap::new();
        match &node.kind {
            NodeKind::Scalar(scalar) if !node.is_null() => {
                texts.insert(String::new(), Spanned::new(scalar.text.clone(), node.span));
            }
            NodeKind::Mapping(entries, shape) if !entries.is_empty() => {
                for entry in self.whole(entries, *shape).iter() {
                    match &entry.value.kind {
                        NodeKind::Scalar(s) if !entry.value.is_null() => {
                            texts.insert(
                                entry.key.node.clone(),
                                Spanned::new(s.text.clone(), entry.value.span),
                            );
                        }
                        NodeKind::Broken => {}
                        _ => {
                            let at = At { key: &entry.key.node, span: entry.key.span, flow: false };
                            self.wrong::<()>(&entry.value, &Kind::Text, at);
                        }
                    }
                }
            }
            _ => return self.wrong(node, &Kind::Local, at),
        }
        Some(Value::Local(LocalText { texts }, node.span))
    }

    /// `[low, high]`, of which `null` leaves a side open.
    fn range(&mut self, node: &Node, at: At<'_>) -> Option<Value> {
        let NodeKind::Sequence(items, shape) = &node.kind else { return self.wrong(node, &Kind::Range, at) };
        if items.len() != 2 {
            self.diags.push(
                Diagnostic::new(&codes::INVALID_VALUE, format!("`{}` must have two ends", at.key))
                    .at(node.span, format!("{} here", items.len()))
                    .help(format!("write `{}: [50, null]`; `null` leaves a side open", at.key)),
            );
            return None;
        }
        let at = At { flow: *shape == Shape::Flow, ..at };
        let mut side = |item: &Node| {
            // A side that was wrong has been reported, and is not an open one.
            let wrong = Formula { expr: None, span: item.span };
            (!item.is_null()).then(|| self.formula(item, at).unwrap_or(wrong))
        };
        let (low, high) = (side(&items[0]), side(&items[1]));
        Some(Value::Range(RawRange { low, high, span: node.span }))
    }

    /// E0105, or nothing where the value has been reported.
    pub fn wrong<T>(&mut self, node: &Node, kind: &Kind, at: At<'_>) -> Option<T> {
        self.wrong_as(node, (&kind.wanted(), &kind.example()), at)
    }

    fn wrong_as<T>(&mut self, node: &Node, (wanted, example): (&str, &str), at: At<'_>) -> Option<T> {
        if matches!(node.kind, NodeKind::Broken) {
            return None;
        }
        let found = node.describe();
        let (span, found) =
            if node.is_null() { (at.span, "nothing is written here") } else { (node.span, found) };
        self.diags.push(
            Diagnostic::new(&codes::WRONG_TYPE, format!("`{}` must be {wanted}", at.key))
                .at(span, found)
                .help(format!("for example `{}: {example}`", at.key)),
        );
        None
    }
}

/// Keys that are free in every mapping.
pub fn is_free(key: &str) -> bool {
    key == "meta" || key.starts_with("x-")
}
