//! Random data sets and formulas, evaluated by Rumbo and by a naive evaluator that goes over rows and
//! periods as the language says; every cell has to be the same. CONTRIBUTING.md says how to run more.

mod aggregate;
mod alone;
mod calendar;
mod cells;
mod compare;
mod conditions;
mod constructs;
mod convert;
mod data;
mod facts;
mod formula;
mod generate;
mod golden;
mod leaves;
mod moments;
mod naive;
mod per;
mod print;
mod rng;
mod rows;
mod run;
mod scalar;
mod schema;
mod shrink;
mod simpler;
mod value;
mod world;

use std::fmt::Write as _;

use libtest_mimic::Trial;

use crate::Outcome;
use data::Data;
use formula::Kpi;
use generate::Generator;
use rng::Rng;
use run::{Place, Question};
use shrink::Pair;
use world::World;

/// KPIs in one run over one data set, so that what the planner shares is tested too.
const TOGETHER: usize = 100;

/// Pairs of a data set and a formula in a normal test run.
const PAIRS: usize = 2_000;

/// Failing pairs of a data set that are shrunk; the others are named.
const SHRUNK: usize = 1;

pub fn trials() -> Vec<Trial> {
    let asked = |name: &str| std::env::var(name).ok().and_then(|v| v.parse::<usize>().ok());
    let sets = usize::div_ceil(asked("RUMBO_DIFFERENTIAL_PAIRS").unwrap_or(PAIRS), TOGETHER);
    (0..sets as u64)
        .map(|seed| Trial::test(format!("differential/{seed:03}"), move || data_set(seed)))
        .collect()
}

/// A data set and its KPIs: the same for a seed, now and later.
fn made(seed: u64) -> (Data, Vec<Kpi>) {
    let data = Data::random(&mut Rng::new(seed, 1));
    let kpis = Generator::new(&mut Rng::new(seed, 2), &data.settings).kpis(TOGETHER);
    (data, kpis)
}

/// All KPIs of a data set, together.
fn data_set(seed: u64) -> Outcome {
    let (data, kpis) = made(seed);
    let settings = &data.settings;
    let all: Vec<usize> = (0..kpis.len()).collect();
    let place = Place::new(&data)?;
    let rules = run::rules(&data, &kpis, &all);
    let grains = settings.grains.clone();
    let question = Question {
        kpis: all.clone(),
        grains: grains.clone(),
        from: settings.from,
        to: settings.to,
        by: true,
    };
    let outcome = match place.ask(&rules, &question) {
        Ok(outcome) => outcome,
        Err(told) => {
            let pair = Pair { data: data.clone(), kpis, kept: all, kpi: 0, grain: grains[0] };
            return Err(
                format!("{told}\nThe run of all KPIs:\n{rules}\n{}", shrunk(seed, pair, &told)).into()
            );
        }
    };
    let world = World::new(settings, &data.files);
    let mut problems = String::new();
    let mut failed = 0;
    for table in &outcome.tables {
        let kpi: usize = table.kpi[1..].parse()?;
        let grain = *grains.iter().find(|g| g.word() == table.grain).ok_or("no such grain")?;
        let expected = cells::expected(&world, &kpis, kpi, grain);
        let Some(told) = compare::table(&world, &expected, table) else { continue };
        failed += 1;
        let _ = writeln!(problems, "k{kpi} by {}: {told}\n    {}", table.grain, kpis[kpi].formula.print());
        if failed <= SHRUNK {
            let pair = Pair { data: data.clone(), kpis: kpis.clone(), kept: all.clone(), kpi, grain };
            problems.push_str(&shrunk(seed, pair, &told));
        }
    }
    problems.push_str(&alone::differences(&data, &kpis, &place, &outcome)?);
    if let Some(folder) = std::env::var_os("RUMBO_DIFFERENTIAL_KEEP").filter(|_| !problems.is_empty()) {
        place.keep(&std::path::PathBuf::from(folder).join(format!("{seed:03}")), &rules)?;
    }
    if problems.is_empty() { Ok(()) } else { Err(problems.into()) }
}

/// A pair made small, as a golden case.
fn shrunk(seed: u64, pair: Pair, told: &str) -> String {
    let pair = shrink::shrink(pair, told);
    let Some(failure) = pair.failure() else { return "which does not fail again\n".to_owned() };
    let title = format!("Seed {seed}, k{}: {}", pair.kpi, failure.told.lines().next().unwrap_or_default());
    golden::case(&title, &pair.data, &pair.kpis, &pair.kept, pair.kpi, pair.grain, &failure.expected)
}
