//! No secret leaves the one Secret that it belongs in.
//!
//! A word that occurs nowhere else stands in every place that may hold a secret. What breaks for
//! users when this fails: a password shows in a condition, an event, a status or a log.

mod support;

use std::collections::BTreeMap;

use prost::Message as _;
use selfservice::function;
use selfservice::function::proto::{RunFunctionRequest, RunFunctionResponse};
use selfservice::kinds::Kind;
use selfservice::outcome::Manifest;
use selfservice::wire::{Resource, State};
use serde_json::{Value as Json, json};
use support::world::{TODAY, World, encode, structure};

const CANARY: &str = "canary7q3x";

fn contains(bytes: &[u8]) -> bool {
    // As it is, and as a Secret holds it, whatever stands before it.
    let encoded = (0..3).map(|shift| {
        let text = encode(&format!("{}{CANARY}", "-".repeat(shift)));
        let start = [0, 2, 3][shift];
        text.trim_end_matches('=').as_bytes()[start..text.len() - 3].to_vec()
    });
    std::iter::once(CANARY.as_bytes().to_vec())
        .chain(encoded)
        .any(|word| bytes.windows(word.len()).any(|window| window == word))
}

/// Puts the word into every value that may be secret: the data of Secrets, connection details,
/// and whatever a provider may say of its own accord.
fn taint(world: &mut World) {
    for object in world.observed.values_mut() {
        if object["kind"] == "Secret" && object["apiVersion"] == "v1" {
            for value in
                object["data"].as_object_mut().into_iter().flat_map(|data| data.values_mut())
            {
                *value = json!(encode(CANARY));
            }
        } else if object.get("status").is_some() {
            object["status"]["atProvider"]["canary"] = json!(CANARY);
            for condition in object["status"]["conditions"].as_array_mut().into_iter().flatten() {
                condition["message"] = json!(CANARY);
                condition["reason"] = json!(CANARY);
            }
        }
    }
    for details in world.connections.values_mut() {
        for (name, value) in details.iter_mut() {
            // Where a server is and who logs in is told on purpose.
            if name.contains("password") || name.contains("token") {
                CANARY.clone_into(value);
            }
        }
    }
}

fn request(world: &World) -> RunFunctionRequest {
    let mut request = world.request();
    let secret = || json!({"apiVersion": "v1", "kind": "Secret", "data": {"a": encode(CANARY)}});
    // What an earlier step wants is none of our business, and must come back.
    let mut desired = State::default();
    desired.insert("theirs", &Resource { resource: structure(&secret()), ..Resource::default() });
    request.desired = Some(desired);
    request.credentials.insert(
        "aws".to_owned(),
        credentials(BTreeMap::from([("key".to_owned(), CANARY.as_bytes().to_vec().into())])),
    );
    request
}

fn credentials(data: BTreeMap<String, bytes::Bytes>) -> selfservice::function::proto::Credentials {
    use selfservice::function::proto::credentials::Source;
    selfservice::function::proto::Credentials {
        source: Some(Source::CredentialData(selfservice::wire::CredentialData { data })),
    }
}

/// Everything of a response but the data of Secrets.
fn told(mut response: RunFunctionResponse) -> Vec<u8> {
    let desired = response.desired.take().unwrap_or_default();
    let mut told = response.encode_to_vec();
    let composite = desired.composite().expect("readable");
    told.extend(composite.encode_to_vec());
    for entry in desired.resources() {
        let (key, resource) = entry.expect("readable");
        let mut object: Json = resource.resource.read().expect("readable");
        if object["kind"] == "Secret" && object["apiVersion"] == "v1" {
            object.as_object_mut().expect("an object").remove("data");
        }
        told.extend(key.as_bytes());
        told.extend(object.to_string().into_bytes());
    }
    told
}

#[test]
fn the_word_is_found_wherever_it_stands() {
    for shift in 0..3 {
        let text = format!("{}{CANARY}{}", "x".repeat(shift), "y".repeat(4));
        assert!(contains(text.as_bytes()) && contains(encode(&text).as_bytes()), "{shift}");
    }
    assert!(!contains(b"nothing here"));
}

#[test]
fn secrets_are_told_in_secrets_alone() {
    for kind in Kind::ALL {
        for claims in [false, true] {
            let mut world = World::new(kind, "production", claims, json!({"size": "medium"}));
            world.settle();
            taint(&mut world);
            let accepted = function::run(request(&world), TODAY);
            assert!(accepted.results.is_empty(), "{}: {:?}", kind.name(), accepted.results);
            let secrets = world.composition().resources.values().any(|composed| {
                matches!(&composed.manifest, Manifest::Built(node) if contains(
                    &serde_json::to_vec(node).expect("serialisable")
                ))
            });
            assert!(secrets || kind == Kind::ObjectStore, "{}: the word is in play", kind.name());
            assert!(!contains(&told(accepted)), "{}: accepted", kind.name());

            world.set("size", json!("xlarge"));
            world.set("colour", json!("red"));
            let refused = function::run(request(&world), TODAY);
            assert!(!refused.results.is_empty());
            assert!(!contains(&told(refused)), "{}: refused", kind.name());
        }
    }
}

#[test]
fn nothing_secret_is_printed() {
    let mut world = World::new(Kind::RedisInstance, "production", true, json!({"size": "medium"}));
    world.settle();
    taint(&mut world);
    for object in world.observed.values_mut() {
        object.as_object_mut().expect("an object").remove("status");
    }
    assert!(!contains(format!("{:?}", request(&world)).as_bytes()));
    assert!(!contains(format!("{:?}", world.first_call()).as_bytes()));
}
