//! What the decoder makes of a node: values whose kind has been checked, taken out by key.

use indexmap::IndexMap;

use crate::rulefile::raw::{Formula, LocalText, Pairs, RawRange, RawRows};
use crate::source::{Span, Spanned};

/// A checked value.
#[derive(Clone, Debug)]
pub enum Value {
    /// Texts, words, dates, durations: as typed.
    Text(Spanned<String>),
    /// `true` or `false`.
    Boolean(Spanned<bool>),
    /// A whole number.
    Integer(Spanned<i64>),
    /// A text in several languages, and the whole field.
    Local(LocalText, Span),
    /// A formula or constant.
    Formula(Formula),
    /// A list.
    List(Spanned<Vec<Value>>),
    /// A mapping with known keys.
    Fields(Fields),
    /// Names with a value each.
    Entries(Spanned<Vec<(Spanned<String>, Value)>>),
    /// A range with its open sides.
    Range(RawRange),
    /// CSV.
    Rows(RawRows),
}

impl Value {
    /// Where it stands.
    pub fn span(&self) -> Span {
        match self {
            Value::Text(v) => v.span,
            Value::Boolean(v) => v.span,
            Value::Integer(v) => v.span,
            Value::Formula(v) => v.span,
            Value::List(v) => v.span,
            Value::Fields(v) => v.span,
            Value::Entries(v) => v.span,
            Value::Local(_, span) => *span,
            Value::Range(v) => v.span,
            Value::Rows(v) => v.text.span,
        }
    }

    /// One text, or the texts of a list.
    pub fn texts(self) -> Vec<Spanned<String>> {
        match self {
            Value::Text(text) => vec![text],
            Value::List(list) => list.node.into_iter().flat_map(Value::texts).collect(),
            _ => vec![],
        }
    }
}

/// A mapping with known keys, of which each is taken once.
#[derive(Clone, Debug)]
pub struct Fields {
    /// The whole mapping.
    pub span: Span,
    /// The values that were right, with their keys.
    pub values: IndexMap<&'static str, (Span, Value)>,
    /// Keys whose values were wrong, or that are misspelled, which has been reported.
    pub wrong: Vec<&'static str>,
    /// Keys that stand for names, where the table allows them.
    pub rest: Vec<(Spanned<String>, Value)>,
}

impl Fields {
    /// None at a place.
    pub fn none(span: Span) -> Self {
        Self { span, values: IndexMap::new(), wrong: vec![], rest: vec![] }
    }

    /// The value of a key, if it was there and right.
    pub fn take(&mut self, key: &str) -> Option<Value> {
        self.values.shift_remove(key).map(|(_, value)| value)
    }

    /// A text, word, date or duration.
    pub fn text(&mut self, key: &str) -> Option<Spanned<String>> {
        match self.take(key) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// A text or a list of them.
    pub fn texts(&mut self, key: &str) -> Vec<Spanned<String>> {
        self.take(key).map(Value::texts).unwrap_or_default()
    }

    /// The items of a list, or the one value.
    pub fn items(&mut self, key: &str) -> Vec<Value> {
        match self.take(key) {
            Some(Value::List(list)) => list.node,
            value => value.into_iter().collect(),
        }
    }

    /// `true` or `false`.
    pub fn boolean(&mut self, key: &str) -> Option<Spanned<bool>> {
        match self.take(key) {
            Some(Value::Boolean(value)) => Some(value),
            _ => None,
        }
    }

    /// A whole number.
    pub fn integer(&mut self, key: &str) -> Option<Spanned<i64>> {
        match self.take(key) {
            Some(Value::Integer(value)) => Some(value),
            _ => None,
        }
    }

    /// A text in several languages.
    pub fn local(&mut self, key: &str) -> Option<LocalText> {
        match self.take(key) {
            Some(Value::Local(value, _)) => Some(value),
            _ => None,
        }
    }

    /// A formula.
    pub fn formula(&mut self, key: &str) -> Option<Formula> {
        match self.take(key) {
            Some(Value::Formula(value)) => Some(value),
            _ => None,
        }
    }

    /// A mapping with known keys.
    pub fn fields(&mut self, key: &str) -> Option<Fields> {
        match self.take(key) {
            Some(Value::Fields(value)) => Some(value),
            _ => None,
        }
    }

    /// Names with a value each.
    pub fn entries(&mut self, key: &str) -> Vec<(Spanned<String>, Value)> {
        match self.take(key) {
            Some(Value::Entries(entries)) => entries.node,
            _ => vec![],
        }
    }

    /// Names with a text each.
    pub fn named_texts(&mut self, key: &str) -> Pairs {
        let entries = self.entries(key).into_iter();
        entries.filter_map(|(name, value)| Some((name, value.texts().into_iter().next()?))).collect()
    }
}
