//! A pack's rules and parameters -> the project that uses it, as it has set them.

use super::raw::{RawProject, RawUse};
use crate::diagnostic::near::did_you_mean;
use crate::diagnostic::{Diagnostic, codes};
use crate::source::Spanned;
use crate::syntax::ast::{ExprKind, Literal};
use crate::syntax::print;

/// Takes a pack into a project; what is wrong with the settings.
pub fn take_pack(project: &mut RawProject, used: &RawUse, mut pack: RawProject) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let named = used.severity.iter().map(|(name, _)| name).chain(&used.off);
    for name in named.filter(|name| !pack.rules.contains_key(&name.node)) {
        problems.push(unknown("rule", &used.name, name, pack.rules.keys()));
    }
    for (name, _) in used.params.iter().filter(|(name, _)| !pack.params.contains_key(&name.node)) {
        problems.push(unknown("parameter", &used.name, name, pack.params.keys()));
    }
    for (name, severity) in &used.severity {
        if let Some(rule) = pack.rules.get_mut(&name.node) {
            rule.severity = Some(severity.clone());
        }
    }
    for (name, value) in &used.params {
        let Some(param) = pack.params.get_mut(&name.node) else { continue };
        let Some(expr) = &value.expr else { continue };
        if param.names.is_some() {
            let text = match &expr.kind {
                ExprKind::Literal(Literal::Text(text)) => text.clone(),
                _ => print(expr),
            };
            param.names = Some(Spanned::new(text, value.span));
        } else {
            param.value = Some(value.clone());
        }
    }
    for (name, mut param) in pack.params {
        let set = used.params.iter().any(|(set, _)| set.node == name);
        param.default = param.names.is_some() && !set;
        // What the project itself says of a parameter of this name is meant.
        project.params.entry(name).or_insert(param);
    }
    for (name, rule) in pack.rules {
        if used.off.iter().any(|off| off.node == name) {
            continue;
        }
        if let Some(own) = project.rules.get(&name) {
            let headline = format!("`{name}` is a rule of the pack `{}`", used.name.node);
            problems.push(
                Diagnostic::new(&codes::AMBIGUOUS_NAME, headline)
                    .at(own.name.span, "a rule of the same name")
                    .also(used.name.span, "used here")
                    .help(format!("another name, or `off: [{name}]` under the pack")),
            );
            continue;
        }
        project.rules.insert(name, rule);
    }
    problems
}

fn unknown<'n>(
    what: &str,
    pack: &Spanned<String>,
    name: &Spanned<String>,
    valid: impl Iterator<Item = &'n String>,
) -> Diagnostic {
    let headline = format!("`{}` has no {what} `{}`", pack.node, name.node);
    let mut problem =
        Diagnostic::new(&codes::UNKNOWN_NAME, headline).at(name.span, format!("unknown {what}"));
    problem.help = did_you_mean(&name.node, valid.map(String::as_str));
    problem
}
