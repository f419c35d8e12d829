//! `selfservice package`: Crossplane packages without other tools.

mod build;
mod inspect;
mod push;

use serde::Serialize;
use serde_json::Value as Json;

use super::{Error, Outcome, documents};
use crate::xpkg::contents::text;
use crate::xpkg::{self, image::Held};

/// Build, push and inspect Crossplane packages, without Docker.
#[derive(Debug, clap::Args)]
pub(super) struct Package {
    #[command(subcommand)]
    command: Sub,
}

#[derive(Debug, clap::Subcommand)]
enum Sub {
    Build(build::Build),
    Push(push::Push),
    Inspect(inspect::Inspect),
}

impl Package {
    pub(super) fn run(self) -> Result<Outcome, Error> {
        match self.command {
            Sub::Build(command) => command.run(),
            Sub::Push(command) => command.run(),
            Sub::Inspect(command) => command.run(),
        }
    }
}

/// The package object of a package, and its other objects. `shown` names the package.
fn objects(shown: &str, held: &Held) -> Result<(Json, Vec<Json>), Error> {
    let documents = documents::parse(&format!("{shown}, package.yaml"), &held.package)?;
    let is_meta = |content: &Json| {
        text(content, &["apiVersion"])
            .is_some_and(|version| version.starts_with("meta.pkg.crossplane.io/"))
    };
    let (mut metas, objects): (Vec<Json>, Vec<Json>) =
        documents.into_iter().map(|document| document.content).partition(is_meta);
    match (metas.pop(), metas.len()) {
        (Some(meta), 0) => Ok((meta, objects)),
        (meta, others) => Err(Error::File {
            path: shown.to_owned(),
            message: format!(
                "holds {} package objects in its package.yaml; a package has one",
                others + usize::from(meta.is_some())
            ),
        }),
    }
}

/// A package that another one needs.
#[derive(Debug, Serialize)]
struct Dependency {
    kind: String,
    package: String,
    version: String,
}

impl Dependency {
    /// Those that a package object names.
    fn all(meta: &Json) -> Vec<Self> {
        let depends = meta.get("spec").and_then(|spec| spec.get("dependsOn"));
        depends.and_then(Json::as_array).into_iter().flatten().map(Self::new).collect()
    }

    /// `{apiVersion, kind, package}`, or the older `{provider|configuration|function: package}`.
    fn new(dependency: &Json) -> Self {
        let field = |name: &str| text(dependency, &[name]);
        let old = [
            ("provider", "Provider"),
            ("configuration", "Configuration"),
            ("function", "Function"),
        ];
        let (kind, package) = old
            .iter()
            .find_map(|(name, kind)| Some((*kind, field(name)?)))
            .unwrap_or((field("kind").unwrap_or("-"), field("package").unwrap_or("-")));
        Self {
            kind: kind.to_owned(),
            package: package.to_owned(),
            version: field("version").unwrap_or("any").to_owned(),
        }
    }
}

impl From<xpkg::Error> for Error {
    fn from(error: xpkg::Error) -> Self {
        Self::Platform { message: error.to_string() }
    }
}
