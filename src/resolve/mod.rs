//! Raw rules + signatures + schemas -> `Model`: names, scopes, types, units, cycles. Collects every
//! independent error and no consequences of earlier ones. No DataFusion, no reading of files.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Diagnostics, codes};
use crate::model::project::{Measure, MeasureId, Model, SourceId};
use crate::model::signature::Signature;
use crate::model::stated::StatedResults;
use crate::model::types::Type;
use crate::rulefile::raw::RawProject;
use crate::source::Span;
use crate::syntax::ast;

mod across;
mod aggregates;
mod arguments;
mod calendar;
mod calls;
mod columns;
mod comparisons;
mod conversions;
mod costs;
mod dimensions;
mod expand;
mod facts;
mod held;
mod history;
mod judge;
mod kpis;
mod literals;
mod lower;
mod made;
mod moments;
mod operators;
mod own_grains;
mod paths;
mod per;
mod rates;
mod results;
mod rows;
mod rules;
mod scorecards;
mod sources;
mod stated;
mod strategy;
mod tables;

pub use across::unfit_offsets;
pub use calendar::{as_of, as_of_instant, calendar, instant};
pub use dimensions::{dimension, momentless, reaches};
pub use own_grains::unfit_windows;

/// What the files of a source hold, by the language's names.
#[derive(Clone, Debug, Default)]
pub struct Schemas {
    /// Columns by source; a source whose schema could not be read is not here.
    pub sources: HashMap<String, Vec<SchemaColumn>>,
    /// What to say where a column is not found: a wrong delimiter, say.
    pub hints: HashMap<String, String>,
    /// Sources that may have further columns: one that is not found is no mistake, and has no type.
    pub partial: HashSet<String>,
}

impl Schemas {
    /// Why a column is text, where its values say so.
    fn why_text(&self, source: &str, column: &str) -> Option<&str> {
        self.column(source, column)?.why_text.as_deref()
    }

    fn column(&self, source: &str, column: &str) -> Option<&SchemaColumn> {
        self.sources.get(source)?.iter().find(|c| c.name == column)
    }
}

/// A column of a source's files.
#[derive(Clone, Debug)]
pub struct SchemaColumn {
    /// Its name in the language.
    pub name: String,
    /// Its type; unknown for what has no type in the language.
    pub ty: Type,
    /// Why it is text, where its values and no declaration say so.
    pub why_text: Option<String>,
    /// Whether no row that was looked at has a value: the type is a guess.
    pub no_values: bool,
}

/// What to resolve beside the rule files.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Conditions that go into every aggregate of the KPIs in `only`.
    pub filters: Vec<ast::Expr>,
    /// The KPIs that are asked for; all where absent.
    pub only: Option<Vec<String>>,
    /// Whether other grains are asked for than those that they list.
    pub grains: bool,
    /// Results of KPIs that are stated in place of being computed.
    pub stated: Vec<Arc<StatedResults>>,
}

/// Resolves a project. The model is whole only where no error was reported.
pub fn resolve(
    raw: &RawProject,
    schemas: &Schemas,
    signatures: &[Signature],
    asked: &Asked,
    diagnostics: &mut Diagnostics,
) -> Model {
    let mut resolver = Resolver {
        raw,
        schemas,
        signatures,
        diagnostics,
        model: Model::default(),
        measures: HashMap::new(),
        columns: columns::States::default(),
        kpis: kpis::States::default(),
        stated: &asked.stated,
        expanded: 0,
        why_text: HashMap::new(),
        looped: HashSet::new(),
        expanding: Vec::new(),
    };
    resolver.model.name = raw.name.as_ref().map_or_else(|| "project".to_owned(), |n| n.node.clone());
    resolver.model.calendar = calendar::calendar(&raw.calendar);
    resolver.model.as_of = calendar::project_as_of(raw, &resolver.model.calendar, resolver.diagnostics);
    resolver.sources();
    resolver.row_formulas();
    resolver.dimensions();
    resolver.check_functions();
    resolver.strategy();
    resolver.kpis(asked);
    resolver.scorecards();
    resolver.costs();
    resolver.rules();
    resolver.converted_columns();
    resolver.model
}

struct Resolver<'a> {
    raw: &'a RawProject,
    schemas: &'a Schemas,
    signatures: &'a [Signature],
    diagnostics: &'a mut Diagnostics,
    model: Model,
    measures: HashMap<String, MeasureId>,
    columns: columns::States,
    kpis: kpis::States,
    /// Results that stand in place of formulas.
    stated: &'a [Arc<StatedResults>],
    /// Nodes that function calls have been expanded to, bounded so that doubling cannot run away.
    expanded: usize,
    /// Why columns are text, by where they are read.
    why_text: HashMap<Span, String>,
    /// Functions that call each other in a loop, which has been reported.
    looped: HashSet<String>,
    /// Functions being expanded, outermost first.
    expanding: Vec<String>,
}

impl Resolver<'_> {
    fn report(&mut self, mut diagnostic: Diagnostic) {
        if diagnostic.code == &codes::TYPE_MISMATCH {
            for label in diagnostic.labels.iter().filter(|l| l.text.starts_with("text")) {
                diagnostic.notes.extend(self.why_text.get(&label.span).cloned());
            }
        }
        self.diagnostics.push(diagnostic);
    }

    fn signature(&self, name: &str) -> Option<Signature> {
        self.signatures.iter().find(|s| s.name == name).copied()
    }

    /// Refuses a construct that the language has and this version does not evaluate.
    fn not_yet(&mut self, span: Span, what: &str) {
        self.report(
            Diagnostic::new(&codes::NOT_YET, format!("{what} is not evaluated yet"))
                .at(span, "part of the language, refused rather than ignored"),
        );
    }

    /// The id of a measure, the same for equal ones.
    fn intern(&mut self, measure: Measure) -> MeasureId {
        let key = measure.key();
        if let Some(id) = self.measures.get(&key) {
            return *id;
        }
        let id = MeasureId(self.model.measures.len());
        self.model.measures.push(measure);
        self.measures.insert(key, id);
        id
    }

    fn source_name(&self, id: SourceId) -> &str {
        &self.model.source(id).name
    }
}
