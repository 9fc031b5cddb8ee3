//! What several rules compute on the same cells: one KPI that is not shown for each grain, list of members
//! and choice of ways to them.

use std::sync::Arc;

use crate::diagnostic::{Diagnostic, codes};
use crate::model::calendar::Grain;
use crate::model::expr::{Expr, Kind, ResultExpr, ResultLeaf, Value};
use crate::model::project::Dimension;
use crate::model::types::{Type, Unit};
use crate::resolve::Resolver;
use crate::resolve::across::unfit_offsets;
use crate::rulefile::raw::RawRule;
use crate::source::Span;

type Ways = Vec<(String, Vec<String>, Span)>;

/// The sheets so far.
#[derive(Default)]
pub(super) struct Sheets {
    all: Vec<Sheet>,
}

struct Sheet {
    grain: Grain,
    timeless: bool,
    each: Vec<String>,
    ways: Vec<(String, Vec<String>)>,
    kpi: usize,
    /// What is computed, by the text that equal formulas share.
    keys: Vec<String>,
}

impl Sheets {
    /// The sheet of a rule, and the places of its formulas beside it. `None` where an error was reported.
    pub(super) fn add(
        &mut self,
        r: &mut Resolver<'_>,
        raw: &RawRule,
        (grain, timeless): (Grain, bool),
        each: &[Dimension],
        formulas: Vec<ResultExpr>,
    ) -> Option<(usize, Vec<usize>)> {
        let ways = r.ways_of(raw, each, &formulas)?;
        r.fits(raw, grain, each, &ways, &formulas)?;
        let names: Vec<String> = each.iter().map(Dimension::name).collect();
        let plain: Vec<(String, Vec<String>)> =
            ways.iter().map(|(entity, way, _)| (entity.clone(), way.clone())).collect();
        // Members that are known for themselves do not depend on who else is asked.
        let shared = r.model.root_of(each).is_some() || each.is_empty();
        let found = self.all.iter().position(|s| {
            shared && (s.grain, s.timeless) == (grain, timeless) && s.each == names && s.ways == plain
        });
        let at = found.unwrap_or_else(|| {
            let span = raw.name.span;
            let kind = Kind::Literal(Value::Boolean(true));
            let formula = Expr { kind, ty: Type::Boolean, unit: Unit::none(), span };
            let what = if names.is_empty() { "the whole".to_owned() } else { names.join(", ") };
            let kpi = r.hidden("rules", &what, formula, grain, each);
            r.model.kpis[kpi].paths = ways;
            self.all.push(Sheet { grain, timeless, each: names, ways: plain, kpi, keys: Vec::new() });
            self.all.len() - 1
        });
        let sheet = &mut self.all[at];
        let mut places = Vec::new();
        for formula in formulas {
            let mut key = String::new();
            formula.key(&mut key);
            let place = sheet.keys.iter().position(|k| *k == key).unwrap_or_else(|| {
                sheet.keys.push(key);
                r.model.kpis[sheet.kpi].beside.push(Arc::new(formula));
                sheet.keys.len() - 1
            });
            places.push(place);
        }
        Some((sheet.kpi, places))
    }
}

impl Resolver<'_> {
    /// The ways to the members that the KPIs of a rule choose; those of two KPIs must not differ.
    fn ways_of(&mut self, raw: &RawRule, each: &[Dimension], formulas: &[ResultExpr]) -> Option<Ways> {
        let mut names: Vec<String> = Vec::new();
        for formula in formulas {
            formula.each_leaf(&mut |leaf| match leaf {
                ResultLeaf::Kpi(name, _) if !names.contains(name) => names.push(name.clone()),
                ResultLeaf::Judged(asked) if !names.contains(&asked.name) => names.push(asked.name.clone()),
                _ => {}
            });
        }
        let mut ways: Ways = Vec::new();
        let asked = |entity: &String| each.iter().any(|d| d.path.first() == Some(entity));
        let mut plain: Vec<(String, String)> = Vec::new();
        for name in &names {
            let Some(kpi) = self.model.kpi(name) else { continue };
            for dimension in each {
                let entity = &dimension.path[0];
                if !kpi.paths.iter().any(|(e, ..)| e == entity) {
                    plain.push((entity.clone(), name.clone()));
                }
            }
            for way in kpi.paths.iter().filter(|(entity, ..)| asked(entity)) {
                if !ways.iter().any(|w| (&w.0, &w.1) == (&way.0, &way.1)) {
                    ways.push(way.clone());
                }
            }
        }
        for (at, (entity, way, span)) in ways.iter().enumerate() {
            let other = ways[..at].iter().find(|w| w.0 == *entity).map(|w| w.2);
            let without = plain.iter().find(|(e, _)| e == entity).map(|(_, name)| name.clone());
            if other.is_none() && without.is_none() {
                continue;
            }
            let mut problem = Diagnostic::new(
                &codes::BAD_RULE,
                format!("`{}` compares KPIs that reach `{entity}` on different ways", raw.name.node),
            )
            .at(raw.name.span, "the same member means different rows to them")
            .also(*span, format!("on the way `{}`", way.join(".")));
            if let Some(other) = other {
                problem = problem.also(other, "and on this one");
            }
            if let Some(without) = without {
                problem = problem.note(format!("`{without}` takes the way that its sources have"));
            }
            self.report(problem.help("the same `paths:` for all KPIs of the rule"));
            return None;
        }
        Some(ways)
    }

    /// Whether all that a rule reads can be broken down by its members, at its grain.
    fn fits(
        &mut self,
        raw: &RawRule,
        grain: Grain,
        each: &[Dimension],
        ways: &Ways,
        formulas: &[ResultExpr],
    ) -> Option<()> {
        let before = self.diagnostics.0.len();
        let (first, rest) = formulas.split_first()?;
        let place = self.hidden(&raw.name.node, "rule", first.clone(), grain, each);
        let mut probe = self.model.kpis.remove(place);
        probe.name.clone_from(&raw.name.node);
        probe.paths.clone_from(ways);
        probe.beside = rest.iter().cloned().map(Arc::new).collect();
        self.breakdowns_are_reached(&probe);
        for formula in formulas {
            let mut unfit = unfit_offsets(formula, grain, &self.model.calendar);
            unfit.extend(crate::resolve::unfit_windows(&self.model, formula, grain));
            for problem in unfit {
                let named = format!("the rule `{}` judges this grain", raw.name.node);
                self.diagnostics.merge(problem.note(named));
            }
        }
        let whole = self.diagnostics.0[before.min(self.diagnostics.0.len())..].iter();
        let errors = whole.filter(|d| d.severity == crate::diagnostic::Severity::Error).count();
        (errors == 0).then_some(())
    }
}
