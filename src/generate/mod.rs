//! Files that are made from the code and the catalogue, so that they cannot drift from either.
//!
//! One file an artefact; all of them iterate the catalogue. Nothing here reads or writes: the
//! command line does.

pub mod catalog_reference;
mod composition;
pub mod offering_crd;
mod package;
mod rules;
mod schema;
mod xrd;

use serde::Serialize;

use crate::catalog::Catalog;
use crate::claim::Flavour;
use crate::manifest::Node;

/// What can be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
pub enum Artefact {
    /// `CompositeResourceDefinitions`: the API that developers see, in both flavours.
    Xrds,
    /// Compositions: one for each kind, provider and environment, in both flavours.
    Compositions,
    /// The metadata of the packages, and the CRD of the function's input.
    Packages,
    /// The documents that follow from the catalogue.
    Docs,
}

impl Artefact {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Xrds, Self::Compositions, Self::Packages, Self::Docs];

    /// Folders that hold nothing else: a file in one of them that is not made any more is stale.
    pub const fn folders(self) -> &'static [&'static str] {
        match self {
            Self::Xrds => &["package/configuration/xrds", "package/configuration-claims/xrds"],
            Self::Compositions => {
                &["package/configuration/compositions", "package/configuration-claims/compositions"]
            }
            Self::Packages => &["package/function/input"],
            Self::Docs => &[],
        }
    }

    /// Its files.
    pub fn files(self, catalog: &Catalog) -> Vec<File> {
        match self {
            Self::Xrds => each_flavour(|flavour| xrd::files(catalog, flavour)),
            Self::Compositions => each_flavour(|flavour| composition::files(catalog, flavour)),
            Self::Packages => {
                let mut files = vec![package::function(catalog), offering_crd::file()];
                files
                    .extend(each_flavour(|flavour| vec![package::configuration(catalog, flavour)]));
                files
            }
            Self::Docs => vec![catalog_reference::file()],
        }
    }
}

fn each_flavour(files: impl Fn(Flavour) -> Vec<File>) -> Vec<File> {
    [Flavour::Namespaced, Flavour::Claims].into_iter().flat_map(files).collect()
}

/// Where a flavour's configuration package is made.
const fn configuration_folder(flavour: Flavour) -> &'static str {
    match flavour {
        Flavour::Namespaced => "package/configuration",
        Flavour::Claims => "package/configuration-claims",
    }
}

/// A file to write.
#[derive(Clone, Debug)]
pub struct File {
    /// Its place below the output folder.
    pub path: String,
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    Documents(Vec<Node>),
    Text(String),
}

/// What every YAML file that is made begins with.
pub const HEADER: &str =
    "# Made by `selfservice generate` from the catalogue: change that instead.\n";

impl File {
    fn document(path: impl Into<String>, document: Node) -> Self {
        Self { path: path.into(), content: Content::Documents(vec![document]) }
    }

    fn text(path: impl Into<String>, text: String) -> Self {
        Self { path: path.into(), content: Content::Text(text) }
    }

    /// The documents in it; `None` when it is no YAML.
    pub fn documents(&self) -> Option<&[Node]> {
        match &self.content {
            Content::Documents(documents) => Some(documents),
            Content::Text(_) => None,
        }
    }

    /// What it is to hold.
    ///
    /// # Errors
    ///
    /// When a document cannot be written as YAML: a bug.
    pub fn render(&self) -> Result<String, serde_saphyr::ser_error::Error> {
        match &self.content {
            Content::Text(text) => Ok(text.clone()),
            Content::Documents(documents) => {
                let mut text = HEADER.to_owned();
                for (index, document) in documents.iter().enumerate() {
                    if index > 0 {
                        text.push_str("---\n");
                    }
                    text.push_str(&yaml(document)?);
                }
                Ok(text)
            }
        }
    }
}

/// A document as YAML.
///
/// # Errors
///
/// When the document is no map or list of texts, numbers and the like.
pub fn yaml<T: Serialize>(document: &T) -> Result<String, serde_saphyr::ser_error::Error> {
    // Policies are JSON on one line; folding them would be hard to read and to copy.
    let options = serde_saphyr::ser_options! { prefer_block_scalars: false };
    let mut text = String::new();
    serde_saphyr::to_fmt_writer_with_options(&mut text, document, options)?;
    Ok(text)
}
