//! What the catalogue says of an `EventStream` on Amazon MSK, and what makes it valid.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use super::super::{Parameters, Tenancy};
use crate::catalog::{Named, Problems, Range, Sizes, Versions, is_arn};
use crate::names::is_object_name;

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
    /// Copies of each partition: 1–3, and on a dedicated cluster at most its brokers.
    pub replication_factor: i64,
    /// Copies that must have an event before its producer is told that it is safe: fewer than there
    /// are, so that a broker may restart.
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
    /// Its brokers for SASL/SCRAM: `host:9096`, separated by commas. Living streams are told changed
    /// ones for as long as `clusterArn` stays.
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

    /// The tenancies on offer.
    pub fn tenancies(&self) -> Vec<Tenancy> {
        let shared = self.shared.iter().map(|_| Tenancy::Shared);
        shared.chain(self.dedicated.iter().map(|_| Tenancy::Dedicated)).collect()
    }

    /// The versions that a claim may choose from; `None` on a shared cluster.
    pub fn versions(&self, parameters: &Parameters) -> Option<&Versions> {
        let dedicated = self.dedicated.as_ref().filter(|_| parameters.is_dedicated())?;
        Some(&dedicated.versions)
    }

    /// Notes what is wrong with them.
    pub fn check(&self, problems: &mut Problems) {
        self.sizes.check(&self.maximum_size, problems);
        for (index, size) in self.sizes.0.iter().enumerate() {
            problems.within(format!("sizes[{index}]"), |problems| size.check(problems));
        }
        problems.require(
            PARTITIONS.contains(&self.maximum_partitions),
            "maximumPartitions",
            || outside(self.maximum_partitions, PARTITIONS),
        );
        self.check_maximum(problems);
        self.retention_hours.check(RETENTION_HOURS, "retentionHours", problems);
        self.check_replicas(problems);
        if let Some(shared) = &self.shared {
            problems.within("shared", |problems| shared.check(problems));
        }
        if let Some(dedicated) = &self.dedicated {
            problems.within("dedicated.versions", |problems| dedicated.versions.check(problems));
        }
        let offered = self.shared.is_some() || self.dedicated.is_some();
        problems.require(offered, "shared", || {
            "must be given where dedicated is not: there would be nothing on offer".to_owned()
        });
    }

    /// A size that needs no exception must not ask for more than a claim may.
    fn check_maximum(&self, problems: &mut Problems) {
        let largest = self.sizes.rank(&self.maximum_size).unwrap_or_default();
        for (index, size) in self.sizes.0.iter().enumerate().take(largest + 1) {
            problems.require(
                size.partitions <= self.maximum_partitions,
                &format!("sizes[{index}].partitions"),
                || format!("{} must be at most maximumPartitions", size.partitions),
            );
        }
    }

    fn check_replicas(&self, problems: &mut Problems) {
        problems.require(
            REPLICATION_FACTOR.contains(&self.replication_factor),
            "replicationFactor",
            || outside(self.replication_factor, REPLICATION_FACTOR),
        );
        // MSK restarts one broker at a time; then all copies but one are there.
        let most = self.replication_factor.saturating_sub(1).max(1);
        problems.require(
            (1..=most).contains(&self.min_insync_replicas),
            "minInsyncReplicas",
            || {
                format!(
                    "{} must be at least 1, and less than replicationFactor unless that is 1: \
                     nobody could write while a broker restarts",
                    self.min_insync_replicas,
                )
            },
        );
    }
}

/// Partitions of a topic: what one broker of the largest types should hold (MSK developer guide,
/// "Best practices for Standard brokers").
const PARTITIONS: RangeInclusive<i64> = 1..=4000;
/// Kafka keeps events for as long as it is told. More than ten years is a slip of the pen.
const RETENTION_HOURS: RangeInclusive<i64> = 1..=87_600;
/// Copies: one a zone, and no region gives a cluster more than three zones.
const REPLICATION_FACTOR: RangeInclusive<i64> = 1..=3;
/// Storage of a broker in GiB (botocore 1.44.5, kafka `EBSStorageInfo`).
const VOLUME_GB: RangeInclusive<i64> = 1..=16_384;

fn outside(value: i64, limits: RangeInclusive<i64>) -> String {
    format!("{value} must lie within {}–{}", limits.start(), limits.end())
}

impl Size {
    fn check(&self, problems: &mut Problems) {
        problems.require(PARTITIONS.contains(&self.partitions), "partitions", || {
            outside(self.partitions, PARTITIONS)
        });
        let class = self.broker_type.strip_prefix("kafka.");
        let named = class.is_some_and(|class| {
            class.split('.').count() == 2 && class.split('.').all(|part| !part.is_empty())
        });
        problems.require(named, "brokerType", || {
            format!("\"{}\" is not a broker type such as kafka.m7g.large", self.broker_type)
        });
        problems.require(VOLUME_GB.contains(&self.volume_gb), "volumeGB", || {
            outside(self.volume_gb, VOLUME_GB)
        });
    }
}

impl Shared {
    fn check(&self, problems: &mut Problems) {
        for (field, arn, service, resource) in [
            ("clusterArn", &self.cluster_arn, "kafka", "cluster/"),
            ("secretKeyArn", &self.secret_key_arn, "kms", "key/"),
        ] {
            problems.require(is_arn(arn, service, resource), field, || {
                format!("\"{arn}\" is not an ARN of the form arn:aws:{service}:…:{resource}…")
            });
        }
        for server in self.bootstrap_servers.split(',') {
            problems.require(is_server(server), "bootstrapServers", || {
                format!("\"{server}\" does not have the form host:port")
            });
        }
        problems.require(is_object_name(&self.provider_config), "providerConfig", || {
            format!("\"{}\" is not the name of a (Cluster)ProviderConfig", self.provider_config)
        });
    }
}

fn is_server(text: &str) -> bool {
    let Some((host, port)) = text.rsplit_once(':') else {
        return false;
    };
    let labels = host.split('.').all(|label| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    });
    labels && host.len() <= 253 && port.parse::<u16>().is_ok_and(|port| port > 0)
}

#[cfg(test)]
mod tests {
    use super::is_server;

    #[test]
    fn servers_have_a_host_and_a_port() {
        for (text, expected) in [
            ("b-1.shared.abc123.c1.kafka.eu-west-1.amazonaws.com:9096", true),
            ("localhost:1", true),
            ("localhost", false),
            ("localhost:0", false),
            ("localhost:65536", false),
            ("local host:9096", false),
            ("a..b:9096", false),
            (":9096", false),
            ("", false),
        ] {
            assert_eq!(is_server(text), expected, "{text}");
        }
    }
}
