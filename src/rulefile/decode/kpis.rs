//! `kpis:` -> raw KPIs, with what they are there for and what they are held to.

use super::{Fields, Value};
use crate::rulefile::raw::{
    RawAmount, RawBetter, RawDrives, RawFloor, RawKpi, RawStatus, RawTable, RawTarget,
};
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
    let keys = fields.values.iter().map(|(key, (span, _))| (*key, *span)).collect();
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
    RawKpi {
        name,
        label: fields.local("label"),
        description: fields.local("description"),
        formula: fields.formula("formula"),
        unit: fields.text("unit"),
        better: fields.take("better").and_then(better),
        grain: fields.texts("grain"),
        by,
        paths: fields.named_texts("paths"),
        fill: fields.text("fill"),
        decimals: fields.integer("decimals"),
        hide_below: fields.integer("hide_below"),
        min_n: fields.integer("min_n"),
        owner: fields.text("owner"),
        objective: fields.texts("objective"),
        activity: fields.texts("activity"),
        area: fields.texts("area"),
        influenced_by: fields.texts("influenced_by"),
        guards: fields.texts("guards"),
        drives: fields.items("drives").into_iter().filter_map(drives).collect(),
        indicator: fields.text("indicator"),
        scope: fields.text("scope"),
        concept: fields.text("concept"),
        review: fields.text("review"),
        since: fields.text("since"),
        pace: fields.text("pace"),
        target: fields.take("target").and_then(target),
        baseline: fields.formula("baseline"),
        status: fields.fields("status").map(|mut f| RawStatus {
            of: f.text("of"),
            on_track: f.take("on_track").and_then(floor),
            at_risk: f.take("at_risk").and_then(floor),
            off_track: f.take("off_track").and_then(floor),
            span: f.span,
        }),
        cost: fields.take("cost").and_then(amount),
        benefit: fields.take("benefit").and_then(amount),
        keys,
    }
}

fn better(value: Value) -> Option<RawBetter> {
    match value {
        Value::Text(word) => Some(RawBetter::Word(word)),
        Value::Fields(mut fields) => match fields.take("within") {
            Some(Value::Range(range)) => Some(RawBetter::Within(range)),
            _ => None,
        },
        _ => None,
    }
}

/// A claim; none where its KPI was wrong, which has been reported.
fn drives(value: Value) -> Option<RawDrives> {
    match value {
        Value::Text(kpi) => Some(RawDrives { kpi, sign: None, lag: None }),
        Value::Fields(mut f) => {
            Some(RawDrives { kpi: f.text("kpi")?, sign: f.text("sign"), lag: f.text("lag") })
        }
        _ => None,
    }
}

fn target(value: Value) -> Option<RawTarget> {
    match value {
        Value::Formula(formula) => Some(RawTarget::Formula(formula)),
        Value::Fields(fields) => Some(RawTarget::Table(table(fields))),
        _ => None,
    }
}

/// Values that are read from a source.
pub fn table(mut fields: Fields) -> RawTable {
    RawTable {
        source: fields.text("source"),
        value: fields.text("value"),
        matches: fields.texts("match"),
        from: fields.text("from"),
        grain: fields.text("grain"),
        total: fields.text("total"),
        spread: fields.text("spread"),
        span: fields.span,
    }
}

fn floor(value: Value) -> Option<RawFloor> {
    match value {
        Value::Formula(formula) => Some(RawFloor::Floor(formula)),
        Value::Range(range) => Some(RawFloor::Range(range)),
        _ => None,
    }
}

fn amount(value: Value) -> Option<RawAmount> {
    let span = value.span();
    match value {
        Value::Formula(amount) => Some(RawAmount { amount: Some(amount), every: None, span }),
        Value::Fields(mut f) => Some(RawAmount { amount: f.formula("amount"), every: f.text("every"), span }),
        _ => None,
    }
}
