//! Who may do what: a producer cannot read, a consumer reads through its own groups alone.

use std::collections::BTreeSet;

use selfservice::kinds::Kind;
use serde_json::{Value as Json, json};

use super::support::world::World;
use super::{
    CLUSTER, TOPIC, asked, assert_snapshot, dedicated, keys, objects, settled, shared, stream,
};

fn with(mut world: World, access: Json) -> World {
    world.set("access", access);
    world
}

/// Name of the topic in Kafka.
fn topic(world: &World) -> String {
    let topic = &objects(&world.composition())[TOPIC];
    let name = &topic["metadata"]["annotations"]["crossplane.io/external-name"];
    name.as_str().expect("a name").to_owned()
}

/// Type, operation and name of every list, the topic's name shortened to `T`.
fn grants(world: &World) -> BTreeSet<String> {
    let topic = topic(world);
    let lists = objects(&world.composition());
    let lists = lists.iter().filter(|(key, _)| key.contains("-acl-"));
    lists
        .map(|(_, list)| {
            let asked = &list["spec"]["forProvider"];
            assert_eq!(asked["resourcePatternTypeFilter"], "Literal");
            assert_eq!(asked["resourcePermissionType"], "Allow");
            let text = |field: &str| asked[field].as_str().expect("a text").to_owned();
            let name = text("resourceName").replace(&topic, "T");
            format!("{} {} {name}", text("resourceType"), text("resourceOperation"))
        })
        .collect()
}

fn set(texts: &[&str]) -> BTreeSet<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn lists_allow_exactly_what_was_asked_for() {
    let cases: [(Json, &[&str]); 4] = [
        (json!({}), &["Topic Describe T", "Topic Write T"]),
        (
            json!({"produce": false, "consumerGroups": ["billing"]}),
            &["Group Read T.billing", "Topic Describe T", "Topic Read T"],
        ),
        (
            json!({"consumerGroups": ["billing", "audit"]}),
            &[
                "Group Read T.audit",
                "Group Read T.billing",
                "Topic Describe T",
                "Topic Read T",
                "Topic Write T",
            ],
        ),
        (json!({"produce": false}), &[]),
    ];
    for claims in [false, true] {
        for (access, expected) in &cases {
            let world = with(shared(claims), access.clone());
            assert_eq!(grants(&world), set(expected), "{access}");
        }
    }
}

#[test]
fn every_list_is_for_the_login_of_this_claim() {
    let world = settled(shared(false));
    let user = super::entry(&world, super::CREDENTIALS, "username");
    for (key, object) in objects(&world.composition()) {
        if key.contains("-acl-") {
            let principal = &object["spec"]["forProvider"]["resourcePrincipal"];
            assert_eq!(*principal, format!("User:{user}"), "{key}");
        }
    }
}

#[test]
fn taking_a_group_back_takes_its_list_and_no_other() {
    let mut world = settled(shared(false));
    let before = keys(&world);
    world.set("access", json!({"consumerGroups": ["search.index_2"]}));
    world.settle();
    let gone: Vec<String> = before.difference(&keys(&world)).cloned().collect();
    assert_eq!(gone, ["acl-group-read.billing"]);

    world.set("access", json!({}));
    world.settle();
    assert_eq!(grants(&world), set(&["Topic Describe T", "Topic Write T"]));

    world.set("access", json!({"consumerGroups": ["billing", "search.index_2"]}));
    world.settle();
    assert_eq!(keys(&world), before);
}

/// Names of consumer groups are global on a cluster: two claims that say the same mean two.
#[test]
fn no_claim_can_name_another_claims_group() {
    let mut names = BTreeSet::new();
    for claim in ["orders-main", "orders-other"] {
        let mut world = shared(false);
        world.composite["metadata"]["name"] = json!(claim);
        let name = asked(&world, "event-stream-acl-group-read.billing")["resourceName"].clone();
        assert!(name.as_str().is_some_and(|name| name.starts_with(&topic(&world))));
        assert!(names.insert(name.to_string()));
    }
}

/// A policy, read.
fn policy(world: &World) -> Json {
    let asked = asked(world, "event-stream-policy");
    serde_json::from_str(asked["policy"].as_str().expect("a text")).expect("JSON")
}

/// Whoever reads these files knows what a claim may do on a cluster of its own.
#[test]
fn policies_allow_exactly_this() {
    for (name, access) in [
        ("policy-produce", json!({})),
        ("policy-consume", json!({"produce": false, "consumerGroups": ["billing"]})),
        ("policy-both", json!({"consumerGroups": ["billing", "audit"]})),
        ("policy-neither", json!({"produce": false})),
    ] {
        assert_snapshot(
            &format!("event_stream/{name}"),
            &policy(&settled(with(dedicated(false), access))),
        );
    }
}

#[test]
fn policies_wait_for_the_clusters_arn_and_follow_no_other_text() {
    let mut world = dedicated(false);
    world.apply(&world.composition());
    for arn in [json!(null), json!("*"), json!("arn:aws:kafka:eu-west-1:777788889999:cluster/*")] {
        world.observed.get_mut(CLUSTER).expect("it lives")["status"]["atProvider"]["arn"] =
            arn.clone();
        let composition = world.composition();
        assert!(!composition.resources.contains_key("event-stream-policy"), "{arn}");
        let waits = composition.waiting.iter().any(|it| it.key == "event-stream-policy");
        assert!(waits, "{arn}");
    }
}

/// IAM refuses a policy of more than 6144 characters.
#[test]
fn the_longest_policy_has_room() {
    let groups: Vec<String> = (0..10).map(|index| format!("{index}{}", "g".repeat(99))).collect();
    let mut world = with(dedicated(false), json!({"consumerGroups": groups}));
    let namespace = format!("team-{}", "n".repeat(58));
    world.composite["metadata"]["name"] = json!("x23456789-123456789-12345");
    world.composite["metadata"]["namespace"] = json!(namespace);
    world.apply(&world.composition());
    let arn = format!(
        "arn:aws-us-gov:kafka:us-gov-east-1:777788889999:cluster/{}/22222222-3333-4444-5555-666666666666-22",
        "c".repeat(64)
    );
    world.observed.get_mut(CLUSTER).expect("it lives")["status"]["atProvider"]["arn"] = json!(arn);
    let length = asked(&world, "event-stream-policy")["policy"].as_str().expect("a text").len();
    assert!(length <= 6144, "{length}");
}

/// A name that somebody wrote on the living topic must not open every topic.
#[test]
fn a_topic_called_everything_is_not_granted() {
    for world in [shared(false), dedicated(false)] {
        let mut world = settled(world);
        let living = world.observed.get_mut(TOPIC).expect("it lives");
        living["metadata"]["annotations"]["crossplane.io/external-name"] = json!("*");
        for (key, object) in objects(&world.composition()) {
            let asked = &object["spec"]["forProvider"];
            assert_ne!(asked["resourceName"], "*", "{key}");
            if let Some(policy) = asked["policy"].as_str() {
                assert!(!policy.contains('*'), "{policy}");
            }
        }
    }
}

#[test]
fn identities_are_shared_with_other_kinds() {
    let mut joining = dedicated(false);
    joining.set("access", json!({"joinIdentityOf": "ObjectStore/invoices"}));
    let joining = settled(joining);
    let attachment = asked(&joining, "event-stream-policy-attachment-object-store.invoices");
    let mut owner = World::new(Kind::ObjectStore, "production", false, json!({"size": "small"}));
    owner.composite["metadata"]["name"] = json!("invoices");
    let role = &objects(&owner.composition())["object-store-role"];
    let name = &role["metadata"]["annotations"]["crossplane.io/external-name"];
    assert_eq!(attachment["role"], *name);
    for gone in ["role", "service-account-orders-main", "policy-attachment-orders-main"] {
        assert!(!keys(&joining).contains(gone), "{gone}");
    }

    let mut joining = World::new(
        Kind::ObjectStore,
        "production",
        false,
        json!({"size": "small", "access": {"joinIdentityOf": "EventStream/orders-main"}}),
    );
    joining.composite["metadata"]["name"] = json!("invoices");
    let joined = objects(&joining.composition());
    let attachment = &joined["object-store-policy-attachment-event-stream.orders-main"];
    let role = &objects(&dedicated(false).composition())["event-stream-role"];
    let name = &role["metadata"]["annotations"]["crossplane.io/external-name"];
    assert_eq!(attachment["spec"]["forProvider"]["role"], *name);
}

/// Nobody but the environment's clients, on the one port where identities are asked for.
#[test]
fn the_network_lets_in_clients_alone() {
    let world = stream("staging", false, json!({"size": "small", "tenancy": "dedicated"}));
    for (key, object) in objects(&world.composition()) {
        if key.contains("-ingress-rule-") {
            let asked = &object["spec"]["forProvider"];
            assert_eq!((&asked["fromPort"], &asked["toPort"]), (&json!(9098), &json!(9098)));
            assert!(asked["referencedSecurityGroupId"].is_string());
        }
    }
}
