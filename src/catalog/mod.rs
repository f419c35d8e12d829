//! What the platform team offers: the catalogue and the offerings cut out of it.
//!
//! A [`Catalog`] is one file. An [`Offering`] is what it says for one kind, backend and
//! environment, and the input of that Composition's pipeline step. The rest of the crate
//! knows offerings only.

mod agreement;
mod aws;
mod choices;
mod crossplane;
mod environment;
mod file;
mod offering;
mod packages;
mod platform;
mod problem;
mod repair;
mod written;

pub(crate) use aws::is_arn;
pub use aws::{Aws, CLUSTER_TAG, Identity, SecretStore, TAGS};
pub(crate) use choices::list;
pub use choices::{Named, Range, Sizes, Version, Versions, version_number};
pub use crossplane::Crossplane;
pub use environment::{Availability, Environment, OnDelete};
pub use file::{Catalog, Choice};
pub use offering::{API_VERSION, KIND, Offering, Provider};
pub use packages::Packages;
pub use platform::{Installed, Operators, Platform, Teams};
pub use problem::{Problem, Problems};

/// The example catalogue, as YAML: what the command line offers when it is given none.
pub const BUILT_IN: &str = include_str!("../../catalog/default.yaml");
