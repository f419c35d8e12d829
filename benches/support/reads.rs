//! What a function reads of a request, as types, and how we read it.

use bytes::Bytes;
use prost::Message;
use selfservice::function::proto::RunFunctionRequest;
use serde::Deserialize;

/// The composite resource.
#[derive(Debug, PartialEq, Deserialize)]
pub(crate) struct Claim {
    metadata: Metadata,
    spec: Spec,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Metadata {
    name: String,
    namespace: String,
    generation: Option<i64>,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Spec {
    parameters: Parameters,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parameters {
    size: String,
    version: Option<String>,
    environment: Option<String>,
    high_availability: Option<bool>,
}

/// A composed resource: its endpoint and conditions, if it has any.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct Composed {
    status: Status,
}

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Status {
    at_provider: AtProvider,
    conditions: Vec<Condition>,
}

#[derive(Debug, Default, PartialEq, Deserialize)]
struct AtProvider {
    address: Option<String>,
    port: Option<u16>,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Condition {
    #[serde(rename = "type")]
    kind: String,
    status: String,
    reason: String,
}

/// Decodes the request and reads it with types, straight from the wire.
#[inline(never)]
pub(crate) fn ours(bytes: &Bytes) -> (Claim, Vec<(String, Composed)>) {
    let request = RunFunctionRequest::decode(bytes.clone()).expect("a request");
    let observed = request.observed.unwrap_or_default();
    let claim = observed.composite().and_then(|composite| composite.resource.read());
    let composed = observed.resources().map(|entry| {
        let (name, composed) = entry?;
        Ok((name.to_owned(), composed.resource.read()?))
    });
    let composed = composed.collect::<Result<_, selfservice::wire::Error>>();
    (claim.expect("a claim"), composed.expect("composed resources"))
}
