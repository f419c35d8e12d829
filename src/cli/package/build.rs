//! `selfservice package build`: package files from folders of YAML and programs.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::{Error, Outcome};
use crate::cli::documents::{self, Document};
use crate::cli::{save, say};
use crate::xpkg::contents::{self, PackageType};
use crate::xpkg::image::{Image, Streams};
use crate::xpkg::oci::Platform;
use crate::xpkg::{self, MAX_IMAGE_BYTES, archive, binary, size};

/// Build package files and print their names.
///
/// The same inputs give the same bytes, on every machine.
#[derive(Debug, clap::Args)]
pub(super) struct Build {
    #[command(subcommand)]
    command: Sub,
}

#[derive(Debug, clap::Subcommand)]
enum Sub {
    Function(Function),
    Configuration(Configuration),
}

/// Build a Function: one file for each program.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  selfservice package build function --binary target/x86_64-unknown-linux-gnu/release/function-self-service
  selfservice package push function-self-service-amd64.xpkg registry.example.com/platform/function-self-service:v0.1.0")]
struct Function {
    /// Folder with crossplane.yaml and the schemas of the function's inputs.
    #[arg(value_name = "DIR", default_value = "package/function")]
    folder: PathBuf,
    /// Statically linked server for linux/amd64 or linux/arm64; once for each platform.
    #[arg(long = "binary", value_name = "FILE", required = true)]
    binaries: Vec<PathBuf>,
    /// Version that the image is labelled with.
    #[arg(long, value_name = "VERSION", value_parser = version, default_value = env!("CARGO_PKG_VERSION"))]
    image_version: String,
    #[command(flatten)]
    common: Common,
}

/// Build a Configuration: composite resource definitions and compositions.
#[derive(Debug, clap::Args)]
struct Configuration {
    /// Folder with crossplane.yaml, definitions and compositions.
    #[arg(value_name = "DIR", default_value = "package/configuration")]
    folder: PathBuf,
    /// Version that the image is labelled with.
    #[arg(long, value_name = "VERSION", value_parser = version)]
    image_version: Option<String>,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, clap::Args)]
struct Common {
    /// Examples to put into the package: a file, or a folder with all of its folders; repeatable.
    #[arg(long = "examples", value_name = "PATH")]
    examples: Vec<PathBuf>,
    /// File to write, or the folder to write NAME-ARCHITECTURE.xpkg or NAME.xpkg to.
    #[arg(short, long, value_name = "PATH", default_value = ".")]
    output: PathBuf,
}

impl Common {
    /// Nobody waits for a package that has no place.
    fn check_output(&self) -> Result<(), Error> {
        let output = &self.output;
        let written = output.as_os_str().as_encoded_bytes();
        let is_folder = written
            .rsplit(|byte| *byte == b'/')
            .next()
            .is_some_and(|last| matches!(last, b"" | b"." | b"..") || output.is_dir());
        let folder = match output.parent() {
            _ if is_folder => output,
            Some(parent) if parent != Path::new("") => parent,
            _ => return Ok(()),
        };
        if folder.is_dir() {
            return Ok(());
        }
        Err(Error::File {
            path: folder.display().to_string(),
            message: "is no folder; make it first, or name another with --output".to_owned(),
        })
    }
}

/// A version of an image, as tags have them.
fn version(text: &str) -> Result<String, String> {
    if xpkg::is_version(text) {
        return Ok(text.to_owned());
    }
    Err("it is no version; write one such as 1.4.0".to_owned())
}

impl Build {
    pub(super) fn run(self) -> Result<Outcome, Error> {
        match self.command {
            Sub::Function(command) => command.run(),
            Sub::Configuration(command) => command.run(),
        }
    }
}

impl Function {
    fn run(self) -> Result<Outcome, Error> {
        let Self { folder, binaries, image_version, common } = self;
        if binaries.len() > 1 && !common.output.is_dir() {
            return Err(Error::Platform {
                message: format!(
                    "cannot write {} packages to {}; name an existing folder",
                    binaries.len(),
                    common.output.display()
                ),
            });
        }
        common.check_output()?;
        let source = Source::read(PackageType::Function, &folder, &common.examples)?;
        let mut packages: Vec<(Platform, PathBuf, Image)> = Vec::new();
        for path in binaries {
            let program = program(&path)?;
            let platform = binary::platform(&program).map_err(|problem| xpkg::Error::File {
                path: path.display().to_string(),
                problem,
            })?;
            if let Some((_, other, _)) = packages.iter().find(|(known, ..)| *known == platform) {
                return Err(Error::Platform {
                    message: format!(
                        "{} and {} are both for {platform}; give one program for each platform",
                        other.display(),
                        path.display()
                    ),
                });
            }
            let labels = contents::labels(&source.meta, Some(&image_version));
            let image = Image::function(&platform, &program, source.streams(), labels);
            packages.push((platform, path, image.map_err(|error| unbuildable(&error))?));
        }
        let named = packages.into_iter().map(|(platform, _, image)| {
            (format!("{}-{}.xpkg", source.name, platform.architecture), image)
        });
        write(named, &common.output).map(Outcome::Done)
    }
}

impl Configuration {
    fn run(self) -> Result<Outcome, Error> {
        let Self { folder, image_version, common } = self;
        common.check_output()?;
        let source = Source::read(PackageType::Configuration, &folder, &common.examples)?;
        let labels = contents::labels(&source.meta, image_version.as_deref());
        let image =
            Image::configuration(source.streams(), labels).map_err(|error| unbuildable(&error))?;
        write([(format!("{}.xpkg", source.name), image)], &common.output).map(Outcome::Done)
    }
}

/// What a package is made of, besides programs.
struct Source {
    name: String,
    meta: serde_json::Value,
    package: String,
    examples: Option<String>,
}

impl Source {
    fn read(package: PackageType, folder: &Path, examples: &[PathBuf]) -> Result<Self, Error> {
        if !folder.exists() {
            return Err(Error::File {
                path: folder.display().to_string(),
                message: "is missing; `selfservice generate` makes it, or name another folder"
                    .to_owned(),
            });
        }
        let documents = documents::read_tree(folder)?;
        let objects: Vec<_> = documents.iter().map(|document| &document.content).collect();
        let found = contents::check(package, &objects).map_err(|(index, problem)| {
            documents.get(index).map_or_else(
                || Error::Platform { message: problem.clone() },
                |document| document.error(problem.as_str()),
            )
        })?;
        let Some(meta) = found.and_then(|index| documents.get(index)) else {
            return Err(Error::File {
                path: folder.display().to_string(),
                message: format!(
                    "holds no package object; write a crossplane.yaml with apiVersion \
                     meta.pkg.crossplane.io/v1 and kind {}",
                    package.name()
                ),
            });
        };
        // The package object first, as Crossplane's own builder puts it.
        let others = documents.iter().enumerate().filter(|(index, _)| Some(*index) != found);
        let stream = stream([meta].into_iter().chain(others.map(|(_, document)| document)));
        Ok(Self {
            name: meta.text(&["metadata", "name"]).unwrap_or_default().to_owned(),
            meta: meta.content.clone(),
            package: stream,
            examples: read_examples(examples)?,
        })
    }

    fn streams(&self) -> Streams<'_> {
        Streams { package: &self.package, examples: self.examples.as_deref() }
    }
}

fn read_examples(paths: &[PathBuf]) -> Result<Option<String>, Error> {
    let mut all = Vec::new();
    for path in paths {
        let documents =
            if path.is_dir() { documents::read_tree(path)? } else { documents::read(path)? };
        if documents.is_empty() {
            return Err(Error::File {
                path: path.display().to_string(),
                message: "holds no example".to_owned(),
            });
        }
        for document in &documents {
            if document.text(&["apiVersion"]).is_none() || document.text(&["kind"]).is_none() {
                return Err(
                    document.error("is no object; an example begins with apiVersion and kind")
                );
            }
        }
        all.extend(documents);
    }
    Ok((!all.is_empty()).then(|| stream(&all)))
}

/// Documents as one stream, in the words that they were written in.
fn stream<'a>(documents: impl IntoIterator<Item = &'a Document>) -> String {
    let parts = documents.into_iter().map(|document| ["---\n", document.source.trim_end(), "\n"]);
    parts.flatten().collect()
}

/// A program as it is stored.
fn program(path: &Path) -> Result<Vec<u8>, Error> {
    let shown = || path.display().to_string();
    let mut content = Vec::new();
    let read =
        File::open(path).and_then(|file| file.take(MAX_IMAGE_BYTES + 1).read_to_end(&mut content));
    if let Err(error) = read {
        return Err(Error::Platform {
            message: format!("cannot read {}: {error}; build it with `{}`", shown(), binary::BUILD),
        });
    }
    if content.len() as u64 > MAX_IMAGE_BYTES {
        let problem = format!("has more than {}", size(MAX_IMAGE_BYTES));
        return Err(xpkg::Error::File { path: shown(), problem }.into());
    }
    Ok(content)
}

/// Writes packages, tells about them, and gives the lines to print.
fn write(
    packages: impl IntoIterator<Item = (String, Image)>,
    output: &Path,
) -> Result<String, Error> {
    let mut files = Vec::new();
    for (name, image) in packages {
        let path = if output.is_dir() { output.join(name) } else { output.to_path_buf() };
        // `./a` is `a` to everybody.
        let path = path.strip_prefix(".").unwrap_or(&path).to_path_buf();
        let content = archive::bytes(&image).map_err(|error| unbuildable(&error))?;
        files.push((path, content, xpkg::digest(&image.stored_manifest())));
    }
    save::all(files.iter().map(|(path, content, _)| (path.as_path(), content.as_slice())))?;
    let mut lines = String::new();
    for (path, content, digest) in files {
        say(&format!("{}: {}, {digest}", path.display(), size(content.len() as u64)));
        lines.push_str(&format!("{}\n", path.display()));
    }
    Ok(lines)
}

fn unbuildable(error: &std::io::Error) -> Error {
    Error::Platform { message: format!("cannot build the package: {error}") }
}
