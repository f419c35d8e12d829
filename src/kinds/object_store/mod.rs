//! `ObjectStore`: a bucket, and an identity that may use it.

pub mod aws;

use serde::Deserialize;

use super::Common;
use crate::claim::{Change, Form, Parameter};
use crate::credentials::identity::Wish;
use crate::guardrails;
use crate::outcome::{Class, OwnedKey, StatusField};

/// Key of the resource that holds the data.
pub(super) const PRIMARY: &str = "object-store-bucket";

/// Everything a claim may become.
pub(super) const KEYS: &[OwnedKey] = &[
    OwnedKey::new(PRIMARY, Class::Data),
    OwnedKey::new("object-store-ownership-controls", Class::Data),
    OwnedKey::new("object-store-public-access-block", Class::Data),
    OwnedKey::new("object-store-encryption", Class::Data),
    OwnedKey::new("object-store-versioning", Class::Data),
    OwnedKey::new("object-store-lifecycle", Class::Data),
    OwnedKey::new("object-store-logging", Class::Data),
    OwnedKey::new("object-store-bucket-policy", Class::Data),
    OwnedKey::new("object-store-kms-key", Class::Data),
    OwnedKey::new("object-store-credentials", Class::Data),
    OwnedKey::new("object-store-policy", Class::Access),
    OwnedKey::new("object-store-policy-attachment-*", Class::Access),
    OwnedKey::new("object-store-role", Class::Access),
    OwnedKey::new("object-store-pod-identity-*", Class::Access),
    OwnedKey::new("object-store-service-account-*", Class::Access),
    OwnedKey::new("object-store-alarm-*", Class::Derived),
];

/// What its status says besides what every kind's does.
pub(super) const STATUS: &[StatusField] = &[
    StatusField { name: "bucket", form: Form::Text, about: "Name of the bucket." },
    StatusField { name: "endpoint", form: Form::Text, about: "URL of S3 in the bucket's region." },
    StatusField {
        name: "roleArn",
        form: Form::Text,
        about: "ARN of the role whose pods may use the bucket.",
    },
    StatusField {
        name: "serviceAccountName",
        form: Form::Text,
        about: "ServiceAccount whose pods may use the bucket.",
    },
];

/// The services of AWS whose resources it is made of, as first parts of API groups.
pub(super) const SERVICES: &[&str] = &["cloudwatch", "eks", "iam", "kms", "s3"];

/// Keys of the credentials Secret.
pub(super) const SECRET_KEYS: &[&str] =
    &["type", "provider", "bucket", "region", "host", "endpoint", "uri", "role-arn"];

/// Names of the parameter `access.mode`.
const MODES: &[&str] = &["read-only", "read-write"];

/// The parameters that a claim may set.
pub(super) const PARAMETERS: &[Parameter] = &[
    Parameter {
        name: "size",
        form: Form::Text,
        about: "How much data is expected: one of the catalogue's sizes. An alarm rings above it.",
        change: Change::Allowed,
    },
    Parameter {
        name: "highAvailability",
        form: Form::Boolean,
        about: "Always satisfied: S3 keeps every object in three zones.",
        change: Change::Allowed,
    },
    Parameter {
        name: "versioning",
        form: Form::Boolean,
        about: "Keep former versions of objects; true when left out. An environment may require it.",
        change: Change::Allowed,
    },
    Parameter {
        name: "expireAfterDays",
        form: Form::Integer,
        about: "Delete objects after so many days; never when left out. Where versions are kept, \
                a deleted object can be restored for as long as the environment keeps them.",
        change: Change::Allowed,
    },
    Parameter {
        name: "archiveAfterDays",
        form: Form::Integer,
        about: "Move objects to S3 Glacier Instant Retrieval after so many days, where they can be \
                read at once; never when left out.",
        change: Change::Allowed,
    },
    Parameter {
        name: "access",
        form: Form::Object(ACCESS),
        about: "Who may use the bucket.",
        change: Change::Allowed,
    },
];

const ACCESS: &[Parameter] = &[
    Parameter {
        name: "serviceAccountName",
        form: Form::Shaped(&guardrails::SERVICE_ACCOUNT_NAME),
        about: "ServiceAccount whose pods may use the bucket; the claim's name when left out.",
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
        name: "mode",
        form: Form::OneOf { options: MODES, default: "read-write" },
        about: "What it may do; read-write when left out.",
        change: Change::Allowed,
    },
    Parameter {
        name: "joinIdentityOf",
        form: Form::Text,
        about: "Another claim of this namespace whose identity may use this bucket too: the name of an \
                ObjectStore, or Kind/name.",
        change: Change::Allowed,
    },
];

/// The parameters of a claim.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Parameters {
    /// One of the catalogue's sizes.
    pub size: Option<String>,
    /// Always satisfied.
    pub high_availability: Option<bool>,
    /// Keep former versions of objects.
    pub versioning: Option<bool>,
    /// Delete objects after so many days.
    pub expire_after_days: Option<i64>,
    /// Move objects to cheaper storage after so many days.
    pub archive_after_days: Option<i64>,
    /// Who may use the bucket.
    pub access: Access,
}

/// Who may use a bucket.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Access {
    /// ServiceAccount whose pods may use the bucket.
    pub service_account_name: Option<String>,
    /// Create the ServiceAccount.
    pub create_service_account: Option<bool>,
    /// What it may do.
    pub mode: Option<Mode>,
    /// Another claim whose identity may use this bucket too.
    pub join_identity_of: Option<String>,
}

impl Access {
    /// Whose identity is meant.
    pub fn wish(&self) -> Wish<'_> {
        Wish {
            service_account: self.service_account_name.as_deref(),
            create: self.create_service_account,
            join: self.join_identity_of.as_deref(),
        }
    }
}

/// What an identity may do with a bucket.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// List and read objects.
    ReadOnly,
    /// List, read, write and delete objects.
    #[default]
    ReadWrite,
}

impl Parameters {
    /// Whether former versions of objects are kept.
    pub fn versioning(&self) -> bool {
        self.versioning.unwrap_or(true)
    }

    /// What all kinds have.
    pub fn common(&self) -> Common<'_> {
        Common {
            size: self.size.as_deref(),
            version: None,
            high_availability: self.high_availability,
        }
    }
}
