//! What a KPI is judged by: which way is good, its target and baseline, its statuses. What could be read in
//! two ways is refused: a target without a direction, a plain `5` for a percentage, ranges with a gap.

use std::collections::HashMap;
use std::sync::Arc;

use super::Resolver;
use super::comparisons::check_comparison;
use super::lower::{a, lower};
use super::results::ResultScope;
use crate::diagnostic::{Diagnostic, codes};
use crate::model::expr::{Across, Arith, Expr, Kind, Offset, ResultExpr, ResultLeaf, Value};
use crate::model::judge::{Better, Judge, Status, StatusRule, rounded};
use crate::model::project::{Aggregate, MeasureId, TimeBinding};
use crate::model::types::Type;
use crate::rulefile::raw::{Formula, RawBetter, RawFloor, RawKpi, RawRange, RawStatus, RawTarget};
use crate::source::Span;
use crate::syntax::ast;

impl Resolver<'_> {
    /// What a KPI is judged by.
    pub(super) fn judge(&mut self, raw: &RawKpi, formula: &Arc<ResultExpr>, scope: &ResultScope) -> Judge {
        let number = formula.ty.is_number() || formula.ty == Type::Duration;
        let wanted = raw.target.is_some() || raw.status.is_some() || raw.baseline.is_some();
        if wanted && !number && formula.ty != Type::Unknown {
            let at = raw.status.as_ref().map(|s| s.span).or(raw.baseline.as_ref().map(|b| b.span));
            let at = raw.target.as_ref().map(target_span).or(at).unwrap_or(raw.name.span);
            self.report(
                Diagnostic::new(
                    &codes::BAD_TARGET,
                    format!("`{}` is {} and has no distance to a target", raw.name.node, a(formula.ty)),
                )
                .at(at, "a number or duration is expected")
                .also(formula.span, format!("this is {}", a(formula.ty))),
            );
            return Judge::default();
        }
        let better = self.better(raw);
        let target = raw.target.as_ref().and_then(|t| self.wanted(raw, t, formula, scope));
        let baseline = raw.baseline.as_ref().and_then(|b| self.beside(raw, b, formula, scope)).map(Arc::new);
        let status = raw.status.as_ref().map(|s| self.status_rule(raw, s));
        self.directed(raw, better, status.as_ref());
        let status = status.flatten().unwrap_or_default();
        let previous = number.then(|| {
            let offset = Offset { count: 1, unit: None, same_point: true, span: formula.span };
            let kind = Kind::Leaf(ResultLeaf::Across(Across::Ago(offset), Arc::clone(formula)));
            Arc::new(Expr { kind, ty: formula.ty, unit: formula.unit.clone(), span: formula.span })
        });
        // A target that looks at an earlier period's same point is what is due by now already.
        let cut = target.as_ref().is_some_and(|target| {
            target.across().iter().any(|across| across.offset().is_some_and(|o| o.same_point))
        });
        Judge {
            better,
            target: target.map(Arc::new),
            baseline,
            status,
            min_n: raw.min_n.as_ref().map(|n| n.node),
            paced: raw.pace.is_none() && self.is_flow(formula) && !cut,
            previous,
            stated: None,
        }
    }

    fn better(&mut self, raw: &RawKpi) -> Option<Better> {
        match raw.better.as_ref()? {
            RawBetter::Word(word) if word.node == "higher" => Some(Better::Higher),
            RawBetter::Word(_) => Some(Better::Lower),
            RawBetter::Within(range) => match self.ends(raw, range)? {
                (Some(low), Some(high)) if low <= high => Some(Better::Within(low, high)),
                (low, high) => {
                    let found = if low.is_none() || high.is_none() {
                        "a side is open here; `higher` or `lower` says that"
                    } else {
                        "the low end is above the high one"
                    };
                    self.report(
                        Diagnostic::new(&codes::BAD_TARGET, "`within` needs a low and a high end")
                            .at(range.span, found)
                            .help("`better: {within: [2, 4]}`"),
                    );
                    None
                }
            },
        }
    }

    /// The ends of a range, an open side none; `None` where one is wrong, which has been reported.
    fn ends(&mut self, raw: &RawKpi, range: &RawRange) -> Option<(Option<f64>, Option<f64>)> {
        let mut end = |formula: &Option<Formula>| match formula {
            None => Some(None),
            Some(formula) => self.constant(raw, formula).map(Some),
        };
        let (low, high) = (end(&range.low), end(&range.high));
        Some((low?, high?))
    }

    /// A constant that a KPI's values are compared with.
    fn constant(&mut self, raw: &RawKpi, formula: &Formula) -> Option<f64> {
        let expr = formula.expr.as_ref()?;
        self.percentage(raw, expr)?;
        let typed = lower(self, &mut ResultScope::default(), expr);
        if typed.ty == Type::Unknown {
            return None;
        }
        let found = fold(&typed);
        if found.is_none() {
            self.report(
                Diagnostic::new(&codes::WRONG_TYPE, "this is no constant number")
                    .at(formula.span, "a number is expected, or `params.NAME` of one"),
            );
        }
        found
    }

    fn wanted(
        &mut self,
        raw: &RawKpi,
        target: &RawTarget,
        formula: &Arc<ResultExpr>,
        scope: &ResultScope,
    ) -> Option<ResultExpr> {
        if let Some(RawBetter::Within(range)) = &raw.better {
            self.report(
                Diagnostic::new(&codes::BAD_TARGET, format!("`{}` has a range and a target", raw.name.node))
                    .at(target_span(target), "one of them says what is wanted")
                    .also(range.span, "the range")
                    .help("a value inside `within` attains 100%: drop `target:`, or `better: {within: ...}`"),
            );
            return None;
        }
        match target {
            RawTarget::Formula(written) => self.beside(raw, written, formula, scope),
            RawTarget::Table(table) => {
                let found = self.value_table(table)?;
                if self.model.tables[found.0].spread && !self.is_flow(formula) {
                    self.report(
                        Diagnostic::new(
                            &codes::BAD_TARGET,
                            format!("`{}` does not add up over days", raw.name.node),
                        )
                        .at(table.spread.as_ref().map_or(table.span, |s| s.span), "only flows are spread")
                        .also(formula.span, "not a sum or count of events, nor such joined by `+` and `-`"),
                    );
                    return None;
                }
                let typed = super::tables::table_leaf(found.0, found.1, table.span)?;
                self.comparable(raw, typed, formula)
            }
        }
    }

    /// A formula whose values are compared with the KPI's.
    fn beside(
        &mut self,
        raw: &RawKpi,
        written: &Formula,
        formula: &Arc<ResultExpr>,
        scope: &ResultScope,
    ) -> Option<ResultExpr> {
        let expr = written.expr.as_ref()?;
        self.percentage(raw, expr)?;
        let typed = lower(self, &mut scope.clone(), expr);
        self.comparable(raw, typed, formula)
    }

    fn comparable(
        &mut self,
        raw: &RawKpi,
        typed: ResultExpr,
        formula: &Arc<ResultExpr>,
    ) -> Option<ResultExpr> {
        if typed.ty == Type::Unknown {
            return None;
        }
        // A KPI in `unit: hours` is a number; its target may say `48 hours`.
        let typed = match (typed.ty, formula.ty) {
            (Type::Duration, ty) if ty != Type::Duration => self.in_unit(raw, typed)?,
            _ => typed,
        };
        check_comparison(self, formula, &typed).then_some(typed)
    }

    /// Refuses a plain number where a percentage is meant.
    fn percentage(&mut self, raw: &RawKpi, expr: &ast::Expr) -> Option<()> {
        if raw.unit.as_ref().is_none_or(|u| u.node != "percent") {
            return Some(());
        }
        let (text, most) = match &expr.kind {
            ast::ExprKind::Literal(ast::Literal::Integer(text)) => (text, 1.0),
            ast::ExprKind::Literal(ast::Literal::Decimal(text)) => (text, 2.0),
            _ => return Some(()),
        };
        let plain: f64 = text.replace('_', "").parse().unwrap_or(0.0);
        if plain < most {
            return Some(());
        }
        self.report(
            Diagnostic::new(
                &codes::BAD_TARGET,
                format!("`{text}` is {}% of `{}`, which is a percentage", plain * 100.0, raw.name.node),
            )
            .at(expr.span, "a percentage is expected")
            .fix(expr.span, format!("{text}%"))
            .help(format!("`{text}%`; for {}% write it with its sign", plain * 100.0)),
        );
        None
    }

    /// A target, or floors of attainment, say nothing where no direction is good.
    fn directed(&mut self, raw: &RawKpi, better: Option<Better>, status: Option<&Option<StatusRule>>) {
        if better.is_some() || raw.better.is_some() {
            return;
        }
        let by_attainment = matches!(status, Some(Some(StatusRule::Attainment { .. })));
        let at = match (&raw.target, &raw.status) {
            (Some(target), _) => target_span(target),
            (None, Some(status)) if by_attainment => status.span,
            _ => return,
        };
        self.report(
            Diagnostic::new(
                &codes::BAD_TARGET,
                format!("nothing says which values of `{}` are good", raw.name.node),
            )
            .at(at, "below it, or above?")
            .help("add `better: higher`, `better: lower` or `better: {within: [2, 4]}`"),
        );
    }

    fn status_rule(&mut self, raw: &RawKpi, status: &RawStatus) -> Option<StatusRule> {
        let ranged = [&status.on_track, &status.at_risk, &status.off_track]
            .into_iter()
            .flatten()
            .any(|f| matches!(f, RawFloor::Range(_)));
        let by_value = status.of.as_ref().is_some_and(|of| of.node == "value");
        if by_value || ranged {
            if !by_value {
                self.report(
                    Diagnostic::new(&codes::STATUS_RANGES, "ranges are of the value")
                        .at(status.span, "floors of attainment are expected, such as `on_track: 100%`")
                        .help("`status: {of: value, on_track: [50, null], off_track: [null, 50]}`"),
                );
                return None;
            }
            return self.ranges(raw, status);
        }
        if let Some(RawFloor::Floor(off)) = &status.off_track {
            self.report(
                Diagnostic::new(&codes::STATUS_RANGES, "`off_track` has no floor of its own")
                    .at(off.span, "everything below `at_risk` is off track")
                    .help("`status: {on_track: 100%, at_risk: 90%}`"),
            );
            return None;
        }
        let mut floor = |floor: &Option<RawFloor>| match floor {
            Some(RawFloor::Floor(formula)) => self.floor(formula).map(Some),
            _ => Some(None),
        };
        let (on_track, at_risk) = (floor(&status.on_track)?, floor(&status.at_risk)?);
        let on_track_at = on_track.unwrap_or(1.0);
        if let Some(at_risk) = at_risk.filter(|f| *f >= on_track_at) {
            self.report(
                Diagnostic::new(
                    &codes::STATUS_RANGES,
                    format!("`at_risk` from {}% leaves nothing below `on_track`", rounded(at_risk * 100.0)),
                )
                .at(status.span, format!("`on_track` begins at {}%", rounded(on_track_at * 100.0)))
                .help("the floor of `at_risk` lies below that of `on_track`"),
            );
            return None;
        }
        Some(StatusRule::Attainment { on_track: on_track_at, at_risk })
    }

    /// A floor of attainment.
    fn floor(&mut self, formula: &Formula) -> Option<f64> {
        let expr = formula.expr.as_ref()?;
        let typed = lower(self, &mut ResultScope::default(), expr);
        if typed.ty == Type::Unknown {
            return None;
        }
        let found = fold(&typed).filter(|f| *f >= 0.0);
        let plain = matches!(&expr.kind, ast::ExprKind::Literal(ast::Literal::Integer(_)));
        match found {
            Some(found) if !(plain && found > 1.0) => Some(found),
            _ => {
                let mut problem = Diagnostic::new(&codes::STATUS_RANGES, "a floor of attainment is a part")
                    .at(formula.span, "a percentage is expected, such as `90%`");
                if let Some(found) = found {
                    problem = problem.fix(formula.span, format!("{found}%"));
                }
                self.report(problem);
                None
            }
        }
    }

    fn ranges(&mut self, raw: &RawKpi, status: &RawStatus) -> Option<StatusRule> {
        let mut found: Vec<(Status, Option<f64>, Option<f64>, Span)> = Vec::new();
        let written = [
            (Status::OnTrack, &status.on_track),
            (Status::AtRisk, &status.at_risk),
            (Status::OffTrack, &status.off_track),
        ];
        for (which, range) in written {
            match range {
                None => {}
                Some(RawFloor::Range(range)) => {
                    let (low, high) = self.ends(raw, range)?;
                    found.push((which, low, high, range.span));
                }
                Some(RawFloor::Floor(formula)) => {
                    self.report(
                        Diagnostic::new(&codes::STATUS_RANGES, "a range is expected")
                            .at(formula.span, "a single value")
                            .help(format!("`{which}: [50, null]`; `null` leaves a side open")),
                    );
                    return None;
                }
            }
        }
        found.sort_by(|a, b| a.1.unwrap_or(f64::MIN).total_cmp(&b.1.unwrap_or(f64::MIN)));
        let told = |value: Option<f64>| value.map_or("the open end".to_owned(), |v| rounded(v).to_string());
        let problem = match (found.first(), found.last()) {
            (Some(first), _) if first.1.is_some() => {
                Some((first.3, format!("no status below {}", told(first.1))))
            }
            (_, Some(last)) if last.2.is_some() => {
                Some((last.3, format!("no status from {} on", told(last.2))))
            }
            (None, _) => Some((status.span, "no range at all".to_owned())),
            _ => found.windows(2).find_map(|pair| match (pair[0].2, pair[1].1) {
                (Some(high), Some(low)) if high < low => {
                    Some((pair[1].3, format!("no status from {} to {}", told(pair[0].2), told(pair[1].1))))
                }
                (Some(high), Some(low)) if rounded(high - low) <= 0.0 && rounded(low - high) <= 0.0 => None,
                _ => Some((
                    pair[1].3,
                    format!("two statuses from {} on: {} and {}", told(pair[1].1), pair[0].0, pair[1].0),
                )),
            }),
        };
        let empty = found.iter().find(|r| r.1.zip(r.2).is_some_and(|(low, high)| low >= high));
        let problem = problem.or_else(|| empty.map(|r| (r.3, format!("`{}` holds no value", r.0))));
        if let Some((at, what)) = problem {
            self.report(
                Diagnostic::new(&codes::STATUS_RANGES, format!("{what} in `{}`", raw.name.node))
                    .at(at, "ranges hold their low end and not their high one")
                    .help("every value needs one status: `on_track: [50, null]`, `at_risk: [30, 50]`, `off_track: [null, 30]`"),
            );
            return None;
        }
        Some(StatusRule::Value(found.into_iter().map(|(s, low, high, _)| (s, low, high)).collect()))
    }

    /// Whether a formula's values add up over the days of a period: sums and counts of events, joined by `+`,
    /// `-` and constants.
    pub(super) fn is_flow(&self, formula: &ResultExpr) -> bool {
        self.adds_up(formula, &mut HashMap::new())
    }

    /// The same; formulas that many use are looked at once.
    fn adds_up(&self, formula: &ResultExpr, done: &mut HashMap<*const ResultExpr, bool>) -> bool {
        let constant = |e: &ResultExpr| fold(e).is_some();
        match &formula.kind {
            Kind::Leaf(ResultLeaf::Measure(id)) => self.is_flow_measure(*id),
            Kind::Leaf(ResultLeaf::Kpi(_, body) | ResultLeaf::Across(Across::HideBelow(_), body)) => {
                if let Some(known) = done.get(&Arc::as_ptr(body)) {
                    return *known;
                }
                let adds = self.adds_up(body, done);
                done.insert(Arc::as_ptr(body), adds);
                adds
            }
            Kind::Neg(of) => self.adds_up(of, done),
            Kind::Arith(Arith::Add | Arith::Sub, a, b) if constant(b) => self.adds_up(a, done),
            Kind::Arith(Arith::Add | Arith::Sub | Arith::Mul, a, b) if constant(a) => self.adds_up(b, done),
            Kind::Arith(Arith::Add | Arith::Sub, a, b) => self.adds_up(a, done) && self.adds_up(b, done),
            Kind::Arith(Arith::Mul | Arith::Div, a, b) => constant(b) && self.adds_up(a, done),
            _ => false,
        }
    }

    fn is_flow_measure(&self, id: MeasureId) -> bool {
        let measure = &self.model.measures[id.0];
        let adds = matches!(measure.aggregate, Aggregate::Sum | Aggregate::Count | Aggregate::Converted);
        adds && matches!(measure.time, TimeBinding::At(_))
    }
}

/// Where a target is written.
fn target_span(target: &RawTarget) -> Span {
    match target {
        RawTarget::Formula(formula) => formula.span,
        RawTarget::Table(table) => table.span,
    }
}

/// The value of a constant formula.
pub(super) fn fold(expr: &ResultExpr) -> Option<f64> {
    let number = |value: &Value| match value {
        Value::Integer(n) => Some(*n as f64),
        Value::Decimal(digits, scale) => Some(*digits as f64 / 10f64.powi(i32::from(*scale))),
        Value::Float(f) => Some(*f),
        Value::Duration(micros) => Some(*micros as f64 / 86_400_000_000.0),
        _ => None,
    };
    let found = match &expr.kind {
        Kind::Literal(value) => number(value),
        Kind::Neg(a) => fold(a).map(|a| -a),
        Kind::Arith(op, a, b) => {
            let (a, b) = (fold(a)?, fold(b)?);
            Some(match op {
                Arith::Add => a + b,
                Arith::Sub => a - b,
                Arith::Mul => a * b,
                Arith::Div => a / b,
                Arith::Pow => a.powf(b),
            })
        }
        _ => None,
    };
    found.filter(|f| f.is_finite())
}
