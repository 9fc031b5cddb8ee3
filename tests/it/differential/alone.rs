//! No answer depends on what is asked for beside it: KPIs of a run asked for alone, in fewer periods,
//! without their breakdowns, with another grain beside theirs, give what they gave together.

use std::fmt::Write as _;

use rumbo::{Outcome, Row};

use super::calendar::Grain;
use super::data::Data;
use super::formula::Kpi;
use super::run::{Place, Question, closure, rules};

/// KPIs of a run that are asked for again.
const AGAIN: [usize; 2] = [31, 77];

/// What differs, in words; empty where nothing does.
pub fn differences(data: &Data, kpis: &[Kpi], place: &Place, together: &Outcome) -> Result<String, String> {
    let settings = &data.settings;
    let grain = settings.grains[0];
    let calendar = &settings.calendar;
    let second = calendar.end(grain, calendar.index(grain, settings.from));
    let mut told = String::new();
    for kpi in AGAIN.into_iter().filter(|k| *k < kpis.len()) {
        let rules = rules(data, kpis, &closure(kpis, kpi));
        let whole =
            Question { kpis: vec![kpi], grains: vec![grain], from: settings.from, to: settings.to, by: true };
        let later = Question { from: second, ..whole.clone() };
        // An offset that is whole periods of one grain need not be of another.
        let beside = if kpis[kpi].formula.has_shift(kpis) { grain } else { Grain::Year };
        let grains = if beside == grain { vec![grain] } else { vec![beside, grain] };
        let ways = [
            ("alone, with another grain beside", Question { grains, ..whole.clone() }),
            ("without breakdowns", Question { by: false, ..whole }),
            ("from the second period on", later),
        ];
        for (way, question) in ways.into_iter().filter(|(_, q)| q.from < q.to) {
            let alone = place.ask(&rules, &question)?;
            if let Some(row) = not_in(&alone, together, &question) {
                let formula = kpis[kpi].formula.print();
                let _ = writeln!(told, "k{kpi} {way}: {row}\n    {formula}\n{question:?}");
            }
        }
    }
    Ok(told)
}

/// A row of one outcome that the other has otherwise.
fn not_in(some: &Outcome, all: &Outcome, question: &Question) -> Option<String> {
    let (kpi, grain) = (question.kpis[0], question.grains[question.grains.len() - 1]);
    let of = |outcome: &Outcome| -> Vec<(Vec<String>, Row)> {
        let tables = outcome.tables.iter().filter(|t| t.kpi == format!("k{kpi}") && t.grain == grain.word());
        let breakdowns = tables.flat_map(|t| &t.breakdowns);
        breakdowns.flat_map(|b| b.rows.iter().map(|r| (b.dimensions.clone(), r.clone()))).collect()
    };
    let (some, all) = (of(some), of(all));
    if some.is_empty()
        && !all.is_empty()
        && all.iter().any(|(d, row)| d.is_empty() && row.start >= question.from)
    {
        return Some("no rows at all".to_owned());
    }
    let row = some.into_iter().find(|row| !all.contains(row))?;
    let same = |(dimensions, other): &&(Vec<String>, Row)| {
        *dimensions == row.0 && (other.start, &other.members) == (row.1.start, &row.1.members)
    };
    Some(format!("{row:?} is not what it is together: {:?}", all.iter().find(same).map(|(_, row)| row)))
}
