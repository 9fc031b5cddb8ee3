//! `strategy:` and what KPIs say of their place in it: names bound, loops of parents refused.

use chrono::NaiveDate;

use super::Resolver;
use super::kpis::texts;
use super::lower::unknown;
use crate::diagnostic::{Diagnostic, codes};
use crate::model::strategy::{Activity, Area, Drive, Links, Objective, Strategy};
use crate::rulefile::raw::RawKpi;
use crate::source::Spanned;

/// The text of a field.
fn text(field: Option<&Spanned<String>>) -> Option<String> {
    field.map(|f| f.node.clone())
}

/// A day, which has been checked for its shape.
pub(super) fn day(field: Option<&Spanned<String>>) -> Option<NaiveDate> {
    field.and_then(|f| f.node.trim().parse().ok())
}

/// A part: `30%` or `0.3`.
pub(super) fn part(text: &str) -> Option<f64> {
    let text = text.trim().replace('_', "");
    let found = match text.strip_suffix('%') {
        Some(percent) => percent.trim().parse::<f64>().ok().map(|p| p / 100.0),
        None => text.parse().ok(),
    };
    found.filter(|f: &f64| f.is_finite())
}

impl Resolver<'_> {
    /// The objectives, activities and areas.
    pub(super) fn strategy(&mut self) {
        let raw = &self.raw.strategy;
        let mut strategy = Strategy::default();
        for (name, objective) in &raw.objectives {
            strategy.objectives.push(Objective {
                name: name.clone(),
                label: texts(objective.label.as_ref()),
                description: texts(objective.description.as_ref()),
                weight: objective.weight.as_ref().and_then(|w| part(&w.node)),
                parent: text(objective.parent.as_ref()),
                approved_on: day(objective.approved_on.as_ref()),
                owner: text(objective.owner.as_ref()),
            });
        }
        for (name, activity) in &raw.activities {
            strategy.activities.push(Activity {
                name: name.clone(),
                label: texts(activity.label.as_ref()),
                description: texts(activity.description.as_ref()),
                parent: text(activity.parent.as_ref()),
                areas: activity.area.iter().map(|a| a.node.clone()).collect(),
                owner: text(activity.owner.as_ref()),
            });
        }
        for (name, area) in &raw.areas {
            strategy.areas.push(Area {
                name: name.clone(),
                label: texts(area.label.as_ref()),
                description: texts(area.description.as_ref()),
                parent: text(area.parent.as_ref()),
                owner: text(area.owner.as_ref()),
            });
        }
        let parents: Vec<_> = raw.objectives.values().map(|o| (&o.name, o.parent.as_ref())).collect();
        self.family("objective", &parents);
        let parents: Vec<_> = raw.activities.values().map(|a| (&a.name, a.parent.as_ref())).collect();
        self.family("activity", &parents);
        let parents: Vec<_> = raw.areas.values().map(|a| (&a.name, a.parent.as_ref())).collect();
        self.family("area", &parents);
        for area in raw.activities.values().flat_map(|a| &a.area) {
            self.is_known("area", area);
        }
        self.model.strategy = strategy;
    }

    /// Parents must be there, and no entry may be its own ancestor.
    fn family(&mut self, what: &str, parents: &[(&Spanned<String>, Option<&Spanned<String>>)]) {
        let parent_of = |name: &str| parents.iter().find(|p| p.0.node == name).and_then(|p| p.1);
        let mut told: Vec<String> = Vec::new();
        for (name, parent) in parents {
            let Some(parent) = parent else { continue };
            if !self.is_known(what, parent) {
                continue;
            }
            let mut chain = vec![name.node.clone()];
            let mut next = Some(*parent);
            while let Some(at) = next {
                if let Some(from) = chain.iter().position(|n| *n == at.node) {
                    if from == 0 && !told.contains(&name.node) {
                        told.extend(chain.iter().cloned());
                        chain.push(at.node.clone());
                        self.report(
                            Diagnostic::new(
                                &codes::CYCLE,
                                format!("parents of `{}` form a cycle", name.node),
                            )
                            .at(parent.span, "its parent")
                            .note(format!("cycle: {}", chain.join(" -> "))),
                        );
                    }
                    break;
                }
                chain.push(at.node.clone());
                next = parent_of(&at.node);
            }
        }
    }

    /// Whether an objective, activity, area or KPI of this name is there; reported if not.
    fn is_known(&mut self, what: &str, name: &Spanned<String>) -> bool {
        let raw = self.raw;
        let names: Vec<&str> = match what {
            "objective" => raw.strategy.objectives.keys().map(String::as_str).collect(),
            "activity" => raw.strategy.activities.keys().map(String::as_str).collect(),
            "area" => raw.strategy.areas.keys().map(String::as_str).collect(),
            _ => raw.kpis.keys().map(String::as_str).collect(),
        };
        if names.contains(&name.node.as_str()) {
            return true;
        }
        let headline = format!("no {what} is named `{}`", name.node);
        let mut problem = unknown(&name.node, name.span, headline, &names);
        if names.is_empty() {
            let section = match what {
                "objective" => "objectives",
                "activity" => "activities",
                _ => "areas",
            };
            problem.help = Some(format!("`strategy: {{{section}: {{{}: {{}}}}}}`", name.node));
        }
        self.report(problem);
        false
    }

    /// What a KPI says of its place.
    pub(super) fn links(&mut self, raw: &RawKpi) -> Links {
        let mut names = |what: &str, written: &[Spanned<String>]| -> Vec<String> {
            let known = written.iter().filter(|name| self.is_known(what, name));
            known.map(|name| name.node.clone()).collect()
        };
        let objectives = names("objective", &raw.objective);
        let activities = names("activity", &raw.activity);
        let areas = names("area", &raw.area);
        let influenced_by = names("area", &raw.influenced_by);
        let guards = names("KPI", &raw.guards);
        let drives = raw.drives.iter().filter(|d| self.is_known("KPI", &d.kpi)).map(|d| Drive {
            kpi: d.kpi.node.clone(),
            falls: d.sign.as_ref().is_some_and(|s| s.node == "-"),
            lag: text(d.lag.as_ref()),
        });
        Links {
            drives: drives.collect(),
            objectives,
            activities,
            areas,
            influenced_by,
            indicator: text(raw.indicator.as_ref()),
            scope: text(raw.scope.as_ref()),
            concept: text(raw.concept.as_ref()),
            guards,
            owner: text(raw.owner.as_ref()),
            since: day(raw.since.as_ref()),
            review: text(raw.review.as_ref()),
        }
    }
}
