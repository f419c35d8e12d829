//! What documents tell of brokers on Amazon MQ.

use serde_json::{Value as Json, json};

use super::settings::{Settings, Size, capacity};
use crate::kinds::told::{Choice, Fact, code};

impl Settings {
    /// What a size is.
    pub fn size_facts(&self, size: &Size) -> Vec<Fact> {
        let (memory, storage) = match capacity(&size.instance_type) {
            Some((memory, storage)) => (format!("{memory} GiB"), format!("{storage} GB")),
            None => ("–".to_owned(), "–".to_owned()),
        };
        vec![
            ("instance type", code(&size.instance_type)),
            ("memory of a node", memory),
            ("storage of a node", storage),
        ]
    }

    /// What every broker has.
    pub fn facts(&self) -> Vec<Fact> {
        let user = if self.administrator_for_applications {
            "one of its own, or the administrator where the topology operator is missing"
        } else {
            "one of its own"
        };
        vec![
            ("highly available", "three nodes in three zones".to_owned()),
            ("otherwise", "one node".to_owned()),
            ("user of the application", user.to_owned()),
        ]
    }

    /// What a parameter may be.
    pub fn choice(&self, parameter: &str) -> Option<Choice> {
        (parameter == "maintenanceWindow").then(|| Choice::window(&self.maintenance_window))
    }

    /// Name and parameters of an example.
    pub fn example(&self) -> (&'static str, Json) {
        ("invoice-jobs", json!({"version": self.versions.default}))
    }
}
