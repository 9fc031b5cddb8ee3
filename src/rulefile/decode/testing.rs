//! `tests:` -> raw tests: CSV with the places of its lines, expected results as typed.

use super::{Decoder, Fields, Value};
use crate::rulefile::node::{Scalar, Style};
use crate::rulefile::raw::{Pairs, RawExpect, RawGiven, RawRows, RawTest};
use crate::source::{Span, Spanned};

impl Decoder<'_> {
    /// CSV in a rule file. The lines of a literal block are lines of the file without their indentation.
    pub fn rows(&self, scalar: &Scalar, span: Span) -> RawRows {
        let raw = self.text.get(span.start as usize..span.end as usize).unwrap_or("");
        let mut lines = Vec::new();
        let mut at = span.start as usize;
        let mut written = raw.split_inclusive('\n');
        for line in scalar.text.split('\n') {
            let whole = written.next().unwrap_or("");
            // The span of the text may end before the spaces of its last line.
            let (bare, line) = (whole.trim_end(), line.trim_end());
            if scalar.style != Style::Block || !bare.ends_with(line) {
                lines.clear();
                break;
            }
            lines.push(at + bare.len() - line.len());
            at += whole.len();
        }
        RawRows { text: Spanned::new(scalar.text.clone(), span), lines }
    }
}

/// One test.
pub fn test(name: Spanned<String>, mut fields: Fields) -> RawTest {
    let given = fields.entries("given").into_iter();
    let params = fields.entries("params").into_iter();
    RawTest {
        name,
        description: fields.text("description"),
        given: given.filter_map(|(source, value)| Some((source, rows_of(value)?))).collect(),
        params: params
            .filter_map(|(name, value)| match value {
                Value::Formula(value) => Some((name, value)),
                _ => None,
            })
            .collect(),
        as_of: fields.text("as_of"),
        expect: fields.items("expect").into_iter().filter_map(expect).collect(),
        span: fields.span,
    }
}

fn rows_of(value: Value) -> Option<RawGiven> {
    match value {
        Value::Rows(rows) => Some(RawGiven::Rows(rows)),
        Value::Fields(mut fields) => fields.text("file").map(RawGiven::File),
        _ => None,
    }
}

fn expect(value: Value) -> Option<RawExpect> {
    let Value::Fields(fields) = value else { return None };
    let mut found = RawExpect { fields: vec![], at: Pairs::new(), span: fields.span };
    for (key, (_, value)) in fields.values {
        match value {
            Value::Text(text) => found.fields.push((key, text)),
            Value::Integer(number) => found.fields.push((key, number.map(|n| n.to_string()))),
            Value::Boolean(truth) => found.fields.push((key, truth.map(|b| b.to_string()))),
            Value::Entries(members) => {
                let members = members.node.into_iter();
                found.at = members
                    .filter_map(|(name, value)| Some((name, value.texts().into_iter().next()?)))
                    .collect();
            }
            _ => {}
        }
    }
    Some(found)
}
