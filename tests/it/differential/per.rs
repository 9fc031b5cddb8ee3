//! A formula for each entity, then over the entities: who they are, what they belong to, which are kept.

use std::rc::Rc;

use chrono::NaiveDate;
use rumbo::Reason;

use super::aggregate::{Answer, aggregate, sum};
use super::calendar::plus;
use super::cells::{Look, seen};
use super::formula::{Formula, Moment, Path, Per};
use super::naive::{Here, Naive, on_of};
use super::rows::{At, truth};
use super::schema::{SOURCES, Src};
use super::value::{Value, arith, order};

/// An entity: its row, and when it belongs to what it belongs to.
#[derive(Clone, Debug)]
pub struct Entity {
    row: usize,
    key: Value,
    moment: Option<NaiveDate>,
}

impl<'a> Naive<'a> {
    pub(super) fn per(&self, per: &'a Per, here: &Here<'a>) -> Answer {
        self.note_windows(per, here);
        if !self.knows_entities(per, here) {
            return Answer::missing(Reason::OutsideData);
        }
        let kept = self.kept_entities(per, here);
        let answers: Vec<Answer> = kept.iter().map(|there| self.eval(&per.of, there)).collect();
        let arguments: Vec<Vec<Value>> = answers.iter().map(|a| vec![a.value.clone()]).collect();
        match per.name {
            "count" => {
                let held = arguments.iter().filter(|a| a[0] == Value::Bool(true)).count() as i64;
                let known = arguments.iter().filter(|a| !a[0].is_missing()).count() as i64;
                Answer::of(Value::int(held), known, arguments.len() as i64 - known)
            }
            "top_share" => self.top_share(per.top, &arguments),
            name => aggregate(name, 0, arguments.len(), &arguments),
        }
    }

    /// Whether a period lies in what the sources of a formula, and of its entities, cover: where nothing is known
    /// of what is looked at for each entity, nothing is known of all.
    pub(super) fn knows_entities(&self, per: &Per, here: &Here<'_>) -> bool {
        let mut known = per.moment.is_none() || self.is_known(entity_source(per), None, here);
        for formula in std::iter::once(&per.of).chain(&per.filter) {
            formula.walk(self.kpis, &mut |f| match f {
                Formula::Aggregate(call) => known &= self.is_covered(call, here),
                Formula::Convert(convert) => known &= self.is_covered(&convert.base, here),
                Formula::Per(inner) => {
                    known &= inner.moment.is_none() || self.is_known(entity_source(inner), None, here);
                }
                _ => {}
            });
        }
        known
    }

    /// Whether the window begins before what any of these sources covers, whoever is looked at.
    fn note_windows(&self, per: &Per, here: &Here<'_>) {
        for call in std::iter::once(&per.of).chain(&per.filter).flat_map(|f| f.aggregates(self.kpis)) {
            self.note_window(call.source, on_of(call), here);
        }
        if per.moment.is_some() {
            self.note_window(entity_source(per), None, here);
        }
    }

    fn top_share(&self, top: i64, arguments: &[Vec<Value>]) -> Answer {
        let whole = aggregate("sum", 0, arguments.len(), arguments);
        let mut values: Vec<Value> =
            arguments.iter().map(|a| a[0].clone()).filter(|v| !v.is_missing()).collect();
        if values.is_empty() {
            let reason = if arguments.is_empty() { Reason::NoRows } else { Reason::NoValues };
            return Answer { value: Value::Missing, reason: Some(reason), ..whole };
        }
        values.sort_by(|a, b| order(b, a).unwrap_or(std::cmp::Ordering::Equal));
        values.truncate(top as usize);
        let part = Answer { value: sum(&values), ..whole.clone() };
        Answer { value: arith('/', &part.value, &whole.value), ..self.arith('/', &part, &whole) }
    }

    /// The entities of a cell that are kept, each as a place where its formula is looked at.
    fn kept_entities(&self, per: &'a Per, here: &Here<'a>) -> Vec<Here<'a>> {
        let source = entity_source(per);
        let belongs = |e: &Entity| {
            here.members.iter().all(|(d, m)| self.world.member(source, e.row, d, e.moment) == *m)
        };
        let ours: Vec<Entity> = self.population(per, here).into_iter().filter(belongs).collect();
        self.keep(per, here, &ours).into_iter().map(|(_, there)| there).collect()
    }

    /// Of the entities of one cell those that the condition keeps.
    fn keep(&self, per: &'a Per, here: &Here<'a>, ours: &[Entity]) -> Vec<(Entity, Here<'a>)> {
        let combos: Rc<Vec<Vec<Value>>> = Rc::new(ours.iter().map(|e| vec![e.key.clone()]).collect());
        let (start, end) = self.border(here);
        let source = entity_source(per);
        let mut kept = Vec::new();
        for entity in ours {
            let there = Here {
                members: vec![(vec![per.entity], entity.key.clone())],
                combos: Rc::clone(&combos),
                entities: true,
                ..here.clone()
            };
            let (row, moment) = (entity.row, entity.moment);
            let at = At { world: self.world, source, row, start, end, moment, dimensions: false };
            let passes = per.filter.as_ref().is_none_or(|f| truth(&self.eval(f, &there).value) == Some(true));
            if passes && at.keeps(per.columns.as_ref()) {
                kept.push((entity.clone(), there));
            }
        }
        kept
    }

    /// The members of the entities that are kept: what the aggregate over them saw.
    pub(super) fn seen_entities(&self, per: &'a Per, here: &Here<'a>, by: &[Path]) -> Vec<Vec<Value>> {
        let source = entity_source(per);
        let members = |e: &Entity| -> Vec<Value> {
            by.iter().map(|d| self.world.member(source, e.row, d, e.moment)).collect()
        };
        let all = self.population(per, here);
        let mut found = Vec::new();
        let mut done: Vec<Vec<Value>> = Vec::new();
        for cell in all.iter().map(members) {
            if done.contains(&cell) {
                continue;
            }
            let ours: Vec<Entity> = all.iter().filter(|e| members(e) == cell).cloned().collect();
            if !self.keep(per, here, &ours).is_empty() {
                found.push(cell.clone());
            }
            done.push(cell);
        }
        found
    }

    /// Those that any aggregate in it saw, or those that were active.
    fn population(&self, per: &'a Per, here: &Here<'a>) -> Vec<Entity> {
        let source = entity_source(per);
        let (start, end) = self.border(here);
        let all = 0..self.world.rows[source].len();
        let whole = Here { members: Vec::new(), ..here.clone() };
        let mut keys: Vec<Value> = Vec::new();
        if per.moment.is_none() {
            let by: [Path; 1] = [vec![per.entity]];
            for formula in std::iter::once(&per.of).chain(&per.filter) {
                seen(self, formula, &whole, Look::OfValue, &by, &mut |members| keys.extend(members));
            }
        }
        let entity = |row: usize| {
            let key = self.world.path(source, row, &[], None);
            let from = SOURCES[source]
                .span
                .and_then(|s| self.world.day(&self.world.path(source, row, &[s.0], None)));
            let to = self.world.until(source, row);
            let spans = SOURCES[source].span.is_some();
            let (active, moment) = match &per.moment {
                Some(Moment::Start) => {
                    let start = start?;
                    (from? < start && to.is_none_or(|to| to >= start), Some(plus(start, -1)))
                }
                Some(Moment::End) => (from? < end && to.is_none_or(|to| to >= end), Some(plus(end, -1))),
                Some(Moment::AsOf(day)) => (from? <= *day && to.is_none_or(|to| to > *day), Some(*day)),
                _ => {
                    let empty = to.is_some() && to <= from;
                    let during = spans
                        && !empty
                        && from.is_some_and(|from| from < end)
                        && to.is_none_or(|to| start.is_none_or(|start| to > start));
                    let first = if during {
                        from.max(start)
                    } else {
                        from.and(to).map(|to| plus(to, -1)).filter(|d| Some(*d) < start)
                    };
                    let first = if spans { first } else { start };
                    (if per.moment.is_some() { during } else { keys.contains(&key) }, first)
                }
            };
            active.then_some(Entity { row, key, moment })
        };
        all.filter_map(entity).collect()
    }
}

fn entity_source(per: &Per) -> Src {
    SOURCES.iter().position(|s| s.entity.is_some_and(|e| e.0 == per.entity)).unwrap_or(0)
}
