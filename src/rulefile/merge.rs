//! Sections of several files -> one raw project; a name that stands twice is told with both places, and
//! the first one holds.

use super::broken::twice;
use super::decode::Sections;
use super::raw::{Named, RawProject};
use crate::diagnostic::{Diagnostics, codes};
use crate::source::Spanned;

/// Adds what a file says.
pub fn merge(project: &mut RawProject, from: Sections, diags: &mut Diagnostics) {
    one("project", &mut project.name, from.name, diags);
    one("as_of", &mut project.as_of, from.as_of, diags);
    one("currency", &mut project.currency, from.currency, diags);
    one("timezone", &mut project.calendar.timezone, from.calendar.timezone, diags);
    one("week_starts", &mut project.calendar.week_starts, from.calendar.week_starts, diags);
    one(
        "fiscal_year_starts",
        &mut project.calendar.fiscal_year_starts,
        from.calendar.fiscal_year_starts,
        diags,
    );
    one("periods", &mut project.calendar.periods, from.calendar.periods, diags);
    for pack in from.uses {
        match project.uses.iter().find(|u| u.name.node == pack.name.node) {
            Some(first) => diags.push(twice(&pack.name, first.name.span)),
            None => project.uses.push(pack),
        }
    }
    named(&mut project.sources, from.sources, |s| &s.name, diags);
    named(&mut project.dimensions, from.dimensions, |d| &d.name, diags);
    named(&mut project.functions, from.functions, |f| &f.name, diags);
    named(&mut project.params, from.params, |p| &p.name, diags);
    named(&mut project.kpis, from.kpis, |k| &k.name, diags);
    let strategy = &mut project.strategy;
    named(&mut strategy.objectives, from.strategy.objectives, |o| &o.name, diags);
    named(&mut strategy.activities, from.strategy.activities, |a| &a.name, diags);
    named(&mut strategy.areas, from.strategy.areas, |a| &a.name, diags);
    named(&mut project.rules, from.rules, |r| &r.name, diags);
    // Two may be about one rule.
    project.waivers.extend(from.waivers);
    named(&mut project.scorecards, from.scorecards, |s| &s.name, diags);
    named(&mut project.tests, from.tests, |t| &t.name, diags);
}

fn named<T>(into: &mut Named<T>, from: Vec<T>, name: fn(&T) -> &Spanned<String>, diags: &mut Diagnostics) {
    for item in from {
        let key = name(&item).clone();
        match into.get(&key.node) {
            Some(first) => diags.push(twice(&key, name(first).span)),
            None => {
                into.insert(key.node, item);
            }
        }
    }
}

/// A setting that a project has once.
fn one(
    key: &str,
    into: &mut Option<Spanned<String>>,
    from: Option<Spanned<String>>,
    diags: &mut Diagnostics,
) {
    match (&into, from) {
        (None, from) => *into = from,
        (Some(first), Some(second)) => diags.push(
            crate::diagnostic::Diagnostic::new(&codes::DUPLICATE_NAME, format!("`{key}` is set twice"))
                .at(second.span, "again here")
                .also(first.span, "first here")
                .help("a project has one; keep it in `rumbo.yaml`"),
        ),
        (Some(_), None) => {}
    }
}
