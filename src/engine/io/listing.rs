//! A place -> the files of a source: one file, those that a pattern matches, or all of a format in a
//! folder; sorted by path. Hidden files and those that writers leave beside data (`_SUCCESS`,
//! `.part.crc`) are no data. Says what is missing and what stands nearby.

use futures::TryStreamExt;
use glob::{MatchOptions, Pattern};
use object_store::path::Path as StorePath;
use object_store::{Error, ObjectMeta, ObjectStoreExt};

use super::format::{self, KNOWN};
use super::problems;
use super::spec::{DataFile, Format, SourceSpec, Store};
use super::store::{Place, locate, store_path};
use crate::diagnostic::{Diagnostic, codes, near};

/// The files of a source; their partitions are not read yet.
pub struct Listing {
    /// The format of all.
    pub format: Format,
    /// By path.
    pub files: Vec<DataFile>,
    /// Where they are.
    pub store: Store,
    /// The folder below which folder names may be partitions; `None` for a single file.
    pub root: Option<String>,
}

/// Lists the files of a source.
pub async fn list(spec: &SourceSpec) -> Result<Listing, Diagnostic> {
    let place = locate(spec)?;
    let (kind, found) = find(spec, &place).await?;
    let (format, found) = choose_format(spec, &place, found, kind)?;
    let root = match kind {
        Kind::File => None,
        Kind::Folder => Some(place.path.clone()),
        Kind::Pattern => Some(place.plain_root().to_owned()),
    };
    let mut files: Vec<DataFile> = found
        .into_iter()
        .map(|meta| DataFile { name: place.shown(&meta.location), meta, partitions: Vec::new() })
        .collect();
    files.sort_by(|a, b| a.meta.location.cmp(&b.meta.location));
    if let Some(empty) = files.iter().find(|f| f.meta.size == 0 && format != Format::Ndjson) {
        let headline = format!("`{}` is empty: not even a header", empty.name);
        return Err(problems::of_file(spec, &codes::NO_FILE, &empty.name, None, headline));
    }
    Ok(Listing { format, files, store: place.store, root })
}

/// What a path turned out to be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    File,
    Folder,
    Pattern,
}

/// What the path names.
async fn find(spec: &SourceSpec, place: &Place) -> Result<(Kind, Vec<ObjectMeta>), Diagnostic> {
    let exact = store_path(spec, &place.path);
    // A file that exists is meant, also when its name has `[` in it.
    if let Ok(path) = &exact {
        match place.store.store.head(path).await {
            Ok(meta) => return Ok((Kind::File, vec![meta])),
            Err(Error::NotFound { .. }) => {}
            // A folder is no object, and a local store says so in its own words.
            Err(e) if !is_folder(place, path).await => {
                return Err(problems::unreadable(spec, &spec.path.node, &e));
            }
            Err(_) => {}
        }
    }
    if let Ok(path) = &exact
        && is_folder(place, path).await
    {
        let all = walk(spec, place, path).await?;
        let files: Vec<_> = all.into_iter().filter(|m| !is_hidden(&place.path, &m.location)).collect();
        if files.is_empty() {
            let headline = format!("the folder `{}` holds no data files", spec.path.node);
            return Err(problems::of_source(spec, &codes::EMPTY_GLOB, headline));
        }
        return Ok((Kind::Folder, files));
    }
    if place.is_pattern() {
        return Ok((Kind::Pattern, matching(spec, place).await?));
    }
    exact?;
    Err(missing(spec, place).await)
}

async fn matching(spec: &SourceSpec, place: &Place) -> Result<Vec<ObjectMeta>, Diagnostic> {
    let written = &spec.path.node;
    let pattern = Pattern::new(&place.pattern()).map_err(|e| {
        let headline = format!("`{written}` is no pattern: {}", e.msg);
        problems::of_source(spec, &codes::EMPTY_GLOB, headline)
    })?;
    let root = place.plain_root().to_owned();
    let rest = place.path.get(root.len()..).unwrap_or_default().trim_start_matches('/');
    let folder = store_path(spec, &root)?;
    let all = if rest.contains('/') {
        walk(spec, place, &folder).await?
    } else {
        // One level: a pattern in a project folder must not walk all that lies below it.
        match place.store.store.list_with_delimiter(Some(&folder)).await {
            Ok(list) => list.objects,
            Err(Error::NotFound { .. }) => Vec::new(),
            Err(e) => return Err(problems::unreadable(spec, written, &e)),
        }
    };
    // As shells do: `*` stops at a slash and leaves hidden files alone.
    let options = MatchOptions {
        case_sensitive: true,
        require_literal_separator: true,
        require_literal_leading_dot: true,
    };
    let files: Vec<_> =
        all.into_iter().filter(|m| pattern.matches_with(m.location.as_ref(), options)).collect();
    if files.is_empty() {
        let headline = format!("no file matches `{written}`");
        let shown = folder_shown(place, &root);
        let help = format!("files are looked for in `{shown}`; `*` stops at a `/`, `**` does not");
        return Err(problems::of_source(spec, &codes::EMPTY_GLOB, headline).help(help));
    }
    Ok(files)
}

/// One format for all files: the declared one, or the one that their names say.
fn choose_format(
    spec: &SourceSpec,
    place: &Place,
    mut files: Vec<ObjectMeta>,
    kind: Kind,
) -> Result<(Format, Vec<ObjectMeta>), Diagnostic> {
    let of = |meta: &ObjectMeta| format::of_name(meta.location.as_ref());
    if let Some(declared) = &spec.format {
        // Among other files only those of the format; where none says so, all are taken at the word.
        if kind != Kind::File && files.iter().any(|m| of(m) == Some(declared.node)) {
            files.retain(|m| of(m) == Some(declared.node));
        }
        return Ok((declared.node, files));
    }
    if kind == Kind::Pattern {
        // A folder may hold a README; a file that a pattern names is meant to be data.
        files.retain(|m| !is_hidden(place.plain_root(), &m.location) || of(m).is_some());
        if let Some(stranger) = files.iter().find(|m| of(m).is_none()) {
            let headline = format!("the format of `{}` is not known", place.shown(&stranger.location));
            return Err(problems::of_source(spec, &codes::UNKNOWN_FORMAT, headline).help(KNOWN));
        }
    }
    let mut formats: Vec<Format> = files.iter().filter_map(of).collect();
    formats.sort_unstable();
    formats.dedup();
    match formats.as_slice() {
        [one] => {
            files.retain(|m| of(m) == Some(*one));
            Ok((*one, files))
        }
        [] => {
            let name = files.first().map_or_else(|| spec.path.node.clone(), |m| place.shown(&m.location));
            let headline = format!("the format of `{name}` is not known");
            Err(problems::of_source(spec, &codes::UNKNOWN_FORMAT, headline).help(KNOWN))
        }
        several => {
            let names: Vec<&str> = several.iter().map(|f| f.name()).collect();
            let headline = format!("files of several formats: {}", names.join(", "));
            let help = "name one with `format:`, or narrow the path, as in `data/*.parquet`";
            Err(problems::of_source(spec, &codes::UNKNOWN_FORMAT, headline).help(help))
        }
    }
}

async fn missing(spec: &SourceSpec, place: &Place) -> Diagnostic {
    let written = &spec.path.node;
    let problem = problems::of_source(spec, &codes::NO_FILE, format!("`{written}` does not exist"));
    let (folder, name) = place.path.rsplit_once('/').unwrap_or(("", &place.path));
    let listed = match StorePath::parse(folder) {
        Ok(path) if is_folder(place, &path).await => {
            place.store.store.list_with_delimiter(Some(&path)).await.ok()
        }
        _ => None,
    };
    let shown = folder_shown(place, folder);
    let Some(listed) = listed else {
        return problem.help(format!("the folder `{shown}` does not exist either"));
    };
    let objects = listed.objects.iter().map(|m| &m.location).chain(&listed.common_prefixes);
    let mut names: Vec<&str> = objects.filter_map(|p| p.filename()).filter(|n| !n.starts_with('.')).collect();
    names.sort_unstable();
    match near::nearest(name, names.iter().copied()) {
        Some(close) => problem.help(format!("a near name exists in `{shown}`: `{close}`")),
        None if names.is_empty() => problem.help(format!("the folder `{shown}` is empty")),
        None => {
            let few: Vec<String> = names.iter().take(8).map(|n| format!("`{n}`")).collect();
            let more = names.len().saturating_sub(8);
            let tail = if more > 0 { format!(" and {more} more") } else { String::new() };
            problem.help(format!("in `{shown}` are {}{tail}", few.join(", ")))
        }
    }
}

async fn walk(spec: &SourceSpec, place: &Place, folder: &StorePath) -> Result<Vec<ObjectMeta>, Diagnostic> {
    match place.store.store.list(Some(folder)).try_collect().await {
        Ok(all) => Ok(all),
        Err(Error::NotFound { .. }) => Ok(Vec::new()),
        Err(e) => Err(problems::unreadable(spec, &spec.path.node, &e)),
    }
}

/// Whether something lies below a path, or (in a local store) a folder is there.
async fn is_folder(place: &Place, path: &StorePath) -> bool {
    let listed = place.store.store.list_with_delimiter(Some(path)).await;
    let filled = listed.is_ok_and(|l| !l.objects.is_empty() || !l.common_prefixes.is_empty());
    filled || std::path::Path::new(&format!("/{}", path.as_ref())).is_dir()
}

/// A name on the way down that starts with `.` or `_`, unless it is a partition (`_day=3`).
fn is_hidden(root: &str, path: &StorePath) -> bool {
    let inside = path.as_ref().get(root.len()..).unwrap_or_default();
    inside.split('/').any(|part| {
        part.starts_with('.') || (part.starts_with('_') && !part.contains('='))
            // Checksums that writers leave without a dot.
            || part.rsplit_once('.').is_some_and(|(_, e)| e.eq_ignore_ascii_case("crc"))
    })
}

fn folder_shown(place: &Place, folder: &str) -> String {
    match folder.strip_prefix(&place.base) {
        Some("") => ".".to_owned(),
        Some(inside) if inside.starts_with('/') => inside.trim_start_matches('/').to_owned(),
        _ => format!("/{folder}"),
    }
}
