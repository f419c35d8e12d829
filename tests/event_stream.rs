//! `EventStream` on MSK: what the matrix does not say.

#![expect(clippy::panic, reason = "helpers stop tests, too")]

mod support;

#[path = "event_stream/access.rs"]
mod access;
#[path = "event_stream/deletion.rs"]
mod deletion;
#[path = "event_stream/guardrails.rs"]
mod guardrails;
#[path = "event_stream/injection.rs"]
mod injection;
#[path = "event_stream/living.rs"]
mod living;
#[path = "event_stream/stages.rs"]
mod stages;

use std::collections::BTreeSet;

use base64::Engine as _;
use selfservice::catalog::Catalog;
use selfservice::kinds::Kind;
use serde_json::{Value as Json, json};
use support::snapshots::assert_snapshot;
use support::world::{World, catalog_document, document, objects, settled};

const TOPIC: &str = "event-stream-topic";
const CLUSTER: &str = "event-stream-cluster";
const CREDENTIALS: &str = "event-stream-credentials";

/// A topic in production that is written, and read by two groups.
fn shared(claims: bool) -> World {
    let access = json!({"consumerGroups": ["billing", "search.index_2"]});
    stream("production", claims, json!({"size": "medium", "access": access}))
}

/// The same on a cluster of its own.
fn dedicated(claims: bool) -> World {
    let mut world = shared(claims);
    world.set("tenancy", json!("dedicated"));
    world
}

fn stream(environment: &str, claims: bool, parameters: Json) -> World {
    World::new(Kind::EventStream, environment, claims, parameters)
}

/// What is asked of the provider for `key`.
#[track_caller]
fn asked(world: &World, key: &str) -> Json {
    let composition = world.composition();
    let composed = composition.resources.get(key);
    let composed = composed.unwrap_or_else(|| panic!("{key} is not composed"));
    document(&composed.manifest)["spec"]["forProvider"].clone()
}

/// Keys of what is composed, without what all of them begin with.
fn keys(world: &World) -> BTreeSet<String> {
    let composition = world.composition();
    let keys = composition.resources.keys();
    keys.map(|key| key.trim_start_matches("event-stream-").to_owned()).collect()
}

/// An entry of an observed Secret.
#[track_caller]
fn entry(world: &World, key: &str, name: &str) -> String {
    let data = &world.observed[key]["data"][name];
    let text = data.as_str().unwrap_or_else(|| panic!("{key} has no {name}"));
    let bytes = base64::engine::general_purpose::STANDARD.decode(text).expect("base64");
    String::from_utf8(bytes).expect("UTF-8")
}

/// What is wrong with these is not seen by reading code.
#[test]
fn what_reaches_the_providers_is_what_was_reviewed() {
    for (flavour, claims) in [("namespaced", false), ("claims", true)] {
        let ready = objects(&settled(shared(claims)).composition());
        for part in [
            "topic",
            "acl-group-read.billing",
            "scram-secret",
            "scram-version",
            "scram-association",
        ] {
            assert_snapshot(
                &format!("event_stream/{part}-{flavour}"),
                &ready[&format!("event-stream-{part}")],
            );
        }
        assert_snapshot(&format!("event_stream/credentials-shared-{flavour}"), &ready[CREDENTIALS]);
        let ready = objects(&settled(dedicated(claims)).composition());
        for part in ["cluster", "configuration", "kafka-config", "kafka-connection"] {
            assert_snapshot(
                &format!("event_stream/{part}-{flavour}"),
                &ready[&format!("event-stream-{part}")],
            );
        }
        assert_snapshot(&format!("event_stream/topic-dedicated-{flavour}"), &ready[TOPIC]);
        assert_snapshot(
            &format!("event_stream/credentials-dedicated-{flavour}"),
            &ready[CREDENTIALS],
        );
    }
}

#[test]
fn high_availability_means_three_zones_with_a_broker_each() {
    for (wanted, brokers) in [(true, 3), (false, 2)] {
        let parameters =
            json!({"size": "small", "tenancy": "dedicated", "highAvailability": wanted});
        let world = stream("staging", false, parameters);
        let cluster = asked(&world, CLUSTER);
        assert_eq!(cluster["numberOfBrokerNodes"], brokers);
        let subnets = cluster["brokerNodeGroupInfo"]["clientSubnets"].as_array().expect("a list");
        assert_eq!(subnets.len(), brokers);
        let alarms = keys(&world).iter().filter(|key| key.starts_with("alarm-disk-")).count();
        assert_eq!(alarms, brokers);
        // One broker may be restarted at any time.
        let topic = asked(&settled(world), TOPIC);
        assert_eq!(topic["replicationFactor"], brokers);
        assert_eq!(topic["config"]["min.insync.replicas"], (brokers - 1).to_string());
    }
}

/// Fewer zones than were asked for would be a promise broken in silence.
#[test]
fn a_cluster_waits_for_its_third_zone() {
    let mut world = dedicated(false);
    world.offering["aws"]["subnetIds"] = json!(["subnet-0aaa", "subnet-0bbb"]);
    let composition = world.composition();
    assert!(!composition.resources.contains_key(CLUSTER));
    let waiting = composition.waiting.iter().find(|waiting| waiting.key == CLUSTER);
    assert_eq!(
        waiting.expect("waits").reason,
        "a private subnet in a third zone, which the catalogue does not name; contact platform-team"
    );
}

#[test]
fn a_cluster_of_its_own_key_waits_for_it() {
    let mut world = dedicated(false);
    world.offering["aws"]["keyPerClaim"] = json!(true);
    assert!(!world.composition().resources.contains_key(CLUSTER));
    world.settle();
    let arn = world.observed["event-stream-kms-key"]["status"]["atProvider"]["arn"].clone();
    assert_eq!(asked(&world, CLUSTER)["encryptionInfo"]["encryptionAtRestKmsKeyArn"], arn);
}

/// What the catalogue says in production with one field set, and what is wrong with it.
fn mistakes(pointer: &str, value: Json) -> Vec<String> {
    let mut document = catalog_document();
    let offered = document.pointer_mut("/offerings/EventStream/aws").expect("offered");
    // Whatever environments say besides, they would say it, too.
    for environment in ["development", "staging"] {
        offered["environments"].as_object_mut().expect("environments").remove(environment);
    }
    let (parent, field) = pointer.rsplit_once('/').expect("a pointer");
    offered.pointer_mut(parent).expect("a parent")[field] = value;
    let problems = Catalog::read(&document).err().unwrap_or_default();
    problems.iter().map(|problem| problem.message.clone()).collect()
}

/// A slip in the catalogue is found when it is written, not when a claim is half made.
#[test]
fn slips_in_the_catalogue_are_found() {
    let shared = "/environments/production/shared";
    for (pointer, value, expected) in [
        ("/sizes/0/partitions", json!(0), "0 must lie within 1–4000"),
        ("/sizes/0/partitions", json!(61), "61 must be at most maximumPartitions"),
        ("/sizes/0/volumeGB", json!(16385), "16385 must lie within 1–16384"),
        (
            "/sizes/0/brokerType",
            json!("m7g.large"),
            "\"m7g.large\" is not a broker type such as kafka.m7g.large",
        ),
        ("/maximumPartitions", json!(5000), "5000 must lie within 1–4000"),
        ("/replicationFactor", json!(4), "4 must lie within 1–3"),
        (
            "/minInsyncReplicas",
            json!(3),
            "3 must be at least 1, and less than replicationFactor unless that is 1: nobody could write while a broker restarts",
        ),
        (
            &format!("{shared}/clusterArn"),
            json!("arn:aws:kafka:eu-west-1:777788889999:topic/x"),
            "\"arn:aws:kafka:eu-west-1:777788889999:topic/x\" is not an ARN of the form arn:aws:kafka:…:cluster/…",
        ),
        (
            &format!("{shared}/secretKeyArn"),
            json!("alias/msk"),
            "\"alias/msk\" is not an ARN of the form arn:aws:kms:…:key/…",
        ),
        (
            &format!("{shared}/bootstrapServers"),
            json!("b-1.example:9096,b-2.example"),
            "\"b-2.example\" does not have the form host:port",
        ),
        (
            &format!("{shared}/providerConfig"),
            json!("MSK"),
            "\"MSK\" is not the name of a (Cluster)ProviderConfig",
        ),
        ("/dedicated/versions/default", json!("9"), "\"9\" is none of the versions: 3.8, 3.9"),
    ] {
        assert_eq!(mistakes(pointer, value), [expected], "{pointer}");
    }
}
