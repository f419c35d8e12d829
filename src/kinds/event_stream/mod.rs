//! `EventStream`: a Kafka topic, on the environment's cluster or on one of its own.

pub mod aws;
mod keys;

use serde::Deserialize;

pub(super) use self::keys::{
    CLUSTER, KEYS, PLACED, PRIMARIES, REASONS, SCRAM_ASSOCIATION, SCRAM_SECRET, SECRET_KEYS,
    SERVICES, STATUS, TOPIC,
};
use super::Common;
use crate::claim::{Change, Form, Parameter};
use crate::credentials::identity::Wish;
use crate::guardrails;

/// Names of the parameter `cleanupPolicy`: Kafka's own `cleanup.policy`.
const CLEANUP_POLICIES: &[&str] = &["compact", "compact,delete", "delete"];

/// Names of the parameter `tenancy`.
const TENANCIES: &[&str] = &["dedicated", "shared"];

/// The parameters that a claim may set.
pub(super) const PARAMETERS: &[Parameter] = &[
    Parameter {
        name: "size",
        form: Form::Text,
        about: "How much is expected: one of the catalogue's sizes.",
        omitted: "",
        change: Change::Allowed("at once; partitions and disks never shrink"),
    },
    Parameter {
        name: "version",
        form: Form::Text,
        about: "Version of Kafka, in quotes, of a dedicated cluster.",
        omitted: "the catalogue's default",
        change: Change::Allowed("up only, along the catalogue's paths"),
    },
    Parameter {
        name: "highAvailability",
        form: Form::Boolean,
        about: "Three zones instead of two for a dedicated cluster. AWS cannot change it later. A shared cluster has what the platform gave it.",
        omitted: "the environment's default",
        change: Change::Allowed("never: AWS cannot"),
    },
    Parameter {
        name: "partitions",
        form: Form::Integer,
        about: "Partitions of the topic. They only grow.",
        omitted: "the size's",
        change: Change::Allowed("up only"),
    },
    Parameter {
        name: "retentionHours",
        form: Form::Integer,
        about: "Hours that events are kept.",
        omitted: "the environment's default",
        change: Change::Allowed("at once; fewer hours delete older events"),
    },
    Parameter {
        name: "cleanupPolicy",
        form: Form::OneOf { options: CLEANUP_POLICIES, default: "delete" },
        about: "What becomes of old events.",
        omitted: "delete",
        change: Change::Allowed("at once"),
    },
    Parameter {
        name: "tenancy",
        form: Form::OneOf { options: TENANCIES, default: "shared" },
        about: "A topic on the environment's shared cluster, which is the default, or a dedicated cluster where the catalogue offers it.",
        omitted: "",
        change: Change::Never,
    },
    Parameter {
        name: "access",
        form: Form::Object(ACCESS),
        about: "What the application may do.",
        omitted: "",
        change: Change::Allowed("at once"),
    },
];

const ACCESS: &[Parameter] = &[
    Parameter {
        name: "produce",
        form: Form::Boolean,
        about: "It may write events.",
        omitted: "true",
        change: Change::Allowed("at once"),
    },
    Parameter {
        name: "consumerGroups",
        form: Form::TextList,
        about: "Consumer groups by which it may read events. Their names in Kafka begin with the topic's.",
        omitted: "none",
        change: Change::Allowed("at once; a group that is taken out loses exactly its access"),
    },
    Parameter {
        name: "serviceAccountName",
        form: Form::Shaped(&guardrails::SERVICE_ACCOUNT_NAME),
        about: "ServiceAccount whose pods may use a dedicated cluster.",
        omitted: "the claim's name",
        change: Change::Allowed("at once"),
    },
    Parameter {
        name: "createServiceAccount",
        form: Form::Boolean,
        about: "Create the ServiceAccount; when left out, only if serviceAccountName is left out and none of the name exists.",
        omitted: "",
        change: Change::Allowed("at once"),
    },
    Parameter {
        name: "joinIdentityOf",
        form: Form::Text,
        about: "Another claim of this namespace whose identity may use a dedicated cluster: the name of an EventStream, or Kind/name.",
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
    /// One of the catalogue's versions.
    pub version: Option<String>,
    /// Three zones.
    pub high_availability: Option<bool>,
    /// Partitions of the topic.
    pub partitions: Option<i64>,
    /// Hours that events are kept.
    pub retention_hours: Option<i64>,
    /// One of the policies that the table of parameters lists.
    pub cleanup_policy: Option<String>,
    /// Whose cluster it is.
    pub tenancy: Option<Tenancy>,
    /// What the application may do.
    pub access: Access,
}

/// Whose cluster a stream is on.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Tenancy {
    /// The environment's.
    #[default]
    Shared,
    /// Its own.
    Dedicated,
}

impl Tenancy {
    /// Its name, as a claim says it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Shared => "shared",
            Self::Dedicated => "dedicated",
        }
    }
}

/// What the application may do, and who it is.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Access {
    /// It may write events.
    pub produce: Option<bool>,
    /// Consumer groups by which it may read.
    pub consumer_groups: Vec<String>,
    /// ServiceAccount whose pods may use a dedicated cluster.
    pub service_account_name: Option<String>,
    /// Create the ServiceAccount.
    pub create_service_account: Option<bool>,
    /// Another claim whose identity may use a dedicated cluster.
    pub join_identity_of: Option<String>,
}

impl Access {
    /// Whether it may write events.
    pub fn produces(&self) -> bool {
        self.produce.unwrap_or(true)
    }

    /// The parameters that say whose identity is meant, as far as they are set.
    pub fn identity_parameters(&self) -> Vec<&'static str> {
        [
            ("createServiceAccount", self.create_service_account.is_some()),
            ("joinIdentityOf", self.join_identity_of.is_some()),
            ("serviceAccountName", self.service_account_name.is_some()),
        ]
        .into_iter()
        .filter_map(|(name, is_set)| is_set.then_some(name))
        .collect()
    }

    /// Whose identity is meant.
    pub fn wish(&self) -> Wish<'_> {
        Wish {
            service_account: self.service_account_name.as_deref(),
            create: self.create_service_account,
            join: self.join_identity_of.as_deref(),
        }
    }
}

/// Most consumer groups of a claim. Each is a line of up to 350 characters in a policy, and IAM has
/// room for 6144 in all (IAM user guide, "IAM and AWS STS quotas").
pub(crate) const GROUPS: usize = 10;

/// Most characters of a consumer group: Kafka sets no limit, and the name goes into keys, ARNs
/// and lists.
pub(crate) const GROUP_CHARACTERS: usize = 100;

/// Whether `name` has the shape of a topic's name in Kafka, and at most so many `characters`:
/// letters, digits, `.`, `-` and `_`. No wildcard is among them.
pub(crate) fn is_kafka_name(name: &str, characters: usize) -> bool {
    (1..=characters).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
}

impl Parameters {
    /// Whose cluster it is on.
    pub fn tenancy(&self) -> Tenancy {
        self.tenancy.unwrap_or_default()
    }

    /// Whether it has a cluster of its own.
    pub fn is_dedicated(&self) -> bool {
        self.tenancy() == Tenancy::Dedicated
    }

    /// What all kinds have.
    pub fn common(&self) -> Common<'_> {
        Common {
            size: self.size.as_deref(),
            version: self.version.as_deref(),
            high_availability: self.high_availability,
        }
    }
}
