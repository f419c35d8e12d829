//! The catalogue may change in any way: what lives stays where and as it is until its claim
//! changes.
//!
//! What breaks for users when this fails: an edit of one file moves, shrinks, re-creates or
//! empties what every team runs on.

#![expect(clippy::panic, reason = "helpers stop tests, too")]

mod support;

use std::collections::BTreeMap;

use selfservice::kinds::Kind;
use selfservice::outcome::Class;
use serde_json::{Value as Json, json};
use support::world::{World, document};

/// What may follow the catalogue: tags say today's truth, and memory is rewritten with it.
fn without_labels(mut object: Json) -> Json {
    if let Some(wanted) = object.pointer_mut("/spec/forProvider").and_then(Json::as_object_mut) {
        wanted.remove("tags");
    }
    object
}

/// The composed resources that hold data, or that data needs.
fn data(world: &World, kind: Kind) -> BTreeMap<String, Json> {
    let is_data = |key: &str| kind.class_of(key) == Some(Class::Data);
    world
        .composition()
        .resources
        .iter()
        .filter(|(key, _)| is_data(key) || key.contains("parameter-group"))
        .map(|(key, composed)| (key.clone(), without_labels(document(&composed.manifest))))
        .collect()
}

fn settled(kind: Kind, claims: bool) -> World {
    settled_with(kind, claims, json!({"size": "medium"}))
}

fn settled_with(kind: Kind, claims: bool, parameters: Json) -> World {
    let mut world = World::new(kind, "production", claims, parameters);
    world.settle();
    world
}

/// What it is called, and what it does to an Offering.
type Edit = (&'static str, fn(&mut Json));

/// Every edit that an environment or an offering could suffer.
fn edits() -> Vec<Edit> {
    vec![
        ("another region", |offering| offering["aws"]["region"] = json!("eu-central-1")),
        ("another account", |offering| {
            offering["aws"]["accountId"] = json!("999988887777");
            offering["aws"]["providerConfig"] = json!("other-account");
        }),
        ("another network", |offering| {
            offering["aws"]["vpcId"] = json!("vpc-0999999999999");
            offering["aws"]["subnetIds"] = json!(["subnet-0999991", "subnet-0999992"]);
            offering["aws"]["clientSecurityGroupIds"] = json!(["sg-0999999999999"]);
        }),
        ("another cluster id", |offering| offering["platform"]["clusterId"] = json!("renamed")),
        ("another key", |offering| {
            offering["aws"]["kmsKeyArn"] = json!("arn:aws:kms:eu-west-1:777788889999:key/other");
        }),
        ("a key per claim", |offering| offering["aws"]["keyPerClaim"] = json!(true)),
        ("a shorter log retention", |offering| offering["aws"]["logRetentionDays"] = json!(1)),
        ("smaller and shorter everything", |offering| {
            let settings = &mut offering["settings"];
            for (field, value) in [
                ("nodes", json!(2)),
                ("snapshotRetentionDays", json!(1)),
                ("noncurrentVersionDays", json!(1)),
                ("backupRetentionDays", json!({"minimum": 7, "maximum": 35, "default": 7})),
                ("retentionHours", json!({"minimum": 1, "maximum": 24, "default": 1})),
                ("replicationFactor", json!(1)),
                ("minInsyncReplicas", json!(1)),
            ] {
                if !settings[field].is_null() {
                    settings[field] = value;
                }
            }
        }),
        ("other classes", |offering| {
            for size in offering["settings"]["sizes"].as_array_mut().expect("sizes") {
                for (field, value) in [
                    ("instanceClass", json!("db.m8g.16xlarge")),
                    ("nodeType", json!("cache.t4g.micro")),
                    ("instanceType", json!("mq.m7g.16xl")),
                    ("storageGB", json!(900)),
                    ("autoscalingLimitGB", json!(9000)),
                    ("brokerType", json!("kafka.m7g.16xlarge")),
                    ("volumeGB", json!(9000)),
                    ("partitions", json!(50)),
                ] {
                    if !size[field].is_null() {
                        size[field] = value;
                    }
                }
            }
        }),
        ("a newer patch of a version", |offering| {
            each_version(offering, |version| {
                version["engineVersion"] =
                    json!(format!("{}.9", version["engineVersion"].as_str().expect("text")));
            });
        }),
        ("versions that are gone", |offering| {
            let settings = &mut offering["settings"];
            for versions in ["/versions", "/redis", "/dedicated/versions"] {
                if let Some(versions) = settings.pointer_mut(versions) {
                    *versions = json!({
                        "default": "99",
                        "offered": [{"name": "99", "engineVersion": "99.1", "family": "family99"}],
                    });
                }
            }
        }),
        ("a size that is gone", |offering| {
            let sizes = offering["settings"]["sizes"].as_array_mut().expect("sizes");
            sizes.retain(|size| size["name"] != "medium");
        }),
        ("another shared cluster", |offering| {
            if let Some(shared) = offering.pointer_mut("/settings/shared") {
                *shared = json!({
                    "clusterArn": "arn:aws:kafka:eu-west-1:777788889999:cluster/other/99999999-1",
                    "bootstrapServers": "b-1.other.abc123.c1.kafka.eu-west-1.amazonaws.com:9096",
                    "providerConfig": "msk-other",
                    "secretKeyArn": "arn:aws:kms:eu-west-1:777788889999:key/other",
                });
            }
        }),
        ("no shared cluster", |offering| {
            let settings = offering["settings"].as_object_mut().expect("settings");
            settings.remove("shared");
        }),
        ("no dedicated clusters", |offering| {
            let settings = offering["settings"].as_object_mut().expect("settings");
            settings.remove("dedicated");
        }),
        ("high availability no more", |offering| {
            offering["environment"]["highAvailability"] = json!("optional");
        }),
        ("a namespace that may not", |offering| {
            offering["environment"]["namespaces"] = json!(["nobody-*"]);
        }),
    ]
}

fn each_version(offering: &mut Json, edit: fn(&mut Json)) {
    for versions in ["versions", "redis", "valkey", "dedicated/versions"] {
        let path = format!("/settings/{versions}/offered");
        if let Some(offered) = offering.pointer_mut(&path).and_then(Json::as_array_mut) {
            offered.iter_mut().for_each(edit);
        }
    }
}

#[test]
fn no_edit_of_the_catalogue_touches_what_lives() {
    for kind in Kind::ALL {
        survives_every_edit(kind, &json!({"size": "medium"}));
    }
}

#[test]
fn no_edit_of_the_catalogue_touches_a_dedicated_cluster() {
    survives_every_edit(Kind::EventStream, &json!({"size": "medium", "tenancy": "dedicated"}));
}

#[test]
fn no_edit_of_the_catalogue_touches_a_topic_and_its_login() {
    survives_every_edit(
        Kind::EventStream,
        &json!({"size": "medium", "access": {"consumerGroups": ["billing"]}}),
    );
}

fn survives_every_edit(kind: Kind, parameters: &Json) {
    for claims in [false, true] {
        let world = settled_with(kind, claims, parameters.clone());
        let before = data(&world, kind);
        for (name, edit) in edits() {
            let mut edited = world.clone();
            edit(&mut edited.offering);
            let after = data(&edited, kind);
            for (key, object) in &before {
                let now = after.get(key).unwrap_or_else(|| panic!("{name} drops {key}"));
                assert_eq!(now, object, "{}, claims={claims}: {name} changes {key}", kind.name());
            }
            // What the catalogue's edit adds must not wait for ever, and must be stable.
            edited.settle();
            assert_eq!(data(&edited, kind), data(&edited, kind));
        }
    }
}

#[test]
fn an_environment_that_moved_is_a_standing_warning() {
    let mut world = settled(Kind::RedisInstance, false);
    world.offering["aws"]["region"] = json!("eu-central-1");
    world.offering["aws"]["vpcId"] = json!("vpc-0999999999999");
    let composition = world.composition();
    let warnings: Vec<String> = composition.warnings.iter().map(ToString::to_string).collect();
    let field = "spec.crossplane.compositionSelector.matchLabels.environment";
    assert_eq!(
        warnings,
        [
            format!(
                "{field} [environment-moved]: Environment production moved to network \"vpc-0999999999999\", \
                 and what lives stays in \"vpc-0a1b2c3d4e5f630\". To move, create a new claim and move the data."
            ),
            format!(
                "{field} [environment-moved]: Environment production moved to region \"eu-central-1\", and \
                 what lives stays in \"eu-west-1\". To move, create a new claim and move the data."
            ),
        ],
    );
    assert!(composition.resources.contains_key("redis-ingress-rule-sg-0a1b2c3d4e5f631"));
}

/// AWS upgrades minor versions by itself; asking for the older one again would wedge the cache.
#[test]
fn what_aws_upgraded_by_itself_is_followed() {
    let parameters = json!({"size": "medium", "engine": "valkey", "version": "9"});
    let mut world = World::new(Kind::RedisInstance, "production", false, parameters);
    world.settle();
    let group = world.observed.get_mut("redis-replication-group").expect("it lives");
    assert_eq!(group["spec"]["forProvider"]["engineVersion"], "9.0");
    group["status"]["atProvider"]["engineVersionActual"] = json!("9.1.0");
    let composition = world.composition();
    let asked = document(&composition.resources["redis-replication-group"].manifest);
    assert_eq!(asked["spec"]["forProvider"]["engineVersion"], "9.1");
}

/// AWS uses the former parameter group until the maintenance window.
#[test]
fn an_upgrade_of_valkey_keeps_the_group_in_use() {
    let parameters = json!({"size": "medium", "engine": "valkey", "version": "8"});
    let mut world = World::new(Kind::RedisInstance, "production", false, parameters);
    world.settle();
    world.set("version", json!("9"));
    let composition = world.composition();
    for family in ["valkey8", "valkey9"] {
        let key = format!("redis-parameter-group-{family}");
        assert!(composition.resources.contains_key(&key), "{key}");
    }
    let asked = document(&composition.resources["redis-replication-group"].manifest);
    let group = document(&composition.resources["redis-parameter-group-valkey9"].manifest);
    assert_eq!(
        asked["spec"]["forProvider"]["parameterGroupName"],
        group["spec"]["forProvider"]["name"],
    );
}
