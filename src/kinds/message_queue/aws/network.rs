//! Who reaches the management API, by which the topology operator works.
//!
//! Applications are let in by [`Order::network`], on the port for messages alone.

use serde::Deserialize;

use super::access::OBJECTS;
use crate::backends::aws::{Lifetime, Rules};
use crate::backends::{Operator, Order, Presence};
use crate::outcome::Plan;

/// What the keys of these rules end with, before the client group.
const RULES: &str = "management-rule-";

/// Management API over TLS (Amazon MQ developer guide, "Using Amazon MQ for RabbitMQ").
const PORT: i64 = 443;

/// Lets the environment's clients, among which the operator runs, reach the management API for as
/// long as the operator is needed.
pub(super) fn management_rules(order: &Order<'_>, plan: &mut Plan) {
    let prefix = order.key(RULES);
    let living: Vec<&str> =
        order.observed.keys().filter_map(|key| key.strip_prefix(&prefix)).collect();
    let used = OBJECTS.iter().any(|part| order.exists(part));
    let clients: &[String] = match order.operators.presence(Operator::MessagingTopology) {
        Presence::Unknown if !used => {
            for client in living {
                let key = format!("{prefix}{client}");
                plan.wait(key, "Crossplane to tell whether the topology operator is installed");
            }
            return;
        }
        Presence::Missing if !used => &[],
        _ => &order.aws().client_security_group_ids,
    };
    let let_in = |plan: &mut Plan, client: &str, lifetime| {
        let clients = &[client.to_owned()];
        order.let_in(
            plan,
            &Rules { part: RULES, clients, port: PORT, about: "Topology operator", lifetime },
        );
    };
    for client in clients {
        // Should the claim be deleted, the operator still has a user to delete: AWS keeps the rule
        // until its security group goes.
        let_in(plan, client, Lifetime::Forever);
    }
    let revoked = living.into_iter().filter(|client| !clients.iter().any(|it| it == client));
    for client in revoked.filter(|client| outlives(order, &format!("{prefix}{client}"))) {
        // First to be deletable, then to go.
        let_in(plan, client, Lifetime::WithClaim);
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Rule {
    spec: Policies,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Policies {
    management_policies: Vec<String>,
}

/// Whether AWS would keep a living rule when its object goes.
fn outlives(order: &Order<'_>, key: &str) -> bool {
    let rule: Rule = order.observed.read(key).ok().flatten().unwrap_or_default();
    let policies = rule.spec.management_policies;
    !policies.is_empty() && !policies.iter().any(|policy| policy == "*" || policy == "Delete")
}
