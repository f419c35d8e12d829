//! A kind: its names, and what it says of itself.

use serde::de::{self, Deserialize, Deserializer};

use super::{event_stream, message_queue, object_store, postgresql, redis};
use crate::backends::Operator;
use crate::claim::{Change, Flavour, Parameter};
use crate::guardrails::quote;
use crate::outcome::{Class, OwnedKey, Reason, SecretKey, StatusField};

/// A kind of claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A PostgreSQL database.
    PostgreSqlInstance,
    /// A Redis or Valkey cache.
    RedisInstance,
    /// A RabbitMQ broker.
    MessageQueue,
    /// A bucket.
    ObjectStore,
    /// A Kafka topic.
    EventStream,
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::from_name(&name).ok_or_else(|| {
            let names = crate::catalog::list(Self::ALL.iter().map(|kind| kind.name()));
            de::Error::custom(format_args!("must be one of {names}, not {}", quote(&name)))
        })
    }
}

impl Kind {
    /// The only version of their API.
    pub const VERSION: &str = "v1alpha1";

    /// Every kind, in the order in which lists show them.
    pub const ALL: [Self; 5] = [
        Self::PostgreSqlInstance,
        Self::RedisInstance,
        Self::MessageQueue,
        Self::ObjectStore,
        Self::EventStream,
    ];

    /// The kind of a claim called `name`, such as `RedisInstance`.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Its name: the `kind` of a claim.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PostgreSqlInstance => "PostgreSQLInstance",
            Self::RedisInstance => "RedisInstance",
            Self::MessageQueue => "MessageQueue",
            Self::ObjectStore => "ObjectStore",
            Self::EventStream => "EventStream",
        }
    }

    /// Its name in paths and on the command line: `redisinstances`.
    pub fn plural(self) -> String {
        format!("{}s", self.name().to_lowercase())
    }

    /// What people type instead: `kubectl get redis`. None is the singular of a kind that claims become,
    /// which would be meant instead: `bucket` is S3's. Once published it stays: Crossplane installs no
    /// definition that changes a name of one that is there.
    pub const fn short_name(self) -> &'static str {
        match self {
            Self::PostgreSqlInstance => "pg",
            Self::RedisInstance => "redis",
            Self::MessageQueue => "mq",
            Self::ObjectStore => "objstore",
            Self::EventStream => "evstream",
        }
    }

    /// What it is, in a sentence.
    pub const fn about(self) -> &'static str {
        match self {
            Self::PostgreSqlInstance => "A PostgreSQL database.",
            Self::RedisInstance => "A Redis or Valkey cache.",
            Self::MessageQueue => "A RabbitMQ broker with a virtual host.",
            Self::ObjectStore => "A bucket for objects, and an identity that may use it.",
            Self::EventStream => "A Kafka topic.",
        }
    }

    /// First part of its API group, before the catalogue's domain.
    pub const fn group(self) -> &'static str {
        match self {
            Self::PostgreSqlInstance => "database",
            Self::RedisInstance => "cache",
            Self::MessageQueue => "messaging",
            Self::ObjectStore => "storage",
            Self::EventStream => "streaming",
        }
    }

    /// What every key of its composed resources begins with, followed by a dash.
    pub const fn key_prefix(self) -> &'static str {
        match self {
            Self::PostgreSqlInstance => "postgresql",
            Self::RedisInstance => "redis",
            Self::MessageQueue => "message-queue",
            Self::ObjectStore => "object-store",
            Self::EventStream => "event-stream",
        }
    }

    /// Keys of the resources that hold data and remember what was accepted: the first that exists
    /// does.
    pub const fn primary_keys(self) -> &'static [&'static str] {
        match self {
            Self::PostgreSqlInstance => &[postgresql::PRIMARY],
            Self::RedisInstance => &[redis::PRIMARY],
            Self::MessageQueue => &[message_queue::PRIMARY],
            Self::ObjectStore => &[object_store::PRIMARY],
            Self::EventStream => event_stream::PRIMARIES,
        }
    }

    /// Keys of the resources of AWS that tell where a claim is: the first that exists does.
    pub const fn placed_keys(self) -> &'static [&'static str] {
        match self {
            Self::EventStream => event_stream::PLACED,
            _ => self.primary_keys(),
        }
    }

    /// The API version of its claims, below the catalogue's domain.
    pub fn api_version(self, domain: &str) -> String {
        format!("{}/{}", self.api_group(domain), Self::VERSION)
    }

    /// The API group of its claims.
    pub fn api_group(self, domain: &str) -> String {
        format!("{}.{domain}", self.group())
    }

    /// Those of its parameters that cannot change once the resource exists.
    pub fn fixed_parameters(self) -> impl Iterator<Item = &'static Parameter> {
        self.parameters().iter().filter(|parameter| parameter.change == Change::Never)
    }

    /// The parameters that its claims may set.
    pub const fn parameters(self) -> &'static [Parameter] {
        match self {
            Self::PostgreSqlInstance => postgresql::PARAMETERS,
            Self::RedisInstance => redis::PARAMETERS,
            Self::MessageQueue => message_queue::PARAMETERS,
            Self::ObjectStore => object_store::PARAMETERS,
            Self::EventStream => event_stream::PARAMETERS,
        }
    }

    /// What its status says besides what every kind's does.
    pub const fn status(self) -> &'static [StatusField] {
        match self {
            Self::PostgreSqlInstance => postgresql::STATUS,
            Self::RedisInstance => redis::STATUS,
            Self::MessageQueue => message_queue::STATUS,
            Self::ObjectStore => object_store::STATUS,
            Self::EventStream => event_stream::STATUS,
        }
    }

    /// The services of AWS whose resources it is made of, as first parts of API groups.
    pub const fn services(self) -> &'static [&'static str] {
        match self {
            Self::PostgreSqlInstance => postgresql::SERVICES,
            Self::RedisInstance => redis::SERVICES,
            Self::MessageQueue => message_queue::SERVICES,
            Self::ObjectStore => object_store::SERVICES,
            Self::EventStream => event_stream::SERVICES,
        }
    }

    /// The operators of other projects that its claims may need.
    pub const fn operators(self, flavour: Flavour) -> &'static [Operator] {
        match (self, flavour) {
            (Self::PostgreSqlInstance, Flavour::Namespaced) => {
                &[Operator::ExternalSecrets, Operator::ProviderSql, Operator::ProviderKubernetes]
            }
            (Self::PostgreSqlInstance, Flavour::Claims) => {
                &[Operator::ExternalSecrets, Operator::ProviderSql]
            }
            (Self::MessageQueue, _) => &[Operator::ExternalSecrets, Operator::MessagingTopology],
            (Self::EventStream, _) => &[Operator::ExternalSecrets, Operator::ProviderKafka],
            (Self::RedisInstance | Self::ObjectStore, _) => &[],
        }
    }

    /// Entries of its credentials Secret, whatever the backend.
    pub const fn secret_keys(self) -> &'static [SecretKey] {
        match self {
            Self::PostgreSqlInstance => postgresql::SECRET_KEYS,
            Self::RedisInstance => redis::SECRET_KEYS,
            Self::MessageQueue => message_queue::SECRET_KEYS,
            Self::ObjectStore => object_store::SECRET_KEYS,
            Self::EventStream => event_stream::SECRET_KEYS,
        }
    }

    /// Names of the entries that every credentials Secret of it has.
    pub fn constant_secret_keys(self) -> impl Iterator<Item = &'static str> {
        self.secret_keys().iter().filter(|key| key.when.is_none()).map(|key| key.name)
    }

    /// Reasons of the condition `CredentialsReady` that only it has.
    pub const fn reasons(self) -> &'static [Reason] {
        match self {
            Self::PostgreSqlInstance => postgresql::REASONS,
            Self::RedisInstance => redis::REASONS,
            Self::MessageQueue => message_queue::REASONS,
            Self::ObjectStore => object_store::REASONS,
            Self::EventStream => event_stream::REASONS,
        }
    }

    /// Everything that its claims may become.
    pub const fn keys(self) -> &'static [OwnedKey] {
        match self {
            Self::PostgreSqlInstance => postgresql::KEYS,
            Self::RedisInstance => redis::KEYS,
            Self::MessageQueue => message_queue::KEYS,
            Self::ObjectStore => object_store::KEYS,
            Self::EventStream => event_stream::KEYS,
        }
    }

    /// The class of a composed resource's key; `None` for a key this release does not know.
    pub fn class_of(self, key: &str) -> Option<Class> {
        self.keys().iter().find(|owned| owned.covers(key)).map(|owned| owned.class)
    }

    /// Whether `key` is one of ours: the prefix decides, so that a key of a newer release is
    /// never taken for somebody else's.
    pub fn owns(self, key: &str) -> bool {
        key.strip_prefix(self.key_prefix()).is_some_and(|rest| rest.starts_with('-'))
    }

    /// Whether its claims can have an identity of their own, which others may join.
    pub const fn has_identity(self) -> bool {
        match self {
            Self::PostgreSqlInstance | Self::RedisInstance | Self::MessageQueue => false,
            Self::ObjectStore | Self::EventStream => true,
        }
    }

    /// Key of its credentials Secret.
    pub fn credentials_key(self) -> String {
        format!("{}-credentials", self.key_prefix())
    }
}
