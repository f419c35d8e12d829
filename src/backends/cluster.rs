//! Objects of this cluster that lie outside the claim's namespace, or in none.
//!
//! A cluster-scoped composite resource composes them itself. A namespaced one may only compose
//! into its own namespace: there provider-kubernetes carries them, wrapped in an `Object`.

use serde::Deserialize;

use super::Order;
use super::managed::{Beside, Lifetime, ManagedResource, Type};
use crate::claim::Flavour;
use crate::manifest::Node;
use crate::object;
use crate::observed::Metadata;
use crate::outcome::{Plan, Readiness};

/// How an object outside the claim's namespace shows that it is ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shows {
    /// By its own condition `Ready`.
    Condition,
    /// By existing.
    Existence,
}

/// A carried object as far as its name: the object itself, or the wrapping around it.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Carried {
    metadata: Metadata,
    spec: Wrapping,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Wrapping {
    for_provider: Manifested,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Manifested {
    manifest: Named,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Named {
    metadata: Metadata,
}

impl Order<'_> {
    /// Adds an object that lies outside the claim's namespace.
    pub fn carry(&self, plan: &mut Plan, part: &str, shows: Shows, manifest: Node) {
        match self.claim.flavour {
            Flavour::Claims => {
                let readiness = match shows {
                    Shows::Condition => Readiness::Condition,
                    Shows::Existence => Readiness::Existence,
                };
                plan.add(self.key(part), readiness, manifest);
            }
            Flavour::Namespaced => {
                let resource = ManagedResource {
                    kind: Type::KUBERNETES_OBJECT,
                    part: part.to_owned(),
                    external_name: None,
                    lifetime: Lifetime::WithClaim,
                    for_provider: object! { manifest: manifest },
                };
                let policy = match shows {
                    Shows::Condition => "DeriveFromObject",
                    Shows::Existence => "SuccessfulCreate",
                };
                let beside = Beside { readiness: Some(policy), ..Beside::default() };
                self.manage_with(plan, resource, beside);
            }
        }
    }

    /// Name of an object that [`carry`](Self::carry) adds: the living one's.
    pub fn platform_object_name(&self, part: &str) -> String {
        let living: Option<Carried> = self.observed.read(&self.key(part)).ok().flatten();
        living
            .and_then(|living| match self.claim.flavour {
                Flavour::Claims => living.metadata.name,
                Flavour::Namespaced => living.spec.for_provider.manifest.metadata.name,
            })
            .unwrap_or_else(|| self.names.object(part))
    }
}
