//! Claims of cause and effect, chained: what a KPI moves through those that it moves.

use std::collections::HashMap;

use super::made::shown;
use crate::model::project::Model;

/// One KPI moves another, directly or through others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Influence<'a> {
    /// The KPI that moves.
    pub from: &'a str,
    /// The KPI that is moved; the same one where claims form a loop.
    pub to: &'a str,
    /// Whether it falls where the first rises: an odd number of the claims on the way say so.
    pub falls: bool,
    /// How many claims the shortest way of this sign has.
    pub length: usize,
}

/// Every ordered pair of KPIs of which the first moves the second, by the claims under `drives`; a pair stands twice
/// where one way says that it rises and another that it falls. In the order of the files, rising first.
///
/// A way may come by a KPI once with each sign and no more, so that a loop is gone round once at most: it ends, and
/// the work is that of KPIs x claims. (Ways that come by no KPI twice would take exponential work to find.) A loop
/// whose signs make a minus therefore gives both signs to all that its KPIs move, each other and themselves included.
pub fn influences(model: &Model) -> Vec<Influence<'_>> {
    let names: Vec<&str> = shown(model).map(|k| k.name.as_str()).collect();
    let places: HashMap<&str, usize> = names.iter().enumerate().map(|(at, name)| (*name, at)).collect();
    let drives: Vec<Vec<(usize, bool)>> = shown(model)
        .map(|k| {
            let known = k.links.drives.iter().filter_map(|d| Some((*places.get(d.kpi.as_str())?, d.falls)));
            known.collect()
        })
        .collect();
    let mut all = Vec::new();
    for (start, from) in names.iter().enumerate() {
        let lengths = lengths(&drives, start);
        for (to, found) in names.iter().zip(lengths) {
            for (falls, length) in [false, true].into_iter().zip(found) {
                all.extend(length.map(|length| Influence { from, to, falls, length }));
            }
        }
    }
    all
}

/// The least number of claims from one KPI to each, where it rises and where it falls; breadth first.
fn lengths(drives: &[Vec<(usize, bool)>], start: usize) -> Vec<[Option<usize>; 2]> {
    let mut found = vec![[None; 2]; drives.len()];
    let mut waiting = vec![(start, false)];
    let mut length = 0;
    while !waiting.is_empty() {
        length += 1;
        let mut next = Vec::new();
        for (at, falls) in waiting {
            for (to, turns) in &drives[at] {
                let falls = falls != *turns;
                let place = &mut found[*to][usize::from(falls)];
                if place.is_none() {
                    *place = Some(length);
                    next.push((*to, falls));
                }
            }
        }
        waiting = next;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::samples::{drive, kpi, model};
    use super::*;

    fn rows(model: &Model) -> Vec<(&str, &str, char, usize)> {
        let rows = influences(model).into_iter();
        rows.map(|i| (i.from, i.to, if i.falls { '-' } else { '+' }, i.length)).collect()
    }

    #[test]
    fn signs_are_multiplied_and_the_shortest_way_counts() {
        let all = model(vec![
            kpi("a").drives(&[drive("b", true), drive("d", false)]),
            kpi("b").drives(&[drive("c", true)]),
            kpi("c").drives(&[drive("d", false)]),
            kpi("d"),
        ]);
        assert_eq!(
            rows(&all),
            [
                ("a", "b", '-', 1),
                ("a", "c", '+', 2),
                ("a", "d", '+', 1),
                ("b", "c", '-', 1),
                ("b", "d", '-', 2),
                ("c", "d", '+', 1),
            ]
        );
    }

    #[test]
    fn ways_that_disagree_give_two_rows() {
        let all = model(vec![
            kpi("a").drives(&[drive("b", false), drive("c", true)]),
            kpi("b").drives(&[drive("c", false)]),
            kpi("c"),
        ]);
        assert_eq!(
            rows(&all),
            [("a", "b", '+', 1), ("a", "c", '+', 2), ("a", "c", '-', 1), ("b", "c", '+', 1)]
        );
    }

    #[test]
    fn loops_end() {
        let all = model(vec![kpi("a").drives(&[drive("b", false)]), kpi("b").drives(&[drive("a", false)])]);
        let both = [("a", "a", '+', 2), ("a", "b", '+', 1), ("b", "a", '+', 1), ("b", "b", '+', 2)];
        assert_eq!(rows(&all), both);
        // More of a makes more of b, which makes less of a, and so less of b.
        let all = model(vec![kpi("a").drives(&[drive("b", false)]), kpi("b").drives(&[drive("a", true)])]);
        assert_eq!(
            rows(&all),
            [
                ("a", "a", '+', 4),
                ("a", "a", '-', 2),
                ("a", "b", '+', 1),
                ("a", "b", '-', 3),
                ("b", "a", '+', 3),
                ("b", "a", '-', 1),
                ("b", "b", '+', 4),
                ("b", "b", '-', 2),
            ]
        );
        let all = model(vec![kpi("a").drives(&[drive("a", false)])]);
        assert_eq!(rows(&all), [("a", "a", '+', 1)]);
    }

    #[test]
    fn dense_graphs_are_no_trouble() {
        let names: Vec<String> = (0..60).map(|i| format!("k{i}")).collect();
        let every =
            |at: usize| names.iter().enumerate().map(move |(i, n)| drive(n, (i + at).is_multiple_of(3)));
        let all = names.iter().enumerate().map(|(at, name)| kpi(name).drives(&every(at).collect::<Vec<_>>()));
        let all = model(all.collect());
        assert_eq!(influences(&all).len(), 60 * 60 * 2);
        assert!(influences(&all).iter().all(|i| i.length <= 3));
    }
}
