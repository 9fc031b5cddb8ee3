//! The tables of a planned change -> what it comes from: the cells of its two periods meet by member, and what
//! they do to the change is computed. Refuses where a cell that it needs is withheld or missing.

use std::collections::BTreeMap;

use super::effects::{Factor, MixRate, Part, factors, mix_and_rate};
use crate::diagnostic::{Diagnostic, codes};
use crate::model::change::{Cause, Change, Effect, Method};
use crate::model::outcome::{KpiTable, Member, Outcome, Reason, Row};
use crate::plan::change::{ChangePlan, Split};

type Result<T> = std::result::Result<T, Diagnostic>;

/// The rows of a member in the two periods.
type Pair = [Option<Row>; 2];

/// Members in the order of results, missing ones last.
type Key = Vec<(bool, Option<Member>)>;

/// The parts of members in the two periods.
type Parts = BTreeMap<Key, [Part; 2]>;

/// What the change of a KPI comes from.
pub fn change(plan: &ChangePlan, outcome: Outcome) -> Result<Change> {
    let Outcome { tables, as_of, notes, .. } = outcome;
    let Some(table) = tables.first() else { return Err(refused("no values were computed")) };
    let rows = total(plan, table)?;
    let by = table.breakdowns.get(1).map(|b| b.dimensions.clone()).unwrap_or_default();
    let change = rows[0].value.zip(rows[1].value).map(|_| difference(&rows));
    let (method, mut effects) = match (&plan.split, change) {
        (Split::Members, None) => (Method::Difference, Vec::new()),
        (Split::Ratios(_), None) => (Method::MixRate, Vec::new()),
        (Split::Factors(..), None) => (Method::Logarithmic, Vec::new()),
        (Split::Members, Some(_)) => (Method::Difference, differences(plan, table)?),
        (Split::Ratios(ratios), Some(_)) => (Method::MixRate, by_ratios(plan, &tables, ratios)?),
        (Split::Factors(scale, named), Some(_)) => by_factors(plan, &tables, *scale, named)?,
    };
    if let Some(change) = change {
        let sum: f64 = effects.iter().map(|e| e.effect).sum();
        let most = effects.iter().map(|e| e.effect).chain(rows.iter().filter_map(|r| r.value));
        let most = most.fold(0.0, |m: f64, v| m.max(v.abs()));
        // Also where one of them is no number.
        if (sum - change).abs() > 1e-9 * most || !sum.is_finite() {
            return Err(refused(format!("the effects on `{}` do not add up to its change", table.kpi))
                .note("a member lacks a value that is in the total, or the numbers are too large"));
        }
    }
    effects.sort_by(|a, b| b.effect.abs().total_cmp(&a.effect.abs()));
    Ok(Change { table: table.clone(), by, as_of, rows, method, change, effects, notes })
}

fn refused(headline: impl Into<String>) -> Diagnostic {
    Diagnostic::new(&codes::BAD_REQUEST, headline)
}

/// The later value less the earlier, with no more digits after the point than they have.
fn difference(rows: &[Row; 2]) -> f64 {
    let value = |row: &Row| row.value.unwrap_or(0.0);
    let difference = value(&rows[1]) - value(&rows[0]);
    let digits = |row: &Row| match &row.exact {
        Some(exact) if !exact.contains(['e', ':']) => Some(exact.split_once('.').map_or(0, |(_, d)| d.len())),
        _ => None,
    };
    match (digits(&rows[0]), digits(&rows[1])) {
        (Some(a), Some(b)) if a.max(b) <= 9 => {
            format!("{difference:.*}", a.max(b)).parse().unwrap_or(difference) + 0.0
        }
        _ => difference,
    }
}

fn total(plan: &ChangePlan, table: &KpiTable) -> Result<[Row; 2]> {
    let rows = table.breakdowns.first().map_or(&[][..], |b| &b.rows);
    let find = |period: &String| rows.iter().find(|r| r.period == *period).cloned();
    match plan.periods.each_ref().map(find) {
        [Some(before), Some(after)] => Ok([before, after]),
        _ => Err(refused(format!("`{}` has no cells in the two periods", table.kpi))),
    }
}

/// The rows of a table's members in the two periods.
fn members(plan: &ChangePlan, table: &KpiTable) -> Result<BTreeMap<Key, Pair>> {
    let mut all: BTreeMap<Key, Pair> = BTreeMap::new();
    for row in table.breakdowns.get(1).map_or(&[][..], |b| &b.rows) {
        let Some(at) = plan.periods.iter().position(|p| *p == row.period) else { continue };
        if row.reason == Some(Reason::Hidden) {
            return Err(withheld(plan));
        }
        let key = row.members.iter().map(|m| (m.is_none(), m.clone())).collect();
        all.entry(key).or_default()[at] = Some(row.clone());
    }
    Ok(all)
}

fn withheld(plan: &ChangePlan) -> Diagnostic {
    let kpi = plan.request.kpis.iter().flatten().next().map_or("", String::as_str);
    refused(format!("the change of `{kpi}` cannot be split without telling what is withheld"))
        .note("too few rows are behind a part that it is made of (`hide_below`)")
        .help("a coarser breakdown, or longer periods")
}

/// What a cell adds to the whole: nothing where it has no rows or only missing values.
fn added(row: Option<&Row>) -> Result<f64> {
    match row {
        None => Ok(0.0),
        Some(Row { value: Some(value), .. }) => Ok(*value),
        Some(Row { reason: None | Some(Reason::NoRows | Reason::NoValues), .. }) => Ok(0.0),
        Some(row) => {
            let why = row.reason.map_or("missing", Reason::word);
            Err(refused("a member's part cannot be computed").note(format!("{}: {why}", row.period)))
        }
    }
}

fn is_there(pair: &Pair) -> bool {
    pair.iter().flatten().any(|row| row.n > 0 || row.value.is_some_and(|v| v != 0.0))
}

fn cause(key: &Key) -> Cause {
    Cause::Member(key.iter().map(|(_, member)| member.clone()).collect())
}

fn differences(plan: &ChangePlan, table: &KpiTable) -> Result<Vec<Effect>> {
    let mut effects = Vec::new();
    for (key, rows) in members(plan, table)?.into_iter().filter(|(_, rows)| is_there(rows)) {
        let values = [added(rows[0].as_ref())?, added(rows[1].as_ref())?];
        let effect = match &rows {
            [Some(a), Some(b)] if a.value.is_some() && b.value.is_some() => {
                difference(&[a.clone(), b.clone()])
            }
            _ => values[1] - values[0],
        };
        effects.push(Effect { cause: cause(&key), rows, weights: None, mix_rate: None, effect });
    }
    Ok(effects)
}

fn find<'a>(tables: &'a [KpiTable], name: &str) -> Result<&'a KpiTable> {
    tables.iter().find(|t| t.kpi == name).ok_or_else(|| refused("a part was not computed"))
}

/// The numerators and denominators of a quotient's members, and of the whole.
fn parts(plan: &ChangePlan, tables: &[KpiTable], names: &[String; 2]) -> Result<(Parts, [Part; 2])> {
    let mut all = Parts::new();
    let mut whole = [Part::default(); 2];
    for (below, name) in names.iter().enumerate() {
        let table = find(tables, name)?;
        let put = |parts: &mut [Part; 2], pair: [Option<&Row>; 2]| -> Result<()> {
            for (part, row) in parts.iter_mut().zip(pair) {
                *(if below == 1 { &mut part.below } else { &mut part.above }) = added(row)?;
            }
            Ok(())
        };
        let rows = total(plan, table)?;
        if rows.iter().any(|r| r.reason == Some(Reason::Hidden)) {
            return Err(withheld(plan));
        }
        put(&mut whole, [Some(&rows[0]), Some(&rows[1])])?;
        for (key, rows) in members(plan, table)? {
            put(all.entry(key).or_default(), [rows[0].as_ref(), rows[1].as_ref()])?;
        }
    }
    Ok((all, whole))
}

fn by_ratios(plan: &ChangePlan, tables: &[KpiTable], ratios: &[(f64, [String; 2])]) -> Result<Vec<Effect>> {
    let mut sums: BTreeMap<Key, (MixRate, Option<[f64; 2]>)> = BTreeMap::new();
    for (scale, names) in ratios {
        let (members, whole) = parts(plan, tables, names)?;
        let members: Vec<(Key, [Part; 2])> =
            members.into_iter().filter(|(_, parts)| *parts != [Part::default(); 2]).collect();
        let values: Vec<[Part; 2]> = members.iter().map(|(_, parts)| *parts).collect();
        for ((key, parts), found) in members.into_iter().zip(mix_and_rate(&values, whole)) {
            let (sum, weights) = sums.entry(key).or_default();
            sum.mix += scale * found.mix + 0.0;
            sum.rate += scale * found.rate + 0.0;
            if ratios.len() == 1 {
                *weights = Some([0, 1].map(|at| parts[at].below / whole[at].below));
            }
        }
    }
    let mut rows = members(plan, find(tables, &tables[0].kpi)?)?;
    let effect = |(key, (found, weights)): (Key, (MixRate, Option<[f64; 2]>))| Effect {
        cause: cause(&key),
        rows: rows.remove(&key).unwrap_or_default(),
        weights,
        mix_rate: Some([found.mix, found.rate]),
        effect: found.mix + found.rate,
    };
    Ok(sums.into_iter().map(effect).collect())
}

fn by_factors(
    plan: &ChangePlan,
    tables: &[KpiTable],
    scale: f64,
    named: &[(String, bool)],
) -> Result<(Method, Vec<Effect>)> {
    let mut found = Vec::new();
    for (name, divides) in named {
        let table = find(tables, name)?;
        let rows = total(plan, table)?;
        if rows.iter().any(|r| r.reason == Some(Reason::Hidden)) {
            return Err(withheld(plan));
        }
        let values = match (rows[0].value, rows[1].value) {
            (Some(before), Some(after)) => [before, after],
            _ => return Err(refused("a factor is missing in one of the periods")),
        };
        found.push((table, rows, Factor { values, divides: *divides }));
    }
    let all: Vec<Factor> = found.iter().map(|(.., factor)| *factor).collect();
    let (effects, logarithmic) = factors(&all);
    let method = if logarithmic { Method::Logarithmic } else { Method::Midpoint };
    let text = |name: &str| plan.model.kpi(name).map_or_else(String::new, |k| k.text.clone());
    let effect = |((table, rows, factor), effect): ((&KpiTable, [Row; 2], Factor), f64)| Effect {
        cause: Cause::Factor(text(&table.kpi), factor.divides, Box::new(table.clone())),
        rows: rows.map(Some),
        weights: None,
        mix_rate: None,
        effect: scale * effect + 0.0,
    };
    Ok((method, found.into_iter().zip(effects).map(effect).collect()))
}
