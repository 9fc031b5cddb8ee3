//! The command line: arguments as typed (`args`), as settled (`settings`), one file per verb
//! (`commands/`). The only place that prints, exits, and reads the environment or the clock.

mod args;
mod commands;
mod console;
mod settings;

use std::process::ExitCode;

use clap::Parser;

pub use settings::Exit;

/// DataFusion plans recursively, and debug builds use much stack.
const STACK: usize = 16 << 20;

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let arguments = match args::Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(problem) => {
            let wrong = problem.use_stderr();
            // A closed pipe is no reason to fail on help.
            let _ = problem.print();
            return if wrong { Exit::Usage } else { Exit::Done }.into();
        }
    };
    let worker = std::thread::Builder::new().name("rumbo".to_owned()).stack_size(STACK).spawn(move || {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().thread_stack_size(STACK).enable_all().build();
        match runtime {
            Ok(runtime) => {
                let exit = runtime.block_on(until_signal(commands::run(arguments)));
                // Work that still reads files is not waited for: the process ends. The runtime's threads are not
                // let go one by one either, since glibc can fault on a thread that ends while it is detached.
                std::mem::forget(runtime);
                exit
            }
            Err(_) => Exit::Failed,
        }
    });
    let exit = worker.ok().and_then(|w| w.join().ok()).unwrap_or(Exit::Failed);
    exit.into()
}

/// The exit of a command, or of the signal that ended it.
async fn until_signal(command: impl Future<Output = Exit>) -> Exit {
    #[cfg(unix)]
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending::<()>().await,
        }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<()>();
    tokio::select! {
        exit = command => exit,
        _ = tokio::signal::ctrl_c() => Exit::Interrupted,
        () = terminated => Exit::Terminated,
    }
}
