//! A formula -> how many periods back it looks at each of its measures, and at what it asks of each entity.
//! It knows periods by number alone, no rows and no cells.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::calendar::{Calendar, Grain};
use super::expr::{Across, Per, ResultExpr, ResultLeaf};
use super::project::MeasureId;

/// How many periods before the one at hand a formula looks; 0 is that one.
pub type Backs = BTreeSet<i64>;

/// Where a formula looks.
#[derive(Clone, Debug, Default)]
pub struct Looks {
    /// The measures of its own breakdown.
    pub here: BTreeMap<MeasureId, Backs>,
    /// Those that are looked at for each entity.
    pub inside: BTreeMap<MeasureId, Backs>,
    /// What is asked of each entity in its own breakdown, by the identity of the formula.
    pub pers: HashMap<*const ResultExpr, Backs>,
}

impl Looks {
    /// Of a formula at a grain. What a shift is over is looked at in the period at hand too: who is there now
    /// and was not has an answer to give.
    pub fn of(formula: &ResultExpr, grain: Grain, calendar: &Calendar) -> Self {
        let mut walk = Walk { grain, calendar, done: HashSet::new(), found: Self::default() };
        walk.formula(formula, 0, true);
        walk.found
    }

    /// The periods back at which a measure is looked at, wherever it stands.
    pub fn at(&self, measure: MeasureId) -> impl Iterator<Item = i64> {
        self.here.get(&measure).into_iter().chain(self.inside.get(&measure)).flatten().copied()
    }
}

struct Walk<'a> {
    grain: Grain,
    calendar: &'a Calendar,
    done: HashSet<(*const ResultExpr, i64, bool)>,
    found: Looks,
}

impl Walk<'_> {
    fn formula(&mut self, formula: &ResultExpr, back: i64, here: bool) {
        // A formula that many use is looked at once for each period.
        if !self.done.insert((std::ptr::from_ref(formula), back, here)) {
            return;
        }
        formula.leaves(&mut |leaf| match leaf {
            ResultLeaf::Measure(id) => self.measure(*id, back, here),
            ResultLeaf::Period(..) | ResultLeaf::Stated(_) | ResultLeaf::Table(_) => {}
            ResultLeaf::Kpi(_, body) => self.formula(body, back, here),
            ResultLeaf::Across(across, body) => {
                for further in self.further(across) {
                    self.formula(body, back.saturating_add(further), here);
                }
            }
            ResultLeaf::History(history) => {
                for further in 0..=history.back() {
                    for part in &history.of {
                        self.formula(part, back.saturating_add(further), here);
                    }
                }
            }
            ResultLeaf::Per(per) => self.per(per, back, here),
            ResultLeaf::Judged(asked) => asked.formulas().for_each(|body| self.formula(body, back, here)),
            ResultLeaf::Bound(bound) => self.formula(&bound.name, back, here),
        });
    }

    fn measure(&mut self, id: MeasureId, back: i64, here: bool) {
        let all = if here { &mut self.found.here } else { &mut self.found.inside };
        all.entry(id).or_default().insert(back);
    }

    fn per(&mut self, per: &Per, back: i64, here: bool) {
        if here {
            self.found.pers.entry(&raw const per.formula).or_default().insert(back);
        }
        if let Some(population) = per.population {
            self.measure(population, back, false);
        }
        for part in per.parts() {
            self.formula(part, back, false);
        }
    }

    fn further(&self, across: &Across) -> Vec<i64> {
        match across {
            Across::RollingAvg(periods) => (0..i64::from(*periods)).collect(),
            _ => {
                let back = across.offset().and_then(|o| o.periods(self.grain, self.calendar));
                std::iter::once(0).chain(back).collect()
            }
        }
    }
}
