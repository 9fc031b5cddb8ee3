//! Formulas a step simpler, for shrinking: a part in the place of the whole, a call with less in it.

use super::formula::{Aggregate, Convert, Formula, Kpi, Per, Row};

/// The KPIs that a formula reads, written out in it.
pub fn write_out(kpis: &mut [Kpi], place: usize) {
    let all = kpis.to_vec();
    inside(&mut kpis[place].formula, &all);
}

fn inside(formula: &mut Formula, all: &[Kpi]) {
    if let Formula::Kpi(place) = formula {
        *formula = all[*place].formula.clone();
        return inside(formula, all);
    }
    for part in formula.parts_mut() {
        inside(part, all);
    }
}

/// Formulas that are a step simpler: a part in the place of the whole, a call with less in it.
pub fn simpler(formula: &Formula) -> Vec<Formula> {
    let mut found: Vec<Formula> = formula.parts().into_iter().cloned().collect();
    if let Formula::Aggregate(call) = formula {
        let mut with = |change: &dyn Fn(&mut Aggregate)| {
            let mut call = call.clone();
            change(&mut call);
            found.push(Formula::Aggregate(call));
        };
        if let Some(filter) = &call.filter {
            with(&|c| c.filter = None);
            for part in conditions(filter) {
                with(&|c| c.filter = Some(part.clone()));
            }
        }
        if call.including_ended {
            with(&|c| c.including_ended = false);
        }
        for part in call.args.first().map(operands).unwrap_or_default() {
            with(&|c| c.args[0] = part.clone());
        }
    }
    if let Formula::Convert(convert) = formula {
        found.push(Formula::Aggregate(Box::new(convert.base.clone())));
        let mut with = |change: &dyn Fn(&mut Convert)| {
            let mut simpler = convert.clone();
            change(&mut simpler);
            if simpler != *convert {
                found.push(Formula::Convert(simpler));
            }
        };
        with(&|c| c.rate = false);
        with(&|c| c.entities = false);
        with(&|c| c.first = false);
        with(&|c| c.base.filter = None);
        with(&|c| c.target.filter = None);
    }
    if let Formula::Per(per) = formula {
        let mut with = |change: &dyn Fn(&mut Per)| {
            let mut per = per.clone();
            change(&mut per);
            found.push(Formula::Per(per));
        };
        if per.filter.is_some() {
            with(&|p| p.filter = None);
        }
        if per.columns.is_some() {
            with(&|p| p.columns = None);
        }
        if per.moment.is_some() {
            with(&|p| p.moment = None);
        }
    }
    if let Formula::Filter(of, condition) = formula {
        found.extend(conditions(condition).into_iter().map(|c| Formula::Filter(of.clone(), c)));
    }
    for at in 0..formula.parts().len() {
        for part in simpler(formula.parts()[at]) {
            let mut whole = formula.clone();
            if let Some(place) = whole.parts_mut().into_iter().nth(at) {
                *place = part;
                found.push(whole);
            }
        }
    }
    found
}

fn conditions(row: &Row) -> Vec<Row> {
    match row {
        Row::And(a, b) | Row::Or(a, b) => vec![(**a).clone(), (**b).clone()],
        Row::Not(a) => vec![(**a).clone()],
        _ => Vec::new(),
    }
}

fn operands(row: &Row) -> Vec<Row> {
    match row {
        Row::Bin(_, a, b) => vec![(**a).clone(), (**b).clone()],
        Row::Call("abs" | "coalesce", args) => vec![args[0].clone()],
        Row::Call("if", args) => vec![args[1].clone(), args[2].clone()],
        _ => conditions(row),
    }
}
