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

/// The sizes, by name.
pub const SIZES: [&str; 3] = ["small", "typical", "large"];

/// The serialised request of a size.
///
/// # Panics
/// When the directory in `SELFSERVICE_BENCH_REQUESTS` lacks the file.
pub fn request(size: &str) -> Bytes {
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
        observed: Some(state(Some(&composite(observed)), (0..observed).map(managed), Ready::Unspecified)),
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
        .map(|index| json!({
            "apiVersion": "rds.aws.m.upbound.io/v1beta1",
            "kind": "Instance",
            "name": format!("session-db-{index}"),
        }))
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

/// An observed RDS instance.
fn managed(index: usize) -> Value {
    let for_provider = for_provider(index);
    let names = |name: &str| {
        let fields = for_provider.as_object().into_iter().flat_map(Map::keys);
        let owned = fields.map(|field| (format!("f:{field}"), json!({}))).collect::<Map<_, _>>();
        json!({name: owned})
    };
    let mut at_provider = for_provider.clone();
    for (key, value) in [
        ("id", format!("db{index}")),
        ("endpoint", format!("db{index}.abc.eu-central-1.rds.amazonaws.com:5432")),
        ("address", format!("db{index}.abc.eu-central-1.rds.amazonaws.com")),
        ("arn", format!("arn:aws:rds:eu-central-1:123456789012:db:db{index}")),
        ("status", "available".to_owned()),
        ("caCertIdentifier", "rds-ca-rsa2048-g1".to_owned()),
        ("resourceId", "db-ABCDEF".to_owned()),
        ("latestRestorableTime", "2026-08-20T10:00:00Z".to_owned()),
    ] {
        at_provider[key] = json!(value);
    }
    let conditions = ["Ready", "Synced", "LastAsyncOperation"];
    json!({
        "apiVersion": "rds.aws.m.upbound.io/v1beta1",
        "kind": "Instance",
        "metadata": {
            "name": format!("session-db-{index:04}"), "generateName": "session-db-",
            "namespace": "team-identity", "uid": "9d0d7c3e-0000-4000-8000-000000000000",
            "generation": 3, "resourceVersion": "123456",
            "creationTimestamp": "2026-08-01T09:00:00Z",
            "finalizers": ["finalizer.managedresource.crossplane.io"],
            "labels": {"team": "identity", "crossplane.io/composite": "session-db"},
            "annotations": {"crossplane.io/composition-resource-name": format!("r{index}")},
            "ownerReferences": [{
                "apiVersion": "platform.example.org/v1alpha1", "kind": "PostgreSQLInstance",
                "name": "session-db", "uid": "1", "controller": true, "blockOwnerDeletion": true,
            }],
            "managedFields": [
                managed_fields("apiextensions.crossplane.io/composed/abc", &json!({
                    "f:metadata": {"f:labels": {"f:team": {}}, "f:annotations": {"f:crossplane": {}}},
                    "f:spec": names("f:forProvider"),
                })),
                managed_fields("provider", &json!({"f:status": names("f:atProvider")})),
            ],
        },
        "spec": {
            "managementPolicies": ["*"],
            "deletionPolicy": "Delete",
            "writeConnectionSecretToRef": {"name": format!("conn-{index}")},
            "providerConfigRef": {"name": "default", "kind": "ClusterProviderConfig"},
            "forProvider": for_provider,
        },
        "status": {
            "observedGeneration": 3,
            "atProvider": at_provider,
            "conditions": conditions.map(|kind| condition(kind, Some(3))),
        },
    })
}

/// A desired RDS instance.
fn wanted(index: usize) -> Value {
    json!({
        "apiVersion": "rds.aws.m.upbound.io/v1beta1",
        "kind": "Instance",
        "spec": {
            "managementPolicies": ["*"],
            "writeConnectionSecretToRef": {"name": format!("conn-{index}")},
            "providerConfigRef": {"name": "default", "kind": "ClusterProviderConfig"},
            "forProvider": for_provider(index),
        },
    })
}

fn for_provider(index: usize) -> Value {
    json!({
        "region": "eu-central-1", "engine": "postgres", "engineVersion": "16.4",
        "instanceClass": "db.m6g.large", "allocatedStorage": 100, "maxAllocatedStorage": 500,
        "storageType": "gp3", "iops": 3000, "storageThroughput": 125, "storageEncrypted": true,
        "kmsKeyId": "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        "dbName": "app", "username": "master", "manageMasterUserPassword": true, "port": 5432,
        "multiAz": true, "publiclyAccessible": false, "deletionProtection": true,
        "dbSubnetGroupName": format!("sng-{index}"), "parameterGroupName": format!("pg-{index}"),
        "vpcSecurityGroupIds": ["sg-00abcdef0123", "sg-01abcdef0123", "sg-02abcdef0123"],
        "backupRetentionPeriod": 7, "backupWindow": "02:00-03:00",
        "maintenanceWindow": "sun:04:00-sun:05:00", "copyTagsToSnapshot": true,
        "autoMinorVersionUpgrade": true, "iamDatabaseAuthenticationEnabled": true,
        "performanceInsightsEnabled": true, "performanceInsightsRetentionPeriod": 7,
        "monitoringInterval": 60, "enabledCloudwatchLogsExports": ["postgresql", "upgrade"],
        "tags": (0..12).map(|tag| (format!("k{tag}"), json!(format!("value-{tag}")))).collect::<Map<_, _>>(),
    })
}

fn managed_fields(manager: &str, fields: &Value) -> Value {
    json!({
        "apiVersion": "rds.aws.m.upbound.io/v1beta1", "fieldsType": "FieldsV1",
        "manager": manager, "operation": "Apply", "time": "2026-08-01T10:00:00Z",
        "fieldsV1": fields,
    })
}

fn condition(kind: &str, generation: Option<u32>) -> Value {
    let mut condition = json!({
        "type": kind, "status": "True", "reason": "Available",
        "lastTransitionTime": "2026-08-01T09:20:00Z",
    });
    if let Some(generation) = generation {
        condition["observedGeneration"] = json!(generation);
    }
    condition
}
