//! What documents tell of caches on ElastiCache.

use serde_json::{Value as Json, json};

use super::settings::{Settings, Size};
use crate::kinds::told::{Choice, Fact, code};

impl Settings {
    /// What a size is.
    pub fn size_facts(&self, size: &Size) -> Vec<Fact> {
        let memory = memory_gib(&size.node_type);
        let memory = memory.map_or_else(|| "–".to_owned(), |memory| format!("{memory} GiB"));
        vec![("node type", code(&size.node_type)), ("memory", memory)]
    }

    /// What every cache has.
    pub fn facts(&self) -> Vec<Fact> {
        let (days, window) = (self.snapshot_retention_days, &self.snapshot_window);
        vec![
            ("highly available", format!("{} nodes in several zones, with failover", self.nodes)),
            ("otherwise", "one node".to_owned()),
            ("snapshots", format!("daily at {window} UTC, kept for {days} days")),
        ]
    }

    /// What a parameter may be.
    pub fn choice(&self, parameter: &str) -> Option<Choice> {
        (parameter == "maintenanceWindow").then(|| Choice::window(&self.maintenance_window))
    }

    /// Name and parameters of an example.
    pub fn example(&self) -> (&'static str, Json) {
        ("session-cache", json!({"version": self.redis.default}))
    }
}

/// Memory of a node in GiB (ElastiCache user guide, "Supported node types"); `None` for a type that
/// is not known.
fn memory_gib(node_type: &str) -> Option<&'static str> {
    let (family, size) = node_type.strip_prefix("cache.")?.split_once('.')?;
    Some(match (family, size) {
        ("t4g", "micro") => "0.5",
        ("t4g", "small") => "1.37",
        ("t4g", "medium") => "3.09",
        ("m6g" | "m7g", "large") => "6.38",
        ("m6g" | "m7g", "xlarge") => "12.93",
        ("m6g" | "m7g", "2xlarge") => "26.04",
        ("m6g" | "m7g", "4xlarge") => "52.26",
        ("r6g" | "r7g", "large") => "13.07",
        ("r6g" | "r7g", "xlarge") => "26.32",
        ("r6g" | "r7g", "2xlarge") => "52.82",
        ("r6g" | "r7g", "4xlarge") => "105.81",
        _ => return None,
    })
}
