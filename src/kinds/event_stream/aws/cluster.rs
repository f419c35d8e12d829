//! The cluster of a dedicated stream and what it needs around it: its configuration and
//! logs.
//!
//! Its volumes grow with the claim's size and not by themselves: storage that scales by itself
//! is a policy of Application Auto Scaling, beyond the kinds that are composed here. The alarm on
//! disks says when a larger size is due.

use serde::Deserialize;

use super::topic::Topic;
use super::{Settings, alarms};
use crate::backends::Order;
use crate::backends::living::LivingVersion;
use crate::backends::managed::{Lifetime, ManagedResource, Type};
use crate::kinds::event_stream;
use crate::names::Limit;
use crate::observed::{Managed, ReadError};
use crate::outcome::Plan;
use crate::{list, object};

const CLUSTER: Type = Type::new("kafka", "Cluster", "v1beta3");
const CONFIGURATION: Type = Type::new("kafka", "Configuration", "v1beta1");

const CONFIGURATION_PART: &str = "configuration";

/// Zones of a cluster that is not highly available, the least that MSK has; one more of one that
/// is. Each has one broker.
pub(super) const ZONES: usize = 2;

/// The living cluster as it was asked for, as far as it decides what is composed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Wanted {
    pub(super) broker_node_group_info: BrokerNodeGroup,
    cluster_name: Option<String>,
    configuration_info: ConfigurationInfo,
    encryption_info: EncryptionInfo,
    pub(super) kafka_version: Option<String>,
    number_of_broker_nodes: Option<i64>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct BrokerNodeGroup {
    pub(super) client_subnets: Vec<String>,
    pub(super) instance_type: Option<String>,
    storage_info: StorageInfo,
}

impl BrokerNodeGroup {
    /// Storage of each broker in GiB.
    pub(super) fn volume_gb(&self) -> Option<i64> {
        self.storage_info.ebs_storage_info.volume_size
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct StorageInfo {
    ebs_storage_info: EbsStorageInfo,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct EbsStorageInfo {
    volume_size: Option<i64>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct ConfigurationInfo {
    revision: Option<i64>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct EncryptionInfo {
    encryption_at_rest_kms_key_arn: Option<String>,
}

/// The living cluster as AWS reports it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Reported {
    pub(super) arn: Option<String>,
    pub(super) bootstrap_brokers_sasl_iam: Option<String>,
}

pub(super) type Living = Managed<Wanted, Reported>;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Properties {
    server_properties: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Revision {
    latest_revision: Option<i64>,
}

/// What the catalogue's entries come to. A living cluster keeps what it has unless its claim
/// asks for something else, or the catalogue rolls out.
pub(super) struct Cluster {
    name: String,
    subnets: Vec<String>,
    pub(super) brokers: i64,
    pub(super) broker_type: String,
    pub(super) volume_gb: i64,
    pub(super) kafka_version: String,
}

impl Cluster {
    pub(super) fn new(order: &Order<'_>, settings: &Settings, living: &Living) -> Self {
        let wanted = &living.spec.for_provider;
        let group = &wanted.broker_node_group_info;
        let size = order.size(&settings.sizes);
        let keeps_size = order.keeps_size(size.map(|size| size.rollout));
        let broker_type = group.instance_type.clone().filter(|_| keeps_size);
        let volume_gb = group.volume_gb();
        let of_size = volume_gb.filter(|_| keeps_size).or(size.map(|size| size.volume_gb));
        // MSK cannot move brokers to other subnets.
        let subnets = match group.client_subnets.as_slice() {
            [] => order.aws().subnet_ids.iter().take(zones(order)).cloned().collect(),
            living => living.to_vec(),
        };
        Self {
            name: wanted
                .cluster_name
                .clone()
                .unwrap_or_else(|| order.names.aws("cluster", Limit::MSK)),
            brokers: wanted
                .number_of_broker_nodes
                .unwrap_or_else(|| i64::try_from(subnets.len()).unwrap_or_default()),
            subnets,
            broker_type: broker_type
                .or_else(|| size.map(|size| size.broker_type.clone()))
                .unwrap_or_default(),
            // Nor take storage back.
            volume_gb: of_size.max(volume_gb).unwrap_or_default(),
            kafka_version: kafka_version(order, settings, wanted.kafka_version.as_deref()),
        }
    }
}

fn zones(order: &Order<'_>) -> usize {
    if order.high_availability { ZONES + 1 } else { ZONES }
}

fn kafka_version(order: &Order<'_>, settings: &Settings, living: Option<&str>) -> String {
    match &settings.dedicated {
        Some(dedicated) => {
            let living = LivingVersion { wanted: living, actual: None };
            order.choose_version(&dedicated.versions, living).engine_version
        }
        // A catalogue that offers no such clusters any more changes none.
        None => living.unwrap_or_default().to_owned(),
    }
}

/// Composes the cluster and everything around it.
pub(super) fn compose(
    order: &Order<'_>,
    plan: &mut Plan,
    chosen: &Cluster,
    living: &Living,
    topic: &Topic,
) -> Result<(), ReadError> {
    let configured: Managed<Properties, Revision> =
        order.observed.managed(&order.key(CONFIGURATION_PART))?;
    let living_properties = configured.spec.for_provider.server_properties;
    configuration(order, plan, living_properties.as_deref().unwrap_or_default(), topic);
    let log_group = format!("/aws/msk/{}", chosen.name);
    order.log_group(plan, "log-group", log_group.clone());
    alarms::compose(order, plan, &chosen.name, chosen.brokers);

    let wanted = &living.spec.for_provider;
    let living_key = wanted.encryption_info.encryption_at_rest_kms_key_arn.as_deref();
    let key = order.encryption_key(plan, living_key)?;
    let exists = order.observed.get(event_stream::CLUSTER).is_some();
    match key {
        None => plan.wait(event_stream::CLUSTER, "the ARN of its encryption key"),
        Some(_) if !exists && chosen.subnets.len() < zones(order) => {
            let reason = format!(
                "a private subnet in a third zone, which the catalogue does not name; contact {}",
                order.offering.platform.contact
            );
            plan.wait(event_stream::CLUSTER, reason);
        }
        Some(key) => {
            // The first revision of a configuration is 1.
            let revision = configured.status.at_provider.latest_revision;
            let revision = revision.or(wanted.configuration_info.revision).unwrap_or(1);
            let cluster = cluster(order, chosen, key, revision, log_group);
            order.manage_silent_primary(plan, cluster);
        }
    }
    Ok(())
}

/// What brokers do that nobody told otherwise. It names no version of Kafka: AWS cannot change
/// those of a configuration, and the cluster is to be upgraded.
fn configuration(order: &Order<'_>, plan: &mut Plan, living: &str, topic: &Topic) {
    // An edit of the catalogue restarts no broker.
    let kept = |name: &str, value: String| {
        let mut lines = living.lines().filter_map(|line| line.split_once('='));
        let living = lines.find(|(known, _)| *known == name).map(|(_, value)| value.to_owned());
        format!("{name}={}\n", living.unwrap_or(value))
    };
    let properties = [
        // Topics are claims.
        "auto.create.topics.enable=false\n".to_owned(),
        "allow.everyone.if.no.acl.found=false\n".to_owned(),
        kept("default.replication.factor", topic.replication_factor.to_string()),
        kept("min.insync.replicas", topic.min_insync_replicas.clone()),
    ];
    order.manage(
        plan,
        ManagedResource {
            kind: CONFIGURATION,
            part: CONFIGURATION_PART.to_owned(),
            external_name: None,
            lifetime: Lifetime::WithData,
            for_provider: object! {
                region: &order.place.region,
                name: order.names.aws(CONFIGURATION_PART, Limit::MSK),
                description: format!("Brokers of EventStream {}", order.names),
                serverProperties: properties.concat(),
            },
        },
    );
}

/// The cluster. What AWS would replace it for is taken from the living one.
fn cluster(
    order: &Order<'_>,
    chosen: &Cluster,
    key: String,
    revision: i64,
    log_group: String,
) -> ManagedResource {
    ManagedResource {
        kind: CLUSTER,
        part: "cluster".to_owned(),
        // The provider makes it from AWS's ARN.
        external_name: None,
        lifetime: Lifetime::WithData,
        for_provider: object! {
            region: &order.place.region,
            clusterName: &chosen.name,
            kafkaVersion: &chosen.kafka_version,
            numberOfBrokerNodes: chosen.brokers,
            brokerNodeGroupInfo: object! {
                instanceType: &chosen.broker_type,
                clientSubnets: &chosen.subnets,
                securityGroupsRefs: list![order.reference("security-group")],
                storageInfo: object! {
                    ebsStorageInfo: object! { volumeSize: chosen.volume_gb },
                },
                connectivityInfo: object! { publicAccess: object! { type: "DISABLED" } },
            },
            // Clients show an identity of AWS. There are no passwords, and no superuser has one.
            clientAuthentication: object! {
                sasl: object! { iam: true, scram: false },
                unauthenticated: false,
            },
            encryptionInfo: object! {
                // By value: nothing is created before its key is known.
                encryptionAtRestKmsKeyArn: key,
                encryptionInTransit: object! { clientBroker: "TLS", inCluster: true },
            },
            configurationInfo: object! {
                arnRef: order.reference(CONFIGURATION_PART),
                revision: revision,
            },
            loggingInfo: object! {
                brokerLogs: object! {
                    cloudwatchLogs: object! { enabled: true, logGroup: log_group },
                },
            },
            // Prometheus' exporters stay off: they listen on ports that the security group shuts.
            enhancedMonitoring: "PER_TOPIC_PER_BROKER",
            tags: order.tags(),
        },
    }
}
