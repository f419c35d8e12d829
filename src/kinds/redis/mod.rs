//! `RedisInstance`: a Redis or Valkey cache.

pub mod aws;

use serde::Deserialize;

use super::Common;
use crate::claim::{Change, Form, Parameter};
use crate::guardrails;
use crate::outcome::{Class, OwnedKey, StatusField};

/// Key of the resource that holds the data.
pub(super) const PRIMARY: &str = "redis-replication-group";

/// Everything a claim may become.
pub(super) const KEYS: &[OwnedKey] = &[
    OwnedKey::new(PRIMARY, Class::Data),
    OwnedKey::new("redis-subnet-group", Class::Data),
    OwnedKey::new("redis-security-group", Class::Data),
    OwnedKey::new("redis-log-group", Class::Data),
    OwnedKey::new("redis-kms-key", Class::Data),
    OwnedKey::new("redis-auth-token", Class::Data),
    OwnedKey::new("redis-credentials", Class::Data),
    OwnedKey::new("redis-ingress-rule-*", Class::Access),
    OwnedKey::new("redis-parameter-group-*", Class::Derived),
    OwnedKey::new("redis-alarm-*", Class::Derived),
];

/// What its status says besides what every kind's does.
pub(super) const STATUS: &[StatusField] = &[
    StatusField { name: "endpoint", form: Form::Text, about: "Host that clients connect to." },
    StatusField { name: "port", form: Form::Integer, about: "Port that clients connect to." },
];

/// The services of AWS whose resources it is made of, as first parts of API groups.
pub(super) const SERVICES: &[&str] = &["cloudwatch", "cloudwatchlogs", "ec2", "elasticache", "kms"];

/// Keys of the credentials Secret.
pub(super) const SECRET_KEYS: &[&str] =
    &["type", "provider", "host", "port", "username", "password", "uri", "reader-host", "tls"];

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

/// The parameters that a claim may set.
pub(super) const PARAMETERS: &[Parameter] = &[
    Parameter {
        name: "size",
        form: Form::Text,
        about: "How large the cache is: one of the catalogue's sizes.",
        change: Change::Allowed,
    },
    Parameter {
        name: "version",
        form: Form::Text,
        about: "Version of the engine, in quotes; the catalogue's default when left out.",
        change: Change::Allowed,
    },
    Parameter {
        name: "highAvailability",
        form: Form::Boolean,
        about: "Replicas in several zones with automatic failover; the environment's default when left out.",
        change: Change::Allowed,
    },
    Parameter {
        name: "engine",
        form: Form::OneOf { options: ENGINES, default: "redis" },
        about: "Redis or Valkey; redis when left out.",
        change: Change::Never,
    },
    Parameter {
        name: "evictionPolicy",
        form: Form::OneOf { options: EVICTION_POLICIES, default: "volatile-lru" },
        about: "Which keys go when memory is full; volatile-lru when left out.",
        change: Change::Allowed,
    },
    Parameter {
        name: "maintenanceWindow",
        form: Form::Shaped(&guardrails::MAINTENANCE_WINDOW),
        about: "When AWS may restart it, in UTC: sun:05:00-sun:06:00.",
        change: Change::Allowed,
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
