//! What the catalogue says of databases on RDS, and what makes it valid.

use serde::{Deserialize, Serialize};

use crate::backends::window::Window;
use crate::catalog::{Named, Problems, Range, Sizes, Versions};

/// Storage of a gp3 volume for PostgreSQL in GB (RDS user guide, "General Purpose SSD storage").
pub(super) const STORAGE_GB: std::ops::RangeInclusive<i64> = 20..=65536;

/// Days that backups are kept: at most what RDS allows, and at least what Security Hub's RDS.11
/// demands.
const BACKUP_DAYS: std::ops::RangeInclusive<i64> = 7..=35;

/// What the catalogue says of a `PostgreSQLInstance` on RDS.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Settings {
    /// From the smallest to the largest.
    pub sizes: Sizes<Size>,
    /// The largest that needs no exception.
    pub maximum_size: String,
    /// Versions of PostgreSQL.
    pub versions: Versions,
    /// Most storage that a claim may ask for, in GB. Autoscaling may go beyond it.
    #[serde(rename = "maximumStorageGB")]
    pub maximum_storage_gb: i64,
    /// Days that backups are kept.
    pub backup_retention_days: Range,
    /// When backups are taken, in UTC: `02:00-03:00`.
    pub backup_window: String,
    /// When AWS may restart a server whose claim says nothing: `sun:03:30-sun:04:30`.
    pub maintenance_window: String,
    /// Extensions that claims may ask for.
    #[serde(default)]
    pub extensions: Vec<String>,
}

/// What a size is worth.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Size {
    /// What a claim says.
    pub name: String,
    /// RDS instance class.
    pub instance_class: String,
    /// Storage of a claim that asks for none, in GB.
    #[serde(rename = "storageGB")]
    pub storage_gb: i64,
    /// What autoscaling may grow the storage to, in GB.
    #[serde(rename = "autoscalingLimitGB")]
    pub autoscaling_limit_gb: i64,
    /// Living databases of this size follow a changed `instanceClass`, `storageGB` and
    /// `autoscalingLimitGB`.
    #[serde(default)]
    pub rollout: bool,
}

impl Named for Size {
    fn name(&self) -> &str {
        &self.name
    }
}

impl Settings {
    /// What a claim may ask for as storage.
    pub fn storage_range(&self) -> Range {
        Range {
            minimum: *STORAGE_GB.start(),
            maximum: self.maximum_storage_gb,
            default: *STORAGE_GB.start(),
        }
    }

    /// Notes what is wrong with them.
    pub fn check(&self, problems: &mut Problems) {
        self.sizes.check(&self.maximum_size, problems);
        for (index, size) in self.sizes.0.iter().enumerate() {
            problems.within(format!("sizes[{index}]"), |problems| size.check(problems));
        }
        problems.within("versions", |problems| {
            self.versions.check(problems);
            self.versions.check_families(problems);
        });
        problems.require(STORAGE_GB.contains(&self.maximum_storage_gb), "maximumStorageGB", || {
            outside(self.maximum_storage_gb)
        });
        self.backup_retention_days.check(BACKUP_DAYS, "backupRetentionDays", problems);
        self.check_windows(problems);
        for (index, extension) in self.extensions.iter().enumerate() {
            let field = format!("extensions[{index}]");
            problems.require(is_extension(extension), &field, || {
                format!("\"{extension}\" is not the name of an extension such as pg_trgm")
            });
            let twice = self.extensions[..index].contains(extension);
            problems.require(!twice, &field, || format!("\"{extension}\" is listed twice"));
        }
    }

    fn check_windows(&self, problems: &mut Problems) {
        let (daily, weekly) =
            (Window::daily(&self.backup_window), Window::weekly(&self.maintenance_window));
        problems.require(daily.is_some(), "backupWindow", || {
            format!("\"{}\" does not have the form hh:mm-hh:mm", self.backup_window)
        });
        problems.require(weekly.is_some(), "maintenanceWindow", || {
            format!("\"{}\" does not have the form ddd:hh:mm-ddd:hh:mm", self.maintenance_window)
        });
        if let (Some(daily), Some(weekly)) = (daily, weekly) {
            problems.require(!daily.meets(&weekly), "maintenanceWindow", || {
                "must not meet backupWindow".to_owned()
            });
        }
    }
}

fn outside(storage: i64) -> String {
    let (least, most) = (STORAGE_GB.start(), STORAGE_GB.end());
    format!("{storage} must lie within AWS's own limits {least}–{most}")
}

impl Size {
    fn check(&self, problems: &mut Problems) {
        let class = self.instance_class.strip_prefix("db.");
        let named = class.is_some_and(|class| {
            class.split('.').count() == 2 && class.split('.').all(|part| !part.is_empty())
        });
        problems.require(named, "instanceClass", || {
            format!("\"{}\" is not an instance class such as db.m7g.large", self.instance_class)
        });
        problems.require(STORAGE_GB.contains(&self.storage_gb), "storageGB", || {
            outside(self.storage_gb)
        });
        let limit = self.autoscaling_limit_gb;
        problems.require(
            limit.saturating_mul(10) >= self.storage_gb.saturating_mul(11)
                && limit <= *STORAGE_GB.end(),
            "autoscalingLimitGB",
            || {
                format!(
                    "{limit} must be at least 10 % more than storageGB and at most {}",
                    STORAGE_GB.end()
                )
            },
        );
    }

    /// Memory of the instance class in GiB, as far as its name tells (RDS user guide, "Hardware
    /// specifications for DB instance classes").
    pub(super) fn memory_gib(instance_class: &str) -> Option<i64> {
        let (family, size) = instance_class.strip_prefix("db.")?.split_once('.')?;
        let per_large = match family.as_bytes() {
            [b't' | b'm', ..] => 8,
            [b'r', ..] => 16,
            _ => return None,
        };
        match size {
            "micro" => Some(1),
            "small" => Some(2),
            "medium" => Some(4),
            "large" => Some(per_large),
            "xlarge" => Some(2 * per_large),
            larger => {
                let times: i64 = larger.strip_suffix("xlarge")?.parse().ok()?;
                (1..=64).contains(&times).then_some(2 * per_large * times)
            }
        }
    }
}

/// Whether `text` may be the name of an extension: PostgreSQL's own and `uuid-ossp` are.
pub(super) fn is_extension(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::Size;

    #[test]
    fn reads_memory_from_the_name_of_a_class() {
        for (class, memory) in [
            ("db.t4g.medium", Some(4)),
            ("db.t4g.small", Some(2)),
            ("db.t4g.micro", Some(1)),
            ("db.m7g.large", Some(8)),
            ("db.r7g.xlarge", Some(32)),
            ("db.r7g.4xlarge", Some(128)),
            ("db.x2g.large", None),
            ("db.m7g", None),
            ("m7g.large", None),
        ] {
            assert_eq!(Size::memory_gib(class), memory, "{class}");
        }
    }
}
