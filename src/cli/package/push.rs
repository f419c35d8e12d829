//! `selfservice package push`: package files to a registry.

use std::path::{Path, PathBuf};

use super::{Dependency, Error, Outcome};
use crate::cli::say;
use crate::xpkg::contents::text;
use crate::xpkg::image::{Held, Image};
use crate::xpkg::oci::Platform;
use crate::xpkg::reference::Reference;
use crate::xpkg::{archive, is_version, plain, registry};

/// Push package files and print the reference with its digest.
///
/// Several files are pushed as one package for several platforms. Credentials are those of `docker
/// login`. Registries on this machine are spoken to without TLS, all others only with it.
#[derive(Debug, clap::Args)]
pub(super) struct Push {
    /// Package files, of one platform each.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Where to: REGISTRY/REPOSITORY:TAG.
    #[arg(value_name = "REFERENCE")]
    reference: String,
}

impl Push {
    pub(super) fn run(self) -> Result<Outcome, Error> {
        let Self { files, reference } = self;
        let reference = Reference::read(&reference)?.to_push()?;
        let mut packages: Vec<Package> = Vec::new();
        for path in &files {
            let package = Package::read(path)?;
            for other in &packages {
                package.check_beside(other)?;
            }
            packages.push(package);
        }
        let is_crossplanes = |package: &Package| package.platform() == Platform::linux("amd64");
        if packages.len() > 1 && !packages.iter().any(is_crossplanes) {
            return Err(Error::Platform {
                message: "none of the files is for linux/amd64, which Crossplane takes of several \
                          platforms; add it"
                    .to_owned(),
            });
        }
        // They are one package.
        if let Some(package) = packages.first() {
            package.check_place(&reference)?;
            for warning in package.warnings(&reference) {
                say(&format!("warning: {warning}"));
            }
        }
        let images: Vec<Image> = packages.into_iter().map(|package| package.image).collect();
        let digest = registry::push(&reference, &images, &mut |text| say(text))?;
        Ok(Outcome::Done(format!("{}@{digest}\n", reference.text)))
    }
}

/// A package file, read.
struct Package {
    path: String,
    image: Image,
    held: Held,
    /// What it calls itself.
    name: String,
    /// Kind and name of its package object.
    title: String,
    dependencies: Vec<Dependency>,
}

impl Package {
    /// Nobody finds out later that it is no package.
    fn read(path: &Path) -> Result<Self, Error> {
        let image = archive::read(path)?;
        let path = path.display().to_string();
        let held = image
            .held()
            .map_err(|problem| crate::xpkg::Error::File { path: path.clone(), problem })?;
        let (meta, _) = super::objects(&path, &held)?;
        let field = |field: &[&str]| text(&meta, field).unwrap_or_default();
        let name = plain(field(&["metadata", "name"]));
        let title = format!("{} {name}", plain(field(&["kind"])));
        Ok(Self { path, image, held, name, title, dependencies: Dependency::all(&meta) })
    }

    fn platform(&self) -> Platform {
        self.image.config.platform()
    }

    /// Crossplane takes whatever is in the repository of a dependency for that dependency.
    fn check_place(&self, reference: &Reference) -> Result<(), Error> {
        let Some(dependency) =
            self.dependencies.iter().find(|dependency| reference.is_in(&dependency.package))
        else {
            return Ok(());
        };
        Err(Error::Platform {
            message: format!(
                "cannot push {}: {} depends on the {} in this repository, and would take its place; \
                 name a repository of its own",
                reference.text,
                self.title,
                plain(&dependency.kind)
            ),
        })
    }

    /// What may be meant, and misleads Crossplane if it is not: it knows a package by its repository
    /// and the versions among its tags.
    fn warnings(&self, reference: &Reference) -> Vec<String> {
        let mut warnings = Vec::new();
        // Paths differ from names in many registries; few are called like another package.
        let last = reference.last_part();
        let is_package =
            ["function-", "configuration-", "provider-"].iter().any(|kind| last.starts_with(kind));
        if is_package && last != self.name {
            warnings.push(format!(
                "{} is pushed to a repository called {last}; what depends on {last} there gets it",
                self.title
            ));
        }
        if let Some(tag) = reference.tag().filter(|tag| !is_version(tag)) {
            warnings.push(format!(
                "the tag {tag} is no version such as v1.4.0, so no dependency on {} is satisfied by it",
                self.name
            ));
        }
        warnings
    }

    /// Crossplane reads one of the platforms, and runs another.
    fn check_beside(&self, other: &Self) -> Result<(), Error> {
        let problem = if self.title != other.title {
            format!(
                "are different packages, {} and {}; push one after the other",
                other.title, self.title
            )
        } else if self.platform() == other.platform() {
            format!("are both for {}; a package has one file for each platform", self.platform())
        } else if self.held.package != other.held.package {
            "differ in their package.yaml; build them from the same folder".to_owned()
        } else {
            return Ok(());
        };
        Err(Error::Platform { message: format!("{} and {} {problem}", other.path, self.path) })
    }
}
