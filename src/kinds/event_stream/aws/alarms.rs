//! Alarms of a dedicated cluster.

use crate::backends::Order;
use crate::backends::aws::Alarm;
use crate::manifest::Node;
use crate::object;
use crate::outcome::Plan;

/// Alarms of the cluster, and of each broker: MSK numbers them from 1.
pub(super) fn compose(order: &Order<'_>, plan: &mut Plan, cluster: &str, brokers: i64) {
    let mut alarm = |part: String, rule: &Rule, dimensions: Node| {
        let alarm = Alarm {
            part,
            about: rule.about,
            namespace: "AWS/Kafka",
            metric: rule.metric,
            dimensions,
            statistic: rule.statistic,
            comparison: rule.comparison,
            threshold: rule.threshold,
            period: 300,
            periods: rule.periods,
        };
        order.alarm(plan, alarm);
    };
    for rule in &OF_THE_CLUSTER {
        let dimensions = object! { "Cluster Name": cluster.to_owned() };
        alarm(rule.part.to_owned(), rule, dimensions);
    }
    for broker in 1..=brokers {
        for rule in &OF_EACH_BROKER {
            let dimensions =
                object! { "Cluster Name": cluster.to_owned(), "Broker ID": broker.to_string() };
            alarm(format!("{}-{broker}", rule.part), rule, dimensions);
        }
    }
}

struct Rule {
    part: &'static str,
    about: &'static str,
    metric: &'static str,
    statistic: &'static str,
    comparison: &'static str,
    threshold: i64,
    periods: i64,
}

/// MSK developer guide, "Amazon MSK metrics for monitoring Standard brokers with CloudWatch":
/// these have the dimension `Cluster Name` alone.
const OF_THE_CLUSTER: [Rule; 2] = [
    Rule {
        part: "controller",
        about: "no controller is active, so that no leader can be elected",
        // Each broker reports 1 if it is the controller, else 0.
        metric: "ActiveControllerCount",
        statistic: "Maximum",
        comparison: "LessThanThreshold",
        threshold: 1,
        periods: 3,
    },
    Rule {
        part: "offline-partitions",
        about: "partitions have no leader and can be neither written nor read",
        metric: "OfflinePartitionsCount",
        statistic: "Maximum",
        comparison: "GreaterThanThreshold",
        threshold: 0,
        periods: 1,
    },
];

/// The same guide: these have `Broker ID` besides. The thresholds are its best practices', "Best
/// practices for Standard brokers".
const OF_EACH_BROKER: [Rule; 3] = [
    Rule {
        part: "cpu",
        about: "the broker uses more than 60 % of its CPU",
        metric: "CpuIdle",
        statistic: "Average",
        comparison: "LessThanThreshold",
        threshold: 40,
        periods: 3,
    },
    Rule {
        part: "disk",
        about: "the broker's disk is 85 % full",
        metric: "KafkaDataLogsDiskUsed",
        statistic: "Maximum",
        comparison: "GreaterThanThreshold",
        threshold: 85,
        periods: 1,
    },
    Rule {
        part: "under-replicated",
        // A broker that is restarted for maintenance catches up in less.
        about: "partitions have had too few copies for half an hour",
        metric: "UnderReplicatedPartitions",
        statistic: "Maximum",
        comparison: "GreaterThanThreshold",
        threshold: 0,
        periods: 6,
    },
];
