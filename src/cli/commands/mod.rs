//! One file per verb.

mod align;
mod backtest;
mod change;
mod check;
mod eval;
mod explain;
mod functions;
mod graph;
mod init;
mod list;
mod run;
mod scorecard;
mod test;
mod values;
mod why;
mod why_rule;
mod why_score;

use super::args::{Arguments, Command};
use super::settings::{Exit, Talk, load_options};

/// Runs a command.
pub async fn run(arguments: Arguments) -> Exit {
    let talk = Talk::settle(&arguments.global);
    let options = match load_options(&arguments.global) {
        Ok(options) => options,
        Err(problem) => return super::console::usage(&problem),
    };
    match arguments.command {
        Command::Init(args) => init::run(&args, &talk),
        Command::Check(args) => check::run(&args, &options, &talk).await,
        Command::Run(args) => run::run(&args, &options, &talk).await,
        Command::Scorecard(args) => scorecard::run(&args, &options, &talk).await,
        Command::Align(args) => align::run(&args, &options, &talk).await,
        Command::Backtest(args) => backtest::run(&args, &options, &talk).await,
        Command::Test(args) => test::run(&args, &options, &talk).await,
        Command::Eval(args) => eval::run(&args, &options, &talk).await,
        Command::List(args) => list::run(&args, &options, &talk).await,
        Command::Graph(args) => graph::run(&args, &options, &talk).await,
        Command::Explain(args) => explain::run(&args, &options, &talk).await,
        Command::Why(args) => why::run(&args, &options, &talk).await,
        Command::Functions(args) => functions::run(&args, &talk),
    }
}
