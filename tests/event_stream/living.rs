//! What a living stream keeps, and what it follows.

use serde_json::{Value as Json, json};

use super::support::world::{World, document, encode};
use super::{CLUSTER, CREDENTIALS, TOPIC, asked, dedicated, entry, objects, settled, shared};

const ANNOTATION: &str = "selfservice.fn.crossplane.io/accepted";
const SECRET: &str = "event-stream-scram-secret";

fn wanted<'a>(world: &'a mut World, key: &str) -> &'a mut Json {
    &mut world.observed.get_mut(key).expect("it lives")["spec"]["forProvider"]
}

fn partitions(world: &World) -> i64 {
    asked(world, TOPIC)["partitions"].as_i64().expect("a number")
}

fn warnings(world: &World) -> Vec<String> {
    world.composition().warnings.iter().map(ToString::to_string).collect()
}

#[test]
fn partitions_only_grow() {
    for world in [shared(false), dedicated(true)] {
        let mut world = settled(world);
        assert_eq!(partitions(&world), 12);
        world.set("size", json!("small"));
        assert_eq!(partitions(&world), 12);
        world.set("size", json!("large"));
        assert_eq!(partitions(&world), 48);
        world.set("size", json!("medium"));
        world.set("partitions", json!(20));
        assert_eq!(partitions(&world), 20);
        // Somebody added some in Kafka: asking for fewer would wedge the topic.
        world.observed.get_mut(TOPIC).expect("it lives")["status"]["atProvider"]["partitions"] =
            json!(33);
        world.set("partitions", Json::Null);
        assert_eq!(partitions(&world), 33);
    }
}

#[test]
fn what_was_rolled_out_is_followed() {
    let mut world = settled(dedicated(false));
    world.offering["settings"]["sizes"][1] = json!({
        "name": "medium", "partitions": 18, "brokerType": "kafka.m8g.large", "volumeGB": 700,
        "rollout": true,
    });
    assert_eq!(partitions(&world), 18);
    let group = &asked(&world, CLUSTER)["brokerNodeGroupInfo"];
    assert_eq!(group["instanceType"], "kafka.m8g.large");
    assert_eq!(group["storageInfo"]["ebsStorageInfo"]["volumeSize"], 700);
    // Never back.
    world.settle();
    world.offering["settings"]["sizes"][1]["volumeGB"] = json!(100);
    world.offering["settings"]["sizes"][1]["partitions"] = json!(2);
    let group = &asked(&world, CLUSTER)["brokerNodeGroupInfo"];
    assert_eq!(group["storageInfo"]["ebsStorageInfo"]["volumeSize"], 700);
    assert_eq!(partitions(&world), 18);
}

#[test]
fn events_are_kept_as_long_as_the_claim_says_whatever_the_catalogue_does() {
    let retention = |world: &World| asked(world, TOPIC)["config"]["retention.ms"].clone();
    let mut world = settled(shared(false));
    assert_eq!(retention(&world), "604800000");
    world.offering["settings"]["retentionHours"] =
        json!({"minimum": 1, "maximum": 24, "default": 1});
    assert_eq!(retention(&world), "604800000");
    world.set("retentionHours", json!(12));
    assert_eq!(retention(&world), "43200000");
    world.settle();
    world.set("retentionHours", Json::Null);
    assert_eq!(retention(&world), "3600000");
}

#[test]
fn an_upgrade_changes_the_version_alone() {
    let mut world = dedicated(false);
    world.set("version", json!("3.8"));
    let mut world = settled(world);
    let mut before = asked(&world, CLUSTER);
    assert_eq!(before["kafkaVersion"], "3.8.x.kraft");
    world.set("version", json!("3.9"));
    before["kafkaVersion"] = json!("3.9.x.kraft");
    assert_eq!(asked(&world, CLUSTER), before);
}

#[test]
fn what_aws_cannot_change_is_that_of_the_living_cluster() {
    let mut world = settled(dedicated(false));
    let group = json!(["subnet-0old1", "subnet-0old2", "subnet-0old3"]);
    let living = wanted(&mut world, CLUSTER);
    living["clusterName"] = json!("imported-by-hand");
    living["numberOfBrokerNodes"] = json!(6);
    living["brokerNodeGroupInfo"]["clientSubnets"] = group.clone();
    living["encryptionInfo"]["encryptionAtRestKmsKeyArn"] =
        json!("arn:aws:kms:eu-west-1:777788889999:key/old");
    wanted(&mut world, TOPIC)["replicationFactor"] = json!(2);
    let cluster = asked(&world, CLUSTER);
    assert_eq!(cluster["clusterName"], "imported-by-hand");
    assert_eq!(cluster["numberOfBrokerNodes"], 6);
    assert_eq!(cluster["brokerNodeGroupInfo"]["clientSubnets"], group);
    let key = &cluster["encryptionInfo"]["encryptionAtRestKmsKeyArn"];
    assert_eq!(*key, "arn:aws:kms:eu-west-1:777788889999:key/old");
    assert_eq!(asked(&world, TOPIC)["replicationFactor"], 2);
    let alarm = asked(&world, "event-stream-alarm-disk-6");
    assert_eq!(alarm["dimensions"]["Cluster Name"], "imported-by-hand");
}

/// AWS numbers the revisions of a configuration; brokers get the one that was written last.
#[test]
fn the_cluster_follows_its_configuration() {
    let mut world = settled(dedicated(false));
    let revision = |world: &World| asked(world, CLUSTER)["configurationInfo"]["revision"].clone();
    assert_eq!(revision(&world), 1);
    let configuration = world.observed.get_mut("event-stream-configuration").expect("it lives");
    configuration["status"]["atProvider"]["latestRevision"] = json!(4);
    world.settle();
    world.observed.get_mut(CLUSTER).expect("it lives")["spec"]["forProvider"]["configurationInfo"]
        ["revision"] = json!(4);
    let configuration = world.observed.get_mut("event-stream-configuration").expect("it lives");
    configuration.as_object_mut().expect("an object").remove("status");
    assert_eq!(revision(&world), 4, "a wiped status rolls nothing back");
}

/// Which cluster a stream is on is written on what AWS was told, and moves with no edit.
#[test]
fn a_stream_stays_on_the_cluster_it_was_made_on() {
    for claims in [false, true] {
        let mut world = settled(shared(claims));
        let servers = entry(&world, CREDENTIALS, "bootstrap.servers");
        world.offering["settings"]["shared"] = json!({
            "clusterArn": "arn:aws:kafka:eu-west-1:777788889999:cluster/other/99999999-1",
            "bootstrapServers": "b-1.other.abc123.c1.kafka.eu-west-1.amazonaws.com:9096",
            "providerConfig": "msk-other",
            "secretKeyArn": "arn:aws:kms:eu-west-1:777788889999:key/other",
        });
        // A group that comes later comes to the same cluster.
        world.set("access", json!({"consumerGroups": ["billing", "latecomer"]}));
        let composition = world.composition();
        for key in [TOPIC, "event-stream-acl-group-read.latecomer"] {
            let object = document(&composition.resources[key].manifest);
            assert_eq!(object["spec"]["providerConfigRef"]["name"], "msk-production", "{key}");
        }
        world.settle();
        assert_eq!(entry(&world, CREDENTIALS, "bootstrap.servers"), servers);
        // The association may be lost before it was ever made.
        world.observed.remove("event-stream-scram-association");
        let association = asked(&world, "event-stream-scram-association");
        let arn = association["clusterArn"].as_str().expect("an ARN");
        assert!(arn.contains(":cluster/production/"), "{arn}");
        let kind = if claims { "" } else { "crossplane." };
        assert_eq!(
            warnings(&world),
            [format!(
                "spec.{kind}compositionSelector.matchLabels.environment [environment-moved]: \
                 Environment production moved to Kafka cluster \
                 \"arn:aws:kafka:eu-west-1:777788889999:cluster/other/99999999-…\", and what lives \
                 stays in \"arn:aws:kafka:eu-west-1:777788889999:cluster/production/1111…\". To \
                 move, create a new claim and move the data."
            )],
        );
    }
}

/// Brokers are added and replaced; the cluster is the same.
#[test]
fn changed_brokers_of_the_same_cluster_are_told() {
    let mut world = settled(shared(false));
    let servers = "b-9.production.abc123.c1.kafka.eu-west-1.amazonaws.com:9096";
    world.offering["settings"]["shared"]["bootstrapServers"] = json!(servers);
    world.settle();
    assert_eq!(entry(&world, CREDENTIALS, "bootstrap.servers"), servers);
}

#[test]
fn a_tenancy_that_is_not_offered_any_more_warns_who_has_it() {
    let mut world = settled(dedicated(false));
    world.offering["settings"].as_object_mut().expect("settings").remove("dedicated");
    assert_eq!(
        warnings(&world),
        [
            "spec.parameters.tenancy [tenancy-not-offered]: Tenancy dedicated is not offered in production. Set tenancy to shared."
        ]
    );
    assert_eq!(asked(&world, CLUSTER)["kafkaVersion"], "3.9.x.kraft");
    let mut world = settled(shared(false));
    world.offering["settings"].as_object_mut().expect("settings").remove("shared");
    assert_eq!(
        warnings(&world),
        [
            "spec.parameters.tenancy [tenancy-not-offered]: Tenancy shared is not offered in production. Set tenancy to dedicated."
        ]
    );
    world.settle();
    assert!(world.composition().ready);
}

#[test]
fn the_password_survives_the_loss_of_any_copies_but_all() {
    let world = settled(shared(false));
    let password = entry(&world, CREDENTIALS, "password");
    let copies = ["event-stream-login", "event-stream-scram-login", CREDENTIALS];
    for kept in copies {
        let mut world = world.clone();
        for lost in copies.iter().filter(|copy| **copy != kept) {
            world.observed.remove(*lost);
        }
        world.settle();
        for key in ["event-stream-login", CREDENTIALS] {
            assert_eq!(entry(&world, key, "password"), password, "{key} from {kept}");
        }
    }
    let mut world = world;
    for lost in copies {
        world.observed.remove(lost);
    }
    let composition = world.composition();
    assert!(!composition.resources.contains_key("event-stream-login-generator"));
    let verdict = world.verdict();
    let condition = verdict.conditions.iter().find(|it| it.kind == "CredentialsReady");
    assert_eq!(condition.expect("always there").reason, "PasswordUnknown");
}

/// Whoever can write a Secret of the namespace must not become another claim's user.
#[test]
fn no_secret_says_who_the_user_is() {
    let mut world = settled(shared(false));
    let user = entry(&world, CREDENTIALS, "username");
    for key in ["event-stream-login", CREDENTIALS] {
        world.observed.get_mut(key).expect("it lives")["data"]["username"] =
            json!(encode("payments-main-team-payments-aaaaaaaaaaaa"));
    }
    let login = json!({"username": "payments-main-team-payments-aaaaaaaaaaaa", "password": "p"});
    world.observed.get_mut("event-stream-scram-login").expect("it lives")["data"]["login"] =
        json!(encode(&login.to_string()));
    world.settle();
    assert_eq!(entry(&world, CREDENTIALS, "username"), user);
    let told: Json =
        serde_json::from_str(&entry(&world, "event-stream-scram-login", "login")).expect("JSON");
    assert_eq!(told["username"], user.as_str());
    assert_eq!(asked(&world, SECRET)["name"], format!("AmazonMSK_{user}"));
}

/// What was accepted is on both resources: losing either forgets nothing.
#[test]
fn memory_is_not_lost_with_one_of_its_places() {
    for lost in [CLUSTER, TOPIC] {
        let mut world = settled(dedicated(false));
        world.observed.remove(lost);
        world.set("tenancy", Json::Null);
        assert!(world.refusal()[0].contains("[immutable-parameter]"), "without {lost}");
    }
}

#[test]
fn a_stream_without_our_annotation_is_left_as_it_is() {
    for claims in [false, true] {
        for world in [shared(claims), dedicated(claims)] {
            let mut world = settled(world);
            let before = objects(&world.composition());
            for key in [CLUSTER, TOPIC] {
                if let Some(object) = world.observed.get_mut(key) {
                    let annotations = object["metadata"]["annotations"].as_object_mut();
                    annotations.expect("annotations").remove(ANNOTATION);
                }
            }
            // Without the annotation an edit of the catalogue cannot be told from the claim's.
            for (size, partitions) in [(0, 30), (1, 30)] {
                let size = &mut world.offering["settings"]["sizes"][size];
                size["partitions"] = json!(partitions);
            }
            assert_eq!(objects(&world.composition()), before);
        }
    }
}
