//! `sources:` -> raw sources.

use super::{Decoder, Fields, Value};
use crate::diagnostic::{Diagnostic, codes};
use crate::rulefile::raw::{RawColumn, RawCsv, RawKeep, RawRelation, RawSnapshot, RawSource, RawSpan};
use crate::source::Spanned;

/// One source.
pub fn source(decoder: &mut Decoder<'_>, name: Spanned<String>, value: Value) -> Option<RawSource> {
    let Value::Fields(mut fields) = value else { return None };
    // A path that was wrong has been reported: it counts as written.
    if !["path", "distinct"].iter().any(|k| fields.values.contains_key(k) || fields.wrong.contains(k)) {
        decoder.diags.push(
            Diagnostic::new(&codes::MISSING_KEY, format!("`{}` has no `path`", name.node))
                .at(name.span, "required here")
                .help("add `path: data/file.csv`, or `distinct: source.column` for a source without a file"),
        );
    }
    let columns = fields.entries("columns").into_iter();
    let columns = columns.filter_map(|(name, value)| Some((name.node.clone(), column(name, value)?)));
    let columns = columns.collect();
    let relations = fields.entries("relations").into_iter();
    let relations = relations
        .filter_map(|(name, value)| Some((name.node.clone(), relation(decoder, name, value)?)))
        .collect();
    Some(RawSource {
        path: fields.text("path"),
        format: fields.text("format"),
        csv: csv(fields.fields("csv")),
        partitions: fields.values.get("partitions").map(|(_, v)| v.span()).map(|span| {
            let types = fields.entries("partitions").into_iter();
            let types = types.filter_map(|(name, ty)| Some((name, ty.texts().into_iter().next()?)));
            Spanned::new(types.collect(), span)
        }),
        entity: fields.text("entity"),
        key: fields.texts("key"),
        label: fields.text("label"),
        description: fields.local("description"),
        time: fields.text("time"),
        span: fields.fields("span").map(|mut f| RawSpan {
            from: f.text("from"),
            to: f.text("to"),
            inclusive: f.boolean("inclusive"),
            span: f.span,
        }),
        snapshot: fields.fields("snapshot").map(|mut f| RawSnapshot {
            time: f.text("time"),
            per: f.text("per"),
            carry: f.text("carry"),
            span: f.span,
        }),
        keep: fields.fields("keep").map(|mut f| RawKeep {
            per: f.texts("per"),
            last: f.text("last"),
            span: f.span,
        }),
        distinct: fields.text("distinct"),
        data_from: fields.text("data_from"),
        fresh_until: fields.text("fresh_until"),
        on_bad_rows: fields.text("on_bad_rows"),
        columns,
        relations,
        name,
    })
}

fn csv(fields: Option<Fields>) -> RawCsv {
    let Some(mut fields) = fields else { return RawCsv::default() };
    RawCsv {
        delimiter: fields.text("delimiter"),
        decimal: fields.text("decimal"),
        thousands: fields.text("thousands"),
        date: fields.texts("date"),
        encoding: fields.text("encoding"),
        missing: fields.take("missing").map(Value::texts),
        header: fields.boolean("header"),
        quote: fields.text("quote"),
        span: Some(fields.span),
    }
}

fn column(name: Spanned<String>, value: Value) -> Option<RawColumn> {
    let Value::Fields(mut fields) = value else { return None };
    Some(RawColumn {
        name,
        from: fields.text("from"),
        ty: fields.text("type"),
        unit: fields.text("unit"),
        formula: fields.formula("formula"),
        valid: fields.formula("valid"),
        description: fields.local("description"),
    })
}

fn relation(decoder: &mut Decoder<'_>, name: Spanned<String>, value: Value) -> Option<RawRelation> {
    let Value::Fields(mut fields) = value else { return None };
    if !["key", "via"].iter().any(|k| fields.values.contains_key(k) || fields.wrong.contains(k)) {
        decoder.diags.push(
            Diagnostic::new(&codes::MISSING_KEY, format!("`{}` has neither `key` nor `via`", name.node))
                .at(name.span, "required here")
                .help("add `key: COLUMN`, the column here that holds the entity's key, or `via: SOURCE`"),
        );
    }
    Some(RawRelation {
        name,
        to: fields.text("to"),
        key: fields.texts("key"),
        via: fields.text("via"),
        at: fields.text("at"),
    })
}
