//! `PostgreSQLInstance`: a PostgreSQL database.

pub mod aws;

use serde::Deserialize;

use super::Common;
use crate::backends::managed::Lifetime;
use crate::claim::{Change, Form, Parameter};
use crate::guardrails;
use crate::outcome::{Class, OwnedKey, Reason, Resource, SecretKey, StatusField};

/// Key of the resource that holds the data.
pub(super) const PRIMARY: &str = "postgresql-instance";

/// Everything a claim may become.
pub(super) const KEYS: &[OwnedKey] = &[
    OwnedKey::new(PRIMARY, Class::Data, Resource::aws("rds", "Instance"), "the server: private, encrypted, backed up, patched by itself, with Performance Insights, enhanced monitoring and IAM authentication").staying(Lifetime::WithData),
    OwnedKey::new("postgresql-subnet-group", Class::Data, Resource::aws("rds", "SubnetGroup"), "the environment's private subnets").staying(Lifetime::WithData),
    OwnedKey::new("postgresql-security-group", Class::Data, Resource::aws("ec2", "SecurityGroup"), "who may connect").staying(Lifetime::WithData),
    OwnedKey::new("postgresql-log-group-*", Class::Data, Resource::aws("cloudwatchlogs", "Group"), "the server's log and that of upgrades, with the environment's retention").staying(Lifetime::WithData),
    OwnedKey::new("postgresql-kms-key", Class::Data, Resource::aws("kms", "Key"), "the claim's own key, where each claim has one").staying(Lifetime::Forever),
    OwnedKey::new("postgresql-master-secret", Class::Data, Resource::Each { namespaced: "Object.kubernetes.m.crossplane.io", claims: "ExternalSecret.external-secrets.io" }, "the administrator's password, which RDS makes and rotates, for the platform's namespace alone"),
    OwnedKey::new("postgresql-sql-config", Class::Data, Resource::Each { namespaced: "Object.kubernetes.m.crossplane.io", claims: "ProviderConfig.postgresql.sql.crossplane.io" }, "how provider-sql reaches the server"),
    OwnedKey::new("postgresql-role", Class::Data, Resource::crossplane("postgresql.sql", "Role"), "the application's role, which may use its database and nothing else").staying(Lifetime::Forever),
    OwnedKey::new("postgresql-database", Class::Data, Resource::crossplane("postgresql.sql", "Database"), "the application's database").staying(Lifetime::Forever),
    // Not access: provider-sql is never asked to revoke them, so their going would only hide.
    OwnedKey::new("postgresql-grant-*", Class::Data, Resource::crossplane("postgresql.sql", "Grant"), "what the role may do in the database and its schema").staying(Lifetime::Forever),
    OwnedKey::new("postgresql-credentials", Class::Data, Resource::Same("Secret"), "the credentials Secret"),
    OwnedKey::new("postgresql-ingress-rule-*", Class::Access, Resource::aws("ec2", "SecurityGroupIngressRule"), "lets the environment's clients in, and nobody else"),
    OwnedKey::new("postgresql-parameter-group-*", Class::Derived, Resource::aws("rds", "ParameterGroup"), "TLS for every connection, and a log of changed schemas and slow statements").staying(Lifetime::WithData),
    OwnedKey::new("postgresql-alarm-*", Class::Derived, Resource::aws("cloudwatch", "MetricAlarm"), "CPU, memory, free storage, connections"),
    // An extension that is no longer asked for stays in the database: dropping it drops data.
    OwnedKey::new("postgresql-extension-*", Class::Derived, Resource::crossplane("postgresql.sql", "Extension"), "an extension that the claim asks for").staying(Lifetime::Forever),
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
pub(super) const SECRET_KEYS: &[SecretKey] = &[
    SecretKey::new("type", "`postgresql`"),
    SecretKey::new("provider", "who provides it: the claim's `provider` label"),
    SecretKey::new("host", "the server"),
    SecretKey::new("port", "its port"),
    SecretKey::new("database", "the database"),
    SecretKey::new("username", "the application's role"),
    SecretKey::new("password", "the role's password, which does not rotate"),
    SecretKey::new("sslmode", "`verify-full` where there is `ca.crt`, else `require`"),
    SecretKey::new(
        "uri",
        "`postgresql://USER:PASSWORD@HOST:PORT/DATABASE`, escaped, with the TLS mode",
    ),
    SecretKey::new("jdbc-uri", "`jdbc:postgresql://…`, escaped, with user, password and TLS mode"),
    SecretKey::sometimes(
        "ca.crt",
        "certificates that verify the server",
        "where the catalogue has the certificates of RDS",
    ),
];

/// Reasons of the condition `CredentialsReady` that only it has.
pub(super) const REASONS: &[Reason] = &[
    Reason::new("WaitingForServer", "AWS creates the server, and then reports its address"),
    Reason::new(
        "WaitingForAdministrator",
        "External Secrets Operator fetches the administrator's password, which RDS makes",
    ),
    Reason::new("WaitingForConfiguration", "provider-sql gets its access to the server"),
    Reason::new(
        "WaitingForRole",
        "provider-sql creates the application's role, and then tells its password",
    ),
    Reason::new(
        "PasswordUnknown",
        "the role exists, and nobody knows its password any more; the message says whom to contact",
    ),
];

/// The parameters that a claim may set.
pub(super) const PARAMETERS: &[Parameter] = &[
    Parameter {
        name: "size",
        form: Form::Text,
        about: "How large the server is: one of the catalogue's sizes.",
        omitted: "",
        change: Change::Allowed("in the maintenance window; storage never shrinks"),
    },
    Parameter {
        name: "version",
        form: Form::Text,
        about: "Major version of PostgreSQL, in quotes.",
        omitted: "the catalogue's default",
        change: Change::Allowed("up only, along the catalogue's paths"),
    },
    Parameter {
        name: "highAvailability",
        form: Form::Boolean,
        about: "A standby in another zone.",
        omitted: "the environment's default",
        change: Change::Allowed("in the maintenance window"),
    },
    Parameter {
        name: "databaseName",
        form: Form::Shaped(&guardrails::DATABASE_NAME),
        about: "Name of the database.",
        omitted: "the claim's name with underscores",
        change: Change::Never,
    },
    Parameter {
        name: "storageGB",
        form: Form::Integer,
        about: "Storage in GB to begin with. It grows by itself.",
        omitted: "the size's",
        change: Change::Allowed("up only"),
    },
    Parameter {
        name: "backupRetentionDays",
        form: Form::Integer,
        about: "Days that backups are kept.",
        omitted: "the environment's default",
        change: Change::Allowed("at once"),
    },
    Parameter {
        name: "maintenanceWindow",
        form: Form::Shaped(&guardrails::MAINTENANCE_WINDOW),
        about: "When AWS may restart it, in UTC: sun:03:30-sun:04:30.",
        omitted: "",
        change: Change::Allowed("at once"),
    },
    Parameter {
        name: "extensions",
        form: Form::TextList,
        about: "Extensions to create in the database, from the catalogue's list.",
        omitted: "",
        change: Change::Allowed("more can be added; what was created stays in the database"),
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
