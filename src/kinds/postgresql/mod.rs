//! `PostgreSQLInstance`: a PostgreSQL database.

pub mod aws;

use serde::Deserialize;

use super::Common;
use crate::claim::{Change, Form, Parameter};
use crate::guardrails;
use crate::outcome::{Class, OwnedKey, StatusField};

/// Key of the resource that holds the data.
pub(super) const PRIMARY: &str = "postgresql-instance";

/// Everything a claim may become.
pub(super) const KEYS: &[OwnedKey] = &[
    OwnedKey::new(PRIMARY, Class::Data),
    OwnedKey::new("postgresql-subnet-group", Class::Data),
    OwnedKey::new("postgresql-security-group", Class::Data),
    OwnedKey::new("postgresql-log-group-*", Class::Data),
    OwnedKey::new("postgresql-kms-key", Class::Data),
    OwnedKey::new("postgresql-master-secret", Class::Data),
    OwnedKey::new("postgresql-sql-config", Class::Data),
    OwnedKey::new("postgresql-role", Class::Data),
    OwnedKey::new("postgresql-database", Class::Data),
    // Not access: provider-sql is never asked to revoke them, so their going would only hide.
    OwnedKey::new("postgresql-grant-*", Class::Data),
    OwnedKey::new("postgresql-credentials", Class::Data),
    OwnedKey::new("postgresql-ingress-rule-*", Class::Access),
    OwnedKey::new("postgresql-parameter-group-*", Class::Derived),
    OwnedKey::new("postgresql-alarm-*", Class::Derived),
    // An extension that is no longer asked for stays in the database: dropping it drops data.
    OwnedKey::new("postgresql-extension-*", Class::Derived),
];

/// What the keys of extensions begin with.
const EXTENSION_PREFIX: &str = "postgresql-extension-";

/// What its status says besides what every kind's does.
pub(super) const STATUS: &[StatusField] = &[
    StatusField { name: "endpoint", form: Form::Text, about: "Host that clients connect to." },
    StatusField { name: "port", form: Form::Integer, about: "Port that clients connect to." },
];

/// The services of AWS whose resources it is made of, as first parts of API groups.
pub(super) const SERVICES: &[&str] = &["cloudwatch", "cloudwatchlogs", "ec2", "kms", "rds"];

/// Keys of the credentials Secret.
pub(super) const SECRET_KEYS: &[&str] = &[
    "type", "provider", "host", "port", "database", "username", "password", "sslmode", "uri",
    "jdbc-uri",
];

/// The parameters that a claim may set.
pub(super) const PARAMETERS: &[Parameter] = &[
    Parameter {
        name: "size",
        form: Form::Text,
        about: "How large the server is: one of the catalogue's sizes.",
        change: Change::Allowed,
    },
    Parameter {
        name: "version",
        form: Form::Text,
        about: "Major version of PostgreSQL, in quotes; the catalogue's default when left out.",
        change: Change::Allowed,
    },
    Parameter {
        name: "highAvailability",
        form: Form::Boolean,
        about: "A standby in another zone; the environment's default when left out.",
        change: Change::Allowed,
    },
    Parameter {
        name: "databaseName",
        form: Form::Shaped(&guardrails::DATABASE_NAME),
        about: "Name of the database; the claim's name with underscores when left out.",
        change: Change::Never,
    },
    Parameter {
        name: "storageGB",
        form: Form::Integer,
        about: "Storage in GB to begin with; the size's when left out. It grows by itself.",
        change: Change::Allowed,
    },
    Parameter {
        name: "backupRetentionDays",
        form: Form::Integer,
        about: "Days that backups are kept; the environment's default when left out.",
        change: Change::Allowed,
    },
    Parameter {
        name: "maintenanceWindow",
        form: Form::Shaped(&guardrails::MAINTENANCE_WINDOW),
        about: "When AWS may restart it, in UTC: sun:03:30-sun:04:30.",
        change: Change::Allowed,
    },
    Parameter {
        name: "extensions",
        form: Form::TextList,
        about: "Extensions to create in the database, from the catalogue's list.",
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
    /// A standby in another zone.
    pub high_availability: Option<bool>,
    /// Name of the database.
    pub database_name: Option<String>,
    /// Storage in GB to begin with.
    #[serde(rename = "storageGB")]
    pub storage_gb: Option<i64>,
    /// Days that backups are kept.
    pub backup_retention_days: Option<i64>,
    /// When AWS may restart it.
    pub maintenance_window: Option<String>,
    /// Extensions to create.
    pub extensions: Vec<String>,
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

    /// Name of the database of the claim called `claim`, asked for or not.
    pub fn database(&self, claim: &str) -> String {
        self.database_name.clone().unwrap_or_else(|| default_database(claim))
    }
}

/// Name of the database of a claim that names none.
pub(super) fn default_database(claim: &str) -> String {
    claim.replace('-', "_")
}
