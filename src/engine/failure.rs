//! What DataFusion says when a query fails -> a diagnostic that names KPI, source or resource.

use datafusion::common::DataFusionError;

use crate::diagnostic::{Diagnostic, codes};
use crate::functions::Failure;

/// A failed query, for these KPIs.
pub fn of_query(error: &DataFusionError, kpis: &[String]) -> Diagnostic {
    let root = error.find_root();
    let who = match kpis {
        [] => "a query".to_owned(),
        [one] => format!("the KPI `{one}`"),
        many => format!(
            "one of the KPIs {}",
            many.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", ")
        ),
    };
    if let DataFusionError::External(inner) = root
        && let Some(failure) = inner.downcast_ref::<Failure>()
    {
        return of_kernel(failure, &who);
    }
    let text = root.strip_backtrace();
    if text.contains("rumbo overflow") {
        return overflow(&who, "a sum");
    }
    if matches!(root, DataFusionError::ResourcesExhausted(_)) {
        return Diagnostic::new(&codes::OUT_OF_MEMORY, format!("not enough memory for {who}"))
            .help("fewer breakdowns or a shorter range at once, or a higher `--memory`");
    }
    Diagnostic::new(&codes::QUERY_FAILED, format!("the query of {who} failed")).note(first_line(&text))
}

/// A kernel that could not compute.
pub fn of_kernel(failure: &Failure, who: &str) -> Diagnostic {
    match failure {
        Failure::Overflow(what) => overflow(who, what),
        Failure::Tie(what) => {
            Diagnostic::new(&codes::TABLE_TIE, format!("two rows of a table fit {what} equally well"))
                .note(format!("asked for {who}"))
                .help("a row that names both members decides it, or another day in the column of `from:`")
        }
        Failure::Internal(what) => {
            Diagnostic::new(&codes::QUERY_FAILED, format!("{who} could not be computed")).note(what.clone())
        }
    }
}

fn overflow(who: &str, what: &str) -> Diagnostic {
    Diagnostic::new(&codes::OVERFLOW, format!("a number of {who} has more digits than it can hold"))
        .note(format!("in {what}; row values hold 64 bits or 38 digits, results 38 digits"))
        .help("floats hold larger numbers, less exactly: declare the column `type: float`")
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().chars().take(400).collect()
}
