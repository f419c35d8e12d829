//! What the catalogue's entries come to for one claim, next to what already lives.
//!
//! A living broker keeps what it has unless its claim asks for something else, or the catalogue
//! rolls out.

use super::{Living, Settings};
use crate::backends::Order;
use crate::catalog::version_number;
use crate::kinds::message_queue::Parameters;
use crate::names::Limit;

/// Three nodes in three zones, as Amazon MQ calls it.
pub(super) const CLUSTER: &str = "CLUSTER_MULTI_AZ";
/// One node, as Amazon MQ calls it.
const SINGLE: &str = "SINGLE_INSTANCE";

/// Everything that was decided.
pub(super) struct Chosen {
    pub(super) broker_name: String,
    pub(super) instance_type: String,
    pub(super) deployment_mode: String,
    pub(super) subnet_ids: Vec<String>,
    pub(super) engine_version: String,
    /// AWS runs, or runs by itself, the version that is meant.
    pub(super) version_kept: bool,
    pub(super) maintenance: Start,
}

/// When AWS may begin to restart a broker; it takes two hours (Amazon MQ developer guide,
/// "Scheduling the maintenance window").
pub(super) struct Start {
    /// In capitals: `SUNDAY`.
    pub(super) day: &'static str,
    /// `03:00`.
    pub(super) time: String,
}

impl Chosen {
    pub(super) fn new(
        order: &Order<'_>,
        parameters: &Parameters,
        settings: &Settings,
        living: &Living,
    ) -> Self {
        let wanted = &living.spec.for_provider;
        let version = order.choose_version(&settings.versions, living.version());
        let actual = living.status.at_provider.engine_version.clone();
        let engine_version = latest(version.engine_version, actual);
        let size = order.size(&settings.sizes);
        let keeps_size = order.keeps_size(size.map(|size| size.rollout));
        let instance_type = wanted
            .host_instance_type
            .clone()
            // An upgrade may need a class that the catalogue moved to since.
            .filter(|class| keeps_size && super::settings::runs(class, &engine_version))
            .or_else(|| size.map(|size| size.instance_type.clone()))
            .or_else(|| wanted.host_instance_type.clone())
            .unwrap_or_default();
        let by_availability = if order.high_availability { CLUSTER } else { SINGLE };
        let deployment_mode =
            wanted.deployment_mode.clone().unwrap_or_else(|| by_availability.to_owned());
        let subnet_ids =
            wanted.subnet_ids.clone().filter(|living| !living.is_empty()).unwrap_or_else(|| {
                let all = &order.aws().subnet_ids;
                if deployment_mode == CLUSTER {
                    all.iter().take(NODES).cloned().collect()
                } else {
                    one_of(order, all)
                }
            });
        let window = parameters.maintenance_window.as_deref();
        Self {
            broker_name: wanted
                .broker_name
                .clone()
                .unwrap_or_else(|| order.names.aws("broker", Limit::BROKER)),
            instance_type,
            deployment_mode,
            subnet_ids,
            version_kept: wanted.engine_version.as_ref() == Some(&engine_version),
            engine_version,
            maintenance: window
                .and_then(Start::of)
                .or_else(|| Start::of(&settings.maintenance_window))
                .unwrap_or_else(|| Start { day: "SUNDAY", time: "03:00".to_owned() }),
        }
    }
}

impl Start {
    /// The beginning of a weekly window such as `sun:03:00-sun:05:00`.
    fn of(window: &str) -> Option<Self> {
        let (day, rest) = window.split_once(':')?;
        let (time, _) = rest.split_once('-')?;
        let day = match day {
            "mon" => "MONDAY",
            "tue" => "TUESDAY",
            "wed" => "WEDNESDAY",
            "thu" => "THURSDAY",
            "fri" => "FRIDAY",
            "sat" => "SATURDAY",
            "sun" => "SUNDAY",
            _ => return None,
        };
        Some(Self { day, time: time.to_owned() })
    }
}

/// Nodes of a cluster, each in a zone of its own.
pub(super) const NODES: usize = 3;

/// The later of two versions: at the end of a version's support AWS upgrades by itself, to
/// another major version too, and there is no way back.
fn latest(version: String, actual: Option<String>) -> String {
    // Amazon MQ takes a version without its patch, and reports it with one.
    let minor = |actual: String| actual.split('.').take(2).collect::<Vec<_>>().join(".");
    match actual.map(minor) {
        Some(actual) if version_number(&actual) > version_number(&version) => actual,
        _ => version,
    }
}

/// The one subnet that a single node has: another one for every other claim, so that a zone that
/// is lost does not take all of them.
fn one_of(order: &Order<'_>, subnets: &[String]) -> Vec<String> {
    let sum: usize = order.names.hash("subnet").bytes().map(usize::from).sum();
    sum.checked_rem(subnets.len())
        .and_then(|index| subnets.get(index))
        .cloned()
        .into_iter()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Start, latest};

    #[test]
    fn a_window_begins_on_a_day_at_a_time() {
        let start = Start::of("wed:23:30-thu:01:30").expect("a window");
        assert_eq!((start.day, start.time.as_str()), ("WEDNESDAY", "23:30"));
        assert!(Start::of("someday").is_none() && Start::of("day:03:00-day:05:00").is_none());
    }

    #[test]
    fn no_version_is_older_than_the_one_that_runs() {
        let actual = |version: &str| Some(version.to_owned());
        assert_eq!(latest("3.13".to_owned(), actual("4.2")), "4.2");
        assert_eq!(latest("4.2".to_owned(), actual("3.13")), "4.2");
        assert_eq!(latest("4.2".to_owned(), None), "4.2");
        assert_eq!(latest("4.2".to_owned(), actual("unknown")), "4.2");
    }
}
