//! What the catalogue says of a `MessageQueue` on Amazon MQ, and what makes it valid.

use serde::{Deserialize, Serialize};

use crate::backends::window::Window;
use crate::catalog::{
    Availability, Environment, Named, OnDelete, Problems, Sizes, Versions, version_number,
};

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
        self.check_families(problems);
        let weekly = Window::weekly(&self.maintenance_window);
        problems.require(weekly.is_some(), "maintenanceWindow", || {
            format!("\"{}\" does not have the form ddd:hh:mm-ddd:hh:mm", self.maintenance_window)
        });
        let long = weekly.is_none_or(|weekly| weekly.minutes() >= MAINTENANCE_MINUTES);
        problems.require(long, "maintenanceWindow", || {
            format!("\"{}\" is shorter than the two hours that AWS takes", self.maintenance_window)
        });
    }

    /// Notes what does not fit the environment that it is said for.
    pub fn check_in(&self, environment: &Environment, problems: &mut Problems) {
        let strict = environment.high_availability == Availability::Required
            || environment.on_delete == OnDelete::Retain;
        let refused = self.administrator_for_applications && strict;
        problems.require(!refused, "administratorForApplications", || {
            "must be false where high availability is required or data is retained".to_owned()
        });
        for (index, size) in self.sizes.0.iter().enumerate() {
            let alone = size.instance_type == "mq.t3.micro";
            let fits = !alone || environment.high_availability == Availability::Unavailable;
            problems.require(fits, &format!("sizes[{index}].instanceType"), || {
                "mq.t3.micro forms no cluster, which claims of this environment may ask for"
                    .to_owned()
            });
        }
    }

    /// A version that runs only on some instance types must not meet others.
    fn check_families(&self, problems: &mut Problems) {
        for version in &self.versions.offered {
            for (index, size) in self.sizes.0.iter().enumerate() {
                let field = format!("sizes[{index}].instanceType");
                let fits = runs(&size.instance_type, &version.engine_version);
                problems.require(fits, &field, || {
                    format!(
                        "\"{}\" cannot run version {}: RabbitMQ 4 needs mq.m7g",
                        size.instance_type, version.engine_version,
                    )
                });
            }
        }
    }
}

/// How long AWS may take, from the beginning of the window on (Amazon MQ developer guide,
/// "Scheduling the maintenance window").
pub(in crate::kinds) const MAINTENANCE_MINUTES: u32 = 120;

/// Whether `version` is RabbitMQ 4 or later.
pub(super) fn is_rabbitmq_4(version: &str) -> bool {
    version_number(version).and_then(|parts| parts.first().copied()).is_some_and(|major| major >= 4)
}

/// Whether a version runs on an instance type: RabbitMQ 4 runs on `mq.m7g` alone (Amazon MQ
/// developer guide, "RabbitMQ 4").
pub(super) fn runs(instance_type: &str, version: &str) -> bool {
    instance_type.starts_with("mq.m7g.") || !is_rabbitmq_4(version)
}

/// Memory in GiB (that of the EC2 instance type) and storage in GB of a node (Amazon MQ developer
/// guide, "Configurable storage best practices": the default); `None` for a type that is not known.
pub(super) fn capacity(instance_type: &str) -> Option<(i64, i64)> {
    let (_, size) = instance_type.strip_prefix("mq.")?.split_once('.')?;
    Some(match size {
        "micro" => (1, 20),
        "medium" => (4, 5),
        "large" => (8, 15),
        "xlarge" => (16, 25),
        "2xl" | "2xlarge" => (32, 45),
        "4xl" | "4xlarge" => (64, 90),
        "8xl" | "8xlarge" => (128, 175),
        "12xl" | "12xlarge" => (192, 260),
        "16xl" | "16xlarge" => (256, 345),
        _ => return None,
    })
}
