//! The topic: what the catalogue and the claim come to, next to the one that lives.
//!
//! Does not know whose cluster it is on.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Settings, TOPIC};
use crate::backends::Order;
use crate::backends::managed::{Lifetime, ManagedResource, Type};
use crate::kinds::event_stream::{self, Parameters, is_kafka_name};
use crate::names::Limit;
use crate::object;
use crate::observed::{Managed, Observed, ReadError};
use crate::outcome::Plan;

const TYPE: Type = Type::kafka("topic", "Topic");

const MIN_INSYNC_REPLICAS: &str = "min.insync.replicas";
const RETENTION_MS: &str = "retention.ms";

const MS_PER_HOUR: i64 = 3_600_000;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Wanted {
    partitions: Option<i64>,
    replication_factor: Option<i64>,
    config: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Reported {
    partitions: Option<i64>,
}

type Living = Managed<Wanted, Reported>;

/// Partitions of the living topic: as asked for, or more, should somebody have added some.
pub(crate) fn living_partitions(observed: &Observed) -> Option<i64> {
    let living: Living = observed.managed(event_stream::TOPIC).ok()?;
    partitions_of(&living)
}

fn partitions_of(living: &Living) -> Option<i64> {
    living.spec.for_provider.partitions.max(living.status.at_provider.partitions)
}

/// The topic that is meant, whether it exists yet or not.
pub(super) struct Topic {
    /// Its name in Kafka.
    pub(super) name: String,
    pub(super) partitions: i64,
    pub(super) replication_factor: i64,
    pub(super) min_insync_replicas: String,
    retention_ms: String,
    cleanup_policy: String,
}

/// Copies of each partition, and how many of them must have an event before it is safe.
#[derive(Clone, Copy)]
pub(super) struct Replicas {
    pub(super) factor: i64,
    pub(super) min_insync: i64,
}

impl Topic {
    /// Next to the living one. `replicas` are those of a new one: Kafka cannot change the first
    /// number, and an edit of the catalogue is no reason to change the second.
    pub(super) fn new(
        order: &Order<'_>,
        parameters: &Parameters,
        settings: &Settings,
        replicas: Replicas,
    ) -> Result<Self, ReadError> {
        let living: Living = order.observed.managed(event_stream::TOPIC)?;
        let wanted = &living.spec.for_provider;
        let config = |name: &str| wanted.config.get(name).cloned();
        // INVARIANT: the name goes into ACLs and policies, where `*` would mean every topic. One
        // of another shape was not written by us.
        let name = order.living_external_name(event_stream::TOPIC, String::new());
        let name = Some(name)
            .filter(|name| is_kafka_name(name, Limit::TOPIC.characters()))
            .unwrap_or_else(|| order.names.aws("topic", Limit::TOPIC));
        Ok(Self {
            name,
            partitions: partitions(order, parameters, settings, partitions_of(&living)),
            replication_factor: wanted.replication_factor.unwrap_or(replicas.factor),
            min_insync_replicas: config(MIN_INSYNC_REPLICAS)
                .unwrap_or_else(|| replicas.min_insync.to_string()),
            retention_ms: retention_ms(order, parameters, settings, config(RETENTION_MS)),
            cleanup_policy: parameters
                .cleanup_policy
                .clone()
                .unwrap_or_else(|| "delete".to_owned()),
        })
    }

    /// Adds it to the plan.
    pub(super) fn compose(&self, order: &Order<'_>, plan: &mut Plan, lifetime: Lifetime) {
        // It has no connection details; what was accepted it remembers besides the cluster, so
        // that losing either object forgets nothing.
        order.manage_silent_primary(
            plan,
            ManagedResource {
                kind: TYPE,
                part: TOPIC.to_owned(),
                external_name: Some(self.name.clone()),
                lifetime,
                for_provider: object! {
                    partitions: self.partitions,
                    replicationFactor: self.replication_factor,
                    config: object! {
                        "cleanup.policy": &self.cleanup_policy,
                        "min.insync.replicas": &self.min_insync_replicas,
                        "retention.ms": &self.retention_ms,
                    },
                },
            },
        );
    }
}

/// Partitions only grow: with fewer of them Kafka could not tell where events of a key went.
fn partitions(
    order: &Order<'_>,
    parameters: &Parameters,
    settings: &Settings,
    living: Option<i64>,
) -> i64 {
    let size = order.size(&settings.sizes);
    let of_size = match living {
        Some(living) if order.keeps_size(size.map(|size| size.rollout)) => living,
        _ => size.map_or(1, |size| size.partitions),
    };
    parameters.partitions.unwrap_or(of_size).max(living.unwrap_or(1))
}

/// How long events are kept. An edit of the catalogue's default deletes no event of a living
/// topic, and keeps none for longer.
fn retention_ms(
    order: &Order<'_>,
    parameters: &Parameters,
    settings: &Settings,
    living: Option<String>,
) -> String {
    let milliseconds = |hours: i64| hours.saturating_mul(MS_PER_HOUR).to_string();
    match (parameters.retention_hours, living) {
        (Some(hours), _) => milliseconds(hours),
        (None, Some(living)) if order.is_unchanged("retentionHours") => living,
        _ => milliseconds(settings.retention_hours.default),
    }
}
