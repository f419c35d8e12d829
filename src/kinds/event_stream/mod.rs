//! `EventStream`: a Kafka topic, on the environment's cluster or on one of its own.

pub mod aws;

use serde::Deserialize;

use super::Common;
use crate::claim::{Change, Form, Parameter};
use crate::credentials::identity::Wish;
use crate::guardrails;
use crate::outcome::{Class, OwnedKey, StatusField};

/// Key of a dedicated cluster.
pub(super) const CLUSTER: &str = "event-stream-cluster";
/// Key of the topic.
pub(super) const TOPIC: &str = "event-stream-topic";

/// Keys of the resources that hold data: the cluster where there is one, else the topic.
pub(super) const PRIMARIES: &[&str] = &[CLUSTER, TOPIC];

/// Key of the secret in AWS with a shared stream's login.
pub(super) const SCRAM_SECRET: &str = "event-stream-scram-secret";
/// Key of what tells a shared cluster of the login.
pub(super) const SCRAM_ASSOCIATION: &str = "event-stream-scram-association";

/// Keys of the resources of AWS that tell where a claim is.
pub(super) const PLACED: &[&str] = &[CLUSTER, SCRAM_SECRET];

/// Everything a claim may become.
pub(super) const KEYS: &[OwnedKey] = &[
    OwnedKey::new(CLUSTER, Class::Data),
    OwnedKey::new(TOPIC, Class::Data),
    OwnedKey::new("event-stream-configuration", Class::Data),
    OwnedKey::new("event-stream-security-group", Class::Data),
    OwnedKey::new("event-stream-log-group", Class::Data),
    OwnedKey::new("event-stream-kms-key", Class::Data),
    OwnedKey::new("event-stream-kafka-config", Class::Data),
    OwnedKey::new("event-stream-kafka-connection", Class::Data),
    OwnedKey::new("event-stream-login", Class::Data),
    OwnedKey::new("event-stream-scram-login", Class::Data),
    OwnedKey::new(SCRAM_SECRET, Class::Data),
    OwnedKey::new("event-stream-scram-version", Class::Data),
    OwnedKey::new(SCRAM_ASSOCIATION, Class::Data),
    OwnedKey::new("event-stream-credentials", Class::Data),
    OwnedKey::new("event-stream-acl-*", Class::Access),
    OwnedKey::new("event-stream-ingress-rule-*", Class::Access),
    OwnedKey::new("event-stream-policy", Class::Access),
    OwnedKey::new("event-stream-policy-attachment-*", Class::Access),
    OwnedKey::new("event-stream-role", Class::Access),
    OwnedKey::new("event-stream-pod-identity-*", Class::Access),
    OwnedKey::new("event-stream-service-account-*", Class::Access),
    // They have done their work once the password is there.
    OwnedKey::new("event-stream-login-*", Class::Derived),
    OwnedKey::new("event-stream-alarm-*", Class::Derived),
];

/// What its status says besides what every kind's does.
pub(super) const STATUS: &[StatusField] = &[
    StatusField { name: "topic", form: Form::Text, about: "Name of the topic in Kafka." },
    StatusField {
        name: "consumerGroups",
        form: Form::TextList,
        about: "Names of the consumer groups in Kafka.",
    },
    StatusField {
        name: "endpoint",
        form: Form::Text,
        about: "Bootstrap servers, separated by commas.",
    },
    StatusField {
        name: "roleArn",
        form: Form::Text,
        about: "ARN of the role whose pods may use a dedicated cluster.",
    },
    StatusField {
        name: "serviceAccountName",
        form: Form::Text,
        about: "ServiceAccount whose pods may use a dedicated cluster.",
    },
];

/// The services of AWS whose resources it is made of, as first parts of API groups.
pub(super) const SERVICES: &[&str] =
    &["cloudwatch", "cloudwatchlogs", "ec2", "eks", "iam", "kafka", "kms", "secretsmanager"];

/// Keys of the credentials Secret that both tenancies have. A shared stream adds `username` and
/// `password`, a dedicated one `role-arn` and `sasl.client.callback.handler.class`, and either
/// `consumer-groups` where it has some.
pub(super) const SECRET_KEYS: &[&str] = &[
    "type",
    "provider",
    "topic",
    "bootstrap.servers",
    "security.protocol",
    "sasl.mechanism",
    "sasl.jaas.config",
];

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
        change: Change::Allowed,
    },
    Parameter {
        name: "version",
        form: Form::Text,
        about: "Version of Kafka, in quotes, of a dedicated cluster; the catalogue's default when \
                left out.",
        change: Change::Allowed,
    },
    Parameter {
        name: "highAvailability",
        form: Form::Boolean,
        about: "Three zones instead of two for a dedicated cluster; the environment's default when \
                left out. AWS cannot change it later. A shared cluster has what the platform gave it.",
        change: Change::Allowed,
    },
    Parameter {
        name: "partitions",
        form: Form::Integer,
        about: "Partitions of the topic; the size's when left out. They only grow.",
        change: Change::Allowed,
    },
    Parameter {
        name: "retentionHours",
        form: Form::Integer,
        about: "Hours that events are kept; the environment's default when left out.",
        change: Change::Allowed,
    },
    Parameter {
        name: "cleanupPolicy",
        form: Form::OneOf { options: CLEANUP_POLICIES, default: "delete" },
        about: "What becomes of old events: delete when left out.",
        change: Change::Allowed,
    },
    Parameter {
        name: "tenancy",
        form: Form::OneOf { options: TENANCIES, default: "shared" },
        about: "A topic on the environment's shared cluster, which is the default, or a dedicated \
                cluster where the catalogue offers it.",
        change: Change::Never,
    },
    Parameter {
        name: "access",
        form: Form::Object(ACCESS),
        about: "What the application may do.",
        change: Change::Allowed,
    },
];

const ACCESS: &[Parameter] = &[
    Parameter {
        name: "produce",
        form: Form::Boolean,
        about: "It may write events; true when left out.",
        change: Change::Allowed,
    },
    Parameter {
        name: "consumerGroups",
        form: Form::TextList,
        about: "Consumer groups by which it may read events; none when left out. Their names in \
                Kafka begin with the topic's.",
        change: Change::Allowed,
    },
    Parameter {
        name: "serviceAccountName",
        form: Form::Shaped(&guardrails::SERVICE_ACCOUNT_NAME),
        about: "ServiceAccount whose pods may use a dedicated cluster; the claim's name when left \
                out.",
        change: Change::Allowed,
    },
    Parameter {
        name: "createServiceAccount",
        form: Form::Boolean,
        about: "Create the ServiceAccount; when left out, only if serviceAccountName is left out \
                and none of the name exists.",
        change: Change::Allowed,
    },
    Parameter {
        name: "joinIdentityOf",
        form: Form::Text,
        about: "Another claim of this namespace whose identity may use a dedicated cluster: the \
                name of an EventStream, or Kind/name.",
        change: Change::Allowed,
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
