//! The tables of a scorecard's KPIs -> a row for each member and period: the parts, rolled up, and the pay.
//! What is not judged, or not paid, says why.

use std::collections::{BTreeMap, HashMap};

use super::run::{Run, local};
use super::table::Made;
use crate::diagnostic::Diagnostic;
use crate::model::judge::{Status, rounded};
use crate::model::outcome::{Breakdown, KpiTable, Member, Reason, Row, ScoreKpi, ScoreRow, ScoreTable};
use crate::model::scorecard::{Part, Pay, Rolled, Scorecard, to_cents};
use crate::plan::{CardPlan, TablePlan};
use crate::results::set::Members;

type Key = (chrono::NaiveDate, Vec<Option<String>>);

impl Run<'_> {
    /// Computes a scorecard.
    pub(super) async fn scorecard(&self, plan: &CardPlan, made: &Made<'_>) -> Result<ScoreTable, Diagnostic> {
        let card = &self.model.scorecards[plan.card];
        let (kpis, beside) = plan.tables.split_at(card.kpis.len());
        let mut tables = Vec::new();
        for table in kpis {
            tables.push(self.table(table, made, &[]).await?);
        }
        let members = Self::members(card, &tables);
        // The formulas of pay are asked for whoever has a scorecard.
        let mut paid = Vec::new();
        for table in beside {
            paid.push(self.table(table, made, &there(table, members.keys())).await?);
        }
        let rows: Vec<HashMap<Key, &Row>> = tables.iter().map(|t| by_key(of(card, t))).collect();
        let paid: Vec<HashMap<Key, &Row>> = paid.iter().map(|t| by_key(of(card, t))).collect();
        let mut out: Vec<ScoreRow> = Vec::new();
        let periods: BTreeMap<chrono::NaiveDate, &Row> =
            tables.iter().flat_map(|t| of(card, t)).map(|r| (r.start, r)).collect();
        for first in periods.values() {
            for (key, member) in &members {
                let key = (first.start, key.clone());
                out.push(score(card, first, member, (&rows, &paid), &key));
            }
        }
        Ok(ScoreTable {
            scorecard: card.name.clone(),
            label: local(&card.label, self.lang),
            grain: self.model.calendar.grain_name(card.grain).to_owned(),
            dimensions: card.each.iter().map(crate::model::project::Dimension::name).collect(),
            rollup: card.rollup,
            kpis: card
                .kpis
                .iter()
                .zip(&tables)
                .map(|((_, weight), t)| ScoreKpi {
                    kpi: t.kpi.clone(),
                    label: t.label.clone(),
                    weight: *weight,
                })
                .collect(),
            pay: card.pay.as_ref().map(|pay| pay.unit.clone()),
            rows: out,
        })
    }

    /// Whoever has a scorecard: each member that a KPI saw, or that is there; not those without a name.
    fn members(card: &Scorecard, tables: &[KpiTable]) -> BTreeMap<Members, Vec<Option<Member>>> {
        let mut all = BTreeMap::new();
        for row in tables.iter().flat_map(|t| of(card, t)) {
            if row.members.iter().all(Option::is_some) {
                all.entry(keys(&row.members)).or_insert_with(|| row.members.clone());
            }
        }
        all
    }
}

/// One scorecard of a member in a period.
fn score(
    card: &Scorecard,
    period: &Row,
    member: &[Option<Member>],
    (rows, paid): (&[Found<'_>], &[Found<'_>]),
    key: &Key,
) -> ScoreRow {
    let found: Vec<Option<&Row>> = rows.iter().map(|r| r.get(key).copied()).collect();
    let mut parts: Vec<Part> = card
        .kpis
        .iter()
        .zip(&found)
        .map(|((_, weight), row)| Part {
            weight: *weight,
            score: row.and_then(|r| r.judged.score),
            attainment: row.and_then(|r| r.judged.attainment),
            status: row.map_or(Status::Unknown, |r| r.judged.status),
            why: row.map_or(Some(Reason::NoRows), Row::why),
            contribution: None,
        })
        .collect();
    let rolled = card.rollup.of(&mut parts);
    let complete = found.iter().flatten().all(|r| r.complete) && period.complete;
    let away = found.iter().flatten().any(|r| r.judged.why == Some(Reason::NotActive));
    let why = if rolled.score.is_some() {
        None
    } else if away {
        Some(Reason::NotActive)
    } else {
        parts.iter().find_map(|p| p.why).or(Some(Reason::NoTarget))
    };
    let number = |at: usize| paid.get(at).and_then(|rows| rows.get(key)).copied();
    let (pay, multiplier, pay_why, base) = match &card.pay {
        None => (None, None, None, None),
        Some(pay) => {
            let base = number(0);
            let needs = if pay.needs.is_some() { Needs::Row(number(1)) } else { Needs::Nothing };
            let found = paid_of(pay, &rolled, complete, base, &needs, why);
            (found.amount, found.multiplier, found.why, base.and_then(|b| b.value))
        }
    };
    ScoreRow {
        period: period.period.clone(),
        start: period.start,
        end: period.end,
        complete,
        members: member.to_vec(),
        parts,
        score: rolled.score,
        attainment: rolled.attainment,
        coverage: rolled.coverage,
        why,
        base,
        multiplier,
        pay,
        pay_why,
    }
}

/// The rows of a table.
type Found<'a> = HashMap<Key, &'a Row>;

/// What pay needs.
enum Needs<'a> {
    /// No condition.
    Nothing,
    /// The condition's row, where it has one.
    Row(Option<&'a Row>),
}

struct Paid {
    amount: Option<f64>,
    multiplier: Option<f64>,
    why: Option<Reason>,
}

/// What is paid, or why that is not known.
fn paid_of(
    pay: &Pay,
    rolled: &Rolled,
    complete: bool,
    base: Option<&Row>,
    needs: &Needs<'_>,
    why: Option<Reason>,
) -> Paid {
    let multiplier = rolled.attainment.map(|a| pay.curve.multiplier(a));
    let unknown = |why: Option<Reason>| Paid { amount: None, multiplier: None, why };
    if why == Some(Reason::NotActive) {
        return unknown(why);
    }
    if !complete {
        return unknown(Some(Reason::NotClosed));
    }
    let Some(multiplier) = multiplier else { return unknown(why.or(Some(Reason::LowCoverage))) };
    if rounded(rolled.coverage) < rounded(pay.min_coverage) {
        return unknown(Some(Reason::LowCoverage));
    }
    let Some(amount) = base.and_then(|b| b.value) else {
        return unknown(base.and_then(|b| b.reason).or(Some(Reason::NoValues)));
    };
    match needs {
        Needs::Nothing => {}
        Needs::Row(row) => match row.and_then(|r| r.value) {
            Some(holds) if holds > 0.0 => {}
            Some(_) => return Paid { amount: Some(0.0), multiplier: Some(0.0), why: Some(Reason::Withheld) },
            None => return unknown(row.and_then(|r| r.reason).or(Some(Reason::NoRows))),
        },
    }
    let digits = pay.unit.minor_digits();
    Paid { amount: Some(to_cents(amount * multiplier, digits)), multiplier: Some(multiplier), why: None }
}

fn keys(members: &[Option<Member>]) -> Members {
    members.iter().map(|m| m.as_ref().map(|m| m.key.clone())).collect()
}

/// The rows of a scorecard's breakdown.
fn of<'t>(card: &Scorecard, table: &'t KpiTable) -> &'t [Row] {
    let found: Option<&Breakdown> = table.breakdowns.iter().find(|b| b.dimensions.len() == card.each.len());
    found.map_or(&[], |b| &b.rows)
}

fn by_key(rows: &[Row]) -> HashMap<Key, &Row> {
    rows.iter().map(|r| ((r.start, keys(&r.members)), r)).collect()
}

/// Members that are there in every period that a table computes.
fn there<'m>(table: &TablePlan, members: impl Iterator<Item = &'m Members>) -> Vec<(Members, Vec<bool>)> {
    let width = table.computed.clone().count();
    members.map(|m| (m.clone(), vec![true; width])).collect()
}
