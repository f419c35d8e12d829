//! Composing in stages: what needs something that does not exist yet waits for it, and says so.
//!
//! A stage that was composed before stays composed; what cannot be said again is kept as it is.

use super::Order;
use super::operators::{Operator, Presence};
use crate::claim::Flavour;
use crate::outcome::{CredentialsWait, Plan};

/// What a stage still needs.
#[derive(Clone, Debug)]
pub struct Lack {
    /// A word for programs, in `PascalCase`.
    pub reason: &'static str,
    /// What is waited for: goes on after `waits for`.
    pub what: String,
}

impl Lack {
    /// Something is lacking.
    pub fn new(reason: &'static str, what: impl Into<String>) -> Self {
        Self { reason, what: what.into() }
    }

    /// Why credentials are not complete.
    pub fn credentials_wait(self) -> CredentialsWait {
        let message = format!("The credentials wait for {}", self.what);
        CredentialsWait { reason: self.reason, message }
    }
}

/// Composes a stage when nothing is lacking; else its resources wait. Returns what is lacking.
pub fn stage<'a, T>(
    order: &Order<'_>,
    plan: &mut Plan,
    parts: impl IntoIterator<Item = &'a str>,
    ready: Result<T, Lack>,
    compose: impl FnOnce(&mut Plan, T),
) -> Result<(), Lack> {
    match ready {
        Ok(input) => {
            compose(plan, input);
            Ok(())
        }
        Err(lack) => {
            for part in parts {
                plan.wait(order.key(part), lack.what.clone());
            }
            Err(lack)
        }
    }
}

impl Order<'_> {
    /// Whether the resource with this part of the name exists.
    pub fn exists(&self, part: &str) -> bool {
        self.observed.get(&self.key(part)).is_some()
    }

    /// Whether an operator is there: because it was asked for, or because one of its kinds was
    /// composed already (`proofs`), while Crossplane is still to be asked again.
    pub fn operator(&self, operator: Operator, proofs: &[&str]) -> Result<(), Lack> {
        let name = operator.name();
        match self.operators.presence(operator) {
            _ if proofs.iter().any(|part| self.exists(part)) => Ok(()),
            Presence::Installed => Ok(()),
            Presence::Unknown => Err(Lack::new(
                "WaitingForOperators",
                format!("Crossplane to tell whether {name} is installed"),
            )),
            Presence::Missing => Err(Lack::new(
                "OperatorMissing",
                format!(
                    "{name}, which is not installed in this cluster; contact {}",
                    self.offering.platform.contact
                ),
            )),
        }
    }

    /// provider-kubernetes, where objects outside the claim's namespace need it.
    pub fn carrier(&self, proofs: &[&str]) -> Result<(), Lack> {
        match self.claim.flavour {
            Flavour::Claims => Ok(()),
            Flavour::Namespaced => self.operator(Operator::ProviderKubernetes, proofs),
        }
    }
}
