//! The kinds on offer, and what each of them must say for itself.
//!
//! A closed enum with exhaustive matches: a further kind is one new folder and what the
//! compiler then asks for in this file.

mod asked;
pub mod event_stream;
mod kind;
pub mod message_queue;
pub mod object_store;
pub mod postgresql;
pub mod redis;
#[cfg(feature = "cli")]
pub mod told;

pub use asked::{
    Number, consumer_groups, database_name, declines_versioning, default_of, extensions,
    living_partitions, living_storage_gb, maintenance_minutes, moved_cluster, numbers, partitions,
    storage_gb, tenancy, unused_identity, vhost, windows,
};
pub use kind::Kind;

use crate::backends::{Operator, Order};
use crate::catalog::{Environment, Problems, Versions};
use crate::claim::Claim;
use crate::credentials::identity::Wish;
use crate::guardrails::Memory;
use crate::observed::{Observed, ReadError};
use crate::outcome::Plan;
use crate::wire::{self, Struct};

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

    /// Every list of versions, with the engine that it is for where there are several.
    pub fn version_lists(&self) -> Vec<(Option<&'static str>, &Versions)> {
        match self {
            Self::PostgreSql(own) => vec![(None, &own.versions)],
            Self::Redis(own) => vec![(Some("redis"), &own.redis), (Some("valkey"), &own.valkey)],
            Self::MessageQueue(own) => vec![(None, &own.versions)],
            Self::ObjectStore(_) => Vec::new(),
            Self::EventStream(own) => {
                own.dedicated.iter().map(|own| (Some("dedicated"), &own.versions)).collect()
            }
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
    let mut operators = claim.kind.operators(claim.flavour).to_vec();
    if let Parameters::EventStream(own) = &claim.parameters
        && own.is_dedicated()
    {
        // Its cluster knows applications by their identity: there is no password.
        operators.retain(|operator| *operator != Operator::ExternalSecrets);
    }
    operators
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
