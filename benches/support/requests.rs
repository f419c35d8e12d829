//! Requests of three sizes as Crossplane sends them, built in code.
//!
//! They follow real traffic: a composite resource with managed fields, and
//! observed RDS instances of 6.5 KB each, of which a function reads little. To
//! measure other requests, put serialised `RunFunctionRequest`s called
//! `req_small.bin`, `req_typical.bin` and `req_large.bin` into a directory and
//! name it in `SELFSERVICE_BENCH_REQUESTS`.

use std::path::Path;
use std::{env, fs, iter};

use bytes::Bytes;
use prost::Message;
use selfservice::function::proto::{RequestMeta, RunFunctionRequest};
use selfservice::wire::{Ready, Resource, State, Struct};
use serde_json::{Map, Value, json};

use crate::instances::{condition, managed, managed_fields, wanted};

/// The sizes, by name.
pub(crate) const SIZES: [&str; 3] = ["small", "typical", "large"];

/// The serialised request of a size.
///
/// # Panics
/// When the directory in `SELFSERVICE_BENCH_REQUESTS` lacks the file.
pub(crate) fn request(size: &str) -> Bytes {
    if let Some(directory) = env::var_os("SELFSERVICE_BENCH_REQUESTS") {
        let path = Path::new(&directory).join(format!("req_{size}.bin"));
        return fs::read(&path).expect("a request file per size").into();
    }
    let (observed, desired) = match size {
        "small" => (0, 0),
        "typical" => (6, 0),
        _ => (60, 60),
    };
    let request = RunFunctionRequest {
        meta: Some(RequestMeta { tag: "a".repeat(64), capabilities: vec![1, 2, 3, 4] }),
        observed: Some(state(
            Some(&composite(observed)),
            (0..observed).map(managed),
            Ready::Unspecified,
        )),
        desired: (desired > 0).then(|| state(None, (0..desired).map(wanted), Ready::True)),
        input: Some(document(&json!({"apiVersion": "x.fn/v1", "kind": "Input", "spec": {"a": 1}}))),
        context: Some(document(&json!({"apiextensions.crossplane.io/environment": {
            "a": "b",
            "budgets": (0..20).map(|team| (format!("t{team}"), json!({"max": team}))).collect::<Map<_, _>>(),
        }}))),
        ..RunFunctionRequest::default()
    };
    request.encode_to_vec().into()
}

fn state(composite: Option<&Value>, composed: impl Iterator<Item = Value>, ready: Ready) -> State {
    let mut state = State::default();
    if let Some(composite) = composite {
        state.merge_composite(&Resource { resource: document(composite), ..Resource::default() });
    }
    for (index, object) in composed.enumerate() {
        let endpoint = Bytes::from_static(b"db.abc.eu-central-1.rds.amazonaws.com");
        let connection_details = match ready {
            Ready::Unspecified => iter::once(("endpoint".to_owned(), endpoint)).collect(),
            Ready::True | Ready::False => iter::empty().collect(),
        };
        let resource = Resource { resource: document(&object), connection_details, ready };
        state.insert(&format!("r{index}"), &resource);
    }
    state
}

fn document(value: &Value) -> Struct {
    Struct::write(value).expect("an object")
}

fn composite(observed: usize) -> Value {
    let references = (0..observed)
        .map(|index| {
            json!({
                "apiVersion": "rds.aws.m.upbound.io/v1beta1",
                "kind": "Instance",
                "name": format!("session-db-{index}"),
            })
        })
        .collect::<Vec<_>>();
    json!({
        "apiVersion": "platform.example.org/v1alpha1",
        "kind": "PostgreSQLInstance",
        "metadata": {
            "name": "session-db", "namespace": "team-identity", "uid": "u",
            "generation": 2, "resourceVersion": "1", "creationTimestamp": "2026-08-01T09:00:00Z",
            "labels": {"team": "identity"},
            "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "x".repeat(400)},
            "managedFields": [managed_fields("argocd", &json!({"f:spec": {"f:parameters": {
                "f:version": {}, "f:size": {}, "f:highAvailability": {}, "f:environment": {},
            }}}))],
        },
        "spec": {
            "parameters": {
                "size": "medium", "version": "16", "highAvailability": true,
                "environment": "production",
            },
            "crossplane": {
                "compositionRef": {"name": "postgres-aws"},
                "resourceRefs": references,
            },
        },
        "status": {"conditions": [condition("Ready", None)]},
    })
}
