//! Who may do what: Crossplane with kinds that no provider of its own brings, developers with
//! claims, and provider-kubernetes with what it carries.

use super::{PROVIDER_KUBERNETES, operators, platform_namespace, secret_stores};
use crate::backends::Operator;
use crate::backends::managed::Type;
use crate::catalog::Catalog;
use crate::claim::Flavour;
use crate::generate::xrd;
use crate::list;
use crate::manifest::Node;
use crate::object;

const API: &str = "rbac.authorization.k8s.io";

/// What Crossplane does with the objects that it composes: it watches, applies, takes its labels
/// off what it gives up, and deletes (core 2.4, `composition_functions.go`).
const COMPOSE: [&str; 7] = ["get", "list", "watch", "create", "update", "patch", "delete"];

/// What provider-kubernetes does with the objects that it carries (provider-kubernetes 1.2.1,
/// `object.go`, `syncer.go`).
const CARRY: [&str; 4] = ["get", "create", "patch", "delete"];

const READ: [&str; 3] = ["get", "list", "watch"];

/// What developers do with claims. Nobody needs to delete all of a namespace in one call.
const WRITE: [&str; 4] = ["create", "update", "patch", "delete"];

/// The verb that [`super::policies`] ask for, of somebody who refers to a store.
const USE: [&str; 1] = ["use"];

/// Crossplane's rights on composed kinds that its own roles leave out. Those of providers'
/// packages are its rbac-manager's business.
pub(super) fn crossplane(catalog: &Catalog) -> Vec<Node> {
    let mut rules = Vec::new();
    let operators = operators(catalog);
    if operators.contains(&Operator::ExternalSecrets) {
        rules.push(rule("external-secrets.io", list!["externalsecrets"], &COMPOSE));
        rules.push(rule("generators.external-secrets.io", list!["passwords"], &COMPOSE));
        rules.push(stores(catalog));
    }
    if operators.contains(&Operator::MessagingTopology) {
        rules.push(rule("rabbitmq.com", list!["permissions", "users", "vhosts"], &COMPOSE));
    }
    if rules.is_empty() {
        return Vec::new();
    }
    let label = object! { "rbac.crossplane.io/aggregate-to-crossplane": "true" };
    vec![cluster_role("self-service:crossplane", Some(label), rules)]
}

/// What Kubernetes' own roles `view`, `edit` and `admin` let developers do in their namespaces:
/// each takes in the one before.
pub(super) fn developers(catalog: &Catalog) -> Vec<Node> {
    let rules = |verbs: &[&'static str]| {
        let rule =
            |kind: crate::kinds::Kind| rule(xrd::group(catalog, kind), list![kind.plural()], verbs);
        catalog.kinds().map(rule).collect()
    };
    let view = object! { "rbac.authorization.k8s.io/aggregate-to-view": "true" };
    let edit = object! { "rbac.authorization.k8s.io/aggregate-to-edit": "true" };
    vec![
        cluster_role("self-service:view", Some(view), rules(&READ)),
        cluster_role("self-service:edit", Some(edit), rules(&WRITE)),
    ]
}

/// provider-kubernetes' rights on what it carries, beyond its own kinds: the namespaced flavour
/// alone needs them.
pub(super) fn provider_kubernetes(catalog: &Catalog) -> Vec<Node> {
    if !operators(catalog).contains(&Operator::ProviderKubernetes) {
        return Vec::new();
    }
    let configuration = Type::postgresql("").api_version(Flavour::Namespaced);
    let group = configuration.split('/').next().unwrap_or_default().to_owned();
    let subjects = || {
        list![object! {
            kind: "ServiceAccount",
            name: PROVIDER_KUBERNETES,
            namespace: &catalog.crossplane().namespace,
        }]
    };
    let name = "self-service:provider-kubernetes";
    let namespace = || object! { name: name, namespace: platform_namespace(catalog) };
    let refer = |kind: &'static str| object! { apiGroup: API, kind: kind, name: name };
    vec![
        cluster_role(
            name,
            None,
            vec![rule(group, list!["clusterproviderconfigs"], &CARRY), stores(catalog)],
        ),
        object! {
            apiVersion: format!("{API}/v1"),
            kind: "ClusterRoleBinding",
            metadata: object! { name: name },
            roleRef: refer("ClusterRole"),
            subjects: subjects(),
        },
        object! {
            apiVersion: format!("{API}/v1"),
            kind: "Role",
            metadata: namespace(),
            rules: list![rule("external-secrets.io", list!["externalsecrets"], &CARRY)],
        },
        object! {
            apiVersion: format!("{API}/v1"),
            kind: "RoleBinding",
            metadata: namespace(),
            roleRef: refer("Role"),
            subjects: subjects(),
        },
    ]
}

/// The right to refer to the platform's stores.
fn stores(catalog: &Catalog) -> Node {
    let names = secret_stores(catalog).into_iter().map(Node::from).collect();
    let mut rule = rule("external-secrets.io", list!["clustersecretstores"], &USE);
    rule.set("resourceNames", Node::List(names));
    rule
}

fn cluster_role(name: &'static str, labels: Option<Node>, rules: Vec<Node>) -> Node {
    object! {
        apiVersion: format!("{API}/v1"),
        kind: "ClusterRole",
        metadata: object! { name: name, labels: labels },
        rules: Node::List(rules),
    }
}

fn rule(group: impl Into<Node>, resources: Node, verbs: &[&'static str]) -> Node {
    object! {
        apiGroups: Node::List(vec![group.into()]),
        resources: resources,
        verbs: Node::List(verbs.iter().map(|verb| Node::from(*verb)).collect()),
    }
}
