//! Standard output and error: results to one, talk to the other; a closed pipe is no error.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::settings::{Exit, Talk};
use crate::diagnostic::Severity;
use crate::diagnostic::render::{json, terminal};
use crate::engine::run::Progress;
use crate::{Diagnostic, SourceMap};

/// Writes a result to standard output.
pub fn out(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match write(&mut stdout).and_then(|()| stdout.flush()) {
        // Whoever read has had enough.
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Writes a text to standard output.
pub fn print(text: &str) -> Exit {
    match out(|w| w.write_all(text.as_bytes())) {
        Ok(()) => Exit::Done,
        Err(e) => {
            complain(&format!("error: standard output: {e}"));
            Exit::Failed
        }
    }
}

/// Says something on standard error.
pub fn complain(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", text.trim_end());
}

/// `1 file`, `2 files`.
pub fn some(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// Reports wrong usage.
pub fn usage(problem: &str) -> Exit {
    complain(&format!("error: {problem}\n\nFor more, try `--help`."));
    Exit::Usage
}

/// Columns of the terminal on standard error; 100 where it is none.
pub fn error_width() -> usize {
    terminal_size::terminal_size_of(io::stderr()).map_or(100, |(w, _)| usize::from(w.0))
}

/// Shows diagnostics on standard error, those that this talk wants.
pub fn show(diagnostics: &[Diagnostic], map: &SourceMap, talk: &Talk, as_json: bool) {
    let wanted: Vec<Diagnostic> =
        diagnostics.iter().filter(|d| d.severity == Severity::Error || !talk.quiet).cloned().collect();
    if wanted.is_empty() {
        return;
    }
    if as_json {
        complain(&json::render(&wanted, map));
        return;
    }
    complain(&terminal::render(&wanted, map, talk.colour_err, error_width()));
    if let Some(summary) = terminal::summary(&wanted) {
        complain(&summary);
    }
}

/// A progress bar on a terminal, for work that takes longer than a second.
pub struct Bar {
    shown: ProgressBar,
    started: Instant,
    read: AtomicU64,
}

impl Bar {
    /// A bar, hidden where standard error is no terminal or nothing is to be said.
    pub fn new(talk: &Talk) -> Self {
        let shown = io::stderr().is_terminal() && !talk.quiet;
        let target = if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(0), target);
        let style = ProgressStyle::with_template("{spinner} {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        Self { shown: bar, started: Instant::now(), read: AtomicU64::new(0) }
    }

    /// Takes it away.
    pub fn done(&self) {
        self.shown.finish_and_clear();
    }

    fn late(&self) -> bool {
        self.started.elapsed() > Duration::from_secs(1)
    }
}

impl Progress for Bar {
    fn bytes(&self, more: u64) {
        let all = self.read.fetch_add(more, Ordering::Relaxed) + more;
        if self.late() {
            self.shown.set_message(format!("reading: {}", indicatif::DecimalBytes(all)));
        }
    }

    fn groups(&self, done: usize, all: usize) {
        if self.late() {
            let style = ProgressStyle::with_template("{bar:30} scan {pos} of {len}");
            self.shown.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            self.shown.set_length(all as u64);
            self.shown.set_position(done as u64);
        }
    }
}
