//! A `request` block: a command line of `run` or `eval` (or any other verb), its result as rows, and what
//! it says on standard error.

use std::path::Path;
use std::process::Output;

use crate::console;

/// A command line, split.
#[derive(Clone, Debug)]
pub struct Request {
    /// Its words, without the program's name.
    pub words: Vec<String>,
}

impl Request {
    /// From a block's text: one command line, which may go over several lines.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut words: Vec<String> = Vec::new();
        let mut word: Option<String> = None;
        let mut quote = None;
        for c in text.chars() {
            match quote {
                Some(q) if c == q => quote = None,
                Some(_) => word.get_or_insert_default().push(c),
                None if c == '\'' || c == '"' => {
                    quote = Some(c);
                    word.get_or_insert_default();
                }
                None if c.is_whitespace() => words.extend(word.take()),
                None => word.get_or_insert_default().push(c),
            }
        }
        words.extend(word);
        if quote.is_some() || words.is_empty() {
            return Err(format!("a request is a command line: `run --grain month`, not `{}`", text.trim()));
        }
        Ok(Self { words })
    }

    /// The rows as JSON, one a line; where there are none, what standard error says and the exit code.
    pub fn rows(&self, folder: &Path) -> Result<Result<String, String>, String> {
        let output = self.run(folder, "ndjson")?;
        if output.status.success() {
            return Ok(Ok(String::from_utf8_lossy(&output.stdout).into_owned()));
        }
        let code = output.status.code().map_or("a signal".to_owned(), |c| c.to_string());
        Ok(Err(format!("{}exit {code}\n", self.talk(folder)?)))
    }

    /// What it says: diagnostics as a terminal shows them, at width 100, without colour and without the
    /// line that counts them.
    pub fn talk(&self, folder: &Path) -> Result<String, String> {
        let output = self.run(folder, "csv")?;
        let text = console::hide(&String::from_utf8_lossy(&output.stderr), folder);
        let lines: Vec<&str> = text.lines().collect();
        let kept = match lines.split_last() {
            Some((last, before)) if is_summary(last) => before,
            _ => &lines,
        };
        let end = if kept.is_empty() { "" } else { "\n" };
        Ok(kept.join("\n") + end)
    }

    fn run(&self, folder: &Path, format: &str) -> Result<Output, String> {
        let mut words: Vec<&str> = self.words.iter().map(String::as_str).collect();
        if matches!(words.first(), Some(&("run" | "eval" | "align"))) && !words.contains(&"--format") {
            words.extend(["--format", format]);
        }
        console::rumbo(&words, folder)
    }

    /// The values of a flag, `--by a --by b` or `--by=a`.
    pub fn flag(&self, name: &str) -> Vec<&str> {
        let long = format!("{name}=");
        let pairs = self.words.windows(2).filter(|w| w[0] == name).map(|w| w[1].as_str());
        pairs.chain(self.words.iter().filter_map(|w| w.strip_prefix(&long))).collect()
    }
}

/// `2 errors, 1 warning`.
fn is_summary(line: &str) -> bool {
    line.split(", ").all(|part| {
        part.split_once(' ').is_some_and(|(count, what)| {
            count.parse::<u32>().is_ok() && ["error", "errors", "warning", "warnings"].contains(&what)
        })
    })
}
