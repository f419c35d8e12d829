//! `RedisInstance` on Amazon ElastiCache: a replication group with one shard.

mod settings;
#[cfg(feature = "cli")]
mod told;

use serde::Deserialize;
use serde_json::Value as Json;

use super::Parameters;
use crate::backends::Order;
use crate::backends::aws::{Alarm, Lifetime, ManagedResource, Type};
use crate::backends::living::{Families, LivingVersion};
use crate::backends::window;
use crate::credentials::{self, Binding};
use crate::guardrails::Memory;
use crate::manifest::Node;
use crate::names::Limit;
use crate::observed::{Managed, Observed, ReadError, Sensitive};
use crate::outcome::{CredentialsWait, Plan};
use crate::{list, object};

pub use self::settings::{Settings, Size};

const REPLICATION_GROUP: Type = Type::new("elasticache", "ReplicationGroup", "v1beta2");
const SUBNET_GROUP: Type = Type::new("elasticache", "SubnetGroup", "v1beta1");
const PARAMETER_GROUP: Type = Type::new("elasticache", "ParameterGroup", "v1beta1");

const AUTH_TOKEN: &str = "auth-token";
const PORT: i64 = 6379;

/// The living replication group, as far as it decides what is composed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Wanted {
    node_type: Option<String>,
    automatic_failover_enabled: Option<bool>,
    num_cache_clusters: Option<i64>,
    snapshot_retention_limit: Option<i64>,
    engine_version: Option<String>,
    parameter_group_name: Option<String>,
    kms_key_id: Option<String>,
    final_snapshot_identifier: Option<String>,
    snapshot_window: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Reported {
    engine_version_actual: Option<String>,
    primary_endpoint_address: Option<String>,
    reader_endpoint_address: Option<String>,
}

type Living = Managed<Wanted, Reported>;

/// What a cache without our annotation was probably accepted with.
pub(crate) fn infer(settings: &Settings, observed: &Observed) -> Result<Memory, ReadError> {
    let living: Living = observed.managed(super::PRIMARY)?;
    let wanted = living.spec.for_provider;
    let mut memory =
        Memory { high_availability: wanted.automatic_failover_enabled, ..Memory::default() };
    if let Some(size) =
        settings.sizes.0.iter().find(|size| Some(&size.node_type) == wanted.node_type.as_ref())
    {
        memory.parameters.insert("size".to_owned(), Json::from(size.name.as_str()));
    }
    let versions = settings.redis.offered.iter().chain(&settings.valkey.offered);
    memory.version = versions
        .filter(|version| Some(&version.engine_version) == wanted.engine_version.as_ref())
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
    let living: Living = order.observed.managed(super::PRIMARY)?;
    let chosen = Chosen::new(order, parameters, settings, &living);
    order.network(&mut plan, PORT);
    subnet_group(order, &mut plan);
    for family in &chosen.families.composed {
        parameter_group(order, &mut plan, parameters, family);
    }
    let log_group = log_group_name(order);
    order.log_group(&mut plan, "log-group", log_group.clone());
    alarms(order, &mut plan, parameters, &chosen);

    let token = auth_token(order);
    credentials::token_secret(order, &mut plan, AUTH_TOKEN, token.as_ref());
    let key = order.encryption_key(&mut plan, living.spec.for_provider.kms_key_id.as_deref())?;
    match key {
        None => plan.wait(super::PRIMARY, "the ARN of its encryption key"),
        Some(key) => {
            let around = Around { key, log_group, token_known: token.is_some() };
            let group = replication_group(order, parameters, settings, &chosen, &living, around);
            order.manage_primary(&mut plan, group);
        }
    }
    deliver(order, &mut plan, &living, token);
    plan.offering = Some(object! {
        nodeType: &chosen.node_type,
        nodes: chosen.nodes,
        engine: parameters.engine().name(),
        engineVersion: &chosen.engine_version,
    });
    Ok(plan)
}

/// What the catalogue's entries come to for this claim. A living cache keeps what it has
/// unless its claim asks for something else, or the catalogue rolls out.
struct Chosen {
    node_type: String,
    engine_version: String,
    families: Families,
    nodes: i64,
    snapshot_retention_days: i64,
}

impl Chosen {
    fn new(
        order: &Order<'_>,
        parameters: &Parameters,
        settings: &Settings,
        living: &Living,
    ) -> Self {
        let wanted = &living.spec.for_provider;
        let size = order.size(&settings.sizes);
        let keeps_size = order.keeps_size(size.map(|size| size.rollout));
        let version = order.choose_version(
            settings.versions(parameters.engine()),
            LivingVersion {
                wanted: wanted.engine_version.as_deref(),
                actual: living.status.at_provider.engine_version_actual.as_deref(),
            },
        );
        let nodes = if order.high_availability { settings.nodes } else { 1 };
        Self {
            node_type: wanted
                .node_type
                .clone()
                .filter(|_| keeps_size)
                .or_else(|| size.map(|size| size.node_type.clone()))
                .unwrap_or_default(),
            families: order.families(&version, wanted.parameter_group_name.as_deref()),
            engine_version: version.engine_version,
            nodes: wanted
                .num_cache_clusters
                .filter(|_| order.keeps_availability())
                .unwrap_or(nodes),
            snapshot_retention_days: settings
                .snapshot_retention_days
                .max(wanted.snapshot_retention_limit.unwrap_or_default()),
        }
    }
}

fn subnet_group(order: &Order<'_>, plan: &mut Plan) {
    order.manage(
        plan,
        ManagedResource {
            kind: SUBNET_GROUP,
            part: "subnet-group".to_owned(),
            external_name: Some(order.external_name("subnet-group", Limit::AWS)),
            lifetime: Lifetime::WithData,
            for_provider: object! {
                region: &order.place.region,
                description: format!("Subnets of RedisInstance {}", order.names),
                subnetIds: &order.subnet_ids("subnet-group"),
                tags: order.tags(),
            },
        },
    );
}

/// A parameter group for one family. An upgrade to another family composes another one, since
/// neither name nor family of a group can change.
fn parameter_group(order: &Order<'_>, plan: &mut Plan, parameters: &Parameters, family: &str) {
    let part = format!("parameter-group-{family}");
    order.manage(
        plan,
        ManagedResource {
            kind: PARAMETER_GROUP,
            external_name: None,
            lifetime: Lifetime::WithData,
            for_provider: object! {
                region: &order.place.region,
                name: order.given_name(&part, Limit::AWS),
                family: family.to_owned(),
                description: format!("Parameters of RedisInstance {}", order.names),
                parameter: list![object! {
                    name: "maxmemory-policy",
                    value: eviction_policy(parameters).to_owned(),
                }],
                tags: order.tags(),
            },
            part,
        },
    );
}

/// ElastiCache's own default when the claim says nothing.
fn eviction_policy(parameters: &Parameters) -> &str {
    parameters.eviction_policy.as_deref().unwrap_or("volatile-lru")
}

/// Name of the log group that ElastiCache writes its slow log and engine log to.
fn log_group_name(order: &Order<'_>) -> String {
    format!("/aws/elasticache/{}", replication_group_id(order))
}

/// The name that the replication group has, or will have.
fn replication_group_id(order: &Order<'_>) -> String {
    order.external_name("replication-group", Limit::REPLICATION_GROUP)
}

/// What the replication group needs besides the catalogue's entries.
struct Around {
    key: String,
    log_group: String,
    token_known: bool,
}

fn replication_group(
    order: &Order<'_>,
    parameters: &Parameters,
    settings: &Settings,
    chosen: &Chosen,
    living: &Living,
    around: Around,
) -> ManagedResource {
    let Around { key, log_group, token_known } = around;
    let id = replication_group_id(order);
    let wanted = &living.spec.for_provider;
    let group_name =
        chosen.families.chosen.as_deref().map(|family| order.parameter_group_name(family));
    let log = |kind: &'static str| {
        object! {
            destination: &log_group,
            destinationType: "cloudwatch-logs",
            logFormat: "json",
            logType: kind,
        }
    };
    ManagedResource {
        kind: REPLICATION_GROUP,
        part: "replication-group".to_owned(),
        external_name: Some(id.clone()),
        lifetime: Lifetime::WithData,
        for_provider: object! {
            region: &order.place.region,
            description: format!("RedisInstance {}", order.names),
            engine: parameters.engine().name(),
            engineVersion: &chosen.engine_version,
            nodeType: &chosen.node_type,
            numCacheClusters: chosen.nodes,
            automaticFailoverEnabled: order.high_availability,
            multiAzEnabled: order.high_availability,
            port: PORT,
            // Strings, not booleans, in this provider.
            atRestEncryptionEnabled: "true",
            autoMinorVersionUpgrade: "true",
            // By value: a reference would resolve to the bare key id, and AWS reports the ARN.
            kmsKeyId: key,
            transitEncryptionEnabled: true,
            transitEncryptionMode: "required",
            // Once it is known it is not generated again: not when its Secret is lost, and not
            // while the namespace is being deleted, where nothing can be created any more.
            autoGenerateAuthToken: (!token_known).then_some(true),
            authTokenSecretRef: credentials::secret_reference(order, AUTH_TOKEN, AUTH_TOKEN),
            authTokenUpdateStrategy: "ROTATE",
            parameterGroupName: group_name.or_else(|| wanted.parameter_group_name.clone()),
            subnetGroupNameRef: order.reference("subnet-group"),
            securityGroupIdRefs: list![order.reference("security-group")],
            snapshotRetentionLimit: chosen.snapshot_retention_days,
            snapshotWindow: window::beside(
                parameters.maintenance_window.as_deref(),
                &settings.snapshot_window,
                wanted.snapshot_window.as_deref(),
            ).to_owned(),
            finalSnapshotIdentifier: order.final_snapshot(wanted.final_snapshot_identifier.as_ref(), &id),
            maintenanceWindow: parameters.maintenance_window.as_ref().unwrap_or(&settings.maintenance_window),
            logDeliveryConfiguration: list![log("slow-log"), log("engine-log")],
            applyImmediately: false,
            tags: order.tags(),
        },
    }
}

/// Alarms of every node: ElastiCache counts by node, and calls them `<group>-001` and so on.
fn alarms(order: &Order<'_>, plan: &mut Plan, parameters: &Parameters, chosen: &Chosen) {
    let group = replication_group_id(order);
    // A cache that may evict any key is full as a rule.
    let fills = eviction_policy(parameters).starts_with("allkeys");
    for node in 1..=chosen.nodes {
        for (part, about, metric, threshold) in [
            ("cpu", "the engine uses 90 % of its CPU", "EngineCPUUtilization", 90),
            ("memory", "the data fills 85 % of memory", "DatabaseMemoryUsagePercentage", 85),
        ]
        .into_iter()
        .filter(|(part, ..)| *part != "memory" || !fills)
        {
            order.alarm(
                plan,
                Alarm {
                    part: format!("{part}-{node:03}"),
                    about,
                    namespace: "AWS/ElastiCache",
                    metric,
                    dimensions: object! { CacheClusterId: format!("{group}-{node:03}") },
                    statistic: "Average",
                    comparison: "GreaterThanThreshold",
                    threshold,
                    period: 300,
                    periods: 3,
                },
            );
        }
    }
}

/// The token, wherever it is still known. The provider generates it into an empty Secret of
/// ours; should that Secret be lost, the copies put the same token back.
fn auth_token(order: &Order<'_>) -> Option<Sensitive> {
    let observed = order.observed;
    observed
        .secret_value(&order.key(AUTH_TOKEN), AUTH_TOKEN)
        .or_else(|| observed.connection(super::PRIMARY, "attribute.auth_token"))
        .or_else(|| observed.secret_value(&order.claim.kind.credentials_key(), "password"))
}

fn deliver(order: &Order<'_>, plan: &mut Plan, living: &Living, token: Option<Sensitive>) {
    let reported = &living.status.at_provider;
    let published = |entry, status: &Option<String>| {
        let connection = order.observed.connection(super::PRIMARY, entry);
        connection
            .and_then(|value| value.expose_text().map(str::to_owned))
            .or_else(|| status.clone())
    };
    let host = published("primary_endpoint_address", &reported.primary_endpoint_address);
    let reader = published("reader_endpoint_address", &reported.reader_endpoint_address);
    let (Some(host), Some(token)) = (host, token) else {
        credentials::wait(
            order,
            plan,
            CredentialsWait {
                reason: "WaitingForEndpoint",
                message:
                    "The credentials wait for the cache's endpoint, which AWS reports when the \
                      cache is created"
                        .to_owned(),
            },
        );
        return;
    };
    plan.status.push(("endpoint", Node::from(&host)));
    plan.status.push(("port", Node::from(PORT)));
    let password = token.expose_text().unwrap_or_default();
    let uri = format!("rediss://default:{}@{host}:{PORT}", credentials::percent_encode(password));
    credentials::deliver(
        order,
        plan,
        Binding {
            kind: "redis",
            entries: vec![
                ("host", host.clone()),
                ("port", PORT.to_string()),
                ("username", "default".to_owned()),
                ("password", password.to_owned()),
                ("uri", uri),
                ("reader-host", reader.unwrap_or(host)),
                ("tls", "true".to_owned()),
            ],
        },
    );
}
