//! From nothing to ready, and who learns the administrator's password on the way.

use std::collections::{BTreeMap, BTreeSet};

use selfservice::observed::Sensitive;
use selfservice::outcome::{Composition, ConditionStatus, Verdict};
use selfservice::pipeline;
use serde_json::{Value as Json, json};

use super::support::schemas;
use super::support::world::{World, encode};
use super::{CREDENTIALS, INSTANCE, asked, in_environment, objects, settled, world};

const ENVIRONMENTS: [&str; 3] = ["development", "staging", "production"];

/// A claim's life by what was observed.
fn stages(mut world: World) -> Vec<(&'static str, World)> {
    let mut stages = vec![("first", world.clone())];
    world.apply(&world.composition());
    let mut creating = world.clone();
    wipe_status(&mut creating);
    stages.push(("creating", creating));
    for stage in ["server known", "administrator known", "configured", "role known", "ready"] {
        stages.push((stage, world.clone()));
        world.apply(&world.composition());
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

fn keys(composition: &Composition) -> BTreeSet<&str> {
    composition.resources.keys().map(|key| key.trim_start_matches("postgresql-")).collect()
}

#[test]
fn each_stage_adds_what_its_inputs_allow() {
    for claims in [false, true] {
        let mut before = BTreeSet::new();
        for (stage, world) in stages(world(claims)) {
            let composition = world.composition();
            let added: Vec<&str> = keys(&composition).difference(&before).copied().collect();
            let expected: &[&str] = match stage {
                "first" => &[
                    "alarm-connections",
                    "alarm-cpu",
                    "alarm-memory",
                    "alarm-storage",
                    "ingress-rule-sg-0a1b2c3d4e5f631",
                    "instance",
                    "log-group-postgresql",
                    "log-group-upgrade",
                    "parameter-group-postgres17",
                    "security-group",
                    "subnet-group",
                ],
                "server known" => &["master-secret"],
                "administrator known" => &["sql-config"],
                "configured" => &[
                    "database",
                    "extension-pg_trgm",
                    "extension-uuid-ossp",
                    "grant-database",
                    "grant-schema",
                    "role",
                ],
                "role known" => &["credentials"],
                _ => &[],
            };
            assert_eq!(added, expected, "{stage}, claims={claims}");
            assert_eq!(composition.ready, stage == "ready", "{stage}: {:?}", composition.waiting);
            before = keys(&composition).into_iter().map(|key| &*key.to_owned().leak()).collect();
        }
    }
}

#[test]
fn every_object_of_every_stage_fits_its_schema() {
    for environment in ENVIRONMENTS {
        for claims in [false, true] {
            for (stage, world) in stages(in_environment(environment, claims)) {
                for (key, object) in objects(&world.composition()) {
                    let title = format!("{environment}, claims={claims}, {stage}, {key}");
                    assert_eq!(schemas::validate(&object), [""; 0], "{title}");
                    let wrapped = &object["spec"]["forProvider"]["manifest"];
                    if wrapped.is_object() {
                        assert_eq!(schemas::validate(wrapped), [""; 0], "{title}, wrapped");
                    }
                }
            }
        }
    }
}

#[test]
fn every_stage_changes_nothing_when_fed_its_own_output() {
    for claims in [false, true] {
        for (stage, mut world) in stages(world(claims)) {
            let once = objects(&world.composition());
            for (key, object) in &once {
                let status = world.observed.get(key).and_then(|before| before.get("status"));
                let status = status.cloned();
                let mut object = object.clone();
                if let Some(status) = status {
                    object["status"] = status;
                }
                world.observed.insert(key.clone(), object);
            }
            let twice = objects(&world.composition());
            for (key, object) in &once {
                assert_eq!(object, &twice[key], "{stage}, claims={claims}, {key}");
            }
        }
    }
}

/// Whatever is forgotten, nothing that lives is dropped: not the data, and not what extensions
/// and parameters hang on either.
#[test]
fn nothing_is_dropped_when_status_operators_and_answers_are_unknown() {
    for claims in [false, true] {
        for (stage, world) in stages(world(claims)) {
            for wiped in [false, true] {
                let mut world = world.clone();
                if wiped {
                    wipe_status(&mut world);
                }
                let first = pipeline::run(&world.first_call()).decision.expect("accepted");
                world.operators = false;
                for composition in [first, world.composition()] {
                    for key in world.observed.keys() {
                        assert!(
                            composition.resources.contains_key(key),
                            "{stage}, claims={claims}, wiped={wiped}: {key} would go"
                        );
                    }
                }
            }
        }
    }
}

/// A first call after a restart of Crossplane's core says all that was said before.
#[test]
fn a_first_call_composes_what_was_composed_before() {
    let world = settled(world(false));
    let first = pipeline::run(&world.first_call()).decision.expect("accepted");
    assert_eq!(objects(&first), objects(&world.composition()));
}

fn condition(verdict: &Verdict) -> (ConditionStatus, &str, &str) {
    let condition = verdict.conditions.iter().find(|it| it.kind == "CredentialsReady");
    let condition = condition.expect("always there");
    (condition.status, &condition.reason, &condition.message)
}

#[test]
fn the_condition_says_what_the_credentials_wait_for() {
    let expected = [
        (
            "WaitingForServer",
            "The credentials wait for the server's address and its administrator's secret, which AWS reports when the server is created.",
        ),
        (
            "WaitingForServer",
            "The credentials wait for the server's address and its administrator's secret, which AWS reports when the server is created.",
        ),
        (
            "WaitingForAdministrator",
            "The credentials wait for the administrator's password to arrive in the platform's namespace.",
        ),
        (
            "WaitingForConfiguration",
            "The credentials wait for provider-sql's access to the server.",
        ),
        (
            "WaitingForRole",
            "The credentials wait for the application's role in the database, which provider-sql creates.",
        ),
        (
            "WritingSecret",
            "Secret orders-main-postgresql-credentials is being written to namespace team-orders.",
        ),
        (
            "Delivered",
            "Secret orders-main-postgresql-credentials in namespace team-orders holds the credentials.",
        ),
    ];
    for ((stage, world), (reason, message)) in stages(world(true)).into_iter().zip(expected) {
        let verdict = world.verdict();
        let status =
            if reason == "Delivered" { ConditionStatus::True } else { ConditionStatus::False };
        assert_eq!(condition(&verdict), (status, reason, message), "{stage}");
    }
}

#[test]
fn a_missing_operator_is_named_and_stops_nothing_else() {
    let mut world = world(false);
    world.operators = false;
    let composition = world.settle();
    assert!(composition.resources.contains_key(INSTANCE));
    assert!(!composition.ready);
    let verdict = world.verdict();
    let message = "The credentials wait for External Secrets Operator, which is not installed in \
                   this cluster; contact platform-team.";
    assert_eq!(condition(&verdict), (ConditionStatus::False, "OperatorMissing", message));
    let waits: BTreeMap<&str, &str> =
        composition.waiting.iter().map(|it| (it.key.as_str(), it.reason.as_str())).collect();
    let missing = "provider-sql, which is not installed in this cluster; contact platform-team";
    assert_eq!(waits["postgresql-role"], missing);

    let first = pipeline::run(&world.first_call());
    let message = "The credentials wait for Crossplane to tell whether External Secrets Operator \
                   is installed.";
    assert_eq!(condition(&first), (ConditionStatus::False, "WaitingForOperators", message));
}

/// RDS keeps the administrator's password. The one copy lies where no team reads, and even a
/// provider that published it could not make us pass it on.
#[test]
fn the_administrators_password_never_reaches_the_team() {
    const PASSWORD: &str = "M4sterP4ssword";
    for claims in [false, true] {
        let mut world = settled(world(claims));
        for key in [INSTANCE, "postgresql-master-secret", "postgresql-sql-config"] {
            let details = world.connections.entry(key.to_owned()).or_default();
            details.insert("password".to_owned(), PASSWORD.to_owned());
            details.insert("attribute.password".to_owned(), PASSWORD.to_owned());
        }
        let composition = world.composition();
        let encoded = encode(PASSWORD);
        for (key, object) in objects(&composition) {
            let text = object.to_string();
            assert!(!text.contains(PASSWORD) && !text.contains(&encoded), "{key}");
            let kind = object["kind"].as_str().expect("a kind");
            // Carried objects are judged by where they go.
            let carried = &object["spec"]["forProvider"]["manifest"];
            let secret = if carried.is_object() { carried } else { &object };
            if secret["kind"] == "ExternalSecret" {
                assert_eq!(secret["metadata"]["namespace"], "platform-secrets", "{key}");
            }
            if kind == "Instance" {
                let publishes = &object["spec"]["writeConnectionSecretToRef"];
                assert_eq!(publishes, &Json::Null, "the instance publishes nothing");
            }
        }
        assert!(!format!("{composition:?}").contains(PASSWORD));
    }
}

#[test]
fn a_namespaced_claim_composes_into_its_own_namespace_alone() {
    for (stage, world) in stages(world(false)) {
        for (key, object) in objects(&world.composition()) {
            assert_eq!(object["metadata"]["namespace"], "team-orders", "{stage}, {key}");
        }
    }
}

#[test]
fn the_credentials_say_how_to_connect() {
    let mut world = settled(world(true));
    let host = "orders-main-team-orders-";
    let secret = &world.observed[CREDENTIALS];
    assert_eq!(secret["type"], "servicebinding.io/postgresql");
    let address = world.observed[INSTANCE]["status"]["atProvider"]["address"].clone();
    let address = address.as_str().expect("an address").to_owned();
    assert!(address.starts_with(host));
    let text = |world: &World, entry: &str| world.observed[CREDENTIALS]["data"][entry].clone();
    assert_eq!(
        text(&world, "uri"),
        encode(&format!(
            "postgresql://app:example-password-not-a-secret@{address}:5432/orders_main?sslmode=require"
        ))
    );
    assert_eq!(
        text(&world, "jdbc-uri"),
        encode(&format!(
            "jdbc:postgresql://{address}:5432/orders_main?user=app&password=example-password-not-a-secret&sslmode=require"
        ))
    );
    assert_eq!(text(&world, "ca.crt"), Json::Null);

    // With the certificates of RDS's authorities, clients are told to verify.
    world.offering["aws"]["rdsCertificates"] = json!("-----BEGIN CERTIFICATE-----");
    world.settle();
    assert_eq!(text(&world, "sslmode"), encode("verify-full"));
    assert_eq!(text(&world, "ca.crt"), encode("-----BEGIN CERTIFICATE-----"));
}

/// provider-sql tells the password once. An application's password must not depend on the
/// Secret that it was told in.
#[test]
fn the_password_survives_the_loss_of_either_copy() {
    let password = encode("example-password-not-a-secret");
    for lost in ["connection", "secret"] {
        let mut world = settled(world(false));
        if lost == "connection" {
            world.connections.clear();
        } else {
            world.observed.remove(CREDENTIALS);
        }
        let composition = world.composition();
        let secret = &objects(&composition)[CREDENTIALS];
        assert_eq!(secret["data"]["password"], password.as_str(), "{lost}");
    }
    // Even when the address is unknown besides, the Secret stays.
    let mut world = settled(world(false));
    wipe_status(&mut world);
    let secret = &objects(&world.composition())[CREDENTIALS];
    assert_eq!(secret["data"]["password"], password.as_str());
}

/// A role that was there before its object, as after a claim was deleted and made again: its
/// password was told to somebody else. Only a person can decide to set a new one.
#[test]
fn a_password_that_nobody_knows_is_said_to_be_lost() {
    let mut world = settled(world(false));
    world.observed.remove(CREDENTIALS);
    world.connections.clear();
    let message = "The credentials wait for the password of the application's role, which nobody \
                   knows any more; contact platform-team.";
    let verdict = world.verdict();
    assert_eq!(condition(&verdict), (ConditionStatus::False, "PasswordUnknown", message));
}

#[test]
fn strange_passwords_are_escaped_where_they_must_be() {
    let mut world = settled(world(false));
    let role = world.connections.get_mut("postgresql-role").expect("it publishes");
    role.insert("password".to_owned(), "p@ss:w/rd?&#\"{{ }}".to_owned());
    let secret = objects(&world.composition())[CREDENTIALS].clone();
    let decoded = |entry: &str| secret["data"][entry].clone();
    assert_eq!(decoded("password"), encode("p@ss:w/rd?&#\"{{ }}"));
    let address = world.observed[INSTANCE]["status"]["atProvider"]["address"].as_str();
    let address = address.expect("an address");
    assert_eq!(
        decoded("uri"),
        encode(&format!(
            "postgresql://app:p%40ss%3Aw%2Frd%3F%26%23%22%7B%7B%20%7D%7D@{address}:5432/orders_main?sslmode=require"
        ))
    );
    assert!(!format!("{:?}", Sensitive::new("p@ss")).contains("p@ss"));
}

#[test]
fn status_says_where_the_server_is() {
    let world = settled(world(false));
    let status = serde_json::to_value(&world.composition().status).expect("serialisable");
    let address = &world.observed[INSTANCE]["status"]["atProvider"]["address"];
    assert_eq!(&status["endpoint"], address);
    assert_eq!(status["port"], 5432);
    assert_eq!(
        status["offering"],
        json!({
            "instanceClass": "db.m7g.large",
            "storageGB": 100,
            "autoscalingLimitGB": 500,
            "multiAz": true,
            "engineVersion": "17",
        })
    );
}

#[test]
fn the_instance_waits_for_a_key_of_its_own_and_for_nothing_else() {
    let mut world = world(false);
    world.offering["aws"]["keyPerClaim"] = json!(true);
    let first = world.composition();
    assert!(!first.resources.contains_key(INSTANCE));
    assert!(first.waiting.iter().any(|waiting| waiting.key == INSTANCE));
    world.settle();
    let arn = world.observed["postgresql-kms-key"]["status"]["atProvider"]["arn"].clone();
    let instance = asked(&world.composition(), INSTANCE);
    for field in ["kmsKeyId", "masterUserSecretKmsKeyId", "performanceInsightsKmsKeyId"] {
        assert_eq!(instance[field], arn, "{field}");
    }
}
