//! `RedisInstance`: a Redis or Valkey cache.

pub mod aws;

use serde::Deserialize;

use super::Common;
use crate::backends::managed::Lifetime;
use crate::claim::{Change, Form, Parameter};
use crate::guardrails;
use crate::outcome::{Class, OwnedKey, Reason, Resource, SecretKey, StatusField};

/// Key of the resource that holds the data.
pub(super) const PRIMARY: &str = "redis-replication-group";

/// Everything a claim may become.
pub(super) const KEYS: &[OwnedKey] = &[
    OwnedKey::new(
        PRIMARY,
        Class::Data,
        Resource::aws("elasticache", "ReplicationGroup"),
        "the cache: private, encrypted at rest, TLS for every connection, a token, daily snapshots",
    )
    .staying(Lifetime::WithData),
    OwnedKey::new(
        "redis-subnet-group",
        Class::Data,
        Resource::aws("elasticache", "SubnetGroup"),
        "the environment's private subnets",
    )
    .staying(Lifetime::WithData),
    OwnedKey::new(
        "redis-security-group",
        Class::Data,
        Resource::aws("ec2", "SecurityGroup"),
        "who may connect",
    )
    .staying(Lifetime::WithData),
    OwnedKey::new(
        "redis-log-group",
        Class::Data,
        Resource::aws("cloudwatchlogs", "Group"),
        "the slow log and the engine's log, with the environment's retention",
    )
    .staying(Lifetime::WithData),
    OwnedKey::new(
        "redis-kms-key",
        Class::Data,
        Resource::aws("kms", "Key"),
        "the claim's own key, where each claim has one",
    )
    .staying(Lifetime::Forever),
    OwnedKey::new(
        "redis-auth-token",
        Class::Data,
        Resource::Same("Secret"),
        "the token, which the provider generates once",
    ),
    OwnedKey::new(
        "redis-credentials",
        Class::Data,
        Resource::Same("Secret"),
        "the credentials Secret",
    ),
    OwnedKey::new(
        "redis-ingress-rule-*",
        Class::Access,
        Resource::aws("ec2", "SecurityGroupIngressRule"),
        "lets the environment's clients in, and nobody else",
    ),
    OwnedKey::new(
        "redis-parameter-group-*",
        Class::Derived,
        Resource::aws("elasticache", "ParameterGroup"),
        "the eviction policy, for the version's family",
    )
    .staying(Lifetime::WithData),
    OwnedKey::new(
        "redis-alarm-*",
        Class::Derived,
        Resource::aws("cloudwatch", "MetricAlarm"),
        "CPU of every node, and its memory unless any key may be evicted, where a full cache is the rule",
    ),
];

/// What its status says besides what every kind's does.
pub(super) const STATUS: &[StatusField] = &[
    StatusField { name: "endpoint", form: Form::Text, about: "Host that clients connect to." },
    StatusField { name: "port", form: Form::Integer, about: "Port that clients connect to." },
];

/// The services of AWS whose resources it is made of, as first parts of API groups.
pub(super) const SERVICES: &[&str] = &["cloudwatch", "cloudwatchlogs", "ec2", "elasticache", "kms"];

/// Keys of the credentials Secret.
pub(super) const SECRET_KEYS: &[SecretKey] = &[
    SecretKey::new("type", "`redis`"),
    SecretKey::new("provider", "who provides it: the claim's `provider` label"),
    SecretKey::new("host", "where clients write: the primary node"),
    SecretKey::new("port", "its port"),
    SecretKey::new("username", "`default`"),
    SecretKey::new("password", "the token"),
    SecretKey::new("uri", "`rediss://USER:PASSWORD@HOST:PORT`, escaped"),
    SecretKey::new(
        "reader-host",
        "where clients that only read may go: the replicas, or the only node",
    ),
    SecretKey::new("tls", "`true`: no other connection is taken"),
];

/// Names of the parameter `engine`.
const ENGINES: &[&str] = &["redis", "valkey"];

/// Names of the parameter `evictionPolicy`: Redis's own `maxmemory-policy`.
const EVICTION_POLICIES: &[&str] = &[
    "allkeys-lfu",
    "allkeys-lru",
    "allkeys-random",
    "noeviction",
    "volatile-lfu",
    "volatile-lru",
    "volatile-random",
    "volatile-ttl",
];

/// Reasons of the condition `CredentialsReady` that only it has.
pub(super) const REASONS: &[Reason] =
    &[Reason::new("WaitingForEndpoint", "AWS creates the cache, and then reports its endpoint")];

/// The parameters that a claim may set.
pub(super) const PARAMETERS: &[Parameter] = &[
    Parameter {
        name: "size",
        form: Form::Text,
        about: "How large the cache is: one of the catalogue's sizes.",
        omitted: "",
        change: Change::Allowed("in the maintenance window"),
    },
    Parameter {
        name: "version",
        form: Form::Text,
        about: "Version of the engine, in quotes.",
        omitted: "the catalogue's default",
        change: Change::Allowed("up only, along the catalogue's paths"),
    },
    Parameter {
        name: "highAvailability",
        form: Form::Boolean,
        about: "Replicas in several zones with automatic failover.",
        omitted: "the environment's default",
        change: Change::Allowed("in the maintenance window"),
    },
    Parameter {
        name: "engine",
        form: Form::OneOf { options: ENGINES, default: "redis" },
        about: "Redis or Valkey.",
        omitted: "redis",
        change: Change::Never,
    },
    Parameter {
        name: "evictionPolicy",
        form: Form::OneOf { options: EVICTION_POLICIES, default: "volatile-lru" },
        about: "Which keys go when memory is full.",
        omitted: "volatile-lru",
        change: Change::Allowed("at once"),
    },
    Parameter {
        name: "maintenanceWindow",
        form: Form::Shaped(&guardrails::MAINTENANCE_WINDOW),
        about: "When AWS may restart it, in UTC: sun:05:00-sun:06:00.",
        omitted: "",
        change: Change::Allowed("at once"),
    },
];

/// The parameters of a claim.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Parameters {
    /// One of the catalogue's sizes.
    pub size: Option<String>,
    /// One of the catalogue's versions of the engine.
    pub version: Option<String>,
    /// Replicas in several zones.
    pub high_availability: Option<bool>,
    /// Redis or Valkey.
    pub engine: Option<Engine>,
    /// One of the policies that the table of parameters lists.
    pub eviction_policy: Option<String>,
    /// When AWS may restart it.
    pub maintenance_window: Option<String>,
}

impl Parameters {
    /// What all kinds have.
    pub fn common(&self) -> Common<'_> {
        Common {
            size: self.size.as_deref(),
            version: self.version.as_deref(),
            high_availability: self.high_availability,
        }
    }

    /// The engine, asked for or not.
    pub fn engine(&self) -> Engine {
        self.engine.unwrap_or_default()
    }
}

/// A server that speaks the Redis protocol.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// Redis OSS.
    #[default]
    Redis,
    /// Valkey.
    Valkey,
}

impl Engine {
    /// As ElastiCache calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Redis => "redis",
            Self::Valkey => "valkey",
        }
    }
}
