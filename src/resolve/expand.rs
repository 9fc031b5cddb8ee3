//! Calls of the project's functions -> their bodies with the arguments in place of the parameters.
//! Bounded, so that functions that double their argument cannot run away.

use std::collections::HashMap;

use super::Resolver;
use super::arguments::by_position;
use super::lower::clause_span;
use crate::diagnostic::{Diagnostic, codes};
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, InPeriod, MomentKind, Path};
use crate::syntax::walk;

/// How many nodes all expansions of a project may come to.
const MOST_NODES: usize = 200_000;

impl Resolver<'_> {
    /// Unused functions are checked too: every name that they call exists, and none calls itself.
    pub(super) fn check_functions(&mut self) {
        let raw = self.raw;
        for function in raw.functions.values() {
            let Some(body) = function.formula.as_ref().and_then(|f| f.expr.as_ref()) else { continue };
            if let Some(path) = self.calls_itself(&function.name.node, body) {
                let diagnostic = Diagnostic::new(&codes::CYCLE, "functions that call each other in a loop")
                    .at(function.name.span, "calls itself in the end")
                    .note(format!("cycle: {}", path.join(" -> ")));
                self.report(diagnostic);
            }
        }
    }

    /// The way from a function back to itself, reported for the loop's first name only.
    fn calls_itself(&self, start: &str, body: &Expr) -> Option<Vec<String>> {
        let mut stack: Vec<(Vec<String>, &Expr)> = vec![(vec![start.to_owned()], body)];
        let mut seen: Vec<String> = Vec::new();
        while let Some((path, body)) = stack.pop() {
            let mut called = Vec::new();
            walk::walk(body, &mut |e| {
                if let ExprKind::Call(call) = &e.kind {
                    called.push(call.name.node.clone());
                }
            });
            for name in called {
                let mut path = path.clone();
                path.push(name.clone());
                if name == start {
                    let first = path.iter().min().is_some_and(|m| m == start);
                    return first.then_some(path);
                }
                if seen.contains(&name) {
                    continue;
                }
                let function = self.raw.functions.get(&name);
                if let Some(body) = function.and_then(|f| f.formula.as_ref()).and_then(|f| f.expr.as_ref()) {
                    seen.push(name);
                    stack.push((path, body));
                }
            }
        }
        None
    }

    /// The body of a call with its arguments in place.
    pub(super) fn expand(&mut self, call: &crate::syntax::ast::Call, span: Span) -> Option<Expr> {
        let raw = self.raw;
        let function = &raw.functions[&call.name.node];
        if self.expanding.contains(&call.name.node) {
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
            let Some(argument) = arguments.get(path.parts[0].node.as_str()) else { return };
            if path.parts.len() == 1 {
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

/// Puts a path in the place of a path's first part.
fn rename(path: &mut Path, arguments: &HashMap<&str, &Expr>, problem: &mut Option<(Span, String)>) {
    let Some(argument) = arguments.get(path.parts[0].node.as_str()) else { return };
    if let ExprKind::Name(given) = &argument.kind {
        path.parts.splice(0..1, given.parts.iter().cloned());
    } else {
        *problem = Some((path.parts[0].span, path.parts[0].node.clone()));
    }
}
