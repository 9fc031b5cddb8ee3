//! `rules:`, `waivers:`, `scorecards:` -> raw rules, waivers and scorecards.

use super::{Fields, Value};
use crate::rulefile::raw::{RawAccelerator, RawEach, RawPay, RawRule, RawScorecard, RawWaiver};
use crate::source::Spanned;

/// One rule.
pub fn rule(name: Spanned<String>, mut fields: Fields) -> RawRule {
    RawRule {
        name,
        label: fields.local("label"),
        description: fields.local("description"),
        axis: fields.text("axis"),
        severity: fields.text("severity"),
        each: each(fields.take("each")),
        grain: fields.text("grain"),
        when: fields.formula("when"),
        hold_for: fields.text("for"),
        clear_after: fields.text("clear_after"),
        on_missing: fields.text("on_missing"),
        min_n: fields.integer("min_n"),
        message: fields.local("message"),
        action: fields.local("action"),
        owner: fields.text("owner"),
        from: fields.text("from"),
        until: fields.text("until"),
    }
}

/// `each:`: names, or a pair.
fn each(value: Option<Value>) -> Option<RawEach> {
    let value = value?;
    let span = value.span();
    Some(match value {
        Value::Fields(mut fields) => {
            RawEach { dimensions: vec![], pair: fields.text("pair"), filter: fields.formula("where"), span }
        }
        value => RawEach { dimensions: value.texts(), pair: None, filter: None, span },
    })
}

/// One waiver; none where its rule was wrong, which has been reported.
pub fn waiver(value: Value) -> Option<RawWaiver> {
    let Value::Fields(mut fields) = value else { return None };
    Some(RawWaiver {
        rule: fields.text("rule")?,
        at: fields.named_texts("at"),
        until: fields.text("until"),
        reason: fields.text("reason"),
        owner: fields.text("owner"),
        span: fields.span,
    })
}

/// One scorecard.
pub fn scorecard(name: Spanned<String>, mut fields: Fields) -> RawScorecard {
    RawScorecard {
        name,
        label: fields.local("label"),
        description: fields.local("description"),
        each: each(fields.take("each")),
        grain: fields.text("grain"),
        kpis: fields.named_texts("kpis"),
        rollup: fields.text("rollup"),
        pay: fields.fields("pay").map(pay),
        owner: fields.text("owner"),
    }
}

fn pay(mut fields: Fields) -> RawPay {
    RawPay {
        base: fields.formula("base"),
        threshold: fields.text("threshold"),
        cap: fields.text("cap"),
        min_coverage: fields.text("min_coverage"),
        accelerator: fields.fields("accelerator").map(|mut f| RawAccelerator {
            above: f.text("above"),
            rate: f.text("rate"),
            span: f.span,
        }),
        needs: fields.formula("needs"),
        span: fields.span,
    }
}
