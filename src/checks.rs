//! The checks of the packs that the program carries -> what `docs/checks.md` and the page of each say of them:
//! its settings, its condition as the pack has it, the parameters that it reads, what a project must have.

use std::fmt::Write as _;
use std::path::Path;

use crate::api::PACKS;
use crate::diagnostic::Diagnostics;
use crate::rulefile::raw::{Formula, LocalText, RawParam, RawProject, RawRule};
use crate::rulefile::{self, LoadOptions};
use crate::source::SourceMap;
use crate::syntax::ast::{self, Expr, ExprKind, MomentKind};
use crate::syntax::{print, walk};

/// A check of a pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandardCheck {
    /// Its name.
    pub name: String,
    /// How it is shown.
    pub label: String,
    /// `strategic direction`.
    pub axis: String,
    /// `info`, `warning` or `critical`.
    pub severity: String,
    /// What a project must have: `source`, ``KPI `revenue` ``.
    pub needs: Vec<String>,
    /// All of it, as Markdown.
    pub page: String,
}

/// What a parameter of a pack stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Kpi,
    Entity,
    Source,
    Column,
}

impl Role {
    fn word(self) -> &'static str {
        match self {
            Self::Kpi => "KPI",
            Self::Entity => "entity",
            Self::Source => "source",
            Self::Column => "column",
        }
    }
}

/// The checks of all packs, as they stand there.
pub fn standard_checks() -> Vec<StandardCheck> {
    PACKS.iter().flat_map(|(name, text)| checks_of(name, text)).collect()
}

/// The checks as tables, one for each axis, as Markdown; `asks` gives the question of each.
pub fn check_reference(asks: &dyn Fn(&str) -> String) -> String {
    let checks = standard_checks();
    let mut axes: Vec<&str> = Vec::new();
    for check in &checks {
        if !axes.contains(&check.axis.as_str()) {
            axes.push(&check.axis);
        }
    }
    let mut page = String::new();
    for axis in axes {
        let mut title = axis.to_owned();
        title[..1].make_ascii_uppercase();
        let _ = write!(page, "### {title}\n\n| check | asks | severity | needs |\n|---|---|---|---|\n");
        for check in checks.iter().filter(|c| c.axis == axis) {
            let StandardCheck { name, severity, .. } = check;
            let needs = if check.needs.is_empty() { "nothing".to_owned() } else { check.needs.join(", ") };
            let _ =
                writeln!(page, "| [`{name}`](checks/{name}.md) | {} | {severity} | {needs} |", asks(name));
        }
        page.push('\n');
    }
    page
}

fn checks_of(pack: &str, text: &str) -> Vec<StandardCheck> {
    let (mut map, mut problems) = (SourceMap::new(), Diagnostics::new());
    let (file, options) = (format!("{pack}.yaml"), LoadOptions::default());
    let raw = rulefile::load_texts(Path::new(""), &[(&file, text)], &options, &mut map, &mut problems);
    let said = |text: Option<&LocalText>| {
        text.and_then(|d| d.texts.values().next()).map_or_else(String::new, |t| t.node.clone())
    };
    let check = |rule: &RawRule| {
        let params: Vec<&RawParam> = raw.params.values().filter(|p| reads(rule, &p.name.node)).collect();
        let mut needs: Vec<String> = whom(rule).into_iter().collect();
        for param in params.iter().filter(|p| p.names.is_some()) {
            needs.push(format!("{} `{}`", role(&raw, param).word(), value(param)));
        }
        let mut check = StandardCheck {
            name: rule.name.node.clone(),
            label: said(rule.label.as_ref()),
            axis: rule.axis.as_ref().map_or("", |a| a.node.as_str()).replace('_', " "),
            severity: rule.severity.as_ref().map_or("warning", |s| s.node.as_str()).to_owned(),
            needs,
            page: String::new(),
        };
        let periods = |set: Option<&crate::source::Spanned<String>>| {
            set.map_or_else(|| "1 period (the default)".to_owned(), |s| s.node.clone())
        };
        let grain = rule.grain.as_ref().map_or("none: one verdict, at the as-of", |g| &g.node);
        let mut rows = vec![
            ("name", format!("`{}`, of `{pack}`", check.name)),
            ("axis", check.axis.clone()),
            ("severity", check.severity.clone()),
            ("`each`", each(rule)),
            ("`grain`", grain.to_owned()),
            ("`for`", periods(rule.hold_for.as_ref())),
            ("message", format!("`{}`", said(rule.message.as_ref()))),
            ("action", said(rule.action.as_ref())),
        ];
        let needs = if check.needs.is_empty() { "nothing".to_owned() } else { check.needs.join(", ") };
        rows.push(("needs", needs));
        if rule.grain.is_none() {
            rows.retain(|(name, _)| *name != "`for`");
        }
        check.page.push_str("| | |\n|---|---|\n");
        for (name, text) in rows {
            let _ = writeln!(check.page, "| {name} | {text} |");
        }
        let when = rule.when.as_ref().map_or_else(String::new, |w| written(&map, w));
        let _ = write!(check.page, "\nIt fires when\n\n```text\n{when}\n```\n");
        if !params.is_empty() {
            check.page.push_str("\n| parameter | default | is |\n|---|---|---|\n");
        }
        for param in params {
            let _ = writeln!(
                check.page,
                "| `{}` | `{}` | {} |",
                param.name.node,
                value(param),
                kind(&raw, param)
            );
        }
        check
    };
    raw.rules.values().map(check).collect()
}

/// The words of `each:`.
fn each(rule: &RawRule) -> String {
    let Some(each) = &rule.each else { return "the whole".to_owned() };
    let whom = match &each.pair {
        Some(pair) => format!("pair of `{}`", pair.node),
        None => each.dimensions.iter().map(|d| format!("`{}`", d.node)).collect::<Vec<_>>().join(", "),
    };
    let only = each.filter.as_ref().and_then(|f| f.expr.as_ref());
    only.map_or_else(|| whom.clone(), |only| format!("{whom} where `{}`", print(only)))
}

/// What somebody has to define for there to be anybody to judge. Members of the project's own entities are
/// parameters, and told there.
fn whom(rule: &RawRule) -> Option<String> {
    let each = rule.each.as_ref()?;
    if each.pair.is_some() {
        let only = each.filter.as_ref().and_then(|f| f.expr.as_ref());
        return Some(only.map_or_else(String::new, |only| format!("two KPIs where `{}`", print(only))));
    }
    let (entity, only) = match each.dimensions.first()?.node.split_once(" where ") {
        Some((entity, only)) => (entity.trim().to_owned(), format!(" where `{}`", only.trim())),
        None => (each.dimensions.first()?.node.clone(), String::new()),
    };
    let what = match entity.as_str() {
        "kpi" => "a KPI",
        "objective" => "an objective (`strategy:`)",
        "activity" => "an activity (`strategy:`)",
        "area" => "an area (`strategy:`)",
        "kpi_area" => "a KPI with `area:`",
        "drive" => "a KPI with `drives:`",
        "guard" => "a KPI with `guards:`",
        "scorecard" | "scorecard_kpi" => "a scorecard",
        "data_source" => "a source",
        _ => return None,
    };
    Some(format!("{what}{only}"))
}

fn value(param: &RawParam) -> String {
    let value = param.value.as_ref().and_then(|v| v.expr.as_ref()).map(print);
    value.or_else(|| param.names.as_ref().map(|n| n.node.clone())).unwrap_or_default()
}

fn kind(raw: &RawProject, param: &RawParam) -> String {
    if param.names.is_some() {
        return format!("the name of a {}", role(raw, param).word()).replace("a entity", "an entity");
    }
    let value = param.value.as_ref().and_then(|v| v.expr.as_ref());
    match value.map(|v| &v.kind) {
        Some(ExprKind::Literal(ast::Literal::Text(_))) => "a text",
        _ if value.is_some_and(|v| print(v).ends_with('%')) => "a percentage",
        _ => "a number",
    }
    .to_owned()
}

/// Whether a rule's condition, or whom it asks, reads a parameter. Messages read what conditions do.
fn reads(rule: &RawRule, name: &str) -> bool {
    let mut found = uses(rule, name).next().is_some();
    for dimension in rule.each.iter().flat_map(|e| &e.dimensions) {
        let mut words = dimension.node.split(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '_')));
        found |= words.any(|word| word.strip_prefix("params.") == Some(name));
    }
    found
}

/// How a pack uses a parameter that stands for a name.
fn role(raw: &RawProject, param: &RawParam) -> Role {
    let name = &param.name.node;
    if value(param).contains('.') {
        return Role::Column;
    }
    let asked = |rule: &RawRule| {
        let mut dimensions = rule.each.iter().flat_map(|e| &e.dimensions);
        dimensions.any(|d| d.node.split_whitespace().next() == Some(&format!("params.{name}")))
    };
    if raw.rules.values().any(asked) {
        return Role::Entity;
    }
    raw.rules.values().find_map(|rule| uses(rule, name).find(|r| *r != Role::Kpi)).unwrap_or(Role::Kpi)
}

/// The places of a parameter in a rule's formulas.
fn uses<'r>(rule: &'r RawRule, name: &str) -> impl Iterator<Item = Role> + use<'r> {
    let wanted = format!("params.{name}");
    // `params.rate.n` reads `params.rate`.
    let is = move |path: &ast::Path| {
        path.parts.iter().take(2).map(|p| p.node.as_str()).collect::<Vec<_>>().join(".") == wanted
    };
    let filter = rule.each.as_ref().and_then(|e| e.filter.as_ref());
    let formulas = rule.when.iter().chain(filter).filter_map(|f| f.expr.as_ref());
    let mut found = Vec::new();
    for formula in formulas {
        walk::walk(formula, &mut |part: &Expr| match &part.kind {
            ExprKind::Name(path) if is(path) => found.push(Role::Kpi),
            ExprKind::Call(call) => {
                for argument in &call.args {
                    if argument.per.as_ref().is_some_and(&is) {
                        found.push(Role::Entity);
                    }
                    if matches!(argument.moment.as_ref().map(|m| &m.kind), Some(MomentKind::On(path)) if is(path))
                    {
                        found.push(Role::Column);
                    }
                    let counted = call.name.node == "count";
                    if counted && matches!(&argument.expr.kind, ExprKind::Name(path) if is(path)) {
                        found.push(Role::Source);
                    }
                }
            }
            _ => {}
        });
    }
    found.into_iter()
}

/// A formula as it stands in the file: what follows `>-` loses its indentation.
fn written(map: &SourceMap, formula: &Formula) -> String {
    let text = map.slice(formula.span);
    let lines =
        text.lines().map(str::trim).filter(|l| !l.is_empty() && !matches!(*l, ">-" | ">" | "|" | "|-"));
    lines.collect::<Vec<_>>().join("\n")
}
