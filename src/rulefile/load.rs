//! A project folder (or texts) -> one raw project: `rumbo.yaml` first, then what `include:` brings, each
//! file once and in sorted order, whatever the order of folders. Reads no environment and no clock.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use super::decode::{Decoder, Sections, is_free};
use super::merge::merge;
use super::node::{Node, NodeKind};
use super::paths::{self, Guard, Variables};
use super::raw::{RawGiven, RawProject};
use super::{parse, text};
use crate::diagnostic::{Diagnostic, Diagnostics, codes, near};
use crate::source::{FileId, SourceMap, Spanned};

/// The packs that the binary carries.
pub const PACKS: &[&str] = &["standard/alignment"];
/// The file that makes a folder a project.
pub const PROJECT_FILE: &str = "rumbo.yaml";
/// How the name of a file ends that holds nothing but tests.
const TEST_FILE: &str = ".test.yaml";
/// Problems told of one file.
const MAX_TOLD: usize = 200;

/// What comes from outside the files.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    /// `--var NAME=value`.
    pub vars: BTreeMap<String, String>,
    /// The environment; only names that `vars:` sets to `env` are looked up.
    pub env: BTreeMap<String, String>,
    /// Whether the files of tests, `*.test.yaml`, are read as well.
    pub tests: bool,
}

/// Loads a project: a folder with `rumbo.yaml`, or another `.yaml` file in its place.
pub fn load(root: &Path, options: &LoadOptions, map: &mut SourceMap, diags: &mut Diagnostics) -> RawProject {
    let Some(file) = project_file(root, diags) else { return RawProject::default() };
    let folder = match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
        _ => PathBuf::from("."),
    };
    let mut loader = Loader::new(&folder, options, map, diags);
    let name = file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    loader.file(&file, &name, None, &mut Vec::new());
    if options.tests {
        loader.test_files();
    }
    loader.finish(&folder, &name)
}

/// Loads a project from several texts; paths in them are relative to `root`, `include:` is not followed.
pub fn load_texts(
    root: &Path,
    texts: &[(&str, &str)],
    options: &LoadOptions,
    map: &mut SourceMap,
    diags: &mut Diagnostics,
) -> RawProject {
    let mut loader = Loader::new(root, options, map, diags);
    for (name, text) in texts {
        if let Some((_, sections)) = loader.decode(name, text.as_bytes()) {
            loader.learn(&sections);
            loader.files.push(((*name).to_owned(), sections));
        }
    }
    loader.finish(root, PROJECT_FILE)
}

/// The file of a project, or E0111.
fn project_file(root: &Path, diags: &mut Diagnostics) -> Option<PathBuf> {
    let shown = if root.as_os_str().is_empty() { ".".into() } else { root.display().to_string() };
    if root.is_file() {
        return Some(root.to_path_buf());
    }
    let file = root.join(PROJECT_FILE);
    if file.is_file() {
        return Some(file);
    }
    let none = Diagnostic::new(&codes::NO_PROJECT, format!("no project in `{shown}`"));
    diags.push(if !root.exists() {
        none.note("there is no such folder or file")
    } else if root.join("rumbo.yml").is_file() {
        none.help("rename `rumbo.yml` to `rumbo.yaml`")
    } else {
        none.note(format!("the folder has no `{PROJECT_FILE}`"))
            .help("name the project's folder or file; `rumbo init` makes a new one")
    });
    None
}

/// Whether a file holds nothing but tests.
pub(super) fn is_test_file(name: &str) -> bool {
    name.ends_with(TEST_FILE)
}

/// The tests of a file that may hold nothing else but the packs whose rules are tested.
fn only_tests(root: &Node, sections: Sections, diags: &mut Diagnostics) -> Sections {
    if let NodeKind::Mapping(entries, _) = &root.kind {
        for key in entries
            .iter()
            .map(|e| &e.key)
            .filter(|k| !["tests", "use"].contains(&k.node.as_str()) && !is_free(&k.node))
        {
            diags.push(
                Diagnostic::new(&codes::NOT_A_TEST, format!("`{}` in a file of tests", key.node))
                    .at(key.span, "only `tests:` and `use:` may stand here")
                    .help("rule files have names that do not end in `.test.yaml`"),
            );
        }
    }
    Sections { tests: sections.tests, uses: sections.uses, ..Sections::default() }
}

pub(super) struct Loader<'a> {
    pub(super) map: &'a mut SourceMap,
    pub(super) diags: &'a mut Diagnostics,
    pub(super) vars: Variables,
    pub(super) guard: Guard,
    pub(super) allow: Vec<PathBuf>,
    pub(super) loaded: HashSet<PathBuf>,
    /// What each file says, by the name that users see.
    pub(super) files: Vec<(String, Sections)>,
}

impl<'a> Loader<'a> {
    fn new(root: &Path, options: &LoadOptions, map: &'a mut SourceMap, diags: &'a mut Diagnostics) -> Self {
        let vars =
            Variables { given: options.vars.clone(), env: options.env.clone(), defaults: BTreeMap::new() };
        let (allow, loaded, files) = (vec![], HashSet::new(), vec![]);
        Self { map, diags, vars, guard: Guard::new(root), allow, loaded, files }
    }

    pub(super) fn decode(&mut self, name: &str, bytes: &[u8]) -> Option<(FileId, Sections)> {
        let file: FileId = text::add(name, bytes, self.map, self.diags)?;
        let text = self.map.file(file).text.clone();
        let mut found = Diagnostics::new();
        let root = parse::parse(file, &text, &mut found);
        let sections = root.map(|root| {
            let sections = Decoder { file, text: &text, diags: &mut found }.project(&root, name);
            if is_test_file(name) { only_tests(&root, sections, &mut found) } else { sections }
        });
        let more = found.0.len().saturating_sub(MAX_TOLD);
        found.0.truncate(MAX_TOLD);
        if let Some(last) = found.0.last_mut().filter(|_| more > 0) {
            last.notes.push(format!("{more} more problems in this file are not shown"));
        }
        self.diags.extend(found);
        Some((file, sections?))
    }

    /// Takes over what later paths need.
    pub(super) fn learn(&mut self, sections: &Sections) {
        for (name, default) in &sections.vars {
            match self.vars.defaults.get(&name.node) {
                Some(first) => self.diags.push(super::broken::twice(name, first.span)),
                None => {
                    self.vars.defaults.insert(name.node.clone(), default.clone());
                }
            }
        }
        for folder in &sections.allow_paths {
            if let Some(path) = self.vars.expand(folder, self.diags) {
                let folder = self.guard.allow(&path);
                self.allow.push(folder);
            }
        }
    }

    /// Merges the files, the project file first and the others by name, and settles paths.
    fn finish(mut self, root: &Path, first: &str) -> RawProject {
        let mut project = RawProject { root: root.to_path_buf(), ..RawProject::default() };
        let mut files = std::mem::take(&mut self.files);
        files.sort_by(|a, b| (a.0 != first, &a.0).cmp(&(b.0 != first, &b.0)));
        let mut of_tests = Vec::new();
        for (name, mut sections) in files {
            if is_test_file(&name) {
                of_tests.append(&mut sections.uses);
            }
            merge(&mut project, sections, self.diags);
        }
        // A pack that the project uses is there as the project has set it.
        for pack in of_tests {
            if !project.uses.iter().any(|used| used.name.node == pack.name.node) {
                project.uses.push(pack);
            }
        }
        for source in project.sources.values_mut() {
            source.path = source.path.take().and_then(|path| self.settle(&path));
        }
        for (_, given) in project.tests.values_mut().flat_map(|test| &mut test.given) {
            if let RawGiven::File(path) = given
                && let Some(settled) = self.settle(&path.clone())
            {
                *path = settled;
            }
        }
        if let Some(path) = project.calendar.periods.take() {
            let before = self.diags.0.len();
            project.calendar.periods = self.settle(&path);
            project.calendar.grains =
                project.calendar.periods.as_ref().map(|path| self.own_grains(path)).unwrap_or_default();
            project.calendar.broken = self.diags.0.len() > before;
        }
        project.allow_paths = std::mem::take(&mut self.allow);
        project.uses.retain(|pack| {
            let name = pack.name.node.as_str();
            let known = PACKS.contains(&name);
            if !known {
                let mut unknown = Diagnostic::new(&codes::UNKNOWN_PACK, format!("unknown pack `{name}`"))
                    .at(pack.name.span, "no pack of this name comes with the program");
                if let Some(help) = near::did_you_mean(name, PACKS.iter().copied()) {
                    unknown = unknown.help(help);
                }
                self.diags.push(unknown);
            }
            known
        });
        project
    }

    fn settle(&mut self, path: &Spanned<String>) -> Option<Spanned<String>> {
        let expanded = self.vars.expand(path, self.diags)?;
        if !paths::is_remote(&expanded) && self.guard.check(paths::local(&expanded)).is_none() {
            self.diags.push(paths::outside(path, &expanded));
            return None;
        }
        Some(Spanned::new(expanded, path.span))
    }
}
