//! Arguments as typed. What they mean together is settled in `settings`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// KPI rules engine: checks rule files, says what every KPI is and why.
#[derive(Debug, Parser)]
#[command(name = "rumbo", version, about, max_term_width = 100, after_help = EXIT_HELP)]
pub struct Arguments {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

const EXIT_HELP: &str = "Exit codes: 0 done; 1 done, with findings; 2 could not judge; 64 wrong usage; \
130 and 143 ended by a signal.";

/// Arguments of every command.
#[derive(Clone, Debug, Args)]
pub struct Global {
    /// Say nothing but results and errors
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Say more of what is done
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    pub verbose: bool,
    /// When to use colour
    #[arg(long, global = true, value_enum, default_value_t = When::Auto, value_name = "WHEN")]
    pub color: When,
    /// A variable of the rule files
    #[arg(long = "var", global = true, value_name = "NAME=VALUE")]
    pub vars: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum When {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start a project
    Init(Init),
    /// Check rule files against the data's schemas; reads no rows
    Check(Check),
    /// Compute KPIs
    Run(Run),
    /// Compute scorecards: KPIs rolled up by weight, and what they pay
    Scorecard(Scorecard),
    /// Judge the alignment rules: what needs attention first, and why
    Align(Align),
    /// How a rule would have behaved over its history
    Backtest(Backtest),
    /// Run the tests of rule files
    Test(Test),
    /// Compute a formula without a KPI
    Eval(Eval),
    /// List what a project defines
    List(List),
    /// Draw what objectives, KPIs, activities and areas have to do with each other
    Graph(Graph),
    /// Explain a KPI or a diagnostic's code
    Explain(Explain),
    /// Explain one value of a KPI: its parts, the rows behind them, its target and status
    Why(Why),
    /// List the functions of formulas
    Functions(Functions),
}

#[derive(Debug, Args)]
pub struct Init {
    /// The folder; made where it does not exist
    #[arg(default_value = ".")]
    pub dir: PathBuf,
    /// The demo project: an invented company, three years of data
    #[arg(long)]
    pub demo: bool,
}

#[derive(Debug, Args)]
pub struct Check {
    /// A folder with a rumbo.yaml, or a rule file
    #[arg(default_value = ".")]
    pub project: PathBuf,
    /// The form of diagnostics
    #[arg(long, value_enum, default_value_t = CheckFormat::Text)]
    pub format: CheckFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CheckFormat {
    Text,
    Json,
    Sarif,
    Github,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum StatusFilter {
    OnTrack,
    AtRisk,
    OffTrack,
    Unknown,
}

/// What is asked of KPIs.
#[derive(Clone, Debug, Default, Args)]
pub struct Asked {
    /// A breakdown in place of those that the KPIs list: dimensions joined by commas, or `none`
    #[arg(long, value_name = "DIMENSIONS")]
    pub by: Vec<String>,
    /// A grain in place of those that the KPIs list
    #[arg(long, value_delimiter = ',')]
    pub grain: Vec<String>,
    /// First day
    #[arg(long, value_name = "DAY")]
    pub from: Option<String>,
    /// The day after the last
    #[arg(long, value_name = "DAY")]
    pub to: Option<String>,
    /// Up to when rows exist: a day (its end) or a time
    #[arg(long, value_name = "TIME")]
    pub as_of: Option<String>,
    /// A condition on dimensions that filters every aggregate
    #[arg(long = "where", value_name = "CONDITION")]
    pub condition: Vec<String>,
    /// Another value for a parameter of the project
    #[arg(long = "param", value_name = "NAME=VALUE")]
    pub params: Vec<String>,
    /// Only values of these statuses
    #[arg(long, value_enum, value_delimiter = ',', value_name = "STATUS")]
    pub status: Vec<StatusFilter>,
    /// table, csv, json, ndjson, parquet, arrow or markdown
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<String>,
    /// Write the result to a file; its name gives the format where none is given
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// The language of labels
    #[arg(long, value_name = "CODE")]
    pub lang: Option<String>,
    /// Memory for queries, such as 4GB; without a limit where absent
    #[arg(long, value_name = "SIZE")]
    pub memory: Option<String>,
}

#[derive(Debug, Args)]
pub struct Run {
    /// A folder with a rumbo.yaml, or a rule file
    #[arg(default_value = ".")]
    pub project: PathBuf,
    /// Only these KPIs
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    pub kpi: Vec<String>,
    #[command(flatten)]
    pub asked: Asked,
}

#[derive(Debug, Args)]
pub struct Scorecard {
    /// Only these scorecards; all where none is named
    pub names: Vec<String>,
    /// The project: a folder with a rumbo.yaml, or a rule file
    #[arg(long, value_name = "PROJECT", default_value = ".")]
    pub project: PathBuf,
    /// First day
    #[arg(long, value_name = "DAY")]
    pub from: Option<String>,
    /// The day after the last
    #[arg(long, value_name = "DAY")]
    pub to: Option<String>,
    /// Up to when rows exist: a day (its end) or a time
    #[arg(long, value_name = "TIME")]
    pub as_of: Option<String>,
    /// Another value for a parameter of the project
    #[arg(long = "param", value_name = "NAME=VALUE")]
    pub params: Vec<String>,
    /// table, csv, json, ndjson, parquet, arrow or markdown
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<String>,
    /// Write the result to a file; its name gives the format where none is given
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// The language of labels
    #[arg(long, value_name = "CODE")]
    pub lang: Option<String>,
}

#[derive(Debug, Args)]
pub struct Align {
    /// A folder with a rumbo.yaml, or a rule file
    #[arg(default_value = ".")]
    pub project: PathBuf,
    /// Only these rules
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    pub rule: Vec<String>,
    /// Only rules of these axes
    #[arg(long, value_enum, value_delimiter = ',', value_name = "AXIS")]
    pub axis: Vec<AxisFilter>,
    /// Only these verdicts
    #[arg(long, value_enum, value_delimiter = ',', value_name = "VERDICT")]
    pub verdict: Vec<VerdictFilter>,
    /// End with 1 where a rule of these severities fires (critical, warning, info), with 2 where something is
    /// unknown (unknown); or never
    #[arg(long, value_delimiter = ',', value_name = "LIST", default_value = "critical")]
    pub fail_on: Vec<String>,
    /// First day; the last closed and the open period of each rule where no range is given
    #[arg(long, value_name = "DAY")]
    pub from: Option<String>,
    /// The day after the last
    #[arg(long, value_name = "DAY")]
    pub to: Option<String>,
    /// Up to when rows exist: a day (its end) or a time
    #[arg(long, value_name = "TIME")]
    pub as_of: Option<String>,
    /// Another value for a parameter of the project
    #[arg(long = "param", value_name = "NAME=VALUE")]
    pub params: Vec<String>,
    /// table, csv, json, ndjson, parquet, arrow or markdown
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<String>,
    /// Write the result to a file; its name gives the format where none is given
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// The language of labels
    #[arg(long, value_name = "CODE")]
    pub lang: Option<String>,
    /// Memory for queries, such as 4GB; without a limit where absent
    #[arg(long, value_name = "SIZE")]
    pub memory: Option<String>,
}

#[derive(Debug, Args)]
pub struct Backtest {
    /// The rule
    pub rule: String,
    /// The project: a folder with a rumbo.yaml, or a rule file
    #[arg(long, value_name = "PROJECT", default_value = ".")]
    pub project: PathBuf,
    /// First day; since the data begins where absent
    #[arg(long, value_name = "DAY")]
    pub from: Option<String>,
    /// The day after the last
    #[arg(long, value_name = "DAY")]
    pub to: Option<String>,
    /// Up to when rows exist: a day (its end) or a time
    #[arg(long, value_name = "TIME")]
    pub as_of: Option<String>,
    /// Another value for a parameter of the project
    #[arg(long = "param", value_name = "NAME=VALUE")]
    pub params: Vec<String>,
    /// The form of the result
    #[arg(long, value_enum, default_value_t = BacktestFormat::Text)]
    pub format: BacktestFormat,
    /// The language of labels
    #[arg(long, value_name = "CODE")]
    pub lang: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum BacktestFormat {
    Text,
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum AxisFilter {
    StrategicDirection,
    Activities,
    Areas,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum VerdictFilter {
    Fires,
    Pending,
    Unknown,
    Waived,
    Holds,
    NotApplicable,
}

#[derive(Debug, Args)]
pub struct Test {
    /// A folder with a rumbo.yaml, or a rule file
    #[arg(default_value = ".")]
    pub project: PathBuf,
    /// Only tests whose name holds this text
    #[arg(long, value_name = "TEXT")]
    pub filter: Vec<String>,
    /// The form of the result
    #[arg(long, value_enum, default_value_t = TestFormat::Text)]
    pub format: TestFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TestFormat {
    Text,
    Json,
}

#[derive(Debug, Args)]
pub struct Eval {
    /// The formula
    #[arg(allow_hyphen_values = true)]
    pub formula: String,
    /// The project whose sources and KPIs it may read; the folder here, where no `--source` is given
    #[arg(long, value_name = "PROJECT")]
    pub project: Option<PathBuf>,
    /// A file as a source
    #[arg(long = "source", value_name = "NAME=PATH")]
    pub sources: Vec<String>,
    /// The time column of a source
    #[arg(long = "time", value_name = "NAME=COLUMN")]
    pub times: Vec<String>,
    #[command(flatten)]
    pub asked: Asked,
}

#[derive(Debug, Args)]
pub struct List {
    #[arg(value_enum)]
    pub what: Listed,
    /// A folder with a rumbo.yaml, or a rule file
    #[arg(default_value = ".")]
    pub project: PathBuf,
    #[arg(long, value_enum, default_value_t = ListFormat::Table)]
    pub format: ListFormat,
    /// The language of labels
    #[arg(long, value_name = "CODE")]
    pub lang: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Listed {
    Kpis,
    Sources,
    Dimensions,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    Table,
    Json,
}

#[derive(Debug, Args)]
pub struct Graph {
    /// A folder with a rumbo.yaml, or a rule file
    #[arg(default_value = ".")]
    pub project: PathBuf,
    /// Only these KPIs, and what is directly tied to them
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    pub kpi: Vec<String>,
    /// The form of the graph; mermaid where neither this nor a file says another
    #[arg(long, value_enum)]
    pub format: Option<GraphFormat>,
    /// Write the graph to a file; its name gives the format where none is given
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// The language of labels
    #[arg(long, value_name = "CODE")]
    pub lang: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GraphFormat {
    Mermaid,
    Dot,
    Json,
}

#[derive(Debug, Args)]
pub struct Explain {
    /// A KPI, or a code such as E0301
    pub name: String,
    /// A folder with a rumbo.yaml, or a rule file
    #[arg(default_value = ".")]
    pub project: PathBuf,
    /// DataFusion's plans too
    #[arg(long)]
    pub plan: bool,
    /// Why it changed between two periods
    #[arg(long, conflicts_with = "plan")]
    pub change: bool,
    #[command(flatten)]
    pub between: Change,
}

/// Between which periods, and by what.
#[derive(Debug, Args)]
pub struct Change {
    /// With --change: by members of these dimensions, joined by commas; by factors where absent
    #[arg(long, requires = "change", value_name = "DIMENSIONS")]
    pub by: Option<String>,
    /// With --change: the earlier period, such as 2025-Q4; the one before the later where absent
    #[arg(long, requires = "change", value_name = "PERIOD")]
    pub from_period: Option<String>,
    /// With --change: the later period; the last closed one where absent
    #[arg(long, requires = "change", value_name = "PERIOD")]
    pub to_period: Option<String>,
    /// With --change: the grain of the periods, in place of the KPI's first
    #[arg(long, requires = "change")]
    pub grain: Option<String>,
    /// With --change: up to when rows exist, a day (its end) or a time
    #[arg(long, requires = "change", value_name = "TIME")]
    pub as_of: Option<String>,
    /// With --change: how many effects the table shows before the line of the others
    #[arg(long, requires = "change", default_value_t = 10, value_name = "COUNT")]
    pub top: usize,
    /// With --change: text or json
    #[arg(long, requires = "change", value_enum, default_value_t = ChangeFormat::Text)]
    pub format: ChangeFormat,
    /// With --change: the language of labels
    #[arg(long, requires = "change", value_name = "CODE")]
    pub lang: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ChangeFormat {
    Text,
    Json,
}

#[derive(Debug, Args)]
pub struct Why {
    /// The KPI, a scorecard, or a rule
    pub kpi: String,
    /// A folder with a rumbo.yaml, or a rule file; the folder here where none is given
    pub folder: Option<PathBuf>,
    /// The same, by name
    #[arg(long, value_name = "PROJECT", conflicts_with = "folder")]
    pub project: Option<PathBuf>,
    /// Whose value: a dimension and its member by key or label, `(none)` for the missing one; the total without
    #[arg(long, value_name = "DIMENSION=MEMBER")]
    pub at: Vec<String>,
    /// The period, by its name (2026-01, 2026-Q1); the last closed one without
    #[arg(long, value_name = "PERIOD")]
    pub period: Option<String>,
    /// The grain; without, that of the period, or the KPI's first
    #[arg(long, value_name = "GRAIN")]
    pub grain: Option<String>,
    /// Up to when rows exist: a day (its end) or a time
    #[arg(long, value_name = "TIME")]
    pub as_of: Option<String>,
    /// Another value for a parameter of the project
    #[arg(long = "param", value_name = "NAME=VALUE")]
    pub params: Vec<String>,
    #[arg(long, value_enum, default_value_t = WhyFormat::Text)]
    pub format: WhyFormat,
    /// The language of labels
    #[arg(long, value_name = "CODE")]
    pub lang: Option<String>,
    /// Memory for queries, such as 4GB; without a limit where absent
    #[arg(long, value_name = "SIZE")]
    pub memory: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum WhyFormat {
    Text,
    Json,
}

#[derive(Debug, Args)]
pub struct Functions {
    /// Only this one
    pub name: Option<String>,
    #[arg(long, value_enum, default_value_t = ListFormat::Table)]
    pub format: ListFormat,
}
