//! Environments: who may use them, and what they demand.

use serde::{Deserialize, Serialize};

use super::Problems;
use crate::names;

/// One environment, whatever is provisioned in it.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Environment {
    /// Its name, as in the label `environment` of a claim's selector.
    pub name: String,
    /// Names of the namespaces that may use it; `*` stands for any characters. `*` alone admits
    /// every namespace, the platform's own and Crossplane's included.
    pub namespaces: Vec<String>,
    /// What becomes of `highAvailability`.
    pub high_availability: Availability,
    /// What is kept when a claim is deleted.
    pub on_delete: OnDelete,
}

/// Whether deleting a claim deletes its data.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum OnDelete {
    /// AWS keeps the data and everything it depends on, protected against deletion.
    Retain,
    /// The data goes, after a final snapshot where the service has them.
    Delete,
}

impl Environment {
    /// Whether a claim in `namespace` may use this environment.
    pub fn admits(&self, namespace: &str) -> bool {
        self.namespaces.iter().any(|pattern| matches(pattern, namespace))
    }

    pub(super) fn check(&self, problems: &mut Problems) {
        problems.require(names::is_dns_label(&self.name), "name", || {
            format!("\"{}\" must be 1–63 characters of a–z, 0–9 and -", self.name)
        });
        for (index, pattern) in self.namespaces.iter().enumerate() {
            let fine = !pattern.is_empty()
                && pattern
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-*".contains(&b));
            problems.require(fine, &format!("namespaces[{index}]"), || {
                format!("\"{pattern}\" must be a namespace's name; * stands for any characters")
            });
        }
    }
}

/// Whether `name` has the form of `pattern`, in which `*` stands for any characters.
fn matches(pattern: &str, name: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else {
        return pattern == name;
    };
    let Some(mut name) = name.strip_prefix(head) else {
        return false;
    };
    let mut parts = rest.split('*').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return name.ends_with(part);
        }
        match name.find(part) {
            Some(start) => name = &name[start + part.len()..],
            None => return false,
        }
    }
    true
}

/// What an environment makes of `highAvailability`.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Availability {
    /// Always on; a claim that says `false` is refused.
    Required,
    /// On unless a claim says `false`.
    Preferred,
    /// Off unless a claim says `true`.
    Optional,
    /// Always off; a claim that says `true` is refused.
    Unavailable,
}

impl Availability {
    /// What a claim gets that asks for `wanted`, once the guardrails let it pass.
    pub fn resolve(self, wanted: Option<bool>) -> bool {
        match self {
            Self::Required => true,
            Self::Unavailable => false,
            Self::Preferred => wanted.unwrap_or(true),
            Self::Optional => wanted.unwrap_or(false),
        }
    }
}
