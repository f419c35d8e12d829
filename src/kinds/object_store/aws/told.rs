//! What documents tell of buckets on S3.

use serde_json::{Value as Json, json};

use super::{Settings, Size, Versioning};
use crate::kinds::told::{Choice, Fact};

impl Settings {
    /// What a size is.
    pub fn size_facts(&self, size: &Size) -> Vec<Fact> {
        vec![("data expected", format!("{} GB; an alarm rings above it", size.expected_gb))]
    }

    /// What every bucket has.
    pub fn facts(&self) -> Vec<Fact> {
        vec![
            ("high availability", "always: every object is in three zones".to_owned()),
            ("former versions", format!("kept for {} days", self.noncurrent_version_days)),
        ]
    }

    /// What a parameter may be.
    pub fn choice(&self, parameter: &str) -> Option<Choice> {
        Some(match parameter {
            "versioning" => match self.versioning {
                Versioning::Required => Choice::new("`true`", "`true`"),
                Versioning::Optional => Choice::new("`true`, `false`", "`true`"),
            },
            // The catalogue's default is not used: nothing is deleted or moved unasked.
            "expireAfterDays" => Choice::number(self.expire_after_days, "never"),
            "archiveAfterDays" => Choice::number(self.archive_after_days, "never"),
            _ => return None,
        })
    }

    /// Name and parameters of an example.
    pub fn example(&self) -> (&'static str, Json) {
        ("invoices", json!({"archiveAfterDays": self.archive_after_days.default}))
    }
}
