//! What a function reads of a request, as types, and how we read it.

use bytes::Bytes;
use prost::Message;
use selfservice::function::proto::RunFunctionRequest;
use serde::Deserialize;

/// The composite resource.
#[derive(Debug, PartialEq, Deserialize)]
pub struct Claim {
    metadata: Metadata,
    spec: Spec,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Metadata {
    name: String,
    namespace: String,
    generation: i64,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Spec {
    parameters: Parameters,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parameters {
    size: String,
    version: String,
    environment: String,
    high_availability: Option<bool>,
}

/// A managed resource: its endpoint and conditions.
#[derive(Debug, PartialEq, Deserialize)]
pub struct Managed {
    status: Status,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    at_provider: AtProvider,
    conditions: Vec<Condition>,
}

#[derive(Debug, PartialEq, Deserialize)]
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
pub fn ours(bytes: &Bytes) -> (Claim, Vec<(String, Managed)>) {
    let request = RunFunctionRequest::decode(bytes.clone()).expect("a request");
    let observed = request.observed.unwrap_or_default();
    let claim = observed.composite().and_then(|composite| composite.resource.read());
    let managed = observed.resources().map(|entry| {
        let (name, composed) = entry?;
        Ok((name.to_owned(), composed.resource.read()?))
    });
    let managed = managed.collect::<Result<_, selfservice::wire::Error>>();
    (claim.expect("a claim"), managed.expect("managed resources"))
}
