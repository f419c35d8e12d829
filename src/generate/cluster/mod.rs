//! What a cluster needs and no Configuration package may carry: roles, admission policies, and how
//! the function's pods run. One kustomize base for both flavours, with examples beside it of what
//! depends on accounts.

mod examples;
mod install;
mod policies;
mod roles;
mod runtime;

use std::collections::BTreeSet;

use super::{File, package};
use crate::backends::Operator;
use crate::catalog::{Catalog, Offering};
use crate::claim::Flavour;
use crate::manifest::Node;
use crate::object;

/// The kustomize base.
const BASE: &str = "package/cluster";

/// Folders of which every file is made.
pub(super) const FOLDERS: &[&str] = &[BASE, "package/cluster/examples", "package/install"];

/// provider-kubernetes' name as a `ServiceAccount`, which roles are bound to. Left to itself,
/// Crossplane calls it by the revision, which changes.
const PROVIDER_KUBERNETES: &str = "provider-kubernetes";

/// The base, its examples, and what installs the packages.
pub(super) fn files(catalog: &Catalog) -> Vec<File> {
    let base: Vec<(&str, Vec<Node>)> = [
        ("roles-crossplane.yaml", roles::crossplane(catalog)),
        ("roles-developers.yaml", roles::developers(catalog)),
        ("roles-provider-kubernetes.yaml", roles::provider_kubernetes(catalog)),
        ("runtime-function.yaml", runtime::function(catalog)),
        ("runtime-provider-kubernetes.yaml", runtime::provider_kubernetes(catalog)),
        ("policy-secret-stores.yaml", policies::secret_stores_policy(catalog)),
        ("policy-identities.yaml", policies::identities(catalog)),
        ("policy-composed-secrets.yaml", policies::composed_secrets(catalog)),
    ]
    .into_iter()
    // A file without documents is of an operator that the platform does not have.
    .filter(|(_, documents)| !documents.is_empty())
    .collect();
    let kustomization = kustomization(base.iter().map(|(name, _)| *name));
    let mut files = vec![File::document(format!("{BASE}/kustomization.yaml"), kustomization)];
    files.extend(
        base.into_iter()
            .map(|(name, documents)| File::documents_in(format!("{BASE}/{name}"), documents)),
    );
    files.extend(examples::files(catalog));
    files.extend(install::files(catalog));
    files
}

fn kustomization(resources: impl Iterator<Item = &'static str>) -> Node {
    object! {
        apiVersion: "kustomize.config.k8s.io/v1beta1",
        kind: "Kustomization",
        resources: Node::List(resources.map(Node::from).collect()),
        labels: crate::list![object! {
            pairs: object! { "app.kubernetes.io/part-of": "function-self-service" },
        }],
    }
}

/// The operators that claims of either flavour may need.
fn operators(catalog: &Catalog) -> BTreeSet<Operator> {
    [Flavour::Namespaced, Flavour::Claims]
        .into_iter()
        .flat_map(|flavour| package::operators(catalog, flavour))
        .collect()
}

/// Namespace of what no team may read.
fn platform_namespace(catalog: &Catalog) -> Option<&String> {
    catalog.offerings().next().map(|offering| &offering.platform.namespace)
}

/// Whom a developer should contact.
fn contact(catalog: &Catalog) -> &str {
    catalog.offerings().next().map_or("", |offering| &offering.platform.contact)
}

/// Something that offerings name, each once, with the first offering that does.
fn named<'a>(
    catalog: &'a Catalog,
    name: impl Fn(&'a Offering) -> Option<&'a String>,
) -> Vec<(&'a String, &'a Offering)> {
    let mut named: Vec<(&String, &Offering)> = Vec::new();
    for offering in catalog.offerings() {
        if let Some(name) = name(offering)
            && named.iter().all(|(known, _)| *known != name)
        {
            named.push((name, offering));
        }
    }
    named
}

/// Names of the platform's `ClusterSecretStore`s.
fn secret_stores(catalog: &Catalog) -> Vec<&String> {
    named(catalog, |offering| Some(&offering.aws.secret_store.name))
        .into_iter()
        .map(|(name, _)| name)
        .collect()
}
