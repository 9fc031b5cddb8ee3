//! Calls of the project's functions -> their bodies with the arguments in place of the parameters.
//! Bounded, so that functions that double their argument cannot run away.

use std::collections::{HashMap, HashSet};

use super::Resolver;
use super::arguments::by_position;
use super::calls::clause_span;
use crate::diagnostic::{Diagnostic, codes};
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, InPeriod, MomentKind, Path};
use crate::syntax::walk;

/// How deep functions may call each other.
const DEEPEST: usize = 100;

/// How many nodes all expansions of a project may come to.
const MOST_NODES: usize = 200_000;

impl Resolver<'_> {
    /// Unused functions are checked too: none calls itself, by whatever way. Each function is looked at
    /// once, and each loop is told at the first of its names.
    pub(super) fn check_functions(&mut self) {
        let raw = self.raw;
        let calls: HashMap<&str, Vec<&str>> = raw
            .functions
            .iter()
            .map(|(name, function)| {
                let mut called = Vec::new();
                if let Some(body) = function.formula.as_ref().and_then(|f| f.expr.as_ref()) {
                    walk::walk(body, &mut |e| {
                        if let ExprKind::Call(call) = &e.kind {
                            called.push(call.name.node.as_str());
                        }
                    });
                }
                (name.as_str(), called)
            })
            .collect();
        let mut done: HashSet<&str> = HashSet::new();
        for start in raw.functions.keys() {
            // The way that is being followed, each with how many of its calls were looked at.
            let mut way: Vec<(&str, usize)> = vec![(start.as_str(), 0)];
            while let Some((name, looked)) = way.last_mut() {
                let next = calls.get(name).and_then(|c| c.get(*looked)).copied();
                *looked += 1;
                match next {
                    None => {
                        done.insert(name);
                        way.pop();
                    }
                    Some(next) if done.contains(next) => {}
                    Some(next) => match way.iter().position(|(n, _)| *n == next) {
                        None if calls.contains_key(next) => way.push((next, 0)),
                        None => {}
                        Some(from) => {
                            let mut names: Vec<&str> = way[from..].iter().map(|(n, _)| *n).collect();
                            names.push(next);
                            let at = raw.functions[next].name.span;
                            self.looped.extend(names.iter().map(|n| (*n).to_owned()));
                            let diagnostic =
                                Diagnostic::new(&codes::CYCLE, "functions that call each other in a loop")
                                    .at(at, "calls itself in the end")
                                    .note(format!("cycle: {}", names.join(" -> ")));
                            self.report(diagnostic);
                        }
                    },
                }
            }
        }
    }

    /// The body of a call with its arguments in place.
    pub(super) fn expand(&mut self, call: &crate::syntax::ast::Call, span: Span) -> Option<Expr> {
        let raw = self.raw;
        let function = &raw.functions[&call.name.node];
        if self.expanding.len() > DEEPEST {
            self.report(
                Diagnostic::new(&codes::TOO_DEEP, format!("functions that call each other {DEEPEST} deep"))
                    .at(span, "one more than can be opened up"),
            );
            return None;
        }
        if self.looped.contains(&call.name.node) {
            // Reported by `check_functions`.
            return None;
        }
        let parameters: Vec<(&str, bool)> =
            function.params.iter().map(|p| (p.node.as_str(), false)).collect();
        let call = &match by_position(call, &parameters) {
            Ok(call) => call,
            Err(problem) => {
                self.report(problem);
                return None;
            }
        };
        let usage = format!(
            "{}({})",
            function.name.node,
            function.params.iter().map(|p| p.node.as_str()).collect::<Vec<_>>().join(", ")
        );
        if call.args.len() != function.params.len() || !call.named.is_empty() {
            self.report(
                Diagnostic::new(
                    &codes::WRONG_ARGUMENTS,
                    format!(
                        "`{}` takes {} arguments, not {}",
                        call.name.node,
                        function.params.len(),
                        call.args.len()
                    ),
                )
                .at(span, "")
                .also(function.name.span, "defined here")
                .help(format!("its form is `{usage}`")),
            );
            return None;
        }
        let mut arguments = HashMap::new();
        for (param, argument) in function.params.iter().zip(&call.args) {
            if let Some(clause) = clause_span(argument) {
                self.report(
                    Diagnostic::new(
                        &codes::WRONG_ARGUMENTS,
                        "a clause in an argument of a project's function",
                    )
                    .at(clause, "it would stand in every aggregate of the function")
                    .help(format!("the whole call can be filtered: `({usage} where ...)`")),
                );
                return None;
            }
            arguments.insert(param.node.as_str(), &argument.expr);
        }
        let mut body = function.formula.as_ref()?.expr.clone()?;
        let mut problem = None;
        substitute(&mut body, &arguments, &mut problem);
        if let Some((at, name)) = problem {
            self.report(
                Diagnostic::new(&codes::WRONG_ARGUMENTS, format!("`{name}` must be given a name here"))
                    .at(span, "a formula was given")
                    .also(at, "used as a name here"),
            );
            return None;
        }
        let mut nodes = 0;
        walk::walk(&body, &mut |_| nodes += 1);
        self.expanded += nodes;
        if self.expanded > MOST_NODES {
            if self.expanded - nodes <= MOST_NODES {
                self.report(
                    Diagnostic::new(
                        &codes::TOO_DEEP,
                        "functions that expand to a formula too long to compute",
                    )
                    .at(span, format!("more than {MOST_NODES} parts from here on"))
                    .help("a part that is used more than once can be a KPI, which is computed once"),
                );
            }
            return None;
        }
        Some(body)
    }
}

/// Puts arguments in the place of parameters. `problem` is set where a name is needed and a formula was
/// given.
fn substitute(expr: &mut Expr, arguments: &HashMap<&str, &Expr>, problem: &mut Option<(Span, String)>) {
    match &mut expr.kind {
        ExprKind::Name(path) => {
            let Some((argument, parts)) = head(path, arguments) else { return };
            if path.parts.len() == parts {
                expr.kind = argument.kind.clone();
            } else {
                rename(path, arguments, problem);
            }
        }
        ExprKind::Literal(_) | ExprKind::PeriodField(_) => {}
        ExprKind::Unary { operand, .. }
        | ExprKind::IsMissing { operand, .. }
        | ExprKind::IsStatus { operand, .. }
        | ExprKind::Windowed { operand, .. } => substitute(operand, arguments, problem),
        ExprKind::Binary { left, right, .. } => {
            substitute(left, arguments, problem);
            substitute(right, arguments, problem);
        }
        ExprKind::In { operand, list, .. } => {
            substitute(operand, arguments, problem);
            for item in list {
                substitute(item, arguments, problem);
            }
        }
        ExprKind::Between { operand, low, high, .. } => {
            substitute(operand, arguments, problem);
            substitute(low, arguments, problem);
            substitute(high, arguments, problem);
        }
        ExprKind::TextMatch { operand, pattern, .. } => {
            substitute(operand, arguments, problem);
            substitute(pattern, arguments, problem);
        }
        ExprKind::InPeriod { subject, .. } => {
            if let InPeriod::Column(column) = subject {
                substitute(column, arguments, problem);
            }
        }
        ExprKind::Filtered { formula, condition } => {
            substitute(formula, arguments, problem);
            substitute(condition, arguments, problem);
        }
        ExprKind::Call(call) => {
            for argument in &mut call.args {
                substitute(&mut argument.expr, arguments, problem);
                let paths = [argument.via.as_mut(), argument.per.as_mut()];
                for path in paths.into_iter().flatten().chain(&mut argument.by) {
                    rename(path, arguments, problem);
                }
                match argument.moment.as_mut().map(|m| &mut m.kind) {
                    Some(MomentKind::On(path)) => rename(path, arguments, problem),
                    Some(MomentKind::AsOf(day)) => substitute(day, arguments, problem),
                    _ => {}
                }
                if let Some(filter) = &mut argument.filter {
                    substitute(filter, arguments, problem);
                }
            }
            for (_, value) in &mut call.named {
                substitute(value, arguments, problem);
            }
        }
    }
}

/// A condition from outside by the ways that a KPI chooses: its `rep` is the one of its breakdowns.
pub(super) fn by_ways(condition: &Expr, ways: &[(String, Path)]) -> Expr {
    let named = |path: &Path| Expr { kind: ExprKind::Name(path.clone()), span: path.span() };
    let ways: Vec<(&str, Expr)> = ways.iter().map(|(name, path)| (name.as_str(), named(path))).collect();
    let arguments: HashMap<&str, &Expr> = ways.iter().map(|(name, path)| (*name, path)).collect();
    let mut condition = condition.clone();
    substitute(&mut condition, &arguments, &mut None);
    condition
}

/// What stands for the first part of a path, or for a parameter that is a name; and how many parts that is.
fn head<'e>(path: &Path, arguments: &HashMap<&str, &'e Expr>) -> Option<(&'e Expr, usize)> {
    let first = path.parts[0].node.as_str();
    if let Some(argument) = arguments.get(first) {
        return Some((argument, 1));
    }
    let second = path.parts.get(1).filter(|_| first == "params")?;
    arguments.get(format!("params.{}", second.node).as_str()).map(|argument| (*argument, 2))
}

/// An expression with names in the place of the parameters that stand for them: `params.surveys`.
pub(super) fn by_names(expr: &Expr, names: &[(String, Path)]) -> Expr {
    let named = |path: &Path| Expr { kind: ExprKind::Name(path.clone()), span: path.span() };
    let names: Vec<(&str, Expr)> = names.iter().map(|(name, path)| (name.as_str(), named(path))).collect();
    let arguments: HashMap<&str, &Expr> = names.iter().map(|(name, path)| (*name, path)).collect();
    let mut expr = expr.clone();
    substitute(&mut expr, &arguments, &mut None);
    expr
}

/// Puts a path in the place of a path's first part.
fn rename(path: &mut Path, arguments: &HashMap<&str, &Expr>, problem: &mut Option<(Span, String)>) {
    let Some((argument, parts)) = head(path, arguments) else { return };
    if let ExprKind::Name(given) = &argument.kind {
        path.parts.splice(0..parts, given.parts.iter().cloned());
    } else {
        *problem = Some((path.parts[0].span, path.parts[0].node.clone()));
    }
}
