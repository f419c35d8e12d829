//! What one provider shares across kinds, and the order that a kind composes from.

pub mod aws;
pub mod cluster;
pub mod iam;
pub mod living;
pub mod managed;
pub mod operators;
mod place;
pub mod stages;
pub mod window;

use std::cell::OnceCell;
use std::rc::Rc;

pub use operators::{Found, Operator, Presence};
pub use place::Place;

use crate::catalog::{Offering, OnDelete};
use crate::claim::{Claim, Flavour};
use crate::guardrails::Memory;
use crate::manifest::Node;
use crate::names::Names;
use crate::observed::Observed;
use crate::outcome::Answer;

/// An accepted claim with everything that composing it may look at.
#[derive(Debug)]
pub struct Order<'a> {
    /// What is asked for.
    pub claim: &'a Claim,
    /// What is offered.
    pub offering: &'a Offering,
    /// What exists.
    pub observed: &'a Observed,
    /// What was accepted before; `None` before the resource lives.
    pub memory: Option<&'a Memory>,
    /// Where its resources are, or will be.
    pub place: Place,
    /// Names of everything composed.
    pub names: Names,
    /// The version that is meant, asked for or not; absent for kinds without versions.
    pub version: Option<String>,
    /// The availability that is meant, asked for or not.
    pub high_availability: bool,
    /// Name of the credentials Secret, once it is known.
    pub secret_name: Answer<String>,
    /// Which operators' kinds can be composed.
    pub operators: Found,
    /// Tags of every resource, made once.
    pub(crate) tags: OnceCell<Rc<Node>>,
    /// Whether a ServiceAccount exists that has the name of the one to create.
    pub service_account: Answer<()>,
}

impl Order<'_> {
    /// Whether the claim's parameter `name` is what the living resource was accepted with, so
    /// that a difference to the catalogue is the catalogue's doing.
    pub fn is_unchanged(&self, name: &str) -> bool {
        self.memory.is_some_and(|memory| memory.agrees(name, &self.claim.written))
    }

    /// Namespace of the secrets that managed resources read and write.
    pub fn managed_secret_namespace(&self) -> &str {
        match self.claim.flavour {
            Flavour::Namespaced => &self.claim.namespace,
            Flavour::Claims => &self.offering.platform.namespace,
        }
    }

    /// Whether deleting the claim leaves its data in AWS.
    pub fn retains(&self) -> bool {
        self.offering.environment.on_delete == OnDelete::Retain
    }

    /// Name of the snapshot that deletion leaves: the living one's, else one of this composite
    /// resource alone, since a claim that is made again must be deletable again.
    pub fn final_snapshot(&self, living: Option<&String>, prefix: &str) -> String {
        let incarnation = self.claim.uid.as_deref().unwrap_or_default();
        living.cloned().unwrap_or_else(|| {
            format!("{prefix}-final-{}", self.names.hash(&format!("final-snapshot {incarnation}")))
        })
    }

    /// What the living resource is to remember of this claim.
    pub fn memory_to_write(&self) -> String {
        Memory {
            environment: Some(self.offering.environment.name.clone()),
            provider: Some(self.offering.provider.name().to_owned()),
            parameters: self.claim.written.clone(),
            version: self.version.clone(),
            high_availability: Some(self.high_availability),
            inferred: false,
        }
        .write()
    }
}
