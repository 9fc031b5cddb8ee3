//! The members that are asked for, by key or by label -> those that there are.

use std::collections::{BTreeSet, HashMap};

use super::{named, refused};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::near::nearest;
use crate::model::project::Dimension;
use crate::results::set::Members;

/// So many members are listed where an unknown one was asked for.
const LISTED: usize = 12;

/// The members of a cell, of those that were seen and those that have a label.
pub(super) fn found(
    asked: &Members,
    dimensions: &[Dimension],
    combos: &[Members],
    labels: &[Option<&HashMap<String, String>>],
) -> Result<Members, Diagnostic> {
    let names = named(dimensions);
    let mut members = Members::new();
    for (at, wanted) in asked.iter().enumerate() {
        let Some(wanted) = wanted else {
            members.push(None);
            continue;
        };
        let labels = labels.get(at).copied().flatten();
        let mut keys: BTreeSet<&str> = combos.iter().filter_map(|c| c.get(at)?.as_deref()).collect();
        keys.extend(labels.iter().flat_map(|l| l.keys()).map(String::as_str));
        let by_label: BTreeSet<&str> = labels
            .iter()
            .flat_map(|l| l.iter())
            .filter(|(_, label)| *label == wanted)
            .map(|(key, _)| key.as_str())
            .collect();
        if keys.contains(wanted.as_str()) {
            members.push(Some(wanted.clone()));
            continue;
        }
        match by_label.into_iter().collect::<Vec<_>>().as_slice() {
            [one] => members.push(Some((*one).to_owned())),
            several => {
                let name = &names[at];
                let headline = match several {
                    [] => format!("`{name}` has no member `{wanted}`"),
                    _ => format!("`{wanted}` is the label of several members of `{name}`"),
                };
                let listed: Vec<&str> =
                    if several.is_empty() { keys.iter().copied().collect() } else { several.to_vec() };
                let mut problem = refused(headline).at(dimensions[at].span, "asked for here");
                if !listed.is_empty() {
                    let more = if listed.len() > LISTED { ", ..." } else { "" };
                    let first: Vec<&str> = listed.iter().take(LISTED).copied().collect();
                    problem = problem.note(format!("its members: {}{more}", first.join(", ")));
                }
                let near = labels.iter().flat_map(|l| l.values()).map(String::as_str);
                // All names are listed above.
                problem.help = nearest(wanted, keys.into_iter().chain(near))
                    .map(|near| format!("a near name exists: `{near}`"));
                return Err(problem);
            }
        }
    }
    Ok(members)
}

/// A cell that is no part of the result: `fill: observed` leaves it out.
pub(super) fn unseen(kpi: &str, period: &str) -> Diagnostic {
    refused(format!("`{kpi}` has no value to explain in {period}"))
        .note("nothing was seen there, and `fill: observed` leaves such cells out")
}
