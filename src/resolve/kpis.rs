//! KPIs: formulas that may use each other, in whatever order they stand; a loop is an error that prints
//! it. A KPI under a filter is its formula once more, with the condition in every aggregate.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use super::across::unfit_offsets;
use super::comparisons::duration_unit;
use super::lower::{literal, lower};
use super::results::ResultScope;
use super::{Asked, Resolver, dimension};
use crate::diagnostic::near::did_you_mean;
use crate::diagnostic::{Diagnostic, codes};
use crate::model::expr::{Across, Arith, Expr, Kind, ResultExpr, ResultLeaf, Value};
use crate::model::project::{Dimension, Fill, Kpi};
use crate::model::types::{Type, Unit};
use crate::rulefile::raw::{LocalText, RawKpi};
use crate::source::{Span, Spanned};
use crate::syntax::{ast, print};

use super::literals::TypedValue;

/// Formulas of KPIs by name and filters.
#[derive(Default)]
pub(super) struct States {
    done: HashMap<(String, String), Option<Arc<ResultExpr>>>,
    /// KPIs being typed and where they were used, outermost first.
    open: Vec<(String, Span)>,
    /// How many KPIs stand on top of each other in a formula, by identity.
    depths: HashMap<*const ResultExpr, usize>,
}

/// KPIs on top of each other: what computes them works level by level on a stack.
const DEEPEST: usize = 150;

impl Resolver<'_> {
    pub(super) fn kpis(&mut self, asked: &Asked) {
        let raw = self.raw;
        for (name, kpi) in &raw.kpis {
            let is_asked = asked.only.as_ref().is_none_or(|only| only.contains(name));
            let filters: &[ast::Expr] = if is_asked { &asked.filters } else { &[] };
            let ways = chosen_ways(kpi);
            let filters = filters.iter().map(|f| super::expand::by_ways(f, &ways)).collect();
            let scope = ResultScope { filters, ways, ..ResultScope::default() };
            let Some(formula) = self.kpi_formula(name, &scope, kpi.name.span) else { continue };
            let resolved = self.kpi(kpi, formula, &scope, !(is_asked && asked.grains));
            self.model.kpis.push(resolved);
        }
        // A KPI that is not there without an error would be silence that reads as green.
        let whole = self.schemas.partial.is_empty();
        if self.model.kpis.len() < raw.kpis.len() && whole && !self.diagnostics.has_errors() {
            let lost = raw.kpis.values().find(|k| !self.model.kpis.iter().any(|m| m.name == k.name.node));
            if let Some(lost) = lost {
                self.report(
                    Diagnostic::new(
                        &codes::QUERY_FAILED,
                        format!("the KPI `{}` could not be resolved", lost.name.node),
                    )
                    .at(lost.name.span, "no reason was found, which is Rumbo's own mistake"),
                );
            }
        }
    }

    /// The formula of a KPI under filters; `None` where an error was reported.
    pub(super) fn kpi_formula(
        &mut self,
        name: &str,
        scope: &ResultScope,
        used: Span,
    ) -> Option<Arc<ResultExpr>> {
        let raw = self.raw;
        if let Some(problem) = self.beyond_stated(name, scope, used) {
            self.report(problem);
            return None;
        }
        let mut key = scope.filters.iter().map(print).collect::<Vec<_>>().join(" and ");
        if let Some(window) = &scope.window {
            let _ = write!(key, " {:?}", window.kind);
        }
        for (entity, way) in &scope.ways {
            let _ = write!(key, " {entity}={}", way.text());
        }
        let key = (name.to_owned(), key);
        if let Some(done) = self.kpis.done.get(&key) {
            return done.clone();
        }
        if let Some(at) = self.kpis.open.iter().position(|(n, _)| n == name) {
            self.kpi_loop(at, name, used);
            self.kpis.done.insert(key, None);
            return None;
        }
        let kpi = raw.kpis.get(name)?;
        let written = kpi.formula.as_ref().and_then(|f| f.expr.as_ref());
        self.kpis.open.push((name.to_owned(), used));
        let typed = written.map(|expr| {
            // A KPI's formula knows nothing of the entity that it is asked of.
            let mut scope = ResultScope { per: None, rule: None, ..scope.clone() };
            lower(self, &mut scope, expr)
        });
        self.kpis.open.pop();
        let typed = typed.filter(|t| t.ty != Type::Unknown).and_then(|t| self.in_unit(kpi, t));
        let typed = match self.stated.iter().find(|s| s.kpi == name) {
            Some(results) => self.in_place_of(kpi, typed, results),
            None => typed.map(|t| hidden_below(kpi, t)),
        };
        let typed = typed.map(Arc::new);
        let typed = typed.filter(|t| self.not_too_deep(name, t));
        // A loop found below has put `None` here already.
        self.kpis.done.entry(key).or_insert(typed).clone()
    }

    fn not_too_deep(&mut self, name: &str, formula: &Arc<ResultExpr>) -> bool {
        let mut depth = 0;
        let mut below = vec![&**formula];
        while let Some(expr) = below.pop() {
            expr.leaves(&mut |leaf| match leaf {
                ResultLeaf::Kpi(_, body) => {
                    depth = depth.max(self.kpis.depths.get(&Arc::as_ptr(body)).copied().unwrap_or(0));
                }
                ResultLeaf::Across(_, body) => below.push(body),
                ResultLeaf::History(history) => below.extend(&history.of),
                ResultLeaf::Per(per) => below.extend(per.parts()),
                ResultLeaf::Judged(asked) => below.extend(asked.formulas()),
                ResultLeaf::Bound(_)
                | ResultLeaf::Measure(_)
                | ResultLeaf::Period(..)
                | ResultLeaf::Stated(_)
                | ResultLeaf::Table(_) => {}
            });
        }
        self.kpis.depths.insert(Arc::as_ptr(formula), depth + 1);
        if depth == DEEPEST {
            self.report(
                Diagnostic::new(
                    &codes::TOO_DEEP,
                    format!("`{name}` stands on {DEEPEST} KPIs, one on the other"),
                )
                .at(formula.span, "one more than can be computed"),
            );
        }
        depth < DEEPEST
    }

    fn kpi_loop(&mut self, from: usize, again: &str, used: Span) {
        let members = self.kpis.open[from..].to_vec();
        let mut names: Vec<&str> = members.iter().map(|(n, _)| n.as_str()).collect();
        names.push(again);
        let mut diagnostic = Diagnostic::new(&codes::CYCLE, "KPI definitions form a cycle")
            .at(used, format!("`{}` uses `{again}` here", names[names.len() - 2]))
            .note(format!("cycle: {}", names.join(" -> ")));
        for pair in members.windows(2) {
            diagnostic = diagnostic.also(pair[1].1, format!("`{}` uses `{}` here", pair[0].0, pair[1].0));
        }
        self.report(diagnostic);
    }

    /// Checks the declared unit, and brings durations into it.
    pub(super) fn in_unit(&mut self, kpi: &RawKpi, formula: ResultExpr) -> Option<ResultExpr> {
        let Some(declared) = &kpi.unit else { return Some(formula) };
        if declared.node == "percent" {
            if formula.unit.is_strict() || !(formula.ty.is_number()) {
                let found =
                    if formula.unit.is_strict() { formula.unit.to_string() } else { formula.ty.to_string() };
                self.report(
                    Diagnostic::new(&codes::UNIT_MISMATCH, format!("`percent` on a value in `{found}`"))
                        .at(declared.span, "a part of something is expected")
                        .also(formula.span, format!("this is in `{found}`"))
                        .help("a part is a quotient, `a / b`; without `unit:` the unit is the formula's own"),
                );
                return None;
            }
            return Some(Expr { unit: Unit::none(), ..formula });
        }
        let unit = Unit::declared(&declared.node);
        if let (Type::Duration, Some(length)) = (formula.ty, duration_unit(&declared.node)) {
            let span = formula.span;
            let one = literal(Value::Duration(length), Type::Duration, Unit::none(), span);
            let kind = Kind::Arith(Arith::Div, Box::new(formula), Box::new(one));
            return Some(Expr { kind, ty: Type::Float, unit, span });
        }
        let same = formula.unit.to_string() == unit.to_string() || formula.unit.strict() == unit;
        if formula.unit.is_strict() && !same {
            self.report(
                Diagnostic::new(
                    &codes::UNIT_MISMATCH,
                    format!("the formula is in `{}`, not in `{}`", formula.unit, declared.node),
                )
                .at(declared.span, format!("declared: `{}`", declared.node))
                .also(formula.span, format!("computed: `{}`", formula.unit))
                .help("without `unit:` the unit is the formula's own"),
            );
            return None;
        }
        Some(Expr { unit, ..formula })
    }

    fn kpi(&mut self, raw: &RawKpi, formula: Arc<ResultExpr>, scope: &ResultScope, fits: bool) -> Kpi {
        let mut grains = Vec::new();
        for grain in &raw.grain {
            match self.model.calendar.grain(&grain.node) {
                Some(found) if grains.contains(&found) => {}
                Some(found) => grains.push(found),
                // Its calendar could not be read, which has been said.
                None if self.raw.calendar.broken => {}
                None => {
                    let mut diagnostic =
                        Diagnostic::new(&codes::NO_GRAIN, format!("no grain is named `{}`", grain.node))
                            .at(grain.span, "unknown grain");
                    let calendar = &self.model.calendar;
                    let names = calendar.grains().into_iter().map(|g| calendar.grain_name(g));
                    diagnostic.help = crate::diagnostic::near::did_you_mean(&grain.node, names);
                    self.report(diagnostic);
                }
            }
        }
        if grains.is_empty() {
            grains.extend(self.model.calendar.grain("month"));
        }
        let fill = match raw.fill.as_ref().map(|f| f.node.as_str()) {
            Some("entities") => Fill::Entities,
            Some("observed") => Fill::Observed,
            _ => Fill::Cells,
        };
        let by: Vec<Vec<Dimension>> = raw
            .by
            .iter()
            .flatten()
            .map(|breakdown| breakdown.node.iter().filter_map(|d| self.dimension_written(d)).collect())
            .collect();
        let paths = raw
            .paths
            .iter()
            .filter_map(|(entity, path)| {
                if self.is_reached(entity) {
                    Some((entity.node.clone(), self.dimension_written(path)?.path, path.span))
                } else {
                    None
                }
            })
            .collect();
        let mut judge = self.judge(raw, &formula, scope);
        self.judged_as_stated(&mut judge, &formula, raw);
        let links = self.links(raw);
        let kpi = Kpi {
            name: raw.name.node.clone(),
            defined: raw.name.span,
            label: texts(raw.label.as_ref()),
            description: texts(raw.description.as_ref()),
            text: raw.formula.as_ref().and_then(|f| f.expr.as_ref()).map(print).unwrap_or_default(),
            unit: formula.unit.clone(),
            percent: raw.unit.as_ref().is_some_and(|u| u.node == "percent"),
            formula,
            grains,
            by,
            paths,
            fill,
            decimals: raw.decimals.as_ref().and_then(|d| u8::try_from(d.node).ok()),
            hidden: false,
            cost: None,
            benefit: None,
            judge,
            beside: Vec::new(),
            links,
        };
        self.breakdowns_are_reached(&kpi);
        // Grains that are asked for in place of those are looked at when the request is planned.
        for grain in kpi.grains.iter().filter(|_| fits) {
            let mut unfit = unfit_offsets(&kpi.formula, *grain, &self.model.calendar);
            unfit.extend(super::unfit_windows(&self.model, &kpi.formula, *grain));
            for problem in unfit {
                self.diagnostics.merge(problem.note(format!("the KPI `{}` lists this grain", kpi.name)));
            }
        }
        kpi
    }

    /// Whether a KPI may choose a way to this: an entity, or a relation of some source; reported if not.
    fn is_reached(&mut self, entity: &Spanned<String>) -> bool {
        let model = &self.model;
        let known = model.entity(&entity.node).is_some()
            || model
                .sources
                .iter()
                .any(|s| s.relation_named(&entity.node).is_some() || s.lost.contains(&entity.node));
        if !known {
            let names = model.sources.iter().filter_map(|s| s.entity.as_deref());
            let help = did_you_mean(&entity.node, names);
            let headline = format!("no entity is named `{}`", entity.node);
            let mut diagnostic =
                Diagnostic::new(&codes::UNKNOWN_NAME, headline).at(entity.span, "unknown entity");
            diagnostic.help = help;
            self.report(diagnostic);
        }
        known
    }

    /// Every aggregate of a KPI must reach every dimension of its breakdowns.
    pub(super) fn breakdowns_are_reached(&mut self, kpi: &Kpi) {
        for wanted in kpi.by.iter().flatten() {
            let mut types: Vec<(Type, String)> = Vec::new();
            for per in kpi.formulas().iter().flat_map(|f| f.pers()) {
                let Some(source) = per.source else { continue };
                if let Err(Some(problem)) = dimension(&self.model, source, wanted, kpi) {
                    let needed =
                        format!("needed by what is asked per {} of `{}`", per.entity.name(), kpi.name);
                    self.diagnostics.merge(problem.note(needed));
                }
            }
            for id in kpi.measures_here() {
                let measure = &self.model.measures[id.0];
                match dimension(&self.model, measure.source, wanted, kpi) {
                    Ok(found) => {
                        let source = measure.source;
                        self.usable(source, &found, wanted.span);
                        let measure = &self.model.measures[id.0];
                        self.diagnostics.extend(super::momentless(&self.model, measure, &found, wanted));
                        let column = self.model.column(measure.source, &found);
                        types.push((column.ty, self.model.source(measure.source).name.clone()));
                    }
                    Err(Some(problem)) => {
                        let text = measure.text.clone();
                        self.diagnostics.merge(problem.note(format!("needed by `{text}` of `{}`", kpi.name)));
                    }
                    Err(None) => {}
                }
            }
            let differs = types.windows(2).find(|w| {
                w[0].0 != w[1].0
                    && w.iter().all(|t| t.0 != Type::Unknown)
                    && !(w[0].0.is_number() && w[1].0.is_number())
            });
            if let Some([(a, first), (b, second)]) = differs {
                self.report(
                    Diagnostic::new(
                        &codes::TYPE_MISMATCH,
                        format!("`{}` is {a} in `{first}` and {b} in `{second}`", wanted.name()),
                    )
                    .at(wanted.span, "its members cannot meet"),
                );
            }
        }
    }

    /// The value of `params.NAME`.
    pub(super) fn param(&mut self, path: &ast::Path) -> Option<TypedValue> {
        let raw = self.raw;
        let name = &path.parts[1];
        let Some(param) = raw.params.get(&name.node) else {
            let names: Vec<&str> = raw.params.keys().map(String::as_str).collect();
            let diagnostic = super::lower::unknown(
                &name.node,
                name.span,
                format!("no parameter is named `{}`", name.node),
                &names,
            );
            self.report(diagnostic);
            return None;
        };
        if param.table.is_some() {
            self.report(
                Diagnostic::new(
                    &codes::WRONG_ARGUMENTS,
                    format!("the parameter `{}` is a table, and a row has no cell", name.node),
                )
                .at(name.span, "a plain value is expected where rows are looked at")
                .help("a table gives each result its value: `count(x) > params.NAME`, outside the aggregate"),
            );
            return None;
        }
        let expr = param.value.as_ref()?.expr.as_ref()?;
        let typed = lower(self, &mut ResultScope::default(), expr);
        match typed.kind {
            Kind::Literal(value) if typed.ty != Type::Unknown => Some((value, typed.ty, typed.unit)),
            _ if typed.ty == Type::Unknown => None,
            _ => {
                self.report(
                    Diagnostic::new(
                        &codes::WRONG_TYPE,
                        format!("the parameter `{}` is no plain value", name.node),
                    )
                    .at(expr.span, "a number, text, date or truth value is expected"),
                );
                None
            }
        }
    }
}

/// The formula as everything sees it that uses the KPI: without what its `hide_below` withholds.
fn hidden_below(kpi: &RawKpi, formula: ResultExpr) -> ResultExpr {
    match &kpi.hide_below {
        Some(rows) => {
            let rows = rows.node;
            let (ty, unit, span) = (formula.ty, formula.unit.clone(), formula.span);
            let kind = Kind::Leaf(ResultLeaf::Across(Across::HideBelow(rows), Arc::new(formula)));
            Expr { kind, ty, unit, span }
        }
        None => formula,
    }
}

/// The ways to entities that a KPI writes; one that does not parse is reported elsewhere.
fn chosen_ways(kpi: &RawKpi) -> Vec<(String, ast::Path)> {
    let way = |(entity, path): (&Spanned<String>, &Spanned<String>)| {
        let span = path.span;
        let path = crate::syntax::parse_path(&path.node, &|_, _| span).ok()?;
        Some((entity.node.clone(), path))
    };
    kpi.paths.iter().filter_map(|(entity, path)| way((entity, path))).collect()
}

pub(super) fn texts(text: Option<&LocalText>) -> Vec<(String, String)> {
    text.into_iter().flat_map(|t| t.texts.iter().map(|(l, s)| (l.clone(), s.node.clone()))).collect()
}
