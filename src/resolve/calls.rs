//! Calls -> typed expressions: the project's functions are opened up, scalar functions typed by their
//! signatures, the others left to the scope.

use super::Resolver;
use super::arguments::by_position;
use super::lower::{Scope, a, lower, poison};
use super::operators::{described, named};
use crate::diagnostic::{Diagnostic, codes};
use crate::model::expr::{Expr, Kind, Value};
use crate::model::signature::{ArgError, ArgType, Class, Signature};
use crate::model::types::Type;
use crate::source::Span;
use crate::syntax::ast::{self};

/// Types a call.
pub(super) fn call<S: Scope>(
    r: &mut Resolver<'_>,
    scope: &mut S,
    call: &ast::Call,
    span: Span,
) -> Expr<S::Leaf> {
    let name = call.name.node.as_str();
    if r.raw.functions.contains_key(name) {
        return match r.expand(call, span) {
            Some(body) => {
                r.expanding.push(name.to_owned());
                let typed = lower(r, scope, &body);
                r.expanding.pop();
                Expr { span, ..typed }
            }
            None => poison(span),
        };
    }
    let Some(signature) = r.signature(name) else {
        let names: Vec<&str> =
            r.signatures.iter().map(|s| s.name).chain(r.raw.functions.keys().map(String::as_str)).collect();
        let mut diagnostic =
            Diagnostic::new(&codes::UNKNOWN_FUNCTION, format!("no function is named `{name}`"))
                .at(call.name.span, "unknown function");
        diagnostic.help = crate::diagnostic::near::nearest(name, names.iter().copied())
            .map(|n| format!("a near name exists: `{n}`"))
            .or_else(|| elsewhere(name).map(|form| format!("here it is {form}")))
            .or_else(|| Some("`rumbo functions` lists them".to_owned()));
        r.report(diagnostic);
        return poison(span);
    };
    if !signature.evaluated {
        r.not_yet(call.name.span, &format!("`{name}`"));
        return poison(span);
    }
    let parameters: Vec<(&str, bool)> = signature.params.iter().map(|p| (p.name, p.optional)).collect();
    let call = &match by_position(call, &parameters) {
        Ok(call) => call,
        Err(problem) => {
            r.report(problem);
            return poison(span);
        }
    };
    // `name = value` of a name that nothing has is no comparison but an argument that the function lacks.
    let strange = |a: &ast::Argument| {
        let name = super::arguments::named_like(a)?;
        (!scope.knows(r, &name.node)).then(|| name.clone())
    };
    // One of the function's own is among the named where an optional one before it is left out.
    let own = |name: &str| signature.class == Class::History && parameters.iter().any(|p| p.0 == name);
    let unknown = call.named.iter().map(|(name, _)| name).find(|name| !own(&name.node)).cloned();
    let unknown = match signature.class {
        Class::Scalar | Class::Row | Class::History => unknown.or_else(|| call.args.iter().find_map(strange)),
        _ => unknown,
    };
    let told = matches!(signature.class, Class::Scalar | Class::Row | Class::Aggregate | Class::History);
    if let Some(argument) = unknown.filter(|_| told) {
        r.report(
            Diagnostic::new(
                &codes::WRONG_ARGUMENTS,
                format!("`{name}` has no argument named `{}`", argument.node),
            )
            .at(argument.span, "unknown argument")
            .help(form(&signature)),
        );
        return poison(span);
    }
    if !arity_fits(r, &signature, call, span) {
        return poison(span);
    }
    if signature.class != Class::Scalar {
        return scope.call(r, call, signature.class, span);
    }
    let mut args = Vec::new();
    for argument in &call.args {
        if let Some(clause) = clause_span(argument) {
            r.report(
                Diagnostic::new(&codes::WRONG_ARGUMENTS, format!("`{name}` takes values, not rows"))
                    .at(clause, "a clause of aggregates"),
            );
            return poison(span);
        }
        args.push(lower(r, scope, &argument.expr));
    }
    scalar(r, &signature, args, span)
}

/// Help that shows how a function is called.
pub(super) fn form(signature: &Signature) -> String {
    format!("its form is `{}`", signature.usage())
}

/// What functions of spreadsheets and SQL are called here.
fn elsewhere(name: &str) -> Option<&'static str> {
    Some(match name.to_ascii_lowercase().as_str() {
        "sumif" | "sumifs" => "`sum(invoices.amount where kind = \"new\")`",
        "countif" | "countifs" | "counta" => "`count(invoices where kind = \"new\")`",
        "average" | "mean" => "`avg(x)`",
        "averageif" | "averageifs" => "`avg(invoices.amount where kind = \"new\")`",
        "iferror" | "ifnull" | "nvl" | "isnull" | "zeroifnull" => {
            "`coalesce(x, 0)`; a division by zero is missing"
        }
        "nullif" | "safe_divide" | "divide" => "`a / b`, which is missing where `b` is 0",
        "isblank" | "isempty" => "`x is missing`",
        "iff" | "iif" | "ifs" | "case" | "switch" => "`if(condition, value, otherwise)`",
        "countd" | "uniques" | "countunique" => "`count_distinct(x)`",
        "datediff" | "datedif" | "date_diff" => "`days_between(a, b)`",
        "len" => "`length(x)`",
        "stdev" | "stddev_samp" => "`stddev(x)`",
        "var" | "var_samp" => "`variance(x)`",
        "lag" => "`previous(x)` or `ago(x, 12 months)`",
        _ => return None,
    })
}

/// Where the first clause of an argument stands.
pub(super) fn clause_span(argument: &ast::Argument) -> Option<Span> {
    let clauses = [
        argument.via.as_ref().map(ast::Path::span),
        argument.per.as_ref().map(ast::Path::span),
        argument.moment.as_ref().map(|m| m.span),
        argument.by.first().map(ast::Path::span),
        argument.filter.as_ref().map(|f| f.span),
    ];
    clauses.into_iter().flatten().next()
}

fn arity_fits(r: &mut Resolver<'_>, signature: &Signature, call: &ast::Call, span: Span) -> bool {
    let (least, most) = signature.arity();
    let got = call.args.len();
    if got >= least && most.is_none_or(|m| got <= m) {
        return true;
    }
    let extra = most.and_then(|m| call.args.get(m)).map(|a| a.span);
    let expected = match most {
        Some(most) if most == least => format!("{least}"),
        Some(most) => format!("{least} to {most}"),
        None => format!("at least {least}"),
    };
    r.report(
        Diagnostic::new(
            &codes::WRONG_ARGUMENTS,
            format!(
                "`{}` takes {expected} argument{}, not {got}",
                signature.name,
                if expected == "1" { "" } else { "s" }
            ),
        )
        .at(extra.unwrap_or(span), if extra.is_some() { "one too many" } else { "" })
        .help(match extra {
            Some(_) if signature.class == Class::Aggregate => {
                format!("a condition on rows stands after `where`: `{}(x where y > 0)`", signature.name)
            }
            _ => form(signature),
        }),
    );
    false
}

/// Types a call of a scalar function.
fn scalar<L: Clone>(r: &mut Resolver<'_>, signature: &Signature, args: Vec<Expr<L>>, span: Span) -> Expr<L> {
    if args.iter().any(|a| a.ty == Type::Unknown) {
        return poison(span);
    }
    let types: Vec<ArgType> = args
        .iter()
        .map(|arg| ArgType {
            ty: arg.ty,
            unit: arg.unit.clone(),
            integer: match arg.kind {
                Kind::Literal(Value::Integer(n)) => i64::try_from(n).ok(),
                _ => None,
            },
        })
        .collect();
    match (signature.infer)(&types) {
        Ok((ty, unit)) => Expr { kind: Kind::Call(signature.name, args), ty, unit, span },
        Err(problem) => {
            let diagnostic = match problem {
                ArgError::Type(index, expected) => Diagnostic::new(
                    &codes::TYPE_MISMATCH,
                    format!("`{}` of {}", signature.name, a(args[index].ty)),
                )
                .at(args[index].span, format!("{}; expected {expected}", args[index].ty)),
                ArgError::Units(first, second) => Diagnostic::new(
                    &codes::UNIT_MISMATCH,
                    format!(
                        "`{}` of `{}` and `{}`",
                        signature.name,
                        named(&args[first].unit),
                        named(&args[second].unit)
                    ),
                )
                .at(args[second].span, described(&args[second]))
                .also(args[first].span, described(&args[first])),
                ArgError::Other(index, problem) => {
                    Diagnostic::new(&codes::WRONG_ARGUMENTS, format!("`{}`: {problem}", signature.name))
                        .at(args[index].span, problem)
                }
            };
            r.report(diagnostic.help(form(signature)));
            poison(span)
        }
    }
}
