//! `selfservice package`: Crossplane packages without other tools.

mod build;
mod inspect;
mod push;

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

impl From<xpkg::Error> for Error {
    fn from(error: xpkg::Error) -> Self {
        Self::Platform { message: error.to_string() }
    }
}
