//! What documents tell of databases on RDS.

use serde_json::{Value as Json, json};

use super::settings::{Settings, Size};
use crate::kinds::told::{Choice, Fact, code, codes};

impl Settings {
    /// What a size is.
    pub fn size_facts(&self, size: &Size) -> Vec<Fact> {
        let memory = Size::memory_gib(&size.instance_class);
        let memory = memory.map_or_else(|| "–".to_owned(), |memory| format!("{memory} GiB"));
        vec![
            ("instance class", code(&size.instance_class)),
            ("memory", memory),
            ("storage", format!("{} GB", size.storage_gb)),
            ("which grows by itself to", format!("{} GB", size.autoscaling_limit_gb)),
        ]
    }

    /// What every database has.
    pub fn facts(&self) -> Vec<Fact> {
        vec![
            ("highly available", "two servers in two zones, with failover".to_owned()),
            ("otherwise", "one server".to_owned()),
            ("backups", format!("daily at {} UTC", self.backup_window)),
        ]
    }

    /// What a parameter may be.
    pub fn choice(&self, parameter: &str) -> Option<Choice> {
        Some(match parameter {
            "storageGB" => Choice::number(self.storage_range(), "the size's"),
            "backupRetentionDays" => {
                let days = self.backup_retention_days;
                Choice::number(days, days.default.to_string())
            }
            "maintenanceWindow" => Choice::window(&self.maintenance_window),
            "extensions" if self.extensions.is_empty() => Choice::new("none", "none"),
            "extensions" => Choice::new(format!("some of {}", codes(&self.extensions)), "none"),
            _ => return None,
        })
    }

    /// Name and parameters of an example.
    pub fn example(&self) -> (&'static str, Json) {
        let extensions: Option<Vec<_>> = self.extensions.first().map(|first| vec![first]);
        ("orders-db", json!({"version": self.versions.default, "extensions": extensions}))
    }
}
