//! `selfservice generate`: everything that a platform publishes, from its catalogue.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::ValueEnum as _;

use super::{CatalogOption, Error, Outcome, documents, for_shell, save, say};
use crate::generate::{Artefact, File, is_made};

/// Make everything that a platform publishes from its catalogue.
///
/// XRDs and Compositions of both flavours, the packages' metadata, and documents. What is made
/// says so in its first line; edit the catalogue and run this again. Files that are made no more
/// are removed.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  selfservice generate --catalog catalog.yaml --out platform/
  selfservice generate xrds compositions --print
  selfservice generate --check   # in CI: exit code 1 when a file is stale")]
pub(super) struct Generate {
    /// What to make; everything when left out.
    #[arg(value_name = "WHAT")]
    what: Vec<Artefact>,

    #[command(flatten)]
    catalog: CatalogOption,

    /// Folder to write below.
    #[arg(long, value_name = "DIR", default_value = ".")]
    out: PathBuf,

    /// Write nothing: say which files are stale, and exit 1 if there are any.
    #[arg(long, conflicts_with = "print")]
    check: bool,

    /// Write no file: print the files one after the other.
    #[arg(long)]
    print: bool,
}

impl Generate {
    /// The command that makes the same files.
    fn again(&self) -> String {
        let mut command = "selfservice generate".to_owned();
        for artefact in &self.what {
            if let Some(value) = artefact.to_possible_value() {
                command.push_str(&format!(" {}", value.get_name()));
            }
        }
        command.push_str(&self.catalog.again());
        if self.out != Path::new(".") {
            command.push_str(&format!(" --out {}", for_shell(&self.out)));
        }
        command
    }

    pub(super) fn run(self) -> Result<Outcome, Error> {
        let again = self.again();
        let Self { mut what, catalog, out, check, print } = self;
        let is_built_in = catalog.catalog.is_none();
        let catalog = documents::catalog(catalog.catalog.as_deref())?;
        if out.exists() && !out.is_dir() {
            return Err(Error::File {
                path: out.display().to_string(),
                message: "is no folder; name one with --out".to_owned(),
            });
        }
        if what.is_empty() {
            what.extend(Artefact::ALL);
        }
        let mut files = Vec::new();
        let mut leftovers = BTreeSet::new();
        for artefact in Artefact::ALL.into_iter().filter(|artefact| what.contains(artefact)) {
            let made = artefact.files(&catalog);
            for folder in artefact.folders() {
                leftovers.extend(leftovers_in(&out, folder, &made)?);
            }
            for file in made {
                let text = text(&file)?;
                files.push((file.path, text));
            }
        }
        if print {
            return Ok(Outcome::Done(printed(&files)));
        }
        let stale: Vec<&(String, String)> =
            files.iter().filter(|(path, text)| !is_current(&out.join(path), text)).collect();
        if is_built_in && let Some(path) = another_platforms(&out, &stale, catalog.domain()) {
            return Err(Error::File {
                path: path.display().to_string(),
                message:
                    "is of another platform than the built-in example; name its catalogue with \
                          --catalog"
                        .to_owned(),
            });
        }
        if check {
            return Ok(report(&out, &stale, &leftovers, &again));
        }
        if let Some((path, _)) = stale.iter().find(|(path, _)| is_foreign(&out.join(path))) {
            return Err(Error::File {
                path: out.join(path).display().to_string(),
                message:
                    "was not made by `selfservice generate`, so nothing is written; move it away, \
                          or choose another --out"
                        .to_owned(),
            });
        }
        // Everything is known to be right before the first file is touched.
        let written: Vec<(PathBuf, &[u8])> =
            stale.iter().map(|(path, text)| (out.join(path), text.as_bytes())).collect();
        save::all(written.iter().map(|(path, content)| (path.as_path(), *content)))?;
        for (path, _) in &written {
            say(&format!("wrote {}", path.display()));
        }
        for path in &leftovers {
            fs::remove_file(path)
                .map_err(|source| Error::Save { path: path.display().to_string(), source })?;
            say(&format!("removed {}", path.display()));
        }
        let changed = stale.len() + leftovers.len();
        say(&match changed {
            0 => format!("{} files are current", files.len()),
            _ => format!("{changed} of {} files changed", files.len() + leftovers.len()),
        });
        Ok(Outcome::Done(String::new()))
    }
}

fn text(file: &File) -> Result<String, Error> {
    file.render().map_err(|error| Error::Platform {
        message: format!("cannot write {} as YAML: {error}", file.path),
    })
}

fn printed(files: &[(String, String)]) -> String {
    let yaml = |path: &str| Path::new(path).extension().is_some_and(|end| end == "yaml");
    files.iter().fold(String::new(), |all, (path, text)| {
        // A stream of YAML documents, as far as the files are YAML.
        if yaml(path) { format!("{all}---\n# {path}\n{text}") } else { all + text }
    })
}

/// What is wrong with the files below `out`, on standard error.
fn report(
    out: &Path,
    stale: &[&(String, String)],
    leftovers: &BTreeSet<PathBuf>,
    again: &str,
) -> Outcome {
    for (path, _) in stale {
        let path = out.join(path);
        let what = if path.exists() { "stale" } else { "missing" };
        say(&format!("{what}: {}", path.display()));
    }
    for path in leftovers {
        say(&format!("not made any more: {}", path.display()));
    }
    if stale.is_empty() && leftovers.is_empty() {
        return Outcome::Done(String::new());
    }
    say(&format!("Run `{again}` and commit what changes."));
    Outcome::Refused
}

/// An XRD below `out` that is of another domain.
fn another_platforms(out: &Path, stale: &[&(String, String)], domain: &str) -> Option<PathBuf> {
    let mut xrds = stale.iter().filter(|(path, _)| path.contains("/xrds/"));
    xrds.find_map(|(path, _)| {
        let path = out.join(path);
        let text = fs::read_to_string(&path).ok()?;
        let group = text.lines().find_map(|line| line.trim_start().strip_prefix("group: "))?;
        (is_made(&text) && !group.ends_with(&format!(".{domain}"))).then_some(path)
    })
}

/// Whether somebody keeps a file of their own where one is to be made.
fn is_foreign(path: &Path) -> bool {
    fs::read(path).is_ok_and(|content| !is_made(&String::from_utf8_lossy(&content)))
}

fn is_current(path: &Path, text: &str) -> bool {
    fs::read(path).is_ok_and(|current| current == text.as_bytes())
}

/// The files of a folder that were made once, and are not among those made now.
fn leftovers_in(out: &Path, folder: &str, made: &[File]) -> Result<Vec<PathBuf>, Error> {
    let directory = out.join(folder);
    let failed = |source| Error::Read { path: directory.display().to_string(), source };
    let entries = match fs::read_dir(&directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let mut leftovers = Vec::new();
    for entry in entries {
        let path = entry.map_err(failed)?.path();
        let kept = made.iter().any(|file| out.join(&file.path) == path);
        // Whatever else somebody keeps there is theirs.
        if !kept && fs::read_to_string(&path).is_ok_and(|text| is_made(&text)) {
            leftovers.push(path);
        }
    }
    Ok(leftovers)
}
