//! A path as written -> an object store and a place in it. Only local files for now; everything
//! after this file knows stores and places, so that URLs can follow here.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use datafusion::execution::object_store::ObjectStoreUrl;
use object_store::local::LocalFileSystem;
use object_store::path::Path as StorePath;

use super::problems;
use super::spec::{SourceSpec, Store};
use crate::diagnostic::{Diagnostic, codes};

/// A place that may be a file, a folder or the pattern of some.
pub struct Place {
    /// Where it is.
    pub store: Store,
    /// `/`-separated, `.` and `..` resolved, no slash at the start.
    pub path: String,
    /// The project folder in the same form, to shorten names with.
    pub base: String,
}

impl Place {
    /// The path as a pattern, in which only what was written for the source is special: a project in
    /// a folder called `[2024]` stays findable.
    pub fn pattern(&self) -> String {
        let (own, shared) = self.split();
        let written = self.path.get(own..).unwrap_or_default();
        // `data/**` means all files below; the pattern language takes `**` for folders alone.
        let below = if written.ends_with("**") { "/*" } else { "" };
        format!("{}{written}{below}", glob::Pattern::escape(shared))
    }

    /// The folders above the first part of the path that is a pattern.
    pub fn plain_root(&self) -> &str {
        let (mut end, _) = self.split();
        let rest = self.path.get(end..).unwrap_or_default();
        let mut start = end;
        for part in rest.split_inclusive('/') {
            if is_pattern(part) || !part.ends_with('/') {
                break;
            }
            start += part.len();
            end = start;
        }
        self.path.get(..end).unwrap_or_default().trim_end_matches('/')
    }

    /// Whether what was written has a pattern in it.
    pub fn is_pattern(&self) -> bool {
        let (own, _) = self.split();
        is_pattern(self.path.get(own..).unwrap_or_default())
    }

    /// Where the path leaves the folders that it shares with the project, and those folders.
    fn split(&self) -> (usize, &str) {
        let mut end = 0;
        for (a, b) in self.path.split_inclusive('/').zip(self.base.split('/')) {
            if a.strip_suffix('/') != Some(b) {
                break;
            }
            end += a.len();
        }
        (end, self.path.get(..end).unwrap_or_default())
    }
}

fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

/// The place that a source's path names.
pub fn locate(spec: &SourceSpec) -> Result<Place, Diagnostic> {
    let written = spec.path.node.as_str();
    let written = match scheme(written) {
        Some("file") => written.get("file://".len()..).unwrap_or_default(),
        Some(scheme) => {
            let headline = format!("data at `{scheme}://` cannot be read yet");
            return Err(problems::of_source(spec, &codes::NOT_YET, headline)
                .help("copy the data into the project folder and name the path there"));
        }
        None => written,
    };
    if written.trim().is_empty() {
        return Err(problems::of_source(spec, &codes::NO_FILE, "an empty path"));
    }
    let base = std::path::absolute(&spec.base).map_err(|e| problems::unreadable(spec, ".", &e))?;
    let full = normal(&base.join(written));
    let base = normal(&base);
    let store = Store { url: ObjectStoreUrl::local_filesystem(), store: Arc::new(LocalFileSystem::new()) };
    Ok(Place { store, path: slashes(&full), base: slashes(&base) })
}

/// A path of a store, exactly as it is: spaces, `%`, `=` and any script stand for themselves.
pub fn store_path(spec: &SourceSpec, path: &str) -> Result<StorePath, Diagnostic> {
    StorePath::parse(path).map_err(|e| problems::unreadable(spec, path, &e))
}

impl Place {
    /// A stored file's name as users know it.
    pub fn shown(&self, path: &StorePath) -> String {
        let path = path.as_ref();
        match path.strip_prefix(&self.base).and_then(|p| p.strip_prefix('/')) {
            Some(inside) => inside.to_owned(),
            None => format!("/{path}"),
        }
    }
}

fn scheme(path: &str) -> Option<&str> {
    let (scheme, _) = path.split_once("://")?;
    let mut chars = scheme.chars();
    // One letter is a Windows drive.
    let named = scheme.len() > 1
        && chars.next().is_some_and(|c| c.is_ascii_alphabetic())
        && chars.all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    named.then_some(scheme)
}

/// Without `.` and `..`, by name: symbolic links are not followed for `..`.
fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

fn slashes(path: &Path) -> String {
    let text = path.to_string_lossy();
    let text = if std::path::MAIN_SEPARATOR == '\\' { text.replace('\\', "/") } else { text.into_owned() };
    text.trim_start_matches('/').to_owned()
}
