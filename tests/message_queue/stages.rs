//! From nothing to ready, what waits for what, and what a missing operator means.

use std::collections::BTreeSet;

use selfservice::outcome::{Composition, ConditionStatus};
use selfservice::pipeline;
use serde_json::{Value as Json, json};

use super::support::schemas;
use super::support::world::{World, encode};
use super::{
    BROKER, CREDENTIALS, RULE, asked, condition, fills, in_environment, objects, settled,
    wipe_status, without_topology_operator, world,
};

/// A claim's life by what was observed.
fn stages(mut world: World) -> Vec<(&'static str, World)> {
    let mut stages = Vec::new();
    for stage in ["first", "password known", "broker known", "connected", "made", "ready"] {
        stages.push((stage, world.clone()));
        world.apply(&world.composition());
    }
    stages
}

fn keys(composition: &Composition) -> BTreeSet<String> {
    let keys = composition.resources.keys();
    keys.map(|key| key.trim_start_matches("message-queue-").to_owned()).collect()
}

#[test]
fn each_stage_adds_what_its_inputs_allow() {
    for claims in [false, true] {
        let (mut before, mut gone) = (BTreeSet::new(), BTreeSet::new());
        for (stage, world) in stages(world(claims)) {
            let composition = world.composition();
            let now = keys(&composition);
            let added: Vec<&str> = now.difference(&before).map(String::as_str).collect();
            let expected: &[&str] = match stage {
                "first" => &[
                    "administrator",
                    "administrator-generator",
                    "administrator-password",
                    "alarm-cpu",
                    "alarm-disk",
                    "alarm-memory",
                    "alarm-messages",
                    "configuration-4-2",
                    "ingress-rule-sg-0a1b2c3d4e5f631",
                    "login",
                    "login-generator",
                    "login-password",
                    "management-rule-sg-0a1b2c3d4e5f631",
                    "recovery-secret",
                    "security-group",
                ],
                "password known" => &["broker", "recovery-password"],
                "broker known" => &["connection", "log-group-general"],
                "connected" => &["permission", "user", "vhost"],
                "made" => &["credentials"],
                _ => &[],
            };
            assert_eq!(added, expected, "{stage}, claims={claims}");
            assert_eq!(composition.ready, stage == "ready", "{stage}: {:?}", composition.waiting);
            gone.extend(before.difference(&now).cloned());
            before = now;
        }
        // Made anew, they would generate other passwords.
        let fillers = [
            "administrator-generator",
            "administrator-password",
            "login-generator",
            "login-password",
        ];
        assert!(gone.iter().eq(fillers.iter()), "claims={claims}: {gone:?}");
    }
}

#[test]
fn every_stage_fits_its_schemas_and_changes_nothing_when_fed_its_own_output() {
    for claims in [false, true] {
        for (stage, mut world) in stages(world(claims)) {
            let once = objects(&world.composition());
            for (key, object) in &once {
                assert_eq!(schemas::validate(object), [""; 0], "{stage}, {key}");
                let before = world.observed.get(key);
                let mut object = object.clone();
                for path in ["status", "metadata"] {
                    if let Some(before) = before.and_then(|before| before.get(path)) {
                        object[path] = before.clone();
                    }
                }
                world.observed.insert(key.clone(), object);
            }
            let twice = objects(&world.composition());
            for (key, object) in &once {
                if let Some(twice) = twice.get(key) {
                    // Owners have a uid once they are observed, and not before.
                    let stripped = |object: &Json| {
                        let mut object = object.clone();
                        let metadata = object["metadata"].as_object_mut().expect("metadata");
                        metadata.remove("ownerReferences");
                        object
                    };
                    assert_eq!(stripped(object), stripped(twice), "{stage}, {claims}, {key}");
                }
            }
        }
    }
}

/// Whatever is forgotten, nothing that lives is dropped, and no rule is revoked on a guess.
#[test]
fn nothing_is_dropped_when_status_operators_and_answers_are_unknown() {
    for claims in [false, true] {
        for (stage, world) in stages(world(claims)) {
            let first = pipeline::run(&world.first_call()).decision.expect("accepted");
            let mut wiped = world.clone();
            wipe_status(&mut wiped);
            let wiped_first = pipeline::run(&wiped.first_call()).decision.expect("accepted");
            for composition in [first, wiped.composition(), wiped_first] {
                for key in world.observed.keys() {
                    // What filled a Secret has done its work.
                    assert!(
                        composition.resources.contains_key(key) || fills(key),
                        "{stage}, claims={claims}: {key} would go"
                    );
                }
            }
        }
    }
}

#[test]
fn the_condition_says_what_the_credentials_wait_for() {
    let expected = [
        (
            "WaitingForPassword",
            "The credentials wait for a password, which External Secrets Operator generates.",
        ),
        (
            "WaitingForEndpoint",
            "The credentials wait for the broker's endpoint, which AWS reports when the broker is created.",
        ),
        (
            "WaitingForConnection",
            "The credentials wait for the topology operator's access to the broker.",
        ),
        (
            "WaitingForUser",
            "The credentials wait for the application's user and virtual host, which the topology operator creates.",
        ),
        (
            "WritingSecret",
            "Secret orders-main-message-queue-credentials is being written to namespace team-orders.",
        ),
        (
            "Delivered",
            "Secret orders-main-message-queue-credentials in namespace team-orders holds the credentials.",
        ),
    ];
    for ((stage, world), (reason, message)) in stages(world(true)).into_iter().zip(expected) {
        let verdict = world.verdict();
        let status =
            if reason == "Delivered" { ConditionStatus::True } else { ConditionStatus::False };
        assert_eq!(condition(&verdict), (status, reason, message), "{stage}");
    }
    let mut world = world(false);
    world.apply(&world.composition());
    for object in world.observed.values_mut().filter(|it| it["kind"] == "Configuration") {
        object["status"]["atProvider"].as_object_mut().expect("a status").remove("latestRevision");
    }
    assert_eq!(condition(&world.verdict()).1, "WaitingForConfiguration");
}

#[test]
fn without_the_topology_operator_nobody_gets_in_but_where_the_catalogue_says_so() {
    for environment in ["staging", "production"] {
        let mut world = without_topology_operator(environment);
        let composition = world.settle();
        assert!(composition.resources.contains_key(BROKER));
        for absent in [CREDENTIALS, RULE, "message-queue-connection", "message-queue-login"] {
            assert!(!composition.resources.contains_key(absent), "{environment}: {absent}");
        }
        let message = "The credentials wait for RabbitMQ's messaging topology operator, which is \
                       not installed in this cluster; contact platform-team.";
        let expected = (ConditionStatus::False, "OperatorMissing", message);
        assert_eq!(condition(&world.verdict()), expected, "{environment}");
    }

    let mut world = without_topology_operator("development");
    world.settle();
    let secret = &world.observed[CREDENTIALS]["data"];
    assert_eq!(secret["username"], encode("administrator").as_str());
    assert_eq!(
        secret["password"],
        world.observed["message-queue-administrator"]["data"]["password"]
    );
    assert_eq!(secret["vhost"], encode("/").as_str());
    let composition = world.composition();
    assert!(composition.ready, "{:?}", composition.waiting);
    let managed = |composition: &Composition| {
        composition.resources.keys().any(|key| key.contains("management-rule"))
    };
    assert!(!managed(&composition), "nobody needs the management API");

    // Installed later, it takes over, and the administrator leaves the team's Secret.
    world.operators = true;
    world.settle();
    let secret = &world.observed[CREDENTIALS]["data"];
    assert_eq!(secret["username"], encode("app").as_str());
    assert_eq!(secret["vhost"], encode("orders-main").as_str());
    // And hidden for a while, it gives nothing back.
    world.operators = false;
    world.settle();
    assert_eq!(world.observed[CREDENTIALS]["data"]["username"], encode("app").as_str());
    assert!(managed(&world.composition()));
}

#[test]
fn a_catalogue_that_hands_out_the_administrator_where_data_matters_is_refused() {
    let path = "settings.administratorForApplications";
    for environment in ["staging", "production"] {
        let mut world = in_environment(environment, false);
        world.offering["settings"]["administratorForApplications"] = json!(true);
        let kept = if environment == "staging" { "retain" } else { "delete" };
        world.offering["environment"]["onDelete"] = json!(kept);
        let line = format!(
            "InvalidOffering: cannot use the Offering in this pipeline step's input: {path}: must be \
             false where high availability is required or data is retained"
        );
        assert_eq!(world.refusal(), [line], "{environment}");
    }
}

/// Everything by which somebody becomes the administrator stays where no team is, in the flavour
/// that allows it; the team's own namespace holds the credentials alone.
#[test]
fn the_administrators_password_stays_away_from_the_team() {
    for claims in [false, true] {
        let world = settled(world(claims));
        let password = world.observed["message-queue-administrator"]["data"]["password"].clone();
        for (key, object) in objects(&world.composition()) {
            let holds = object["data"]
                .as_object()
                .is_some_and(|data| data.values().any(|value| *value == password));
            let expected = ["message-queue-administrator", "message-queue-connection"];
            assert_eq!(holds, expected.contains(&key.as_str()), "{key}");
            let kind = object["kind"].as_str().expect("a kind");
            if claims && (holds || ["Vhost", "User", "Permission"].contains(&kind)) {
                assert_eq!(object["metadata"]["namespace"], "platform-secrets", "{key}");
            }
            assert_eq!(object["spec"]["writeConnectionSecretToRef"], Json::Null, "{key}");
        }
        let composition = format!("{:?}", world.verdict());
        assert!(!composition.contains("generated-for-"), "a password is printed");
    }
}

#[test]
fn the_credentials_say_how_to_connect() {
    let mut world = in_environment("staging", true);
    world.set("vhost", json!("Orders.v2"));
    let world = settled(world);
    let secret = &world.observed[CREDENTIALS];
    assert_eq!(secret["type"], "servicebinding.io/rabbitmq");
    let login = &world.observed["message-queue-login"];
    let password = format!("generated-for-{}", login["metadata"]["name"].as_str().expect("a name"));
    assert_eq!(secret["data"]["password"], encode(&password).as_str());
    let instances = &world.observed[BROKER]["status"]["atProvider"]["instances"];
    let endpoint = instances[0]["endpoints"][0].as_str().expect("an endpoint");
    let server = endpoint.trim_start_matches("amqps://");
    let uri = format!("amqps://app:{password}@{server}/Orders.v2");
    assert_eq!(secret["data"]["uri"], encode(&uri).as_str());
    assert_eq!(secret["data"]["port"], encode("5671").as_str());
    assert_eq!(secret["data"]["tls"], encode("true").as_str());
    let status = serde_json::to_value(&world.composition().status).expect("serialisable");
    assert_eq!(
        format!("{}:{}", status["endpoint"].as_str().expect("a host"), status["port"]),
        server
    );
    assert_eq!(status["vhost"], "Orders.v2");
    assert_eq!(
        status["offering"],
        json!({
            "instanceType": "mq.m7g.large",
            "deploymentMode": "SINGLE_INSTANCE",
            "engineVersion": "4.2",
        })
    );
}

#[test]
fn strange_passwords_are_escaped_where_they_must_be() {
    let mut world = settled(world(false));
    for key in [CREDENTIALS, "message-queue-login"] {
        let secret = world.observed.get_mut(key).expect("it lives");
        secret["data"]["password"] = json!(encode("p@ss:w/rd?&#"));
    }
    let secret = objects(&world.composition())[CREDENTIALS].clone();
    assert_eq!(secret["data"]["password"], encode("p@ss:w/rd?&#").as_str());
    let uri = secret["data"]["uri"].as_str().expect("a URI");
    assert!(uri.starts_with(encode("amqps://app:p%40ss%3Aw%2Frd%3F%26%23").trim_end_matches('=')));
}

#[test]
fn only_clients_get_in_and_only_the_operator_needs_the_management_api() {
    let composition = world(false).composition();
    let ingress = asked(&composition, "message-queue-ingress-rule-sg-0a1b2c3d4e5f631");
    let management = asked(&composition, RULE);
    for (rule, port) in [(ingress, 5671), (management, 443)] {
        assert_eq!(rule["fromPort"], port);
        assert_eq!(rule["toPort"], port);
        assert_eq!(rule["referencedSecurityGroupId"], "sg-0a1b2c3d4e5f631");
    }
}

/// Zones are for life: a cluster of a two-zone catalogue is not made, and the living stay.
#[test]
fn a_cluster_waits_for_a_third_zone() {
    let mut world = world(true);
    let two = world.offering["aws"]["subnetIds"].as_array().expect("subnets")[..2].to_vec();
    let mut living = settled(world.clone());
    world.offering["aws"]["subnetIds"] = two.clone().into();
    let composition = world.settle();
    assert!(!composition.resources.contains_key(BROKER));
    assert!(!composition.ready);
    let message = "The credentials wait for a private subnet in a third zone, which the catalogue \
                   does not name; contact platform-team.";
    assert_eq!(condition(&world.verdict()).2, message);

    let broker = asked(&living.composition(), BROKER);
    living.offering["aws"]["subnetIds"] = two.into();
    assert_eq!(asked(&living.composition(), BROKER), broker);
    assert!(living.composition().ready);
}
