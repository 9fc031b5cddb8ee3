//! The verbs of the library: load, check, plan, evaluate. Each takes what the one before gave; problems
//! are data, never printed.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Diagnostics, Severity, codes, near};
use crate::engine::catalogue::Needs;
use crate::engine::io::SourceSpec;
use crate::engine::run::{Progress, Run, Silent, local};
use crate::engine::runner::{Local, Runner};
use crate::engine::why::{Cell, rows};
use crate::engine::{self, Inspected, failure, inspect, specs};
use crate::functions::aggregates::signatures;
use crate::functions::scalar;
use crate::model::catalogue;
use crate::model::change::Change;
use crate::model::graph::Graph;
use crate::model::outcome::Outcome;
use crate::model::project::{AsOf, Kpi, Model};
use crate::model::signature::{Class, Signature};
use crate::model::why::Why;
use crate::plan::{self, PlanGraph, Request};
use crate::resolve::{self, Asked};
use crate::rulefile::raw::{Formula, RawProject};
use crate::rulefile::{self, Guard, LoadOptions};
use crate::source::{SourceMap, Span, Spanned};
use crate::syntax::ast;

/// A project as its rule files say it: merged, nothing resolved, no data looked at.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// The texts that diagnostics point into.
    pub map: SourceMap,
    /// What the files say.
    pub raw: RawProject,
    /// What is wrong with them.
    pub diagnostics: Diagnostics,
}

/// A project that was checked against its data's schemas.
#[derive(Debug)]
pub struct Checked {
    /// The texts that diagnostics point into.
    pub map: SourceMap,
    /// What the project means; whole only where `diagnostics` has no error.
    pub model: Model,
    /// All problems found, sorted.
    pub diagnostics: Diagnostics,
    specs: Vec<SourceSpec>,
    inspected: Inspected,
}

/// How to run.
#[derive(Clone, Copy, Debug, Default)]
pub struct RunOptions<'a> {
    /// Bytes for the operators of queries; no limit where absent.
    pub memory: Option<usize>,
    /// The language of labels: `es`.
    pub lang: Option<&'a str>,
}

/// Why nothing is told of a change.
#[derive(Debug)]
pub enum NoChange {
    /// The request cannot be answered.
    Refused(Diagnostics),
    /// It could not be computed.
    Failed(Diagnostics),
}

/// Every function of the language.
pub fn functions() -> Vec<Signature> {
    let scalars = scalar::ALL.iter().map(|f| f.signature);
    scalars.chain(signatures::ALL.iter().flat_map(|list| list.iter().copied())).collect()
}

/// The name that the prelude's file has in diagnostics.
pub(crate) const PRELUDE: &str = "standard/prelude.yaml";

/// Whether the program carries a file: it is none of the project's.
pub(crate) fn is_carried(name: &str) -> bool {
    name == PRELUDE || name == CATALOGUE || PACKS.iter().any(|(pack, _)| name == format!("{pack}.yaml"))
}

/// The packs of rules that the program carries.
pub(crate) const PACKS: [(&str, &str); 1] =
    [("standard/alignment", include_str!("../rules/standard/alignment.yaml"))];

/// The name of the file of the project's own definitions in diagnostics.
const CATALOGUE: &str = "standard/catalogue.yaml";

/// The standard functions that are written in the language.
pub(crate) fn prelude(map: &mut SourceMap, diagnostics: &mut Diagnostics) -> RawProject {
    let text = include_str!("../rules/standard/prelude.yaml");
    rulefile::load_texts(Path::new(""), &[(PRELUDE, text)], &LoadOptions::default(), map, diagnostics)
}

/// A function that is written in the language itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandardFunction {
    /// Its name.
    pub name: String,
    /// `nps(score)`.
    pub usage: String,
    /// What it computes.
    pub doc: String,
    /// Its formula.
    pub formula: String,
}

/// The standard functions that are written in the language; a project's own of the same name hides one.
pub fn standard_functions() -> Vec<StandardFunction> {
    let raw = prelude(&mut SourceMap::new(), &mut Diagnostics::new());
    let usage = |f: &rulefile::raw::RawFunction| {
        let params: Vec<&str> = f.params.iter().map(|p| p.node.as_str()).collect();
        format!("{}({})", f.name.node, params.join(", "))
    };
    let doc = |f: &rulefile::raw::RawFunction| {
        let text = f.description.as_ref().and_then(|d| d.texts.values().next());
        text.map_or_else(String::new, |t| t.node.trim().to_owned())
    };
    let formula = |f: &rulefile::raw::RawFunction| {
        f.formula.as_ref().and_then(|f| f.expr.as_ref()).map(crate::syntax::print).unwrap_or_default()
    };
    let functions = raw.functions.values().map(|f| StandardFunction {
        name: f.name.node.clone(),
        usage: usage(f),
        doc: doc(f),
        formula: formula(f),
    });
    functions.collect()
}

/// Parses a formula and prints it in its canonical form.
pub fn parse_formula(text: &str) -> Result<String, Diagnostics> {
    let mut map = SourceMap::new();
    let file = map.add("formula", text);
    crate::syntax::parse(text, file, 0).map(|e| crate::syntax::print(&e)).map_err(Diagnostics)
}

/// The keys of rule files, as Markdown.
pub fn rule_file_reference() -> String {
    rulefile::reference()
}

/// The functions of formulas, as Markdown.
pub fn function_reference() -> String {
    let mut page = String::new();
    for (class, title) in Class::ALL {
        let of_class = functions().into_iter().filter(|s| s.class == class);
        let _ = write!(page, "## {title}\n\n| function | | |\n|---|---|---|\n");
        for s in of_class {
            let examples: Vec<String> =
                s.examples.iter().map(|e| format!("`{}` = {}", e.formula, e.result)).collect();
            let later = if s.evaluated { "" } else { " *Not evaluated yet.*" };
            let _ = writeln!(page, "| `{}` | {}{later} | {} |", s.usage(), s.doc, examples.join("<br>"));
        }
        page.push('\n');
    }
    page.push_str("## Standard functions, written in the language\n\n| function | | |\n|---|---|---|\n");
    for f in standard_functions() {
        let _ = writeln!(page, "| `{}` | {} | `{}` |", f.usage, f.doc, f.formula);
    }
    page
}

/// The catalogue sources and their columns, as Markdown.
pub fn catalogue_reference() -> String {
    let text = include_str!("../rules/standard/catalogue.yaml");
    let (mut map, mut problems) = (SourceMap::new(), Diagnostics::new());
    let options = LoadOptions::default();
    let raw = rulefile::load_texts(Path::new(""), &[(CATALOGUE, text)], &options, &mut map, &mut problems);
    let said = |text: Option<&rulefile::raw::LocalText>| {
        text.and_then(|d| d.texts.values().next()).map_or_else(String::new, |t| t.node.clone())
    };
    let node = |text: Option<&Spanned<String>>| text.map_or("", |t| t.node.as_str()).to_owned();
    let mut page = String::new();
    for source in raw.sources.values() {
        let entity =
            source.entity.as_ref().map_or_else(String::new, |e| format!(" One row is a `{}`.", e.node));
        let _ =
            write!(page, "## `{}`\n\n{}.{entity}\n\n", source.name.node, said(source.description.as_ref()));
        let _ = write!(page, "| column | type | |\n|---|---|---|\n");
        for column in source.columns.values() {
            let (ty, doc) = (node(column.ty.as_ref()), said(column.description.as_ref()));
            let _ = writeln!(page, "| `{}` | {ty} | {doc} |", column.name.node);
        }
        for relation in source.relations.values() {
            let _ = writeln!(page, "| `{}` | a `{}` | |", relation.name.node, node(relation.to.as_ref()));
        }
        page.push('\n');
    }
    page
}

/// Loads a project: a folder with a `rumbo.yaml`, or the path of a rule file.
pub fn load(path: &Path, options: &LoadOptions) -> Loaded {
    let mut loaded = Loaded::default();
    loaded.raw = rulefile::load(path, options, &mut loaded.map, &mut loaded.diagnostics);
    loaded.whole(options)
}

/// Loads a project from texts, `(name, text)`; paths in them are relative to `root`.
pub fn load_texts(root: &Path, texts: &[(&str, &str)], options: &LoadOptions) -> Loaded {
    let mut loaded = Loaded::default();
    loaded.raw = rulefile::load_texts(root, texts, options, &mut loaded.map, &mut loaded.diagnostics);
    loaded.whole(options)
}

impl Loaded {
    /// With what the program carries. Tests put their rows under the project's own definitions too, so these are
    /// there from the start.
    fn whole(self, options: &LoadOptions) -> Self {
        let loaded = self.with_prelude();
        if options.tests { loaded.with_catalogue() } else { loaded }
    }

    /// With the standard functions that the project does not hide.
    pub(crate) fn with_prelude(mut self) -> Self {
        for (name, function) in prelude(&mut self.map, &mut self.diagnostics).functions {
            self.raw.functions.entry(name).or_insert(function);
        }
        self.with_packs()
    }

    /// Another value for a parameter, in place of the one that the files give it: a constant as rule files
    /// write it, any other text is a text. An unknown name is told with the near ones.
    pub fn set_param(&mut self, name: &str, value: &str) -> Result<(), String> {
        let file = self.map.add("--param", value);
        let span = Span::new(file, 0, value.len());
        let Some(param) = self.raw.params.get_mut(name) else {
            let help = near::did_you_mean(name, self.raw.params.keys().map(String::as_str));
            let help = help.map_or_else(String::new, |help| format!("; {help}"));
            return Err(format!("no parameter is named `{name}`{help}"));
        };
        let text = || ast::Expr { kind: ast::ExprKind::Literal(ast::Literal::Text(value.to_owned())), span };
        let constant = crate::syntax::parse(value, file, 0).ok().filter(rulefile::is_literal);
        param.value = Some(Formula { expr: Some(constant.unwrap_or_else(text)), span });
        param.table = None;
        Ok(())
    }

    /// Checks names, types, units and cycles against the schemas of the data; reads no rows. Call it in a
    /// Tokio runtime.
    pub async fn check(self, asked: &Asked) -> Checked {
        let whole = self.with_catalogue();
        let (specs, inspected, found) = whole.files().await;
        let mut checked = whole.over(specs, inspected, found, asked);
        if let Err(problems) = checked.define().await {
            checked.diagnostics.extend(problems);
        }
        checked
    }

    /// With the rules of the packs that the project uses, as it has set them.
    pub(crate) fn with_packs(mut self) -> Self {
        for used in std::mem::take(&mut self.raw.uses) {
            let Some((name, text)) = PACKS.iter().find(|(name, _)| *name == used.name.node) else { continue };
            let file = format!("{name}.yaml");
            let options = LoadOptions::default();
            let (map, problems) = (&mut self.map, &mut self.diagnostics);
            let pack = rulefile::load_texts(Path::new(""), &[(&file, text)], &options, map, problems);
            problems.extend(rulefile::take_pack(&mut self.raw, &used, pack));
            self.raw.uses.push(used);
        }
        self
    }

    /// With the project's own definitions as sources, where something asks for them.
    pub(crate) fn with_catalogue(mut self) -> Self {
        let raw = &self.raw;
        let formulas = raw.kpis.values().filter_map(|k| k.formula.as_ref());
        let formulas = formulas.chain(raw.functions.values().filter_map(|f| f.formula.as_ref()));
        let named = |name: &str| raw.sources.contains_key(name);
        // An aggregate's argument begins with its source.
        let reads = |formula: &Formula| {
            let mut found = false;
            if let Some(expr) = &formula.expr {
                crate::syntax::walk::walk(expr, &mut |part| {
                    if let ast::ExprKind::Name(path) = &part.kind {
                        let name = path.parts[0].node.as_str();
                        found |=
                            catalogue::NAMES.contains(&name) && !raw.kpis.contains_key(name) && !named(name);
                    }
                });
            }
            found
        };
        let asked = !raw.rules.is_empty() || !raw.uses.is_empty();
        if !asked && !formulas.into_iter().any(reads) {
            return self;
        }
        let text = include_str!("../rules/standard/catalogue.yaml");
        let options = LoadOptions::default();
        let (map, problems) = (&mut self.map, &mut self.diagnostics);
        let standard = rulefile::load_texts(Path::new(""), &[(CATALOGUE, text)], &options, map, problems);
        for (name, source) in standard.sources {
            if let Some(own) = self.raw.sources.get(&name) {
                self.diagnostics.push(
                    Diagnostic::new(&codes::AMBIGUOUS_NAME, format!("the source name `{name}` is reserved"))
                        .at(own.name.span, "the project's own definitions have it")
                        .help("another name; docs/catalogue.md lists those that are reserved"),
                );
                continue;
            }
            self.raw.sources.insert(name, source);
        }
        self
    }

    /// What the files of the sources hold, and what is wrong with them.
    pub(crate) async fn files(&self) -> (Vec<SourceSpec>, Inspected, Diagnostics) {
        let mut diagnostics = Diagnostics::new();
        let specs = specs::specs(&self.raw, resolve::calendar(&self.raw.calendar).timezone, &mut diagnostics);
        let (mut specs, mut defined): (Vec<_>, Vec<_>) =
            specs.into_iter().partition(|spec| !catalogue::is_one(&spec.name, Some(&spec.path.node)));
        let mut inspected = inspect(&specs, &self.guard(), &mut diagnostics).await;
        if let Err(problems) = engine::catalogue::fill(&mut defined, &mut inspected, &BTreeMap::new()).await {
            diagnostics.extend(problems);
        }
        specs.extend(defined);
        (specs, inspected, diagnostics)
    }

    /// Where the project's paths may lead.
    pub(crate) fn guard(&self) -> Guard {
        let mut guard = Guard::new(&self.raw.root);
        for folder in &self.raw.allow_paths {
            guard.allow(&folder.to_string_lossy());
        }
        guard
    }

    /// Checks names, types, units and cycles against schemas.
    pub(crate) fn over(
        self,
        specs: Vec<SourceSpec>,
        inspected: Inspected,
        found: Diagnostics,
        asked: &Asked,
    ) -> Checked {
        let Self { map, raw, mut diagnostics } = self;
        diagnostics.extend(found);
        let signatures = functions();
        let model = resolve::resolve(&raw, &inspected.schemas(), &signatures, asked, &mut diagnostics);
        Checked { map, model, diagnostics: diagnostics.sorted(), specs, inspected }
    }
}

impl Checked {
    /// Puts the definitions in their sources.
    pub(crate) async fn define(&mut self) -> Result<(), Vec<Diagnostic>> {
        if !self.specs.iter().any(|spec| catalogue::is_one(&spec.name, Some(&spec.path.node))) {
            return Ok(());
        }
        let rows = self.definitions();
        engine::catalogue::fill(&mut self.specs, &mut self.inspected, &rows).await
    }

    fn definitions(&self) -> BTreeMap<&'static str, catalogue::Rows> {
        catalogue::rows(&self.model, &|kpi| self.is_written(kpi))
    }

    /// Whether a KPI stands in a rule file: a formula of the command line is none of the project's.
    fn is_written(&self, kpi: &Kpi) -> bool {
        self.map.file(kpi.defined.file).name != "formula"
    }

    /// The sources with what the run itself tells, where a plan reads it: costs, results, what the data holds.
    async fn filled(
        &self,
        graph: &PlanGraph,
        as_of: AsOf,
        runner: &dyn Runner,
    ) -> Result<Option<(Vec<SourceSpec>, Inspected)>, Vec<Diagnostic>> {
        let needs = Needs::of(&self.model, graph);
        if !needs.any() {
            return Ok(None);
        }
        let mut rows = self.definitions();
        let shown: Vec<&Kpi> = self.model.kpis.iter().filter(|k| !k.hidden && self.is_written(k)).collect();
        if needs.costs || needs.results {
            let names = shown.iter().filter(|k| needs.results || k.cost.or(k.benefit).is_some());
            let kpis = Some(names.map(|k| k.name.clone()).collect());
            let scorecards = Some(vec![]).filter(|_| needs.costs);
            let request = Request { kpis, by: Some(Vec::new()), scorecards, ..Request::new(as_of) };
            let mut first = plan::plan(&self.model, &request)?;
            first.cards.clear();
            let options = RunOptions::default();
            let outcome = self.run(&first, as_of, options).run(runner, &Silent).await?;
            if needs.results {
                rows.insert("results", engine::catalogue::results(&outcome));
            }
            let amount = |y: &Option<crate::model::outcome::Yearly>| y.as_ref().and_then(|y| y.amount);
            let yearly = outcome.costs.iter().map(|c| (c.kpi.clone(), [amount(&c.cost), amount(&c.benefit)]));
            rows.insert("kpis", catalogue::of_kpis(&self.model, &shown, &yearly.collect()));
        }
        if needs.data {
            let (model, sources) = engine::catalogue::counted(&self.model, &self.inspected);
            let graph = plan::plan(&model, &engine::catalogue::request(as_of))?;
            let run = Run { model: &model, ..self.run(&graph, as_of, RunOptions::default()) };
            let outcome = run.run(runner, &Silent).await?;
            rows.insert("data_sources", engine::catalogue::data(&model, &sources, &outcome, as_of));
        }
        let (mut specs, mut inspected) = (self.specs.clone(), self.inspected.clone());
        engine::catalogue::fill(&mut specs, &mut inspected, &rows).await?;
        Ok(Some((specs, inspected)))
    }

    /// Plans a request; reads no data.
    pub fn plan(&self, request: &Request) -> Result<PlanGraph, Diagnostics> {
        plan::plan(&self.model, request).map_err(Diagnostics)
    }

    /// Runs a plan.
    pub async fn evaluate(
        &self,
        graph: &PlanGraph,
        as_of: AsOf,
        options: RunOptions<'_>,
        progress: &dyn Progress,
    ) -> Result<Outcome, Diagnostics> {
        let runner = runner(options)?;
        let failed = |p| Diagnostics(p).sorted();
        let filled = self.filled(graph, as_of, &*runner).await.map_err(failed)?;
        let mut run = self.run(graph, as_of, options);
        if let Some((specs, inspected)) = &filled {
            (run.specs, run.inspected) = (specs, inspected);
        }
        let mut outcome = run.run(&*runner, progress).await.map_err(failed)?;
        outcome.notes.extend(self.worth_telling());
        for operand in outcome.rules.iter_mut().flat_map(|table| &mut table.operands) {
            operand.from = operand.origin.map(|span| self.written_at(span));
        }
        Ok(outcome)
    }

    /// Where something is written, for people: a file and its line, or the option that says it.
    fn written_at(&self, span: Span) -> String {
        let file = &self.map.file(span.file).name;
        if file.starts_with("--") { file.clone() } else { format!("{file}:{}", self.map.place(span).line) }
    }

    /// Objectives, KPIs, activities and areas, and what ties them together: of the whole project, or of these KPIs and
    /// what is directly tied to them. Labels are those of a language; a name that no KPI has is refused.
    pub fn graph(&self, kpis: Option<&[String]>, lang: Option<&str>) -> Result<Graph, Diagnostics> {
        let graph = Graph::of(&self.model, &|texts| local(texts, lang));
        let Some(asked) = kpis else { return Ok(graph) };
        let names: Vec<&str> =
            self.model.kpis.iter().filter(|k| !k.hidden).map(|k| k.name.as_str()).collect();
        let unknown = asked.iter().filter(|name| !names.contains(&name.as_str())).map(|name| {
            let mut problem = Diagnostic::new(&codes::BAD_REQUEST, format!("no KPI is named `{name}`"));
            problem.help = near::did_you_mean(name, names.iter().copied());
            problem
        });
        let unknown: Vec<Diagnostic> = unknown.collect();
        if unknown.is_empty() { Ok(graph.around(asked)) } else { Err(Diagnostics(unknown)) }
    }

    /// Why a cell of a KPI is what it is: of a request for the one KPI at one grain, its last breakdown, and the
    /// last of its periods.
    pub async fn why(
        &self,
        kpi: &str,
        request: &Request,
        cell: &Cell,
        options: RunOptions<'_>,
        progress: &dyn Progress,
    ) -> Result<Why, Diagnostics> {
        let mut model = self.model.clone();
        let place = model.kpis.iter().position(|k| k.name == kpi && !k.hidden);
        let counts = place.map(|place| rows::count(&mut model, place, &self.map)).unwrap_or_default();
        let graph = plan::plan(&model, request).map_err(Diagnostics)?;
        let runner = runner(options)?;
        let run = Run { model: &model, ..self.run(&graph, request.as_of, options) };
        let why = run.why(cell, &counts, &self.map, &*runner, progress).await;
        why.map_err(|p| Diagnostics(p).sorted())
    }

    fn worth_telling(&self) -> impl Iterator<Item = Diagnostic> {
        self.diagnostics.0.iter().filter(|d| d.severity != Severity::Error).cloned()
    }

    /// Why a KPI changed between two periods. What is asked can be refused; a run can fail.
    pub async fn change(
        &self,
        asked: &plan::change::Asked,
        options: RunOptions<'_>,
        progress: &dyn Progress,
    ) -> Result<Change, NoChange> {
        let refused = |problem| NoChange::Refused(Diagnostics(vec![problem]));
        let written = |span| self.map.slice(span).to_owned();
        let planned = plan::change::plan(&self.model, asked, &written).map_err(refused)?;
        // What the KPI itself cannot answer is told of it alone, and not of its parts too.
        let mut own = planned.request.clone();
        own.kpis = Some(vec![asked.kpi.clone()]);
        plan::plan(&planned.model, &own).map_err(|p| NoChange::Refused(Diagnostics(p)))?;
        let graph =
            plan::plan(&planned.model, &planned.request).map_err(|p| NoChange::Refused(Diagnostics(p)))?;
        let runner = runner(options).map_err(NoChange::Failed)?;
        let run = Run { model: &planned.model, ..self.run(&graph, asked.as_of, options) };
        let outcome =
            run.run(&*runner, progress).await.map_err(|p| NoChange::Failed(Diagnostics(p).sorted()))?;
        let mut change = crate::results::change::change(&planned, outcome).map_err(refused)?;
        change.notes.extend(self.worth_telling());
        Ok(change)
    }

    /// DataFusion's plan of each scan group, as text.
    pub async fn describe(&self, graph: &PlanGraph, as_of: AsOf) -> Result<Vec<String>, Diagnostics> {
        let options = RunOptions::default();
        let runner = runner(options)?;
        self.run(graph, as_of, options).describe(&*runner).await.map_err(Diagnostics)
    }

    fn run<'a>(&'a self, graph: &'a PlanGraph, as_of: AsOf, options: RunOptions<'a>) -> Run<'a> {
        Run {
            model: &self.model,
            graph,
            specs: &self.specs,
            inspected: &self.inspected,
            as_of,
            lang: options.lang,
        }
    }

    /// What the files of a source hold: format, files, bytes.
    pub fn files(&self, source: &str) -> Option<(&'static str, usize, u64)> {
        let schema = self.inspected.sources.get(source)?;
        Some((schema.format.name(), schema.files.len(), schema.bytes))
    }
}

fn runner(options: RunOptions<'_>) -> Result<Arc<dyn Runner>, Diagnostics> {
    match Local::new(options.memory) {
        Ok(local) => Ok(Arc::new(local)),
        Err(e) => Err(Diagnostics(vec![failure::of_query(&e, &[])])),
    }
}
