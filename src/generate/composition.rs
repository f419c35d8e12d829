//! Compositions: one for each kind, provider and environment.

use super::{File, configuration_folder, xrd};
use crate::catalog::{Catalog, Offering};
use crate::claim::Flavour;
use crate::manifest::Node;
use crate::{list, object};

/// The Compositions of a flavour.
pub(super) fn files(catalog: &Catalog, flavour: Flavour) -> Vec<File> {
    let folder = configuration_folder(flavour);
    catalog
        .offerings()
        .map(|offering| {
            let path = format!("{folder}/compositions/{}.yaml", offering.composition_name());
            File::document(path, composition(catalog, offering, flavour))
        })
        .collect()
}

fn composition(catalog: &Catalog, offering: &Offering, flavour: Flavour) -> Node {
    let (provider, environment) = (offering.provider.name(), &offering.environment.name);
    let input = catalog.document(offering.kind, provider, environment).cloned();
    object! {
        apiVersion: "apiextensions.crossplane.io/v1",
        kind: "Composition",
        metadata: object! {
            name: offering.composition_name(),
            // What a claim's selector chooses by.
            labels: object! { provider: provider, environment: environment },
        },
        spec: object! {
            compositeTypeRef: object! {
                apiVersion: xrd::api_version(catalog, offering.kind),
                kind: flavour.composite_kind(offering.kind),
            },
            mode: "Pipeline",
            pipeline: list![object! {
                step: "self-service",
                functionRef: object! { name: catalog.packages().function_name() },
                input: input.map(Node::from),
            }],
        },
    }
}
