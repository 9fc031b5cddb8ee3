//! Paths as typed -> paths that may be opened: `${NAME}` replaced, and nothing outside the project folder
//! unless `allow_paths:` lists it, neither by `..` nor through a symlink.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Component, Path, PathBuf};

use crate::diagnostic::{Diagnostic, Diagnostics, codes, near};
use crate::source::{Span, Spanned};

/// Values for `${NAME}`.
#[derive(Clone, Debug, Default)]
pub struct Variables {
    /// From the command line; they win.
    pub given: BTreeMap<String, String>,
    /// The environment, read by those that `vars:` sets to `env`.
    pub env: BTreeMap<String, String>,
    /// `vars:` with the places of their defaults.
    pub defaults: BTreeMap<String, Spanned<String>>,
}

impl Variables {
    /// The text with its variables replaced, once: values are not looked into.
    pub fn expand(&self, text: &Spanned<String>, diags: &mut Diagnostics) -> Option<String> {
        let mut done = String::new();
        let mut rest = text.node.as_str();
        while let Some(start) = rest.find("${") {
            done.push_str(&rest[..start]);
            let at = text.node.len() - rest.len() + start;
            let after = &rest[start + 2..];
            let Some(end) = after.find('}') else {
                diags.push(
                    Diagnostic::new(&codes::UNKNOWN_VARIABLE, "a variable without its closing brace")
                        .at(piece(text, at..at + 2), "`${` without `}`")
                        .help("write `${NAME}`"),
                );
                return None;
            };
            let whole = piece(text, at..at + 2 + end + 1);
            done.push_str(&self.value(after[..end].trim(), whole, diags)?);
            rest = &after[end + 1..];
        }
        done.push_str(rest);
        Some(done)
    }

    fn value(&self, name: &str, span: Span, diags: &mut Diagnostics) -> Option<String> {
        if let Some(value) = self.given.get(name) {
            return Some(value.clone());
        }
        match self.defaults.get(name) {
            Some(default) if default.node != "env" => return Some(default.node.clone()),
            Some(default) => {
                if let Some(value) = self.env.get(name) {
                    return Some(value.clone());
                }
                diags.push(
                    Diagnostic::new(
                        &codes::UNKNOWN_VARIABLE,
                        format!("`{name}` is not set in the environment"),
                    )
                    .at(span, "used here")
                    .also(default.span, "to be read from the environment")
                    .help(format!("set it, or pass `--var {name}=VALUE`")),
                );
            }
            None => {
                let names = self.given.keys().chain(self.defaults.keys()).map(String::as_str);
                let help = near::nearest(name, names).map_or_else(
                    || format!("give it a default, `vars: {{{name}: VALUE}}`, or pass `--var {name}=VALUE`"),
                    |near| format!("a near name exists: `{near}`"),
                );
                diags.push(
                    Diagnostic::new(&codes::UNKNOWN_VARIABLE, format!("the variable `{name}` has no value"))
                        .at(span, "used here")
                        .help(help),
                );
            }
        }
        None
    }
}

/// Where a piece of a text stands: exactly, unless escapes or folded lines make its bytes differ from the
/// file's.
fn piece(text: &Spanned<String>, range: Range<usize>) -> Span {
    let whole = text.span;
    let quotes = match ((whole.end - whole.start) as usize).checked_sub(text.node.len()) {
        Some(0) => 0,
        Some(2) => 1,
        _ => return whole,
    };
    let start = whole.start as usize + quotes;
    Span::new(whole.file, start + range.start, start + range.end)
}

/// Which folders paths may lead to.
#[derive(Clone, Debug)]
pub struct Guard {
    root: PathBuf,
    /// Lexical and, where they exist, real folders.
    folders: Vec<(PathBuf, Option<PathBuf>)>,
}

impl Guard {
    /// Paths are relative to `root` and stay in it. An empty root is a project without files: only the
    /// form of paths is checked.
    pub fn new(root: &Path) -> Self {
        let absolute = if root.as_os_str().is_empty() {
            PathBuf::from("/")
        } else {
            normal(&std::path::absolute(root).unwrap_or_else(|_| root.to_path_buf()))
        };
        let real = (!root.as_os_str().is_empty()).then(|| absolute.canonicalize().ok()).flatten();
        Self { folders: vec![(absolute.clone(), real)], root: absolute }
    }

    /// The project folder, absolute.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Lets paths lead to a folder too.
    pub fn allow(&mut self, folder: &str) -> PathBuf {
        let folder = normal(&self.root.join(folder));
        self.folders.push((folder.clone(), folder.canonicalize().ok()));
        folder
    }

    /// The absolute path, or `None` where it leads outside. May hold a pattern: what stands before it is
    /// followed through symlinks, and each file found is to be asked for with [`Self::holds`].
    pub fn check(&self, path: &str) -> Option<PathBuf> {
        let virtual_project = self.folders[0].1.is_none() && self.root == Path::new("/");
        if virtual_project {
            let inside = Path::new(path).is_relative() && stays(Path::new(path));
            let full = normal(&self.root.join(path));
            let allowed = self.folders.iter().skip(1).any(|(f, _)| full.starts_with(f));
            return (inside || allowed).then_some(full);
        }
        let full = normal(&self.root.join(path));
        if !self.folders.iter().any(|(lexical, _)| full.starts_with(lexical)) {
            return None;
        }
        let fixed: PathBuf =
            full.components().take_while(|c| !has_pattern(&c.as_os_str().to_string_lossy())).collect();
        self.holds(&fixed).then_some(full)
    }

    /// Whether an absolute path without a pattern stays inside, links followed.
    pub fn holds(&self, path: &Path) -> bool {
        // What does not exist cannot lead elsewhere: the nearest folder that does is asked.
        let Some(real) = path.ancestors().find_map(|a| a.canonicalize().ok()) else { return true };
        self.folders.iter().any(|(lexical, real_folder)| match real_folder {
            Some(folder) => real.starts_with(folder),
            // The folder does not exist: neither does anything in it.
            None => path.starts_with(lexical) && !lexical.exists(),
        })
    }
}

/// E0110.
pub fn outside(path: &Spanned<String>, expanded: &str) -> Diagnostic {
    let folder = Path::new(expanded)
        .components()
        .take_while(|c| !has_pattern(&c.as_os_str().to_string_lossy()))
        .collect::<PathBuf>();
    let folder = if folder.extension().is_some() { folder.parent().unwrap_or(&folder) } else { &folder };
    Diagnostic::new(&codes::OUTSIDE_PROJECT, format!("`{expanded}` leads outside the project folder"))
        .at(path.span, "a path that leaves the project folder, by itself or through a link")
        .help(format!("list the folder that is meant: `allow_paths: [{}]`", folder.display()))
}

/// Whether a path is a URL of something that is not a file here.
pub fn is_remote(path: &str) -> bool {
    path.split_once("://").is_some_and(|(scheme, _)| {
        !scheme.eq_ignore_ascii_case("file")
            && !scheme.is_empty()
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    })
}

/// A `file:` URL's path, or the path itself.
pub fn local(path: &str) -> &str {
    match path.get(..5) {
        Some(scheme) if scheme.eq_ignore_ascii_case("file:") => path[5..].trim_start_matches("//"),
        _ => path,
    }
}

/// Whether a part of a path is a pattern.
pub fn has_pattern(part: &str) -> bool {
    part.contains(['*', '?', '['])
}

fn stays(path: &Path) -> bool {
    let mut depth = 0i64;
    path.components().all(|c| {
        match c {
            Component::ParentDir => depth -= 1,
            Component::Normal(_) => depth += 1,
            _ => {}
        }
        depth >= 0
    })
}

/// `.` and `..` resolved by the letters.
fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            part => out.push(part),
        }
    }
    out
}
