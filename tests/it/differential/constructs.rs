//! Random formulas that look elsewhere: over windows, to earlier periods, across the breakdown, for each
//! entity, at some members only.

use super::calendar::Grain;
use super::conditions::Conditions;
use super::formula::{Formula, Kpi, Moment, Per, Shift};
use super::generate::Generator;
use super::schema::{ACCOUNTS, BUYERS, REPS, Src};
use super::value::Value;
use super::world::way;

impl Generator<'_> {
    /// A window on an aggregate, on a KPI, or on a formula in brackets; none stands in another.
    pub(super) fn windowed(&mut self, depth: usize) -> Formula {
        let plain =
            |f: &Formula, kpis: &[Kpi]| !f.has_window(kpis) && !f.has_shift(kpis) && !f.has_across(kpis);
        let of = match self.rng.below(3) {
            0 => self.earlier(plain).map(Formula::Kpi),
            1 => Some(self.number(depth - 1)).filter(|f| plain(f, &self.kpis)),
            _ => None,
        };
        // A window on a constant is no formula.
        let of = of.filter(|f| !matches!(f, Formula::Lit(_))).unwrap_or_else(|| self.aggregate());
        Formula::Window(Box::new(of), self.window())
    }

    pub(super) fn shifted(&mut self, depth: usize) -> Formula {
        let of = match self.rng.below(3) {
            0 => self.earlier(|_, _| true).map(Formula::Kpi),
            1 => Some(self.number(depth - 1)),
            _ => None,
        };
        let of = Box::new(of.unwrap_or_else(|| self.aggregate()));
        if self.rng.percent(20) {
            return Formula::Rolling(of, self.rng.within(2, 4));
        }
        let (count, unit) = match (self.rng.below(4), self.grain()) {
            (0, Grain::Month | Grain::Quarter | Grain::Year) => (1, Some(Grain::Year)),
            (1, Grain::Month) if self.settings.grains.len() == 1 => {
                (self.rng.within(1, 3), Some(Grain::Month))
            }
            (0, Grain::Day | Grain::Week) => (self.rng.within(1, 2), Some(Grain::Week)),
            (1, _) => (self.rng.within(1, 3), None),
            _ => (1, None),
        };
        let shift = *self.rng.pick(&[Shift::Previous, Shift::Ago, Shift::Change, Shift::Growth]);
        let (count, unit) = if shift == Shift::Previous { (1, None) } else { (count, unit) };
        Formula::Shift(shift, of, count, unit, !self.rng.percent(25))
    }

    pub(super) fn across(&mut self, depth: usize) -> Formula {
        let plain = |f: &Formula, kpis: &[Kpi]| !f.has_across(kpis) && !f.has_shift(kpis);
        let of = Some(self.number(depth - 1)).filter(|f| plain(f, &self.kpis));
        let of = of.unwrap_or_else(|| self.aggregate());
        match self.rng.below(4) {
            0 => {
                let by = self.breakdowns(&of).into_iter().next().unwrap_or_default();
                Formula::Total(Box::new(of), by)
            }
            1 => Formula::Total(Box::new(of), Vec::new()),
            2 => Formula::ShareOfTotal(Box::new(of)),
            _ => Formula::Rank(Box::new(self.aggregate_of(&["count", "sum", "sum", "min", "max"], false))),
        }
    }

    /// A formula for each entity that all its aggregates reach, and over them.
    pub(super) fn per(&mut self, depth: usize) -> Formula {
        let plain = |f: &Formula, kpis: &[Kpi]| {
            !f.has_across(kpis) && !f.has_shift(kpis) && !f.has_window(kpis) && !f.aggregates(kpis).is_empty()
        };
        let fits = |f: &Formula, kpis: &[Kpi], entity: &'static str| {
            plain(f, kpis) && f.roots(kpis).iter().all(|s| way(*s, &[entity]).is_some())
        };
        let entity = *self.rng.pick(&["account", "account", "account", "rep", "buyer"]);
        let of = Some(self.number(depth - 1)).filter(|f| fits(f, &self.kpis, entity));
        let of = of.unwrap_or_else(|| self.aggregate());
        if !fits(&of, &self.kpis, entity) {
            return of;
        }
        let name = *self.rng.pick(&[
            "avg",
            "avg",
            "sum",
            "sum",
            "count",
            "share",
            "min",
            "max",
            "median",
            "top_share",
        ]);
        let least = Box::new(Formula::Lit(Value::int(self.rng.within(0, 4))));
        let of = match name {
            "count" | "share" => Formula::Cmp(">=", Box::new(of), least),
            _ => of,
        };
        let moments = [Moment::Start, Moment::End, Moment::During, Moment::AsOf(self.palette.days[0])];
        let moment = (entity == "account" && self.rng.percent(45)).then(|| self.rng.pick(&moments).clone());
        let ranked = self.aggregate_of(&["count"], false);
        let filter = match self.rng.below(6) {
            0 if fits(&ranked, &self.kpis, entity) => Some(Formula::Cmp(
                "<=",
                Box::new(Formula::Rank(Box::new(ranked))),
                Box::new(Formula::Lit(Value::int(self.rng.within(1, 2)))),
            )),
            1 => Some(self.condition(0)).filter(|f| fits(f, &self.kpis, entity)),
            _ => None,
        };
        let source = match entity {
            "account" => ACCOUNTS,
            "rep" => REPS,
            _ => BUYERS,
        };
        let columns = self
            .rng
            .percent(25)
            .then(|| Conditions { rng: self.rng, settings: self.settings }.of_rows(source, 0, false));
        let top = self.rng.within(1, 3);
        Formula::Per(Box::new(Per { name, of, entity, moment, filter, columns, top }))
    }

    pub(super) fn filtered(&mut self, depth: usize) -> Formula {
        let of = self.number(depth - 1);
        // What a filter does to who an entity's formula is looked at for is not said.
        if of.has_per(&self.kpis) {
            return of;
        }
        let sources: Vec<Src> = of.aggregates(&self.kpis).iter().map(|a| a.source).collect();
        let mut conditions = Conditions { rng: self.rng, settings: self.settings };
        match conditions.dimensions(&sources) {
            Some(condition) => Formula::Filter(Box::new(of), condition),
            None => of,
        }
    }
}
