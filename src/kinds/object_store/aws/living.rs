//! The bucket that lives: what must not be decided anew, and what it was probably asked for.

use serde::Deserialize;
use serde_json::Value as Json;

use super::Settings;
use crate::guardrails::Memory;
use crate::observed::{Managed, Observed, ReadError, Unread};

/// Bytes in a GB, as S3 bills them.
pub(super) const GB: i64 = 1_000_000_000;

/// What is known of the living bucket. Everything is absent before it exists.
pub(super) struct Living {
    bucket: Managed<Unread, Reported>,
    encryption: Encryption,
    versioning: Versioning,
    lifecycle: Lifecycle,
    alarm: Alarm,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Reported {
    arn: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Encryption {
    rule: Vec<EncryptionRule>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct EncryptionRule {
    apply_server_side_encryption_by_default: ByDefault,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ByDefault {
    kms_master_key_id: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Versioning {
    versioning_configuration: VersioningState,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct VersioningState {
    status: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Lifecycle {
    rule: Vec<LifecycleRule>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct LifecycleRule {
    expiration: Vec<After>,
    transition: Vec<After>,
    noncurrent_version_expiration: Vec<After>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct After {
    days: Option<i64>,
    noncurrent_days: Option<i64>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Alarm {
    threshold: Option<i64>,
}

impl Living {
    pub(super) fn read(observed: &Observed) -> Result<Self, ReadError> {
        fn wanted<T>(observed: &Observed, part: &str) -> Result<T, ReadError>
        where
            T: Default + serde::de::DeserializeOwned,
        {
            let resource: Managed<T, Unread> = observed.managed(&format!("object-store-{part}"))?;
            Ok(resource.spec.for_provider)
        }
        Ok(Self {
            bucket: observed.managed(super::super::PRIMARY)?,
            encryption: wanted(observed, "encryption")?,
            versioning: wanted(observed, "versioning")?,
            lifecycle: wanted(observed, "lifecycle")?,
            // Nobody's data hangs on an alarm: one that cannot be read is made anew.
            alarm: wanted(observed, "alarm-size").unwrap_or_default(),
        })
    }

    pub(super) fn name(&self) -> Option<&str> {
        self.bucket.metadata.external_name()
    }

    /// Whether AWS has made the bucket, in our account.
    pub(super) fn exists(&self, observed: &Observed) -> bool {
        self.bucket.status.at_provider.arn.is_some() || observed.is_ready(super::super::PRIMARY)
    }

    /// ARN of the key that new objects are encrypted with.
    pub(super) fn key(&self) -> Option<&str> {
        let rule = self.encryption.rule.first()?;
        // INVARIANT: the ARN goes into a policy. Anything but one key was not written by us.
        rule.apply_server_side_encryption_by_default.kms_master_key_id.as_deref().filter(|arn| {
            arn.starts_with("arn:") && arn.contains(":key/") && !arn.contains(['*', '?'])
        })
    }

    /// Days that former versions are kept; 0 before it is known.
    pub(super) fn noncurrent_days(&self) -> i64 {
        self.days(|rule| &rule.noncurrent_version_expiration).unwrap_or_default()
    }

    /// What the alarm expects.
    pub(super) fn expected_gb(&self) -> Option<i64> {
        self.alarm.threshold.map(|bytes| bytes / GB)
    }

    fn days(&self, action: fn(&LifecycleRule) -> &[After]) -> Option<i64> {
        let mut actions = self.lifecycle.rule.iter().flat_map(action);
        actions.find_map(|after| after.days.or(after.noncurrent_days))
    }
}

/// What a bucket without our annotation was probably accepted with.
pub(crate) fn infer(settings: &Settings, observed: &Observed) -> Result<Memory, ReadError> {
    let living = Living::read(observed)?;
    let mut memory = Memory::default();
    let mut remember = |name: &str, value: Option<Json>| {
        if let Some(value) = value {
            memory.parameters.insert(name.to_owned(), value);
        }
    };
    let expected = living.expected_gb();
    let mut sizes = settings.sizes.0.iter();
    let size = sizes.find(|size| Some(size.expected_gb) == expected);
    remember("size", size.map(|size| Json::from(size.name.as_str())));
    let versioning = &living.versioning.versioning_configuration.status;
    let enabled = versioning.as_deref().map(|status| status == "Enabled");
    remember("versioning", enabled.map(Json::from));
    let expire = living.days(|rule| &rule.expiration);
    remember("expireAfterDays", expire.map(Json::from));
    let archive = living.days(|rule| &rule.transition);
    remember("archiveAfterDays", archive.map(Json::from));
    Ok(memory)
}
