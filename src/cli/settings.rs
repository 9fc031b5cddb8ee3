//! Arguments as settled: formats, ranges, conditions; and the exit codes.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use chrono::NaiveDate;

use super::args::{Asked, Global, When};
use crate::model::calendar::{Calendar, Grain};
use crate::model::findings::RuleTable;
use crate::model::project::{AsOf, Dimension};
use crate::model::rules::Severity;
use crate::model::verdict::Verdict;
use crate::plan::Request;
use crate::report::Format;
use crate::rulefile::LoadOptions;
use crate::source::{SourceMap, Span};
use crate::syntax;

/// How a command ended. Frozen: docs/exit-codes.md.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done,
    /// Done, with findings.
    Findings,
    /// Could not judge.
    Failed,
    /// Wrong usage.
    Usage,
    /// Ctrl-C.
    Interrupted,
    /// SIGTERM.
    Terminated,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Findings => 1,
            Exit::Failed => 2,
            Exit::Usage => 64,
            Exit::Interrupted => 130,
            Exit::Terminated => 143,
        })
    }
}

/// What of the rules' answers fails a pipeline.
#[derive(Clone, Debug, Default)]
pub struct FailOn {
    severities: Vec<Severity>,
    unknown: bool,
}

impl FailOn {
    /// From the words of `--fail-on`.
    pub fn settle(words: &[String]) -> Result<Self, String> {
        let mut fail_on = Self::default();
        for word in words {
            match (word.as_str(), Severity::named(word)) {
                (_, Some(severity)) => fail_on.severities.push(severity),
                ("unknown", _) => fail_on.unknown = true,
                ("never", _) if words.len() == 1 => {}
                ("never", _) => return Err("`--fail-on never` stands alone".to_owned()),
                _ => {
                    return Err(format!(
                        "`--fail-on {word}`: critical, warning, info, unknown or never is expected"
                    ));
                }
            }
        }
        Ok(fail_on)
    }

    /// As the rules stand: in the last closed period that was asked for. What could not be judged is no finding,
    /// and comes first.
    pub fn exit(&self, tables: &[RuleTable]) -> Exit {
        let now = |table: &RuleTable, wanted: Verdict| {
            let at = table.current();
            at.is_some_and(|at| (0..table.members.len()).any(|m| table.verdict(m, at) == wanted))
        };
        let judged = |table: &RuleTable| table.lacks.is_some() || table.judged();
        if self.unknown && tables.iter().any(|t| now(t, Verdict::Unknown) || !judged(t)) {
            return Exit::Failed;
        }
        if tables.iter().any(|t| self.severities.contains(&t.severity) && now(t, Verdict::Fires)) {
            return Exit::Findings;
        }
        Exit::Done
    }
}

/// How to talk.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "four independent switches")]
pub struct Talk {
    /// Only results and errors.
    pub quiet: bool,
    /// More of what is done.
    pub verbose: bool,
    /// Colour on standard output.
    pub colour_out: bool,
    /// Colour on standard error.
    pub colour_err: bool,
    /// Columns of the terminal, if standard output is one.
    pub width: Option<usize>,
}

impl Talk {
    /// As the arguments, the terminal and the environment have it.
    pub fn settle(global: &Global) -> Self {
        let plain = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty())
            || std::env::var_os("TERM").is_some_and(|t| t == "dumb");
        let colour = |terminal: bool| match global.color {
            When::Always => true,
            When::Never => false,
            When::Auto => terminal && !plain,
        };
        let (out, err) = (std::io::stdout().is_terminal(), std::io::stderr().is_terminal());
        let size = || terminal_size::terminal_size().map(|(w, _)| usize::from(w.0));
        Self {
            quiet: global.quiet,
            verbose: global.verbose,
            colour_out: colour(out),
            colour_err: colour(err),
            width: if out { size() } else { None },
        }
    }
}

/// Variables and environment for the rule files.
pub fn load_options(global: &Global) -> Result<LoadOptions, String> {
    let vars = pairs(&global.vars, "--var")?.into_iter().collect::<BTreeMap<_, _>>();
    Ok(LoadOptions { vars, env: std::env::vars_os().filter_map(utf8).collect(), tests: false })
}

fn utf8((name, value): (std::ffi::OsString, std::ffi::OsString)) -> Option<(String, String)> {
    Some((name.into_string().ok()?, value.into_string().ok()?))
}

/// `NAME=value` arguments.
pub fn pairs(arguments: &[String], flag: &str) -> Result<Vec<(String, String)>, String> {
    arguments
        .iter()
        .map(|a| match a.split_once('=') {
            Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
            _ => Err(format!("`{flag} {a}`: NAME=VALUE is expected")),
        })
        .collect()
}

/// Where a result goes, and in which form.
#[derive(Clone, Debug)]
pub struct Target {
    /// The form.
    pub format: Format,
    /// The file; standard output where absent.
    pub file: Option<PathBuf>,
}

impl Target {
    /// From the arguments.
    pub fn settle(asked: &Asked) -> Result<Self, String> {
        let file = asked.output.clone().filter(|f| f.as_os_str() != "-");
        let format = match &asked.format {
            Some(text) => text.parse()?,
            None => match &file {
                None => Format::Table,
                Some(file) => Format::of_path(file).ok_or_else(|| {
                    format!("`{}` does not name a format: `--format csv`, say", file.display())
                })?,
            },
        };
        if format.is_binary() && file.is_none() && std::io::stdout().is_terminal() {
            return Err(format!("{format} is not for a terminal: `-o FILE`"));
        }
        Ok(Self { format, file })
    }
}

/// Conditions of `--where`; problems are diagnostics that point into the argument.
pub fn conditions(
    asked: &Asked,
    map: &mut SourceMap,
) -> Result<Vec<syntax::ast::Expr>, Vec<crate::diagnostic::Diagnostic>> {
    let mut all = Vec::new();
    for condition in &asked.condition {
        let file = map.add("--where", condition.as_str());
        all.push(syntax::parse(condition, file, 0)?);
    }
    Ok(all)
}

/// Up to when rows exist: the argument, else what the project fixes, else now.
pub fn as_of(text: Option<&str>, project: Option<AsOf>, calendar: &Calendar) -> Result<AsOf, String> {
    match text {
        Some(text) => crate::resolve::as_of(text, calendar).ok_or_else(|| {
            format!("`--as-of {text}`: a day (2026-01-31) or a time (2026-01-31T18:00) is expected")
        }),
        None => Ok(project.unwrap_or_else(|| crate::resolve::as_of_instant(chrono::Utc::now(), calendar))),
    }
}

/// A grain by its name.
pub fn grain(name: &str, calendar: &Calendar) -> Result<Grain, String> {
    calendar.grain(name).ok_or_else(|| {
        let grains = calendar.grains();
        let names: Vec<&str> = grains.iter().map(|g| calendar.grain_name(*g)).collect();
        format!("`--grain {name}`: {} are grains", names.join(", "))
    })
}

/// A dimension as typed; its place is in the argument.
pub fn dimension(text: &str, at: &dyn Fn(usize, usize) -> Span) -> Option<Dimension> {
    let path = syntax::parse_path(text, at).ok()?;
    let path = path.parts.into_iter().map(|p| p.node).collect();
    Some(Dimension { path, span: at(0, text.len()) })
}

/// The request that the arguments make.
pub fn request(
    asked: &Asked,
    kpis: Option<Vec<String>>,
    project: Option<AsOf>,
    calendar: &Calendar,
    map: &mut SourceMap,
) -> Result<Request, String> {
    let as_of = as_of(asked.as_of.as_deref(), project, calendar)?;
    let mut request = Request::new(as_of);
    request.kpis = kpis;
    request.from = day(asked.from.as_deref(), "--from")?;
    request.to = day(asked.to.as_deref(), "--to")?;
    if !asked.grain.is_empty() {
        let grains: Result<Vec<Grain>, String> = asked.grain.iter().map(|g| grain(g, calendar)).collect();
        request.grains = Some(grains?);
    }
    if !asked.by.is_empty() {
        let mut all = Vec::new();
        for by in asked.by.iter().filter(|b| b.as_str() != "none") {
            all.push(breakdown(by, map)?);
        }
        request.by = Some(all);
    }
    Ok(request)
}

/// The dimensions of a `--by`.
pub fn breakdown(by: &str, map: &mut SourceMap) -> Result<Vec<Dimension>, String> {
    let file = map.add("--by", by);
    let mut start = 0;
    let mut dimensions = Vec::new();
    for part in by.split(',') {
        let (at, end) = (start, start + part.len());
        start = end + 1;
        let found = dimension(part, &|from, to| Span::new(file, at + from, at + to))
            .ok_or_else(|| format!("`--by {by}`: dimensions joined by commas are expected"))?;
        dimensions.push(Dimension { span: Span::new(file, at, end), ..found });
    }
    Ok(dimensions)
}

fn day(text: Option<&str>, flag: &str) -> Result<Option<NaiveDate>, String> {
    text.map(|t| {
        NaiveDate::parse_from_str(t, "%Y-%m-%d")
            .map_err(|_| format!("`{flag} {t}`: a day such as 2026-01-31 is expected"))
    })
    .transpose()
}

/// `4GB`, `512MB`, `1000000`.
pub fn bytes(text: &str) -> Result<usize, String> {
    let lower = text.trim().to_ascii_lowercase();
    let (number, factor) =
        [("gib", 1u64 << 30), ("gb", 1_000_000_000), ("mib", 1 << 20), ("mb", 1_000_000), ("b", 1)]
            .iter()
            .find_map(|(suffix, factor)| lower.strip_suffix(suffix).map(|n| (n.trim().to_owned(), *factor)))
            .unwrap_or((lower.clone(), 1));
    number
        .parse::<f64>()
        .ok()
        .filter(|n| *n > 0.0)
        .map(|n| (n * factor as f64) as usize)
        .ok_or_else(|| format!("`--memory {text}`: a size such as 4GB is expected"))
}
