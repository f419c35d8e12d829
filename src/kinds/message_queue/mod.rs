//! `MessageQueue`: a RabbitMQ broker, and a virtual host in it.

pub mod aws;

use serde::Deserialize;

use super::Common;
use crate::claim::{Change, Form, Parameter};
use crate::guardrails;
use crate::outcome::{Class, OwnedKey, StatusField};

/// Key of the resource that holds the data.
pub(super) const PRIMARY: &str = "message-queue-broker";

/// Everything a claim may become.
pub(super) const KEYS: &[OwnedKey] = &[
    OwnedKey::new(PRIMARY, Class::Data),
    OwnedKey::new("message-queue-configuration-*", Class::Data),
    OwnedKey::new("message-queue-security-group", Class::Data),
    OwnedKey::new("message-queue-log-group-*", Class::Data),
    OwnedKey::new("message-queue-administrator", Class::Data),
    OwnedKey::new("message-queue-recovery-*", Class::Data),
    OwnedKey::new("message-queue-connection", Class::Data),
    OwnedKey::new("message-queue-login", Class::Data),
    OwnedKey::new("message-queue-vhost", Class::Data),
    OwnedKey::new("message-queue-user", Class::Data),
    OwnedKey::new("message-queue-credentials", Class::Data),
    OwnedKey::new("message-queue-permission", Class::Access),
    OwnedKey::new("message-queue-ingress-rule-*", Class::Access),
    OwnedKey::new("message-queue-management-rule-*", Class::Access),
    // They have done their work once the password is there.
    OwnedKey::new("message-queue-administrator-*", Class::Derived),
    OwnedKey::new("message-queue-login-*", Class::Derived),
    OwnedKey::new("message-queue-alarm-*", Class::Derived),
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
pub(super) const SECRET_KEYS: &[&str] =
    &["type", "provider", "host", "port", "vhost", "username", "password", "uri", "tls"];

/// The parameters that a claim may set.
pub(super) const PARAMETERS: &[Parameter] = &[
    Parameter {
        name: "size",
        form: Form::Text,
        about: "How large the broker is: one of the catalogue's sizes.",
        change: Change::Allowed,
    },
    Parameter {
        name: "version",
        form: Form::Text,
        about: "Version of RabbitMQ, in quotes; the catalogue's default when left out.",
        change: Change::Allowed,
    },
    Parameter {
        name: "highAvailability",
        form: Form::Boolean,
        about: "Three nodes in three zones; the environment's default when left out. AWS cannot \
                change it later.",
        change: Change::Allowed,
    },
    Parameter {
        name: "vhost",
        form: Form::Shaped(&guardrails::VHOST_NAME),
        about: "Name of the virtual host; the claim's name when left out.",
        change: Change::Never,
    },
    Parameter {
        name: "maintenanceWindow",
        form: Form::Shaped(&guardrails::MAINTENANCE_WINDOW),
        about: "When AWS may restart it, in UTC: sun:03:00-sun:05:00. AWS takes two hours from its \
                beginning.",
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
