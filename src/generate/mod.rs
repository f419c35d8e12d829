//! Files that are made from the code and the catalogue, so that they cannot drift from either.
//!
//! One file an artefact; all of them iterate the catalogue. Nothing here reads or writes: the
//! command line does.

mod attempts;
mod catalog_page;
pub mod catalog_reference;
mod cluster;
mod composition;
mod guardrails_page;
mod kind_page;
mod markdown;
pub mod offering_crd;
mod package;
pub mod refusals;
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
    /// What a cluster needs besides: roles, admission policies, the runtime of the pods.
    Cluster,
    /// The documents that follow from the catalogue.
    Docs,
}

impl Artefact {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Xrds, Self::Compositions, Self::Packages, Self::Cluster, Self::Docs];

    /// Folders that hold nothing else: a file in one of them that is not made any more is stale.
    pub const fn folders(self) -> &'static [&'static str] {
        match self {
            Self::Xrds => &["package/configuration/xrds", "package/configuration-claims/xrds"],
            Self::Compositions => {
                &["package/configuration/compositions", "package/configuration-claims/compositions"]
            }
            Self::Packages => &["package/function/input"],
            Self::Cluster => cluster::FOLDERS,
            Self::Docs => &["docs/kinds"],
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
            Self::Cluster => cluster::files(catalog),
            Self::Docs => {
                let mut files = vec![
                    catalog_page::file(catalog),
                    catalog_reference::file(),
                    guardrails_page::file(catalog),
                ];
                files.extend(kind_page::files(catalog));
                files
            }
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

/// How the comment of a document that is made begins, below its title.
const COMMENT: &str = "<!-- Made by `selfservice generate`";

/// Whether a file with this text was made, whatever the catalogue said then.
pub fn is_made(text: &str) -> bool {
    text.starts_with(HEADER) || text.lines().nth(2).is_some_and(|line| line.starts_with(COMMENT))
}

impl File {
    fn document(path: impl Into<String>, document: Node) -> Self {
        Self::documents_in(path, vec![document])
    }

    fn documents_in(path: impl Into<String>, documents: Vec<Node>) -> Self {
        Self { path: path.into(), content: Content::Documents(documents) }
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
