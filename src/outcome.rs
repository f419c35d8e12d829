//! What the spine arrives at: composed resources, what waits, conditions and status.
//!
//! Free of protobuf: the function's edge and the command line both read it.

mod told;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::guardrails::Violation;
use crate::manifest::Node;
use crate::observed::Observed;
use crate::wire::Struct;

pub use self::told::{OwnedKey, Reason, Resource, SecretKey, StatusField};
pub use crate::observed::ReadError;

/// What may happen to a composed resource while its claim lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Never removed.
    Data,
    /// Removed when it is no longer asked for: that is revocation.
    Access,
    /// Replaceable: alarms, rules, parameter groups of a former version.
    Derived,
}

/// How a resource shows that it is ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// By its condition `Ready`.
    Condition,
    /// By existing: Secrets, ServiceAccounts, provider configurations.
    Existence,
}

/// A composed resource.
#[derive(Clone, Debug)]
pub struct Composed {
    /// The object to apply.
    pub manifest: Manifest,
    /// Whether it was observed to be ready.
    pub ready: bool,
}

/// The object to apply.
#[derive(Clone, Debug)]
pub enum Manifest {
    /// Composed in this call.
    Built(Node),
    /// As it was observed, because this call cannot or must not compose it anew.
    Preserved(Struct),
}

/// A resource that is not composed yet, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Key of the resource.
    pub key: String,
    /// What it waits for, such as `the auth token`.
    pub reason: String,
}

/// Desired resources under construction.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    built: BTreeMap<String, (Node, Readiness)>,
    waiting: Vec<Waiting>,
    /// Fields of the composite resource's status that this kind adds.
    pub status: Vec<(&'static str, Node)>,
    /// What the credentials wait for, when they are not complete.
    pub credentials_wait: Option<CredentialsWait>,
    /// What the chosen size and version became: `status.offering`.
    pub offering: Option<Node>,
}

/// Why credentials are not complete yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialsWait {
    /// A word for programs, in `PascalCase`.
    pub reason: &'static str,
    /// A sentence for people.
    pub message: String,
}

impl Plan {
    /// Asks for a resource.
    pub fn add(&mut self, key: impl Into<String>, readiness: Readiness, object: Node) {
        self.built.insert(key.into(), (object, readiness));
    }

    /// Notes that a resource cannot be composed yet. One that exists is kept as it is.
    pub fn wait(&mut self, key: impl Into<String>, reason: impl Into<String>) {
        self.waiting.push(Waiting { key: key.into(), reason: reason.into() });
    }

    /// What waits.
    pub fn waiting(&self) -> &[Waiting] {
        &self.waiting
    }

    /// Joins the plan with what exists.
    ///
    /// INVARIANT: every observed key of ours is in the result, unless its class allows it to go
    /// and the plan neither asks for it nor waits for it.
    pub fn settle(
        &mut self,
        observed: &Observed,
        owns: impl Fn(&str) -> bool,
        class_of: impl Fn(&str) -> Option<Class>,
    ) -> Result<BTreeMap<String, Composed>, ReadError> {
        let mut resources = BTreeMap::new();
        for (key, (object, readiness)) in std::mem::take(&mut self.built) {
            let ready = match readiness {
                Readiness::Condition => observed.is_ready(&key),
                Readiness::Existence => observed.get(&key).is_some(),
            };
            resources.insert(key, Composed { manifest: Manifest::Built(object), ready });
        }
        for key in observed.keys().filter(|key| owns(key)) {
            let waits = self.waiting.iter().any(|waiting| waiting.key == key);
            let replaceable = matches!(class_of(key), Some(Class::Access | Class::Derived));
            if resources.contains_key(key) || (replaceable && !waits) {
                continue;
            }
            if let Some(object) = observed.preserved(key)? {
                let composed = Composed { manifest: Manifest::Preserved(object), ready: true };
                resources.insert(key.to_owned(), composed);
            }
        }
        Ok(resources)
    }
}

/// A condition of ours on the composite resource and its claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// Its type.
    pub kind: &'static str,
    /// Whether it holds.
    pub status: ConditionStatus,
    /// A word for programs, in `PascalCase`.
    pub reason: String,
    /// A sentence for people, on one line.
    pub message: String,
}

/// Whether a condition holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConditionStatus {
    /// It holds.
    True,
    /// It does not hold.
    False,
    /// Nobody can say.
    Unknown,
}

impl ConditionStatus {
    /// As Kubernetes writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::True => "True",
            Self::False => "False",
            Self::Unknown => "Unknown",
        }
    }
}

/// An accepted claim and everything it becomes.
#[derive(Clone, Debug)]
pub struct Composition {
    /// All resources of ours by key.
    pub resources: BTreeMap<String, Composed>,
    /// What is not composed yet.
    pub waiting: Vec<Waiting>,
    /// Status of the composite resource.
    pub status: Node,
    /// Whether everything is composed, ready, and the credentials are delivered.
    pub ready: bool,
    /// What the claim's author should know although it was accepted.
    pub warnings: Vec<Violation>,
    /// When to be called again.
    pub ttl: Duration,
}

/// Why nothing is composed.
#[derive(Clone, Debug)]
pub enum Refusal {
    /// The claim's author can change it.
    Violations(Vec<Violation>),
    /// The platform is at fault: its Composition, an operator, or we.
    Platform {
        /// A word for programs, in `PascalCase`.
        reason: &'static str,
        /// What the platform team has to know.
        message: String,
    },
}

/// The answer to one call.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// Accepted, or why not.
    pub decision: Result<Composition, Refusal>,
    /// Our conditions; every one, always.
    pub conditions: Vec<Condition>,
    /// What must be known to decide; the same on every path of the same claim.
    pub requirements: Requirements,
}

/// Objects and schemas that Crossplane is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requirements {
    /// Objects by the name under which the answer comes back.
    pub objects: BTreeMap<&'static str, ObjectSelector>,
    /// Schemas by the name under which the answer comes back: API version and kind.
    pub schemas: BTreeMap<&'static str, (String, &'static str)>,
}

impl Requirements {
    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty() && self.schemas.is_empty()
    }
}

/// One object by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectSelector {
    /// Its API version.
    pub api_version: String,
    /// Its kind: never `Secret`.
    pub kind: &'static str,
    /// Its namespace: the claim's own.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

/// The answer to a requirement.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Answer<T> {
    /// Crossplane was not asked yet: no reason to refuse anything.
    #[default]
    Pending,
    /// Crossplane looked and found nothing.
    Absent,
    /// Crossplane found it.
    Present(T),
}
