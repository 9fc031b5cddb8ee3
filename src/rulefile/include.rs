//! `include:` -> the files that it brings: each once, in sorted order, none outside the project folder, and
//! a loop is told with its files.

use std::path::{Path, PathBuf};

use super::load::{Loader, is_test_file};
use super::{paths, text};
use crate::diagnostic::{Diagnostic, codes};
use crate::source::{FileId, Span, Spanned};

const DEFAULT_INCLUDE: &str = "rules/**/*.yaml";
/// Rule files of one project.
const MAX_FILES: usize = 10_000;

impl Loader<'_> {
    /// Reads a file and what it includes; `above` are the files that lead here.
    pub fn file(&mut self, path: &Path, name: &str, from: Option<Span>, above: &mut Vec<(PathBuf, String)>) {
        let real = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
        if !self.loaded.insert(real.clone()) {
            return;
        }
        let Some(bytes) = text::read(path, name, from, self.diags) else { return };
        let Some((file, mut sections)) = self.decode(name, &bytes) else { return };
        self.learn(&sections);
        let include = sections.include.take();
        let is_project = above.is_empty() && !is_test_file(name);
        above.push((real, name.to_owned()));
        if include.is_none() && is_project {
            self.default_include(file, above);
        }
        for pattern in include.iter().flatten() {
            self.include(pattern, above);
        }
        above.pop();
        self.files.push((name.to_owned(), sections));
    }

    fn default_include(&mut self, file: FileId, above: &mut Vec<(PathBuf, String)>) {
        let at = Span::new(file, 0, 0);
        for path in self.matches(&self.guard.root().join(DEFAULT_INCLUDE), at) {
            let name = self.shown(&path);
            if !self.guard.holds(&path) {
                self.diags.push(
                    Diagnostic::new(
                        &codes::OUTSIDE_PROJECT,
                        format!("`{name}` leads outside the project folder"),
                    )
                    .note("it is a link")
                    .help("list the folder that it leads to under `allow_paths:`"),
                );
                continue;
            }
            self.file(&path, &name, None, above);
        }
    }

    fn include(&mut self, pattern: &Spanned<String>, above: &mut Vec<(PathBuf, String)>) {
        let Some(expanded) = self.vars.expand(pattern, self.diags) else { return };
        let Some(full) = self.guard.check(&expanded) else {
            self.diags.push(paths::outside(pattern, &expanded));
            return;
        };
        if !paths::has_pattern(&expanded) {
            let name = self.shown(&full);
            let real = full.canonicalize().unwrap_or_else(|_| full.clone());
            if let Some(start) = above.iter().position(|(path, _)| *path == real) {
                self.include_loop(pattern.span, &above[start..]);
                return;
            }
            self.file(&full, &name, Some(pattern.span), above);
            return;
        }
        let found = self.matches(&full, pattern.span);
        if found.is_empty() {
            self.diags.push(
                Diagnostic::new(&codes::UNREADABLE, format!("`{expanded}` matches no file"))
                    .at(pattern.span, "no rule file here")
                    .help("patterns are relative to the project folder; `**` stands for any folders"),
            );
        }
        for path in found {
            if !self.guard.holds(&path) {
                self.diags.push(paths::outside(pattern, &self.shown(&path)));
                continue;
            }
            // A pattern means "all of these": that it holds a file that leads here is no loop.
            let name = self.shown(&path);
            self.file(&path, &name, Some(pattern.span), above);
        }
    }

    /// Reads the files of tests anywhere in the project folder, but for hidden folders.
    pub fn test_files(&mut self) {
        let root = self.guard.root().to_path_buf();
        for path in self.found(&root.join("**/*.test.yaml"), None) {
            let name = self.shown(&path);
            if name.split('/').any(|part| part.starts_with('.')) || !self.guard.holds(&path) {
                continue;
            }
            self.file(&path, &name, None, &mut Vec::new());
        }
    }

    fn include_loop(&mut self, span: Span, files: &[(PathBuf, String)]) {
        let mut names: Vec<&str> = files.iter().map(|(_, name)| name.as_str()).collect();
        names.extend(names.first().copied());
        self.diags.push(
            Diagnostic::new(&codes::INCLUDE_LOOP, "files include each other in a loop")
                .at(span, "leads back to a file that leads here")
                .note(names.join(" -> "))
                .help("remove this line: every file sees what all files define"),
        );
    }

    /// The rule files of a pattern, sorted; files of tests are none.
    fn matches(&mut self, pattern: &Path, at: Span) -> Vec<PathBuf> {
        let mut files = self.found(pattern, Some(at));
        files.retain(|f| !is_test_file(&f.to_string_lossy()));
        files
    }

    fn found(&mut self, pattern: &Path, at: Option<Span>) -> Vec<PathBuf> {
        let root = self.guard.root();
        let text = match pattern.strip_prefix(root) {
            // The project folder's own name may hold what patterns use.
            Ok(rest) => {
                let root = glob::Pattern::escape(&root.to_string_lossy());
                format!("{}/{}", root.trim_end_matches('/'), rest.to_string_lossy())
            }
            Err(_) => pattern.to_string_lossy().into_owned(),
        };
        let found = match glob::glob(&text) {
            Ok(found) => found,
            Err(error) => {
                let problem = Diagnostic::new(&codes::UNREADABLE, "a pattern that cannot be read");
                let problem = match at {
                    Some(at) => problem.at(at, error.msg.to_owned()),
                    None => problem.note(error.msg.to_owned()),
                };
                self.diags.push(problem.help("`*` stands for part of a name, `**` for any folders"));
                return vec![];
            }
        };
        let mut files = Vec::new();
        for path in found {
            match path {
                Ok(path) if path.is_dir() => {}
                Ok(path) => files.push(path),
                Err(error) => {
                    let shown = self.shown(error.path());
                    self.diags.push(
                        Diagnostic::new(&codes::UNREADABLE, format!("`{shown}` cannot be read"))
                            .note(error.error().to_string()),
                    );
                }
            }
            if files.len() > MAX_FILES {
                let problem = Diagnostic::new(&codes::TOO_LARGE, format!("more than {MAX_FILES} rule files"));
                self.diags.push(match at {
                    Some(at) => problem.at(at, "one pattern brings them").help("use a narrower pattern"),
                    None => problem.note("they hold tests"),
                });
                break;
            }
        }
        files.sort();
        files
    }

    /// A path as it would be typed from the project folder.
    fn shown(&self, path: &Path) -> String {
        path.strip_prefix(self.guard.root()).unwrap_or(path).to_string_lossy().replace('\\', "/")
    }
}
