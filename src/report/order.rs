//! The one order of a result's rows: periods ascending, within a period the total first, then the
//! breakdowns as asked for, members by code point, missing last. The engine sorts so too; files and
//! tables must not change when it does not.

use std::cmp::Ordering;

use crate::model::outcome::{Breakdown, KpiTable, Member, Row};

/// A row and the breakdown that it belongs to.
#[derive(Clone, Copy, Debug)]
pub struct Placed<'a> {
    /// The breakdown.
    pub breakdown: &'a Breakdown,
    /// One of its rows.
    pub row: &'a Row,
}

/// All rows of a KPI at a grain: all breakdowns of a period, then those of the next.
pub fn rows(table: &KpiTable) -> Vec<Placed<'_>> {
    let mut placed: Vec<(usize, Placed<'_>)> = table
        .breakdowns
        .iter()
        .enumerate()
        .flat_map(|(i, breakdown)| breakdown.rows.iter().map(move |row| (i, Placed { breakdown, row })))
        .collect();
    placed.sort_by(|(i, a), (j, b)| {
        (a.row.start, a.row.end)
            .cmp(&(b.row.start, b.row.end))
            .then_with(|| is_split(a.breakdown).cmp(&is_split(b.breakdown)))
            .then_with(|| i.cmp(j))
            .then_with(|| members(&a.row.members, &b.row.members))
    });
    placed.into_iter().map(|(_, p)| p).collect()
}

fn is_split(breakdown: &Breakdown) -> bool {
    !breakdown.dimensions.is_empty()
}

/// By key, code point by code point (which is UTF-8's own order), missing last; labels play no part.
pub fn members(a: &[Option<Member>], b: &[Option<Member>]) -> Ordering {
    let one = |x: &Option<Member>, y: &Option<Member>| match (x, y) {
        (Some(x), Some(y)) => x.key.cmp(&y.key),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    };
    a.iter().zip(b).map(|(x, y)| one(x, y)).find(|o| o.is_ne()).unwrap_or_else(|| a.len().cmp(&b.len()))
}

#[cfg(test)]
mod tests {
    use super::super::samples::{breakdown, row, table};
    use super::*;

    #[test]
    fn breakdowns_interleave_by_period_and_missing_members_come_last() {
        let segment = |key: Option<&str>, month| row(month).member(key, None);
        let t = table(
            "revenue",
            vec![
                breakdown(
                    &["segment"],
                    vec![
                        segment(None, 2),
                        segment(Some("Z"), 2),
                        segment(Some("a"), 1),
                        segment(Some("é"), 2),
                    ],
                ),
                breakdown(&[], vec![row(2), row(1)]),
            ],
        );
        let got: Vec<String> = rows(&t)
            .iter()
            .map(|p| {
                let key = p.row.members.first().map(|m| m.as_ref().map_or("(none)", |m| &m.key));
                format!("{} {}", p.row.period, key.unwrap_or("total"))
            })
            .collect();
        assert_eq!(
            got,
            ["2026-01 total", "2026-01 a", "2026-02 total", "2026-02 Z", "2026-02 é", "2026-02 (none)"]
        );
    }
}
