//! What the catalogue says of a `RedisInstance` on ElastiCache.

use serde::{Deserialize, Serialize};

use crate::backends::window::Window;
use crate::catalog::{Named, Problems, Sizes, Versions};
use crate::kinds::redis::Engine;

/// What the catalogue says of a `RedisInstance` on ElastiCache.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Settings {
    /// From the smallest to the largest.
    pub sizes: Sizes<Size>,
    /// The largest that needs no exception.
    pub maximum_size: String,
    /// Versions of Redis.
    pub redis: Versions,
    /// Versions of Valkey.
    pub valkey: Versions,
    /// Nodes of a highly available cache: 2–6, each in another zone as far as there are.
    pub nodes: i64,
    /// Days that daily snapshots are kept: 1–35.
    pub snapshot_retention_days: i64,
    /// When snapshots are taken, in UTC: `03:00-04:00`.
    pub snapshot_window: String,
    /// When AWS may restart nodes of a claim that says nothing: `sun:05:00-sun:06:00`.
    pub maintenance_window: String,
}

/// What a size is worth.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Size {
    /// What a claim says.
    pub name: String,
    /// ElastiCache node type.
    pub node_type: String,
    /// Living caches of this size follow a changed `nodeType`.
    #[serde(default)]
    pub rollout: bool,
}

impl Named for Size {
    fn name(&self) -> &str {
        &self.name
    }
}

impl Settings {
    /// The versions of an engine.
    pub const fn versions(&self, engine: Engine) -> &Versions {
        match engine {
            Engine::Redis => &self.redis,
            Engine::Valkey => &self.valkey,
        }
    }

    /// Notes what is wrong with them.
    pub fn check(&self, problems: &mut Problems) {
        self.sizes.check(&self.maximum_size, problems);
        for (index, size) in self.sizes.0.iter().enumerate() {
            problems.require(
                size.node_type.starts_with("cache."),
                &format!("sizes[{index}].nodeType"),
                || format!("\"{}\" is not a node type such as cache.m7g.large", size.node_type),
            );
        }
        for (engine, versions) in [("redis", &self.redis), ("valkey", &self.valkey)] {
            problems.within(engine, |problems| {
                versions.check(problems);
                versions.check_families(problems);
            });
        }
        // botocore 1.44.5, elasticache CreateReplicationGroup.
        problems.require((2..=6).contains(&self.nodes), "nodes", || {
            format!("{} must lie within AWS's own limits 2–6", self.nodes)
        });
        problems.require(
            (1..=35).contains(&self.snapshot_retention_days),
            "snapshotRetentionDays",
            || format!("{} must lie within AWS's own limits 1–35", self.snapshot_retention_days),
        );
        let (daily, weekly) =
            (Window::daily(&self.snapshot_window), Window::weekly(&self.maintenance_window));
        problems.require(daily.is_some(), "snapshotWindow", || {
            format!("\"{}\" does not have the form hh:mm-hh:mm", self.snapshot_window)
        });
        problems.require(weekly.is_some(), "maintenanceWindow", || {
            format!("\"{}\" does not have the form ddd:hh:mm-ddd:hh:mm", self.maintenance_window)
        });
        if let (Some(daily), Some(weekly)) = (daily, weekly) {
            problems.require(!daily.meets(&weekly), "maintenanceWindow", || {
                "must not meet snapshotWindow".to_owned()
            });
        }
    }
}
