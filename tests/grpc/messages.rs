//! The part of the function protocol that tests need, written from the
//! published standard and not from our `proto/`.

use std::collections::BTreeMap;

use prost::Message;
use prost_types::value::Kind;
use prost_types::{Duration, ListValue, Struct, Value};
use serde_json::Value as Json;

#[derive(Clone, PartialEq, Message)]
pub(crate) struct RunFunctionRequest {
    #[prost(message, optional, tag = "1")]
    pub(crate) meta: Option<RequestMeta>,
    #[prost(message, optional, tag = "2")]
    pub(crate) observed: Option<State>,
    #[prost(message, optional, tag = "3")]
    pub(crate) desired: Option<State>,
    #[prost(message, optional, tag = "4")]
    pub(crate) input: Option<Struct>,
    #[prost(message, optional, tag = "5")]
    pub(crate) context: Option<Struct>,
    #[prost(btree_map = "string, message", tag = "6")]
    pub(crate) extra_resources: BTreeMap<String, Resources>,
    #[prost(btree_map = "string, message", tag = "7")]
    pub(crate) credentials: BTreeMap<String, Credentials>,
    #[prost(btree_map = "string, message", tag = "8")]
    pub(crate) required_resources: BTreeMap<String, Resources>,
    #[prost(btree_map = "string, message", tag = "9")]
    pub(crate) required_schemas: BTreeMap<String, Schema>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct RequestMeta {
    #[prost(string, tag = "1")]
    pub(crate) tag: String,
    #[prost(int32, repeated, tag = "2")]
    pub(crate) capabilities: Vec<i32>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Resources {
    #[prost(message, repeated, tag = "1")]
    pub(crate) items: Vec<Resource>,
}

/// The oneof has a single member, whose encoding is that of a plain field.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Credentials {
    #[prost(message, optional, tag = "1")]
    pub(crate) credential_data: Option<CredentialData>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct CredentialData {
    #[prost(btree_map = "string, bytes", tag = "1")]
    pub(crate) data: BTreeMap<String, Vec<u8>>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Schema {
    #[prost(message, optional, tag = "1")]
    pub(crate) openapi_v3: Option<Struct>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct State {
    #[prost(message, optional, tag = "1")]
    pub(crate) composite: Option<Resource>,
    #[prost(btree_map = "string, message", tag = "2")]
    pub(crate) resources: BTreeMap<String, Resource>,
}

#[derive(Clone, PartialEq, Message)]
#[expect(clippy::struct_field_names, reason = "the protocol's name")]
pub(crate) struct Resource {
    #[prost(message, optional, tag = "1")]
    pub(crate) resource: Option<Struct>,
    #[prost(btree_map = "string, bytes", tag = "2")]
    pub(crate) connection_details: BTreeMap<String, Vec<u8>>,
    #[prost(int32, tag = "3")]
    pub(crate) ready: i32,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct RunFunctionResponse {
    #[prost(message, optional, tag = "1")]
    pub(crate) meta: Option<ResponseMeta>,
    #[prost(message, optional, tag = "2")]
    pub(crate) desired: Option<State>,
    #[prost(message, repeated, tag = "3")]
    pub(crate) results: Vec<FunctionResult>,
    #[prost(message, optional, tag = "4")]
    pub(crate) context: Option<Struct>,
    #[prost(message, optional, tag = "5")]
    pub(crate) requirements: Option<Requirements>,
    #[prost(message, repeated, tag = "6")]
    pub(crate) conditions: Vec<Condition>,
    #[prost(message, optional, tag = "7")]
    pub(crate) output: Option<Struct>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Requirements {
    #[prost(btree_map = "string, message", tag = "1")]
    pub(crate) extra_resources: BTreeMap<String, ResourceSelector>,
    #[prost(btree_map = "string, message", tag = "2")]
    pub(crate) resources: BTreeMap<String, ResourceSelector>,
    #[prost(btree_map = "string, message", tag = "3")]
    pub(crate) schemas: BTreeMap<String, SchemaSelector>,
}

/// Of the oneof `match`, the members as plain fields.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct ResourceSelector {
    #[prost(string, tag = "1")]
    pub(crate) api_version: String,
    #[prost(string, tag = "2")]
    pub(crate) kind: String,
    #[prost(string, optional, tag = "3")]
    pub(crate) match_name: Option<String>,
    #[prost(message, optional, tag = "4")]
    pub(crate) match_labels: Option<MatchLabels>,
    #[prost(string, optional, tag = "5")]
    pub(crate) namespace: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct MatchLabels {
    #[prost(btree_map = "string, string", tag = "1")]
    pub(crate) labels: BTreeMap<String, String>,
}

#[derive(Clone, PartialEq, Eq, Message)]
pub(crate) struct SchemaSelector {
    #[prost(string, tag = "1")]
    pub(crate) api_version: String,
    #[prost(string, tag = "2")]
    pub(crate) kind: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ResponseMeta {
    #[prost(string, tag = "1")]
    pub(crate) tag: String,
    #[prost(message, optional, tag = "2")]
    pub(crate) ttl: Option<Duration>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct FunctionResult {
    #[prost(int32, tag = "1")]
    pub(crate) severity: i32,
    #[prost(string, tag = "2")]
    pub(crate) message: String,
    #[prost(string, optional, tag = "3")]
    pub(crate) reason: Option<String>,
    #[prost(int32, optional, tag = "4")]
    pub(crate) target: Option<i32>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Condition {
    #[prost(string, tag = "1")]
    pub(crate) r#type: String,
    #[prost(int32, tag = "2")]
    pub(crate) status: i32,
    #[prost(string, tag = "3")]
    pub(crate) reason: String,
    #[prost(string, optional, tag = "4")]
    pub(crate) message: Option<String>,
    #[prost(int32, optional, tag = "5")]
    pub(crate) target: Option<i32>,
}

/// The severity that stops a pipeline.
pub(crate) const FATAL: i32 = 1;

pub(crate) const WARNING: i32 = 2;

/// Results and conditions with this target are shown on the claim too.
pub(crate) const COMPOSITE_AND_CLAIM: i32 = 2;

/// What Crossplane 2.2 says it can do: all there is.
const CAPABILITIES: [i32; 5] = [1, 2, 3, 4, 5];

/// A request that carries nothing but a tag and the caller's capabilities.
pub(crate) fn request(tag: &str) -> RunFunctionRequest {
    let meta = RequestMeta { tag: tag.to_owned(), capabilities: CAPABILITIES.to_vec() };
    RunFunctionRequest { meta: Some(meta), ..Default::default() }
}

impl RunFunctionRequest {
    /// Adds an observed resource whose text makes the request about `bytes` long.
    pub(crate) fn padded(mut self, bytes: usize) -> Self {
        let padding = resource(serde_json::json!({"kind": "Padding", "text": "x".repeat(bytes)}));
        let observed = self.observed.get_or_insert_default();
        observed.resources.insert("padding".to_owned(), padding);
        self
    }
}

/// A resource without connection details.
pub(crate) fn resource(json: Json) -> Resource {
    Resource { resource: Some(structure(json)), ..Default::default() }
}

/// The protobuf form of a JSON object.
pub(crate) fn structure(json: Json) -> Struct {
    let Json::Object(members) = json else { unreachable!("a Struct is an object") };
    Struct { fields: members.into_iter().map(|(name, json)| (name, value(json))).collect() }
}

fn value(json: Json) -> Value {
    let kind = match json {
        Json::Null => Kind::NullValue(0),
        Json::Bool(flag) => Kind::BoolValue(flag),
        Json::Number(number) => Kind::NumberValue(number.as_f64().expect("a double")),
        Json::String(text) => Kind::StringValue(text),
        Json::Array(items) => {
            Kind::ListValue(ListValue { values: items.into_iter().map(value).collect() })
        }
        object @ Json::Object(_) => Kind::StructValue(structure(object)),
    };
    Value { kind: Some(kind) }
}
