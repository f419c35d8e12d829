//! `EventStream` on Amazon MSK: a topic on the environment's cluster, or on a cluster of its own.

mod alarms;
mod cluster;
mod connection;
mod dedicated;
mod grants;
mod identity;
mod login;
mod settings;
mod shared;
#[cfg(feature = "cli")]
mod told;
mod topic;

use serde::Deserialize;
use serde_json::Value as Json;

pub use self::settings::{Dedicated, Settings, Shared, Size};
pub(crate) use self::shared::moved;
pub(crate) use self::topic::living_partitions;
use super::{Parameters, Tenancy};
use crate::backends::Order;
use crate::backends::managed::ProviderConfig;
use crate::credentials::Binding;
use crate::guardrails::Memory;
use crate::kinds;
use crate::manifest::Node;
use crate::observed::{Observed, ReadError};
use crate::outcome::Plan;

const TOPIC: &str = "topic";
const CREDENTIALS: &str = "credentials";
const KAFKA_CONFIG: &str = "kafka-config";
const KAFKA_CONNECTION: &str = "kafka-connection";

/// Entry of the credentials Secret, and of the login's: where the brokers are.
const BOOTSTRAP_SERVERS: &str = "bootstrap.servers";

/// A managed resource as far as it says which configuration its provider uses.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Referring {
    spec: ReferringSpec,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ReferringSpec {
    provider_config_ref: Reference,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Reference {
    name: Option<String>,
}

/// Configuration of provider-kafka that reaches the claim's cluster: the one by which the living
/// topic was made, whatever the catalogue says since.
pub(crate) fn provider_config(order: &Order<'_>) -> ProviderConfig {
    match (&order.claim.parameters, &order.offering.settings) {
        (kinds::Parameters::EventStream(own), kinds::Settings::EventStream(settings))
            if !own.is_dedicated() =>
        {
            let topic: Referring =
                order.observed.read(super::TOPIC).ok().flatten().unwrap_or_default();
            let today = settings.shared.as_ref().map(|shared| shared.provider_config.clone());
            let name = topic.spec.provider_config_ref.name.or(today);
            ProviderConfig::of_cluster(name.unwrap_or_default())
        }
        _ => ProviderConfig::of_namespace(order.object_name(KAFKA_CONFIG)),
    }
}

/// What a stream without our annotation was probably accepted with.
pub(crate) fn infer(settings: &Settings, observed: &Observed) -> Result<Memory, ReadError> {
    let mut memory = Memory::default();
    if observed.get(super::CLUSTER).is_none() {
        // A shared topic tells nothing of its size: its partitions may have been asked for.
        return Ok(memory);
    }
    memory.parameters.insert("tenancy".to_owned(), Json::from(Tenancy::Dedicated.name()));
    let living: cluster::Living = observed.managed(super::CLUSTER)?;
    let wanted = living.spec.for_provider;
    let group = &wanted.broker_node_group_info;
    memory.high_availability = Some(group.client_subnets.len() > cluster::ZONES);
    let mut alike = settings.sizes.0.iter().filter(|size| {
        Some(&size.broker_type) == group.instance_type.as_ref()
            && Some(size.volume_gb) == group.volume_gb()
    });
    if let (Some(size), None) = (alike.next(), alike.next()) {
        memory.parameters.insert("size".to_owned(), Json::from(size.name.as_str()));
    }
    let offered = settings.dedicated.iter().flat_map(|dedicated| &dedicated.versions.offered);
    memory.version = offered
        .filter(|version| Some(&version.engine_version) == wanted.kafka_version.as_ref())
        .map(|version| version.name.clone())
        .next();
    if let Some(version) = &memory.version {
        memory.parameters.insert("version".to_owned(), Json::from(version.as_str()));
    }
    Ok(memory)
}

/// Composes an accepted claim.
pub(crate) fn compose(
    order: &Order<'_>,
    parameters: &Parameters,
    settings: &Settings,
) -> Result<Plan, ReadError> {
    let mut plan = Plan::default();
    if parameters.is_dedicated() {
        dedicated::compose(order, &mut plan, parameters, settings)?;
    } else {
        shared::compose(order, &mut plan, parameters, settings)?;
    }
    Ok(plan)
}

/// Names in Kafka of the claim's consumer groups. They are global on a cluster, so each begins
/// with the name of the topic: no claim can take the place of another one's consumers.
fn consumer_groups(topic: &str, parameters: &Parameters) -> Vec<String> {
    let groups = parameters.access.consumer_groups.iter();
    groups.map(|group| format!("{topic}.{group}")).collect()
}

/// Tells the claim's author what the topic is called.
fn tell(plan: &mut Plan, topic: &str, groups: &[String]) {
    plan.status.push(("topic", Node::from(topic.to_owned())));
    if !groups.is_empty() {
        plan.status.push(("consumerGroups", Node::from(groups)));
    }
}

/// The credentials that both tenancies have, and `own` ones.
fn binding(
    topic: &str,
    groups: &[String],
    bootstrap_servers: String,
    own: Vec<(&'static str, String)>,
) -> Binding {
    let mut entries = vec![
        ("topic", topic.to_owned()),
        (BOOTSTRAP_SERVERS, bootstrap_servers),
        ("security.protocol", "SASL_SSL".to_owned()),
    ];
    entries.extend(own);
    if !groups.is_empty() {
        entries.push(("consumer-groups", groups.join(",")));
    }
    Binding { kind: "kafka", entries }
}
