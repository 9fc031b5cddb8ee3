//! `kpis:` -> raw KPIs; the fields of later stages are kept as places.

use super::{Fields, Value};
use crate::rulefile::raw::{Named, RawKpi};
use crate::source::Spanned;

/// One KPI, written as a mapping or as its formula.
pub fn kpi(name: Spanned<String>, value: Value) -> RawKpi {
    let mut fields = match value {
        Value::Fields(fields) => fields,
        other => {
            let mut fields = Fields::none(other.span());
            fields.values.insert("formula", (other.span(), other));
            fields
        }
    };
    let mut judgement = Named::new();
    let better = match fields.values.get("better") {
        Some((key, Value::Fields(_))) => {
            judgement.insert("better".to_owned(), *key);
            fields.take("better");
            None
        }
        _ => fields.text("better"),
    };
    let by = fields.take("by").map(|value| {
        let items = match value {
            Value::List(list) => list.node,
            other => vec![other],
        };
        let items = items.into_iter().map(|item| {
            let span = item.span();
            Spanned::new(item.texts(), span)
        });
        items.filter(|item| !item.node.is_empty()).collect()
    });
    let kpi = RawKpi {
        name,
        label: fields.local("label"),
        description: fields.local("description"),
        formula: fields.formula("formula"),
        unit: fields.text("unit"),
        better,
        grain: fields.texts("grain"),
        by,
        paths: fields.named_texts("paths"),
        fill: fields.text("fill"),
        decimals: fields.integer("decimals"),
        hide_below: fields.integer("hide_below"),
        min_n: fields.integer("min_n"),
        judgement: Named::new(),
        owner: fields.text("owner"),
    };
    // What has not been taken belongs to later stages.
    judgement.extend(fields.values.into_iter().map(|(key, (span, _))| (key.to_owned(), span)));
    RawKpi { judgement, ..kpi }
}
