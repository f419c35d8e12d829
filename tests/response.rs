//! What a response owes Crossplane and the other steps of a pipeline, call by call.
//!
//! What breaks for users when this fails: another step's resources or status are lost, a claim
//! is Ready before they are, or a refusal never reaches its author.

mod support;

use prost::Message as _;
use selfservice::function::proto::{RunFunctionRequest, RunFunctionResponse, Severity, Target};
use selfservice::function::{self, Rescue};
use selfservice::kinds::Kind;
use selfservice::wire::{Ready, Resource, State};
use serde_json::{Value as Json, json};
use support::world::{TODAY, World, structure};

fn world(kind: Kind, settled: bool) -> World {
    let mut world = World::new(kind, "production", true, json!({"size": "medium"}));
    if settled {
        world.settle();
    }
    world
}

fn answer(request: &RunFunctionRequest) -> RunFunctionResponse {
    function::run(request.clone(), TODAY)
}

fn composite(response: &RunFunctionResponse) -> Resource {
    response.desired.as_ref().expect("desired").composite().expect("readable")
}

/// What a step before ours wants of the composite resource.
fn earlier(ready: Ready) -> State {
    let mut desired = State::default();
    desired.merge_composite(&Resource {
        resource: structure(&json!({"status": {"team": "theirs", "dns": {"name": "a.example"}}})),
        connection_details: [("dns".to_owned(), "secret".into())].into(),
        ready,
    });
    desired
}

/// An earlier step may still wait, and so may a later one: our being ready must not overrule
/// either.
#[test]
fn ready_is_left_to_all_steps_and_not_ready_is_said() {
    let ready = world(Kind::ObjectStore, true).request();
    assert_eq!(composite(&answer(&ready)).ready, Ready::Unspecified);
    for theirs in [Ready::False, Ready::True] {
        let mut request = ready.clone();
        request.desired = Some(earlier(theirs));
        assert_eq!(composite(&answer(&request)).ready, theirs, "theirs stands");
    }
    let mut creating = world(Kind::ObjectStore, false).request();
    creating.desired = Some(earlier(Ready::True));
    assert_eq!(composite(&answer(&creating)).ready, Ready::False);
}

#[test]
fn status_and_connection_details_of_earlier_steps_stay() {
    let mut request = world(Kind::ObjectStore, true).request();
    request.desired = Some(earlier(Ready::Unspecified));
    let composite = composite(&answer(&request));
    let status: Json = composite.resource.read().expect("readable");
    assert_eq!(status["status"]["dns"]["name"], "a.example");
    assert_eq!(status["status"]["team"], "orders", "our own fields are ours");
    assert_eq!(composite.connection_details["dns"], "secret");
}

/// Two steps that fight over a key would replace each other's resource for ever.
#[test]
fn a_key_that_an_earlier_step_uses_is_refused() {
    let mut request = world(Kind::ObjectStore, true).request();
    let mut desired = State::default();
    let object = structure(&json!({"apiVersion": "v1", "kind": "ConfigMap"}));
    desired.insert("object-store-bucket", &Resource { resource: object, ..Resource::default() });
    request.desired = Some(desired.clone());
    let response = answer(&request);
    let [result] = response.results.as_slice() else { unreachable!("one result") };
    assert_eq!(result.severity(), Severity::Fatal);
    assert_eq!(
        result.message,
        "cannot compose \"object-store-bucket\": an earlier step of this pipeline uses the same \
         key; rename its resource",
    );
    assert_eq!(response.desired, Some(desired));
}

#[test]
fn a_refusal_warns_the_author_before_it_is_fatal() {
    let mut world = world(Kind::RedisInstance, true);
    world.set("size", json!("xlarge"));
    world.set("evictionPolicy", json!("random"));
    let request = world.request();
    let response = answer(&request);
    let told: Vec<(Severity, Target, &str)> = response
        .results
        .iter()
        .map(|result| (result.severity(), result.target(), result.reason()))
        .collect();
    assert_eq!(
        told,
        [
            (Severity::Warning, Target::CompositeAndClaim, "UnknownValue"),
            (Severity::Warning, Target::CompositeAndClaim, "SizeAboveLimit"),
            (Severity::Fatal, Target::CompositeAndClaim, "UnknownValue"),
        ],
    );
    assert_eq!(response.desired, request.desired);
    assert_eq!(response.meta.expect("meta").ttl, Some(prost_types::Duration::default()));
    let conditions: Vec<&str> =
        response.conditions.iter().map(|condition| condition.r#type.as_str()).collect();
    assert_eq!(conditions, ["Accepted", "CredentialsReady"]);
}

/// Crossplane remembers what was required between calls: a refusal that asked for less would
/// make it forget.
#[test]
fn requirements_are_the_same_on_every_path() {
    for kind in Kind::ALL {
        let accepted = world(kind, true).request();
        let asked = |request: &RunFunctionRequest| {
            answer(request).requirements.map(|requirements| requirements.encode_to_vec())
        };
        let expected = asked(&accepted);
        assert!(expected.is_some(), "a claim is asked for");
        let mut unanswered = accepted.clone();
        unanswered.required_resources.clear();
        assert_eq!(asked(&unanswered), expected, "{}: on the first call", kind.name());
        let mut refused = world(kind, true);
        refused.set("size", json!("xlarge"));
        assert_eq!(asked(&refused.request()), expected, "{}: refused", kind.name());
    }
    // What the claim alone decides is asked for even where the Composition is wrong.
    let mut broken = world(Kind::RedisInstance, true).request();
    let expected = answer(&broken).requirements;
    broken.input = None;
    assert_eq!(answer(&broken).requirements, expected);
    let namespaced =
        World::new(Kind::RedisInstance, "production", false, json!({"size": "medium"}));
    assert_eq!(answer(&namespaced.request()).requirements, None, "none are not an empty list");
}

/// A claim's author cannot see managed resources: what blocks one must show on the claim, but
/// not in the provider's words, which may hold anything.
#[test]
fn what_a_provider_cannot_do_shows_on_the_claim() {
    for (message, said) in [
        (
            "InvalidGroup.Duplicate: token-of-a-secret",
            "There is something with the name of redis-security-group already, such as what an \
             earlier claim of this name left: contact platform-team.",
        ),
        (
            "AccessDenied: token-of-a-secret",
            "Its provider cannot make redis-security-group: contact platform-team.",
        ),
        // What every new claim's resources say while they wait for each other.
        (
            "cannot resolve references: mg.Spec.ForProvider.VPCID: referenced field was empty",
            "The credentials wait for the cache's endpoint, which AWS reports when the cache is created.",
        ),
    ] {
        let mut world = world(Kind::RedisInstance, false);
        let composition = world.composition();
        world.apply(&composition);
        let primary = world.observed.get_mut("redis-replication-group").expect("it lives");
        primary["status"] = json!({});
        world.connections.clear();
        let group = world.observed.get_mut("redis-security-group").expect("it lives");
        group["status"]["conditions"][0] = json!({"type": "Synced", "status": "False", "reason": "ReconcileError", "message": message});
        let condition = answer(&world.request()).conditions.remove(1);
        assert_eq!(condition.r#type, "CredentialsReady");
        let told = condition.message.unwrap_or_default();
        assert!(told.ends_with(said), "{told}");
        assert!(!told.contains("token-of-a-secret"), "{told}");
    }
}

#[test]
fn the_condition_echoes_everything_that_was_judged() {
    let mut world = world(Kind::PostgreSqlInstance, false);
    world.set("storageGB", json!(200));
    world.set("extensions", json!(["pg_trgm"]));
    let condition = answer(&world.request()).conditions.remove(0);
    assert_eq!(
        condition.message.unwrap_or_default(),
        "Accepted PostgreSQLInstance with size medium, version 17, highAvailability true, extensions \
         [\"pg_trgm\"], storageGB 200 from aws in production.",
    );
}

/// Crossplane turns a condition that a response leaves out into Unknown.
#[test]
fn a_failure_of_ours_keeps_what_is_delivered_delivered() {
    let mut world = world(Kind::RedisInstance, true);
    world.composite["status"] = json!({"conditions": [
        {"type": "CredentialsReady", "status": "True", "reason": "Delivered", "message": "It is there."},
    ]});
    let request = world.request();
    let response = Rescue::of(&request).fail("Internal error 7".to_owned());
    let conditions: Vec<(&str, &str)> = response
        .conditions
        .iter()
        .map(|condition| (condition.r#type.as_str(), condition.reason.as_str()))
        .collect();
    assert_eq!(conditions, [("Accepted", "InternalError"), ("CredentialsReady", "Delivered")]);
    assert_eq!(response.desired, request.desired);
    assert_eq!(response.results.len(), 1);

    let mut unreadable = request;
    unreadable.input = None;
    let conditions = answer(&unreadable).conditions;
    assert_eq!(conditions[1].reason, "Delivered");
}
