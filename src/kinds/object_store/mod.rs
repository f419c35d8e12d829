//! `ObjectStore`: a bucket, and an identity that may use it.

pub mod aws;

use serde::Deserialize;

use super::Common;
use crate::backends::managed::Lifetime;
use crate::claim::{Change, Form, Parameter};
use crate::credentials::identity::Wish;
use crate::guardrails;
use crate::outcome::{Class, OwnedKey, Reason, Resource, SecretKey, StatusField};

/// Key of the resource that holds the data.
pub(super) const PRIMARY: &str = "object-store-bucket";

/// Everything a claim may become.
pub(super) const KEYS: &[OwnedKey] = &[
    OwnedKey::new(
        PRIMARY,
        Class::Data,
        Resource::aws("s3", "Bucket"),
        "the bucket, under a name with a hash in it",
    )
    .staying(Lifetime::Forever),
    OwnedKey::new(
        "object-store-ownership-controls",
        Class::Data,
        Resource::aws("s3", "BucketOwnershipControls"),
        "no access control lists",
    )
    .staying(Lifetime::Forever),
    OwnedKey::new(
        "object-store-public-access-block",
        Class::Data,
        Resource::aws("s3", "BucketPublicAccessBlock"),
        "nothing public",
    )
    .staying(Lifetime::Forever),
    OwnedKey::new(
        "object-store-encryption",
        Class::Data,
        Resource::aws("s3", "BucketServerSideEncryptionConfiguration"),
        "the environment's key for every object",
    )
    .staying(Lifetime::Forever),
    OwnedKey::new(
        "object-store-versioning",
        Class::Data,
        Resource::aws("s3", "BucketVersioning"),
        "former versions of objects",
    )
    .staying(Lifetime::Forever),
    OwnedKey::new(
        "object-store-lifecycle",
        Class::Data,
        Resource::aws("s3", "BucketLifecycleConfiguration"),
        "expiry, archive, the end of former versions and of abandoned uploads",
    )
    .staying(Lifetime::Forever),
    OwnedKey::new(
        "object-store-logging",
        Class::Data,
        Resource::aws("s3", "BucketLogging"),
        "access logs to the environment's bucket",
    )
    .staying(Lifetime::Forever),
    OwnedKey::new(
        "object-store-bucket-policy",
        Class::Data,
        Resource::aws("s3", "BucketPolicy"),
        "denies what does not come over TLS 1.2 or later",
    )
    .staying(Lifetime::Forever),
    OwnedKey::new(
        "object-store-kms-key",
        Class::Data,
        Resource::aws("kms", "Key"),
        "the claim's own key, where each claim has one",
    )
    .staying(Lifetime::Forever),
    OwnedKey::new(
        "object-store-credentials",
        Class::Data,
        Resource::Same("Secret"),
        "the credentials Secret",
    ),
    OwnedKey::new(
        "object-store-policy",
        Class::Access,
        Resource::aws("iam", "Policy"),
        "the least that reading and writing take",
    ),
    OwnedKey::new(
        "object-store-policy-attachment-*",
        Class::Access,
        Resource::aws("iam", "RolePolicyAttachment"),
        "gives it to the claim's role, or to the identity that it joins",
    ),
    OwnedKey::new(
        "object-store-role",
        Class::Access,
        Resource::aws("iam", "Role"),
        "an identity for one ServiceAccount, within the platform's boundary",
    ),
    OwnedKey::new(
        "object-store-pod-identity-*",
        Class::Access,
        Resource::aws("eks", "PodIdentityAssociation"),
        "how its pods get the role, where the catalogue says EKS Pod Identity",
    ),
    OwnedKey::new(
        "object-store-service-account-*",
        Class::Access,
        Resource::Same("ServiceAccount"),
        "the ServiceAccount, where the claim creates it; for IRSA it names the role",
    ),
    OwnedKey::new(
        "object-store-alarm-*",
        Class::Derived,
        Resource::aws("cloudwatch", "MetricAlarm"),
        "more data than the size stands for",
    ),
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
pub(super) const SECRET_KEYS: &[SecretKey] = &[
    SecretKey::new("type", "`s3`"),
    SecretKey::new("provider", "who provides it: the claim's `provider` label"),
    SecretKey::new("bucket", "name of the bucket"),
    SecretKey::new("region", "its region"),
    SecretKey::new("host", "S3 in that region"),
    SecretKey::new("endpoint", "its URL"),
    SecretKey::new("uri", "`s3://BUCKET`"),
    SecretKey::new(
        "role-arn",
        "role of the pods, which get its keys from AWS: the Secret holds none",
    ),
];

/// Names of the parameter `access.mode`.
const MODES: &[&str] = &["read-only", "read-write"];

/// Reasons of the condition `CredentialsReady` that only it has.
pub(super) const REASONS: &[Reason] = &[Reason::new("WaitingForBucket", "AWS creates the bucket")];

/// The parameters that a claim may set.
pub(super) const PARAMETERS: &[Parameter] = &[
    Parameter {
        name: "size",
        form: Form::Text,
        about: "How much data is expected: one of the catalogue's sizes. An alarm rings above it.",
        omitted: "",
        change: Change::Allowed("at once"),
    },
    Parameter {
        name: "highAvailability",
        form: Form::Boolean,
        about: "Always satisfied: S3 keeps every object in three zones.",
        omitted: "",
        change: Change::Allowed("it makes no difference"),
    },
    Parameter {
        name: "versioning",
        form: Form::Boolean,
        about: "Keep former versions of objects. An environment may require it.",
        omitted: "true",
        change: Change::Allowed(
            "at once; former versions stay as long as the environment keeps them",
        ),
    },
    Parameter {
        name: "expireAfterDays",
        form: Form::Integer,
        about: "Delete objects after so many days. Where versions are kept, a deleted object can be restored for as long as the environment keeps them.",
        omitted: "never",
        change: Change::Allowed("at once"),
    },
    Parameter {
        name: "archiveAfterDays",
        form: Form::Integer,
        about: "Move objects to S3 Glacier Instant Retrieval after so many days, where they can be read at once.",
        omitted: "never",
        change: Change::Allowed("at once"),
    },
    Parameter {
        name: "access",
        form: Form::Object(ACCESS),
        about: "Who may use the bucket.",
        omitted: "",
        change: Change::Allowed("at once"),
    },
];

const ACCESS: &[Parameter] = &[
    Parameter {
        name: "serviceAccountName",
        form: Form::Shaped(&guardrails::SERVICE_ACCOUNT_NAME),
        about: "ServiceAccount whose pods may use the bucket.",
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
        name: "mode",
        form: Form::OneOf { options: MODES, default: "read-write" },
        about: "What it may do.",
        omitted: "read-write",
        change: Change::Allowed("at once"),
    },
    Parameter {
        name: "joinIdentityOf",
        form: Form::Text,
        about: "Another claim of this namespace whose identity may use this bucket too: the name of an ObjectStore, or Kind/name.",
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
