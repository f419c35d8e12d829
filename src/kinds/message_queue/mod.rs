//! `MessageQueue`: a RabbitMQ broker, and a virtual host in it.

pub mod aws;

use serde::Deserialize;

use super::Common;
use crate::backends::managed::Lifetime;
use crate::claim::{Change, Form, Parameter};
use crate::guardrails;
use crate::outcome::{Class, OwnedKey, Reason, Resource, SecretKey, StatusField};

/// Key of the resource that holds the data.
pub(super) const PRIMARY: &str = "message-queue-broker";

/// Everything a claim may become.
pub(super) const KEYS: &[OwnedKey] = &[
    OwnedKey::new(PRIMARY, Class::Data, Resource::aws("mq", "Broker"), "the broker: private, with logs, patches by themselves, one administrator").staying(Lifetime::WithData),
    OwnedKey::new("message-queue-configuration-*", Class::Data, Resource::aws("mq", "Configuration"), "RabbitMQ's settings for the version: AWS's own recommendations, written down").staying(Lifetime::WithData),
    OwnedKey::new("message-queue-security-group", Class::Data, Resource::aws("ec2", "SecurityGroup"), "who may connect").staying(Lifetime::WithData),
    OwnedKey::new("message-queue-log-group-*", Class::Data, Resource::aws("cloudwatchlogs", "Group"), "the broker's log, with the environment's retention, once the broker has an id").staying(Lifetime::WithData),
    OwnedKey::new("message-queue-administrator", Class::Data, Resource::Same("Secret"), "the administrator's password"),
    OwnedKey::new("message-queue-recovery-secret", Class::Data, Resource::aws("secretsmanager", "Secret"), "a place in AWS Secrets Manager, under the environment's key").staying(Lifetime::WithData),
    OwnedKey::new("message-queue-recovery-*", Class::Data, Resource::aws("secretsmanager", "SecretVersion"), "a copy of the administrator's password in it").staying(Lifetime::WithData),
    OwnedKey::new("message-queue-connection", Class::Data, Resource::Same("Secret"), "how the topology operator reaches the broker"),
    OwnedKey::new("message-queue-login", Class::Data, Resource::Same("Secret"), "the application's password"),
    OwnedKey::new("message-queue-vhost", Class::Data, Resource::Same("Vhost.rabbitmq.com"), "the application's virtual host, with quorum queues by default; its queues stay as long as the broker"),
    OwnedKey::new("message-queue-user", Class::Data, Resource::Same("User.rabbitmq.com"), "the application's user"),
    OwnedKey::new("message-queue-credentials", Class::Data, Resource::Same("Secret"), "the credentials Secret"),
    OwnedKey::new("message-queue-permission", Class::Access, Resource::Same("Permission.rabbitmq.com"), "lets the user do everything in the virtual host, and nothing elsewhere"),
    OwnedKey::new("message-queue-ingress-rule-*", Class::Access, Resource::aws("ec2", "SecurityGroupIngressRule"), "lets the environment's clients in on 5671 (AMQP over TLS), and nobody else"),
    OwnedKey::new("message-queue-management-rule-*", Class::Access, Resource::aws("ec2", "SecurityGroupIngressRule"), "lets them in on 443 (management API) while the topology operator works there; AWS deletes it with its security group").staying(Lifetime::Forever),
    // They have done their work once the password is there.
    OwnedKey::new("message-queue-administrator-generator", Class::Derived, Resource::Same("Password.generators.external-secrets.io"), "generates the administrator's password, and goes when it is there"),
    OwnedKey::new("message-queue-administrator-*", Class::Derived, Resource::Same("ExternalSecret.external-secrets.io"), "fills it into its Secret, and goes then"),
    OwnedKey::new("message-queue-login-generator", Class::Derived, Resource::Same("Password.generators.external-secrets.io"), "generates the application's password, and goes when it is there"),
    OwnedKey::new("message-queue-login-*", Class::Derived, Resource::Same("ExternalSecret.external-secrets.io"), "fills it into its Secret, and goes then"),
    OwnedKey::new("message-queue-alarm-*", Class::Derived, Resource::aws("cloudwatch", "MetricAlarm"), "CPU, memory, free disk, messages that pile up"),
];

/// What its status says besides what every kind's does.
pub(super) const STATUS: &[StatusField] = &[
    StatusField { name: "endpoint", form: Form::Text, about: "Host that clients connect to." },
    StatusField { name: "port", form: Form::Integer, about: "Port that clients connect to." },
    StatusField { name: "vhost", form: Form::Text, about: "Virtual host of the application." },
];

/// The services of AWS whose resources it is made of, as first parts of API groups.
pub(super) const SERVICES: &[&str] =
    &["cloudwatch", "cloudwatchlogs", "ec2", "mq", "secretsmanager"];

/// Keys of the credentials Secret.
pub(super) const SECRET_KEYS: &[SecretKey] = &[
    SecretKey::new("type", "`rabbitmq`"),
    SecretKey::new("provider", "who provides it: the claim's `provider` label"),
    SecretKey::new("host", "the broker, whose certificate a public authority signed"),
    SecretKey::new("port", "its port, for AMQP over TLS"),
    SecretKey::new("vhost", "the virtual host"),
    SecretKey::new("username", "the application's user"),
    SecretKey::new("password", "the user's password, which does not rotate"),
    SecretKey::new("uri", "`amqps://USER:PASSWORD@HOST:PORT/VHOST`, escaped"),
    SecretKey::new("tls", "`true`: no other connection is taken"),
];

/// Reasons of the condition `CredentialsReady` that only it has.
pub(super) const REASONS: &[Reason] = &[
    Reason::new("WaitingForPassword", "External Secrets Operator generates a password"),
    Reason::new(
        "WaitingForZones",
        "the catalogue names no private subnet in a third zone; the message says whom to contact",
    ),
    Reason::new("WaitingForConfiguration", "AWS creates the broker's configuration"),
    Reason::new(
        "WaitingForEndpoint",
        "AWS creates the broker, which takes about a quarter of an hour",
    ),
    Reason::new("WaitingForConnection", "the topology operator gets its access to the broker"),
    Reason::new(
        "WaitingForUser",
        "the topology operator creates virtual host, user and permission",
    ),
    Reason::new(
        "PasswordUnknown",
        "a password is in use that nobody knows any more; the message says whom to contact",
    ),
];

/// The parameters that a claim may set.
pub(super) const PARAMETERS: &[Parameter] = &[
    Parameter {
        name: "size",
        form: Form::Text,
        about: "How large the broker is: one of the catalogue's sizes.",
        omitted: "",
        change: Change::Allowed("in the maintenance window"),
    },
    Parameter {
        name: "version",
        form: Form::Text,
        about: "Version of RabbitMQ, in quotes.",
        omitted: "the catalogue's default",
        change: Change::Allowed("up only, along the catalogue's paths"),
    },
    Parameter {
        name: "highAvailability",
        form: Form::Boolean,
        about: "Three nodes in three zones. AWS cannot change it later.",
        omitted: "the environment's default",
        change: Change::Allowed("never: AWS cannot"),
    },
    Parameter {
        name: "vhost",
        form: Form::Shaped(&guardrails::VHOST_NAME),
        about: "Name of the virtual host.",
        omitted: "the claim's name",
        change: Change::Never,
    },
    Parameter {
        name: "maintenanceWindow",
        form: Form::Shaped(&guardrails::MAINTENANCE_WINDOW),
        about: "When AWS may restart it, in UTC: sun:03:00-sun:05:00. AWS takes two hours from its beginning.",
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
    /// Three nodes in three zones.
    pub high_availability: Option<bool>,
    /// Name of the virtual host.
    pub vhost: Option<String>,
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

    /// Name of the virtual host of the claim called `claim`, asked for or not.
    pub fn vhost<'a>(&'a self, claim: &'a str) -> &'a str {
        self.vhost.as_deref().unwrap_or(claim)
    }
}
