//! `scorecards:` -> weighted KPIs, and what they pay. Formulas of pay become hidden KPIs, so that they are
//! computed as every other.

use std::sync::Arc;

use super::judge::fold;
use super::kpis::texts;
use super::lower::{a, expect_condition, lower, unknown};
use super::results::ResultScope;
use super::strategy::part;
use super::{Resolver, dimension};
use crate::diagnostic::near::did_you_mean;
use crate::diagnostic::{Diagnostic, codes};
use crate::model::calendar::Grain;
use crate::model::expr::ResultExpr;
use crate::model::judge::rounded;
use crate::model::project::{Dimension, Kpi};
use crate::model::scorecard::{Curve, Pay, Rollup, Scorecard};
use crate::model::types::Type;
use crate::rulefile::raw::{RawEach, RawPay, RawScorecard};
use crate::source::Spanned;

impl Resolver<'_> {
    /// The scorecards, after all KPIs.
    pub(super) fn scorecards(&mut self) {
        let raw = self.raw;
        for card in raw.scorecards.values() {
            if let Some(card) = self.scorecard(card) {
                self.model.scorecards.push(card);
            }
        }
    }

    fn scorecard(&mut self, raw: &RawScorecard) -> Option<Scorecard> {
        let grain = self.grain_or_month(raw.grain.as_ref())?;
        let each = raw.each.as_ref().map_or(Some(Vec::new()), |each| self.each(each))?;
        let kpis = self.weights(raw)?;
        let mut reached = true;
        for (kpi, _) in &kpis {
            reached &= self.is_scored(raw, *kpi, &each);
        }
        let pay = match &raw.pay {
            Some(pay) => Some(self.pay(raw, pay, grain, &each)?),
            None => None,
        };
        let rollup = match raw.rollup.as_ref().map(|r| r.node.as_str()) {
            Some("worst") => Rollup::Worst,
            Some("best") => Rollup::Best,
            Some("geometric") => Rollup::Geometric,
            _ => Rollup::Weighted,
        };
        reached.then(|| Scorecard {
            name: raw.name.node.clone(),
            defined: raw.name.span,
            label: texts(raw.label.as_ref()),
            description: texts(raw.description.as_ref()),
            each,
            grain,
            kpis,
            rollup,
            pay,
            owner: raw.owner.as_ref().map(|o| o.node.clone()),
        })
    }

    pub(super) fn grain_or_month(&mut self, written: Option<&Spanned<String>>) -> Option<Grain> {
        let name = written.map_or("month", |g| g.node.as_str());
        let found = self.model.calendar.grain(name);
        if let (None, Some(written)) = (found, written)
            && !self.raw.calendar.broken
        {
            let calendar = &self.model.calendar;
            let help = did_you_mean(name, calendar.grains().into_iter().map(|g| calendar.grain_name(g)));
            let mut problem = Diagnostic::new(&codes::NO_GRAIN, format!("no grain is named `{name}`"))
                .at(written.span, "unknown grain");
            problem.help = help;
            self.report(problem);
        }
        found
    }

    fn each(&mut self, each: &RawEach) -> Option<Vec<Dimension>> {
        if let Some(pair) = &each.pair {
            self.report(
                Diagnostic::new(&codes::BAD_SCORECARD, "a scorecard is of one member, not of a pair")
                    .at(pair.span, "a dimension is expected")
                    .help("`each: rep`, `each: [rep, segment]`"),
            );
            return None;
        }
        each.dimensions.iter().map(|d| self.dimension_written(d)).collect()
    }

    fn weights(&mut self, raw: &RawScorecard) -> Option<Vec<(usize, f64)>> {
        let mut kpis: Vec<(usize, f64)> = Vec::new();
        for (name, weight) in &raw.kpis {
            let Some(place) = self.model.kpis.iter().position(|k| k.name == name.node) else {
                // One with an error of its own has been reported.
                if !self.raw.kpis.contains_key(&name.node) {
                    let names: Vec<&str> = self.raw.kpis.keys().map(String::as_str).collect();
                    let headline = format!("no KPI is named `{}`", name.node);
                    self.report(unknown(&name.node, name.span, headline, &names));
                }
                return None;
            };
            let Some(share) = part(&weight.node).filter(|w| *w > 0.0) else {
                self.report(
                    Diagnostic::new(&codes::BAD_SCORECARD, format!("`{}` has no weight", name.node))
                        .at(weight.span, "a part above 0 is expected, such as `30%`")
                        .help("a KPI that does not count is left out"),
                );
                return None;
            };
            kpis.push((place, share));
        }
        let sum: f64 = kpis.iter().map(|k| k.1).sum();
        if rounded((sum - 1.0).abs()) > 0.0 {
            let (more, by) = if sum > 1.0 { ("more", sum - 1.0) } else { ("less", 1.0 - sum) };
            self.report(
                Diagnostic::new(
                    &codes::BAD_SCORECARD,
                    format!("weights of `{}` add up to {}%", raw.name.node, rounded(sum * 100.0)),
                )
                .at(raw.name.span, format!("{}% {more} than 100%", rounded(by * 100.0))),
            );
            return None;
        }
        Some(kpis)
    }

    /// Whether a KPI can be scored for each member; reported if not.
    fn is_scored(&mut self, raw: &RawScorecard, kpi: usize, each: &[Dimension]) -> bool {
        let kpi = self.model.kpis[kpi].clone();
        let written = raw.kpis.iter().find(|(name, _)| name.node == kpi.name);
        let at = written.map_or(raw.name.span, |(name, _)| name.span);
        let within = matches!(kpi.judge.better, Some(crate::model::judge::Better::Within(..)));
        if kpi.judge.target.is_none() && !within {
            // A target with an error has been reported.
            let lost = self.raw.kpis.get(&kpi.name).is_some_and(|k| k.target.is_some());
            let lost = lost && self.diagnostics.has_errors();
            if !lost {
                self.report(
                    Diagnostic::new(
                        &codes::BAD_SCORECARD,
                        format!("`{}` has no target to be scored by", kpi.name),
                    )
                    .at(at, "in this scorecard it would always be unknown")
                    .also(kpi.defined, "defined here")
                    .help("add `target:`, or `better: {within: [2, 4]}`"),
                );
            }
            return false;
        }
        let before = self.diagnostics.0.len();
        for wanted in each {
            for id in kpi.measures_here() {
                if let Err(Some(problem)) =
                    dimension(&self.model, self.model.measures[id.0].source, wanted, &kpi)
                {
                    let note = format!("needed by `{}` in the scorecard `{}`", kpi.name, raw.name.node);
                    self.diagnostics.merge(problem.note(note));
                }
            }
        }
        self.diagnostics.0.len() == before
    }

    fn pay(&mut self, raw: &RawScorecard, pay: &RawPay, grain: Grain, each: &[Dimension]) -> Option<Pay> {
        let written = pay.base.as_ref()?;
        let base = lower(self, &mut ResultScope::default(), written.expr.as_ref()?);
        if base.ty == Type::Unknown {
            return None;
        }
        if !base.ty.is_number() || fold(&base).is_some_and(|base| base < 0.0) {
            let found = if base.ty.is_number() { "an amount below 0".to_owned() } else { a(base.ty) };
            self.report(
                Diagnostic::new(&codes::BAD_SCORECARD, "what is paid is no amount")
                    .at(written.span, found)
                    .help("`base: 5000 EUR`"),
            );
            return None;
        }
        let unit = base.unit.clone();
        let base = self.hidden(&raw.name.node, "pay", base, grain, each);
        let needs = match &pay.needs {
            None => None,
            Some(needs) => {
                let typed = lower(self, &mut ResultScope::default(), needs.expr.as_ref()?);
                if typed.ty == Type::Unknown || !expect_condition(self, &typed) {
                    return None;
                }
                Some(self.hidden(&raw.name.node, "needs", typed, grain, each))
            }
        };
        let share = |r: &mut Self, written: Option<&Spanned<String>>| match written {
            None => Some(None),
            Some(written) => r.share_of(written).map(Some),
        };
        let threshold = share(self, pay.threshold.as_ref())?.unwrap_or(0.0);
        let cap = share(self, pay.cap.as_ref())?;
        let min_coverage = share(self, pay.min_coverage.as_ref())?.unwrap_or(1.0);
        let accelerator = match &pay.accelerator {
            None => None,
            Some(accelerator) => {
                let above = share(self, accelerator.above.as_ref())?.unwrap_or(1.0);
                let rate = accelerator.rate.as_ref().and_then(|r| part(&r.node))?;
                Some((above, rate))
            }
        };
        if let (Some(cap), Some(written)) = (cap.filter(|cap| *cap < threshold), &pay.cap) {
            self.report(
                Diagnostic::new(&codes::BAD_SCORECARD, "the cap lies below the threshold")
                    .at(
                        written.span,
                        format!("{}%, of {}%", rounded(cap * 100.0), rounded(threshold * 100.0)),
                    )
                    .help("the multiplier is 0 below `threshold` and never past `cap`"),
            );
            return None;
        }
        Some(Pay { base, unit, needs, curve: Curve { threshold, cap, accelerator }, min_coverage })
    }

    /// A part of pay: `80%`, or `1.5`; a plain whole number is a slip.
    fn share_of(&mut self, written: &Spanned<String>) -> Option<f64> {
        let found = part(&written.node).filter(|p| *p >= 0.0);
        let plain = !written.node.contains('%') && found.is_some_and(|p| p > 10.0);
        if found.is_none() || plain {
            let mut problem =
                Diagnostic::new(&codes::BAD_SCORECARD, format!("`{}` is no part of a whole", written.node))
                    .at(written.span, "a percentage is expected, such as `80%`");
            if plain {
                problem = problem.fix(written.span, format!("{}%", written.node.trim()));
            }
            self.report(problem);
            return None;
        }
        found
    }

    /// A formula that a part of the project needs, as a KPI that is not shown; its place.
    pub(super) fn hidden(
        &mut self,
        of: &str,
        what: &str,
        formula: ResultExpr,
        grain: Grain,
        each: &[Dimension],
    ) -> usize {
        let name = format!("({of}: {what})");
        let by = vec![each.to_vec()];
        self.model.kpis.push(Kpi { grains: vec![grain], by, ..Kpi::bare(&name, Arc::new(formula)) });
        self.model.kpis.len() - 1
    }
}
