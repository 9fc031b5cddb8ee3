//! The canonical text of calls with their clauses, and of windows.

use std::fmt::Write as _;

use super::constants::{print_path, push_name};
use super::{Level, write, write_list};
use crate::syntax::ast::{Argument, Call, ExprKind, MomentKind, Window, WindowKind};
use crate::syntax::words;

pub(super) fn write_call(out: &mut String, call: &Call) {
    push_name(out, &call.name.node, words::is_plain(&call.name.node));
    out.push('(');
    let mut after_by = false;
    for (i, argument) in call.args.iter().enumerate() {
        if i > 0 {
            out.push_str(", ");
        }
        write_argument(out, argument, after_by);
        after_by = !argument.by.is_empty() && argument.filter.is_none();
    }
    for (i, (name, value)) in call.named.iter().enumerate() {
        if i > 0 || !call.args.is_empty() {
            out.push_str(", ");
        }
        let _ = write!(out, "{} = ", name.node);
        write(out, value, Level::Or);
    }
    out.push(')');
}

fn write_argument(out: &mut String, argument: &Argument, after_by: bool) {
    let at = out.len();
    write(out, &argument.expr, Level::Or);
    let parameter = words::NAMED_PARAMETERS
        .iter()
        .find(|p| out[at..].strip_prefix(**p).is_some_and(|rest| rest.starts_with(" = ")));
    if let Some(parameter) = parameter {
        // A comparison with a column of that name, which without backticks would be a named argument.
        out.replace_range(at..at + parameter.len(), &format!("`{parameter}`"));
    }
    if after_by && matches!(argument.expr.kind, ExprKind::Name(_) | ExprKind::PeriodField(_)) {
        // A bare name after `by a,` would be one more of its paths.
        out.insert(at, '(');
        out.push(')');
    }
    for (word, path) in [(" via ", &argument.via), (" per ", &argument.per)] {
        if let Some(path) = path {
            out.push_str(word);
            out.push_str(&print_path(path));
        }
    }
    if let Some(moment) = &argument.moment {
        match &moment.kind {
            MomentKind::On(path) => {
                let _ = write!(out, " on {}", print_path(path));
            }
            MomentKind::AtStart => out.push_str(" at start"),
            MomentKind::AtEnd => out.push_str(" at end"),
            MomentKind::AsOf(day) => {
                out.push_str(" as of ");
                write(out, day, Level::Sum);
            }
            MomentKind::During => out.push_str(" during"),
        }
        if moment.including_ended {
            out.push_str(" including ended");
        }
    }
    if !argument.by.is_empty() {
        out.push_str(" by ");
        write_list(out, &argument.by, |out, path| out.push_str(&print_path(path)));
    }
    if let Some(filter) = &argument.filter {
        out.push_str(" where ");
        write(out, filter, Level::Or);
    }
}

pub(super) fn write_window(out: &mut String, window: &Window) {
    let _ = match window.kind {
        WindowKind::Last { count, unit } => {
            let plural = if count == 1 { "" } else { "s" };
            write!(out, " over last {count} {}{plural}", words::duration_word(unit))
        }
        WindowKind::ToDate(unit) => write!(out, " {} to date", words::duration_word(unit)),
        WindowKind::AllTime => write!(out, " all time"),
    };
}
