//! What stands below the parts of a value: its status rule in words, pace, rows that are asked for, the period before.

use super::number::Decimal;
use super::value::{Shape, count};
use super::view::word;
use super::why::{part, rows_s, unit};
use crate::model::judge::{Better, Status, StatusRule};
use crate::model::why::Why;

/// The lines below: key and text.
pub(super) fn facts(why: &Why, shape: Shape) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    let number = |value: f64| shape.number(value).unwrap_or_default();
    if why.table.judged {
        facts.push(("status", rule(why, &number)));
    }
    if let (Some(elapsed), Some(paced)) = (why.elapsed, why.row.judged.paced) {
        let elapsed = part(elapsed).unwrap_or_default();
        facts.push((
            "pace",
            format!("{elapsed} of the period has passed, so {} is due so far", number(paced)),
        ));
    }
    if let Some(min_n) = why.min_n {
        facts.push((
            "min_n",
            format!("{} behind the value, at least {} are asked for", rows_s(why.row.n), count(min_n)),
        ));
    }
    if let Some(previous) = why.row.judged.previous {
        let change = why.row.judged.change.map(|change| {
            let times = if why.table.percent { 2 } else { 0 };
            let shown = Decimal::from_f64(change).map(|d| d.shifted(times));
            let digits = number(change).trim_end_matches('%').split_once('.').map_or(0, |(_, f)| f.len());
            let shown = shown.map(|d| d.rounded(digits).signed()).unwrap_or_default();
            format!(", change {shown}{}", if why.table.percent { " pp" } else { "" })
        });
        let point = if why.same_point { ", up to the same point" } else { "" };
        let (previous, change) = (number(previous), change.unwrap_or_default());
        facts.push(("before", format!("{previous}{} in {}{point}{change}", unit(why), why.before)));
    }
    facts
}

/// Which status a value has, in words.
fn rule(why: &Why, number: &dyn Fn(f64) -> String) -> String {
    let direction = match why.better {
        Some(Better::Higher) => "higher is better; ",
        Some(Better::Lower) => "lower is better; ",
        _ => "",
    };
    match &why.rule {
        StatusRule::Attainment { on_track, at_risk } => {
            let standard = if why.rule == StatusRule::default() { " (the default)" } else { "" };
            let floor = |value: f64| part(value).unwrap_or_default();
            let middle = at_risk.map(|f| format!(", at risk from {}", floor(f))).unwrap_or_default();
            format!(
                "{direction}on track from an attainment of {}{middle}, off track below{standard}",
                floor(*on_track)
            )
        }
        StatusRule::Value(ranges) => {
            let range = |(status, low, high): &(Status, Option<f64>, Option<f64>)| {
                let text = match (low, high) {
                    (Some(low), Some(high)) => format!("from {} to below {}", number(*low), number(*high)),
                    (Some(low), None) => format!("from {}", number(*low)),
                    (None, Some(high)) => format!("below {}", number(*high)),
                    (None, None) => "always".to_owned(),
                };
                format!("{} {text}", word(*status))
            };
            format!("by its value: {}", ranges.iter().map(range).collect::<Vec<_>>().join(", "))
        }
    }
}
