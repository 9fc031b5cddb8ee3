//! The top of one file -> its sections as raw rules. Names that stand twice are told when files merge.

use super::strategy::{Strategy, each, strategy};
use super::{At, Decoder, Fields, Value, judge, kpis, sources, testing};
use crate::rulefile::broken::twice;
use crate::rulefile::node::Node;
use crate::rulefile::raw::{
    Pairs, RawCalendar, RawDimension, RawFunction, RawKpi, RawParam, RawRule, RawScorecard, RawSource,
    RawTest, RawUse, RawWaiver,
};
use crate::rulefile::tables::PROJECT;
use crate::source::{Span, Spanned};

/// What one file says.
#[derive(Debug, Default)]
pub struct Sections {
    /// `project:`.
    pub name: Option<Spanned<String>>,
    /// `as_of:`.
    pub as_of: Option<Spanned<String>>,
    /// `currency:`.
    pub currency: Option<Spanned<String>>,
    /// `calendar:`.
    pub calendar: RawCalendar,
    /// `vars:` with their defaults.
    pub vars: Vec<(Spanned<String>, Spanned<String>)>,
    /// `include:`; `None` where it is not written.
    pub include: Option<Vec<Spanned<String>>>,
    /// `allow_paths:`, as typed.
    pub allow_paths: Vec<Spanned<String>>,
    /// `use:`.
    pub uses: Vec<RawUse>,
    /// `sources:`.
    pub sources: Vec<RawSource>,
    /// `dimensions:`.
    pub dimensions: Vec<RawDimension>,
    /// `functions:`.
    pub functions: Vec<RawFunction>,
    /// `params:`.
    pub params: Vec<RawParam>,
    /// `kpis:`.
    pub kpis: Vec<RawKpi>,
    /// `strategy:`.
    pub strategy: Strategy,
    /// `rules:`.
    pub rules: Vec<RawRule>,
    /// `waivers:`.
    pub waivers: Vec<RawWaiver>,
    /// `scorecards:`.
    pub scorecards: Vec<RawScorecard>,
    /// `tests:`.
    pub tests: Vec<RawTest>,
}

impl Decoder<'_> {
    /// The sections of a file.
    pub fn project(&mut self, root: &Node, name: &str) -> Sections {
        let top = Span::new(self.file, 0, 0);
        let at = At { key: name, span: top, flow: false };
        let Some(mut fields) = self.fields(root, &PROJECT, at) else { return Sections::default() };
        let mut sections = Sections {
            name: fields.text("project"),
            as_of: fields.text("as_of"),
            currency: fields.text("currency"),
            calendar: calendar(fields.fields("calendar")),
            include: fields.take("include").map(Value::texts),
            allow_paths: fields.texts("allow_paths"),
            uses: uses(fields.take("use")),
            ..Sections::default()
        };
        for (name, value) in fields.entries("vars") {
            sections.vars.extend(value.texts().into_iter().next().map(|text| (name, text)));
        }
        for (name, value) in fields.entries("sources") {
            sections.sources.extend(sources::source(self, name, value));
        }
        for (name, value) in fields.entries("dimensions") {
            sections.dimensions.push(dimension(name, value));
        }
        for (name, value) in fields.entries("functions") {
            sections.functions.extend(self.function(&name, value));
        }
        for (name, value) in fields.entries("params") {
            sections.params.push(param(name, value));
        }
        for (name, value) in fields.entries("kpis") {
            sections.kpis.push(kpis::kpi(name, value));
        }
        sections.strategy = strategy(fields.fields("strategy"));
        sections.rules = each(fields.entries("rules"), judge::rule);
        sections.waivers = fields.items("waivers").into_iter().filter_map(judge::waiver).collect();
        sections.scorecards = each(fields.entries("scorecards"), judge::scorecard);
        sections.tests = each(fields.entries("tests"), testing::test);
        sections
    }

    fn function(&mut self, key: &Spanned<String>, value: Value) -> Option<RawFunction> {
        let head = self.head(key)?;
        for (at, param) in head.params.iter().enumerate() {
            if let Some(first) = head.params[..at].iter().find(|p| p.node == param.node) {
                self.diags.push(twice(param, first.span));
            }
        }
        let (formula, description) = match value {
            Value::Formula(formula) => (Some(formula), None),
            Value::Fields(mut fields) => (fields.formula("formula"), fields.local("description")),
            _ => (None, None),
        };
        Some(RawFunction { name: head.name, params: head.params, formula, description })
    }
}

fn calendar(fields: Option<Fields>) -> RawCalendar {
    let Some(mut fields) = fields else { return RawCalendar::default() };
    RawCalendar {
        timezone: fields.text("timezone"),
        week_starts: fields.text("week_starts"),
        fiscal_year_starts: fields.text("fiscal_year_starts"),
        periods: fields.text("periods"),
        grains: Vec::new(),
        broken: false,
    }
}

fn uses(value: Option<Value>) -> Vec<RawUse> {
    match value {
        Some(Value::Entries(packs)) => {
            let packs = packs.node.into_iter();
            packs.map(|(name, settings)| pack(name, settings)).collect()
        }
        Some(value) => value.texts().into_iter().map(bare).collect(),
        None => vec![],
    }
}

fn bare(name: Spanned<String>) -> RawUse {
    RawUse { name, params: Vec::new(), severity: Pairs::new(), off: Vec::new() }
}

fn pack(name: Spanned<String>, settings: Value) -> RawUse {
    let Value::Fields(mut fields) = settings else { return bare(name) };
    let value = |(name, value)| match value {
        Value::Formula(formula) => Some((name, formula)),
        _ => None,
    };
    RawUse {
        name,
        params: fields.entries("params").into_iter().filter_map(value).collect(),
        severity: fields.named_texts("severity"),
        off: fields.texts("off"),
    }
}

fn dimension(name: Spanned<String>, value: Value) -> RawDimension {
    let mut found = RawDimension { name, path: None, sources: Pairs::new(), label: None, description: None };
    match value {
        Value::Text(path) => found.path = Some(path),
        Value::Fields(mut fields) => {
            found.path = fields.text("path");
            found.label = fields.local("label");
            found.description = fields.local("description");
            for (source, value) in fields.rest {
                found.sources.extend(value.texts().into_iter().next().map(|path| (source, path)));
            }
        }
        _ => {}
    }
    found
}

fn param(name: Spanned<String>, value: Value) -> RawParam {
    match value {
        Value::Formula(value) => {
            RawParam { name, value: Some(value), table: None, names: None, default: false }
        }
        Value::Fields(mut fields) => match fields.text("name") {
            Some(names) => RawParam { name, value: None, table: None, names: Some(names), default: false },
            None => {
                RawParam { name, value: None, table: Some(kpis::table(fields)), names: None, default: false }
            }
        },
        _ => RawParam { name, value: None, table: None, names: None, default: false },
    }
}
