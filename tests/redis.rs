//! `RedisInstance` on ElastiCache: what the matrix does not say.

mod support;

use selfservice::kinds::Kind;
use serde_json::json;
use support::world::{World, document, encode};

fn world(claims: bool) -> World {
    World::new(Kind::RedisInstance, "production", claims, json!({"size": "medium", "version": "7"}))
}

#[test]
fn the_token_survives_the_loss_of_any_one_of_its_copies() {
    let mut world = world(false);
    world.settle();
    let token = encode("example-token-not-a-secret");
    assert_eq!(world.observed["redis-auth-token"]["data"]["auth-token"], token.as_str());
    for lost in ["redis-auth-token", "redis-credentials", "redis-replication-group"] {
        let mut world = world.clone();
        world.observed.remove(lost);
        world.connections.remove(lost);
        let composition = world.composition();
        let secret = document(&composition.resources["redis-auth-token"].manifest);
        assert_eq!(secret["data"]["auth-token"], token.as_str(), "without {lost}");
        world.settle();
        assert_eq!(
            world.observed["redis-credentials"]["data"]["password"],
            token.as_str(),
            "without {lost}"
        );
    }
}

#[test]
fn the_credentials_say_how_to_connect() {
    let mut world = world(true);
    world.claim.as_mut().expect("a claim")["spec"]["writeConnectionSecretToRef"] =
        json!({"name": "cache-credentials"});
    world.settle();
    let secret = &world.observed["redis-credentials"];
    assert_eq!(secret["metadata"]["name"], "cache-credentials");
    assert_eq!(secret["metadata"]["namespace"], "team-orders");
    assert_eq!(secret["type"], "servicebinding.io/redis");
    let group =
        world.observed["redis-replication-group"]["status"]["atProvider"]["primaryEndpointAddress"]
            .clone();
    let uri = format!(
        "rediss://default:example-token-not-a-secret@{}:6379",
        group.as_str().expect("an address")
    );
    assert_eq!(secret["data"]["uri"], encode(&uri).as_str());
}

#[test]
fn names_in_the_cloud_stay_what_they_are() {
    let mut world = world(false);
    world.settle();
    let group = world.observed.get_mut("redis-replication-group").expect("it lives");
    group["metadata"]["annotations"]["crossplane.io/external-name"] = json!("imported-by-hand");
    let composition = world.composition();
    let group = document(&composition.resources["redis-replication-group"].manifest);
    assert_eq!(group["metadata"]["annotations"]["crossplane.io/external-name"], "imported-by-hand");
    let alarm = document(&composition.resources["redis-alarm-cpu-001"].manifest);
    assert_eq!(
        alarm["spec"]["forProvider"]["dimensions"]["CacheClusterId"],
        "imported-by-hand-001"
    );
}

#[test]
fn a_claim_of_its_own_key_waits_for_it() {
    let mut world = world(false);
    world.offering["aws"]["keyPerClaim"] = json!(true);
    let first = world.composition();
    assert!(first.resources.contains_key("redis-kms-key"));
    assert!(!first.resources.contains_key("redis-replication-group"));
    let waits: Vec<_> = first
        .waiting
        .iter()
        .map(|waiting| (waiting.key.as_str(), waiting.reason.as_str()))
        .collect();
    assert_eq!(waits[0], ("redis-replication-group", "the ARN of its encryption key"));
    world.settle();
    // Taking the option back does not replace what lives.
    world.offering["aws"]["keyPerClaim"] = json!(false);
    let composition = world.composition();
    assert!(composition.resources.contains_key("redis-kms-key"));
    let group = document(&composition.resources["redis-replication-group"].manifest);
    assert_eq!(
        group["spec"]["forProvider"]["kmsKeyId"],
        world.observed["redis-kms-key"]["status"]["atProvider"]["arn"]
    );
}

#[test]
fn an_upgrade_brings_its_own_parameter_group_and_takes_the_old_one_away() {
    let mut world = World::new(
        Kind::RedisInstance,
        "production",
        false,
        json!({"size": "medium", "engine": "valkey", "version": "8"}),
    );
    world.settle();
    world.set("version", json!("9"));
    let composition = world.settle();
    let groups: Vec<_> =
        composition.resources.keys().filter(|key| key.contains("parameter-group")).collect();
    assert_eq!(groups, ["redis-parameter-group-valkey9"]);
}

#[test]
fn taking_a_client_out_of_the_catalogue_revokes_its_rule_alone() {
    let mut world = world(false);
    world.offering["aws"]["clientSecurityGroupIds"] = json!(["sg-0aaa", "sg-0bbb"]);
    world.settle();
    world.offering["aws"]["clientSecurityGroupIds"] = json!(["sg-0bbb"]);
    let composition = world.settle();
    let rules: Vec<_> =
        composition.resources.keys().filter(|key| key.contains("ingress")).collect();
    assert_eq!(rules, ["redis-ingress-rule-sg-0bbb"]);
}

#[test]
fn high_availability_means_three_nodes_with_failover() {
    for (wanted, nodes) in [(true, 3), (false, 1)] {
        let world = World::new(
            Kind::RedisInstance,
            "development",
            false,
            json!({"size": "small", "highAvailability": wanted}),
        );
        let group = document(&world.composition().resources["redis-replication-group"].manifest);
        let asked = &group["spec"]["forProvider"];
        assert_eq!(asked["numCacheClusters"], nodes);
        assert_eq!(asked["automaticFailoverEnabled"], wanted);
        assert_eq!(asked["multiAzEnabled"], wanted);
    }
}
