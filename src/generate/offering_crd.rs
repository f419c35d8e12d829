//! The CRD of the function's input, which the package carries so that people and editors know
//! what an Offering looks like. Crossplane does not install it.

use serde_json::{Value as Json, json};

use super::File;
use super::schema::of;
use crate::catalog::{API_VERSION, Aws, Environment, KIND, Platform, Provider};
use crate::kinds::Kind;

/// Where the file belongs in the repository.
pub const PATH: &str = "package/function/input/selfservice.fn.crossplane.io_offerings.yaml";

/// The file.
pub(super) fn file() -> File {
    File::document(PATH, crd().into())
}

/// The CRD.
pub fn crd() -> Json {
    let (group, version) = API_VERSION.split_once('/').unwrap_or((API_VERSION, ""));
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("offerings.{group}")},
        "spec": {
            "group": group,
            "names": {
                "categories": ["crossplane"],
                "kind": KIND,
                "listKind": "OfferingList",
                "plural": "offerings",
                "singular": "offering",
            },
            "scope": "Namespaced",
            "versions": [{
                "name": version,
                "served": true,
                "storage": true,
                "schema": {"openAPIV3Schema": schema()},
            }],
        },
    })
}

fn schema() -> Json {
    let kinds: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
    json!({
        "type": "object",
        "description": "What the catalogue says for one kind, provider and environment. \
                        `selfservice catalog offering` prints it.",
        "required": ["apiVersion", "kind", "offers", "provider", "platform", "environment", "aws", "settings"],
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"type": "object"},
            "offers": {"type": "string", "enum": kinds, "description": "The kind that it offers."},
            "provider": of::<Provider>(),
            "platform": of::<Platform>(),
            "environment": of::<Environment>(),
            "aws": of::<Aws>(),
            "settings": {
                "type": "object",
                "description": "Sizes, versions and limits of the kind. The function checks them.",
                "x-kubernetes-preserve-unknown-fields": true,
            },
        },
    })
}
