//! What the application may do on a shared cluster: one access control list an operation and
//! resource, so that taking one back takes nothing else.
//!
//! Nothing here is a wildcard: resources are named in full, and the host is any because pods
//! have no address of their own to name.

use super::super::Access;
use crate::backends::Order;
use crate::backends::managed::{Lifetime, ManagedResource, Type};
use crate::object;
use crate::outcome::Plan;

const TYPE: Type = Type::kafka("acl", "AccessControlList");

/// First part of the names of all of them.
pub(super) const PREFIX: &str = "acl-";

/// One operation on one resource.
pub(super) struct Grant {
    /// Its part of the name. Operation and resource are in it: provider-kafka cannot change a
    /// list that exists, only make another one.
    pub(super) part: String,
    resource: &'static str,
    name: String,
    operation: &'static str,
}

/// What `access` comes to on `topic`: a producer cannot read, and a consumer reads through its
/// own groups alone.
///
/// Nothing on the cluster itself, such as `IdempotentWrite`: since Kafka 2.8 brokers let an
/// idempotent producer in that may write to any topic (KIP-679), and MSK offers no older one.
pub(super) fn of(topic: &str, access: &Access) -> Vec<Grant> {
    let (produces, consumes) = (access.produces(), !access.consumer_groups.is_empty());
    let on_topic = [("Describe", produces || consumes), ("Read", consumes), ("Write", produces)]
        .into_iter()
        .filter(|(_, granted)| *granted)
        .map(|(operation, _)| Grant {
            part: format!("{PREFIX}topic-{}", operation.to_ascii_lowercase()),
            resource: "Topic",
            name: topic.to_owned(),
            operation,
        });
    let on_groups = access.consumer_groups.iter().map(|group| Grant {
        part: format!("{PREFIX}group-read.{group}"),
        resource: "Group",
        name: format!("{topic}.{group}"),
        operation: "Read",
    });
    on_topic.chain(on_groups).collect()
}

/// Adds one for `user` to the plan.
pub(super) fn compose(order: &Order<'_>, plan: &mut Plan, user: &str, grant: &Grant) {
    order.manage(
        plan,
        ManagedResource {
            kind: TYPE,
            part: grant.part.clone(),
            // provider-kafka writes down there what it made.
            external_name: None,
            lifetime: Lifetime::WithClaim,
            for_provider: object! {
                resourceType: grant.resource,
                resourceName: &grant.name,
                resourcePatternTypeFilter: "Literal",
                resourcePrincipal: format!("User:{user}"),
                resourceHost: "*",
                resourceOperation: grant.operation,
                resourcePermissionType: "Allow",
            },
        },
    );
}
