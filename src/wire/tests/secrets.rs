//! No message of the protocol prints what may be secret.

use std::collections::BTreeMap;

use serde_json::json;

use super::super::{CredentialData, Resource, State};
use super::*;
use crate::function::proto::{
    self, RequestMeta, Resources, RunFunctionRequest, RunFunctionResponse, Schema, credentials,
};

const SECRET: &str = "hunter2-canary";

/// A Secret that is also a connection Secret.
fn secret() -> Resource {
    let object = json!({"kind": "Secret", "data": {"password": SECRET}, SECRET: SECRET});
    Resource {
        resource: Struct::write(&object).unwrap(),
        connection_details: [("password".to_owned(), SECRET.into())].into(),
        ..Resource::default()
    }
}

fn state() -> State {
    let mut state = State::default();
    state.merge_composite(&secret());
    state.insert("secret", &secret());
    state.insert(SECRET, &secret());
    state
}

/// A panic message, a trace or a failed assertion would publish credentials.
#[test]
fn debug_output_of_whole_messages_shows_no_secret() {
    let data = BTreeMap::from([("aws".to_owned(), Bytes::from(SECRET))]);
    let source = credentials::Source::CredentialData(CredentialData { data });
    let resources = BTreeMap::from([("other".to_owned(), Resources { items: vec![secret()] })]);
    let schema = Schema { openapi_v3: Some(secret().resource) };
    let request = RunFunctionRequest {
        meta: Some(RequestMeta { tag: "a-tag".to_owned(), capabilities: vec![1] }),
        observed: Some(state()),
        desired: Some(state()),
        input: Some(secret().resource),
        context: Some(secret().resource),
        extra_resources: resources.clone(),
        credentials: [("cloud".to_owned(), proto::Credentials { source: Some(source) })].into(),
        required_resources: resources,
        required_schemas: [("kind".to_owned(), schema)].into(),
    };
    // Decoded from the wire, as well as built.
    let decoded = RunFunctionRequest::decode(Bytes::from(request.encode_to_vec())).unwrap();
    assert_eq!(decoded, request);
    let response = RunFunctionResponse {
        desired: Some(state()),
        context: Some(secret().resource),
        output: Some(secret().resource),
        ..RunFunctionResponse::default()
    };
    let bytes = format!("{:?}", SECRET.as_bytes());
    for debug in [format!("{request:?}"), format!("{decoded:#?}"), format!("{response:?}")] {
        assert!(!debug.contains(SECRET) && !debug.contains(&bytes), "{debug}");
    }
    let debug = format!("{request:?}");
    for name in ["a-tag", "cloud", "aws", "other", "password"] {
        assert!(debug.contains(name), "{name} in {debug}");
    }
}
