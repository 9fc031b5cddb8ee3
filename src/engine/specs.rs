//! Raw sources -> what the readers need to open them.

use std::collections::BTreeSet;
use std::path::Path;

use super::io::{CsvOptions, DeclaredColumn, Format, SourceSpec};
use crate::diagnostic::{Diagnostic, Diagnostics, codes};
use crate::model::types::Type;
use crate::rulefile::raw::{RawColumn, RawCsv, RawProject, RawSource};
use crate::source::Spanned;
use crate::syntax::ast::{ExprKind, MomentKind};
use crate::syntax::walk;

/// The specs of all sources that have files.
pub fn specs(raw: &RawProject, timezone: chrono_tz::Tz, diagnostics: &mut Diagnostics) -> Vec<SourceSpec> {
    let counted = counted_on(raw);
    let specs = raw.sources.values().filter_map(|s| {
        let mut spec = spec(s, &raw.root, timezone, diagnostics)?;
        spec.times.extend(counted.iter().cloned());
        Some(spec)
    });
    specs.collect()
}

/// The columns that rows are counted on in some formula.
fn counted_on(raw: &RawProject) -> BTreeSet<String> {
    let kpis = raw.kpis.values().filter_map(|k| k.formula.as_ref());
    let functions = raw.functions.values().filter_map(|f| f.formula.as_ref());
    let mut found = BTreeSet::new();
    for expr in kpis.chain(functions).filter_map(|f| f.expr.as_ref()) {
        walk::walk(expr, &mut |e| {
            let ExprKind::Call(call) = &e.kind else { return };
            for moment in call.args.iter().filter_map(|a| a.moment.as_ref()) {
                if let MomentKind::On(path) = &moment.kind {
                    found.extend(path.parts.last().map(|p| p.node.clone()));
                }
            }
        });
    }
    found
}

/// The columns that a source itself names as times.
fn times(raw: &RawSource) -> Vec<String> {
    let span = raw.span.iter().flat_map(|s| [&s.from, &s.to]);
    let snapshot = raw.snapshot.iter().map(|s| &s.time);
    let named = [&raw.time].into_iter().chain(span).chain(snapshot).flatten();
    named.map(|name| name.node.clone()).collect()
}

fn spec(
    raw: &RawSource,
    base: &Path,
    timezone: chrono_tz::Tz,
    diagnostics: &mut Diagnostics,
) -> Option<SourceSpec> {
    let path = raw.path.clone()?;
    let format = match &raw.format {
        None => None,
        Some(written) => match Format::parse(&written.node) {
            Some(format) => Some(Spanned::new(format, written.span)),
            None => {
                diagnostics.push(
                    Diagnostic::new(&codes::UNKNOWN_FORMAT, format!("no format is named `{}`", written.node))
                        .at(written.span, "unknown format")
                        .help("`parquet`, `csv`, `ndjson` or `arrow`"),
                );
                return None;
            }
        },
    };
    let columns =
        raw.columns.values().filter(|c| c.formula.is_none()).map(|c| declared(c, diagnostics)).collect();
    let partitions = raw.partitions.as_ref().map(|p| {
        p.node
            .iter()
            .filter_map(|(name, ty)| type_of(ty, diagnostics).map(|t| (name.node.clone(), t)))
            .collect()
    });
    Some(SourceSpec {
        name: raw.name.node.clone(),
        path,
        base: base.to_path_buf(),
        format,
        csv: csv(&raw.csv),
        csv_span: raw.csv.span,
        partitions,
        columns,
        timezone,
        times: times(raw),
    })
}

fn declared(raw: &RawColumn, diagnostics: &mut Diagnostics) -> DeclaredColumn {
    let ty = raw.ty.as_ref().and_then(|t| type_of(t, diagnostics).map(|ty| Spanned::new(ty, t.span)));
    // `decimal(18,2)`: the digits in all.
    let precision = raw.ty.as_ref().and_then(|t| {
        let inner = t.node.trim().strip_prefix("decimal(")?;
        inner.split([',', ')']).next()?.trim().parse().ok()
    });
    DeclaredColumn { name: raw.name.node.clone(), from: raw.from.clone(), ty, span: raw.name.span, precision }
}

fn type_of(written: &Spanned<String>, diagnostics: &mut Diagnostics) -> Option<Type> {
    let ty = Type::parse(&written.node);
    if ty.is_none() {
        let mut diagnostic =
            Diagnostic::new(&codes::INVALID_VALUE, format!("no type is named `{}`", written.node))
                .at(written.span, "unknown type");
        let names = ["integer", "decimal(18,2)", "float", "text", "boolean", "date", "timestamp"];
        diagnostic.help = crate::diagnostic::near::did_you_mean(&written.node, names);
        diagnostics.push(diagnostic);
    }
    ty
}

fn csv(raw: &RawCsv) -> CsvOptions {
    let first = |text: &Option<Spanned<String>>| text.as_ref().and_then(|t| t.node.chars().next());
    let byte = |text: &Option<Spanned<String>>| first(text).and_then(|c| u8::try_from(c).ok());
    let mut options = CsvOptions::default();
    options.delimiter = byte(&raw.delimiter).unwrap_or(options.delimiter);
    options.quote = byte(&raw.quote).unwrap_or(options.quote);
    options.decimal = first(&raw.decimal).unwrap_or(options.decimal);
    options.thousands = first(&raw.thousands);
    options.date = raw.date.iter().map(|d| d.node.clone()).collect();
    options.encoding = raw.encoding.as_ref().map(|e| e.node.clone());
    if let Some(missing) = &raw.missing {
        options.missing = missing.iter().map(|m| m.node.clone()).collect();
    }
    options.header = raw.header.is_none_or(|h| h.node);
    options
}
