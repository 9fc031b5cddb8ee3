//! What measuring a KPI costs and what having it is worth: amounts for a grain, as KPIs that are not shown.

use super::Resolver;
use super::lower::{a, lower};
use super::results::ResultScope;
use crate::diagnostic::near::did_you_mean;
use crate::diagnostic::{Diagnostic, codes};
use crate::model::calendar::Grain;
use crate::model::judge::Amount;
use crate::model::types::Type;
use crate::rulefile::raw::{RawAmount, RawKpi};

impl Resolver<'_> {
    /// The costs and benefits of all KPIs, after their formulas.
    pub(super) fn costs(&mut self) {
        let raw = self.raw;
        for kpi in raw.kpis.values() {
            let cost = kpi.cost.as_ref().and_then(|amount| self.amount(kpi, "cost", amount));
            let benefit = kpi.benefit.as_ref().and_then(|amount| self.amount(kpi, "benefit", amount));
            if let (Some(cost), Some(benefit)) = (&cost, &benefit) {
                self.same_money(kpi, *cost, *benefit);
            }
            if let Some(known) = self.model.kpis.iter_mut().find(|k| k.name == kpi.name.node) {
                (known.cost, known.benefit) = (cost, benefit);
            }
        }
    }

    fn amount(&mut self, kpi: &RawKpi, what: &str, raw: &RawAmount) -> Option<Amount> {
        let written = raw.amount.as_ref()?;
        let grain = match &raw.every {
            None => Grain::Year,
            Some(every) => match self.model.calendar.grain(&every.node) {
                Some(grain) => grain,
                None => {
                    let calendar = &self.model.calendar;
                    let names = calendar.grains().into_iter().map(|g| calendar.grain_name(g));
                    let help = did_you_mean(&every.node, names);
                    let headline = format!("no grain is named `{}`", every.node);
                    let mut problem =
                        Diagnostic::new(&codes::NO_GRAIN, headline).at(every.span, "unknown grain");
                    problem.help = help;
                    self.report(problem);
                    return None;
                }
            },
        };
        let typed = lower(self, &mut ResultScope::default(), written.expr.as_ref()?);
        if typed.ty == Type::Unknown {
            return None;
        }
        if !typed.ty.is_number() {
            self.report(
                Diagnostic::new(
                    &codes::TYPE_MISMATCH,
                    format!("the {what} of `{}` is no amount", kpi.name.node),
                )
                .at(written.span, a(typed.ty))
                .help(format!("`{what}: {{amount: 1200 EUR, every: quarter}}`")),
            );
            return None;
        }
        let place = self.hidden(&kpi.name.node, what, typed, grain, &[]);
        Some(Amount { kpi: place, grain })
    }

    /// Cost and benefit are compared with each other.
    fn same_money(&mut self, raw: &RawKpi, cost: Amount, benefit: Amount) {
        let of = |amount: Amount| &self.model.kpis[amount.kpi];
        let (cost, benefit) = (of(cost), of(benefit));
        let differ = cost.unit.is_strict() && benefit.unit.is_strict() && cost.unit != benefit.unit;
        if differ {
            let problem = Diagnostic::new(
                &codes::UNIT_MISMATCH,
                format!("`{}` costs `{}` and brings `{}`", raw.name.node, cost.unit, benefit.unit),
            )
            .at(benefit.defined, "the same unit is expected")
            .also(cost.defined, "the cost");
            self.report(problem);
        }
    }
}
