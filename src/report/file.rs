//! Writing a file so that nobody ever sees half of it: beside it first, then renamed over it. An error
//! leaves the old file as it was. What is no plain file (a pipe, `/dev/stdout`) is written straight.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Writes `path` with `fill`. A link is followed; an existing file keeps its permissions. Errors keep
/// their kind and name the path where they are about it.
pub fn write_file(path: &Path, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let about = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
    let existing = match fs::metadata(path) {
        Ok(metadata) => Some(metadata),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(about(error)),
    };
    let is_folder = existing.as_ref().is_some_and(fs::Metadata::is_dir);
    if is_folder || path.file_name().is_none() || ends_as_folder(path) {
        let message = format!("{} is a folder, not a file to write", path.display());
        return Err(io::Error::new(io::ErrorKind::IsADirectory, message));
    }
    if existing.as_ref().is_some_and(|m| !m.is_file()) {
        let mut out = BufWriter::new(File::options().write(true).open(path).map_err(about)?);
        fill(&mut out)?;
        return out.flush().map_err(about);
    }
    let target = if existing.is_some() { fs::canonicalize(path).map_err(about)? } else { path.to_owned() };
    let permissions = match &existing {
        // A file that may not be written is not replaced by way of its folder either.
        Some(m) if m.permissions().readonly() => {
            return Err(about(io::Error::new(io::ErrorKind::PermissionDenied, "is read-only")));
        }
        Some(m) => Some(m.permissions()),
        None => None,
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".rumbo-").suffix(".tmp");
    // The temporary file's own default is for its owner only; results are files like any other.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut temporary = builder.tempfile_in(folder(&target)).map_err(about)?;
    {
        let mut out = BufWriter::new(temporary.as_file_mut());
        fill(&mut out)?;
        out.flush().map_err(about)?;
    }
    if let Some(permissions) = permissions {
        temporary.as_file().set_permissions(permissions).map_err(about)?;
    }
    temporary.as_file().sync_all().map_err(about)?;
    temporary.persist(&target).map_err(|e| about(e.error))?;
    Ok(())
}

/// `out/` means a folder, also one that is not there; `Path` alone would drop the slash.
fn ends_as_folder(path: &Path) -> bool {
    path.as_os_str().to_string_lossy().ends_with(std::path::is_separator)
}

fn folder(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_new_file_and_one_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        write_file(&path, |w| w.write_all(b"old")).unwrap();
        write_file(&path, |w| w.write_all(b"new")).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(names(folder.path()), ["out.csv"]);
    }

    #[test]
    fn an_error_leaves_the_old_file_and_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        fs::write(&path, "old").unwrap();
        let error = write_file(&path, |w| {
            w.write_all(b"half of it")?;
            Err(io::Error::other("no"))
        });
        assert_eq!(error.unwrap_err().to_string(), "no");
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(names(folder.path()), ["out.csv"]);
    }

    #[test]
    fn folders_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        for path in [folder.path().to_owned(), folder.path().join("none/"), PathBuf::from("..")] {
            let error = write_file(&path, |_| Ok(())).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::IsADirectory, "{path:?}");
            assert!(error.to_string().contains("is a folder"), "{error}");
        }
        let error = write_file(&folder.path().join("none/out.csv"), |_| Ok(())).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn a_bare_name_stands_in_the_current_folder() {
        assert_eq!(folder(Path::new("out.csv")), Path::new("."));
        assert_eq!(folder(Path::new("a/out.csv")), Path::new("a"));
        assert_eq!(folder(Path::new("/out.csv")), Path::new("/"));
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_and_permissions_kept() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real"), folder.path().join("link"));
        fs::write(&real, "old").unwrap();
        fs::set_permissions(&real, PermissionsExt::from_mode(0o640)).unwrap();
        symlink(&real, &link).unwrap();
        write_file(&link, |w| w.write_all(b"new")).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&real).unwrap(), b"new");
        assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
        write_file(Path::new("/dev/null"), |w| w.write_all(b"gone")).unwrap();
    }
}
