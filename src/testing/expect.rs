//! An expectation as written -> what is asked for and what is compared. A name that is not there and an
//! expectation of nothing are problems: what could not be compared is no pass.

use chrono::NaiveDate;

use super::compare::{CARD_FIELDS, FIELDS};
use super::rules::RULE_FIELDS;
use crate::diagnostic::near::did_you_mean;
use crate::diagnostic::{Diagnostic, codes};
use crate::model::calendar::{Calendar, Grain};
use crate::model::project::Dimension;
use crate::resolve;
use crate::rulefile::raw::{RawExpect, RawProject, RawTest};
use crate::source::{Span, Spanned};
use crate::syntax;

/// Keys that say which result is meant.
const WHICH: [&str; 5] = ["kpi", "rule", "scorecard", "grain", "period"];

/// What something is expected of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A KPI.
    Kpi,
    /// A scorecard.
    Scorecard,
    /// An alignment rule.
    Rule,
}

impl Subject {
    const ALL: [Self; 3] = [Self::Kpi, Self::Scorecard, Self::Rule];

    /// The key that names one.
    fn key(self) -> &'static str {
        match self {
            Self::Kpi => "kpi",
            Self::Scorecard => "scorecard",
            Self::Rule => "rule",
        }
    }

    /// The word in sentences.
    fn word(self) -> &'static str {
        match self {
            Self::Kpi => "KPI",
            of => of.key(),
        }
    }

    /// What can be expected of one.
    fn fields(self) -> Vec<&'static str> {
        match self {
            Self::Kpi => FIELDS.iter().map(|f| f.name).collect(),
            Self::Scorecard => CARD_FIELDS.iter().map(|f| f.name).collect(),
            Self::Rule => RULE_FIELDS.iter().map(|f| f.name).collect(),
        }
    }
}

/// One expected result.
#[derive(Clone, Debug)]
pub struct Expected {
    /// The KPI, scorecard or rule.
    pub name: Spanned<String>,
    /// Which of them it is.
    pub of: Subject,
    /// The grain.
    pub grain: Grain,
    /// The period's index.
    pub period: i64,
    /// Where the period is written, or the expectation that has none.
    pub period_span: Span,
    /// Whether it has a period: one of a rule that reads definitions alone has none.
    pub dated: bool,
    /// The breakdown; none for the total.
    pub dimensions: Vec<Dimension>,
    /// The member of each dimension; none for the missing one.
    pub members: Vec<Spanned<Option<String>>>,
    /// What is compared, as typed.
    pub fields: Vec<(&'static str, Spanned<String>)>,
}

/// The expectations of a test.
pub fn read(raw: &RawProject, test: &RawTest) -> Result<Vec<Expected>, Vec<Diagnostic>> {
    let calendar = resolve::calendar(&raw.calendar);
    let (mut expected, mut problems) = (Vec::new(), Vec::new());
    for written in &test.expect {
        match one(raw, &calendar, written) {
            Ok(one) => expected.push(one),
            Err(problem) => problems.push(*problem),
        }
    }
    if test.expect.is_empty() {
        problems.push(
            bad("a test that expects nothing", test.name.span, "nothing is compared")
                .help("`expect: [{kpi: NAME, period: 2026-01, value: 1}]`"),
        );
    }
    if problems.is_empty() { Ok(expected) } else { Err(problems) }
}

fn one(raw: &RawProject, calendar: &Calendar, written: &RawExpect) -> Result<Expected, Box<Diagnostic>> {
    let (subject, of, own) = subject(raw, written)?;
    // As `run` does: the KPI's own grain, without one months.
    let grain = written.get("grain").or(own);
    let name = grain.map_or("month", |g| g.node.as_str());
    let Some(grain) = calendar.grain(name) else {
        let span = written.get("grain").map_or(subject.span, |g| g.span);
        let names: Vec<&str> = calendar.grains().into_iter().map(|g| calendar.grain_name(g)).collect();
        let problem = bad(format!("no grain is named `{name}`"), span, "unknown grain");
        return Err(Box::new(near(problem, name, names)));
    };
    let made_for = own.map_or("month", |g| g.node.as_str());
    if let Some(other) = written.get("grain").filter(|_| of != Subject::Kpi && name != made_for) {
        let headline = format!("`{}` is not made for grain {name}", subject.node);
        return Err(Box::new(bad(headline, other.span, format!("its grain is {made_for}"))));
    }
    // Whether a rule reads definitions alone is known later.
    let dated = of != Subject::Rule || written.get("period").is_some();
    let (period, period_span) =
        if dated { period(calendar, grain, name, written)? } else { (0, written.span) };
    let (dimensions, members) = breakdown(written)?;
    let fields: Vec<(&'static str, Spanned<String>)> =
        written.fields.iter().filter(|(key, _)| !WHICH.contains(key)).cloned().collect();
    let mut names = of.fields();
    if let Some((key, value)) = fields.iter().find(|(key, _)| !names.contains(key)) {
        names.sort_unstable();
        return Err(Box::new(
            bad(format!("a {} has no `{key}`", of.word()), value.span, "cannot be compared")
                .help(format!("it has `{}`", names.join("`, `"))),
        ));
    }
    if fields.is_empty() {
        return Err(Box::new(
            bad("an expectation that compares nothing", written.span, "nothing is expected of the result")
                .help(if of == Subject::Rule {
                    "`verdict: fires`"
                } else {
                    "`value: 50%`, `n: 2`, `reason: no_rows`"
                }),
        ));
    }
    let name = subject.clone();
    Ok(Expected { name, of, grain, period, period_span, dated, dimensions, members, fields })
}

/// What is meant, and its first grain.
type Meant<'a> = (&'a Spanned<String>, Subject, Option<&'a Spanned<String>>);

fn subject<'a>(raw: &'a RawProject, written: &'a RawExpect) -> Result<Meant<'a>, Box<Diagnostic>> {
    let named = Subject::ALL.into_iter().filter_map(|of| Some((of, written.get(of.key())?)));
    let (of, name) = match named.collect::<Vec<_>>()[..] {
        [] => {
            return Err(Box::new(
                bad("an expectation of nothing", written.span, "which KPI is meant").help("`kpi: NAME`"),
            ));
        }
        [one] => one,
        [(first, at), (second, also), ..] => {
            let problem = bad("an expectation of two things", also.span, format!("a {}", second.word()));
            return Err(Box::new(problem.also(at.span, format!("a {}", first.word()))));
        }
    };
    let key = &name.node;
    let grain = match of {
        Subject::Kpi => raw.kpis.get(key).map(|k| k.grain.first()),
        Subject::Scorecard => raw.scorecards.get(key).map(|c| c.grain.as_ref()),
        Subject::Rule => raw.rules.get(key).map(|r| r.grain.as_ref()),
    };
    grain.map(|grain| (name, of, grain)).ok_or_else(|| {
        let what = of.word();
        let problem = bad(format!("no {what} is named `{key}`"), name.span, format!("unknown {what}"));
        Box::new(match of {
            Subject::Kpi => near(problem, key, raw.kpis.keys().map(String::as_str)),
            Subject::Scorecard => near(problem, key, raw.scorecards.keys().map(String::as_str)),
            Subject::Rule => near(problem, key, raw.rules.keys().map(String::as_str)),
        })
    })
}

fn period(
    calendar: &Calendar,
    grain: Grain,
    name: &str,
    written: &RawExpect,
) -> Result<(i64, Span), Box<Diagnostic>> {
    let shown = NaiveDate::from_ymd_opt(2026, 1, 31)
        .and_then(|day| calendar.at(grain, day))
        .map(|index| calendar.name(grain, index));
    let help = |problem: Diagnostic| match &shown {
        Some(shown) => problem.help(format!("periods of grain {name} are named as in `{shown}`")),
        None => problem,
    };
    let Some(period) = written.get("period") else {
        return Err(Box::new(help(bad(
            "an expectation without a period",
            written.span,
            format!("which {name} is meant"),
        ))));
    };
    match calendar.parse(grain, &period.node) {
        Some(index) => Ok((index, period.span)),
        None => Err(Box::new(help(bad(
            format!("`{}` is no {name}", period.node),
            period.span,
            format!("no period of grain {name} has this name"),
        )))),
    }
}

type Breakdown = (Vec<Dimension>, Vec<Spanned<Option<String>>>);

fn breakdown(written: &RawExpect) -> Result<Breakdown, Box<Diagnostic>> {
    let (mut dimensions, mut members) = (Vec::new(), Vec::new());
    for (name, member) in &written.at {
        let span = name.span;
        let Ok(path) = syntax::parse_path(&name.node, &|_, _| span) else {
            let headline = format!("`{}` is no dimension", name.node);
            return Err(Box::new(bad(headline, span, "a name or a path such as `account.segment`")));
        };
        dimensions.push(Dimension { path: path.parts.into_iter().map(|p| p.node).collect(), span });
        let none = ["(none)", "null", "~"].contains(&member.node.as_str());
        members.push(Spanned::new((!none).then(|| member.node.clone()), member.span));
    }
    Ok((dimensions, members))
}

/// A problem of a test.
pub fn bad(headline: impl Into<String>, at: Span, label: impl Into<String>) -> Diagnostic {
    Diagnostic::new(&codes::BAD_TEST, headline).at(at, label)
}

fn near<'a>(mut problem: Diagnostic, name: &str, valid: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    problem.help = did_you_mean(name, valid);
    problem
}
