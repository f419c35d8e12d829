//! `selfservice package`: Crossplane packages without other tools.

mod build;
mod inspect;
mod push;

use super::{Error, Outcome};
use crate::xpkg;

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

impl From<xpkg::Error> for Error {
    fn from(error: xpkg::Error) -> Self {
        Self::Platform { message: error.to_string() }
    }
}
