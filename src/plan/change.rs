//! A question why a KPI changed -> its two periods, and a model in which the parts that its change is split
//! into are KPIs of their own, to be planned as any. What cannot be split is refused, with the reason.

use std::sync::Arc;

use super::Request;
use super::between::between;
use super::split::{Piece, Splitter, Why};
use crate::diagnostic::{Diagnostic, codes};
use crate::model::calendar::Grain;
use crate::model::expr::{Across, Expr, Kind, ResultLeaf};
use crate::model::judge::Judge;
use crate::model::project::{AsOf, Dimension, Fill, Kpi, Model};
use crate::source::Span;

/// What is asked.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The KPI.
    pub kpi: String,
    /// Whose members; factors where empty.
    pub by: Vec<Dimension>,
    /// The grain; the KPI's own where absent.
    pub grain: Option<Grain>,
    /// The earlier period, by its name; the one before the later where absent.
    pub from: Option<String>,
    /// The later period; the last closed one where absent.
    pub to: Option<String>,
    /// Up to when rows exist.
    pub as_of: AsOf,
}

/// How a change is split, the parts by the names of their KPIs.
#[derive(Clone, Debug)]
pub enum Split {
    /// Each member's own change.
    Members,
    /// Quotients: what each is multiplied by, its numerator, its denominator.
    Ratios(Vec<(f64, [String; 2])>),
    /// Factors: what constants come to, each one's name and whether it divides.
    Factors(f64, Vec<(String, bool)>),
}

/// A change as planned.
#[derive(Debug)]
pub struct ChangePlan {
    /// The model, with the parts.
    pub model: Model,
    /// What is to be computed.
    pub request: Request,
    /// The names of the two periods.
    pub periods: [String; 2],
    /// How.
    pub split: Split,
}

/// Plans a change; `written` is the text at a span.
pub fn plan(
    checked: &Model,
    asked: &Asked,
    written: &dyn Fn(Span) -> String,
) -> Result<ChangePlan, Diagnostic> {
    let mut model = checked.clone();
    let Some(place) = model.kpis.iter().position(|k| k.name == asked.kpi && !k.hidden) else {
        let mut problem = refused(format!("no KPI is named `{}`", asked.kpi));
        let names = model.kpis.iter().filter(|k| !k.hidden).map(|k| k.name.as_str());
        problem.help = crate::diagnostic::near::did_you_mean(&asked.kpi, names);
        return Err(problem);
    };
    let (grain, [from, to]) = between(&model, &model.kpis[place], asked)?;
    // What a value is judged by takes no part in this, and every member has both its cells.
    let kpi = Kpi { judge: Judge::default(), fill: Fill::Cells, ..model.kpis[place].clone() };
    model.kpis[place] = kpi.clone();
    let formula = Arc::clone(&kpi.formula);
    let no = |why, by_members| unsplit(checked, &kpi, why, by_members);
    let mut splitter = Splitter { model: &mut model, below: None };
    let mut parts: Vec<Piece> = Vec::new();
    let split = if asked.by.is_empty() {
        let mut factors = Vec::new();
        let scale = splitter.product(&formula, &mut factors).map_err(|why| no(why, false))?;
        let most = super::split::MOST_FACTORS;
        if factors.is_empty() || factors.len() > most {
            let why =
                if factors.is_empty() { "a constant".into() } else { format!("more than {most} factors") };
            return Err(no((formula.span, why), false));
        }
        let names = factors.iter().enumerate().map(|(i, (_, divides))| (part_name(&kpi, i), *divides));
        let split = Split::Factors(scale, names.collect());
        parts.extend(factors.into_iter().map(|(piece, _)| piece));
        split
    } else if formula.measures_here().is_empty() && formula.pers().is_empty() {
        return Err(no((formula.span, "it reads no rows".to_owned()), true));
    } else if splitter.adds_up(&formula, true).is_ok() {
        Split::Members
    } else {
        let mut ratios = Vec::new();
        splitter.ratios(&formula, 1.0, &mut ratios).map_err(|why| no(why, true))?;
        let names = |i: usize| [part_name(&kpi, 2 * i), part_name(&kpi, 2 * i + 1)];
        let split = Split::Ratios(ratios.iter().enumerate().map(|(i, r)| (r.scale, names(i))).collect());
        parts.extend(ratios.into_iter().flat_map(|r| r.parts));
        split
    };
    let below = splitter.below;
    // A ratio and the rows of its denominator tell both parts; of anything else they would be news.
    let quotient = match &split {
        Split::Factors(_, factors) => matches!(&factors[..], [(_, false), (_, true)]),
        _ => true,
    };
    let told = quotient && matches!(&parts[..], [_, below] if below.counts);
    for (i, piece) in parts.into_iter().enumerate() {
        let part = part(&model, &kpi, (i, piece), below.filter(|_| !told), written);
        model.kpis.push(part);
    }
    let mut request = Request::new(asked.as_of);
    let first = model.kpis.len() - part_count(&split);
    let names = model.kpis[first..].iter().map(|k| k.name.clone());
    request.kpis = Some(std::iter::once(kpi.name.clone()).chain(names).collect());
    request.by = Some(if asked.by.is_empty() { Vec::new() } else { vec![asked.by.clone()] });
    request.grains = Some(vec![grain]);
    request.from = Some(model.calendar.start(grain, from));
    request.to = Some(model.calendar.end(grain, to));
    let periods = [from, to].map(|p| model.calendar.name(grain, p));
    Ok(ChangePlan { model, request, periods, split })
}

fn part_count(split: &Split) -> usize {
    match split {
        Split::Members => 0,
        Split::Ratios(ratios) => 2 * ratios.len(),
        Split::Factors(_, factors) => factors.len(),
    }
}

/// No KPI of a project has such a name.
fn part_name(kpi: &Kpi, place: usize) -> String {
    format!("{}, part {}", kpi.name, place + 1)
}

/// A part as a KPI; one of a KPI that withholds values of few rows does so too.
fn part(
    model: &Model,
    kpi: &Kpi,
    (place, piece): (usize, Piece),
    below: Option<i64>,
    written: &dyn Fn(Span) -> String,
) -> Kpi {
    let named = match &piece.formula.kind {
        Kind::Leaf(ResultLeaf::Kpi(name, _)) => model.kpi(name),
        _ => None,
    };
    let (ty, unit, span) = (piece.formula.ty, piece.formula.unit.clone(), piece.formula.span);
    let text = piece.text.unwrap_or_else(|| written(span).split_whitespace().collect::<Vec<_>>().join(" "));
    let formula = match below {
        Some(rows) => {
            let kind = Kind::Leaf(ResultLeaf::Across(Across::HideBelow(rows), Arc::new(piece.formula)));
            Expr { kind, ty, unit: unit.clone(), span }
        }
        None => piece.formula,
    };
    Kpi {
        name: part_name(kpi, place),
        label: named.map_or_else(Vec::new, |k| k.label.clone()),
        text,
        formula: Arc::new(formula),
        unit: named.map_or(unit, |k| k.unit.clone()),
        percent: named.is_some_and(|k| k.percent),
        decimals: named.and_then(|k| k.decimals),
        by: Vec::new(),
        ..kpi.clone()
    }
}

/// A request that makes no sense.
pub(super) fn refused(headline: String) -> Diagnostic {
    Diagnostic::new(&codes::BAD_REQUEST, headline)
}

/// Why the change of a KPI cannot be split, and what can be asked in its place.
fn unsplit(model: &Model, kpi: &Kpi, (span, why): Why, by_members: bool) -> Diagnostic {
    let what = if by_members { "members" } else { "factors" };
    let problem = refused(format!("the change of `{}` cannot be split by {what}", kpi.name)).at(span, why);
    let mut model = model.clone();
    let mut splitter = Splitter { model: &mut model, below: None };
    if by_members {
        let problem = problem.note("members add up in sums and counts, and in ratios of such");
        return match splitter.product(&kpi.formula, &mut Vec::new()) {
            Ok(_) => problem.help("it is split by its factors without `--by`"),
            Err(_) => problem,
        };
    }
    let problem = problem.note("factors are those of a product or quotient");
    let members = splitter.adds_up(&kpi.formula, true).is_ok()
        || splitter.ratios(&kpi.formula, 1.0, &mut Vec::new()).is_ok();
    if !members {
        return problem;
    }
    let names = |b: &Vec<Dimension>| b.iter().map(Dimension::name).collect::<Vec<_>>().join(",");
    let first = kpi.by.first().map_or_else(|| "DIMENSION".to_owned(), names);
    problem.help(format!("it is split by members with `--by {first}`"))
}
