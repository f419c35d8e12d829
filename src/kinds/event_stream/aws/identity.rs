//! What the holder of a dedicated stream's identity may do: the least that writing and reading
//! take, on exactly the claim's topic and groups.

use std::collections::BTreeMap;

use crate::backends::Order;
use crate::backends::iam::{Effect, Statement};
use crate::credentials::identity::{self, Granted};
use crate::kinds::event_stream::Parameters;
use crate::outcome::Plan;

/// What the policy waits for.
const ARN: &str = "the cluster's ARN, which AWS reports when it is created";

/// On the cluster.
const CONNECT: [&str; 2] = ["kafka-cluster:Connect", "kafka-cluster:DescribeCluster"];
/// On the cluster, for writers: MSK asks for it before it numbers an idempotent producer, and
/// producers are idempotent unless told otherwise. It lets nobody write who may not anyway.
const NUMBER: [&str; 1] = ["kafka-cluster:WriteDataIdempotently"];
/// On the topic.
const DESCRIBE: [&str; 1] = ["kafka-cluster:DescribeTopic"];
/// On the topic, for readers.
const READ: [&str; 1] = ["kafka-cluster:ReadData"];
/// On the topic, for writers.
const WRITE: [&str; 1] = ["kafka-cluster:WriteData"];
/// On consumer groups: joining one, and committing how far it has read.
const JOIN: [&str; 2] = ["kafka-cluster:AlterGroup", "kafka-cluster:DescribeGroup"];

/// Composes policy, role and ServiceAccount.
pub(super) fn compose(
    order: &Order<'_>,
    plan: &mut Plan,
    cluster: Option<&str>,
    topic: &str,
    parameters: &Parameters,
    groups: &[String],
) -> Granted {
    let statements = cluster
        .and_then(|arn| statements(arn, topic, parameters.access.produces(), groups))
        .ok_or(ARN);
    let holder = parameters.access.wish().holder(order.claim.kind, &order.claim.name);
    identity::grant(order, plan, holder, statements)
}

/// `None` when `cluster` is no ARN of a cluster.
fn statements(
    cluster: &str,
    topic: &str,
    produces: bool,
    groups: &[String],
) -> Option<Vec<Statement>> {
    let (account, path) = cluster.split_once(":cluster/")?;
    // INVARIANT: topic and groups have the shape of Kafka's names, which has no wildcard.
    let arn = |resource: &str, name: &str| format!("{account}:{resource}/{path}/{name}");
    if cluster.contains(['*', '?', '$']) {
        return None;
    }
    let consumes = !groups.is_empty();
    let granted = |wanted: bool, actions: &'static [&'static str]| {
        if wanted { actions } else { &[] }
    };
    let allow = |sid, action, resource| Statement {
        sid,
        effect: Effect::Allow,
        principal: None,
        action,
        resource,
        condition: BTreeMap::new(),
    };
    let on_topic = [
        granted(produces || consumes, &DESCRIBE),
        granted(consumes, &READ),
        granted(produces, &WRITE),
    ];
    let mut statements = vec![allow(
        "Cluster",
        [&CONNECT[..], granted(produces, &NUMBER)].concat(),
        vec![cluster.to_owned()],
    )];
    if produces || consumes {
        statements.push(allow("Topic", on_topic.concat(), vec![arn("topic", topic)]));
    }
    if consumes {
        let arns = groups.iter().map(|group| arn("group", group)).collect();
        statements.push(allow("Groups", JOIN.to_vec(), arns));
    }
    Some(statements)
}
