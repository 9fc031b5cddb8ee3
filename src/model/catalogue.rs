//! The project's own definitions as rows of sources. Their names are reserved; what their columns mean stands
//! in `rules/standard/catalogue.yaml`.

use std::collections::BTreeMap;

use super::graph::{influences, reads};
use super::judge::Better;
use super::project::{Kpi, Model};
use super::scorecard::Scorecard;

/// The sources whose rows are definitions, or results of the run itself.
pub const NAMES: [&str; 16] = [
    "kpis",
    "objectives",
    "activities",
    "areas",
    "scorecards",
    "kpi_objectives",
    "kpi_activities",
    "kpi_areas",
    "drives",
    "influences",
    "guards",
    "reads",
    "scorecard_kpis",
    "pairs",
    "results",
    "data_sources",
];

/// The path that they have in place of files.
pub const PATH: &str = "catalogue";

/// Whether a source is one of them, by its name and path.
pub fn is_one(name: &str, path: Option<&str>) -> bool {
    NAMES.contains(&name) && path == Some(PATH)
}

/// The rows of one of them: its columns, then a text for each; a missing value is none.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    /// The columns.
    pub columns: Vec<&'static str>,
    /// The rows.
    pub rows: Vec<Vec<Option<String>>>,
}

impl Rows {
    /// Without any row.
    pub fn of(columns: &[&'static str]) -> Self {
        Self { columns: columns.to_vec(), rows: Vec::new() }
    }

    fn push(&mut self, row: impl IntoIterator<Item = Option<String>>) {
        self.rows.push(row.into_iter().collect());
    }
}

/// What the definitions say; the sources that the run itself fills are left out. `shown` are the KPIs that the
/// rule files define.
pub fn rows(model: &Model, shown: &dyn Fn(&Kpi) -> bool) -> BTreeMap<&'static str, Rows> {
    let kpis: Vec<&Kpi> = model.kpis.iter().filter(|k| !k.hidden && shown(k)).collect();
    let mut all =
        BTreeMap::from([("kpis", of_kpis(model, &kpis, &BTreeMap::new())), ("pairs", pairs(model, &kpis))]);
    strategy(model, &mut all);
    links(model, &kpis, &mut all);
    scorecards(model, &mut all);
    all
}

/// The KPIs, with what each costs and brings in a year where that is known.
pub fn of_kpis(model: &Model, kpis: &[&Kpi], yearly: &BTreeMap<String, [Option<f64>; 2]>) -> Rows {
    let mut rows = Rows::of(&[
        "kpi",
        "label",
        "formula",
        "unit",
        "better",
        "has_target",
        "min_n",
        "indicator",
        "scope",
        "concept",
        "owner",
        "since",
        "review",
        "paid",
        "guarded",
        "cost",
        "benefit",
        "currency",
    ]);
    for kpi in kpis {
        let unit = if kpi.percent { Some("percent".to_owned()) } else { text(&kpi.unit.to_string()) };
        let better = kpi.judge.better.map(|better| match better {
            Better::Higher => "higher",
            Better::Lower => "lower",
            Better::Within(..) => "within",
        });
        let paid = pays(model, &kpi.name);
        let guarded = kpis.iter().any(|k| k.links.guards.contains(&kpi.name));
        let amount = |at: usize| yearly.get(&kpi.name).and_then(|y| y[at]).map(|v| v.to_string());
        rows.push([
            Some(kpi.name.clone()),
            label(&kpi.label),
            text(&kpi.text),
            unit,
            better.map(str::to_owned),
            Some(kpi.judge.wants().to_string()),
            kpi.judge.min_n.map(|n| n.to_string()),
            kpi.links.indicator.clone(),
            kpi.links.scope.clone(),
            kpi.links.concept.clone(),
            kpi.links.owner.clone(),
            kpi.links.since.map(|d| d.to_string()),
            kpi.links.review.clone(),
            Some(paid.to_string()),
            Some(guarded.to_string()),
            amount(0),
            amount(1),
            kpi.cost.or(kpi.benefit).and_then(|a| text(&model.kpis[a.kpi].unit.to_string())),
        ]);
    }
    rows
}

/// Whether some scorecard that pays has a KPI.
fn pays(model: &Model, kpi: &str) -> bool {
    let has = |card: &Scorecard| card.kpis.iter().any(|(place, _)| model.kpis[*place].name == kpi);
    model.scorecards.iter().any(|card| card.pay.is_some() && has(card))
}

fn strategy(model: &Model, all: &mut BTreeMap<&'static str, Rows>) {
    let mut rows =
        Rows::of(&["objective", "label", "weight", "parent_objective", "approved_on", "owner", "parts"]);
    let parts = |name: &str| {
        let all = model.strategy.objectives.iter().filter(|o| o.parent.as_deref() == Some(name));
        Some(all.count().to_string())
    };
    for o in &model.strategy.objectives {
        rows.push([
            Some(o.name.clone()),
            label(&o.label),
            o.weight.map(|w| w.to_string()),
            o.parent.clone(),
            o.approved_on.map(|d| d.to_string()),
            o.owner.clone(),
            parts(&o.name),
        ]);
    }
    all.insert("objectives", rows);
    let mut rows = Rows::of(&["activity", "label", "parent_activity", "owner", "parts"]);
    let parts = |name: &str| {
        let all = model.strategy.activities.iter().filter(|a| a.parent.as_deref() == Some(name));
        Some(all.count().to_string())
    };
    for a in &model.strategy.activities {
        rows.push([Some(a.name.clone()), label(&a.label), a.parent.clone(), a.owner.clone(), parts(&a.name)]);
    }
    all.insert("activities", rows);
    let mut rows = Rows::of(&["area", "label", "parent_area", "owner"]);
    for a in &model.strategy.areas {
        rows.push([Some(a.name.clone()), label(&a.label), a.parent.clone(), a.owner.clone()]);
    }
    all.insert("areas", rows);
}

fn links(model: &Model, kpis: &[&Kpi], all: &mut BTreeMap<&'static str, Rows>) {
    let mut objectives = Rows::of(&["kpi", "objective"]);
    let mut activities = Rows::of(&["kpi", "activity"]);
    let mut areas = Rows::of(&["kpi_area", "kpi", "area", "influences"]);
    let mut drives = Rows::of(&["drive", "kpi", "moved", "sign", "lag", "lag_months"]);
    let mut guards = Rows::of(&["guard", "kpi", "growth"]);
    for kpi in kpis {
        let own = || Some(kpi.name.clone());
        let links = &kpi.links;
        links.objectives.iter().for_each(|o| objectives.push([own(), Some(o.clone())]));
        links.activities.iter().for_each(|a| activities.push([own(), Some(a.clone())]));
        for area in &links.areas {
            let said = !links.influenced_by.is_empty();
            let can = said.then(|| links.influenced_by.contains(area).to_string());
            areas.push([Some(format!("{} in {area}", kpi.name)), own(), Some(area.clone()), can]);
        }
        for drive in &links.drives {
            drives.push([
                Some(format!("{} -> {}", kpi.name, drive.kpi)),
                own(),
                Some(drive.kpi.clone()),
                Some(if drive.falls { "-1" } else { "1" }.to_owned()),
                drive.lag.clone(),
                drive.lag.as_deref().and_then(months).map(|m| m.to_string()),
            ]);
        }
        for growth in &links.guards {
            guards.push([Some(format!("{} guards {growth}", kpi.name)), own(), Some(growth.clone())]);
        }
    }
    let mut chained = Rows::of(&["influence", "kpi", "moved", "sign", "length"]);
    for i in influences(model) {
        let (sign, mark) = if i.falls { ("-1", "-") } else { ("1", "+") };
        chained.push([
            Some(format!("{} -> {} {mark}", i.from, i.to)),
            Some(i.from.to_owned()),
            Some(i.to.to_owned()),
            Some(sign.to_owned()),
            Some(i.length.to_string()),
        ]);
    }
    let mut read = Rows::of(&["kpi", "read"]);
    let known = |name: &str| kpis.iter().any(|k| k.name == name);
    for (kpi, other) in reads(model).into_iter().filter(|(kpi, _)| known(kpi)) {
        read.push([Some(kpi.to_owned()), Some(other.to_owned())]);
    }
    let named = ["kpi_objectives", "kpi_activities", "kpi_areas", "drives", "guards", "influences", "reads"];
    all.extend(named.into_iter().zip([objectives, activities, areas, drives, guards, chained, read]));
}

/// A lag as written, in months.
fn months(lag: &str) -> Option<u32> {
    let (number, unit) = lag.trim().split_once(' ')?;
    let number: u32 = number.trim().parse().ok()?;
    let of = match unit.trim().trim_end_matches('s') {
        "month" => 1,
        "quarter" => 3,
        "year" => 12,
        _ => return None,
    };
    number.checked_mul(of)
}

fn scorecards(model: &Model, all: &mut BTreeMap<&'static str, Rows>) {
    let mut cards = Rows::of(&[
        "scorecard",
        "label",
        "grain",
        "rollup",
        "each",
        "owner",
        "pays",
        "threshold",
        "cap",
        "accelerator",
        "needs",
    ]);
    let mut kpis = Rows::of(&["scorecard_kpi", "scorecard", "kpi", "weight"]);
    for card in &model.scorecards {
        let each: Vec<String> = card.each.iter().map(super::project::Dimension::name).collect();
        let curve = card.pay.as_ref().map(|pay| &pay.curve);
        cards.push([
            Some(card.name.clone()),
            label(&card.label),
            Some(model.calendar.grain_name(card.grain).to_owned()),
            Some(card.rollup.to_string()),
            text(&each.join(", ")),
            card.owner.clone(),
            Some(card.pay.is_some().to_string()),
            curve.map(|c| c.threshold.to_string()),
            curve.and_then(|c| c.cap).map(|c| c.to_string()),
            curve.and_then(|c| c.accelerator).map(|(_, rate)| rate.to_string()),
            Some(card.pay.as_ref().is_some_and(|p| p.needs.is_some()).to_string()),
        ]);
        for (place, weight) in &card.kpis {
            let kpi = &model.kpis[*place].name;
            kpis.push([
                Some(format!("{kpi} in {}", card.name)),
                Some(card.name.clone()),
                Some(kpi.clone()),
                Some(super::judge::rounded(*weight).to_string()),
            ]);
        }
    }
    all.insert("scorecards", cards);
    all.insert("scorecard_kpis", kpis);
}

fn pairs(model: &Model, kpis: &[&Kpi]) -> Rows {
    let mut rows = Rows::of(&[
        "pair",
        "a",
        "b",
        "shared_objective",
        "shared_area",
        "shared_scorecard",
        "same_concept",
        "same_formula",
        "costs_to_cut",
        "opposed",
    ]);
    // By KPI what it moves, +1 where more of what is wanted of it makes that rise.
    let mut moves: BTreeMap<&str, Vec<(&str, i32)>> = BTreeMap::new();
    let way = |name: &str| match model.kpi(name).and_then(|k| k.judge.better) {
        Some(Better::Lower) => -1,
        _ => 1,
    };
    for i in influences(model) {
        let sign = if i.falls { -1 } else { 1 };
        moves.entry(i.from).or_default().push((i.to, sign * way(i.from)));
    }
    let none = Vec::new();
    let moved = |kpi: &Kpi| moves.get(kpi.name.as_str()).unwrap_or(&none);
    let cuts = |k: &Kpi| {
        let costs = k.links.concept.as_deref() == Some("costs") && k.judge.better == Some(Better::Lower);
        costs && !k.links.objectives.is_empty()
    };
    let cutting = kpis.iter().any(|k| cuts(k));
    let shared = |a: &[String], b: &[String]| a.iter().any(|x| b.contains(x)).to_string();
    for (first, a) in kpis.iter().enumerate() {
        for b in kpis.iter().skip(first + 1) {
            let cards = |card: &Scorecard, kpi: &Kpi| {
                card.kpis.iter().any(|(place, _)| model.kpis[*place].name == kpi.name)
            };
            let both = model.scorecards.iter().any(|card| cards(card, a) && cards(card, b));
            let concept = a.links.concept.is_some() && a.links.concept == b.links.concept;
            let against = |one: &Kpi, other: &Kpi| {
                moved(one).iter().any(|(to, sign)| *to == other.name && sign * way(&other.name) < 0)
            };
            let third = moved(a)
                .iter()
                .any(|(to, sign)| moved(b).iter().any(|(other, theirs)| other == to && sign * theirs < 0));
            rows.push([
                Some(format!("{} ~ {}", a.name, b.name)),
                Some(a.name.clone()),
                Some(b.name.clone()),
                Some(shared(&a.links.objectives, &b.links.objectives)),
                Some(shared(&a.links.areas, &b.links.areas)),
                Some(both.to_string()),
                Some(concept.to_string()),
                Some(same_formula(a, b).to_string()),
                Some(cutting.to_string()),
                Some((third || against(a, b) || against(b, a)).to_string()),
            ]);
        }
    }
    rows
}

/// Whether two KPIs are the same as written, or one is the other by another name.
fn same_formula(a: &Kpi, b: &Kpi) -> bool {
    a.text == b.text || a.text == b.name || b.text == a.name
}

fn text(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// A label in no language, English, or the first.
fn label(texts: &[(String, String)]) -> Option<String> {
    let find = |wanted: &str| texts.iter().find(|(l, _)| l == wanted);
    find("").or_else(|| find("en")).or_else(|| texts.first()).map(|(_, t)| t.clone())
}
