//! The kinds on offer, and what each of them must say for itself.
//!
//! A closed enum with exhaustive matches: a further kind is one new folder and what the
//! compiler then asks for in this file.

mod asked;
pub mod event_stream;
pub mod message_queue;
pub mod object_store;
pub mod postgresql;
pub mod redis;

pub use asked::{
    Number, consumer_groups, database_name, declines_versioning, default_of, extensions,
    living_partitions, living_storage_gb, maintenance_minutes, moved_cluster, numbers, partitions,
    storage_gb, tenancy, unused_identity, vhost, windows,
};

use serde::de::{self, Deserialize, Deserializer};

use crate::backends::{Operator, Order};
use crate::catalog::{Environment, Problems, Versions};
use crate::claim::{Claim, Flavour, Parameter};
use crate::credentials::identity::Wish;
use crate::guardrails::{Memory, quote};
use crate::observed::{Observed, ReadError};
use crate::outcome::{Class, Plan};
use crate::wire::{self, Struct};

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

    /// Keys of its credentials Secret, whatever the backend.
    pub const fn secret_keys(self) -> &'static [&'static str] {
        match self {
            Self::PostgreSqlInstance => postgresql::SECRET_KEYS,
            Self::RedisInstance => redis::SECRET_KEYS,
            Self::MessageQueue => message_queue::SECRET_KEYS,
            Self::ObjectStore => object_store::SECRET_KEYS,
            Self::EventStream => event_stream::SECRET_KEYS,
        }
    }

    /// The class of a composed resource's key; `None` for a key this release does not know.
    pub fn class_of(self, key: &str) -> Option<Class> {
        let keys = match self {
            Self::PostgreSqlInstance => postgresql::KEYS,
            Self::RedisInstance => redis::KEYS,
            Self::MessageQueue => message_queue::KEYS,
            Self::ObjectStore => object_store::KEYS,
            Self::EventStream => event_stream::KEYS,
        };
        keys.iter().find(|owned| owned.covers(key)).map(|owned| owned.class)
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

/// The parameters of a claim, read.
#[derive(Clone, Debug)]
pub enum Parameters {
    /// Of a `PostgreSQLInstance`.
    PostgreSql(postgresql::Parameters),
    /// Of a `RedisInstance`.
    Redis(redis::Parameters),
    /// Of a `MessageQueue`.
    MessageQueue(message_queue::Parameters),
    /// Of an `ObjectStore`.
    ObjectStore(object_store::Parameters),
    /// Of an `EventStream`.
    EventStream(event_stream::Parameters),
}

impl Parameters {
    /// Reads the parameters of `kind`.
    pub fn read(kind: Kind, parameters: &Struct) -> Result<Self, wire::Error> {
        Ok(match kind {
            Kind::PostgreSqlInstance => Self::PostgreSql(parameters.read()?),
            Kind::RedisInstance => Self::Redis(parameters.read()?),
            Kind::MessageQueue => Self::MessageQueue(parameters.read()?),
            Kind::ObjectStore => Self::ObjectStore(parameters.read()?),
            Kind::EventStream => Self::EventStream(parameters.read()?),
        })
    }

    /// What all kinds have.
    pub fn common(&self) -> Common<'_> {
        match self {
            Self::PostgreSql(own) => own.common(),
            Self::Redis(own) => own.common(),
            Self::MessageQueue(own) => own.common(),
            Self::ObjectStore(own) => own.common(),
            Self::EventStream(own) => own.common(),
        }
    }

    /// Whether `highAvailability` makes a difference: a bucket always has it, and a shared cluster
    /// has what the platform gave it.
    pub fn has_availability(&self) -> bool {
        match self {
            Self::PostgreSql(_) | Self::Redis(_) | Self::MessageQueue(_) => true,
            Self::ObjectStore(_) => false,
            Self::EventStream(own) => own.is_dedicated(),
        }
    }

    /// Whether AWS cannot change the availability of a living resource.
    pub fn fixes_availability(&self) -> bool {
        match self {
            Self::PostgreSql(_) | Self::Redis(_) | Self::ObjectStore(_) => false,
            Self::MessageQueue(_) => true,
            Self::EventStream(own) => own.is_dedicated(),
        }
    }

    /// Whose identity may use what the claim provides; `None` where a password does.
    pub fn identity(&self) -> Option<Wish<'_>> {
        match self {
            Self::ObjectStore(own) => Some(own.access.wish()),
            Self::EventStream(own) => own.is_dedicated().then(|| own.access.wish()),
            Self::PostgreSql(_) | Self::Redis(_) | Self::MessageQueue(_) => None,
        }
    }
}

/// The parameters that all kinds have.
#[derive(Clone, Copy, Debug)]
pub struct Common<'a> {
    /// `size`.
    pub size: Option<&'a str>,
    /// `version`.
    pub version: Option<&'a str>,
    /// `highAvailability`.
    pub high_availability: Option<bool>,
}

/// What a kind's offering says of sizes, versions and limits.
#[derive(Clone, Debug)]
pub enum Settings {
    /// Of a `PostgreSQLInstance`.
    PostgreSql(postgresql::aws::Settings),
    /// Of a `RedisInstance`.
    Redis(redis::aws::Settings),
    /// Of a `MessageQueue`.
    MessageQueue(message_queue::aws::Settings),
    /// Of an `ObjectStore`.
    ObjectStore(object_store::aws::Settings),
    /// Of an `EventStream`.
    EventStream(event_stream::aws::Settings),
}

impl Settings {
    /// Reads the settings of `kind`.
    pub fn read(kind: Kind, settings: &Struct) -> Result<Self, wire::Error> {
        Ok(match kind {
            Kind::PostgreSqlInstance => Self::PostgreSql(settings.read()?),
            Kind::RedisInstance => Self::Redis(settings.read()?),
            Kind::MessageQueue => Self::MessageQueue(settings.read()?),
            Kind::ObjectStore => Self::ObjectStore(settings.read()?),
            Kind::EventStream => Self::EventStream(settings.read()?),
        })
    }

    /// Notes what is wrong with them.
    pub fn check(&self, problems: &mut Problems) {
        match self {
            Self::PostgreSql(own) => own.check(problems),
            Self::Redis(own) => own.check(problems),
            Self::MessageQueue(own) => own.check(problems),
            Self::ObjectStore(own) => own.check(problems),
            Self::EventStream(own) => own.check(problems),
        }
    }

    /// Notes what does not fit the environment that they are said for.
    pub fn check_in(&self, environment: &Environment, problems: &mut Problems) {
        match self {
            Self::MessageQueue(own) => own.check_in(environment, problems),
            Self::PostgreSql(_) | Self::Redis(_) | Self::ObjectStore(_) | Self::EventStream(_) => {}
        }
    }

    /// Names of the sizes, from the smallest to the largest.
    pub fn sizes(&self) -> Vec<&str> {
        match self {
            Self::PostgreSql(own) => own.sizes.names().collect(),
            Self::Redis(own) => own.sizes.names().collect(),
            Self::MessageQueue(own) => own.sizes.names().collect(),
            Self::ObjectStore(own) => own.sizes.names().collect(),
            Self::EventStream(own) => own.sizes.names().collect(),
        }
    }

    /// The versions that a claim with `parameters` may choose from; `None` for kinds without.
    pub fn versions(&self, parameters: &Parameters) -> Option<&Versions> {
        match (self, parameters) {
            (Self::PostgreSql(own), _) => Some(&own.versions),
            (Self::Redis(own), Parameters::Redis(parameters)) => {
                Some(own.versions(parameters.engine()))
            }
            (Self::MessageQueue(own), _) => Some(&own.versions),
            (Self::EventStream(own), Parameters::EventStream(parameters)) => {
                own.versions(parameters)
            }
            _ => None,
        }
    }

    /// The largest size that needs no exception.
    pub fn maximum_size(&self) -> &str {
        match self {
            Self::PostgreSql(own) => &own.maximum_size,
            Self::Redis(own) => &own.maximum_size,
            Self::MessageQueue(own) => &own.maximum_size,
            Self::ObjectStore(own) => &own.maximum_size,
            Self::EventStream(own) => &own.maximum_size,
        }
    }
}

/// Name of the ServiceAccount that a claim wants created, unless one of that name exists.
pub fn service_account_to_create(claim: &Claim) -> Option<String> {
    claim.parameters.identity()?.service_account_to_create(&claim.name)
}

/// The operators of other projects that a claim needs.
pub fn operators(claim: &Claim) -> Vec<Operator> {
    match (&claim.parameters, claim.flavour) {
        (Parameters::PostgreSql(_), Flavour::Namespaced) => {
            vec![Operator::ExternalSecrets, Operator::ProviderSql, Operator::ProviderKubernetes]
        }
        (Parameters::PostgreSql(_), Flavour::Claims) => {
            vec![Operator::ExternalSecrets, Operator::ProviderSql]
        }
        (Parameters::MessageQueue(_), _) => {
            vec![Operator::ExternalSecrets, Operator::MessagingTopology]
        }
        (Parameters::EventStream(own), _) if own.is_dedicated() => vec![Operator::ProviderKafka],
        (Parameters::EventStream(_), _) => vec![Operator::ExternalSecrets, Operator::ProviderKafka],
        (Parameters::Redis(_) | Parameters::ObjectStore(_), _) => Vec::new(),
    }
}

/// What a living resource without our annotation was probably accepted with.
pub fn infer(settings: &Settings, observed: &Observed) -> Result<Memory, ReadError> {
    match settings {
        Settings::PostgreSql(own) => postgresql::aws::infer(own, observed),
        Settings::Redis(own) => redis::aws::infer(own, observed),
        Settings::MessageQueue(own) => message_queue::aws::infer(own, observed),
        Settings::ObjectStore(own) => object_store::aws::infer(own, observed),
        Settings::EventStream(own) => event_stream::aws::infer(own, observed),
    }
}

/// What an accepted claim becomes.
pub fn compose(order: &Order<'_>) -> Result<Plan, ReadError> {
    match (&order.claim.parameters, &order.offering.settings) {
        (Parameters::PostgreSql(own), Settings::PostgreSql(settings)) => {
            postgresql::aws::compose(order, own, settings)
        }
        (Parameters::Redis(own), Settings::Redis(settings)) => {
            redis::aws::compose(order, own, settings)
        }
        (Parameters::MessageQueue(own), Settings::MessageQueue(settings)) => {
            message_queue::aws::compose(order, own, settings)
        }
        (Parameters::ObjectStore(own), Settings::ObjectStore(settings)) => {
            object_store::aws::compose(order, own, settings)
        }
        (Parameters::EventStream(own), Settings::EventStream(settings)) => {
            event_stream::aws::compose(order, own, settings)
        }
        // INVARIANT: the pipeline refuses an offering of another kind before it comes here; were
        // it not so, an empty plan keeps everything that exists.
        _ => Ok(Plan::default()),
    }
}
