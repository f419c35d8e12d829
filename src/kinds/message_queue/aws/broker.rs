//! The broker and what it needs around it: its configuration, logs and alarms.

use serde::Deserialize;

use super::access::Administrator;
use super::chosen::Chosen;
use super::{Living, SecretEntry, settings};
use crate::backends::Order;
use crate::backends::aws::Alarm;
use crate::backends::managed::{Lifetime, ManagedResource, Type};
use crate::backends::stages::Lack;
use crate::credentials;
use crate::credentials::generated::PASSWORD;
use crate::manifest::Node;
use crate::names::Limit;
use crate::observed::{Managed, ReadError, Unread};
use crate::outcome::Plan;
use crate::{list, object};

const BROKER: Type = Type::new("mq", "Broker", "v1beta2");
const CONFIGURATION: Type = Type::new("mq", "Configuration", "v1beta1");

/// The broker's part of the name.
pub(super) const PART: &str = "broker";

/// What RabbitMQ is told. AWS's own defaults, which it recommends (Amazon MQ developer guide,
/// "Configurable values"): written down so that a change of them changes nothing that lives.
const DATA: &str = "consumer_timeout = 1800000\n\
                    management.restrictions.operator_policy_changes.disabled = true\n\
                    secure.management.http.headers.enabled = true\n";

const GIB: i64 = 1024 * 1024 * 1024;

/// A configuration as AWS reports it.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Revisions {
    latest_revision: Option<i64>,
}

/// A configuration that a broker is to use.
pub(super) struct Configured {
    id: String,
    revision: i64,
}

/// The configuration's part of the name: AWS ties one to a version, and never deletes it.
fn configuration_part(chosen: &Chosen) -> String {
    format!("configuration-{}", chosen.engine_version.replace('.', "-"))
}

/// The configuration of the version that is meant. Those of former versions stay as they are.
pub(super) fn configuration(order: &Order<'_>, plan: &mut Plan, chosen: &Chosen) {
    let part = configuration_part(chosen);
    order.manage(
        plan,
        ManagedResource {
            kind: CONFIGURATION,
            external_name: None,
            lifetime: Lifetime::WithData,
            for_provider: object! {
                region: &order.place.region,
                name: order.names.aws(&part, Limit::BROKER),
                engineType: "RabbitMQ",
                engineVersion: &chosen.engine_version,
                authenticationStrategy: "simple",
                data: DATA,
                tags: order.tags(),
            },
            part,
        },
    );
}

/// The configuration's id and its newest revision; the living broker's own while they are not
/// known.
pub(super) fn configured(
    order: &Order<'_>,
    chosen: &Chosen,
    living: &Living,
) -> Result<Result<Configured, Lack>, ReadError> {
    let key = order.key(&configuration_part(chosen));
    let reported: Managed<Unread, Revisions> = order.observed.managed(&key)?;
    let used = &living.spec.for_provider.configuration;
    let used = || used.id.clone().zip(used.revision).filter(|_| chosen.version_kept);
    let known = reported
        .metadata
        .external_name()
        .map(str::to_owned)
        .zip(reported.status.at_provider.latest_revision);
    let known = known.or_else(used).map(|(id, revision)| Configured { id, revision });
    Ok(known.ok_or_else(|| {
        Lack::new(
            "WaitingForConfiguration",
            "the broker's configuration, which AWS reports when it is created",
        )
    }))
}

/// The broker. What AWS would replace it for is taken from the living one.
///
/// There are no `encryptionOptions`: AWS refuses them for RabbitMQ, and encrypts with a key of its
/// own.
pub(super) fn broker(
    order: &Order<'_>,
    chosen: &Chosen,
    living: &Living,
    administrator: &Administrator,
    configured: Configured,
) -> ManagedResource {
    let Configured { id, revision } = configured;
    ManagedResource {
        kind: BROKER,
        part: PART.to_owned(),
        // The provider takes it from AWS.
        external_name: None,
        lifetime: Lifetime::WithData,
        for_provider: object! {
            region: &order.place.region,
            brokerName: &chosen.broker_name,
            engineType: "RabbitMQ",
            engineVersion: &chosen.engine_version,
            // AWS demands it from 3.13 on: within a version, patches come by themselves.
            autoMinorVersionUpgrade: true,
            hostInstanceType: &chosen.instance_type,
            deploymentMode: &chosen.deployment_mode,
            publiclyAccessible: false,
            subnetIds: &chosen.subnet_ids,
            securityGroupRefs: list![order.reference("security-group")],
            authenticationStrategy: "simple",
            // By value: Crossplane would not look at a reference again once it has an id, and an
            // upgrade needs the configuration of the new version.
            configuration: object! { id: id, revision: revision },
            logs: object! { general: true },
            maintenanceWindowStartTime: object! {
                dayOfWeek: chosen.maintenance.day,
                timeOfDay: chosen.maintenance.time.clone(),
                timeZone: "UTC",
            },
            applyImmediately: false,
            // INVARIANT: never another name or Secret than the living broker's: AWS cannot change
            // them, and older providers would make a new, empty broker.
            user: list![object! {
                username: administrator.name.clone(),
                passwordSecretRef: password_reference(order, living),
            }],
            tags: order.tags(),
        },
    }
}

/// Where the provider reads the administrator's password: where it did before.
pub(super) fn password_reference(order: &Order<'_>, living: &Living) -> Node {
    let mut users = living.spec.for_provider.user.iter();
    match users.find_map(|user| user.password_secret_ref.as_ref()) {
        Some(SecretEntry { name, namespace, key }) => object! {
            name: name,
            namespace: namespace.clone(),
            key: key,
        },
        None => credentials::secret_reference(order, super::access::ADMINISTRATOR, PASSWORD),
    }
}

/// The log group that AWS names after the broker's id, once there is one (Amazon MQ developer
/// guide, on the code `RABBITMQ_INVALID_ARN`).
pub(super) fn logs(order: &Order<'_>, plan: &mut Plan, living: &Living) {
    const GROUP: &str = "log-group-general";
    match living.metadata.external_name() {
        Some(id) => order.log_group(plan, GROUP, format!("/aws/amazonmq/broker/{id}/general")),
        None => plan.wait(order.key(GROUP), "the broker's id, which AWS gives"),
    }
}

/// Alarms of the broker as a whole (Amazon MQ developer guide, "Available CloudWatch metrics for
/// Amazon MQ for RabbitMQ brokers"). RabbitMQ stops taking messages when memory or disk run out.
pub(super) fn alarms(order: &Order<'_>, plan: &mut Plan, chosen: &Chosen) {
    let (memory_gib, disk_gb) = settings::capacity(&chosen.instance_type).unwrap_or((4, 5));
    // RabbitMQ's own limit is 40 % of memory before version 4, and 60 % since.
    let percent = if settings::is_rabbitmq_4(&chosen.engine_version) { 50 } else { 35 };
    let memory = memory_gib * GIB * percent / 100;
    for (part, about, metric, statistic, comparison, threshold) in [
        (
            "cpu",
            "a node uses 90 % of its CPU",
            "SystemCpuUtilization",
            "Average",
            "GreaterThanThreshold",
            90,
        ),
        (
            "memory",
            "a node comes near its limit of memory, where publishers are stopped",
            "RabbitMQMemUsed",
            "Maximum",
            "GreaterThanThreshold",
            memory,
        ),
        (
            "disk",
            "less than a third of a node's disk is free",
            "RabbitMQDiskFree",
            "Minimum",
            "LessThanThreshold",
            disk_gb * 1_000_000_000 / 3,
        ),
        (
            "messages",
            "messages pile up: more come in than are consumed",
            "MessageCount",
            "Maximum",
            "GreaterThanThreshold",
            MANY_MESSAGES,
        ),
    ] {
        order.alarm(
            plan,
            Alarm {
                part: part.to_owned(),
                about,
                namespace: "AWS/AmazonMQ",
                metric,
                dimensions: object! { Broker: &chosen.broker_name },
                statistic,
                comparison,
                threshold,
                period: 300,
                periods: 3,
            },
        );
    }
}

/// Messages that are more than any application leaves lying on purpose: queues are short when all
/// is well (RabbitMQ documentation, "Queues").
const MANY_MESSAGES: i64 = 100_000;
