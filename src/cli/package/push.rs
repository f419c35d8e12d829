//! `selfservice package push`: package files to a registry.

use std::path::PathBuf;

use super::{Error, Outcome};
use crate::cli::say;
use crate::xpkg::image::Image;
use crate::xpkg::reference::Reference;
use crate::xpkg::{archive, registry};

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
        let mut images: Vec<Image> = Vec::new();
        for path in &files {
            let image = archive::read(path)?;
            // Nobody finds out later that it is no package.
            image.held().map_err(|problem| crate::xpkg::Error::File {
                path: path.display().to_string(),
                problem,
            })?;
            let platform = image.config.platform();
            let twin = images.iter().position(|other| other.config.platform() == platform);
            if let Some(other) = twin.and_then(|index| files.get(index)) {
                return Err(Error::Platform {
                    message: format!(
                        "{} and {} are both for {platform}; a package has one file for each platform",
                        other.display(),
                        path.display()
                    ),
                });
            }
            images.push(image);
        }
        let digest = registry::push(&reference, &images, &mut |text| say(text))?;
        Ok(Outcome::Done(format!("{}@{digest}\n", reference.text)))
    }
}
