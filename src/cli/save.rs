//! Writing files.

use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::Error;

/// Writes files, with the folders that they are in: each wholly or not at all, and none where one
/// of them cannot be written. They get their names when all of them are there.
pub(super) fn all<'a>(files: impl IntoIterator<Item = (&'a Path, &'a [u8])>) -> Result<(), Error> {
    let unfinished = files
        .into_iter()
        .map(|(path, content)| Unfinished::write(path, content))
        .collect::<Result<Vec<_>, _>>()?;
    unfinished.iter().try_for_each(|file| {
        fs::rename(&file.beside, file.path).map_err(|source| failed(file.path, source))
    })
}

/// A file beside its place, which is removed unless it gets there.
struct Unfinished<'a> {
    path: &'a Path,
    beside: PathBuf,
}

impl<'a> Unfinished<'a> {
    fn write(path: &'a Path, content: &[u8]) -> Result<Self, Error> {
        if path.is_dir() {
            return Err(Error::File {
                path: path.display().to_string(),
                message: "is a folder where a file is to be written; move it away".to_owned(),
            });
        }
        let failed = |source| failed(path, source);
        let name = path.file_name().ok_or_else(|| failed(io::ErrorKind::InvalidFilename.into()))?;
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        let mut hidden = OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".{}", std::process::id()));
        let beside = path.with_file_name(hidden);
        let mut file =
            OpenOptions::new().write(true).create_new(true).open(&beside).map_err(failed)?;
        let unfinished = Self { path, beside };
        file.write_all(content).map_err(failed)?;
        Ok(unfinished)
    }
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        // Nothing is there when it was renamed.
        let _ = fs::remove_file(&self.beside);
    }
}

fn failed(path: &Path, source: io::Error) -> Error {
    Error::Save { path: path.display().to_string(), source }
}
