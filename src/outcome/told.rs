//! What a kind tells of what it makes: composed resources, status, entries of the Secret.

use super::Class;
use crate::backends::managed::Lifetime;
use crate::claim::{Flavour, Form};

/// A field of the status of a kind's claims.
#[derive(Clone, Copy, Debug)]
pub struct StatusField {
    /// Its name below `status`.
    pub name: &'static str,
    /// The form of its value.
    pub form: Form,
    /// What it is, in a sentence for a developer.
    pub about: &'static str,
}

/// An entry of a kind's credentials Secret.
#[derive(Clone, Copy, Debug)]
pub struct SecretKey {
    /// Its name.
    pub name: &'static str,
    /// What it holds, for a developer.
    pub about: &'static str,
    /// When it is there; `None` is always.
    pub when: Option<&'static str>,
}

impl SecretKey {
    /// An entry of every Secret of the kind.
    pub const fn new(name: &'static str, about: &'static str) -> Self {
        Self { name, about, when: None }
    }

    /// An entry of some of them.
    pub const fn sometimes(name: &'static str, about: &'static str, when: &'static str) -> Self {
        Self { name, about, when: Some(when) }
    }
}

/// A reason of the condition `CredentialsReady` that only this kind has.
#[derive(Clone, Copy, Debug)]
pub struct Reason {
    /// Its name, in `PascalCase`.
    pub name: &'static str,
    /// What it tells, for a developer.
    pub about: &'static str,
}

impl Reason {
    /// A reason.
    pub const fn new(name: &'static str, about: &'static str) -> Self {
        Self { name, about }
    }
}

/// A key, or keys with a common beginning, and what is under it.
#[derive(Clone, Copy, Debug)]
pub struct OwnedKey {
    pattern: &'static str,
    /// What may happen to the resource under the key.
    pub class: Class,
    /// Its kind.
    pub resource: Resource,
    /// What deleting the claim leaves of it at its provider.
    pub lifetime: Lifetime,
    /// What it is for.
    pub about: &'static str,
}

impl OwnedKey {
    /// A key; with a `*` at the end, all keys that begin so. It goes with its claim.
    pub const fn new(
        pattern: &'static str,
        class: Class,
        resource: Resource,
        about: &'static str,
    ) -> Self {
        Self { pattern, class, resource, lifetime: Lifetime::WithClaim, about }
    }

    /// The same, but it may stay.
    #[must_use]
    pub const fn staying(self, lifetime: Lifetime) -> Self {
        Self { lifetime, ..self }
    }

    /// Whether `key` is meant.
    pub fn covers(&self, key: &str) -> bool {
        match self.pattern.strip_suffix('*') {
            Some(prefix) => key.starts_with(prefix),
            None => key == self.pattern,
        }
    }

    /// The pattern, for lists.
    pub const fn pattern(&self) -> &'static str {
        self.pattern
    }
}

/// The kind of a composed resource, as kubectl takes it: `Instance.rds.aws.m.upbound.io`.
#[derive(Clone, Copy, Debug)]
pub enum Resource {
    /// A managed resource of AWS.
    Aws {
        /// First part of the API group.
        service: &'static str,
        /// The kind.
        kind: &'static str,
    },
    /// A kind of one of Crossplane's other providers.
    Crossplane {
        /// The API group before `.crossplane.io`.
        group: &'static str,
        /// The kind.
        kind: &'static str,
    },
    /// The same kind in both flavours.
    Same(&'static str),
    /// Another kind in each flavour.
    Each {
        /// In `namespaced`.
        namespaced: &'static str,
        /// In `claims`.
        claims: &'static str,
    },
}

impl Resource {
    /// A managed resource of AWS.
    pub const fn aws(service: &'static str, kind: &'static str) -> Self {
        Self::Aws { service, kind }
    }

    /// A kind of one of Crossplane's other providers.
    pub const fn crossplane(group: &'static str, kind: &'static str) -> Self {
        Self::Crossplane { group, kind }
    }

    /// Kind and API group in a flavour.
    pub fn name(self, flavour: Flavour) -> String {
        let m = match flavour {
            Flavour::Namespaced => ".m",
            Flavour::Claims => "",
        };
        match (self, flavour) {
            (Self::Aws { service, kind }, _) => format!("{kind}.{service}.aws{m}.upbound.io"),
            (Self::Crossplane { group, kind }, _) => format!("{kind}.{group}{m}.crossplane.io"),
            (Self::Same(name), _)
            | (Self::Each { namespaced: name, .. }, Flavour::Namespaced)
            | (Self::Each { claims: name, .. }, Flavour::Claims) => name.to_owned(),
        }
    }
}
