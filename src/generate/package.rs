//! The metadata of the packages: what Crossplane reads before it installs them.

use std::collections::BTreeSet;

use super::markdown::and;
use super::{File, configuration_folder};
use crate::backends::Operator;
use crate::catalog::{Catalog, Identity, Installed};
use crate::claim::Flavour;
use crate::kinds::Kind;
use crate::manifest::Node;
use crate::{list, object};

/// Crossplane that the function needs: the first that can be asked for schemas (required schemas,
/// and rules at the root of an XRD).
const CROSSPLANE: &str = ">=v2.2.0-0";

/// Where provider-upjet-aws publishes a provider for each service.
const AWS_REPOSITORY: &str = "xpkg.upbound.io/upbound/provider-aws-";
/// Its release that every composed resource is tested against, and below what it may break.
const AWS_VERSIONS: &str = ">=v2.6.0, <v3.0.0";

/// The function's package.
pub(super) fn function(catalog: &Catalog) -> File {
    let meta = object! {
        apiVersion: "meta.pkg.crossplane.io/v1",
        kind: "Function",
        metadata: metadata(
            catalog,
            "function-self-service",
            "Turns short self-service claims into complete, encrypted provider resources.".to_owned(),
        ),
        spec: object! {
            crossplane: object! { version: CROSSPLANE },
            capabilities: list!["composition"],
        },
    };
    File::document("package/function/crossplane.yaml", meta)
}

/// The configuration package of a flavour.
pub(super) fn configuration(catalog: &Catalog, flavour: Flavour) -> File {
    let folder = configuration_folder(flavour);
    let mut needed = vec![object! {
        apiVersion: "pkg.crossplane.io/v1",
        kind: "Function",
        package: catalog.packages().function(),
        version: function_versions(),
    }];
    needed.extend(providers(catalog, flavour).into_iter().map(|(package, versions)| {
        object! {
            apiVersion: "pkg.crossplane.io/v1",
            kind: "Provider",
            package: package,
            version: versions,
        }
    }));
    let meta = object! {
        apiVersion: "meta.pkg.crossplane.io/v1",
        kind: "Configuration",
        metadata: metadata(catalog, name(flavour), about(catalog, flavour)),
        spec: object! {
            crossplane: object! { version: CROSSPLANE },
            dependsOn: needed,
        },
    };
    File::document(format!("{folder}/crossplane.yaml"), meta)
}

/// Name of a flavour's configuration package.
pub(super) const fn name(flavour: Flavour) -> &'static str {
    match flavour {
        Flavour::Namespaced => "configuration-self-service",
        Flavour::Claims => "configuration-self-service-claims",
    }
}

/// What a flavour's configuration package is, in a sentence.
fn about(catalog: &Catalog, flavour: Flavour) -> String {
    let kinds: Vec<&str> = catalog
        .kinds()
        .map(|kind| match kind {
            Kind::PostgreSqlInstance => "databases",
            Kind::RedisInstance => "caches",
            Kind::MessageQueue => "queues",
            Kind::ObjectStore => "buckets",
            Kind::EventStream => "streams",
        })
        .collect();
    let flavour = match flavour {
        Flavour::Namespaced => "namespaced",
        Flavour::Claims => "claims",
    };
    format!("Self-service {}: {flavour}.", and(&kinds))
}

fn metadata(catalog: &Catalog, name: &'static str, about: String) -> Node {
    let contact = catalog.offerings().next().map(|offering| &offering.platform.contact);
    object! {
        name: name,
        annotations: object! {
            "meta.crossplane.io/maintainer": contact,
            "meta.crossplane.io/license": env!("CARGO_PKG_LICENSE"),
            "meta.crossplane.io/description": about,
        },
    }
}

/// Releases of the function that understand these Compositions: this one, and those after it that
/// promise to (semantic versioning: below 1.0, a minor release may break).
fn function_versions() -> String {
    let (major, minor) = (env!("CARGO_PKG_VERSION_MAJOR"), env!("CARGO_PKG_VERSION_MINOR"));
    let next = |number: &str| number.parse::<u32>().unwrap_or_default() + 1;
    let below = match major {
        "0" => format!("0.{}.0", next(minor)),
        _ => format!("{}.0.0", next(major)),
    };
    format!(">=v{}, <v{below}", env!("CARGO_PKG_VERSION"))
}

/// The providers whose kinds this catalogue's claims become, with the releases that fit.
fn providers(catalog: &Catalog, flavour: Flavour) -> Vec<(String, &'static str)> {
    let services: BTreeSet<&str> = catalog
        .offerings()
        .flat_map(|offering| {
            let aws = &offering.aws;
            offering.kind.services().iter().copied().filter(|service| match *service {
                "eks" => matches!(aws.identity, Identity::PodIdentity { .. }),
                "kms" => aws.key_per_claim,
                _ => true,
            })
        })
        .collect();
    let aws = services.iter().map(|service| (format!("{AWS_REPOSITORY}{service}"), AWS_VERSIONS));
    let others = operators(catalog, flavour).into_iter().filter_map(|operator| {
        let (package, versions) = operator.package()?;
        Some((package.to_owned(), versions))
    });
    aws.chain(others).collect()
}

/// The operators of other projects that claims of a flavour may need.
pub(super) fn operators(catalog: &Catalog, flavour: Flavour) -> BTreeSet<Operator> {
    catalog
        .offerings()
        .flat_map(|offering| {
            let operators = &offering.platform.operators;
            offering
                .kind
                .operators(flavour)
                .iter()
                .copied()
                .filter(|operator| operator.installed(operators) != Installed::Never)
        })
        .collect()
}
