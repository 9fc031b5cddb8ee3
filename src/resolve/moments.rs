//! When rows count: balances of span sources, windows, columns that lie in the period.

use super::Resolver;
use super::literals::TypedValue;
use crate::diagnostic::{Diagnostic, codes};
use crate::model::expr::Value;
use crate::model::project::{ColumnRef, Moment, Ranged, SourceId, TimeBinding, When, Window};
use crate::syntax::ast::{self, BinaryOp, DurationUnit, ExprKind, InPeriod, MomentKind, WindowKind};

fn is_formula(subject: &InPeriod) -> bool {
    matches!(subject, InPeriod::Column(column) if !matches!(column.kind, ExprKind::Name(_)))
}

/// Columns that lie in the period, and whether the day after them does.
type Within = Vec<(ColumnRef, bool)>;

impl Resolver<'_> {
    /// `at start`, `at end`, `as of DAY`, `during`.
    pub(super) fn active(&mut self, source: SourceId, moment: &ast::Moment) -> Option<TimeBinding> {
        let here = self.model.source(source);
        if let Some(snapshot) = &here.snapshot {
            let (from, to, fresh) = Self::balance(snapshot);
            let name = here.name.clone();
            let when = match (&moment.kind, moment.including_ended) {
                (MomentKind::AtStart, false) => When::Start,
                (MomentKind::AtEnd, false) => When::End,
                (MomentKind::AsOf(day), false) => When::On(self.constant_day(day)?),
                _ => {
                    self.report(
                        Diagnostic::new(&codes::NO_MOMENT, format!("rows of `{name}` are balances"))
                            .at(moment.span, "a balance is there at a moment, and never ends")
                            .help("`at end`, `at start`, `as of 2026-01-31`, or `on` a column"),
                    );
                    return None;
                }
            };
            let moment = Moment::Active { from, to: Some(to), inclusive: false, when };
            let ranged = Ranged { moment, window: None, fresh, within: Vec::new() };
            return Some(TimeBinding::Ranged(Box::new(ranged)));
        }
        let Some(span) = here.span else {
            let name = here.name.clone();
            let defined = here.defined;
            self.report(
                Diagnostic::new(&codes::NO_MOMENT, format!("rows of `{name}` are active at no moment"))
                    .at(moment.span, "a state, where rows happen or just are")
                    .also(defined, "its rows have no `span`")
                    .help("a span makes them last: `span: {from: started_on, to: ended_on}`"),
            );
            return None;
        };
        let when = match &moment.kind {
            MomentKind::AtStart => When::Start,
            MomentKind::AtEnd => When::End,
            MomentKind::During => When::During,
            MomentKind::AsOf(day) => When::On(self.constant_day(day)?),
            MomentKind::On(_) => return None,
        };
        for column in [Some(span.from), span.to].into_iter().flatten() {
            self.column_formula(source, column);
        }
        let own = |column| ColumnRef { hops: Vec::new(), column };
        let to = span.to.filter(|_| !moment.including_ended).map(own);
        Some(TimeBinding::Ranged(Box::new(Ranged {
            moment: Moment::Active { from: own(span.from), to, inclusive: span.inclusive, when },
            window: None,
            fresh: false,
            within: Vec::new(),
        })))
    }

    fn constant_day(&mut self, day: &ast::Expr) -> Option<chrono::NaiveDate> {
        let literal: Option<TypedValue> = match &day.kind {
            ExprKind::Literal(literal) => Some(self.literal(literal, day.span)?),
            _ => None,
        };
        let Some((Value::Date(day), ..)) = literal else {
            self.report(
                Diagnostic::new(&codes::TYPE_MISMATCH, "a state as of no day")
                    .at(day.span, "a date such as `2026-01-31` is expected"),
            );
            return None;
        };
        Some(day)
    }

    /// The columns that a condition wants in the period, and what else it wants. Only conditions that all
    /// must hold narrow the periods of a row; elsewhere `in period` is looked at in each of them.
    pub(super) fn within<'e>(
        &mut self,
        source: SourceId,
        condition: Option<&'e ast::Expr>,
    ) -> Option<(Within, Vec<&'e ast::Expr>)> {
        let (mut within, mut rest) = (Vec::new(), Vec::new());
        let mut waiting: Vec<&'e ast::Expr> = condition.into_iter().collect();
        while let Some(next) = waiting.pop() {
            match &next.kind {
                ExprKind::Binary { op: BinaryOp::And, left, right, .. } => {
                    waiting.extend([&**right, &**left]);
                }
                // A formula's day is looked at row by row, as `in period` under `or` and `not` is.
                ExprKind::InPeriod { subject, negated: false } if !is_formula(subject) => {
                    within.push(self.in_period(source, subject, next.span)?);
                }
                _ => rest.push(next),
            }
        }
        Some((within, rest))
    }

    fn in_period(
        &mut self,
        source: SourceId,
        subject: &InPeriod,
        at: crate::source::Span,
    ) -> Option<(ColumnRef, bool)> {
        match subject {
            InPeriod::Column(column) => {
                let ExprKind::Name(path) = &column.kind else { return None };
                Some((self.time_of_row(source, path)?, false))
            }
            _ => self.border_of_span(source, subject, at),
        }
    }

    /// The column that says when rows start or end, and whether it is the last active day.
    pub(super) fn border_of_span(
        &mut self,
        source: SourceId,
        subject: &InPeriod,
        at: crate::source::Span,
    ) -> Option<(ColumnRef, bool)> {
        let span = self.model.source(source).span;
        let own = |column| ColumnRef { hops: Vec::new(), column };
        match (subject, span) {
            (InPeriod::Started, Some(span)) => Some((own(span.from), false)),
            (InPeriod::Ended, Some(span)) if span.to.is_some() => {
                Some((own(span.to.unwrap_or(span.from)), span.inclusive))
            }
            _ => {
                let here = self.model.source(source);
                let diagnostic = Diagnostic::new(
                    &codes::NO_MOMENT,
                    format!("rows of `{}` neither start nor end", here.name),
                )
                .at(at, "")
                .also(here.defined, "its rows have no `span`")
                .help("a column in the period: `closed_on in period`");
                self.report(diagnostic);
                None
            }
        }
    }

    /// The binding with a window and columns that lie in it.
    pub(super) fn ranged(
        &mut self,
        time: TimeBinding,
        window: Option<&ast::Window>,
        within: Within,
    ) -> Option<TimeBinding> {
        let always = time == TimeBinding::Always;
        if within.is_empty() && (window.is_none() || always) {
            return Some(time);
        }
        let mut ranged = match time {
            TimeBinding::Ranged(ranged) => *ranged,
            TimeBinding::At(column) => {
                Ranged { moment: Moment::At(column), window: None, fresh: false, within: Vec::new() }
            }
            TimeBinding::Always => {
                Ranged { moment: Moment::Always, window: None, fresh: false, within: Vec::new() }
            }
        };
        ranged.window = match window {
            None => None,
            Some(window) => Some(self.window(window)?),
        };
        ranged.within = within;
        Some(TimeBinding::Ranged(Box::new(ranged)))
    }

    pub(super) fn window(&mut self, window: &ast::Window) -> Option<Window> {
        let grain = |unit| self.unit_grain(unit);
        let found = match window.kind {
            WindowKind::AllTime => Some(Window::AllTime),
            WindowKind::ToDate(unit) => grain(unit).map(Window::ToDate),
            WindowKind::Last { count, unit: DurationUnit::Period } => Some(Window::Last(count, None)),
            WindowKind::Last { count, unit } => grain(unit).map(|unit| Window::Last(count, Some(unit))),
        };
        let fits = |w: &Window| !matches!(w, Window::Last(count, _) if *count == 0 || *count > 10_000);
        let found = found.filter(fits);
        if found.is_none() {
            self.report(
                Diagnostic::new(&codes::INVALID_VALUE, "a window of no length that can be computed")
                    .at(window.span, "1 to 10,000 days, weeks, months, quarters, years or periods"),
            );
        }
        found
    }
}
