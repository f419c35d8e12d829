//! Operators of other projects whose kinds we compose, and whether they are there.
//!
//! One kind that the API server does not serve fails a whole composite resource, so none is
//! composed on a guess.

use std::collections::BTreeMap;

use super::managed::Type;
use crate::catalog::{Installed, Operators};
use crate::claim::Flavour;

/// An operator of another project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operator {
    /// External Secrets Operator: generated passwords, and copies of AWS's own secrets.
    ExternalSecrets,
    /// provider-sql: roles, databases and grants in PostgreSQL.
    ProviderSql,
    /// provider-kubernetes: objects that a namespaced composite resource may not compose itself.
    ProviderKubernetes,
    /// RabbitMQ's messaging topology operator: vhosts, users and permissions.
    MessagingTopology,
    /// provider-kafka: topics and access control lists.
    ProviderKafka,
}

impl Operator {
    /// What people call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ExternalSecrets => "External Secrets Operator",
            Self::ProviderSql => "provider-sql",
            Self::ProviderKubernetes => "provider-kubernetes",
            Self::MessagingTopology => "RabbitMQ's messaging topology operator",
            Self::ProviderKafka => "provider-kafka",
        }
    }

    /// Name of the requirement for its schema.
    pub const fn requirement(self) -> &'static str {
        match self {
            Self::ExternalSecrets => "external-secret",
            Self::ProviderSql => "postgresql-role",
            Self::ProviderKubernetes => "kubernetes-object",
            Self::MessagingTopology => "rabbitmq-user",
            Self::ProviderKafka => "kafka-topic",
        }
    }

    /// API version and kind that tell whether it is there.
    pub fn schema(self, flavour: Flavour) -> (String, &'static str) {
        match self {
            Self::ExternalSecrets => ("external-secrets.io/v1".to_owned(), "ExternalSecret"),
            Self::ProviderSql => (Type::postgresql("Role").api_version(flavour), "Role"),
            Self::ProviderKubernetes => {
                (Type::KUBERNETES_OBJECT.api_version(flavour), Type::KUBERNETES_OBJECT.kind)
            }
            Self::MessagingTopology => ("rabbitmq.com/v1beta1".to_owned(), "User"),
            Self::ProviderKafka => (Type::kafka("topic", "Topic").api_version(flavour), "Topic"),
        }
    }

    /// The Crossplane package that brings it, and the releases that we are tested against; `None`
    /// where it is no Crossplane provider.
    pub const fn package(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::ExternalSecrets | Self::MessagingTopology => None,
            // Below 1.0, a minor release may break.
            Self::ProviderSql => {
                Some(("xpkg.crossplane.io/crossplane-contrib/provider-sql", ">=v0.16.0, <v0.17.0"))
            }
            Self::ProviderKubernetes => Some((
                "xpkg.crossplane.io/crossplane-contrib/provider-kubernetes",
                ">=v1.2.1, <v2.0.0",
            )),
            Self::ProviderKafka => {
                Some(("xpkg.crossplane.io/crossplane-contrib/provider-kafka", ">=v1.3.2, <v2.0.0"))
            }
        }
    }

    /// What the platform team says of it.
    pub const fn installed(self, operators: &Operators) -> Installed {
        match self {
            Self::ExternalSecrets => operators.external_secrets,
            Self::ProviderSql => operators.provider_sql,
            Self::ProviderKubernetes => operators.provider_kubernetes,
            Self::MessagingTopology => operators.messaging_topology,
            Self::ProviderKafka => operators.provider_kafka,
        }
    }
}

/// Whether the kinds of an operator can be composed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// They can.
    Installed,
    /// Nobody knows yet.
    Unknown,
    /// The API server does not serve them.
    Missing,
}

/// The operators that were looked for. The others are unknown.
#[derive(Clone, Debug, Default)]
pub struct Found(BTreeMap<Operator, Presence>);

impl Found {
    /// Whether `operator` is there.
    pub fn presence(&self, operator: Operator) -> Presence {
        self.0.get(&operator).copied().unwrap_or(Presence::Unknown)
    }
}

impl FromIterator<(Operator, Presence)> for Found {
    fn from_iter<I: IntoIterator<Item = (Operator, Presence)>>(found: I) -> Self {
        Self(found.into_iter().collect())
    }
}
