//! What the catalogue says of an `EventStream` on Amazon MSK, and what makes it valid.

use serde::{Deserialize, Serialize};

use super::super::Parameters;
use crate::catalog::{Named, Problems, Range, Sizes, Versions};

/// What the catalogue says of an `EventStream` on MSK.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Settings {
    /// From the smallest to the largest.
    pub sizes: Sizes<Size>,
    /// The largest that needs no exception.
    pub maximum_size: String,
    /// Most partitions that a claim may ask for.
    pub maximum_partitions: i64,
    /// Hours that events are kept.
    pub retention_hours: Range,
    /// Copies of each partition: at most the brokers of the cluster.
    pub replication_factor: i64,
    /// Copies that must have an event before its producer is told that it is safe.
    pub min_insync_replicas: i64,
    /// The environment's shared cluster; without it there is no `tenancy: shared`.
    #[serde(default)]
    pub shared: Option<Shared>,
    /// Clusters of a claim's own; without it there is no `tenancy: dedicated`.
    #[serde(default)]
    pub dedicated: Option<Dedicated>,
}

/// A cluster that the platform team runs for everybody in the environment.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Shared {
    /// ARN of the MSK cluster.
    pub cluster_arn: String,
    /// Its brokers for SASL/SCRAM: `host:9096`, separated by commas.
    pub bootstrap_servers: String,
    /// Name of provider-kafka's (Cluster)ProviderConfig for it.
    pub provider_config: String,
    /// ARN of the key for logins in Secrets Manager. MSK demands one that is customer-managed.
    pub secret_key_arn: String,
}

/// What clusters of claims' own are made of.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Dedicated {
    /// Versions of Kafka.
    pub versions: Versions,
}

/// What a size is worth.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Size {
    /// What a claim says.
    pub name: String,
    /// Partitions of a claim that asks for none.
    pub partitions: i64,
    /// Broker type of a dedicated cluster: `kafka.m7g.large`.
    pub broker_type: String,
    /// Storage of each broker of a dedicated cluster, in GiB.
    #[serde(rename = "volumeGB")]
    pub volume_gb: i64,
    /// Living streams of this size follow a changed `partitions`, `brokerType` and `volumeGB`.
    #[serde(default)]
    pub rollout: bool,
}

impl Named for Size {
    fn name(&self) -> &str {
        &self.name
    }
}

impl Settings {
    /// What a claim may ask for as partitions.
    pub fn partitions_range(&self) -> Range {
        Range { minimum: 1, maximum: self.maximum_partitions, default: 1 }
    }

    /// The versions that a claim may choose from; `None` on a shared cluster.
    pub fn versions(&self, parameters: &Parameters) -> Option<&Versions> {
        let dedicated = self.dedicated.as_ref().filter(|_| parameters.is_dedicated())?;
        Some(&dedicated.versions)
    }

    /// Notes what is wrong with them.
    pub fn check(&self, problems: &mut Problems) {
        self.sizes.check(&self.maximum_size, problems);
        if let Some(dedicated) = &self.dedicated {
            problems.within("dedicated.versions", |problems| dedicated.versions.check(problems));
        }
    }
}
