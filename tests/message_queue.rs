//! `MessageQueue` on Amazon MQ: what the matrix does not say.

#![expect(clippy::panic, reason = "helpers stop tests, too")]

mod support;

#[path = "message_queue/guardrails.rs"]
mod guardrails;
#[path = "message_queue/living.rs"]
mod living;
#[path = "message_queue/passwords.rs"]
mod passwords;
#[path = "message_queue/stages.rs"]
mod stages;

use selfservice::kinds::Kind;
use selfservice::outcome::{Composition, ConditionStatus, Verdict};
use serde_json::{Value as Json, json};
use support::snapshots::assert_snapshot;
use support::world::{World, document, objects, settled};

const BROKER: &str = "message-queue-broker";
const CREDENTIALS: &str = "message-queue-credentials";
const RULE: &str = "message-queue-management-rule-sg-0a1b2c3d4e5f631";

/// A claim in production that leaves nothing to chance.
fn world(claims: bool) -> World {
    in_environment("production", claims)
}

fn in_environment(environment: &str, claims: bool) -> World {
    let parameters = json!({"size": "medium", "version": "4.2"});
    World::new(Kind::MessageQueue, environment, claims, parameters)
}

/// A claim in a cluster with External Secrets, and without the topology operator.
fn without_topology_operator(environment: &str) -> World {
    let mut world = in_environment(environment, false);
    world.operators = false;
    world.offering["platform"]["operators"] = json!({"externalSecrets": "always"});
    world
}

/// What is asked of the provider for `key`.
#[track_caller]
fn asked(composition: &Composition, key: &str) -> Json {
    let composed = composition.resources.get(key);
    let composed = composed.unwrap_or_else(|| panic!("{key} is not composed"));
    document(&composed.manifest)["spec"]["forProvider"].clone()
}

/// Whether a key is that of something that generates a password.
fn fills(key: &str) -> bool {
    ["administrator", "login"].iter().any(|part| {
        ["password", "generator"].iter().any(|it| key.ends_with(&format!("{part}-{it}")))
    })
}

/// What a restored cluster or a restarted provider has: no status, no connection details.
fn wipe_status(world: &mut World) {
    for object in world.observed.values_mut() {
        object.as_object_mut().expect("an object").remove("status");
    }
    world.connections.clear();
}

fn condition(verdict: &Verdict) -> (ConditionStatus, &str, &str) {
    let condition = verdict.conditions.iter().find(|it| it.kind == "CredentialsReady");
    let condition = condition.expect("always there");
    (condition.status, &condition.reason, &condition.message)
}

/// The broker, who gets in, and by which Secrets: what is wrong with them is not seen by reading
/// code.
#[test]
fn what_reaches_the_providers_is_what_was_reviewed() {
    for (flavour, claims) in [("namespaced", false), ("claims", true)] {
        let first = objects(&world(claims).composition());
        for part in ["administrator", "administrator-password", "administrator-generator"] {
            let object = &first[&format!("message-queue-{part}")];
            assert_snapshot(&format!("message_queue/{part}-{flavour}"), object);
        }
        let ready = objects(&settled(world(claims)).composition());
        for part in [
            "broker",
            "configuration-4-2",
            "connection",
            "login",
            "vhost",
            "user",
            "permission",
            "credentials",
            "log-group-general",
            "alarm-memory",
            "recovery-secret",
            "recovery-password",
            "management-rule-sg-0a1b2c3d4e5f631",
        ] {
            let object = &ready[&format!("message-queue-{part}")];
            assert_snapshot(&format!("message_queue/{part}-{flavour}"), object);
        }
    }
    let single = settled(in_environment("development", false));
    assert_snapshot("message_queue/broker-development", &objects(&single.composition())[BROKER]);
}
