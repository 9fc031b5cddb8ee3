//! `rules:`, `waivers:` and `scorecards:` as written.

use super::{Formula, LocalText, Pairs};
use crate::source::{Span, Spanned};

/// One alignment rule.
#[derive(Clone, Debug)]
pub struct RawRule {
    /// The name, where it is defined.
    pub name: Spanned<String>,
    /// `label:`.
    pub label: Option<LocalText>,
    /// `description:`.
    pub description: Option<LocalText>,
    /// `axis:`: `strategic_direction`, `activities`, `areas`.
    pub axis: Option<Spanned<String>>,
    /// `severity:`: `info`, `warning`, `critical`.
    pub severity: Option<Spanned<String>>,
    /// `each:`.
    pub each: Option<RawEach>,
    /// `grain:`.
    pub grain: Option<Spanned<String>>,
    /// `when:`.
    pub when: Option<Formula>,
    /// `for:`, a duration as typed.
    pub hold_for: Option<Spanned<String>>,
    /// `clear_after:`, a duration as typed.
    pub clear_after: Option<Spanned<String>>,
    /// `on_missing:`: `unknown`, `fires`, `previous`.
    pub on_missing: Option<Spanned<String>>,
    /// `min_n:`.
    pub min_n: Option<Spanned<i64>>,
    /// `message:`.
    pub message: Option<LocalText>,
    /// `action:`.
    pub action: Option<LocalText>,
    /// `owner:`.
    pub owner: Option<Spanned<String>>,
    /// `from:`, a date as typed.
    pub from: Option<Spanned<String>>,
    /// `until:`, a date as typed.
    pub until: Option<Spanned<String>>,
}

/// `each:`: who gets an answer of its own.
#[derive(Clone, Debug)]
pub struct RawEach {
    /// Each as typed: `rep`, `account where account.is_key`.
    pub dimensions: Vec<Spanned<String>>,
    /// `pair:`, what is paired.
    pub pair: Option<Spanned<String>>,
    /// `where:`, which pairs.
    pub filter: Option<Formula>,
    /// The whole field.
    pub span: Span,
}

/// One waiver.
#[derive(Clone, Debug)]
pub struct RawWaiver {
    /// `rule:`.
    pub rule: Spanned<String>,
    /// `at:`, a member for each dimension.
    pub at: Pairs,
    /// `until:`, a date as typed.
    pub until: Option<Spanned<String>>,
    /// `reason:`.
    pub reason: Option<Spanned<String>>,
    /// `owner:`.
    pub owner: Option<Spanned<String>>,
    /// The whole entry.
    pub span: Span,
}

/// One scorecard.
#[derive(Clone, Debug)]
pub struct RawScorecard {
    /// The name, where it is defined.
    pub name: Spanned<String>,
    /// `label:`.
    pub label: Option<LocalText>,
    /// `description:`.
    pub description: Option<LocalText>,
    /// `each:`.
    pub each: Option<RawEach>,
    /// `grain:`.
    pub grain: Option<Spanned<String>>,
    /// `kpis:`, each with its weight as typed: `30%`.
    pub kpis: Pairs,
    /// `rollup:`: `weighted`, `worst`, `best`, `geometric`.
    pub rollup: Option<Spanned<String>>,
    /// `pay:`.
    pub pay: Option<RawPay>,
    /// `owner:`.
    pub owner: Option<Spanned<String>>,
}

/// `pay:`; numbers and percentages as typed.
#[derive(Clone, Debug)]
pub struct RawPay {
    /// `base:`.
    pub base: Option<Formula>,
    /// `threshold:`.
    pub threshold: Option<Spanned<String>>,
    /// `cap:`.
    pub cap: Option<Spanned<String>>,
    /// `min_coverage:`.
    pub min_coverage: Option<Spanned<String>>,
    /// `accelerator:`.
    pub accelerator: Option<RawAccelerator>,
    /// `needs:`.
    pub needs: Option<Formula>,
    /// The whole field.
    pub span: Span,
}

/// `accelerator:`; numbers and percentages as typed.
#[derive(Clone, Debug)]
pub struct RawAccelerator {
    /// `above:`.
    pub above: Option<Spanned<String>>,
    /// `rate:`.
    pub rate: Option<Spanned<String>>,
    /// The whole field.
    pub span: Span,
}
