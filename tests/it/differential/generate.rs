//! Random KPIs over the schema: formulas of every construct that is switched on, breakdowns that all their
//! aggregates reach, KPIs over KPIs.

use chrono::NaiveDate;

use super::calendar::{Grain, Window, plus};
use super::formula::{Fill, Formula, Kpi, Path, Row};
use super::rng::Rng;
use super::schema::{ACCOUNTS, BALANCES, BUYERS, INVOICES, OWNERS, REPS, SURVEYS, Src, TOUCHES, Ty};
use super::value::Value;
use super::world::{Settings, way};

/// Every dimension that some KPI may be broken down by.
pub const DIMENSIONS: [&[&str]; 19] = [
    &["account", "rep"],
    &["account", "rep", "region"],
    &["account", "first_rep"],
    &["account", "is_buyer"],
    &["account", "last_kind"],
    &["account"],
    &["account", "segment"],
    &["account", "is_large"],
    &["account", "current_rep", "region"],
    &["rep"],
    &["rep", "region"],
    &["tier"],
    &["invoices", "kind"],
    &["touches", "channel"],
    &["accounts", "segment"],
    &["account_owners", "rep_id"],
    &["reps", "region"],
    &["buyer"],
    &["buyer", "bought"],
];

/// Makes KPIs.
pub struct Generator<'a> {
    pub rng: &'a mut Rng,
    pub settings: &'a Settings,
    pub kpis: Vec<Kpi>,
    /// The sources that the formula at hand may read.
    pub(super) sources: Vec<Src>,
    pub(super) palette: Palette,
}

/// What the KPIs of one data set have in common, so that scans can be shared, and are.
pub(super) struct Palette {
    pub sources: Vec<Src>,
    pub dimensions: Vec<Path>,
    pub windows: Vec<Window>,
    /// Which ways to count rows of spans and others.
    pub moments: Vec<usize>,
    pub days: Vec<NaiveDate>,
}

impl Palette {
    fn random(rng: &mut Rng, settings: &Settings) -> Self {
        const ALL: [Src; 13] = [
            INVOICES, INVOICES, INVOICES, ACCOUNTS, ACCOUNTS, ACCOUNTS, TOUCHES, OWNERS, SURVEYS, REPS,
            BALANCES, BALANCES, BUYERS,
        ];
        let sources: Vec<Src> = (0..2).map(|_| *rng.pick(&ALL)).collect();
        let reached: Vec<Path> = DIMENSIONS
            .iter()
            .filter(|d| sources.iter().any(|s| way(*s, d).is_some()))
            .map(|d| d.to_vec())
            .collect();
        let dimensions = (0..2).map(|_| rng.pick(&reached).clone()).collect();
        let windows = (0..1).map(|_| window(rng, settings.grains[0])).collect();
        let moments = (0..2).map(|_| rng.below(8)).collect();
        let days = (0..1).map(|_| plus(settings.as_of, -rng.within(-10, 150))).collect();
        Self { sources, dimensions, windows, moments, days }
    }
}

fn window(rng: &mut Rng, grain: Grain) -> Window {
    let units: &[Option<Grain>] = match grain {
        Grain::Day | Grain::Week => &[Some(Grain::Day), Some(Grain::Week), Some(Grain::Month), None],
        Grain::Month => &[Some(Grain::Day), Some(Grain::Month), Some(Grain::Quarter), None],
        Grain::Quarter => &[Some(Grain::Month), Some(Grain::Quarter), Some(Grain::Year), None],
        Grain::Year => &[Some(Grain::Month), Some(Grain::Day), Some(Grain::Year), None],
    };
    match rng.below(6) {
        0 => Window::AllTime,
        1 => Window::ToDate(*rng.pick(&[Grain::Week, Grain::Month, Grain::Quarter, Grain::Year])),
        _ => {
            let unit = *rng.pick(units);
            let most = if unit == Some(Grain::Day) { 90 } else { 4 };
            Window::Last(rng.within(1, most), unit)
        }
    }
}

impl<'a> Generator<'a> {
    pub fn new(rng: &'a mut Rng, settings: &'a Settings) -> Self {
        let palette = Palette::random(rng, settings);
        Self { rng, settings, kpis: Vec::new(), sources: Vec::new(), palette }
    }

    /// So many KPIs.
    pub fn kpis(mut self, count: usize) -> Vec<Kpi> {
        while self.kpis.len() < count {
            let kpi = self.kpi();
            self.kpis.push(kpi);
        }
        self.kpis
    }

    fn kpi(&mut self) -> Kpi {
        self.sources = vec![*self.rng.pick(&self.palette.sources)];
        if self.rng.percent(30) {
            self.sources.push(*self.rng.pick(&self.palette.sources));
        }
        let depth = self.rng.below(4);
        let formula = match self.rng.below(12) {
            0 => self.condition(depth),
            1 => self.other(),
            _ => self.number(depth),
        };
        let formula = if formula.aggregates(&self.kpis).is_empty() { self.aggregate() } else { formula };
        let by = self.breakdowns(&formula);
        let entity = |p: &Vec<Path>| p.len() == 1 && p[0].len() == 1 && p[0][0] != "tier";
        let fill = match self.rng.below(8) {
            // Whether a member without rows was seen by its part of the whole is not said.
            0 if !formula.has_across(&self.kpis) => Fill::Observed,
            1 | 2 if !by.is_empty() && by.iter().all(entity) && !formula.has_per(&self.kpis) => {
                Fill::Entities
            }
            _ => Fill::Cells,
        };
        let lower = self.rng.percent(15);
        Kpi { formula, by, fill, lower }
    }

    pub(super) fn breakdowns(&mut self, formula: &Formula) -> Vec<Vec<Path>> {
        let reached =
            |dimension: &&Path| formula.roots(&self.kpis).iter().all(|s| way(*s, dimension).is_some());
        let dimensions: Vec<Path> = self.palette.dimensions.iter().filter(reached).cloned().collect();
        let mut all: Vec<Vec<Path>> = Vec::new();
        if dimensions.is_empty() || self.rng.percent(20) {
            return all;
        }
        let first = self.rng.pick(&dimensions).clone();
        let second = self.rng.pick(&dimensions).clone();
        all.push(vec![first.clone()]);
        if self.rng.percent(25) && second != first {
            all.push(if self.rng.percent(60) { vec![first, second] } else { vec![second] });
        }
        all
    }

    /// A formula whose value is a number.
    pub fn number(&mut self, depth: usize) -> Formula {
        if depth == 0 {
            return self.leaf();
        }
        let sub = |g: &mut Self| Box::new(g.number(depth - 1));
        match self.rng.below(20) {
            0..=2 => Formula::Bin('/', sub(self), sub(self)),
            3 => Formula::Bin('+', sub(self), sub(self)),
            4 => Formula::Bin('-', sub(self), sub(self)),
            // One side is small, so that no product passes 38 digits.
            5 => Formula::Bin('*', sub(self), Box::new(Formula::Lit(self.constant()))),
            6 => Formula::Neg(sub(self)),
            7 => {
                let parts = vec![self.condition(depth - 1), self.number(depth - 1), self.number(depth - 1)];
                Formula::Call("if", parts)
            }
            8 => Formula::Call("coalesce", vec![self.number(depth - 1), self.number(0)]),
            9 => self.function(depth),
            10 | 11 => self.windowed(depth),
            12 | 13 => self.shifted(depth),
            14 => self.across(depth),
            15 => self.filtered(depth),
            16 | 17 => self.per(depth),
            _ => self.leaf(),
        }
    }

    fn leaf(&mut self) -> Formula {
        if self.rng.percent(25)
            && let Some(place) = self.earlier(|_, _| true)
        {
            return Formula::Kpi(place);
        }
        if self.rng.percent(6) {
            return Formula::Lit(self.constant());
        }
        if self.rng.percent(12)
            && let Some(convert) = self.conversion()
        {
            return convert;
        }
        self.aggregate()
    }

    /// A KPI that is there already, reads only the sources at hand, and passes a test.
    pub(super) fn earlier(&mut self, test: impl Fn(&Formula, &[Kpi]) -> bool) -> Option<usize> {
        let fits = |k: &usize| {
            let formula = &self.kpis[*k].formula;
            let reads = formula.aggregates(&self.kpis).iter().all(|a| self.sources.contains(&a.source));
            reads
                && is_number(formula, &self.kpis)
                && depth(formula, &self.kpis) < 7
                && test(formula, &self.kpis)
        };
        let all: Vec<usize> = (0..self.kpis.len()).filter(fits).collect();
        if all.is_empty() { None } else { Some(*self.rng.pick(&all)) }
    }

    fn constant(&mut self) -> Value {
        match self.rng.below(4) {
            0 => Value::Exact(i128::from(self.rng.within(1, 30)), 1),
            1 => Value::int(0),
            _ => Value::int(self.rng.within(1, 12)),
        }
    }

    fn function(&mut self, depth: usize) -> Formula {
        match self.rng.below(6) {
            0 => Formula::Call("abs", vec![self.number(depth - 1)]),
            1 => Formula::Call("least", vec![self.number(depth - 1), self.number(0)]),
            2 => Formula::Call("greatest", vec![self.number(depth - 1), self.number(0)]),
            3 => {
                // Floats that are rounded may fall on either side.
                let of = self.aggregate_of(&["sum", "count", "min", "max"], false);
                Formula::Call("round", vec![of, Formula::Lit(Value::int(self.rng.within(0, 1)))])
            }
            4 => Formula::Call("sqrt", vec![self.aggregate_of(&["sum", "count"], false)]),
            _ => Formula::Call("sign", vec![self.aggregate_of(&["sum", "count", "max"], false)]),
        }
    }

    pub(super) fn grain(&self) -> Grain {
        self.settings.grains[0]
    }

    pub(super) fn window(&mut self) -> Window {
        *self.rng.pick(&self.palette.windows)
    }

    /// A condition over results.
    pub(super) fn condition(&mut self, depth: usize) -> Formula {
        let op = *self.rng.pick(&["=", "!=", "<", "<=", ">", ">="]);
        let compared = |g: &mut Self| {
            let (a, b) = (g.number(depth.saturating_sub(1)), g.number(0));
            Formula::Cmp(op, Box::new(a), Box::new(b))
        };
        match self.rng.below(7) {
            0 if depth > 0 => Formula::Not(Box::new(self.condition(depth - 1))),
            1 if depth > 0 => {
                Formula::And(Box::new(self.condition(depth - 1)), Box::new(self.condition(depth - 1)))
            }
            2 if depth > 0 => {
                Formula::Or(Box::new(self.condition(depth - 1)), Box::new(self.condition(depth - 1)))
            }
            3 => Formula::IsMissing(Box::new(self.number(depth.saturating_sub(1))), self.rng.percent(40)),
            _ => compared(self),
        }
    }
}

/// How many formulas stand on top of each other.
fn depth(formula: &Formula, kpis: &[Kpi]) -> usize {
    let below = match formula {
        Formula::Kpi(place) => depth(&kpis[*place].formula, kpis),
        _ => formula.parts().into_iter().map(|p| depth(p, kpis)).max().unwrap_or(0),
    };
    below + 1
}

/// Whether the value is a number.
pub fn is_number(formula: &Formula, kpis: &[Kpi]) -> bool {
    match formula {
        Formula::Not(_) | Formula::And(..) | Formula::Or(..) | Formula::Cmp(..) | Formula::IsMissing(..) => {
            false
        }
        Formula::Aggregate(a) if matches!(a.args.first(), Some(Row::Gap(..))) => false,
        Formula::Aggregate(a) => !matches!(
            (a.name, a.args.first()),
            ("min" | "max" | "first" | "last", Some(Row::Path(path)))
                if !super::world::type_of(a.source, path).is_some_and(Ty::is_number)
        ),
        Formula::Kpi(place) => is_number(&kpis[*place].formula, kpis),
        Formula::Window(of, _) | Formula::Filter(of, _) => is_number(of, kpis),
        _ => true,
    }
}
