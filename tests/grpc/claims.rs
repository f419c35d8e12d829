//! Claims over the wire: what Crossplane gets back for an accepted one, a refused one, and a
//! Composition that was written wrong.

use std::fs;

use serde_json::{Value as Json, json};

use crate::harness::Server;
use crate::messages::{
    FATAL, RunFunctionRequest, RunFunctionResponse, State, WARNING, request, resource, structure,
};

const TRUE: i32 = 2;
const FALSE: i32 = 3;
const READY_FALSE: i32 = 2;

fn document(path: &str) -> Json {
    serde_saphyr::from_str(&fs::read_to_string(path).expect("readable")).expect("YAML")
}

/// The example cache in the namespaced flavour, with its Composition's Offering.
fn cache() -> (Json, Json) {
    let composition = document("package/configuration/compositions/redis-aws-production.yaml");
    (document("examples/redis/xr.yaml"), composition["spec"]["pipeline"][0]["input"].clone())
}

fn call(composite: Json, offering: Option<Json>) -> RunFunctionRequest {
    let mut request = request("claim");
    request.observed = Some(State { composite: Some(resource(composite)), ..State::default() });
    request.input = offering.map(structure);
    request
}

async fn answer(request: &RunFunctionRequest) -> RunFunctionResponse {
    let server = Server::plaintext().start().await;
    server.connect().await.run(request).await.expect("an answer")
}

#[tokio::test]
async fn an_accepted_claim_becomes_resources_without_a_word() {
    let (composite, offering) = cache();
    let mut request = call(composite, Some(offering));
    let other = resource(json!({"apiVersion": "v1", "kind": "ConfigMap"}));
    let resources = [("other-step".to_owned(), other.clone())].into();
    request.desired = Some(State { resources, ..State::default() });

    let response = answer(&request).await;
    assert_eq!(response.results, [], "an ordinary call says nothing");
    let desired = response.desired.expect("desired state");
    assert_eq!(desired.resources["other-step"], other);
    assert_eq!(desired.resources.len(), 14);
    let group = desired.resources["redis-replication-group"].resource.clone().expect("an object");
    let spec = format!("{group:?}");
    assert!(spec.contains("cache.m7g.large") && spec.contains("transitEncryptionMode"));
    let composite = desired.composite.expect("a composite");
    assert_eq!(composite.ready, READY_FALSE);
    let conditions: Vec<_> = response
        .conditions
        .iter()
        .map(|condition| (condition.r#type.as_str(), condition.status))
        .collect();
    assert_eq!(conditions, [("Accepted", TRUE), ("CredentialsReady", FALSE)]);
    assert_eq!(response.meta.and_then(|meta| meta.ttl).map(|ttl| ttl.seconds), Some(60));
}

/// How often Crossplane looks at claims that rest is the platform's to say; refused ones are its own.
#[tokio::test]
async fn a_claim_rests_no_longer_than_the_flag_says() {
    let (composite, offering) = cache();
    let accepted = call(composite, Some(offering));
    let mut refused = accepted.clone();
    refused.input = None;
    for (flag, seconds) in [("--ttl=5", 5), ("--ttl=600", 60)] {
        let server = Server::plaintext().arg(flag).start().await;
        let client = server.connect().await;
        for (request, expected) in [(&accepted, seconds), (&refused, 0)] {
            let response = client.run(request).await.expect("an answer");
            let ttl = response.meta.and_then(|meta| meta.ttl).expect("a time to rest");
            assert_eq!((ttl.seconds, ttl.nanos), (expected, 0), "{flag}");
        }
    }
}

#[tokio::test]
async fn a_refused_claim_gets_its_sentence_and_touches_nothing() {
    let (mut composite, offering) = cache();
    composite["spec"]["parameters"]["size"] = json!("xlarge");
    let mut request = call(composite, Some(offering));
    let other = resource(json!({"apiVersion": "v1", "kind": "ConfigMap"}));
    request.desired =
        Some(State { resources: [("other-step".to_owned(), other)].into(), ..State::default() });

    let response = answer(&request).await;
    assert_eq!(response.desired, request.desired);
    let sentence = "Maximum allowed size is large. Contact platform-team for exceptions.";
    let results: Vec<_> =
        response.results.iter().map(|result| (result.severity, result.message.as_str())).collect();
    assert_eq!(results, [(WARNING, sentence), (FATAL, sentence)]);
    let accepted = &response.conditions[0];
    assert_eq!((accepted.status, accepted.reason.as_str()), (FALSE, "SizeAboveLimit"));
    assert_eq!(accepted.message.as_deref(), Some(sentence));
    assert_eq!(response.conditions[1].r#type, "CredentialsReady");
    assert_eq!(response.meta.and_then(|meta| meta.ttl).map(|ttl| ttl.seconds), Some(0));
}

#[tokio::test]
async fn a_composition_written_wrong_is_told_what_to_change() {
    let (composite, offering) = cache();
    let changed = |field: &str, value: Json| {
        let mut offering = offering.clone();
        offering[field] = value;
        Some(offering)
    };
    for (composite, offering, expected) in
        [
            (
                composite.clone(),
                None,
                "cannot compose without an Offering: give this pipeline step an input, which \
             `selfservice catalog offering KIND --provider P --environment E` prints",
            ),
            (
                composite.clone(),
                changed("apiVersion", json!("selfservice.fn.crossplane.io/v1alpha1")),
                "cannot use the Offering in this pipeline step's input: apiVersion: must be \
             \"selfservice.fn.crossplane.io/v1beta1\", not \"selfservice.fn.crossplane.io/v1alpha1\"",
            ),
            (
                composite.clone(),
                changed("offers", json!("KafkaTopic")),
                "cannot use the Offering in this pipeline step's input: offers: must be one of \
             PostgreSQLInstance, RedisInstance, MessageQueue, ObjectStore, EventStream, not \"KafkaTopic\"",
            ),
            (
                composite.clone(),
                Some(
                    document("package/configuration/compositions/object-store-aws-production.yaml")
                        ["spec"]["pipeline"][0]["input"]
                        .clone(),
                ),
                "cannot compose RedisInstance with an Offering of ObjectStore: correct the input of \
             this pipeline step",
            ),
            (
                json!({"apiVersion": "example.org/v1", "kind": "Website", "metadata": {"name": "a", "namespace": "b"}}),
                Some(offering.clone()),
                "cannot compose kind \"Website\": this function composes PostgreSQLInstance, \
             RedisInstance, MessageQueue, ObjectStore, EventStream",
            ),
        ]
    {
        let response = answer(&call(composite, offering)).await;
        let results: Vec<_> = response
            .results
            .iter()
            .map(|result| (result.severity, result.message.as_str()))
            .collect();
        assert_eq!(results, [(FATAL, expected)]);
        let conditions: Vec<_> =
            response.conditions.iter().map(|condition| condition.r#type.as_str()).collect();
        assert_eq!(conditions, ["Accepted", "CredentialsReady"]);
    }
}

#[tokio::test]
async fn a_request_without_a_composite_is_told_so() {
    let (_, offering) = cache();
    let mut request = request("empty");
    request.input = Some(structure(offering));
    let response = answer(&request).await;
    assert_eq!(response.results.len(), 1);
    assert_eq!(response.results[0].severity, FATAL);
    assert!(response.results[0].message.starts_with("cannot compose"), "{:?}", response.results);
}
