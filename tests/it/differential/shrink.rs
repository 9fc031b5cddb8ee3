//! A failing pair -> a smaller one that fails in the same way: fewer KPIs beside it, fewer rows, a simpler
//! formula, a plainer project, as long as there is time for it.

use chrono_tz::UTC;

use super::calendar::{Calendar, Grain, plus};
use super::cells::{self, Expected};
use super::compare;
use super::data::Data;
use super::formula::{Fill, Kpi};
use super::run::{Place, Question, closure, rules};
use super::schema::SOURCES;
use super::simpler::{simpler, write_out};
use super::world::World;

/// How often Rumbo is asked at most.
const MOST: usize = 300;

/// A KPI over a data set, in a run with others.
#[derive(Clone)]
pub struct Pair {
    pub data: Data,
    pub kpis: Vec<Kpi>,
    /// Those that are in the rule file and asked for, by place.
    pub kept: Vec<usize>,
    pub kpi: usize,
    pub grain: Grain,
}

/// How a pair fails.
pub struct Failure {
    pub told: String,
    pub expected: Vec<Expected>,
}

impl Pair {
    /// How it fails; none where it does not.
    pub fn failure(&self) -> Option<Failure> {
        let world = World::new(&self.data.settings, &self.data.files);
        let expected = cells::expected(&world, &self.kpis, self.kpi, self.grain);
        let settings = &self.data.settings;
        let question = Question {
            kpis: self.kept.clone(),
            grains: vec![self.grain],
            from: settings.from,
            to: settings.to,
            by: true,
        };
        let place = Place::new(&self.data).ok()?;
        let told = match place.ask(&rules(&self.data, &self.kpis, &self.kept), &question) {
            Err(told) => told,
            Ok(outcome) => {
                let table = outcome.tables.iter().find(|t| t.kpi == format!("k{}", self.kpi))?;
                compare::table(&world, &expected, table)?
            }
        };
        Some(Failure { told, expected })
    }

    fn closure(&self, kpi: usize) -> Vec<usize> {
        closure(&self.kpis, kpi)
    }
}

/// The kind of a failure: what must stay while the pair shrinks.
fn kind(told: &str) -> String {
    let first = told.lines().next().unwrap_or_default();
    if first.starts_with("error") || first.starts_with("panic") {
        return first.chars().take(12).collect();
    }
    ["cells", "value is", "reason is", "n is", "skipped", "complete"]
        .iter()
        .find(|word| first.contains(**word))
        .map_or_else(String::new, |word| (*word).to_owned())
}

/// The smallest pair that is found.
pub fn shrink(pair: Pair, told: &str) -> Pair {
    let wanted = kind(told);
    let mut shrinker = Shrinker { best: pair, wanted, left: MOST };
    shrinker.alone();
    loop {
        let before = shrinker.left;
        let progress = shrinker.plain() | shrinker.rows() | shrinker.formulas() | shrinker.settings();
        if !progress || shrinker.left == 0 || shrinker.left == before {
            return shrinker.best;
        }
    }
}

struct Shrinker {
    best: Pair,
    wanted: String,
    left: usize,
}

impl Shrinker {
    /// Takes a pair if it still fails in the same way.
    fn takes(&mut self, pair: Pair) -> bool {
        if self.left == 0 {
            return false;
        }
        self.left -= 1;
        let fails = pair.failure().is_some_and(|f| kind(&f.told) == self.wanted);
        if fails {
            self.best = pair;
        }
        fails
    }

    /// Without the KPIs that it does not read; where it needs some of them, with as few as can be.
    fn alone(&mut self) {
        let own = self.best.closure(self.best.kpi);
        if self.takes(Pair { kept: own.clone(), ..self.best.clone() }) {
            return;
        }
        let mut chunk = self.best.kept.len() / 2;
        while chunk > 0 && self.left > 0 {
            let others: Vec<usize> = self.best.kept.iter().copied().filter(|k| !own.contains(k)).collect();
            for some in others.chunks(chunk) {
                let mut kept: Vec<usize> = self.best.kept.clone();
                kept.retain(|k| !some.contains(k));
                // What is kept brings what it reads.
                kept = kept.iter().flat_map(|k| self.best.closure(*k)).collect();
                kept.sort_unstable();
                kept.dedup();
                if kept.len() < self.best.kept.len() {
                    self.takes(Pair { kept, ..self.best.clone() });
                }
            }
            chunk /= 2;
        }
    }

    /// KPIs written out where they are read, fewer breakdowns, no fill.
    fn plain(&mut self) -> bool {
        let mut progress = false;
        let kpi = self.best.kpi;
        if self.best.kept.len() > 1 {
            let mut pair = self.best.clone();
            for place in pair.kept.clone() {
                write_out(&mut pair.kpis, place);
            }
            let own = pair.closure(kpi);
            pair.kept.retain(|k| own.contains(k));
            progress |= self.takes(pair);
        }
        for by in 0..self.best.kpis[kpi].by.len() {
            let mut pair = self.best.clone();
            if by < pair.kpis[kpi].by.len() {
                pair.kpis[kpi].by.remove(by);
                progress |= self.takes(pair);
            }
        }
        if self.best.kpis[kpi].fill != Fill::Cells {
            let mut pair = self.best.clone();
            pair.kpis[kpi].fill = Fill::Cells;
            progress |= self.takes(pair);
        }
        progress
    }

    fn rows(&mut self) -> bool {
        let mut progress = false;
        for source in 0..SOURCES.len() {
            let mut chunk = self.best.data.files[source].len();
            while chunk > 0 {
                let mut from = 0;
                while from < self.best.data.files[source].len() {
                    let mut pair = self.best.clone();
                    let to = (from + chunk).min(pair.data.files[source].len());
                    pair.data.files[source].drain(from..to);
                    if self.takes(pair) {
                        progress = true;
                    } else {
                        from += chunk;
                    }
                }
                chunk /= 2;
            }
        }
        progress
    }

    fn formulas(&mut self) -> bool {
        let mut progress = false;
        let kpi = self.best.kpi;
        let mut at = 0;
        loop {
            let simpler = simpler(&self.best.kpis[kpi].formula);
            let Some(formula) = simpler.get(at) else { return progress };
            let mut pair = self.best.clone();
            pair.kpis[kpi].formula = formula.clone();
            let own = pair.closure(kpi);
            if pair.kept.len() > 1 {
                pair.kept.retain(|k| own.contains(k));
            }
            let reads = !pair.kpis[kpi].formula.aggregates(&pair.kpis).is_empty();
            if reads && self.takes(pair) {
                (progress, at) = (true, 0);
            } else {
                at += 1;
            }
            if self.left == 0 {
                return progress;
            }
        }
    }

    fn settings(&mut self) -> bool {
        let mut progress = false;
        let changes: [fn(&mut Data, Grain); 9] = [
            |d, g| d.settings.grains = vec![g],
            |d, _| d.settings.parquet.fill(false),
            |d, _| d.settings.as_of_time = None,
            |d, _| d.settings.data_from = None,
            |d, _| d.settings.fresh_until = None,
            |d, _| d.settings.inclusive = false,
            |d, _| d.settings.keep = false,
            |d, g| {
                let calendar = d.settings.calendar;
                d.settings.to = calendar.start(g, calendar.index(g, plus(d.settings.to, -1)));
            },
            |d, g| {
                let calendar = d.settings.calendar;
                d.settings.from = calendar.end(g, calendar.index(g, d.settings.from));
            },
        ];
        for change in changes {
            loop {
                let mut pair = self.best.clone();
                change(&mut pair.data, pair.grain);
                let same = format!("{:?}", pair.data.settings) == format!("{:?}", self.best.data.settings);
                if same || pair.data.settings.from >= pair.data.settings.to || !self.takes(pair) {
                    break;
                }
                progress = true;
            }
        }
        let plain = Calendar { zone: UTC, week_starts: 0, fiscal_month: 1 };
        let calendar = self.best.data.settings.calendar;
        if (calendar.zone, calendar.week_starts, calendar.fiscal_month) != (UTC, 0, 1) {
            let mut pair = self.best.clone();
            let settings = &mut pair.data.settings;
            settings.calendar = plain;
            settings.from = plain.start(self.best.grain, plain.index(self.best.grain, settings.from));
            settings.to = plain.end(self.best.grain, plain.index(self.best.grain, plus(settings.to, -1)));
            progress |= self.takes(pair);
        }
        progress
    }
}
