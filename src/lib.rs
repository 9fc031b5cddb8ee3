//! Rumbo: a KPI rules engine. Rule files (YAML whose formulas define KPIs) are checked like a program,
//! compiled to Apache DataFusion queries over Parquet, CSV, NDJSON or Arrow files, and evaluated: what
//! every KPI is in every period and breakdown, with the rows behind it and the reason of every missing
//! value.
//!
//! The verbs are those of the command line: [`load`], [`Loaded::check`], [`Checked::plan`],
//! [`Checked::evaluate`]. The result is an [`Outcome`], and [`record_batch`] its tidy Arrow form.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let folder = tempfile::tempdir()?;
//! std::fs::write(folder.path().join("sales.csv"), "day,amount\n2026-01-05,10.50\n2026-01-09,4.25\n")?;
//! let rules = "
//! sources: {sales: {path: sales.csv, time: day}}
//! kpis: {revenue: sum(sales.amount)}
//! ";
//! let runtime = tokio::runtime::Runtime::new()?;
//! let outcome = runtime.block_on(async {
//!     let loaded = rumbo::load_texts(folder.path(), &[("rumbo.yaml", rules)], &rumbo::LoadOptions::default());
//!     let checked = loaded.check(&rumbo::Asked::default()).await;
//!     assert!(!checked.diagnostics.has_errors());
//!     let as_of = rumbo::as_of("2026-01-31", &checked.model.calendar).ok_or("no date")?;
//!     let request = rumbo::Request::new(as_of);
//!     let graph = checked.plan(&request).map_err(|_| "not planned")?;
//!     let options = rumbo::RunOptions::default();
//!     checked.evaluate(&graph, as_of, options, &rumbo::Silent).await.map_err(|_| "not evaluated")
//! })?;
//! let january = outcome.tables[0].breakdowns[0].rows.last().ok_or("no row")?;
//! assert_eq!(january.exact.as_deref(), Some("14.75"));
//! # Ok(())
//! # }
//! ```

mod api;
mod checks;
#[doc(hidden)]
pub mod cli;
mod diagnostic;
mod engine;
mod functions;
mod model;
mod plan;
mod report;
mod resolve;
mod results;
mod rulefile;
mod source;
mod syntax;
mod testing;

pub use api::{
    Checked, Loaded, NoChange, RunOptions, StandardFunction, catalogue_reference, function_reference,
    functions, load, load_texts, parse_formula, rule_file_reference, standard_functions,
};
pub use checks::{StandardCheck, check_reference, standard_checks};
pub use diagnostic::{DataPlace, Diagnostic, Diagnostics, Fix, Label, Severity};
pub use engine::run::{Progress, Silent};
pub use engine::why::Cell;
pub use model::calendar::{Calendar, Grain, OwnGrain, OwnPeriod};
pub use model::change::{Cause, Change, Effect, Method};
pub use model::outcome::{Breakdown, KpiTable, Member, Outcome, Reason, Row};
pub use model::project::{AsOf, Dimension, Model};
pub use model::types::{Type, Unit};
pub use model::why::{Because, Figure, Operand, Part, Rows, Wanted, Why};
pub use plan::change::Asked as ChangeAsked;
pub use plan::{PlanGraph, Request};
pub use report::tidy::batch as record_batch;
pub use report::{Format, TableOptions, write, write_file};
pub use resolve::{Asked, as_of};
pub use rulefile::LoadOptions;
pub use source::{FileId, SourceMap, Span, Spanned};
pub use testing::{TestOptions, TestOutcome, TestResult, run as run_tests};

/// Renderers of diagnostics: terminal, JSON, SARIF, GitHub.
pub mod render {
    pub use crate::diagnostic::render::{github, json, sarif, terminal};
}

/// Every diagnostic code with its page.
pub mod codes {
    pub use crate::diagnostic::codes::{ALL, Code, find};
}

/// The graph of a project: what [`Checked::graph`] gives, its links as lists, and its forms as text.
pub mod graph {
    pub use crate::model::graph::{Edge, EdgeKind, Graph, Influence, Node, NodeKind, influences, reads};
    pub use crate::report::graph::{Format, write};
}
