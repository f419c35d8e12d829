//! From nothing to ready, and what the credentials say then.

use std::collections::BTreeSet;

use selfservice::outcome::{ConditionStatus, Verdict};
use selfservice::pipeline;
use serde_json::{Value as Json, json};

use super::support::schemas;
use super::support::world::World;
use super::{CREDENTIALS, dedicated, entry, keys, objects, settled, shared};

/// A claim's life, one reconcile after the other, until it is ready.
fn stages(mut world: World) -> Vec<World> {
    let mut stages = vec![world.clone()];
    while !world.composition().ready {
        world.apply(&world.composition());
        stages.push(world.clone());
        assert!(stages.len() < 10, "never ready");
    }
    stages
}

/// What a restored cluster or a restarted provider has: no status, no connection details.
fn wipe_status(world: &mut World) {
    for object in world.observed.values_mut() {
        object.as_object_mut().expect("an object").remove("status");
    }
    world.connections.clear();
}

/// Asserts what each reconcile adds to the one before it.
fn assert_adds(stages: &[World], expected: &[&[&str]]) {
    let mut before = BTreeSet::new();
    for (index, world) in stages.iter().enumerate() {
        let now = keys(world);
        let added: Vec<&str> = now.difference(&before).map(String::as_str).collect();
        assert_eq!(added, expected[index], "stage {index}");
        before = now;
    }
    assert_eq!(stages.len(), expected.len());
}

#[test]
fn a_shared_stream_grows_with_what_is_known() {
    for claims in [false, true] {
        assert_adds(
            &stages(shared(claims)),
            &[
                &[
                    "acl-group-read.billing",
                    "acl-group-read.search.index_2",
                    "acl-topic-describe",
                    "acl-topic-read",
                    "acl-topic-write",
                    "login",
                    "login-generator",
                    "login-password",
                    "scram-secret",
                    "topic",
                ],
                &["scram-login", "scram-version"],
                &["scram-association"],
                &["credentials"],
                &[],
            ],
        );
    }
}

/// What generated the password would generate another one, were it made again.
#[test]
fn what_filled_the_login_goes_when_it_did() {
    let keys = keys(&settled(shared(false)));
    assert!(!keys.contains("login-generator") && !keys.contains("login-password"), "{keys:?}");
}

#[test]
fn a_dedicated_stream_grows_with_what_is_known() {
    for claims in [false, true] {
        assert_adds(
            &stages(dedicated(claims)),
            &[
                &[
                    "alarm-controller",
                    "alarm-cpu-1",
                    "alarm-cpu-2",
                    "alarm-cpu-3",
                    "alarm-disk-1",
                    "alarm-disk-2",
                    "alarm-disk-3",
                    "alarm-offline-partitions",
                    "alarm-under-replicated-1",
                    "alarm-under-replicated-2",
                    "alarm-under-replicated-3",
                    "cluster",
                    "configuration",
                    "ingress-rule-sg-0a1b2c3d4e5f631",
                    "log-group",
                    "role",
                    "security-group",
                    "service-account-orders-main",
                ],
                &["kafka-config", "kafka-connection", "policy", "policy-attachment-orders-main"],
                &["topic"],
                &["credentials"],
                &[],
            ],
        );
    }
}

#[test]
fn every_object_of_every_stage_fits_its_schema() {
    for claims in [false, true] {
        for world in [shared(claims), dedicated(claims)] {
            for world in stages(world) {
                for (key, object) in objects(&world.composition()) {
                    assert_eq!(schemas::validate(&object), [""; 0], "claims={claims}, {key}");
                }
            }
        }
    }
}

/// Whatever is forgotten, nothing that lives is dropped.
#[test]
fn nothing_is_dropped_when_status_operators_and_answers_are_unknown() {
    for claims in [false, true] {
        for world in [shared(claims), dedicated(claims)] {
            for (stage, world) in stages(world).into_iter().enumerate() {
                for wiped in [false, true] {
                    let mut world = world.clone();
                    if wiped {
                        wipe_status(&mut world);
                    }
                    let first = pipeline::run(&world.first_call()).decision.expect("accepted");
                    world.operators = false;
                    for composition in [first, world.composition()] {
                        for key in world.observed.keys() {
                            let done = key.starts_with("event-stream-login-");
                            assert!(
                                done || composition.resources.contains_key(key),
                                "stage {stage}, claims={claims}, wiped={wiped}: {key} would go"
                            );
                        }
                    }
                }
            }
        }
    }
}

fn condition(verdict: &Verdict) -> (ConditionStatus, &str, &str) {
    let condition = verdict.conditions.iter().find(|it| it.kind == "CredentialsReady");
    let condition = condition.expect("always there");
    (condition.status, &condition.reason, &condition.message)
}

#[track_caller]
fn assert_says(stages: &[World], expected: &[(&str, &str)]) {
    for (world, (reason, message)) in stages.iter().zip(expected) {
        let verdict = world.verdict();
        let (_, said, words) = condition(&verdict);
        assert_eq!((said, words), (*reason, *message));
    }
}

#[test]
fn the_condition_says_what_the_credentials_wait_for() {
    let written = (
        "WritingSecret",
        "Secret orders-main-event-stream-credentials is being written to namespace team-orders.",
    );
    assert_says(
        &stages(shared(false)),
        &[
            (
                "WaitingForTopic",
                "The credentials wait for the topic, which provider-kafka creates.",
            ),
            ("WaitingForLogin", "The credentials wait for the login to arrive in Secrets Manager."),
            (
                "WaitingForLogin",
                "The credentials wait for the brokers to learn the login from Secrets Manager.",
            ),
            written,
        ],
    );
    assert_says(
        &stages(dedicated(false)),
        &[
            (
                "WaitingForBrokers",
                "The credentials wait for the addresses of the brokers, which AWS reports when the cluster is created.",
            ),
            (
                "WaitingForConfiguration",
                "The credentials wait for provider-kafka's access to the cluster.",
            ),
            (
                "WaitingForTopic",
                "The credentials wait for the topic, which provider-kafka creates.",
            ),
            written,
        ],
    );
}

#[test]
fn a_missing_operator_is_named_and_stops_nothing_else() {
    for (mut world, made) in
        [(shared(false), "event-stream-scram-secret"), (dedicated(false), "event-stream-cluster")]
    {
        world.operators = false;
        let composition = world.settle();
        assert!(composition.resources.contains_key(made));
        assert!(!composition.ready);
        let message = "The credentials wait for provider-kafka, which is not installed in this \
                       cluster; contact platform-team.";
        let verdict = world.verdict();
        assert_eq!(condition(&verdict), (ConditionStatus::False, "OperatorMissing", message));
    }
}

#[test]
fn the_credentials_of_a_shared_stream_are_a_login() {
    let world = settled(shared(true));
    let topic = world.observed["event-stream-topic"]["metadata"]["annotations"]
        ["crossplane.io/external-name"]
        .as_str()
        .expect("a name");
    let user = entry(&world, CREDENTIALS, "username");
    let password = entry(&world, CREDENTIALS, "password");
    assert_eq!(world.observed[CREDENTIALS]["type"], "servicebinding.io/kafka");
    assert_eq!(entry(&world, CREDENTIALS, "topic"), topic);
    assert_eq!(entry(&world, CREDENTIALS, "security.protocol"), "SASL_SSL");
    assert_eq!(entry(&world, CREDENTIALS, "sasl.mechanism"), "SCRAM-SHA-512");
    assert_eq!(
        entry(&world, CREDENTIALS, "sasl.jaas.config"),
        format!(
            "org.apache.kafka.common.security.scram.ScramLoginModule required \
             username=\"{user}\" password=\"{password}\";"
        )
    );
    assert_eq!(
        entry(&world, CREDENTIALS, "consumer-groups"),
        format!("{topic}.billing,{topic}.search.index_2")
    );
    let servers = &world.offering["settings"]["shared"]["bootstrapServers"];
    assert_eq!(*servers, entry(&world, CREDENTIALS, "bootstrap.servers"));
    let login: Json =
        serde_json::from_str(&entry(&world, "event-stream-scram-login", "login")).expect("JSON");
    assert_eq!(login, json!({"username": user, "password": password}));
    // Only the platform's namespace holds what AWS is told.
    for key in ["event-stream-login", "event-stream-scram-login"] {
        assert_eq!(world.observed[key]["metadata"]["namespace"], "platform-secrets", "{key}");
    }
}

#[test]
fn the_credentials_of_a_dedicated_stream_hold_no_secret() {
    let world = settled(dedicated(true));
    let data = world.observed[CREDENTIALS]["data"].as_object().expect("data");
    assert!(!data.contains_key("password") && !data.contains_key("username"));
    assert_eq!(entry(&world, CREDENTIALS, "sasl.mechanism"), "AWS_MSK_IAM");
    assert!(entry(&world, CREDENTIALS, "bootstrap.servers").contains(":9098"));
    let status = serde_json::to_value(world.composition().status).expect("JSON");
    assert_eq!(status["roleArn"], entry(&world, CREDENTIALS, "role-arn").as_str());
    assert_eq!(status["serviceAccountName"], "orders-main");
    let connection = entry(&world, "event-stream-kafka-connection", "credentials");
    let connection: Json = serde_json::from_str(&connection).expect("JSON");
    assert_eq!(connection["sasl"], json!({"mechanism": "aws-msk-iam"}));
    assert_eq!(connection["tls"], json!({"insecureSkipVerify": false}));
    assert_eq!(connection["brokers"].as_array().map(Vec::len), Some(3));
    let namespace = &world.observed["event-stream-kafka-connection"]["metadata"]["namespace"];
    assert_eq!(*namespace, "platform-secrets");
}
