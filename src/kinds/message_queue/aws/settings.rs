//! What the catalogue says of a `MessageQueue` on Amazon MQ, and what makes it valid.

use serde::{Deserialize, Serialize};

use crate::backends::window::Window;
use crate::catalog::{Named, Problems, Sizes, Versions};

/// What the catalogue says of a `MessageQueue` on Amazon MQ.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Settings {
    /// From the smallest to the largest.
    pub sizes: Sizes<Size>,
    /// The largest that needs no exception.
    pub maximum_size: String,
    /// Versions of RabbitMQ.
    pub versions: Versions,
    /// When AWS may restart a broker whose claim says nothing: `sun:03:00-sun:05:00`.
    pub maintenance_window: String,
    /// Where the messaging topology operator is missing, applications get the administrator.
    /// Only for environments that neither require high availability nor retain data.
    #[serde(default)]
    pub administrator_for_applications: bool,
}

/// What a size is worth.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Size {
    /// What a claim says.
    pub name: String,
    /// Amazon MQ instance type: `mq.m7g.large`.
    pub instance_type: String,
    /// Living brokers of this size follow a changed `instanceType`.
    #[serde(default)]
    pub rollout: bool,
}

impl Named for Size {
    fn name(&self) -> &str {
        &self.name
    }
}

impl Settings {
    /// Notes what is wrong with them.
    pub fn check(&self, problems: &mut Problems) {
        self.sizes.check(&self.maximum_size, problems);
        for (index, size) in self.sizes.0.iter().enumerate() {
            problems.require(
                size.instance_type.starts_with("mq."),
                &format!("sizes[{index}].instanceType"),
                || {
                    format!(
                        "\"{}\" is not an instance type such as mq.m7g.large",
                        size.instance_type
                    )
                },
            );
        }
        problems.within("versions", |problems| self.versions.check(problems));
        let weekly = Window::weekly(&self.maintenance_window);
        problems.require(weekly.is_some(), "maintenanceWindow", || {
            format!("\"{}\" does not have the form ddd:hh:mm-ddd:hh:mm", self.maintenance_window)
        });
    }
}
