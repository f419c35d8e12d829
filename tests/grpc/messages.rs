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
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct RequestMeta {
    #[prost(string, tag = "1")]
    pub(crate) tag: String,
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
    #[prost(message, repeated, tag = "6")]
    pub(crate) conditions: Vec<Condition>,
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
}

/// The severity that stops a pipeline.
pub(crate) const FATAL: i32 = 1;

/// A request that carries nothing but a tag.
pub(crate) fn request(tag: &str) -> RunFunctionRequest {
    RunFunctionRequest { meta: Some(RequestMeta { tag: tag.to_owned() }), ..Default::default() }
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
