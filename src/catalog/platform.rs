//! What is true of the platform as a whole: its domain, teams and operators.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Problems;
use crate::names;

/// What is true of the platform as a whole.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Platform {
    /// Domain of the API groups, such as `platform.example.com`.
    pub domain: String,
    /// Name of this cluster among all that share AWS accounts: part of every name.
    pub cluster_id: String,
    /// Whom a developer should contact, as it stands in sentences: `platform-team`.
    pub contact: String,
    /// Namespace for what no team may read, such as database administrators' passwords.
    pub namespace: String,
    /// Which team a namespace belongs to.
    #[serde(default)]
    pub teams: Teams,
    /// Which operators of other projects the cluster runs.
    #[serde(default)]
    pub operators: Operators,
}

impl Platform {
    pub(super) fn check(&self, problems: &mut Problems) {
        problems.require(is_domain(&self.domain), "domain", || {
            format!(
                "\"{}\" is not a DNS domain in lower case, such as platform.example.com",
                self.domain
            )
        });
        problems.require(names::is_dns_label(&self.cluster_id), "clusterId", || {
            format!("\"{}\" must be 1–63 characters of a–z, 0–9 and -", self.cluster_id)
        });
        problems.require(is_one_line(&self.contact), "contact", || {
            "must be one line of 1–100 characters, such as platform-team".to_owned()
        });
        problems.require(names::is_dns_label(&self.namespace), "namespace", || {
            format!("\"{}\" is not the name of a namespace", self.namespace)
        });
    }
}

/// How a namespace tells its team.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Teams {
    /// Cut off the namespace's name: with `team-`, namespace `team-orders` is team `orders`.
    pub namespace_prefix: String,
    /// Exceptions from the prefix: namespace to team.
    pub namespaces: BTreeMap<String, String>,
}

impl Teams {
    /// The team of `namespace`.
    pub fn of<'a>(&'a self, namespace: &'a str) -> &'a str {
        match self.namespaces.get(namespace) {
            Some(team) => team,
            None => namespace
                .strip_prefix(&self.namespace_prefix)
                .filter(|team| !team.is_empty())
                .unwrap_or(namespace),
        }
    }
}

/// Operators whose kinds we compose besides the provider's.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Operators {
    /// External Secrets Operator: `ExternalSecret`.
    pub external_secrets: Installed,
    /// provider-sql: `Role`, `Database`, `Grant`, `Extension`.
    pub provider_sql: Installed,
    /// RabbitMQ's messaging topology operator: `Vhost`, `User`, `Permission`.
    pub messaging_topology: Installed,
    /// provider-kafka: `Topic`, `AccessControlList`.
    pub provider_kafka: Installed,
    /// provider-kubernetes: `Object`. Only the `namespaced` flavour needs it.
    pub provider_kubernetes: Installed,
}

/// Whether an operator can be counted on.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Installed {
    /// Ask Crossplane for the kind's schema (core 2.2 and later).
    #[default]
    Detect,
    /// The platform team vouches for it: for a core that cannot be asked.
    Always,
    /// It is not there.
    Never,
}

fn is_domain(text: &str) -> bool {
    text.len() <= 200 && text.contains('.') && text.split('.').all(names::is_dns_label)
}

fn is_one_line(text: &str) -> bool {
    (1..=100).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}
