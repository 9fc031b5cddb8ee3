//! Arguments by name -> by position: `name = value` as a whole argument is a named argument where the
//! function has that parameter; elsewhere it is a comparison.

use crate::diagnostic::{Diagnostic, codes};
use crate::syntax::ast::{Argument, BinaryOp, Call, Expr, ExprKind, Ident};

/// The name and value of an argument that is written `name = value`.
fn pair(argument: &Argument) -> Option<(&Ident, &Expr)> {
    let ExprKind::Binary { op: BinaryOp::Eq, left, right, .. } = &argument.expr.kind else { return None };
    let ExprKind::Name(path) = &left.kind else { return None };
    let whole = argument.span == argument.expr.span && path.parts.len() == 1;
    whole.then(|| (&path.parts[0], &**right))
}

/// The name of an argument that is written `name = value`.
pub(super) fn named_like(argument: &Argument) -> Option<&Ident> {
    pair(argument).map(|(name, _)| name)
}

/// The call with every argument in its parameter's place. One that stands behind an optional parameter
/// that is left out keeps its name.
pub(super) fn by_position(call: &Call, known: &[(&str, bool)]) -> Result<Call, Diagnostic> {
    let parameters: &[&str] = &known.iter().map(|p| p.0).collect::<Vec<_>>();
    let mut places: Vec<Option<Argument>> = vec![None; parameters.len()];
    let mut rest = Vec::new();
    let mut others = Vec::new();
    let mut put = |name: &str, value: &Expr| {
        let at = parameters.iter().position(|p| *p == name).unwrap_or_default();
        if let Some(before) = &places[at] {
            return Err(Diagnostic::new(
                &codes::WRONG_ARGUMENTS,
                format!("the argument `{name}` is given twice"),
            )
            .at(value.span, "again here")
            .also(before.span, "first here"));
        }
        let (expr, span) = (value.clone(), value.span);
        places[at] =
            Some(Argument { expr, via: None, per: None, moment: None, by: Vec::new(), filter: None, span });
        Ok(())
    };
    for argument in &call.args {
        match pair(argument).filter(|(name, _)| parameters.contains(&name.node.as_str())) {
            Some((name, value)) => put(&name.node, value)?,
            None => rest.push(argument.clone()),
        }
    }
    for (name, value) in &call.named {
        if parameters.contains(&name.node.as_str()) {
            put(&name.node, value)?;
        } else {
            others.push((name.clone(), value.clone()));
        }
    }
    let given = rest.len();
    let mut rest = rest.into_iter();
    let mut args = Vec::new();
    let mut gap: Option<(&str, bool)> = None;
    for (place, (name, optional)) in places.into_iter().zip(known) {
        match (place.or_else(|| rest.next()), gap) {
            (Some(argument), None) => args.push(argument),
            (Some(argument), Some((_, true))) => {
                let at = argument.span;
                others.push((Ident::new((*name).to_owned(), at), argument.expr));
            }
            (Some(argument), Some((missing, false))) => {
                return Err(Diagnostic::new(
                    &codes::WRONG_ARGUMENTS,
                    format!("`{name}` is given without `{missing}` before it"),
                )
                .at(argument.span, "")
                .help(format!("{}({})", call.name.node, parameters.join(", "))));
            }
            (None, _) => gap = gap.or(Some((name, *optional))),
        }
    }
    args.extend(rest);
    debug_assert!(args.len() >= given, "no argument is lost");
    Ok(Call { name: call.name.clone(), args, named: others })
}
